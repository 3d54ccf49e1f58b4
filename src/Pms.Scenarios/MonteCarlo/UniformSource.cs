using Pms.Numerics;
using Pms.Numerics.Sampling;

namespace Pms.Scenarios.MonteCarlo;

/// <summary>The uniform numbers of one stratum and replicate, addressed by (point, dimension).</summary>
internal sealed class UniformSource
{
    private readonly ulong[]? _trees;
    private readonly RandomStream _independent;
    private readonly int _dimensions;

    /// <param name="stream">of the stratum and replicate</param>
    /// <param name="dimensions">of a point; those beyond <see cref="SobolSequence.MaxDimensions"/> are independent</param>
    /// <param name="scrambledSobol">false: all are independent</param>
    public UniformSource(RandomStream stream, int dimensions, bool scrambledSobol)
    {
        _independent = stream.Derive(1);
        _dimensions = dimensions;
        if (!scrambledSobol)
        {
            return;
        }

        var scrambling = new OwenScrambling(stream.Derive(0).Seed);
        _trees = new ulong[Math.Min(dimensions, SobolSequence.MaxDimensions)];
        for (var d = 0; d < _trees.Length; d++)
        {
            _trees[d] = scrambling.Tree(d);
        }
    }

    /// <summary>All dimensions of one point, each strictly between 0 and 1.</summary>
    /// <param name="point">index in the replicate</param>
    /// <param name="destination">[dimension]</param>
    /// <param name="bits">working memory of the same length</param>
    public void Fill(uint point, Span<double> destination, Span<uint> bits)
    {
        var sobol = _trees?.Length ?? 0;
        if (_trees is not null)
        {
            SobolSequence.Bits(point, bits[..sobol]);
            for (var d = 0; d < sobol; d++)
            {
                destination[d] = OwenScrambling.Uniform(bits[d], _trees[d]);
            }
        }

        if (sobol < destination.Length)
        {
            var stream = Extra(point);
            for (var d = sobol; d < destination.Length; d++)
            {
                destination[d] = OpenUniform(stream, (ulong)d);
            }
        }
    }

    /// <summary>More numbers for a point that needs more than its dimensions: jumps after the first.</summary>
    public RandomStream Extra(uint point) => _independent.Derive(point);

    /// <summary>Index in <see cref="Extra"/> that no dimension of the point has taken.</summary>
    public ulong FirstExtra => _trees is not null && _dimensions <= _trees.Length ? 0UL : (ulong)_dimensions;

    /// <summary>Strictly between 0 and 1.</summary>
    public static double OpenUniform(RandomStream stream, ulong index) => ((stream.Bits(index) >> 12) + 0.5) * (1.0 / (1L << 52));
}
