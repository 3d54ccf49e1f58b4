using System.CommandLine;
using System.Text.Json;
using Pms.Cli.Output;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary>The flags that describe one option, shared by <c>price</c> and <c>iv</c>; without a file they make the only case.</summary>
internal sealed class CaseFlags
{
    public Option<string?> Type { get; } = new("--type") { Description = "call or put" };

    public Option<double?> Forward { get; } = new("--forward") { Description = "quote currency per coin" };

    public Option<double?> Strike { get; } = new("--strike") { Description = "quote currency per coin" };

    public Option<double?> Years { get; } = new("--years") { Description = "time to expiry, ACT/365" };

    public Option<double?> Rate { get; } = new("--rate") { Description = "continuous rate per year, default 0" };

    public IEnumerable<Symbol> Options => [Type, Forward, Strike, Years, Rate];

    public static Argument<string?> InputArgument() => new("IN.json")
    {
        Description = "file of cases (docs/cli.md); - reads standard input; leave it out to give one case by flags",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>The cases of the input file, or the one case that the flags make.</summary>
    /// <param name="context">invocation</param>
    /// <param name="input">file of cases</param>
    /// <param name="given">the flag that only this command has</param>
    /// <param name="fromFlags">makes the one case</param>
    public IReadOnlyList<T> ReadCases<T>(CommandContext context, Argument<string?> input, Option given, Func<T> fromFlags)
        where T : notnull
    {
        if (context.Get(input) is not { } path)
        {
            return context.Get(Type) is null && context.Get(Forward) is null
                ? throw new InvalidInputException("no-input", "neither a file of cases nor --type, --forward, --strike, --years was given")
                : [fromFlags()];
        }

        context.Refuse("the cases come from the file", [.. Options, given]);
        using var stream = CommandContext.OpenInput(path);
        var document = JsonOutput.Read<JsonDocument>(stream);
        // one case may stand alone, if it says of which model it is
        var isOneCase = document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("model", out _) && !document.RootElement.TryGetProperty("cases", out _);
        var cases = isOneCase ? [JsonOutput.FromElement<T>(document.RootElement)] : JsonOutput.FromElement<CaseDocument<T>>(document.RootElement).Cases;
        return cases.Any(c => c is null)
            ? throw new InvalidInputException("json-shape", "a case is null: an object is expected")
            : (IReadOnlyList<T>)cases;
    }

    public static OptionType ParseType(string? type) => type switch
    {
        "call" or "C" or "c" => OptionType.Call,
        "put" or "P" or "p" => OptionType.Put,
        null => throw new InvalidInputException("missing-field", "'type' is missing: call or put is expected"),
        _ => throw new InvalidInputException("option-type", $"type '{type}' is neither call nor put"),
    };

    public static double Need(double? value, string field)
    {
        return value ?? throw new InvalidInputException("missing-field", $"'{field}' is missing: a number is expected");
    }
}

/// <summary>What <c>price</c> and <c>iv</c> read.</summary>
internal sealed record CaseDocument<T>
    where T : notnull
{
    public required IReadOnlyList<T?> Cases { get; init; }
}
