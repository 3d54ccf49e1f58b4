using System.Collections.Immutable;
using System.Numerics;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Liquidation.Gas;

/// <summary>Where the base fee may be in the next blocks, as drawn paths (docs/model/gas.md).</summary>
/// <remarks>
/// The next block's fee is known. From there on log changes follow an AR(1) whose innovations are those of the history, drawn in runs so that bursts stay together; each change is held within the protocol's
/// eighth. A falling trend is not carried on, a rising one is.
/// </remarks>
public sealed class BaseFeeForecast
{
    /// <summary>Least history, blocks.</summary>
    public const int LeastBlocks = 32;

    public const int MostHorizon = 600;

    private const double MostMomentum = 0.95;

    // Full blocks in a row that raise the fee to e times: what a mint or a crash does at least.
    private const double MeanBurst = 8.5;
    private static readonly double MostRise = ElementaryMath.Log(1 + (1.0 / BaseFeeRule.ChangeDenominator));
    private static readonly double MostFall = ElementaryMath.Log(1 - (1.0 / BaseFeeRule.ChangeDenominator));

    // [block ahead][path], sorted, wei
    private readonly double[][] _fees;

    private BaseFeeForecast(BigInteger next, double[][] fees, double momentum, double trend) => (NextWei, _fees, Momentum, Trend) = (next, fees, momentum, trend);

    /// <summary>Base fee of the next block, known.</summary>
    public BigInteger NextWei { get; }

    /// <summary>Correlation of a log change with the one before, as fitted.</summary>
    public double Momentum { get; }

    /// <summary>Mean log change of the history, a block; carried on where it is above 0.</summary>
    public double Trend { get; }

    /// <summary>Blocks ahead that are covered; 1 is the next.</summary>
    public int Horizon => _fees.Length;

    /// <param name="history">at least <see cref="LeastBlocks"/> blocks</param>
    /// <param name="horizon">blocks, 1 to <see cref="MostHorizon"/></param>
    /// <param name="seed">of the paths</param>
    /// <param name="paths">100 to 100,000</param>
    /// <exception cref="InvalidInputException"><c>gas-history</c>; <c>gas-input</c></exception>
    public static BaseFeeForecast From(FeeHistory history, int horizon, ulong seed, int paths = 2_000)
    {
        ArgumentNullException.ThrowIfNull(history);
        history.Validate();
        var fees = history.BaseFeesWei;
        if (fees.Length < LeastBlocks || horizon is < 1 or > MostHorizon || paths is < 100 or > 100_000)
        {
            throw new InvalidInputException("gas-input", $"{fees.Length} blocks, {horizon} ahead, {paths} paths: at least {LeastBlocks}, 1 to {MostHorizon}, 100 to 100000 are required");
        }

        var changes = new double[fees.Length - 1];
        for (var i = 0; i < changes.Length; i++)
        {
            changes[i] = ElementaryMath.Log(FeeHistory.Ratio(fees[i + 1], fees[i]));
        }

        var trend = changes.Average();
        double products = 0, squares = 0;
        for (var i = 1; i < changes.Length; i++)
        {
            products += (changes[i] - trend) * (changes[i - 1] - trend);
            squares += (changes[i - 1] - trend) * (changes[i - 1] - trend);
        }

        var momentum = squares > 0 ? Math.Clamp(products / squares, -MostMomentum, MostMomentum) : 0;
        var innovations = new double[changes.Length - 1];
        for (var i = 1; i < changes.Length; i++)
        {
            innovations[i - 1] = changes[i] - trend - (momentum * (changes[i - 1] - trend));
        }

        var run = Math.Max(2, CubeRootUp(innovations.Length));
        var drawn = new double[horizon][];
        for (var h = 0; h < horizon; h++)
        {
            drawn[h] = new double[paths];
        }

        var carried = Math.Max(trend, 0);
        for (var p = 0; p < paths; p++)
        {
            var draw = new RandomStream(seed).Derive((ulong)p);
            // Every other path takes one long run: what a burst did, with its end, is kept as it was.
            var length = p % 2 == 0 ? run : horizon;
            var (level, deviation, place) = (0.0, changes[^1] - trend, 0);
            var burst = NextBurst(draw, innovations.Length);
            for (var h = 0; h < horizon; h++)
            {
                if (h > 0)
                {
                    place = (h - 1) % length == 0 ? (int)(draw.Uniform((ulong)h) * innovations.Length) : (place + 1) % innovations.Length;
                    var change = h >= burst.Start && h < burst.End ? MostRise : Math.Clamp(carried + (momentum * deviation) + innovations[place], MostFall, MostRise);
                    (level, deviation) = (level + change, change - carried);
                }

                drawn[h][p] = (double)history.NextWei * ElementaryMath.Exp(level);
            }
        }

        foreach (var block in drawn)
        {
            Array.Sort(block);
        }

        return new BaseFeeForecast(history.NextWei, drawn, momentum, trend);
    }

    /// <summary>The fee that is not passed with a probability, so many blocks ahead: element ceil(n q) of the sorted paths, never above what the protocol allows.</summary>
    /// <param name="blocksAhead">1 is the next block, whose fee is known</param>
    /// <param name="probability">above 0, at most 1</param>
    public BigInteger Quantile(int blocksAhead, double probability)
    {
        Require(blocksAhead, probability is > 0 and <= 1, probability);
        var block = _fees[blocksAhead - 1];
        var wei = new BigInteger(Math.Ceiling(OrderStatistics.OfSorted(block, probability)));
        return blocksAhead == 1 ? NextWei : BigInteger.Min(wei, BaseFeeRule.Highest(NextWei, blocksAhead - 1));
    }

    /// <summary>Probability that the base fee so many blocks ahead is at most a cap.</summary>
    public double ProbabilityAtMost(int blocksAhead, BigInteger capWei)
    {
        Require(blocksAhead, capWei.Sign >= 0, (double)capWei);
        if (blocksAhead == 1)
        {
            return NextWei <= capWei ? 1 : 0;
        }

        var (block, cap) = (_fees[blocksAhead - 1], (double)capWei);
        var (low, high) = (0, block.Length);
        while (low < high)
        {
            var mid = (low + high) / 2;
            (low, high) = block[mid] <= cap ? (mid + 1, high) : (low, mid);
        }

        return (double)low / block.Length;
    }

    public ImmutableArray<BigInteger> Quantiles(double probability) => [.. Enumerable.Range(1, Horizon).Select(h => Quantile(h, probability))];

    /// <summary>Length of runs: the usual order for a moving-block bootstrap (Künsch 1989; Hall, Horowitz and Jing 1995).</summary>
    private static int CubeRootUp(int n)
    {
        var root = 1;
        while ((long)root * root * root < n)
        {
            root++;
        }

        return root;
    }

    /// <summary>A burst that the history need not have seen: by the rule of succession one in n + 2 blocks begins one; its length is exponential.</summary>
    private static (double Start, double End) NextBurst(RandomStream draw, int seen)
    {
        var start = 1 - ((seen + 2) * ElementaryMath.Log(1 - draw.Uniform(1UL << 32)));
        return (start, start - (MeanBurst * ElementaryMath.Log(1 - draw.Uniform((1UL << 32) + 1))));
    }

    private void Require(int blocksAhead, bool holds, double value)
    {
        if (blocksAhead < 1 || blocksAhead > Horizon || !holds)
        {
            throw new InvalidInputException("gas-input", $"{blocksAhead} blocks ahead at {value}: 1 to {Horizon} blocks, a probability above 0 and at most 1, or a cap of at least 0, are required");
        }
    }
}
