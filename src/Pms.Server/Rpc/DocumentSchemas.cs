using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using Pms.Documents;

namespace Pms.Server.Rpc;

/// <summary>JSON schemas of documents as they are written: members that may be null may be absent, and others than these are not there.</summary>
internal sealed class DocumentSchemas
{
    private const string Place = "#/components/schemas/";

    private static readonly JsonSchemaExporterOptions Options = new()
    {
        TreatNullObliviousAsNonNullable = true,
        TransformSchemaNode = (context, node) => TimeOf(context.TypeInfo.Type) ?? (node is JsonObject schema && schema["properties"] is JsonObject properties ? Closed(schema, properties) : node),
    };

    private readonly SortedDictionary<string, JsonObject> _schemas = new(StringComparer.Ordinal);

    /// <summary>A reference to the schema of a type.</summary>
    public JsonObject Of(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        var name = type.IsGenericType ? $"{type.GetGenericArguments()[0].Name}s" : type.Name;
        if (!_schemas.ContainsKey(name))
        {
            var schema = DocumentJson.Compact.GetJsonSchemaAsNode(type, Options).AsObject();
            Move(schema, name);
            _schemas.Add(name, schema);
        }

        return new JsonObject { ["$ref"] = Place + name };
    }

    public void AddTo(JsonObject schemas)
    {
        foreach (var (name, schema) in _schemas)
        {
            schemas[name] = schema;
        }
    }

    /// <summary>The exporter does not know what our converter of instants writes.</summary>
    private static JsonObject? TimeOf(Type type) => type == typeof(DateTimeOffset) ? new JsonObject { ["type"] = "string", ["format"] = "date-time" }
        : type == typeof(DateTimeOffset?) ? new JsonObject { ["type"] = new JsonArray("string", "null"), ["format"] = "date-time" }
        : null;

    private static JsonObject Closed(JsonObject schema, JsonObject properties)
    {
        schema["required"] = new JsonArray([.. properties.Where(p => !MayBeNull(p.Value)).Select(p => (JsonNode)p.Key)]);
        schema["additionalProperties"] = false;
        return schema;
    }

    private static bool MayBeNull(JsonNode? schema) => schema is JsonObject o && o["type"] is JsonArray types && types.Any(t => t?.GetValue<string>() == "null");

    /// <summary>A type that comes twice is a reference from the schema's own root: from the document's it begins elsewhere.</summary>
    private static void Move(JsonNode? node, string name)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array)
            {
                Move(item, name);
            }
        }
        else if (node is JsonObject schema)
        {
            foreach (var (key, value) in schema.ToArray())
            {
                if (key == "$ref" && value is JsonValue reference)
                {
                    schema[key] = Place + name + reference.GetValue<string>()[1..];
                }
                else
                {
                    Move(value, name);
                }
            }
        }
    }
}
