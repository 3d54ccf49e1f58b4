using Pms.Margin.Arrays;
using Pms.Margin.Market;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Volatility;
using Pms.Volatility.Svi;

namespace Pms.Validation.Tests.ReverseStress;

/// <summary>An invented BTC market with two expiries, and scenario sets whose mean and covariance a test knows.</summary>
internal static class ReverseMarket
{
    public static readonly Asset Btc = new("BTC");
    public static readonly UnderlyingId Inverse = UnderlyingId.Inverse(Btc);
    public static readonly UnderlyingId Linear = UnderlyingId.Linear(Btc, Asset.Usd);
    public static readonly RiskFactors Factors = new([Btc], []);
    public static readonly DateTimeOffset At = new(2031, 3, 4, 8, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset Near = At.AddDays(10);
    public static readonly DateTimeOffset Far = At.AddDays(40);
    public const double Index = 50_000;
    public const double LinearMark = 50_100;

    public static readonly Instrument InversePerpetual = new Perpetual(Inverse);

    public static readonly Instrument LinearPerpetual = new Perpetual(Linear);

    public static EuropeanOption Put(decimal strike) => new(Inverse, Near, strike, OptionType.Put);

    public static EuropeanOption Call(decimal strike) => new(Inverse, Near, strike, OptionType.Call);

    public static MarginMarket Market { get; } = new(
        At,
        ContentHash.Of("reverse"u8),
        [new UnderlyingMarket(Inverse, Index, Surface(), Index * 1.0005, []), new UnderlyingMarket(Linear, Index, null, LinearMark, [])],
        new Dictionary<Asset, double> { [Btc] = Index });

    public static Account Account(string id, decimal usd, params (Instrument Instrument, decimal Quantity)[] positions) =>
        new(id, [.. positions.Select(p => new Position(p.Instrument, p.Quantity))], [new CollateralHolding(Asset.Usd, usd)]);

    public static MarginEngine Engine(ScenarioSet set, params Account[] accounts)
    {
        var instruments = accounts.SelectMany(a => a.Positions).Select(p => p.Instrument).Distinct();
        var array = RiskArray.Build(Market, set, instruments, accounts.SelectMany(a => a.Collateral).Select(c => c.Asset).Append(Asset.Usd).Distinct());
        return new MarginEngine(Market, array, set, RiskParameters.Default);
    }

    /// <summary>Heavy-tailed draws of spot, a vol level that all tenors share, and, where asked for, skew and basis.</summary>
    public static ScenarioSet Set(int count = 2_000, bool twoFactors = false, Action<ScenarioColumns>? fill = null)
    {
        var columns = new ScenarioColumns(Factors, count);
        var stream = new RandomStream(5);
        for (var s = 0; s < count; s++)
        {
            double Draw(int i) => NormalDistribution.InverseCdf(stream.Uniform((ulong)((s * 5) + i)));
            var scale = 0.7 + (0.5 * Math.Abs(Draw(4)));
            var spot = 0.001 + (0.03 * scale * Draw(0));
            columns.SpotLogReturn(0)[s] = spot;
            var vol = (-1.1 * spot) + (0.05 * scale * Draw(1));
            for (var t = 0; t < RiskFactors.VolTenorCount; t++)
            {
                columns.VolLogChange(0, t)[s] = vol;
            }

            if (!twoFactors)
            {
                columns.SkewChange(0)[s] = 0.004 * Draw(2);
                columns.BasisChange(0)[s] = (0.2 * spot) + (0.01 * Draw(3));
            }
        }

        fill?.Invoke(columns);
        return Set(columns);
    }

    public static ScenarioSet Set(ScenarioColumns columns)
    {
        double[] weights = [.. Enumerable.Range(0, columns.Count).Select(s => 1.0 + (s % 3))];
        return new ScenarioSet(Factors, 1.0 / 365, 1, ContentHash.Of("none"u8), [(new ScenarioBatch(ScenarioFamily.MonteCarlo, "test/1", columns, weights, []), 1.0)]);
    }

    private static VolSurface Surface() => new(
        Inverse,
        At,
        new[] { Near, Far }.Select(expiry =>
        {
            var years = UtcTime.YearsBetween(At, expiry);
            var theta = 0.6 * 0.6 * years;
            return new VolSlice(expiry, years, Index * (1 + (0.05 * years)), new SsviSlice(theta, -0.2, 0.8 / Math.Sqrt(theta)).ToRaw());
        }),
        ContentHash.Of("surface"u8));
}
