using System.Collections.Immutable;
using System.Globalization;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Trees;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Attestation.Tests.Batches;

public sealed class BatchBuilderTests
{
    private static readonly HouseWorld World = HouseWorld.Shared;

    private static readonly BatchTerms Terms = new(new SetId(3), new BatchSequence(1), 120);

    private static Batch Built(HouseBook? book = null) => BatchBuilder.Build(World.Rows, book ?? World.Book, Terms, World.Epochs.ParameterHash);

    [Fact]
    public void Build_EveryLeafAndRow_ProvesAgainstTheHeader()
    {
        var batch = Built();
        batch.Refused.ShouldBeEmpty();
        batch.Leaves.Select(l => l.Account.Value).ShouldBe([1UL, 2, 3, 4, 7]);
        for (var i = 0; i < batch.Leaves.Length; i++)
        {
            FixedDepthTree.Verify(batch.Header.AccountsRoot, batch.Leaves[i].StructHash(), i, batch.Header.AccountCount, FixedDepthTree.AccountDepth, batch.Accounts.Prove(i).AsSpan()).ShouldBeTrue();
            batch.PlaceOf(batch.Leaves[i].Account).ShouldBe(i);
        }

        MarginLeaf.StructHashes(batch.Leaves.AsSpan()).ShouldBe(batch.Leaves.Select(l => l.StructHash()));
        batch.PlaceOf(new AccountNumber(5)).ShouldBeNull();
        for (var i = 0; i < World.Rows.Rows.Length; i++)
        {
            FixedDepthTree.Verify(batch.Header.StressRoot, World.Rows.Rows[i].StructHash(), i, batch.Header.RowCount, FixedDepthTree.RowDepth, World.Rows.Tree.Prove(i).AsSpan()).ShouldBeTrue();
            (i == 0 || World.Rows.Rows[i].Instrument > World.Rows.Rows[i - 1].Instrument).ShouldBeTrue("rows rise by id");
        }

        batch.Header.TotalMaintenance.ShouldBe(batch.Leaves.Aggregate(UnsignedWad.Zero, (s, l) => s + l.Maintenance));
        batch.Header.PricesHash.ShouldBe(BatchHeader.HashPrices(batch.Prices.AsSpan()));
        batch.Header.ValidUntil.ShouldBe(batch.Header.ObservedAt.Plus(120));
        batch.Header.SnapshotHash.ShouldBe(World.Snapshot.Hash);
    }

    [Fact]
    public void Build_Again_GivesTheSameBytes()
    {
        var other = new HouseWorld();
        BatchBuilder.Build(other.Rows, other.Book with { Accounts = [.. other.Book.Accounts.Reverse()] }, Terms, other.Epochs.ParameterHash).Header.StructHash().ShouldBe(Built().Header.StructHash());
    }

    [Fact]
    public void Build_RequirementOfTheEngine_IsTakenToWad()
    {
        foreach (var (account, leaf) in World.Book.Accounts.Zip(Built().Leaves))
        {
            var result = World.Rows.Epoch.Engine.Evaluate(HouseRequirement.EngineAccount(World.Rows, account).Account, World.Rows.Context);
            leaf.Initial.Units.ShouldBe((UInt128)result.Initial * 1_000_000_000_000);
            leaf.Maintenance.Units.ShouldBe((UInt128)(result.Maintenance + result.Deferred) * 1_000_000_000_000);
        }
    }

    [Fact]
    public void Build_BookInOnePass_GivesWhatAccountsGiveOneByOne()
    {
        foreach (var threads in new[] { 1, 2 })
        {
            var requirements = HouseRequirement.OfBook(World.Rows, World.Book, threads);
            requirements.Select(r => r.Requirement).ShouldBe(World.Book.Accounts.Select(a => HouseRequirement.Of(World.Rows, a, World.Book.FundingIndices)));
        }
    }

    [Fact]
    public void Build_MarkValue_CountsPerpetualsAtTheirMarkAndTakesUnpaidFunding()
    {
        // Account 2: short 500 perpetuals, long 30 options, coins; by hand in exact integers.
        var account = World.Book.Accounts[1];
        var result = World.Rows.Epoch.Engine.Evaluate(HouseRequirement.EngineAccount(World.Rows, account).Account, World.Rows.Context);
        var risk = Math.Max(-result.EquityLines.Single(l => l.Name == "collateral-risk").Amount, 0);
        Int128 Value(InstrumentId id, int quantity) => (Int128)World.Rows.MarkOf(id).Units * quantity;
        // The index rose by 0.02 USD since the short was opened: it receives 500 x 0.02.
        var expected = Value(World.Perpetual, -500) + Value(World.Options[4], 30) + (10 * Wad.One) - (risk * Wad.PerMoney);
        Built().Leaves[1].MarkValue.Units.ShouldBe(expected);
        // The long of the same size pays as much.
        var first = Value(World.Perpetual, 500) + Value(World.Options[4], -30) + Value(World.Options[9], 12) - (10 * Wad.One);
        Built().Leaves[0].MarkValue.Units.ShouldBe(first);
        var perpetual = World.Rows.Epoch.Market.Underlying(HouseWorld.Family).PerpetualMark!.Value * World.Rows.Epoch.Market.UsdPrice(HouseWorld.Usdc);
        World.Rows.MarkOf(World.Perpetual).ShouldBe(PriceE8.Nearest(perpetual).ToWad());
    }

    [Fact]
    public void Build_CoinsThatHedge_GiveNoCreditInMarkValue()
    {
        // Coins beside a short perpetual hedge it. They may leave without an attestation of their own, so the mark value knows nothing of them.
        var bare = HouseWorld.Account(1, HouseWorld.Usd(0), 0, (World.Perpetual, -100));
        var hedged = HouseWorld.Account(1, HouseWorld.Usd(0), 100, (World.Perpetual, -100));
        var funding = ImmutableDictionary<InstrumentId, Wad>.Empty;
        HouseRequirement.Of(World.Rows, hedged, funding).MarkValue.ShouldBe(HouseRequirement.Of(World.Rows, bare, funding).MarkValue);
        // Beside a long one they fall together: less.
        var long_ = HouseWorld.Account(1, HouseWorld.Usd(0), 0, (World.Perpetual, 100));
        var wrongWay = HouseWorld.Account(1, HouseWorld.Usd(0), 100, (World.Perpetual, 100));
        HouseRequirement.Of(World.Rows, wrongWay, funding).MarkValue.ShouldBeLessThan(HouseRequirement.Of(World.Rows, long_, funding).MarkValue);
    }

    [Theory]
    [InlineData(61)]
    [InlineData(120)]
    [InlineData(600)]
    [InlineData(86_400)]
    [InlineData(1_000_000)]
    public void Build_DecayTimesAge_CoversWhatTheEngineAsksOfAnOldMarket(double ageSeconds)
    {
        foreach (var account in World.Book.Accounts)
        {
            var fresh = HouseRequirement.Of(World.Rows, account, World.Book.FundingIndices);
            var old = World.Rows.Epoch.Engine.Evaluate(HouseRequirement.EngineAccount(World.Rows, account).Account, World.Rows.Context with { AgeSeconds = ageSeconds });
            var grown = fresh.Decay.Units * (UInt128)ageSeconds;
            // A money unit for each of the few lines that the engine rounds up on its own.
            var slack = (UInt128)4 * (UInt128)Wad.PerMoney;
            (fresh.Initial.Units + grown + slack).ShouldBeGreaterThanOrEqualTo((UInt128)old.Initial * (UInt128)Wad.PerMoney, $"account {account.Number}");
            (fresh.Maintenance.Units + grown + slack).ShouldBeGreaterThanOrEqualTo((UInt128)old.Maintenance * (UInt128)Wad.PerMoney, $"account {account.Number}");
        }
    }

    /// <summary>A share of a leg comes in any size: its nearest lot is margined, and what the rest can lose is charged.</summary>
    [Theory]
    [InlineData("-1.000000000000000001")]
    [InlineData("0.123456789012345678")]
    [InlineData("-0.000000000000000001")]
    public void Of_QuantityBetweenLots_IsMarginedAtTheNearestAndChargedForTheRest(string quantity)
    {
        var exact = decimal.Parse(quantity, CultureInfo.InvariantCulture);
        var rows = Built().Rows;
        var row = rows.Epoch.Array.Rows.Single(r => r.Key.Instrument is { } i && i == rows.Listing.InstrumentOf(World.Perpetual));
        var nearest = row.Quantity(row.NearestLots(exact, out var rest));
        rest.ShouldBeGreaterThan(0);
        var requirement = HouseRequirement.Of(rows, HouseWorld.Account(20, HouseWorld.Usd(1), 0, (World.Perpetual, exact)), World.Book.FundingIndices);
        var atLot = nearest == 0 ? (UInt128)0 : HouseRequirement.Of(rows, HouseWorld.Account(20, HouseWorld.Usd(1), 0, (World.Perpetual, nearest)), World.Book.FundingIndices).Maintenance.Units;
        requirement.Maintenance.Units.ShouldBe(atLot + ((UInt128)rest * (UInt128)Wad.PerMoney));
        foreach (var ticks in row.Ticks)
        {
            (Math.Abs(exact - nearest) * ticks).ShouldBeInRange(-rest * row.Quantity(1), rest * row.Quantity(1), "no scenario takes more of the rest than is charged");
        }
    }

    [Fact]
    public void Build_AccountsThatCannotBeMargined_AreRefusedByNameAndTheOthersKeepTheirLeaves()
    {
        var foreign = new InstrumentId(Keccak256.Hash("unknown"u8));
        var bad = new[]
        {
            HouseWorld.Account(21, HouseWorld.Usd(1), 0, (foreign, 1)), // not listed
            HouseWorld.Account(22, HouseWorld.Usd(1), 0) with { Legs = [new HouseLeg(World.Perpetual, new QuantityWad(Int128.MinValue), Wad.Zero)] },
            HouseWorld.Account(23, new Wad(Int128.MinValue), 0, (World.Perpetual, -1)), // equity out of range
        };
        var batch = Built(World.Book with { Accounts = [.. World.Book.Accounts, .. bad] });
        batch.Refused.Select(r => (r.Account.Value, r.Reason.Code)).ShouldBe([(21UL, "instrument-unknown"), (22UL, "quantity-wad"), (23UL, "amount-range")]);
        batch.Leaves.ShouldBe(Built().Leaves);
        Should.Throw<InvalidInputException>(() => Built(World.Book with { Accounts = [.. bad] })).Code.ShouldBe("batch-empty");
    }

    [Fact]
    public void Make_ExpiredContract_HasNoRowAndItsHoldersNoLeaf()
    {
        var world = new HouseWorld();
        var expired = world.Listing.Add(new InstrumentTerms(InstrumentKind.Call, new PriceId(0), UnixSeconds.Floor(HouseWorld.Start.AddDays(-1)), new UnitPriceWad((UInt128)(100 * Wad.One))));
        var epoch = world.Epochs.Make(world.Snapshot, 1);
        epoch.Unvalued.ShouldHaveSingleItem().Reason.Code.ShouldBe("instrument-expired");
        var batch = BatchBuilder.Build(epoch.Rows, world.Book with { Accounts = [world.Book.Accounts[0], HouseWorld.Account(9, HouseWorld.Usd(1), 0, (expired, 1))] }, Terms, world.Epochs.ParameterHash);
        batch.Refused.ShouldHaveSingleItem().Reason.Code.ShouldBe("row-missing");
        batch.Header.AccountCount.ShouldBe(1u);
    }

    [Fact]
    public void StressRows_LossOfAnyBook_IsWithinItsLeafsMaintenance()
    {
        // The fraud proof of the chain, in its own integers, against honest leaves: sum of quantity x entry x tick, times the loss share.
        foreach (var (account, leaf) in World.Book.Accounts.Zip(Built().Leaves))
        {
            for (var s = 0; s < World.Rows.LossShares.Length; s++)
            {
                var gain = Int128.Zero;
                var lots = Int128.Zero;
                foreach (var leg in account.Legs)
                {
                    var place = World.Rows.PlaceOf(leg.Instrument);
                    var tick = Power(18 + World.Rows.Rows[place].TickExponent);
                    gain += leg.Quantity.Units / 1_000_000 * World.Rows.Entries[place][s] * tick / 1_000_000_000_000;
                    lots += Int128.Abs(leg.Quantity.Units) / Power(18 - 6 - World.Rows.Rows[place].TickExponent);
                }

                var counted = -gain * World.Rows.LossShares[s] / 1_000_000_000;
                counted.ShouldBeLessThanOrEqualTo((Int128)leaf.Maintenance.Units + (lots * Wad.PerMoney), $"account {account.Number}, scenario {s}");
            }
        }

        static Int128 Power(int exponent) => Enumerable.Range(0, exponent).Aggregate(Int128.One, (p, _) => p * 10);
    }

    [Fact]
    public void TermsOf_EveryContractOfTheBoard_RoundTrips()
    {
        foreach (var (id, terms, instrument) in World.Listing.Instruments)
        {
            World.Listing.TermsOf(instrument).ShouldBe(terms);
            World.Listing.TermsOf(instrument).Id().ShouldBe(id);
            World.Listing.InstrumentOf(id).ShouldBe(instrument);
        }

        Should.Throw<InvalidInputException>(() => World.Listing.TermsOf(new Perpetual(UnderlyingId.Inverse(HouseWorld.Sol)))).Code.ShouldBe("house-listing");
        Should.Throw<InvalidInputException>(() => World.Listing.TermsOf(new Spot(HouseWorld.Family))).Code.ShouldBe("house-listing");
    }
}
