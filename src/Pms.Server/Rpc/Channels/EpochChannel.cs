using Pms.Primitives;
using Pms.Server.Epochs;

namespace Pms.Server.Rpc.Channels;

/// <summary>A whole document after every epoch; numbered by epochs.</summary>
/// <param name="name">of the channel</param>
/// <param name="loop">epochs; while it is halted nothing is told but health</param>
/// <param name="document">of an epoch</param>
internal sealed class EpochChannel(string name, RiskLoop loop, Func<RiskEpoch, ReadOnlyMemory<byte>> document) : Channel(name)
{
    private readonly Lock _lock = new();
    private (long Epoch, IReadOnlyList<(string, ReadOnlyMemory<byte>)> Members)? _made;

    public override ChannelUpdate? Next(ChannelUpdate? told) => loop.Answered is { } epoch && epoch.Number != told?.Sequence
        ? new ChannelUpdate(epoch.Number, IsSnapshot: true, Made(epoch))
        : null;

    private IReadOnlyList<(string, ReadOnlyMemory<byte>)> Made(RiskEpoch epoch)
    {
        lock (_lock)
        {
            if (_made is not { } made || made.Epoch != epoch.Number)
            {
                _made = made = (epoch.Number, Members(epoch));
            }

            return made.Members;
        }
    }

    private IReadOnlyList<(string, ReadOnlyMemory<byte>)> Members(RiskEpoch epoch)
    {
        try
        {
            return [("document", document(epoch))];
        }
        catch (InvalidInputException e)
        {
            // The account or family is not in this epoch: the follower is told, and goes on.
            return [("error", Json(RpcError.Of(e)))];
        }
    }
}
