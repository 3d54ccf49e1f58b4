namespace Pms.Numerics;

/// <summary>Counter-based uniform numbers: value <c>index</c> of stream <c>Seed</c> can be made alone and in any order.</summary>
/// <remarks>SplitMix64 (Steele, Lea and Flood 2014) evaluated at a counter instead of iterated.</remarks>
public readonly record struct RandomStream(ulong Seed)
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    /// <summary>64 random bits.</summary>
    public ulong Bits(ulong index)
    {
        var z = Seed + ((index + 1) * GoldenGamma);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1) with 53 random bits.</summary>
    public double Uniform(ulong index) => (Bits(index) >> 11) * (1.0 / (1UL << 53));

    /// <summary>An independent stream for a named part of the model, so that adding a part does not move the others.</summary>
    public RandomStream Derive(ulong part) => new(new RandomStream(Seed ^ 0xD1B54A32D192ED03).Bits(part));
}
