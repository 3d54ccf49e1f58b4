using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Microstructure.Impact;

/// <summary>A point that a path goes through.</summary>
/// <param name="Minute">since the start</param>
/// <param name="LogMove">ln(price / start)</param>
public readonly record struct PathPoint(double Minute, double LogMove);

/// <summary>What prices would do if nobody were liquidated: log moves by coin and minute.</summary>
/// <param name="Coins">coins</param>
/// <param name="LogMoves">[coin][minute] ln(price / start), the first 0</param>
public sealed record PricePath(ImmutableArray<Asset> Coins, ImmutableArray<ImmutableArray<double>> LogMoves)
{
    /// <summary>Most minutes of a path: seven days.</summary>
    public const int MostMinutes = 10_080;

    public int Minutes => LogMoves[0].Length;

    /// <summary>[coin] at a minute.</summary>
    public double[] At(int minute) => [.. LogMoves.Select(c => c[minute])];

    /// <summary>Straight lines in the log between points, times a coin's beta, plus a bridge of noise that is 0 at each point.</summary>
    /// <param name="points">by minute, the first at 0</param>
    /// <param name="betas">by coin</param>
    /// <param name="noise">deviation of a minute's log move, at a beta of 1</param>
    /// <param name="seed">of the noise</param>
    /// <exception cref="InvalidInputException"><c>price-path</c></exception>
    public static PricePath Through(IReadOnlyList<PathPoint> points, IReadOnlyList<(Asset Coin, double Beta)> betas, double noise, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(points);
        ArgumentNullException.ThrowIfNull(betas);
        if (points.Count < 2 || betas.Count == 0 || points[0] is not { Minute: 0, LogMove: 0 } || !(noise is >= 0 and < 1) || points[^1].Minute > MostMinutes
            || points.Zip(points.Skip(1)).Any(p => !(p.Second.Minute >= p.First.Minute + 1)) || points.Any(p => !(Math.Abs(p.LogMove) < 5)))
        {
            throw new InvalidInputException("price-path", $"{points.Count} points for {betas.Count} coins: two or more at least a minute apart, from 0 at minute 0 to {MostMinutes}, log moves within 5, noise below 1 are required");
        }

        var minutes = (int)points[^1].Minute + 1;
        return new PricePath([.. betas.Select(b => b.Coin)], [.. betas.Select((b, coin) => Line(points, b.Beta, noise, new RandomStream(seed).Derive((ulong)coin), minutes))]);
    }

    /// <summary>A path for each coin by itself, all equally long.</summary>
    /// <param name="coins">with the points of each</param>
    /// <param name="noise">as in <see cref="Through(IReadOnlyList{PathPoint}, IReadOnlyList{ValueTuple{Asset, double}}, double, ulong)"/></param>
    /// <param name="seed">of the noise</param>
    public static PricePath Of(IReadOnlyList<(Asset Coin, IReadOnlyList<PathPoint> Points)> coins, double noise, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(coins);
        var paths = coins.Select((c, i) => Through(c.Points, [(c.Coin, 1)], noise, new RandomStream(seed).Derive((ulong)i).Seed)).ToArray();
        return paths.Length > 0 && paths.All(p => p.Minutes == paths[0].Minutes)
            ? new PricePath([.. coins.Select(c => c.Coin)], [.. paths.Select(p => p.LogMoves[0])])
            : throw new InvalidInputException("price-path", $"{paths.Length} paths of unequal lengths: one or more of the same length are required");
    }

    private static ImmutableArray<double> Line(IReadOnlyList<PathPoint> points, double beta, double noise, RandomStream stream, int minutes)
    {
        var walk = new double[minutes];
        for (var m = 1; m < minutes; m++)
        {
            walk[m] = walk[m - 1] + (noise * NormalDistribution.InverseCdf(stream.Uniform((ulong)m) * (1 - 1e-9) + 5e-10));
        }

        var line = ImmutableArray.CreateBuilder<double>(minutes);
        var next = 1;
        for (var m = 0; m < minutes; m++)
        {
            while (m > points[next].Minute && next < points.Count - 1)
            {
                next++;
            }

            var (from, to) = (points[next - 1], points[next]);
            var share = (m - from.Minute) / (to.Minute - from.Minute);
            var (walkFrom, walkTo) = (walk[(int)from.Minute], walk[(int)to.Minute]);
            var bridge = walk[m] - walkFrom - (share * (walkTo - walkFrom));
            line.Add(beta * (from.LogMove + (share * (to.LogMove - from.LogMove)) + bridge));
        }

        return line.MoveToImmutable();
    }
}
