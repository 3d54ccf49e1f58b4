using Pms.Primitives;
using Pms.Volatility;

namespace Pms.Scenarios.Shocks;

/// <summary>How far every smile of a surface may be scaled and tilted before there is arbitrage: made once for a surface, used for all its scenarios.</summary>
public sealed class SmileBounds
{
    /// <summary>A fitted surface allows levels and ratios of 1; far below that it has arbitrage itself.</summary>
    private const double LeastBound = 1e-3;

    private readonly ButterflyBound[] _slices;
    private readonly CalendarBound[] _pairs;

    /// <exception cref="InvalidInputException"><c>surface-arbitrage</c>: the surface itself has so much arbitrage that no small level is free of it</exception>
    public SmileBounds(VolSurface surface)
    {
        ArgumentNullException.ThrowIfNull(surface);
        Surface = surface;
        var slices = surface.Slices;
        _slices = new ButterflyBound[slices.Length];
        _pairs = new CalendarBound[Math.Max(0, slices.Length - 1)];
        for (var i = 0; i < slices.Length; i++)
        {
            _slices[i] = new ButterflyBound(slices[i].Smile);
            Require(_slices[i].MostLevel, slices[i]);
            if (i > 0)
            {
                _pairs[i - 1] = new CalendarBound(slices[i - 1].Smile, slices[i].Smile);
                Require(_pairs[i - 1].MostRatio, slices[i]);
            }
        }
    }

    public VolSurface Surface { get; }

    internal ReadOnlySpan<ButterflyBound> Slices => _slices;

    /// <summary>[i] of slices i and i + 1.</summary>
    internal ReadOnlySpan<CalendarBound> Pairs => _pairs;

    private void Require(double bound, VolSlice slice)
    {
        if (!(bound >= LeastBound))
        {
            throw new InvalidInputException("surface-arbitrage", $"the smile of {Surface.Underlying} {slice.Expiry:u} has arbitrage at any level above {bound} of its total variance");
        }
    }
}
