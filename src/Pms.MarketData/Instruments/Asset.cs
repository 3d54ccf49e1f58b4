using Pms.Primitives;

namespace Pms.MarketData.Instruments;

/// <summary>A coin or currency by its ticker: 1 to 16 characters of A-Z and 0-9, as in BTC, USDC, USD.</summary>
public readonly record struct Asset
{
    private readonly string? _code;

    public Asset(string code)
    {
        if (!IsValid(code))
        {
            throw new InvalidInputException("asset-code", $"'{PrintableText.Of(code)}' is not an asset code: 1 to 16 characters of A-Z and 0-9 are expected");
        }

        _code = code;
    }

    public static Asset Usd { get; } = new("USD");

    public string Code => _code ?? throw new InvalidInputException("asset-code", "an asset without a code was used");

    public static bool IsValid(ReadOnlySpan<char> code)
    {
        if (code.Length is < 1 or > 16)
        {
            return false;
        }

        foreach (var c in code)
        {
            if (!char.IsAsciiLetterUpper(c) && !char.IsAsciiDigit(c))
            {
                return false;
            }
        }

        return true;
    }

    public override string ToString() => _code ?? "";
}
