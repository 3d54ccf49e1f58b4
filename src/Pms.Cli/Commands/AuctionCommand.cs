using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Cli.Output;
using Pms.Liquidation.Cases;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms auction</c> and <c>pms liquidity</c>: cases of auctions and of the cost of trading. Both read every kind.</summary>
internal static class AuctionCommand
{
    public static Command Auction() =>
        Named("auction", "Price, cap, fee and shares of auctions, liquidation prices and incentives: single cases, every input in the case.", "pms auction case.json --json");

    public static Command Liquidity() =>
        Named("liquidity", "Cost of trading: Almgren-Chriss schedules, square-root impact, order-flow imbalance: single cases, every input in the case.", "pms liquidity case.json --json");

    private static Command Named(string noun, string description, string example)
    {
        var input = new Argument<string?>("CASE.json") { Description = "one case {\"id\",\"inputs\"}, a list, {\"cases\":[…]}, or an object of these by kind (docs/cli.md); - reads standard input", Arity = ArgumentArity.ZeroOrOne };
        var file = new Option<string?>("--case") { Description = "the same file" };
        var kind = new Option<string?>("--kind") { Description = $"of cases that do not say it: {string.Join(", ", LiquidationCases.Names)}" };
        return PmsCommand.Create(noun, description, example, (context, _) => Task.FromResult(Run(context, input, file, kind)), input, file, kind);
    }

    private static int Run(CommandContext context, Argument<string?> input, Option<string?> file, Option<string?> kind)
    {
        var path = (context.Get(input), context.Get(file)) switch
        {
            ({ }, { }) => throw new InvalidInputException("flags-conflict", "the file of cases is given twice"),
            (null, null) => throw new InvalidInputException("no-input", "a file of cases is needed"),
            var (first, second) => first ?? second!,
        };
        using var stream = CommandContext.OpenInput(path);
        using var document = JsonOutput.Read<JsonDocument>(stream);
        var answer = Evaluate(document.RootElement, context.Get(kind));
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

    private static CaseAnswer Evaluate(JsonElement root, string? kind)
    {
        if (!IsByKind(root))
        {
            var own = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("cases", out _) && root.TryGetProperty("kind", out var named) && named.ValueKind == JsonValueKind.String ? named.GetString() : kind;
            return CaseFile.Evaluate(root, one => LiquidationCases.Evaluate(one, own));
        }

        var sections = new JsonObject();
        var failed = false;
        foreach (var section in root.EnumerateObject().Where(p => p.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array))
        {
            var answer = Evaluate(section.Value, LiquidationCases.Names.Contains(section.Name) ? section.Name : null);
            sections[section.Name] = answer.Document;
            failed |= answer.Failed;
        }

        return new CaseAnswer(sections, failed);
    }

    /// <summary>Whether a document holds cases under the names of their kinds.</summary>
    private static bool IsByKind(JsonElement root) => root.ValueKind == JsonValueKind.Object && !root.TryGetProperty("inputs", out _)
        && root.EnumerateObject().Any(p => p.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array && LiquidationCases.Names.Contains(p.Name));
}
