using System.Collections.Immutable;
using System.Globalization;
using Pms.Margin.Arrays;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;

namespace Pms.Bench;

/// <summary>W4 through the whole of <see cref="MarginEngine.EvaluateBook"/>: the same positions as accounts with collateral on a market of five coins, and every line of their margins.</summary>
/// <remarks>
/// Beyond the workload's VaR and ES: standard errors, 49 stress scenarios, every coin alone, contracts together with collateral, add-ons, and the reading of positions. Its array has the
/// engine's own lots and vols that move by tenor, so that the sum of ES is near the workload's and not equal; what is checked to the last digit is that some accounts,
/// evaluated one by one, give the same. The horizon is a thousandth of a second, as in W3: add-ons that scale to a day are worked out, and have no meaning.
/// </remarks>
internal static class EngineBook
{
    private const int Accounts = 10_000;
    private const int Scenarios = 10_000;
    private const int CheckedEach = 97;

    public static bool Measure(BenchReport report, int threads)
    {
        var (engine, instruments, coins) = Engine();
        var accounts = Enumerable.Range(0, Accounts).Select(a => AccountOf(a, instruments, coins)).ToArray();
        ImmutableArray<MarginResult> results = [];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var timing = Timing.Measure(3, () => results = engine.EvaluateBook(accounts, threads: threads), warmUps: 1);
        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;
        var passed = true;
        for (var a = 0; a < Accounts; a += CheckedEach)
        {
            var alone = engine.Evaluate(accounts[a]);
            var own = results[a];
            passed &= (own.Equity, own.Maintenance, own.Initial, own.Tail.Var, own.Tail.Es, own.Tail.StandardError) == (alone.Equity, alone.Maintenance, alone.Initial, alone.Tail.Var, alone.Tail.Es, alone.Tail.StandardError)
                && own.Components.SequenceEqual(alone.Components) && own.StandAlone.SequenceEqual(alone.StandAlone);
        }

        report.Line("engine-full", threads, Accounts, timing, string.Create(
            CultureInfo.InvariantCulture,
            $"\"sum_es\":{results.Sum(r => r.Tail.EsExact) * 1e-6:F0},\"results_mb\":{kept / 1048576.0:F0},\"same_alone\":{(passed ? "true" : "false")}"));
        return passed;
    }

    /// <summary>The engine, and what the workload's positions are of.</summary>
    public static (MarginEngine Engine, Instrument[] Instruments, Asset[] Coins) Engine()
    {
        var stress = Enumerable.Range(0, 49).Select(i => (0.1 * ((i % 7) - 3), 0.2 * ((i / 7) - 3))).ToArray();
        var (market, set, instruments) = new RevaluationData(Scenarios).Market(RevaluationData.Expiries, stress);
        var coins = instruments.Select(i => i.Underlying.Base).Distinct().ToArray();
        var array = RiskArray.Build(market, set, instruments, coins);
        return (new MarginEngine(market, array, set, RiskParameters.Default with { Measure = new MeasureParameters { Tail = TailChoice.Es975 } }), instruments, coins);
    }

    /// <summary>An account of the workload, with a coin and USD as collateral.</summary>
    public static Account AccountOf(int account, Instrument[] instruments, Asset[] coins)
    {
        var quantities = new SortedDictionary<int, decimal>();
        foreach (var (row, lots) in BookWorkload.Holdings(account))
        {
            quantities[row] = quantities.GetValueOrDefault(row) + (lots * (decimal)RevaluationData.Multiplier(row));
        }

        return new Account(
            $"a{account}",
            [.. quantities.Where(q => q.Value != 0).Select(q => new Position(instruments[q.Key], q.Value)).OrderBy(p => p.Instrument.Name, StringComparer.Ordinal)],
            [new CollateralHolding(coins[account % coins.Length], 1_000), new CollateralHolding(Asset.Usd, 1_000_000)]);
    }
}
