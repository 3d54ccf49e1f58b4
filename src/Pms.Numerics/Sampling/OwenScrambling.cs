using System.Runtime.CompilerServices;

namespace Pms.Numerics.Sampling;

/// <summary>Nested uniform scrambling (Owen 1995): a random relabelling of [0, 1) that keeps the balance of a digital net and makes each point uniform.</summary>
/// <remarks>
/// A coordinate is a walk down a binary tree; each node of each dimension's tree has its own random bit, which says whether its two halves change
/// places. The bit is a hash of (seed, dimension, node), so that any coordinate of any point is made alone. The digits beyond 32 are random.
/// Independent seeds give independent replicates, whose spread is the error bar of an estimate.
/// </remarks>
public readonly struct OwenScrambling
{
    private readonly RandomStream _stream;

    /// <param name="seed">of the replicate</param>
    public OwenScrambling(ulong seed)
    {
        _stream = new RandomStream(seed).Derive(0x0E5C_4A3B);
    }

    /// <summary>The scrambled coordinate, strictly between 0 and 1, with 52 digits.</summary>
    /// <param name="bits">coordinate as a fraction of 2^32</param>
    /// <param name="dimension">which tree</param>
    public double Uniform(uint bits, int dimension) => Uniform(bits, Tree(dimension));

    /// <summary>The tree of a dimension, for <see cref="Uniform(uint, ulong)"/> over many points.</summary>
    public ulong Tree(int dimension) => _stream.Bits((ulong)dimension);

    /// <inheritdoc cref="Uniform(uint, int)"/>
    /// <param name="bits">coordinate as a fraction of 2^32</param>
    /// <param name="tree">from <see cref="Tree"/></param>
    public static double Uniform(uint bits, ulong tree)
    {
        // the root is node 1; a node's number is its path with a leading one
        ulong flips = 0;
        for (var level = 0; level < 32; level++)
        {
            var node = (1UL << level) | (level == 0 ? 0u : bits >> (32 - level));
            flips = (flips << 1) | (Mix(tree, node) >> 63);
        }

        var leaf = Mix(tree, (1UL << 32) | bits) >> 44;
        return ((((bits ^ flips) << 20) | leaf) + 0.5) * (1.0 / (1L << 52));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong tree, ulong node)
    {
        var z = tree + (node * 0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
