using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Pms.Margin.Arrays;
using Pms.Margin.Market;
using Pms.Margin.Measures;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Scenarios;

namespace Pms.Margin.Requirement;

/// <summary>The margin of accounts on one market, one scenario set and one set of parameters. Immutable but for caches; may be used by many threads.</summary>
/// <remarks>
/// Maintenance = max(upper bound of ES, worst counted stress loss), lifted by age and diversification cap, plus basis, liquidity, concentration and buffer;
/// at least the short option minimum, for long options alone at most their value; initial = factor x maintenance. It depends on contracts only.
/// Collateral is revalued in the same scenarios: what it may lose together with the contracts beyond what they lose alone lowers equity (and what it
/// hedges raises it), so that more collateral never raises the requirement nor lowers equity (docs/model/margin.md).
/// </remarks>
public sealed class MarginEngine
{
    /// <summary>Lines of <see cref="MarginResult.Components"/>.</summary>
    private const int LineCount = 13;

    private readonly InstrumentFacts?[] _facts;
    private readonly long[] _lossShareParts;
    private readonly NettingGroups _groups;

    /// <param name="market">what the array was built on</param>
    /// <param name="array">a row for every contract and asset of the accounts (USD needs none)</param>
    /// <param name="set">what the array was built with</param>
    /// <param name="parameters">validated here</param>
    /// <param name="liquidity">spreads and volumes; null: parameters alone</param>
    /// <exception cref="InvalidInputException"><c>risk-parameter</c>; <c>margin-inputs</c>: array, market and set are not of one making</exception>
    public MarginEngine(MarginMarket market, RiskArray array, ScenarioSet set, RiskParameters parameters, MarketLiquidity? liquidity = null)
    {
        ArgumentNullException.ThrowIfNull(market);
        ArgumentNullException.ThrowIfNull(array);
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(parameters);
        parameters.Validate();
        if (array.ScenarioSetHash != set.Hash || array.SnapshotHash != market.SnapshotHash || array.At != market.At)
        {
            throw new InvalidInputException("margin-inputs", $"the risk array is of snapshot {array.SnapshotHash} and scenario set {array.ScenarioSetHash}, not of {market.SnapshotHash} and {set.Hash}");
        }

        (Market, Array, Set, Parameters, Liquidity) = (market, array, set, parameters, liquidity ?? MarketLiquidity.None);
        Design = SampleDesign.Of(set);
        _facts = new InstrumentFacts?[array.Rows.Length];
        _groups = new NettingGroups(array, market, parameters.Array.PerpetualBasisDays / 365);
        _lossShareParts = [.. set.LossShares.ToArray().Select(share => (long)Math.Ceiling(share * 1e9))];
    }

    public MarginMarket Market { get; }

    public RiskArray Array { get; }

    public ScenarioSet Set { get; }

    public RiskParameters Parameters { get; }

    public MarketLiquidity Liquidity { get; }

    /// <summary>How the scenarios with probability were drawn.</summary>
    public SampleDesign Design { get; }

    /// <summary>The deepest level that any line of a margin asks for.</summary>
    internal TailLevel Deepest => Parameters.Measure.CoherentLevel.PartsPerBillion < Parameters.Measure.Level.PartsPerBillion ? Parameters.Measure.CoherentLevel : Parameters.Measure.Level;

    /// <summary>Contracts of one coin have one number; -1 for assets.</summary>
    internal int CoinRank(int row) => _groups.CoinOfRow[row];

    /// <summary>One account without an engine to keep.</summary>
    public static MarginResult Evaluate(Account account, MarginMarket market, RiskArray array, ScenarioSet set, RiskParameters parameters) =>
        new MarginEngine(market, array, set, parameters).Evaluate(account);

    /// <summary>The margin of one account.</summary>
    /// <param name="account">contracts and collateral</param>
    /// <param name="context">null: fresh, whole market, nothing known of the day before</param>
    /// <exception cref="InvalidInputException">
    /// <c>row-missing</c>: a contract or asset that the array does not have; <c>quantity-lot</c>, <c>quantity-range</c>; <c>pnl-overflow</c>, <c>margin-overflow</c>; <c>margin-context</c>
    /// </exception>
    public MarginResult Evaluate(Account account, MarginContext? context = null)
    {
        context ??= MarginContext.Normal;
        var lines = LinesOf(account, context);
        return Evaluate(account, context, lines, new WholeLosses(Array, Design, Deepest, lines.Vectors));
    }

    /// <summary>Every account of a book; the result does not depend on the number of threads.</summary>
    /// <param name="accounts">accounts, in the order of the result</param>
    /// <param name="context">the same for all</param>
    /// <param name="threads">1 or more</param>
    public ImmutableArray<MarginResult> EvaluateBook(IReadOnlyList<Account> accounts, MarginContext? context = null, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var book = new BookEvaluation(this, accounts, context ?? MarginContext.Normal, goesOn: false);
        book.Run(threads);
        return ImmutableCollectionsMarshal.AsImmutableArray(book.Results);
    }

    /// <summary>As <see cref="EvaluateBook"/>, but a refused account does not stop the others.</summary>
    /// <param name="accounts">accounts, in the order of the result</param>
    /// <param name="context">the same for all</param>
    /// <param name="threads">1 or more</param>
    /// <returns>[account] a margin, or why there is none: the codes of <see cref="Evaluate(Account, MarginContext?)"/>, and <c>amount-range</c></returns>
    public ImmutableArray<BookMargin> EvaluateEach(IReadOnlyList<Account> accounts, MarginContext? context = null, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var book = new BookEvaluation(this, accounts, context ?? MarginContext.Normal, goesOn: true);
        book.Run(threads);
        return [.. book.Results.Zip(book.Refusals, (result, refusal) => new BookMargin(refusal is null ? result : null, refusal?.ToRefusal()))];
    }

    /// <summary>What an account is refused for whose amounts leave every integer.</summary>
    internal static InvalidInputException Beyond(Account account, OverflowException overflow) =>
        new("amount-range", $"account {account.Id} holds amounts whose value leaves 128 bits", overflow);

    /// <summary>An account's contracts as rows and lots, by row.</summary>
    /// <exception cref="InvalidInputException"><c>row-missing</c>, <c>quantity-lot</c>, <c>quantity-range</c></exception>
    public ImmutableArray<RowLots> Holdings(Account account)
    {
        ArgumentNullException.ThrowIfNull(account);
        var lots = new RowLots[account.Positions.Length];
        for (var p = 0; p < lots.Length; p++)
        {
            var row = Row(RowKey.Of(account.Positions[p].Instrument), account);
            lots[p] = new RowLots(row, Array.Rows[row].Lots(account.Positions[p].Quantity));
        }

        return Netted(lots);
    }

    /// <summary>What it costs to trade a contract, and how much risk it is.</summary>
    /// <param name="row">of a contract in <see cref="Array"/></param>
    /// <exception cref="InvalidInputException"><c>row-missing</c>: no such row, or that of an asset</exception>
    public LotLiquidity LiquidityOf(int row) => (uint)row < (uint)Array.Rows.Length && Array.Rows[row].Key.Instrument is not null
        ? LotLiquidity.Of(Facts(row), Parameters)
        : throw new InvalidInputException("row-missing", $"row {row} of the risk array is no contract's: liquidity is known of contracts alone");

    /// <summary>Gain of rows and lots in every scenario.</summary>
    /// <returns>[scenario] money units, those with probability first</returns>
    public long[] Pnl(ReadOnlySpan<RowLots> holdings)
    {
        var pnl = new long[Set.Count];
        Array.AccountPnl(holdings, pnl);
        return pnl;
    }

    /// <summary>The worst counted loss over the stress scenarios; the first among equals.</summary>
    /// <param name="pnl">[scenario] of the whole set, money units</param>
    public GridLoss Grid(ReadOnlySpan<long> pnl) => GridOf(pnl[Set.TailCount..]);

    /// <summary>What of an account can be said without its losses.</summary>
    /// <exception cref="InvalidInputException">as <see cref="Evaluate(Account, MarginContext?)"/></exception>
    internal AccountLines LinesOf(Account account, MarginContext context)
    {
        ArgumentNullException.ThrowIfNull(account);
        if (!(context.AgeSeconds >= 0) || !double.IsFinite(context.AgeSeconds) || context.PreviousMaintenance < 0)
        {
            throw new InvalidInputException("margin-context", $"age {context.AgeSeconds} s, previous maintenance {context.PreviousMaintenance}: both are finite and at least 0");
        }

        var holdings = Holdings(account);
        var collateral = CollateralLines(account, out var collateralHoldings);
        return new AccountLines(holdings, collateral, collateralHoldings, new AccountVectors(holdings.AsSpan(), collateralHoldings.AsSpan(), _groups.CoinOfRow, context.IsDegraded));
    }

    /// <summary>The margin from holdings and losses.</summary>
    internal MarginResult Evaluate(Account account, MarginContext context, AccountLines accountLines, IVectorLosses losses)
    {
        var (holdings, collateral, collateralHoldings, vectors) = accountLines;
        var legs = Legs(holdings);
        var rounding = Rounding.Checked(RiskArray.RoundingBound(holdings.AsSpan()), "the rounding bound");
        var worst = losses.Worst(vectors.Contracts);
        var tail = TailMeasure.FromSorted(worst, Design, Parameters.Measure.Level);
        var upper = (IsVar ? RaisedVar(worst) : Math.Max(tail.UpperBound(Parameters.Measure.ErrorBarConfidence), 0)) + rounding;
        var grid = GridOf(losses.Stress(vectors.Contracts));
        var gridCounted = grid.Counted > 0 ? grid.Counted + rounding : 0;
        var coherent = collateralHoldings.Length > 0 ? Coherent(worst, grid.Counted) : 0;

        var lines = ImmutableArray.CreateBuilder<MarginLine>(LineCount);
        lines.Add(new MarginLine(IsVar ? "var" : "es", upper));
        lines.Add(new MarginLine("grid", gridCounted));

        var core = Math.Max(upper, gridCounted);
        var binding = core == 0 ? "none" : gridCounted > upper ? $"grid:{grid.Description}" : lines[0].Name;
        Int128 sum = 0;
        void Add(string name, long amount)
        {
            lines.Add(new MarginLine(name, amount));
            sum += amount;
        }

        Add("core", core);
        Add("age", AgeLine(core, context));
        var standAlone = StandAloneByCoin(vectors, losses);
        var kept = Rounding.ShareUp(standAlone.Aggregate(Int128.Zero, (s, c) => s + c.Core), 1 - Parameters.Diversification.BenefitCap, "the diversification cap");
        kept += AgeLine(kept, context);
        var cap = Rounding.Checked(Int128.Max(kept - sum, 0), "the diversification cap");
        Add("diversification-cap", cap);
        binding = cap > 0 ? "diversification-cap" : binding;
        var buffered = sum;

        var addOns = AddOnLines(legs);
        foreach (var line in addOns)
        {
            Add(line.Name, line.Amount);
        }

        binding = binding == "none" && sum > 0 ? "add-ons" : binding;
        Add("buffer", AntiProcyclicality.Buffer(buffered, sum, context.PreviousMaintenance, Parameters.AntiProcyclicality));
        var fallback = context.IsDegraded ? FallbackLine(holdings.Length, sum, addOns, context, vectors, losses) : 0;
        Add("fallback", fallback);
        binding = fallback > 0 ? "fallback" : binding;

        var minimum = Rounding.Checked(Int128.Max(AddOns.ShortOptionMinimum(legs, _groups, Parameters.Liquidity) - sum, 0), "the short option minimum");
        Add("short-option-minimum", minimum);
        binding = minimum > 0 ? "short-option-minimum" : binding;

        var value = Rounding.Checked(ValueOf(holdings), "the value of the contracts");
        var premium = holdings.Length > 0 && legs.All(l => l.Lots > 0 && l.Facts.Instrument is EuropeanOption) ? value : (long?)null;
        var aboveValue = premium is { } most ? Rounding.Checked(Int128.Min(most - sum, 0), "the premium cap") : 0;
        Add("premium-cap", aboveValue);
        binding = aboveValue < 0 ? "premium-cap" : binding;

        var uncapped = Rounding.Checked(sum, "the maintenance margin");
        var deferred = AntiProcyclicality.Deferred(uncapped, context.PreviousMaintenance, Parameters.AntiProcyclicality);
        Add("step-cap", -deferred);
        binding = deferred > 0 ? "step-cap" : binding;
        var initial = Rounding.ShareUp(uncapped, Parameters.Measure.InitialFactor, "the initial margin");

        var counted = Rounding.Checked(collateral.Aggregate(Int128.Zero, (s, c) => s + c.Counted), "the collateral");
        var risk = CollateralRisk(collateralHoldings, coherent, vectors, losses);
        return new MarginResult
        {
            AccountId = account.Id,
            Equity = Rounding.Checked((Int128)counted + value - risk, "the equity"),
            Maintenance = uncapped - deferred,
            Initial = premium is { } limit ? Math.Min(initial, limit) : initial,
            Binding = binding,
            Components = lines.MoveToImmutable(),
            EquityLines = [new MarginLine("collateral", counted), new MarginLine("contracts", value), new MarginLine("collateral-risk", -risk)],
            Collateral = collateral,
            Tail = tail,
            MeasureUpper = upper,
            Grid = grid,
            StandAlone = standAlone,
            Deferred = deferred,
            Holdings = holdings,
            CollateralHoldings = collateralHoldings,
        };
    }

    private bool IsVar => Parameters.Measure.Tail == TailChoice.Var99;

    /// <summary>By row, each row once, none of them zero.</summary>
    private static ImmutableArray<RowLots> Netted(Span<RowLots> lots)
    {
        for (var i = 1; i < lots.Length; i++)
        {
            // Positions by name are rows in order.
            if (lots[i].Row < lots[i - 1].Row)
            {
                lots.Sort((a, b) => a.Row.CompareTo(b.Row));
                break;
            }
        }

        var count = 0;
        for (var i = 0; i < lots.Length;)
        {
            var (row, sum) = lots[i];
            for (i++; i < lots.Length && lots[i].Row == row; i++)
            {
                sum = checked(sum + lots[i].Lots);
            }

            lots[count] = new RowLots(row, sum);
            count += sum != 0 ? 1 : 0;
        }

        return [.. lots[..count]];
    }

    private int Row(RowKey key, Account account) => Array.TryFind(key, out var row)
        ? row
        : throw new InvalidInputException("row-missing", $"account {account.Id} holds {key}, which the risk array has no row of");

    private (InstrumentFacts Facts, long Lots)[] Legs(ImmutableArray<RowLots> holdings)
    {
        var legs = new (InstrumentFacts, long)[holdings.Length];
        for (var i = 0; i < legs.Length; i++)
        {
            legs[i] = (Facts(holdings[i].Row), holdings[i].Lots);
        }

        return legs;
    }

    /// <summary>Two threads may both make it: the records are equal.</summary>
    private InstrumentFacts Facts(int row) => _facts[row] ??= InstrumentFacts.Of(row, Market, Array, Set, Parameters, Liquidity);

    /// <summary>Assets as counted: less the haircut, down to whole lots; debts more by it, up to whole lots.</summary>
    private ImmutableArray<CollateralLine> CollateralLines(Account account, out ImmutableArray<RowLots> holdings)
    {
        var lines = ImmutableArray.CreateBuilder<CollateralLine>(account.Collateral.Length);
        var lots = new List<RowLots>(account.Collateral.Length);
        foreach (var (asset, amount) in account.Collateral)
        {
            var haircut = Parameters.Haircut(asset);
            if (asset == Asset.Usd)
            {
                var money = Rounding.Checked((Int128)decimal.Floor(amount * Rounding.MoneyPerUsd), "USD held");
                lines.Add(new CollateralLine(asset, amount, money, 0, money));
                continue;
            }

            var index = Row(RowKey.Of(asset), account);
            var row = Array.Rows[index];
            var whole = LotsDown(row, amount, 0);
            var counted = LotsDown(row, amount, haircut);
            lots.Add(new RowLots(index, counted));
            lines.Add(new CollateralLine(
                asset,
                amount,
                Held(whole, row),
                haircut,
                Held(counted, row)));
        }

        holdings = Netted(CollectionsMarshal.AsSpan(lots));
        return lines.MoveToImmutable();
    }

    private static long Held(long lots, RiskRow row)
    {
        var value = (Int128)lots * row.UnitValueTicks;
        // The message is made only where it is needed.
        return value >= -Rounding.MostMoney && value <= Rounding.MostMoney ? (long)value : Rounding.Checked(value, $"{row.Key} held");
    }

    private static long LotsDown(RiskRow row, decimal amount, double haircut)
    {
        var share = amount > 0 ? 1 - (decimal)haircut : 1 + (decimal)haircut;
        var lots = decimal.Floor(amount * share * LotRule.DecimalPowerOfTen(-row.LotExponent));
        return Math.Abs(lots) < Rounding.MostMoney
            ? (long)lots
            : throw new InvalidInputException("quantity-range", $"{amount} of {row.Key} is more than {Rounding.MostMoney} lots of 1e{row.LotExponent}");
    }

    private Int128 ValueOf(ImmutableArray<RowLots> holdings)
    {
        Int128 value = 0;
        foreach (var (row, lots) in holdings)
        {
            value += (Int128)lots * Array.Rows[row].UnitValueTicks;
        }

        return value;
    }

    /// <summary>Upper confidence bound of the measure, at least 0, without the rounding bound.</summary>
    private long MeasureUpper(ReadOnlySpan<TailEntry> worst) =>
        IsVar ? RaisedVar(worst) : Math.Max(TailMeasure.UpperBound(worst, Design, Parameters.Measure.Level, Parameters.Measure.ErrorBarConfidence), 0);

    /// <summary>Order statistics: the level is raised by the sampling error of the distribution function there.</summary>
    private long RaisedVar(ReadOnlySpan<TailEntry> worst)
    {
        var alpha = Parameters.Measure.Level.Alpha;
        var raised = alpha + (ConfidenceQuantile.OneSided(Parameters.Measure.ErrorBarConfidence, double.PositiveInfinity) * Math.Sqrt(alpha * (1 - alpha)) * Design.RootSquares);
        var level = new TailLevel((int)Math.Clamp(Math.Ceiling(raised * TailLevel.Whole), 1, TailLevel.Whole - 1));
        return Math.Max(TailMeasure.VarOf(worst, Design, level), 0);
    }

    /// <summary>A subadditive measure of the same size as the core: the larger of ES and worst counted stress loss, at least 0.</summary>
    private long Coherent(ReadOnlySpan<TailEntry> worst, long gridCounted) =>
        Math.Max(0, Math.Max(TailMeasure.Sum(worst, Design, Parameters.Measure.CoherentLevel).Es, gridCounted));

    /// <summary>What collateral may lose together with the contracts beyond what they lose alone; negative where it hedges them.</summary>
    private long CollateralRisk(ImmutableArray<RowLots> collateral, long alone, AccountVectors vectors, IVectorLosses losses) => collateral.Length == 0
        ? 0
        : Rounding.Checked(
            (Int128)Coherent(losses.Worst(vectors.WithCollateral), CountedStress(losses.Stress(vectors.WithCollateral), out _)) - alone + RiskArray.RoundingBound(collateral.AsSpan()),
            "the risk of collateral");

    private ImmutableArray<StandAlone> StandAloneByCoin(AccountVectors vectors, IVectorLosses losses)
    {
        var result = ImmutableArray.CreateBuilder<StandAlone>(vectors.Coins);
        for (var coin = 0; coin < vectors.Coins; coin++)
        {
            result.Add(losses.KnownAlone(coin) ?? Alone(coin));
        }

        return result.MoveToImmutable();

        StandAlone Alone(int coin)
        {
            var (upper, grid) = CoreOf(coin, vectors, losses);
            return new StandAlone(Array.Rows[vectors.Of(coin)[0].Row].Key.Instrument!.Underlying.Base, upper, grid);
        }
    }

    private (long Upper, long Grid) CoreOf(int vector, AccountVectors vectors, IVectorLosses losses)
    {
        var rounding = Rounding.Checked(RiskArray.RoundingBound(vectors.Of(vector)), "the rounding bound");
        var grid = CountedStress(losses.Stress(vector), out _);
        return (MeasureUpper(losses.Worst(vector)) + rounding, grid > 0 ? grid + rounding : 0);
    }

    /// <inheritdoc cref="Grid"/>
    /// <param name="stress">[stress scenario] gains</param>
    internal GridLoss GridOf(ReadOnlySpan<long> stress)
    {
        var counted = CountedStress(stress, out var worst);
        return worst < 0 ? GridLoss.None : new GridLoss(Set.TailCount + worst, Set.Describe(Set.TailCount + worst), -stress[worst], Set.LossShares[worst], counted);
    }

    /// <summary>The worst counted loss under stress, rounded up; the first among equals.</summary>
    /// <param name="stress">[stress scenario] gains</param>
    /// <param name="worst">which one; -1 where none loses</param>
    private long CountedStress(ReadOnlySpan<long> stress, out int worst)
    {
        worst = -1;
        var most = Int128.Zero;
        for (var i = 0; i < stress.Length; i++)
        {
            if (stress[i] < 0 && -Math.BigMul(stress[i], _lossShareParts[i]) is var counted && counted > most)
            {
                (worst, most) = (i, counted);
            }
        }

        return Rounding.Checked(Rounding.CeilingOf(most, 1_000_000_000), "the stress loss");
    }

    private ImmutableArray<MarginLine> AddOnLines((InstrumentFacts Facts, long Lots)[] legs) =>
    [
        new MarginLine("basis", AddOns.Basis(legs, _groups, Parameters.Basis)),
        new MarginLine("liquidity", AddOns.Liquidity(legs, Parameters.Liquidity)),
        new MarginLine("concentration", AddOns.Concentration(legs, Parameters.Concentration)),
    ];

    /// <summary>Risk grows with the square root of time: a market that is a while old is so much further from the horizon's end.</summary>
    private long AgeLine(long core, MarginContext context)
    {
        const double secondsPerYear = 365 * 86_400.0;
        return context.AgeSeconds > Parameters.Fallback.FreshSeconds
            ? Rounding.ShareUp(core, Math.Sqrt(1 + (context.AgeSeconds / (Set.HorizonYears * secondsPerYear))) - 1, "the age add-on")
            : 0;
    }

    /// <summary>Degraded mode: every position alone, times a factor; never less than the margin in normal mode.</summary>
    private long FallbackLine(int holdings, Int128 sum, ImmutableArray<MarginLine> addOns, MarginContext context, AccountVectors vectors, IVectorLosses losses)
    {
        var alone = addOns.Aggregate(Int128.Zero, (s, l) => s + l.Amount);
        for (var holding = 0; holding < holdings; holding++)
        {
            var (upper, grid) = CoreOf(vectors.Alone(holding), vectors, losses);
            var core = Math.Max(upper, grid);
            alone += core + AgeLine(core, context);
        }

        return Rounding.Checked(Int128.Max(Rounding.ShareUp(alone, Parameters.Fallback.Factor, "the fallback margin") - sum, 0), "the fallback margin");
    }

    /// <summary>What of an account can be said without its losses.</summary>
    /// <param name="Holdings">contracts, by row</param>
    /// <param name="Collateral">assets as counted</param>
    /// <param name="CollateralHoldings">the same as rows and lots, by row</param>
    /// <param name="Vectors">sums whose losses are asked for</param>
    internal sealed record AccountLines(
        ImmutableArray<RowLots> Holdings, ImmutableArray<CollateralLine> Collateral, ImmutableArray<RowLots> CollateralHoldings, AccountVectors Vectors);
}
