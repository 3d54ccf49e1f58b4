using Pms.Margin.Arrays;
using Pms.Margin.Measures;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Solvency.Accounts;
using Pms.Solvency.Indices;
using Pms.Solvency.Shortfalls;
using Pms.Testing;

namespace Pms.Solvency.Tests;

public sealed class SolvencyAssessmentTests
{
    private const long Fund = 500_000_000;

    [Fact]
    public void Of_HandComputedBook_HasEveryNumber()
    {
        // Four scenarios with probability, the last of them twice as likely as each of the others, then two of stress.
        int[][] rows = [[10, -10, 0, -30, 50, -80]];
        SolvencyAccount[] accounts =
        [
            new("a", "mm", 5, [new RowLots(0, 1)]),   // uncovered: 0, 5, 0, 25 | 0, 75
            new("b", "mm", 0, [new RowLots(0, -2)]),  // uncovered: 20, 0, 0, 0 | 100, 0
            new("c", "c", 10, [new RowLots(0, 1)]),   // uncovered: 0, 0, 0, 20 | 0, 70
            new("d", "d", -3, []),                    // uncovered: 3, 3, 3, 3 | 3, 3
        ];
        var terms = new SolvencyTerms(new SolvencyResources(50, 4), new TailLevel(400_000_000)); // the worst 60 %
        var found = SolvencyAssessment.Of(rows, SampleDesign.Weighted([1, 1, 1, 2]), s => $"s{s}", accounts, 0, terms, ShortfallPass.Run(rows, accounts));

        // Totals 23, 8, 3, 48 | 103, 148. Tail of weight 3 of 5: scenario 3 (weight 2), scenario 0 (weight 1): (96 + 23) / 3 = 39.67.
        found.Shortfall.ShouldBe(40);
        found.LossMass.ShouldBe((Int128)119 * 1_000_000_000);
        found.Mass.ShouldBe((Int128)3 * 1_000_000_000);
        found.Index.Wad.ShouldBe((Int128)1_350_000_000_000_000_000); // 54 / 40
        found.Band.ShouldBe(SolvencyBand.Covered);
        found.Worst.ShouldBe([new(5, "s5", 148), new(4, "s4", 103), new(3, "s3", 48), new(0, "s0", 23), new(1, "s1", 8), new(2, "s2", 3)]);
        Text(found.Cover1).ShouldBe("s4 100 mm");
        Text(found.Cover2).ShouldBe("s5 145 mm c");
        found.Contributions.ShouldBe(
        [
            new("a", "mm", (Int128)50 * 1_000_000_000),
            new("c", "c", (Int128)40 * 1_000_000_000),
            new("b", "mm", (Int128)20 * 1_000_000_000),
            new("d", "d", (Int128)9 * 1_000_000_000),
        ]);
        found.MeanOf(found.Contributions[0]).ShouldBe(50 / 3.0, 1e-12);
        found.ShortProbability.ShouldBe(1_000_000_000);
        found.BeyondProbability.ShouldBe(0); // the stress scenarios have no probability
    }

    [Fact]
    public void Of_WithoutAccounts_IsTheCap()
    {
        var book = new RandomBook(3, scenarios: 100, rows: 2, accounts: 0);
        var found = book.Assess(0);
        found.Index.ShouldBe(SolvencyIndex.Cap);
        found.Cover1.Scenario.ShouldBe(-1);
        Text(found.Cover1).ShouldBe(" 0 ");
        found.Contributions.ShouldBeEmpty();
        found.Worst.ShouldBeEmpty();
    }

    [Fact]
    public void Of_ARefusedAccount_HasANumberAndNoBand() => new RandomBook(3, 100, 2, 9).Assess(long.MaxValue / 4, refused: 1).Band.ShouldBe(SolvencyBand.Unknown);

    [Fact]
    public void Of_AnyBook_HasTheShortfallOfTailMeasureOnTheTotals()
    {
        for (var c = 0; c < FuzzBudget.Cases(20); c++)
        {
            var book = new RandomBook(700 + (ulong)c, scenarios: 50 + (13 * c), rows: 5, accounts: 12);
            var totals = ShortfallPass.Run(book.Rows, book.Accounts).Totals.ToArray();
            foreach (var level in (TailLevel[])[TailLevel.P99, TailLevel.P975, new(500_000_001)])
            {
                var found = book.Assess(Fund, level);
                var tail = TailMeasure.Of([.. totals.Select(t => -t)], book.Weights, level);
                found.Shortfall.ShouldBe(tail.Es);
                found.StandardError.ShouldBe(tail.StandardError);
                found.Contributions.Aggregate(Int128.Zero, (sum, p) => sum + p.LossMass).ShouldBe(found.LossMass);
                ((found.LossMass + found.Mass - 1) / found.Mass).ShouldBe((Int128)found.Shortfall);
                found.BeyondProbability.ShouldBe((long)Math.Ceiling(totals.Zip(book.Weights).Where(p => p.First > Fund).Sum(p => (long)p.Second) * 1e9m / book.Weights.Sum()));
            }

            book.Assess(Fund, TailLevel.P975, isEqual: true).Shortfall.ShouldBe(TailMeasure.Of([.. totals.Select(t => -t)], [], TailLevel.P975).Es);
        }
    }

    [Fact]
    public void Of_PermutedAccounts_IsTheSame()
    {
        for (var c = 0; c < FuzzBudget.Cases(20); c++)
        {
            var book = new RandomBook(300 + (ulong)c, scenarios: 150, rows: 6, accounts: 20);
            var before = book.Assess(Fund);
            var draw = new RandomStream((ulong)c);
            book.Accounts = [.. book.Accounts.Select((a, i) => (a, draw.Bits((ulong)i))).OrderBy(p => p.Item2).Select(p => p.a)];
            Same(book.Assess(Fund), before);
            Same(book.Assess(Fund, threads: 2), before);
        }
    }

    [Fact]
    public void Of_MoreCollateral_NeverLowersTheIndex()
    {
        for (var c = 0; c < FuzzBudget.Cases(40); c++)
        {
            var book = new RandomBook(900 + (ulong)c, scenarios: 120, rows: 6, accounts: 10);
            var before = book.Assess(Fund);
            var one = c % book.Accounts.Length;
            book.Accounts[one] = book.Accounts[one] with { Equity = book.Accounts[one].Equity + 1 + (c * 1_000_003L) };
            var after = book.Assess(Fund);
            after.Index.ShouldBeGreaterThanOrEqualTo(before.Index);
            after.Cover1.Amount.ShouldBeLessThanOrEqualTo(before.Cover1.Amount);
            after.Cover2.Amount.ShouldBeLessThanOrEqualTo(before.Cover2.Amount);
        }
    }

    [Fact]
    public void Of_OneAccountMore_NeverRaisesTheIndexAndLeavesItWhereTheAccountLosesNothing()
    {
        for (var c = 0; c < FuzzBudget.Cases(40); c++)
        {
            var book = new RandomBook(1_300 + (ulong)c, scenarios: 120, rows: 6, accounts: 11);
            var all = book.Assess(Fund);
            var last = book.Accounts[^1];
            book.Accounts = book.Accounts[..^1];
            var without = book.Assess(Fund);
            all.Index.ShouldBeLessThanOrEqualTo(without.Index);
            book.Accounts = [.. book.Accounts, last with { Equity = long.MaxValue / 8 }];
            var rich = book.Assess(Fund);
            (rich.Index, rich.Shortfall, rich.Cover2.Amount).ShouldBe((without.Index, without.Shortfall, without.Cover2.Amount));
        }
    }

    [Fact]
    public void Of_ABookSplitIntoTwoAccounts_IsNeverLessShort()
    {
        for (var c = 0; c < FuzzBudget.Cases(40); c++)
        {
            var book = new RandomBook(1_700 + (ulong)c, scenarios: 120, rows: 6, accounts: 8);
            var before = book.Assess(Fund);
            var whole = book.Accounts[c % 8];
            var draw = new RandomStream(60 + (ulong)c);
            RowLots[] part = [.. whole.Holdings.Select((h, i) => h with { Lots = (long)(h.Lots * 3 * (draw.Uniform((ulong)i) - 0.5)) })];
            var equity = (long)(whole.Equity * draw.Uniform(99));
            book.Accounts =
            [
                .. book.Accounts.Where(a => a.Id != whole.Id),
                whole with { Id = "part 1", Equity = equity, Holdings = [.. part] },
                whole with { Id = "part 2", Equity = whole.Equity - equity, Holdings = [.. whole.Holdings.Zip(part).Select(p => p.First with { Lots = p.First.Lots - p.Second.Lots })] },
            ];
            var after = book.Assess(Fund);
            after.Shortfall.ShouldBeGreaterThanOrEqualTo(before.Shortfall);
            after.Cover1.Amount.ShouldBeGreaterThanOrEqualTo(before.Cover1.Amount); // of one owner still
            after.Index.ShouldBeLessThanOrEqualTo(before.Index);
        }
    }

    [Fact]
    public void Of_LongerLosses_NeverRaiseTheIndex()
    {
        var book = new RandomBook(77, scenarios: 200, rows: 6, accounts: 15);
        var last = book.Assess(Fund).Index;
        foreach (var hours in (double[])[0.5, 4, 24, 240])
        {
            var index = book.Assess(Fund, stretch: LossStretch.OfHours(hours, 1.0 / 365)).Index;
            index.ShouldBeLessThanOrEqualTo(last);
            last = index;
        }
    }

    [Fact]
    public void Of_AFundBelowZero_Refuses() => Should.Throw<InvalidInputException>(() => new RandomBook(3, 10, 1, 1).Assess(-1)).Code.ShouldBe("solvency-resources");

    private static void Same(SolvencyAssessment a, SolvencyAssessment b)
    {
        (a.Shortfall, BitConverter.DoubleToInt64Bits(a.StandardError), a.LossMass, a.Index, a.ShortProbability, a.BeyondProbability)
            .ShouldBe((b.Shortfall, BitConverter.DoubleToInt64Bits(b.StandardError), b.LossMass, b.Index, b.ShortProbability, b.BeyondProbability));
        a.Worst.ShouldBe(b.Worst);
        a.Contributions.ShouldBe(b.Contributions);
        (Text(a.Cover1), Text(a.Cover2)).ShouldBe((Text(b.Cover1), Text(b.Cover2)));
    }

    private static string Text(CoverLoss cover) => $"{cover.Description} {cover.Amount} {string.Join(' ', cover.Owners)}";
}
