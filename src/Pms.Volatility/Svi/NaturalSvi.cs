using Pms.Primitives;

namespace Pms.Volatility.Svi;

/// <summary>The natural form: w = Delta + Omega/2 (1 + Zeta Rho (k - Mu) + sqrt((Zeta (k - Mu) + Rho)^2 + 1 - Rho^2)).</summary>
/// <remarks>Gatheral and Jacquier (2014), eq. 3.2 and lemma 3.1. SSVI is Delta = 0, Mu = 0.</remarks>
public readonly record struct NaturalSvi(double Delta, double Mu, double Rho, double Omega, double Zeta)
{
    /// <exception cref="InvalidInputException"><c>svi-natural</c>: |Rho| is 1, where the natural form does not exist</exception>
    public static NaturalSvi FromRaw(in RawSvi raw)
    {
        var root = Math.Sqrt((1 - raw.Rho) * (1 + raw.Rho));
        if (!(root > 0))
        {
            throw new InvalidInputException("svi-natural", $"Rho = {raw.Rho} has no natural form: |Rho| below 1 is required");
        }

        var omega = 2 * raw.B * raw.Sigma / root;
        return new NaturalSvi(raw.A - (0.5 * omega * root * root), raw.M + (raw.Rho * raw.Sigma / root), raw.Rho, omega, root / raw.Sigma);
    }

    public RawSvi ToRaw()
    {
        var root2 = (1 - Rho) * (1 + Rho);
        return new RawSvi(Delta + (0.5 * Omega * root2), 0.5 * Omega * Zeta, Rho, Mu - (Rho / Zeta), Math.Sqrt(root2) / Zeta);
    }
}
