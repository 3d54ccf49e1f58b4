using Pms.Numerics;
using Pms.Simulation.Parameters;

namespace Pms.Simulation.Market;

/// <summary>The hidden volatility surface of one coin at one instant: eSSVI in closed form, free of arbitrage by construction.</summary>
/// <remarks>
/// w(k, T) = theta/2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2)) (Gatheral and Jacquier 2014, with rho by expiry as in Hendriks and Martini 2019) where
/// theta(T) is <c>VariancePremium</c> times the expected integrated variance of the two-factor process of <see cref="MarketProcess"/>;
/// psi = theta phi = eta sqrt(theta / (1 + c theta)); rho = rhoLong + (rhoShort - rhoLong) / (1 + psi / psiScale).
/// Calendar: theta and psi rise with T, phi falls, and d(rho psi)/d psi = rhoLong + (rhoShort - rhoLong) / (1 + psi/psiScale)^2 lies between the two rhos,
/// so |d(rho psi)| &lt;= d psi: the three conditions of Hendriks and Martini (Proposition 3.5) hold for every pair of expiries.
/// Butterfly: psi phi (1 + |rho|) &lt;= eta^2 (1 + |rho|) &lt;= 1.4^2 x 1.9 &lt; 4, and psi (1 + |rho|) &lt; 4 is checked with the parameters.
/// </remarks>
public sealed class TrueSurface
{
    private readonly double _longRun;
    private readonly double _fast;
    private readonly double _slow;
    private readonly double _fastRate;
    private readonly double _slowRate;
    private readonly double _premium;
    private readonly double _curvature;
    private readonly double _flattening;
    private readonly double _rhoLong;
    private readonly double _skewScale;

    internal TrueSurface(CoinParameters coin, double variance, double mediumVariance, double skewState)
    {
        // E[v_T] = longRun + slow e^(-k2 T) + fast e^(-k1 T) for dv = k1 (m - v) dt, dm = k2 (longRun - m) dt.
        _fastRate = coin.VarianceReversion;
        _slowRate = coin.MediumReversion;
        _longRun = coin.LongRunVariance;
        _slow = (mediumVariance - _longRun) * (_fastRate / (_fastRate - _slowRate));
        _fast = variance - _longRun - _slow;
        _premium = coin.VariancePremium;
        _curvature = coin.SmileCurvature;
        _flattening = coin.SmileFlattening;
        ShortSkew = CoinParameters.MaxAbsoluteSkew * skewState / Math.Sqrt(1 + (skewState * skewState));
        _rhoLong = coin.SkewLong;
        _skewScale = coin.SkewScale;
    }

    /// <summary>The rho that smiles approach as expiry comes near.</summary>
    public double ShortSkew { get; }

    /// <summary>The smile of one expiry.</summary>
    /// <param name="years">time to expiry, ACT/365, above 0</param>
    public TrueSlice Slice(double years)
    {
        // Expm1 keeps theta strictly increasing down to the last second before expiry.
        var theta = _premium * ((_longRun * years)
            - (_slow * (ElementaryMath.Expm1(-_slowRate * years) / _slowRate))
            - (_fast * (ElementaryMath.Expm1(-_fastRate * years) / _fastRate)));
        var psi = _curvature * Math.Sqrt(theta / (1 + (_flattening * theta)));
        var rho = _rhoLong + ((ShortSkew - _rhoLong) / (1 + (psi / _skewScale)));
        return new TrueSlice(years, theta, rho, psi);
    }

    /// <summary>Fair vol of a variance swap: sqrt of (2/T) x the integral of out-of-the-money values over strike squared.</summary>
    /// <remarks>
    /// Trapezoids over k, +-6 standard deviations in steps h of a quarter. The integrand has a kink at the money where its slope falls by exactly 1, which
    /// trapezoids overstate by h^2/12 (Euler-Maclaurin); with that taken off the error is below 1e-4 of the vol for smiles of this family.
    /// </remarks>
    public double VarianceSwapVol(double years)
    {
        const double Reach = 6;
        const double StepSize = 0.25;
        var slice = Slice(years);
        var deviation = Math.Sqrt(slice.Theta);
        var sum = 0.0;
        for (var i = 0; i <= (int)(2 * Reach / StepSize); i++)
        {
            var k = ((i * StepSize) - Reach) * deviation;
            sum += OptionValue.OutOfTheMoneyPerForward(k, Math.Sqrt(slice.TotalVariance(k))) * ElementaryMath.Exp(-k);
        }

        var h = StepSize * deviation;
        return Math.Sqrt(2 * ((sum * h) - (h * h / 12)) / years);
    }
}

/// <summary>One smile of a <see cref="TrueSurface"/>.</summary>
/// <param name="Years">time to expiry, ACT/365</param>
/// <param name="Theta">total variance at the money forward</param>
/// <param name="Rho">skew</param>
/// <param name="Psi">theta times phi</param>
public readonly record struct TrueSlice(double Years, double Theta, double Rho, double Psi)
{
    public double Phi => Psi / Theta;

    /// <summary>vol^2 T at log-moneyness <paramref name="k"/> = ln(K/F).</summary>
    public double TotalVariance(double k)
    {
        var x = (Phi * k) + Rho;
        return 0.5 * Theta * (1 + (Rho * Phi * k) + Math.Sqrt((x * x) + 1 - (Rho * Rho)));
    }

    /// <summary>Annualised vol at log-moneyness <paramref name="k"/>.</summary>
    public double Vol(double k) => Math.Sqrt(TotalVariance(k) / Years);
}
