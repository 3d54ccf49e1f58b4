using Pms.Numerics;

namespace Pms.Volatility.Svi;

/// <summary>One slice of (e)SSVI: w = Theta/2 (1 + Rho Phi k + sqrt((Phi k + Rho)^2 + 1 - Rho^2)).</summary>
/// <param name="Theta">ATM total variance, above 0</param>
/// <param name="Rho">between -1 and 1</param>
/// <param name="Phi">per unit of k, at least 0</param>
/// <remarks>Gatheral and Jacquier (2014), section 4; eSSVI (Rho of its own per slice): Hendriks and Martini (2019), Corbetta et al. (2019).</remarks>
public readonly record struct SsviSlice(double Theta, double Rho, double Phi)
{
    /// <summary>Psi = Theta Phi, the coordinate in which the eSSVI calendar conditions are simple.</summary>
    public double Psi => Theta * Phi;

    /// <summary>Theta Phi (1 + |Rho|): below 4 is sufficient, with the next, for no butterfly arbitrage.</summary>
    public double SlopeCondition => Theta * Phi * (1 + Math.Abs(Rho));

    /// <summary>Theta Phi^2 (1 + |Rho|): at most 4.</summary>
    public double CurvatureCondition => Theta * Phi * Phi * (1 + Math.Abs(Rho));

    public bool IsButterflyFree => SlopeCondition < 4 && CurvatureCondition <= 4;

    public double TotalVariance(double k)
    {
        var x = (Phi * k) + Rho;
        return 0.5 * Theta * (1 + (Rho * Phi * k) + Math.Sqrt((x * x) + ((1 - Rho) * (1 + Rho))));
    }

    public RawSvi ToRaw()
    {
        var root2 = (1 - Rho) * (1 + Rho);
        return new RawSvi(0.5 * Theta * root2, 0.5 * Theta * Phi, Rho, -Rho / Phi, Math.Sqrt(root2) / Phi);
    }

    /// <summary>Whether a later slice lies nowhere below an earlier one, by the sufficient conditions of Corbetta et al. (2019).</summary>
    public static bool IsCalendarFree(in SsviSlice earlier, in SsviSlice later)
    {
        return later.Theta >= earlier.Theta
            && Math.Abs((later.Rho * later.Psi) - (earlier.Rho * earlier.Psi)) <= later.Psi - earlier.Psi
            && later.Phi <= earlier.Phi;
    }

    /// <summary>Power law Phi = eta / (Theta^gamma (1 + Theta)^(1 - gamma)), free of arbitrage for eta (1 + |rho|) at most 2.</summary>
    /// <param name="theta">ATM total variance, above 0</param>
    /// <param name="rho">between -1 and 1</param>
    /// <param name="eta">above 0</param>
    /// <param name="gamma">between 0 and 1/2</param>
    public static SsviSlice PowerLaw(double theta, double rho, double eta, double gamma)
    {
        var phi = eta / (ElementaryMath.Pow(theta, gamma) * ElementaryMath.Pow(1 + theta, 1 - gamma));
        return new SsviSlice(theta, rho, phi);
    }
}
