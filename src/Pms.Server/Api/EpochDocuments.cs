using Pms.Documents;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Server.Epochs;
using Pms.Server.Feeds;

namespace Pms.Server.Api;

/// <summary>Which epoch an answer is of, and all that it was computed from (docs/api.md).</summary>
/// <remarks>The index of solvency is in the head that is kept, not in those of answers.</remarks>
public sealed record EpochHead(
    long Number,
    DateTimeOffset ObservedAt,
    DateTimeOffset ComputedAt,
    ulong Seed,
    bool Degraded,
    string SnapshotHash,
    string ParametersHash,
    string ScenarioSetHash,
    string ArrayRoot,
    string BookHash,
    long BookSequence,
    int Accounts,
    double ComputeMs,
    SolvencyPoint? Solvency = null)
{
    /// <summary>As it is kept.</summary>
    public static EpochHead WithSolvency(RiskEpoch epoch)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        return Of(epoch) with { Solvency = epoch.Solvency?.RecordOf(epoch.Number, epoch.Margin.Engine) is { } record ? SolvencyPoint.Of(record) : null };
    }

    public static EpochHead Of(RiskEpoch epoch)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        return new EpochHead(
            epoch.Number,
            epoch.Snapshot.ObservedAt,
            epoch.ComputedAt,
            epoch.Margin.Inputs.Seed,
            !epoch.Degraded.IsEmpty,
            epoch.Snapshot.Hash.ToString(),
            epoch.Parameters.Hash().ToString(),
            epoch.Margin.Set.Hash.ToString(),
            epoch.Margin.Array.Root.ToString(),
            epoch.Book.Hash.ToString(),
            epoch.Book.Sequence,
            epoch.Accounts.Length,
            Math.Round(epoch.Took.TotalMilliseconds, 1));
    }
}

/// <summary>One account in a list. USD.</summary>
public sealed record AccountRow(
    string Account, string State, decimal? Equity, decimal? Initial, decimal? Maintenance, double? Ratio, decimal? Excess, decimal? Available, string? Binding, int Positions, ErrorBody? Refusal)
{
    public static AccountRow Of(AccountMargin account)
    {
        ArgumentNullException.ThrowIfNull(account);
        var state = AccountStates.NameOf(AccountStates.Of(account));
        return account.Result is not { } r
            ? new AccountRow(account.Account.Id, state, null, null, null, null, null, null, null, account.Account.Positions.Length, account.Refusal is null ? null : ErrorBody.Of(account.Refusal))
            : new AccountRow(account.Account.Id, state, Money.Usd(r.Equity), Money.Usd(r.Initial), Money.Usd(r.Maintenance), r.MarginRatio, Money.Usd(r.Excess), Money.Usd(r.Available), r.Binding, account.Account.Positions.Length, null);
    }
}

/// <summary>How a feed is doing.</summary>
public sealed record FeedDocument(string Name, long? AgeMs, DateTimeOffset? LastEventAt, long Events, long Refused, long Reconnects, long Conflated, long Dropped)
{
    public static FeedDocument Of(FeedStatus status, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(status);
        return new FeedDocument(status.Name, (long?)status.AgeAt(now)?.TotalMilliseconds, status.LastEventAt, status.Events, status.Refused, status.Reconnects, status.Conflated, status.Dropped);
    }
}

/// <summary>Sums over accounts. USD.</summary>
public sealed record BookTotals(int Accounts, decimal Equity, decimal Initial, decimal Maintenance, decimal Shortfall, int BelowInitial, int BelowMaintenance, int Refused);

public sealed record StateCount(string State, int Accounts, decimal Maintenance);

/// <summary>Accounts whose maintenance margin is so large a share of their equity.</summary>
public sealed record UtilisationBin(double From, double? To, int Accounts);

public sealed record TotalsPoint(long Number, DateTimeOffset ObservedAt, decimal Equity, decimal Initial, decimal Maintenance, int BelowMaintenance);

/// <summary>What people need at a glance.</summary>
public sealed record OverviewDocument(
    EpochHead Epoch,
    string State,
    IReadOnlyList<ErrorBody> Reasons,
    BookTotals Totals,
    IReadOnlyList<StateCount> ByState,
    IReadOnlyList<UtilisationBin> Utilisation,
    IReadOnlyList<AccountRow> Top,
    IReadOnlyList<FeedDocument> Feeds,
    IReadOnlyList<TotalsPoint> History,
    DateTimeOffset Now,
    int IntervalMs)
{
    private const int MostTop = 10;
    private const double Widest = 1.5;
    private const int Bins = 15;

    public static OverviewDocument Of(RiskEpoch epoch, OperatingStatus status, IReadOnlyList<FeedDocument> feeds, IReadOnlyList<TotalsPoint> history, DateTimeOffset now, int intervalMs)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        ArgumentNullException.ThrowIfNull(status);
        var utilisation = new int[Bins + 1];
        foreach (var result in epoch.Accounts.Select(a => a.Result).OfType<MarginResult>())
        {
            var used = result.Maintenance == 0 ? 0 : result.Equity <= 0 ? double.PositiveInfinity : (double)result.Maintenance / result.Equity;
            utilisation[used >= Widest ? Bins : (int)(used / Widest * Bins)]++;
        }

        return new OverviewDocument(
            EpochHead.Of(epoch),
            status.Name,
            [.. status.Reasons.Select(ErrorBody.Of)],
            TotalsOf(epoch),
            StatesOf(epoch),
            [.. utilisation.Select((n, i) => new UtilisationBin(i * Widest / Bins, i == Bins ? null : (i + 1) * Widest / Bins, n))],
            // Those that lack most first, then those nearest to it.
            [.. epoch.Accounts.Where(a => a.Result is { Maintenance: > 0 }).OrderByDescending(a => a.Result!.Shortfall).ThenBy(a => a.Result!.MarginRatio).Take(MostTop).Select(AccountRow.Of)],
            feeds,
            history,
            now,
            intervalMs);
    }

    /// <summary>One point of the history that goes with every overview.</summary>
    public static TotalsPoint PointOf(RiskEpoch epoch)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        var totals = TotalsOf(epoch);
        return new TotalsPoint(epoch.Number, epoch.Snapshot.ObservedAt, totals.Equity, totals.Initial, totals.Maintenance, totals.BelowMaintenance);
    }

    internal static IReadOnlyList<StateCount> StatesOf(RiskEpoch epoch) => [.. Enum.GetValues<AccountState>().Select(s => StateOf(epoch, s))];

    internal static BookTotals TotalsOf(RiskEpoch epoch)
    {
        MarginResult[] results = [.. epoch.Accounts.Select(a => a.Result).OfType<MarginResult>()];
        return new BookTotals(
            epoch.Accounts.Length,
            results.Sum(r => Money.Usd(r.Equity)),
            results.Sum(r => Money.Usd(r.Initial)),
            results.Sum(r => Money.Usd(r.Maintenance)),
            results.Sum(r => Money.Usd(r.Shortfall)),
            results.Count(r => r.Available < 0),
            results.Count(r => r.Excess < 0),
            epoch.Accounts.Length - results.Length);
    }

    private static StateCount StateOf(RiskEpoch epoch, AccountState state)
    {
        AccountMargin[] accounts = [.. epoch.Accounts.Where(a => AccountStates.Of(a) == state)];
        return new StateCount(AccountStates.NameOf(state), accounts.Length, accounts.Sum(a => a.Result is { } r ? Money.Usd(r.Maintenance) : 0));
    }
}

/// <summary>A page of accounts.</summary>
public sealed record AccountPage(EpochHead Epoch, IReadOnlyList<AccountRow> Items, string? Next, int Total);

/// <summary>One account: what it holds, where it stands, and how its margin is computed again.</summary>
public sealed record AccountDocument(EpochHead Epoch, AccountRow Row, IReadOnlyList<PortfolioPosition> Positions, IReadOnlyList<PortfolioCollateral> Collateral, IReadOnlyList<string> Reproduce, IReadOnlyList<SettledDocument>? Settled);

/// <summary>An expired position that is settled in the margin and still in the book.</summary>
/// <param name="Instrument">name</param>
/// <param name="Quantity">held</param>
/// <param name="Price">delivery: the index of the first snapshot after the expiry, quote per coin</param>
/// <param name="Asset">settlement asset</param>
/// <param name="Payment">units of it, counted as collateral; negative: owed</param>
public sealed record SettledDocument(string Instrument, decimal Quantity, double Price, string Asset, decimal Payment)
{
    public static SettledDocument Of(Books.SettledPosition settled)
    {
        ArgumentNullException.ThrowIfNull(settled);
        return new SettledDocument(settled.Position.Instrument.Name, settled.Position.Quantity, settled.Price, settled.Asset.Code, settled.Payment);
    }
}

public sealed record AccountPoint(long Number, DateTimeOffset? ObservedAt, decimal Equity, decimal Initial, decimal Maintenance, double? Ratio);

public sealed record AccountHistory(IReadOnlyList<AccountPoint> Items);

/// <summary>A strike of a smile: what is quoted and what was fitted. Vols are annualised fractions.</summary>
public sealed record SmilePoint(decimal Strike, double LogMoneyness, double? BidVol, double? AskVol, double? MarkVol, double FitVol);

public sealed record SmileExpiry(DateTimeOffset Expiry, double Years, double Forward, IReadOnlyList<SmilePoint> Points);

public sealed record SmilesDocument(EpochHead Epoch, string Underlying, IReadOnlyList<SmileExpiry> Expiries);

/// <summary>A contract of the board. Prices in its own unit, vols annualised fractions.</summary>
public sealed record InstrumentRow(string Instrument, string Underlying, string Kind, DateTimeOffset? Expiry, decimal? Strike, double? Bid, double? Ask, double? Mark, double? MarkVol)
{
    public static InstrumentRow Of(InstrumentQuote quote)
    {
        ArgumentNullException.ThrowIfNull(quote);
        var (kind, expiry, strike) = quote.Instrument switch
        {
            EuropeanOption o => (o.Type == OptionType.Call ? "call" : "put", o.Expiry, o.Strike),
            DatedFuture f => ("future", f.Expiry, null),
            Perpetual => ("perpetual", null, null),
            _ => ("spot", (DateTimeOffset?)null, (decimal?)null),
        };
        return new InstrumentRow(quote.Instrument.Name, quote.Instrument.Underlying.Name, kind, expiry, strike, quote.Bid, quote.Ask, quote.Values.Mark, quote.Values.MarkVol);
    }
}

public sealed record InstrumentPage(EpochHead Epoch, IReadOnlyList<InstrumentRow> Items);

/// <summary>The scenarios in which the whole book loses most. USD.</summary>
public sealed record BookScenarios(EpochHead Epoch, int Scenarios, int Stress, double HorizonDays, BookTail Tail, IReadOnlyList<ExplainScenario> Worst);

public sealed record BookTail(double Level, decimal Var, decimal Es, double StandardError);

public sealed record ParametersDocument(string Hash, System.Text.Json.JsonElement Document);

/// <summary>Heads as they were written down.</summary>
public sealed record EpochPage(IReadOnlyList<System.Text.Json.JsonElement> Items);

/// <summary>What is in such a page.</summary>
public sealed record EpochHeads(IReadOnlyList<EpochHead> Items);

/// <summary>What somebody should look at.</summary>
/// <param name="Code">stable</param>
/// <param name="Severity">info, warning or critical</param>
/// <param name="Message">for people</param>
/// <param name="Since">when this process first saw it without a break</param>
/// <param name="Account">whose; absent: of the whole server</param>
/// <param name="Equity">USD; absent where there is no margin</param>
/// <param name="Maintenance">USD</param>
/// <param name="Shortfall">maintenance less equity, USD</param>
public sealed record AlertDocument(string Code, string Severity, string Message, DateTimeOffset Since, string? Account, decimal? Equity = null, decimal? Maintenance = null, decimal? Shortfall = null);

public sealed record AlertPage(IReadOnlyList<AlertDocument> Items);

public sealed record RecordRow(long Sequence, string Kind, DateTimeOffset At, string Hash, string Previous);

public sealed record RecordPage(IReadOnlyList<RecordRow> Items, string Head);

public sealed record StoreStatus(string Kind, long Records, string Head);

public sealed record LoopStatus(long Epochs, long Failures, int IntervalMs, double? LastMs, double? P50Ms, double? P99Ms);

/// <summary>How the server is doing.</summary>
public sealed record HealthDocument(
    string State, DateTimeOffset Since, IReadOnlyList<ErrorBody> Reasons, string Version, DateTimeOffset StartedAt, DateTimeOffset Now, EpochHead? Epoch, IReadOnlyList<FeedDocument> Feeds, StoreStatus Store, LoopStatus Loop);

/// <summary>A change of the book that is on the disk.</summary>
public sealed record ChangeReceipt(long Sequence, string Hash, string Account);

/// <summary>Holdings of an account: replaced by a write, or asked about.</summary>
public sealed record HoldingsRequest(IReadOnlyList<PortfolioPosition> Positions, IReadOnlyList<PortfolioCollateral> Collateral);

/// <summary>Both sides of one order.</summary>
/// <param name="Account">whose margin</param>
/// <param name="Instrument">name</param>
/// <param name="Amount">coins for options and linear contracts, USD for inverse futures and perpetuals</param>
/// <param name="Price">in the contract's own unit; absent: at the fitted value or mark</param>
/// <param name="Buy">the document of pms whatif --json for buying it</param>
/// <param name="Sell">for selling it</param>
public sealed record OrderMargins(string Account, string Instrument, decimal Amount, decimal? Price, WhatIfDocument Buy, WhatIfDocument Sell);

/// <summary>Orders of a what-if.</summary>
public sealed record WhatIfRequest(IReadOnlyList<WhatIfRequestOrder> Orders);

/// <param name="Instrument">name</param>
/// <param name="Quantity">bought positive; coins for options and linear contracts, USD for inverse futures and perpetuals</param>
/// <param name="Price">in the contract's own unit; absent: at the fitted value or mark</param>
public sealed record WhatIfRequestOrder(string Instrument, decimal Quantity, decimal? Price);
