using Pms.Numerics;
using Pms.Simulation.Parameters;
using Pms.Simulation.Stress;

namespace Pms.Simulation.Market;

/// <summary>The hidden market, step by step: jump diffusion of every coin with stochastic variance, a peg, a staked coin.</summary>
/// <remarks>
/// Per coin, with r the log return of a step of dt years and Z independent standard normals:
/// r = (drift - v/2 - compensator) dt + sqrt(v dt) (L Z0 + sqrt(1 - L^2) Zi) + jumps;
/// v += k1 (m - v) dt + xi sqrt(v dt) (R W + sqrt(1 - R^2) Zv) + variance jumps, m += k2 (longRun - m) dt + xi2 sqrt(m dt) Zm, both held above <see cref="VarianceFloor"/>;
/// skew, basis and premium are mean-reverting and answer the return. Euler steps; every draw is indexed by (seed, factor, step).
/// A script's log shift is added to spot and, through returns, moves skew, basis and premium as a random move of that size would.
/// Trades do not move the hidden price. Statically free of arbitrage at each step; it is not a risk-neutral model across steps.
/// </remarks>
internal sealed class MarketProcess
{
    /// <summary>Variance does not fall below this: 10 % vol.</summary>
    public const double VarianceFloor = 0.01;

    private const double SecondsPerYear = 365.0 * 86_400.0;
    private const double StressPullSeconds = 180;
    private const double TurbulenceSeconds = 300;
    private const double FundingSeconds = 8 * 3_600;

    // Correlation of the medium variance's shocks with the variance's own.
    private const double MediumVarianceCorrelation = 0.7;

    private readonly SimulationParameters _parameters;
    private readonly double _dtYears;
    private readonly double _stressPull;
    private readonly double _turbulenceDecay;
    private readonly double _fundingDecay;
    private readonly double[] _compensators;
    private readonly CoinStreams[] _streams;
    private readonly RandomStream _common;
    private readonly RandomStream _commonJump;
    private readonly RandomStream _commonJumpSize;
    private readonly RandomStream _peg;
    private readonly RandomStream _staked;

    public MarketProcess(SimulationParameters parameters, ulong seed)
    {
        _parameters = parameters;
        var root = new RandomStream(seed).Derive(0x4D41524B);
        var stepSeconds = parameters.Step.TotalSeconds;
        _dtYears = stepSeconds / SecondsPerYear;
        _stressPull = -ElementaryMath.Expm1(-stepSeconds / StressPullSeconds);
        _turbulenceDecay = ElementaryMath.Exp(-stepSeconds / TurbulenceSeconds);
        _fundingDecay = ElementaryMath.Exp(-stepSeconds / FundingSeconds);
        _common = root.Derive(1);
        _commonJump = root.Derive(2);
        _commonJumpSize = root.Derive(3);
        _peg = root.Derive(4);
        _staked = root.Derive(5);
        _streams = [.. parameters.Coins.Select(c => new CoinStreams(root.Derive(StableHash.Of(c.Coin.Code))))];
        _compensators = [.. parameters.Coins.Select(c =>
            (c.JumpIntensity * JumpCompensator(c.JumpMean, c.JumpStandardDeviation))
            + (parameters.Common.JumpIntensity
                * JumpCompensator(c.CommonJumpLoading * parameters.Common.JumpMean, c.CommonJumpLoading * parameters.Common.JumpStandardDeviation)))];
    }

    public MarketPoint First()
    {
        var stress = StressAt(TimeSpan.Zero);
        var coins = new CoinPoint[_parameters.Coins.Length];
        for (var i = 0; i < coins.Length; i++)
        {
            var coin = _parameters.Coins[i];
            var skew = SkewStateOf(coin.SkewShort) + stress.SkewShift;
            var logSpot = ElementaryMath.Log(coin.SpotUsd);
            coins[i] = new CoinPoint
            {
                LogSpot = logSpot,
                Spot = ElementaryMath.Exp(logSpot + (coin.StressLoading * stress.LogSpotShift)),
                Variance = coin.InitialVariance,
                MediumVariance = coin.InitialMediumVariance,
                SkewState = skew - stress.SkewShift,
                Basis = coin.BasisShort + stress.BasisShift,
                BasisState = coin.BasisShort,
                Premium = 0,
                Funding8h = 0,
                Turbulence = 1,
                Momentum = 0,
                Return = 0,
                IsSweep = true,
                Surface = new TrueSurface(coin, coin.InitialVariance, coin.InitialMediumVariance, skew),
            };
        }

        return new MarketPoint { Step = 0, Time = _parameters.Start, Coins = coins, LogPeg = stress.LogPegShift, LogStakedDiscount = 0, Stress = stress };
    }

    public MarketPoint Next(MarketPoint last)
    {
        var step = last.Step + 1;
        var index = (ulong)step;
        var sinceStart = TimeSpan.FromTicks(_parameters.Step.Ticks * step);
        var stress = StressAt(sinceStart);
        var common = _parameters.Common;
        var z0 = Normal(_common, index);
        var jumpSize = _commonJump.Uniform(index) < common.JumpIntensity * stress.JumpMultiplier * _dtYears
            ? common.JumpMean + (common.JumpStandardDeviation * Normal(_commonJumpSize, index))
            : (double?)null;

        var coins = new CoinPoint[last.Coins.Length];
        for (var i = 0; i < coins.Length; i++)
        {
            coins[i] = NextCoin(i, last.Coins[i], index, z0, jumpSize, last.Stress, stress);
        }

        var pegState = last.LogPeg - last.Stress.LogPegShift;
        pegState += (-common.PegReversion * pegState * _dtYears)
            + (common.PegDeviation * Math.Sqrt(2 * common.PegReversion * _dtYears) * Normal(_peg, index));
        var discount = last.LogStakedDiscount;
        discount += (-common.PegReversion * discount * _dtYears)
            + (common.StakedDeviation * Math.Sqrt(2 * common.PegReversion * _dtYears) * Normal(_staked, index));
        return new MarketPoint
        {
            Step = step,
            Time = _parameters.Start + sinceStart,
            Coins = coins,
            LogPeg = pegState + stress.LogPegShift,
            LogStakedDiscount = discount,
            Stress = stress,
        };
    }

    /// <summary>The skew state whose surface shows <paramref name="rho"/>.</summary>
    public static double SkewStateOf(double rho)
    {
        var r = rho / CoinParameters.MaxAbsoluteSkew;
        return r / Math.Sqrt(1 - (r * r));
    }

    private CoinPoint NextCoin(int i, CoinPoint last, ulong index, double z0, double? commonJump, StressState lastStress, StressState stress)
    {
        var coin = _parameters.Coins[i];
        var s = _streams[i];
        var dt = _dtYears;
        var load = coin.CommonLoading;
        var w = (load * z0) + (Math.Sqrt(1 - (load * load)) * Normal(s.Spot, index));
        var r = coin.SpotVarianceCorrelation;
        var wv = (r * w) + (Math.Sqrt(1 - (r * r)) * Normal(s.Variance, index));
        var wm = (MediumVarianceCorrelation * wv)
            + (Math.Sqrt(1 - (MediumVarianceCorrelation * MediumVarianceCorrelation)) * Normal(s.Medium, index));

        var jump = 0.0;
        var varianceJump = 0.0;
        if (commonJump is { } size)
        {
            jump += coin.CommonJumpLoading * size;
            varianceJump += coin.CommonJumpLoading * _parameters.Common.VarianceJumpMean * Exponential(s.CommonVarianceJump, index);
        }

        if (s.Jump.Uniform(index) < coin.JumpIntensity * stress.JumpMultiplier * dt)
        {
            jump += coin.JumpMean + (coin.JumpStandardDeviation * Normal(s.JumpSize, index));
            varianceJump += coin.VarianceJumpMean * Exponential(s.VarianceJump, index);
        }

        var v = last.Variance;
        var m = last.MediumVariance;
        var random = ((coin.Drift - (0.5 * v) - (stress.JumpMultiplier * _compensators[i])) * dt) + (Math.Sqrt(v * dt) * w) + jump;
        var total = random + (coin.StressLoading * (stress.LogSpotShift - lastStress.LogSpotShift));

        var nextV = v + (coin.VarianceReversion * (m - v) * dt) + (coin.VolOfVariance * Math.Sqrt(v * dt) * wv) + varianceJump;
        var target = coin.StressVolScale * stress.VolTarget;
        if (target * target > nextV)
        {
            nextV += _stressPull * ((target * target) - nextV);
        }

        nextV = Math.Max(nextV, VarianceFloor);
        var nextM = m + (coin.MediumReversion * (coin.LongRunVariance - m) * dt) + (coin.VolOfMediumVariance * Math.Sqrt(m * dt) * wm);
        nextM = Math.Max(nextM, VarianceFloor);

        var skew = last.SkewState;
        skew += (coin.SkewReversion * (SkewStateOf(coin.SkewShort) - skew) * dt) + (coin.SkewReturnResponse * total)
            + (coin.SkewNoise * Math.Sqrt(dt) * Normal(s.Skew, index));
        var basis = last.BasisState;
        basis += (coin.BasisReversion * (coin.BasisShort - basis) * dt) + (coin.BasisReturnResponse * total)
            + (coin.BasisNoise * Math.Sqrt(dt) * Normal(s.Basis, index));

        // Funding is paid by the side that holds the premium up, which is why it pulls: the reversion is stronger where the rate is charged.
        var premium = last.Premium;
        var funding = ForwardCurve.FundingRate(premium);
        premium += (-coin.PremiumReversion * (premium + funding) * dt) + (coin.PremiumNoise * Math.Sqrt(dt) * Normal(s.Premium, index))
            + (coin.PremiumReturnResponse * total);

        var turbulence = last.Turbulence + ((1 - _turbulenceDecay) * ((total * total / (v * dt)) - last.Turbulence));
        var logSpot = last.LogSpot + random;
        return new CoinPoint
        {
            LogSpot = logSpot,
            Spot = ElementaryMath.Exp(logSpot + (coin.StressLoading * stress.LogSpotShift)),
            Variance = nextV,
            MediumVariance = nextM,
            SkewState = skew,
            Basis = basis + stress.BasisShift,
            BasisState = basis,
            Premium = premium,
            Funding8h = last.Funding8h + ((1 - _fundingDecay) * (funding - last.Funding8h)),
            Turbulence = turbulence,
            Momentum = last.Momentum + ((1 - _turbulenceDecay) * (total - last.Momentum)),
            Return = total,
            IsSweep = Math.Abs(total) > _parameters.Quoting.SweepMove,
            Surface = new TrueSurface(coin, nextV, nextM, skew + stress.SkewShift),
        };
    }

    private StressState StressAt(TimeSpan sinceStart)
    {
        var state = StressState.None;
        foreach (var scheduled in _parameters.Scripts)
        {
            state = state.And(scheduled.Script.At(sinceStart - scheduled.StartsAfter));
        }

        return state;
    }

    private static double JumpCompensator(double mean, double standardDeviation)
    {
        return ElementaryMath.Expm1(mean + (0.5 * standardDeviation * standardDeviation));
    }

    // 52 bits and a half-step: exact, symmetric, and never 0 or 1, where the inverse has no value.
    private static double Normal(RandomStream stream, ulong index) => NormalDistribution.InverseCdf(((stream.Bits(index) >> 12) + 0.5) * (1.0 / (1UL << 52)));

    private static double Exponential(RandomStream stream, ulong index) => -ElementaryMath.Log(1 - stream.Uniform(index));

    private sealed class CoinStreams(RandomStream root)
    {
        public RandomStream Spot { get; } = root.Derive(1);

        public RandomStream Variance { get; } = root.Derive(2);

        public RandomStream Medium { get; } = root.Derive(3);

        public RandomStream Jump { get; } = root.Derive(4);

        public RandomStream JumpSize { get; } = root.Derive(5);

        public RandomStream VarianceJump { get; } = root.Derive(6);

        public RandomStream CommonVarianceJump { get; } = root.Derive(7);

        public RandomStream Skew { get; } = root.Derive(8);

        public RandomStream Basis { get; } = root.Derive(9);

        public RandomStream Premium { get; } = root.Derive(10);
    }
}
