using System.Text.Json;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Cli.Commands;

/// <summary>The JSON objects in which the values of a case may stand: the case, its <c>inputs</c>, the document around it. The nearest counts, null is absent.</summary>
internal sealed class CaseScopes
{
    private readonly List<JsonElement> _scopes = [];

    /// <param name="documents">objects, nearest first; the <c>inputs</c> of each belong to it</param>
    /// <exception cref="InvalidInputException"><c>json-shape</c>: one of them is no object</exception>
    public CaseScopes(params ReadOnlySpan<JsonElement> documents)
    {
        foreach (var document in documents)
        {
            Add(document, "a case, or its 'params',");
            if (document.TryGetProperty("inputs", out var inputs))
            {
                Add(inputs, "'inputs'");
            }
        }
    }

    public bool TryFind(string name, out JsonElement value)
    {
        foreach (var scope in _scopes)
        {
            if (scope.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null)
            {
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <exception cref="InvalidInputException"><c>missing-field</c>; <c>json-shape</c>: not a number</exception>
    public double Number(string name) => NumberOrNull(name) ?? throw new InvalidInputException("missing-field", $"'{name}' is missing: a number is expected");

    /// <summary>A number that may be absent.</summary>
    public double? NumberOrNull(string name) => TryFind(name, out var value) ? ToNumber(value, name) : null;

    /// <summary>A number that goes by two names.</summary>
    /// <exception cref="InvalidInputException"><c>json-shape</c>: both are there</exception>
    public double? NumberOrNull(string name, string otherName) => (NumberOrNull(name), NumberOrNull(otherName)) switch
    {
        ({ }, { }) => throw new InvalidInputException("json-shape", $"'{name}' and '{otherName}' are both there: one of them is expected"),
        var (first, second) => first ?? second,
    };

    public string? TextOrNull(string name) => !TryFind(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw new InvalidInputException("json-shape", $"'{name}' is {Shown(value)}: a text is expected");

    /// <summary><c>type</c>, or null where the case names none.</summary>
    /// <exception cref="InvalidInputException"><c>option-type</c></exception>
    public OptionType? TypeOrNull() => TextOrNull("type") is { } text ? CaseFlags.ParseType(text) : null;

    public static double ToNumber(JsonElement value, string name) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
        ? number
        : throw new InvalidInputException("json-shape", $"'{name}' is {Shown(value)}: a number is expected");

    private static string Shown(JsonElement value) => PrintableText.Of(value.GetRawText(), 40);

    private void Add(JsonElement element, string what) => _scopes.Add(element.ValueKind == JsonValueKind.Object
        ? element
        : throw new InvalidInputException("json-shape", $"{what} is a JSON {element.ValueKind.ToString().ToLowerInvariant()}: an object is expected"));
}
