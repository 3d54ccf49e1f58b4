using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Hosting;
using Pms.Primitives;
using Pms.Server.Api;
using Pms.Server.Epochs;
using Pms.Server.Rpc.Channels;

namespace Pms.Server.Rpc;

/// <summary>JSON-RPC 2.0 over WebSocket (docs/api.md): what all connections share, and the door to it.</summary>
internal sealed class RpcServer : IDisposable
{
    public const string Path = "/ws/api/v1";
    public const int MostChannels = 500;
    public const int MostBatch = 64;
    public const int DeepestJson = 32;

    /// <summary>Calls of one connection at work or waiting for a place.</summary>
    public const int MostAtWorkOfOne = 16;

    private readonly ConcurrencyLimiter _work;
    private readonly CancellationToken _stopping;
    private int _connections;

    /// <param name="loop">epochs</param>
    /// <param name="read">answers of the reading endpoints</param>
    /// <param name="ask">of the asking ones</param>
    /// <param name="write">of the writing ones</param>
    /// <param name="chain">of the chain's</param>
    /// <param name="run">of other parameters on all accounts</param>
    /// <param name="solvency">index of solvency</param>
    /// <param name="history">overviews</param>
    /// <param name="lifetime">of the server: connections end with it</param>
    public RpcServer(RiskLoop loop, ReadEndpoints read, AskEndpoints ask, WriteEndpoints write, ChainEndpoints chain, ParameterRunEndpoint run, SolvencyEndpoints solvency, OverviewHistory history, IHostApplicationLifetime lifetime)
    {
        (Loop, Options, _stopping) = (loop, loop.Options, lifetime.ApplicationStopping);
        Methods = new RpcMethods(this, read, ask, write, chain, run, solvency);
        Channels = new ChannelBook(loop, history, chain);
        // More at once would only wait for each other's core.
        _work = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = Math.Max(1, Environment.ProcessorCount), QueueLimit = Options.MostWaiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst });
    }

    public RiskLoop Loop { get; }

    public ServerOptions Options { get; }

    public RpcMethods Methods { get; }

    public ChannelBook Channels { get; }

    /// <summary>Places at work, shared by all connections.</summary>
    public ConcurrencyLimiter Work => _work;

    public void Map(IEndpointRouteBuilder routes) => routes.MapGet(Path, (Delegate)AcceptAsync).ExcludeFromDescription().DisableRateLimiting().DisableRequestTimeout();

    public void Dispose() => _work.Dispose();

    private async Task AcceptAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await Problems.WriteAsync(context, StatusCodes.Status400BadRequest, "websocket", $"{Path} is a WebSocket: an upgrade is expected").ConfigureAwait(false);
            return;
        }

        if (!IsOwnOrigin(context.Request))
        {
            // A browser opens WebSockets from any page: the origin is what tells a page of ours apart.
            await Problems.WriteAsync(context, StatusCodes.Status403Forbidden, "origin", $"the origin '{PrintableText.Of(context.Request.Headers.Origin.ToString())}' is not this server's").ConfigureAwait(false);
            return;
        }

        var authorization = context.Request.Headers.Authorization.ToString();
        var scopes = Options.Keys.IsEmpty ? ApiScopes.Read | ApiScopes.Write : ApiKey.ScopesOf(Options.Keys, authorization);
        if (scopes == ApiScopes.None && authorization.Length != 0)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await Problems.WriteAsync(context, StatusCodes.Status401Unauthorized, "key", "the key is not known").ConfigureAwait(false);
            return;
        }

        if (Interlocked.Increment(ref _connections) > Options.MostConnections)
        {
            Interlocked.Decrement(ref _connections);
            await Problems.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "connections", $"{Options.MostConnections} connections are open already").ConfigureAwait(false);
            return;
        }

        try
        {
            using var accepted = await context.WebSockets.AcceptWebSocketAsync().ConfigureAwait(false);
            using var socket = new RpcSocket(accepted, Options.MostBodyBytes, TimeSpan.FromMilliseconds(Options.SlowReaderMs));
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(_stopping, context.RequestAborted);
            using var session = new RpcSession(this, socket, scopes, ReadEndpoints.ServerOf(context.Request));
            await session.RunAsync(stop.Token).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _connections);
        }
    }

    private static bool IsOwnOrigin(HttpRequest request) => request.Headers.Origin.ToString() is not { Length: > 0 } origin
        || (Uri.TryCreate(origin, UriKind.Absolute, out var from) && HostString.FromUriComponent(from) is var host && (host == request.Host || from.IsLoopback));
}
