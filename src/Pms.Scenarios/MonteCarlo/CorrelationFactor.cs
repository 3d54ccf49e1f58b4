using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Scenarios.MonteCarlo;

/// <summary>A correlation matrix as independent factors, the one that explains most first: the market factor.</summary>
public sealed class CorrelationFactor
{
    /// <summary>Eigenvalues down to minus this are rounding.</summary>
    private const double Tolerance = 1e-9;

    private readonly double[] _loadings;

    private CorrelationFactor(double[] loadings, int size)
    {
        _loadings = loadings;
        Size = size;
    }

    public int Size { get; }

    /// <summary>[coin x factor] with rows of unit length: a row times independent normals is the coin's normal.</summary>
    public ReadOnlySpan<double> Loadings => _loadings;

    /// <summary>Null where a matrix is a correlation matrix, else why not.</summary>
    /// <param name="matrix">[row x column]</param>
    /// <param name="size">rows</param>
    /// <param name="what">its name, for the message</param>
    public static Refusal? Check(IReadOnlyList<double> matrix, int size, string what)
    {
        ArgumentNullException.ThrowIfNull(matrix);
        if (matrix.Count != size * size)
        {
            return new Refusal("correlation-shape", $"{what} has {matrix.Count} numbers: {size} x {size} are required");
        }

        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var x = matrix[(i * size) + j];
                if (x != matrix[(j * size) + i] || !(Math.Abs(x) <= 1.0) || (i == j && x != 1.0))
                {
                    return new Refusal("correlation-shape", $"{what}: element ({i}, {j}) is {x}, ({j}, {i}) is {matrix[(j * size) + i]}: a symmetric matrix of numbers from -1 to 1 with ones on its diagonal is required");
                }
            }
        }

        var least = new SymmetricEigen([.. matrix], size).Values[^1];
        return least >= -Tolerance
            ? null
            : new Refusal("correlation-indefinite", $"{what} has the eigenvalue {least}: no random numbers have these correlations (CorrelationFactor.Nearest gives some that exist)");
    }

    /// <summary>Factors of a correlation matrix; eigenvalues that are negative by rounding count as 0.</summary>
    /// <param name="matrix">[row x column] as <see cref="Check"/> wants it</param>
    /// <param name="size">rows</param>
    public static CorrelationFactor Of(ReadOnlySpan<double> matrix, int size)
    {
        var eigen = new SymmetricEigen(matrix, size);
        var loadings = new double[size * size];
        for (var i = 0; i < size; i++)
        {
            var length = 0.0;
            for (var k = 0; k < size; k++)
            {
                var x = Math.Sqrt(Math.Max(eigen.Values[k], 0.0)) * eigen.Vector(k)[i];
                loadings[(i * size) + k] = x;
                length += x * x;
            }

            // 1 but for what was cut off
            var scale = 1.0 / Math.Sqrt(length);
            for (var k = 0; k < size; k++)
            {
                loadings[(i * size) + k] *= scale;
            }
        }

        return new CorrelationFactor(loadings, size);
    }

    /// <summary>A correlation matrix near one that is not: negative eigenvalues become 0, then the diagonal 1 again (Rebonato and Jaeckel 1999).</summary>
    public static double[] Nearest(ReadOnlySpan<double> matrix, int size)
    {
        var loadings = Of(matrix, size)._loadings;
        var result = new double[size * size];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var sum = 0.0;
                for (var k = 0; k < size; k++)
                {
                    sum += loadings[(i * size) + k] * loadings[(j * size) + k];
                }

                result[(i * size) + j] = result[(j * size) + i] = i == j ? 1.0 : Math.Clamp(sum, -1.0, 1.0);
            }
        }

        return result;
    }
}
