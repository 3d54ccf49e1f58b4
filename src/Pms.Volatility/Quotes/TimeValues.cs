using Pms.Pricing;

namespace Pms.Volatility.Quotes;

/// <summary>Out-of-the-money time values of the bids and asks of one expiry, in units of the forward, inverted together.</summary>
/// <param name="columns">[10 x options]: moneyness, price and sign of bids then asks, with ones as forward and years, and room for the result</param>
/// <param name="options">how many</param>
internal readonly struct TimeValues(double[] columns, int options)
{
    /// <summary>Sets one option. A bid without time value has standard deviation 0, an ask at the upper bound an infinite one.</summary>
    /// <param name="index">option</param>
    /// <param name="moneyness">strike over forward, above 0</param>
    /// <param name="bid">below the upper bound; may be 0 or less</param>
    /// <param name="ask">above 0; may be infinite</param>
    public void Set(int index, double moneyness, double bid, double ask)
    {
        SetOne(index, moneyness, bid);
        SetOne(options + index, moneyness, ask);
    }

    /// <summary>vol sqrt(years) of every value set; slots that were not set stay refused and cost nothing to read.</summary>
    public void Invert()
    {
        var n = 2 * options;
        if (n == 0)
        {
            return;
        }

        var all = columns.AsSpan();
        var ones = all.Slice(3 * n, n);
        ones.Fill(1);
        var moneyness = all[..n];
        for (var i = 0; i < n; i++)
        {
            // A slot without a value becomes a harmless one.
            if (!(moneyness[i] > 0))
            {
                moneyness[i] = 1;
                all[n + i] = 0.1;
                all[(2 * n) + i] = 1;
            }
        }

        ImpliedVolKernels.Solve(new QuoteColumns(ones, moneyness, ones, all.Slice(n, n), all.Slice(2 * n, n)), all.Slice(4 * n, n));
    }

    public double BidStdDev(int index)
    {
        var stdDev = columns[(8 * options) + index];
        return columns[(2 * options) + index] > 0 && stdDev > 0 ? stdDev : 0;
    }

    public double AskStdDev(int index)
    {
        var stdDev = columns[(9 * options) + index];
        return columns[(3 * options) + index] < Math.Min(1, columns[options + index]) && stdDev > 0 ? stdDev : double.PositiveInfinity;
    }

    private void SetOne(int slot, double moneyness, double value)
    {
        var n = 2 * options;
        columns[slot] = moneyness;
        columns[n + slot] = value;
        columns[(2 * n) + slot] = moneyness >= 1 ? 1 : -1;
    }
}
