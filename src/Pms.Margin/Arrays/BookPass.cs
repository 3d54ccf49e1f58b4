using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Pms.Margin.Measures;

namespace Pms.Margin.Arrays;

/// <summary>Takes the vectors of one account after the other, in the order of the accounts within a thread.</summary>
internal interface IBookReader
{
    /// <param name="account">of the plan</param>
    /// <param name="vectors">its vectors; valid until the call returns</param>
    void Read(int account, BookVectors vectors);
}

/// <summary>One pass of a plan over an array: the worst gains of every vector and its gains under stress. The same numbers as from whole vectors, to the last digit.</summary>
/// <remarks>
/// The array is taken in blocks of 64 scenarios, so small that a block stays in the second-level cache while some thousand accounts go over it. A vector's
/// 64 gains are exact 64-bit sums in registers; those at or below a threshold are kept. The threshold comes from the first blocks, which are spread over the
/// set, and lies well beyond the tail; a list that fills up is cut to what the tail needs, exactly. Sums of integers do not depend on order, so neither blocks,
/// threads nor the width of vectors show in the result.
/// </remarks>
internal sealed class BookPass
{
    /// <summary>Lists of all threads together: what goes over the blocks together is bounded, whatever the number of scenarios.</summary>
    private const long ScratchBytes = 64L << 20;

    /// <summary>More vectors than this going over the blocks together gain nothing.</summary>
    private const int MostTogether = 5120;

    /// <summary>The threshold is estimated from at least this many blocks, and from one in <see cref="PilotShare"/>.</summary>
    private const int LeastPilots = 10;

    private const int PilotShare = 32;

    /// <summary>The threshold lies this many standard deviations of the estimated rank beyond the tail.</summary>
    private const double PilotMargin = 4.0;

    /// <summary>Room in a list, over what is expected to lie below the threshold.</summary>
    private const double ListMargin = 1.2;

    private readonly int[][] _rows;
    private readonly BookPlan _plan;
    private readonly int[] _usedRows;
    private readonly int[] _places;
    private readonly int[] _order;
    private readonly int _pilots;
    private readonly double _pilotRank;
    private readonly long _pilotMass;

    /// <param name="rows">[row][scenario], those with probability first, then stress</param>
    /// <param name="plan">vectors</param>
    /// <param name="design">of the scenarios with probability</param>
    /// <param name="level">the worst scenarios are kept down to this level</param>
    public BookPass(int[][] rows, BookPlan plan, SampleDesign design, TailLevel level)
    {
        _rows = rows;
        _plan = plan;
        TailCount = design.Count;
        StressCount = rows.Length == 0 ? 0 : rows[0].Length - TailCount;
        Bits = WorstGains.BitsOf(TailCount);
        // Weights that are all the same say no more than none.
        var weights = design.Weights.IsEmpty || !design.Weights.ContainsAnyExcept(design.Weights[0]) ? default : design.Weights;
        Weights = weights.ToArray();
        Needed = TailMeasure.TailMass(weights.IsEmpty ? SampleDesign.Equal(TailCount) : design, level) / TailLevel.Whole;
        (_usedRows, _places) = Places(plan);
        var blocks = (TailCount + BlockKernels.Block - 1) / BlockKernels.Block;
        _pilots = Math.Min(blocks, Math.Max(LeastPilots, blocks / PilotShare));
        _order = Order(blocks, _pilots);
        var pilots = (double)_pilots * BlockKernels.Block;
        var expected = pilots * level.TailPartsPerBillion / TailLevel.Whole;
        var rank = expected + (PilotMargin * Math.Sqrt(expected)) + 1;
        _pilotRank = _pilots < blocks && rank < 0.5 * pilots ? rank / pilots : 1;
        _pilotMass = _order.Take(_pilots).Sum(MassOf);
        // As many as the lightest tail has always fit; and more, so that few lists fill up.
        var most = MostInTail();
        Capacity = (int)Math.Min(TailCount, Math.Max(pilots, Math.Max(most, _pilotRank * ListMargin * Math.Max(TailCount, most * (double)TailLevel.Whole / level.TailPartsPerBillion)))) + BlockKernels.Block;
    }

    /// <summary>Bits of a scenario's number in a kept gain.</summary>
    public int Bits { get; }

    /// <summary>[scenario] empty where all are the same</summary>
    public int[] Weights { get; }

    /// <summary>The tail has more weight than this.</summary>
    public long Needed { get; }

    /// <summary>Longest list of kept gains, with room for a block behind.</summary>
    public int Capacity { get; }

    public int TailCount { get; }

    public int StressCount { get; }

    public BookPlan Plan => _plan;

    /// <summary>All accounts; the first failure in their order is the one that is told.</summary>
    /// <param name="maxThreads">the result does not depend on it</param>
    /// <param name="reader">called by all threads, by each for accounts of its own</param>
    public void Run(int maxThreads, IBookReader reader)
    {
        var threads = Math.Clamp(maxThreads, 1, Math.Max(1, _plan.Count));
        if (threads == 1)
        {
            Accounts(0, _plan.Count, ScratchBytes, reader);
            return;
        }

        var workers = new Thread[threads];
        var failures = new Exception?[threads];
        for (var t = 0; t < threads; t++)
        {
            var own = t;
            workers[t] = new Thread(() =>
            {
                try
                {
                    Accounts((int)((long)_plan.Count * own / threads), (int)((long)_plan.Count * (own + 1) / threads), ScratchBytes / threads, reader);
                }
                catch (Exception failure)
                {
                    // Whatever it is, it is told to the caller: on a thread of its own it would end the process.
                    failures[own] = failure;
                }
            });
            workers[t].Start();
        }

        foreach (var worker in workers)
        {
            worker.Join();
        }

        if (Array.Find(failures, f => f is not null) is { } first)
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }

    /// <summary>Blocks in the order of work: the pilots, spread over the set, then the others.</summary>
    private static int[] Order(int blocks, int pilots)
    {
        var order = new List<int>(blocks);
        for (var i = 0; i < pilots; i++)
        {
            order.Add((int)(((2L * i) + 1) * blocks / (2L * pilots)));
        }

        var isPilot = new HashSet<int>(order);
        for (var b = 0; b < blocks; b++)
        {
            if (!isPilot.Contains(b))
            {
                order.Add(b);
            }
        }

        return [.. order];
    }

    /// <summary>Rows that are held, and of every holding the place of its row in a packed block.</summary>
    private static (int[] Used, int[] Places) Places(BookPlan plan)
    {
        var slots = new int[plan.RowCount];
        var used = new List<int>();
        var places = new int[plan.Rows.Length];
        for (var h = 0; h < places.Length; h++)
        {
            ref var slot = ref slots[plan.Rows[h]];
            if (slot == 0)
            {
                used.Add(plan.Rows[h]);
                slot = used.Count;
            }

            places[h] = (slot - 1) * BlockKernels.Block;
        }

        return ([.. used], places);
    }

    /// <summary>No tail has more scenarios than this: so many of the lightest weigh more than is needed.</summary>
    private int MostInTail()
    {
        if (Weights.Length == 0)
        {
            return (int)Needed + 1;
        }

        var sorted = Weights.Order().ToArray();
        long mass = 0;
        var count = 0;
        while (mass <= Needed)
        {
            mass += sorted[count++];
        }

        return count;
    }

    private long MassOf(int block)
    {
        var first = block * BlockKernels.Block;
        var valid = Math.Min(BlockKernels.Block, TailCount - first);
        return Weights.Length == 0 ? valid : Weights.Skip(first).Take(valid).Sum(w => (long)w);
    }

    private void Accounts(int begin, int end, long bytes, IBookReader reader)
    {
        var bytesOfVector = sizeof(long) * ((long)Capacity + StressCount);
        var together = (int)Math.Clamp(bytes / bytesOfVector, 1, MostTogether);
        BookVectors? vectors = null;
        for (var start = begin; start < end;)
        {
            // An account's vectors stay together.
            var first = _plan.AccountVectors[start];
            var next = start + 1;
            while (next < end && _plan.AccountVectors[next + 1] - first <= together)
            {
                next++;
            }

            var count = _plan.AccountVectors[next] - first;
            if (vectors is null || vectors.Room < count)
            {
                vectors = new BookVectors(this, Math.Max(count, Math.Min(together, _plan.AccountVectors[end] - first)), _usedRows.Length);
            }

            Tile(start, next, vectors);
            for (var account = start; account < next; account++)
            {
                vectors.Show(_plan.AccountVectors[account] - first);
                reader.Read(account, vectors);
            }

            start = next;
        }
    }

    /// <summary>All blocks over the accounts from start up to end.</summary>
    private void Tile(int start, int end, BookVectors vectors)
    {
        var count = _plan.AccountVectors[end] - _plan.AccountVectors[start];
        if (count == 0)
        {
            return;
        }

        vectors.Reset(count);
        for (var i = 0; i < _order.Length; i++)
        {
            var first = _order[i] * BlockKernels.Block;
            var valid = Math.Min(BlockKernels.Block, TailCount - first);
            OverBlock<Tails>(first, valid, start, end, vectors);
            if (i == _pilots - 1 && _pilotRank < 1)
            {
                vectors.Narrow(count, (long)(_pilotRank * _pilotMass));
            }
        }

        for (var first = TailCount; first < TailCount + StressCount; first += BlockKernels.Block)
        {
            OverBlock<Stresses>(first, Math.Min(BlockKernels.Block, TailCount + StressCount - first), start, end, vectors);
        }
    }

    /// <summary>One block over the accounts: sums of every part, taken in by the vectors that they belong to.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe void OverBlock<TUse>(int first, int valid, int start, int end, BookVectors vectors)
        where TUse : struct, IVectorUse
    {
        BlockKernels.Pack(_rows, _usedRows, first, valid, vectors.Packed);
        const int Room = BlockKernels.Block + (BlockKernels.LineBytes / sizeof(long));
        var buffer = stackalloc long[(2 * Room) + (BlockKernels.LineBytes / sizeof(long))];
        var sums = (long*)(((nuint)buffer + BlockKernels.LineBytes - 1) & ~(nuint)(BlockKernels.LineBytes - 1));
        var running = sums + Room;
        var packed = vectors.Packed;
        fixed (int* lots = _plan.Lots, places = _places, partStarts = _plan.PartStarts, accountParts = _plan.AccountParts)
        fixed (PartUse* uses = _plan.Uses)
        {
            var vector = 0;
            var lastPart = accountParts[end];
            for (var part = accountParts[start]; part < lastPart; part++)
            {
                var use = uses[part];
                var from = partStarts[part];
                var holdings = partStarts[part + 1] - from;
                if ((use & PartUse.Restart) != PartUse.None)
                {
                    BlockKernels.Sums(packed, places + from, lots + from, holdings, running);
                    if ((use & PartUse.Own) != PartUse.None)
                    {
                        TUse.Take(vectors, vector++, running, first, valid);
                    }
                }
                else
                {
                    BlockKernels.Sums(packed, places + from, lots + from, holdings, sums);
                    if ((use & PartUse.Own) != PartUse.None)
                    {
                        TUse.Take(vectors, vector++, sums, first, valid);
                    }

                    BlockKernels.Add(sums, running);
                }

                if ((use & PartUse.Running) != PartUse.None)
                {
                    TUse.Take(vectors, vector++, running, first, valid);
                }
            }
        }
    }

    private unsafe interface IVectorUse
    {
        static abstract void Take(BookVectors vectors, int vector, long* sums, int first, int valid);
    }

    private readonly unsafe struct Tails : IVectorUse
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(BookVectors vectors, int vector, long* sums, int first, int valid) => vectors.Keep(vector, sums, first, valid);
    }

    private readonly unsafe struct Stresses : IVectorUse
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Take(BookVectors vectors, int vector, long* sums, int first, int valid) => vectors.Store(vector, sums, first, valid);
    }
}
