using System.CommandLine;
using Pms.Cli.Output;
using Pms.Liquidation.Planning;
using Pms.MarketData.Instruments;

namespace Pms.Cli.Commands;

/// <summary><c>pms liquidate</c>: what accounts below their maintenance margin would have to close.</summary>
internal static class LiquidateCommand
{
    public static Command Create()
    {
        var inputs = new MarginInputs();
        var account = new Option<string?>("--account") { Description = "one account of the portfolio; default: all that are below their maintenance margin" };
        var target = new Option<double>("--target") { Description = "equity over maintenance margin to reach, 1 to 3", DefaultValueFactory = _ => LiquidationPolicy.Default.TargetRatio };
        var hedges = new Option<string[]>("--hedge") { Description = "contract that may be opened instead of closing others, as in BTC-PERPETUAL; may be repeated", DefaultValueFactory = _ => [] };
        return PmsCommand.Create(
            "liquidate",
            "The cheapest closing that brings an account back to its target, leg by leg, beside closing pro rata; nothing is traded.",
            "pms liquidate --board board.csv.gz --portfolio book.csv --hedge BTC-PERPETUAL",
            (context, _) => Task.FromResult(Run(context, inputs, account, target, hedges)),
            [.. inputs.All, account, target, hedges]);
    }

    private static int Run(CommandContext context, MarginInputs inputs, Option<string?> account, Option<double> target, Option<string[]> hedges)
    {
        Instrument[] allowed = [.. context.Get(hedges)!.Select(name => DeribitNames.Parse(name))];
        var policy = LiquidationPolicy.Default with { TargetRatio = context.Get(target), Hedges = [.. allowed] };
        policy.Validate();
        var run = inputs.Read(context);
        var chosen = context.Get(account) is { } id ? [run.Account(id)] : run.Portfolio.Accounts;
        var epoch = run.Epoch(allowed);
        var planner = new LiquidationPlanner(epoch.Engine, policy);
        var due = epoch.Engine.EvaluateBook(chosen, threads: run.Threads);
        var plans = chosen.Where((_, i) => due[i].Excess < 0).Select(planner.Plan).ToArray();
        if (context.Json)
        {
            JsonOutput.Write(LiquidationDocument.Of(epoch, plans));
        }
        else
        {
            Write(plans, chosen.Length);
        }

        return plans.Length > 0 ? ExitCode.MarginCall : ExitCode.Ok;
    }

    private static void Write(LiquidationPlan[] plans, int looked)
    {
        foreach (var plan in plans.Select(LiquidationPlanDocument.Of))
        {
            Console.WriteLine(plan.Mode switch
            {
                "handOver" => $"{plan.Account}: equity {plan.Equity:N2} does not pay for closing: handed over",
                _ => $"{plan.Account}: {(plan.Mode == "full" ? "all closed" : "closed in part")}, equity {plan.Equity:N2} -> {plan.EquityAfter:N2}, maintenance {plan.Maintenance:N2} -> {plan.MaintenanceAfter:N2}, cost {plan.Cost:N2}"
                    + (plan.ProRata is { } p ? $" (pro rata {p.Share:P1} of every leg, {p.Cost:N2})" : ""),
            });
            if (plan.Legs.Count == 0)
            {
                continue;
            }

            var table = new TextTable("contract", "change", "", "notional", "cost");
            foreach (var leg in plan.Legs)
            {
                table.Add(leg.Instrument, $"{leg.Quantity:+0.##########;-0.##########}", leg.Hedge ? "hedge" : "", $"{leg.Notional:N2}", $"{leg.Cost:N2}");
            }

            table.Write();
        }

        Console.WriteLine($"{plans.Length} of {looked} accounts are below their maintenance margin");
    }
}
