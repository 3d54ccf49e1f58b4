using System.Diagnostics;
using Pms.Liquidation.Planning;
using Pms.Numerics;

namespace Pms.Liquidation.Tests.Planning;

public sealed class LiquidationPlannerTests
{
    [Fact]
    public void Explore()
    {
        var engine = DistressedBooks.Engine;
        Console.WriteLine($"scenarios {engine.Set.Count} tail {engine.Set.TailCount}");
        var planner = new LiquidationPlanner(engine, LiquidationPolicy.Default);
        var random = new RandomStream(5);
        var gaps = new List<double>(); var times = new List<double>(); var pr = new List<double>(); var legs = new List<double>();
        var modes = new Dictionary<LiquidationMode, int>();
        for (var c = 0; c < 300; c++)
        {
            if (DistressedBooks.Draw(random.Derive((ulong)c)) is not { } account)
            {
                continue;
            }

            var t = Stopwatch.GetTimestamp();
            var plan = planner.Plan(account);
            times.Add(Stopwatch.GetElapsedTime(t).TotalMilliseconds);
            legs.Add(account.Positions.Length);
            modes[plan.Mode] = modes.GetValueOrDefault(plan.Mode) + 1;
            if (plan.Mode == LiquidationMode.Partial)
            {
                gaps.Add(plan.Gap ?? 99);
                pr.Add(plan.ProRata is { } p ? (double)plan.Cost / p.Cost : 0);
                if (plan.Gap is > 0.03 or < -0.03 || (double)plan.Cost > plan.ProRata?.Cost) Console.WriteLine($"case {c}: gap {plan.Gap:P2} cost {plan.Cost} least {plan.LeastCost:F0} ratio {plan.RatioAfter:F4} legs {plan.Legs.Length}/{plan.Before.Holdings.Length} binding {plan.Before.Binding} -> {plan.After.Binding} prorata {plan.ProRata?.Cost}\n   {string.Join(' ', plan.Before.Components.Where(x => x.Amount != 0).Select(x => $"{x.Name} {x.Amount / 1000000}"))} E {plan.Before.Equity / 1000000}\n   {string.Join(' ', plan.After.Components.Where(x => x.Amount != 0).Select(x => $"{x.Name} {x.Amount / 1000000}"))}\n   {string.Join(' ', plan.After.StandAlone)}\n   {string.Join(' ', plan.Before.StandAlone)}");
            }
        }

        gaps.Sort(); times.Sort(); pr.Sort(); legs.Sort();
        Console.WriteLine(string.Join(' ', modes) + $" legs median {legs[legs.Count / 2]} most {legs[^1]}");
        Console.WriteLine($"gap median {gaps[gaps.Count / 2]:P3} p90 {gaps[gaps.Count * 9 / 10]:P3} worst {gaps[^1]:P2}; least {gaps[0]:P3}; ms median {times[times.Count / 2]:F2} p90 {times[times.Count * 9 / 10]:F2}; cost/prorata median {pr[pr.Count / 2]:P1} worst {pr[^1]:P1}");
    }
}
