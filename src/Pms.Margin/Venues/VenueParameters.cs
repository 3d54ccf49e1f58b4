using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Pms.Primitives;

namespace Pms.Margin.Venues;

/// <summary>One constant of a venue's model.</summary>
/// <param name="Value">a number, or an array as its model defines it</param>
/// <param name="Unit">in words</param>
/// <param name="Min">least number allowed, also inside arrays of numbers; null: no bound</param>
/// <param name="Max">greatest number allowed</param>
public sealed record VenueParameter(JsonElement Value, string Unit, double? Min, double? Max);

/// <summary>The constants of one venue model: data with source and date, never literals; immutable, named by a hash.</summary>
/// <remarks>
/// The built-in sets are the files of <c>Parameters/</c>; a user may give a file of the same shape, or some values by key. Units and ranges are those
/// of the built-in set, so that an override cannot widen them.
/// </remarks>
public sealed class VenueParameters
{
    private const string Schema = "pms.venue-parameters/1";
    private const int MaxArrayLength = 256;

    private readonly ImmutableSortedDictionary<string, VenueParameter> _values;

    private VenueParameters(string model, string set, string source, string date, ImmutableSortedDictionary<string, VenueParameter> values)
    {
        Model = model;
        Set = set;
        Source = source;
        Date = date;
        _values = values;
        foreach (var (key, parameter) in values)
        {
            RequireInRange(key, parameter, parameter.Value, 0);
        }
    }

    /// <summary>Which model they are for, as in <c>derive-pm2</c>.</summary>
    public string Model { get; }

    /// <summary>Name of the set within the model.</summary>
    public string Set { get; }

    /// <summary>Where the values come from.</summary>
    public string Source { get; }

    /// <summary>When they were read, or what state of the source they are.</summary>
    public string Date { get; }

    public IEnumerable<string> Keys => _values.Keys;

    /// <summary>A built-in set.</summary>
    /// <exception cref="InvalidInputException"><c>venue-parameters</c>: no such set; the message lists those there are</exception>
    public static VenueParameters BuiltIn(string model, string set)
    {
        var assembly = Assembly.GetExecutingAssembly();
        using var stream = assembly.GetManifestResourceStream(ResourceName(model, set))
            ?? throw new InvalidInputException("venue-parameters", $"there is no parameter set '{PrintableText.Of(set)}' of model {PrintableText.Of(model)}; there are {string.Join(", ", BuiltInSets)}");
        return Parse(JsonDocument.Parse(stream).RootElement, null);
    }

    /// <summary>The built-in sets as model.set.</summary>
    public static IEnumerable<string> BuiltInSets => Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(n => n.StartsWith(ResourcePrefix, StringComparison.Ordinal) && n.EndsWith(".json", StringComparison.Ordinal) && !n.EndsWith(".schema.json", StringComparison.Ordinal))
        .Select(n => n[ResourcePrefix.Length..^".json".Length])
        .Order(StringComparer.Ordinal);

    /// <summary>Reads a user's set: every key of the built-in set of its model must be there or is taken from it.</summary>
    /// <param name="document">shape of <c>venue-parameters.schema.json</c></param>
    /// <param name="basis">the built-in set that gives units, ranges and what is left out</param>
    /// <exception cref="InvalidInputException"><c>venue-parameters</c>: wrong model, unknown key, or a value outside its range</exception>
    public static VenueParameters Read(JsonElement document, VenueParameters basis)
    {
        ArgumentNullException.ThrowIfNull(basis);
        return Parse(document, basis);
    }

    /// <summary>These values with some of them replaced.</summary>
    /// <param name="values">by key; nested objects are read as <c>outer.inner</c></param>
    /// <param name="unknown">receives the keys that the model does not have</param>
    /// <exception cref="InvalidInputException"><c>venue-parameters</c>: a value of another kind or outside its range</exception>
    public VenueParameters With(JsonElement values, ICollection<string> unknown)
    {
        ArgumentNullException.ThrowIfNull(unknown);
        if (values.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException("venue-parameters", $"the parameters are a JSON {values.ValueKind}: an object of values by key is expected");
        }

        var builder = _values.ToBuilder();
        var changed = Apply(values, "", builder, unknown);
        return changed ? new VenueParameters(Model, ChangedName, Source, Date, builder.ToImmutable()) : this;
    }

    /// <summary>These values with one number replaced.</summary>
    public VenueParameters With(string key, double value)
    {
        var old = Find(key);
        if (!double.IsFinite(value))
        {
            throw new InvalidInputException("venue-parameters", $"{Model} '{key}' is {value}: a finite number is required ({old.Unit})");
        }

        return new VenueParameters(Model, ChangedName, Source, Date, _values.SetItem(key, old with { Value = JsonSerializer.SerializeToElement(value) }));
    }

    /// <summary>A number, in the unit that the set states.</summary>
    /// <exception cref="InvalidInputException"><c>venue-parameters</c>: no such key, or not a number</exception>
    public double Number(string key)
    {
        var value = Find(key).Value;
        return value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw new InvalidInputException("venue-parameters", $"{Model} '{key}' is a JSON {value.ValueKind}: a number is expected");
    }

    /// <summary>A whole number.</summary>
    public int Count(string key)
    {
        var value = Number(key);
        return value == Math.Floor(value) && Math.Abs(value) < int.MaxValue ? (int)value : throw new InvalidInputException("venue-parameters", $"{Model} '{key}' is {value}: a whole number is expected");
    }

    /// <summary>A list of numbers.</summary>
    public ImmutableArray<double> Numbers(string key) => [.. Rows(key).Select(v => NumberOf(key, v))];

    /// <summary>A list of rows, each an array, for the model to read.</summary>
    public IEnumerable<JsonElement> Rows(string key)
    {
        var value = Find(key).Value;
        return value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw new InvalidInputException("venue-parameters", $"{Model} '{key}' is a JSON {value.ValueKind}: an array is expected");
    }

    /// <summary>Number of a row.</summary>
    public double NumberOf(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number ? value.GetDouble() : throw new InvalidInputException("venue-parameters", $"{Model} '{key}' holds {PrintableText.Of(value.ToString())} where a number is expected");

    public VenueParameter Find(string key) =>
        _values.TryGetValue(key, out var found) ? found : throw new InvalidInputException("venue-parameters", $"{Model} has no parameter '{PrintableText.Of(key)}'");

    /// <summary>SHA-256 over model and values; source and date are not in it, so that equal numbers have one hash.</summary>
    public ContentHash Hash()
    {
        var writer = new CanonicalWriter(Schema);
        writer.Write(Model);
        writer.Write(_values.Count);
        foreach (var (key, parameter) in _values)
        {
            writer.Write(key);
            WriteValue(writer, parameter.Value);
        }

        return writer.Hash();
    }

    private string ChangedName => Set.EndsWith("+case", StringComparison.Ordinal) ? Set : Set + "+case";

    private static string ResourcePrefix => "Pms.Margin.Venues.Parameters.";

    private static string ResourceName(string model, string set) => $"{ResourcePrefix}{model}.{set}.json";

    private static void WriteValue(CanonicalWriter writer, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Array:
                writer.Write((byte)2);
                writer.Write(value.GetArrayLength());
                foreach (var item in value.EnumerateArray())
                {
                    WriteValue(writer, item);
                }

                break;
            case JsonValueKind.String:
                writer.Write((byte)1);
                writer.Write(value.GetString() ?? "");
                break;
            default:
                writer.Write((byte)0);
                writer.Write(value.GetDouble());
                break;
        }
    }

    private static VenueParameters Parse(JsonElement document, VenueParameters? basis)
    {
        if (document.ValueKind != JsonValueKind.Object || !document.TryGetProperty("parameters", out var parameters) || parameters.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidInputException("venue-parameters", "a parameter file is an object with model, set, source, date and parameters");
        }

        var model = Text(document, "model");
        if (basis is not null && model != basis.Model)
        {
            throw new InvalidInputException("venue-parameters", $"the parameters are of model '{PrintableText.Of(model)}', not of {basis.Model}");
        }

        var values = basis is null ? ImmutableSortedDictionary.CreateBuilder<string, VenueParameter>(StringComparer.Ordinal) : basis._values.ToBuilder();
        foreach (var property in parameters.EnumerateObject())
        {
            if (basis is not null && !values.ContainsKey(property.Name))
            {
                throw new InvalidInputException("venue-parameters", $"{model} has no parameter '{PrintableText.Of(property.Name)}'");
            }

            var value = property.Value.ValueKind == JsonValueKind.Object && property.Value.TryGetProperty("value", out var inner) ? inner : property.Value;
            values[property.Name] = basis is null
                ? new VenueParameter(value.Clone(), Text(property.Value, "unit"), Bound(property.Value, "min"), Bound(property.Value, "max"))
                : values[property.Name] with { Value = value.Clone() };
        }

        return new VenueParameters(model, Text(document, "set"), Text(document, "source"), Text(document, "date"), values.ToImmutable());
    }

    private static string Text(JsonElement element, string key) =>
        element.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : throw new InvalidInputException("venue-parameters", $"'{key}' is missing: a text is expected");

    private static double? Bound(JsonElement element, string key) => element.TryGetProperty(key, out var value) ? value.GetDouble() : null;

    private static bool Apply(JsonElement values, string prefix, ImmutableSortedDictionary<string, VenueParameter>.Builder builder, ICollection<string> unknown)
    {
        var changed = false;
        foreach (var property in values.EnumerateObject())
        {
            var key = prefix + property.Name;
            var value = property.Value;
            if (builder.TryGetValue(key, out var old))
            {
                builder[key] = old with { Value = DecimalTextAsNumber(value) };
                changed = true;
            }
            else if (value.ValueKind == JsonValueKind.Object)
            {
                changed |= Apply(value, key + ".", builder, unknown);
            }
            else
            {
                unknown.Add(key);
            }
        }

        return changed;
    }

    /// <summary>Venues write decimals as text.</summary>
    private static JsonElement DecimalTextAsNumber(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? JsonSerializer.SerializeToElement(number)
            : value.Clone();

    private void RequireInRange(string key, VenueParameter parameter, JsonElement value, int depth)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Number:
                var number = value.GetDouble();
                if (!double.IsFinite(number) || number < parameter.Min || number > parameter.Max)
                {
                    throw new InvalidInputException("venue-parameters", $"{Model} '{key}' is {number}: a finite number from {parameter.Min ?? double.NegativeInfinity} to {parameter.Max ?? double.PositiveInfinity} is required ({parameter.Unit})");
                }

                break;
            case JsonValueKind.Array when depth < 2:
                if (value.GetArrayLength() > MaxArrayLength)
                {
                    throw new InvalidInputException("venue-parameters", $"{Model} '{key}' has {value.GetArrayLength()} rows: at most {MaxArrayLength} are allowed");
                }

                foreach (var item in value.EnumerateArray())
                {
                    RequireInRange(key, parameter, item, depth + 1);
                }

                break;
            case JsonValueKind.String when depth == 2:
                break;
            default:
                throw new InvalidInputException("venue-parameters", $"{Model} '{key}' holds a JSON {value.ValueKind}: numbers are expected ({parameter.Unit})");
        }
    }
}
