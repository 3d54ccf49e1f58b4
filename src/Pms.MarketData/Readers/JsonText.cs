using System.Text.Json;

namespace Pms.MarketData.Readers;

/// <summary>Texts of a JSON reader without its exceptions: one with half a surrogate pair escaped in it is valid JSON and no valid text.</summary>
internal static class JsonText
{
    /// <summary>Whether the current name or text is the given one; false where it is no valid text.</summary>
    public static bool Is(ref Utf8JsonReader reader, ReadOnlySpan<byte> utf8)
    {
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan.SequenceEqual(utf8);
        }

        try
        {
            return reader.ValueTextEquals(utf8);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The current text; null where it is no valid text.</summary>
    public static string? Escaped(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
