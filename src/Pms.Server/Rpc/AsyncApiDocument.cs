using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Pms.Documents;
using Pms.Server.Api;

namespace Pms.Server.Rpc;

/// <summary>The AsyncAPI 3.0 document of the WebSocket, made from the tables that the server itself works by: it cannot fall behind them.</summary>
internal static class AsyncApiDocument
{
    private const string Where = "/asyncapi/v1.json";

    public static void Map(IEndpointRouteBuilder routes, RpcServer server)
    {
        var document = new Lazy<byte[]>(() => JsonSerializer.SerializeToUtf8Bytes(Write(server), DocumentJson.Options));
        routes.MapGet(Where, () => Results.Bytes(document.Value, "application/json")).ExcludeFromDescription();
    }

    private static JsonObject Write(RpcServer server)
    {
        var messages = new JsonObject();
        var documents = new DocumentSchemas();
        var schemas = Envelopes(documents);
        foreach (var method in server.Methods.All)
        {
            messages[$"call {method.Name}"] = Message(method.Name, $"{method.Summary}. Scope: {method.Scopes}.", Call(method));
        }

        foreach (var kind in server.Channels.Kinds)
        {
            messages[$"update {kind.Pattern}"] = Message(kind.Pattern, $"{kind.Summary}. Scope: {kind.Scopes}.", Update(kind, documents));
        }

        foreach (var name in new[] { "result", "error", "batch", "heartbeat" })
        {
            messages[name] = Message(name, name, new JsonObject { ["$ref"] = $"#/components/schemas/{name}" });
        }

        documents.AddTo(schemas);
        string[] sent = [.. messages.Select(m => m.Key).Where(k => k.StartsWith("call ", StringComparison.Ordinal)), "batch"];
        string[] received = [.. messages.Select(m => m.Key).Except(sent, StringComparer.Ordinal), "batch"];
        return new JsonObject
        {
            ["asyncapi"] = "3.0.0",
            ["info"] = new JsonObject
            {
                ["title"] = "Predictive Margin System",
                ["version"] = "1",
                ["description"] = $"JSON-RPC 2.0 over WebSocket at {RpcServer.Path}. Results are the documents of the HTTP API (/openapi/v1.json). Money is USD, ratios are fractions, times ISO 8601 in UTC but for members in ms and us.",
            },
            ["defaultContentType"] = "application/json",
            ["channels"] = new JsonObject
            {
                ["socket"] = new JsonObject
                {
                    ["address"] = RpcServer.Path,
                    ["messages"] = new JsonObject(messages.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)new JsonObject { ["$ref"] = $"#/components/messages/{Escaped(m.Key)}" }))),
                },
            },
            ["operations"] = new JsonObject { ["call"] = Operation("receive", sent), ["tell"] = Operation("send", received) },
            ["components"] = new JsonObject
            {
                ["messages"] = messages,
                ["schemas"] = schemas,
                ["securitySchemes"] = new JsonObject { ["key"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer" } },
            },
        };
    }

    private static JsonObject Envelopes(DocumentSchemas documents) => new()
    {
        ["id"] = new JsonObject { ["type"] = new JsonArray("number", "string", "null") },
        ["result"] = Object(
            ("jsonrpc", Const("2.0")), ("id", Ref("id")), ("result", new JsonObject()),
            ("epoch?", Type("integer", "number of the epoch that the result is of")),
            ("usIn", Type("integer", "us since 1970")), ("usOut", Type("integer", "us since 1970")), ("usDiff", Type("integer", "us"))),
        ["error"] = Object(
            ("jsonrpc", Const("2.0")), ("id", Ref("id")),
            ("error", Object(("code", Type("integer", "of JSON-RPC, or Deribit's")), ("message", Type("string", "short name")), ("data", documents.Of(typeof(RpcErrorData))))),
            ("usIn", Type("integer", "us since 1970")), ("usOut", Type("integer", "us since 1970")), ("usDiff", Type("integer", "us"))),
        ["batch"] = new JsonObject { ["type"] = "array", ["minItems"] = 1, ["maxItems"] = RpcServer.MostBatch, ["items"] = new JsonObject { ["type"] = "object" } },
        ["heartbeat"] = Object(("jsonrpc", Const("2.0")), ("method", Const("heartbeat")), ("params", Object(("type", new JsonObject { ["enum"] = new JsonArray("heartbeat", "test_request") })))),
    };

    private static JsonObject Call(RpcMethod method) => Object(
        ("jsonrpc", Const("2.0")), ("id?", Ref("id")), ("method", Const(method.Name)),
        (method.Params.Any(p => p.IsRequired) ? "params" : "params?", Object([.. method.Params.Select(p => (p.IsRequired ? p.Name : $"{p.Name}?", (JsonNode)Type(p.Type, p.Description)))])));

    private static JsonObject Update(Channels.ChannelKind kind, DocumentSchemas documents)
    {
        // A node stands in one place of a document alone.
        static (string, JsonNode)[] Head() => [("sequence", Type("integer", "rises with every update")), ("prev_sequence?", Type("integer", "of the update before; absent in the first")), ("timestamp", Type("integer", "ms since 1970"))];
        var snapshot = Object([("type", Const("snapshot")), .. Head(), (kind.Snapshot.Name, documents.Of(kind.Snapshot.Type))]);
        IReadOnlyList<(string Name, Type Type)> members = kind.Change.Count != 0 ? kind.Change : [kind.Snapshot];
        var change = Object([("type", Const("change")), .. Head(), .. members.Select(m => (m.Name, (JsonNode)documents.Of(m.Type)))]);
        var failed = Object([("type", Const("snapshot")), .. Head(), ("error", Object(("code", Type("integer", "as in an error")), ("message", Type("string", "short name")), ("data", documents.Of(typeof(RpcErrorData)))))]);
        var brace = kind.Pattern.IndexOf('{', StringComparison.Ordinal);
        JsonNode name = brace < 0 ? Const(kind.Pattern) : new JsonObject { ["type"] = "string", ["pattern"] = $"^{kind.Pattern[..brace].Replace(".", "\\.", StringComparison.Ordinal)}.+$" };
        return Object(
            ("jsonrpc", Const("2.0")), ("method", Const("subscription")),
            ("params", Object(("channel", name), ("data", new JsonObject { ["oneOf"] = new JsonArray(snapshot, change, failed) }))));
    }

    private static JsonObject Message(string title, string summary, JsonNode payload) => new() { ["title"] = title, ["summary"] = summary, ["payload"] = payload };

    private static JsonObject Operation(string action, IEnumerable<string> messages) => new()
    {
        ["action"] = action,
        ["channel"] = new JsonObject { ["$ref"] = "#/channels/socket" },
        ["messages"] = new JsonArray([.. messages.Select(m => (JsonNode)new JsonObject { ["$ref"] = $"#/channels/socket/messages/{Escaped(m)}" })]),
    };

    /// <summary>A JSON pointer's own signs.</summary>
    private static string Escaped(string name) => name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <param name="members">names, with ? at the end where they may be absent, and their schemas</param>
    private static JsonObject Object(params (string Name, JsonNode Schema)[] members) => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject(members.Select(m => KeyValuePair.Create(m.Name.TrimEnd('?'), (JsonNode?)m.Schema))),
        ["required"] = new JsonArray([.. members.Where(m => !m.Name.EndsWith('?')).Select(m => (JsonNode)m.Name)]),
        ["additionalProperties"] = false,
    };

    private static JsonObject Type(string type, string description) => new() { ["type"] = type, ["description"] = description };

    private static JsonObject Const(string value) => new() { ["const"] = value };

    private static JsonObject Ref(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };
}
