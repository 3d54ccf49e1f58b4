namespace Pms.Numerics.Sampling;

/// <summary>Sobol's sequence in Gray-code order with the direction numbers of Joe and Kuo; every coordinate of every point can be made alone.</summary>
/// <remarks>
/// Point 0 is the origin. The first 2^m points of a dimension hold one point in each of 2^m equal intervals, also from any multiple of 2^m on.
/// Antonov and Saleev (1979) for the order, Joe and Kuo (2008) for the numbers; 32 bits, so 2^32 points.
/// </remarks>
public static class SobolSequence
{
    /// <summary>Coordinates a point may have.</summary>
    public const int MaxDimensions = SobolDirections.Dimensions;

    /// <summary>[dimension x bit] direction numbers, the bit contiguous.</summary>
    private static readonly uint[] Directions = BuildDirections();

    /// <summary>One coordinate as a fraction of 2^32.</summary>
    /// <param name="index">of the point</param>
    /// <param name="dimension">0 to <see cref="MaxDimensions"/> - 1</param>
    public static uint Bits(uint index, int dimension)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(dimension);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(dimension, MaxDimensions);
        return Combine(index ^ (index >> 1), Directions.AsSpan(dimension * 32, 32));
    }

    /// <summary>One coordinate in [0, 1).</summary>
    /// <inheritdoc cref="Bits(uint, int)" path="/param"/>
    public static double Value(uint index, int dimension) => Bits(index, dimension) * (1.0 / 4294967296.0);

    /// <summary>The first coordinates of one point.</summary>
    /// <param name="index">of the point</param>
    /// <param name="destination">[dimension] fractions of 2^32; at most <see cref="MaxDimensions"/></param>
    public static void Bits(uint index, Span<uint> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination.Length, MaxDimensions, nameof(destination));
        var gray = index ^ (index >> 1);
        for (var d = 0; d < destination.Length; d++)
        {
            destination[d] = Combine(gray, Directions.AsSpan(d * 32, 32));
        }
    }

    private static uint Combine(uint gray, ReadOnlySpan<uint> directions)
    {
        var x = 0u;
        for (var g = gray; g != 0; g &= g - 1)
        {
            x ^= directions[System.Numerics.BitOperations.TrailingZeroCount(g)];
        }

        return x;
    }

    private static uint[] BuildDirections()
    {
        var directions = new uint[MaxDimensions * 32];
        for (var bit = 0; bit < 32; bit++)
        {
            directions[bit] = 1u << (31 - bit);
        }

        var rows = SobolDirections.Rows;
        var at = 0;
        for (var d = 1; d < MaxDimensions; d++)
        {
            var degree = rows[at];
            uint coefficients = rows[at + 1];
            var v = directions.AsSpan(d * 32, 32);
            for (var bit = 0; bit < 32; bit++)
            {
                if (bit < degree)
                {
                    v[bit] = (uint)rows[at + 2 + bit] << (31 - bit);
                    continue;
                }

                var next = v[bit - degree] ^ (v[bit - degree] >> degree);
                for (var k = 1; k < degree; k++)
                {
                    if (((coefficients >> (degree - 1 - k)) & 1) != 0)
                    {
                        next ^= v[bit - k];
                    }
                }

                v[bit] = next;
            }

            at += 2 + degree;
        }

        return directions;
    }
}
