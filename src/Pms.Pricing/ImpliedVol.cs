using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Pricing;

/// <summary>A price to be explained by Black's formula.</summary>
/// <param name="Type">call or put</param>
/// <param name="Forward">quote currency per unit for delivery at expiry, finite, above 0</param>
/// <param name="Strike">quote currency per unit, finite, above 0</param>
/// <param name="Years">ACT/365 years to expiry, finite, at least 0</param>
/// <param name="Price">quote currency per unit, discounted</param>
/// <param name="Rate">continuous, per year, finite</param>
public readonly record struct ImpliedVolInputs(OptionType Type, double Forward, double Strike, double Years, double Price, double Rate = 0.0);

/// <summary>A vol, or why there is none.</summary>
public readonly struct ImpliedVolResult : IEquatable<ImpliedVolResult>
{
    private readonly double _vol;

    private ImpliedVolResult(double vol, Refusal? refusal)
    {
        _vol = vol;
        Refusal = refusal;
    }

    /// <summary>Why the price has no implied vol; null where it has one.</summary>
    public Refusal? Refusal { get; }

    public bool IsSolved => Refusal is null;

    /// <summary>Annual and decimal.</summary>
    /// <exception cref="InvalidInputException">the price was refused</exception>
    public double Vol => Refusal is null ? _vol : throw Refusal.ToException();

    public bool TryGetVol(out double vol)
    {
        vol = Refusal is null ? _vol : double.NaN;
        return Refusal is null;
    }

    public static ImpliedVolResult Solved(double vol) => new(vol, null);

    public static ImpliedVolResult Refused(string code, string message) => new(double.NaN, new Refusal(code, message));

    internal static ImpliedVolResult Refused(Refusal refusal) => new(double.NaN, refusal);

    public bool Equals(ImpliedVolResult other) => _vol.Equals(other._vol) && Equals(Refusal, other.Refusal);

    public override bool Equals(object? obj) => obj is ImpliedVolResult other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(_vol, Refusal);

    public static bool operator ==(ImpliedVolResult left, ImpliedVolResult right) => left.Equals(right);

    public static bool operator !=(ImpliedVolResult left, ImpliedVolResult right) => !left.Equals(right);
}

/// <summary>The inverse of Black's formula over its whole domain.</summary>
/// <remarks>
/// After Jaeckel (2015), "Let's be rational", with other pieces: the quote is moved to its out-of-the-money side; the value per unit of
/// min(F,K), v(s) in (0,1), is inverted for s = vol sqrt(years) by fourth-order Householder steps on 1/ln v below v = 1/2 and on ln(1-v)
/// above, each step kept inside a bracket that shrinks. ln v and ln(1-v) come from Mills ratios and neither cancel nor underflow.
/// Measured errors: docs/model/pricing.md.
/// </remarks>
public static class ImpliedVol
{
    private const double LogRootTwoPi = 0.91893853320467274178;
    private const double RootTwoPi = 2.5066282746310002;
    private const int MaxSteps = 100;

    /// <summary>The vol that Black's formula needs for the price, or a refusal.</summary>
    /// <remarks>
    /// Codes: type-range, forward-range, strike-range, years-range, rate-range, price-range (NaN, infinite, negative), price-below-intrinsic,
    /// price-at-bound (a call at or above the discounted forward, a put at or above the discounted strike), expired (no time left and the
    /// price is not intrinsic). A price equal to the rounded intrinsic value has vol 0.
    /// </remarks>
    public static ImpliedVolResult Solve(in ImpliedVolInputs inputs)
    {
        if (InputChecks.Contract(inputs.Type, inputs.Forward, inputs.Strike, inputs.Years, inputs.Rate) is { } refusal)
        {
            return ImpliedVolResult.Refused(refusal);
        }

        var outcome = Invert(inputs, out var vol);
        if (outcome == Outcome.Solved)
        {
            return ImpliedVolResult.Solved(vol);
        }

        var price = inputs.Price;
        var call = inputs.Type == OptionType.Call;
        var discount = InputChecks.DiscountFactor(inputs.Rate, inputs.Years);
        var intrinsic = Intrinsic(inputs, discount);
        return outcome switch
        {
            Outcome.NotAPrice => ImpliedVolResult.Refused("price-range", $"price {price} is not a finite number of at least 0"),
            Outcome.BelowIntrinsic => ImpliedVolResult.Refused("price-below-intrinsic", $"price {price} is below the intrinsic value {intrinsic}"),
            Outcome.AtBound => ImpliedVolResult.Refused(
                "price-at-bound",
                $"price {price} is not below {discount * (call ? inputs.Forward : inputs.Strike)}, which a {(call ? "call" : "put")} reaches only at infinite vol"),
            Outcome.Expired => ImpliedVolResult.Refused("expired", $"no time is left, so price {price} would have to be the intrinsic value {intrinsic}"),
            _ => ImpliedVolResult.Refused("result-range", $"the implied vol of {inputs} is beyond the range of a double"),
        };
    }

    /// <summary>As <see cref="Solve"/> without saying why not: NaN and false where it refuses.</summary>
    public static bool TrySolve(in ImpliedVolInputs inputs, out double vol)
    {
        vol = double.NaN;
        return InputChecks.IsContract(inputs.Type, inputs.Forward, inputs.Strike, inputs.Years, inputs.Rate)
            && Invert(inputs, out vol) == Outcome.Solved;
    }

    private enum Outcome
    {
        Solved,
        NotAPrice,
        BelowIntrinsic,
        AtBound,
        Expired,
        Overflow,
    }

    private static double Intrinsic(in ImpliedVolInputs inputs, double discount)
    {
        var moneyness = inputs.Type == OptionType.Call ? inputs.Forward - inputs.Strike : inputs.Strike - inputs.Forward;
        return moneyness > 0.0 ? discount * moneyness : 0.0;
    }

    private static Outcome Invert(in ImpliedVolInputs inputs, out double vol)
    {
        vol = double.NaN;
        var price = inputs.Price;
        if (!(price is >= 0.0 and < double.PositiveInfinity))
        {
            return Outcome.NotAPrice;
        }

        var discount = InputChecks.DiscountFactor(inputs.Rate, inputs.Years);
        var intrinsic = Intrinsic(inputs, discount);
        if (price < intrinsic)
        {
            return Outcome.BelowIntrinsic;
        }

        if (price == intrinsic)
        {
            vol = 0.0;
            return Outcome.Solved;
        }

        var call = inputs.Type == OptionType.Call;
        var limit = call ? inputs.Forward : inputs.Strike;
        var room = Math.FusedMultiplyAdd(discount, limit, -price);
        if (price >= discount * limit || !(room > 0.0))
        {
            return Outcome.AtBound;
        }

        if (inputs.Years == 0.0)
        {
            return Outcome.Expired;
        }

        var timeValue = price;
        if (intrinsic > 0.0)
        {
            // price - discount (a - b) with the rounding errors of the difference and of the product put back
            var high = call ? inputs.Forward : inputs.Strike;
            var low = call ? inputs.Strike : inputs.Forward;
            var moneyness = high - low;
            var back = moneyness - high;
            var moneynessLow = (high - (moneyness - back)) + (-low - back);
            timeValue = Math.FusedMultiplyAdd(-discount, moneyness, price) - (discount * moneynessLow);
            if (!(timeValue > 0.0))
            {
                timeValue = price - intrinsic;
            }
        }

        var cheap = Math.Min(inputs.Forward, inputs.Strike);
        var dear = Math.Max(inputs.Forward, inputs.Strike);
        var unit = discount * cheap;
        var x = ElementaryMath.LogRatio(dear, cheap);
        var value = timeValue / unit;
        double s;
        if (value < 0.5)
        {
            var logValue = value > 1e-300
                ? ElementaryMath.Log(value)
                : ElementaryMath.Log(timeValue) - ElementaryMath.Log(cheap) + (inputs.Rate * inputs.Years);
            s = SolveLow(x, logValue, value);
        }
        else
        {
            s = SolveHigh(x, ElementaryMath.Log(room / unit));
        }

        vol = s / Math.Sqrt(inputs.Years);
        if (double.IsFinite(vol))
        {
            return Outcome.Solved;
        }

        vol = double.NaN;
        return Outcome.Overflow;
    }

    /// <summary>s with ln v(s) = target, for v below 1/2: Householder on 1/ln v, which is nearly a parabola in s in the wings.</summary>
    private static double SolveLow(double x, double target, double value)
    {
        var low = 0.0;
        var high = double.PositiveInfinity;
        var s = LowGuess(x, target, value);
        for (var step = 0; step < MaxSteps; step++)
        {
            var h = x / s;
            var t = 0.5 * s;
            var near = h - t;
            var difference = MillsRatio.Difference(h, t);
            var log = (-0.5 * near * near) - LogRootTwoPi + ElementaryMath.Log(difference);
            if (log < target)
            {
                low = s;
            }
            else
            {
                high = s;
            }

            // derivatives of ln v: v' = phi(near), v''/v' = bend, bend' = bendSlope
            var l1 = 1.0 / difference;
            var bend = near * (h + t) / s;
            var bendSlope = (-3.0 * h * h / (s * s)) - 0.25;
            var l2 = l1 * (bend - l1);
            var l3 = (l2 * (bend - l1)) + (l1 * (bendSlope - l2));
            // f = 1/ln v - 1/target; its derivatives over the first one
            var inverse = 1.0 / log;
            var r2 = l2 / l1;
            var r3 = l3 / l1;
            var newton = (target - log) * log / (target * l1);
            var h2 = r2 - (2.0 * l1 * inverse);
            var h3 = r3 - (6.0 * inverse * (l2 - (l1 * l1 * inverse)));
            if (Advance(ref s, newton, h2, h3, low, high))
            {
                return s;
            }
        }

        return s;
    }

    /// <summary>s with ln(1 - v(s)) = target, for v from 1/2.</summary>
    private static double SolveHigh(double x, double target)
    {
        var low = 0.0;
        var high = double.PositiveInfinity;
        // 1 - v = N(near) + exp(x) N(-far) lies between N(near) and twice that
        var near0 = double.MinNative(0.0, NormalDistribution.InverseCdf(ElementaryMath.Exp(target)));
        var s = -near0 + Math.Sqrt((near0 * near0) + (2.0 * x));
        s = s > 0.0 ? s : 1.0;
        for (var step = 0; step < MaxSteps; step++)
        {
            var h = x / s;
            var t = 0.5 * s;
            var near = h - t;
            var sum = MillsRatio.Value(-near) + MillsRatio.Value(h + t);
            var log = (-0.5 * near * near) - LogRootTwoPi + ElementaryMath.Log(sum);
            if (log > target)
            {
                low = s;
            }
            else
            {
                high = s;
            }

            var l1 = -1.0 / sum;
            var bend = near * (h + t) / s;
            var bendSlope = (-3.0 * h * h / (s * s)) - 0.25;
            var l2 = l1 * (bend - l1);
            var l3 = (l2 * (bend - l1)) + (l1 * (bendSlope - l2));
            if (Advance(ref s, (target - log) / l1, l2 / l1, l3 / l1, low, high))
            {
                return s;
            }
        }

        return s;
    }

    /// <summary>One Householder step of order 4 inside the bracket; true where s has converged.</summary>
    private static bool Advance(ref double s, double newton, double h2, double h3, double low, double high)
    {
        var change = newton * Math.FusedMultiplyAdd(0.5 * h2, newton, 1.0) / Math.FusedMultiplyAdd(newton, Math.FusedMultiplyAdd(h3, newton / 6.0, h2), 1.0);
        // Fourth order: a step of 1e-5 leaves about 1e-20. So close, rounding may put the step on the bracket's own edge: it is taken as it is.
        if (Math.Abs(change) <= 1e-5 * s)
        {
            s += change;
            return true;
        }

        var next = s + change;
        if (!(next > low && next < high))
        {
            next = s + newton;
        }

        if (!(next > low && next < high))
        {
            next = high == double.PositiveInfinity ? 2.0 * s : low == 0.0 ? 0.5 * s : 0.5 * (low + high);
        }

        s = next;
        return high - low <= 1e-16 * s;
    }

    /// <summary>A start below v = 1/2, from two bounds of v: N(-near), and s / sqrt(2 pi).</summary>
    private static double LowGuess(double x, double target, double value)
    {
        var flat = RootTwoPi * value;
        if (x == 0.0)
        {
            return flat > 0.0 ? flat : RootTwoPi * ElementaryMath.Exp(target);
        }

        var near = Math.Sqrt(-2.0 * target);
        var steep = 2.0 * x / (near + Math.Sqrt((near * near) + (2.0 * x)));
        // two rounds of v = phi(near) (M(near) - M(far)) with the slow factor held
        for (var round = 0; round < 2; round++)
        {
            var h = x / steep;
            var t = 0.5 * steep;
            var square = -2.0 * (target + LogRootTwoPi - ElementaryMath.Log(MillsRatio.Difference(h, t)));
            if (!(square > 0.0))
            {
                break;
            }

            near = Math.Sqrt(square);
            steep = 2.0 * x / (near + Math.Sqrt((near * near) + (2.0 * x)));
        }

        return Math.Max(steep, flat);
    }
}
