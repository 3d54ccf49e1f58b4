using System.Collections.Immutable;
using Google.OrTools.LinearSolver;
using Pms.Liquidation.Planning;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;

namespace Pms.Liquidation.Tests.Planning;

/// <summary>The same programme written out whole: Rockafellar and Uryasev's variables for every scenario, a row for every stress scenario, convex costs by many tangents; another solver.</summary>
internal static class ExactProgramme
{
    private const int Tangents = 60;

    /// <summary>Least cost, money units; null: no solution.</summary>
    public static double? LeastCost(
        MarginEngine engine, MarginResult before, ImmutableArray<LiquidationAction> actions, double target, double equity, Func<Asset?, double> errorBar)
    {
        using var solver = Solver.CreateSolver("GLOP");
        const double scale = 1e9;
        var extents = actions.Select(_ => solver.MakeNumVar(0, 1, "")).ToArray();
        var cost = new LinearExpr();
        var addOns = new LinearExpr();
        for (var a = 0; a < actions.Length; a++)
        {
            var (action, u) = (actions[a], extents[a]);
            var impact = solver.MakeNumVar(0, double.PositiveInfinity, "");
            var addOn = solver.MakeNumVar(0, double.PositiveInfinity, "");
            for (var t = 1; t <= Tangents; t++)
            {
                var at = (double)t / Tangents * action.Size;
                var slope = 1.5 * action.Cost.Impact * Math.Sqrt(at);
                solver.Add(impact * scale >= (u * (slope * action.Size)) - (0.5 * action.Cost.Impact * at * Math.Sqrt(at)));
                var left = (t - 1.0) / Tangents * action.Size;
                var (charge, chargeSlope) = action.Liquidity.AddOn(left, engine.Parameters.Concentration.Factor);
                solver.Add(addOn * scale >= (u * (-chargeSlope * action.Size)) + (charge + (chargeSlope * (action.Size - left))));
            }

            cost += (u * (action.Cost.PerLot * action.Size / scale)) + impact;
            addOns += addOn;
        }

        var cores = new List<LinearExpr>();
        LinearExpr Core(Asset? coin)
        {
            var core = solver.MakeNumVar(0, double.PositiveInfinity, "");
            var own = Enumerable.Range(0, actions.Length).Where(a => coin is null || CoinOf(engine, actions[a].Row) == coin).ToArray();
            LinearExpr Loss(int scenario)
            {
                // The account holds the opposite of what closing it in full changes.
                var loss = new LinearExpr();
                foreach (var a in own)
                {
                    var whole = actions[a].Lots * (double)engine.Array.Rows[actions[a].Row].Ticks[scenario] / scale;
                    loss += (extents[a] * -whole) + whole;
                }

                return loss;
            }

            var level = engine.Parameters.Measure.CoherentLevel;
            var boundary = solver.MakeNumVar(double.NegativeInfinity, double.PositiveInfinity, "");
            LinearExpr es = boundary + 0;
            for (var s = 0; s < engine.Set.TailCount; s++)
            {
                var beyond = solver.MakeNumVar(0, double.PositiveInfinity, "");
                solver.Add(beyond >= Loss(s) - boundary);
                es += beyond * (engine.Set.Weights[s] / ((1 - level.Alpha) * engine.Design.TotalWeight));
            }

            solver.Add(core >= es + (errorBar(coin) / scale));
            for (var s = engine.Set.TailCount; s < engine.Set.Count; s++)
            {
                solver.Add(core >= Loss(s) * engine.Set.LossShares[s - engine.Set.TailCount]);
            }

            return core + 0;
        }

        var buffer = 1 + engine.Parameters.AntiProcyclicality.Buffer;
        solver.Add((equity / scale) - cost >= (target * buffer * Core(null)) + (target * addOns));
        var coins = before.Holdings.Select(h => CoinOf(engine, h.Row)).Distinct().ToArray();
        if (coins.Length > 1)
        {
            var sum = new LinearExpr();
            foreach (var coin in coins)
            {
                sum += Core(coin);
            }

            solver.Add((equity / scale) - cost >= (target * buffer * (1 - engine.Parameters.Diversification.BenefitCap) * sum) + (target * addOns));
        }

        solver.Minimize(cost);
        return solver.Solve() == Solver.ResultStatus.OPTIMAL ? solver.Objective().Value() * scale : null;
    }

    public static Asset CoinOf(MarginEngine engine, int row) => engine.Array.Rows[row].Key.Instrument!.Underlying.Base;
}
