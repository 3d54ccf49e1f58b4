using System.Text.Json.Nodes;
using Pms.Liquidation.Costs;
using Pms.Margin.Venues.Cases;
using Pms.Primitives;

namespace Pms.Liquidation.Cases;

/// <summary>Cases of what trading costs.</summary>
internal static class CostCases
{
    public static readonly CaseKind[] Kinds =
    [
        new("almgren_chriss", ["optimal_execution"], ["X", "T_days", "N", "sigma_per_day", "eta", "gamma", "epsilon", "risk_aversion"], c => c.Has("eta"), Execution),
        new("sqrt_impact", ["square_root_impact", "impact"], ["Y", "sigma_day", "Q", "ADV"], c => c.Has("adv", "daily_volume"), Impact),
        new("ofi", ["order_flow_imbalance"], ["book", "depth"], c => c.Has("book"), Imbalance),
    ];

    private static JsonObject Execution(CaseObject c)
    {
        var steps = c.Number("N", "steps");
        if (steps != Math.Floor(steps) || steps is < 1 or > int.MaxValue)
        {
            throw new InvalidInputException("cost-input", $"'N' is {steps}: a whole number from 1 is required");
        }

        var plan = AlmgrenChriss.Optimal(new AlmgrenChrissInputs(
            Size: c.Number("X", "size", "shares"),
            Days: c.Number("T_days", "T", "days"),
            Steps: (int)steps,
            DayVol: c.Number("sigma_per_day", "sigma", "sigma_day"),
            TemporaryImpact: c.Number("eta"),
            PermanentImpact: c.NumberOr(0, "gamma"),
            HalfSpread: c.NumberOr(0, "epsilon", "half_spread"),
            RiskAversion: c.Number("risk_aversion", "lambda")));
        var answer = new JsonObject { ["kappa_tilde"] = plan.KappaTilde, ["kappa"] = plan.Kappa };
        if (plan.HalfLifeDays is { } days)
        {
            answer["half_life_days"] = days;
        }

        answer["trajectory"] = List(plan.Trajectory);
        answer["trades"] = List(plan.Trades);
        answer["expected_cost"] = plan.ExpectedCost;
        answer["variance"] = plan.Variance;
        answer["sd"] = plan.StandardDeviation;
        return answer;
    }

    private static JsonObject Impact(CaseObject c)
    {
        var size = c.Number("Q", "size", "quantity");
        var impact = SquareRootImpact.Relative(c.NumberOr(1, "Y", "factor"), c.Number("sigma_day", "sigma_per_day", "sigma", "daily_vol"), size, c.Number("ADV", "daily_volume"));
        return new JsonObject { ["impact"] = impact, ["cost"] = impact * size };
    }

    private static JsonObject Imbalance(CaseObject c)
    {
        var book = c.Objects("book", "quotes").Select(q => new BestQuotes(q.Number("bid"), q.Number("bid_size"), q.Number("ask"), q.Number("ask_size"))).ToArray();
        var e = OrderFlowImbalance.Contributions(book);
        var answer = new JsonObject { ["e_n"] = List(e), ["OFI"] = e.Sum() };
        if (c.NumberOrNull("depth") is { } depth)
        {
            answer["price_change"] = OrderFlowImbalance.PriceChange(e.Sum(), depth);
        }

        return answer;
    }

    internal static JsonArray List(IEnumerable<double> values) => [.. values.Select(v => (JsonNode)(v + 0.0))];
}
