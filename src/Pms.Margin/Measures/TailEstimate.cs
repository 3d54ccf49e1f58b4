using Pms.Primitives;

namespace Pms.Margin.Measures;

/// <summary>One scenario by its loss.</summary>
/// <param name="Loss">money units, loss positive</param>
/// <param name="Scenario">index</param>
public readonly record struct TailEntry(long Loss, int Scenario) : IComparable<TailEntry>
{
    /// <summary>Worst first; among equal losses the earlier scenario first.</summary>
    public int CompareTo(TailEntry other) => Loss != other.Loss ? other.Loss.CompareTo(Loss) : Scenario.CompareTo(other.Scenario);

    public static bool operator <(TailEntry left, TailEntry right) => left.CompareTo(right) < 0;

    public static bool operator >(TailEntry left, TailEntry right) => left.CompareTo(right) > 0;

    public static bool operator <=(TailEntry left, TailEntry right) => left.CompareTo(right) <= 0;

    public static bool operator >=(TailEntry left, TailEntry right) => left.CompareTo(right) >= 0;
}

/// <summary>A scenario of the tail and how much of it counts.</summary>
/// <param name="Scenario">index</param>
/// <param name="Loss">money units, loss positive</param>
/// <param name="Share">share of the ES this scenario's loss has, (0, 1]; they add up to 1; the last may be a part of its scenario's weight</param>
public readonly record struct TailScenario(int Scenario, long Loss, double Share);

/// <summary>VaR and ES of one P&amp;L at one level.</summary>
/// <param name="Level">confidence</param>
/// <param name="Var">smallest loss l with P(L &lt;= l) >= a; money units</param>
/// <param name="Es">mean loss of the worst 1 - a, rounded up to a whole money unit</param>
/// <param name="EsExact">the same before rounding, as a double</param>
/// <param name="StandardError">of the ES, money units (docs/model/margin.md)</param>
/// <param name="DegreesOfFreedom">behind the standard error: infinite for independent draws, replicates less strata for replicated ones</param>
/// <param name="EffectiveTail">(sum w)² / sum w² over the tail: how many equally weighted scenarios would tell as much</param>
/// <param name="Tail">scenarios that make up the ES, worst first</param>
public sealed record TailEstimate(
    TailLevel Level,
    long Var,
    long Es,
    double EsExact,
    double StandardError,
    double DegreesOfFreedom,
    double EffectiveTail,
    TailScenarios Tail)
{
    /// <summary>One-sided upper confidence bound of the ES, rounded up: the ES plus a quantile of its standard error.</summary>
    /// <param name="confidence">in [0.5, 1): 0.5 charges the estimate itself</param>
    /// <exception cref="InvalidInputException"><c>confidence</c>: outside that range; <c>margin-overflow</c>: the bound does not fit in money units</exception>
    public long UpperBound(double confidence) => UpperBound(Es, StandardError, DegreesOfFreedom, confidence);

    internal static long UpperBound(long es, double standardError, double degreesOfFreedom, double confidence)
    {
        var width = Math.Ceiling(ConfidenceQuantile.OneSided(confidence, degreesOfFreedom) * standardError);
        return width < long.MaxValue / 2 && es < long.MaxValue / 2
            ? es + (long)width
            : throw new InvalidInputException("margin-overflow", $"an ES of {es} with standard error {standardError} has no upper bound in money units");
    }
}
