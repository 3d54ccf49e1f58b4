using Pms.Primitives;

namespace Pms.Numerics;

/// <summary>Eigenvalues and eigenvectors of a small symmetric matrix, by Jacobi's cyclic rotations.</summary>
/// <remarks>Only + - * / and sqrt in a fixed order, so equal bits everywhere. Largest eigenvalue first; each vector's largest component is positive.</remarks>
public sealed class SymmetricEigen
{
    private const int MaxSweeps = 100;

    private readonly double[] _values;
    private readonly double[] _vectors;

    /// <param name="matrix">[row x column] symmetric, finite; only its lower triangle is read</param>
    /// <param name="size">rows</param>
    /// <exception cref="InvalidInputException"><c>matrix-shape</c></exception>
    public SymmetricEigen(ReadOnlySpan<double> matrix, int size)
    {
        if (size < 1 || matrix.Length != size * size)
        {
            throw new InvalidInputException("matrix-shape", $"{matrix.Length} numbers are not a square matrix of {size} rows");
        }

        Size = size;
        var a = new double[size * size];
        for (var i = 0; i < size; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                var x = matrix[(i * size) + j];
                if (!double.IsFinite(x))
                {
                    throw new InvalidInputException("matrix-shape", $"element ({i}, {j}) is {x}: a finite number is required");
                }

                a[(i * size) + j] = a[(j * size) + i] = x;
            }
        }

        var v = new double[size * size];
        for (var i = 0; i < size; i++)
        {
            v[(i * size) + i] = 1.0;
        }

        for (var sweep = 0; sweep < MaxSweeps && Rotate(a, v, size); sweep++)
        {
        }

        var order = new int[size];
        for (var i = 0; i < size; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (x, y) => a[(y * size) + y] != a[(x * size) + x] ? a[(y * size) + y].CompareTo(a[(x * size) + x]) : x.CompareTo(y));
        _values = new double[size];
        _vectors = new double[size * size];
        for (var k = 0; k < size; k++)
        {
            var column = order[k];
            _values[k] = a[(column * size) + column];
            var largest = 0;
            for (var i = 1; i < size; i++)
            {
                // near-equal components: the first counts as the largest
                if (Math.Abs(v[(i * size) + column]) > Math.Abs(v[(largest * size) + column]) * (1.0 + 1e-9))
                {
                    largest = i;
                }
            }

            var sign = v[(largest * size) + column] < 0.0 ? -1.0 : 1.0;
            for (var i = 0; i < size; i++)
            {
                _vectors[(k * size) + i] = sign * v[(i * size) + column];
            }
        }
    }

    public int Size { get; }

    /// <summary>Largest first.</summary>
    public ReadOnlySpan<double> Values => _values;

    /// <summary>Unit vector of eigenvalue k.</summary>
    public ReadOnlySpan<double> Vector(int k) => _vectors.AsSpan(k * Size, Size);

    /// <summary>One sweep over all pairs; false where everything off the diagonal is gone.</summary>
    private static bool Rotate(double[] a, double[] v, int n)
    {
        var rotated = false;
        for (var p = 0; p < n - 1; p++)
        {
            for (var q = p + 1; q < n; q++)
            {
                var off = a[(p * n) + q];
                var app = a[(p * n) + p];
                var aqq = a[(q * n) + q];
                if (Math.Abs(off) <= 1e-17 * (Math.Abs(app) + Math.Abs(aqq)) || off == 0.0)
                {
                    continue;
                }

                rotated = true;
                var tau = (aqq - app) / (2.0 * off);
                var t = Math.CopySign(1.0, tau) / (Math.Abs(tau) + Math.Sqrt(1.0 + (tau * tau)));
                var c = 1.0 / Math.Sqrt(1.0 + (t * t));
                var s = t * c;
                for (var k = 0; k < n; k++)
                {
                    var akp = a[(k * n) + p];
                    var akq = a[(k * n) + q];
                    a[(k * n) + p] = (c * akp) - (s * akq);
                    a[(k * n) + q] = (s * akp) + (c * akq);
                }

                for (var k = 0; k < n; k++)
                {
                    var apk = a[(p * n) + k];
                    var aqk = a[(q * n) + k];
                    a[(p * n) + k] = (c * apk) - (s * aqk);
                    a[(q * n) + k] = (s * apk) + (c * aqk);
                }

                a[(p * n) + q] = a[(q * n) + p] = 0.0;
                for (var k = 0; k < n; k++)
                {
                    var vkp = v[(k * n) + p];
                    var vkq = v[(k * n) + q];
                    v[(k * n) + p] = (c * vkp) - (s * vkq);
                    v[(k * n) + q] = (s * vkp) + (c * vkq);
                }
            }
        }

        return rotated;
    }
}
