using System.Collections.Immutable;
using System.Text.Json;
using Pms.Primitives;

namespace Pms.Margin.Venues.Derive;

/// <summary>What a scenario does to vols.</summary>
public enum DeriveVolShock
{
    None,
    Up,
    Down,

    /// <summary>Skew: puts against calls.</summary>
    Linear,

    /// <summary>Skew: both wings.</summary>
    Abs,
}

/// <summary>One stress of the portfolio.</summary>
/// <param name="SpotShock">multiplies spot and the variable part of forwards; at least 0. A skew scenario does not use it (the contract only takes 1 there)</param>
/// <param name="Vol">what happens to vols</param>
/// <param name="Dampening">share of the profit or loss that counts</param>
public readonly record struct DeriveScenario(double SpotShock, DeriveVolShock Vol, double Dampening)
{
    internal static ImmutableArray<DeriveScenario> ListOf(VenueParameters values)
    {
        var scenarios = ImmutableArray.CreateBuilder<DeriveScenario>();
        foreach (var row in values.Rows("scenarios"))
        {
            if (row.ValueKind != JsonValueKind.Array || row.GetArrayLength() != 3)
            {
                throw new InvalidInputException("venue-parameters", $"{values.Model} scenario {scenarios.Count} is not [spot multiplier, vol shock, dampening]");
            }

            var scenario = new DeriveScenario(values.NumberOf("scenarios", row[0]), VolShockOf(row[1]), values.NumberOf("scenarios", row[2]));
            if (!(scenario.SpotShock >= 0) || !(scenario.Dampening >= 0))
            {
                throw new InvalidInputException("venue-parameters", $"{values.Model} scenario {scenarios.Count} is {scenario}: spot multiplier and dampening are at least 0");
            }

            if (scenario.Vol is DeriveVolShock.Linear or DeriveVolShock.Abs)
            {
                if (scenarios.Any(s => s.Vol == scenario.Vol))
                {
                    throw new InvalidInputException("venue-parameters", $"{values.Model} has two scenarios of kind {scenario.Vol}: at most one is allowed");
                }
            }

            scenarios.Add(scenario);
        }

        return scenarios.ToImmutable();
    }

    private static DeriveVolShock VolShockOf(JsonElement kind)
    {
        var text = kind.ValueKind == JsonValueKind.String ? kind.GetString()! : "";
        return text.Length == 0 ? throw Unknown(kind) : char.ToUpperInvariant(text[0]) switch
        {
            'N' => DeriveVolShock.None,
            'U' => DeriveVolShock.Up,
            'D' => DeriveVolShock.Down,
            'L' => DeriveVolShock.Linear,
            'A' => DeriveVolShock.Abs,
            _ => throw Unknown(kind),
        };
    }

    private static InvalidInputException Unknown(JsonElement kind) =>
        new("venue-parameters", $"vol shock {PrintableText.Of(kind.ToString())} is none of none, up, down, linear, abs");
}

/// <summary>Skew shock: change of vol with ln(strike / forward).</summary>
/// <param name="Cap">greatest relative change at no time</param>
/// <param name="CapPerRootYear">added to the cap per sqrt(year)</param>
public readonly record struct DeriveSkewCap(double Cap, double CapPerRootYear)
{
    public double At(double rootYears) => Cap + (CapPerRootYear * rootYears);
}

/// <summary>Parameters of PMRM 2 (<c>derive-pm2</c>); names follow the data file, which states units and ranges.</summary>
public sealed record DeriveParameters
{
    /// <param name="values">a set of model <c>derive-pm2</c></param>
    /// <exception cref="InvalidInputException"><c>venue-parameters</c></exception>
    public DeriveParameters(VenueParameters values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Common = new DeriveCommon(values);
        MinVolUp = values.Number("min_vol_up");
        MaintenanceFactor = values.Number("mm_factor");
        LongDiscount = values.Number("long_static_discount");
        LongRateMult = values.Number("long_rate_mult");
        LongRateAdd = values.Number("long_rate_add");
        ShortDiscount = values.Number("short_static_discount");
        ShortRateMult = values.Number("short_rate_mult");
        ShortRateAdd = values.Number("short_rate_add");
        PerpMaintenance = values.Number("mm_perp");
        PerpInitial = values.Number("im_perp");
        OptionMaintenance = values.Number("mm_option");
        OptionInitial = values.Number("im_option");
        LinearSkew = new DeriveSkewCap(values.Number("skew.linear_cap"), values.Number("skew.linear_c"));
        AbsSkew = new DeriveSkewCap(values.Number("skew.abs_cap"), values.Number("skew.abs_c"));
        MinKStar = values.Number("skew.min_k_star");
        SkewWidth = values.Number("skew.width");
        SkewVolStatic = values.Number("skew.vol_static");
        SkewVolScale = values.Number("skew.vol_scale");
        CollateralMaintenanceHaircut = values.Number("collateral_mm_haircut");
        CollateralInitialHaircut = values.Number("collateral_im_haircut");
    }

    public DeriveCommon Common { get; }

    public double MinVolUp { get; }

    public double MaintenanceFactor { get; }

    public double LongDiscount { get; }

    public double LongRateMult { get; }

    public double LongRateAdd { get; }

    public double ShortDiscount { get; }

    public double ShortRateMult { get; }

    public double ShortRateAdd { get; }

    public double PerpMaintenance { get; }

    public double PerpInitial { get; }

    public double OptionMaintenance { get; }

    public double OptionInitial { get; }

    public DeriveSkewCap LinearSkew { get; }

    public DeriveSkewCap AbsSkew { get; }

    public double MinKStar { get; }

    public double SkewWidth { get; }

    public double SkewVolStatic { get; }

    public double SkewVolScale { get; }

    /// <summary>Where a collateral states none of its own.</summary>
    public double CollateralMaintenanceHaircut { get; }

    /// <inheritdoc cref="CollateralMaintenanceHaircut"/>
    public double CollateralInitialHaircut { get; }
}
