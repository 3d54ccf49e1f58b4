using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Pricing;

/// <summary>Black (1976): European options on a forward, accurate to the last digits over the whole domain.</summary>
/// <remarks>
/// Everything is taken from the out-of-the-money side, where nothing cancels. With h = |ln(F/K)| / s, t = s/2, s = vol sqrt(years):
/// the cheaper of call and put is worth min(F,K) phi(h-t) (M(h-t) - M(h+t)) undiscounted, M the Mills ratio; the other follows by parity.
/// Exponents are carried with their rounding errors, so that far wings keep full relative accuracy; docs/model/pricing.md has the errors measured.
/// At vol 0 or expiry the values are the exact limits. On the kink itself (F = K and s = 0) delta is half, gamma and theta's time part, which have
/// no limit there, are 0; vega keeps its right-hand limit.
/// </remarks>
public static class Black76
{
    private const double InverseRootTwoPi = 0.3989422804014327;

    /// <summary>Value in quote currency per unit, discounted.</summary>
    /// <exception cref="InvalidInputException">forward-range, strike-range, years-range, vol-range, rate-range, type-range, result-range</exception>
    public static double Price(in BlackInputs inputs)
    {
        Require(inputs);
        var discount = InputChecks.DiscountFactor(inputs.Rate, inputs.Years);
        var price = PriceFrom(inputs, discount, Tails.Of(inputs));
        return double.IsFinite(price)
            ? price
            : throw new InvalidInputException("result-range", $"the price of {inputs} is beyond the range of a double");
    }

    /// <summary>Value in coin per unit, discounted: the price of an inverse option.</summary>
    /// <inheritdoc cref="Price(in BlackInputs)" path="/exception"/>
    public static double CoinPrice(in BlackInputs inputs)
    {
        var coin = Price(inputs) / inputs.Forward;
        return double.IsFinite(coin)
            ? coin
            : throw new InvalidInputException("result-range", $"the coin price of {inputs} is beyond the range of a double");
    }

    /// <summary>Value and derivatives.</summary>
    /// <inheritdoc cref="Price(in BlackInputs)" path="/exception"/>
    public static BlackGreeks Greeks(in BlackInputs inputs)
    {
        Require(inputs);
        var result = Evaluate(inputs);
        return IsFinite(result)
            ? result
            : throw new InvalidInputException("result-range", $"{result} of {inputs} is beyond the range of a double");
    }

    /// <summary>As <see cref="Greeks"/>, without an exception: false where it would throw.</summary>
    public static bool TryGreeks(in BlackInputs inputs, out BlackGreeks greeks)
    {
        greeks = default;
        if (!inputs.IsValid())
        {
            return false;
        }

        greeks = Evaluate(inputs);
        return IsFinite(greeks);
    }

    private static BlackGreeks Evaluate(in BlackInputs inputs)
    {
        var call = inputs.Type == OptionType.Call;
        var discount = InputChecks.DiscountFactor(inputs.Rate, inputs.Years);
        var tails = Tails.Of(inputs);
        var price = PriceFrom(inputs, discount, tails);
        var sqrtYears = Math.Sqrt(inputs.Years);
        // F phi(d1) = K phi(d2)
        var mass = discount * tails.Mass;
        var vega = mass * sqrtYears;
        double gamma, decay, vanna, volga;
        if (tails.StdDev > 0.0)
        {
            gamma = mass / inputs.Forward / inputs.Forward / tails.StdDev;
            decay = -0.5 * mass * inputs.Vol / sqrtYears;
            vanna = -mass / inputs.Forward * tails.D2 / inputs.Vol;
            volga = vega * tails.D1 * tails.D2 / inputs.Vol;
        }
        else
        {
            gamma = decay = vanna = volga = 0.0;
        }

        var nd1 = call ? tails.ProbabilityD1 : tails.ComplementD1;
        var nd2 = call ? tails.ProbabilityD2 : tails.ComplementD2;
        var sign = call ? 1.0 : -1.0;
        return new BlackGreeks(
            Price: price,
            CoinPrice: price / inputs.Forward,
            Delta: sign * discount * nd1,
            // N(d1) - (F N(d1) - K N(d2)) / F
            NetDelta: sign * discount * nd2 * (inputs.Strike / inputs.Forward),
            Gamma: gamma,
            Vega: vega,
            ThetaPerYear: decay + (inputs.Rate * price),
            Vanna: vanna,
            Volga: volga,
            Rho: -inputs.Years * price,
            StrikeDelta: -sign * discount * nd2);
    }

    private static bool IsFinite(in BlackGreeks g) =>
        double.IsFinite(g.Price) && double.IsFinite(g.CoinPrice) && double.IsFinite(g.Delta) && double.IsFinite(g.NetDelta)
        && double.IsFinite(g.Gamma) && double.IsFinite(g.Vega) && double.IsFinite(g.ThetaPerYear) && double.IsFinite(g.Vanna)
        && double.IsFinite(g.Volga) && double.IsFinite(g.Rho) && double.IsFinite(g.StrikeDelta);

    private static void Require(in BlackInputs inputs)
    {
        if (inputs.Check() is { } refusal)
        {
            throw refusal.ToException();
        }
    }

    private static double PriceFrom(in BlackInputs inputs, double discount, in Tails tails)
    {
        var inTheMoney = inputs.Type == OptionType.Call ? inputs.Forward - inputs.Strike : inputs.Strike - inputs.Forward;
        return inTheMoney > 0.0 ? discount * (inTheMoney + tails.OutOfTheMoney) : discount * tails.OutOfTheMoney;
    }

    /// <summary>Undiscounted pieces that price and Greeks share.</summary>
    private readonly struct Tails
    {
        /// <summary>vol sqrt(years)</summary>
        internal double StdDev { get; private init; }

        internal double D1 { get; private init; }

        internal double D2 { get; private init; }

        /// <summary>F phi(d1) = K phi(d2)</summary>
        internal double Mass { get; private init; }

        /// <summary>Value of the cheaper of call and put.</summary>
        internal double OutOfTheMoney { get; private init; }

        internal double ProbabilityD1 { get; private init; }

        internal double ComplementD1 { get; private init; }

        internal double ProbabilityD2 { get; private init; }

        internal double ComplementD2 { get; private init; }

        internal static Tails Of(in BlackInputs inputs)
        {
            var root = Math.Sqrt(inputs.Years);
            var s = inputs.Vol * root;
            var callOut = inputs.Forward <= inputs.Strike;
            var cheap = callOut ? inputs.Forward : inputs.Strike;
            var dear = callOut ? inputs.Strike : inputs.Forward;
            // |ln(F/K)| and s with their rounding errors
            var x = ElementaryMath.LogRatio(dear, cheap, out var xLow);
            var h = x > 0.0 ? x / s : 0.0;
            var t = 0.5 * s;
            var near = h - t;
            if (!(s > 0.0) || near > 39.0)
            {
                return Degenerate(s, h - t, h + t, inputs, callOut);
            }

            var far = h + t;
            double mass, nearTail, nearComplement, farTail, value;
            if (near < -39.0)
            {
                // so much vol that the cheaper of the two is worth all of its bound
                mass = 0.0;
                nearTail = 1.0;
                nearComplement = 0.0;
                farTail = 0.0;
                value = cheap;
            }
            else
            {
                var rootLow = root > 0.0 ? Math.FusedMultiplyAdd(-root, root, inputs.Years) / (2.0 * root) : 0.0;
                var sLow = Math.FusedMultiplyAdd(inputs.Vol, root, -s) + (inputs.Vol * rootLow);
                var hLow = x > 0.0 ? (Math.FusedMultiplyAdd(-h, s, x) + xLow - (h * sLow)) / s : 0.0;
                var back = near - h;
                var nearLow = (h - (near - back)) + (-t - back) + (hLow - (0.5 * sLow));
                var square = near * near;
                var squareLow = Math.FusedMultiplyAdd(near, near, -square) + (2.0 * near * nearLow);
                var density = InverseRootTwoPi * ElementaryMath.Exp(-0.5 * square);
                density = Math.FusedMultiplyAdd(-0.5 * squareLow, density, density);
                mass = cheap * density;
                farTail = density * (cheap / dear) * MillsRatio.Value(far);
                var nearSide = density * MillsRatio.Value(Math.Abs(near));
                nearTail = near >= 0.0 ? nearSide : 1.0 - nearSide;
                nearComplement = near >= 0.0 ? 1.0 - nearSide : nearSide;
                value = near >= 0.0 || t <= MillsRatio.SmallStep(h)
                    ? mass * MillsRatio.Difference(h, t)
                    : cheap * (nearTail - (density * MillsRatio.Value(far)));
            }

            return new Tails
            {
                StdDev = s,
                D1 = callOut ? -near : far,
                D2 = callOut ? -far : near,
                Mass = mass,
                OutOfTheMoney = value,
                ProbabilityD1 = callOut ? nearTail : 1.0 - farTail,
                ComplementD1 = callOut ? nearComplement : farTail,
                ProbabilityD2 = callOut ? farTail : nearComplement,
                ComplementD2 = callOut ? 1.0 - farTail : nearTail,
            };
        }

        /// <summary>No vol or no time left, or the far side 39 standard deviations away: a step at the strike.</summary>
        private static Tails Degenerate(double s, double near, double far, in BlackInputs inputs, bool callOut)
        {
            var atTheKink = inputs.Forward == inputs.Strike;
            var above = atTheKink ? 0.5 : callOut ? 0.0 : 1.0;
            return new Tails
            {
                StdDev = atTheKink ? 0.0 : double.IsFinite(far) ? s : 0.0,
                D1 = double.IsFinite(far) ? (callOut ? -near : far) : 0.0,
                D2 = double.IsFinite(far) ? (callOut ? -far : near) : 0.0,
                Mass = atTheKink ? inputs.Forward * InverseRootTwoPi : 0.0,
                OutOfTheMoney = 0.0,
                ProbabilityD1 = above,
                ComplementD1 = 1.0 - above,
                ProbabilityD2 = above,
                ComplementD2 = 1.0 - above,
            };
        }
    }
}
