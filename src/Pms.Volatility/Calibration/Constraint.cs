using System.Runtime.CompilerServices;

namespace Pms.Volatility.Calibration;

internal enum ConstraintKind
{
    /// <summary>g(k) of one smile at least its margin.</summary>
    Butterfly,

    /// <summary>w of the next smile above w of this one at k.</summary>
    Calendar,

    /// <summary>Left slope of the next smile at least that of this one.</summary>
    LeftOrder,

    RightOrder,

    /// <summary>Left slope at least 0.</summary>
    LeftPositive,

    RightPositive,

    /// <summary>Left slope at most the bound.</summary>
    LeftBound,

    RightBound,

    /// <summary>Least total variance at least its floor.</summary>
    VarianceFloor,

    SigmaFloor,
}

/// <summary>A condition of no arbitrage at a place: which smile, and the log-moneyness where the kind needs one.</summary>
internal readonly record struct ConstraintPlace(ConstraintKind Kind, int Slice, double K);

[InlineArray(5)]
internal struct Row5
{
    private double _first;
}

/// <summary>A condition made linear: Value + Mine . d(slice) + Next . d(slice + 1) at least 0.</summary>
internal struct LinearConstraint
{
    public int Slice;
    public bool HasNext;
    public double Value;
    public double Scale;
    public Row5 Mine;
    public Row5 Next;

    /// <summary>H^-1 applied to the rows.</summary>
    public Row5 MineSolved;
    public Row5 NextSolved;
}
