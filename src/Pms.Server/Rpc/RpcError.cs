using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Pms.Primitives;
using Pms.Server.Api;

namespace Pms.Server.Rpc;

/// <summary>An error of JSON-RPC 2.0: the number that Deribit has for the kind, and the stable code of the refusal as over HTTP.</summary>
/// <param name="Code">number</param>
/// <param name="Message">short name of the kind</param>
/// <param name="Data">what is wrong</param>
internal sealed record RpcError(int Code, string Message, RpcErrorData Data)
{
    public const int ParseError = -32700;
    public const int InvalidRequest = -32600;
    public const int MethodNotFound = -32601;
    public const int InvalidParams = -32602;
    public const int InternalError = -32603;
    public const int TooManyRequests = 10028;
    public const int BadRequest = 11050;
    public const int InvalidCredentials = 13004;
    public const int Unauthorized = 13009;
    public const int NotFound = 13020;
    public const int Forbidden = 13021;
    public const int Unavailable = 13028;

    public static RpcError Of(int number, string code, string detail, int? retryAfterMs = null) => new(number, NameOf(number), new RpcErrorData(code, detail, retryAfterMs));

    /// <summary>What a call failed with; anything unforeseen tells no more than that.</summary>
    public static RpcError Of(Exception failure) => failure switch
    {
        RpcException e => e.Error,
        PmsException e => Of(NumberOf(Problems.StatusOf(e)), e.Code, e.Message),
        JsonException e => Of(InvalidParams, "json-shape", $"the params are not the expected JSON: {PrintableText.Of(e.Message)}"),
        _ => Of(InternalError, "internal", "the call failed"),
    };

    private static int NumberOf(int status) => status switch
    {
        StatusCodes.Status404NotFound => NotFound,
        StatusCodes.Status410Gone => NotFound,
        StatusCodes.Status409Conflict => BadRequest,
        StatusCodes.Status503ServiceUnavailable => Unavailable,
        _ => InvalidParams,
    };

    private static string NameOf(int number) => number switch
    {
        ParseError => "Parse error",
        InvalidRequest => "Invalid Request",
        MethodNotFound => "Method not found",
        InvalidParams => "Invalid params",
        TooManyRequests => "too_many_requests",
        BadRequest => "bad_request",
        InvalidCredentials => "invalid_credentials",
        Unauthorized => "unauthorized",
        NotFound => "not_found",
        Forbidden => "forbidden",
        Unavailable => "temporarily_unavailable",
        _ => "Internal error",
    };
}

/// <param name="Code">stable code, as in problem+json</param>
/// <param name="Detail">for people</param>
/// <param name="RetryAfterMs">when to come back; absent: whenever</param>
internal sealed record RpcErrorData(string Code, string Detail, int? RetryAfterMs);

/// <summary>A call that is answered with an error.</summary>
internal sealed class RpcException(RpcError error) : Exception(error.Data.Detail)
{
    public RpcError Error { get; } = error;
}
