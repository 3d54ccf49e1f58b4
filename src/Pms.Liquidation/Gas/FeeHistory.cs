using System.Collections.Immutable;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using Pms.Primitives;

namespace Pms.Liquidation.Gas;

/// <summary>Fees of past blocks, as a node's fee history gives them.</summary>
/// <param name="BaseFeesWei">[block], oldest first, the next block's last: it is known already</param>
/// <param name="Percentiles">[rank] of the gas of a block by tip, rising, 0 to 100</param>
/// <param name="TipsWei">[block][rank] paid above the base fee; empty where the node gave none; one fewer than the base fees</param>
public sealed record FeeHistory(ImmutableArray<BigInteger> BaseFeesWei, ImmutableArray<double> Percentiles, ImmutableArray<ImmutableArray<BigInteger>> TipsWei)
{
    private const int MostBlocks = 1_000_000;

    /// <summary>The base fee of the next block.</summary>
    public BigInteger NextWei => BaseFeesWei[^1];

    /// <summary>How full each block was, 0 to 1, from the change that it caused; the fee says so to one part in itself.</summary>
    /// <param name="block">0 is the oldest</param>
    public double FullnessOf(int block)
    {
        var ratio = Ratio(BaseFeesWei[block + 1], BaseFeesWei[block]);
        return Math.Clamp((1 + ((ratio - 1) * BaseFeeRule.ChangeDenominator)) / BaseFeeRule.Elasticity, 0, 1);
    }

    /// <summary>The newest part in which every fee follows from the one before: what a node told before a break (a chain with another rule, a fee set by hand) says nothing about what comes.</summary>
    public FeeHistory NewestPart()
    {
        var first = BaseFeesWei.Length - 1;
        while (first > 0 && BaseFeesWei[first - 1].Sign > 0 && Follows(BaseFeesWei[first - 1], BaseFeesWei[first]))
        {
            first--;
        }

        return this with { BaseFeesWei = BaseFeesWei[first..], TipsWei = TipsWei.IsEmpty ? TipsWei : TipsWei[first..] };
    }

    /// <exception cref="InvalidInputException"><c>gas-history</c></exception>
    public void Validate()
    {
        Require(BaseFeesWei.Length is >= 3 and <= MostBlocks && BaseFeesWei.All(f => f.Sign > 0), $"{BaseFeesWei.Length} base fees: 3 to {MostBlocks}, each above 0, are required");
        Require(TipsWei.IsEmpty || TipsWei.Length == BaseFeesWei.Length - 1, $"{TipsWei.Length} lists of tips beside {BaseFeesWei.Length} base fees: one fewer is required");
        Require(TipsWei.All(t => t.Length == Percentiles.Length && t.All(x => x.Sign >= 0)), $"a block does not have {Percentiles.Length} tips of at least 0");
        Require(Percentiles.All(p => p is >= 0 and <= 100) && Percentiles.SequenceEqual(Percentiles.Order()), "the percentiles do not rise from 0 to 100");
        for (var i = 1; i < BaseFeesWei.Length; i++)
        {
            var (was, now) = (BaseFeesWei[i - 1], BaseFeesWei[i]);
            Require(Follows(was, now), $"the base fee goes from {was} to {now} wei in one block: at most an eighth is possible");
        }
    }

    /// <summary>Reads the result of <c>eth_feeHistory</c>: <c>baseFeePerGas</c>, <c>reward</c>, and <c>rewardPercentiles</c> beside it; numbers are hexadecimal or decimal texts.</summary>
    /// <exception cref="InvalidInputException"><c>gas-history</c></exception>
    public static FeeHistory Parse(JsonElement document)
    {
        if (document.ValueKind == JsonValueKind.Object && document.TryGetProperty("result", out var result))
        {
            document = result;
        }

        Require(document.ValueKind == JsonValueKind.Object && document.TryGetProperty("baseFeePerGas", out _), "an object with baseFeePerGas is expected");
        ImmutableArray<BigInteger> fees = [.. Items(document.GetProperty("baseFeePerGas")).Select(Wei)];
        ImmutableArray<ImmutableArray<BigInteger>> tips = document.TryGetProperty("reward", out var reward) && reward.ValueKind == JsonValueKind.Array ? [.. Items(reward).Select(b => Items(b).Select(Wei).ToImmutableArray())] : [];
        ImmutableArray<double> ranks = document.TryGetProperty("rewardPercentiles", out var given) ? [.. Items(given).Select(p => p.ValueKind == JsonValueKind.Number ? p.GetDouble() : double.NaN)]
            : [.. Enumerable.Range(0, tips.IsEmpty ? 0 : tips[0].Length).Select(i => 100.0 * (i + 1) / (tips[0].Length + 1))];
        var history = new FeeHistory(fees, ranks, tips);
        history.Validate();
        return history;
    }

    private static bool Follows(BigInteger was, BigInteger now) => now <= was + BigInteger.Max(was / BaseFeeRule.ChangeDenominator, 1) && now >= was - (was / BaseFeeRule.ChangeDenominator);

    internal static double Ratio(BigInteger numerator, BigInteger denominator) => (double)numerator / (double)denominator;

    private static JsonElement.ArrayEnumerator Items(JsonElement list)
    {
        Require(list.ValueKind == JsonValueKind.Array, $"a JSON {list.ValueKind} stands where a list is expected");
        return list.EnumerateArray();
    }

    private static BigInteger Wei(JsonElement value)
    {
        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
        var isHex = text.StartsWith("0x", StringComparison.Ordinal);
        return (isHex ? BigInteger.TryParse("0" + text[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var wei) : BigInteger.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out wei)) && text.Length <= 66
            ? wei
            : throw new InvalidInputException("gas-history", $"{PrintableText.Of(text, 40)} is no amount of wei");
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new InvalidInputException("gas-history", message);
        }
    }
}
