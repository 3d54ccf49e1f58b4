namespace Pms.Numerics;

/// <summary>Numbers of one stream, one after the other. Not safe for several threads.</summary>
/// <param name="stream">whose numbers from index 0 on</param>
public sealed class RandomDraws(RandomStream stream)
{
    private ulong _next;

    /// <summary>In [0, 1).</summary>
    public double Uniform() => stream.Uniform(_next++);

    /// <summary>0 to <paramref name="count"/> - 1.</summary>
    public int Below(int count) => (int)(Uniform() * count);

    /// <summary>1 or -1.</summary>
    public int Sign() => Below(2) == 0 ? 1 : -1;

    public double Between(double low, double high) => low + ((high - low) * Uniform());

    /// <summary>Standard normal, within 6.2 standard deviations.</summary>
    public double Normal() => NormalDistribution.InverseCdf((Uniform() * (1 - 1e-9)) + 5e-10);
}
