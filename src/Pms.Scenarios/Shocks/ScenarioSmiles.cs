using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Volatility;

namespace Pms.Scenarios.Shocks;

/// <summary>What was done to a shocked surface so that it has no arbitrage.</summary>
[Flags]
public enum SmileRepairs : byte
{
    None = 0,

    /// <summary>The skew's line was made flatter on at least one expiry.</summary>
    Tilt = 1,

    /// <summary>The smile of at least one expiry was made flatter around its vol at the money, which stays as the scenario has it.</summary>
    Shape = 2,

    /// <summary>The vol at the money of at least one expiry was lowered.</summary>
    Level = 4,
}

/// <summary>The surface of one option family in every scenario, at the horizon: per expiry the move of its forward and of its smile, free of arbitrage.</summary>
/// <remarks>
/// Scenario by scenario, with horizon h, an expiry of T years, forward F0 and smile w0(k) becomes F1 = F0 exp(x) and
/// w1(k) = f w0(k) + L k + c, k = ln(K / F1), which is raw SVI again:
/// x = spot - peg + basis B(max(T - h, 0)) (<see cref="BasisTerm"/>); f = exp(2 vol(T)) (T - h) / T; L = 2 sqrt(f w0(0)) skew; c = 0 unless repaired. At or before the horizon f, L and c are 0:
/// intrinsic value. Every shocked surface is held to the bounds of <see cref="SmileBounds"/>, which are proven over the whole line. Where a plain move is outside,
/// its smile is made flatter around the vol at the money (f lower, c above 0 so that w1(0) stays); only where no shape has that vol is the vol lowered. Tilts shrink: none steeper than its
/// butterfly bound, none further from its neighbour than the pair allows. Levels go from the last expiry to the first, tilts from the first to the last; tilts are of one sign, only shrink, and grow with
/// the expiry, so that the second pass cannot break what the first made good. Derivation: docs/model/scenarios.md. Source of the skew rule: <see cref="VolShock"/>.
/// </remarks>
public sealed class ScenarioSmiles
{
    /// <summary>Least factor of total variance: vol at a millionth of itself.</summary>
    private const double LeastFactor = 1e-12;

    private readonly double[][] _return;
    private readonly double[][] _factor;
    private readonly double[][] _line;
    private readonly double[]?[] _lift;
    private readonly double[][] _settlement;
    private readonly SmileRepairs[] _repairs;

    private ScenarioSmiles(SmileBounds bounds, double horizonYears, int count, bool hasSkew, bool hasPeg)
    {
        Bounds = bounds;
        HorizonYears = horizonYears;
        Count = count;
        FirstAlive = bounds.Surface.Slices.Count(s => !(s.Years > horizonYears));
        var n = bounds.Surface.Slices.Length;
        _return = Columns(n, count, from: 0);
        _factor = Columns(n, count, FirstAlive);
        _line = hasSkew ? Columns(n, count, FirstAlive) : [];
        _lift = new double[n][];
        // A linear family is settled in its quote currency at every expiry alike.
        _settlement = bounds.Surface.Underlying.Settlement == Settlement.Inverse ? Columns(n, count, from: 0) : hasPeg ? Columns(1, count, from: 0) : [];
        _repairs = new SmileRepairs[count];
    }

    public SmileBounds Bounds { get; }

    public VolSurface Surface => Bounds.Surface;

    public double HorizonYears { get; }

    /// <summary>Scenarios; each gives one shocked surface, and all of them are checked.</summary>
    public int Count { get; }

    /// <summary>Index of the first expiry after the horizon.</summary>
    public int FirstAlive { get; }

    /// <summary>Shocked surfaces that had a tilt shrunk.</summary>
    public int RepairedByTilt { get; private set; }

    /// <summary>Shocked surfaces that had a smile made flatter around an unchanged vol at the money.</summary>
    public int RepairedByShape { get; private set; }

    /// <summary>Shocked surfaces that had a vol at the money lowered.</summary>
    public int RepairedByLevel { get; private set; }

    /// <summary>[scenario]</summary>
    public ReadOnlySpan<SmileRepairs> Repairs => _repairs;

    /// <summary>[scenario] x: ln(F1 / F0) of the expiry, in quote currency.</summary>
    public ReadOnlySpan<double> LogForwardReturn(int slice) => _return[slice];

    /// <summary>[scenario] f: factor on total variance, at least 0; 0 at or before the horizon.</summary>
    public ReadOnlySpan<double> VarianceFactor(int slice) => _factor[slice];

    /// <summary>[scenario] L: total variance per unit of k; empty where no scenario has a skew.</summary>
    public ReadOnlySpan<double> SkewLine(int slice) => _line.Length == 0 ? default : _line[slice];

    /// <summary>[scenario] c: total variance added to the whole smile, at least 0; above 0 only where a surface was repaired, and empty where none was so.</summary>
    public ReadOnlySpan<double> Lift(int slice) => _lift[slice];

    /// <summary>[scenario] factor from Black's value at F1 to USD, over the same today: exp(peg) for a linear family; (S1 / F1) / (S0 / F0) for an inverse one; empty where it is 1 in all.</summary>
    public ReadOnlySpan<double> SettlementFactor(int slice) => _settlement.Length == 0 ? default : _settlement[_settlement.Length == 1 ? 0 : slice];

    /// <summary>f, L and c of one expiry in one scenario.</summary>
    public (double Factor, double Line, double Lift) MoveOf(int slice, int scenario) => (_factor[slice][scenario], At(SkewLine(slice), scenario), At(Lift(slice), scenario));

    /// <inheritdoc cref="Build(SmileBounds, double, in FamilyMoves)"/>
    public static ScenarioSmiles Build(VolSurface surface, ScenarioSet set)
    {
        ArgumentNullException.ThrowIfNull(surface);
        ArgumentNullException.ThrowIfNull(set);
        return Build(new SmileBounds(surface), set.HorizonYears, FamilyMoves.Of(set, surface.Underlying));
    }

    /// <summary>Moves the surface by every scenario, checks and repairs.</summary>
    /// <param name="bounds">of the surface; may be kept for other sets of moves</param>
    /// <param name="horizonYears">time that passes, ACT/365, at least 0</param>
    /// <param name="moves">of the family; finite</param>
    /// <exception cref="InvalidInputException"><c>horizon</c>: negative or not finite; <c>surface-arbitrage</c>, <c>risk-factor-missing</c> from the parts</exception>
    public static ScenarioSmiles Build(SmileBounds bounds, double horizonYears, in FamilyMoves moves)
    {
        ArgumentNullException.ThrowIfNull(bounds);
        if (!(horizonYears >= 0) || !double.IsFinite(horizonYears))
        {
            throw new InvalidInputException("horizon", $"horizon {horizonYears} years is not a finite number of at least 0");
        }

        var hasSkew = moves.SkewChange.ContainsAnyExcept(0.0);
        var smiles = new ScenarioSmiles(bounds, horizonYears, moves.Count, hasSkew, !moves.PegLogChange.IsEmpty);
        if (smiles.Move(moves) || hasSkew)
        {
            smiles.Repair(moves.SkewChange);
        }

        foreach (var repairs in smiles._repairs)
        {
            smiles.RepairedByTilt += (repairs & SmileRepairs.Tilt) == SmileRepairs.Tilt ? 1 : 0;
            smiles.RepairedByShape += (repairs & SmileRepairs.Shape) == SmileRepairs.Shape ? 1 : 0;
            smiles.RepairedByLevel += (repairs & SmileRepairs.Level) == SmileRepairs.Level ? 1 : 0;
        }

        return smiles;
    }

    /// <summary>The surface of one scenario at the horizon; null where every expiry has passed.</summary>
    public VolSurface? Shocked(int scenario)
    {
        if (FirstAlive == Surface.Slices.Length)
        {
            return null;
        }

        var slices = ImmutableArray.CreateBuilder<VolSlice>();
        for (var i = FirstAlive; i < Surface.Slices.Length; i++)
        {
            var slice = Surface.Slices[i];
            var move = MoveOf(i, scenario);
            slices.Add(slice with
            {
                Years = slice.Years - HorizonYears,
                Forward = slice.Forward * ElementaryMath.Exp(_return[i][scenario]),
                Smile = SmileLine.Add(slice.Smile.Scale(move.Factor), move.Line).Lift(move.Lift),
            });
        }

        return new VolSurface(Surface.Underlying, Surface.At.AddTicks((long)(HorizonYears * 365 * TimeSpan.TicksPerDay)), slices, Surface.ParametersHash);
    }

    private static double At(ReadOnlySpan<double> column, int scenario) => column.IsEmpty ? 0 : column[scenario];

    /// <summary>Columns that are written to the last entry need no clearing; those before <paramref name="from"/> stay 0.</summary>
    private static double[][] Columns(int n, int count, int from)
    {
        var columns = new double[n][];
        for (var i = 0; i < n; i++)
        {
            columns[i] = i < from ? new double[count] : GC.AllocateUninitializedArray<double>(count);
        }

        return columns;
    }

    /// <summary>Forwards, settlement and levels, later expiries first; tilts as asked for.</summary>
    /// <returns>whether a level is outside its bounds</returns>
    private bool Move(in FamilyMoves moves)
    {
        if (Surface.Underlying.Settlement == Settlement.Linear)
        {
            for (var s = 0; s < moves.PegLogChange.Length; s++)
            {
                _settlement[0][s] = ElementaryMath.Exp(moves.PegLogChange[s]);
            }
        }

        var isOutside = false;
        for (var i = Surface.Slices.Length - 1; i >= 0; i--)
        {
            var done = Vector512.IsHardwareAccelerated ? MoveSlice<Lanes8>(i, moves, 0, ref isOutside)
                : Vector256.IsHardwareAccelerated ? MoveSlice<Lanes4>(i, moves, 0, ref isOutside)
                : 0;
            MoveSlice<Lanes1>(i, moves, done, ref isOutside);
        }

        return isOutside;
    }

    private int MoveSlice<T>(int i, in FamilyMoves moves, int start, ref bool isOutside)
        where T : struct, ILanes<T>
    {
        var slice = Surface.Slices[i];
        var left = Math.Max(slice.Years - HorizonYears, 0);
        var tenor = TenorShare.Of(slice.Years);
        ref var spotFrom = ref MemoryMarshal.GetReference(moves.SpotLogReturn);
        ref var pegFrom = ref MemoryMarshal.GetReference(moves.PegLogChange);
        ref var basisFrom = ref MemoryMarshal.GetReference(moves.BasisChange);
        ref var skewFrom = ref MemoryMarshal.GetReference(moves.SkewChange);
        ref var lowerFrom = ref MemoryMarshal.GetReference(moves.VolLogChange(tenor.Lower));
        ref var upperFrom = ref MemoryMarshal.GetReference(moves.VolLogChange(tenor.Lower + 1));
        ref var returns = ref MemoryMarshal.GetArrayDataReference(_return[i]);
        ref var factors = ref MemoryMarshal.GetArrayDataReference(_factor[i]);
        var hasSkew = _line.Length != 0;
        ref var lines = ref MemoryMarshal.GetReference(hasSkew ? _line[i].AsSpan() : default);
        var hasPeg = !moves.PegLogChange.IsEmpty;
        var isInverse = Surface.Underlying.Settlement == Settlement.Inverse;
        ref var settlements = ref MemoryMarshal.GetReference(isInverse ? _settlement[i].AsSpan() : default);
        var isLast = i == Surface.Slices.Length - 1;
        ref var laterFactors = ref MemoryMarshal.GetArrayDataReference(_factor[isLast ? i : i + 1]);
        var bound = Bounds.Slices[i];
        var mostLevel = T.Create(bound.MostLevel);
        var mostRatio = T.Create(isLast ? 0 : Bounds.Pairs[i].MostRatio);
        var theta = T.Create(bound.Theta);
        var time = T.Create(left / slice.Years);
        var years = T.Create(BasisTerm.Years(left));
        var lowerShare = T.Create(2 * (1 - tenor.Share));
        var upperShare = T.Create(2 * tenor.Share);
        var two = T.Create(2);
        var least = T.Create(LeastFactor);
        var s = start;
        for (; s + T.Count <= Count; s += T.Count)
        {
            var at = (nuint)s;
            var p = hasPeg ? T.Load(ref pegFrom, at) : T.Create(0);
            var carry = T.Load(ref basisFrom, at) * years;
            T.Store(T.Load(ref spotFrom, at) - p + carry, ref returns, at);
            if (isInverse)
            {
                T.Store(ElementaryMath.Exp(p - carry), ref settlements, at);
            }

            if (left == 0)
            {
                continue;
            }

            var factor = T.Max(ElementaryMath.Exp((T.Load(ref lowerFrom, at) * lowerShare) + (T.Load(ref upperFrom, at) * upperShare)) * time, least);
            T.Store(factor, ref factors, at);
            if (hasSkew)
            {
                T.Store(two * T.Sqrt(factor * theta) * T.Load(ref skewFrom, at), ref lines, at);
            }

            var outside = T.Bits(T.Less(mostLevel, factor));
            if (!isLast)
            {
                outside |= T.Bits(T.Less(mostRatio * T.Load(ref laterFactors, at), factor));
            }

            isOutside |= outside != 0;
            for (var lane = 0; outside != 0; lane++, outside >>= 1)
            {
                if ((outside & 1) != 0)
                {
                    _repairs[s + lane] = SmileRepairs.Shape;
                }
            }
        }

        return s;
    }

    private void Repair(ReadOnlySpan<double> skew)
    {
        for (var s = 0; s < Count; s++)
        {
            if (skew[s] != 0 || _repairs[s] != SmileRepairs.None)
            {
                _repairs[s] = Repair(s, skew[s]);
            }
        }
    }

    private SmileRepairs Repair(int s, double skew)
    {
        var last = Surface.Slices.Length - 1;
        var isRising = skew > 0;
        var repairs = SmileRepairs.None;
        var mostSize = double.PositiveInfinity;
        for (var i = last; i >= FirstAlive; i--)
        {
            var bound = Bounds.Slices[i];
            var wanted = _factor[i][s];
            // The line as asked for.
            var asked = Math.Abs(At(SkewLine(i), s));
            var size = Math.Min(asked, mostSize);
            var factor = Math.Min(wanted, bound.MostLevel);
            if (size > 0)
            {
                factor = bound.MostFactorUnder(factor, size, isRising);
            }

            var level = wanted;
            if (i < last)
            {
                var (later, laterLift) = (_factor[i + 1][s], At(Lift(i + 1), s));
                if (factor > Bounds.Pairs[i].MostRatio * later || (wanted - factor) * bound.Theta > laterLift)
                {
                    // The product may round above the factor that the butterfly bound allows.
                    factor = Math.Min(factor, later * Bounds.Pairs[i].MostRatioAt(factor / later, ((wanted * bound.Theta) - laterLift) / later, out var reached));
                    var allowed = ((reached * later) + laterLift) / bound.Theta;
                    if (allowed < wanted * (1 - 1e-9))
                    {
                        level = allowed;
                        repairs |= SmileRepairs.Level;
                    }
                }
            }

            if (factor < wanted)
            {
                repairs |= factor < level ? SmileRepairs.Shape : SmileRepairs.None;
                _factor[i][s] = factor;
                if (level > factor)
                {
                    (_lift[i] ??= new double[Count])[s] = (level - factor) * bound.Theta;
                }
            }

            if (skew == 0)
            {
                continue;
            }

            size = Math.Min(size, 2 * Math.Sqrt(level * bound.Theta) * Math.Abs(skew));
            var tilt = bound.MostTilt(factor, size, isRising);
            if (tilt < size)
            {
                mostSize = tilt;
            }

            repairs |= tilt < asked * (1 - 1e-9) ? SmileRepairs.Tilt : SmileRepairs.None;
            _line[i][s] = isRising ? tilt : -tilt;
        }

        return skew == 0 ? repairs : repairs | BringTiltsTogether(s, isRising);
    }

    private SmileRepairs BringTiltsTogether(int s, bool isRising)
    {
        var repairs = SmileRepairs.None;
        for (var i = FirstAlive + 1; i < _line.Length; i++)
        {
            var before = Math.Abs(_line[i - 1][s]);
            var size = Math.Abs(_line[i][s]);
            if (size <= before)
            {
                continue;
            }

            var pair = Bounds.Pairs[i - 1];
            var factor = _factor[i][s];
            var ratio = _factor[i - 1][s] / factor;
            var raised = (At(Lift(i - 1), s) - At(Lift(i), s)) / factor;
            // A later smile tilted upwards falls below the earlier one on the left, and the other way round.
            var gap = pair.MostGap(ratio, !isRising);
            if (raised > 0)
            {
                var most = pair.MostLift(ratio);
                gap *= most > raised ? 1 - (raised / most) : 0;
            }

            var allowed = before + (factor * gap);
            if (allowed < size)
            {
                repairs = SmileRepairs.Tilt;
                _line[i][s] = isRising ? allowed : -allowed;
            }
        }

        return repairs;
    }
}
