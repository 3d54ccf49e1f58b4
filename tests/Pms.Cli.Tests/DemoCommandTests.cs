using System.Net.Http.Json;
using System.Text.Json;
using Pms.Attestation.Wire;

namespace Pms.Cli.Tests;

/// <summary>The whole system in one process, as <c>make demo</c> runs it.</summary>
public sealed class DemoCommandTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pms-demo-test-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Demo_FromNothing_ServesAccountsOfTheChainWithAttestedMargins()
    {
        Assert.SkipUnless(LiquidatableHouse.IsBuilt, "the chain gateway or the contracts are not built: tools/node.sh builds them");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Patience);
        using var process = PmsProcess.Start(["demo", "--port", "0", "--accounts", "12", "--batch-seconds", "5", "--data", _folder.FullName, "--json"]);
        try
        {
            var url = JsonDocument.Parse((await process.StandardOutput.ReadLineAsync(limit.Token))!).RootElement.GetProperty("url").GetString()!;
            var steps = ReadAsync(process.StandardOutput, limit.Token);
            using var client = new HttpClient { BaseAddress = new Uri(new Uri(url), "/api/v1/") };

            // The first numbers are there before the chain is.
            await UntilAsync(async () => (await client.GetAsync("overview", limit.Token)).IsSuccessStatusCode, limit.Token);
            await UntilAsync(async () => await AcceptedAsync(client, limit.Token) > 0, limit.Token);
            JsonElement chain = default;
            await UntilAsync(async () => (chain = await client.GetFromJsonAsync<JsonElement>("chain", limit.Token)).GetProperty("state").GetString() is "live" or "failed", limit.Token);
            chain.GetProperty("state").GetString().ShouldBe("live", chain.ToString());
            chain.GetProperty("house").GetProperty("members").GetArrayLength().ShouldBe(4);

            // Market maker, twelve traders, the empty account of their owner, insurance, two keepers; each with a leaf in the batch in force.
            await UntilAsync(async () => (await client.GetFromJsonAsync<JsonElement>("overview", limit.Token)).GetProperty("totals").GetProperty("accounts").GetInt32() == 17, limit.Token);
            var batch = BatchDocument.Read(await client.GetByteArrayAsync("batches/current", limit.Token));
            batch.Leaves.Length.ShouldBe(17);
            batch.Signatures.Count.ShouldBeGreaterThanOrEqualTo(3);
            var accounts = await client.GetFromJsonAsync<JsonElement>("accounts?limit=100", limit.Token);
            var cash = accounts.GetProperty("items").EnumerateArray().Select(a => a.GetProperty("equity").GetDecimal()).Sum();
            // What traders gain the maker loses: the sum of all equity is what was deposited less fees, whatever the market does.
            cash.ShouldBeInRange(chain.GetProperty("batch").GetProperty("equity").GetDecimal() * 0.999m, chain.GetProperty("batch").GetProperty("equity").GetDecimal() * 1.001m);
            var attested = await client.GetFromJsonAsync<JsonElement>("accounts/5/attestation", limit.Token);
            attested.GetProperty("signatures").GetArrayLength().ShouldBeGreaterThanOrEqualTo(3);
            // What stands behind the accounts is what the house's insurance account has.
            JsonElement solvency = default;
            await UntilAsync(async () => (solvency = await client.GetFromJsonAsync<JsonElement>("solvency", limit.Token)).GetProperty("reasons").EnumerateArray().All(r => r.GetProperty("code").GetString() != "fund-unknown"), limit.Token);
            solvency.GetProperty("solvency").GetProperty("insurance").GetDecimal().ShouldBeInRange(49_000, 60_000);
            var written = new HttpRequestMessage(HttpMethod.Delete, "accounts/5");
            written.Headers.Add("Idempotency-Key", "k");
            ((int)(await client.SendAsync(written, limit.Token)).StatusCode).ShouldBe(409);
            JsonElement[] keepers = [];
            await UntilAsync(async () => (keepers = [.. (await client.GetFromJsonAsync<JsonElement>("keepers", limit.Token)).GetProperty("items").EnumerateArray()]).All(k => k.GetProperty("looks").GetInt32() > 0), limit.Token);
            keepers.Select(k => k.GetProperty("cashUsd").GetDecimal()).ShouldBe([100_000m, 100_000m]);
            (await client.GetFromJsonAsync<JsonElement>("governance", limit.Token)).GetProperty("inForce").GetBoolean().ShouldBeTrue();
            (await client.GetAsync("liquidations", limit.Token)).IsSuccessStatusCode.ShouldBeTrue();
            process.Kill(entireProcessTree: true);
            (await steps).ShouldContain(s => s.Contains("\"live\"", StringComparison.Ordinal));

            // Accounts that came from the chain are recomputed like any others.
            await process.WaitForExitAsync(limit.Token);
            var verified = await PmsProcess.RunAsync(["replay", "--verify", _folder.FullName, "--json"], cancel: limit.Token);
            verified.ExitCode.ShouldBe(0, verified.Output);
        }
        catch (HttpRequestException e) when (process.HasExited)
        {
            throw new InvalidOperationException($"the system ended with {process.ExitCode}: {await process.StandardError.ReadToEndAsync(CancellationToken.None)}", e);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Theory]
    [InlineData("--accounts", "0")]
    [InlineData("--accounts", "1001")]
    [InlineData("--batch-seconds", "4")]
    [InlineData("--seconds", "-1")]
    public async Task Demo_FlagOutOfRange_IsRefused(string flag, string value)
    {
        var run = await PmsProcess.RunAsync(["demo", flag, value, "--json"]);
        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("demo-flags");
    }

    private static async Task<int> AcceptedAsync(HttpClient client, CancellationToken cancel) =>
        (await client.GetFromJsonAsync<JsonElement>("batches", cancel)).GetProperty("items").EnumerateArray().Count(b => !b.TryGetProperty("error", out _));

    private static async Task UntilAsync(Func<Task<bool>> holds, CancellationToken cancel)
    {
        while (!await holds())
        {
            await Task.Delay(200, cancel);
        }
    }

    private static async Task<List<string>> ReadAsync(StreamReader output, CancellationToken cancel)
    {
        var lines = new List<string>();
        while (await output.ReadLineAsync(cancel) is { } line)
        {
            lines.Add(line);
        }

        return lines;
    }
}
