using System.CommandLine;
using Pms.Cli.Output;
using Pms.Margin.Venues.Cases;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms margin</c>: what an account must hold.</summary>
internal static class MarginCommand
{
    public static Command Create()
    {
        var model = new Option<string?>("--model") { Description = $"whose model: {string.Join(", ", VenueCases.Models)}" };
        var input = new Option<string?>("--case") { Description = "file with one case {\"id\",\"inputs\"} or a list of them (docs/cli.md); - reads standard input" };
        return PmsCommand.Create(
            "margin",
            "What an account must hold, by a venue's own model.",
            "pms margin --model deribit --case case.json --json",
            (context, _) => Task.FromResult(RunCases(context, context.Get(model), context.Get(input))),
            [model, input]);
    }

    private static int RunCases(CommandContext context, string? model, string? path)
    {
        if (model is null || path is null)
        {
            throw new InvalidInputException("no-input", "--model and --case are needed");
        }

        using var stream = CommandContext.OpenInput(path);
        var answer = VenueCaseFile.Evaluate(model, stream);
        if (context.Json)
        {
            JsonOutput.Write(answer.Document);
        }
        else
        {
            VenueCaseFile.WriteTable(answer);
        }

        return answer.Failed ? ExitCode.Failed : ExitCode.Ok;
    }
}
