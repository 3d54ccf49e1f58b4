using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using Pms.Documents;
using Pms.Primitives;
using Pms.Server.Api;
using Pms.Server.Chain;
using Pms.Server.Epochs;
using Pms.Server.Feeds;
using Pms.Server.Observability;
using Pms.Server.Rpc;
using Pms.Server.Storage;

namespace Pms.Server;

/// <summary>The risk server in one process: loop, store, API, dashboard (docs/server.md).</summary>
public sealed class ServerHost : IAsyncDisposable
{
    private readonly WebApplication _application;

    private ServerHost(WebApplication application, RiskLoop loop) => (_application, Loop) = (application, loop);

    /// <summary>Where it listens, with the port it was given.</summary>
    public Uri Url { get; private set; } = null!;

    public RiskLoop Loop { get; }

    /// <summary>Null: no chain is followed.</summary>
    public ChainLoop? Chain { get; private init; }

    /// <summary>Starts the loop and listens. Feed and store stay the caller's.</summary>
    /// <param name="options">how it runs</param>
    /// <param name="feed">market</param>
    /// <param name="store">opened</param>
    /// <param name="time">clock</param>
    /// <param name="cancel">gives up</param>
    /// <param name="chain">a house that is followed; null: none</param>
    /// <exception cref="InvalidInputException"><c>server-option</c>, <c>server-listen</c></exception>
    public static async Task<ServerHost> StartAsync(ServerOptions options, IMarketFeed feed, IRiskStore store, TimeProvider time, CancellationToken cancel, ChainOptions? chain = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validated();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => Configure(k, options));
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(5));
        builder.Services.ConfigureHttpJsonOptions(o =>
        {
            o.SerializerOptions.NumberHandling = DocumentJson.Compact.NumberHandling;
            o.SerializerOptions.DefaultIgnoreCondition = DocumentJson.Compact.DefaultIgnoreCondition;
        });
        builder.Services.Configure<Microsoft.AspNetCore.Routing.RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        var openApi = new OpenApiFile();
        openApi.AddTo(builder.Services);
        builder.Services.AddRequestTimeouts(o => o.DefaultPolicy = new RequestTimeoutPolicy
        {
            Timeout = TimeSpan.FromMilliseconds(options.LongestRequestMs),
            WriteTimeoutResponse = context => Problems.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "timeout", $"the answer took more than {options.LongestRequestMs} ms"),
        });
        builder.Services.AddRateLimiter(o => Limit(o, options));
        builder.Services.AddOpenTelemetry().WithMetrics(m => Measure(m, options));
        builder.Services.AddSingleton<ServerMetrics>();
        builder.Services.AddSingleton(s => new RiskLoop(options, feed, store, time, s.GetRequiredService<ServerMetrics>()));
        builder.Services.AddHostedService(s => s.GetRequiredService<RiskLoop>());
        if (chain is not null)
        {
            builder.Services.AddSingleton(s => new ChainLoop(chain, s.GetRequiredService<RiskLoop>(), time, s.GetRequiredService<ServerMetrics>()));
            builder.Services.AddHostedService(s => s.GetRequiredService<ChainLoop>());
        }

        var application = builder.Build();
        var loop = application.Services.GetRequiredService<RiskLoop>();
        Map(application, loop, application.Services.GetService<ChainLoop>(), options, openApi);
        try
        {
            await application.StartAsync(cancel).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            await application.DisposeAsync().ConfigureAwait(false);
            throw new InvalidInputException("server-listen", $"{options.Address}:{options.Port} cannot be listened on: {e.Message}", e);
        }

        return new ServerHost(application, loop) { Url = new Uri(application.Urls.Single()), Chain = application.Services.GetService<ChainLoop>() };
    }

    /// <summary>Until the host is told to stop, or its loop has failed: then with what it failed.</summary>
    public async Task WaitAsync(CancellationToken cancel)
    {
        await _application.WaitForShutdownAsync(cancel).ConfigureAwait(false);
        if (Loop.ExecuteTask is { IsFaulted: true } failed)
        {
            await failed.ConfigureAwait(false);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _application.StopAsync().ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }

    private static void Measure(MeterProviderBuilder metrics, ServerOptions options)
    {
        metrics.AddMeter(ServerMetrics.MeterName).AddMeter("Microsoft.AspNetCore.Hosting").AddPrometheusExporter();
        if (options.OtlpEndpoint is { } endpoint)
        {
            metrics.AddOtlpExporter((exporter, reader) =>
            {
                (exporter.Endpoint, exporter.Protocol) = (endpoint, OtlpExportProtocol.HttpProtobuf);
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = options.OtlpIntervalMs;
            });
        }
    }

    private static void Configure(KestrelServerOptions kestrel, ServerOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = options.MostBodyBytes;
        kestrel.Limits.MaxConcurrentConnections = options.MostFollowers + options.MostConnections + (4L * (options.MostAtWork + options.MostWaiting));
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromMilliseconds(options.LongestRequestMs);
        kestrel.Listen(options.Address, options.Port, l => l.Protocols = HttpProtocols.Http1);
    }

    /// <summary>So many at work, so many waiting, and the rest is told to come back: at three times the load most of it is still served.</summary>
    private static void Limit(RateLimiterOptions limits, ServerOptions options)
    {
        limits.GlobalLimiter = PartitionedRateLimiter.Create<HttpContext, string>(context => context.GetEndpoint()?.Metadata.GetMetadata<DisableRateLimitingAttribute>() is not null
            ? RateLimitPartition.GetNoLimiter("free")
            : RateLimitPartition.GetConcurrencyLimiter("all", _ => new ConcurrencyLimiterOptions { PermitLimit = options.MostAtWork, QueueLimit = options.MostWaiting, QueueProcessingOrder = QueueProcessingOrder.OldestFirst }));
        limits.OnRejected = async (rejected, _) =>
            await Problems.WriteAsync(rejected.HttpContext, StatusCodes.Status503ServiceUnavailable, "busy", $"{options.MostAtWork} requests are at work and {options.MostWaiting} wait").ConfigureAwait(false);
    }

    private static void Map(WebApplication application, RiskLoop loop, ChainLoop? chain, ServerOptions options, OpenApiFile openApi)
    {
        application.Use((context, next) => Problems.Guard(context, next));
        application.UseRouting();
        application.Use((context, next) => Access.Check(context, next, options));
        application.UseRequestTimeouts();
        application.UseRateLimiter();
        application.MapPrometheusScrapingEndpoint("/metrics");
        openApi.Map(application);
        var history = new OverviewHistory(loop);
        var api = application.MapGroup("/api/v1");
        var (read, ask, write, house) = (new ReadEndpoints(loop, history), new AskEndpoints(loop), new WriteEndpoints(loop, chain), new ChainEndpoints(loop, chain));
        read.Map(api);
        ask.Map(api);
        write.Map(api);
        var run = new ParameterRunEndpoint(loop);
        application.Lifetime.ApplicationStopped.Register(run.Dispose);
        run.Map(api);
        house.Map(api);
        var solvency = new SolvencyEndpoints(loop);
        solvency.Map(api);
        new EventStream(loop, chain, history, options).Map(api);
        var rpc = new RpcServer(loop, read, ask, write, house, run, solvency, history, application.Lifetime);
        application.Lifetime.ApplicationStopped.Register(rpc.Dispose);
        application.UseWebSockets();
        rpc.Map(application);
        AsyncApiDocument.Map(application, rpc);
        application.Map("/api/{**rest}", context => Problems.WriteAsync(context, StatusCodes.Status404NotFound, "no-such-path", $"there is nothing at {PrintableText.Of(context.Request.Path)}: /openapi/v1.json lists what there is"));
        MapDashboard(application, options);
    }

    private static void MapDashboard(WebApplication application, ServerOptions options)
    {
        if (options.WebDirectory is not { } folder || !File.Exists(Path.Combine(folder, "index.html")))
        {
            application.MapGet("/", () => Results.Text("The risk server answers at /api/v1; the dashboard's files are not here (docs/server.md).\n")).ExcludeFromDescription();
            return;
        }

        var files = new PhysicalFileProvider(Path.GetFullPath(folder));
        application.UseStaticFiles(new StaticFileOptions { FileProvider = files, OnPrepareResponse = Cache });
        // Every other path is a page of the dashboard, which reads it itself.
        application.MapFallback(context =>
        {
            context.Response.ContentType = "text/html; charset=utf-8";
            context.Response.Headers.CacheControl = "no-cache";
            return context.Response.SendFileAsync(files.GetFileInfo("index.html"), context.RequestAborted);
        });
    }

    /// <summary>Names under assets hold a hash of what is in them.</summary>
    private static void Cache(StaticFileResponseContext response) =>
        response.Context.Response.Headers.CacheControl = response.Context.Request.Path.StartsWithSegments("/assets", StringComparison.Ordinal) ? "public, max-age=31536000, immutable" : "no-cache";
}
