namespace Pms.Numerics;

/// <summary>The standard normal distribution, relatively accurate down to the smallest representable tail.</summary>
public static class NormalDistribution
{
    private const double InverseRootTwoPi = 0.3989422804014327;

    /// <summary>exp(-x^2/2) / sqrt(2 pi).</summary>
    public static double Density(double x)
    {
        var square = x * x;
        if (square > 1500.0)
        {
            return 0.0;
        }

        // The rounding error of x^2 would cost |x|^2/2 ulp of the result; it is put back to first order.
        var error = Math.FusedMultiplyAdd(x, x, -square);
        var density = InverseRootTwoPi * ElementaryMath.Exp(-0.5 * square);
        return Math.FusedMultiplyAdd(-0.5 * error, density, density);
    }

    /// <summary>Probability of a value up to <paramref name="x"/>.</summary>
    public static double Cdf(double x) => CdfComplement(-x);

    /// <summary>Probability of a value above <paramref name="x"/>: no cancellation for large x.</summary>
    public static double CdfComplement(double x)
    {
        var tail = Density(x) * MillsRatio.Value(Math.Abs(x));
        return x >= 0.0 ? tail : 1.0 - tail;
    }

    /// <summary>The x with Cdf(x) = probability: minus infinity at 0, infinity at 1, NaN outside [0, 1].</summary>
    /// <remarks>Wichura (1988), algorithm AS 241, routine PPND16: relative error about 1e-16. For p close to 1 use minus the inverse of 1 - p.</remarks>
    public static double InverseCdf(double probability)
    {
        var q = probability - 0.5;
        if (Math.Abs(q) <= 0.425)
        {
            var c = 0.180625 - (q * q);
            var numerator = Polynomial(
                c, 2.5090809287301226727e+3, 3.3430575583588128105e+4, 6.7265770927008700853e+4, 4.5921953931549871457e+4,
                1.3731693765509461125e+4, 1.9715909503065514427e+3, 1.3314166789178437745e+2, 3.3871328727963666080e+0);
            var denominator = Polynomial(
                c, 5.2264952788528545610e+3, 2.8729085735721942674e+4, 3.9307895800092710610e+4, 2.1213794301586595867e+4,
                5.3941960214247511077e+3, 6.8718700749205790830e+2, 4.2313330701600911252e+1, 1.0);
            return q * numerator / denominator;
        }

        var tail = q < 0.0 ? probability : 1.0 - probability;
        if (!(tail > 0.0))
        {
            return tail == 0.0 ? Math.CopySign(double.PositiveInfinity, q) : double.NaN;
        }

        var r = Math.Sqrt(-ElementaryMath.Log(tail));
        double x;
        if (r <= 5.0)
        {
            var d = r - 1.6;
            x = Polynomial(
                    d, 7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e+0,
                    3.64784832476320460504e+0, 5.76949722146069140550e+0, 4.63033784615654529590e+0, 1.42343711074968357734e+0)
                / Polynomial(
                    d, 1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
                    6.89767334985100004550e-1, 1.67638483018380384940e+0, 2.05319162663775882187e+0, 1.0);
        }
        else
        {
            var d = r - 5.0;
            x = Polynomial(
                    d, 2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
                    2.96560571828504891230e-1, 1.78482653991729133580e+0, 5.46378491116411436990e+0, 6.65790464350110377720e+0)
                / Polynomial(
                    d, 2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
                    1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0);
        }

        return q < 0.0 ? -x : x;
    }

    private static double Polynomial(double x, double c7, double c6, double c5, double c4, double c3, double c2, double c1, double c0)
    {
        var p = Math.FusedMultiplyAdd(c7, x, c6);
        p = Math.FusedMultiplyAdd(p, x, c5);
        p = Math.FusedMultiplyAdd(p, x, c4);
        p = Math.FusedMultiplyAdd(p, x, c3);
        p = Math.FusedMultiplyAdd(p, x, c2);
        p = Math.FusedMultiplyAdd(p, x, c1);
        return Math.FusedMultiplyAdd(p, x, c0);
    }
}
