using System.Collections.Immutable;

namespace Pms.Volatility.Arbitrage;

public enum ArbitrageKind
{
    /// <summary>Durrleman's g is below 0.</summary>
    Butterfly,

    /// <summary>Total variance falls with time.</summary>
    Calendar,

    /// <summary>A wing rises faster than Lee's bound of 2.</summary>
    WingSlope,
}

/// <summary>An arbitrage and where it is.</summary>
/// <param name="Kind">what</param>
/// <param name="Expiry">slice; the later one of a calendar violation</param>
/// <param name="Years">of that slice</param>
/// <param name="K">log-moneyness of the worst point met; infinite in a wing</param>
/// <param name="Amount">least g, or least w later - w earlier, or the slope</param>
public readonly record struct ArbitrageViolation(ArbitrageKind Kind, DateTimeOffset Expiry, double Years, double K, double Amount);

/// <summary>Outcome of a check of a whole surface.</summary>
/// <param name="Violations">empty when every condition is proven for every k</param>
/// <param name="Minima">[slice] where g is least over all k</param>
/// <param name="LeastGBetween">least of g met on the interpolated smiles half-way between expiries</param>
/// <param name="Cells">intervals that the proofs looked at</param>
public sealed record SurfaceCheckReport(ImmutableArray<ArbitrageViolation> Violations, ImmutableArray<ButterflyMinimum> Minima, double LeastGBetween, int Cells)
{
    /// <summary>Least of g over slices and k.</summary>
    public double LeastG => Minima.Min(m => m.G);

    public bool IsClean => Violations.IsEmpty;

    public int ButterflyViolations => Violations.Count(v => v.Kind is ArbitrageKind.Butterfly or ArbitrageKind.WingSlope);

    public int CalendarViolations => Violations.Count(v => v.Kind == ArbitrageKind.Calendar);
}

/// <summary>Looks for arbitrage in a surface: butterfly in every slice, calendar between neighbours, over the whole line.</summary>
public static class SurfaceCheck
{
    private const double WingReach = 40;
    private const int BetweenPoints = 161;

    public static SurfaceCheckReport Run(VolSurface surface)
    {
        ArgumentNullException.ThrowIfNull(surface);
        var violations = ImmutableArray.CreateBuilder<ArbitrageViolation>();
        var minima = ImmutableArray.CreateBuilder<ButterflyMinimum>(surface.Slices.Length);
        var leastBetween = double.PositiveInfinity;
        var cells = 0;
        for (var i = 0; i < surface.Slices.Length; i++)
        {
            var slice = surface.Slices[i];
            var slope = Math.Max(slice.Smile.LeftSlope, slice.Smile.RightSlope);
            if (slope > 2)
            {
                var side = slice.Smile.RightSlope >= slice.Smile.LeftSlope ? double.PositiveInfinity : double.NegativeInfinity;
                violations.Add(new ArbitrageViolation(ArbitrageKind.WingSlope, slice.Expiry, slice.Years, side, slope));
            }

            var butterfly = ButterflyCheck.Prove(slice.Smile);
            cells += butterfly.Cells;
            var minimum = slice.Smile.MinimumTotalVariance > 0 ? ButterflyCheck.Minimum(slice.Smile) : new ButterflyMinimum(slice.Smile.MinimumAt, double.NegativeInfinity);
            minima.Add(minimum);
            if (!butterfly.Proven && slope <= 2)
            {
                violations.Add(new ArbitrageViolation(ArbitrageKind.Butterfly, slice.Expiry, slice.Years, minimum.K, minimum.G));
            }

            if (i == 0)
            {
                continue;
            }

            var earlier = surface.Slices[i - 1];
            var calendar = CalendarCheck.Prove(earlier.Smile, slice.Smile);
            cells += calendar.Cells;
            if (!calendar.Proven)
            {
                violations.Add(new ArbitrageViolation(ArbitrageKind.Calendar, slice.Expiry, slice.Years, calendar.K, calendar.Least));
            }

            leastBetween = Math.Min(leastBetween, LeastBetween(surface, 0.5 * (earlier.Years + slice.Years)));
        }

        return new SurfaceCheckReport(violations.ToImmutable(), minima.MoveToImmutable(), leastBetween, cells);
    }

    private static double LeastBetween(VolSurface surface, double years)
    {
        var spread = Math.Sqrt(surface.TotalVariance(0, years));
        var least = double.PositiveInfinity;
        for (var i = 0; i < BetweenPoints; i++)
        {
            // Denser at the money: x |x| runs from -WingReach to WingReach deviations.
            var x = (2.0 * i / (BetweenPoints - 1)) - 1;
            var k = WingReach * spread * x * Math.Abs(x);
            least = Math.Min(least, surface.Derivatives(k, years).Butterfly(k));
        }

        return least;
    }
}
