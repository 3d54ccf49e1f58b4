using Pms.Primitives;
using Pms.Volatility.Arbitrage;
using Pms.Volatility.Svi;

namespace Pms.Volatility;

/// <summary>A move of a whole surface.</summary>
/// <param name="Level">relative change of every vol: 0.2 turns 50 % into 60 %; above -0.95, at most 10</param>
/// <param name="Skew">change of the ATM skew d sqrt(w) / dk of every smile; negative lifts puts against calls; -2 to 2</param>
/// <param name="Term">relative change of vol that tilts the term structure: times sqrt(30 days / T) - 1, held between -1 and 1, so that positive lifts the near expiries; -0.9 to 5</param>
public readonly record struct VolShock(double Level, double Skew = 0, double Term = 0)
{
    private const double PivotYears = 30.0 / 365;

    /// <exception cref="InvalidInputException"><c>vol-shock</c>: a value outside its range</exception>
    public void Validate()
    {
        if (!(Level > -0.95 && Level <= 10) || !(Math.Abs(Skew) <= 2) || !(Term >= -0.9 && Term <= 5))
        {
            throw new InvalidInputException("vol-shock", $"{this}: level in (-0.95, 10], skew in [-2, 2] and term in [-0.9, 5] are required");
        }
    }

    /// <summary>Relative change of vol at a maturity; never below -0.95.</summary>
    public double RelativeVol(double years)
    {
        var tilt = Math.Clamp(Math.Sqrt(PivotYears / years) - 1, -1, 1);
        return Math.Max(Level + (Term * tilt), -0.95);
    }

    /// <summary>The moved smile, with no regard to arbitrage: total variance times (1 + relative)^2, then plus a line through the money.</summary>
    /// <remarks>A raw SVI smile plus a line is one again; the line is held short of making a wing slope negative.</remarks>
    public RawSvi Apply(in RawSvi smile, double years)
    {
        var factor = 1 + RelativeVol(years);
        var moved = smile.Scale(factor * factor);
        var tilt = 2 * Math.Sqrt(moved.TotalVariance(0)) * Skew;
        var c = Math.Clamp((moved.B * moved.Rho) + tilt, -0.98 * moved.B, 0.98 * moved.B);
        var line = c - (moved.B * moved.Rho);
        if (moved.B == 0 || line == 0)
        {
            return moved;
        }

        moved = moved with { Rho = c / moved.B, A = moved.A + (line * moved.M) };
        var least = 1e-4 * moved.TotalVariance(0);
        return moved.MinimumTotalVariance >= least ? moved : moved.Lift(least - moved.MinimumTotalVariance);
    }
}

/// <summary>A moved surface that is free of arbitrage.</summary>
/// <param name="Surface">the outcome</param>
/// <param name="IsRepaired">the plain move had arbitrage, so the nearest smiles without it were taken</param>
/// <param name="Before">what the plain move's check found</param>
/// <param name="Check">of the outcome</param>
public sealed record ShockedSurface(VolSurface Surface, bool IsRepaired, SurfaceCheckReport Before, SurfaceCheckReport Check);

public static class SurfaceShocks
{
    /// <summary>Moves every smile and checks the result; where it has arbitrage, the nearest smiles in vol without it are fitted.</summary>
    /// <exception cref="InvalidInputException">shock or parameters outside their range</exception>
    public static ShockedSurface Shock(this VolSurface surface, VolShock shock, SurfaceParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(surface);
        shock.Validate();
        var moved = surface.With(s => shock.Apply(s.Smile, s.Years));
        var before = SurfaceCheck.Run(moved);
        if (before.IsClean)
        {
            return new ShockedSurface(moved, IsRepaired: false, before, before);
        }

        var repaired = SurfaceFitter.NearestWithoutArbitrage(moved, parameters);
        return new ShockedSurface(repaired, IsRepaired: true, before, SurfaceCheck.Run(repaired));
    }

    /// <summary>The same surface with other smiles.</summary>
    public static VolSurface With(this VolSurface surface, Func<VolSlice, RawSvi> smile)
    {
        ArgumentNullException.ThrowIfNull(surface);
        ArgumentNullException.ThrowIfNull(smile);
        return new VolSurface(surface.Underlying, surface.At, surface.Slices.Select(s => s with { Smile = smile(s) }), surface.ParametersHash);
    }
}
