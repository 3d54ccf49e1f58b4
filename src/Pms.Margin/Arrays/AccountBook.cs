using Pms.Primitives;

namespace Pms.Margin.Arrays;

/// <summary>Holdings of many accounts over the rows of one risk array, one list after the other.</summary>
public sealed class AccountBook
{
    private readonly int[] _starts;
    private readonly int[] _rows;
    private readonly int[] _lots;
    private readonly Dictionary<int, RowLots[]> _wide = [];

    /// <param name="accounts">holdings of each account, in the order of the accounts</param>
    /// <exception cref="InvalidInputException"><c>row-missing</c>: a row below 0</exception>
    public AccountBook(IEnumerable<IReadOnlyList<RowLots>> accounts)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        var starts = new List<int> { 0 };
        var rows = new List<int>();
        var lots = new List<int>();
        foreach (var holdings in accounts)
        {
            // Lots beyond 32 bits are for the exact way; the fast one sees an account without holdings.
            if (holdings.Any(h => h.Lots is < int.MinValue or > int.MaxValue))
            {
                _wide.Add(starts.Count - 1, [.. holdings]);
            }
            else
            {
                foreach (var holding in holdings)
                {
                    rows.Add(holding.Row >= 0 ? holding.Row : throw new InvalidInputException("row-missing", $"a holding is of row {holding.Row}"));
                    lots.Add((int)holding.Lots);
                }
            }

            starts.Add(rows.Count);
        }

        _starts = [.. starts];
        _rows = [.. rows];
        _lots = [.. lots];
    }

    /// <summary>Accounts.</summary>
    public int Count => _starts.Length - 1;

    /// <summary>Holdings of all accounts.</summary>
    public int HoldingCount => _rows.Length + _wide.Values.Sum(h => h.Length);

    /// <summary>[account + 1] where an account's holdings begin.</summary>
    internal ReadOnlySpan<int> Starts => _starts;

    /// <summary>[holding]</summary>
    internal ReadOnlySpan<int> RowsOfHoldings => _rows;

    /// <summary>[holding]</summary>
    internal ReadOnlySpan<int> LotsOfHoldings => _lots;

    /// <summary>An account's holdings.</summary>
    public RowLots[] Holdings(int account)
    {
        if (_wide.TryGetValue(account, out var wide))
        {
            return [.. wide];
        }

        var result = new RowLots[_starts[account + 1] - _starts[account]];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = new RowLots(_rows[_starts[account] + i], _lots[_starts[account] + i]);
        }

        return result;
    }

    internal bool IsWide(int account) => _wide.Count > 0 && _wide.ContainsKey(account);
}
