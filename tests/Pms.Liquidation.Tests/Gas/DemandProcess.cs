using System.Collections.Immutable;
using System.Numerics;
using Pms.Liquidation.Gas;
using Pms.Numerics;

namespace Pms.Liquidation.Tests.Gas;

/// <summary>A fee market: demand moves, blocks are as full as demand at the fee of the moment, the fee follows the rule.</summary>
/// <param name="Noise">of a block's fullness</param>
/// <param name="Walk">of log demand, a block</param>
/// <param name="Reversion">of log demand, a block</param>
/// <param name="BurstProbability">that a burst begins, a block</param>
/// <param name="Burst">log demand during one</param>
/// <param name="BurstBlocks">its length</param>
internal sealed record DemandProcess(double Noise, double Walk, double Reversion, double BurstProbability, double Burst, int BurstBlocks)
{
    public const ulong GasLimit = 30_000_000;

    public static DemandProcess Calm { get; } = new(0.35, 0.03, 0.02, 0, 0, 0);

    public static DemandProcess Bursty { get; } = new(0.35, 0.05, 0.02, 0.02, 1.0, 10);

    public static DemandProcess Mints { get; } = new(0.25, 0.04, 0.01, 0.004, 2.0, 40);

    public static DemandProcess Named(string name) => name switch { "calm" => Calm, "bursty" => Bursty, _ => Mints };

    public ImmutableArray<BigInteger> Fees(int blocks, ulong seed)
    {
        var draw = new RandomStream(seed);
        var fees = ImmutableArray.CreateBuilder<BigInteger>(blocks);
        var fee = new BigInteger(20_000_000_000);
        var (demand, burst) = (Math.Log((double)fee), 0);
        var center = demand;
        for (ulong i = 0; (int)i < blocks + 200; i++)
        {
            if ((int)i >= 200)
            {
                fees.Add(fee);
            }

            demand += (Reversion * (center - demand)) + (Walk * NormalDistribution.InverseCdf(Open(draw.Uniform(4 * i))));
            burst = burst > 0 ? burst - 1 : draw.Uniform((4 * i) + 1) < BurstProbability ? BurstBlocks : 0;
            var level = demand + (burst > 0 ? Burst : 0) - Math.Log((double)fee) + (Noise * NormalDistribution.InverseCdf(Open(draw.Uniform((4 * i) + 2))));
            var used = Math.Min(Math.Exp(2 * level), 2) * GasLimit / 2;
            fee = BaseFeeRule.Next(fee, (ulong)used, GasLimit);
        }

        return fees.MoveToImmutable();
    }

    private static double Open(double u) => Math.Clamp(u, 1e-12, 1 - 1e-12);
}
