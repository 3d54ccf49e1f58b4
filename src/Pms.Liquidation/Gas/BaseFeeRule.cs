using System.Numerics;
using Pms.Primitives;

namespace Pms.Liquidation.Gas;

/// <summary>How a block's base fee follows from the block before: EIP-1559, in its integers.</summary>
public static class BaseFeeRule
{
    /// <summary>A full block raises the fee by one part in so many, an empty one lowers it by as much.</summary>
    public const int ChangeDenominator = 8;

    /// <summary>The gas limit is so many times the target.</summary>
    public const int Elasticity = 2;

    /// <param name="baseFeeWei">of the block before, at least 0</param>
    /// <param name="gasUsed">of the block before</param>
    /// <param name="gasLimit">of the block before, at least 2</param>
    /// <returns>wei for a unit of gas</returns>
    /// <exception cref="InvalidInputException"><c>gas-input</c></exception>
    public static BigInteger Next(BigInteger baseFeeWei, ulong gasUsed, ulong gasLimit)
    {
        var target = gasLimit / Elasticity;
        if (target == 0 || gasUsed > gasLimit || baseFeeWei.Sign < 0)
        {
            throw new InvalidInputException("gas-input", $"base fee {baseFeeWei}, gas used {gasUsed} of {gasLimit}: a fee of at least 0, a limit of at least {Elasticity} and no more used are required");
        }

        if (gasUsed == target)
        {
            return baseFeeWei;
        }

        // The order of the two divisions is the specification's.
        return gasUsed > target
            ? baseFeeWei + BigInteger.Max(baseFeeWei * (gasUsed - target) / target / ChangeDenominator, 1)
            : baseFeeWei - (baseFeeWei * (target - gasUsed) / target / ChangeDenominator);
    }

    /// <summary>The highest fee that so many blocks can bring.</summary>
    public static BigInteger Highest(BigInteger baseFeeWei, int blocks)
    {
        for (var i = 0; i < blocks; i++)
        {
            baseFeeWei = Next(baseFeeWei, Elasticity, Elasticity);
        }

        return baseFeeWei;
    }
}
