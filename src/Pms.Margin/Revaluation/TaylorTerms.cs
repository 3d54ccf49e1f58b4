using Pms.Pricing;
using Pms.Primitives;

namespace Pms.Margin.Revaluation;

/// <summary>A finite move of the inputs of one option.</summary>
/// <param name="Spot">relative move of the forward: -0.05 is 5 % down; above -1</param>
/// <param name="Vol">absolute move of annual vol: 0.06 is six vol points up</param>
/// <param name="Years">time that passes, at least 0</param>
public readonly record struct OptionMove(double Spot, double Vol, double Years);

/// <summary>Second-order Taylor terms of a profit beside the profit itself: a check on size and sign, not an attribution.</summary>
/// <remarks>
/// Greeks at the start; dF change of the forward, dv of vol, dt years that pass. The residual is small for daily moves and of the order of the
/// profit itself for the moves that margin is made of (docs/model/attribution.md), which is why attribution uses full revaluation.
/// </remarks>
/// <param name="Full">profit by full revaluation, gain positive; all terms in its unit</param>
/// <param name="Delta">Delta dF</param>
/// <param name="Gamma">Gamma dF² / 2</param>
/// <param name="Vega">Vega dv</param>
/// <param name="Theta">Theta dt</param>
/// <param name="Vanna">Vanna dF dv</param>
/// <param name="Volga">Volga dv² / 2</param>
public readonly record struct TaylorTerms(double Full, double Delta, double Gamma, double Vega, double Theta, double Vanna, double Volga)
{
    /// <summary>Full less all terms.</summary>
    public double Residual => Full - (Delta + Gamma + Vega + Theta + Vanna + Volga);

    public static TaylorTerms operator +(TaylorTerms left, TaylorTerms right) => new(
        left.Full + right.Full, left.Delta + right.Delta, left.Gamma + right.Gamma, left.Vega + right.Vega, left.Theta + right.Theta, left.Vanna + right.Vanna, left.Volga + right.Volga);

    public static TaylorTerms operator *(double scale, TaylorTerms terms) => new(
        scale * terms.Full, scale * terms.Delta, scale * terms.Gamma, scale * terms.Vega, scale * terms.Theta, scale * terms.Vanna, scale * terms.Volga);

    /// <summary>The terms of a finite move with Greeks and values given.</summary>
    /// <param name="greeks">at the start</param>
    /// <param name="full">profit by full revaluation</param>
    /// <param name="forward">change of the forward</param>
    /// <param name="vol">change of vol</param>
    /// <param name="years">time that passes</param>
    public static TaylorTerms Of(in BlackGreeks greeks, double full, double forward, double vol, double years) => new(
        full,
        Delta: greeks.Delta * forward,
        Gamma: 0.5 * greeks.Gamma * forward * forward,
        Vega: greeks.Vega * vol,
        Theta: greeks.ThetaPerYear * years,
        Vanna: greeks.Vanna * forward * vol,
        Volga: 0.5 * greeks.Volga * vol * vol);

    /// <summary>Profit of a position in one option and its Taylor terms, quote currency.</summary>
    /// <param name="inputs">at the start</param>
    /// <param name="quantity">long positive, finite</param>
    /// <param name="move">what happens; an expiry that is passed is an expiry, a vol that falls below 0 is 0</param>
    /// <exception cref="InvalidInputException">the codes of <see cref="Black76.Price"/>; <c>move-range</c>, <c>quantity-range</c></exception>
    public static TaylorTerms Of(in BlackInputs inputs, double quantity, in OptionMove move)
    {
        if (!(move.Spot > -1) || !double.IsFinite(move.Spot) || !double.IsFinite(move.Vol) || !(move.Years >= 0) || !double.IsFinite(move.Years))
        {
            throw new InvalidInputException("move-range", $"{move}: finite numbers, spot above -1 and years of at least 0 are required");
        }

        if (!double.IsFinite(quantity))
        {
            throw new InvalidInputException("quantity-range", $"quantity {quantity} is not a finite number");
        }

        var greeks = Black76.Greeks(inputs);
        var after = Black76.Price(inputs with
        {
            Forward = inputs.Forward * (1 + move.Spot),
            Vol = Math.Max(inputs.Vol + move.Vol, 0),
            Years = Math.Max(inputs.Years - move.Years, 0),
        });
        return quantity * Of(greeks, after - greeks.Price, inputs.Forward * move.Spot, move.Vol, move.Years);
    }
}
