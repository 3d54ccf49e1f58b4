using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pms.Cli.Output;
using Pms.Primitives;
using Pms.Scenarios.Historical;

namespace Pms.Cli.Commands;

/// <summary><c>pms scenarios fhs</c>: the volatility filter of historical simulation on one series of returns.</summary>
internal static class ScenarioFilterCommand
{
    private const double DefaultLambda = 0.94;

    public static Command Create()
    {
        var input = PmsCommand.InputArgument("IN.json", "returns, and lambda or model (docs/cli.md)");
        return PmsCommand.Create(
            "fhs",
            "Filters returns: the volatility forecast before each, and what each would be at today's volatility.",
            """echo '{"returns":[0.01,-0.02,0.015,0.03,-0.05],"lambda":0.94}' | pms scenarios fhs --json -""",
            (context, _) => Task.FromResult(Run(context, input)),
            input);
    }

    private static int Run(CommandContext context, Argument<string> input)
    {
        FilterInput given;
        using (var stream = CommandContext.OpenInput(context.Require(input)))
        {
            given = JsonOutput.Read<FilterInput>(stream);
        }

        var garch = (given.Model ?? "ewma") switch
        {
            "ewma" => null,
            "garch" => GarchModel.Fit(given.Returns),
            _ => throw new InvalidInputException("filter-model", $"model '{given.Model}' is neither ewma nor garch"),
        };
        if (garch is not null && given.Lambda is not null)
        {
            throw new InvalidInputException("filter-model", "lambda belongs to ewma: a garch model is fitted");
        }

        var lambda = given.Lambda ?? DefaultLambda;
        var path = garch?.Path(given.Returns, given.Sigma0) ?? EwmaVolatility.Of(given.Returns, lambda, given.Sigma0);
        var current = given.CurrentSigma ?? given.CurrentSigmaSnake ?? path.Next;
        if (!(current > 0) || !double.IsFinite(current))
        {
            throw new InvalidInputException("sigma-range", $"current sigma {current} is not a finite number above 0");
        }

        var filtered = path.Filter(given.Returns, current);
        var document = new FilterDocument(
            garch is null ? "ewma" : "garch",
            garch is null ? lambda : null,
            garch is null ? null : new GarchDocument(garch.Omega, garch.Alpha, garch.Beta, garch.LogLikelihood),
            path.Sigma,
            path.Next,
            current,
            filtered,
            JsonOutput.Names(given.Ignored));
        if (context.Json)
        {
            JsonOutput.Write(document);
            return ExitCode.Ok;
        }

        Console.WriteLine(garch is null
            ? $"EWMA, lambda {lambda}; sigma of the next return {path.Next:G8}, rescaled to {current:G8}"
            : $"GARCH(1,1), omega {garch.Omega:G6}, alpha {garch.Alpha:G6}, beta {garch.Beta:G6}; sigma of the next return {path.Next:G8}, rescaled to {current:G8}");
        var table = new TextTable("t", "return", "sigma before", "filtered");
        for (var t = 0; t < filtered.Length; t++)
        {
            table.Add($"{t}", $"{given.Returns[t]:G8}", $"{path.Sigma[t]:G8}", $"{filtered[t]:G8}");
        }

        table.Write();
        return ExitCode.Ok;
    }

    private sealed record FilterInput
    {
        public required double[] Returns { get; init; }

        public double? Lambda { get; init; }

        public string? Model { get; init; }

        public double? Sigma0 { get; init; }

        public double? CurrentSigma { get; init; }

        /// <summary>The same under the name that scripts of other languages tend to use.</summary>
        [JsonPropertyName("current_sigma")]
        public double? CurrentSigmaSnake { get; init; }

        [JsonExtensionData]
        public Dictionary<string, JsonElement>? Ignored { get; init; }
    }

    private sealed record FilterDocument(string Model, double? Lambda, GarchDocument? Garch, double[] Sigma, double NextSigma, double CurrentSigma, double[] Filtered, IReadOnlyList<string>? Ignored);

    private sealed record GarchDocument(double Omega, double Alpha, double Beta, double LogLikelihood);
}
