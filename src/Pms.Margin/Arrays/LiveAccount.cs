using Pms.Margin.Measures;
using Pms.Primitives;

namespace Pms.Margin.Arrays;

/// <summary>ES of one live account.</summary>
/// <param name="Es">loss, money units, rounded up: <see cref="TailEstimate.Es"/></param>
/// <param name="LossMass">sum of loss times mass over the tail: the ES is exactly this over <see cref="LiveAccount.EsMass"/></param>
public readonly record struct LiveTail(long Es, Int128 LossMass);

/// <summary>One account's gains kept at hand, so that the ES with one more order takes some microseconds and no memory.</summary>
/// <remarks>
/// The answers are those of <see cref="TailMeasure"/> to the last digit. The worst scenarios of the account as it is are remembered; with an order added, the tail
/// lies at or below any gain that enough of them do not exceed, so one pass over all scenarios finds every gain that can matter. Not safe for several threads at once.
/// </remarks>
public sealed class LiveAccount
{
    /// <summary>The worst scenarios are remembered up to this many times the mass of the tail, so that the bound they give is close.</summary>
    private const double Remembered = 1.5;

    /// <summary>Without remembered scenarios, every so manieth gain is looked at for a threshold.</summary>
    private const int SampleStep = 16;

    private readonly int[][] _rows;
    private readonly int[] _most;
    private readonly int _count;
    private readonly long[] _weights;
    private readonly long _totalMass;
    private readonly long _needed;
    private readonly long[] _gains;
    private readonly long[] _stress;
    private readonly int _bits;
    private readonly LiveBuffers _buffers;
    private int[] _worst = [];
    private long[] _worstGains = [];
    private TailEntry[]? _own;
    private int _worstCount;
    private Int128 _bound;

    /// <param name="array">rows</param>
    /// <param name="weights">[array.TailCount] weights of the scenarios with probability; empty: all equal</param>
    /// <param name="level">of the ES</param>
    /// <param name="holdings">of the account now</param>
    /// <exception cref="InvalidInputException"><c>sample-design</c>, <c>pnl-overflow</c></exception>
    public LiveAccount(RiskArray array, ReadOnlySpan<int> weights, TailLevel level, ReadOnlySpan<RowLots> holdings)
        : this(
            (array ?? throw new ArgumentNullException(nameof(array))).TickRows, array.MostTicks, array.TailCount, level, holdings, new LiveBuffers(DesignOf(array.TailCount, weights), array.ScenarioCount - array.TailCount))
    {
    }

    /// <summary>One of several that are asked one after the other.</summary>
    /// <param name="array">rows</param>
    /// <param name="level">of the ES</param>
    /// <param name="holdings">of the account now</param>
    /// <param name="buffers">of the array's scenarios; shared</param>
    internal LiveAccount(RiskArray array, TailLevel level, ReadOnlySpan<RowLots> holdings, LiveBuffers buffers)
        : this(array.TickRows, array.MostTicks, array.TailCount, level, holdings, buffers)
    {
    }

    /// <summary>The same over any integer rows.</summary>
    /// <param name="rows">[row][scenario]</param>
    /// <param name="most">[row] largest |entry|</param>
    /// <param name="count">scenarios that have probability; the first ones of each row</param>
    /// <param name="weights">[count]; empty: all equal</param>
    /// <param name="level">of the ES</param>
    /// <param name="holdings">of the account now</param>
    public LiveAccount(int[][] rows, int[] most, int count, ReadOnlySpan<int> weights, TailLevel level, ReadOnlySpan<RowLots> holdings)
        : this(rows, most, count, level, holdings, new LiveBuffers(DesignOf(count, weights), 0))
    {
    }

    private LiveAccount(int[][] rows, int[] most, int count, TailLevel level, ReadOnlySpan<RowLots> holdings, LiveBuffers buffers)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(most);
        (_rows, _most, _count, _buffers) = (rows, most, count, buffers);
        (_weights, _totalMass) = (buffers.Weights, buffers.TotalWeight);
        EsMass = _totalMass * level.TailPartsPerBillion;
        _needed = EsMass / TailLevel.Whole;
        _gains = GC.AllocateArray<long>(count + TailSelection.Slack, pinned: true);
        _bits = WorstGains.BitsOf(count);
        _stress = new long[buffers.ChangedStress.Length];
        Place(holdings);
    }

    /// <summary>Mass of the tail, in billionths of a weight.</summary>
    public long EsMass { get; }

    /// <summary>[scenario] gains of the account as it is, money units.</summary>
    public ReadOnlySpan<long> Gains => _gains.AsSpan(0, _count);

    /// <summary>The account from its holdings, without regard to what was there before.</summary>
    /// <returns>its ES</returns>
    /// <exception cref="InvalidInputException"><c>pnl-overflow</c>: sums over its gains may leave 64 bits; such an account is for <see cref="RiskArray.AccountPnl"/></exception>
    public LiveTail Reset(ReadOnlySpan<RowLots> holdings) => TailOf(Renew(holdings, out _));

    /// <summary>The same, with the scenarios that make up the ES, in their order but those at its boundary last; among these the earlier ones count.</summary>
    /// <param name="holdings">of the account</param>
    /// <param name="scenarios">room for all</param>
    /// <param name="shares">[scenario of the tail] share of the ES that its loss has; they add up to 1</param>
    /// <param name="count">of scenarios in the tail</param>
    internal LiveTail Reset(ReadOnlySpan<RowLots> holdings, Span<int> scenarios, Span<double> shares, out int count)
    {
        var cut = Renew(holdings, out var size);
        var (left, filled) = (EsMass, 0);
        foreach (var isBoundary in (ReadOnlySpan<bool>)[false, true])
        {
            for (var i = 0; i < size && left > 0; i++)
            {
                var s = _buffers.Found[i];
                var mass = Math.Min((_weights.Length == 0 ? 1 : _weights[s]) * (long)TailLevel.Whole, left);
                if (mass > 0 && (isBoundary ? _gains[s] == cut.Boundary : _gains[s] < cut.Boundary))
                {
                    (scenarios[filled], shares[filled]) = (s, (double)mass / EsMass);
                    filled++;
                    left -= mass;
                }
            }
        }

        count = filled;
        return TailOf(cut);
    }

    /// <summary>ES of the account as it is.</summary>
    public LiveTail Tail() => With(0, 0);

    /// <summary>ES of the account with an order added; the account stays as it is. Allocates nothing.</summary>
    /// <param name="row">of the array</param>
    /// <param name="lots">bought; negative: sold</param>
    /// <exception cref="InvalidInputException"><c>pnl-overflow</c>, as <see cref="Reset(ReadOnlySpan{RowLots})"/></exception>
    public LiveTail With(int row, long lots)
    {
        if (_worstCount == 0)
        {
            Remember();
        }

        RequireBound(_bound + Bound(row, lots));
        var ticks = _rows[row].AsSpan(0, _count);
        LotKernels.Fetch(ticks);
        return TailOf(Cut(Find(_gains, ticks, lots, RememberedThreshold(_gains, [new RowLots(row, lots)]), out _), _needed));
    }

    /// <summary>Whether the account's gains with changes fit 64 bits, also summed up and with their scenarios' numbers: if not, it is for <see cref="RiskArray.AccountPnl"/>.</summary>
    internal bool Fits(ReadOnlySpan<RowLots> changes)
    {
        var bound = _bound;
        foreach (var (row, lots) in changes)
        {
            bound += Bound(row, lots);
        }

        return bound * Math.Max(_count, 1L << _bits) <= long.MaxValue;
    }

    /// <summary>The worst scenarios with probability after some changes, worst first, so many that their weight exceeds the tail's; the account stays as it is. Allocates nothing but, once, the list of the account as it is.</summary>
    /// <param name="changes">lots bought, sold negative, by row, each row once; they fit (<see cref="Fits"/>)</param>
    /// <returns>valid until the next call</returns>
    internal ReadOnlySpan<TailEntry> Worst(ReadOnlySpan<RowLots> changes)
    {
        if (changes.IsEmpty && _own is not null)
        {
            return _own;
        }

        if (_worstCount == 0)
        {
            Remember();
        }

        // One change is added on the way, several beforehand.
        var gains = _gains;
        if (changes.Length > 1)
        {
            gains = _buffers.Changed;
            LotKernels.Gains(_rows, changes, Gains, gains.AsSpan(0, _count));
            changes = [];
        }

        var isOwn = gains == _gains && changes.IsEmpty;
        var (row, lots) = changes.IsEmpty ? default : changes[0];
        ReadOnlySpan<int> ticks = changes.IsEmpty ? [] : _rows[row].AsSpan(0, _count);
        LotKernels.Fetch(ticks);
        var size = Find(gains, ticks, lots, RememberedThreshold(gains, changes), out _);
        for (var i = 0; i < size; i++)
        {
            _buffers.Low[i] = (_buffers.List[i] << _bits) | (uint)_buffers.Found[i];
        }

        // With weights it is not known beforehand how many scenarios make up the mass.
        var count = WorstGains.Sort(_buffers.Low.AsSpan(0, size), _weights.Length == 0 ? (int)_needed + 1 : size, _buffers.High, _buffers.Buckets);
        WorstGains.ToEntries(_buffers.High.AsSpan(0, count), _bits, _buffers.Entries);
        if (isOwn)
        {
            _own = _buffers.Entries[..count];
        }

        return _buffers.Entries.AsSpan(0, count);
    }

    /// <summary>[stress scenario] gains after some changes. Valid until the next call.</summary>
    /// <inheritdoc cref="Worst" path="/param"/>
    internal ReadOnlySpan<long> Stress(ReadOnlySpan<RowLots> changes)
    {
        if (changes.IsEmpty)
        {
            return _stress;
        }

        _stress.CopyTo(_buffers.ChangedStress, 0);
        foreach (var (row, lots) in changes)
        {
            LotKernels.AddScaled(StressOf(row), lots, _buffers.ChangedStress);
        }

        return _buffers.ChangedStress;
    }

    /// <summary>Adds an order to the account.</summary>
    /// <inheritdoc cref="With" path="/param|/exception"/>
    public void Add(int row, long lots)
    {
        var bound = _bound + Bound(row, lots);
        RequireBound(bound);
        _bound = bound;
        LotKernels.AddScaled(_rows[row].AsSpan(0, _count), lots, _gains.AsSpan(0, _count));
        LotKernels.AddScaled(StressOf(row), lots, _stress);
        (_worstCount, _own) = (0, null);
    }

    private static SampleDesign DesignOf(int count, ReadOnlySpan<int> weights)
    {
        var design = weights.IsEmpty ? SampleDesign.Equal(count) : SampleDesign.Weighted(weights);
        return design.Count == count ? design : throw new InvalidInputException("sample-design", $"{design.Count} weights for {count} scenarios");
    }

    private SelectionBuffers Selection => new(_buffers.Low, _buffers.LowWeights, _buffers.High, _buffers.HighWeights);

    private ReadOnlySpan<int> StressOf(int row) => _rows[row].AsSpan(_count, _stress.Length);

    private Int128 Bound(int row, long lots) => Int128.Abs(lots) * _most[row];

    private void RequireBound(Int128 bound)
    {
        if (bound * _count > long.MaxValue)
        {
            throw new InvalidInputException("pnl-overflow", $"gains of up to {bound} money units in {_count} scenarios may add up to more than 64 bits hold");
        }
    }

    private TailCut Cut(int count, long mass) => _weights.Length == 0
        ? TailSelection.Cut<EqualWeights>(_buffers.List, _buffers.ListWeights, count, mass, Selection)
        : TailSelection.Cut<OwnWeights>(_buffers.List, _buffers.ListWeights, count, mass, Selection);

    /// <summary>A guess from every so manieth gain, well beyond the tail; the largest gain where the tail is too large a part of all.</summary>
    private long SampledThreshold()
    {
        var size = 0;
        long mass = 0;
        for (var s = SampleStep / 2; s < _count; s += SampleStep)
        {
            _buffers.List[size] = _gains[s];
            if (_weights.Length > 0)
            {
                _buffers.ListWeights[size] = _weights[s];
            }

            mass += _weights.Length == 0 ? 1 : _weights[s];
            size++;
        }

        var share = (double)_needed / _totalMass;
        var rank = (share * size) + (4 * Math.Sqrt(share * size)) + 1;
        var wanted = (long)(rank / Math.Max(size, 1) * mass);
        return wanted < mass ? Cut(size, wanted).Boundary : long.MaxValue;
    }

    /// <summary>The scenarios of the account's tail and those next to it.</summary>
    private void Remember()
    {
        var wanted = Math.Min((long)(Remembered * _needed) + 1, _totalMass - 1);
        var size = Find(_gains, [], 0, SampledThreshold(), out var mass);
        if (mass <= wanted)
        {
            size = Find(_gains, [], 0, long.MaxValue, out _);
        }

        _worstCount = LotKernels.AtMost(_gains.AsSpan(0, _count), [], 0, Cut(size, wanted).Boundary, _buffers.Found);
        if (_worst.Length < _worstCount)
        {
            (_worst, _worstGains) = (new int[_worstCount], new long[_worstCount]);
        }

        _buffers.Found.AsSpan(0, _worstCount).CopyTo(_worst);
        for (var i = 0; i < _worstCount; i++)
        {
            _worstGains[i] = _gains[_worst[i]];
        }
    }

    /// <summary>At least the tail's mass of the remembered scenarios lies at or below this: so does the whole tail.</summary>
    /// <param name="gains">[scenario] of the account, or with changes added</param>
    /// <param name="changes">not added yet</param>
    private long RememberedThreshold(long[] gains, ReadOnlySpan<RowLots> changes)
    {
        if (gains == _gains)
        {
            _worstGains.AsSpan(0, _worstCount).CopyTo(_buffers.List);
        }
        else
        {
            for (var i = 0; i < _worstCount; i++)
            {
                _buffers.List[i] = gains[_worst[i]];
            }
        }

        foreach (var (row, lots) in changes)
        {
            var ticks = _rows[row];
            for (var i = 0; i < _worstCount; i++)
            {
                _buffers.List[i] += lots * ticks[_worst[i]];
            }
        }

        for (var i = 0; i < _worstCount && _weights.Length > 0; i++)
        {
            _buffers.ListWeights[i] = _weights[_worst[i]];
        }

        return Cut(_worstCount, _needed).Boundary;
    }

    /// <param name="holdings">of the account from now on</param>
    /// <param name="size">of the list of scenarios that were found</param>
    /// <returns>where the tail ends</returns>
    private TailCut Renew(ReadOnlySpan<RowLots> holdings, out int size)
    {
        Place(holdings);
        size = Find(_gains, [], 0, SampledThreshold(), out var mass);
        size = mass > _needed ? size : Find(_gains, [], 0, long.MaxValue, out _);
        return Cut(size, _needed);
    }

    private void Place(ReadOnlySpan<RowLots> holdings)
    {
        Int128 bound = 0;
        foreach (var (row, lots) in holdings)
        {
            bound += Bound(row, lots);
        }

        RequireBound(bound);
        _bound = bound;
        LotKernels.Gains(_rows, holdings, _gains.AsSpan(0, _count));
        _stress.AsSpan().Clear();
        foreach (var (row, lots) in holdings)
        {
            LotKernels.AddScaled(StressOf(row), lots, _stress);
        }

        (_worstCount, _own) = (0, null);
    }

    private LiveTail TailOf(in TailCut cut)
    {
        var lossMass = -((cut.Below * TailLevel.Whole) + ((Int128)(EsMass - (cut.MassBelow * TailLevel.Whole)) * cut.Boundary));
        var (quotient, remainder) = Int128.DivRem(lossMass, EsMass);
        return new LiveTail(checked((long)quotient + (remainder > 0 ? 1 : 0)), lossMass);
    }

    /// <summary>Gains with an order added, up to the threshold, to the list.</summary>
    private int Find(long[] gains, ReadOnlySpan<int> ticks, long lots, long threshold, out long mass)
    {
        var size = LotKernels.AtMost(gains.AsSpan(0, _count), ticks, lots, threshold, _buffers.Found);
        for (var i = 0; i < size; i++)
        {
            var s = _buffers.Found[i];
            _buffers.List[i] = gains[s] + (ticks.IsEmpty ? 0 : lots * ticks[s]);
        }

        mass = size;
        if (_weights.Length > 0)
        {
            mass = 0;
            for (var i = 0; i < size; i++)
            {
                mass += _buffers.ListWeights[i] = _weights[_buffers.Found[i]];
            }
        }

        return size;
    }
}
