using Pms.Primitives;

namespace Pms.MarketData.Events;

/// <summary>Where a number came from and when.</summary>
/// <param name="Source">short name of the feed or file format, as in <c>deribit.ws</c>, <c>tardis.options_chain</c></param>
/// <param name="ExchangeTime">the venue's own stamp; null where the source gives none</param>
/// <param name="ReceivedAt">when the recorder or the connector received it; equals the exchange time for files that keep only that</param>
/// <remarks>Instants are UTC and whole microseconds, finer digits are cut: ages must not depend on digits that no hash holds.</remarks>
public readonly record struct Provenance(string Source, DateTimeOffset? ExchangeTime, DateTimeOffset ReceivedAt)
{
    public DateTimeOffset? ExchangeTime { get; init => field = value?.FloorToMicrosecond(); } = ExchangeTime?.FloorToMicrosecond();

    public DateTimeOffset ReceivedAt { get; init => field = value.FloorToMicrosecond(); } = ReceivedAt.FloorToMicrosecond();

    /// <summary>The venue's stamp where there is one, else the receive time: the instant the number describes.</summary>
    public DateTimeOffset EffectiveTime => ExchangeTime ?? ReceivedAt;
}
