using Pms.Server.Api;
using Pms.Server.Epochs;

namespace Pms.Server.Rpc.Channels;

/// <summary>What somebody should look at: all of it, then what was raised and what has gone. An alert whose amounts alone move is not told again.</summary>
internal sealed class AlertsChannel(string name, RiskLoop loop) : Channel(name)
{
    public override ChannelUpdate? Next(ChannelUpdate? told)
    {
        var alerts = loop.Alerts;
        HashSet<AlertKey> keys = [.. alerts.Select(AlertKey.Of)];
        if (told?.Seen is not HashSet<AlertKey> known)
        {
            return new ChannelUpdate(1, IsSnapshot: true, [("items", Json(alerts))], keys);
        }

        if (known.SetEquals(keys))
        {
            return null;
        }

        return new ChannelUpdate(
            told.Sequence + 1,
            IsSnapshot: false,
            [("raised", Json(alerts.Where(a => !known.Contains(AlertKey.Of(a))))), ("cleared", Json(known.Where(k => !keys.Contains(k)).OrderBy(k => k.Code, StringComparer.Ordinal).ThenBy(k => k.Account, StringComparer.Ordinal)))],
            keys);
    }
}

/// <summary>What tells alerts apart.</summary>
public sealed record AlertKey(string Code, string? Account)
{
    public static AlertKey Of(AlertDocument alert)
    {
        ArgumentNullException.ThrowIfNull(alert);
        return new AlertKey(alert.Code, alert.Account);
    }
}
