using Pms.MarketData.Events;
using Pms.MarketData.Readers.Deribit;
using Pms.MarketData.Readers.Okx;

namespace Pms.MarketData.Readers.Recordings;

/// <summary>Turns messages of one venue into events; what the readers of recordings need of a venue.</summary>
internal interface IMessageDecoder
{
    void Decode(ReadOnlySpan<byte> utf8, DateTimeOffset receivedAt, ICollection<MarketEvent> into);

    /// <summary>Shows a request that was sent, for replies that do not say what they answer.</summary>
    void ObserveRequest(ReadOnlySpan<byte> utf8);
}

/// <summary>Venues by name and by the host in a URL.</summary>
internal static class MessageDecoders
{
    /// <returns>null for a venue whose messages are not read here</returns>
    public static IMessageDecoder? ForVenue(ReadOnlySpan<char> venue, string source, ReadLimits limits) => venue switch
    {
        // The simulated exchange speaks the same dialect.
        "deribit" or "pms.sim" => new Deribit(source, limits),
        "okx" => new Okx(source, limits),
        _ => null,
    };

    /// <summary>The venue of a URL such as wss://www.deribit.com/ws/api/v2; empty for one that is not known.</summary>
    public static string VenueOf(ReadOnlySpan<char> url)
    {
        var cut = url.IndexOf("://", StringComparison.Ordinal);
        var host = cut < 0 ? url : url[(cut + 3)..];
        var end = host.IndexOfAny('/', ':', '?');
        host = end < 0 ? host : host[..end];
        return host switch
        {
            _ when IsHostOf(host, "deribit.com") => "deribit",
            _ when IsHostOf(host, "okx.com") || IsHostOf(host, "okex.com") => "okx",
            _ => "",
        };
    }

    private static bool IsHostOf(ReadOnlySpan<char> host, string domain)
    {
        return host.Equals(domain, StringComparison.OrdinalIgnoreCase)
            || (host.EndsWith(domain, StringComparison.OrdinalIgnoreCase) && host[^(domain.Length + 1)] == '.');
    }

    private sealed class Deribit(string source, ReadLimits limits) : IMessageDecoder
    {
        private readonly DeribitMessageDecoder _decoder = new(source, limits);

        public void Decode(ReadOnlySpan<byte> utf8, DateTimeOffset receivedAt, ICollection<MarketEvent> into) => _decoder.Decode(utf8, receivedAt, into);

        public void ObserveRequest(ReadOnlySpan<byte> utf8) => _decoder.ObserveRequest(utf8);
    }

    private sealed class Okx(string source, ReadLimits limits) : IMessageDecoder
    {
        private readonly OkxMessageDecoder _decoder = new(source, limits);

        public void Decode(ReadOnlySpan<byte> utf8, DateTimeOffset receivedAt, ICollection<MarketEvent> into) => _decoder.Decode(utf8, receivedAt, into);

        public void ObserveRequest(ReadOnlySpan<byte> utf8)
        {
            // OKX replies name their channel.
        }
    }
}
