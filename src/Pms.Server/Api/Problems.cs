using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Pms.Documents;
using Pms.Primitives;
using Pms.Server.Storage;

namespace Pms.Server.Api;

/// <summary>An error as RFC 9457 has it, with the stable code of the refusal.</summary>
public sealed record ProblemDocument(string Type, string Title, int Status, string Detail, string Code);

/// <summary>Errors become answers here, and nowhere else.</summary>
internal static class Problems
{
    public const string MediaType = "application/problem+json";

    public static async Task Guard(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller is gone: nobody is there to be told.
        }
        catch (OperationCanceledException) when (!context.Response.HasStarted)
        {
            await WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "timeout", "the answer took too long").ConfigureAwait(false);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await WriteAsync(context, e.StatusCode, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? "body-size" : "request", e.Message).ConfigureAwait(false);
        }
        catch (JsonException e) when (!context.Response.HasStarted)
        {
            await WriteAsync(context, StatusCodes.Status400BadRequest, "json-shape", $"the body is not the expected JSON: {PrintableText.Of(e.Message)}").ConfigureAwait(false);
        }
        catch (PmsException e) when (!context.Response.HasStarted)
        {
            await WriteAsync(context, StatusOf(e), e.Code, e.Message).ConfigureAwait(false);
        }
    }

    public static async Task WriteAsync(HttpContext context, int status, string code, string detail)
    {
        context.Response.Clear();
        context.Response.StatusCode = status;
        context.Response.ContentType = MediaType;
        if (status is StatusCodes.Status503ServiceUnavailable or StatusCodes.Status429TooManyRequests)
        {
            context.Response.Headers.RetryAfter = "1";
        }

        var problem = new ProblemDocument("about:blank", Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(status), status, detail, code);
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(problem, DocumentJson.Compact), context.RequestAborted).ConfigureAwait(false);
    }

    internal static int StatusOf(PmsException e) => e switch
    {
        StoreException => StatusCodes.Status503ServiceUnavailable,
        { Code: "account-missing" or "underlying-missing" or "epoch-missing" or "leaf-missing" or "chain-absent" } => StatusCodes.Status404NotFound,
        { Code: "epoch-gone" } => StatusCodes.Status410Gone,
        { Code: "idempotency-key" or "account-on-chain" } => StatusCodes.Status409Conflict,
        { Code: "halted" or "chain-starting" or "parameters-run-busy" } => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status400BadRequest,
    };
}
