using Pms.Primitives;

namespace Pms.Margin.Measures;

/// <summary>A confidence level a in (0, 1), held in parts per billion: 0.99 is not a binary fraction, and n times it must be exact.</summary>
public readonly record struct TailLevel
{
    /// <summary>All probability.</summary>
    public const int Whole = 1_000_000_000;

    private readonly int _partsPerBillion;

    /// <param name="partsPerBillion">1 to 999,999,999</param>
    /// <exception cref="InvalidInputException"><c>tail-level</c></exception>
    public TailLevel(int partsPerBillion)
    {
        _partsPerBillion = partsPerBillion is > 0 and < Whole
            ? partsPerBillion
            : throw new InvalidInputException("tail-level", $"a level of {partsPerBillion} parts per billion: 1 to {Whole - 1} is required");
    }

    public static TailLevel P99 { get; } = new(990_000_000);

    public static TailLevel P975 { get; } = new(975_000_000);

    public int PartsPerBillion => _partsPerBillion > 0 ? _partsPerBillion : throw new InvalidInputException("tail-level", "a level without a value was used");

    /// <summary>1 - a, parts per billion.</summary>
    public int TailPartsPerBillion => Whole - PartsPerBillion;

    /// <summary>a as a number.</summary>
    public double Alpha => PartsPerBillion / (double)Whole;

    /// <summary>The nearest whole number of parts per billion.</summary>
    /// <param name="alpha">in (0, 1), at most nine decimals</param>
    /// <exception cref="InvalidInputException"><c>tail-level</c>: outside (0, 1), or finer than a part per billion</exception>
    public static TailLevel Of(double alpha)
    {
        var parts = Math.Round(alpha * Whole);
        return alpha is > 0 and < 1 && parts is > 0 and < Whole && Math.Abs((alpha * Whole) - parts) < 1e-5
            ? new TailLevel((int)parts)
            : throw new InvalidInputException("tail-level", $"level {alpha}: a number between 0 and 1 with at most nine decimals is required");
    }

    public override string ToString() => $"{Alpha}";
}
