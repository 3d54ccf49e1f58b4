namespace Pms.Volatility.Calibration;

/// <summary>Cholesky factor of a 5 x 5 matrix given by its upper triangle by rows; fixed order of operations.</summary>
internal static class Cholesky5
{
    private static ReadOnlySpan<byte> RowStart => [0, 5, 9, 12, 14];

    /// <summary>Factors matrix + damping * diagonal into U'U, in place of <paramref name="factor"/>.</summary>
    /// <returns>false when a pivot is not above 0</returns>
    public static bool Factor(ReadOnlySpan<double> matrix, double damping, Span<double> factor)
    {
        matrix[..15].CopyTo(factor);
        for (var i = 0; i < 5; i++)
        {
            var d = RowStart[i];
            factor[d] += (damping * matrix[d]) + 1e-300;
        }

        for (var i = 0; i < 5; i++)
        {
            var row = RowStart[i];
            var pivot = factor[row];
            if (!(pivot > 0))
            {
                return false;
            }

            var root = Math.Sqrt(pivot);
            var inverse = 1 / root;
            factor[row] = root;
            for (var j = i + 1; j < 5; j++)
            {
                factor[row + j - i] *= inverse;
            }

            for (var j = i + 1; j < 5; j++)
            {
                var u = factor[row + j - i];
                var other = RowStart[j];
                for (var l = j; l < 5; l++)
                {
                    factor[other + l - j] -= u * factor[row + l - i];
                }
            }
        }

        return true;
    }

    /// <summary>Solves U'U x = right, in place.</summary>
    public static void Solve(ReadOnlySpan<double> u, Span<double> x)
    {
        x[0] /= u[0];
        x[1] = (x[1] - (u[1] * x[0])) / u[5];
        x[2] = (x[2] - (u[2] * x[0]) - (u[6] * x[1])) / u[9];
        x[3] = (x[3] - (u[3] * x[0]) - (u[7] * x[1]) - (u[10] * x[2])) / u[12];
        x[4] = (x[4] - (u[4] * x[0]) - (u[8] * x[1]) - (u[11] * x[2]) - (u[13] * x[3])) / u[14];
        x[4] /= u[14];
        x[3] = (x[3] - (u[13] * x[4])) / u[12];
        x[2] = (x[2] - (u[10] * x[3]) - (u[11] * x[4])) / u[9];
        x[1] = (x[1] - (u[6] * x[2]) - (u[7] * x[3]) - (u[8] * x[4])) / u[5];
        x[0] = (x[0] - (u[1] * x[1]) - (u[2] * x[2]) - (u[3] * x[3]) - (u[4] * x[4])) / u[0];
    }
}
