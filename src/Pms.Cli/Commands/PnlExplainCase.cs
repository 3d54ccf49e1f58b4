using System.Text.Json;
using System.Text.Json.Serialization;
using Pms.Cli.Output;
using Pms.Margin.Revaluation;
using Pms.Margin.Venues.Cases;
using Pms.MarketData.Instruments;
using Pms.Pricing;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary>Reads the one-option profit cases of <c>pms explain --case</c> and answers them.</summary>
/// <remarks>
/// A case's numbers may stand in it, in its <c>inputs</c>, or in those of the document around it; the nearest counts. Keys are fixed by the
/// reference data, which is why they are not camelCase here.
/// </remarks>
internal static class PnlExplainCase
{
    /// <summary>One answer for a document that is a case, a list where it has <c>cases</c>.</summary>
    public static (IReadOnlyList<PnlExplainResult> Results, bool IsList) Read(Stream input)
    {
        using var document = JsonOutput.Read<JsonDocument>(input);
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("cases", out var cases))
        {
            return cases.ValueKind == JsonValueKind.Array
                ? ([.. cases.EnumerateArray().Select(c => OneOfMany([c, root]))], true)
                : throw new InvalidInputException("json-shape", "'cases' is not a list");
        }

        return ([Answer([root])], false);
    }

    // A refused case does not stop the others.
    private static PnlExplainResult OneOfMany(JsonElement[] scopes)
    {
        try
        {
            return Answer(scopes);
        }
        catch (PmsException e)
        {
            return new PnlExplainResult { Id = VenueCases.IdOf(scopes[0]), Error = new ErrorBody(e.Code, e.Message) };
        }
    }

    private static PnlExplainResult Answer(JsonElement[] scopes)
    {
        var values = new CaseScopes(scopes);
        var inputs = new BlackInputs(
            values.TypeOrNull() ?? OptionType.Call, Forward: values.Number("F"), Strike: values.Number("K"), Years: values.Number("T_years"), Vol: values.Number("sigma"));
        var move = new OptionMove(values.Number("spot_move"), values.NumberOrNull("vol_move") ?? 0, values.NumberOrNull("dt_years") ?? 0);
        var terms = TaylorTerms.Of(inputs, values.NumberOrNull("qty") ?? 1, move);
        return new PnlExplainResult
        {
            Id = VenueCases.IdOf(scopes[0]),
            FullRevaluation = terms.Full,
            Delta = terms.Delta,
            Gamma = terms.Gamma,
            Vega = terms.Vega,
            Theta = terms.Theta + 0.0,
            Vanna = terms.Vanna,
            Volga = terms.Volga,
            Residual = terms.Residual,
        };
    }
}

internal sealed record PnlExplainResults(IReadOnlyList<PnlExplainResult> Results);

/// <summary>Profit of one case and its Taylor terms, or the reason why there are none.</summary>
internal sealed record PnlExplainResult
{
    public string? Id { get; init; }

    [JsonPropertyName("full_revaluation")]
    public double? FullRevaluation { get; init; }

    public double? Delta { get; init; }

    public double? Gamma { get; init; }

    public double? Vega { get; init; }

    public double? Theta { get; init; }

    public double? Vanna { get; init; }

    public double? Volga { get; init; }

    public double? Residual { get; init; }

    public ErrorBody? Error { get; init; }
}
