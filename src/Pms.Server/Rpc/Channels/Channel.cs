using System.Text.Json;
using Pms.Documents;

namespace Pms.Server.Rpc.Channels;

/// <summary>What a channel tells at one moment.</summary>
/// <param name="Sequence">rises with every update</param>
/// <param name="IsSnapshot">the whole, not what has changed</param>
/// <param name="Members">names and JSON values</param>
/// <param name="Seen">what the channel needs to know of this update when it makes the next</param>
internal sealed record ChannelUpdate(long Sequence, bool IsSnapshot, IReadOnlyList<(string Name, ReadOnlyMemory<byte> Json)> Members, object? Seen = null);

/// <summary>A source of updates, shared by all that follow it: each is told what has changed since what it was told last, however long that took.</summary>
internal abstract class Channel(string name)
{
    public string Name => name;

    /// <summary>The next update.</summary>
    /// <param name="told">the last that this follower has; null: it has none</param>
    /// <returns>null: nothing new</returns>
    public abstract ChannelUpdate? Next(ChannelUpdate? told);

    protected static ReadOnlyMemory<byte> Json<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, DocumentJson.Compact);
}
