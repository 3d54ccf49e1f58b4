using System.Collections.Immutable;
using Pms.Margin.Market;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Volatility;
using Pms.Volatility.Svi;

namespace Pms.Margin.Tests;

/// <summary>A market made by hand: BTC in inverse and USDC families, ETH inverse, staked ETH and USDC at 0.9990.</summary>
internal static class HandMarket
{
    public static DateTimeOffset At { get; } = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero);

    public static Asset Btc { get; } = new("BTC");

    public static Asset Eth { get; } = new("ETH");

    public static Asset Usdc { get; } = new("USDC");

    public static Asset Steth { get; } = new("STETH");

    public static UnderlyingId BtcInverse { get; } = UnderlyingId.Inverse(Btc);

    public static UnderlyingId BtcUsdc { get; } = UnderlyingId.Linear(Btc, Usdc);

    public static UnderlyingId EthInverse { get; } = UnderlyingId.Inverse(Eth);

    public static RiskFactors Factors { get; } = new([Btc, Eth], [new PeggedAsset(Usdc, Asset.Usd), new PeggedAsset(Steth, Eth)]);

    public static MarginMarket Market { get; } = Make();

    public static ImmutableArray<int> ExpiryDays { get; } = [1, 7, 25, 116];

    public static DateTimeOffset Expiry(int days) => At.AddDays(days);

    public static EuropeanOption Call(UnderlyingId id, int days, decimal strike) => new(id, Expiry(days), strike, OptionType.Call);

    public static EuropeanOption Put(UnderlyingId id, int days, decimal strike) => new(id, Expiry(days), strike, OptionType.Put);

    /// <summary>A set of Monte Carlo scenarios, each filled by the caller.</summary>
    public static ScenarioSet Set(int count, Action<ScenarioColumns> fill, double horizonYears = 1.0 / 365, RiskFactors? factors = null)
    {
        var columns = new ScenarioColumns(factors ?? Factors, count);
        fill(columns);
        var weights = new double[count];
        Array.Fill(weights, 1.0);
        return new ScenarioSet(columns.Factors, horizonYears, 1, ContentHash.Of("hand"u8), [(new ScenarioBatch(ScenarioFamily.MonteCarlo, "hand/1", columns, weights, []), 1.0)]);
    }

    /// <summary>Raw SVI made from SSVI with typical crypto numbers.</summary>
    public static RawSvi Smile(double vol, double years, double rho)
    {
        var theta = vol * vol * years;
        return new SsviSlice(theta, rho, 0.9 / Math.Sqrt(theta)).ToRaw();
    }

    private static MarginMarket Make()
    {
        return new MarginMarket(
            At,
            ContentHash.Of("hand"u8),
            [
                new UnderlyingMarket(BtcInverse, 60_000, Surface(BtcInverse, 60_000, 0.55, -0.25), 60_010, [new FutureMark(Expiry(25), 60_420), new FutureMark(Expiry(116), 61_900)]),
                new UnderlyingMarket(BtcUsdc, 60_060, Surface(BtcUsdc, 60_060, 0.56, -0.20), 60_075, []),
                new UnderlyingMarket(EthInverse, 3_000, Surface(EthInverse, 3_000, 0.75, -0.10), 3_001, []),
            ],
            new Dictionary<Asset, double> { [Btc] = 60_000, [Eth] = 3_000, [Usdc] = 0.999, [Steth] = 2_990 });
    }

    private static VolSurface Surface(UnderlyingId id, double spot, double vol, double rho)
    {
        return new VolSurface(id, At, new[] { 1, 7, 25, 116 }.Select(days =>
        {
            var years = UtcTime.YearsBetween(At, Expiry(days));
            return new VolSlice(Expiry(days), years, spot * Math.Exp(0.1 * years), Smile(vol, years, rho));
        }), ContentHash.Of("hand"u8));
    }
}
