using System.Collections.Immutable;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Amounts;
using Pms.Attestation.Attesters;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.Attestation.Tests.Attesters;

public sealed class AttesterNodeTests : IDisposable
{
    private readonly AttesterWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public void AttestAsync_HonestProposal_IsSignedByTheMemberOverTheDigest()
    {
        var header = _world.Propose().Header;
        var answer = _world.Ask(header);
        answer.Refusal.ShouldBeNull();
        _world.Key.IsOf(AttesterWorld.Policy.Domain.DigestOf(header), answer.Signature!.Value).ShouldBeTrue();
        // Asked again it signs the same again, and nothing else of this sequence.
        _world.Ask(header).Refusal.ShouldBeNull();
        _world.Key.Count.ShouldBe(2);
    }

    [Fact]
    public void AttestAsync_MarketALittleLaterThanItsOwn_IsSigned()
    {
        _world.Own = HouseWorld.SnapshotAt(HouseWorld.Start.AddSeconds(2));
        _world.Own!.Hash.ShouldNotBe(_world.House.Snapshot.Hash);
        _world.Ask(_world.Propose().Header).Refusal.ShouldBeNull();
    }

    [Fact]
    public void AttestAsync_TamperedProposals_AllRefusedAndNothingSigned()
    {
        // T20: every field of an honest header changed in every kind of way, alone and in pairs; snapshots of another market or moment; 10,000 in all.
        var honest = _world.Propose();
        var others = new[] { (1.01, 1.0), (0.993, 1.0), (1.0, 1.5), (1.0, 0.5), (100.0, 1.0) }.Select(m => HouseWorld.SnapshotAt(HouseWorld.Start, m.Item1, m.Item2)).ToArray();
        var (random, codes) = (new SplitMix(5), new SortedDictionary<string, int>(StringComparer.Ordinal));
        var cases = FuzzBudget.Cases(10_000);
        for (var i = 0; i < cases;)
        {
            var (header, snapshot) = (Tampered(honest.Header, random), _world.House.Snapshot);
            if (random.Below(4) == 0)
            {
                header = Tampered(header, random);
            }

            if (random.Below(50) == 0)
            {
                // A market that is not the attester's, with a header that names it.
                snapshot = others[random.Below(others.Length)];
                header = honest.Header with { SnapshotHash = snapshot.Hash };
            }

            if (header == honest.Header)
            {
                continue;
            }

            var answer = _world.Ask(header, snapshot);
            answer.Signature.ShouldBeNull($"case {i}: {header}");
            codes[answer.Refusal!.Code] = codes.GetValueOrDefault(answer.Refusal.Code) + 1;
            i++;
        }

        _world.Key.Count.ShouldBe(0);
        _world.Store.HighWater(AttesterWorld.Policy.Domain).ShouldBeNull();
        codes.Keys.ShouldContain("field-differs");
        codes.Keys.ShouldContain("batch-sequence");
        codes.Keys.ShouldContain("market-price");
        codes.Keys.ShouldContain("market-vol");
        codes.Values.Sum().ShouldBe(cases);
        // The honest one is still signed after all that.
        _world.Ask(honest.Header).Refusal.ShouldBeNull();
    }

    [Fact]
    public void AttestAsync_EachFieldAlone_IsNamedInTheRefusal()
    {
        // Fields that no policy looks at are found by the recomputation, by name and in both values.
        var header = _world.Propose().Header;
        Differs(header with { StressRoot = Other }, "stressRoot");
        Differs(header with { StressSharesHash = Other }, "stressSharesHash");
        Differs(header with { PricesHash = Other }, "pricesHash");
        Differs(header with { AccountsRoot = Other }, "accountsRoot");
        Differs(header with { ArrayRoot = ContentHash.Of([1]) }, "arrayRoot");
        Differs(header with { ScenarioSetHash = ContentHash.Of([1]) }, "scenarioSetHash");
        Differs(header with { AccountCount = header.AccountCount - 1 }, "accountCount");
        Differs(header with { RowCount = header.RowCount + 1 }, "rowCount");
        Differs(header with { TotalMaintenance = new UnsignedWad(header.TotalMaintenance.Units - 1) }, "totalMaintenanceWad");
        Differs(header with { TotalEquity = new Wad(header.TotalEquity.Units + 1) }, "totalEquityWad");
        Differs(header with { TotalShortfall = new UnsignedWad(header.TotalShortfall.Units + 1) }, "totalShortfallWad");
        Refused(header with { Schema = 2 }, "batch-schema");
        Refused(header with { SetId = new SetId(2) }, "batch-set");
        Refused(header with { Sequence = new BatchSequence(0) }, "batch-sequence");
        Refused(header with { Sequence = new BatchSequence(17) }, "batch-sequence");
        Refused(header with { ParameterHash = ContentHash.Of([1]) }, "batch-parameters");
        Refused(header with { SnapshotHash = ContentHash.Of([1]) }, "snapshot-hash");
        Refused(header with { ValidUntil = header.ValidUntil.Plus(1) }, "batch-window");
        Refused(header with { BookBlock = new BlockNumber(101) }, "book-block");
        Refused(header with { ObservedAt = header.ObservedAt.Plus(60) }, "moment-ahead");
        Refused(header with { ObservedAt = new UnixSeconds(header.ObservedAt.Value - 60) }, "moment-old");
        // Another sequence in reach draws other scenarios: a header of sequence 1 under the name of 2 differs in its scenario set.
        Differs(header with { Sequence = new BatchSequence(2) }, "scenarioSetHash");
        _world.Key.Count.ShouldBe(0);

        void Differs(BatchHeader tampered, string field) => _world.Ask(tampered).Refusal!.Message.ShouldStartWith($"{field} is ");
    }

    [Fact]
    public void AttestAsync_SecondMarketForOneSequence_IsRefusedByTheStore()
    {
        // Both proposals are honest and inside the bands; only one of them may be signed.
        var later = HouseWorld.SnapshotAt(HouseWorld.Start.AddSeconds(1));
        _world.Ask(_world.Propose().Header).Refusal.ShouldBeNull();
        _world.Ask(_world.Propose(1, later).Header, later).Refusal!.Code.ShouldBe("sign-twice");
        _world.Ask(_world.Propose(2, later).Header, later).Refusal.ShouldBeNull();
    }

    [Fact]
    public void AttestAsync_StateOfTheChain_Decides()
    {
        var header = _world.Propose().Header;
        var fresh = _world.State;
        Under(fresh with { Chain = new ChainId(1) }, "policy-chain");
        Under(fresh with { Registry = EvmAddress.Parse("0x00000000000000000000000000000000000000a2") }, "policy-chain");
        Under(fresh with { Set = new AttesterSet(fresh.Set.Id, [.. Enumerable.Range(1, 4).Select(i => EvmAddress.FromBytes([.. new byte[19], (byte)i]))]) }, "policy-member");
        Under(fresh with { Set = new AttesterSet(new SetId(4), fresh.Set.Members) }, "batch-set");
        Under(fresh with { ParameterHash = ContentHash.Of([9]) }, "policy-parameters");
        Under(fresh with { LastSequence = new BatchSequence(1) }, "batch-sequence");
        Under(fresh with { LastObservedAt = header.ObservedAt }, "batch-window");
        Under(fresh with { Head = new BlockNumber(header.BookBlock.Value - 1) }, "book-block");
        Under(fresh with { Head = new BlockNumber(header.BookBlock.Value + 65) }, "book-block");
        _world.Own = null;
        Under(fresh, "market-missing");
        _world.Key.Count.ShouldBe(0);

        void Under(RegistryState state, string code)
        {
            _world.State = state;
            Refused(header, code);
        }
    }

    [Fact]
    public void AttestAsync_ChainMovedOnSinceTheBook_IsSigned()
    {
        _world.State = _world.State with { Head = new BlockNumber(_world.Book.Block.Value + 64) };
        _world.Ask(_world.Propose().Header).Refusal.ShouldBeNull();
    }

    [Fact]
    public void InstrumentsAt_ContractListedLater_IsLeftOut()
    {
        var listing = new HouseListing(new Asset("USDC"), ImmutableSortedDictionary<byte, Asset>.Empty.Add(0, new Asset("BTC")), ImmutableSortedDictionary<byte, (Asset, PriceId)>.Empty);
        var id = listing.Add(new InstrumentTerms(InstrumentKind.Perpetual, new PriceId(0), default, default), new BlockNumber(7));
        listing.InstrumentsAt(new BlockNumber(6)).ShouldBeEmpty();
        listing.InstrumentsAt(new BlockNumber(7)).Select(i => i.Id).ShouldBe([id]);
        // After a reorganisation it stands in another block.
        listing.Add(new InstrumentTerms(InstrumentKind.Perpetual, new PriceId(0), default, default), new BlockNumber(9));
        listing.InstrumentsAt(new BlockNumber(8)).ShouldBeEmpty();
    }

    [Fact]
    public void AttestAsync_OwnMarketBeyondTheBands_IsRefused()
    {
        Seen(HouseWorld.SnapshotAt(HouseWorld.Start, spotScale: 1.006), "market-price");
        Seen(HouseWorld.SnapshotAt(HouseWorld.Start, spotScale: 0.994), "market-price");
        Seen(HouseWorld.SnapshotAt(HouseWorld.Start, varianceScale: 1.4), "market-vol");
        Seen(HouseWorld.SnapshotAt(HouseWorld.Start.AddSeconds(40)), "market-age");
        _world.Own = HouseWorld.SnapshotAt(HouseWorld.Start, spotScale: 1.003, varianceScale: 1.02);
        _world.Ask(_world.Propose().Header).Refusal.ShouldBeNull();

        void Seen(MarketSnapshot own, string code)
        {
            _world.Own = own;
            _world.Ask(_world.Propose().Header).Refusal!.Code.ShouldBe(code);
        }
    }

    [Fact]
    public void AttestAsync_MarketThatHasMovedSinceTheProposal_IsComparedAsItWasThen()
    {
        _world.Own = HouseWorld.SnapshotAt(HouseWorld.Start.AddSeconds(3), spotScale: 0.98);
        _world.Ask(_world.Propose().Header).Refusal!.Code.ShouldBe("market-price");
        _world.Remembered.Add(HouseWorld.Start, HouseWorld.SnapshotAt(HouseWorld.Start, spotScale: 1.002));
        _world.Ask(_world.Propose().Header).Refusal.ShouldBeNull();

        // A proposal of a moment ago that was not the market then.
        _world.Remembered[HouseWorld.Start] = HouseWorld.SnapshotAt(HouseWorld.Start, spotScale: 1.02);
        _world.Ask(_world.Propose(2).Header).Refusal!.Code.ShouldBe("market-price");
    }

    [Fact]
    public async Task StartAsync_ChainRemembersMore_IsRefused()
    {
        _world.SignedOnChain = new BatchSequence(4);
        var error = await Should.ThrowAsync<InvalidInputException>(() =>
            AttesterNode.StartAsync(AttesterWorld.Policy, _world.House.Epochs, _world, _world, _world, _world.Store, _world.Key, _world.Time, default));
        error.Code.ShouldBe("sign-store-old");
    }

    [Fact]
    public void ClearAsync_TradeThatBothCanBear_IsSignedAndEveryChangedNumberRefused()
    {
        SignedFirstBatch();
        var trade = TradeOf(buyer: 3, seller: 4, _world.House.Perpetual, 10);
        var clearance = Cleared(trade).Clearance;
        Ask(clearance, trade).Refusal.ShouldBeNull();
        _world.Key.Count.ShouldBe(2);

        var account = clearance.Accounts[0];
        foreach (var tampered in new[]
        {
            account with { Initial = new UnsignedWad(account.Initial.Units - 1) },
            account with { Maintenance = new UnsignedWad(account.Maintenance.Units - 1) },
            account with { MarkValue = new Wad(account.MarkValue.Units + 1) },
            account with { ReducesRisk = !account.ReducesRisk },
            account with { After = account.Before },
            account with { Before = account.After },
            account with { Sequence = new AccountSequence(account.Sequence.Value + 1) },
            account with { Account = new AccountNumber(1) },
        })
        {
            Ask(clearance with { Accounts = clearance.Accounts.SetItem(0, tampered) }, trade).Refusal!.Code.ShouldBe("field-differs");
        }

        Ask(clearance with { Accounts = clearance.Accounts.RemoveAt(0) }, trade).Refusal!.Code.ShouldBe("field-differs");
        Ask(clearance with { Accounts = [.. clearance.Accounts.Reverse()] }, trade).Refusal!.Code.ShouldBe("field-differs");
        Ask(clearance with { ActionHash = Other }, trade).Refusal!.Code.ShouldBe("field-differs");
        Ask(clearance, TradeOf(3, 4, _world.House.Perpetual, 11)).Refusal!.Code.ShouldBe("field-differs");
        Ask(clearance with { ValidUntil = clearance.ObservedAt.Plus(31) }, trade).Refusal!.Code.ShouldBe("clearance-window");
        Ask(clearance with { BatchSequence = new BatchSequence(2) }, trade).Refusal!.Code.ShouldBe("clearance-batch");
        Ask(clearance with { SetId = new SetId(9) }, trade).Refusal!.Code.ShouldBe("clearance-set");
        _world.Key.Count.ShouldBe(2);
    }

    [Fact]
    public void ClearAsync_TradeThatOneSideCannotBear_IsRefused()
    {
        SignedFirstBatch();
        var trade = TradeOf(buyer: 1, seller: 3, _world.House.Options[4], 100_000);
        Ask(Cleared(trade).Clearance, trade).Refusal!.Code.ShouldBe("clearance-margin");
        // Account 4 is short: buying back what it is short of reduces its risk, whatever its equity.
        _world.Book = _world.Book with { Accounts = [.. _world.Book.Accounts.Select(a => a.Number.Value == 4 ? a with { Cash = HouseWorld.Usd(-10_000_000) } : a)] };
        var reducing = TradeOf(buyer: 4, seller: 1, _world.House.Options[9], 5);
        var cleared = Cleared(reducing);
        cleared.Accounts.Single(a => a.Message.Account.Value == 4).Message.ReducesRisk.ShouldBeTrue();
        Ask(cleared.Clearance, reducing).Refusal.ShouldBeNull();
        _world.Key.Count.ShouldBe(2);
    }

    [Fact]
    public void ClearAsync_WithdrawalOfACoin_NeedsTheMarginWithoutIt()
    {
        SignedFirstBatch();
        var little = new CoinWithdrawal(new AccountNumber(2), HouseWorld.SolCoin, new TokenAmount(1_000_000_000), AttesterWorld.Registry);
        var terms = Terms();
        var (clearance, _) = ClearanceBuilder.OfWithdrawal(_world.House.Rows, _world.Book, little, 9, terms);
        Ask(clearance, little).Refusal.ShouldBeNull();
        Ask(clearance, little with { Amount = new TokenAmount(2_000_000_000) }).Refusal!.Code.ShouldBe("field-differs");
        var more = little with { Amount = new TokenAmount(1_000_000_000_000) };
        Ask(clearance, more).Refusal!.Code.ShouldBe("withdrawal-amount");
        Ask(clearance, little with { Coin = new CoinIndex(1) }).Refusal!.Code.ShouldBe("coin-unknown");
    }

    private static readonly KeccakHash Other = Keccak256.Hash("other"u8);

    private void Refused(BatchHeader header, string code) => _world.Ask(header).Refusal!.Code.ShouldBe(code);

    private void SignedFirstBatch()
    {
        var header = _world.Propose().Header;
        _world.Ask(header).Refusal.ShouldBeNull();
        _world.State = _world.State with { LastSequence = header.Sequence, LastObservedAt = header.ObservedAt };
    }

    private ClearanceTerms Terms() => new(_world.Set.Id, new BatchSequence(1), UnixSeconds.Floor(_world.Time.GetUtcNow()), 20, _world.House.Epochs.ParameterHash);

    private (Clearance Clearance, ImmutableArray<ClearedAccount> Accounts) Cleared(Trade trade) =>
        ClearanceBuilder.OfTrade(_world.House.Rows, _world.Book, trade, Terms(), _world.State.TradeFeeShareWad);

    private AttesterAnswer Ask(Clearance clearance, IStructuredMessage action) => _world.Node.ClearAsync(new ClearanceProposal(clearance, action), default).GetAwaiter().GetResult();

    private Trade TradeOf(ulong buyer, ulong seller, InstrumentId instrument, decimal quantity)
    {
        var price = _world.House.Rows.MarkOf(instrument);
        Order Order(ulong account, decimal size) => new()
        {
            Account = new AccountNumber(account),
            Instrument = instrument,
            Quantity = HouseWorld.Units(size),
            LimitPrice = price,
            Expiry = new UnixSeconds(4_000_000_000),
            Nonce = 1,
            Matcher = default,
        };
        return new Trade([new Match(Order(buyer, quantity), Order(seller, -quantity), HouseWorld.Units(quantity), price)]);
    }

    private static BatchHeader Tampered(BatchHeader h, SplitMix random)
    {
        ulong Move(ulong value) => random.Below(4) switch
        {
            0 => value + 1,
            1 => value - 1,
            2 => value ^ (1UL << random.Below(63)),
            _ => random.Next(),
        };
        KeccakHash Keccak() => random.Below(8) == 0 ? default : Keccak256.Hash(BitConverter.GetBytes(random.Next()));
        ContentHash Content() => ContentHash.Of(BitConverter.GetBytes(random.Next()));
        return random.Below(19) switch
        {
            0 => h with { SetId = new SetId(Move(h.SetId.Value)) },
            1 => h with { Schema = (uint)Move(h.Schema) },
            2 => h with { Sequence = new BatchSequence(Move(h.Sequence.Value)) },
            3 => h with { ObservedAt = new UnixSeconds(Move(h.ObservedAt.Value) >> 1) },
            4 => h with { ValidUntil = new UnixSeconds(Move(h.ValidUntil.Value)) },
            5 => h with { BookBlock = new BlockNumber(Move(h.BookBlock.Value)) },
            6 => h with { SnapshotHash = Content() },
            7 => h with { ParameterHash = Content() },
            8 => h with { ScenarioSetHash = Content() },
            9 => h with { ArrayRoot = Content() },
            10 => h with { StressRoot = Keccak() },
            11 => h with { StressSharesHash = Keccak() },
            12 => h with { PricesHash = Keccak() },
            13 => h with { AccountsRoot = Keccak() },
            14 => h with { AccountCount = (uint)Move(h.AccountCount) },
            15 => h with { RowCount = (uint)Move(h.RowCount) },
            16 => h with { TotalMaintenance = new UnsignedWad(Move((ulong)h.TotalMaintenance.Units)) },
            17 => h with { TotalEquity = new Wad(h.TotalEquity.Units + 1 + random.Below(1_000_000)) },
            _ => h with { TotalShortfall = new UnsignedWad(h.TotalShortfall.Units + 1 + (UInt128)random.Below(1_000_000)) },
        };
    }
}
