using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Attesters;
using Pms.Attestation.Wire;
using Pms.Primitives;

namespace Pms.Attester;

/// <summary>One answered request, as a host may log it: nothing of what was signed, and no key, ever passes here.</summary>
/// <param name="Path">of the request</param>
/// <param name="Status">of the answer</param>
/// <param name="Code">of a refusal or error; <c>signed</c>; <c>health</c></param>
/// <param name="Milliseconds">from first to last byte</param>
public sealed record AttesterLogEntry(string Path, int Status, string Code, long Milliseconds);

/// <summary>An attester behind HTTP (docs/protocol.md, section 11): POST /v1/batches, POST /v1/clearances, GET /v1/health.</summary>
/// <remarks>
/// One proposal is worked on at a time, a few wait, the others are told to come back. A caller that hangs up stops the work; a claim that was made by then stands, and
/// the same proposal is signed when it comes again. There is no encryption and no login here: whoever reaches it may ask, nobody can make it sign what it did not
/// compute; put it behind a proxy that limits who may make it compute.
/// </remarks>
public sealed class AttesterHost : IAsyncDisposable
{
    public const string BatchPath = "/v1/batches";

    public const string ClearancePath = "/v1/clearances";

    public const string HealthPath = "/v1/health";

    private readonly AttesterNode _node;
    private readonly AttesterHostOptions _options;
    private readonly Action<AttesterLogEntry> _log;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private WebApplication _application = null!;
    private int _inside; // proposals worked on or waiting

    private AttesterHost(AttesterNode node, AttesterHostOptions options, Action<AttesterLogEntry>? log) => (_node, _options, _log) = (node, options, log ?? (_ => { }));

    /// <summary>Where it listens, with the port it was given.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>Starts to listen.</summary>
    /// <param name="node">answers; stays the caller's</param>
    /// <param name="options">bounds</param>
    /// <param name="log">is told of every answer; null: nobody</param>
    /// <param name="cancel">gives up</param>
    /// <exception cref="InvalidInputException"><c>attester-listen</c>: the address cannot be listened on</exception>
    public static async Task<AttesterHost> StartAsync(AttesterNode node, AttesterHostOptions options, Action<AttesterLogEntry>? log, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(options);
        var host = new AttesterHost(node, options, log);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(host.Configure);
        host._application = builder.Build();
        host._application.MapPost(BatchPath, host.BatchAsync);
        host._application.MapPost(ClearancePath, host.ClearanceAsync);
        host._application.MapGet(HealthPath, host.HealthAsync);
        try
        {
            await host._application.StartAsync(cancel).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            await host._application.DisposeAsync().ConfigureAwait(false);
            throw new InvalidInputException("attester-listen", $"{options.Address}:{options.Port} cannot be listened on: {e.Message}", e);
        }

        host.Url = new Uri(host._application.Urls.Single());
        return host;
    }

    /// <summary>Until the host is told to stop.</summary>
    public Task WaitAsync(CancellationToken cancel) => _application.WaitForShutdownAsync(cancel);

    public async ValueTask DisposeAsync()
    {
        await _application.DisposeAsync().ConfigureAwait(false);
        _turn.Dispose();
    }

    private void Configure(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = _options.MostBodyBytes;
        kestrel.Limits.MaxConcurrentConnections = _options.MostConnections;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Listen(_options.Address, _options.Port, l => l.Protocols = HttpProtocols.Http1);
    }

    private Task BatchAsync(HttpContext context) => AnswerAsync(context, (body, cancel) => _node.AttestAsync(ProposalJson.Batch(body.Span), cancel));

    private Task ClearanceAsync(HttpContext context) => AnswerAsync(context, (body, cancel) => _node.ClearAsync(ProposalJson.Clearance(body.Span), cancel));

    private Task HealthAsync(HttpContext context) =>
        WriteAsync(context, Stopwatch.GetTimestamp(), StatusCodes.Status200OK, "health", new JsonObject { ["status"] = "ok", ["signer"] = $"{_node.Address}", ["proposals"] = Volatile.Read(ref _inside) });

    private async Task AnswerAsync(HttpContext context, Func<ReadOnlyMemory<byte>, CancellationToken, Task<AttesterAnswer>> work)
    {
        var begun = Stopwatch.GetTimestamp();
        var cancel = context.RequestAborted;
        try
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, cancel).ConfigureAwait(false);
            if (Interlocked.Increment(ref _inside) > _options.MostWaiting + 1)
            {
                Interlocked.Decrement(ref _inside);
                context.Response.Headers.RetryAfter = "1";
                await ErrorAsync(context, begun, StatusCodes.Status503ServiceUnavailable, "attester-busy", $"{_options.MostWaiting} proposals are waiting already").ConfigureAwait(false);
                return;
            }

            var answer = await InTurnAsync(body.GetBuffer().AsMemory(0, (int)body.Length), work, cancel).ConfigureAwait(false);
            var status = answer.Signature is null ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK;
            await WriteAsync(context, begun, status, answer.Refusal?.Code ?? "signed", ProposalJson.Of(_node.Address, answer)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            Log(context, begun, 499, "caller-gone");
        }
        catch (OperationCanceledException)
        {
            await ErrorAsync(context, begun, StatusCodes.Status503ServiceUnavailable, "attester-slow", $"not done within {_options.MostWork.TotalSeconds} s").ConfigureAwait(false);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException e)
        {
            await ErrorAsync(context, begun, e.StatusCode, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? "body-size" : "body", $"at most {_options.MostBodyBytes} bytes are read").ConfigureAwait(false);
        }
        catch (InvalidInputException e)
        {
            await ErrorAsync(context, begun, StatusCodes.Status400BadRequest, e.Code, e.Message).ConfigureAwait(false);
        }
        catch (PmsException e)
        {
            // Its node or its disk: asking again later may help.
            await ErrorAsync(context, begun, StatusCodes.Status503ServiceUnavailable, e.Code, "the attester cannot see the chain or keep what it signs").ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            await ErrorAsync(context, begun, StatusCodes.Status500InternalServerError, $"internal:{e.GetType().Name}", "the attester failed; nothing was signed").ConfigureAwait(false);
        }
    }

    private async Task<AttesterAnswer> InTurnAsync(ReadOnlyMemory<byte> body, Func<ReadOnlyMemory<byte>, CancellationToken, Task<AttesterAnswer>> work, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(_options.MostWork);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            await _turn.WaitAsync(either.Token).ConfigureAwait(false);
            try
            {
                return await work(body, either.Token).ConfigureAwait(false);
            }
            finally
            {
                _turn.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _inside);
        }
    }

    private Task ErrorAsync(HttpContext context, long begun, int status, string code, string message) =>
        WriteAsync(context, begun, status, code, new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = message } });

    private async Task WriteAsync(HttpContext context, long begun, int status, string code, JsonObject document)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(document), context.RequestAborted).ConfigureAwait(false);
        Log(context, begun, status, code);
    }

    private void Log(HttpContext context, long begun, int status, string code) =>
        _log(new AttesterLogEntry(context.Request.Path, status, code, (long)Stopwatch.GetElapsedTime(begun).TotalMilliseconds));
}
