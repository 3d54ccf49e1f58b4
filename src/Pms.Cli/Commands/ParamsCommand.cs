using System.CommandLine;
using System.Text.Json.Nodes;
using Pms.Cli.Onchain;
using Pms.Cli.Output;
using Pms.Margin.Parameters;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms params</c>: the risk parameters, their units, ranges and defaults, and the check of a file of them.</summary>
internal static class ParamsCommand
{
    public static Command Create() => PmsCommand.Group("params", "The numbers that decide a margin: one versioned, hashed document; and the numbers that are governed on chain.", [Show(), Check(), Schema(), .. GovernedCommands.Create()]);

    /// <summary>Parameters of a file; the defaults without one.</summary>
    public static RiskParameters Read(string? path)
    {
        if (path is null)
        {
            return RiskParameters.Default;
        }

        using var stream = CommandContext.OpenInput(path);
        return RiskParameterFile.Read(stream);
    }

    private static Command Show()
    {
        var input = OptionalFile();
        var flags = new OnchainFlags();
        var onChain = new Option<bool>("--on-chain") { Description = "the numbers that are governed on chain, with their bounds", Arity = ArgumentArity.Zero };
        return PmsCommand.Create(
            "show",
            "Every parameter with its value; without a file, the defaults. With --on-chain the governed numbers of a deployment.",
            "pms params show",
            async (context, cancel) =>
            {
                if (!context.Get(onChain))
                {
                    context.Refuse("it is for --on-chain", flags.Reading);
                    return Show(context, context.Get(input));
                }

                return context.Get(input) is null ? await GovernedCommands.ShowAsync(context, flags, cancel).ConfigureAwait(false) : throw new InvalidInputException("flags-conflict", "--on-chain reads no file");
            },
            [input, onChain, .. flags.Reading]);
    }

    private static Command Check()
    {
        var input = PmsCommand.InputArgument("FILE.json", "risk parameters");
        return PmsCommand.Create("check", "Reads and validates a file of risk parameters; exit code 1 with the reason where it is refused.", "pms params check my-params.json", (context, _) =>
        {
            var parameters = Read(context.Require(input));
            var changed = Changed(parameters);
            if (context.Json)
            {
                JsonOutput.Write(new ParameterCheck(RiskParameters.Schema, parameters.Name, parameters.Hash().ToString(), changed));
                return Task.FromResult(ExitCode.Ok);
            }

            Console.Out.WriteLine($"{parameters.Name}: accepted, hash {parameters.Hash()}");
            foreach (var path in changed)
            {
                Console.Out.WriteLine($"  changed: {path}");
            }

            return Task.FromResult(ExitCode.Ok);
        }, input);
    }

    private static Command Schema() => PmsCommand.Create("schema", "The JSON schema of the document.", "pms params schema", (_, _) =>
    {
        Console.Out.Write(RiskParameterFile.JsonSchema());
        return Task.FromResult(ExitCode.Ok);
    });

    private static int Show(CommandContext context, string? path)
    {
        var parameters = Read(path);
        if (context.Json)
        {
            JsonOutput.Write(new ParameterDocument(parameters.Hash().ToString(), JsonNode.Parse(RiskParameterFile.Write(parameters))!));
            return ExitCode.Ok;
        }

        Console.Out.WriteLine($"{parameters.Name}, hash {parameters.Hash()}, measure {RiskParameterFile.TailName(parameters.Measure.Tail)}");
        var table = new TextTable("parameter", "value", "default", "range", "unit");
        foreach (var key in RiskParameterKeys.All)
        {
            table.Add(key.Path, Number(key.Get(parameters)), Number(key.Get(RiskParameters.Default)), $"{key.Least:G6} to {key.Most:G6}", key.Unit);
        }

        table.Write();
        Console.Out.WriteLine("--json shows the tables by asset and the stress points too");
        return ExitCode.Ok;
    }

    private static string Number(double? value) => value is { } v ? $"{v:G10}" : "none";

    /// <summary>Paths of the document whose values are not the defaults.</summary>
    private static string[] Changed(RiskParameters parameters)
    {
        var given = JsonNode.Parse(RiskParameterFile.Write(parameters))!.AsObject();
        var usual = JsonNode.Parse(RiskParameterFile.Write(RiskParameters.Default))!.AsObject();
        return
        [
            .. given.Where(section => section.Value is JsonObject).SelectMany(section => section.Value!.AsObject()
                .Where(entry => !JsonNode.DeepEquals(entry.Value, usual[section.Key]![entry.Key]))
                .Select(entry => $"{section.Key}.{entry.Key}")),
        ];
    }

    private static Argument<string?> OptionalFile() => new("FILE.json") { Description = "risk parameters (docs/cli.md); - reads standard input", Arity = ArgumentArity.ZeroOrOne };
}

internal sealed record ParameterDocument(string Hash, JsonNode Parameters);

internal sealed record ParameterCheck(string Schema, string Name, string Hash, IReadOnlyList<string> Changed);
