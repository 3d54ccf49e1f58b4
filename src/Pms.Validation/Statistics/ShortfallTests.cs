using Pms.Numerics;

namespace Pms.Validation.Statistics;

/// <summary>Acerbi and Szekely (2014). Both are 0 in the mean where ES is right and below 0 where it is too low.</summary>
/// <param name="Z1">1 less the mean of loss over ES in breaches; null without a breach</param>
/// <param name="PZ1">share of simulated records at or below it</param>
/// <param name="Z2">1 less the sum over breaches of loss over (T p ES)</param>
/// <param name="PZ2">share of simulated records at or below it</param>
/// <param name="Breaches">losses above VaR</param>
/// <param name="LossOverEs">losses above ES</param>
public sealed record AcerbiSzekelyResult(double? Z1, double? PZ1, double Z2, double PZ2, int Breaches, int LossOverEs);

/// <summary>Tests of the size of what is lost in breaches.</summary>
public static class ShortfallTests
{
    /// <summary>Records drawn for a p-value.</summary>
    public const int Draws = 10_000;

    private const ulong Seed = 0x414353;

    /// <summary>
    /// The null of the p-values: each observation breaches with probability p by itself, and what it then loses beyond VaR is exponential with the mean ES - VaR, so that VaR and ES are right; the lightest tail that
    /// both numbers allow without more parameters, which makes the test no more lenient than a heavier one would be.
    /// </summary>
    /// <param name="losses">positive: lost</param>
    /// <param name="var">of each</param>
    /// <param name="es">of each, at least VaR and above 0</param>
    /// <param name="rate">p</param>
    public static AcerbiSzekelyResult AcerbiSzekely(ReadOnlySpan<double> losses, ReadOnlySpan<double> var, ReadOnlySpan<double> es, double rate)
    {
        var (sum, breaches, over) = (0.0, 0, 0);
        for (var t = 0; t < losses.Length; t++)
        {
            if (losses[t] > var[t])
            {
                breaches++;
                sum += losses[t] / es[t];
            }

            over += losses[t] > es[t] ? 1 : 0;
        }

        var z1 = breaches == 0 ? (double?)null : 1 - (sum / breaches);
        var z2 = 1 - (sum / (losses.Length * rate));
        var (below1, drawn1, below2) = (0, 0, 0);
        for (var draw = 0; draw < Draws; draw++)
        {
            var (mine1, mine2) = Draw(new RandomStream(Seed).Derive((ulong)draw), var, es, rate);
            if (mine1 is { } one && z1 is not null)
            {
                drawn1++;
                below1 += one <= z1 ? 1 : 0;
            }

            below2 += mine2 <= z2 ? 1 : 0;
        }

        return new AcerbiSzekelyResult(z1, drawn1 == 0 ? null : (double)below1 / drawn1, z2, (double)below2 / Draws, breaches, over);
    }

    private static (double? Z1, double Z2) Draw(RandomStream stream, ReadOnlySpan<double> var, ReadOnlySpan<double> es, double rate)
    {
        var (sum, breaches) = (0.0, 0);
        // From breach to breach, as most observations are none.
        var gap = ElementaryMath.Log1p(-rate);
        var draw = 0UL;
        for (var t = Skip(stream, draw++, gap); t < var.Length; t += 1 + Skip(stream, draw++, gap))
        {
            var excess = -(es[t] - var[t]) * ElementaryMath.Log1p(-stream.Uniform(draw++));
            sum += (var[t] + excess) / es[t];
            breaches++;
        }

        return (breaches == 0 ? null : 1 - (sum / breaches), 1 - (sum / (var.Length * rate)));
    }

    /// <summary>Observations without a breach before the next.</summary>
    private static int Skip(RandomStream stream, ulong draw, double logCalm) => (int)Math.Min(ElementaryMath.Log1p(-stream.Uniform(draw)) / logCalm, int.MaxValue / 2);
}
