using System.Collections.Immutable;
using Pms.Primitives;

namespace Pms.Proofs.Commitments;

/// <summary>Mean of the m worst of equally weighted losses, and what shows it without sorting (circuits/lib/src/tail.nr).</summary>
/// <param name="Threshold">the m-th worst loss [money units]</param>
/// <param name="Losses">[scenario] money units</param>
/// <param name="Flags">[scenario] whether the loss counts: m of them; among equals the earlier scenario first</param>
/// <param name="Sum">of the m worst</param>
/// <param name="Mean">rounded up, at least 0</param>
public sealed record ExactTail(Int128 Threshold, ImmutableArray<Int128> Losses, ImmutableArray<bool> Flags, Int128 Sum, UInt128 Mean)
{
    /// <param name="losses">[scenario] money units</param>
    /// <param name="count">m: 1 to as many as there are</param>
    /// <param name="sizeBits">a loss lies closer to the threshold than 2^sizeBits</param>
    /// <exception cref="InvalidInputException"><c>proof-scenarios</c>: m out of range; <c>proof-range</c>: losses too far apart</exception>
    public static ExactTail Of(ReadOnlySpan<Int128> losses, int count, int sizeBits)
    {
        if (count < 1 || count > losses.Length)
        {
            throw new InvalidInputException("proof-scenarios", $"the {count} worst of {losses.Length} losses: 1 to all of them are required");
        }

        var all = losses.ToArray();
        var order = Enumerable.Range(0, all.Length).OrderByDescending(s => all[s]).ThenBy(s => s).Take(count).ToArray();
        var threshold = all[order[^1]];
        var (sum, flags) = (Int128.Zero, new bool[all.Length]);
        foreach (var s in order)
        {
            flags[s] = true;
            sum += all[s];
        }

        var most = Int128.One << sizeBits;
        for (var s = 0; s < all.Length; s++)
        {
            if (Int128.Abs(all[s] - threshold) >= most)
            {
                throw new InvalidInputException("proof-range", $"the loss of {all[s]} money units in scenario {s} is 2^{sizeBits} or more from the threshold {threshold}: it cannot be proven");
            }
        }

        var mean = sum <= 0 ? 0 : (sum + count - 1) / count;
        return new ExactTail(threshold, [.. all], [.. flags], sum, (UInt128)mean);
    }

    /// <inheritdoc cref="Of(ReadOnlySpan{Int128}, int, int)"/>
    public static ExactTail Of(ReadOnlySpan<long> losses, int count, int sizeBits)
    {
        var wide = new Int128[losses.Length];
        for (var s = 0; s < wide.Length; s++)
        {
            wide[s] = losses[s];
        }

        return Of(wide, count, sizeBits);
    }
}
