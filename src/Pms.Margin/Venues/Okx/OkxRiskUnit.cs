using System.Collections.Immutable;
using System.Text.Json;
using Pms.MarketData.Instruments;
using Pms.Pricing;
using Pms.Primitives;

namespace Pms.Margin.Venues.Okx;

/// <summary>Constants of OKX's portfolio margin (model <c>okx</c>).</summary>
public sealed record OkxParameters
{
    public OkxParameters(VenueParameters values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Moves = values.Numbers("mr1_moves");
        VolUp = values.Number("vol_up");
        VolDown = values.Number("vol_down");
        VolShock = new VolShockRule(values.Number("short_power"), values.Number("long_power"), values.Number("dte_floor"), ThirtyDaysAreShort: false);
        DecayYears = values.Number("mr2_days") / 365;
        BasisAnnualMove = values.Number("mr4_annual_move");
        BasisMinimumRate = values.Number("mr4_minimum_rate");
        ExtremeMove = values.Number("mr6_move");
        ExtremeWeight = values.Number("mr6_weight");
        MinimumChargeRate = values.Number("mr7_rate");
        MinimumChargeTiers = [.. values.Rows("mr7_tiers").Select(r => Tier(values, r))];
        InitialMultiplier = values.Number("im_multiplier");
    }

    public ImmutableArray<double> Moves { get; }

    public double VolUp { get; }

    public double VolDown { get; }

    public VolShockRule VolShock { get; }

    public double DecayYears { get; }

    public double BasisAnnualMove { get; }

    public double BasisMinimumRate { get; }

    public double ExtremeMove { get; }

    public double ExtremeWeight { get; }

    public double MinimumChargeRate { get; }

    /// <summary>Raw charge in USD from which a multiplier holds.</summary>
    public ImmutableArray<(double FromUsd, double Multiplier)> MinimumChargeTiers { get; }

    public double InitialMultiplier { get; }

    private static (double FromUsd, double Multiplier) Tier(VenueParameters values, JsonElement row) => row.ValueKind == JsonValueKind.Array && row.GetArrayLength() == 2
        ? (values.NumberOf("mr7_tiers", row[0]), values.NumberOf("mr7_tiers", row[1]))
        : throw new InvalidInputException("venue-parameters", "an okx tier is [raw charge from, multiplier]");
}

/// <summary>A future or perpetual of a risk unit, USD.</summary>
/// <param name="Delta">signed USD delta at the mark</param>
/// <param name="Stress">USD lost or won per unit of relative move; differs from delta where the venue stresses the index price</param>
/// <param name="Years">to expiry; 0 for a perpetual</param>
public readonly record struct OkxFuture(double Delta, double Stress, double Years);

/// <summary>An option of a risk unit, USD.</summary>
public readonly record struct OkxOption(OptionType Type, double Strike, double Years, double Vol, double Forward, double Quantity);

/// <summary>The stress components of one risk unit; USD, requirements positive.</summary>
/// <param name="SpotShock">MR1</param>
/// <param name="SpotShockMove">where</param>
/// <param name="Decay">MR2</param>
/// <param name="Basis">MR4</param>
/// <param name="ExtremeLoss">loss of the extreme move before its weight</param>
/// <param name="Extreme">MR6</param>
/// <param name="MinimumCharge">MR7</param>
/// <param name="Maintenance">MMR</param>
/// <param name="Initial">IMR</param>
public sealed record OkxMargin(double SpotShock, double SpotShockMove, double Decay, double Basis, double ExtremeLoss, double Extreme, double MinimumCharge, double Maintenance, double Initial);

/// <summary>OKX's portfolio margin of one risk unit, as far as it is public: MR1, MR2, MR4, MR6, MR7.</summary>
/// <remarks>MR3 (vega term structure) and MR5 (rates) have no public constants and are 0; MR8 and MR9 concern borrowing and stablecoins and are not modelled.</remarks>
public static class OkxRiskUnit
{
    public static OkxMargin Evaluate(ImmutableArray<OkxFuture> futures, ImmutableArray<OkxOption> options, OkxParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var p = parameters;
        double spotShock = 0, spotMove = 0;
        foreach (var move in p.Moves)
        {
            var loss = Math.Max(Loss(futures, options, move, 0, p), Math.Max(Loss(futures, options, move, 1, p), Loss(futures, options, move, -1, p)));
            if (loss > spotShock)
            {
                (spotShock, spotMove) = (loss, move);
            }
        }

        var extremeLoss = Math.Max(0, Math.Max(Loss(futures, options, p.ExtremeMove, 0, p), Loss(futures, options, -p.ExtremeMove, 0, p)));
        var decay = Math.Max(0, options.Sum(o => o.Quantity * (Value(o, o.Forward, o.Vol, o.Years) - Value(o, o.Forward, o.Vol, Math.Max(0, o.Years - p.DecayYears)))));
        var deltas = futures.Select(f => (f.Years, f.Delta)).Concat(options.Select(o => (o.Years, Delta: o.Quantity * Delta(o) * o.Forward))).ToArray();
        var basis = deltas.GroupBy(d => d.Years).OrderBy(g => g.Key).Sum(g => Math.Abs(g.Sum(d => d.Delta)) * Math.Max(p.BasisMinimumRate, p.BasisAnnualMove * g.Key));
        var minimum = Tiered(p.MinimumChargeRate * deltas.Sum(d => Math.Abs(d.Delta)), p);
        return Combine(spotShock, spotMove, decay, basis, extremeLoss, minimum, p);
    }

    /// <summary>MMR = max(max(MR1, MR2, MR6) + MR4, MR7); IMR = multiplier x MMR.</summary>
    public static OkxMargin Combine(double spotShock, double spotMove, double decay, double basis, double extremeLoss, double minimum, OkxParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var extreme = extremeLoss * parameters.ExtremeWeight;
        var maintenance = Math.Max(Math.Max(Math.Max(spotShock, decay), extreme) + basis, minimum);
        return new OkxMargin(spotShock, spotMove, decay, basis, extremeLoss, extreme, minimum, maintenance, maintenance * parameters.InitialMultiplier);
    }

    /// <summary>Each bracket of the raw charge is multiplied on its own.</summary>
    /// <param name="raw">USD, at least 0</param>
    /// <param name="p">constants</param>
    public static double Tiered(double raw, OkxParameters p)
    {
        var sum = 0.0;
        for (var i = 0; i < p.MinimumChargeTiers.Length; i++)
        {
            var (from, multiplier) = p.MinimumChargeTiers[i];
            var until = i + 1 < p.MinimumChargeTiers.Length ? p.MinimumChargeTiers[i + 1].FromUsd : double.PositiveInfinity;
            sum += Math.Max(0, Math.Min(raw, until) - from) * multiplier;
        }

        return sum;
    }

    private static double Loss(ImmutableArray<OkxFuture> futures, ImmutableArray<OkxOption> options, double move, int vol, OkxParameters p)
    {
        var pnl = futures.Sum(f => f.Stress * move);
        foreach (var o in options)
        {
            var scale = vol == 0 || o.Years == 0 ? 0 : p.VolShock.Scale(o.Years * 365) * (vol > 0 ? p.VolUp : -p.VolDown);
            pnl += o.Quantity * (Value(o, o.Forward * (1 + move), Math.Max(0, o.Vol * (1 + scale)), o.Years) - Value(o, o.Forward, o.Vol, o.Years));
        }

        return -pnl;
    }

    private static double Value(in OkxOption o, double forward, double vol, double years) => OptionValue.Black(o.Type, forward, o.Strike, years, vol);

    private static double Delta(in OkxOption o) => o.Years == 0 || o.Vol == 0
        ? (o.Type == OptionType.Call ? (o.Forward > o.Strike ? 1 : 0) : o.Forward < o.Strike ? -1 : 0)
        : Black76.Greeks(new BlackInputs(o.Type, o.Forward, o.Strike, o.Years, o.Vol)).Delta;
}
