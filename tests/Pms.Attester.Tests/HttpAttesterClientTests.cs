using System.Net;
using Microsoft.Extensions.Time.Testing;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Tests.Attesters;
using Pms.Primitives;

namespace Pms.Attester.Tests;

/// <summary>The client against connections that fail in every way.</summary>
public sealed class HttpAttesterClientTests
{
    private const string Refusal = """{"signer":"0x00000000000000000000000000000000000000a1","refusal":{"code":"moment-old","message":"too late"}}""";

    private static readonly AttesterClientOptions Quick = new() { FirstPause = TimeSpan.Zero, Retries = 2, MostWait = TimeSpan.FromSeconds(5) };

    [Fact]
    public async Task AskAsync_BusyThenAnswer_IsAskedAgain()
    {
        var attempts = 0;
        (await AskAsync((_, _) => Task.FromResult(++attempts < 3 ? Answer(HttpStatusCode.ServiceUnavailable, "{}") : Answer(HttpStatusCode.UnprocessableEntity, Refusal))))
            .Refusal.ShouldBe(new Refusal("moment-old", "too late"));
        attempts.ShouldBe(3);
    }

    [Fact]
    public async Task AskAsync_RefusalOrBadRequest_IsNotAskedAgain()
    {
        var attempts = 0;
        (await AskAsync((_, _) => Task.FromResult(Answer(HttpStatusCode.BadRequest, """{"error":{"code":"json-field","message":"x"}}""", ref attempts)))).Refusal!.Code.ShouldBe("json-field");
        (await AskAsync((_, _) => Task.FromResult(Answer(HttpStatusCode.UnprocessableEntity, Refusal, ref attempts)))).Refusal!.Code.ShouldBe("moment-old");
        attempts.ShouldBe(2);
    }

    [Fact]
    public async Task AskAsync_NobodyThere_ThrowsAfterAllAttempts()
    {
        var attempts = 0;
        (await Should.ThrowAsync<AttesterUnreachableException>(() => AskAsync((_, _) =>
        {
            attempts++;
            throw new HttpRequestException("no connection");
        }))).Code.ShouldBe("attester-unreachable");
        attempts.ShouldBe(3);
        await Should.ThrowAsync<AttesterUnreachableException>(() => AskAsync((_, _) => Task.FromResult(Answer(HttpStatusCode.InternalServerError, "{}"))));
    }

    [Fact]
    public async Task AskAsync_NoAnswer_EndsAtTheTimeout()
    {
        var time = new FakeTimeProvider();
        var asked = new SemaphoreSlim(0);
        var asking = AskAsync(
            async (_, cancel) =>
            {
                asked.Release();
                await Task.Delay(Timeout.InfiniteTimeSpan, cancel);
                throw new InvalidOperationException("unreachable");
            },
            time,
            Quick with { Retries = 0 });
        await asked.WaitAsync(TestContext.Current.CancellationToken);
        asking.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(6));
        await Should.ThrowAsync<AttesterUnreachableException>(() => asking);
    }

    [Theory]
    [InlineData("no json", "json-shape")]
    [InlineData("""{"signer":"0x00","signature":"0x00"}""", "json-field")]
    [InlineData("""{"signer":"0x00000000000000000000000000000000000000a1"}""", "json-field")]
    public async Task AskAsync_OtherAnswer_IsRefused(string body, string code) =>
        (await Should.ThrowAsync<InvalidInputException>(() => AskAsync((_, _) => Task.FromResult(Answer(HttpStatusCode.OK, body))))).Code.ShouldBe(code);

    [Fact]
    public async Task AskAsync_EndlessAnswer_IsCutOff()
    {
        await Should.ThrowAsync<AttesterUnreachableException>(() => AskAsync((_, _) => Task.FromResult(Answer(HttpStatusCode.OK, new string('x', HttpAttesterClient.MostAnswerBytes + 1)))));
    }

    private static async Task<AttesterAnswer> AskAsync(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer, TimeProvider? time = null, AttesterClientOptions? options = null)
    {
        using var world = new AttesterWorld();
        var batch = world.Propose();
        using var client = new HttpAttesterClient(world.Node.Address, new Uri("http://attester.invalid"), time ?? new FakeTimeProvider(), options ?? Quick, new Handler(answer));
        return await client.AskAsync(new ProposedBatch(batch.Header, batch.Prices, new byte[] { 1 }), TestContext.Current.CancellationToken);
    }

    private static HttpResponseMessage Answer(HttpStatusCode status, string body) => new(status) { Content = new StringContent(body) };

    private static HttpResponseMessage Answer(HttpStatusCode status, string body, ref int attempts)
    {
        attempts++;
        return Answer(status, body);
    }

    private sealed class Handler(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => answer(request, cancellationToken);
    }
}
