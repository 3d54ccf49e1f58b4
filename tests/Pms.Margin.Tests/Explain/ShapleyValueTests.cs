using Pms.Margin.Explain;
using Pms.Numerics;
using Pms.Testing;

namespace Pms.Margin.Tests.Explain;

public sealed class ShapleyValueTests
{
    [Fact]
    public void Split_GloveGame_IsTheTextbookAnswer()
    {
        // Two left gloves and a right one; a pair is worth 1 (players 0 and 1 left, 2 right): 1/6, 1/6, 2/3.
        double[] value = [0, 0, 0, 0, 0, 1, 1, 1];
        var share = new double[3];
        ShapleyValue.Split(value, share);
        share[0].ShouldBe(1 / 6.0, 1e-15);
        share[1].ShouldBe(1 / 6.0, 1e-15);
        share[2].ShouldBe(2 / 3.0, 1e-15);
    }

    /// <summary>Against the mean over all orders of arrival, and the four axioms, on random games.</summary>
    [Fact]
    public void Split_RandomGames_ObeysTheAxioms()
    {
        var stream = new RandomStream(71);
        ulong drawn = 0;
        for (var game = 0; game < FuzzBudget.Cases(2_000); game++)
        {
            var n = 1 + (game % 6);
            var value = new double[1 << n];
            for (var c = 0; c < value.Length; c++)
            {
                value[c] = stream.Uniform(drawn++) - 0.5;
            }

            var share = Shares(value, n);
            share.Sum().ShouldBe(value[^1] - value[0], 1e-13);
            var byOrder = ByOrder(value, n);
            for (var i = 0; i < n; i++)
            {
                share[i].ShouldBe(byOrder[i], 1e-13);
            }

            // A share is the sum of equal parts of the dividends of the coalitions that hold the player.
            var dividend = value.ToArray();
            ShapleyValue.ToDividends(dividend);
            for (var i = 0; i < n; i++)
            {
                Enumerable.Range(0, value.Length).Where(c => (c >> i & 1) == 1).Sum(c => dividend[c] / System.Numerics.BitOperations.PopCount((uint)c)).ShouldBe(share[i], 1e-12);
            }

            // One more player, who changes nothing, gets nothing and leaves the others what they had.
            var idle = Shares([.. value, .. value], n + 1);
            idle[n].ShouldBe(0);
            idle.Take(n).Zip(share).ShouldAllBe(p => Math.Abs(p.First - p.Second) < 1e-13);

            // Equal players get equal shares: a game that sees only how many take part.
            var symmetric = Shares([.. Enumerable.Range(0, value.Length).Select(c => value[(1 << System.Numerics.BitOperations.PopCount((uint)c)) - 1])], n);
            symmetric.ShouldAllBe(s => Math.Abs(s - symmetric[0]) < 1e-13);

            // Linear.
            var twice = Shares([.. value.Select(v => (2 * v) + 1)], n);
            twice.Zip(share).ShouldAllBe(p => Math.Abs(p.First - (2 * p.Second)) < 1e-13);
        }
    }

    [Fact]
    public void Split_LengthsThatDoNotFit_Throws()
    {
        Should.Throw<ArgumentException>(() => ShapleyValue.Split(new double[6], new double[3]));
        Should.Throw<ArgumentException>(() => ShapleyValue.ToDividends(new double[6]));
        Should.Throw<ArgumentException>(() => ShapleyValue.Split(new double[1 << 13], new double[13]));
    }

    private static double[] Shares(double[] value, int n)
    {
        var share = new double[n];
        ShapleyValue.Split(value, share);
        return share;
    }

    private static double[] ByOrder(double[] value, int n)
    {
        var sum = new double[n];
        var orders = 0;
        void Walk(int present)
        {
            if (present == value.Length - 1)
            {
                orders++;
            }
        }

        void Arrive(int present, List<(int Player, double Gain)> gains)
        {
            if (gains.Count == n)
            {
                Walk(present);
                foreach (var (player, gain) in gains)
                {
                    sum[player] += gain;
                }

                return;
            }

            for (var i = 0; i < n; i++)
            {
                if ((present >> i & 1) == 0)
                {
                    Arrive(present | (1 << i), [.. gains, (i, value[present | (1 << i)] - value[present])]);
                }
            }
        }

        Arrive(0, []);
        return [.. sum.Select(s => s / orders)];
    }
}
