using System.Numerics;

namespace Pms.Margin.Explain;

/// <summary>Exact Shapley shares and interactions of a few players whose every coalition has been valued.</summary>
/// <remarks>
/// Shapley (1953), "A value for n-person games": the only split that adds up to the total, gives equal players equal shares and an idle player nothing, and
/// is linear in the game. Harsanyi (1963): what a coalition is worth beyond all its parts is its dividend, and a share is the sum of equal parts of dividends.
/// Coalitions are numbered by bits: bit i is set where player i takes part.
/// </remarks>
public static class ShapleyValue
{
    /// <summary>2^n values are held; more players need sampling, which is not here.</summary>
    public const int MostPlayers = 12;

    /// <param name="value">[2^n] worth of each coalition; that of nobody is subtracted</param>
    /// <param name="share">[n] receives the shares, which add up to value[all] - value[nobody]</param>
    /// <exception cref="ArgumentException">lengths that do not fit, or more than <see cref="MostPlayers"/></exception>
    public static void Split(ReadOnlySpan<double> value, Span<double> share)
    {
        var players = Players(value.Length, share.Length);
        Span<double> weight = stackalloc double[MostPlayers];
        for (var others = 0; others < players; others++)
        {
            // others! (n - others - 1)! / n! = 1 / (n C(n - 1, others))
            weight[others] = 1.0 / (players * Choose(players - 1, others));
        }

        for (var player = 0; player < players; player++)
        {
            var own = 1 << player;
            var sum = 0.0;
            for (var coalition = 0; coalition < value.Length; coalition++)
            {
                if ((coalition & own) == 0)
                {
                    sum += weight[BitOperations.PopCount((uint)coalition)] * (value[coalition | own] - value[coalition]);
                }
            }

            share[player] = sum;
        }
    }

    /// <summary>Turns the worth of coalitions into dividends, in place: what each adds to the sum of all its parts.</summary>
    /// <param name="value">[2^n]</param>
    public static void ToDividends(Span<double> value)
    {
        var players = Players(value.Length, BitOperations.Log2((uint)Math.Max(value.Length, 1)));
        for (var player = 0; player < players; player++)
        {
            var own = 1 << player;
            for (var coalition = 0; coalition < value.Length; coalition++)
            {
                if ((coalition & own) != 0)
                {
                    value[coalition] -= value[coalition ^ own];
                }
            }
        }
    }

    private static int Players(int coalitions, int players) => players <= MostPlayers && coalitions == 1 << players
        ? players
        : throw new ArgumentException($"{coalitions} coalitions for {players} players: 2^n of at most {MostPlayers} players are required", nameof(players));

    private static double Choose(int n, int k)
    {
        var result = 1.0;
        for (var i = 1; i <= k; i++)
        {
            result = result * (n - k + i) / i;
        }

        return result;
    }
}
