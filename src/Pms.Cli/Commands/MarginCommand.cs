using System.CommandLine;
using Pms.Cli.Output;
using Pms.Margin.Venues.Cases;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms margin</c>: what accounts must hold, by this system's model or by a venue's; a book on a board, or single cases of one model.</summary>
internal static class MarginCommand
{
    public static Command Create()
    {
        var inputs = new MarginInputs();
        var model = new Option<string?>("--model") { Description = $"whose model: {string.Join(", ", MarginComparison.Models)}; default: pms" };
        var account = new Option<string?>("--account") { Description = "this account of the portfolio alone; the array is still that of all of them" };
        var degraded = new Option<bool>("--degraded") { Description = "as a server margins while a surface of its board is degraded: offsets between positions do not count, and the fallback factor does", Arity = ArgumentArity.Zero };
        var all = new Option<bool>("--all-models") { Description = "every model on the same book, side by side", Arity = ArgumentArity.Zero };
        var input = new Option<string?>("--case") { Description = "file with one case {\"id\",\"inputs\"} of --model, or a list of them (docs/cli.md); - reads standard input" };
        return PmsCommand.Create(
            "margin",
            "What accounts must hold: a book on a board by this system's model or a venue's, or single cases of a venue's model.",
            "pms margin --board board.csv.gz --portfolio book.csv --all-models",
            (context, _) =>
            {
                var name = (context.Get(model) ?? "pms").ToLowerInvariant();
                if (context.Get(input) is { } path)
                {
                    context.Refuse("--case brings its own market and account", [.. inputs.All, account, degraded, all]);
                    return Task.FromResult(RunCases(context, context.Get(model) is null ? null : name, path));
                }

                if (context.Get(all))
                {
                    context.Refuse("--all-models runs every model", model);
                    context.Refuse("venues have no degraded mode", degraded);
                    return Task.FromResult(MarginBook.RunAll(context, inputs, context.Get(account)));
                }

                if (name != MarginComparison.Own)
                {
                    context.Refuse("venues have no degraded mode", degraded);
                }

                return Task.FromResult(MarginBook.Run(context, inputs, name, context.Get(account), context.Get(degraded)));
            },
            [.. inputs.All, model, account, degraded, all, input]);
    }

    private static int RunCases(CommandContext context, string? model, string path)
    {
        if (model is null)
        {
            throw new InvalidInputException("no-input", "--model is needed with --case");
        }

        using var stream = CommandContext.OpenInput(path);
        var answer = CaseFile.Evaluate(stream, one => VenueCases.Evaluate(model, one));
        if (context.Json)
        {
            JsonOutput.Write(answer.Document);
        }
        else
        {
            CaseFile.WriteTable(answer);
        }

        return answer.Failed ? ExitCode.Failed : ExitCode.Ok;
    }
}
