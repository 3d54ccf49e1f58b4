using Pms.Primitives;

namespace Pms.Attestation.Encoding;

/// <summary>Hexadecimal text as Ethereum tools write it: 0x, then two digits a byte.</summary>
internal static class HexText
{
    /// <param name="hex">0x and twice <paramref name="count"/> digits</param>
    /// <param name="count">bytes</param>
    /// <param name="code">of the error</param>
    /// <param name="what">for the message</param>
    public static byte[] Bytes(string hex, int count, string code, string what)
    {
        ArgumentNullException.ThrowIfNull(hex);
        return hex.Length == 2 + (2 * count) && hex.StartsWith("0x", StringComparison.Ordinal) && hex.AsSpan(2).ContainsAnyExcept(Digits) is false
            ? Convert.FromHexString(hex.AsSpan(2))
            : throw new InvalidInputException(code, $"'{PrintableText.Of(hex)}' is not {what}: 0x and {2 * count} hexadecimal digits are expected");
    }

    private static readonly System.Buffers.SearchValues<char> Digits = System.Buffers.SearchValues.Create("0123456789abcdefABCDEF");
}
