using Pms.Documents;
using Pms.Server.Epochs;

namespace Pms.Server.Rpc.Channels;

/// <summary>State and reasons, whenever one of them changes.</summary>
internal sealed class HealthChannel(string name, RiskLoop loop) : Channel(name)
{
    public override ChannelUpdate? Next(ChannelUpdate? told)
    {
        var status = loop.Status;
        var seen = string.Join(' ', status.Reasons.Select(r => r.Code).Prepend(status.Name));
        return seen.Equals(told?.Seen as string, StringComparison.Ordinal)
            ? null
            : new ChannelUpdate((told?.Sequence ?? 0) + 1, IsSnapshot: true, [("document", Json(new StateDocument(status.Name, loop.StateSince, [.. status.Reasons.Select(ErrorBody.Of)])))], seen);
    }
}

/// <summary>What the server answers for, and why.</summary>
public sealed record StateDocument(string State, DateTimeOffset Since, IReadOnlyList<ErrorBody> Reasons);
