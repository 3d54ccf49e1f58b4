using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization.Metadata;
using Pms.Documents;

namespace Pms.Server.Api;

/// <summary>JSON schemas of documents as they are written, for the OpenAPI and the AsyncAPI document: members that may be null may be absent, and others than these are not there.</summary>
/// <remarks>A schema for every type by its name, without references into each other's middle: those that the schema exporters make for a type that comes twice point nowhere once types stand by themselves.</remarks>
internal sealed class DocumentSchemas
{
    private const string Place = "#/components/schemas/";

    private readonly SortedDictionary<string, JsonObject> _schemas = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Type> _types = new(StringComparer.Ordinal);

    /// <summary>The schema of a type; a reference where it is a document of its own.</summary>
    public JsonObject Of(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (Nullable.GetUnderlyingType(type) is { } value)
        {
            return Of(value);
        }

        if (type == typeof(DateTimeOffset))
        {
            // The exporter does not know what our converter of instants writes.
            return new JsonObject { ["type"] = "string", ["format"] = "date-time" };
        }

        var info = DocumentJson.Compact.GetTypeInfo(type);
        return info.Kind switch
        {
            JsonTypeInfoKind.Enumerable => new JsonObject { ["type"] = "array", ["items"] = Of(ElementOf(info)) },
            JsonTypeInfoKind.Dictionary => new JsonObject { ["type"] = "object", ["additionalProperties"] = Of(ElementOf(info)) },
            JsonTypeInfoKind.Object => new JsonObject { ["$ref"] = Place + NameOf(info) },
            _ => Leaf(type),
        };
    }

    /// <summary>The name under which a document type is referred to; null: its schema stands where it is used.</summary>
    public string? ComponentOf(Type type) => Of(type)["$ref"]?.GetValue<string>()[Place.Length..];

    public void AddTo(JsonObject schemas)
    {
        foreach (var (name, schema) in _schemas)
        {
            schemas[name] = schema.DeepClone();
        }
    }

    private static JsonObject Leaf(Type type) => typeof(JsonNode).IsAssignableFrom(type) || DocumentJson.Compact.GetJsonSchemaAsNode(type, new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true }) is not JsonObject schema
        ? []
        : schema;

    private static Type ElementOf(JsonTypeInfo info) => info.ElementType is { } element && Nullable.GetUnderlyingType(element) is null
        ? element
        : throw new NotSupportedException($"{info.Type}: elements that may be null have no schema here");

    private string NameOf(JsonTypeInfo info)
    {
        var name = info.Type.Name;
        if (_types.TryAdd(name, info.Type))
        {
            // In the table before its members are read: a type may hold itself.
            var schema = _schemas[name] = new JsonObject { ["type"] = "object" };
            schema["properties"] = new JsonObject(info.Properties.Select(p => KeyValuePair.Create(p.Name, (JsonNode?)Of(p.PropertyType))));
            schema["required"] = new JsonArray([.. info.Properties.Where(p => !p.IsGetNullable && Nullable.GetUnderlyingType(p.PropertyType) is null).Select(p => (JsonNode)p.Name)]);
            schema["additionalProperties"] = false;
        }

        return _types[name] == info.Type ? name : throw new NotSupportedException($"{info.Type} and {_types[name]} have one name");
    }
}
