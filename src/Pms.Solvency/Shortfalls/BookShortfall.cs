namespace Pms.Solvency.Shortfalls;

/// <summary>What a book owes beyond all it is worth, in every scenario. Money units, exact.</summary>
/// <remarks>[scenario] each: the sum over all accounts, the largest sum over one owner's accounts, and the two largest together.</remarks>
public sealed class BookShortfall
{
    private readonly long[] _totals;
    private readonly long[] _largest;
    private readonly long[] _twoLargest;

    internal BookShortfall(long[] totals, long[] largest, long[] twoLargest) => (_totals, _largest, _twoLargest) = (totals, largest, twoLargest);

    /// <summary>[scenario] sum over accounts of max(0, -(equity + gain)).</summary>
    public ReadOnlySpan<long> Totals => _totals;

    /// <summary>[scenario] of the owner whose accounts leave most uncovered.</summary>
    public ReadOnlySpan<long> Largest => _largest;

    /// <summary>[scenario] of the two owners whose accounts leave most uncovered.</summary>
    public ReadOnlySpan<long> TwoLargest => _twoLargest;
}
