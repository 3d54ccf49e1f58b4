namespace Pms.Margin.Explain;

/// <summary>A loss by what caused it; the terms add up to the loss. USD, loss positive.</summary>
/// <param name="Delta">first order in spot: the slope of the value in spot now, smile moving along with the forward, times the move</param>
/// <param name="Gamma">what spot does beyond that</param>
/// <param name="Vega">level of vol</param>
/// <param name="Skew">slope of the smile</param>
/// <param name="Term">vol of an expiry beyond the level</param>
/// <param name="Theta">time to the horizon</param>
/// <param name="Basis">forwards against spot</param>
/// <param name="Peg">quote currencies and pegged assets against their anchors</param>
/// <param name="Cross">what the causes do together beyond what each does alone; 0 where it is shared out</param>
/// <param name="Residual">what the integer risk array rounds away: loss of the array less loss of full revaluation</param>
public readonly record struct LossTerms(
    double Delta, double Gamma, double Vega, double Skew, double Term, double Theta, double Basis, double Peg, double Cross, double Residual)
{
    /// <summary>The loss.</summary>
    public double Total => Delta + Gamma + Vega + Skew + Term + Theta + Basis + Peg + Cross + Residual;

    public static LossTerms operator +(LossTerms left, LossTerms right) => new(
        left.Delta + right.Delta, left.Gamma + right.Gamma, left.Vega + right.Vega, left.Skew + right.Skew, left.Term + right.Term,
        left.Theta + right.Theta, left.Basis + right.Basis, left.Peg + right.Peg, left.Cross + right.Cross, left.Residual + right.Residual);
}

/// <summary>Two causes and what they do together beyond what each does alone.</summary>
/// <param name="First">of <see cref="Revaluation.MoveParts"/></param>
/// <param name="Second">of <see cref="Revaluation.MoveParts"/></param>
/// <param name="Loss">USD, loss positive</param>
public readonly record struct Interaction(Revaluation.MoveParts First, Revaluation.MoveParts Second, double Loss);
