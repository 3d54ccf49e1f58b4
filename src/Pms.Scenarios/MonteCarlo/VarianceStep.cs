using Pms.Numerics;
using Pms.Pricing.JumpModels;

namespace Pms.Scenarios.MonteCarlo;

/// <summary>One step of square-root variance and of the log price that goes with it.</summary>
/// <remarks>
/// Andersen (2008), scheme QE, with two changes: the integral of the variance over the step is its expectation given both ends as a linear
/// regression with exact moments, instead of the trapezoid; and the drift makes E[exp(log return)] = 1 given the variance at the start, exactly,
/// also with these approximations. Between jumps the log return is normal given the path of the variance, so that one normal serves all steps.
/// </remarks>
internal readonly struct VarianceStep
{
    private const double SwitchPsi = 1.5;

    private readonly double _decay;
    private readonly double _phi;
    private readonly double _years;
    private readonly double _meanSlope;
    private readonly double _meanConstant;
    private readonly double _spreadSlope;
    private readonly double _spreadConstant;
    private readonly double _crossSlope;
    private readonly double _crossConstant;
    private readonly double _longRun;
    private readonly double _priceLoading;
    private readonly double _integralLoading;

    /// <param name="dynamics">checked</param>
    /// <param name="years">length of the step, at least 0</param>
    public VarianceStep(VarianceDynamics dynamics, double years)
    {
        var kappa = dynamics.MeanReversion;
        var sigma2 = dynamics.VolOfVariance * dynamics.VolOfVariance;
        var kt = kappa * years;
        _years = years;
        if (kt < 1e-6)
        {
            // limits, to the first order in kappa years
            _phi = years * (1.0 - (0.5 * kt));
            _decay = 1.0 - kt;
            _spreadSlope = sigma2 * years * (1.0 - (1.5 * kt));
            _spreadConstant = 0.5 * dynamics.LongRun * sigma2 * years * kt;
            _crossSlope = 0.5 * years * _spreadSlope;
            _crossConstant = 0.5 * years * _spreadConstant;
        }
        else
        {
            var lost = -ElementaryMath.Expm1(-kt);
            _decay = 1.0 - lost;
            _phi = lost / kappa;
            _spreadSlope = sigma2 * _decay * _phi;
            _spreadConstant = 0.5 * dynamics.LongRun * sigma2 * _phi * lost;
            // Cov(integral of v, v at the end) = integral_0^T exp(-kappa (T-s)) Var(v_s) ds
            _crossSlope = sigma2 / kappa * _decay * (years - _phi);
            _crossConstant = 0.5 * sigma2 / kappa * dynamics.LongRun * (_phi * (1.0 + _decay) - (2.0 * years * _decay));
        }

        _meanSlope = _decay;
        _meanConstant = dynamics.LongRun * (kt < 1e-6 ? kt : 1.0 - _decay);
        if (dynamics.VolOfVariance > 0.0)
        {
            // ln S moves by rho/sigma (v1 - v0 - kappa theta T + kappa I) - I/2 + sqrt((1 - rho^2) I) Z. Of this, what the variance path fixes
            // and the normal does not compensate is a v1 + constant, where I is linear in v1; its expectation replaces the constant in Advance.
            _priceLoading = dynamics.Correlation / dynamics.VolOfVariance;
            _integralLoading = (kappa * _priceLoading) - (0.5 * dynamics.Correlation * dynamics.Correlation);
        }
        else
        {
            _priceLoading = _integralLoading = 0.0;
        }

        _longRun = dynamics.LongRun;
    }

    /// <summary>Advances variance, its integral, and the part of the log return that the variance path fixes.</summary>
    /// <param name="normal">standard normal of the variance shock</param>
    /// <param name="variance">at the start, then at the end of the step</param>
    /// <param name="integral">of the variance since the beginning of the horizon</param>
    /// <param name="logReturn">the part given the variance path, without the normal of the price and without -1/2 (1 - rho^2) integral</param>
    public void Advance(double normal, ref double variance, ref double integral, ref double logReturn)
    {
        var v0 = variance;
        var mean = (_meanSlope * v0) + _meanConstant;
        var spread = (_spreadSlope * v0) + _spreadConstant;
        var integralMean = (_longRun * (_years - _phi)) + (v0 * _phi);
        if (!(spread > 0.0 && mean > 0.0))
        {
            // no noise: the variance goes where its mean goes
            variance = mean;
            integral += integralMean;
            return;
        }

        var psi = spread / (mean * mean);
        var regression = ((_crossSlope * v0) + _crossConstant) / spread;
        // the exponent is this times v1, plus a constant; its expectation is taken out below
        var a = _priceLoading + (_integralLoading * regression);
        double v1, logMoment;
        if (psi <= SwitchPsi)
        {
            var inverse = 2.0 / psi;
            var b2 = inverse - 1.0 + Math.Sqrt(inverse * (inverse - 1.0));
            var scale = mean / (1.0 + b2);
            var root = Math.Sqrt(b2) + normal;
            v1 = scale * root * root;
            var bend = 2.0 * a * scale;
            logMoment = bend < 0.99
                ? (a * b2 * scale / (1.0 - bend)) - (0.5 * ElementaryMath.Log1p(-bend))
                : (a * mean) + (0.5 * a * a * spread);
        }
        else
        {
            var p = (psi - 1.0) / (psi + 1.0);
            var beta = (1.0 - p) / mean;
            // upper tail of the uniform number, exact where it is small
            var rest = NormalDistribution.CdfComplement(normal);
            v1 = rest >= 1.0 - p ? 0.0 : ElementaryMath.LogRatio(1.0 - p, rest) / beta;
            logMoment = a < 0.99 * beta
                ? ElementaryMath.Log(p + (beta * (1.0 - p) / (beta - a)))
                : (a * mean) + (0.5 * a * a * spread);
        }

        integral += integralMean + (regression * (v1 - mean));
        logReturn += (a * v1) - logMoment;
        variance = v1;
    }
}
