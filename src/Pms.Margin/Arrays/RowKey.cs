using Pms.MarketData.Instruments;

namespace Pms.Margin.Arrays;

/// <summary>What one row of a risk array is about: a contract, or an asset held as collateral.</summary>
/// <remarks>Ordered as rows are: contracts by name, then assets by code, both by code point.</remarks>
public readonly record struct RowKey : IComparable<RowKey>
{
    private RowKey(Instrument? instrument, Asset? asset)
    {
        Instrument = instrument;
        Asset = asset;
    }

    /// <summary>Null where the row is an asset.</summary>
    public Instrument? Instrument { get; }

    /// <summary>Null where the row is a contract.</summary>
    public Asset? Asset { get; }

    /// <summary>As in BTC-26DEC25-100000-C, or USDC.</summary>
    public string Name => Instrument?.Name ?? Asset?.Code ?? "";

    public static RowKey Of(Instrument instrument)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        return new RowKey(instrument, null);
    }

    public static RowKey Of(Asset asset) => new(null, asset);

    public int CompareTo(RowKey other)
    {
        var kind = (Instrument is null).CompareTo(other.Instrument is null);
        return kind != 0 ? kind : string.CompareOrdinal(Name, other.Name);
    }

    public override string ToString() => Name;

    public static bool operator <(RowKey left, RowKey right) => left.CompareTo(right) < 0;

    public static bool operator >(RowKey left, RowKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(RowKey left, RowKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(RowKey left, RowKey right) => left.CompareTo(right) >= 0;
}
