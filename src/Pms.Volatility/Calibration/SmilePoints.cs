using System.Runtime.InteropServices;

namespace Pms.Volatility.Calibration;

/// <summary>
/// What one smile is fitted to, as columns padded to whole vectors. Standard deviation is vol sqrt(years). A point pulls the curve to its
/// target inside the band and pushes it back from outside; a one-sided quote is a band open on one side without a pull.
/// </summary>
internal sealed class SmilePoints
{
    private const int Columns = 8;
    private readonly double[] _values;
    private readonly int _stride;

    public SmilePoints(int capacity)
    {
        _stride = (capacity + 3) & ~3;
        _values = new double[Columns * _stride];
        Array.Fill(_values, 1, _stride, _stride);
        Array.Fill(_values, double.MaxValue, 4 * _stride, _stride);
        Array.Fill(_values, 1, 7 * _stride, _stride);
    }

    public int Count { get; private set; }

    /// <summary>Points that carry a target: two-sided quotes.</summary>
    public int Targets { get; private set; }

    public int PaddedCount => (Count + 3) & ~3;

    /// <summary>[point] log-moneyness.</summary>
    public Span<double> K => _values.AsSpan(0, _stride);

    /// <summary>[point] standard deviation that the point pulls to.</summary>
    public Span<double> Target => _values.AsSpan(_stride, _stride);

    /// <summary>[point] one over the width in which distances are measured (standard deviation).</summary>
    public Span<double> InverseWidth => _values.AsSpan(2 * _stride, _stride);

    /// <summary>[point] lower end of the band.</summary>
    public Span<double> Low => _values.AsSpan(3 * _stride, _stride);

    /// <summary>[point] upper end of the band.</summary>
    public Span<double> High => _values.AsSpan(4 * _stride, _stride);

    /// <summary>[point] weight of the squared distance to the target.</summary>
    public Span<double> Pull => _values.AsSpan(5 * _stride, _stride);

    /// <summary>[point] weight of the squared distance outside the band.</summary>
    public Span<double> Push => _values.AsSpan(6 * _stride, _stride);

    /// <summary>[point] influence bound: beyond this many widths the point pulls and pushes no harder.</summary>
    public Span<double> Cap => _values.AsSpan(7 * _stride, _stride);

    public ref double First => ref MemoryMarshal.GetArrayDataReference(_values);

    public int Stride => _stride;

    public void Add(double k, double target, double inverseWidth, double low, double high, double pull, double push, double cap)
    {
        var i = Count++;
        K[i] = k;
        Target[i] = target;
        InverseWidth[i] = inverseWidth;
        Low[i] = low;
        High[i] = high;
        Pull[i] = pull;
        Push[i] = push;
        Cap[i] = cap;
        Targets += pull > 0 ? 1 : 0;
    }

    /// <summary>Takes a point out of the fit.</summary>
    public void Silence(int index)
    {
        Targets -= Pull[index] > 0 ? 1 : 0;
        Pull[index] = 0;
        Push[index] = 0;
    }
}
