using System.Diagnostics;
using System.Globalization;
using Pms.Margin.Arrays;
using Pms.Margin.Explain;
using Pms.Margin.Measures;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.Numerics;

namespace Pms.Bench;

/// <summary>W5: the ES of a live account with one more order; its gains at hand (cached), or made from its 20 positions (cold). A line is a latency. The products are a whole what-if.</summary>
internal sealed class LiveAccountWorkload : IWorkload
{
    private const int Scenarios = 10_000;
    private const int Accounts = 64;
    private const int Orders = 5_000;

    public string Name => "W5";

    public bool Run(BenchReport report, IReadOnlyList<int> threads)
    {
        if (!threads.Contains(1))
        {
            return true;
        }

        var rows = new RevaluationData(Scenarios).Ticks();
        var most = rows.Select(r => r.Max(Math.Abs)).ToArray();
        var accounts = new LiveAccount[Accounts];
        var holdings = new RowLots[Accounts][];
        for (var a = 0; a < Accounts; a++)
        {
            holdings[a] = [.. BookWorkload.Holdings(a), default];
            accounts[a] = new LiveAccount(rows, most, Scenarios, [], TailLevel.P975, holdings[a].AsSpan(0, BookWorkload.Positions));
        }

        var cold = new LiveAccount(rows, most, Scenarios, [], TailLevel.P975, []);
        var (cachedSum, _) = Measure(report, "cached-int", (a, row, lots) => accounts[a].With(row, lots));
        var (coldSum, _) = Measure(report, "cold-int", (a, row, lots) =>
        {
            holdings[a][^1] = new RowLots(row, lots);
            return cold.Reset(holdings[a]);
        });
        return cachedSum == coldSum && Products(report);
    }

    /// <summary>The same orders through what answers them in the product: every line of the margin before and after, premium paid.</summary>
    private static bool Products(BenchReport report)
    {
        var (engine, instruments, coins) = EngineBook.Engine();
        var accounts = Enumerable.Range(0, Accounts).Select(a => EngineBook.AccountOf(a, instruments, coins)).ToArray();
        var oneCoin = accounts.Select(a => a with
        {
            Positions = [.. a.Positions.Where(p => p.Instrument.Underlying.Base == coins[0])],
            Collateral = [new CollateralHolding(coins[0], 1_000)],
        }).ToArray();
        return Product(report, "product", engine, accounts, instruments) & Product(report, "product-one-coin", engine, oneCoin, [.. instruments.Where(i => i.Underlying.Base == coins[0])]);
    }

    private static bool Product(BenchReport report, string variant, MarginEngine engine, Account[] accounts, Instrument[] instruments)
    {
        var live = accounts.Select(a => new LiveMargin(engine, a)).ToArray();
        // The first order of an account finds nothing kept.
        WhatIf Ask(LiveMargin account, int i) => WhatIf.Of(account, [OrderOf(i, instruments)]);
        var passed = true;
        for (var a = 0; a < accounts.Length; a++)
        {
            passed &= Ask(live[a], a).After.Components.SequenceEqual(Ask(new LiveMargin(engine, accounts[a]), a).After.Components);
        }

        var latency = new double[Orders];
        long allocated = 0;
        foreach (var isKept in new[] { true, false })
        {
            var count = isKept ? Orders : Orders / 10;
            for (var round = 0; round < 2; round++)
            {
                allocated = GC.GetAllocatedBytesForCurrentThread();
                for (var i = 0; i < count; i++)
                {
                    var before = Stopwatch.GetTimestamp();
                    _ = Ask(isKept ? live[i % Accounts] : new LiveMargin(engine, accounts[i % Accounts]), i);
                    latency[i] = Stopwatch.GetElapsedTime(before).TotalMicroseconds;
                }

                allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            }

            Array.Sort(latency, 0, count);
            report.Latency(
                isKept ? variant : $"{variant}-opened", latency[count / 100], latency[count / 2], latency[count * 99 / 100], string.Create(CultureInfo.InvariantCulture, $"\"bytes_allocated_each\":{allocated / count}"));
        }

        return passed;
    }

    private static Order OrderOf(int i, Instrument[] instruments)
    {
        var instrument = instruments[(int)(instruments.Length * new RandomStream(501).Uniform((ulong)i))];
        return new Order(instrument, 1 + (int)(20 * new RandomStream(502).Uniform((ulong)i)));
    }

    private static (Int128 Sum, long Allocated) Measure(BenchReport report, string variant, Func<int, int, int, LiveTail> order)
    {
        var latency = new double[Orders];
        Int128 sum = 0;
        long allocated = 0;
        // Of three rounds the last counts: the first lets the compiler finish.
        for (var round = 0; round < 3; round++)
        {
            sum = 0;
            allocated = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Orders; i++)
            {
                var row = (int)(RevaluationData.Options * new RandomStream(501).Uniform((ulong)i));
                var lots = 1 + (int)(20 * new RandomStream(502).Uniform((ulong)i));
                var before = Stopwatch.GetTimestamp();
                var tail = order(i % Accounts, row, lots);
                latency[i] = Stopwatch.GetElapsedTime(before).TotalMicroseconds;
                sum += tail.LossMass;
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        }

        Array.Sort(latency);
        report.Latency(
            variant, latency[Orders / 100], latency[Orders / 2], latency[Orders * 99 / 100], string.Create(CultureInfo.InvariantCulture, $"\"bytes_allocated\":{allocated},\"loss_mass\":{sum}"));
        return (sum, allocated);
    }
}
