using System.Net;
using System.Text.Json;

namespace Pms.Server.Tests.Api;

/// <summary>Changes of the book: on the disk when they are answered, once for each key, in the next epoch, there after a restart.</summary>
public sealed class WritingTests
{
    private const string Body = """{"positions":[],"collateral":[{"asset":"USDC","amount":"12345.5"}]}""";

    [Fact]
    public async Task SRV01_SRV02_Put_IsDurableOnceAndInTheNextEpoch()
    {
        string folder;
        string first;
        await using (var world = await ServerWorld.StartAsync())
        {
            folder = world.Folder;
            var epoch = await world.EpochAsync();
            first = await PutAsync(world, "erin", Body, "key-1");
            (await PutAsync(world, "erin", Body, "key-1")).ShouldBe(first, "the same answer for the same key");
            var records = world.Store.Head.Sequence;
            (await world.ErrorAsync(HttpMethod.Put, "accounts/erin", """{"positions":[],"collateral":[{"asset":"USDC","amount":1}]}""", ("Idempotency-Key", "key-1"))).ShouldBe((409, "idempotency-key"));
            world.Store.Head.Sequence.ShouldBe(records);
            await world.EpochAsync(epoch);
            (await world.GetAsync("accounts/erin")).GetProperty("row").GetProperty("equity").GetDecimal().ShouldBeInRange(11_000m, 12_345.5m, "less its haircut");
        }

        await using (var world = await ServerWorld.StartAsync(folder: folder))
        {
            await world.EpochAsync();
            (await world.GetAsync("accounts/erin")).GetProperty("collateral")[0].GetProperty("amount").GetDecimal().ShouldBe(12345.5m);
            (await PutAsync(world, "erin", Body, "key-1")).ShouldBe(first, "also after a restart");
            var epoch = await world.EpochAsync();
            using var removed = await world.SendAsync(HttpMethod.Delete, "accounts/erin", null, ("Idempotency-Key", "key-2"));
            removed.StatusCode.ShouldBe(HttpStatusCode.OK);
            await world.EpochAsync(epoch);
            (await world.ErrorAsync(HttpMethod.Get, "accounts/erin")).ShouldBe((404, "account-missing"));
            (await world.ErrorAsync(HttpMethod.Delete, "accounts/erin", null, ("Idempotency-Key", "key-3"))).ShouldBe((404, "account-missing"));
            // The same key again: it was taken out, and the answer is the same.
            using var again = await world.SendAsync(HttpMethod.Delete, "accounts/erin", null, ("Idempotency-Key", "key-2"));
            again.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Theory]
    [InlineData("", 400)]
    [InlineData("nonsense", 400)]
    [InlineData("[]", 400)]
    [InlineData("null", 400)]
    [InlineData("""{"positions":[{"instrument":"WHAT","quantity":1}],"collateral":[]}""", 400)]
    [InlineData("""{"positions":[{"instrument":"SOL_USDC-PERPETUAL","quantity":"1e40"}],"collateral":[]}""", 400)]
    [InlineData("""{"positions":{},"collateral":[]}""", 400)]
    [InlineData("""{"accounts":[]}""", 400)]
    [InlineData("""{"positions":[[[[[[[[[[1]]]]]]]]]]}""", 400)]
    public async Task Put_WhatIsNoAccount_IsRefusedAndNothingIsWritten(string body, int status)
    {
        await using var world = await ServerWorld.StartAsync();
        await world.EpochAsync();
        var records = world.Store.Head.Sequence;
        (await world.ErrorAsync(HttpMethod.Put, "accounts/erin", body, ("Idempotency-Key", "k"))).Status.ShouldBe(status, body);
        (await world.ErrorAsync(HttpMethod.Put, "accounts/erin", Body)).ShouldBe((400, "idempotency-key-missing"));
        world.Store.Head.Sequence.ShouldBe(records);
    }

    [Fact]
    public async Task Put_ABodyBeyondTheLimit_IsRefused()
    {
        await using var world = await ServerWorld.StartAsync(o => o with { MostBodyBytes = 2_048 });
        (await world.ErrorAsync(HttpMethod.Put, "accounts/erin", new string(' ', 4_000), ("Idempotency-Key", "k"))).ShouldBe((413, "body-size"));
    }

    private static async Task<string> PutAsync(ServerWorld world, string account, string body, string key)
    {
        using var response = await world.SendAsync(HttpMethod.Put, $"accounts/{account}", body, ("Idempotency-Key", key));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        using var document = JsonDocument.Parse(text);
        document.RootElement.GetProperty("account").GetString().ShouldBe(account);
        return text;
    }
}
