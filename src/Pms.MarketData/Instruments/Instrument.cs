using Pms.Primitives;

namespace Pms.MarketData.Instruments;

/// <summary>A tradable contract, never changed after it is made. The name follows Deribit's convention.</summary>
/// <remarks>A name holds the day of an expiry, which is 08:00 UTC of it: contracts that expire at that hour (all that can be read) are equal when their names are.</remarks>
public abstract record Instrument(UnderlyingId Underlying)
{
    private string? _name;
    private int _familyHash;

    /// <summary>Option family. Without a setter, as all terms: a changed copy would keep the name of the old one.</summary>
    public UnderlyingId Underlying { get; } = Underlying;

    /// <summary>Canonical name, as in BTC-26DEC25-100000-C, MATIC_USDC-9MAR24-1d02-C, BTC-PERPETUAL, BTC_USDC.</summary>
    public string Name => _name ??= DeribitNames.Format(this);

    /// <summary>Amounts are in quote currency, not in coins: futures and perpetuals settled in the coin.</summary>
    public bool IsCountedInQuote => this is Perpetual or DatedFuture && Underlying.Settlement == Settlement.Inverse;

    /// <summary>The cached name and hash take no part in equality; derived records add their own terms.</summary>
    public virtual bool Equals(Instrument? other) => other is not null && EqualityContract == other.EqualityContract && Underlying == other.Underlying;

    // Two threads may both work it out: they find the same.
    public override int GetHashCode() => _familyHash != 0 ? _familyHash : _familyHash = HashCode.Combine(EqualityContract, Underlying);

    public sealed override string ToString() => Name;
}

/// <summary>The coin itself against its quote currency.</summary>
public sealed record Spot(UnderlyingId Underlying) : Instrument(Underlying);

/// <summary>A future without expiry, tied to the index by funding. Inverse amounts are in quote currency, linear ones in coin.</summary>
public sealed record Perpetual(UnderlyingId Underlying) : Instrument(Underlying);

/// <summary>A future settled at <paramref name="Expiry"/>. Inverse amounts are in quote currency, linear ones in coin.</summary>
public sealed record DatedFuture(UnderlyingId Underlying, DateTimeOffset Expiry) : Instrument(Underlying)
{
    public DateTimeOffset Expiry { get; } = Expiry.ToUniversalTime();
}

/// <summary>A European option on one coin; amounts are in coin, prices in the settlement asset per coin.</summary>
/// <param name="Underlying">family</param>
/// <param name="Expiry">UTC instant of settlement (08:00 on Deribit)</param>
/// <param name="Strike">quote currency per coin, above 0; decimal so that the name is exact</param>
/// <param name="Type">call or put</param>
public sealed record EuropeanOption(UnderlyingId Underlying, DateTimeOffset Expiry, decimal Strike, OptionType Type) : Instrument(Underlying)
{
    public DateTimeOffset Expiry { get; } = Expiry.ToUniversalTime();

    public decimal Strike { get; } = Strike > 0 ? Strike : throw new InvalidInputException("strike-range", $"strike {Strike} is not above 0");

    public OptionType Type { get; } = Type;

    /// <summary>The strike as the model layer reads it.</summary>
    public double StrikeValue { get; } = (double)Strike;
}

public enum OptionType
{
    Call,
    Put,
}
