using System.Globalization;
using System.Numerics;
using Pms.Attestation.Encoding;
using Pms.Primitives;

namespace Pms.Chain.Governance;

/// <summary>Which way a governed number gets stricter.</summary>
public enum Tightening
{
    Neither = 0,
    Up = 1,
    Down = 2,
}

/// <summary>One governed number: its value, what bounds its moves, and what was used of them.</summary>
/// <param name="Name">as in docs/protocol.md, section 10; of a coin <c>coinHaircutWad:0</c></param>
/// <param name="Key">0x, 32 bytes</param>
/// <param name="Value">in the contract's units</param>
/// <param name="Least">hard bound</param>
/// <param name="Most">hard bound</param>
/// <param name="MostStep">in one change</param>
/// <param name="MostIn30Days">sum of steps of one hand</param>
/// <param name="LeastDelaySeconds">between announcement and enactment</param>
/// <param name="Direction">in which it tightens</param>
/// <param name="Group">keys of one group other than 0 change together</param>
/// <param name="MovedByGovernance">sum of steps in the last 30 days</param>
/// <param name="MovedByGuardian">sum of steps in the last 30 days</param>
public sealed record GovernedKey(
    string Name,
    string Key,
    BigInteger Value,
    BigInteger Least,
    BigInteger Most,
    BigInteger MostStep,
    BigInteger MostIn30Days,
    ulong LeastDelaySeconds,
    Tightening Direction,
    int Group,
    BigInteger MovedByGovernance,
    BigInteger MovedByGuardian)
{
    private const int WadDecimals = 18;

    /// <summary>Shares and USD are in wad, times in whole seconds; the name says which.</summary>
    public bool IsWad => !Name.Contains("Seconds", StringComparison.Ordinal);

    public string Unit => IsWad ? "1e-18" : "seconds";

    /// <summary>A number in people's units: 0.15 for 15 %, 300 for five minutes.</summary>
    public string Text(BigInteger value)
    {
        if (!IsWad)
        {
            return value.ToString(CultureInfo.InvariantCulture);
        }

        var digits = BigInteger.Abs(value).ToString(CultureInfo.InvariantCulture).PadLeft(WadDecimals + 1, '0');
        var rest = digits[^WadDecimals..].TrimEnd('0');
        return $"{(value.Sign < 0 ? "-" : "")}{digits[..^WadDecimals]}{(rest.Length == 0 ? "" : $".{rest}")}";
    }

    /// <summary>Reads what <see cref="Text"/> writes, exactly.</summary>
    /// <exception cref="InvalidInputException"><c>params-value</c></exception>
    public BigInteger Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var decimals = IsWad ? WadDecimals : 0;
        var unsigned = text.StartsWith('-') ? text[1..] : text;
        var (whole, rest) = unsigned.Split('.', 2) is [var before, var after] ? (before, after) : (unsigned, "");
        var isNumber = whole.Length is > 0 and <= 40 && rest.Length <= decimals && (rest.Length > 0 || !unsigned.Contains('.', StringComparison.Ordinal))
            && !whole.AsSpan().ContainsAnyExceptInRange('0', '9') && !rest.AsSpan().ContainsAnyExceptInRange('0', '9');
        if (!isNumber)
        {
            throw new InvalidInputException("params-value", $"{Name}: '{PrintableText.Of(text)}' is no number with at most {decimals} decimals");
        }

        var value = BigInteger.Parse(whole + rest.PadRight(decimals, '0'), CultureInfo.InvariantCulture);
        return text.StartsWith('-') ? -value : value;
    }

    /// <summary>A name as the contracts have it: ASCII, left-aligned in 32 bytes.</summary>
    public static string KeyOf(string name) => "0x" + Convert.ToHexStringLower(System.Text.Encoding.ASCII.GetBytes(name)).PadRight(64, '0');

    /// <summary>Key of a number that each coin has for itself: keccak(name, coin).</summary>
    public static string KeyOf(string name, byte coin)
    {
        var bytes = new byte[64];
        System.Text.Encoding.ASCII.GetBytes(name).CopyTo(bytes, 0);
        bytes[63] = coin;
        return $"{Keccak256.Hash(bytes)}";
    }
}
