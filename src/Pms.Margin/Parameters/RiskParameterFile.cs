using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Scenarios.MonteCarlo;

namespace Pms.Margin.Parameters;

/// <summary>Risk parameters as JSON: a document gives what it changes, an unknown key is refused with the nearest known one.</summary>
public static class RiskParameterFile
{
    public const string TailPath = "measure.tail";

    private const string PegsPath = "scenarios.pegs";
    private const string DynamicsSection = "dynamics";
    private const int MaxEntries = 1_000;

    private static readonly ImmutableArray<string> Tails = ["es99", "es975", "var99"];
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 8 };
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Sections of the document, in order.</summary>
    public static ImmutableArray<string> Sections { get; } = [.. RiskParameterKeys.All.Select(k => k.Section).Distinct()];

    /// <summary>Reads and validates.</summary>
    /// <param name="input">UTF-8 JSON</param>
    /// <exception cref="InvalidInputException"><c>risk-parameter-json</c>: not JSON of this shape; <c>risk-parameter-key</c>: an unknown key; <c>risk-parameter</c>: a value outside its range</exception>
    public static RiskParameters Read(Stream input)
    {
        ArgumentNullException.ThrowIfNull(input);
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(input, Strict);
        }
        catch (JsonException e)
        {
            throw new InvalidInputException("risk-parameter-json", $"the parameters are not JSON: {PrintableText.Of(e.Message)}", e);
        }

        using (document)
        {
            var parameters = RiskParameters.Default;
            foreach (var section in Object(document.RootElement, "the document"))
            {
                parameters = section.Name switch
                {
                    "$schema" => parameters,
                    "schema" => Text(section.Value, "schema") == RiskParameters.Schema
                        ? parameters
                        : throw new InvalidInputException("risk-parameter-json", $"schema is '{PrintableText.Of(Text(section.Value, "schema"))}': {RiskParameters.Schema} is required"),
                    "name" => parameters with { Name = Text(section.Value, "name") },
                    DynamicsSection => parameters with { Scenarios = parameters.Scenarios with { MonteCarlo = Dynamics(section.Value) } },
                    _ when Sections.Contains(section.Name, StringComparer.Ordinal) => ReadSection(parameters, section),
                    _ => throw Unknown(section.Name, Sections.Add("name").Add("schema").Add(DynamicsSection)),
                };
            }

            parameters.Validate();
            return parameters;
        }
    }

    /// <summary>The whole document, every key.</summary>
    public static string Write(RiskParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        var root = new JsonObject { ["schema"] = RiskParameters.Schema, ["name"] = parameters.Name };
        foreach (var section in Sections)
        {
            var body = new JsonObject();
            if (section == "measure")
            {
                body["tail"] = TailName(parameters.Measure.Tail);
            }

            foreach (var key in RiskParameterKeys.All.Where(k => k.Section == section))
            {
                if (key.Get(parameters) is { } value)
                {
                    body[key.Name] = ToJson(key, value);
                }
            }

            foreach (var map in RiskParameterKeys.Maps.Where(m => SectionOf(m.Path) == section))
            {
                body[NameOf(map.Path)] = Map(map.Get(parameters));
            }

            foreach (var list in RiskParameterKeys.Lists.Where(l => SectionOf(l.Path) == section))
            {
                body[NameOf(list.Path)] = List(list.Get(parameters));
            }

            foreach (var table in RiskParameterKeys.Tables.Where(t => SectionOf(t.Path) == section))
            {
                body[NameOf(table.Path)] = Table(table, table.Get(parameters));
            }

            if (section == SectionOf(PegsPath))
            {
                body[NameOf(PegsPath)] = Pegs(parameters.Scenarios.Pegs);
            }

            root[section] = body;
        }

        if (parameters.Scenarios.MonteCarlo is { } dynamics)
        {
            root[DynamicsSection] = JsonSerializer.SerializeToNode(dynamics, ScenarioJson.Options);
        }

        return root.ToJsonString(Indented) + "\n";
    }

    /// <summary>JSON Schema (2020-12) of the document.</summary>
    public static string JsonSchema()
    {
        var sections = new JsonObject
        {
            ["$schema"] = new JsonObject { ["type"] = "string" },
            ["schema"] = new JsonObject { ["const"] = RiskParameters.Schema },
            ["name"] = new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = 128, ["default"] = RiskParameters.Default.Name },
        };
        foreach (var section in Sections)
        {
            var keys = new JsonObject();
            if (section == "measure")
            {
                keys["tail"] = new JsonObject
                {
                    ["enum"] = new JsonArray([.. Tails.Select(t => (JsonNode)t)]),
                    ["default"] = TailName(RiskParameters.Default.Measure.Tail),
                    ["description"] = "the number of the loss distribution that is asked for",
                };
            }

            foreach (var key in RiskParameterKeys.All.Where(k => k.Section == section))
            {
                keys[key.Name] = Describe(key);
            }

            foreach (var map in RiskParameterKeys.Maps.Where(m => SectionOf(m.Path) == section))
            {
                keys[NameOf(map.Path)] = Describe(map);
            }

            foreach (var list in RiskParameterKeys.Lists.Where(l => SectionOf(l.Path) == section))
            {
                keys[NameOf(list.Path)] = Describe(list);
            }

            foreach (var table in RiskParameterKeys.Tables.Where(t => SectionOf(t.Path) == section))
            {
                keys[NameOf(table.Path)] = Describe(table);
            }

            if (section == SectionOf(PegsPath))
            {
                keys[NameOf(PegsPath)] = new JsonObject
                {
                    ["type"] = "object",
                    ["propertyNames"] = AssetPattern(),
                    ["additionalProperties"] = AssetPattern(),
                    ["default"] = Pegs(RiskParameters.Default.Scenarios.Pegs),
                    ["description"] = "assets that follow another, which is USD or a coin; entries of a document are added to the defaults",
                    ["x-source"] = "docs/model/scenarios.md",
                };
            }

            sections[section] = new JsonObject { ["type"] = "object", ["additionalProperties"] = false, ["properties"] = keys };
        }

        sections[DynamicsSection] = new JsonObject
        {
            ["type"] = "object",
            ["description"] = "dynamics of the Monte Carlo family as pms scenarios calibrate prints them; left out: published defaults",
            ["x-source"] = "docs/model/monte-carlo.md",
        };
        var root = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["$id"] = RiskParameters.Schema,
            ["title"] = "Risk parameters of the Predictive Margin System",
            ["description"] = "A document gives what it changes; every other key has its default.",
            ["type"] = "object",
            ["additionalProperties"] = false,
            ["properties"] = sections,
        };
        return root.ToJsonString(Indented) + "\n";
    }

    /// <summary>es99, es975 or var99.</summary>
    /// <exception cref="InvalidInputException"><c>risk-parameter</c></exception>
    public static TailChoice ParseTail(string text)
    {
        var i = Tails.IndexOf(text);
        return i >= 0 ? (TailChoice)i : throw new InvalidInputException("risk-parameter", $"{TailPath} '{PrintableText.Of(text)}' is none of {string.Join(", ", Tails)}");
    }

    public static string TailName(TailChoice tail) => Tails[(int)tail];

    private static RiskParameters ReadSection(RiskParameters parameters, JsonProperty section)
    {
        foreach (var property in Object(section.Value, section.Name))
        {
            var path = $"{section.Name}.{property.Name}";
            if (path == TailPath)
            {
                parameters = parameters with { Measure = parameters.Measure with { Tail = ParseTail(Text(property.Value, path)) } };
            }
            else if (path == PegsPath)
            {
                parameters = parameters with { Scenarios = parameters.Scenarios with { Pegs = MergePegs(parameters.Scenarios.Pegs, property.Value) } };
            }
            else if (RiskParameterKeys.Maps.FirstOrDefault(m => m.Path == path) is { } map)
            {
                parameters = map.Set(parameters, Merge(map, map.Get(parameters), property.Value));
            }
            else if (RiskParameterKeys.Lists.FirstOrDefault(l => l.Path == path) is { } list)
            {
                parameters = list.Set(parameters, [.. Array(property.Value, path).Select((v, i) => InRange(Number(v, $"{path}[{i}]"), $"{path}[{i}]", list.Least, list.Most, list.Unit))]);
            }
            else if (RiskParameterKeys.Tables.FirstOrDefault(t => t.Path == path) is { } table)
            {
                parameters = table.Set(parameters, [.. Array(property.Value, path).Select((v, i) => Row(table, v, $"{path}[{i}]"))]);
            }
            else if (RiskParameterKeys.All.FirstOrDefault(k => k.Path == path) is { } key)
            {
                double? value = property.Value.ValueKind switch
                {
                    JsonValueKind.Null when key.IsOptional => null,
                    JsonValueKind.True when key.IsSwitch => 1,
                    JsonValueKind.False when key.IsSwitch => 0,
                    _ when key.IsSwitch => throw new InvalidInputException("risk-parameter-json", $"{path} is {PrintableText.Of(property.Value.GetRawText(), 40)}: true or false is required"),
                    _ => Number(property.Value, path),
                };
                key.Require(value);
                parameters = key.Set(parameters, value);
            }
            else
            {
                throw Unknown(path, [.. KnownPaths()]);
            }
        }

        return parameters;
    }

    private static MonteCarloParameters? Dynamics(JsonElement value)
    {
        try
        {
            return value.Deserialize<MonteCarloParameters>(ScenarioJson.Options);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidInputException)
        {
            throw new InvalidInputException("risk-parameter-json", $"{DynamicsSection} is not of the expected shape: {PrintableText.Of(e.Message)}", e);
        }
    }

    private static IEnumerable<string> KnownPaths() =>
    [
        TailPath, PegsPath, .. RiskParameterKeys.All.Select(k => k.Path), .. RiskParameterKeys.Maps.Select(m => m.Path), .. RiskParameterKeys.Lists.Select(l => l.Path),
        .. RiskParameterKeys.Tables.Select(t => t.Path),
    ];

    private static ImmutableSortedDictionary<Asset, double> Merge(ParameterMap map, IEnumerable<KeyValuePair<Asset, double>> entries, JsonElement value)
    {
        var result = RiskParameterKeys.Map(entries);
        foreach (var entry in Object(value, map.Path))
        {
            var path = $"{map.Path}.{PrintableText.Of(entry.Name, 32)}";
            result = result.SetItem(AssetOf(entry.Name, map.Path), InRange(Number(entry.Value, path), path, map.Least, map.Most, map.Unit));
        }

        RequireFew(result.Count, map.Path);
        return result;
    }

    private static ImmutableArray<PeggedAsset> MergePegs(ImmutableArray<PeggedAsset> pegs, JsonElement value)
    {
        var result = pegs.ToList();
        foreach (var entry in Object(value, PegsPath))
        {
            var asset = AssetOf(entry.Name, PegsPath);
            var anchor = AssetOf(Text(entry.Value, $"{PegsPath}.{asset}"), PegsPath);
            result.RemoveAll(p => p.Asset == asset);
            result.Add(new PeggedAsset(asset, anchor));
        }

        RequireFew(result.Count, PegsPath);
        return [.. result];
    }

    private static (string Name, double[] Values) Row(ParameterTable table, JsonElement value, string path)
    {
        var name = "";
        var values = new double[table.Columns.Length];
        var given = new bool[values.Length];
        foreach (var property in Object(value, path))
        {
            var column = table.Columns.ToList().FindIndex(c => c.Name == property.Name);
            if (property.Name == "name")
            {
                name = Text(property.Value, $"{path}.name");
            }
            else if (column >= 0)
            {
                var c = table.Columns[column];
                values[column] = InRange(Number(property.Value, $"{path}.{c.Name}"), $"{path}.{c.Name}", c.Least, c.Most, c.Unit);
                given[column] = true;
            }
            else
            {
                throw Unknown(property.Name, table.Columns.Select(c => c.Name).Append("name"));
            }
        }

        // Moves that are left out are 0; how much of the loss counts must be said.
        return name.Length is > 0 and <= 64 && PrintableText.Of(name) == name && given[^1]
            ? (name, values)
            : throw new InvalidInputException("risk-parameter-json", $"{path} needs a name of 1 to 64 printable characters and {table.Columns[^1].Name}");
    }

    private static void RequireFew(int count, string path)
    {
        if (count > MaxEntries)
        {
            throw new InvalidInputException("risk-parameter", $"{path} has {count} entries: at most {MaxEntries} are allowed");
        }
    }

    private static Asset AssetOf(string code, string path) => Asset.IsValid(code)
        ? new Asset(code)
        : throw new InvalidInputException("risk-parameter-key", $"'{PrintableText.Of(code, 64)}' in {path} is not an asset code: 1 to 16 characters of A-Z and 0-9 are expected");

    private static double InRange(double value, string path, double least, double most, string unit) => value >= least && value <= most
        ? value
        : throw new InvalidInputException("risk-parameter", $"{path} = {value}: {least} to {most} ({unit}) is required");

    private static string SectionOf(string path) => path[..path.IndexOf('.')];

    private static string NameOf(string path) => path[(path.IndexOf('.') + 1)..];

    private static List<JsonElement> Array(JsonElement value, string path)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidInputException("risk-parameter-json", $"{path} is a JSON {value.ValueKind}: an array is required");
        }

        RequireFew(value.GetArrayLength(), path);
        return [.. value.EnumerateArray()];
    }

    private static JsonElement.ObjectEnumerator Object(JsonElement value, string what) => value.ValueKind == JsonValueKind.Object
        ? value.EnumerateObject()
        : throw new InvalidInputException("risk-parameter-json", $"{what} is a JSON {value.ValueKind}: an object is required");

    private static string Text(JsonElement value, string path) => value.ValueKind == JsonValueKind.String
        ? value.GetString()!
        : throw new InvalidInputException("risk-parameter-json", $"{path} is a JSON {value.ValueKind}: a text is required");

    private static double Number(JsonElement value, string path) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
        ? number
        : throw new InvalidInputException("risk-parameter-json", $"{path} is {PrintableText.Of(value.GetRawText(), 40)}: a finite number is required");

    private static JsonValue ToJson(ParameterKey key, double value) => key.IsSwitch ? JsonValue.Create(value == 1) : JsonValue.Create(value);

    private static JsonObject Map(IEnumerable<KeyValuePair<Asset, double>> map) => new(map.Select(e => KeyValuePair.Create<string, JsonNode?>(e.Key.Code, e.Value)));

    private static JsonArray List(ImmutableArray<double> values) => new([.. values.Select(v => (JsonNode)v)]);

    private static JsonObject Pegs(ImmutableArray<PeggedAsset> pegs) => new(pegs.Select(p => KeyValuePair.Create<string, JsonNode?>(p.Asset.Code, p.Anchor.Code)));

    private static JsonArray Table(ParameterTable table, IEnumerable<(string Name, double[] Values)> rows) => new([.. rows.Select(r =>
    {
        var row = new JsonObject { ["name"] = r.Name };
        for (var i = 0; i < r.Values.Length; i++)
        {
            row[table.Columns[i].Name] = r.Values[i];
        }

        return (JsonNode)row;
    })]);

    private static JsonObject AssetPattern() => new() { ["type"] = "string", ["pattern"] = "^[A-Z0-9]{1,16}$" };

    private static JsonObject Describe(ParameterKey key)
    {
        var result = key.IsSwitch
            ? new JsonObject { ["type"] = "boolean" }
            : new JsonObject
            {
                ["type"] = key.IsOptional ? new JsonArray("number", "null") : key.IsWhole ? "integer" : "number",
                ["minimum"] = key.Least,
                ["maximum"] = key.Most,
            };
        if (key.Get(RiskParameters.Default) is { } value)
        {
            result["default"] = ToJson(key, value);
        }

        return Explain(result, key.Meaning, key.Unit, key.Source);
    }

    private static JsonObject Describe(ParameterMap map) => Explain(
        new JsonObject
        {
            ["type"] = "object",
            ["propertyNames"] = AssetPattern(),
            ["additionalProperties"] = new JsonObject { ["type"] = "number", ["minimum"] = map.Least, ["maximum"] = map.Most },
            ["default"] = Map(map.Get(RiskParameters.Default)),
        },
        $"{map.Meaning}; entries of a document are added to the defaults",
        map.Unit,
        map.Source);

    private static JsonObject Describe(ParameterList list) => Explain(
        new JsonObject
        {
            ["type"] = "array",
            ["items"] = new JsonObject { ["type"] = "number", ["minimum"] = list.Least, ["maximum"] = list.Most },
            ["default"] = List(list.Get(RiskParameters.Default)),
        },
        list.Meaning,
        list.Unit,
        list.Source);

    private static JsonObject Describe(ParameterTable table)
    {
        var columns = new JsonObject { ["name"] = new JsonObject { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = 64 } };
        foreach (var column in table.Columns)
        {
            columns[column.Name] = new JsonObject { ["type"] = "number", ["minimum"] = column.Least, ["maximum"] = column.Most, ["x-unit"] = column.Unit };
        }

        return Explain(
            new JsonObject
            {
                ["type"] = "array",
                ["items"] = new JsonObject
                {
                    ["type"] = "object",
                    ["additionalProperties"] = false,
                    ["required"] = new JsonArray("name", table.Columns[^1].Name),
                    ["properties"] = columns,
                },
                ["default"] = Table(table, table.Get(RiskParameters.Default)),
            },
            table.Meaning,
            "by column",
            table.Source);
    }

    private static JsonObject Explain(JsonObject schema, string meaning, string unit, string source)
    {
        schema["description"] = meaning;
        schema["x-unit"] = unit;
        schema["x-source"] = source;
        return schema;
    }

    private static InvalidInputException Unknown(string given, IEnumerable<string> known)
    {
        var nearest = known.MinBy(k => (!k.StartsWith(given, StringComparison.OrdinalIgnoreCase), Distance(given, k), k))!;
        return new InvalidInputException("risk-parameter-key", $"'{PrintableText.Of(given, 64)}' is not a risk parameter; did you mean '{nearest}'?");
    }

    /// <summary>Levenshtein's edit distance.</summary>
    private static int Distance(string a, string b)
    {
        a = a.Length > 64 ? a[..64] : a;
        var row = new int[b.Length + 1];
        for (var j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var next = Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + (char.ToUpperInvariant(a[i - 1]) == char.ToUpperInvariant(b[j - 1]) ? 0 : 1));
                diagonal = row[j];
                row[j] = next;
            }
        }

        return row[^1];
    }
}
