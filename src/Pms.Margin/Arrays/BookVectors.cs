using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Pms.Margin.Measures;

namespace Pms.Margin.Arrays;

/// <summary>What one thread of a <see cref="BookPass"/> holds of the vectors that go over the blocks together; afterwards, the vectors of one account after the other.</summary>
internal sealed unsafe class BookVectors
{
    private readonly BookPass _pass;
    private readonly int _capacity;
    private readonly State[] _states;
    private readonly int[] _packed;
    private readonly long[] _gains;
    private readonly long[] _stress;
    private readonly long[] _list;
    private readonly long[] _listWeights;
    private readonly long[] _low;
    private readonly long[] _high;
    private readonly long[] _lowWeights;
    private readonly long[] _highWeights;
    private readonly int[] _buckets;
    private readonly TailEntry[] _entries;
    private int _shown;

    /// <param name="pass">whose vectors</param>
    /// <param name="room">vectors at a time</param>
    /// <param name="rows">in a packed block</param>
    public BookVectors(BookPass pass, int room, int rows)
    {
        _pass = pass;
        _capacity = pass.Capacity;
        Room = room;
        _states = GC.AllocateUninitializedArray<State>(room + 1, pinned: true);
        _packed = GC.AllocateUninitializedArray<int>((rows * BlockKernels.Block) + (BlockKernels.LineBytes / sizeof(int)), pinned: true);
        _gains = GC.AllocateUninitializedArray<long>(checked((room * _capacity) + TailSelection.Slack), pinned: true);
        _stress = GC.AllocateUninitializedArray<long>(checked(room * pass.StressCount));
        var length = _capacity + TailSelection.Slack;
        _list = new long[length];
        _low = new long[length];
        _high = new long[length];
        var weighted = pass.Weights.Length > 0 ? length : 0;
        _listWeights = new long[weighted];
        _lowWeights = new long[weighted];
        _highWeights = new long[weighted];
        _buckets = new int[WorstGains.BucketRoom(_capacity)];
        _entries = new TailEntry[_capacity];
    }

    public int Room { get; }

    /// <summary>[row][scenario of the block]</summary>
    public int* Packed => (int*)(((nuint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_packed)) + BlockKernels.LineBytes - 1) & ~(nuint)(BlockKernels.LineBytes - 1));

    private SelectionBuffers Selection => new(_low, _lowWeights, _high, _highWeights);

    /// <summary>The worst scenarios of a vector of the account that is shown.</summary>
    /// <param name="vector">of the account, from 0</param>
    /// <param name="worstFirst">without a gap, and beyond the level of the pass; valid until the next call</param>
    /// <returns>false: the threshold from a few scenarios was too low, and the vector is for the exact way</returns>
    public bool TryWorst(int vector, out ReadOnlySpan<TailEntry> worstFirst)
    {
        var list = _gains.AsSpan((_shown + vector) * _capacity, _states[_shown + vector].Count);
        if (MassOf(list) <= _pass.Needed)
        {
            worstFirst = default;
            return false;
        }

        // With weights it is not known beforehand how many scenarios make up the mass.
        var count = WorstGains.Sort(list, _pass.Weights.Length == 0 ? (int)_pass.Needed + 1 : list.Length, _list, _buckets);
        WorstGains.ToEntries(_list.AsSpan(0, count), _pass.Bits, _entries);
        worstFirst = _entries.AsSpan(0, count);
        return true;
    }

    /// <summary>[stress scenario] gains of a vector of the account that is shown.</summary>
    public ReadOnlySpan<long> Stress(int vector) => _stress.AsSpan((_shown + vector) * _pass.StressCount, _pass.StressCount);

    /// <summary>The account whose vectors begin here is the one that is read.</summary>
    internal void Show(int first) => _shown = first;

    internal void Reset(int count) => _states.AsSpan(0, count + 1).Fill(new State { Threshold = long.MaxValue });

    /// <summary>Adds a block's gains up to the vector's threshold to its list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Keep(int vector, long* sums, int first, int valid)
    {
        var state = (State*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_states)) + vector;
        var list = (long*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_gains)) + ((nint)vector * _capacity);
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(list + _capacity + state[1].Count);
        }

        state->Count += BlockKernels.Keep(sums, valid, state->Threshold, first, _pass.Bits, list + state->Count);
        if (state->Count > _capacity - BlockKernels.Block)
        {
            Prune(vector);
        }
    }

    /// <summary>A block of gains under stress.</summary>
    internal void Store(int vector, long* sums, int first, int valid) =>
        new ReadOnlySpan<long>(sums, valid).CopyTo(_stress.AsSpan((vector * _pass.StressCount) + first - _pass.TailCount));

    /// <summary>From the gains of the pilots: thresholds well beyond the tail, and of the lists what lies below them.</summary>
    /// <param name="count">vectors</param>
    /// <param name="mass">weight that is expected below the threshold</param>
    internal void Narrow(int count, long mass)
    {
        for (var vector = 0; vector < count; vector++)
        {
            Cut(vector, mass);
        }
    }

    /// <summary>The list is full: what the tail needs of it gives a threshold that is certain.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Prune(int vector) => Cut(vector, _pass.Needed);

    /// <summary>Shortens a list to the lowest gains that weigh more than a mass, where it has as much; nothing above them is kept from then on.</summary>
    private void Cut(int vector, long mass)
    {
        ref var state = ref _states[vector];
        var list = _gains.AsSpan(vector * _capacity, state.Count);
        if (MassOf(list) <= mass)
        {
            return;
        }

        list.CopyTo(_list);
        long boundary;
        if (_pass.Weights.Length == 0)
        {
            boundary = TailSelection.Cut<EqualWeights>(_list, _listWeights, list.Length, mass, Selection).Boundary;
        }
        else
        {
            for (var i = 0; i < list.Length; i++)
            {
                _listWeights[i] = _pass.Weights[Scenario(list[i])];
            }

            boundary = TailSelection.Cut<OwnWeights>(_list, _listWeights, list.Length, mass, Selection).Boundary;
        }

        var kept = 0;
        foreach (var entry in list)
        {
            list[kept] = entry;
            kept += entry <= boundary ? 1 : 0;
        }

        state = new State { Threshold = boundary >> _pass.Bits, Count = kept };
    }

    private long MassOf(ReadOnlySpan<long> list)
    {
        if (_pass.Weights.Length == 0)
        {
            return list.Length;
        }

        long mass = 0;
        foreach (var entry in list)
        {
            mass += _pass.Weights[Scenario(entry)];
        }

        return mass;
    }

    private int Scenario(long entry) => (int)(entry & ((1L << _pass.Bits) - 1));

    /// <summary>What is known of a vector on the way.</summary>
    private struct State
    {
        /// <summary>Gains up to this one are kept.</summary>
        public long Threshold;

        /// <summary>Length of the list.</summary>
        public int Count;
    }
}
