using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Validation.Books;
using Pms.Validation.WalkForward;

namespace Pms.Validation.Tests.Analysis;

/// <summary>Windows and observations with numbers that a test chooses.</summary>
internal static class MadeUpRecord
{
    public static readonly DateTimeOffset Start = new(2031, 3, 4, 8, 0, 0, TimeSpan.Zero);
    private static readonly Asset Btc = new("BTC");

    public static BacktestWindow Window(double fromHours, double toHours, params BacktestObservation[] observations) =>
        new("invented", Start.AddHours(fromHours), Start.AddHours(toHours), [.. observations], 0, 1);

    /// <summary>One day after the other, one window each.</summary>
    public static BacktestWindow Day(int day, params BacktestObservation[] observations) => Window(24 * day, 24 * (day + 1), observations);

    public static BacktestObservation Book(string id, double loss, params BacktestMargin?[] margins) => Book(id, BookClass.ShortPut, 100, loss, margins);

    public static BacktestObservation Book(string id, BookClass bookClass, double notional, double loss, params BacktestMargin?[] margins) => new(id, bookClass, [Btc], notional, loss, [.. margins]);

    public static BacktestMargin Asks(double initial) => new(initial, 0.75 * initial);

    /// <summary>So many windows of a book that loses 1 to n USD, in mixed order, under one constant margin.</summary>
    public static BacktestWindow[] Ramp(int n, double initial) => [.. Enumerable.Range(0, n).Select(d => Day(d, Book("a", 1 + (d * 37 % n), Asks(initial))))];

    /// <summary>Losses and margins drawn, of three books a day.</summary>
    public static BacktestWindow[] Drawn(int days, Func<double, BacktestMargin?[]> margins)
    {
        var stream = new RandomStream(11);
        double Uniform(int i) => stream.Uniform((ulong)i);
        return
        [
            .. Enumerable.Range(0, days).Select(d => Day(d, [.. Enumerable.Range(0, 3).Select(b =>
            {
                var i = 6 * ((3 * d) + b);
                return Book($"b{b}", (BookClass)(b + 3), 50 + (100 * Uniform(i)), 20 * NormalDistribution.InverseCdf(0.5e-6 + (0.999999 * Uniform(i + 1))), margins(10 + (30 * Uniform(i + 2))));
            })])),
        ];
    }
}
