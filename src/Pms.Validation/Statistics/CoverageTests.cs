using Pms.Numerics;
using Pms.Numerics.Distributions;
using Pms.Primitives;

namespace Pms.Validation.Statistics;

/// <summary>Kupiec (1995): whether the share of breaches is p.</summary>
/// <param name="Observations">T</param>
/// <param name="Exceptions">x, breaches among them</param>
/// <param name="Rate">p, the share that should breach</param>
/// <param name="Lr">-2 ln of the likelihood at p over that at x / T; chi-square with 1 degree</param>
/// <param name="PValue">of it</param>
public sealed record KupiecResult(int Observations, int Exceptions, double Rate, double Lr, double PValue);

/// <summary>Christoffersen (1998): whether breaches come one after the other.</summary>
/// <param name="N00">calm after calm</param>
/// <param name="N01">breach after calm</param>
/// <param name="N10">calm after breach</param>
/// <param name="N11">breach after breach</param>
/// <param name="LrIndependence">chi-square with 1 degree</param>
/// <param name="PIndependence">of it</param>
/// <param name="LrConditional">with Kupiec's; chi-square with 2 degrees</param>
/// <param name="PConditional">of it</param>
public sealed record ChristoffersenResult(int N00, int N01, int N10, int N11, double LrIndependence, double PIndependence, double LrConditional, double PConditional);

/// <summary>Basel's zones (1996), by the probability of so many breaches or fewer: yellow from 95 %, red from 99.99 %.</summary>
/// <param name="Probability">binomial, cumulative</param>
/// <param name="Zone">green, yellow, red</param>
/// <param name="PlusFactor">on the multiplier 3; beyond 250 observations that of the count at 250 which is as improbable</param>
/// <param name="PValue">probability of so many breaches or more</param>
public sealed record BaselResult(double Probability, string Zone, double PlusFactor, double PValue);

/// <summary>Share of breaches with its exact interval (Clopper-Pearson).</summary>
/// <param name="Rate">breaches over observations</param>
/// <param name="Low">2.5 %</param>
/// <param name="High">97.5 %</param>
/// <param name="AcceptLow">fewest breaches that Kupiec's test accepts at 5 %</param>
/// <param name="AcceptHigh">most breaches that it accepts</param>
public sealed record CoverageResult(double Rate, double Low, double High, int AcceptLow, int AcceptHigh);

/// <summary>Tests on counts and places of breaches.</summary>
public static class CoverageTests
{
    private const double Chi1At5Percent = 3.8414588206941236;
    private const int BaselObservations = 250;

    /// <summary>Of Basel's table at 250 observations, from 5 breaches.</summary>
    private static readonly double[] PlusFactors = [0.40, 0.50, 0.65, 0.75, 0.85];

    /// <exception cref="InvalidInputException"><c>backtest-count</c>, <c>backtest-rate</c></exception>
    public static KupiecResult Kupiec(int observations, int exceptions, double rate)
    {
        Require(observations, exceptions, rate);
        var (t, x) = ((double)observations, (double)exceptions);
        var lr = -2 * (LogLikelihood(t - x, x, rate) - LogLikelihood(t - x, x, x / t));
        lr = Math.Max(lr, 0);
        return new KupiecResult(observations, exceptions, rate, lr, ChiSquareDistribution.CdfComplement(lr, 1));
    }

    /// <param name="hits">whether each observation breached, in time order; at least 2</param>
    /// <param name="rate">p</param>
    /// <exception cref="InvalidInputException"><c>backtest-count</c>, <c>backtest-rate</c></exception>
    public static ChristoffersenResult Christoffersen(IReadOnlyList<bool> hits, double rate)
    {
        ArgumentNullException.ThrowIfNull(hits);
        if (hits.Count < 2)
        {
            throw new InvalidInputException("backtest-count", $"{hits.Count} observations: at least 2 are required to follow one another");
        }

        var n = new int[2, 2];
        for (var i = 1; i < hits.Count; i++)
        {
            n[hits[i - 1] ? 1 : 0, hits[i] ? 1 : 0]++;
        }

        var (n00, n01, n10, n11) = (n[0, 0], n[0, 1], n[1, 0], n[1, 1]);
        var all = (double)(n01 + n11) / (n00 + n01 + n10 + n11);
        var own = LogLikelihood(n00, n01, Share(n01, n00 + n01)) + LogLikelihood(n10, n11, Share(n11, n10 + n11));
        var independence = Math.Max(-2 * (LogLikelihood(n00 + n10, n01 + n11, all) - own), 0);
        var conditional = independence + Kupiec(hits.Count, hits.Count(h => h), rate).Lr;
        return new ChristoffersenResult(n00, n01, n10, n11, independence, ChiSquareDistribution.CdfComplement(independence, 1), conditional, ChiSquareDistribution.CdfComplement(conditional, 2));
    }

    /// <exception cref="InvalidInputException"><c>backtest-count</c>, <c>backtest-rate</c></exception>
    public static BaselResult Basel(int observations, int exceptions, double rate)
    {
        Require(observations, exceptions, rate);
        var probability = BinomialCdf(exceptions, observations, rate);
        var zone = probability >= 0.9999 ? "red" : probability >= 0.95 ? "yellow" : "green";
        var plus = zone switch { "green" => 0, "red" => 1, _ => PlusOf(probability, rate) };
        return new BaselResult(probability, zone, plus, exceptions == 0 ? 1 : 1 - BinomialCdf(exceptions - 1, observations, rate));
    }

    /// <exception cref="InvalidInputException"><c>backtest-count</c>, <c>backtest-rate</c></exception>
    public static CoverageResult Coverage(int observations, int exceptions, double rate)
    {
        Require(observations, exceptions, rate);
        var low = exceptions == 0 ? 0 : Bisect(p => 1 - BinomialCdf(exceptions - 1, observations, p) < 0.025);
        var high = exceptions == observations ? 1 : Bisect(p => BinomialCdf(exceptions, observations, p) > 0.025);
        bool Accepts(int x) => Kupiec(observations, x, rate).Lr <= Chi1At5Percent;
        var middle = (int)Math.Round(observations * rate);
        var (least, most) = (middle, middle);
        while (least > 0 && Accepts(least - 1))
        {
            least--;
        }

        while (most < observations && Accepts(most + 1))
        {
            most++;
        }

        return new CoverageResult((double)exceptions / observations, low, high, least, most);
    }

    /// <summary>Probability of at most x of n.</summary>
    internal static double BinomialCdf(int x, int n, double p) => x >= n ? 1 : p <= 0 ? 1 : p >= 1 ? 0 : IncompleteBeta.Ratio(n - x, x + 1, 1 - p, p);

    private static double PlusOf(double probability, double rate)
    {
        for (var i = 0; i < PlusFactors.Length; i++)
        {
            if (BinomialCdf(5 + i, BaselObservations, rate) >= probability)
            {
                return PlusFactors[i];
            }
        }

        return PlusFactors[^1];
    }

    private static double Share(int part, int whole) => whole == 0 ? 0 : (double)part / whole;

    /// <summary>Calm ln(1 - p) + breaches ln p, where 0 ln 0 is 0.</summary>
    private static double LogLikelihood(double calm, double breaches, double p) => (calm > 0 ? calm * ElementaryMath.Log1p(-p) : 0) + (breaches > 0 ? breaches * ElementaryMath.Log(p) : 0);

    /// <summary>Where a statement that holds below stops to hold.</summary>
    private static double Bisect(Func<double, bool> holdsBelow)
    {
        var (low, high) = (0.0, 1.0);
        for (var i = 0; i < 100; i++)
        {
            var middle = 0.5 * (low + high);
            (low, high) = holdsBelow(middle) ? (middle, high) : (low, middle);
        }

        return 0.5 * (low + high);
    }

    private static void Require(int observations, int exceptions, double rate)
    {
        if (observations < 1 || exceptions < 0 || exceptions > observations)
        {
            throw new InvalidInputException("backtest-count", $"{exceptions} exceptions of {observations} observations: at least 1 observation, and 0 to all of them as exceptions, are required");
        }

        if (!(rate is > 0 and < 1))
        {
            throw new InvalidInputException("backtest-rate", $"p is {rate}: above 0 and below 1 is required");
        }
    }
}
