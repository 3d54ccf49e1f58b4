using Pms.Margin.Arrays;
using Pms.Margin.Measures;
using Pms.Numerics;
using Pms.Solvency.Accounts;
using Pms.Solvency.Indices;
using Pms.Solvency.Shortfalls;

namespace Pms.Solvency.Tests;

/// <summary>Rows, weights and accounts drawn from a seed, many of them under water in some scenario.</summary>
internal sealed class RandomBook
{
    public RandomBook(ulong seed, int scenarios, int rows, int accounts)
    {
        var draw = new RandomStream(seed);
        ulong next = 0;
        double Uniform() => draw.Uniform(next++);
        Rows = new int[rows][];
        for (var r = 0; r < rows; r++)
        {
            Rows[r] = new int[scenarios];
            for (var s = 0; s < scenarios; s++)
            {
                var u = (2 * Uniform()) - 1;
                Rows[r][s] = (int)(u * u * u * 1_000_000);
            }
        }

        Weights = [.. Enumerable.Range(0, scenarios).Select(_ => (int)(1_000 * Uniform()))];
        Weights[0]++;
        Accounts = [.. Enumerable.Range(0, accounts).Select(a => new SolvencyAccount(
            $"a{a}",
            $"o{(int)(accounts * 0.7 * Uniform())}",
            (long)(((2 * Uniform()) - 0.3) * 400_000_000),
            [.. Enumerable.Range(0, (int)(9 * Uniform())).Select(_ => new RowLots((int)(rows * Uniform()), (long)(2_000 * Uniform()) - 1_000))])
        {
            Initial = (long)(Uniform() * 300_000_000),
        })];
    }

    public int[][] Rows { get; }

    public int[] Weights { get; }

    public SolvencyAccount[] Accounts { get; set; }

    public int Scenarios => Rows[0].Length;

    public SolvencyAssessment Assess(long fund, TailLevel? level = null, LossStretch? stretch = null, int threads = 1, bool isEqual = false, int refused = 0)
    {
        var terms = new SolvencyTerms(new SolvencyResources(fund, 0), level ?? TailLevel.P975) { Stretch = stretch ?? LossStretch.None };
        return SolvencyAssessment.Of(
            Rows, isEqual ? SampleDesign.Equal(Scenarios) : SampleDesign.Weighted(Weights), s => $"scenario {s}", Accounts, refused, terms, ShortfallPass.Run(Rows, Accounts, terms.Stretch, threads));
    }
}
