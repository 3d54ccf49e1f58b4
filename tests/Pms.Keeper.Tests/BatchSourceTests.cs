using System.Net;
using Pms.Keeper.Batches;
using Pms.Primitives;

namespace Pms.Keeper.Tests;

/// <summary>Where batches come from: what is missing is no batch, what is damaged or unreachable is told.</summary>
public sealed class BatchSourceTests
{
    [Fact]
    public async Task File_MissingOrDamaged_IsNoneOrRefused()
    {
        var path = Path.Combine(Path.GetTempPath(), $"pms-batch-{Environment.ProcessId}.json");
        (await new FileBatchSource(path).NewestAsync(CancellationToken.None)).ShouldBeNull();
        await File.WriteAllTextAsync(path, """{"schema":"pms.batch/1"}""");
        (await Should.ThrowAsync<InvalidInputException>(() => new FileBatchSource(path).NewestAsync(CancellationToken.None))).Code.ShouldBe("json-field");
        File.Delete(path);
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError, "batch-unreachable")]
    [InlineData(HttpStatusCode.OK, "json-shape")]
    [InlineData(HttpStatusCode.NotFound, null)]
    [InlineData(HttpStatusCode.RequestTimeout, "batch-unreachable")]
    public async Task Http_ByStatus_IsNoneOrRefused(HttpStatusCode status, string? code)
    {
        using var client = new HttpClient(new Answering(status));
        var source = new HttpBatchSource(client, new Uri("http://127.0.0.1:1/batch"));
        if (code is null)
        {
            (await source.NewestAsync(CancellationToken.None)).ShouldBeNull();
        }
        else
        {
            (await Should.ThrowAsync<InvalidInputException>(() => source.NewestAsync(CancellationToken.None))).Code.ShouldBe(code);
        }
    }

    [Fact]
    public async Task Http_NobodyListens_IsToldAsUnreachable()
    {
        using var client = new HttpClient(new Answering(null));
        (await Should.ThrowAsync<InvalidInputException>(() => new HttpBatchSource(client, new Uri("http://127.0.0.1:1/batch")).NewestAsync(CancellationToken.None))).Code.ShouldBe("batch-unreachable");
    }

    private sealed class Answering(HttpStatusCode? status) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => status is { } s
            ? Task.FromResult(new HttpResponseMessage(s) { Content = new StringContent("[") })
            : throw new HttpRequestException("connection refused");
    }
}
