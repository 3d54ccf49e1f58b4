using Pms.Server.Api;
using Pms.Server.Epochs;

namespace Pms.Server.Rpc.Channels;

/// <summary>The overview after every epoch; a change has the points of the history since the last update alone.</summary>
internal sealed class OverviewChannel(string name, RiskLoop loop, OverviewHistory history) : Channel(name)
{
    public override ChannelUpdate? Next(ChannelUpdate? told) => loop.Answered is { } epoch && epoch.Number != told?.Sequence
        ? new ChannelUpdate(epoch.Number, told is null, [("document", history.Bytes(epoch, told?.Sequence))])
        : null;
}
