using System.Collections.Immutable;
using Pms.Numerics;
using Pms.Numerics.Distributions;
using Pms.Pricing.JumpModels;

namespace Pms.Scenarios.MonteCarlo;

/// <summary>From one point of the unit cube to one joint move of all factors.</summary>
internal sealed class ScenarioPath
{
    /// <summary>Variance ratios below this are cut: an ATM vol does not fall to less than a tenth over a margin horizon.</summary>
    private const double LeastVarianceRatio = 0.01;

    private const int MaxEvents = 512;

    // The dimensions that matter most come first: Sobol's early dimensions are the most even.
    private const int MarketDimension = 0;
    private const int EventCountDimension = 1;
    private const int ClockDimension = 2;
    private const int CrashSizeDimension = 3;
    private const int MarketVarianceDimension = 4;
    private const int CrashVarianceDimension = 5;
    private const int EventTimeDimension = 6;
    private const int OwnWhichDimension = 7;
    private const int OwnSizeDimension = 8;
    private const int OwnVarianceDimension = 9;
    private const int FirstFreeDimension = 10;

    private readonly CoinPart[] _coins;
    private readonly PegPart[] _pegs;
    private readonly double[] _ownCumulative;
    private readonly double[] _priceLoadings;
    private readonly double[] _varianceLoadings;
    private readonly double[] _stepRotation;
    private readonly double _degrees;
    private readonly double _crashVarianceMean;
    private readonly double _crashLogPerVariance;
    private readonly double _crashLogMean;
    private readonly double _crashLogSd;
    private readonly double _crashCommon;
    private readonly double _crashOwn;
    private readonly int _steps;
    private readonly double _horizon;
    private readonly int _priceDimension;
    private readonly int _varianceDimension;
    private readonly int _crashOwnDimension;
    private readonly int _noiseDimension;
    private readonly int _pegDimension;

    public ScenarioPath(MonteCarloParameters parameters, RiskFactors factors, double horizonYears)
    {
        var n = factors.Coins.Length;
        _horizon = horizonYears;
        _steps = parameters.Steps;
        _degrees = parameters.DegreesOfFreedom;
        var crash = parameters.Crash;
        ExpectedCrashes = crash.IntensityPerYear * horizonYears;
        _crashVarianceMean = crash.VarianceMean;
        _crashLogPerVariance = crash.LogPerVariance;
        _crashLogMean = crash.LogMean;
        _crashLogSd = crash.LogSd;
        _crashCommon = Math.Sqrt(parameters.CrashSizeCorrelation);
        _crashOwn = Math.Sqrt(1.0 - parameters.CrashSizeCorrelation);

        var rootDays = Math.Sqrt(horizonYears * 365.0);
        var indices = new int[n];
        _coins = new CoinPart[n];
        for (var i = 0; i < n; i++)
        {
            var dynamics = parameters.Coin(factors.Coins[i]);
            indices[i] = parameters.Coins.IndexOf(dynamics);
            _coins[i] = CoinPart.Of(dynamics, crash, horizonYears, parameters.Steps, rootDays);
        }

        _pegs = new PegPart[factors.Pegs.Length];
        var breaks = new double[_pegs.Length];
        for (var i = 0; i < _pegs.Length; i++)
        {
            var peg = factors.Pegs[i];
            var dynamics = parameters.Pegs.FirstOrDefault(p => p.Asset == peg.Asset) ?? MonteCarloParameters.DefaultPeg(peg);
            _pegs[i] = new PegPart(dynamics.NoisePerSqrtDay * rootDays, dynamics.BreakMean, dynamics.BreakChanceInCrash);
            breaks[i] = dynamics.BreaksPerYear;
        }

        _ownCumulative = new double[n + _pegs.Length];
        var total = 0.0;
        for (var i = 0; i < _ownCumulative.Length; i++)
        {
            total += i < n ? _coins[i].OwnJump.IntensityPerYear : breaks[i - n];
            _ownCumulative[i] = total;
        }

        ExpectedOwnEvents = total * horizonYears;
        _priceLoadings = Loadings(parameters.ResidualCorrelation(), parameters.Coins.Length, indices);
        _varianceLoadings = Loadings([.. parameters.VarianceCorrelation], parameters.Coins.Length, indices);
        _stepRotation = Helmert(_steps);

        _priceDimension = FirstFreeDimension;
        _varianceDimension = _priceDimension + Math.Max(n - 1, 0);
        _crashOwnDimension = _varianceDimension + Math.Max((n * _steps) - 1, 0);
        _noiseDimension = _crashOwnDimension + n;
        _pegDimension = _noiseDimension + (3 * n);
        Dimensions = _pegDimension + _pegs.Length;
    }

    /// <summary>Uniform numbers that a scenario takes before its rarer needs.</summary>
    public int Dimensions { get; }

    public double ExpectedCrashes { get; }

    public double ExpectedOwnEvents { get; }

    public double ExpectedJumps => ExpectedCrashes + ExpectedOwnEvents;

    public Memory NewMemory() => new(_coins.Length, _pegs.Length, Dimensions, _steps);

    /// <summary>Draws one scenario into row <paramref name="row"/> of the columns.</summary>
    public void Draw(ScenarioEvents events, UniformSource source, uint point, Memory memory, ScenarioColumns columns, int row)
    {
        var u = memory.Uniforms;
        source.Fill(point, u, memory.Bits);
        var extra = new ExtraNumbers(source.Extra(point), source.FirstExtra);
        var clock = double.IsFinite(_degrees) ? (_degrees - 2.0) / ChiSquareDistribution.InverseCdf(u[ClockDimension], _degrees) : 1.0;
        var eventCount = DrawEvents(events, u, ref extra, memory);

        VarianceNormals(u, memory);
        for (var i = 0; i < _coins.Length; i++)
        {
            memory.Variance[i] = _coins[i].Dynamics.Initial;
            memory.Integral[i] = 0.0;
            memory.LogReturn[i] = _coins[i].Drift;
        }

        Array.Clear(memory.PegMove);
        Diffuse(clock, eventCount, u, ref extra, memory);
        PriceNormals(u, memory);
        for (var i = 0; i < _coins.Length; i++)
        {
            Write(i, u, memory, columns, row);
        }

        for (var i = 0; i < _pegs.Length; i++)
        {
            columns.PegLogChange(i)[row] = memory.PegMove[i] + (_pegs[i].Noise * NormalDistribution.InverseCdf(u[_pegDimension + i]));
        }
    }

    private static double[] Loadings(ReadOnlySpan<double> correlation, int size, int[] indices)
    {
        var n = indices.Length;
        var part = new double[n * n];
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < n; j++)
            {
                part[(i * n) + j] = correlation[(indices[i] * size) + indices[j]];
            }
        }

        return n == 0 ? [] : [.. CorrelationFactor.Of(part, n).Loadings];
    }

    /// <summary>[step x factor] orthogonal, the first factor the same in every step: it carries the move over the whole horizon (Helmert's matrix).</summary>
    private static double[] Helmert(int steps)
    {
        var result = new double[steps * steps];
        for (var s = 0; s < steps; s++)
        {
            result[s * steps] = 1.0 / Math.Sqrt(steps);
            for (var j = 1; j < steps; j++)
            {
                var length = Math.Sqrt(j * (j + 1.0));
                result[(s * steps) + j] = s < j ? 1.0 / length : s == j ? -j / length : 0.0;
            }
        }

        return result;
    }

    /// <summary>How many events there are, when, and of which kind: -1 a crash, else a coin or, after the coins, a peg; sorted by time.</summary>
    private int DrawEvents(ScenarioEvents events, ReadOnlySpan<double> u, ref ExtraNumbers extra, Memory memory)
    {
        var (crashes, own) = events switch
        {
            ScenarioEvents.Crash => (Poisson(u[EventCountDimension], ExpectedCrashes, 1), Poisson(extra.Uniform(), ExpectedOwnEvents, 0)),
            ScenarioEvents.OwnOnly => (0, Poisson(u[EventCountDimension], ExpectedOwnEvents, 1)),
            ScenarioEvents.AsTheyCome => (Poisson(u[EventCountDimension], ExpectedCrashes, 0), Poisson(extra.Uniform(), ExpectedOwnEvents, 0)),
            _ => (0, 0),
        };
        var count = crashes + own;
        for (var e = 0; e < count; e++)
        {
            var time = e == 0 ? u[EventTimeDimension] : extra.Uniform();
            var kind = e < crashes ? -1 : OwnKind(e == crashes ? u[OwnWhichDimension] : extra.Uniform());
            var at = e;
            while (at > 0 && memory.EventTime[at - 1] > time)
            {
                memory.EventTime[at] = memory.EventTime[at - 1];
                memory.EventKind[at] = memory.EventKind[at - 1];
                at--;
            }

            memory.EventTime[at] = time;
            memory.EventKind[at] = kind;
        }

        return count;
    }

    private int OwnKind(double u)
    {
        var at = u * _ownCumulative[^1];
        var kind = 0;
        while (kind < _ownCumulative.Length - 1 && !(at < _ownCumulative[kind]))
        {
            kind++;
        }

        return kind;
    }

    /// <summary>Inverse of the Poisson distribution given at least <paramref name="least"/> (0 or 1) events.</summary>
    private static int Poisson(double u, double mean, int least)
    {
        if (!(mean > 0.0))
        {
            return least;
        }

        var probability = ElementaryMath.Exp(-mean);
        var total = 1.0;
        if (least == 1)
        {
            total = -ElementaryMath.Expm1(-mean);
            probability *= mean;
        }

        var k = least;
        var sum = probability;
        while (sum < u * total && k < MaxEvents / 2)
        {
            k++;
            probability *= mean / k;
            sum += probability;
        }

        return k;
    }

    private void VarianceNormals(ReadOnlySpan<double> u, Memory memory)
    {
        var n = _coins.Length;
        // independent normals [factor over time x factor over coins], the market's move over the whole horizon in the early dimension
        for (var f = 0; f < n * _steps; f++)
        {
            memory.Factors[f] = NormalDistribution.InverseCdf(f == 0 ? u[MarketVarianceDimension] : u[_varianceDimension + f - 1]);
        }

        for (var s = 0; s < _steps; s++)
        {
            for (var i = 0; i < n; i++)
            {
                var sum = 0.0;
                for (var j = 0; j < _steps; j++)
                {
                    var rotation = _stepRotation[(s * _steps) + j];
                    for (var k = 0; k < n; k++)
                    {
                        sum += rotation * _varianceLoadings[(i * n) + k] * memory.Factors[(j * n) + k];
                    }
                }

                memory.VarianceNormals[(s * n) + i] = sum;
            }
        }
    }

    private void PriceNormals(ReadOnlySpan<double> u, Memory memory)
    {
        var n = _coins.Length;
        for (var k = 0; k < n; k++)
        {
            memory.Factors[k] = NormalDistribution.InverseCdf(k == 0 ? u[MarketDimension] : u[_priceDimension + k - 1]);
        }

        for (var i = 0; i < n; i++)
        {
            var normal = 0.0;
            for (var k = 0; k < n; k++)
            {
                normal += _priceLoadings[(i * n) + k] * memory.Factors[k];
            }

            // given the variance path the rest of the log return is normal
            var rest = _coins[i].Unexplained * Math.Max(memory.Integral[i], 0.0);
            memory.LogReturn[i] += (Math.Sqrt(rest) * normal) - (0.5 * rest);
        }
    }

    /// <summary>Runs variances through the steps and events. The t clock stretches the steps; events sit at their fraction of the horizon.</summary>
    private void Diffuse(double clock, int eventCount, ReadOnlySpan<double> u, ref ExtraNumbers extra, Memory memory)
    {
        var n = _coins.Length;
        var next = 0;
        var (firstCrash, firstOwn) = (true, true);
        for (var s = 0; s < _steps; s++)
        {
            var end = (s + 1.0) / _steps;
            var at = (double)s / _steps;
            var whole = true;
            while (next < eventCount && memory.EventTime[next] < end)
            {
                Step(memory.EventTime[next] - at, whole ? memory.VarianceNormals.AsSpan(s * n, n) : FreshNormals(ref extra, memory), clock, memory);
                whole = false;
                at = memory.EventTime[next];
                var kind = memory.EventKind[next];
                if (kind < 0)
                {
                    Crash(firstCrash, u, ref extra, memory);
                    firstCrash = false;
                }
                else
                {
                    OwnEvent(kind, firstOwn, u, ref extra, memory);
                    firstOwn = false;
                }

                next++;
            }

            if (whole && clock == 1.0)
            {
                for (var i = 0; i < n; i++)
                {
                    _coins[i].WholeStep.Advance(memory.VarianceNormals[(s * n) + i], ref memory.Variance[i], ref memory.Integral[i], ref memory.LogReturn[i]);
                }
            }
            else
            {
                Step(end - at, whole ? memory.VarianceNormals.AsSpan(s * n, n) : FreshNormals(ref extra, memory), clock, memory);
            }
        }
    }

    private Span<double> FreshNormals(ref ExtraNumbers extra, Memory memory)
    {
        var n = _coins.Length;
        for (var k = 0; k < n; k++)
        {
            memory.Factors[k] = NormalDistribution.InverseCdf(extra.Uniform());
        }

        for (var i = 0; i < n; i++)
        {
            var sum = 0.0;
            for (var k = 0; k < n; k++)
            {
                sum += _varianceLoadings[(i * n) + k] * memory.Factors[k];
            }

            memory.Fresh[i] = sum;
        }

        return memory.Fresh;
    }

    private void Step(double fraction, ReadOnlySpan<double> normals, double clock, Memory memory)
    {
        var years = fraction * clock * _horizon;
        for (var i = 0; i < _coins.Length; i++)
        {
            new VarianceStep(_coins[i].Dynamics, years).Advance(normals[i], ref memory.Variance[i], ref memory.Integral[i], ref memory.LogReturn[i]);
        }
    }

    private void Crash(bool first, ReadOnlySpan<double> u, ref ExtraNumbers extra, Memory memory)
    {
        var common = NormalDistribution.InverseCdf(first ? u[CrashSizeDimension] : extra.Uniform());
        var exponential = -ElementaryMath.Log(first ? u[CrashVarianceDimension] : extra.Uniform());
        for (var i = 0; i < _coins.Length; i++)
        {
            var own = NormalDistribution.InverseCdf(first ? u[_crashOwnDimension + i] : extra.Uniform());
            var variance = _coins[i].CrashVarianceLoading > 0.0 ? exponential * _crashVarianceMean : 0.0;
            memory.Variance[i] += _coins[i].CrashVarianceLoading * variance;
            memory.LogReturn[i] += _coins[i].CrashLoading
                * (_crashLogMean + (_crashLogPerVariance * variance) + (_crashLogSd * ((_crashCommon * common) + (_crashOwn * own))));
        }

        for (var p = 0; p < _pegs.Length; p++)
        {
            if (_pegs[p].BreakChanceInCrash > 0.0 && extra.Uniform() < _pegs[p].BreakChanceInCrash)
            {
                memory.PegMove[p] += _pegs[p].BreakMean * ElementaryMath.Log(extra.Uniform());
            }
        }
    }

    private void OwnEvent(int kind, bool first, ReadOnlySpan<double> u, ref ExtraNumbers extra, Memory memory)
    {
        var size = first ? u[OwnSizeDimension] : extra.Uniform();
        if (kind >= _coins.Length)
        {
            memory.PegMove[kind - _coins.Length] += _pegs[kind - _coins.Length].BreakMean * ElementaryMath.Log(size);
            return;
        }

        var jump = _coins[kind].OwnJump;
        var variance = -jump.VarianceMean * ElementaryMath.Log(first ? u[OwnVarianceDimension] : extra.Uniform());
        memory.Variance[kind] += variance;
        memory.LogReturn[kind] += jump.LogMean + (jump.LogPerVariance * variance) + (jump.LogSd * NormalDistribution.InverseCdf(size));
    }

    private void Write(int i, ReadOnlySpan<double> u, Memory memory, ScenarioColumns columns, int row)
    {
        var coin = _coins[i];
        var noise = _noiseDimension + (3 * i);
        var logReturn = memory.LogReturn[i];
        columns.SpotLogReturn(i)[row] = logReturn;
        var volNoise = coin.HasVolNoise ? NormalDistribution.InverseCdf(u[noise]) : 0.0;
        for (var t = 0; t < coin.Tenors.Length; t++)
        {
            var tenor = coin.Tenors[t];
            // noise that leaves the expected variance alone
            var move = (tenor.Noise * volNoise) - (tenor.Noise * tenor.Noise);
            if (tenor.Now > 0.0)
            {
                move += 0.5 * ElementaryMath.LogRatio(Math.Max((tenor.FromVariance * memory.Variance[i]) + tenor.Constant, LeastVarianceRatio * tenor.Now), tenor.Now);
            }

            columns.VolLogChange(i, t)[row] = move;
        }

        var surface = coin.Surface;
        var skew = surface.SkewPerLogReturn * logReturn;
        if (coin.SkewNoise > 0.0)
        {
            skew += coin.SkewNoise * NormalDistribution.InverseCdf(u[noise + 1]);
        }

        columns.SkewChange(i)[row] = skew == 0.0 ? 0.0 : surface.SkewBound * ElementaryMath.Tanh(skew / surface.SkewBound);
        var basis = surface.BasisPerLogReturn * logReturn;
        if (coin.BasisNoise > 0.0)
        {
            basis += coin.BasisNoise * NormalDistribution.InverseCdf(u[noise + 2]);
        }

        columns.BasisChange(i)[row] = basis;
    }

    /// <summary>Working memory of one thread.</summary>
    internal sealed class Memory(int coins, int pegs, int dimensions, int steps)
    {
        internal double[] Uniforms { get; } = new double[dimensions];

        internal uint[] Bits { get; } = new uint[dimensions];

        internal double[] Factors { get; } = new double[Math.Max(1, coins * steps)];

        internal double[] VarianceNormals { get; } = new double[coins * steps];

        internal double[] Fresh { get; } = new double[coins];

        internal double[] Variance { get; } = new double[coins];

        internal double[] Integral { get; } = new double[coins];

        internal double[] LogReturn { get; } = new double[coins];

        internal double[] PegMove { get; } = new double[pegs];

        internal double[] EventTime { get; } = new double[MaxEvents];

        internal int[] EventKind { get; } = new int[MaxEvents];
    }

    /// <summary>Numbers beyond the point's dimensions, in the order in which they are needed.</summary>
    /// <param name="stream">of the point</param>
    /// <param name="first">index of the first: those below are the point's dimensions, where they are independent draws too</param>
    private struct ExtraNumbers(RandomStream stream, ulong first)
    {
        private ulong _next = first;

        public double Uniform() => UniformSource.OpenUniform(stream, _next++);
    }

    /// <summary>A vol tenor: expected variance from the horizon to the expiry is FromVariance v + Constant, from now to the expiry Now.</summary>
    private readonly record struct TenorPart(double FromVariance, double Constant, double Now, double Noise);

    private sealed record PegPart(double Noise, double BreakMean, double BreakChanceInCrash);

    private sealed record CoinPart(
        VarianceDynamics Dynamics, JumpLaw OwnJump, double CrashLoading, double CrashVarianceLoading, double Drift, double Unexplained, VarianceStep WholeStep,
        SurfaceDynamics Surface, double SkewNoise, double BasisNoise, ImmutableArray<TenorPart> Tenors)
    {
        internal bool HasVolNoise => Surface.VolNoisePerSqrtDay > 0.0;

        internal static CoinPart Of(CoinDynamics dynamics, JumpLaw crash, double horizon, int steps, double rootDays)
        {
            var model = dynamics.Model(crash);
            var compensation = 0.0;
            foreach (var jump in model.Jumps)
            {
                compensation += jump.IntensityPerYear * jump.Compensator;
            }

            var tenors = ImmutableArray.CreateBuilder<TenorPart>();
            foreach (var days in RiskFactors.VolTenorDays)
            {
                var years = days / 365.0;
                // the same expiry seen from the horizon; one that is over then keeps the instantaneous variance
                var (fromVariance, constant) = model.ExpectedVarianceTerms(Math.Max(years - horizon, 0.0));
                var noise = dynamics.Surface.VolNoisePerSqrtDay * rootDays * VolTerm.Factor(days);
                tenors.Add(new TenorPart(fromVariance, constant, model.ExpectedVariance(dynamics.Variance.Initial, years), noise));
            }

            var rho = dynamics.Variance.VolOfVariance > 0.0 ? dynamics.Variance.Correlation : 0.0;
            return new CoinPart(
                dynamics.Variance, dynamics.OwnJump, dynamics.CrashLoading, dynamics.CrashVarianceLoading, (dynamics.DriftPerYear - compensation) * horizon,
                1.0 - (rho * rho), new VarianceStep(dynamics.Variance, horizon / steps), dynamics.Surface, dynamics.Surface.SkewNoisePerSqrtDay * rootDays,
                dynamics.Surface.BasisNoisePerSqrtDay * rootDays, tenors.ToImmutable());
        }
    }
}
