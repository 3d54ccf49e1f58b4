using Pms.Primitives;

namespace Pms.Solvency.Shortfalls;

/// <summary>Factor on the losses of a scenario, at least 1, in parts of 2^-30: gains stay as they are.</summary>
/// <param name="Parts">2^30 is 1</param>
public readonly record struct LossStretch(long Parts)
{
    internal const int Bits = 30;

    /// <summary>The longest that <see cref="OfHours"/> takes: 30 days.</summary>
    public const double MostHours = 720;

    private const double HoursPerYear = 365 * 24;

    /// <summary>Losses as they are.</summary>
    public static LossStretch None { get; } = new(1L << Bits);

    /// <summary>As a number.</summary>
    public double Factor => Parts / (double)(1L << Bits);

    /// <summary>Losses run so much longer than the horizon: sqrt(1 + h / H), rounded up, as a margin's age line does (docs/model/margin.md).</summary>
    /// <param name="hours">0 to <see cref="MostHours"/></param>
    /// <param name="horizonYears">of the scenario set, above 0</param>
    /// <exception cref="InvalidInputException"><c>solvency-hours</c></exception>
    public static LossStretch OfHours(double hours, double horizonYears)
    {
        if (!(hours is >= 0 and <= MostHours) || !(horizonYears * HoursPerYear >= 1) || !double.IsFinite(horizonYears))
        {
            throw new InvalidInputException("solvency-hours", $"{hours} hours without keepers on a horizon of {horizonYears} years: 0 to {MostHours} hours on a horizon of at least one are possible");
        }

        return new LossStretch((long)Math.Ceiling(Math.Sqrt(1 + (hours / (horizonYears * HoursPerYear))) * (1L << Bits)));
    }

    /// <summary>A gain, or a loss times the factor, rounded down.</summary>
    internal Int128 Apply(Int128 gain)
    {
        if (gain >= 0)
        {
            return gain;
        }

        // In two parts, so that no product leaves 128 bits.
        var (whole, rest) = (-gain >> Bits, -gain & ((1L << Bits) - 1));
        return -((whole * Parts) + (((rest * Parts) + ((1L << Bits) - 1)) >> Bits));
    }
}
