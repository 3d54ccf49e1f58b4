using System.Collections.Immutable;
using Pms.MarketData.Instruments;

namespace Pms.MarketData.Snapshots;

/// <summary>One option family at the snapshot's instant.</summary>
/// <param name="Id">family</param>
/// <param name="Index">spot index, where the source gives one</param>
/// <param name="VolatilityIndex">annualised fraction, where the source gives one</param>
/// <param name="Expiries">option expiries, soonest first; an expiry at or before the instant is kept and left to the reader</param>
/// <param name="Linears">spot, perpetual and dated futures of the family, by name</param>
public sealed record UnderlyingBoard(
    UnderlyingId Id,
    PricePoint? Index,
    PricePoint? VolatilityIndex,
    ImmutableArray<ExpiryBoard> Expiries,
    ImmutableArray<InstrumentQuote> Linears)
{
    public int OptionCount => Expiries.Sum(e => e.Options.Length);
}

/// <summary>All options of one expiry.</summary>
/// <param name="Expiry">UTC</param>
/// <param name="VenueForward">median of the forwards that the venue attached to the quotes, else the mid of the listed future of this expiry; null without either</param>
/// <param name="Options">by strike, call before put</param>
public sealed record ExpiryBoard(DateTimeOffset Expiry, double? VenueForward, ImmutableArray<InstrumentQuote> Options);
