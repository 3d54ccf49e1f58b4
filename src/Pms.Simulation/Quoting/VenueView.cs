using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Simulation.Market;
using Pms.Simulation.Parameters;

namespace Pms.Simulation.Quoting;

/// <summary>The true prices at one step, for every family: index, forwards and smiles, each computed once.</summary>
internal sealed class VenueView(SimulationParameters parameters, MarketPoint point)
{
    private readonly Dictionary<(int Family, DateTimeOffset Expiry), ExpiryView> _expiries = [];

    public MarketPoint Point => point;

    /// <summary>The family's index in its quote currency, rounded as the venue publishes it.</summary>
    public double Index(int family)
    {
        return Index(parameters.Families[family].Underlying);
    }

    /// <summary>The index of a coin in USD or USDC.</summary>
    public double Index(UnderlyingId underlying)
    {
        var usd = point.Coins[parameters.CoinIndex(underlying.Base)].Spot;
        return RoundPrice(underlying.Quote == Asset.Usd ? usd : usd * ElementaryMath.Exp(-point.LogPeg));
    }

    public double PairPrice(int pair)
    {
        var spot = parameters.SpotPairs[pair];
        if (spot.Kind == SpotPairKind.Stablecoin)
        {
            return ElementaryMath.Exp(point.LogPeg);
        }

        var price = point.Coins[parameters.CoinIndex(spot.Coin)].Spot * ElementaryMath.Exp(-point.LogPeg);
        if (spot.Kind == SpotPairKind.Coin)
        {
            return price;
        }

        // One staked coin claims a ratio that has grown by the yield since the start, at a discount that widens when nobody wants to wait.
        var years = UtcTime.YearsBetween(parameters.Start, point.Time);
        var stress = parameters.Common.StakedStressDiscount * (point.Stress.SpreadMultiplier - 1);
        return price * ElementaryMath.Exp((parameters.Common.StakingYield * years) + point.LogStakedDiscount - stress);
    }

    public double Perpetual(int family)
    {
        return Index(family) * ElementaryMath.Exp(Coin(family).Premium);
    }

    public CoinPoint Coin(int family) => point.Coins[parameters.CoinIndex(parameters.Families[family].Underlying.Base)];

    /// <param name="family">index in the parameters</param>
    /// <param name="expiry">after the instant of this view</param>
    public ExpiryView Expiry(int family, DateTimeOffset expiry)
    {
        if (!_expiries.TryGetValue((family, expiry), out var view))
        {
            var coin = parameters.CoinIndex(parameters.Families[family].Underlying.Base);
            var years = UtcTime.YearsBetween(point.Time, expiry);
            view = new ExpiryView(
                years,
                ForwardCurve.Forward(parameters.Coins[coin], Index(family), point.Coins[coin].Basis, years),
                point.Coins[coin].Surface.Slice(years));
            _expiries.Add((family, expiry), view);
        }

        return view;
    }

    /// <summary>Eight significant digits or so: indices are published with 2 decimals, cheap coins with more.</summary>
    public static double RoundPrice(double price) => price switch
    {
        >= 1_000 => Math.Round(price, 2),
        >= 10 => Math.Round(price, 4),
        _ => Math.Round(price, 6),
    };
}

/// <summary>Time, forward and smile of one expiry.</summary>
internal readonly record struct ExpiryView(double Years, double Forward, TrueSlice Slice);
