using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Scenarios;

/// <summary>Scenario parameters and calibrated dynamics as JSON: camelCase, an unknown key refused, what is left out keeps its default.</summary>
public static class ScenarioJson
{
    /// <summary>Assets as their codes, enumerations as camelCase words, infinity as the word.</summary>
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n",
        MaxDepth = 32,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        AllowDuplicateProperties = false,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new AssetConverter(), new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    /// <exception cref="InvalidInputException"><c>json-shape</c>: not JSON of this shape; <c>scenario-parameter</c> and the codes of the families' checks</exception>
    public static ScenarioParameters ReadParameters(Stream input)
    {
        var parameters = Read<ScenarioParameters>(input);
        return parameters.Check() is { } refusal ? throw refusal.ToException() : parameters;
    }

    /// <exception cref="InvalidInputException"><c>json-shape</c></exception>
    public static T Read<T>(Stream input)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(input);
        try
        {
            return JsonSerializer.Deserialize<T>(input, Options) ?? throw new InvalidInputException("json-shape", "the input is the JSON value null; an object is expected");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new InvalidInputException("json-shape", $"the input is not the expected JSON: {e.Message}", e);
        }
    }

    public static void Write<T>(Stream output, T document) => JsonSerializer.Serialize(output, document, Options);

    private sealed class AssetConverter : JsonConverter<Asset>
    {
        public override Asset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var code = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
            return Asset.IsValid(code ?? "") ? new Asset(code!) : throw new JsonException($"'{PrintableText.Of(code ?? "")}' is not an asset code");
        }

        public override void Write(Utf8JsonWriter writer, Asset value, JsonSerializerOptions options) => writer.WriteStringValue(value.Code);
    }
}
