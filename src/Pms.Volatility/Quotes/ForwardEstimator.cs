using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;

namespace Pms.Volatility.Quotes;

/// <summary>The forward of an expiry from its own options, where the venue names none.</summary>
/// <remarks>
/// Parity at one strike: a coin-settled pair has call - put = 1 - K/F, a linear one call - put = F - K (undiscounted). Bid and ask of the pair
/// bound F from both sides. The estimate is the median over strikes of the middle, weighted by how tight the bounds are, so that no single
/// pair can move it.
/// </remarks>
public static class ForwardEstimator
{
    private const double MostRelativeWidth = 0.2;

    /// <param name="options">of one expiry, by strike, call before put</param>
    /// <param name="settlement">how they pay</param>
    /// <param name="forward">quote per coin</param>
    /// <returns>false when no strike has both sides of both options</returns>
    public static bool TryParity(ReadOnlySpan<InstrumentQuote> options, Settlement settlement, out double forward)
    {
        var candidates = new List<(double Forward, double Weight)>();
        for (var i = 0; i + 1 < options.Length; i++)
        {
            var call = options[i];
            var put = options[i + 1];
            if (call.Instrument is not EuropeanOption { Type: OptionType.Call } c
                || put.Instrument is not EuropeanOption { Type: OptionType.Put } p
                || c.Strike != p.Strike
                || !IsSound(call)
                || !IsSound(put))
            {
                continue;
            }

            var low = call.Bid!.Value - put.Ask!.Value;
            var high = call.Ask!.Value - put.Bid!.Value;
            if (settlement == Settlement.Inverse)
            {
                if (!(high < 1))
                {
                    continue;
                }

                low = c.StrikeValue / (1 - low);
                high = c.StrikeValue / (1 - high);
            }
            else
            {
                low += c.StrikeValue;
                high += c.StrikeValue;
            }

            var middle = 0.5 * (low + high);
            var width = high - low;
            if (middle > 0 && width >= 0 && width <= MostRelativeWidth * middle)
            {
                var relative = (width / middle) + 1e-5;
                candidates.Add((middle, 1 / (relative * relative)));
            }
        }

        forward = 0;
        if (candidates.Count == 0)
        {
            return false;
        }

        candidates.Sort((x, y) => x.Forward.CompareTo(y.Forward));
        var half = 0.0;
        foreach (var (_, weight) in candidates)
        {
            half += 0.5 * weight;
        }

        var sum = 0.0;
        foreach (var (candidate, weight) in candidates)
        {
            sum += weight;
            forward = candidate;
            if (sum >= half)
            {
                break;
            }
        }

        return double.IsFinite(forward) && forward > 0;
    }

    private static bool IsSound(InstrumentQuote quote)
    {
        return quote is { Bid: > 0 and < 1e12, Ask: > 0 and < 1e12 } && quote.Bid <= quote.Ask;
    }
}
