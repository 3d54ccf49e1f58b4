using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Pms.Margin.Measures;
using Pms.Primitives;

namespace Pms.Margin.Arrays;

/// <summary>The tail of one account's gains.</summary>
/// <param name="Var">loss, money units: <see cref="TailEstimate.Var"/></param>
/// <param name="Es">loss, money units, rounded up: <see cref="TailEstimate.Es"/></param>
/// <param name="LossMass">sum of loss times mass over the tail: the ES is exactly this over <see cref="BookTails.EsMass"/></param>
public readonly record struct BookTail(long Var, long Es, Int128 LossMass);

/// <summary>Tails of a whole book.</summary>
/// <param name="Accounts">[account]</param>
/// <param name="EsMass">mass of the ES tail, in parts of which a scenario of weight 1 has 1e9</param>
/// <param name="Recomputed">accounts whose tail the estimate from a few scenarios missed, worked out from all of them</param>
public sealed record BookTails(BookTail[] Accounts, long EsMass, int Recomputed);

/// <summary>VaR and ES of every account of a book: the same numbers as <see cref="TailMeasure"/> on <see cref="RiskArray.AccountPnl"/>, to the last digit.</summary>
/// <remarks>
/// The array is taken in blocks of 64 scenarios, so small that a block stays in the second-level cache while some thousand accounts go over it. An account's
/// 64 gains are exact 64-bit sums in registers; those at or below a threshold are kept. The threshold comes from the first blocks, which are spread over the
/// set, and lies well beyond the tail; should fewer gains than the tail needs lie below it, the account is worked out again from all scenarios. What is kept is
/// cut exactly (<see cref="TailSelection"/>). Sums of integers do not depend on order, so neither blocks, threads nor the width of vectors show in the result.
/// </remarks>
public static class BookKernel
{
    /// <param name="array">rows</param>
    /// <param name="book">holdings over these rows</param>
    /// <param name="weights">[array.TailCount] weights of the scenarios with probability; empty: all equal</param>
    /// <param name="es">level of the ES</param>
    /// <param name="var">level of the VaR</param>
    /// <param name="maxThreads">the result does not depend on it</param>
    /// <exception cref="InvalidInputException"><c>sample-design</c>, <c>pnl-overflow</c>, <c>row-missing</c></exception>
    public static BookTails Tails(RiskArray array, AccountBook book, ReadOnlySpan<int> weights, TailLevel es, TailLevel var, int maxThreads = 1)
    {
        ArgumentNullException.ThrowIfNull(array);
        return Tails(array.TickRows, array.MostTicks, array.TailCount, book, weights, es, var, maxThreads);
    }

    /// <summary>The same of any integer rows.</summary>
    /// <param name="rows">[row][scenario], all of one length</param>
    /// <param name="most">[row] largest |entry|: what the bounds of the sums rest on</param>
    /// <param name="count">scenarios that have probability; the first ones of each row</param>
    /// <param name="book">holdings over these rows</param>
    /// <param name="weights">[count]; empty: all equal</param>
    /// <param name="es">level of the ES</param>
    /// <param name="var">level of the VaR</param>
    /// <param name="maxThreads">the result does not depend on it</param>
    public static BookTails Tails(int[][] rows, int[] most, int count, AccountBook book, ReadOnlySpan<int> weights, TailLevel es, TailLevel var, int maxThreads = 1)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(most);
        ArgumentNullException.ThrowIfNull(book);
        var design = weights.IsEmpty ? SampleDesign.Equal(count) : SampleDesign.Weighted(weights);
        if (design.Count != count)
        {
            throw new InvalidInputException("sample-design", $"{design.Count} weights for {count} scenarios");
        }

        var run = new BookRun(rows, most, count, book, design, es, var);
        var results = new BookTail[book.Count];
        var threads = Math.Clamp(maxThreads, 1, Math.Max(1, book.Count));
        var recomputed = new int[threads];
        void Part(int t)
        {
            var begin = (int)((long)book.Count * t / threads);
            var end = (int)((long)book.Count * (t + 1) / threads);
            recomputed[t] = run.Accounts(begin, end, results);
        }

        if (threads == 1)
        {
            Part(0);
        }
        else
        {
            var workers = new Thread[threads];
            var failures = new Exception?[threads];
            for (var t = 0; t < threads; t++)
            {
                var own = t;
                workers[t] = new Thread(() =>
                {
                    try
                    {
                        Part(own);
                    }
                    catch (PmsException failure)
                    {
                        failures[own] = failure;
                    }
                });
                workers[t].Start();
            }

            foreach (var worker in workers)
            {
                worker.Join();
            }

            // The first account in order that fails, as with one thread.
            if (Array.Find(failures, f => f is not null) is { } first)
            {
                ExceptionDispatchInfo.Throw(first);
            }
        }

        return new BookTails(results, run.EsMass, recomputed.Sum());
    }
}

/// <summary>One pass of a book over an array; safe for several threads that take accounts of their own.</summary>
internal sealed class BookRun
{
    /// <summary>Scenarios in a block.</summary>
    private const int Block = 64;

    /// <summary>Accounts that go over the blocks together: their lists of kept gains stay in the third-level cache.</summary>
    private const int Tile = 5120;

    /// <summary>The threshold is estimated from at least this many blocks, and from one in <see cref="PilotShare"/>.</summary>
    private const int LeastPilots = 10;

    private const int PilotShare = 16;

    /// <summary>The threshold lies this many standard deviations of the estimated rank beyond the tail.</summary>
    private const double PilotMargin = 4.0;

    private const int LineBytes = 64;

    /// <summary>Rows between one that is packed and the one that is fetched meanwhile.</summary>
    private const int Ahead = 8;

    private readonly int[][] _rows;
    private readonly int[] _most;
    private readonly int _count;
    private readonly AccountBook _book;
    private readonly long[] _weights;
    private readonly long _total;
    private readonly long _varMass;
    private readonly int[] _usedRows;
    private readonly int[] _slotOfRow;
    private readonly int[] _order;
    private readonly int _pilots;
    private readonly int _capacity;

    /// <exception cref="InvalidInputException"><c>row-missing</c>: a holding of a row that is not there</exception>
    public BookRun(int[][] rows, int[] most, int count, AccountBook book, SampleDesign design, TailLevel es, TailLevel var)
    {
        _rows = rows;
        _most = most;
        _count = count;
        _book = book;
        // Weights that are all the same say no more than none.
        var isWeighted = !design.Weights.IsEmpty && design.Weights.ContainsAnyExcept(design.Weights[0]);
        if (!isWeighted)
        {
            design = SampleDesign.Equal(count);
        }

        _weights = new long[isWeighted ? Padded(count) : 0];
        for (var s = 0; s < design.Weights.Length; s++)
        {
            _weights[s] = design.Weights[s];
        }

        _total = design.TotalWeight;
        EsMass = _total * es.TailPartsPerBillion;
        _varMass = _total * var.TailPartsPerBillion;
        _slotOfRow = new int[rows.Length];
        var used = new List<int>();
        foreach (var row in book.RowsOfHoldings)
        {
            if (row >= rows.Length)
            {
                throw new InvalidInputException("row-missing", $"a holding is of row {row}; the array has {rows.Length} rows");
            }

            if (_slotOfRow[row] == 0)
            {
                used.Add(row);
                _slotOfRow[row] = used.Count;
            }
        }

        _usedRows = [.. used];
        foreach (var row in used)
        {
            _slotOfRow[row]--;
        }

        var blocks = Padded(count) / Block;
        _pilots = Math.Min(blocks, Math.Max(LeastPilots, blocks / PilotShare));
        _order = Order(blocks, _pilots);
        var share = Math.Max(es.TailPartsPerBillion, var.TailPartsPerBillion) / (double)TailLevel.Whole;
        _capacity = (_pilots * Block) + (2 * Padded((int)(share * count))) + Block;
    }

    /// <summary>Mass of the ES tail, in billionths of a weight.</summary>
    public long EsMass { get; }

    /// <summary>Accounts from begin up to end.</summary>
    /// <returns>how many were worked out again from all scenarios</returns>
    public int Accounts(int begin, int end, BookTail[] results) =>
        _weights.Length == 0 ? Accounts<EqualWeights>(begin, end, results) : Accounts<OwnWeights>(begin, end, results);

    private static int Padded(int count) => (count + Block - 1) / Block * Block;

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

    private int Accounts<TWeights>(int begin, int end, BookTail[] results)
        where TWeights : struct, IWeights
    {
        var tiles = (end - begin + Tile - 1) / Tile;
        var size = tiles == 0 ? 0 : (end - begin + tiles - 1) / tiles;
        if (size <= 0)
        {
            return 0;
        }

        var scratch = new Scratch(size, _capacity, _usedRows.Length, TWeights.Are);
        var recomputed = 0;
        for (var start = begin; start < end; start += size)
        {
            var count = Math.Min(size, end - start);
            recomputed += OneTile<TWeights>(start, count, scratch, results);
        }

        return recomputed;
    }

    private int OneTile<TWeights>(int start, int count, Scratch scratch, BookTail[] results)
        where TWeights : struct, IWeights
    {
        var state = scratch.Accounts.AsSpan(0, count);
        for (var a = 0; a < count; a++)
        {
            state[a] = new Kept { Threshold = long.MaxValue, Left = _capacity - Block };
        }

        Translate(start, count, scratch);
        long pilotMass = 0;
        for (var i = 0; i < _order.Length; i++)
        {
            var block = _order[i];
            Pack(block, scratch);
            Gather<TWeights>(block, start, count, scratch);
            if (i < _pilots)
            {
                pilotMass += MassOf(block);
            }

            if (i == _pilots - 1 && _pilots < _order.Length)
            {
                for (var a = 0; a < count; a++)
                {
                    Estimate<TWeights>(a, pilotMass, scratch);
                }
            }
        }

        var recomputed = 0;
        for (var a = 0; a < count; a++)
        {
            if (!TryCut<TWeights>(start + a, a, scratch, out results[start + a]))
            {
                results[start + a] = FromAll(start + a);
                recomputed++;
            }
        }

        return recomputed;
    }

    /// <summary>Rows of the tile's holdings as places in a packed block.</summary>
    private void Translate(int start, int count, Scratch scratch)
    {
        var from = _book.Starts[start];
        var holdings = _book.Starts[start + count] - from;
        if (scratch.Places.Length < holdings)
        {
            scratch.Places = new int[holdings];
        }

        for (var h = 0; h < holdings; h++)
        {
            scratch.Places[h] = _slotOfRow[_book.RowsOfHoldings[from + h]] * Block;
        }
    }

    /// <summary>The block of every row that is held, one after the other.</summary>
    /// <remarks>Vectors multiply the even and the odd of sixteen (eight) 32-bit integers apart: laid out in turn from the two halves, the sums come out in the order of the scenarios.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe void Pack(int block, Scratch scratch)
    {
        var first = block * Block;
        var valid = Math.Min(Block, _count - first);
        var to = scratch.Packed;
        var turn16 = Vector512.Create(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15);
        var turn8 = Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7);
        Span<int> padded = stackalloc int[Block];
        for (var slot = 0; slot < _usedRows.Length; slot++)
        {
            var row = _usedRows[slot];
            scoped ReadOnlySpan<int> source = _rows[row].AsSpan(first, valid);
            if (valid < Block)
            {
                padded.Clear();
                source.CopyTo(padded);
                source = padded;
            }

            if (Sse.IsSupported && slot + Ahead < _usedRows.Length)
            {
                // Rows lie far apart: each would stop for its own miss.
                fixed (int* next = &_rows[_usedRows[slot + Ahead]][first])
                {
                    for (var line = 0; line < valid; line += LineBytes / sizeof(int))
                    {
                        Sse.Prefetch0(next + line);
                    }
                }
            }

            ref var from = ref MemoryMarshal.GetReference(source);
            if (Avx512F.IsSupported)
            {
                for (nuint i = 0; i < Block; i += 16)
                {
                    Avx512F.PermuteVar16x32(Vector512.LoadUnsafe(ref from, i), turn16).StoreAligned(to + i);
                }
            }
            else if (Avx2.IsSupported)
            {
                for (nuint i = 0; i < Block; i += 8)
                {
                    Avx2.PermuteVar8x32(Vector256.LoadUnsafe(ref from, i), turn8).StoreAligned(to + i);
                }
            }
            else
            {
                source.CopyTo(new Span<int>(to, Block));
            }

            to += Block;
        }

        if (_weights.Length > 0)
        {
            _weights.AsSpan(first, Block).CopyTo(new Span<long>(scratch.Weights, Block));
        }
    }

    private long MassOf(int block)
    {
        var first = block * Block;
        var valid = Math.Min(Block, _count - first);
        if (_weights.Length == 0)
        {
            return valid;
        }

        long mass = 0;
        foreach (var weight in _weights.AsSpan(first, valid))
        {
            mass += weight;
        }

        return mass;
    }

    /// <summary>The block's gains of every account, and those at or below its threshold added to its list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe void Gather<TWeights>(int block, int start, int count, Scratch scratch)
        where TWeights : struct, IWeights
    {
        var valid = Math.Min(Block, _count - (block * Block));
        var starts = _book.Starts.Slice(start, count + 1);
        var sums = stackalloc long[Block + (LineBytes / sizeof(long))];
        sums = (long*)(((nuint)sums + LineBytes - 1) & ~(nuint)(LineBytes - 1));
        fixed (int* lotsOfBook = _book.LotsOfHoldings, places = scratch.Places)
        fixed (Kept* states = scratch.Accounts)
        {
            var lots = lotsOfBook + starts[0];
            var weightsOfBlock = scratch.Weights;
            for (var a = 0; a < count; a++)
            {
                var from = starts[a] - starts[0];
                var holdings = starts[a + 1] - starts[a];
                var state = states + a;
                var gains = scratch.Gains + ((nint)a * _capacity);
                var weightsOfAccount = scratch.KeptWeights + ((nint)a * _capacity);
                if (Sse.IsSupported && a + 1 < count)
                {
                    Sse.Prefetch0(gains + _capacity + states[a + 1].Count);
                }

                if (Avx512F.IsSupported && valid == Block)
                {
                    state->Count = GatherOne<TWeights>(scratch.Packed, places + from, lots + from, holdings, state->Threshold, gains + state->Count, weightsOfBlock, weightsOfAccount + state->Count) + state->Count;
                }
                else
                {
                    SumsOf(scratch.Packed, places + from, lots + from, holdings, sums);
                    for (var s = valid; s < Block; s++)
                    {
                        sums[s] = long.MaxValue;
                    }

                    var kept = Keep<TWeights>(sums, state->Threshold, gains, state->Count, scratch, a);
                    // Without a threshold the padding of a last block is kept too: it stands at the end.
                    state->Count = state->Threshold == long.MaxValue ? state->Count + valid : kept;
                }

                if (state->Count > state->Left)
                {
                    Prune<TWeights>(a, scratch);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe int GatherOne<TWeights>(int* packed, int* places, int* lots, int holdings, long threshold, long* gains, long* weights, long* keptWeights)
        where TWeights : struct, IWeights
    {
        var s0 = Vector512<long>.Zero;
        var s1 = Vector512<long>.Zero;
        var s2 = Vector512<long>.Zero;
        var s3 = Vector512<long>.Zero;
        var s4 = Vector512<long>.Zero;
        var s5 = Vector512<long>.Zero;
        var s6 = Vector512<long>.Zero;
        var s7 = Vector512<long>.Zero;
        for (var h = 0; h < holdings; h++)
        {
            var row = packed + places[h];
            var q = Vector512.Create(lots[h]);
            var v0 = Vector512.LoadAligned(row);
            var v1 = Vector512.LoadAligned(row + 16);
            var v2 = Vector512.LoadAligned(row + 32);
            var v3 = Vector512.LoadAligned(row + 48);
            s0 += Avx512F.Multiply(v0, q);
            s2 += Avx512F.Multiply(v1, q);
            s4 += Avx512F.Multiply(v2, q);
            s6 += Avx512F.Multiply(v3, q);
            s1 += Avx512F.Multiply(Vector512.ShiftRightLogical(v0.AsUInt64(), 32).AsInt32(), q);
            s3 += Avx512F.Multiply(Vector512.ShiftRightLogical(v1.AsUInt64(), 32).AsInt32(), q);
            s5 += Avx512F.Multiply(Vector512.ShiftRightLogical(v2.AsUInt64(), 32).AsInt32(), q);
            s7 += Avx512F.Multiply(Vector512.ShiftRightLogical(v3.AsUInt64(), 32).AsInt32(), q);
        }

        var limit = Vector512.Create(threshold);
        nuint kept = 0;
        kept += KeepOne<TWeights>(s0, limit, gains + kept, weights + 0, keptWeights + kept);
        kept += KeepOne<TWeights>(s1, limit, gains + kept, weights + 8, keptWeights + kept);
        kept += KeepOne<TWeights>(s2, limit, gains + kept, weights + 16, keptWeights + kept);
        kept += KeepOne<TWeights>(s3, limit, gains + kept, weights + 24, keptWeights + kept);
        kept += KeepOne<TWeights>(s4, limit, gains + kept, weights + 32, keptWeights + kept);
        kept += KeepOne<TWeights>(s5, limit, gains + kept, weights + 40, keptWeights + kept);
        kept += KeepOne<TWeights>(s6, limit, gains + kept, weights + 48, keptWeights + kept);
        kept += KeepOne<TWeights>(s7, limit, gains + kept, weights + 56, keptWeights + kept);
        return (int)kept;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe nuint KeepOne<TWeights>(Vector512<long> sums, Vector512<long> limit, long* gains, long* weights, long* keptWeights)
        where TWeights : struct, IWeights
    {
        var mask = Vector512.LessThanOrEqual(sums, limit);
        Avx512F.Compress(Vector512<long>.Zero, mask, sums).Store(gains);
        if (TWeights.Are)
        {
            Avx512F.Compress(Vector512<long>.Zero, mask, Vector512.LoadAligned(weights)).Store(keptWeights);
        }

        return (nuint)BitOperations.PopCount(mask.ExtractMostSignificantBits());
    }

    private static unsafe void SumsOf(int* packed, int* places, int* lots, int holdings, long* sums)
    {
        if (Avx512F.IsSupported)
        {
            Sums512(packed, places, lots, holdings, sums);
        }
        else if (Avx2.IsSupported)
        {
            Sums256(packed, places, lots, holdings, sums);
        }
        else
        {
            Sums(packed, places, lots, holdings, sums);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Sums512(int* packed, int* places, int* lots, int holdings, long* sums)
    {
        var s0 = Vector512<long>.Zero;
        var s1 = Vector512<long>.Zero;
        var s2 = Vector512<long>.Zero;
        var s3 = Vector512<long>.Zero;
        var s4 = Vector512<long>.Zero;
        var s5 = Vector512<long>.Zero;
        var s6 = Vector512<long>.Zero;
        var s7 = Vector512<long>.Zero;
        for (var h = 0; h < holdings; h++)
        {
            var row = packed + places[h];
            var q = Vector512.Create(lots[h]);
            var v0 = Vector512.LoadAligned(row);
            var v1 = Vector512.LoadAligned(row + 16);
            var v2 = Vector512.LoadAligned(row + 32);
            var v3 = Vector512.LoadAligned(row + 48);
            s0 += Avx512F.Multiply(v0, q);
            s2 += Avx512F.Multiply(v1, q);
            s4 += Avx512F.Multiply(v2, q);
            s6 += Avx512F.Multiply(v3, q);
            s1 += Avx512F.Multiply(Vector512.ShiftRightLogical(v0.AsUInt64(), 32).AsInt32(), q);
            s3 += Avx512F.Multiply(Vector512.ShiftRightLogical(v1.AsUInt64(), 32).AsInt32(), q);
            s5 += Avx512F.Multiply(Vector512.ShiftRightLogical(v2.AsUInt64(), 32).AsInt32(), q);
            s7 += Avx512F.Multiply(Vector512.ShiftRightLogical(v3.AsUInt64(), 32).AsInt32(), q);
        }

        s0.StoreAligned(sums);
        s1.StoreAligned(sums + 8);
        s2.StoreAligned(sums + 16);
        s3.StoreAligned(sums + 24);
        s4.StoreAligned(sums + 32);
        s5.StoreAligned(sums + 40);
        s6.StoreAligned(sums + 48);
        s7.StoreAligned(sums + 56);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Sums256(int* packed, int* places, int* lots, int holdings, long* sums)
    {
        for (var half = 0; half < Block; half += Block / 2)
        {
            var s0 = Vector256<long>.Zero;
            var s1 = Vector256<long>.Zero;
            var s2 = Vector256<long>.Zero;
            var s3 = Vector256<long>.Zero;
            var s4 = Vector256<long>.Zero;
            var s5 = Vector256<long>.Zero;
            var s6 = Vector256<long>.Zero;
            var s7 = Vector256<long>.Zero;
            for (var h = 0; h < holdings; h++)
            {
                var row = packed + places[h] + half;
                var q = Vector256.Create(lots[h]);
                var v0 = Vector256.LoadAligned(row);
                var v1 = Vector256.LoadAligned(row + 8);
                var v2 = Vector256.LoadAligned(row + 16);
                var v3 = Vector256.LoadAligned(row + 24);
                s0 += Avx2.Multiply(v0, q);
                s2 += Avx2.Multiply(v1, q);
                s4 += Avx2.Multiply(v2, q);
                s6 += Avx2.Multiply(v3, q);
                s1 += Avx2.Multiply(Vector256.ShiftRightLogical(v0.AsUInt64(), 32).AsInt32(), q);
                s3 += Avx2.Multiply(Vector256.ShiftRightLogical(v1.AsUInt64(), 32).AsInt32(), q);
                s5 += Avx2.Multiply(Vector256.ShiftRightLogical(v2.AsUInt64(), 32).AsInt32(), q);
                s7 += Avx2.Multiply(Vector256.ShiftRightLogical(v3.AsUInt64(), 32).AsInt32(), q);
            }

            s0.StoreAligned(sums + half);
            s1.StoreAligned(sums + half + 4);
            s2.StoreAligned(sums + half + 8);
            s3.StoreAligned(sums + half + 12);
            s4.StoreAligned(sums + half + 16);
            s5.StoreAligned(sums + half + 20);
            s6.StoreAligned(sums + half + 24);
            s7.StoreAligned(sums + half + 28);
        }
    }

    private static unsafe void Sums(int* packed, int* places, int* lots, int holdings, long* sums)
    {
        new Span<long>(sums, Block).Clear();
        for (var h = 0; h < holdings; h++)
        {
            var row = packed + places[h];
            long q = lots[h];
            for (var s = 0; s < Block; s++)
            {
                sums[s] += q * row[s];
            }
        }
    }

    /// <summary>Adds the sums up to the threshold to the list.</summary>
    /// <returns>the new length</returns>
    private static unsafe int Keep<TWeights>(long* sums, long threshold, long* gains, int kept, Scratch scratch, int account)
        where TWeights : struct, IWeights
    {
        var weights = scratch.KeptWeights + ((nint)account * scratch.Capacity);
        ulong bits = 0;
        if (Avx2.IsSupported)
        {
            // One mask for all 64, then a loop over its bits: few of them are set.
            var limit = Vector256.Create(threshold);
            for (var s = 0; s < Block; s += 4)
            {
                bits |= (ulong)Vector256.LessThanOrEqual(Vector256.LoadAligned(sums + s), limit).ExtractMostSignificantBits() << s;
            }
        }
        else
        {
            for (var s = 0; s < Block; s++)
            {
                bits |= (sums[s] <= threshold ? 1UL : 0UL) << s;
            }
        }

        for (; bits != 0; bits &= bits - 1)
        {
            var s = BitOperations.TrailingZeroCount(bits);
            gains[kept] = sums[s];
            if (TWeights.Are)
            {
                weights[kept] = scratch.Weights[s];
            }

            kept++;
        }

        return kept;
    }

    /// <summary>From the gains of the pilots: a threshold well beyond the tail, and of the list what lies below it.</summary>
    private void Estimate<TWeights>(int account, long pilotMass, Scratch scratch)
        where TWeights : struct, IWeights
    {
        var share = Math.Max(EsMass, _varMass) / ((double)_total * TailLevel.Whole);
        var pilots = (double)_pilots * Block;
        var rank = (share * pilots) + (PilotMargin * Math.Sqrt(share * pilots)) + 1;
        if (rank >= 0.5 * pilots)
        {
            return;
        }

        var mass = (long)(rank / pilots * pilotMass);
        ref var state = ref scratch.Accounts[account];
        var gains = scratch.GainsOf(account);
        var weights = scratch.WeightsOf(account);
        gains.CopyTo(scratch.List);
        weights.CopyTo(scratch.ListWeights);
        if (mass < pilotMass)
        {
            SetThreshold<TWeights>(ref state, gains, weights, TailSelection.Cut<TWeights>(scratch.List, scratch.ListWeights, state.Count, mass, scratch.Selection).Boundary);
        }
    }

    /// <summary>The list is full: what the tail needs of it gives a threshold that is certain.</summary>
    private void Prune<TWeights>(int account, Scratch scratch)
        where TWeights : struct, IWeights
    {
        ref var state = ref scratch.Accounts[account];
        var gains = scratch.GainsOf(account);
        var weights = scratch.WeightsOf(account);
        var needed = Math.Max(EsMass, _varMass) / TailLevel.Whole;
        if (MassOf<TWeights>(weights, state.Count) > needed)
        {
            gains.CopyTo(scratch.List);
            weights.CopyTo(scratch.ListWeights);
            SetThreshold<TWeights>(ref state, gains, weights, TailSelection.Cut<TWeights>(scratch.List, scratch.ListWeights, state.Count, needed, scratch.Selection).Boundary);
        }

        if (state.Count > state.Left)
        {
            // The tail has more scenarios than the list: nothing more is kept, and the account is worked out from all of them.
            state = new Kept { Threshold = long.MinValue, Left = int.MaxValue, IsLost = true };
        }
    }

    private static void SetThreshold<TWeights>(ref Kept state, Span<long> gains, Span<long> weights, long threshold)
        where TWeights : struct, IWeights
    {
        var kept = 0;
        for (var i = 0; i < state.Count; i++)
        {
            var isKept = gains[i] <= threshold ? 1 : 0;
            gains[kept] = gains[i];
            if (TWeights.Are)
            {
                weights[kept] = weights[i];
            }

            kept += isKept;
        }

        state.Count = kept;
        state.Threshold = threshold;
    }

    private static long MassOf<TWeights>(ReadOnlySpan<long> weights, int count)
        where TWeights : struct, IWeights
    {
        if (!TWeights.Are)
        {
            return count;
        }

        long mass = 0;
        foreach (var weight in weights[..count])
        {
            mass += weight;
        }

        return mass;
    }

    private bool TryCut<TWeights>(int account, int place, Scratch scratch, out BookTail tail)
        where TWeights : struct, IWeights
    {
        tail = default;
        ref readonly var state = ref scratch.Accounts[place];
        var needed = Math.Max(EsMass, _varMass) / TailLevel.Whole;
        if (state.IsLost || _book.IsWide(account) || !SumsFit(account) || MassOf<TWeights>(scratch.WeightsOf(place), state.Count) <= needed)
        {
            return false;
        }

        tail = Tail<TWeights>(scratch.GainsOf(place), scratch.WeightsOf(place), state.Count, scratch);
        return true;
    }

    private BookTail Tail<TWeights>(ReadOnlySpan<long> gains, ReadOnlySpan<long> weights, int count, Scratch scratch)
        where TWeights : struct, IWeights
    {
        gains[..count].CopyTo(scratch.List);
        if (TWeights.Are)
        {
            weights[..count].CopyTo(scratch.ListWeights);
        }

        var es = TailSelection.Cut<TWeights>(scratch.List, scratch.ListWeights, count, EsMass / TailLevel.Whole, scratch.Selection);
        var boundary = es.Boundary;
        if (_varMass != EsMass)
        {
            gains[..count].CopyTo(scratch.List);
            if (TWeights.Are)
            {
                weights[..count].CopyTo(scratch.ListWeights);
            }

            boundary = TailSelection.Cut<TWeights>(scratch.List, scratch.ListWeights, count, _varMass / TailLevel.Whole, scratch.Selection).Boundary;
        }

        // of the scenario at the boundary only the part that is missing
        var lossMass = -((es.Below * TailLevel.Whole) + ((Int128)(EsMass - (es.MassBelow * TailLevel.Whole)) * es.Boundary));
        var (quotient, remainder) = Int128.DivRem(lossMass, EsMass);
        return new BookTail(checked(-boundary), checked((long)quotient + (remainder > 0 ? 1 : 0)), lossMass);
    }

    /// <summary>Whether all sums over the account's gains fit 64 bits, those over scenarios too.</summary>
    private bool SumsFit(int account)
    {
        Int128 bound = 0;
        for (var h = _book.Starts[account]; h < _book.Starts[account + 1]; h++)
        {
            bound += Math.Abs((long)_book.LotsOfHoldings[h]) * _most[_book.RowsOfHoldings[h]];
        }

        return bound * _count < long.MaxValue;
    }

    /// <summary>One account from all scenarios.</summary>
    private BookTail FromAll(int account)
    {
        var holdings = _book.Holdings(account);
        var gains = new long[_count + TailSelection.Slack];
        RiskArray.Gains(_rows, _most, holdings, gains.AsSpan(0, _count));
        foreach (var gain in gains)
        {
            if (gain == long.MinValue)
            {
                throw new InvalidInputException("margin-overflow", $"account {account} gains {gain} in a scenario, whose negative is no 64-bit integer");
            }
        }

        var weights = new long[_weights.Length + TailSelection.Slack];
        _weights.CopyTo(weights, 0);
        var scratch = new Scratch(1, _count, 0, _weights.Length > 0);
        return _weights.Length == 0 ? Tail<EqualWeightsWide>(gains, weights, _count, scratch) : Tail<OwnWeights>(gains, weights, _count, scratch);
    }

    /// <summary>What is known of an account on the way.</summary>
    private struct Kept
    {
        /// <summary>Gains up to this one are kept.</summary>
        public long Threshold;

        /// <summary>Length of the list.</summary>
        public int Count;

        /// <summary>The longest list that leaves room for a block.</summary>
        public int Left;

        public bool IsLost;
    }

    /// <summary>Buffers of one thread, pinned and on cache lines.</summary>
    private sealed unsafe class Scratch
    {
        private readonly int[] _packed;
        private readonly long[] _weights;
        private readonly long[] _gains;
        private readonly long[] _keptWeights;
        private readonly long[] _low;
        private readonly long[] _high;
        private readonly long[] _lowWeights;
        private readonly long[] _highWeights;

        public Scratch(int accounts, int capacity, int rows, bool weights)
        {
            Capacity = capacity;
            Accounts = new Kept[accounts];
            _packed = GC.AllocateUninitializedArray<int>((rows * Block) + (LineBytes / sizeof(int)), pinned: true);
            _weights = GC.AllocateArray<long>(Block + (LineBytes / sizeof(long)), pinned: true);
            _gains = GC.AllocateUninitializedArray<long>(checked((accounts * capacity) + TailSelection.Slack), pinned: true);
            _keptWeights = weights ? GC.AllocateUninitializedArray<long>(_gains.Length, pinned: true) : [];
            var room = capacity + TailSelection.Slack;
            List = new long[room];
            _low = new long[room];
            _high = new long[room];
            var weightRoom = weights ? room : 0;
            ListWeights = new long[weightRoom];
            _lowWeights = new long[weightRoom];
            _highWeights = new long[weightRoom];
        }

        public int Capacity { get; }

        public Kept[] Accounts { get; }

        public int[] Places { get; set; } = [];

        public long[] List { get; }

        public long[] ListWeights { get; }

        public int* Packed => (int*)Aligned(Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_packed)));

        /// <summary>[scenario of the block]</summary>
        public long* Weights => (long*)Aligned(Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_weights)));

        /// <summary>[account][capacity]</summary>
        public long* Gains => (long*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_gains));

        /// <summary>[account][capacity]; nothing without weights</summary>
        public long* KeptWeights => (long*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_keptWeights));

        public SelectionBuffers Selection => new(_low, _lowWeights, _high, _highWeights);

        public Span<long> GainsOf(int account) => _gains.AsSpan(account * Capacity, Capacity);

        public Span<long> WeightsOf(int account) => _keptWeights.Length == 0 ? default : _keptWeights.AsSpan(account * Capacity, Capacity);

        private static void* Aligned(void* address) => (void*)(((nuint)address + LineBytes - 1) & ~(nuint)(LineBytes - 1));
    }
}
