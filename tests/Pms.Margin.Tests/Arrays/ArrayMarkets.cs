using Pms.Margin.Arrays;
using Pms.Margin.Market;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Volatility;
using Pms.Volatility.Svi;

namespace Pms.Margin.Tests.Arrays;

/// <summary>Invented markets and scenarios: an inverse and a linear family of one coin, futures, a perpetual, collateral.</summary>
internal static class ArrayMarkets
{
    internal static readonly DateTimeOffset At = new(2031, 3, 4, 5, 6, 7, TimeSpan.Zero);
    internal static readonly Asset Btc = new("BTC");
    internal static readonly Asset Usdc = new("USDC");
    internal static readonly Asset Wbtc = new("WBTC");
    internal static readonly UnderlyingId Inverse = UnderlyingId.Inverse(Btc);
    internal static readonly UnderlyingId Linear = UnderlyingId.Linear(Btc, Usdc);
    internal static readonly DateTimeOffset Near = At.AddHours(12);
    internal static readonly DateTimeOffset Middle = At.AddDays(24);
    internal static readonly DateTimeOffset Far = At.AddDays(200);

    internal static MarginMarket Market(double index = 60_000, double usdc = 0.9995)
    {
        var futures = new[] { new FutureMark(Far, index * 1.021) };
        return new MarginMarket(
            At,
            ContentHash.Of("arrays"u8),
            [
                new UnderlyingMarket(Inverse, index, Surface(Inverse, index), index * 1.0004, [.. futures]),
                new UnderlyingMarket(Linear, index / usdc, Surface(Linear, index / usdc), null, []),
            ],
            new Dictionary<Asset, double> { [Btc] = index, [Usdc] = usdc, [Wbtc] = index * 0.998 });
    }

    internal static VolSurface Surface(UnderlyingId id, double index)
    {
        var slices = new List<VolSlice>();
        foreach (var (expiry, carry, vol) in new[] { (Near, 1.0001, 0.62), (Middle, 1.004, 0.55), (Far, 1.02, 0.5) })
        {
            var years = UtcTime.YearsBetween(At, expiry);
            var theta = vol * vol * years;
            var phi = 1.0 / Math.Sqrt(theta);
            const double Rho = -0.25;
            slices.Add(new VolSlice(
                expiry,
                years,
                index * carry,
                new RawSvi(0.5 * theta * (1 - (Rho * Rho)), 0.5 * theta * phi, Rho, -Rho / phi, Math.Sqrt(1 - (Rho * Rho)) / phi)));
        }

        return new VolSurface(id, At, slices, ContentHash.Of("surface"u8));
    }

    /// <summary>Random moves with wide tails in every column, and one scenario in which nothing moves (the first).</summary>
    internal static ScenarioSet Scenarios(int count, ulong seed = 11, double width = 1.0, double horizonDays = 1.0, bool plain = false)
    {
        var factors = new RiskFactors([Btc], [new PeggedAsset(Usdc, Asset.Usd), new PeggedAsset(Wbtc, Btc)]);
        var columns = new ScenarioColumns(factors, count);
        var stream = new RandomStream(seed);
        ulong next = 0;
        double Draw()
        {
            var u = (2 * stream.Uniform(next++)) - 1;
            return width * u * (0.2 + (0.8 * u * u * u * u));
        }

        for (var s = 1; s < count; s++)
        {
            columns.SpotLogReturn(0)[s] = 0.4 * Draw();
            for (var t = 0; t < RiskFactors.VolTenorDays.Length; t++)
            {
                columns.VolLogChange(0, t)[s] = 0.5 * Draw();
            }

            if (!plain)
            {
                columns.SkewChange(0)[s] = 0.02 * Draw();
                columns.BasisChange(0)[s] = 0.05 * Draw();
                columns.PegLogChange(0)[s] = 0.01 * Draw();
                columns.PegLogChange(1)[s] = 0.03 * Draw();
            }
        }

        var weights = new double[count];
        weights.AsSpan().Fill(1.0);
        return new ScenarioSet(factors, horizonDays / 365, seed, ContentHash.Of("none"u8), [(new ScenarioBatch(ScenarioFamily.MonteCarlo, "test/1", columns, weights, []), 1.0)]);
    }

    internal static Instrument[] Instruments()
    {
        var result = new List<Instrument> { new Perpetual(Inverse), new Perpetual(Linear), new DatedFuture(Inverse, Far), new DatedFuture(Linear, Middle), new Spot(Linear) };
        foreach (var family in new[] { Inverse, Linear })
        {
            // the last expiry is no slice of the surface
            foreach (var expiry in new[] { Near, Middle, Far, At.AddDays(60) })
            {
                foreach (var strike in new[] { 20_000m, 55_000m, 60_000m, 66_000m, 200_000m })
                {
                    result.Add(new EuropeanOption(family, expiry, strike, OptionType.Call));
                    result.Add(new EuropeanOption(family, expiry, strike, OptionType.Put));
                }
            }
        }

        return [.. result];
    }

    internal static RiskArray MakeArray(int scenarios = 64, ulong seed = 11, RiskArrayOptions? options = null) =>
        RiskArray.Build(Market(), Scenarios(scenarios, seed), Instruments(), [Btc, Usdc, Wbtc, Asset.Usd], options);
}
