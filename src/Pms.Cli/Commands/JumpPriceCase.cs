using System.Text.Json;
using System.Text.Json.Serialization;
using Pms.Cli.Output;
using Pms.Numerics;
using Pms.Pricing.JumpModels;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary>A case of <c>pms price</c> under a jump model, with the parameter names of the published reference values (docs/cli.md).</summary>
internal static class JumpPriceCase
{
    private const int MaxStrikes = 10_000;

    /// <summary>Whether the case names a jump model; a name that is none is refused.</summary>
    /// <exception cref="InvalidInputException"><c>model</c></exception>
    public static bool IsJumpModel(JsonElement @case)
    {
        if (!@case.TryGetProperty("model", out var model))
        {
            return false;
        }

        return model.ValueKind != JsonValueKind.String
            ? throw new InvalidInputException("model", "'model' is not a text: black76, merton or svcj is expected")
            : model.GetString() switch
            {
                "merton" or "svcj" => true,
                "black76" => false,
                var other => throw new InvalidInputException("model", $"model '{PrintableText.Of(other ?? "")}' is none of black76, merton, svcj"),
            };
    }

    public static JumpPriceResult Price(string id, JsonElement @case)
    {
        var model = @case.GetProperty("model").GetString()!;
        try
        {
            // the numbers may stand in the case itself or under "inputs"
            var inputs = @case.TryGetProperty("inputs", out var nested) ? nested : @case;
            if (inputs.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidInputException("json-shape", "'inputs' is not an object");
            }

            var years = Years(inputs);
            var rate = Optional(inputs, "r") ?? 0.0;
            var forward = Forward(inputs, rate, years);
            Func<JumpOptionInputs, JumpOptionPrices> price = model == "merton" ? Merton(inputs) : Svcj(inputs);
            var strikes = Strikes(inputs, out var isList);
            var values = strikes.Select(k => Value(k, price(new JumpOptionInputs(forward, k, years, rate)))).ToArray();
            return isList
                ? new JumpPriceResult(id, model) { Forward = forward, Strikes = values }
                : new JumpPriceResult(id, model)
                {
                    Forward = forward,
                    Strike = values[0].Strike,
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

    private static JumpStrikeValue Value(double strike, JumpOptionPrices p) => new(strike, p.Call, p.Put, p.CoinCall, p.CoinPut, p.CallDelta, p.PutDelta)
    {
        ImpliedVol = p.ImpliedVol.TryGetVol(out var vol) ? vol : null,
        ImpliedVolError = p.ImpliedVol.Refusal is { } refusal ? ErrorBody.Of(refusal) : null,
    };

    private static Func<JumpOptionInputs, JumpOptionPrices> Merton(JsonElement inputs)
    {
        var model = inputs.TryGetProperty("total_vol", out _)
            ? MertonModel.FromTotalVol(Need(inputs, "total_vol"), Need(inputs, "jumps_per_year"), Need(inputs, "gamma_share_of_variance"))
            : new MertonModel(Need(inputs, "sigma"), Need(inputs, "lambda_per_year"), Need(inputs, "jump_mean_log"), Need(inputs, "jump_sd_log"));
        return i => MertonOptions.Price(model, i);
    }

    private static Func<JumpOptionInputs, JumpOptionPrices> Svcj(JsonElement inputs)
    {
        var p = inputs.TryGetProperty("params", out var nested) ? nested : inputs;
        if (p.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException("json-shape", "'params' is not an object");
        }

        var model = new SvcjModel(
            new VarianceDynamics(Need(p, "v0"), Need(p, "ka"), Need(p, "th"), Need(p, "sg"), Need(p, "rho")),
            [new JumpLaw(Need(p, "lam"), Need(p, "muy"), Need(p, "sy"), Need(p, "muv"), Need(p, "rj"))]);
        return i => SvcjOptions.Price(model, i);
    }

    private static double Years(JsonElement inputs) => (Optional(inputs, "T_years"), Optional(inputs, "T_days")) switch
    {
        ({ } years, null) => years,
        (null, { } days) => days / 365.0,
        (null, null) => throw new InvalidInputException("missing-field", "neither 'T_years' nor 'T_days' is there: one of them is expected"),
        _ => throw new InvalidInputException("json-shape", "'T_years' and 'T_days' are both there: one of them is expected"),
    };

    private static double Forward(JsonElement inputs, double rate, double years)
    {
        switch (Optional(inputs, "F"), Optional(inputs, "S"))
        {
            case ({ } forward, null):
                return forward;
            case (null, { } spot):
                return spot * ElementaryMath.Exp(rate * years);
            case (null, null):
                throw new InvalidInputException("missing-field", "neither 'F' nor 'S' is there: a forward or a spot price is expected");
            default:
                throw new InvalidInputException("json-shape", "'F' and 'S' are both there: a forward or a spot price is expected");
        }
    }

    private static double[] Strikes(JsonElement inputs, out bool isList)
    {
        if (!inputs.TryGetProperty("K", out var strikes) && !inputs.TryGetProperty("strikes", out strikes))
        {
            throw new InvalidInputException("missing-field", "neither 'K' nor 'strikes' is there: a strike, or a list of them, is expected");
        }

        isList = strikes.ValueKind == JsonValueKind.Array;
        if (!isList)
        {
            return [Number(strikes, "K")];
        }

        return strikes.GetArrayLength() is > 0 and <= MaxStrikes
            ? [.. strikes.EnumerateArray().Select(s => Number(s, "strikes"))]
            : throw new InvalidInputException("strike-range", $"{strikes.GetArrayLength()} strikes: 1 to {MaxStrikes} are expected");
    }

    private static double Need(JsonElement inputs, string name) =>
        Optional(inputs, name) ?? throw new InvalidInputException("missing-field", $"'{name}' is missing: a number is expected");

    private static double? Optional(JsonElement inputs, string name) =>
        inputs.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? Number(value, name) : null;

    private static double Number(JsonElement value, string name) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
        ? number
        : throw new InvalidInputException("json-shape", $"'{name}' is {PrintableText.Of(value.GetRawText().AsSpan(0, Math.Min(value.GetRawText().Length, 40)))}: a number is expected");
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
