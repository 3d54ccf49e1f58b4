using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pms.Cli.Output;
using Pms.Margin.Measures;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms es</c>: VaR and ES of a list of losses, with the standard error.</summary>
internal static class ExpectedShortfallCommand
{
    private const double DefaultLevel = 0.99;

    public static Command Create()
    {
        var input = PmsCommand.InputArgument("IN.json", "losses, weights if they are not equal, and levels (docs/cli.md)");
        return PmsCommand.Create(
            "es",
            "VaR, expected shortfall and its standard error of a list of losses.",
            """echo '{"losses":[1,-2,3,-4,5,-6,7,-8,9,-10],"levels":[0.7]}' | pms es --json -""",
            (context, _) => Task.FromResult(Run(context, input)),
            input);
    }

    private static int Run(CommandContext context, Argument<string> input)
    {
        LossDocument document;
        using (var stream = CommandContext.OpenInput(context.Require(input)))
        {
            document = JsonOutput.Read<LossDocument>(stream);
        }

        if (document.Weights is { Length: 0 } && document.Losses.Length > 0)
        {
            throw new InvalidInputException("weights", "'weights' is empty: leave it out where all weights are equal");
        }

        var losses = new EmpiricalLosses(document.Losses, document.Weights);
        var levels = document.Levels ?? [DefaultLevel];
        if (levels.Length == 0)
        {
            throw new InvalidInputException("tail-level", "'levels' is empty: at least one level is required");
        }

        var tails = levels.Select(losses.Tail).ToArray();
        if (context.Json)
        {
            JsonOutput.Write(new TailDocument(losses.Count, [.. tails.Select(t => new TailBody(t.Alpha, t.Var, t.Es, t.StandardError))], JsonOutput.Names(document.Ignored)));
            return ExitCode.Ok;
        }

        var table = new TextTable("level", "VaR", "ES", "standard error");
        foreach (var t in tails)
        {
            table.Add($"{t.Alpha}", $"{t.Var:G10}", $"{t.Es:G10}", $"{t.StandardError:G4}");
        }

        table.Write();
        return ExitCode.Ok;
    }
}

/// <summary>What <c>pms es</c> reads. Losses are positive.</summary>
internal sealed record LossDocument
{
    public required double[] Losses { get; init; }

    public double[]? Weights { get; init; }

    public double[]? Levels { get; init; }

    /// <summary>What stands in the input beside these: named in the answer, so that a misspelt <c>levels</c> is seen.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Ignored { get; init; }
}

internal sealed record TailDocument(int Count, IReadOnlyList<TailBody> Levels, IReadOnlyList<string>? Ignored);

internal sealed record TailBody(double Alpha, [property: JsonPropertyName("VaR")] double Var, [property: JsonPropertyName("ES")] double Es, double StandardError);
