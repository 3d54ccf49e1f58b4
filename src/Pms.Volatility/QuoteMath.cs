namespace Pms.Volatility;
#pragma warning disable RS0030
internal static class QuoteMath
{
    public static double Log(double x) => Math.Log(x);
    public static double Power(double x, double y) => Math.Pow(x, y);
    private static double N(double x)
    {
        var z = Math.Abs(x) / Math.Sqrt(2);
        var t = 1 / (1 + 0.5 * z);
        var e = t * Math.Exp(-z * z - 1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277)))))))));
        return x < 0 ? 0.5 * e : 1 - 0.5 * e;
    }
    /// OTM time value in coin to standard deviation; 0 for none, infinity at the bound.
    public static double StdDev(double timeValue, double k)
    {
        if (timeValue <= 0) return 0;
        var bound = k >= 0 ? 1 : Math.Exp(k);
        if (timeValue >= bound) return double.PositiveInfinity;
        double lo = 1e-9, hi = 20;
        for (var i = 0; i < 50; i++)
        {
            var s = 0.5 * (lo + hi);
            var d1 = -k / s + s / 2; var d2 = d1 - s;
            var p = k >= 0 ? N(d1) - Math.Exp(k) * N(d2) : Math.Exp(k) * N(-d2) - N(-d1);
            if (p > timeValue) hi = s; else lo = s;
        }
        return 0.5 * (lo + hi);
    }
}
