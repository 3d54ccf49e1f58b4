using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Margin.Arrays;

/// <summary>Elementwise arithmetic on columns of moves, [scenario]; the same bits at every vector width.</summary>
internal static class MoveColumns
{
    /// <summary>Prices may move by a factor of up to e^100 either way.</summary>
    internal const double MostLogReturn = 100.0;

    private const double MostFactor = 1e12;

    /// <summary>exp of every entry.</summary>
    internal static double[] Exp(ReadOnlySpan<double> exponents)
    {
        var result = new double[exponents.Length];
        if (Vector512.IsHardwareAccelerated)
        {
            Exp<Lanes8>(exponents, result);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            Exp<Lanes4>(exponents, result);
        }
        else
        {
            Exp<Lanes1>(exponents, result);
        }

        return result;
    }

    /// <exception cref="InvalidInputException"><c>scenario-range</c>: not finite, or a price moved by more than e^100</exception>
    internal static void RequireReturns(ReadOnlySpan<double> returns, string what)
    {
        if (AreInside(returns, -MostLogReturn, MostLogReturn))
        {
            return;
        }

        for (var i = 0; i < returns.Length; i++)
        {
            if (!(Math.Abs(returns[i]) <= MostLogReturn))
            {
                throw new InvalidInputException("scenario-range", $"scenario {i} moves the logarithm of {what} by {returns[i]}: at most {MostLogReturn} is possible");
            }
        }
    }

    /// <summary>Factors may go up to a trillion.</summary>
    /// <exception cref="InvalidInputException"><c>scenario-range</c>: not a number, below 0, or larger</exception>
    internal static void RequireFactors(ReadOnlySpan<double> factors, string what)
    {
        if (AreInside(factors, 0.0, MostFactor))
        {
            return;
        }

        for (var i = 0; i < factors.Length; i++)
        {
            if (!(factors[i] >= 0.0 && factors[i] <= MostFactor))
            {
                throw new InvalidInputException("scenario-range", $"scenario {i} multiplies {what} by {factors[i]}: 0 to {MostFactor} is possible");
            }
        }
    }

    /// <summary>Whether all lie in the range; false where one is not a number.</summary>
    private static bool AreInside(ReadOnlySpan<double> column, double low, double high)
    {
        var i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            var outside = Vector256<double>.Zero;
            for (; i + 4 <= column.Length; i += 4)
            {
                var x = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(column), (nuint)i);
                outside |= ~(Vector256.GreaterThanOrEqual(x, Vector256.Create(low)) & Vector256.LessThanOrEqual(x, Vector256.Create(high)));
            }

            if (outside.ExtractMostSignificantBits() != 0)
            {
                return false;
            }
        }

        for (; i < column.Length; i++)
        {
            if (!(column[i] >= low && column[i] <= high))
            {
                return false;
            }
        }

        return true;
    }

    internal static bool IsAll(ReadOnlySpan<double> column, double value) => column.IndexOfAnyExcept(value) < 0;

    private static void Exp<T>(ReadOnlySpan<double> exponents, Span<double> result)
        where T : struct, ILanes<T>
    {
        ref var from = ref MemoryMarshal.GetReference(exponents);
        ref var to = ref MemoryMarshal.GetReference(result);
        var i = 0;
        for (; i + T.Count <= exponents.Length; i += T.Count)
        {
            T.Store(ElementaryMath.Exp(T.Load(in from, (nuint)i)), ref to, (nuint)i);
        }

        for (; i < exponents.Length; i++)
        {
            result[i] = ElementaryMath.Exp(exponents[i]);
        }
    }
}
