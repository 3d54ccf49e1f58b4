using Pms.Volatility.Svi;

namespace Pms.Volatility.Tests;

/// <summary>A second writing of the arbitrage conditions: plain formulas on a dense grid, sharing no code with the fitter or its proofs.</summary>
internal static class PlainArbitrage
{
    private static readonly double[] Units = MakeUnits();

    /// <summary>Total variance from the five parameters alone.</summary>
    public static double W(in RawSvi p, double k) => p.A + (p.B * ((p.Rho * (k - p.M)) + Math.Sqrt(Math.Pow(k - p.M, 2) + Math.Pow(p.Sigma, 2))));

    /// <summary>Durrleman's function after Gatheral and Jacquier (2014), eq. 2.1, derivatives written out.</summary>
    public static double G(in RawSvi p, double k)
    {
        var root = Math.Sqrt(Math.Pow(k - p.M, 2) + Math.Pow(p.Sigma, 2));
        var w = W(p, k);
        var first = p.B * (p.Rho + ((k - p.M) / root));
        var second = p.B * Math.Pow(p.Sigma, 2) / Math.Pow(root, 3);
        return Math.Pow(1 - (k * first / (2 * w)), 2) - (first * first / 4 * ((1 / w) + 0.25)) + (second / 2);
    }

    public static double LeastG(in RawSvi p, out double at)
    {
        var least = double.PositiveInfinity;
        at = 0;
        foreach (var k in Grid(p))
        {
            var g = G(p, k);
            if (!(g >= least))
            {
                least = g;
                at = k;
            }
        }

        return least;
    }

    /// <summary>Least (later - earlier) / later over the grids of both.</summary>
    public static double LeastOrder(in RawSvi earlier, in RawSvi later, out double at)
    {
        var least = double.PositiveInfinity;
        at = 0;
        foreach (var grid in new[] { Grid(earlier), Grid(later) })
        {
            foreach (var k in grid)
            {
                var order = (W(later, k) - W(earlier, k)) / W(later, k);
                if (!(order >= least))
                {
                    least = order;
                    at = k;
                }
            }
        }

        return least;
    }

    /// <summary>Violations in a surface: g below 0, order in time broken, wings beyond Lee's bound or out of order.</summary>
    public static List<string> Violations(VolSurface surface)
    {
        var found = new List<string>();
        for (var i = 0; i < surface.Slices.Length; i++)
        {
            var p = surface.Slices[i].Smile;
            var g = LeastG(p, out var at);
            if (!(g >= 0))
            {
                found.Add($"butterfly {surface.Slices[i].Expiry:u} g = {g} at k = {at}");
            }

            if (!(p.B * (1 + Math.Abs(p.Rho)) <= 2))
            {
                found.Add($"wing {surface.Slices[i].Expiry:u} slope {p.B * (1 + Math.Abs(p.Rho))}");
            }

            if (i == 0)
            {
                continue;
            }

            var q = surface.Slices[i - 1].Smile;
            var order = LeastOrder(q, p, out at);
            if (!(order >= -1e-12))
            {
                found.Add($"calendar {surface.Slices[i].Expiry:u} {order} at k = {at}");
            }

            if (q.B * (1 + q.Rho) > p.B * (1 + p.Rho) * (1 + 1e-11) || q.B * (1 - q.Rho) > p.B * (1 - p.Rho) * (1 + 1e-11))
            {
                found.Add($"calendar {surface.Slices[i].Expiry:u} wings out of order");
            }
        }

        return found;
    }

    private static IEnumerable<double> Grid(RawSvi p)
    {
        var spread = Math.Sqrt(Math.Max(W(p, 0), 1e-12));
        yield return 0;
        yield return p.M;
        foreach (var u in Units)
        {
            yield return u * spread;
            yield return -u * spread;
            yield return p.M + (u * p.Sigma);
            yield return p.M - (u * p.Sigma);
        }
    }

    private static double[] MakeUnits()
    {
        var units = new List<double>();
        for (var u = 0.01; u < 6; u += 0.02)
        {
            units.Add(u);
        }

        for (var u = 6.0; u < 1000; u *= 1.02)
        {
            units.Add(u);
        }

        return [.. units];
    }
}
