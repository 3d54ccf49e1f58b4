using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Amounts;
using Pms.Attestation.Attesters;
using Pms.Attestation.Batches;
using Pms.Attestation.Messages;
using Pms.Attestation.Tests;
using Pms.Attestation.Tests.Attesters;
using Pms.Attestation.Wire;

namespace Pms.Attester.Tests;

/// <summary>A real attester behind a real socket on the loopback.</summary>
public sealed class AttesterHostTests : IAsyncLifetime
{
    private readonly AttesterWorld _world = new();
    private readonly ConcurrentQueue<AttesterLogEntry> _log = new();
    private readonly HttpClient _http = new();
    private AttesterHost _host = null!;
    private HttpAttesterClient _client = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await AttesterHost.StartAsync(_world.Node, new AttesterHostOptions { MostBodyBytes = 1024 * 1024, MostWaiting = 1 }, _log.Enqueue, Cancel);
        _client = new HttpAttesterClient(_world.Node.Address, _host.Url, TimeProvider.System, new AttesterClientOptions { Retries = 0 });
        _http.BaseAddress = _host.Url;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        _http.Dispose();
        await _host.DisposeAsync();
        _world.Dispose();
    }

    [Fact]
    public async Task Batch_Honest_IsSignedOnceAndTheSameAgain()
    {
        var answer = await _client.AskAsync(Proposed(), Cancel);
        answer.Refusal.ShouldBeNull();
        _world.Key.IsOf(AttesterWorld.Policy.Domain.DigestOf(_world.Propose().Header), answer.Signature!.Value).ShouldBeTrue();
        (await _client.AskAsync(Proposed(), Cancel)).Refusal.ShouldBeNull();
        var later = HouseWorld.SnapshotAt(HouseWorld.Start.AddSeconds(1));
        var other = _world.Propose(1, later);
        (await _client.AskAsync(new ProposedBatch(other.Header, other.Prices, SnapshotBytes.Write(later)), Cancel)).Refusal!.Code.ShouldBe("sign-twice");
    }

    [Fact]
    public async Task Batch_OneNumberChanged_IsRefusedByName()
    {
        var batch = Proposed();
        var refusal = (await _client.AskAsync(batch with { Header = batch.Header with { TotalMaintenance = new UnsignedWad(1) } }, Cancel)).Refusal!;
        refusal.Code.ShouldBe("field-differs");
        refusal.Message.ShouldStartWith("totalMaintenanceWad is 1; recomputed it is ");
        _world.Key.Count.ShouldBe(0);
        _log.ShouldContain(e => e.Path == AttesterHost.BatchPath && e.Status == 422 && e.Code == "field-differs");
    }

    [Fact]
    public async Task Clearance_AfterItsBatch_IsSigned()
    {
        var header = Proposed().Header;
        await _client.AskAsync(Proposed(), Cancel);
        _world.State = _world.State with { LastSequence = header.Sequence, LastObservedAt = header.ObservedAt };
        var withdrawal = new CoinWithdrawal(new AccountNumber(2), HouseWorld.SolCoin, new TokenAmount(1_000_000_000), AttesterWorld.Registry);
        var terms = new ClearanceTerms(_world.Set.Id, header.Sequence, UnixSeconds.Floor(_world.Time.GetUtcNow()), 20, _world.House.Epochs.ParameterHash);
        var (clearance, _) = ClearanceBuilder.OfWithdrawal(_world.House.Rows, _world.Book, withdrawal, 9, terms);
        (await _client.AskAsync(new ClearanceProposal(clearance, withdrawal), Cancel)).Refusal.ShouldBeNull();
        (await _client.AskAsync(new ClearanceProposal(clearance, withdrawal with { Amount = new TokenAmount(2) }), Cancel)).Refusal!.Code.ShouldBe("field-differs");
    }

    [Fact]
    public async Task Health_TellsWhoSigns()
    {
        (await HttpAttesterClient.SignerAtAsync(_host.Url, TimeProvider.System, null, Cancel)).ShouldBe(_world.Node.Address);
    }

    [Theory]
    [InlineData("{", 400, "json-shape")]
    [InlineData("{}", 400, "json-field")]
    [InlineData("""{"header":{},"board":"AAAA"}""", 400, "snapshot-bytes")]
    public async Task Batch_MalformedBody_IsRefusedWithTheReason(string body, int status, string code)
    {
        using var response = await PostAsync(body);
        ((int)response.StatusCode).ShouldBe(status);
        (await CodeOf(response)).ShouldBe(code);
    }

    [Fact]
    public async Task Batch_BodyBeyondTheBound_IsNotRead()
    {
        using var response = await PostAsync(new string(' ', (1024 * 1024) + 1));
        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await CodeOf(response)).ShouldBe("body-size");
        (await _client.AskAsync(Proposed(), Cancel)).Refusal.ShouldBeNull();
    }

    [Fact]
    public async Task Batch_WhileOthersWait_IsToldToComeBackAndCallersThatLeaveFreeTheirPlace()
    {
        var market = new TaskCompletionSource();
        _world.Gate = market.Task;
        using var leaves = new CancellationTokenSource();
        var body = Encoding.UTF8.GetString(ProposalJson.Of(Proposed()));
        var working = PostAsync(body, leaves.Token);
        await UntilInsideAsync(1);
        var waiting = PostAsync(body);
        await UntilInsideAsync(2);
        var response = await PostAsync(body);
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await CodeOf(response)).ShouldBe("attester-busy");
        response.Headers.RetryAfter.ShouldNotBeNull();
        response.Dispose();
        await leaves.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => working);
        // The host learns of it a moment later.
        await UntilInsideAsync(1);
        market.SetResult();
        (await waiting).StatusCode.ShouldBe(HttpStatusCode.OK);
        _world.Key.Count.ShouldBe(1);
    }

    private ProposedBatch Proposed()
    {
        var batch = _world.Propose();
        return new ProposedBatch(batch.Header, batch.Prices, SnapshotBytes.Write(_world.House.Snapshot));
    }

    /// <summary>Asks how many proposals are inside until it is so many.</summary>
    private async Task UntilInsideAsync(int count)
    {
        while (JsonDocument.Parse(await _http.GetByteArrayAsync(AttesterHost.HealthPath, Cancel)).RootElement.GetProperty("proposals").GetInt32() != count)
        {
            await Task.Yield();
        }
    }

    private async Task<HttpResponseMessage> PostAsync(string body, CancellationToken cancel = default)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, Cancel);
        return await _http.PostAsync(AttesterHost.BatchPath, content, either.Token);
    }

    private static async Task<string?> CodeOf(HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(Cancel)).RootElement.GetProperty("error").GetProperty("code").GetString();
}
