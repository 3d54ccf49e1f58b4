using Pms.Primitives;

namespace Pms.MarketData.Instruments;

/// <summary>A tradable contract. The name follows Deribit's convention and identifies it; two instruments with one name are equal.</summary>
public abstract record Instrument(UnderlyingId Underlying)
{
    private string? _name;

    /// <summary>Canonical name, as in BTC-26DEC25-100000-C, MATIC_USDC-9MAR24-1d02-C, BTC-PERPETUAL, BTC_USDC.</summary>
    public string Name => _name ??= DeribitNames.Format(this);

    /// <summary>The cached name takes no part in equality; derived records add their own terms.</summary>
    public virtual bool Equals(Instrument? other) => other is not null && EqualityContract == other.EqualityContract && Underlying == other.Underlying;

    public override int GetHashCode() => HashCode.Combine(EqualityContract, Underlying);

    public sealed override string ToString() => Name;
}

/// <summary>The coin itself against its quote currency.</summary>
public sealed record Spot(UnderlyingId Underlying) : Instrument(Underlying);

/// <summary>A future without expiry, tied to the index by funding. Inverse amounts are in quote currency, linear ones in coin.</summary>
public sealed record Perpetual(UnderlyingId Underlying) : Instrument(Underlying);

/// <summary>A future settled at <paramref name="Expiry"/>. Inverse amounts are in quote currency, linear ones in coin.</summary>
public sealed record DatedFuture(UnderlyingId Underlying, DateTimeOffset Expiry) : Instrument(Underlying);

/// <summary>A European option on one coin; amounts are in coin, prices in the settlement asset per coin.</summary>
/// <param name="Underlying">family</param>
/// <param name="Expiry">UTC instant of settlement (08:00 on Deribit)</param>
/// <param name="Strike">quote currency per coin, above 0; decimal so that the name is exact</param>
/// <param name="Type">call or put</param>
public sealed record EuropeanOption(UnderlyingId Underlying, DateTimeOffset Expiry, decimal Strike, OptionType Type) : Instrument(Underlying)
{
    /// <summary>The strike as the model layer reads it.</summary>
    public double StrikeValue { get; } = Strike > 0
        ? (double)Strike
        : throw new InvalidInputException("strike-range", $"strike {Strike} is not above 0");
}

public enum OptionType
{
    Call,
    Put,
}
