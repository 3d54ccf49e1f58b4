using System.Numerics;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Amounts;
using Pms.Attestation.Attesters;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Wire;
using Pms.Chain.Local;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Chain.Transactions;
using Pms.Margin.Parameters;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Cli.Onchain;

/// <summary>One step of a local run, as it is told.</summary>
/// <param name="Name">stable</param>
/// <param name="Text">for people</param>
/// <param name="GasUsed">of its transaction; null without one</param>
/// <param name="Values">numbers by name, decimal texts</param>
internal sealed record LocalStep(string Name, string Text, ulong? GasUsed, IReadOnlyDictionary<string, string> Values);

/// <summary>The loop on a local chain: board, margins, four attesters, batch, a trade that passes, one that is refused, a price move, a margin call, a liquidation for which two keepers compete.</summary>
/// <param name="workspace">files</param>
/// <param name="seed">of market and scenarios</param>
/// <param name="tell">is given each step as it happens</param>
internal sealed class LocalRun(ChainWorkspace workspace, ulong seed, Action<LocalStep> tell)
{
    private const ulong ValidSeconds = 240;
    private const ulong ClearanceSeconds = 45;
    private const int MoveMinutes = 3; // shorter than a batch is valid, so that none counts as an outage
    private const int MostMoves = 80;

    private readonly RiskParameters _parameters = RiskParameters.Default;
    private readonly HouseListing _listing = LocalMarket.House.NewListing();
    private EthereumNode _node = null!;
    private KeyFiles _keys = null!;
    private ProtocolContracts _contracts = null!;
    private HouseClient _house = null!;
    private HouseReader _reader = null!;
    private LocalAttesters _attesters = null!;
    private LocalMarket _market = null!;
    private TransactionSender _relayer = null!;
    private RegistrySubmitter _submitter = null!;
    private Aggregator _aggregator = null!;
    private HouseEpochs _epochs = null!;
    private ulong _sequence;

    /// <exception cref="PmsException">codes of its parts</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        await using var host = workspace.NewHost();
        await using var anvil = await AnvilProcess.StartAsync(workspace.Contracts, host, 0, 0, cancel).ConfigureAwait(false);
        _node = new EthereumNode(host, anvil.Url);
        _keys = new KeyFiles(host);
        using var relayer = NewSender(workspace.EnsureDeployerKey());
        _relayer = relayer;
        var members = await LocalAttesters.KeysAsync(workspace, _keys, cancel).ConfigureAwait(false);
        var addresses = await LocalDeployment.RunAsync(_node, _relayer, workspace.Artifacts, [.. members.Keys.Select(m => m.ToString())], _parameters.Hash(), cancel).ConfigureAwait(false);
        addresses.Write(workspace.Deployment);
        LocalMarket.House.Write(workspace.House);
        _contracts = new ProtocolContracts(addresses, workspace.Artifacts);
        _house = new HouseClient(_node, _keys, _contracts);
        _reader = new HouseReader(_node, _contracts, _listing, LocalMarket.House.CoinDecimals);
        _epochs = BatchInputs.Epochs(_listing, _parameters);
        Tell("deployed", $"the protocol stands on a local chain: clearing house {_contracts.House.Address}, 4 attesters, 3 needed", null);

        _market = new LocalMarket(await NowAsync(cancel).ConfigureAwait(false), seed);
        var policy = new AttesterPolicy
        {
            Chain = new ChainId(addresses.ChainId), Registry = EvmAddress.Parse(_contracts.Registry.Address), BatchSeconds = ValidSeconds, ClearanceSeconds = ClearanceSeconds, CoinDecimals = LocalMarket.House.CoinDecimals,
        };
        var stores = await workspace.LocalStoresAsync(_node, cancel).ConfigureAwait(false);
        Directory.CreateDirectory(stores);
        await using var attesters = await LocalAttesters.StartAsync(workspace, stores, new ChainParts(_node, _keys, _contracts, LocalMarket.House), policy, _parameters, _market, cancel).ConfigureAwait(false);
        using var outbox = Outbox.Open(Path.Combine(stores, "outbox.db"));
        (_attesters, _submitter) = (attesters, new RegistrySubmitter(_node, _contracts, _relayer));
        _aggregator = new Aggregator(policy.Domain, attesters.Clients, attesters.Collector, _submitter, outbox, _market);
        var (writerSender, writer) = await TraderAsync("writer", 200_000, cancel).ConfigureAwait(false);
        using var ofWriter = writerSender;
        var (buyerSender, buyer) = await TraderAsync("buyer", 200_000, cancel).ConfigureAwait(false);
        using var ofBuyer = buyerSender;
        var call = await ListCallAsync(cancel).ConfigureAwait(false);

        var batch = await EpochAsync(_market.Now.AddMinutes(1), cancel).ConfigureAwait(false);
        if (!await TradeAsync("trade", writer, buyer, call, 5m, batch, cancel).ConfigureAwait(false))
        {
            throw new InvalidInputException("local-run", "the trade that should pass was refused");
        }

        batch = await EpochAsync(await NowAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        await WithdrawToAsync(writerSender, writer, batch, cancel).ConfigureAwait(false);
        await TradeAsync("trade-refused", writer, buyer, call, 50m, batch, cancel).ConfigureAwait(false);
        await UntilAsync(HouseMarginState.MarginCall, "margin-call", writer, cancel).ConfigureAwait(false);
        var (first, second) = (await KeeperAsync("keeper-one", cancel).ConfigureAwait(false), await KeeperAsync("keeper-two", cancel).ConfigureAwait(false));
        using var ofFirst = first.Sender;
        using var ofSecond = second.Sender;
        batch = await UntilAsync(HouseMarginState.Liquidatable, "liquidatable", writer, cancel).ConfigureAwait(false);
        var liquidation = new LocalLiquidation(_node, _contracts, _reader, _relayer, (name, text, receipt, values) => Tell(name, text, receipt, values));
        await liquidation.RunAsync(writer, batch, first, second, cancel).ConfigureAwait(false);
        batch = await UntilAsync(HouseMarginState.Liquidatable, "liquidatable", writer, cancel).ConfigureAwait(false);
        await PlanAsync(writer, first, batch, cancel).ConfigureAwait(false);
    }

    /// <summary>A keeper takes just so many of the writer's calls as bring it to its target, by a plan that the attesters clear.</summary>
    private async Task PlanAsync(AccountNumber account, LocalKeeper keeper, Batch batch, CancellationToken cancel)
    {
        var engine = new EngineReader(_node, _contracts);
        await _relayer.SendAsync(EngineCalls.Start(_contracts, account, batch.ProofOf(account)), cancel).ConfigureAwait(false);
        _market.Clock = await NowAsync(cancel).ConfigureAwait(false);
        var need = await engine.NeedAsync(account, batch.ProofOf(account), cancel).ConfigureAwait(false);
        var book = await _reader.ReadAsync(cancel).ConfigureAwait(false);
        var leg = book.Accounts.Single(a => a.Number == account).Legs.Single();
        var terms = new ClearanceTerms(_attesters.Set.Id, batch.Header.Sequence, UnixSeconds.Floor(_market.Clock), ClearanceSeconds, _epochs.ParameterHash);
        // Hundredths of the leg, the fewest that lower its target requirement by the shortfall.
        for (var hundredths = 1; hundredths <= 100; hundredths++)
        {
            var slice = new LiquidationSlice(account, keeper.Account, [new SliceLeg(leg.Instrument, new QuantityWad(leg.Quantity.Units / 100 * hundredths))]);
            var (clearance, _) = ClearanceBuilder.OfSlice(batch.Rows, book, slice, terms);
            var relieved = need.Maintenance - (BigInteger)clearance.Accounts.Single(a => a.Account == account).Maintenance.Units;
            // Target over maintenance margin as the auction has it, and a hundredth more for the keeper.
            if (relieved * (need.Shortfall + need.Equity) * 100 < need.Shortfall * need.Maintenance * 101)
            {
                continue;
            }

            // At the mark, and a hundredth of the shortfall on top for the keeper.
            var cash = WadRounding.ToWadDown(slice.Legs[0].Quantity, batch.Rows.MarkOf(leg.Instrument)) - new Wad((Int128)(need.Shortfall / 100));
            var answer = await _attesters.CollectAsync(_house.Attestations.DigestOf(clearance), new ClearanceProposal(clearance, slice), cancel).ConfigureAwait(false);
            var proof = QuorumProof.Of(_attesters.Set, answer.Signatures);
            var receipt = await keeper.Sender.SendAsync(EngineCalls.TakePlan(_contracts, slice, cash, batch.ProofOf(account), clearance, proof), cancel).ConfigureAwait(false);
            if (await engine.IsUnderLiquidationAsync(account, cancel).ConfigureAwait(false))
            {
                throw new InvalidInputException("local-run", $"account {account} is still under liquidation after the plan");
            }

            Tell("plan", $"{keeper.Name} takes {hundredths} % of account {account}'s calls by an attested plan, at their mark and 1 % of the shortfall: restored", receipt, ("hundredths", $"{hundredths}"), ("cashWad", $"{cash}"));
            return;
        }

        throw new InvalidInputException("local-run", $"no part of account {account}'s calls removes a shortfall of {need.Shortfall} wad");
    }

    /// <summary>A trader that lets the engine pay for shares.</summary>
    private async Task<LocalKeeper> KeeperAsync(string name, CancellationToken cancel)
    {
        var (sender, account) = await TraderAsync(name, 100_000, cancel).ConfigureAwait(false);
        await sender.SendAsync(EngineCalls.Approve(_contracts, account, UnixSeconds.Floor((await NowAsync(cancel).ConfigureAwait(false)).AddDays(30))), cancel).ConfigureAwait(false);
        return new LocalKeeper(name, sender, account);
    }

    /// <summary>A trader with gas, cash and an account.</summary>
    private async Task<(TransactionSender Sender, AccountNumber Account)> TraderAsync(string name, int usd, CancellationToken cancel)
    {
        var address = await workspace.EnsureKeyAsync(_keys, name, cancel).ConfigureAwait(false);
        await _node.RpcAsync("anvil_setBalance", [address, "0x3635c9adc5dea00000"], cancel).ConfigureAwait(false);
        var sender = NewSender(workspace.Key(name));
        var amount = new TokenAmount(usd * BigInteger.Pow(10, LocalMarket.House.CashDecimals));
        await _relayer.SendAsync(_contracts.Token(0), "mint", [address, $"{amount}"], cancel).ConfigureAwait(false);
        var account = await _house.OpenAccountAsync(sender, cancel).ConfigureAwait(false);
        var receipt = await _house.DepositCashAsync(sender, account, amount, cancel).ConfigureAwait(false);
        Tell("deposit", $"{name} opens account {account} and deposits {usd} USD", receipt, ("account", $"{account}"), ("usd", $"{usd}"));
        return (sender, account);
    }

    /// <summary>Lists a call some 5 % above the market with a month to go, and the perpetual.</summary>
    private async Task<InstrumentId> ListCallAsync(CancellationToken cancel)
    {
        var family = UnderlyingId.Linear(new Asset("BTC"), LocalMarket.House.Cash);
        var board = _market.Snapshot().Boards.Single(b => b.Id == family);
        var index = board.Index!.Value.Price;
        var option = board.Expiries.SelectMany(e => e.Options).Select(q => (EuropeanOption)q.Instrument)
            .Where(o => o.Type == OptionType.Call && o.Expiry > _market.Now.AddDays(20))
            .OrderBy(o => o.Expiry).ThenBy(o => Math.Abs(o.StrikeValue - (1.05 * index))).First();
        foreach (var terms in new[] { _listing.TermsOf(option), _listing.TermsOf(new Perpetual(family)) })
        {
            await _house.ListAsync(_relayer, terms, cancel).ConfigureAwait(false);
        }

        Tell("listed", $"{option.Name} and {new Perpetual(family).Name} are listed", null);
        return _listing.TermsOf(option).Id();
    }

    /// <summary>Board, margins, signatures, batch on the chain.</summary>
    private async Task<Batch> EpochAsync(DateTimeOffset at, CancellationToken cancel)
    {
        await MoveClockAsync(at, cancel).ConfigureAwait(false);
        var book = await _reader.ReadAsync(cancel).ConfigureAwait(false);
        var snapshot = _market.Snapshot();
        var sequence = new BatchSequence(++_sequence);
        var batch = _epochs.BatchOf(snapshot, book, new BatchTerms(_attesters.Set.Id, sequence, ValidSeconds));
        // Each attester works from its own market and its own view of the chain, not from the proposer's numbers.
        var outcome = await _aggregator.PublishAsync(new ProposedBatch(batch.Header, batch.Prices, SnapshotBytes.Write(snapshot)), _attesters.Set, cancel).ConfigureAwait(false);
        if (outcome.Progress != BatchProgress.Accepted)
        {
            throw new InvalidInputException("batch-lost", $"{outcome.Reason}; {string.Join("; ", outcome.Refusals.Select(r => r.Reason.ToString()).Distinct())}");
        }

        Tell(
            "batch",
            $"batch {_sequence}: {batch.Leaves.Length} accounts, BTC {Usd(batch.Prices[0].ToWad()):n0}, total maintenance {Usd(batch.Header.TotalMaintenance):n0} USD, signed by {_attesters.Set.Quorum} of {_attesters.Set.Members.Length}",
            _submitter.Receipt,
            ("sequence", $"{_sequence}"), ("accountsRoot", $"{batch.Header.AccountsRoot}"), ("btcUsd", $"{Usd(batch.Prices[0].ToWad())}"));
        return batch;
    }

    /// <summary>The writer sells calls to the buyer at their mark. The attesters sign only if both accounts can bear it; the chain is asked in any case.</summary>
    private async Task<bool> TradeAsync(string name, AccountNumber seller, AccountNumber buyer, InstrumentId instrument, decimal quantity, Batch batch, CancellationToken cancel)
    {
        _market.Clock = await NowAsync(cancel).ConfigureAwait(false);
        var now = UnixSeconds.Floor(_market.Clock);
        var size = QuantityWad.Of(quantity);
        var price = batch.Rows.MarkOf(instrument);
        Order NewOrder(AccountNumber account, QuantityWad signed) => new()
        {
            Account = account, Instrument = instrument, Quantity = signed, LimitPrice = price, Expiry = now.Plus(3_600), Nonce = _sequence, Matcher = default,
        };

        var match = new Match(NewOrder(buyer, size), NewOrder(seller, -size), size, price);
        var trade = new Trade([match]);
        var book = await _reader.ReadAsync(cancel).ConfigureAwait(false);
        var fee = (UInt128)await _house.ParameterAsync("tradeFeeWad", cancel).ConfigureAwait(false);
        var terms = new ClearanceTerms(_attesters.Set.Id, batch.Header.Sequence, now, ClearanceSeconds, _epochs.ParameterHash);
        var (clearance, accounts) = ClearanceBuilder.OfTrade(batch.Rows, book, trade, terms, fee);
        var writer = accounts.Single(a => a.Message.Account == seller);
        var digest = _house.Attestations.DigestOf(clearance);
        var answer = await _attesters.CollectAsync(digest, new ClearanceProposal(clearance, trade), cancel).ConfigureAwait(false);
        var isCleared = answer.Signatures.Count >= _attesters.Set.Quorum;
        var what = $"account {seller} sells {quantity} calls at {Usd(price):n2}: initial margin {Usd(writer.After.Initial):n0}, equity {Usd(writer.After.Equity):n0}";
        if (!isCleared)
        {
            Tell($"{name}-by-attesters", $"{what}: the attesters do not sign ({answer.Refusals[0].Reason.Code})", null, ("code", answer.Refusals[0].Reason.Code), ("initial", $"{writer.After.Initial}"), ("equity", $"{writer.After.Equity}"));
        }

        // Without the attesters' consent their keys sign here all the same: the chain compares equity and margin itself.
        var proof = isCleared ? QuorumProof.Of(_attesters.Set, answer.Signatures) : await _attesters.SignUncheckedAsync(digest, cancel).ConfigureAwait(false);
        var signed = new SignedMatch(match, await _house.SignAsync(match.Buy, workspace.Key("buyer"), cancel).ConfigureAwait(false), await _house.SignAsync(match.Sell, workspace.Key("writer"), cancel).ConfigureAwait(false));
        try
        {
            var receipt = await _house.TradeAsync(_relayer, [signed], clearance, proof, cancel).ConfigureAwait(false);
            Tell(name, what, receipt, ("initial", $"{writer.After.Initial}"), ("equity", $"{writer.After.Equity}"));
            return true;
        }
        catch (RevertException refusal)
        {
            Tell(name, $"the chain refuses it even when their keys are made to sign: {refusal.Error}", null, ("error", refusal.Error), ("arguments", refusal.Arguments));
            return false;
        }
    }

    /// <summary>The writer takes out cash until 3 % above the initial margin is left.</summary>
    private async Task WithdrawToAsync(TransactionSender sender, AccountNumber account, Batch batch, CancellationToken cancel)
    {
        var book = await _reader.ReadAsync(cancel).ConfigureAwait(false);
        var requirement = HouseRequirement.Of(batch.Rows, book.Accounts.Single(a => a.Number == account), book.FundingIndices);
        var spare = requirement.Equity.Units - ((Int128)requirement.Initial.Units / 100 * 103);
        var amount = new TokenAmount((BigInteger)(spare / Wad.PerMoney));
        if (amount.Units.Sign <= 0)
        {
            return;
        }

        var receipt = await _house.WithdrawCashAsync(sender, account, amount, EvmAddress.Parse(await sender.AddressAsync(cancel).ConfigureAwait(false)), batch, cancel).ConfigureAwait(false);
        Tell("withdrawal", $"account {account} withdraws {amount.ToDecimal(LocalMarket.House.CashDecimals):n0} USD against its leaf; {Usd(requirement.Initial):n0} USD of initial margin stay covered", receipt, ("units", $"{amount}"));
    }

    /// <summary>The market rises; batches follow it until the house finds the writer in a state, or in a worse one.</summary>
    private async Task<Batch> UntilAsync(HouseMarginState wanted, string name, AccountNumber account, CancellationToken cancel)
    {
        var at = await NowAsync(cancel).ConfigureAwait(false);
        for (var move = 0; move < MostMoves; move++)
        {
            at = at.AddMinutes(MoveMinutes);
            var batch = await EpochAsync(at, cancel).ConfigureAwait(false);
            var state = await _house.CheckAsync(_relayer, account, batch, cancel).ConfigureAwait(false);
            if (state >= wanted)
            {
                Tell(name, $"account {account} is recorded as {state}", null, ("state", $"{state}"), ("account", $"{account}"));
                return batch;
            }
        }

        throw new InvalidInputException("local-run", $"account {account} was not found {wanted} within {MostMoves} moves of the market");
    }

    private TransactionSender NewSender(string keyFile) => new(_node, _keys, keyFile, TimeProvider.System, FeePolicy.Default with { Poll = TimeSpan.FromMilliseconds(20) });

    private async Task<DateTimeOffset> NowAsync(CancellationToken cancel) => DateTimeOffset.FromUnixTimeSeconds((long)(await _node.LatestAsync(cancel).ConfigureAwait(false)).Timestamp);

    /// <summary>Brings market and chain to an instant, which is one block.</summary>
    private async Task MoveClockAsync(DateTimeOffset at, CancellationToken cancel)
    {
        var now = await NowAsync(cancel).ConfigureAwait(false);
        _market.Now = at > now ? at : now.AddSeconds(1);
        await _node.RpcAsync("evm_setNextBlockTimestamp", [_market.Now.ToUnixTimeSeconds()], cancel).ConfigureAwait(false);
        await _node.RpcAsync("anvil_mine", ["0x1"], cancel).ConfigureAwait(false);
    }

    private void Tell(string name, string text, TransactionReceipt? receipt, params IEnumerable<(string Name, string Value)> values) =>
        tell(new LocalStep(name, text, receipt?.GasUsed, values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal)));

    private static decimal Usd(UnsignedWad wad) => Usd(wad.ToSigned());

    private static decimal Usd(UnitPriceWad wad) => Usd(new Wad((Int128)wad.Units));

    private static decimal Usd(Wad wad) => (decimal)(wad.Units / Wad.PerMoney) / Rounding.MoneyPerUsd;
}
