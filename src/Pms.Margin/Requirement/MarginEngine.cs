using System.Buffers;
using System.Collections.Immutable;
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
    private readonly InstrumentFacts?[] _facts;
    private readonly long[] _lossShareParts;

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
        _lossShareParts = [.. set.LossShares.ToArray().Select(share => (long)Math.Ceiling(share * 1e9))];
    }

    public MarginMarket Market { get; }

    public RiskArray Array { get; }

    public ScenarioSet Set { get; }

    public RiskParameters Parameters { get; }

    public MarketLiquidity Liquidity { get; }

    /// <summary>How the scenarios with probability were drawn.</summary>
    public SampleDesign Design { get; }

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
        ArgumentNullException.ThrowIfNull(account);
        context ??= MarginContext.Normal;
        if (!(context.AgeSeconds >= 0) || !double.IsFinite(context.AgeSeconds) || context.PreviousMaintenance < 0)
        {
            throw new InvalidInputException("margin-context", $"age {context.AgeSeconds} s, previous maintenance {context.PreviousMaintenance}: both are finite and at least 0");
        }

        var holdings = Holdings(account);
        var collateral = CollateralLines(account, out var collateralHoldings);
        var pnl = ArrayPool<long>.Shared.Rent(Set.Count);
        try
        {
            return Evaluate(account, context, holdings, collateral, collateralHoldings, pnl.AsSpan(0, Set.Count));
        }
        finally
        {
            ArrayPool<long>.Shared.Return(pnl);
        }
    }

    /// <summary>Every account of a book; the result does not depend on the number of threads.</summary>
    /// <param name="accounts">accounts, in the order of the result</param>
    /// <param name="context">the same for all</param>
    /// <param name="threads">1 or more</param>
    public ImmutableArray<MarginResult> EvaluateBook(IReadOnlyList<Account> accounts, MarginContext? context = null, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var results = new MarginResult[accounts.Count];
        if (threads == 1)
        {
            for (var i = 0; i < results.Length; i++)
            {
                results[i] = Evaluate(accounts[i], context);
            }
        }
        else
        {
            // Refusals are kept and told in the order of the accounts, whichever thread met one first.
            var refusals = new InvalidInputException?[results.Length];
            Parallel.For(0, results.Length, new ParallelOptions { MaxDegreeOfParallelism = threads }, i =>
            {
                try
                {
                    results[i] = Evaluate(accounts[i], context);
                }
                catch (InvalidInputException e)
                {
                    refusals[i] = e;
                }
            });
            if (System.Array.Find(refusals, r => r is not null) is { } first)
            {
                throw new InvalidInputException(first.Code, first.Message, first);
            }
        }

        return ImmutableArray.Create(results);
    }

    /// <summary>An account's contracts as rows and lots, by row.</summary>
    /// <exception cref="InvalidInputException"><c>row-missing</c>, <c>quantity-lot</c>, <c>quantity-range</c></exception>
    public ImmutableArray<RowLots> Holdings(Account account)
    {
        ArgumentNullException.ThrowIfNull(account);
        var lots = new SortedDictionary<int, long>();
        foreach (var position in account.Positions)
        {
            var row = Row(RowKey.Of(position.Instrument), account);
            lots[row] = checked(lots.GetValueOrDefault(row) + Array.Rows[row].Lots(position.Quantity));
        }

        return [.. lots.Where(l => l.Value != 0).Select(l => new RowLots(l.Key, l.Value))];
    }

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
    public GridLoss Grid(ReadOnlySpan<long> pnl)
    {
        var worst = -1;
        var most = Int128.Zero;
        for (var i = 0; i < _lossShareParts.Length; i++)
        {
            var counted = -(Int128)pnl[Set.TailCount + i] * _lossShareParts[i];
            if (counted > most)
            {
                (worst, most) = (i, counted);
            }
        }

        return worst < 0
            ? GridLoss.None
            : new GridLoss(
                Set.TailCount + worst,
                Set.Describe(Set.TailCount + worst),
                -pnl[Set.TailCount + worst],
                Set.LossShares[worst],
                Rounding.Checked(Rounding.CeilingOf(most, 1_000_000_000), "the stress loss"));
    }

    private MarginResult Evaluate(
        Account account,
        MarginContext context,
        ImmutableArray<RowLots> holdings,
        ImmutableArray<CollateralLine> collateral,
        ImmutableArray<RowLots> collateralHoldings,
        Span<long> pnl)
    {
        var legs = Legs(holdings);
        var rounding = Rounding.Checked(RiskArray.RoundingBound(holdings.AsSpan()), "the rounding bound");
        Array.AccountPnl(holdings.AsSpan(), pnl);
        var tail = TailMeasure.Of(pnl[..Set.TailCount], Design, Parameters.Measure.Level);
        var upper = MeasureUpper(tail, pnl) + rounding;
        var grid = Grid(pnl);
        var gridCounted = grid.Counted > 0 ? grid.Counted + rounding : 0;
        var coherent = Coherent(pnl, grid, tail);

        var lines = ImmutableArray.CreateBuilder<MarginLine>();
        lines.Add(new MarginLine(Parameters.Measure.Tail == TailChoice.Var99 ? "var" : "es", upper));
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
        var standAlone = StandAloneByCoin(holdings, pnl);
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
        Add("buffer", BufferLine(buffered, sum, context));
        var fallback = context.IsDegraded ? FallbackLine(holdings, sum, addOns, context, pnl) : 0;
        Add("fallback", fallback);
        binding = fallback > 0 ? "fallback" : binding;

        var minimum = Rounding.Checked(Int128.Max(AddOns.ShortOptionMinimum(legs, Parameters.Liquidity) - sum, 0), "the short option minimum");
        Add("short-option-minimum", minimum);
        binding = minimum > 0 ? "short-option-minimum" : binding;

        var value = Rounding.Checked(ValueOf(holdings), "the value of the contracts");
        var premium = holdings.Length > 0 && legs.All(l => l.Lots > 0 && l.Facts.Instrument is EuropeanOption) ? value : (long?)null;
        var aboveValue = premium is { } most ? Rounding.Checked(Int128.Min(most - sum, 0), "the premium cap") : 0;
        Add("premium-cap", aboveValue);
        binding = aboveValue < 0 ? "premium-cap" : binding;

        var uncapped = Rounding.Checked(sum, "the maintenance margin");
        var deferred = Deferred(uncapped, context);
        Add("step-cap", -deferred);
        binding = deferred > 0 ? "step-cap" : binding;
        var initial = Rounding.ShareUp(uncapped, Parameters.Measure.InitialFactor, "the initial margin");

        var counted = Rounding.Checked(collateral.Aggregate(Int128.Zero, (s, c) => s + c.Counted), "the collateral");
        var risk = CollateralRisk(holdings, collateralHoldings, coherent, pnl);
        return new MarginResult
        {
            AccountId = account.Id,
            Equity = Rounding.Checked((Int128)counted + value - risk, "the equity"),
            Maintenance = uncapped - deferred,
            Initial = premium is { } limit ? Math.Min(initial, limit) : initial,
            Binding = binding,
            Components = lines.ToImmutable(),
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

    private int Row(RowKey key, Account account) => Array.TryFind(key, out var row)
        ? row
        : throw new InvalidInputException("row-missing", $"account {account.Id} holds {key}, which the risk array has no row of");

    private (InstrumentFacts Facts, long Lots)[] Legs(ImmutableArray<RowLots> holdings)
    {
        var legs = new (InstrumentFacts, long)[holdings.Length];
        for (var i = 0; i < legs.Length; i++)
        {
            // Two threads may both make it: the records are equal.
            legs[i] = (_facts[holdings[i].Row] ??= InstrumentFacts.Of(holdings[i].Row, Market, Array, Set, Parameters, Liquidity), holdings[i].Lots);
        }

        return legs;
    }

    /// <summary>Assets as counted: less the haircut, down to whole lots; debts more by it, up to whole lots.</summary>
    private ImmutableArray<CollateralLine> CollateralLines(Account account, out ImmutableArray<RowLots> holdings)
    {
        var lines = ImmutableArray.CreateBuilder<CollateralLine>();
        var lots = new SortedDictionary<int, long>();
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
            lots[index] = checked(lots.GetValueOrDefault(index) + counted);
            lines.Add(new CollateralLine(
                asset,
                amount,
                Rounding.Checked((Int128)whole * row.UnitValueTicks, $"{asset} held"),
                haircut,
                Rounding.Checked((Int128)counted * row.UnitValueTicks, $"{asset} held")));
        }

        holdings = [.. lots.Where(l => l.Value != 0).Select(l => new RowLots(l.Key, l.Value))];
        return lines.ToImmutable();
    }

    private static long LotsDown(RiskRow row, decimal amount, double haircut)
    {
        var share = amount > 0 ? 1 - (decimal)haircut : 1 + (decimal)haircut;
        var lots = decimal.Floor(amount * share * LotsPerUnit(row.LotExponent));
        return Math.Abs(lots) < Rounding.MostMoney
            ? (long)lots
            : throw new InvalidInputException("quantity-range", $"{amount} of {row.Key} is more than {Rounding.MostMoney} lots of 1e{row.LotExponent}");
    }

    private static decimal LotsPerUnit(int lotExponent)
    {
        var lots = 1m;
        for (var i = Math.Abs(lotExponent); i > 0; i--)
        {
            lots = lotExponent < 0 ? lots * 10 : lots / 10;
        }

        return lots;
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
    private long MeasureUpper(TailEstimate tail, ReadOnlySpan<long> pnl)
    {
        var confidence = Parameters.Measure.ErrorBarConfidence;
        if (Parameters.Measure.Tail != TailChoice.Var99)
        {
            return Math.Max(tail.UpperBound(confidence), 0);
        }

        // Order statistics: the level is raised by the sampling error of the distribution function there.
        var alpha = tail.Level.Alpha;
        var raised = alpha + (ConfidenceQuantile.OneSided(confidence, double.PositiveInfinity) * Math.Sqrt(alpha * (1 - alpha)) * Design.RootSquares);
        var level = new TailLevel((int)Math.Clamp(Math.Ceiling(raised * TailLevel.Whole), 1, TailLevel.Whole - 1));
        return Math.Max(TailMeasure.Of(pnl[..Set.TailCount], Design, level).Var, 0);
    }

    /// <summary>A subadditive measure of the same size as the core: the larger of ES and worst counted stress loss, at least 0.</summary>
    private long Coherent(ReadOnlySpan<long> pnl, GridLoss grid, TailEstimate? known = null)
    {
        var level = Parameters.Measure.CoherentLevel;
        var tail = known?.Level == level ? known : TailMeasure.Of(pnl[..Set.TailCount], Design, level);
        return Math.Max(0, Math.Max(tail.Es, grid.Counted));
    }

    /// <summary>What collateral may lose together with the contracts beyond what they lose alone; negative where it hedges them.</summary>
    private long CollateralRisk(ImmutableArray<RowLots> holdings, ImmutableArray<RowLots> collateral, long alone, Span<long> pnl)
    {
        if (collateral.Length == 0)
        {
            return 0;
        }

        Array.AccountPnl([.. holdings, .. collateral], pnl);
        return Rounding.Checked((Int128)Coherent(pnl, Grid(pnl)) - alone + RiskArray.RoundingBound(collateral.AsSpan()), "the risk of collateral");
    }

    private ImmutableArray<StandAlone> StandAloneByCoin(ImmutableArray<RowLots> holdings, Span<long> pnl)
    {
        var coins = holdings.GroupBy(h => Array.Rows[h.Row].Key.Instrument!.Underlying.Base).OrderBy(g => g.Key.Code, StringComparer.Ordinal).ToArray();
        if (coins.Length < 2)
        {
            return [];
        }

        var result = ImmutableArray.CreateBuilder<StandAlone>(coins.Length);
        foreach (var coin in coins)
        {
            var (upper, grid) = CoreOf([.. coin], pnl);
            result.Add(new StandAlone(coin.Key, upper, grid));
        }

        return result.ToImmutable();
    }

    private (long Upper, long Grid) CoreOf(ReadOnlySpan<RowLots> holdings, Span<long> pnl)
    {
        Array.AccountPnl(holdings, pnl);
        var rounding = Rounding.Checked(RiskArray.RoundingBound(holdings), "the rounding bound");
        var grid = Grid(pnl).Counted;
        return (MeasureUpper(TailMeasure.Of(pnl[..Set.TailCount], Design, Parameters.Measure.Level), pnl) + rounding, grid > 0 ? grid + rounding : 0);
    }

    private ImmutableArray<MarginLine> AddOnLines((InstrumentFacts Facts, long Lots)[] legs) =>
    [
        new MarginLine("basis", AddOns.Basis(legs, Parameters.Basis)),
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

    /// <summary>The buffer in full; against a known day before, only what keeps the requirement from falling below that day's.</summary>
    private long BufferLine(Int128 core, Int128 sum, MarginContext context)
    {
        var full = Rounding.ShareUp(core, Parameters.AntiProcyclicality.Buffer, "the buffer");
        return context.PreviousMaintenance is { } before ? Rounding.Checked(Int128.Clamp(before - sum, 0, full), "the buffer") : full;
    }

    /// <summary>Degraded mode: every position alone, times a factor; never less than the margin in normal mode.</summary>
    private long FallbackLine(ImmutableArray<RowLots> holdings, Int128 sum, ImmutableArray<MarginLine> addOns, MarginContext context, Span<long> pnl)
    {
        var alone = addOns.Aggregate(Int128.Zero, (s, l) => s + l.Amount);
        foreach (var holding in holdings)
        {
            var (upper, grid) = CoreOf([holding], pnl);
            var core = Math.Max(upper, grid);
            alone += core + AgeLine(core, context);
        }

        return Rounding.Checked(Int128.Max(Rounding.ShareUp(alone, Parameters.Fallback.Factor, "the fallback margin") - sum, 0), "the fallback margin");
    }

    private long Deferred(long maintenance, MarginContext context) =>
        context.PreviousMaintenance is { } before && Parameters.AntiProcyclicality.DailyStepCap is { } cap
            ? Math.Max(maintenance - Rounding.ShareUp(before, 1 + cap, "the step cap"), 0)
            : 0;
}
