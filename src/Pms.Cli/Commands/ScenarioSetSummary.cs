using Pms.Cli.Output;
using Pms.MarketData.Readers.Histories;
using Pms.Numerics;
using Pms.Scenarios;
using Pms.Scenarios.Historical;
using Pms.Scenarios.MonteCarlo;
using Pms.Scenarios.Shocks;

namespace Pms.Cli.Commands;

/// <summary>What <c>pms scenarios make</c> and <c>show</c> print of a set.</summary>
internal sealed record ScenarioSetSummary(
    string Schema,
    string Hash,
    string ParametersHash,
    ulong Seed,
    double HorizonDays,
    int Scenarios,
    int WithProbability,
    double EffectiveScenarios,
    IReadOnlyList<SegmentSummary> Segments,
    IReadOnlyList<FactorSummary> Factors,
    IReadOnlyList<TailSummary> Tails,
    IReadOnlyList<WorstSummary> Worst,
    HistoryReport? History,
    IReadOnlyList<RepairSummary>? Repairs,
    CorrelationRepairs? CorrelationRepairs,
    string? Path)
{
    private static readonly double[] Levels = [0.001, 0.01, 0.05, 0.5, 0.95, 0.99, 0.999];
    private static readonly double[] Moves = [-0.5, -0.4, -0.3, -0.2, -0.15, -0.1, -0.05, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5];
    private const int BarWidth = 36;
    private const double BarDecades = 5;

    /// <param name="set">of which</param>
    /// <param name="worst">how many scenarios to list</param>
    public static ScenarioSetSummary Of(ScenarioSet set, int worst)
    {
        var squares = 0.0;
        foreach (var weight in set.Weights)
        {
            var w = weight / (double)ScenarioSet.TotalWeight;
            squares += w * w;
        }

        return new ScenarioSetSummary(
            ScenarioSet.Schema,
            set.Hash.ToString(),
            set.ParametersHash.ToString(),
            set.Seed,
            Math.Round(365 * set.HorizonYears, 9),
            set.Count,
            set.TailCount,
            1 / squares,
            [.. set.Segments.Select(s => new SegmentSummary(ScenarioSetFile.FamilyName(s.Family), s.Generator, s.Count, s.Family == ScenarioFamily.Stress ? null : Share(set, s)))],
            [.. Enumerable.Range(0, set.Factors.ColumnCount).Select(c => Factor(set, c))],
            [.. set.Factors.Coins.Select((c, i) => Tail(set, c.Code, i))],
            WorstOf(set, worst),
            null,
            null,
            null,
            null);
    }

    public void Write()
    {
        Console.WriteLine($"scenario set {Hash[..16]}  parameters {ParametersHash[..16]}  seed {Seed}  horizon {HorizonDays:G6} days");
        Console.WriteLine($"{Scenarios} scenarios, {WithProbability} with probability (as good as {EffectiveScenarios:F0} equal ones)");
        foreach (var s in Segments)
        {
            Console.WriteLine($"  {s.Family,-12} {s.Generator,-16} {s.Count,7}  {(s.Probability is { } p ? $"probability {p:P2}" : "share of the loss counts")}");
        }

        if (History is { } h)
        {
            Console.WriteLine($"  history: {h.Dates} steps of {h.StepDays} days from {h.FirstDate} to {h.LastDate}, stressed {h.StressedFrom ?? "none"} to {h.StressedTo ?? "none"} ({h.StressedDates}); {h.ValuesAfterBoard} values of the board's day and later left out");
            foreach (var c in h.Coins)
            {
                Console.WriteLine($"    {c.Coin}: sigma {c.Sigma:P2} a step now, {c.LongRunSigma:P2} in the long run, {c.Returns} own returns{(c.Beta is { } b ? $", else beta {b:F2}" : "")}, {c.OwnVolChanges} own vol changes");
            }
        }

        foreach (var r in Repairs ?? [])
        {
            Console.WriteLine($"  {r.Underlying}: {r.Checked} shocked surfaces checked; repaired: tilt {r.Tilt}, shape {r.Shape}, level {r.Level}");
        }

        if (CorrelationRepairs is { Pairs: > 0 } repaired)
        {
            Console.WriteLine($"  correlations of {repaired.Pairs} pairs of coins contradict each other and were repaired, by up to {repaired.LargestChange:F3}");
        }

        Console.WriteLine();
        Console.WriteLine("Moves of the factors (spot, vol and peg: log; skew: d sqrt(w)/dk; basis: per year), by probability:");
        var table = new TextTable(["factor", "mean", "sd", "least", .. Levels.Select(l => $"{100 * l:G4} %"), "most"]);
        foreach (var f in Factors)
        {
            table.Add(f.Factor, [.. new[] { f.Mean, f.Sd, f.Least }.Concat(f.Quantiles.Select(q => q.Move)).Append(f.Most).Select(x => $"{x:F4}")]);
        }

        table.Write();
        foreach (var tail in Tails)
        {
            Console.WriteLine($"{tail.Coin}: probability of a spot move at least so large (bar: five decades up to 1)");
            foreach (var p in tail.Points)
            {
                var log = p.Probability > 0 ? ElementaryMath.Log(p.Probability) / ElementaryMath.Log(10) : -BarDecades;
                Console.WriteLine($"  {100 * p.Move,5:+0;-0} %  {p.Probability,10:E2}  {new string('#', (int)Math.Max(0, Math.Round(BarWidth * (1 + (log / BarDecades)))))}");
            }
        }

        Console.WriteLine();
        Console.WriteLine("Largest falls and rises (mean over the coins), stress scenarios left out:");
        var list = new TextTable(["scenario", .. Tails.Select(t => $"{t.Coin} spot %"), "weight ppb", "what "]);
        foreach (var w in Worst)
        {
            list.Add($"{w.Scenario}", [.. w.SpotMoves.Select(m => $"{100 * m:F1}"), $"{w.WeightPpb}", w.What]);
        }

        list.Write();
        if (Path is not null)
        {
            Console.WriteLine($"written to {Path}");
        }
    }

    private static double Share(ScenarioSet set, ScenarioSegment segment)
    {
        var sum = 0L;
        foreach (var w in set.Weights.Slice(segment.Start, segment.Count))
        {
            sum += w;
        }

        return sum / (double)ScenarioSet.TotalWeight;
    }

    private static FactorSummary Factor(ScenarioSet set, int column)
    {
        var moves = set.Moves(column)[..set.TailCount].ToArray();
        var weights = set.Weights.ToArray();
        var (mean, square) = (0.0, 0.0);
        for (var s = 0; s < moves.Length; s++)
        {
            var w = weights[s] / (double)ScenarioSet.TotalWeight;
            mean += w * moves[s];
            square += w * moves[s] * moves[s];
        }

        var order = Enumerable.Range(0, moves.Length).ToArray();
        Array.Sort(order, (a, b) => moves[a] != moves[b] ? moves[a].CompareTo(moves[b]) : a.CompareTo(b));
        var quantiles = new List<QuantileSummary>();
        var (below, next) = (0L, 0);
        foreach (var s in order)
        {
            below += weights[s];
            // The smallest move x with P(X <= x) at least the level.
            while (next < Levels.Length && below >= Levels[next] * ScenarioSet.TotalWeight)
            {
                quantiles.Add(new QuantileSummary(Levels[next++], moves[s]));
            }
        }

        return new FactorSummary(set.Factors.ColumnName(column), mean, Math.Sqrt(Math.Max(square - (mean * mean), 0)), moves[order[0]], quantiles, moves[order[^1]]);
    }

    private static TailSummary Tail(ScenarioSet set, string coin, int index)
    {
        var moves = set.SpotLogReturn(index)[..set.TailCount];
        var points = new List<TailPoint>();
        foreach (var move in Moves)
        {
            var log = ElementaryMath.Log1p(move);
            var sum = 0L;
            for (var s = 0; s < moves.Length; s++)
            {
                sum += (move < 0 ? moves[s] <= log : moves[s] >= log) ? set.Weights[s] : 0;
            }

            points.Add(new TailPoint(move, sum / (double)ScenarioSet.TotalWeight));
        }

        return new TailSummary(coin, points);
    }

    private static IReadOnlyList<WorstSummary> WorstOf(ScenarioSet set, int count)
    {
        var n = set.Factors.Coins.Length;
        var mean = new double[set.TailCount];
        for (var c = 0; c < n; c++)
        {
            for (var s = 0; s < mean.Length; s++)
            {
                mean[s] += set.SpotLogReturn(c)[s] / n;
            }
        }

        var order = Enumerable.Range(0, mean.Length).ToArray();
        Array.Sort(order, (a, b) => mean[a] != mean[b] ? mean[a].CompareTo(mean[b]) : a.CompareTo(b));
        var half = Math.Min((count + 1) / 2, order.Length / 2);
        return [.. order.Take(half).Concat(order.TakeLast(Math.Min(count - half, half))).Select(s => new WorstSummary(
            s, set.Describe(s), set.Weights[s], [.. Enumerable.Range(0, n).Select(c => ElementaryMath.Expm1(set.SpotLogReturn(c)[s]))]))];
    }
}

internal sealed record SegmentSummary(string Family, string Generator, int Count, double? Probability);

internal sealed record QuantileSummary(double Level, double Move);

internal sealed record FactorSummary(string Factor, double Mean, double Sd, double Least, IReadOnlyList<QuantileSummary> Quantiles, double Most);

internal sealed record TailPoint(double Move, double Probability);

internal sealed record TailSummary(string Coin, IReadOnlyList<TailPoint> Points);

internal sealed record WorstSummary(int Scenario, string What, int WeightPpb, IReadOnlyList<double> SpotMoves);

internal sealed record RepairSummary(string Underlying, int Checked, int Tilt, int Shape, int Level)
{
    public static RepairSummary Of(ScenarioSmiles smiles) => new(smiles.Surface.Underlying.Name, smiles.Count, smiles.RepairedByTilt, smiles.RepairedByShape, smiles.RepairedByLevel);
}

internal sealed record CoinHistoryReport(string Coin, int Returns, double Sigma, double LongRunSigma, double? Beta, int OwnVolChanges, double VolPerReturn, double VolPerAbsReturn);

internal sealed record FileReport(string Source, string Format, IReadOnlyList<string> Assets, long Rows, int Days, string? FirstDate, string? LastDate, int Gaps, int LongestGapDays, IReadOnlyDictionary<string, long> Refused)
{
    public static FileReport Of(HistoryFileReport file) => new(
        file.Source,
        file.Format,
        [.. file.Assets.Select(a => a.Code)],
        file.Rows,
        file.Days,
        file.FirstDate?.ToString("O"),
        file.LastDate?.ToString("O"),
        file.Gaps.Length,
        file.Gaps.IsEmpty ? 0 : file.Gaps.Max(g => g.Days),
        file.Refused.ToDictionary(r => r.Key, r => r.Value.Count));
}

internal sealed record HistoryReport(
    string FirstDate,
    string LastDate,
    int Dates,
    int StepDays,
    string? StressedFrom,
    string? StressedTo,
    int StressedDates,
    int ValuesAfterBoard,
    string MarketCoin,
    IReadOnlyList<CoinHistoryReport> Coins,
    IReadOnlyList<string> PegsWithoutHistory,
    IReadOnlyList<FileReport> Files)
{
    public static HistoryReport Of(HistorySummary summary, HistoryFolder folder, int leftOut) => new(
        summary.FirstDate.ToString("O"),
        summary.LastDate.ToString("O"),
        summary.Dates,
        summary.StepDays,
        summary.StressedFrom?.ToString("O"),
        summary.StressedTo?.ToString("O"),
        summary.StressedDates,
        leftOut,
        summary.MarketCoin.Code,
        [.. summary.Coins.Select(c => new CoinHistoryReport(c.Coin.Code, c.Returns, c.Sigma, c.LongRunSigma, c.Beta, c.OwnVolChanges, c.VolPerReturn, c.VolPerAbsReturn))],
        [.. summary.PegsWithoutHistory.Select(p => p.Code)],
        [.. folder.Files.Where(f => f.Format != "ignored").Select(FileReport.Of)]);
}
