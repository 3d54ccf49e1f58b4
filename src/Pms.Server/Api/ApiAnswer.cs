using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Pms.Documents;
using Pms.Server.Epochs;

namespace Pms.Server.Api;

/// <summary>An answer as bytes: the same over HTTP and over WebSocket.</summary>
/// <param name="Body">what is sent</param>
/// <param name="ContentType">of the body</param>
/// <param name="Epoch">number of the epoch that it is of; null: of none</param>
/// <param name="FileName">what a browser calls it; null: it is shown</param>
internal sealed record ApiAnswer(ReadOnlyMemory<byte> Body, string ContentType, long? Epoch, string? FileName = null) : IResult
{
    /// <summary>Header that says which epoch an answer is of.</summary>
    public const string EpochHeader = "PMS-Epoch";

    private const string JsonType = "application/json; charset=utf-8";

    /// <summary>A document on one line.</summary>
    /// <param name="document">what is answered</param>
    /// <param name="epoch">that it is of; null: of none</param>
    public static ApiAnswer Json<T>(T document, RiskEpoch? epoch = null) => new(JsonSerializer.SerializeToUtf8Bytes(document, DocumentJson.Compact), JsonType, epoch?.Number);

    /// <summary>To the byte what the command line prints.</summary>
    public static ApiAnswer AsCommandLine<T>(T document, RiskEpoch epoch)
    {
        using var bytes = new MemoryStream();
        JsonSerializer.Serialize(bytes, document, DocumentJson.Options);
        bytes.WriteByte((byte)'\n');
        return new ApiAnswer(bytes.ToArray(), "application/json", epoch.Number);
    }

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.ContentType = ContentType;
        response.ContentLength = Body.Length;
        if (Epoch is { } epoch)
        {
            response.Headers[EpochHeader] = epoch.ToString(CultureInfo.InvariantCulture);
        }

        if (FileName is { } name)
        {
            response.Headers.ContentDisposition = $"attachment; filename={name}";
        }

        await response.Body.WriteAsync(Body, httpContext.RequestAborted).ConfigureAwait(false);
    }
}
