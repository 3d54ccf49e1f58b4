using System.Numerics;
using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Chain.Local;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Chain.Transactions;
using Pms.Margin.Parameters;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Cli.Onchain;

/// <summary>One step of a local run, as it is told.</summary>
/// <param name="Name">stable</param>
/// <param name="Text">for people</param>
/// <param name="GasUsed">of its transaction; null without one</param>
/// <param name="Values">numbers by name, decimal texts</param>
internal sealed record LocalStep(string Name, string Text, ulong? GasUsed, IReadOnlyDictionary<string, string> Values);

/// <summary>The loop on a local chain: board, margins, four attesters, batch, a trade that passes, one that is refused, a price move, a margin call.</summary>
/// <param name="workspace">files</param>
/// <param name="seed">of market and scenarios</param>
/// <param name="tell">is given each step as it happens</param>
internal sealed class LocalRun(ChainWorkspace workspace, ulong seed, Action<LocalStep> tell)
{
    private const int CashDecimals = 6;
    private const ulong ValidSeconds = 240;
    private const ulong ClearanceSeconds = 45;
    private const int MostMoves = 24;

    private readonly RiskParameters _parameters = RiskParameters.Default;
    private readonly HouseListing _listing = LocalMarket.NewListing();
    private EthereumNode _node = null!;
    private KeyFiles _keys = null!;
    private HouseClient _house = null!;
    private HouseReader _reader = null!;
    private LocalAttesters _attesters = null!;
    private LocalMarket _market = null!;
    private TransactionSender _relayer = null!;
    private ulong _sequence;

    /// <exception cref="PmsException">codes of its parts</exception>
    public async Task RunAsync(CancellationToken cancel)
    {
        await using var host = workspace.NewHost();
        await using var anvil = await AnvilProcess.StartAsync(workspace.Contracts, host, 0, 0, cancel).ConfigureAwait(false);
        _node = new EthereumNode(host, anvil.Url);
        _keys = new KeyFiles(host);
        if (!File.Exists(workspace.Key("deployer")))
        {
            KeyFiles.Write(workspace.Key("deployer"), AnvilProcess.WellKnownKey);
        }

        _relayer = NewSender("deployer");
        _attesters = await LocalAttesters.CreateAsync(workspace, _keys, cancel).ConfigureAwait(false);
        var addresses = await LocalDeployment.RunAsync(_node, _relayer, workspace.Artifacts, [.. _attesters.Set.Members.Select(m => m.ToString())], _parameters.Hash(), cancel).ConfigureAwait(false);
        addresses.Write(workspace.Deployment);
        _house = new HouseClient(_node, _keys, addresses, workspace.Artifacts);
        _reader = new HouseReader(_node, addresses, workspace.Artifacts, _listing, LocalMarket.CoinDecimals);
        Tell("deployed", $"the protocol stands on a local chain: clearing house {_house.House.Address}, 4 attesters, 3 needed", null);

        var head = await _node.LatestAsync(cancel).ConfigureAwait(false);
        _market = new LocalMarket(DateTimeOffset.FromUnixTimeSeconds((long)head.Timestamp), seed, _parameters);
        var (writer, writerAccount) = await TraderAsync("writer", 200_000, cancel).ConfigureAwait(false);
        var (buyer, buyerAccount) = await TraderAsync("buyer", 200_000, cancel).ConfigureAwait(false);
        var call = await ListCallAsync(cancel).ConfigureAwait(false);

        var batch = await EpochAsync(_market.Start.AddSeconds(ValidSeconds / 4), cancel).ConfigureAwait(false);
        var traded = await TradeAsync("trade", writerAccount, buyerAccount, call, 5m, batch, cancel).ConfigureAwait(false);
        batch = await EpochAsync(await NowAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        await WithdrawToAsync(writer, writerAccount, batch, cancel).ConfigureAwait(false);
        await TradeAsync("trade-refused", writerAccount, buyerAccount, call, 50m, batch, cancel).ConfigureAwait(false);
        await UntilCalledAsync(writerAccount, traded, cancel).ConfigureAwait(false);
        writer.Dispose();
        buyer.Dispose();
        _relayer.Dispose();
    }

    /// <summary>A trader with gas, cash and an account.</summary>
    private async Task<(TransactionSender Sender, AccountNumber Account)> TraderAsync(string name, int usd, CancellationToken cancel)
    {
        var address = await workspace.EnsureKeyAsync(_keys, name, cancel).ConfigureAwait(false);
        await _node.RpcAsync("anvil_setBalance", [address, "0x3635c9adc5dea00000"], cancel).ConfigureAwait(false);
        var sender = NewSender(name);
        var amount = new TokenAmount(usd * BigInteger.Pow(10, CashDecimals));
        await _relayer.SendAsync(_house.Token(0), "mint", [address, $"{amount}"], cancel).ConfigureAwait(false);
        var account = await _house.OpenAccountAsync(sender, cancel).ConfigureAwait(false);
        var receipt = await _house.DepositCashAsync(sender, account, amount, cancel).ConfigureAwait(false);
        Tell("deposit", $"{name} opens account {account} and deposits {usd} USD", receipt, ("account", $"{account}"), ("usd", $"{usd}"));
        return (sender, account);
    }

    /// <summary>Lists a call some 5 % above the market with a month to go, and the perpetual.</summary>
    private async Task<InstrumentId> ListCallAsync(CancellationToken cancel)
    {
        var family = UnderlyingId.Linear(new Asset("BTC"), LocalMarket.Cash);
        var board = _market.SnapshotAt(_market.Start).Boards.Single(b => b.Id == family);
        var index = board.Index!.Value.Price;
        var option = board.Expiries.SelectMany(e => e.Options).Select(q => (EuropeanOption)q.Instrument)
            .Where(o => o.Type == OptionType.Call && o.Expiry > _market.Start.AddDays(20))
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
        var snapshot = _market.SnapshotAt(at);
        var terms = new BatchTerms(_attesters.Set.Id, new BatchSequence(++_sequence), ValidSeconds);
        var batch = BatchBuilder.Build(_market.RowsOf(snapshot, _listing), book, terms, _parameters.Hash());
        // Each attester works from the snapshot and the chain, not from the proposer's numbers.
        var signatures = await _attesters.SignAsync(
            _keys, _house.Attestations, batch.Header, _ => BatchBuilder.Build(_market.RowsOf(snapshot, _listing), book, terms, _parameters.Hash()).Header, cancel).ConfigureAwait(false);
        var receipt = await _house.SubmitBatchAsync(_relayer, batch, signatures, cancel).ConfigureAwait(false);
        Tell(
            "batch",
            $"batch {_sequence}: {batch.Leaves.Length} accounts, BTC {Usd(batch.Prices[0].ToWad()):n0}, total maintenance {Usd(batch.Header.TotalMaintenance):n0} USD, {signatures.Count} of {_attesters.Set.Members.Length} signatures",
            receipt,
            ("sequence", $"{_sequence}"), ("accountsRoot", $"{batch.Header.AccountsRoot}"), ("btcUsd", $"{Usd(batch.Prices[0].ToWad())}"));
        return batch;
    }

    /// <summary>The writer sells calls to the buyer at their mark. The attesters sign only if both accounts can bear it; the chain is asked in any case.</summary>
    private async Task<bool> TradeAsync(string name, AccountNumber seller, AccountNumber buyer, InstrumentId instrument, decimal quantity, Batch batch, CancellationToken cancel)
    {
        var now = UnixSeconds.Floor(await NowAsync(cancel).ConfigureAwait(false));
        var size = QuantityWad.Of(quantity);
        var price = batch.Rows.MarkOf(instrument);
        Order NewOrder(AccountNumber account, QuantityWad signed) => new()
        {
            Account = account, Instrument = instrument, Quantity = signed, LimitPrice = price, Expiry = now.Plus(3_600), Nonce = _sequence, Matcher = default,
        };

        var match = new Match(NewOrder(buyer, size), NewOrder(seller, -size), size, price);
        var book = await _reader.ReadAsync(cancel).ConfigureAwait(false);
        var fee = (UInt128)await _house.ParameterAsync("tradeFeeWad", cancel).ConfigureAwait(false);
        var terms = new ClearanceTerms(_attesters.Set.Id, batch.Header.Sequence, now, ClearanceSeconds, _parameters.Hash());
        var (clearance, accounts) = ClearanceBuilder.OfTrade(batch.Rows, book, new Trade([match]), terms, fee);
        var writer = accounts.Single(a => a.Message.Account == seller);
        var passes = accounts.All(a => a.Passes);
        var what = $"account {seller} sells {quantity} calls at {Usd(price):n2}: initial margin {Usd(writer.After.Initial):n0}, equity {Usd(writer.After.Equity):n0}";
        if (!passes)
        {
            Tell($"{name}-by-attesters", $"{what}: the attesters refuse to clear it", null, ("initial", $"{writer.After.Initial}"), ("equity", $"{writer.After.Equity}"));
        }

        // A refused one is signed here all the same, to show that true numbers alone do not pass: the chain compares them itself.
        var signatures = await _attesters.SignAsync(_keys, _house.Attestations, clearance, _ => clearance, cancel).ConfigureAwait(false);
        var signed = (match, await _house.SignAsync(match.Buy, workspace.Key("buyer"), cancel).ConfigureAwait(false), await _house.SignAsync(match.Sell, workspace.Key("writer"), cancel).ConfigureAwait(false));
        try
        {
            var receipt = await _house.TradeAsync(_relayer, [signed], clearance, signatures, cancel).ConfigureAwait(false);
            Tell(name, what, receipt, ("initial", $"{writer.After.Initial}"), ("equity", $"{writer.After.Equity}"));
            return true;
        }
        catch (RevertException refusal)
        {
            Tell(name, $"the chain refuses it as well: {refusal.Error}", null, ("error", refusal.Error), ("arguments", refusal.Arguments));
            return false;
        }
    }

    /// <summary>The writer takes out cash until 3 % above the initial margin is left.</summary>
    private async Task WithdrawToAsync(TransactionSender sender, AccountNumber account, Batch batch, CancellationToken cancel)
    {
        var book = await _reader.ReadAsync(cancel).ConfigureAwait(false);
        var requirement = HouseRequirement.Of(batch.Rows, book.Accounts.Single(a => a.Number == account), book.FundingIndices);
        var spare = requirement.Equity.Units - ((Int128)requirement.Initial.Units / 100 * 103);
        var amount = new TokenAmount((BigInteger)(spare / Int128.Parse("1000000000000")));
        if (amount.Units.Sign <= 0)
        {
            return;
        }

        var receipt = await _house.WithdrawCashAsync(sender, account, amount, await sender.AddressAsync(cancel).ConfigureAwait(false), batch, cancel).ConfigureAwait(false);
        Tell("withdrawal", $"account {account} withdraws {(decimal)amount.Units / 1_000_000:n0} USD against its leaf; {Usd(requirement.Initial):n0} USD of initial margin stay covered", receipt, ("units", $"{amount}"));
    }

    /// <summary>The market rises; batches follow it until the house calls margin from the writer.</summary>
    private async Task UntilCalledAsync(AccountNumber account, bool hasPosition, CancellationToken cancel)
    {
        if (!hasPosition)
        {
            throw new InvalidInputException("local-run", "the trade that should pass was refused");
        }

        var at = await NowAsync(cancel).ConfigureAwait(false);
        for (var move = 0; move < MostMoves; move++)
        {
            at = at.AddMinutes(10);
            var batch = await EpochAsync(at, cancel).ConfigureAwait(false);
            var state = await _house.CheckAsync(_relayer, account, batch, cancel).ConfigureAwait(false);
            if (state != HouseMarginState.Healthy)
            {
                Tell("margin-call", $"account {account} is recorded as {state}", null, ("state", $"{state}"), ("account", $"{account}"));
                return;
            }
        }

        throw new InvalidInputException("local-run", $"account {account} was not called within {MostMoves} moves of the market");
    }

    private TransactionSender NewSender(string key) => new(_node, _keys, workspace.Key(key), TimeProvider.System, FeePolicy.Default with { Poll = TimeSpan.FromMilliseconds(20) });

    private async Task<DateTimeOffset> NowAsync(CancellationToken cancel) => DateTimeOffset.FromUnixTimeSeconds((long)(await _node.LatestAsync(cancel).ConfigureAwait(false)).Timestamp);

    /// <summary>Brings the chain's clock up to an instant; it never goes back.</summary>
    private async Task MoveClockAsync(DateTimeOffset at, CancellationToken cancel)
    {
        if (at > await NowAsync(cancel).ConfigureAwait(false))
        {
            await _node.RpcAsync("evm_setNextBlockTimestamp", [at.ToUnixTimeSeconds()], cancel).ConfigureAwait(false);
        }

        await _node.RpcAsync("anvil_mine", ["0x1"], cancel).ConfigureAwait(false);
    }

    private void Tell(string name, string text, TransactionReceipt? receipt, params IEnumerable<(string Name, string Value)> values) =>
        tell(new LocalStep(name, text, receipt?.GasUsed, values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal)));

    private static decimal Usd(UnsignedWad wad) => Usd(wad.ToSigned());

    private static decimal Usd(UnitPriceWad wad) => Usd(new Wad((Int128)wad.Units));

    private static decimal Usd(Wad wad) => (decimal)(wad.Units / 1_000_000_000_000) / 1_000_000;
}
