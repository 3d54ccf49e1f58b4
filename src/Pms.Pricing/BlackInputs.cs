using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Pricing;

/// <summary>What Black's formula needs to know of one European option.</summary>
/// <param name="Type">call or put</param>
/// <param name="Forward">quote currency per unit for delivery at expiry, finite, above 0</param>
/// <param name="Strike">quote currency per unit, finite, above 0</param>
/// <param name="Years">ACT/365 years to expiry, finite, at least 0</param>
/// <param name="Vol">annual and decimal (0.65), finite, at least 0</param>
/// <param name="Rate">continuous, per year; finite; 0 gives undiscounted values</param>
public readonly record struct BlackInputs(OptionType Type, double Forward, double Strike, double Years, double Vol, double Rate = 0.0)
{
    /// <summary>Whether every input is in its domain; <see cref="Check"/> says why not.</summary>
    public bool IsValid() => InputChecks.IsContract(Type, Forward, Strike, Years, Rate) && Vol is >= 0.0 and < double.PositiveInfinity;

    /// <summary>Null where every input is in its domain, else why not.</summary>
    public Refusal? Check()
    {
        if (InputChecks.Contract(Type, Forward, Strike, Years, Rate) is { } refusal)
        {
            return refusal;
        }

        return Vol is >= 0.0 and < double.PositiveInfinity ? null : new Refusal("vol-range", $"vol {Vol} is not a finite number of at least 0");
    }
}
