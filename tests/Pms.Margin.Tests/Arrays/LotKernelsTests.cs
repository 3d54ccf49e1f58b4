using Pms.Margin.Arrays;
using Pms.Numerics;

namespace Pms.Margin.Tests.Arrays;

public sealed class LotKernelsTests
{
    [Fact]
    public void GainsAndAtMost_EveryLength_EqualPlainLoops()
    {
        var draw = new RandomStream(301);
        ulong next = 0;
        double Uniform() => draw.Uniform(next++);
        for (var length = 0; length <= 200; length++)
        {
            // Lots beyond an int take the scalar way.
            var scale = length % 5 == 4 ? 1e12 : 1e9;
            var rows = Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, length).Select(_ => (int)((Uniform() - 0.5) * 4e6)).ToArray()).ToArray();
            var holdings = rows.Select((_, r) => new RowLots(r, (long)((Uniform() - 0.5) * scale))).ToArray();
            var expected = Enumerable.Range(0, length).Select(s => holdings.Sum(h => h.Lots * rows[h.Row][s])).ToArray();
            var gains = new long[length];
            LotKernels.Gains(rows, holdings, gains);
            gains.ShouldBe(expected);
            LotKernels.Gains(rows, holdings.AsSpan(0, 2), expected, gains);
            gains.ShouldBe([.. expected.Select((g, s) => g + (holdings[0].Lots * rows[0][s]) + (holdings[1].Lots * rows[1][s]))]);
            LotKernels.Gains(rows, holdings, gains);

            var added = (long[])gains.Clone();
            LotKernels.AddScaled(rows[0], holdings[1].Lots, added);
            added.ShouldBe([.. gains.Select((g, s) => g + (holdings[1].Lots * rows[0][s]))]);

            var found = new int[length];
            foreach (var limit in new[] { long.MinValue, added.Append(0).Order().ElementAt(length / 10), 0, long.MaxValue })
            {
                var count = LotKernels.AtMost(gains, rows[0], holdings[1].Lots, limit, found);
                found[..count].ShouldBe([.. Enumerable.Range(0, length).Where(s => added[s] <= limit)]);
                count = LotKernels.AtMost(added, [], 0, limit, found);
                found[..count].ShouldBe([.. Enumerable.Range(0, length).Where(s => added[s] <= limit)]);
            }
        }
    }

    [Fact]
    public void Kernels_LengthsThatDiffer_Refuse()
    {
        Should.Throw<ArgumentException>(() => LotKernels.AddScaled(new int[3], 1, new long[4]));
        Should.Throw<ArgumentException>(() => LotKernels.Gains([new int[3]], [new RowLots(0, 1)], new long[4]));
        Should.Throw<ArgumentException>(() => LotKernels.Gains([new int[4]], [new RowLots(0, 1)], new long[3], new long[4]));
        Should.Throw<ArgumentException>(() => LotKernels.AtMost(new long[4], new int[3], 1, 0, new int[4]));
        Should.Throw<ArgumentException>(() => LotKernels.AtMost(new long[4], [], 1, 0, new int[3]));
    }
}
