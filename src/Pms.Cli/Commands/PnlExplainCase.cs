using System.Text.Json;
using System.Text.Json.Serialization;
using Pms.Cli.Output;
using Pms.Margin.Revaluation;
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
        using var document = Parse(input);
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
            return new PnlExplainResult { Error = new ErrorBody(e.Code, e.Message) };
        }
    }

    private static JsonDocument Parse(Stream input)
    {
        try
        {
            return JsonDocument.Parse(input, new JsonDocumentOptions { MaxDepth = 32, AllowDuplicateProperties = false });
        }
        catch (JsonException e)
        {
            throw new InvalidInputException("json-shape", $"the input is not JSON: {e.Message}", e);
        }
    }

    private static PnlExplainResult Answer(JsonElement[] scopes)
    {
        foreach (var scope in scopes)
        {
            if (scope.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidInputException("json-shape", $"a case is a JSON {scope.ValueKind.ToString().ToLowerInvariant()}; an object is expected");
            }
        }

        var inputs = new BlackInputs(
            CaseFlags.ParseType(Text(scopes, "type") ?? "call"),
            Forward: Number(scopes, "F"),
            Strike: Number(scopes, "K"),
            Years: Number(scopes, "T_years"),
            Vol: Number(scopes, "sigma"));
        var move = new OptionMove(Number(scopes, "spot_move"), Number(scopes, "vol_move", 0), Number(scopes, "dt_years", 0));
        var terms = TaylorTerms.Of(inputs, Number(scopes, "qty", 1), move);
        return new PnlExplainResult
        {
            Id = Text(scopes[..1], "id"),
            FullRevaluation = terms.Full,
            Delta = terms.Delta,
            Gamma = terms.Gamma,
            Vega = terms.Vega,
            Theta = terms.Theta,
            Vanna = terms.Vanna,
            Volga = terms.Volga,
            Residual = terms.Residual,
        };
    }

    private static double Number(JsonElement[] scopes, string name, double? fallback = null)
    {
        if (!TryFind(scopes, name, out var value))
        {
            return fallback ?? throw new InvalidInputException("missing-field", $"'{name}' is missing: a number is expected");
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number)
            ? number
            : throw new InvalidInputException("json-shape", $"'{name}' is {value.GetRawText()}: a number is expected");
    }

    private static string? Text(JsonElement[] scopes, string name)
    {
        if (!TryFind(scopes, name, out var value))
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw new InvalidInputException("json-shape", $"'{name}' is {value.GetRawText()}: a text is expected");
    }

    private static bool TryFind(JsonElement[] scopes, string name, out JsonElement value)
    {
        foreach (var scope in scopes)
        {
            if (scope.TryGetProperty(name, out value)
                || (scope.TryGetProperty("inputs", out var inputs) && inputs.ValueKind == JsonValueKind.Object && inputs.TryGetProperty(name, out value)))
            {
                return true;
            }
        }

        value = default;
        return false;
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
