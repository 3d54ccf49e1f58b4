using Pms.Margin.Arrays;
using Pms.MarketData.Instruments;
using Pms.Pricing;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Scenarios.Shocks;

namespace Pms.Margin.Tests.Arrays;

/// <summary>The risk array against values worked out one by one with Black76 and the valuation convention, in plain doubles.</summary>
public sealed class RiskArrayTests
{
    [Theory]
    [InlineData(1.0)]
    [InlineData(30.0)]
    public void Build_EveryKindOfRow_IsTheConventionToHalfATick(double horizonDays)
    {
        var market = ArrayMarkets.Market();
        var set = ArrayMarkets.Scenarios(200, horizonDays: horizonDays);
        var array = RiskArray.Build(market, set, ArrayMarkets.Instruments(), market.Assets);
        foreach (var row in array.Rows)
        {
            var tick = Math.Pow(10, row.TickExponent);
            (row.TickExponent + row.LotExponent).ShouldBe(-6);
            for (var s = 0; s < set.Count; s++)
            {
                var gain = row.Key.Instrument is { } instrument
                    ? PlainValue(instrument, set, s) - PlainValue(instrument, set, null)
                    : PlainAsset(row.Key.Asset!.Value, set, s) - PlainAsset(row.Key.Asset!.Value, set, null);
                Math.Abs(gain - (row.Ticks[s] * tick)).ShouldBeLessThan((0.5 * tick) + 2e-9, $"{row.Key}, scenario {s}");
            }
        }
    }

    private static double PlainAsset(Asset asset, ScenarioSet set, int? scenario)
    {
        var price = ArrayMarkets.Market().UsdPrice(asset);
        if (scenario is not { } s || asset == Asset.Usd)
        {
            return price;
        }

        var r = set.SpotLogReturn(0)[s];
        return price * Math.Exp(asset.Code switch { "BTC" => r, "USDC" => set.PegLogChange(0)[s], _ => r + set.PegLogChange(1)[s] });
    }

    /// <summary>USD per unit; futures: gain since now.</summary>
    private static double PlainValue(Instrument instrument, ScenarioSet set, int? scenario)
    {
        var market = ArrayMarkets.Market();
        var family = market.Underlying(instrument.Underlying);
        var inverse = instrument.Underlying.Settlement == Settlement.Inverse;
        var h = scenario is null ? 0.0 : set.HorizonYears;
        var r = scenario is { } a ? set.SpotLogReturn(0)[a] : 0;
        var b = scenario is { } c ? set.BasisChange(0)[c] : 0;
        var z = scenario is { } d ? set.SkewChange(0)[d] : 0;
        var p = scenario is { } e && !inverse ? set.PegLogChange(0)[e] : 0;
        var quote = (inverse ? 1.0 : market.UsdPrice(ArrayMarkets.Usdc)) * Math.Exp(p);
        var coin = family.Index * (inverse ? 1.0 : market.UsdPrice(ArrayMarkets.Usdc)) * Math.Exp(r);
        double Forward(double f0, double t) => f0 * Math.Exp(r - p + (b * Math.Sqrt(Math.Max(t, 0) * 30 / 365)));
        switch (instrument)
        {
            case Spot:
                return coin;
            case Perpetual or DatedFuture:
                var years = instrument is DatedFuture f ? UtcTime.YearsBetween(market.At, f.Expiry) - h : 30.0 / 365;
                var f0 = instrument is DatedFuture g ? (inverse ? family.Futures.Single().Price : family.Surface!.Find(g.Expiry)!.Forward) : family.PerpetualMark ?? family.Index;
                var f1 = Forward(f0, years);
                return inverse ? coin * ((1 / f0) - (1 / f1)) : quote * (f1 - f0);
            case EuropeanOption o:
                var T = UtcTime.YearsBetween(market.At, o.Expiry);
                var F0 = family.Surface!.Forward(T);
                var F = Forward(F0, T - h);
                var m = scenario is { } s ? VolChange(set, s, T) : 0;
                var f2 = Math.Exp(2 * m) * Math.Max(T - h, 0) / T;
                var k = Math.Log((double)o.Strike / F);
                var (line, lift) = (2 * Math.Sqrt(f2 * family.Surface.TotalVariance(0, T)) * z, 0.0);
                if (scenario is { } of && family.Surface.Find(o.Expiry) is { } slice)
                {
                    // An expiry with a fitted smile is moved by the scenarios' own smiles, which may have been repaired.
                    var smiles = Smiles(family.Surface, set);
                    var i = family.Surface.Slices.IndexOf(slice);
                    (f2, line, lift) = smiles.MoveOf(i, of);
                }

                var w = (f2 * family.Surface.TotalVariance(k, T)) + (line * k) + lift;
                var left = Math.Max(T - h, 0);
                var value = left == 0
                    ? Math.Max(o.Type == OptionType.Call ? F - (double)o.Strike : (double)o.Strike - F, 0)
                    : Black76.Price(new BlackInputs(o.Type, F, o.StrikeValue, left, Math.Sqrt(w / left)));
                return inverse ? value / F * coin : value * quote;
            default:
                throw new InvalidOperationException(instrument.Name);
        }
    }

    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<ScenarioSet, Dictionary<string, ScenarioSmiles>> Cache = [];

    private static ScenarioSmiles Smiles(Pms.Volatility.VolSurface surface, ScenarioSet set)
    {
        var ofSet = Cache.GetOrCreateValue(set);
        if (!ofSet.TryGetValue(surface.Underlying.Name, out var smiles))
        {
            smiles = ScenarioSmiles.Build(surface, set);
            ofSet.Add(surface.Underlying.Name, smiles);
        }

        return smiles;
    }

    private static double VolChange(ScenarioSet set, int s, double years)
    {
        var days = RiskFactors.VolTenorDays;
        var at = years * 365;
        if (at <= days[0])
        {
            return set.VolLogChange(0, 0)[s];
        }

        for (var i = 1; i < days.Length; i++)
        {
            if (at <= days[i])
            {
                var share = Math.Log(at / days[i - 1]) / Math.Log(days[i] / days[i - 1]);
                return ((1 - share) * set.VolLogChange(0, i - 1)[s]) + (share * set.VolLogChange(0, i)[s]);
            }
        }

        return set.VolLogChange(0, days.Length - 1)[s];
    }
}
