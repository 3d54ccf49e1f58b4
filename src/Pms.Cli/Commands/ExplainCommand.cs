using System.CommandLine;
using Pms.Cli.Output;

namespace Pms.Cli.Commands;

/// <summary><c>pms explain</c>: why an account's requirement is what it is; with <c>--case</c>, the profit of one option by Greeks.</summary>
internal static class ExplainCommand
{
    public static Command Create()
    {
        var file = new Option<string?>("--case") { Description = "one option's move, or a list of them, split into Greeks (docs/cli.md); - reads standard input" };
        return PmsCommand.Create(
            "explain",
            "Why an account's requirement is what it is; with --case, the profit of one option by Greeks beside its full revaluation.",
            "pms explain --json --case move.json",
            (context, _) => Task.FromResult(Case(context, context.Get(file) ?? throw new Primitives.InvalidInputException("no-input", "--case FILE is missing"))),
            [file]);
    }

    private static int Case(CommandContext context, string path)
    {
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
