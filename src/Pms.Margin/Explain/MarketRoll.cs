using Pms.Margin.Market;
using Pms.Primitives;
using Pms.Volatility;

namespace Pms.Margin.Explain;

/// <summary>The same market at a later instant, as if nothing had moved.</summary>
public static class MarketRoll
{
    /// <summary>Spot, forwards of each expiry, marks and vols stay as they are, and time passes: total variance shrinks with the time that is left. What has expired is gone.</summary>
    /// <remarks>
    /// Scaling by (T - t) / T keeps every smile free of butterflies (g is concave in the scale and at least 0 at its ends) and keeps calendar order, since a
    /// later smile shrinks by less than an earlier one.
    /// </remarks>
    /// <param name="market">now</param>
    /// <param name="at">not before the market's instant</param>
    /// <exception cref="InvalidInputException"><c>roll-back</c>: an instant before the market's</exception>
    public static MarginMarket To(MarginMarket market, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(market);
        if (at < market.At)
        {
            throw new InvalidInputException("roll-back", $"{at.ToIso()} is before the market's {market.At.ToIso()}");
        }

        return new MarginMarket(
            at,
            market.SnapshotHash,
            market.Underlyings.Select(u => u with
            {
                Surface = u.Surface is { } surface ? Roll(surface, at) : null,
                Futures = [.. u.Futures.Where(f => f.Expiry > at)],
            }),
            market.Assets.ToDictionary(a => a, market.UsdPrice));
    }

    private static VolSurface? Roll(VolSurface surface, DateTimeOffset at)
    {
        var left = surface.Slices.Where(s => s.Expiry > at).Select(s =>
        {
            var years = UtcTime.YearsBetween(at, s.Expiry);
            return s with { Years = years, Smile = s.Smile.Scale(years / s.Years) };
        }).ToArray();
        return left.Length == 0 ? null : new VolSurface(surface.Underlying, at, left, surface.ParametersHash);
    }
}
