using System.Buffers;
using System.Text.Json;
using Pms.Documents;
using Pms.Primitives;
using Pms.Server.Api;

namespace Pms.Server.Rpc;

/// <summary>Messages of the server. Documents go in as the bytes that they have over HTTP.</summary>
internal static class RpcMessages
{
    private static readonly JsonWriterOptions Options = new() { Encoder = DocumentJson.Compact.Encoder, SkipValidation = true };

    /// <summary>Result or error of one call.</summary>
    /// <param name="writer">where it goes: a message, or one place of a batch</param>
    /// <param name="id">of the call; undefined: it could not be read</param>
    /// <param name="answer">result; null: an error</param>
    /// <param name="error">null: a result</param>
    /// <param name="begun">when the call was read</param>
    /// <param name="ended">when it was answered</param>
    public static void Reply(Utf8JsonWriter writer, JsonElement id, ApiAnswer? answer, RpcError? error, DateTimeOffset begun, DateTimeOffset ended)
    {
        writer.WriteStartObject();
        writer.WriteString("jsonrpc"u8, "2.0"u8);
        writer.WritePropertyName("id"u8);
        if (id.ValueKind == JsonValueKind.Undefined)
        {
            writer.WriteNullValue();
        }
        else
        {
            id.WriteTo(writer);
        }

        if (error is not null)
        {
            writer.WritePropertyName("error"u8);
            JsonSerializer.Serialize(writer, error, DocumentJson.Compact);
        }
        else
        {
            writer.WritePropertyName("result"u8);
            writer.WriteRawValue(Trimmed(answer!.Body.Span), skipInputValidation: true);
            if (answer.Epoch is { } epoch)
            {
                writer.WriteNumber("epoch"u8, epoch);
            }
        }

        writer.WriteNumber("usIn"u8, begun.ToUnixMicroseconds());
        writer.WriteNumber("usOut"u8, ended.ToUnixMicroseconds());
        writer.WriteNumber("usDiff"u8, ended.ToUnixMicroseconds() - begun.ToUnixMicroseconds());
        writer.WriteEndObject();
    }

    /// <summary>One update of a channel.</summary>
    /// <param name="channel">its name</param>
    /// <param name="isSnapshot">the whole, not what has changed since the update before</param>
    /// <param name="sequence">number of this update</param>
    /// <param name="previous">number of the one before; null: there was none</param>
    /// <param name="timestampMs">now</param>
    /// <param name="members">what it says: names and JSON values</param>
    public static ReadOnlyMemory<byte> Update(string channel, bool isSnapshot, long sequence, long? previous, long timestampMs, IReadOnlyList<(string Name, ReadOnlyMemory<byte> Json)> members) => Write(writer =>
    {
        writer.WriteStartObject();
        writer.WriteString("jsonrpc"u8, "2.0"u8);
        writer.WriteString("method"u8, "subscription"u8);
        writer.WriteStartObject("params"u8);
        writer.WriteString("channel"u8, channel);
        writer.WriteStartObject("data"u8);
        writer.WriteString("type"u8, isSnapshot ? "snapshot"u8 : "change"u8);
        writer.WriteNumber("sequence"u8, sequence);
        if (previous is { } before)
        {
            writer.WriteNumber("prev_sequence"u8, before);
        }

        writer.WriteNumber("timestamp"u8, timestampMs);
        foreach (var (name, json) in members)
        {
            writer.WritePropertyName(name);
            writer.WriteRawValue(Trimmed(json.Span), skipInputValidation: true);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    });

    /// <param name="type">heartbeat, or test_request: the peer answers public/test or is cut off</param>
    public static ReadOnlyMemory<byte> Heartbeat(string type) => Write(writer => JsonSerializer.Serialize(writer, new { jsonrpc = "2.0", method = "heartbeat", @params = new { type } }, DocumentJson.Compact));

    public static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(1_024);
        using var writer = new Utf8JsonWriter(bytes, Options);
        write(writer);
        writer.Flush();
        return bytes.WrittenMemory;
    }

    /// <summary>Documents of the command line end with a line.</summary>
    private static ReadOnlySpan<byte> Trimmed(ReadOnlySpan<byte> json) => json.Length > 0 && json[^1] == (byte)'\n' ? json[..^1] : json;
}
