using Pms.Primitives;

namespace Pms.Pricing;

/// <summary>Inputs of many options as columns of one length: [option]. Units as in <see cref="BlackInputs"/>.</summary>
public readonly ref struct BlackColumns
{
    /// <param name="forward">[option] quote currency per unit</param>
    /// <param name="strike">[option] quote currency per unit</param>
    /// <param name="years">[option] to expiry</param>
    /// <param name="vol">[option] annual, decimal</param>
    /// <param name="rate">[option] continuous, per year</param>
    /// <param name="sign">[option] 1 for a call, -1 for a put</param>
    /// <exception cref="InvalidInputException">column-length</exception>
    public BlackColumns(
        ReadOnlySpan<double> forward,
        ReadOnlySpan<double> strike,
        ReadOnlySpan<double> years,
        ReadOnlySpan<double> vol,
        ReadOnlySpan<double> rate,
        ReadOnlySpan<double> sign)
    {
        var n = forward.Length;
        ColumnLength.Require("strike", strike.Length, n);
        ColumnLength.Require("years", years.Length, n);
        ColumnLength.Require("vol", vol.Length, n);
        ColumnLength.Require("rate", rate.Length, n);
        ColumnLength.Require("sign", sign.Length, n);
        Forward = forward;
        Strike = strike;
        Years = years;
        Vol = vol;
        Rate = rate;
        Sign = sign;
    }

    public ReadOnlySpan<double> Forward { get; }

    public ReadOnlySpan<double> Strike { get; }

    public ReadOnlySpan<double> Years { get; }

    public ReadOnlySpan<double> Vol { get; }

    public ReadOnlySpan<double> Rate { get; }

    public ReadOnlySpan<double> Sign { get; }

    public int Length => Forward.Length;

    public BlackColumns Slice(int start, int length) => new(
        Forward.Slice(start, length),
        Strike.Slice(start, length),
        Years.Slice(start, length),
        Vol.Slice(start, length),
        Rate.Slice(start, length),
        Sign.Slice(start, length));
}

/// <summary>Value and four Greeks of many options as columns of one length: [option]. Units as in <see cref="BlackGreeks"/>.</summary>
public readonly ref struct GreekColumns
{
    /// <exception cref="InvalidInputException">column-length</exception>
    public GreekColumns(Span<double> price, Span<double> delta, Span<double> gamma, Span<double> vega, Span<double> thetaPerYear)
    {
        var n = price.Length;
        ColumnLength.Require("delta", delta.Length, n);
        ColumnLength.Require("gamma", gamma.Length, n);
        ColumnLength.Require("vega", vega.Length, n);
        ColumnLength.Require("thetaPerYear", thetaPerYear.Length, n);
        Price = price;
        Delta = delta;
        Gamma = gamma;
        Vega = vega;
        ThetaPerYear = thetaPerYear;
    }

    public Span<double> Price { get; }

    public Span<double> Delta { get; }

    public Span<double> Gamma { get; }

    public Span<double> Vega { get; }

    public Span<double> ThetaPerYear { get; }

    public int Length => Price.Length;

    public GreekColumns Slice(int start, int length) => new(
        Price.Slice(start, length),
        Delta.Slice(start, length),
        Gamma.Slice(start, length),
        Vega.Slice(start, length),
        ThetaPerYear.Slice(start, length));
}

internal static class ColumnLength
{
    internal static void Require(string column, int actual, int expected)
    {
        if (actual != expected)
        {
            throw new InvalidInputException("column-length", $"column {column} has {actual} entries where {expected} are expected");
        }
    }
}
