using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Pms.Server.Tests.Observability;

/// <summary>Metrics are sent where an option says, and nowhere without it.</summary>
public sealed class OtlpTests
{
    [Fact]
    public async Task Metrics_AreSentToTheEndpoint()
    {
        var received = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var collector = builder.Build();
        collector.MapPost("/v1/metrics", async (HttpRequest request) =>
        {
            using var body = new MemoryStream();
            await request.Body.CopyToAsync(body);
            if (Encoding.UTF8.GetString(body.ToArray()) is var text && text.Contains("pms.epoch.duration", StringComparison.Ordinal))
            {
                received.TrySetResult(request.ContentType ?? "");
            }
        });
        await collector.StartAsync(TestContext.Current.CancellationToken);
        await using var world = await ServerWorld.StartAsync(o => o with { OtlpEndpoint = new Uri(new Uri(collector.Urls.Single()), "/v1/metrics"), OtlpIntervalMs = 100 });
        await world.EpochAsync();
        (await received.Task.WaitAsync(TimeSpan.FromSeconds(120), TestContext.Current.CancellationToken)).ShouldBe("application/x-protobuf");
    }
}
