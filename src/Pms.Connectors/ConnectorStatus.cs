using Pms.Primitives;

namespace Pms.Connectors;

public enum ConnectorState
{
    /// <summary>Not started.</summary>
    Idle,

    Connecting,

    /// <summary>Connected, instruments and subscriptions under way.</summary>
    Subscribing,

    /// <summary>All wanted channels are subscribed.</summary>
    Live,

    /// <summary>Waiting before the next attempt.</summary>
    BackingOff,

    Stopped,
}

/// <summary>What a connector did so far and how it stands; one consistent copy.</summary>
/// <param name="State">phase</param>
/// <param name="Connections">connections that were opened</param>
/// <param name="Reconnects">connections after the first</param>
/// <param name="Messages">messages received</param>
/// <param name="Bytes">bytes of them</param>
/// <param name="Gaps">breaks in the sequence of a book, or of all at the end of a connection</param>
/// <param name="Stale">book messages that were late or came twice</param>
/// <param name="Rejected">messages or parts of them that were refused</param>
/// <param name="RateLimited">times that the venue said too_many_requests</param>
/// <param name="Resubscriptions">channels asked for again after a gap or silence</param>
/// <param name="ChannelsWanted">channels that should be live</param>
/// <param name="ChannelsLive">channels confirmed by the venue</param>
/// <param name="ChannelsRefused">channels that the venue did not confirm</param>
/// <param name="ChannelsSilent">channels with a steady beat that have missed it</param>
/// <param name="ChannelsBeyondLimit">channels not listened to because of <see cref="Deribit.DeribitConnectorOptions.MaxChannels"/></param>
/// <param name="QueueDepth">events waiting for the consumer</param>
/// <param name="Conflated">events overwritten before the consumer came</param>
/// <param name="LastMessageAt">receive time of the newest message</param>
/// <param name="LastEnd">why the last connection ended</param>
public sealed record ConnectorStatus(
    ConnectorState State,
    int Connections,
    int Reconnects,
    long Messages,
    long Bytes,
    long Gaps,
    long Stale,
    long Rejected,
    int RateLimited,
    long Resubscriptions,
    int ChannelsWanted,
    int ChannelsLive,
    int ChannelsRefused,
    int ChannelsSilent,
    int ChannelsBeyondLimit,
    int QueueDepth,
    long Conflated,
    DateTimeOffset? LastMessageAt,
    Refusal? LastEnd)
{
    /// <summary>How long nothing was heard; null before the first message.</summary>
    public TimeSpan? AgeAt(DateTimeOffset now) => now - LastMessageAt;
}
