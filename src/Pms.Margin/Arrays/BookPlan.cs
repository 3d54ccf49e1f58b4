using System.Runtime.InteropServices;
using Pms.Primitives;

namespace Pms.Margin.Arrays;

/// <summary>What becomes of the gains of a part of an account: its own are looked at, or those of all parts so far, or both.</summary>
[Flags]
internal enum PartUse
{
    None = 0,

    /// <summary>The part's own gains are a vector of the plan.</summary>
    Own = 1,

    /// <summary>The gains of all parts since the last restart, this one included, are a vector of the plan.</summary>
    Running = 2,

    /// <summary>The running sum begins anew with this part.</summary>
    Restart = 4,
}

/// <summary>The sums of holdings that one pass over an array works out: for each account some parts, and of each part up to two vectors of gains.</summary>
/// <remarks>
/// A book of several coins needs the gains of each coin, of all of them, and of all with the collateral: each holding is multiplied once, and the rest are sums
/// of sums. Vectors are numbered account by account in the order in which they are named, own before running.
/// </remarks>
internal sealed class BookPlan
{
    private readonly int[] _most;
    private readonly Int128 _limit;
    private readonly List<int> _rows = [];
    private readonly List<int> _lots = [];
    private readonly List<int> _partStarts = [0];
    private readonly List<PartUse> _uses = [];
    private readonly List<int> _accountParts = [0];
    private readonly List<int> _accountVectors = [0];
    private readonly HashSet<int> _beyond = [];
    private Int128 _running;

    /// <param name="most">[row] largest |entry|</param>
    /// <param name="tailCount">scenarios with probability: a gain and a scenario's number share 64 bits</param>
    public BookPlan(int[] most, int tailCount)
    {
        _most = most;
        _limit = (Int128)1 << (63 - WorstGains.BitsOf(tailCount));
    }

    public int Count => _accountParts.Count - 1;

    /// <summary>Rows of the array that the plan may name.</summary>
    public int RowCount => _most.Length;

    public int VectorCount => _accountVectors[^1];

    public ReadOnlySpan<int> Rows => CollectionsMarshal.AsSpan(_rows);

    public ReadOnlySpan<int> Lots => CollectionsMarshal.AsSpan(_lots);

    /// <summary>[part + 1] where the holdings of a part begin.</summary>
    public ReadOnlySpan<int> PartStarts => CollectionsMarshal.AsSpan(_partStarts);

    public ReadOnlySpan<PartUse> Uses => CollectionsMarshal.AsSpan(_uses);

    /// <summary>[account + 1] where its parts begin.</summary>
    public ReadOnlySpan<int> AccountParts => CollectionsMarshal.AsSpan(_accountParts);

    /// <summary>[account + 1] where its vectors begin.</summary>
    public ReadOnlySpan<int> AccountVectors => CollectionsMarshal.AsSpan(_accountVectors);

    /// <summary>Lots or gains of the account may leave the range of the fast way: it has no vectors here and is for the exact way.</summary>
    public bool IsBeyond(int account) => _beyond.Count > 0 && _beyond.Contains(account);

    /// <summary>A part of the account that is being added.</summary>
    /// <exception cref="InvalidInputException"><c>row-missing</c></exception>
    public void Add(ReadOnlySpan<RowLots> holdings, PartUse use)
    {
        _running = use.HasFlag(PartUse.Restart) ? 0 : _running;
        foreach (var (row, lots) in holdings)
        {
            if ((uint)row >= (uint)_most.Length)
            {
                throw new InvalidInputException("row-missing", $"a holding is of row {row}; the array has {_most.Length} rows");
            }

            if (lots is < int.MinValue or > int.MaxValue)
            {
                _beyond.Add(Count);
                continue;
            }

            _running += Math.BigMul(Math.Abs(lots), (long)_most[row]);
            _rows.Add(row);
            _lots.Add((int)lots);
        }

        if (_running >= _limit)
        {
            _beyond.Add(Count);
        }

        _partStarts.Add(_rows.Count);
        _uses.Add(use);
    }

    /// <summary>The account has no more parts.</summary>
    public void EndAccount()
    {
        var first = _accountParts[^1];
        if (IsBeyond(Count))
        {
            _uses.RemoveRange(first, _uses.Count - first);
            _partStarts.RemoveRange(first + 1, _partStarts.Count - first - 1);
            _rows.RemoveRange(_partStarts[^1], _rows.Count - _partStarts[^1]);
            _lots.RemoveRange(_partStarts[^1], _lots.Count - _partStarts[^1]);
        }

        var vectors = 0;
        for (var part = first; part < _uses.Count; part++)
        {
            vectors += (_uses[part].HasFlag(PartUse.Own) ? 1 : 0) + (_uses[part].HasFlag(PartUse.Running) ? 1 : 0);
        }

        _accountVectors.Add(VectorCount + vectors);
        _accountParts.Add(_uses.Count);
        _running = 0;
    }
}
