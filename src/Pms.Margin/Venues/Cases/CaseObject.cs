using System.Globalization;
using System.Text.Json;
using Pms.Primitives;

namespace Pms.Margin.Venues.Cases;

/// <summary>One JSON object of a case, read by name: case and underscores do not matter, decimals may be text, and what nobody asked for is remembered.</summary>
public sealed class CaseObject
{
    private readonly Dictionary<string, JsonElement> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _unread = new(StringComparer.Ordinal);
    private readonly string _path;
    private readonly List<CaseObject> _children = [];
    private readonly Dictionary<string, CaseObject> _inner = new(StringComparer.Ordinal);

    /// <param name="element">an object</param>
    /// <param name="path">where it stands, for messages; empty for the inputs themselves</param>
    /// <exception cref="InvalidInputException"><c>json-shape</c>: not an object, or a name twice</exception>
    public CaseObject(JsonElement element, string path = "")
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException("json-shape", $"{(path.Length == 0 ? "the inputs" : path)}: a JSON {element.ValueKind} stands where an object is expected");
        }

        _path = path;
        foreach (var property in element.EnumerateObject())
        {
            var name = Fold(property.Name);
            if (!_values.TryAdd(name, property.Value))
            {
                throw new InvalidInputException("json-shape", $"'{PathOf(property.Name)}' stands twice");
            }

            _unread[name] = property.Name;
        }
    }

    /// <summary>Names that no reader asked for, those of inner objects included.</summary>
    public IEnumerable<string> Unread => _unread.Values.Select(PathOf).Concat(_children.SelectMany(c => c.Unread));

    /// <summary>Whether one of the names has a value.</summary>
    public bool Has(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (_values.TryGetValue(Fold(name), out var value) && value.ValueKind != JsonValueKind.Null)
            {
                return true;
            }
        }

        return false;
    }

    public bool TryFind(out JsonElement value, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            var folded = Fold(name);
            if (_values.TryGetValue(folded, out value) && value.ValueKind != JsonValueKind.Null)
            {
                _unread.Remove(folded);
                return true;
            }

            // a null is an absent value, but a known name
            _unread.Remove(folded);
        }

        value = default;
        return false;
    }

    /// <exception cref="InvalidInputException"><c>missing-field</c>; <c>json-shape</c>: not a number</exception>
    public double Number(params ReadOnlySpan<string> names) =>
        TryFind(out var value, names) ? ToNumber(value, PathOf(names[0])) : throw Missing(names[0], "a number");

    public double NumberOr(double fallback, params ReadOnlySpan<string> names) => TryFind(out var value, names) ? ToNumber(value, PathOf(names[0])) : fallback;

    public double? NumberOrNull(params ReadOnlySpan<string> names) => TryFind(out var value, names) ? ToNumber(value, PathOf(names[0])) : null;

    public bool FlagOr(bool fallback, params ReadOnlySpan<string> names) => !TryFind(out var value, names) ? fallback : value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new InvalidInputException("json-shape", $"'{PathOf(names[0])}' is a JSON {value.ValueKind}: true or false is expected"),
    };

    public string? TextOrNull(params ReadOnlySpan<string> names) => !TryFind(out var value, names) ? null : value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        _ => throw new InvalidInputException("json-shape", $"'{PathOf(names[0])}' is a JSON {value.ValueKind}: a text is expected"),
    };

    /// <summary>An inner object, or null where the value is absent or of another kind.</summary>
    public CaseObject? MapOrNull(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (_values.TryGetValue(Fold(name), out var value) && value.ValueKind == JsonValueKind.Object)
            {
                return ObjectOrNull(name);
            }
        }

        return null;
    }

    /// <summary>The objects of a list, or of an object by name; empty where it is absent.</summary>
    public IReadOnlyList<CaseObject> Objects(params ReadOnlySpan<string> names)
    {
        if (!TryFind(out var value, names))
        {
            return [];
        }

        var list = new List<CaseObject>();
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var item in value.EnumerateObject())
            {
                list.Add(Child(item.Value, $"{names[0]}.{item.Name}"));
            }

            return list;
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidInputException("json-shape", $"'{PathOf(names[0])}' is a JSON {value.ValueKind}: a list of objects is expected");
        }

        foreach (var item in value.EnumerateArray())
        {
            list.Add(Child(item, $"{names[0]}[{list.Count}]"));
        }

        return list;
    }

    /// <summary>An inner object, or null where it is absent; the same one at every call, so that what was read of it adds up.</summary>
    public CaseObject? ObjectOrNull(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (_inner.TryGetValue(Fold(name), out var known))
            {
                return known;
            }
        }

        foreach (var name in names)
        {
            if (TryFind(out var value, name))
            {
                return _inner[Fold(name)] = Child(value, name);
            }
        }

        return null;
    }

    /// <summary>Properties that nobody read yet, as written.</summary>
    public IEnumerable<(string Name, JsonElement Value)> Properties()
    {
        foreach (var (folded, name) in _unread.ToArray())
        {
            _unread.Remove(folded);
            yield return (name, _values[folded]);
        }
    }

    public CaseObject Child(JsonElement element, string name)
    {
        var child = new CaseObject(element, PathOf(name));
        _children.Add(child);
        return child;
    }

    public InvalidInputException Missing(string name, string expected) => new("missing-field", $"'{PathOf(name)}' is missing: {expected} is expected");

    internal static double ToNumber(JsonElement value, string what)
    {
        if (value.ValueKind == JsonValueKind.Number)
        {
            return Finite(value.GetDouble(), what);
        }

        return value.ValueKind == JsonValueKind.String && double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? Finite(number, what)
            : throw new InvalidInputException("json-shape", $"'{what}' is {PrintableText.Of(value.ToString())}: a number is expected");
    }

    private static double Finite(double number, string what) =>
        double.IsFinite(number) ? number : throw new InvalidInputException("json-shape", $"'{what}' is {number}: a finite number is expected");

    private static string Fold(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal).ToUpperInvariant();

    private string PathOf(string name) => _path.Length == 0 ? PrintableText.Of(name) : $"{_path}.{PrintableText.Of(name)}";
}
