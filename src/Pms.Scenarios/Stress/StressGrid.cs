using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Scenarios.Stress;

/// <summary>The deterministic scenarios: the grid of spot, vol, skew and term; tails; coins that move apart; depegs; single turns.</summary>
/// <remarks>Moves are those of one day and grow with the root of the horizon; the unmoved scenario comes first.</remarks>
public static class StressGrid
{
    /// <summary>Name and version in a scenario set.</summary>
    public const string Name = "stress-grid/1";

    /// <exception cref="InvalidInputException"><c>stress-parameter</c>, <c>stress-count</c></exception>
    public static ScenarioBatch Make(RiskFactors factors, StressParameters parameters, double horizonYears)
    {
        ArgumentNullException.ThrowIfNull(factors);
        ArgumentNullException.ThrowIfNull(parameters);
        parameters.Validate();
        var grow = Math.Sqrt(365 * horizonYears);
        var moves = new List<Move> { new("nothing moves", 1, new CoinMove[factors.Coins.Length], 0, 0) };
        moves.AddRange(Grid(factors, parameters));
        moves.AddRange(Tails(factors, parameters));
        moves.AddRange(Apart(factors, parameters));
        moves.AddRange(parameters.Points.Select(p => new Move(
            p.Name,
            p.LossShare,
            [.. factors.Coins.Select(c => new CoinMove(p.SpotLogReturn * parameters.ScaleOf(c), p.VolLogChange, p.SkewChange, p.TermTilt, p.BasisChange))],
            0,
            0)));
        if (!factors.Pegs.IsEmpty)
        {
            moves.AddRange(parameters.Depegs.Select(p => new Move(
                p.Name,
                p.LossShare,
                [.. factors.Coins.Select(c => new CoinMove(p.SpotLogReturn * parameters.ScaleOf(c), p.VolLogChange, 0, 0, 0))],
                p.StableLogChange,
                p.StakedLogChange)));
        }

        if (moves.Count > StressParameters.MaxScenarios)
        {
            throw new InvalidInputException("stress-count", $"the grid has {moves.Count} scenarios: at most {StressParameters.MaxScenarios} are allowed");
        }

        var columns = new ScenarioColumns(factors, moves.Count);
        for (var s = 0; s < moves.Count; s++)
        {
            for (var c = 0; c < factors.Coins.Length; c++)
            {
                // A move of the whole market over one day, held to what is left of a price: e^-3.
                var move = moves[s].Coins[c];
                columns.SpotLogReturn(c)[s] = Math.Clamp(grow * move.Spot, -MostLogMove, MostLogMove);
                columns.SkewChange(c)[s] = grow * move.Skew;
                columns.BasisChange(c)[s] = grow * move.Basis;
                for (var t = 0; t < RiskFactors.VolTenorDays.Length; t++)
                {
                    var days = RiskFactors.VolTenorDays[t];
                    columns.VolLogChange(c, t)[s] = Math.Clamp(grow * (parameters.AtTenor(move.Vol, days) + (move.Term * Tilt(days, parameters.BackTilt))), -MostLogMove, MostLogMove);
                }
            }

            for (var p = 0; p < factors.Pegs.Length; p++)
            {
                // A broken peg is an event, not a diffusion: it does not grow with the horizon.
                columns.PegLogChange(p)[s] = factors.Pegs[p].Anchor == Asset.Usd ? moves[s].Stable : moves[s].Staked;
            }
        }

        return new ScenarioBatch(ScenarioFamily.Stress, Name, columns, [.. moves.Select(m => m.LossShare)], [.. moves.Select(m => m.Label)]);
    }

    private const double MostLogMove = 3;

    /// <summary>1 at one day, 0 at 30, minus the back's share at 365; linear in ln days on each side.</summary>
    private static double Tilt(double days, double back) => days < 30
        ? ElementaryMath.LogRatio(30, days) / ElementaryMath.Log(30)
        : -back * ElementaryMath.LogRatio(days, 30) / ElementaryMath.LogRatio(365, 30);

    private static IEnumerable<Move> Grid(RiskFactors factors, StressParameters p)
    {
        foreach (var spot in p.SpotSteps)
        {
            foreach (var step in p.VolSteps)
            {
                var vol = p.VolWith(step, spot);
                foreach (var skew in p.SkewSteps)
                {
                    foreach (var term in p.TermSteps)
                    {
                        if (spot == 0 && vol == 0 && skew == 0 && term == 0)
                        {
                            continue;
                        }

                        var label = $"spot {Percent(spot * p.FullMove)}, vol {Percent(vol)}, skew {skew:+0.###;-0.###;0}, term {term:+0.###;-0.###;0}";
                        yield return new Move(label, 1, [.. factors.Coins.Select(c => new CoinMove(spot * p.FullMove * p.ScaleOf(c), vol, skew, term, 0))], 0, 0);
                    }
                }
            }
        }
    }

    /// <summary>All coins together; each with vol up and, for the risk of a rally that calms, with vol as it is.</summary>
    private static IEnumerable<Move> Tails(RiskFactors factors, StressParameters p)
    {
        var most = p.VolSteps.Max();
        foreach (var fraction in p.TailMoves)
        {
            var log = ElementaryMath.Log1p(fraction);
            var up = p.VolWith(Math.Min(most * ElementaryMath.Pow(Math.Max(Math.Abs(log) / p.FullMove, 1), p.TailVolPower), p.TailVolMost), log / p.FullMove);
            var skew = Math.Clamp(p.TailSkewPerLogReturn * log, -p.TailSkewMost, p.TailSkewMost);
            foreach (var (vol, how) in ((double, string)[])[(up, "vol up"), (0, "vol same")])
            {
                yield return new Move(
                    $"tail {100 * fraction:+0;-0} %, {how}", p.LossShare(log), [.. factors.Coins.Select(c => new CoinMove(TailOf(log, p.ScaleOf(c)), vol, skew, 0, 0))], 0, 0);
            }
        }
    }

    /// <summary>A coin of larger scale moves further in the tail, but none further than the farthest of BTC: down to -66 %, up to +500 %.</summary>
    private static double TailOf(double log, double scale) => Math.Clamp(log * scale, Math.Min(log, -2.3), Math.Max(log, 1.8));

    /// <summary>Correlation breaks down: one coin alone, and one against all others.</summary>
    private static IEnumerable<Move> Apart(RiskFactors factors, StressParameters p)
    {
        if (factors.Coins.Length < 2)
        {
            yield break;
        }

        var up = p.VolSteps.Max();
        for (var one = 0; one < factors.Coins.Length; one++)
        {
            foreach (var sign in (int[])[-1, 1])
            {
                foreach (var others in (int[])[0, -1])
                {
                    var alone = one;
                    var step = sign * p.BreakdownMove;
                    var move = step * p.FullMove;
                    yield return new Move(
                        $"{factors.Coins[one]} {Percent(move * p.ScaleOf(factors.Coins[one]))} {(others == 0 ? "alone" : "against the others")}",
                        p.BreakdownShare,
                        [.. factors.Coins.Select((c, i) => i == alone
                            ? new CoinMove(move * p.ScaleOf(c), p.VolWith(up, step), 0, 0, 0)
                            : new CoinMove(others * move * p.ScaleOf(c), others == 0 ? 0 : p.VolWith(up, -step), 0, 0, 0))],
                        0,
                        0);
                }
            }
        }
    }

    private static string Percent(double log) => $"{100 * ElementaryMath.Expm1(log):+0.#;-0.#;0} %";

    private readonly record struct CoinMove(double Spot, double Vol, double Skew, double Term, double Basis);

    private sealed record Move(string Label, double LossShare, CoinMove[] Coins, double Stable, double Staked);
}
