using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Pricing;
using Pms.Primitives;

namespace Pms.Margin.Venues.Span;

/// <summary>Constants of SPAN for one commodity (model <c>span</c>).</summary>
public sealed record SpanParameters
{
    public SpanParameters(VenueParameters values)
    {
        ArgumentNullException.ThrowIfNull(values);
        PriceScanRange = values.Number("price_scan_range");
        VolScanRange = values.Number("vol_scan_range");
        LookAheadYears = values.Number("look_ahead_days") / 365;
        ExtremeMove = values.Number("extreme_move");
        ExtremeCover = values.Number("extreme_cover");
        InterMonthRate = values.Number("inter_month_rate");
        ShortOptionMinimum = values.Number("short_option_minimum");
        InitialFactor = values.Number("initial_factor");
        DeltaWeights = values.Numbers("delta_weights");
        if (DeltaWeights.Length != 7)
        {
            throw new InvalidInputException("venue-parameters", $"span delta_weights has {DeltaWeights.Length} numbers: one for each of the 7 prices from -3/3 to +3/3 is required");
        }

        if (PriceScanRange * ExtremeMove >= 1)
        {
            throw new InvalidInputException("venue-parameters", $"span price_scan_range {PriceScanRange} times extreme_move {ExtremeMove} is a fall of the whole price: less than 1 is required");
        }
    }

    /// <summary>Share of price.</summary>
    public double PriceScanRange { get; }

    /// <summary>Relative change of vol.</summary>
    public double VolScanRange { get; }

    public double LookAheadYears { get; }

    /// <summary>In scan ranges.</summary>
    public double ExtremeMove { get; }

    public double ExtremeCover { get; }

    public double InterMonthRate { get; }

    public double ShortOptionMinimum { get; }

    public double InitialFactor { get; }

    public ImmutableArray<double> DeltaWeights { get; }
}

/// <summary>One contract of a commodity: USD.</summary>
/// <param name="Option">call or put; null is a future</param>
/// <param name="Strike">of an option</param>
/// <param name="Years">to expiry; 0 for a perpetual</param>
/// <param name="Vol">of an option, annual</param>
/// <param name="Forward">price of the future, or of the option's underlying future</param>
/// <param name="Quantity">coins, long positive</param>
public readonly record struct SpanContract(OptionType? Option, double Strike, double Years, double Vol, double Forward, double Quantity);

/// <summary>SPAN's figures for one commodity; USD, requirements positive.</summary>
/// <param name="Pnl">[16] of the portfolio, profit positive, the extremes at their cover fraction</param>
/// <param name="ScanRisk">greatest loss, at least 0</param>
/// <param name="WorstIndex">scenario of it, from 0</param>
/// <param name="InterMonth">charge for spreads between expiries</param>
/// <param name="ShortOptionMinimum">least requirement</param>
/// <param name="NetDelta">composite delta of all expiries, coins</param>
/// <param name="Maintenance">greater of scan risk plus inter-month charge, and the short option minimum</param>
/// <param name="Initial">maintenance times the initial factor</param>
public sealed record SpanMargin(ImmutableArray<double> Pnl, double ScanRisk, int WorstIndex, double InterMonth, double ShortOptionMinimum, double NetDelta, double Maintenance, double Initial);

/// <summary>SPAN: 16 scenarios in standard order, composite delta, inter-month charge, short option minimum.</summary>
public static class SpanArray
{
    public const int Scenarios = 16;

    /// <summary>Scan risk of a 16-vector of profits: the greatest loss, at least 0.</summary>
    /// <param name="pnl">[16] profit positive, extremes already at their cover fraction</param>
    /// <exception cref="InvalidInputException"><c>span-vector</c>: not 16 finite numbers</exception>
    public static double ScanRisk(ReadOnlySpan<double> pnl)
    {
        if (pnl.Length != Scenarios)
        {
            throw new InvalidInputException("span-vector", $"a SPAN array has {Scenarios} numbers, not {pnl.Length}");
        }

        var worst = 0.0;
        foreach (var x in pnl)
        {
            if (!double.IsFinite(x))
            {
                throw new InvalidInputException("span-vector", $"a SPAN array holds {x}: finite numbers are required");
            }

            worst = Math.Min(worst, x);
        }

        return -worst + 0.0;
    }

    /// <summary>Profit of one unit of a contract in the 16 scenarios.</summary>
    public static ImmutableArray<double> Of(in SpanContract contract, SpanParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var pnl = ImmutableArray.CreateBuilder<double>(Scenarios);
        foreach (var third in (ReadOnlySpan<int>)[0, 1, -1, 2, -2, 3, -3])
        {
            var move = parameters.PriceScanRange * third / 3;
            pnl.Add(Pnl(contract, move, 1 + parameters.VolScanRange, parameters));
            pnl.Add(Pnl(contract, move, Math.Max(0, 1 - parameters.VolScanRange), parameters));
        }

        var extreme = parameters.PriceScanRange * parameters.ExtremeMove;
        pnl.Add(parameters.ExtremeCover * Pnl(contract, extreme, 1, parameters));
        pnl.Add(parameters.ExtremeCover * Pnl(contract, -extreme, 1, parameters));
        return pnl.MoveToImmutable();
    }

    /// <summary>Requirement of one commodity.</summary>
    /// <param name="spot">USD per coin, above 0</param>
    /// <param name="contracts">positions</param>
    /// <param name="parameters">constants</param>
    public static SpanMargin Evaluate(double spot, ImmutableArray<SpanContract> contracts, SpanParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (!(spot > 0) || !double.IsFinite(spot))
        {
            throw new InvalidInputException("venue-account", $"spot is {spot}: a finite number above 0 is required");
        }

        var pnl = new double[Scenarios];
        var deltaByExpiry = new SortedDictionary<double, double>();
        foreach (var c in contracts)
        {
            var unit = Of(c, parameters);
            for (var i = 0; i < Scenarios; i++)
            {
                pnl[i] += c.Quantity * unit[i];
            }

            deltaByExpiry[c.Years] = deltaByExpiry.GetValueOrDefault(c.Years) + (c.Quantity * CompositeDelta(c, parameters));
        }

        var scan = ScanRisk(pnl);
        var longs = deltaByExpiry.Values.Sum(d => Math.Max(d, 0));
        var shorts = deltaByExpiry.Values.Sum(d => Math.Max(-d, 0));
        var interMonth = parameters.InterMonthRate * spot * Math.Min(longs, shorts);
        var minimum = parameters.ShortOptionMinimum * spot * contracts.Sum(c => c.Option is null ? 0 : Math.Max(-c.Quantity, 0));
        var maintenance = Math.Max(scan + interMonth, minimum);
        return new SpanMargin([.. pnl], scan, Array.IndexOf(pnl, pnl.Min()), interMonth, minimum, longs - shorts, maintenance, maintenance * parameters.InitialFactor);
    }

    /// <summary>Delta of one unit averaged over the seven scan prices, after the look-ahead time.</summary>
    public static double CompositeDelta(in SpanContract contract, SpanParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (contract.Option is not { } type)
        {
            return 1;
        }

        var years = Math.Max(0, contract.Years - parameters.LookAheadYears);
        double sum = 0, weights = 0;
        for (var i = 0; i < parameters.DeltaWeights.Length; i++)
        {
            var forward = contract.Forward * (1 + (parameters.PriceScanRange * (i - 3) / 3));
            var delta = years == 0 || contract.Vol == 0
                ? (type == OptionType.Call ? (forward > contract.Strike ? 1 : 0) : forward < contract.Strike ? -1 : 0)
                : Black76.Greeks(new BlackInputs(type, forward, contract.Strike, years, contract.Vol)).Delta;
            sum += parameters.DeltaWeights[i] * delta;
            weights += parameters.DeltaWeights[i];
        }

        return weights > 0 ? sum / weights : throw new InvalidInputException("venue-parameters", "span delta_weights add up to 0");
    }

    private static double Pnl(in SpanContract c, double move, double volFactor, SpanParameters p)
    {
        if (c.Option is not { } type)
        {
            return c.Forward * move;
        }

        var years = Math.Max(0, c.Years - p.LookAheadYears);
        return OptionValue.Black(type, c.Forward * (1 + move), c.Strike, years, c.Vol * volFactor) - OptionValue.Black(type, c.Forward, c.Strike, c.Years, c.Vol);
    }
}
