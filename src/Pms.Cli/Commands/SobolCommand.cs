using System.CommandLine;
using Pms.Cli.Output;
using Pms.Numerics.Sampling;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms scenarios sobol</c>: points of the Sobol sequence, plain or scrambled.</summary>
internal static class SobolCommand
{
    private const int MaxNumbers = 10_000_000;

    public static Command Create()
    {
        var dimension = new Option<int>("--dimension") { Description = $"coordinates of a point, 1 to {SobolSequence.MaxDimensions}", Required = true };
        var count = new Option<int>("--count") { Description = "points, 1 or more", Required = true };
        var start = new Option<uint?>("--start") { Description = "index of the first point, default 0" };
        var seed = new Option<ulong?>("--seed") { Description = "of an Owen scrambling; without it the points are not scrambled" };
        return PmsCommand.Create(
            "sobol",
            "Points of the Sobol sequence (Joe and Kuo's direction numbers; point 0 is the origin).",
            "pms scenarios sobol --dimension 2 --count 8",
            (context, _) => Task.FromResult(Run(context, context.Get(dimension), context.Get(count), context.Get(start) ?? 0, context.Get(seed))),
            dimension,
            count,
            start,
            seed);
    }

    private static int Run(CommandContext context, int dimension, int count, uint start, ulong? seed)
    {
        if (dimension is < 1 or > SobolSequence.MaxDimensions)
        {
            throw new InvalidInputException("sobol-dimension", $"dimension {dimension} is not from 1 to {SobolSequence.MaxDimensions}");
        }

        if (count < 1 || (long)count * dimension > MaxNumbers || start + (long)count > uint.MaxValue)
        {
            throw new InvalidInputException("sobol-count", $"{count} points of {dimension} coordinates from {start} on: 1 to {MaxNumbers} numbers of the first {uint.MaxValue} points can be printed");
        }

        var scrambling = seed is { } s ? new OwenScrambling(s) : (OwenScrambling?)null;
        var points = new double[count][];
        for (var i = 0; i < count; i++)
        {
            points[i] = new double[dimension];
            for (var d = 0; d < dimension; d++)
            {
                var bits = SobolSequence.Bits(start + (uint)i, d);
                points[i][d] = scrambling?.Uniform(bits, d) ?? SobolSequence.Value(start + (uint)i, d);
            }
        }

        if (context.Json)
        {
            JsonOutput.Write(new SobolDocument(dimension, count, start, seed, points));
            return ExitCode.Ok;
        }

        var table = new TextTable(["point", .. Enumerable.Range(1, dimension).Select(d => $"u{d}")]);
        for (var i = 0; i < count; i++)
        {
            table.Add($"{start + i}", [.. points[i].Select(u => $"{u:G10}")]);
        }

        table.Write();
        return ExitCode.Ok;
    }
}

/// <param name="Dimension">coordinates of a point</param>
/// <param name="Count">points</param>
/// <param name="Start">index of the first</param>
/// <param name="Seed">of the scrambling; absent without one</param>
/// <param name="Points">[point][coordinate]</param>
internal sealed record SobolDocument(int Dimension, int Count, uint Start, ulong? Seed, double[][] Points);
