using System.Collections.Immutable;
using Pms.Primitives;

namespace Pms.Connectors.Deribit;

/// <summary>What to listen to and how patiently. Every wait is in the time of the connector's clock.</summary>
public sealed record DeribitConnectorOptions
{
    public static Uri DefaultUrl { get; } = new("wss://www.deribit.com/ws/api/v2");

    /// <summary>Address; ws or wss.</summary>
    public Uri Url { get; init; } = DefaultUrl;

    /// <summary>Currencies as get_instruments takes them: BTC and ETH are the coin-settled families, USDC all linear ones. 1 to 16.</summary>
    public ImmutableArray<string> Currencies { get; init; } = ["BTC", "ETH"];

    /// <summary>100ms or agg2; raw needs a login.</summary>
    public string Interval { get; init; } = "100ms";

    /// <summary>A ticker channel for each instrument: quotes, marks, Greeks.</summary>
    public bool Tickers { get; init; } = true;

    /// <summary>An order book channel for each perpetual and dated future.</summary>
    public bool FutureBooks { get; init; } = true;

    /// <summary>An order book channel for each option too: many.</summary>
    public bool OptionBooks { get; init; }

    /// <summary>One trades channel for all options and one for all futures of a currency.</summary>
    public bool Trades { get; init; } = true;

    /// <summary>Most channels of one connection; instruments beyond it are not listened to, which is counted.</summary>
    public int MaxChannels { get; init; } = 10_000;

    /// <summary>Channels in one call: Deribit takes 500.</summary>
    public int ChannelsPerCall { get; init; } = 500;

    /// <summary>Credits of a full subscription pool, what one call takes and how fast it refills (Deribit, "Rate limits").</summary>
    public double SubscribeCredits { get; init; } = 30_000;

    public double SubscribeCost { get; init; } = 3_000;

    public double SubscribeRefillPerSecond { get; init; } = 10_000;

    /// <summary>Pause between calls of get_instruments, which is limited to one a second.</summary>
    public TimeSpan ListingPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Asked of the venue; at least 10 s.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Silence after which the connection is given up; above two heartbeats.</summary>
    public TimeSpan ConnectionStaleAfter { get; init; } = TimeSpan.FromSeconds(25);

    /// <summary>Silence after which a channel with a steady beat (price index, option marks) is asked for again.</summary>
    public TimeSpan ChannelStaleAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often silence is looked for.</summary>
    public TimeSpan WatchInterval { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a clean end may take before the socket is dropped.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(2);

    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestBackoff { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Shortest wait after the venue said too_many_requests.</summary>
    public TimeSpan RateLimitPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A connection that lived so long counts as a success: the next failure waits briefly again.</summary>
    public TimeSpan StableAfter { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Longest message; the list of instruments of a currency is about 1 MB.</summary>
    public int MaxMessageBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Seed of the random part of the waits.</summary>
    public ulong Seed { get; init; } = 1;

    /// <exception cref="InvalidInputException"><c>connector-options</c>, naming the value and what is allowed</exception>
    public void Validate()
    {
        Require(Url.Scheme is "ws" or "wss", $"Url {Url} is not ws or wss");
        Require(!Currencies.IsDefault && Currencies.Length is >= 1 and <= 16, "Currencies has 1 to 16 entries");
        Require(Currencies.All(c => c.Length is >= 1 and <= 16 && c.All(char.IsAsciiLetterOrDigit)), "Currencies are codes such as BTC");
        Require(Interval is "100ms" or "agg2" or "raw", $"Interval '{Interval}' is not 100ms, agg2 or raw");
        Require(MaxChannels is >= 1 and <= 100_000, $"MaxChannels {MaxChannels} is not 1 to 100000");
        Require(ChannelsPerCall is >= 1 and <= 500, $"ChannelsPerCall {ChannelsPerCall} is not 1 to 500");
        Require(HeartbeatInterval >= TimeSpan.FromSeconds(10), $"HeartbeatInterval {HeartbeatInterval} is below the venue's 10 s");
        Require(ConnectionStaleAfter > HeartbeatInterval, $"ConnectionStaleAfter {ConnectionStaleAfter} is not above HeartbeatInterval");
        Require(WatchInterval > TimeSpan.Zero && RequestTimeout > TimeSpan.Zero && ConnectTimeout > TimeSpan.Zero, "waits are above 0");
        Require(SubscribeCost > 0 && SubscribeCost <= SubscribeCredits, $"SubscribeCost {SubscribeCost} is not above 0 and at most SubscribeCredits");
        Require(MaxMessageBytes >= 1024, $"MaxMessageBytes {MaxMessageBytes} is below 1024");

        static void Require(bool holds, string message)
        {
            if (!holds)
            {
                throw new InvalidInputException("connector-options", message);
            }
        }
    }
}
