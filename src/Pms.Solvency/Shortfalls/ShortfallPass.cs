using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Pms.Margin.Arrays;
using Pms.Margin.Requirement;
using Pms.Primitives;
using Pms.Solvency.Accounts;

namespace Pms.Solvency.Shortfalls;

/// <summary>Uncovered losses of a whole book in every scenario, in one pass over the rows.</summary>
/// <remarks>
/// Rows are taken in blocks of 64 scenarios that stay in the cache while all accounts go over them; each block writes to places of its own, so that no sum depends on the threads. An account
/// that no scenario can take below zero, by the bound of its gains, is left out. Lots and sums beyond 62 bits are worked out one by one in 128 bits.
/// </remarks>
public sealed class ShortfallPass
{
    private static readonly Int128 Limit = (Int128)1 << 62;

    private readonly int[][] _rows;
    private readonly LossStretch _stretch;
    private readonly int _scenarios;
    private readonly List<SolvencyAccount[]> _wide = [];
    private readonly List<int> _ownerStarts = [0];
    private readonly List<long> _equities = [];
    private readonly List<int> _starts = [0];
    private readonly List<int> _places = [];
    private readonly List<int> _lots = [];
    private readonly List<int> _usedRows = [];

    private ShortfallPass(int[][] rows, int[] most, IReadOnlyList<SolvencyAccount> accounts, LossStretch stretch)
    {
        if (rows.Length == 0 || Array.Exists(rows, r => r.Length != rows[0].Length || r.Length == 0))
        {
            throw new InvalidInputException("solvency-rows", "a risk array without rows or scenarios, or with rows of unlike lengths");
        }

        if (stretch.Parts < LossStretch.None.Parts || stretch.Parts > 1L << 36)
        {
            throw new InvalidInputException("solvency-hours", $"losses times {stretch.Factor}: 1 to 64 are possible");
        }

        (_rows, _stretch, _scenarios) = (rows, stretch, rows[0].Length);
        Prepare(most, accounts);
    }

    /// <param name="array">gains of one unit</param>
    /// <param name="accounts">over its rows, in any order</param>
    /// <param name="stretch">on losses; null: none</param>
    /// <param name="threads">1 or more; the result does not depend on it</param>
    /// <exception cref="InvalidInputException"><c>row-missing</c>; <c>solvency-account</c>: an id twice; <c>solvency-overflow</c>: a total beyond 2.3e12 USD; <c>solvency-hours</c></exception>
    public static BookShortfall Run(RiskArray array, IReadOnlyList<SolvencyAccount> accounts, LossStretch? stretch = null, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(array);
        return new ShortfallPass(array.TickRows, array.MostTicks, Checked(accounts), stretch ?? LossStretch.None).Run(threads);
    }

    /// <summary>The same of any integer rows.</summary>
    /// <param name="rows">[row][scenario] gain of one lot, money units; all of one length</param>
    /// <param name="accounts">over these rows, in any order</param>
    /// <param name="stretch">on losses; null: none</param>
    /// <param name="threads">1 or more; the result does not depend on it</param>
    public static BookShortfall Run(int[][] rows, IReadOnlyList<SolvencyAccount> accounts, LossStretch? stretch = null, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (Array.Exists(rows, r => r.AsSpan().Contains(int.MinValue)))
        {
            throw new InvalidInputException("solvency-rows", $"an entry of {int.MinValue}: entries have a negative");
        }

        int[] most = [.. rows.Select(r => r.Length == 0 ? 0 : r.Max(Math.Abs))];
        return new ShortfallPass(rows, most, Checked(accounts), stretch ?? LossStretch.None).Run(threads);
    }

    /// <summary>One account in one scenario: the definition that the pass is held to.</summary>
    /// <param name="rows">[row][scenario]</param>
    /// <param name="account">over them</param>
    /// <param name="scenario">index</param>
    /// <param name="stretch">on losses</param>
    public static Int128 UncoveredOf(int[][] rows, SolvencyAccount account, int scenario, LossStretch stretch)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(account);
        Int128 gain = 0;
        foreach (var (row, lots) in account.Holdings)
        {
            gain += (Int128)lots * rows[row][scenario];
        }

        return Int128.Max(0, -(account.Equity + stretch.Apply(gain)));
    }

    /// <inheritdoc cref="UncoveredOf(int[][], SolvencyAccount, int, LossStretch)"/>
    public static Int128 UncoveredOf(RiskArray array, SolvencyAccount account, int scenario, LossStretch stretch)
    {
        ArgumentNullException.ThrowIfNull(array);
        return UncoveredOf(array.TickRows, account, scenario, stretch);
    }

    private static IReadOnlyList<SolvencyAccount> Checked(IReadOnlyList<SolvencyAccount> accounts)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var account in accounts)
        {
            if (!ids.Add(account.Id))
            {
                throw new InvalidInputException("solvency-account", $"account '{PrintableText.Of(account.Id)}' stands twice in the book");
            }
        }

        return accounts;
    }

    private void Prepare(int[] most, IReadOnlyList<SolvencyAccount> accounts)
    {
        var slots = new int[_rows.Length];
        var sum = Int128.Zero;
        foreach (var owner in accounts.GroupBy(a => a.Owner, StringComparer.Ordinal))
        {
            SolvencyAccount[] exposed = [.. owner.Where(a => Bound(a, most) > a.Equity)];
            var widest = exposed.Aggregate(Int128.Zero, (s, a) => s + Bound(a, most) + Int128.Abs(a.Equity));
            if (widest + sum >= Limit || exposed.Any(a => a.Holdings.Any(h => h.Lots is < int.MinValue or > int.MaxValue)))
            {
                _wide.Add(exposed);
                continue;
            }

            sum += widest;
            foreach (var account in exposed)
            {
                foreach (var (row, lots) in account.Holdings)
                {
                    ref var slot = ref slots[row];
                    if (slot == 0)
                    {
                        _usedRows.Add(row);
                        slot = _usedRows.Count;
                    }

                    _places.Add((slot - 1) * BlockKernels.Block);
                    _lots.Add((int)lots);
                }

                _starts.Add(_lots.Count);
                _equities.Add(account.Equity);
            }

            if (exposed.Length > 0)
            {
                _ownerStarts.Add(_equities.Count);
            }
        }
    }

    /// <summary>No scenario takes more from the account than this, stretched losses included; no partial sum of its gains is larger.</summary>
    private Int128 Bound(SolvencyAccount account, int[] most)
    {
        Int128 bound = 0;
        foreach (var (row, lots) in account.Holdings)
        {
            if ((uint)row >= (uint)_rows.Length)
            {
                throw new InvalidInputException("row-missing", $"account '{PrintableText.Of(account.Id)}' holds row {row}; the array has {_rows.Length} rows");
            }

            bound += Int128.Abs(lots) * most[row];
        }

        return -_stretch.Apply(-bound);
    }

    private BookShortfall Run(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        var totals = new long[_scenarios];
        var first = new long[_scenarios];
        var second = new long[_scenarios];
        var blocks = (_scenarios + BlockKernels.Block - 1) / BlockKernels.Block;
        if (_equities.Count > 0)
        {
            Share(Math.Min(threads, blocks), blocks, (begin, end) => Blocks(begin, end, totals, first, second));
        }

        return _wide.Count == 0 ? WithTwo(totals, first, second) : Widened(totals, first, second);
    }

    /// <summary>Equal parts for threads of their own; a failure is told to the caller, as on a thread of its own it would end the process.</summary>
    private static void Share(int shares, int count, Action<int, int> part)
    {
        var failures = new Exception?[shares];
        void Own(int share)
        {
            try
            {
                part((int)((long)count * share / shares), (int)((long)count * (share + 1) / shares));
            }
            catch (Exception failure)
            {
                failures[share] = failure;
            }
        }

        Thread[] workers = [.. Enumerable.Range(1, shares - 1).Select(share => new Thread(() => Own(share)))];
        foreach (var worker in workers)
        {
            worker.Start();
        }

        Own(0);
        foreach (var worker in workers)
        {
            worker.Join();
        }

        if (Array.Find(failures, f => f is not null) is { } first)
        {
            ExceptionDispatchInfo.Throw(first);
        }
    }

    private static BookShortfall WithTwo(long[] totals, long[] first, long[] second)
    {
        for (var s = 0; s < totals.Length; s++)
        {
            totals[s] = InRange(totals[s], s);
            second[s] += first[s];
        }

        return new BookShortfall(totals, first, second);
    }

    private static long InRange(Int128 total, int scenario) => total <= Rounding.MostMoney
        ? (long)total
        : throw new InvalidInputException("solvency-overflow", $"the book owes {total} money units in scenario {scenario}, beyond {Rounding.MostMoney} ({Rounding.MostMoney / Rounding.MoneyPerUsd} USD)");

    /// <summary>Blocks from begin up to end, by one thread.</summary>
    private unsafe void Blocks(int begin, int end, long[] totals, long[] first, long[] second)
    {
        var used = CollectionsMarshal.AsSpan(_usedRows);
        // Gains (readable one beyond), one account's losses, the owner's, totals, largest, second largest.
        const int Room = BlockKernels.Block + (BlockKernels.LineBytes / sizeof(long));
        var packedMemory = new int[(used.Length * BlockKernels.Block) + (BlockKernels.LineBytes / sizeof(int))];
        var memory = new long[(6 * Room) + (BlockKernels.LineBytes / sizeof(long))];
        // Held down, and alive, until the last block: a bare address would not keep the arrays.
        fixed (int* packedStart = packedMemory)
        fixed (long* memoryStart = memory)
        {
            var packed = (int*)Aligned((nuint)packedStart);
            var sums = (long*)Aligned((nuint)memoryStart);
            for (var block = begin; block < end; block++)
            {
                var start = block * BlockKernels.Block;
                var valid = Math.Min(BlockKernels.Block, _scenarios - start);
                BlockKernels.Pack(_rows, used, start, valid, packed);
                new Span<long>(sums, 6 * Room).Clear();
                OverBlock(packed, sums, sums + Room, sums + (2 * Room), sums + (3 * Room), sums + (4 * Room), sums + (5 * Room));
                new ReadOnlySpan<long>(sums + (3 * Room), valid).CopyTo(totals.AsSpan(start));
                new ReadOnlySpan<long>(sums + (4 * Room), valid).CopyTo(first.AsSpan(start));
                new ReadOnlySpan<long>(sums + (5 * Room), valid).CopyTo(second.AsSpan(start));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe void OverBlock(int* packed, long* sums, long* own, long* ofOwner, long* totals, long* first, long* second)
    {
        var isStretched = _stretch != LossStretch.None;
        fixed (int* lots = CollectionsMarshal.AsSpan(_lots), places = CollectionsMarshal.AsSpan(_places), starts = CollectionsMarshal.AsSpan(_starts), owners = CollectionsMarshal.AsSpan(_ownerStarts))
        fixed (long* equities = CollectionsMarshal.AsSpan(_equities))
        {
            for (var owner = 0; owner < _ownerStarts.Count - 1; owner++)
            {
                // Losses of an owner's accounts add up; the first one that has any is copied.
                var any = false;
                var target = own;
                for (var account = owners[owner]; account < owners[owner + 1]; account++)
                {
                    BlockKernels.Sums(packed, places + starts[account], lots + starts[account], starts[account + 1] - starts[account], sums);
                    if (isStretched)
                    {
                        ShortfallKernels.Stretch(sums, _stretch.Parts);
                    }

                    if (!ShortfallKernels.Uncovered(sums, equities[account], target))
                    {
                        continue;
                    }

                    if (any)
                    {
                        ShortfallKernels.Add(target, ofOwner);
                    }
                    else
                    {
                        any = true;
                        var filled = target;
                        target = ofOwner;
                        ofOwner = filled;
                    }
                }

                if (any)
                {
                    ShortfallKernels.Take(ofOwner, totals, first, second);
                    own = target;
                }
            }
        }
    }

    private static nuint Aligned(nuint address) => (address + BlockKernels.LineBytes - 1) & ~(nuint)(BlockKernels.LineBytes - 1);

    /// <summary>Takes in what is beyond 62 bits, owner by owner and scenario by scenario.</summary>
    private BookShortfall Widened(long[] totals, long[] first, long[] second)
    {
        for (var s = 0; s < totals.Length; s++)
        {
            Int128 total = totals[s];
            foreach (var owner in _wide)
            {
                var own = Int128.Zero;
                foreach (var account in owner)
                {
                    own += UncoveredOf(_rows, account, s, _stretch);
                }

                total += own;
                var u = InRange(own, s);
                second[s] = Math.Max(second[s], Math.Min(first[s], u));
                first[s] = Math.Max(first[s], u);
            }

            totals[s] = InRange(total, s);
        }

        return WithTwo(totals, first, second);
    }
}
