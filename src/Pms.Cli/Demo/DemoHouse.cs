using System.Collections.Immutable;
using System.Numerics;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Messages;
using Pms.Chain.Governance;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Chain.Transactions;
using Pms.Cli.Onchain;
using Pms.Keeper.Decisions;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Server.Chain;

namespace Pms.Cli.Demo;

/// <summary>The house of the demonstration: the protocol on a local chain, four attesters, traders against one market maker, two keepers.</summary>
/// <remarks>
/// Its chain begins in the past, a second a block, so that what the protocol makes everybody wait for (caps on deposits of an hour, the grace period after an outage) has passed when the chain reaches the clock. From there on chain and market go with the clock.
/// </remarks>
internal sealed class DemoHouse : IHouseChain
{
    /// <summary>How long before the clock the chain begins.</summary>
    public static readonly TimeSpan Past = TimeSpan.FromMinutes(100);

    private const int MatchesPerTrade = 16;
    /// <summary>The house of the local configuration takes a million USD an hour: the maker has the first hour for itself.</summary>
    private const int MakerUsd = 900_000;
    private const int KeeperUsd = 100_000;
    private const int InsuranceUsd = 50_000;

    /// <summary>Shorter than a batch is valid, so that no gap counts as an outage.</summary>
    private static readonly TimeSpan Move = TimeSpan.FromSeconds(200);

    private static readonly TimeSpan CapWindow = TimeSpan.FromMinutes(62);

    private readonly LocalHouse _house;
    private readonly int _accounts;
    private readonly ulong _seed;
    private readonly TimeProvider _time;
    /// <summary>Of the reader that the server reads with: the house has its own, in which its batches and trades are worked out at the same time.</summary>
    private readonly HouseListing _listing = LocalMarket.House.NewListing();
    private readonly HouseReader _reader;
    private readonly DemoLiquidations _liquidations;
    private readonly HashSet<AccountNumber> _called = [];
    private readonly string _folder;
    private ImmutableArray<DemoKeeper> _keepers = [];
    private HouseRows? _rows;
    private TransactionSender _traders = null!;
    private AccountNumber _maker;
    private bool _isOpen;
    private DemoProofs? _proofs;

    private DemoHouse(LocalHouse house, int accounts, ulong seed, string folder, TimeProvider time)
    {
        (_house, _accounts, _seed, _folder, _time) = (house, accounts, seed, folder, time);
        _reader = new HouseReader(house.Node, house.Contracts, _listing, LocalMarket.House.CoinDecimals);
        _liquidations = new DemoLiquidations(house);
        Identity = new HouseIdentity(
            $"{house.Contracts.Addresses.ChainId}", house.Contracts.Addresses.Parts, house.Attesters.Set.Id.Value, house.Attesters.Set.Quorum, [.. house.Attesters.Set.Members.Select(m => $"{m}")]);
    }

    public HouseIdentity Identity { get; }

    public bool IsOpen => Volatile.Read(ref _isOpen);

    public IReadOnlyList<KeeperRow> Keepers => [.. _keepers.Select(k => k.Row)];

    public SolvencyProofDocument Proof => _proofs?.Document ?? SolvencyProofDocument.None;

    /// <summary>Starts chain, contracts and attesters.</summary>
    /// <param name="workspace">files</param>
    /// <param name="startsAt">of chain and market</param>
    /// <param name="accounts">traders' accounts, at least 1</param>
    /// <param name="seed">of market and accounts</param>
    /// <param name="time">clock</param>
    /// <param name="proofs">how often solvency is proven; null: never</param>
    /// <param name="tell">is given each step</param>
    /// <param name="cancel">gives up</param>
    /// <exception cref="PmsException">codes of its parts</exception>
    public static async Task<DemoHouse> StartAsync(ChainWorkspace workspace, DateTimeOffset startsAt, int accounts, ulong seed, TimeProvider time, DemoProofTerms? proofs, Action<ChainStep> tell, CancellationToken cancel)
    {
        void Say(string name, string text) => tell(new ChainStep(time.GetUtcNow(), name, text, null));
        var circuit = proofs is null ? null : await DemoProofs.CircuitAsync(proofs, Say, cancel).ConfigureAwait(false);
        var house = await LocalHouse.StartAsync(workspace, seed, DemoMarket.Script(Past), startsAt, circuit is null ? [] : [circuit], step => tell(new ChainStep(time.GetUtcNow(), step.Name, step.Text, step.GasUsed)), cancel).ConfigureAwait(false);
        return new DemoHouse(house, accounts, seed, Path.Combine(workspace.Folder, "keepers"), time) { _proofs = circuit is null ? null : new DemoProofs(house, circuit, proofs!, time) };
    }

    public async Task RunAsync(CancellationToken cancel)
    {
        await FillAsync(cancel).ConfigureAwait(false);
        Volatile.Write(ref _isOpen, true);
        await Task.WhenAll(_keepers.Select(k => k.RunAsync(cancel)).Append(_proofs?.RunAsync(cancel) ?? Task.CompletedTask)).ConfigureAwait(false);
    }

    public async Task<HouseAccounts> ReadAsync(CancellationToken cancel)
    {
        var book = await _reader.ReadAsync(cancel).ConfigureAwait(false);
        var at = DateTimeOffset.FromUnixTimeSeconds((long)(await _house.Node.BlockAsync(book.Block.Value, cancel).ConfigureAwait(false))!.Timestamp);
        var insurance = (await _house.Node.CallAsync(_house.Contracts.Hooks, "insuranceAccount", [], cancel).ConfigureAwait(false))[0]!.ToString();
        return new HouseAccounts(book.Block.Value, at, [.. book.Accounts.Select(OfHouse)]) { InsuranceAccount = insurance == "0" ? null : insurance };
    }

    public async Task<PublishedBatch> PublishAsync(MarketSnapshot snapshot, CancellationToken cancel)
    {
        var begun = _time.GetTimestamp();
        var (batch, outcome, receipt) = await _house.PublishAsync(snapshot, cancel).ConfigureAwait(false);
        var summary = BatchSummary.Of(batch.Header, _house.Domain.DigestOf(batch.Header), batch.Refused.Length, _house.Attesters.Set.Quorum) with { TookMs = Math.Round(_time.GetElapsedTime(begun).TotalMilliseconds, 1), Signatures = outcome.Signatures.Count };
        if (receipt is null)
        {
            var why = string.Join("; ", outcome.Refusals.Select(r => r.Reason.Message).Distinct());
            return new PublishedBatch(summary with { Error = ErrorBody.Of(outcome.Reason! with { Message = why.Length == 0 ? outcome.Reason.Message : $"{outcome.Reason.Message}: {why}" }) }, null);
        }

        Volatile.Write(ref _rows, batch.Rows);
        _proofs?.Note(batch.Header, snapshot);
        await CallMarginAsync(batch, cancel).ConfigureAwait(false);
        return new PublishedBatch(summary with { Transaction = receipt.Hash, Block = receipt.BlockNumber, Gas = receipt.GasUsed }, _house.Current);
    }

    public Task<LiquidationPage> LiquidationsAsync(CancellationToken cancel) => _liquidations.ReadAsync(cancel);

    public async Task<GovernancePage> GovernanceAsync(ContentHash document, CancellationToken cancel)
    {
        var state = await GovernedState.ReadAsync(_house.Node, _house.Contracts, cancel).ConfigureAwait(false);
        return new GovernancePage(
            state.Version,
            $"{state.Document}",
            $"{document}",
            state.Document == document,
            [.. state.Keys.Select(k => new GovernedRow(
                k.Name, $"{k.Value}", $"{k.Least}", $"{k.Most}", $"{k.MostStep}", $"{k.MostIn30Days}", k.LeastDelaySeconds, System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(k.Direction.ToString()), $"{k.MovedByGovernance}", $"{k.MovedByGuardian}"))]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var keeper in _keepers)
        {
            keeper.Dispose();
        }

        await _house.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Lists contracts, opens accounts, trades with the market maker until all hold what was drawn, and follows the market to the clock.</summary>
    private async Task FillAsync(CancellationToken cancel)
    {
        (_, _maker) = await _house.TraderAsync("market-maker", MakerUsd, cancel).ConfigureAwait(false);
        var board = _house.Market.Snapshot();
        foreach (var instrument in DemoBook.Contracts(board))
        {
            await _house.Client.ListAsync(_house.Relayer, _house.Listing.TermsOf(instrument), cancel).ConfigureAwait(false);
        }

        var batch = await EpochAsync(CapWindow, cancel).ConfigureAwait(false);
        var drawn = DemoBook.Draw(board, _accounts, _seed);
        (_traders, _) = await _house.TraderAsync("traders", 1, cancel).ConfigureAwait(false);
        var owner = await _traders.AddressAsync(cancel).ConfigureAwait(false);
        var all = new TokenAmount(BigInteger.Pow(10, 16));
        await _house.Relayer.SendAsync(_house.Contracts.Token(0), "mint", [owner, $"{all}"], cancel).ConfigureAwait(false);
        await _traders.SendAsync(HouseCalls.Approve(_house.Contracts, 0, all), cancel).ConfigureAwait(false);
        var waiting = new List<(AccountNumber Account, InstrumentId Instrument, QuantityWad Quantity)>();
        foreach (var account in drawn)
        {
            var number = await _house.Client.OpenAccountAsync(_traders, cancel).ConfigureAwait(false);
            await _traders.SendAsync(HouseCalls.DepositCash(_house.Contracts, number, DepositOf(account, number, batch.Rows)), cancel).ConfigureAwait(false);
            waiting.AddRange(account.Legs.Select(l => (number, _house.Listing.TermsOf(l.Instrument).Id(), QuantityWad.Of(l.Quantity))));
        }

        _house.Tell("accounts", $"{drawn.Length} accounts are open and funded", null);
        // All legs of an account in one trade: half of a spread needs more than the whole.
        var part = new List<(AccountNumber Account, InstrumentId Instrument, QuantityWad Quantity)>();
        foreach (var account in waiting.GroupBy(w => w.Account))
        {
            if (part.Count + account.Count() > MatchesPerTrade)
            {
                batch = await TradeAsync([.. part], batch, cancel).ConfigureAwait(false);
                part.Clear();
            }

            part.AddRange(account);
        }

        await TradeAsync([.. part], batch, cancel).ConfigureAwait(false);
        await _house.InsureAsync(InsuranceUsd, cancel).ConfigureAwait(false);
        await OpenKeepersAsync(cancel).ConfigureAwait(false);
        while (await _house.NowAsync(cancel).ConfigureAwait(false) + Move < _time.GetUtcNow())
        {
            await EpochAsync(Move, cancel).ConfigureAwait(false);
        }

        await _house.GoLiveAsync(_time, cancel).ConfigureAwait(false);
        _house.Tell("live", "chain and market go with the clock", null);
    }

    private async Task<Batch> EpochAsync(TimeSpan after, CancellationToken cancel)
    {
        var batch = await _house.EpochAsync(await _house.NowAsync(cancel).ConfigureAwait(false) + after, cancel).ConfigureAwait(false);
        Volatile.Write(ref _rows, batch.Rows);
        return batch;
    }

    private async Task OpenKeepersAsync(CancellationToken cancel)
    {
        Directory.CreateDirectory(_folder);
        var rules = new KeeperConfig
        {
            DryRun = false,
            MinimumNetUsd = new KeeperConfig().MinimumNetUsd.SetItem(ActionKind.Share, 0.5).SetItem(ActionKind.TakeOver, 0),
            BadDebt = BadDebtMode.TakeOver,
            PollSeconds = 3,
            Confirmations = 0,
            CooldownSeconds = 10,
            LargestCashUsd = 100_000,
            Gas = new GasRules { EtherPriceId = 1 },
        };
        foreach (var (name, risk) in new[] { ("keeper-one", 0.02), ("keeper-two", 0.03) })
        {
            var keeper = await _house.KeeperAsync(name, cancel, KeeperUsd).ConfigureAwait(false);
            _keepers = _keepers.Add(await DemoKeeper.OpenAsync(_house, keeper, rules with { Costs = rules.Costs with { RiskShare = risk } }, _folder, _time, cancel).ConfigureAwait(false));
        }
    }

    /// <summary>What brings the account, once it holds its legs, to its cushion above initial margin, or to what the house's intrinsic stress asks, whichever is more.</summary>
    private static TokenAmount DepositOf(DemoAccount account, AccountNumber number, HouseRows rows)
    {
        ImmutableArray<HouseLeg> legs = [.. account.Legs.Select(l => new HouseLeg(rows.Listing.TermsOf(l.Instrument).Id(), QuantityWad.Of(l.Quantity), Wad.Zero)).OrderBy(l => l.Instrument)];
        var held = new HouseAccount(number, new AccountSequence(0), PositionsHash.Empty, Wad.Zero, legs, ImmutableSortedDictionary<byte, decimal>.Empty);
        var initial = HouseRequirement.Of(rows, held, ImmutableDictionary<InstrumentId, Wad>.Empty).Initial;
        var usd = (double)initial.ToSigned().ToUsd();
        // A thousandth of what the contracts are on pays the fees of trading them.
        var notional = account.Legs.Sum(l => (double)Math.Abs(l.Quantity) * rows.Epoch.Market.Underlying(l.Instrument.Underlying).Index);
        return new TokenAmount(new BigInteger((Math.Max(usd * account.Cushion, 1.02 * account.Legs.Sum(l => StressOf(l.Instrument, (double)l.Quantity, rows))) + (notional / 1_000) + 100) * 1e6));
    }

    /// <summary>USD that the intrinsic stress asks of a leg at most: nothing is left of what was paid for options, and between its nodes it sees payoffs as straight lines.</summary>
    private static double StressOf(Instrument instrument, double quantity, HouseRows rows)
    {
        var index = rows.Epoch.Market.Underlying(instrument.Underlying).Index;
        var mark = (double)new Wad((Int128)rows.MarkOf(rows.Listing.TermsOf(instrument).Id()).Units).ToUsd();
        return instrument switch
        {
            EuropeanOption when quantity > 0 => quantity * mark,
            EuropeanOption => -quantity * 0.22 * index,
            _ => Math.Abs(quantity) * 0.15 * index,
        };
    }

    /// <summary>The market maker takes the other side of each, at the mark, in one transaction that the attesters clear.</summary>
    private async Task<Batch> TradeAsync((AccountNumber Account, InstrumentId Instrument, QuantityWad Quantity)[] wanted, Batch batch, CancellationToken cancel)
    {
        _house.Market.Clock = await _house.NowAsync(cancel).ConfigureAwait(false);
        if (_house.Market.GetUtcNow() > batch.Header.ObservedAt.ToInstant() + Move)
        {
            batch = await EpochAsync(TimeSpan.FromSeconds(1), cancel).ConfigureAwait(false);
            _house.Market.Clock = await _house.NowAsync(cancel).ConfigureAwait(false);
        }

        var signed = new List<SignedMatch>();
        foreach (var (account, instrument, quantity) in wanted)
        {
            var price = batch.Rows.MarkOf(instrument);
            var (theirs, ours) = (_house.NewOrder(account, instrument, quantity, price), _house.NewOrder(_maker, instrument, -quantity, price));
            var isBuying = quantity.Units > 0;
            var match = new Match(isBuying ? theirs : ours, isBuying ? ours : theirs, isBuying ? quantity : -quantity, price);
            var (buyer, seller) = isBuying ? ("traders", "market-maker") : ("market-maker", "traders");
            signed.Add(new SignedMatch(
                match,
                await _house.Client.SignAsync(match.Buy, _house.Workspace.Key(buyer), cancel).ConfigureAwait(false),
                await _house.Client.SignAsync(match.Sell, _house.Workspace.Key(seller), cancel).ConfigureAwait(false)));
        }

        var (clearance, _, answer) = await _house.AskAsync(new Trade([.. signed.Select(s => s.Match)]), batch, cancel).ConfigureAwait(false);
        if (answer.Signatures.Count < _house.Attesters.Set.Quorum)
        {
            throw new InvalidInputException("demo-trade", $"the attesters do not clear the trade of accounts {string.Join(", ", wanted.Select(w => w.Account).Distinct())}: {answer.Refusals[0].Reason}");
        }

        var receipt = await _house.Client.TradeAsync(_house.Relayer, signed, clearance, QuorumProof.Of(_house.Attesters.Set, answer.Signatures), cancel).ConfigureAwait(false);
        _house.Tell("trade", $"{wanted.Length} trades of accounts {wanted[0].Account} to {wanted[^1].Account} with the market maker at the mark", receipt);
        return batch;
    }

    /// <summary>Has the house record who is below initial margin, so that deadlines run; once for each time that an account falls below it.</summary>
    private async Task CallMarginAsync(Batch batch, CancellationToken cancel)
    {
        var book = await _house.Reader.ReadAsync(cancel).ConfigureAwait(false);
        var cash = book.Accounts.ToDictionary(a => a.Number, a => (a.Cash, a.Sequence));
        foreach (var leaf in batch.Leaves.Where(l => cash.TryGetValue(l.Account, out var held) && held.Sequence == l.Sequence))
        {
            var isBelow = cash[leaf.Account].Cash + leaf.MarkValue < leaf.Initial.ToSigned();
            if (isBelow ? !_called.Add(leaf.Account) : !_called.Remove(leaf.Account))
            {
                continue;
            }

            try
            {
                var state = await _house.Client.CheckAsync(_house.Relayer, leaf.Account, batch, cancel).ConfigureAwait(false);
                _house.Tell("checked", $"account {leaf.Account} is recorded as {state}", null);
            }
            catch (RevertException e)
            {
                // Somebody was faster: the next batch has the account as it is then.
                _house.Tell("check-refused", $"account {leaf.Account}: {e.Error}", null);
            }
        }
    }

    private Account OfHouse(HouseAccount account)
    {
        var rows = Volatile.Read(ref _rows);
        var positions = new List<Position>(account.Legs.Length);
        var usd = account.Cash;
        foreach (var leg in account.Legs)
        {
            var position = new Position(_listing.InstrumentOf(leg.Instrument), leg.Quantity.ToDecimal());
            if (rows is not null && rows.Epoch.Array.TryFind(position.Instrument, out var place))
            {
                // A share of a leg comes in any size, the engine takes lots.
                var row = rows.Epoch.Array.Rows[place];
                position = position with { Quantity = row.Quantity(row.NearestLots(position.Quantity, out _)) };
                // What a linear leg is worth the house has at its mark, the engine in cash: settled to the newest batch.
                usd += position.Instrument is EuropeanOption ? Wad.Zero : WadRounding.ToWadDown(leg.Quantity, rows.MarkOf(leg.Instrument));
            }

            if (position.Quantity != 0)
            {
                positions.Add(position);
            }
        }

        // The house counts its cash as USD.
        CollateralHolding[] cash = usd == Wad.Zero ? [] : [new CollateralHolding(Asset.Usd, usd.ToUsd())];
        var coins = account.Coins.Where(c => c.Value != 0).Select(c => new CollateralHolding(_listing.Coins[c.Key].Asset, c.Value));
        return new Account($"{account.Number}", [.. positions.OrderBy(p => p.Instrument.Name, StringComparer.Ordinal)], [.. cash.Concat(coins).OrderBy(c => c.Asset.Code, StringComparer.Ordinal)]);
    }
}
