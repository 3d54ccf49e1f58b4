using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Attestation.Encoding;
using Pms.Primitives;

namespace Pms.Attestation.Wire;

/// <summary>One JSON object, read field by field: one form for every value, and nothing that nobody reads. Errors name the place.</summary>
public sealed class JsonFields
{
    /// <summary>Deepest nesting that is read.</summary>
    public const int MaxDepth = 16;

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };

    private readonly JsonObject _object;
    private readonly string _path;
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    private JsonFields(JsonObject o, string path) => (_object, _path) = (o, path);

    /// <summary>The object at the top of a document.</summary>
    /// <exception cref="InvalidInputException"><c>json-shape</c></exception>
    public static JsonFields Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return Of(JsonNode.Parse(utf8, documentOptions: Strict), "");
        }
        catch (JsonException e)
        {
            throw new InvalidInputException("json-shape", $"the input is no JSON: {PrintableText.Of(e.Message)}", e);
        }
    }

    /// <summary>Names of the fields, in order.</summary>
    public IEnumerable<string> Names => _object.Select(p => p.Key);

    /// <summary>Reads the field <c>schema</c>, which must be the one that is known.</summary>
    /// <exception cref="InvalidInputException"><c>json-field</c></exception>
    public void RequireSchema(string known)
    {
        if (Text("schema") is var schema && schema != known)
        {
            throw new InvalidInputException("json-field", $"schema: '{PrintableText.Of(schema)}' is not known; {known} is");
        }
    }

    public bool Has(string name) => _object.ContainsKey(name);

    public JsonFields Object(string name) => Of(Value(name), Place(name));

    /// <summary>Reads a list of objects.</summary>
    /// <param name="name">field</param>
    /// <param name="most">longest that is read</param>
    /// <param name="read">one element; must read all of it</param>
    public T[] List<T>(string name, int most, Func<JsonFields, T> read) => Items(name, most, (item, place) =>
    {
        var fields = Of(item, place);
        var value = read(fields);
        fields.End();
        return value;
    });

    /// <summary>Reads a list of texts.</summary>
    public T[] Texts<T>(string name, int most, Func<string, T> read) => Items(name, most, (item, place) => Converted(place, () => read(TextOf(item, place))));

    public string Text(string name) => TextOf(Value(name), Place(name));

    public bool Bool(string name) => Value(name) is JsonValue value && value.GetValueKind() is JsonValueKind.True or JsonValueKind.False
        ? _object[name]!.GetValue<bool>()
        : throw Wrong(Place(name), "true or false is expected");

    /// <summary>A whole number as a decimal text in its one form: no sign but minus, no leading zero.</summary>
    /// <typeparam name="T">its type, whose range is kept</typeparam>
    public T Whole<T>(string name)
        where T : IBinaryInteger<T> => WholeOf<T>(Text(name), Place(name));

    /// <inheritdoc cref="Whole{T}(string)"/>
    public static T WholeOf<T>(string text, string place)
        where T : IBinaryInteger<T>
    {
        ArgumentNullException.ThrowIfNull(text);
        var digits = text.AsSpan(text.StartsWith('-') ? 1 : 0);
        var isCanonical = digits.Length is > 0 and < 100 && digits.ContainsAnyExceptInRange('0', '9') is false && (digits[0] != '0' || text.Length == 1);
        return isCanonical && T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw Wrong(place, $"'{PrintableText.Of(text)}' is no {typeof(T).Name} as a decimal text");
    }

    public KeccakHash Keccak(string name) => Converted(Place(name), () => KeccakHash.Parse(Text(name)));

    public ContentHash Content(string name)
    {
        var text = Text(name);
        return text.StartsWith("0x", StringComparison.Ordinal)
            ? Converted(Place(name), () => ContentHash.Parse(text[2..]))
            : throw Wrong(Place(name), "0x and 64 hexadecimal digits are expected");
    }

    public EvmAddress Address(string name) => Converted(Place(name), () => EvmAddress.Parse(Text(name)));

    /// <summary>Bytes as base64.</summary>
    public byte[] Base64(string name)
    {
        try
        {
            return Convert.FromBase64String(Text(name));
        }
        catch (FormatException e)
        {
            throw new InvalidInputException("json-field", $"{Place(name)}: base64 is expected", e);
        }
    }

    /// <summary>Refuses what nobody read: a mistyped field, or one of a later version.</summary>
    public void End()
    {
        foreach (var (name, _) in _object)
        {
            if (!_read.Contains(name))
            {
                throw Wrong(Place(PrintableText.Of(name)), "there is no such field");
            }
        }
    }

    private static JsonFields Of(JsonNode? node, string path) => node is JsonObject o ? new JsonFields(o, path) : throw Wrong(path, "an object is expected");

    private static string TextOf(JsonNode? node, string place) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw Wrong(place, "a text is expected");

    private static InvalidInputException Wrong(string place, string why) => new("json-field", $"{(place.Length == 0 ? "the document" : place)}: {why}");

    private static T Converted<T>(string place, Func<T> convert)
    {
        try
        {
            return convert();
        }
        catch (InvalidInputException e) when (e.Code != "json-field")
        {
            throw new InvalidInputException("json-field", $"{place}: {e.Message}", e);
        }
    }

    private T[] Items<T>(string name, int most, Func<JsonNode?, string, T> read)
    {
        var items = Value(name) as JsonArray ?? throw Wrong(Place(name), "a list is expected");
        return items.Count <= most ? [.. items.Select((item, i) => read(item, $"{Place(name)}[{i}]"))] : throw Wrong(Place(name), $"{items.Count} elements: at most {most} are read");
    }

    private JsonNode? Value(string name)
    {
        _read.Add(name);
        return _object.TryGetPropertyValue(name, out var value) && value is not null ? value : throw Wrong(Place(name), "is missing");
    }

    private string Place(string name) => _path.Length == 0 ? name : $"{_path}.{name}";
}
