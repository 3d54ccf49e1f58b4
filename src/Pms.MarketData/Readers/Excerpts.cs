using System.Text;
using Pms.MarketData.Events;

namespace Pms.MarketData.Readers;

/// <summary>The beginning of an offending text, short and printable, for a rejection.</summary>
internal static class Excerpts
{
    public static string Of(ReadOnlySpan<byte> utf8)
    {
        Span<char> text = stackalloc char[RejectedInput.MaxExcerptLength];
        var length = Encoding.UTF8.GetChars(utf8[..Math.Min(utf8.Length, RejectedInput.MaxExcerptLength)], text);
        for (var i = 0; i < length; i++)
        {
            text[i] = char.IsControl(text[i]) ? ' ' : text[i];
        }

        return new string(text[..length]);
    }
}
