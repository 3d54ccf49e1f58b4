namespace Pms.Pricing;

/// <summary>Value and derivatives of one option, all with discounting, per 1.00 of the factor, quote currency per unit.</summary>
/// <param name="Price">quote currency</param>
/// <param name="CoinPrice">the same in coin: Price / forward (inverse options)</param>
/// <param name="Delta">d Price / d forward</param>
/// <param name="NetDelta">d CoinPrice / d ln forward = Delta - CoinPrice: the premium-adjusted delta of a coin-settled option</param>
/// <param name="Gamma">d Delta / d forward</param>
/// <param name="Vega">d Price / d vol, per 1.00 of vol (100 vol points)</param>
/// <param name="ThetaPerYear">minus d Price / d years at a fixed forward: negative where time takes value</param>
/// <param name="Vanna">d Delta / d vol</param>
/// <param name="Volga">d Vega / d vol</param>
/// <param name="Rho">d Price / d rate at a fixed forward</param>
/// <param name="StrikeDelta">d Price / d strike: minus the discounted probability of exercise for a call, plus for a put</param>
public readonly record struct BlackGreeks(
    double Price,
    double CoinPrice,
    double Delta,
    double NetDelta,
    double Gamma,
    double Vega,
    double ThetaPerYear,
    double Vanna,
    double Volga,
    double Rho,
    double StrikeDelta);
