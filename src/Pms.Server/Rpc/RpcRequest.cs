using System.Text.Json;

namespace Pms.Server.Rpc;

/// <summary>One call of a message.</summary>
/// <param name="Id">number, text or null as it came; undefined: a notification, which gets no answer</param>
/// <param name="Method">name</param>
/// <param name="Params">object; undefined: none came</param>
internal readonly record struct RpcRequest(JsonElement Id, string Method, JsonElement Params)
{
    /// <summary>Longest name of a method that is looked up.</summary>
    private const int LongestMethod = 64;

    public bool IsNotification => Id.ValueKind == JsonValueKind.Undefined;

    /// <summary>Reads one call.</summary>
    /// <exception cref="RpcException">invalid request</exception>
    public static RpcRequest Read(JsonElement message)
    {
        if (message.ValueKind != JsonValueKind.Object)
        {
            throw Invalid($"a JSON {message.ValueKind} is no request: an object is expected");
        }

        if (!message.TryGetProperty("jsonrpc", out var version) || version.ValueKind != JsonValueKind.String || !version.ValueEquals("2.0"))
        {
            throw Invalid("jsonrpc is not \"2.0\"");
        }

        if (!message.TryGetProperty("method", out var method) || method.ValueKind != JsonValueKind.String || method.GetString() is not { Length: > 0 and <= LongestMethod } name)
        {
            throw Invalid($"method is no text of 1 to {LongestMethod} characters");
        }

        if (message.TryGetProperty("params", out var parameters) && parameters.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
        {
            throw new RpcException(RpcError.Of(RpcError.InvalidParams, "rpc-params", "params are read by name: an object is expected"));
        }

        return new RpcRequest(IdOf(message), name, parameters.ValueKind == JsonValueKind.Object ? parameters : default);
    }

    /// <summary>The id of a message that may be none; undefined where it has none.</summary>
    /// <exception cref="RpcException">an id of another kind</exception>
    public static JsonElement IdOf(JsonElement message) => message.ValueKind != JsonValueKind.Object || !message.TryGetProperty("id", out var id)
        ? default
        : id.ValueKind is JsonValueKind.Number or JsonValueKind.String or JsonValueKind.Null ? id : throw Invalid($"id is a JSON {id.ValueKind}: a number or a text is expected");

    private static RpcException Invalid(string why) => new(RpcError.Of(RpcError.InvalidRequest, "rpc-request", why));
}
