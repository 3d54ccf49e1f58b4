using System.Globalization;

namespace Pms.Primitives;

/// <summary>Text from outside as it may stand in a message: what a terminal would act on, or cannot show, is replaced by U+FFFD.</summary>
public static class PrintableText
{
    /// <param name="text">anything; a part of a name, a row or another library's message</param>
    /// <param name="maxLength">most characters kept</param>
    public static string Of(ReadOnlySpan<char> text, int maxLength = 256)
    {
        var kept = text[..Math.Min(text.Length, maxLength)];
        return string.Create(kept.Length, kept, static (span, source) =>
        {
            for (var i = 0; i < source.Length; i++)
            {
                span[i] = IsPrintable(source[i]) ? source[i] : '\uFFFD';
            }
        });
    }

    // Control characters (escape sequences), lone or paired surrogates, and format characters (bidirectional overrides).
    private static bool IsPrintable(char c) => char.GetUnicodeCategory(c)
        is not (UnicodeCategory.Control or UnicodeCategory.Surrogate or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
