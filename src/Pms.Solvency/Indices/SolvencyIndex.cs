using System.Globalization;

namespace Pms.Solvency.Indices;

/// <summary>What an index says.</summary>
public enum SolvencyBand
{
    /// <summary>Too old, or not of all accounts: no statement.</summary>
    Unknown,

    /// <summary>Below 1: the expected shortfall is more than there is.</summary>
    Short,

    /// <summary>1 up to 2.</summary>
    Covered,

    /// <summary>2 or more.</summary>
    Strong,
}

/// <summary>Protocol Solvency Index: resources over expected shortfall, in parts of 1e-18, rounded down.</summary>
/// <param name="Wad">1e18 is 1</param>
/// <remarks>The shortfall is rounded up and the quotient down, so that the index is at least 1 exactly where the resources are at least the shortfall.</remarks>
public readonly record struct SolvencyIndex(Int128 Wad) : IComparable<SolvencyIndex>
{
    /// <summary>1e18: one.</summary>
    public static readonly Int128 One = 1_000_000_000_000_000_000;

    /// <summary>The largest that is told, and what is told where nothing is expected to be short: 1,000.</summary>
    public static readonly SolvencyIndex Cap = new(1_000 * One);

    /// <summary>1: the resources are exactly the expected shortfall.</summary>
    public static readonly SolvencyIndex Covered = new(One);

    /// <summary>As a decimal, exact.</summary>
    public decimal Value => (decimal)Wad / 1_000_000_000_000_000_000m;

    /// <param name="resources">what there is</param>
    /// <param name="shortfall">expected, money units, rounded up, at least 0</param>
    public static SolvencyIndex Of(SolvencyResources resources, Int128 shortfall)
    {
        resources.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(shortfall, Int128.Zero);
        return shortfall == 0 ? Cap : new SolvencyIndex(Int128.Min(Cap.Wad, resources.Total * One / shortfall));
    }

    /// <param name="isKnown">fresh, and of all accounts</param>
    public SolvencyBand Band(bool isKnown) => !isKnown ? SolvencyBand.Unknown : Wad >= 2 * One ? SolvencyBand.Strong : Wad >= One ? SolvencyBand.Covered : SolvencyBand.Short;

    public int CompareTo(SolvencyIndex other) => Wad.CompareTo(other.Wad);

    public static bool operator <(SolvencyIndex left, SolvencyIndex right) => left.Wad < right.Wad;

    public static bool operator >(SolvencyIndex left, SolvencyIndex right) => left.Wad > right.Wad;

    public static bool operator <=(SolvencyIndex left, SolvencyIndex right) => left.Wad <= right.Wad;

    public static bool operator >=(SolvencyIndex left, SolvencyIndex right) => left.Wad >= right.Wad;

    /// <summary>With four decimals, cut off.</summary>
    public override string ToString() => ((decimal)(Wad / (One / 10_000)) / 10_000m).ToString("F4", CultureInfo.InvariantCulture);
}
