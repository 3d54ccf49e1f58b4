using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Pms.Documents;
using Pms.Server.Chain;
using Pms.Server.Epochs;

namespace Pms.Server.Api;

/// <summary>Server-sent events: the overview of every epoch, the state when it changes, and every batch. A follower that is slow misses whole events, never parts, and holds nobody up.</summary>
internal sealed class EventStream(RiskLoop loop, ChainLoop? chain, OverviewHistory history, ServerOptions options)
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2);

    private int _followers;

    public void Map(RouteGroupBuilder api) => api.MapGet("/events", (Delegate)FollowAsync).WithSummary("Server-sent events: overview after every epoch, health when the state changes, batch after every batch").AnswersFile("text/event-stream").DisableRateLimiting().DisableRequestTimeout();

    private async Task FollowAsync(HttpContext context)
    {
        if (Interlocked.Increment(ref _followers) > options.MostFollowers)
        {
            Interlocked.Decrement(ref _followers);
            await Problems.WriteAsync(context, StatusCodes.Status503ServiceUnavailable, "followers", $"{options.MostFollowers} follow already").ConfigureAwait(false);
            return;
        }

        try
        {
            await WriteAllAsync(context).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _followers);
        }
    }

    private async Task WriteAllAsync(HttpContext context)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var stop = context.RequestAborted;
        await WriteAsync(context, "retry: 1000\n\n").ConfigureAwait(false);
        long? sent = null;
        string? state = null;
        BatchSummary? batch = null;
        while (!stop.IsCancellationRequested)
        {
            var next = loop.Signal.Next;
            var status = loop.Status;
            if (status.Name != state)
            {
                state = status.Name;
                var health = JsonSerializer.Serialize(new { state, since = loop.StateSince, reasons = status.Reasons.Select(ErrorBody.Of) }, DocumentJson.Compact);
                await WriteAsync(context, $"event: health\ndata: {health}\n\n").ConfigureAwait(false);
            }

            if (loop.Current is { } epoch && epoch.Number != sent)
            {
                sent = epoch.Number;
                await WriteAsync(context, $"id: {epoch.Number.ToString(CultureInfo.InvariantCulture)}\nevent: overview\ndata: {Encoding.UTF8.GetString(history.Bytes(epoch))}\n\n").ConfigureAwait(false);
            }

            if (chain?.Batches is [var newest, ..] && newest != batch)
            {
                batch = newest;
                await WriteAsync(context, $"event: batch\ndata: {JsonSerializer.Serialize(newest, DocumentJson.Compact)}\n\n").ConfigureAwait(false);
            }

            if (await Task.WhenAny(next, Task.Delay(Quiet, loop.Time, stop)).ConfigureAwait(false) != next && !stop.IsCancellationRequested)
            {
                await WriteAsync(context, ":\n\n").ConfigureAwait(false);
            }
        }
    }

    private static async Task WriteAsync(HttpContext context, string text)
    {
        await context.Response.WriteAsync(text, context.RequestAborted).ConfigureAwait(false);
        await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }
}
