using System.Text.Json;
using System.Text.Json.Serialization;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Pricing.JumpModels;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary>A case of <c>pms price</c> under a jump model (docs/cli.md).</summary>
/// <remarks>Model parameters have the names of the published reference values; the option may be named as there (F, K, T_years, r) or as in a Black-76 case.</remarks>
internal static class JumpPriceCase
{
    private const int MaxStrikes = 10_000;

    /// <summary>The jump model that the case names, or null where it is a Black-76 case; a name that is none is refused.</summary>
    /// <exception cref="InvalidInputException"><c>model</c></exception>
    public static string? ModelOf(JsonElement @case)
    {
        if (!@case.TryGetProperty("model", out var model) || model.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return model.ValueKind != JsonValueKind.String
            ? throw new InvalidInputException("model", "'model' is not a text: black76, merton or svcj is expected")
            : model.GetString() switch
            {
                ("merton" or "svcj") and var jump => jump,
                "black76" => null,
                var other => throw new InvalidInputException("model", $"model '{PrintableText.Of(other ?? "")}' is none of black76, merton, svcj"),
            };
    }

    public static JumpPriceResult Price(string id, string model, JsonElement @case)
    {
        try
        {
            var inputs = new CaseScopes(@case);
            var years = Years(inputs);
            var rate = inputs.NumberOrNull("r", "rate") ?? 0.0;
            var type = inputs.TypeOrNull();
            var forward = Forward(inputs, rate, years);
            Func<JumpOptionInputs, JumpOptionPrices> price = model == "merton" ? Merton(inputs) : Svcj(inputs);
            var strikes = Strikes(inputs, out var isList);
            var values = strikes.Select(k => Value(k, type, price(new JumpOptionInputs(forward, k, years, rate)))).ToArray();
            return isList
                ? new JumpPriceResult(id, model) { Forward = forward, Strikes = values }
                : new JumpPriceResult(id, model)
                {
                    Forward = forward,
                    Strike = values[0].Strike,
                    Price = values[0].Price,
                    CoinPrice = values[0].CoinPrice,
                    Call = values[0].Call,
                    Put = values[0].Put,
                    CoinCall = values[0].CoinCall,
                    CoinPut = values[0].CoinPut,
                    CallDelta = values[0].CallDelta,
                    PutDelta = values[0].PutDelta,
                    ImpliedVol = values[0].ImpliedVol,
                    ImpliedVolError = values[0].ImpliedVolError,
                };
        }
        catch (PmsException e)
        {
            return new JumpPriceResult(id, model) { Error = new ErrorBody(e.Code, e.Message) };
        }
    }

    private static JumpStrikeValue Value(double strike, OptionType? type, JumpOptionPrices p) => new(strike, p.Call, p.Put, p.CoinCall, p.CoinPut, p.CallDelta, p.PutDelta)
    {
        Price = type switch { OptionType.Call => p.Call, OptionType.Put => p.Put, _ => null },
        CoinPrice = type switch { OptionType.Call => p.CoinCall, OptionType.Put => p.CoinPut, _ => null },
        ImpliedVol = p.ImpliedVol.TryGetVol(out var vol) ? vol : null,
        ImpliedVolError = p.ImpliedVol.Refusal is { } refusal ? ErrorBody.Of(refusal) : null,
    };

    private static Func<JumpOptionInputs, JumpOptionPrices> Merton(CaseScopes inputs)
    {
        var model = inputs.TryFind("total_vol", out _)
            ? MertonModel.FromTotalVol(inputs.Number("total_vol"), inputs.Number("jumps_per_year"), inputs.Number("gamma_share_of_variance"))
            : new MertonModel(inputs.Number("sigma"), inputs.Number("lambda_per_year"), inputs.Number("jump_mean_log"), inputs.Number("jump_sd_log"));
        return i => MertonOptions.Price(model, i);
    }

    private static Func<JumpOptionInputs, JumpOptionPrices> Svcj(CaseScopes inputs)
    {
        var p = inputs.TryFind("params", out var nested) ? new CaseScopes(nested) : inputs;
        var model = new SvcjModel(
            new VarianceDynamics(p.Number("v0"), p.Number("ka"), p.Number("th"), p.Number("sg"), p.Number("rho")),
            [new JumpLaw(p.Number("lam"), p.Number("muy"), p.Number("sy"), p.Number("muv"), p.Number("rj"))]);
        return i => SvcjOptions.Price(model, i);
    }

    private static double Years(CaseScopes inputs) => (inputs.NumberOrNull("T_years", "years"), inputs.NumberOrNull("T_days")) switch
    {
        ({ } years, null) => years,
        (null, { } days) => days / 365.0,
        (null, null) => throw new InvalidInputException("missing-field", "none of 'T_years', 'years', 'T_days' is there: one of them is expected"),
        _ => throw new InvalidInputException("json-shape", "'T_days' stands beside the time in years: one of them is expected"),
    };

    private static double Forward(CaseScopes inputs, double rate, double years) => (inputs.NumberOrNull("F", "forward"), inputs.NumberOrNull("S")) switch
    {
        ({ } forward, null) => forward,
        (null, { } spot) => spot * ElementaryMath.Exp(rate * years),
        (null, null) => throw new InvalidInputException("missing-field", "none of 'F', 'forward', 'S' is there: a forward or a spot price is expected"),
        _ => throw new InvalidInputException("json-shape", "'S' stands beside the forward: one of them is expected"),
    };

    private static double[] Strikes(CaseScopes inputs, out bool isList)
    {
        if (!inputs.TryFind("K", out var strikes) && !inputs.TryFind("strike", out strikes) && !inputs.TryFind("strikes", out strikes))
        {
            throw new InvalidInputException("missing-field", "none of 'K', 'strike', 'strikes' is there: a strike, or a list of them, is expected");
        }

        isList = strikes.ValueKind == JsonValueKind.Array;
        if (!isList)
        {
            return [CaseScopes.ToNumber(strikes, "K")];
        }

        return strikes.GetArrayLength() is > 0 and <= MaxStrikes
            ? [.. strikes.EnumerateArray().Select(s => CaseScopes.ToNumber(s, "strikes"))]
            : throw new InvalidInputException("strike-range", $"{strikes.GetArrayLength()} strikes: 1 to {MaxStrikes} are expected");
    }
}

/// <summary>Values of one strike.</summary>
internal sealed record JumpStrikeValue(
    [property: JsonPropertyName("K")] double Strike,
    double Call,
    double Put,
    [property: JsonPropertyName("coin_call")] double CoinCall,
    [property: JsonPropertyName("coin_put")] double CoinPut,
    [property: JsonPropertyName("call_delta")] double CallDelta,
    [property: JsonPropertyName("put_delta")] double PutDelta)
{
    /// <summary>Of the type that the case names; absent where it names none.</summary>
    public double? Price { get; init; }

    public double? CoinPrice { get; init; }

    [JsonPropertyName("implied_vol")]
    public double? ImpliedVol { get; init; }

    [JsonPropertyName("implied_vol_error")]
    public ErrorBody? ImpliedVolError { get; init; }
}

/// <summary>Values of one case: of its strike, or of each of its strikes, or the reason why there are none.</summary>
internal sealed record JumpPriceResult(string Id, string Model)
{
    [JsonPropertyName("F")]
    public double? Forward { get; init; }

    [JsonPropertyName("K")]
    public double? Strike { get; init; }

    public double? Price { get; init; }

    public double? CoinPrice { get; init; }

    public double? Call { get; init; }

    public double? Put { get; init; }

    [JsonPropertyName("coin_call")]
    public double? CoinCall { get; init; }

    [JsonPropertyName("coin_put")]
    public double? CoinPut { get; init; }

    [JsonPropertyName("call_delta")]
    public double? CallDelta { get; init; }

    [JsonPropertyName("put_delta")]
    public double? PutDelta { get; init; }

    [JsonPropertyName("implied_vol")]
    public double? ImpliedVol { get; init; }

    [JsonPropertyName("implied_vol_error")]
    public ErrorBody? ImpliedVolError { get; init; }

    public IReadOnlyList<JumpStrikeValue>? Strikes { get; init; }

    public ErrorBody? Error { get; init; }
}
