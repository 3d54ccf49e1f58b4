using Pms.Primitives;
using Pms.Server.Api;
using Pms.Server.Epochs;

namespace Pms.Server.Rpc.Channels;

/// <summary>A whole document whenever it has changed; numbered by changes.</summary>
/// <param name="name">of the channel</param>
/// <param name="signal">raised when it may have changed</param>
/// <param name="answer">of the endpoint; what it refuses is told as an error, until it answers</param>
internal sealed class AnswerChannel(string name, EpochSignal signal, Func<ApiAnswer> answer) : Channel(name)
{
    private readonly Lock _lock = new();
    private Task? _readAt;
    private ChannelUpdate? _newest;

    public override ChannelUpdate? Next(ChannelUpdate? told)
    {
        lock (_lock)
        {
            // All followers come at once: it is read once for them.
            var next = signal.Next;
            if (!ReferenceEquals(next, _readAt))
            {
                _readAt = next;
                var member = Read();
                if (_newest is null || _newest.Members[0].Name != member.Name || !_newest.Members[0].Json.Span.SequenceEqual(member.Json.Span))
                {
                    _newest = new ChannelUpdate((_newest?.Sequence ?? 0) + 1, IsSnapshot: true, [member]);
                }
            }

            return _newest!.Sequence == told?.Sequence ? null : _newest;
        }
    }

    private (string Name, ReadOnlyMemory<byte> Json) Read()
    {
        try
        {
            return ("document", answer().Body);
        }
        catch (InvalidInputException e)
        {
            return ("error", Json(RpcError.Of(e)));
        }
    }
}
