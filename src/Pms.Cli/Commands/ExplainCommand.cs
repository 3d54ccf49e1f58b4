using System.CommandLine;
using Pms.Cli.Output;
using Pms.Margin.Explain;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms explain</c>: why an account's margin is what it is; with <c>--case</c>, the profit of one option by Greeks.</summary>
internal static class ExplainCommand
{
    private const int MostWorst = 10_000;
    private const int ContributionsShown = 3;

    public static Command Create()
    {
        var inputs = new MarginInputs();
        var account = AccountOption();
        var worst = new Option<int>("--worst") { Description = $"how many of the worst scenarios are listed, 0 to {MostWorst}", DefaultValueFactory = _ => 20 };
        var noDecay = new Option<bool>("--no-decay") { Description = "leave out the margin at later times, which takes a risk array for each", Arity = ArgumentArity.Zero };
        var file = new Option<string?>("--case") { Description = "one option's move, or a list of them, split into Greeks (docs/cli.md); - reads standard input" };
        return PmsCommand.Create(
            "explain",
            "Why an account's margin is what it is: by position, by cause, over spot and vol, in the worst scenarios and at later times; with --case, one option's profit by Greeks.",
            "pms explain --board board.csv.gz --portfolio book.csv --account a1",
            (context, _) => Task.FromResult(context.Get(file) is { } path
                ? Case(context, path, [.. inputs.All, account, worst, noDecay])
                : Explain(context, inputs, account, context.Get(worst), !context.Get(noDecay))),
            [.. inputs.All, account, worst, noDecay, file]);
    }

    internal static Option<string?> AccountOption() => new("--account") { Description = "account of the portfolio; may be left out where there is only one" };

    /// <summary>The account asked for, or the only one.</summary>
    internal static Margin.Portfolios.Account AccountOf(MarginRun run, string? id)
    {
        return id is not null ? run.Account(id)
            : run.Portfolio.Accounts.Length == 1 ? run.Portfolio.Accounts[0]
            : throw new InvalidInputException("no-input", $"--account is missing: the portfolio has {run.Portfolio.Accounts.Length} accounts, {run.Portfolio.Accounts[0].Id} the first");
    }

    private static int Explain(CommandContext context, MarginInputs inputs, Option<string?> account, int worst, bool withDecay)
    {
        if (worst is < 0 or > MostWorst)
        {
            throw new InvalidInputException("worst-range", $"--worst {worst}: 0 to {MostWorst} are possible");
        }

        var run = inputs.Read(context);
        var chosen = AccountOf(run, context.Get(account));
        var epoch = run.Epoch();
        var explanation = AccountExplanation.Of(epoch.Engine, chosen, new ExplainOptions { WorstScenarios = worst, WithDecay = withDecay });
        if (context.Json)
        {
            JsonOutput.Write(ExplainDocument.Of(MarginProvenance.Of(epoch), explanation));
        }
        else
        {
            Write(explanation);
        }

        return ExitCode.Ok;
    }

    private static void Write(AccountExplanation e)
    {
        var m = e.Margin;
        Console.WriteLine($"{m.AccountId}: equity {Usd(m.Equity)}, maintenance {Usd(m.Maintenance)}, initial {Usd(m.Initial)} USD; binding: {m.Binding}");
        Console.WriteLine($"ES {m.Tail.Level.Alpha:P1} of the contracts {Usd(m.Tail.Es)} ± {m.Tail.StandardError / Money.UnitsPerUsd:N0}, over {m.Tail.Tail.Count} scenarios");
        Console.WriteLine();
        Console.WriteLine("By position (USD)");
        var positions = new TextTable("instrument", "quantity", "ES share", "±", "alone", "marginal", "MM alone", "MM marginal", "delta", "gamma", "vega", "skew", "term", "theta", "basis", "peg");
        foreach (var p in e.Positions)
        {
            var t = p.Split.Shapley;
            positions.Add(
                p.Es.Name,
                [
                    $"{p.Quantity:G29}", Usd(p.Es.Es), $"{p.Es.StandardError / Money.UnitsPerUsd:N0}", Usd(p.Es.Standalone), Usd(p.Es.Marginal),
                    p.StandaloneMaintenance is { } alone ? Usd(alone) : "", p.MarginalMaintenance is { } marginal ? Usd(marginal) : "",
                    .. new[] { t.Delta, t.Gamma, t.Vega, t.Skew, t.Term, t.Theta, t.Basis, t.Peg }.Select(v => $"{v:N0}"),
                ]);
        }

        positions.Write();
        Console.WriteLine("By cause (USD, loss positive)");
        var causes = new TextTable("", "total", "delta", "gamma", "vega", "skew", "term", "theta", "basis", "peg", "cross", "vanna", "volga", "residual");
        AddCauses(causes, "tail", e.Tail);
        if (e.Grid is { } grid)
        {
            AddCauses(causes, m.Grid.Description, grid);
        }

        causes.Write();
        WriteHeatMap("Gain of the contracts over spot and vol (USD; * the worst)", e.Contracts);
        WriteHeatMap("Gain with collateral", e.Account);
        Console.WriteLine("Worst scenarios (USD)");
        var worst = new TextTable("scenario", "spot, vol ", "gain", "counted loss", "largest parts ");
        foreach (var w in e.Worst)
        {
            worst.Add(w.Description, string.Join(", ", w.Moves.Select(v => $"{v.Coin} {v.Spot:+0%;-0%;0%} {v.Vol:+0%;-0%;0%}")), Usd(w.Pnl), Usd(w.CountedLoss), string.Join(", ", w.Contributions.Take(ContributionsShown).Select(c => $"{c.Name} {Usd(c.Pnl)}")));
        }

        worst.Write();
        if (!e.Decay.IsEmpty)
        {
            Console.WriteLine("If nothing moves (USD)");
            var decay = new TextTable("at", "what ", "contracts", "ES", "maintenance");
            foreach (var d in e.Decay)
            {
                decay.Add(d.At.ToIso(), d.Event, $"{d.Positions}", Usd(d.Es), Usd(d.Maintenance));
            }

            decay.Write();
        }
    }

    private static void AddCauses(TextTable table, string name, ExposureSplit split)
    {
        foreach (var (label, t) in new[] { ("Shapley", split.Shapley), ("alone", split.Alone) })
        {
            table.Add($"{name}, {label}", [.. new[] { t.Total, t.Delta, t.Gamma, t.Vega, t.Skew, t.Term, t.Theta, t.Basis, t.Peg, t.Cross }.Select(v => $"{v:N0}"), "", "", $"{t.Residual:N2}"]);
        }

        var y = split.Taylor;
        table.Add($"{name}, Taylor", $"{y.Full:N0}", $"{y.Delta:N0}", $"{y.Gamma:N0}", $"{y.Vega:N0}", "", "", $"{y.Theta:N0}", "", "", "", $"{y.Vanna:N0}", $"{y.Volga:N0}", $"{y.Residual:N0}");
    }

    private static void WriteHeatMap(string title, HeatMap map)
    {
        Console.WriteLine(title);
        var table = new TextTable(["vol \\ spot", .. map.SpotMoves.Select(s => $"{s:+0%;-0%;0%}")]);
        for (var v = 0; v < map.VolMoves.Length; v++)
        {
            table.Add($"{map.VolMoves[v]:+0%;-0%;0%}", [.. map.Pnl[v].Select((p, s) => $"{p:N0}{(v == map.WorstVol && s == map.WorstSpot ? "*" : "")}")]);
        }

        table.Write();
    }

    private static string Usd(long money) => $"{Money.Usd(money):N0}";

    private static int Case(CommandContext context, string path, Symbol[] others)
    {
        context.Refuse("a case has all its inputs in the file", others);
        using var stream = CommandContext.OpenInput(path);
        var (results, isList) = PnlExplainCase.Read(stream);
        if (!context.Json)
        {
            var table = new TextTable("id", "full revaluation", "delta", "gamma", "vega", "theta", "vanna", "volga", "residual");
            foreach (var r in results)
            {
                if (r.Error is { } error)
                {
                    table.AddMessage(r.Id ?? "", $"{error.Message} [{error.Code}]");
                    continue;
                }

                table.Add(r.Id ?? "", [.. new[] { r.FullRevaluation, r.Delta, r.Gamma, r.Vega, r.Theta, r.Vanna, r.Volga, r.Residual }.Select(v => $"{v:G10}")]);
            }

            table.Write();
        }
        else if (isList)
        {
            JsonOutput.Write(new PnlExplainResults(results));
        }
        else
        {
            JsonOutput.Write(results[0]);
        }

        return results.All(r => r.Error is null) ? ExitCode.Ok : ExitCode.Failed;
    }
}
