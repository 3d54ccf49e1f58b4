using System.Numerics;
using Pms.Margin.Arrays;
using Pms.Primitives;
using Pms.Solvency.Accounts;
using Pms.Solvency.Shortfalls;
using Pms.Testing;

namespace Pms.Solvency.Tests;

/// <summary>The pass against the definition written a second time, in big integers and dictionaries.</summary>
public sealed class ShortfallPassTests
{
    [Fact]
    public void Run_AnyBook_IsTheDefinitionOnOneThreadAndOnTwo()
    {
        for (var c = 0; c < FuzzBudget.Cases(40); c++)
        {
            var book = new RandomBook(seed: 100 + (ulong)c, scenarios: 1 + (c * 17 % 300), rows: 1 + (c % 12), accounts: c % 25);
            var stretch = c % 3 == 0 ? LossStretch.OfHours(c, 1.0 / 365) : LossStretch.None;
            Check(book, stretch);
        }
    }

    [Fact]
    public void Run_EveryLengthUpTo256_IsTheDefinition()
    {
        for (var scenarios = 1; scenarios <= 256; scenarios++)
        {
            Check(new RandomBook(seed: 9, scenarios, rows: 4, accounts: 6), LossStretch.None);
        }
    }

    [Fact]
    public void Run_LotsAndSumsBeyondTheFastWay_AreStillExact()
    {
        var book = new RandomBook(seed: 4, scenarios: 70, rows: 3, accounts: 8);
        book.Accounts =
        [
            .. book.Accounts,
            new SolvencyAccount("many lots", "w1", 5, [new RowLots(0, 3L << 33), new RowLots(1, -(3L << 33))]),
            new SolvencyAccount("much equity", "w2", -(1L << 60), [new RowLots(0, 1)]),
            new SolvencyAccount("many lots 2", "w1", 5, [new RowLots(2, -(1L << 35))]),
            new SolvencyAccount("o3 too", "o3", -7, [new RowLots(2, 1L << 34)]),
        ];
        Check(book, LossStretch.None);
        Check(book, LossStretch.OfHours(100, 1.0 / 365));
    }

    [Fact]
    public void Run_ATotalBeyondWhatIsHeld_Refuses()
    {
        int[][] rows = [[-2_000_000_000, 0]];
        Should.Throw<InvalidInputException>(() => ShortfallPass.Run(rows, [new SolvencyAccount("a", "a", 0, [new RowLots(0, 2_000_000_000)])])).Code.ShouldBe("solvency-overflow");
        Should.Throw<InvalidInputException>(() => ShortfallPass.Run(rows, [new SolvencyAccount("a", "a", long.MinValue, []), new SolvencyAccount("b", "b", 0, [new RowLots(0, long.MinValue)])])).Code.ShouldBe("solvency-overflow");
    }

    [Fact]
    public void Run_TheSameAccountTwice_Refuses()
    {
        var account = new SolvencyAccount("a", "a", 0, []);
        Should.Throw<InvalidInputException>(() => ShortfallPass.Run([[1]], [account, account])).Code.ShouldBe("solvency-account");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1)]
    public void Run_ARowThatIsNotThere_Refuses(int row)
    {
        Should.Throw<InvalidInputException>(() => ShortfallPass.Run([[1]], [new SolvencyAccount("a", "a", 0, [new RowLots(row, 1)])])).Code.ShouldBe("row-missing");
    }

    [Fact]
    public void Run_RowsOfUnlikeLengthOrNone_Refuses()
    {
        Should.Throw<InvalidInputException>(() => ShortfallPass.Run([[1], [1, 2]], [])).Code.ShouldBe("solvency-rows");
        Should.Throw<InvalidInputException>(() => ShortfallPass.Run([], [])).Code.ShouldBe("solvency-rows");
        Should.Throw<InvalidInputException>(() => ShortfallPass.Run([[int.MinValue]], [])).Code.ShouldBe("solvency-rows");
    }

    [Fact]
    public void Run_GainsOfOneAccount_NeverPayForAnother()
    {
        // One owner, long and short: whatever one account gains, the other's loss is uncovered in full.
        int[][] rows = [[100, -100]];
        var found = ShortfallPass.Run(rows, [new SolvencyAccount("long", "o", 0, [new RowLots(0, 1)]), new SolvencyAccount("short", "o", 0, [new RowLots(0, -1)]), new SolvencyAccount("rich", "r", 1_000_000, [])]);
        found.Totals.ToArray().ShouldBe([100, 100]);
        found.Largest.ToArray().ShouldBe([100, 100]);
        found.TwoLargest.ToArray().ShouldBe([100, 100]);
    }

    private static void Check(RandomBook book, LossStretch stretch)
    {
        var (totals, largest, two) = Definition(book, stretch);
        for (var threads = 1; threads <= 2; threads++)
        {
            var found = ShortfallPass.Run(book.Rows, book.Accounts, stretch, threads);
            found.Totals.ToArray().ShouldBe(totals);
            found.Largest.ToArray().ShouldBe(largest);
            found.TwoLargest.ToArray().ShouldBe(two);
        }
    }

    private static (long[] Totals, long[] Largest, long[] Two) Definition(RandomBook book, LossStretch stretch)
    {
        var totals = new long[book.Scenarios];
        var largest = new long[book.Scenarios];
        var two = new long[book.Scenarios];
        for (var s = 0; s < book.Scenarios; s++)
        {
            var owners = new Dictionary<string, BigInteger>();
            foreach (var account in book.Accounts)
            {
                var gain = account.Holdings.Aggregate(BigInteger.Zero, (sum, h) => sum + ((BigInteger)h.Lots * book.Rows[h.Row][s]));
                if (gain < 0)
                {
                    // Floored division: a loss is rounded away from 0.
                    var scaled = gain * stretch.Parts;
                    gain = BigInteger.Divide(scaled - ((1L << 30) - 1), 1L << 30);
                }

                var worth = account.Equity + gain;
                owners[account.Owner] = owners.GetValueOrDefault(account.Owner) + (worth < 0 ? -worth : 0);
            }

            BigInteger[] losses = [.. owners.Values.OrderDescending()];
            totals[s] = (long)losses.Aggregate(BigInteger.Zero, (a, b) => a + b);
            largest[s] = losses.Length > 0 ? (long)losses[0] : 0;
            two[s] = (long)losses.Take(2).Aggregate(BigInteger.Zero, (a, b) => a + b);
        }

        return (totals, largest, two);
    }
}
