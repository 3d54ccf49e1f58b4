namespace Pms.Volatility.Calibration;

/// <summary>What is believed of a smile before its quotes: a centre and a stiffness per coordinate.</summary>
internal readonly record struct ShapePrior(SviPoint Centre, double WeightA, double WeightB, double WeightC, double WeightM, double WeightS)
{
    public static ShapePrior None => default;

    public double Add(in SviPoint p, Span<double> gradient, Span<double> matrix)
    {
        var cost = Cost(p);
        gradient[0] += WeightA * (p.A - Centre.A);
        gradient[1] += WeightB * (p.B - Centre.B);
        gradient[2] += WeightC * (p.C - Centre.C);
        gradient[3] += WeightM * (p.M - Centre.M);
        gradient[4] += WeightS * (p.S - Centre.S);
        matrix[0] += WeightA;
        matrix[5] += WeightB;
        matrix[9] += WeightC;
        matrix[12] += WeightM;
        matrix[14] += WeightS;
        return cost;
    }

    public double Cost(in SviPoint p)
    {
        var a = p.A - Centre.A;
        var b = p.B - Centre.B;
        var c = p.C - Centre.C;
        var m = p.M - Centre.M;
        var s = p.S - Centre.S;
        return 0.5 * ((WeightA * a * a) + (WeightB * b * b) + (WeightC * c * c) + (WeightM * m * m) + (WeightS * s * s));
    }
}

/// <summary>One smile to be fitted: its points, prior and bounds, and the best curve so far.</summary>
internal sealed class SmileProblem(SmilePoints points, ShapePrior prior, SviBox box)
{
    public SmilePoints Points { get; } = points;

    public ShapePrior Prior { get; } = prior;

    public SviBox Box { get; } = box;

    public SviPoint Best { get; set; }

    public double Normal(in SviPoint p, Span<double> gradient, Span<double> matrix)
    {
        return SmileKernel.Normal(p, Points, gradient, matrix) + Prior.Add(p, gradient, matrix);
    }

    public double Cost(in SviPoint p) => SmileKernel.Cost(p, Points) + Prior.Cost(p);

    /// <summary>Start: the best of a few vertices (M, S), each with its linear least-squares (A, B, C).</summary>
    /// <param name="spread">ATM standard deviation</param>
    /// <remarks>Zeliade (2009), "Quasi-explicit calibration of Gatheral's SVI model": with (M, S) fixed the smile is linear.</remarks>
    public void StartFromVertices(double spread)
    {
        ReadOnlySpan<double> vertices = [-0.5, 0, 0.5];
        ReadOnlySpan<double> widths = [0.3, 0.9, 2];
        var least = double.PositiveInfinity;

        // A start needs no more than about 30 points; their weights are the same for every vertex.
        var stride = 1 + (Points.Count / 40);
        var count = (Points.Count + stride - 1) / stride;
        Span<double> scratch = count <= 128 ? stackalloc double[3 * count] : new double[3 * count];
        var k = scratch[..count];
        var weights = scratch.Slice(count, count);
        var w = scratch[(2 * count)..];
        for (var i = 0; i < count; i++)
        {
            var j = i * stride;
            var target = Points.Target[j];
            var toVol = Points.InverseWidth[j] / target;
            k[i] = Points.K[j];
            w[i] = target * target;
            weights[i] = Points.Pull[j] * toVol * toVol;
        }

        foreach (var m in vertices)
        {
            foreach (var s in widths)
            {
                var candidate = Linear(k, weights, w, m * spread, s * spread).Inside(Box, s * spread);
                Consider(candidate, ref least);
            }
        }
    }

    /// <summary>Takes a candidate as the start when it is cheaper than the present one.</summary>
    public void StartFrom(in SviPoint candidate)
    {
        var least = Cost(Best);
        Consider(candidate.Inside(Box, candidate.S), ref least);
    }

    /// <summary>Levenberg-Marquardt from the present best; keeps the smile inside its box, knows nothing of arbitrage.</summary>
    /// <returns>iterations</returns>
    public int Descend(int maxIterations, double tolerance)
    {
        Span<double> gradient = stackalloc double[5];
        Span<double> matrix = stackalloc double[SmileKernel.MatrixSize];
        Span<double> trialGradient = stackalloc double[5];
        Span<double> trialMatrix = stackalloc double[SmileKernel.MatrixSize];
        Span<double> factor = stackalloc double[SmileKernel.MatrixSize];
        Span<double> step = stackalloc double[5];
        var here = Best;
        var cost = Normal(here, gradient, matrix);
        var damping = 1e-3;
        for (var iteration = 1; iteration <= maxIterations; iteration++)
        {
            if (!Cholesky5.Factor(matrix, damping, factor))
            {
                damping = Math.Max(damping * 10, 1e-8);
                if (damping > 1e8)
                {
                    Best = here;
                    return iteration;
                }

                continue;
            }

            for (var i = 0; i < 5; i++)
            {
                step[i] = -gradient[i];
            }

            Cholesky5.Solve(factor, step);
            var next = here.Step(step, Box);

            // Most steps are taken, so the trial brings its own gradient and matrix.
            var nextCost = Normal(next, trialGradient, trialMatrix);
            if (nextCost < cost)
            {
                var gain = cost - nextCost;
                here = next;
                damping *= 0.1;
                cost = nextCost;
                trialGradient.CopyTo(gradient);
                trialMatrix.CopyTo(matrix);
                if (gain <= tolerance * nextCost)
                {
                    Best = here;
                    return iteration;
                }
            }
            else
            {
                damping *= 8;
                if (damping > 1e6)
                {
                    break;
                }
            }
        }

        Best = here;
        return maxIterations;
    }

    private void Consider(in SviPoint candidate, ref double least)
    {
        var cost = Cost(candidate);
        if (cost < least)
        {
            least = cost;
            Best = candidate;
        }
    }

    /// <summary>Weighted linear least squares for (A, B, C) in total variance at a fixed vertex.</summary>
    private static SviPoint Linear(ReadOnlySpan<double> k, ReadOnlySpan<double> weights, ReadOnlySpan<double> totalVariance, double m, double s)
    {
        double n00 = 0, n01 = 0, n02 = 0, n11 = 0, n12 = 0, n22 = 0, t0 = 0, t1 = 0, t2 = 0;
        for (var i = 0; i < k.Length; i++)
        {
            var weight = weights[i];
            var y = k[i] - m;
            var r = Math.Sqrt((y * y) + (s * s));
            var wr = weight * r;
            var wy = weight * y;
            var w = totalVariance[i];
            n00 += weight;
            n01 += wr;
            n02 += wy;
            n11 += wr * r;
            n12 += wr * y;
            n22 += wy * y;
            t0 += weight * w;
            t1 += wr * w;
            t2 += wy * w;
        }

        // A whisper of ridge: three unknowns from one or two strikes.
        n11 += 1e-9 * n00 * s * s;
        n22 += 1e-9 * n00 * s * s;
        n00 *= 1 + 1e-12;
        var l10 = n01 / n00;
        var l20 = n02 / n00;
        var d1 = n11 - (l10 * n01);
        var l21 = (n12 - (l20 * n01)) / d1;
        var d2 = n22 - (l20 * n02) - (l21 * l21 * d1);
        var u1 = t1 - (l10 * t0);
        var u2 = t2 - (l20 * t0) - (l21 * u1);
        var c = u2 / d2;
        var b = (u1 / d1) - (l21 * c);
        var a = (t0 / n00) - (l10 * b) - (l20 * c);
        return double.IsFinite(a + b + c) ? new SviPoint(a, b, c, m, s) : new SviPoint(t0 / n00, 0, 0, m, s);
    }
}
