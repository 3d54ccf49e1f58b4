using System.CommandLine;
using Pms.Cli.Output;
using Pms.Pricing;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms iv</c>: Black-76 implied vols of a list of prices, or of one price given by flags.</summary>
internal static class ImpliedVolCommand
{
    public static Command Create()
    {
        var input = CaseFlags.InputArgument();
        var flags = new CaseFlags();
        var price = new Option<double?>("--price") { Description = "discounted value, quote currency per coin" };
        return PmsCommand.Create(
            "iv",
            "Black-76 implied vol of an option price, or the reason why there is none.",
            "pms iv --type put --forward 65000 --strike 60000 --years 0.1 --price 1500",
            (context, _) => Task.FromResult(Run(context, input, flags, price)),
            [input, .. flags.Options, price]);
    }

    private static int Run(CommandContext context, Argument<string?> input, CaseFlags flags, Option<double?> price)
    {
        var cases = flags.ReadCases(context, input, price, () => new ImpliedVolCase("1", context.Get(flags.Type), context.Get(flags.Forward), context.Get(flags.Strike), context.Get(flags.Years), context.Get(flags.Rate), context.Get(price)));
        var results = cases.Select(Solve).ToArray();
        if (context.Json)
        {
            JsonOutput.Write(new ImpliedVolResults(results));
            return ExitCode.Ok;
        }

        var table = new TextTable("id", "vol", "refused ");
        foreach (var r in results)
        {
            table.Add(r.Id, r.Vol is { } vol ? $"{vol:G12}" : "", r.Error is { } error ? $"{error.Message} [{error.Code}]" : "");
        }

        table.Write();
        return ExitCode.Ok;
    }

    private static ImpliedVolAnswer Solve(ImpliedVolCase c)
    {
        var id = c.Id ?? "";
        try
        {
            var result = ImpliedVol.Solve(new ImpliedVolInputs(
                CaseFlags.ParseType(c.Type),
                Forward: CaseFlags.Need(c.Forward, "forward"),
                Strike: CaseFlags.Need(c.Strike, "strike"),
                Years: CaseFlags.Need(c.Years, "years"),
                Price: CaseFlags.Need(c.Price, "price"),
                Rate: c.Rate ?? 0));
            return result.Refusal is { } refusal ? new ImpliedVolAnswer(id, null, ErrorBody.Of(refusal)) : new ImpliedVolAnswer(id, result.Vol, null);
        }
        catch (PmsException e)
        {
            return new ImpliedVolAnswer(id, null, new ErrorBody(e.Code, e.Message));
        }
    }
}

/// <summary>One price to invert; rate defaults to 0.</summary>
internal sealed record ImpliedVolCase(string? Id, string? Type, double? Forward, double? Strike, double? Years, double? Rate, double? Price);

internal sealed record ImpliedVolResults(IReadOnlyList<ImpliedVolAnswer> Results);

internal sealed record ImpliedVolAnswer(string Id, double? Vol, ErrorBody? Error);
