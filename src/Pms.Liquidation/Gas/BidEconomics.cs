using System.Numerics;
using Pms.Primitives;

namespace Pms.Liquidation.Gas;

/// <summary>What a bid brings and costs, as a function of its size. USD.</summary>
/// <remarks>Net of a bid of size x is (rate - spread) x - impact x^1.5 - gas: concave, so the sizes worth taking are an interval.</remarks>
public sealed record BidEconomics
{
    /// <summary>Gain for each USD of cash: the auction's rate. At least 0.</summary>
    public required double Rate { get; init; }

    /// <summary>Cost of getting rid of what is taken, for each USD of cash: half spreads, hedging, financing. At least 0.</summary>
    public double SpreadShare { get; init; }

    /// <summary>Impact of getting rid of it, USD for x^1.5: Y x day volatility x notional for a USD of cash^1.5 / sqrt(ADV). At least 0.</summary>
    public double Impact { get; init; }

    /// <summary>Gas of the whole way, with what follows the bid (dividing, closing). USD, at least 0.</summary>
    public double GasUsd { get; init; }

    /// <summary>Cost of gas.</summary>
    /// <param name="gas">units</param>
    /// <param name="weiPerGas">base fee and tip</param>
    /// <param name="etherUsd">price of 1e18 wei, above 0</param>
    /// <exception cref="InvalidInputException"><c>gas-input</c></exception>
    public static double GasCostUsd(ulong gas, BigInteger weiPerGas, double etherUsd) => etherUsd > 0 && double.IsFinite(etherUsd) && weiPerGas.Sign >= 0
        ? gas * (double)weiPerGas * 1e-18 * etherUsd
        : throw new InvalidInputException("gas-input", $"{weiPerGas} wei at {etherUsd} USD: a fee of at least 0 and a price above 0 are required");

    /// <summary>What a bid of this size nets; without size, nothing is sent.</summary>
    public double NetUsd(double cashUsd) => cashUsd == 0 ? 0 : ((Rate - SpreadShare) * cashUsd) - (Impact * cashUsd * Math.Sqrt(cashUsd)) - GasUsd;

    /// <summary>The size that nets most, at most a limit; 0 where no size gains before gas.</summary>
    public double BestSize(double mostUsd)
    {
        Validate();
        var margin = Rate - SpreadShare;
        if (margin <= 0)
        {
            return 0;
        }

        var root = Impact > 0 ? margin / (1.5 * Impact) : double.PositiveInfinity;
        return Math.Min(root * root, mostUsd);
    }

    /// <summary>The smallest size that nets a minimum; null where none up to the limit does.</summary>
    /// <param name="minimumUsd">may be below 0: a keeper that pays for order</param>
    /// <param name="mostUsd">limit, at least 0</param>
    public double? SmallestSlice(double minimumUsd, double mostUsd)
    {
        var high = BestSize(mostUsd);
        if (minimumUsd <= -GasUsd && mostUsd > 0)
        {
            return 0;
        }

        if (!(high > 0) || NetUsd(high) < minimumUsd)
        {
            return null;
        }

        var low = 0.0;
        for (var i = 0; i < 200 && low < high; i++)
        {
            var mid = low + ((high - low) / 2);
            if (mid <= low || mid >= high)
            {
                break;
            }

            (low, high) = NetUsd(mid) >= minimumUsd ? (low, mid) : (mid, high);
        }

        return high;
    }

    /// <summary>Most that may be offered above the base fee so that a bid of this size still nets a minimum at a base fee: in wei, 0 or below where it does not without a tip either.</summary>
    /// <param name="cashUsd">size of the bid</param>
    /// <param name="minimumUsd">that must be left</param>
    /// <param name="gas">units that the transaction takes</param>
    /// <param name="baseFeeWei">the one to hold out against, as the 99th percentile of the forecast</param>
    /// <param name="etherUsd">price of 1e18 wei</param>
    public BigInteger LargestTipWei(double cashUsd, double minimumUsd, ulong gas, BigInteger baseFeeWei, double etherUsd)
    {
        Validate();
        var left = (this with { GasUsd = 0 }).NetUsd(cashUsd) - minimumUsd;
        var perGas = left / (GasCostUsd(gas, BigInteger.One, etherUsd) is > 0 and var one ? one : throw new InvalidInputException("gas-input", "the transaction takes no gas: at least 1 is required"));
        return double.IsFinite(perGas) ? new BigInteger(Math.Floor(perGas)) - baseFeeWei : throw new InvalidInputException("gas-input", $"a bid of {cashUsd} USD nets no finite amount");
    }

    /// <summary>What an account must pay whoever starts its auction so that it is worth doing at a base fee, rounded up to cents.</summary>
    /// <param name="gas">units of the start, and of the smallest slice where its bonus shall be kept for other costs</param>
    /// <param name="baseFeeWei">as the 99th percentile of the forecast</param>
    /// <param name="tipWei">priority fee</param>
    /// <param name="etherUsd">price of 1e18 wei</param>
    /// <param name="minimumUsd">that must be left for the keeper</param>
    public static double StartTipUsd(ulong gas, BigInteger baseFeeWei, BigInteger tipWei, double etherUsd, double minimumUsd = 0) => Math.Ceiling((GasCostUsd(gas, baseFeeWei + tipWei, etherUsd) + minimumUsd) * 100) / 100;

    /// <summary>The least slice that an auction may sell so that at a base fee and a rate a keeper still gains: below it a slice would be bait.</summary>
    public static double LeastSliceUsd(double rate, ulong gas, BigInteger baseFeeWei, BigInteger tipWei, double etherUsd, double spreadShare = 0)
    {
        var margin = rate - spreadShare;
        return margin > 0 ? GasCostUsd(gas, baseFeeWei + tipWei, etherUsd) / margin : throw new InvalidInputException("gas-input", $"the rate {rate} does not pay for a spread of {spreadShare}: no slice is worth taking");
    }

    private void Validate()
    {
        if (!(Rate >= 0 && SpreadShare >= 0 && Impact >= 0 && GasUsd >= 0 && double.IsFinite(Rate + SpreadShare + Impact + GasUsd)))
        {
            throw new InvalidInputException("gas-input", $"rate {Rate}, spread {SpreadShare}, impact {Impact}, gas {GasUsd}: finite numbers of at least 0 are required");
        }
    }
}
