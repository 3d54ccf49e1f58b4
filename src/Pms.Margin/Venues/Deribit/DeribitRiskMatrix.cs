using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Pricing;
using Pms.Primitives;

namespace Pms.Margin.Venues.Deribit;

/// <summary>A future or perpetual.</summary>
/// <param name="Size">coins at the mark, long positive</param>
/// <param name="Years">to expiry; 0 for a perpetual</param>
/// <param name="Price">mark, settlement currency per coin (linear only; an inverse profit in coin does not depend on it)</param>
public readonly record struct DeribitFuture(double Size, double Years, double Price);

/// <summary>An option.</summary>
/// <param name="Type">call or put</param>
/// <param name="Strike">quote per coin</param>
/// <param name="Years">to expiry, at least 0</param>
/// <param name="Vol">mark, annual</param>
/// <param name="Forward">underlying price of the expiry, quote per coin</param>
/// <param name="Size">coins, long positive</param>
public readonly record struct DeribitOption(OptionType Type, double Strike, double Years, double Vol, double Forward, double Size);

/// <summary>The positions that one matrix looks at: one coin, one settlement currency.</summary>
/// <param name="CoinSettled">inverse: everything is in the coin; else in the settlement currency</param>
/// <param name="Index">USD per coin; null where nothing needs it</param>
/// <param name="Futures">positions</param>
/// <param name="Options">positions</param>
public sealed record DeribitPositions(bool CoinSettled, double? Index, ImmutableArray<DeribitFuture> Futures, ImmutableArray<DeribitOption> Options);

/// <summary>Margin of one risk matrix, in settlement currency; losses and requirements positive, profits in the vectors positive.</summary>
/// <param name="Moves">[bucket] relative moves of the standard table, ascending</param>
/// <param name="Standard">[bucket x (up, same, down)] before offset</param>
/// <param name="AggregatedStandard">the same after the offset of profits</param>
/// <param name="Extended">[move] scaled to the edge of the standard range, before dampener and offset</param>
/// <param name="AggregatedExtended">after them</param>
/// <param name="WorstCase">greatest loss of both tables, at least 0</param>
/// <param name="WorstMove">where</param>
/// <param name="WorstIsExtended">which table</param>
/// <param name="WorstVol">up, same or down</param>
/// <param name="RollShock">charge for forwards that part from the index</param>
/// <param name="DeltaShock">charge for delta too large to trade at once</param>
/// <param name="RiskMatrixMargin">worst case rounded to 9 decimals, plus the shocks</param>
/// <param name="Initial">rounded to 9 decimals, other charges included</param>
/// <param name="Maintenance">share of the risk matrix margin</param>
public sealed record DeribitMargin(
    ImmutableArray<double> Moves,
    ImmutableArray<double> Standard,
    ImmutableArray<double> AggregatedStandard,
    ImmutableArray<double> Extended,
    ImmutableArray<double> AggregatedExtended,
    double WorstCase,
    double WorstMove,
    bool WorstIsExtended,
    string WorstVol,
    double RollShock,
    double DeltaShock,
    double RiskMatrixMargin,
    double Initial,
    double Maintenance);

/// <summary>Deribit's portfolio margin of one settlement currency and coin: 27 scenarios, the extended table, roll and delta shock.</summary>
/// <remarks>docs/model/venue-models.md tells what is published, what is re-derived from published responses, and what is a guess.</remarks>
public static class DeribitRiskMatrix
{
    public const int VolStates = 3;
    private const int Decimals = 9;
    private const double TieTolerance = 1e-12;
    private static readonly string[] VolNames = ["up", "same", "down"];

    /// <param name="positions">what is held</param>
    /// <param name="parameters">constants</param>
    /// <param name="otherInitial">market-maker protection, open orders and spot, in settlement currency, at least 0</param>
    /// <exception cref="InvalidInputException"><c>index-missing</c>: the dampener or a bound in USD needs the index; the codes of Black-76; <c>dte-range</c></exception>
    public static DeribitMargin Evaluate(DeribitPositions positions, DeribitParameters parameters, double otherInitial = 0)
    {
        ArgumentNullException.ThrowIfNull(positions);
        ArgumentNullException.ThrowIfNull(parameters);
        var p = parameters;
        var n = p.BucketsPerSide;
        var shocked = positions.Options.Select(o => o.Years > 0 ? p.Shock(o.Vol, o.Years * 365) : (Up: o.Vol, Down: o.Vol)).ToArray();
        var moves = ImmutableArray.CreateBuilder<double>();
        var standard = ImmutableArray.CreateBuilder<double>();
        for (var i = -n; i <= n; i++)
        {
            var move = p.PriceRange * i / n;
            moves.Add(move);
            for (var v = 0; v < VolStates; v++)
            {
                standard.Add(Pnl(positions, shocked, move, v));
            }
        }

        var extended = ImmutableArray.CreateBuilder<double>();
        foreach (var move in p.ExtendedMoves)
        {
            // What counts is a share of the loss in USD, told in coin at the price at the edge of the standard range: for a future that
            // is its profit at the edge, which the published vectors show to the last digit.
            var share = p.ExtendedFactor * p.PriceRange / Math.Abs(move);
            var coin = positions.CoinSettled ? (1 + move) / EdgePrice(p, move) : 1;
            extended.Add(Pnl(positions, shocked, move, 0) * share * coin);
        }

        var aggregated = standard.Select(x => Offset(x, p, positions)).ToImmutableArray();
        var dampened = extended.Select((x, i) => Offset(Dampen(x, p.ExtendedMoves[i], p, positions), p, positions)).ToImmutableArray();
        var (worst, index, isExtended) = Worst(aggregated, dampened);
        var roll = RollShock(positions, p);
        var delta = DeltaShock(positions, p);
        var matrix = Math.Round(worst, Decimals, MidpointRounding.AwayFromZero) + roll + delta;
        return new DeribitMargin(
            moves.ToImmutable(),
            standard.ToImmutable(),
            aggregated,
            extended.ToImmutable(),
            dampened,
            worst,
            isExtended ? p.ExtendedMoves[index] : moves[index / VolStates],
            isExtended,
            isExtended ? VolNames[0] : VolNames[index % VolStates],
            roll,
            delta,
            matrix,
            Math.Round(matrix + otherInitial, Decimals, MidpointRounding.AwayFromZero),
            matrix * p.MaintenanceFactor);
    }

    /// <summary>Delta of all positions in coins; a coin-settled option counts its net transaction delta, delta less its price.</summary>
    public static double NetDelta(DeribitPositions positions)
    {
        ArgumentNullException.ThrowIfNull(positions);
        return positions.Futures.Sum(f => f.Size) + positions.Options.Sum(o => o.Size * Delta(o, positions.CoinSettled));
    }

    private static double EdgePrice(DeribitParameters p, double move) => 1 + (Math.Sign(move) * p.PriceRange);

    private static double Pnl(DeribitPositions positions, (double Up, double Down)[] shocked, double move, int state)
    {
        var sum = 0.0;
        foreach (var f in positions.Futures)
        {
            sum += positions.CoinSettled ? f.Size * (1 - (1 / (1 + move))) : f.Size * f.Price * move;
        }

        for (var i = 0; i < positions.Options.Length; i++)
        {
            var o = positions.Options[i];
            var vol = state == 0 ? shocked[i].Up : state == 1 ? o.Vol : shocked[i].Down;
            var moved = o.Forward * (1 + move);
            var after = OptionValue.Black(o.Type, moved, o.Strike, o.Years, vol);
            var before = OptionValue.Black(o.Type, o.Forward, o.Strike, o.Years, o.Vol);
            sum += o.Size * (positions.CoinSettled ? (after / moved) - (before / o.Forward) : after - before);
        }

        return sum;
    }

    private static double Offset(double pnl, DeribitParameters p, DeribitPositions positions)
    {
        if (pnl <= 0 || p.PnlOffset == 0)
        {
            return Math.Min(pnl, 0);
        }

        var counted = pnl * p.PnlOffset;
        return double.IsPositiveInfinity(p.MaxOffsetablePnlUsd) ? counted : Math.Min(counted, InSettlement(p.MaxOffsetablePnlUsd, 1, positions));
    }

    private static double Dampen(double pnl, double move, DeribitParameters p, DeribitPositions positions)
    {
        if (pnl == 0 || p.ExtendedDampenerUsd == 0)
        {
            return pnl;
        }

        var removedUsd = (Math.Max(Math.Abs(move) / p.PriceRange, 1) - 1) * p.ExtendedDampenerUsd;
        var removed = Math.Min(InSettlement(removedUsd, EdgePrice(p, move), positions), Math.Abs(pnl));
        return pnl < 0 ? pnl + removed : pnl - removed;
    }

    /// <summary>USD in settlement currency at a moved price.</summary>
    private static double InSettlement(double usd, double priceFactor, DeribitPositions positions) => !positions.CoinSettled || usd == 0
        ? usd
        : usd / (priceFactor * (positions.Index ?? throw new InvalidInputException("index-missing", "an amount in USD must be told in coin: the index price is needed")));

    private static (double Worst, int Index, bool IsExtended) Worst(ImmutableArray<double> standard, ImmutableArray<double> extended)
    {
        var index = 0;
        for (var i = 1; i < standard.Length; i++)
        {
            index = standard[i] < standard[index] ? i : index;
        }

        var worst = standard[index];
        var isExtended = false;
        for (var i = 0; i < extended.Length; i++)
        {
            // A future's extended value is its edge value up to rounding: the standard table keeps ties.
            if (extended[i] < worst - (TieTolerance * Math.Abs(worst)))
            {
                (worst, index, isExtended) = (extended[i], i, true);
            }
        }

        return (Math.Max(0, -worst), index, isExtended);
    }

    private static double RollShock(DeribitPositions positions, DeribitParameters p)
    {
        var byExpiry = new SortedDictionary<double, (double Delta, double Price)>();
        void Add(double years, double delta, double price)
        {
            var before = byExpiry.GetValueOrDefault(years);
            byExpiry[years] = (before.Delta + delta, price);
        }

        foreach (var f in positions.Futures)
        {
            Add(f.Years, f.Size, f.Price);
        }

        foreach (var o in positions.Options)
        {
            Add(o.Years, o.Size * Delta(o, positions.CoinSettled), o.Forward);
        }

        var shock = 0.0;
        foreach (var (years, (delta, price)) in byExpiry)
        {
            var rate = Math.Max(p.MinAnnualisedMove, ElementaryMath.Expm1(p.AnnualisedMoveRisk * years));
            shock += rate * Math.Abs(delta) * (positions.CoinSettled ? 1 : price);
        }

        return shock;
    }

    private static double DeltaShock(DeribitPositions positions, DeribitParameters p)
    {
        if (positions.Index is not { } index)
        {
            return 0;
        }

        var delta = Math.Abs(NetDelta(positions));
        var beyond = Math.Max(0, delta - (p.DeltaThresholdUsd / index));
        return Math.Min(p.MaxDeltaShock, p.DeltaSlope * beyond) * delta * (positions.CoinSettled ? 1 : index);
    }

    private static double Delta(in DeribitOption o, bool coinSettled)
    {
        if (o.Years == 0 || o.Vol == 0)
        {
            var call = o.Type == OptionType.Call;
            var inTheMoney = call ? o.Forward > o.Strike : o.Forward < o.Strike;
            var intrinsic = inTheMoney ? Math.Abs(o.Forward - o.Strike) / o.Forward : 0;
            return (inTheMoney ? call ? 1 : -1 : 0) - (coinSettled ? intrinsic : 0);
        }

        var greeks = Black76.Greeks(new BlackInputs(o.Type, o.Forward, o.Strike, o.Years, o.Vol));
        return coinSettled ? greeks.NetDelta : greeks.Delta;
    }
}
