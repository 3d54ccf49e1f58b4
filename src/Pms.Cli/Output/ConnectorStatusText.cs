using Pms.Connectors;

namespace Pms.Cli.Output;

/// <summary>A connector's status in one line.</summary>
internal static class ConnectorStatusText
{
    /// <summary>Before the first report.</summary>
    public static ConnectorStatus None { get; } = new(ConnectorState.Idle, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, null, null);

    public static string Describe(ConnectorStatus status, DateTimeOffset now)
    {
        var phase = status.State switch
        {
            ConnectorState.Live => $"live on {status.ChannelsLive} channels",
            ConnectorState.Subscribing => $"subscribing, {status.ChannelsLive} of {status.ChannelsWanted} channels",
            ConnectorState.BackingOff => $"waiting to reconnect ({status.LastEnd?.Message})",
            ConnectorState.Connecting => "connecting",
            ConnectorState.Stopped => "stopped",
            _ => "starting",
        };
        var age = status.AgeAt(now) is { } a ? $", last heard {a.TotalSeconds:F1} s ago" : "";
        var trouble = status.Gaps + status.Reconnects + status.Rejected > 0 ? $", {status.Reconnects} reconnects, {status.Gaps} gaps, {status.Rejected} refused" : "";
        var beyond = status.ChannelsBeyondLimit > 0 ? $", {status.ChannelsBeyondLimit} channels beyond the limit not heard" : "";
        return phase + age + trouble + beyond;
    }
}
