using System.Collections.Immutable;
using System.Text.Json;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Margin.Venues.Paradex;

/// <summary>One stress: relative move of spot, relative change of vol at 30 days, share of the loss that counts.</summary>
public readonly record struct ParadexScenario(double Move, double VolShock, double Weight);

/// <summary>Constants of Paradex's portfolio margin (model <c>paradex</c>).</summary>
public sealed record ParadexParameters
{
    public ParadexParameters(VenueParameters values)
    {
        ArgumentNullException.ThrowIfNull(values);
        Scenarios = [.. values.Rows("scenarios").Select(r => Row(values, r))];
        VolShock = new VolShockRule(values.Number("short_power"), values.Number("long_power"), values.Number("dte_floor"), ThirtyDaysAreShort: false);
        NetDeltaRate = values.Number("net_delta_rate");
        HedgedDeltaRate = values.Number("hedged_delta_rate");
        MaintenanceFactor = values.Number("mm_factor");
        FeeRate = values.Number("fee_rate");
        FundingHours = values.Number("funding_hours");
    }

    public ImmutableArray<ParadexScenario> Scenarios { get; }

    public VolShockRule VolShock { get; }

    public double NetDeltaRate { get; }

    public double HedgedDeltaRate { get; }

    public double MaintenanceFactor { get; }

    public double FeeRate { get; }

    public double FundingHours { get; }

    private static ParadexScenario Row(VenueParameters values, JsonElement row) => row.ValueKind == JsonValueKind.Array && row.GetArrayLength() == 3
        ? new ParadexScenario(values.NumberOf("scenarios", row[0]), values.NumberOf("scenarios", row[1]), values.NumberOf("scenarios", row[2]))
        : throw new InvalidInputException("venue-parameters", "a paradex scenario is [spot shock, vol shock, weight]");
}

/// <summary>An option as the scan sees it: USD.</summary>
public readonly record struct ParadexOption(OptionType Type, double Strike, double Years, double Vol, double Forward, double Quantity);

/// <summary>A future or perpetual: coins and USD price.</summary>
public readonly record struct ParadexFuture(double Quantity, double Price);

/// <summary>What the scan finds; USD, requirements positive.</summary>
/// <param name="ScanRisk">greatest weighted loss, at least 0</param>
/// <param name="WorstIndex">scenario of it, from 0; -1 where no scenario loses</param>
/// <param name="ScenarioPnl">[scenario] weighted, profit positive</param>
/// <param name="NetDelta">coins</param>
/// <param name="HedgedDelta">coins</param>
/// <param name="MinimumDelta">least margin for delta</param>
/// <param name="FeeProvision">fee to close</param>
/// <param name="FundingProvision">funding to be paid in the hours to come, at least 0</param>
/// <param name="Initial">IMR</param>
/// <param name="Maintenance">MMR</param>
public sealed record ParadexMargin(
    double ScanRisk,
    int WorstIndex,
    ImmutableArray<double> ScenarioPnl,
    double NetDelta,
    double HedgedDelta,
    double MinimumDelta,
    double FeeProvision,
    double FundingProvision,
    double Initial,
    double Maintenance);

/// <summary>Paradex's portfolio margin of one underlying: 24 weighted scenarios, a minimum for delta, provisions.</summary>
public static class ParadexScan
{
    /// <param name="spot">USD per coin, above 0</param>
    /// <param name="futures">perpetuals and futures</param>
    /// <param name="options">options</param>
    /// <param name="fundingUsd">expected funding to be paid over the venue's hours, USD; gains count 0</param>
    /// <param name="parameters">constants</param>
    public static ParadexMargin Evaluate(double spot, ImmutableArray<ParadexFuture> futures, ImmutableArray<ParadexOption> options, double fundingUsd, ParadexParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (!(spot > 0) || !double.IsFinite(spot))
        {
            throw new InvalidInputException("venue-account", $"spot is {spot}: a finite number above 0 is required");
        }

        var pnl = ImmutableArray.CreateBuilder<double>();
        var worst = 0.0;
        var index = -1;
        foreach (var s in parameters.Scenarios)
        {
            var sum = futures.Sum(f => f.Quantity * f.Price * s.Move);
            foreach (var o in options)
            {
                var vol = o.Years > 0 ? Math.Max(0, o.Vol * (1 + (s.VolShock * parameters.VolShock.Scale(o.Years * 365)))) : o.Vol;
                sum += o.Quantity * (OptionValue.Black(o.Type, o.Forward * (1 + s.Move), o.Strike, o.Years, vol) - OptionValue.Black(o.Type, o.Forward, o.Strike, o.Years, o.Vol));
            }

            sum *= s.Weight;
            if (sum < worst)
            {
                (worst, index) = (sum, pnl.Count);
            }

            pnl.Add(sum);
        }

        var deltas = futures.Select(f => f.Quantity).Concat(options.Select(o => o.Quantity * Delta(o))).ToArray();
        var net = deltas.Sum();
        var gross = deltas.Sum(Math.Abs);
        var hedged = (gross - Math.Abs(net)) / 2;
        var minimum = ((parameters.NetDeltaRate * Math.Abs(net)) + (parameters.HedgedDeltaRate * hedged)) * spot;
        var fee = parameters.FeeRate * spot * (futures.Sum(f => Math.Abs(f.Quantity)) + options.Sum(o => Math.Abs(o.Quantity)));
        var funding = Math.Max(0, fundingUsd);
        var core = Math.Max(-worst, minimum);
        return new ParadexMargin(-worst + 0.0, index, pnl.ToImmutable(), net, hedged, minimum, fee, funding, core + fee + funding, (core * parameters.MaintenanceFactor) + fee + funding);
    }

    private static double Delta(in ParadexOption o) => o.Years == 0 || o.Vol == 0
        ? (o.Type == OptionType.Call ? (o.Forward > o.Strike ? 1 : 0) : o.Forward < o.Strike ? -1 : 0)
        : Pricing.Black76.Greeks(new Pricing.BlackInputs(o.Type, o.Forward, o.Strike, o.Years, o.Vol)).Delta;
}
