using System.Numerics;
using Pms.Primitives;

namespace Pms.Liquidation.Gas;

/// <summary>How likely the next block takes a transaction at a priority fee, by what past blocks took.</summary>
/// <remarks>
/// A block with room takes every tip that pays for its own risk; a full one takes those at or above the least that it took, for which the tip at the lowest percentile stands. The estimate is (k + 1/2) / (n + 1) of n blocks,
/// so that it is never 0 or 1. Blocks are taken as equally telling; what builders do for bundles is not in it.
/// </remarks>
public sealed class InclusionModel
{
    /// <summary>A block at least so full leaves nobody out only by chance.</summary>
    public const double Full = 0.98;

    // What each block would have asked, wei, rising.
    private readonly BigInteger[] _asked;

    /// <param name="history">with tips</param>
    /// <param name="leastTipWei">below which no block with room takes a transaction</param>
    /// <exception cref="InvalidInputException"><c>gas-history</c></exception>
    public InclusionModel(FeeHistory history, BigInteger leastTipWei)
    {
        ArgumentNullException.ThrowIfNull(history);
        history.Validate();
        if (history.TipsWei.IsEmpty || history.Percentiles.IsEmpty)
        {
            throw new InvalidInputException("gas-history", "the history has no tips: rewards at one percentile at least are required");
        }

        _asked = [.. history.TipsWei.Select((tips, i) => history.FullnessOf(i) >= Full ? BigInteger.Max(tips[0], leastTipWei) : leastTipWei).Order()];
    }

    /// <summary>Probability that the next block takes it.</summary>
    public double Probability(BigInteger tipWei) => (Taken(tipWei) + 0.5) / (_asked.Length + 1);

    /// <summary>Probability that one of the next blocks takes it, as if each decided for itself. Congestion lasts, so this is too good for several blocks: see docs/model/gas.md.</summary>
    public double ProbabilityWithin(BigInteger tipWei, int blocks)
    {
        double missed = 1;
        for (var i = 0; i < blocks; i++)
        {
            missed *= 1 - Probability(tipWei);
        }

        return 1 - missed;
    }

    /// <summary>The least tip with at least this probability of the next block; what the dearest block asked where none has it.</summary>
    public BigInteger TipFor(double probability)
    {
        var needed = (int)Math.Ceiling((probability * (_asked.Length + 1)) - 0.5);
        return _asked[Math.Clamp(needed, 1, _asked.Length) - 1];
    }

    private int Taken(BigInteger tipWei)
    {
        var (low, high) = (0, _asked.Length);
        while (low < high)
        {
            var mid = (low + high) / 2;
            (low, high) = _asked[mid] <= tipWei ? (mid + 1, high) : (low, mid);
        }

        return low;
    }
}
