using System.CommandLine;
using System.Text.Json;
using Pms.Cli.Output;
using Pms.Margin.Venues.Cases;
using Pms.Pricing;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary><c>pms price</c>: Black-76 values and Greeks, or values under a jump model, of a list of cases; or one Black-76 case given by flags.</summary>
internal static class PriceCommand
{
    public static Command Create()
    {
        var input = CaseFlags.InputArgument();
        var flags = new CaseFlags();
        var vol = new Option<double?>("--vol") { Description = "annualised fraction: 0.6 is 60 %" };
        return PmsCommand.Create(
            "price",
            "Black-76 value and Greeks on a forward, in quote currency and in coin; from a file also Merton and SVCJ values.",
            "pms price --type call --forward 65000 --strike 70000 --years 0.25 --vol 0.6",
            (context, _) => Task.FromResult(Run(context, input, flags, vol)),
            [input, .. flags.Options, vol]);
    }

    private static int Run(CommandContext context, Argument<string?> input, CaseFlags flags, Option<double?> vol)
    {
        var cases = flags.ReadCases<JsonElement>(
            context, input, vol,
            () => JsonOutput.ToElement(new PriceCase("1", context.Get(flags.Type), context.Get(flags.Forward), context.Get(flags.Strike), context.Get(flags.Years), context.Get(vol), context.Get(flags.Rate))));
        var results = cases.Select(Price).ToArray();
        if (context.Json)
        {
            JsonOutput.Write(new PriceResults(results));
        }
        else
        {
            WriteTables(results);
        }

        return results.All(r => (r as PriceResult)?.Error is null && (r as JumpPriceResult)?.Error is null) ? ExitCode.Ok : ExitCode.Failed;
    }

    private static void WriteTables(object[] results)
    {
        if (results.Any(r => r is PriceResult))
        {
            var table = new TextTable("id", "price", "coin price", "delta", "net delta", "gamma", "vega", "theta/year", "vanna", "volga");
            foreach (var r in results.OfType<PriceResult>())
            {
                if (r.Error is { } error)
                {
                    table.AddMessage(r.Id, $"{error.Message} [{error.Code}]");
                }
                else
                {
                    table.Add(r.Id, Numbers(r.Price, r.CoinPrice, r.Delta, r.NetDelta, r.Gamma, r.Vega, r.ThetaPerYear, r.Vanna, r.Volga));
                }
            }

            table.Write();
        }

        if (results.Any(r => r is JumpPriceResult))
        {
            var table = new TextTable("id", "strike", "call", "put", "coin call", "coin put", "call delta", "put delta", "implied vol");
            foreach (var r in results.OfType<JumpPriceResult>())
            {
                if (r.Error is { } error)
                {
                    table.AddMessage(r.Id, $"{error.Message} [{error.Code}]");
                    continue;
                }

                foreach (var v in r.Strikes ?? [])
                {
                    table.Add(r.Id, Numbers(v.Strike, v.Call, v.Put, v.CoinCall, v.CoinPut, v.CallDelta, v.PutDelta, v.ImpliedVol));
                }

                if (r.Strikes is null)
                {
                    table.Add(r.Id, Numbers(r.Strike, r.Call, r.Put, r.CoinCall, r.CoinPut, r.CallDelta, r.PutDelta, r.ImpliedVol));
                }
            }

            table.Write();
        }
    }

    private static string[] Numbers(params double?[] values) => [.. values.Select(v => $"{v:G10}")];

    private static object Price(JsonElement @case)
    {
        if (@case.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException("json-shape", $"a case is {@case.ValueKind}: an object is expected");
        }

        var id = VenueCases.IdOf(@case) ?? "";
        try
        {
            return JumpPriceCase.ModelOf(@case) is { } model ? JumpPriceCase.Price(id, model, @case) : Price(id, JsonOutput.FromElement<PriceCase>(@case));
        }
        catch (PmsException e)
        {
            // a case of no known shape does not stop the others either
            return new PriceResult(id) { Error = new ErrorBody(e.Code, e.Message) };
        }
    }

    private static PriceResult Price(string id, PriceCase c)
    {
        var greeks = Black76.Greeks(new BlackInputs(
            CaseFlags.ParseType(c.Type),
            Forward: CaseFlags.Need(c.Forward, "forward"),
            Strike: CaseFlags.Need(c.Strike, "strike"),
            Years: CaseFlags.Need(c.Years, "years"),
            Vol: CaseFlags.Need(c.Vol, "vol"),
            Rate: c.Rate ?? 0));
        return new PriceResult(id)
        {
            Price = greeks.Price,
            CoinPrice = greeks.CoinPrice,
            Delta = greeks.Delta,
            NetDelta = greeks.NetDelta,
            Gamma = greeks.Gamma,
            Vega = greeks.Vega,
            ThetaPerYear = greeks.ThetaPerYear,
            Vanna = greeks.Vanna,
            Volga = greeks.Volga,
            Rho = greeks.Rho,
            StrikeDelta = greeks.StrikeDelta,
        };
    }
}

/// <summary>One option to price. Numbers are in the units of docs/cli.md; rate defaults to 0.</summary>
internal sealed record PriceCase(string? Id, string? Type, double? Forward, double? Strike, double? Years, double? Vol, double? Rate);

/// <param name="Results">of each case, a <see cref="PriceResult"/> or a <see cref="JumpPriceResult"/></param>
internal sealed record PriceResults(IReadOnlyList<object> Results);

/// <summary>Values and Greeks of one case, or the reason why there are none.</summary>
internal sealed record PriceResult(string Id)
{
    public double? Price { get; init; }

    public double? CoinPrice { get; init; }

    public double? Delta { get; init; }

    public double? NetDelta { get; init; }

    public double? Gamma { get; init; }

    public double? Vega { get; init; }

    public double? ThetaPerYear { get; init; }

    public double? Vanna { get; init; }

    public double? Volga { get; init; }

    public double? Rho { get; init; }

    public double? StrikeDelta { get; init; }

    public ErrorBody? Error { get; init; }
}
