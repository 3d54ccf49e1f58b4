using System.Text.Json;
using System.Text.Unicode;
using Pms.Primitives;

namespace Pms.MarketData.Readers.Json;

/// <summary>A file that is one JSON document, read whole within a bound.</summary>
internal static class JsonFile
{
    /// <exception cref="MarketFormatException">larger, deeper or more damaged than allowed, or a name twice in one object</exception>
    public static JsonDocument Parse(Stream stream, ReadLimits limits)
    {
        var bytes = ReadAll(stream, limits.MaxDocumentBytes);
        var text = bytes.AsMemory();
        if (text.Span.StartsWith("\uFEFF"u8))
        {
            text = text[3..];
        }

        if (!Utf8.IsValid(text.Span))
        {
            throw new MarketFormatException("utf8-damaged", "the file is not valid UTF-8, which JSON is written in");
        }

        try
        {
            return JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = limits.MaxJsonDepth, AllowDuplicateProperties = false });
        }
        // A name with a lone surrogate escape (\ud800) passes the grammar and fails when names are compared.
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new MarketFormatException("json-damaged", $"the file is not one JSON document: {PrintableText.Of(e.Message)}", e);
        }
    }

    /// <summary>Whether the beginning of a file is that of a JSON object or array that has all these texts in it.</summary>
    public static bool HeadHas(ReadOnlySpan<byte> head, params ReadOnlySpan<string> texts)
    {
        if (head.StartsWith("\uFEFF"u8))
        {
            head = head[3..];
        }

        head = head.TrimStart(" \t\r\n"u8);
        if (head.IsEmpty || head[0] is not ((byte)'{' or (byte)'['))
        {
            return false;
        }

        Span<byte> wanted = stackalloc byte[64];
        foreach (var text in texts)
        {
            var length = System.Text.Encoding.UTF8.GetBytes(text, wanted);
            if (head.IndexOf(wanted[..length]) < 0)
            {
                return false;
            }
        }

        return true;
    }

    private static byte[] ReadAll(Stream stream, int maxBytes)
    {
        var buffer = new byte[Math.Min(64 * 1024, maxBytes)];
        var length = 0;
        while (true)
        {
            var read = stream.Read(buffer, length, buffer.Length - length);
            if (read == 0)
            {
                return buffer[..length];
            }

            length += read;
            if (length == maxBytes)
            {
                throw new MarketFormatException("document-too-large", $"the file is larger than {maxBytes} bytes, which one JSON document may have");
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(2L * buffer.Length, maxBytes));
            }
        }
    }
}
