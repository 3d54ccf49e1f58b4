namespace Pms.Numerics;

/// <summary>A complex number whose functions have the same bits on every machine (the platform's call its libm).</summary>
public readonly record struct ComplexNumber(double Re, double Im)
{
    public static ComplexNumber Zero { get; } = new(0.0, 0.0);

    public static ComplexNumber One { get; } = new(1.0, 0.0);

    public static ComplexNumber FromReal(double re) => new(re, 0.0);

    public static implicit operator ComplexNumber(double re) => new(re, 0.0);

    public static ComplexNumber operator +(ComplexNumber a, ComplexNumber b) => new(a.Re + b.Re, a.Im + b.Im);

    public static ComplexNumber operator -(ComplexNumber a, ComplexNumber b) => new(a.Re - b.Re, a.Im - b.Im);

    public static ComplexNumber operator -(ComplexNumber a) => new(-a.Re, -a.Im);

    public static ComplexNumber operator *(ComplexNumber a, ComplexNumber b) => new(
        Math.FusedMultiplyAdd(a.Re, b.Re, -(a.Im * b.Im)), Math.FusedMultiplyAdd(a.Re, b.Im, a.Im * b.Re));

    public static ComplexNumber operator *(double a, ComplexNumber b) => new(a * b.Re, a * b.Im);

    /// <remarks>Smith (1962): no overflow of the squares.</remarks>
    public static ComplexNumber operator /(ComplexNumber a, ComplexNumber b)
    {
        if (Math.Abs(b.Re) >= Math.Abs(b.Im))
        {
            var r = b.Im / b.Re;
            var d = Math.FusedMultiplyAdd(b.Im, r, b.Re);
            return new(Math.FusedMultiplyAdd(a.Im, r, a.Re) / d, Math.FusedMultiplyAdd(-a.Re, r, a.Im) / d);
        }
        else
        {
            var r = b.Re / b.Im;
            var d = Math.FusedMultiplyAdd(b.Re, r, b.Im);
            return new(Math.FusedMultiplyAdd(a.Re, r, a.Im) / d, Math.FusedMultiplyAdd(a.Im, r, -a.Re) / d);
        }
    }

    public static ComplexNumber Add(ComplexNumber left, ComplexNumber right) => left + right;

    public static ComplexNumber Subtract(ComplexNumber left, ComplexNumber right) => left - right;

    public static ComplexNumber Negate(ComplexNumber item) => -item;

    public static ComplexNumber Multiply(ComplexNumber left, ComplexNumber right) => left * right;

    public static ComplexNumber Divide(ComplexNumber left, ComplexNumber right) => left / right;

    /// <summary>Distance from 0.</summary>
    public double Magnitude
    {
        get
        {
            var (a, b) = (Math.Abs(Re), Math.Abs(Im));
            var (large, small) = a > b ? (a, b) : (b, a);
            if (large == 0.0 || !double.IsFinite(large))
            {
                return large;
            }

            var t = small / large;
            return large * Math.Sqrt(Math.FusedMultiplyAdd(t, t, 1.0));
        }
    }

    /// <summary>e to this power; NaN where the imaginary part is beyond 2^30.</summary>
    public ComplexNumber Exp()
    {
        var scale = ElementaryMath.Exp(Re);
        var (sin, cos) = ElementaryMath.SinCos(Im);
        return new(scale * cos, scale * sin);
    }

    /// <summary>The root with real part at least 0.</summary>
    public ComplexNumber Sqrt()
    {
        var magnitude = Magnitude;
        if (magnitude == 0.0)
        {
            return Zero;
        }

        var t = Math.Sqrt(0.5 * (magnitude + Math.Abs(Re)));
        return Re >= 0.0
            ? new(t, Im / (2.0 * t))
            : new(Math.Abs(Im) / (2.0 * t), Math.CopySign(t, Im));
    }

    /// <summary>ln(1 + this) on the principal branch, accurate also where this is small.</summary>
    public ComplexNumber Log1p()
    {
        // |1 + z|^2 = 1 + x (2 + x) + y^2
        var square = Math.FusedMultiplyAdd(Re, 2.0 + Re, Im * Im);
        var log = square is > -0.5 and < 0.5 ? 0.5 * ElementaryMath.Log1p(square) : ElementaryMath.Log((this + One).Magnitude);
        return new(log, ElementaryMath.Atan2(Im, 1.0 + Re));
    }
}
