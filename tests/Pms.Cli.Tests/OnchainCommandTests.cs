using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Chain.Local;
using Pms.Chain.Nodes;
using Pms.Testing;

namespace Pms.Cli.Tests;

/// <summary>The on-chain commands one after the other on one local chain, as an operator, three attesters and an owner would type them.</summary>
public sealed class OnchainCommandTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pms-onchain").FullName;
    private ScriptHost? _host;
    private AnvilProcess? _anvil;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static string Gateway => Path.Combine(RepositoryPaths.Root, "src", "Pms.Chain", "node", "dist", "gateway.js");

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(
            File.Exists(Gateway) && Directory.Exists(Path.Combine(RepositoryPaths.Root, "contracts", "out", "Deploy.sol")), "the chain gateway or the contracts are not built: tools/node.sh builds them");
        _host = new ScriptHost(Gateway);
        _anvil = await AnvilProcess.StartAsync(Path.Combine(RepositoryPaths.Root, "contracts"), _host, 0, 0, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        if (_anvil is not null)
        {
            await _anvil.DisposeAsync();
        }

        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Commands_FromDeploymentToAnEnactedChange_DoWhatTheySay()
    {
        await DoneAsync("chain", "deploy", "--yes");
        await AccountsAsync();
        await BatchesAsync();
        await ParametersAsync();
    }

    private async Task AccountsAsync()
    {
        // Dry runs send nothing; what the chain would refuse is refused in them too.
        var dry = await DoneAsync("account", "open");
        dry.GetProperty("dryRun").GetBoolean().ShouldBeTrue();
        dry.GetProperty("calls")[0].GetProperty("gas").GetUInt64().ShouldBeGreaterThan(21_000UL);
        (await DoneAsync("account", "list")).GetProperty("accounts").GetArrayLength().ShouldBe(0);
        (await DoneAsync("account", "open", "--yes")).GetProperty("account").GetString().ShouldBe("1");

        await MintAsync("2000000000");
        (await DoneAsync("account", "deposit", "1", "1500.25")).GetProperty("calls").EnumerateArray().Select(c => c.GetProperty("function").GetString()).ShouldBe(["approve", "depositCash"]);
        await DoneAsync("account", "deposit", "1", "1500.25", "--yes");
        await DoneAsync("account", "withdraw", "1", "500", "--yes");
        var shown = await DoneAsync("account", "show", "1");
        shown.GetProperty("cashWad").GetString().ShouldBe("1000250000000000000000");
        (shown.GetProperty("state").GetString(), shown.GetProperty("positions").GetArrayLength()).ShouldBe(("healthy", 0));
        (await RefusedAsync(1, "account", "withdraw", "1", "1000.26")).ShouldBe("chain-revert");
        (await RefusedAsync(1, "account", "withdraw", "1", "0.0000001")).ShouldBe("token-amount");
        (await RefusedAsync(1, "account", "deposit", "1", "5", "--coin", "9")).ShouldBe("coin-unknown");
        (await RefusedAsync(1, "account", "show", "77")).ShouldBe("account-missing");
        (await RefusedAsync(1, "account", "list", "--owner", "0x12")).ShouldBe("address-format");
        (await DoneAsync("account", "list", "--owner", shown.GetProperty("owner").GetString()!)).GetProperty("accounts").GetArrayLength().ShouldBe(1);
    }

    private async Task BatchesAsync()
    {
        await DoneAsync("chain", "list", "BTC_USDC-PERPETUAL", "--yes");
        var head = DateTimeOffset.FromUnixTimeSeconds((long)(await Node.LatestAsync(Cancel)).Timestamp);
        var (board, batch, signed, changed) = (InFolder("board.csv.gz"), InFolder("batch.json"), InFolder("signed.json"), InFolder("changed.json"));
        await PmsProcess.RunAsync(["sim", "--from", head.AddMinutes(-2).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), "--board", board, "--at", "2m"], cancel: Cancel);
        var built = await DoneAsync("batch", "build", "--board", board, "-o", batch);
        (built.GetProperty("sequence").GetString(), built.GetProperty("accounts").GetInt32(), built.GetProperty("rows").GetInt32()).ShouldBe(("1", 1, 1));
        var verified = await DoneAsync("batch", "verify", batch);
        (verified.GetProperty("verified").GetBoolean(), verified.GetProperty("quorum").GetProperty("reached").GetBoolean()).ShouldBe((true, false));
        // The same inputs give the same bytes.
        await DoneAsync("batch", "build", "--board", board, "-o", changed);
        (await File.ReadAllBytesAsync(changed, Cancel)).ShouldBe(await File.ReadAllBytesAsync(batch, Cancel));

        // A number changed: the file does not hold together; a whole other batch: recomputing finds the first field.
        var tampered = JsonNode.Parse(await File.ReadAllTextAsync(batch, Cancel))!;
        tampered["header"]!["totalEquityWad"] = "1";
        await File.WriteAllTextAsync(changed, tampered.ToJsonString(), Cancel);
        (await RefusedAsync(5, "batch", "verify", changed)).ShouldBe("batch-file");
        await DoneAsync("batch", "build", "--board", board, "--sequence", "2", "--valid-seconds", "200", "-o", changed);
        (await AnswerAsync(5, "batch", "verify", changed)).GetProperty("firstDifference").GetProperty("field").GetString().ShouldBe("validUntil");

        // One attester signs by hand, two over HTTP; a batch of another life is refused by name.
        string[] judging = ["--market", board, "--most-age-seconds", "1800"];
        var sign = await DoneAsync(["attest", "sign", batch, "--key", "attester-1", "-o", signed, .. judging]);
        sign.GetProperty("signature").GetString()!.Length.ShouldBe(132);
        (await RefusedAsync(5, ["attest", "sign", changed, "--key", "attester-1", .. judging])).ShouldBe("batch-window");
        var late = await DoneAsync("batch", "build", "--board", board, "--block", $"{(await Node.LatestAsync(Cancel)).Number - 1}", "-o", InFolder("late.json"));
        late.GetProperty("sequence").GetString().ShouldBe("1");
        (await RefusedAsync(5, ["attest", "sign", InFolder("late.json"), "--key", "attester-1", .. judging])).ShouldBe("sign-twice");
        (await RefusedAsync(1, "batch", "submit", signed)).ShouldBe("quorum-small");
        await using (var second = await ServedAsync("attester-2", judging))
        await using (var third = await ServedAsync("attester-3", judging))
        {
            var few = await AnswerAsync(5, "batch", "collect", signed, "--attester", second.Url, "--attester", "http://127.0.0.1:9", "--patience-seconds", "20", "-o", changed);
            few.GetProperty("refusals").EnumerateArray().Select(r => r.GetProperty("code").GetString()).ShouldContain("attester-unreachable");
            var collected = await DoneAsync("batch", "collect", signed, "--attester", second.Url, "--attester", third.Url, "-o", signed);
            collected.GetProperty("signatures").GetInt32().ShouldBe(3);
        }

        (await DoneAsync("batch", "verify", signed)).GetProperty("quorum").GetProperty("reached").GetBoolean().ShouldBeTrue();
        (await DoneAsync("batch", "submit", signed)).GetProperty("dryRun").GetBoolean().ShouldBeTrue();
        (await DoneAsync("chain", "status")).GetProperty("batchSequence").GetString().ShouldBe("0");
        await DoneAsync("batch", "submit", signed, "--yes");
        (await DoneAsync("chain", "status")).GetProperty("batchSequence").GetString().ShouldBe("1");
        (await RefusedAsync(1, "batch", "submit", signed)).ShouldBe("chain-revert");
        var requirement = (await DoneAsync("account", "show", "1", "--batch", signed)).GetProperty("requirement");
        (requirement.GetProperty("finds").GetString(), requirement.GetProperty("equityWad").GetString(), requirement.TryGetProperty("stale", out _)).ShouldBe(("healthy", "1000250000000000000000", false));
    }

    private async Task ParametersAsync()
    {
        var governed = (await DoneAsync("params", "show", "--on-chain")).GetProperty("governed").EnumerateArray().ToDictionary(g => g.GetProperty("name").GetString()!);
        (governed["maxPriceMoveWad"].GetProperty("value").GetString(), governed["coinHaircutWad:0"].GetProperty("value").GetString()).ShouldBe(("0.15", "0.15"));
        var (file, proposal) = (InFolder("governed.json"), InFolder("proposal.json"));
        async Task WantedAsync(string values) => await File.WriteAllTextAsync(file, $$"""{"schema":"pms.governed/1","values":{{values}}}""", Cancel);

        await WantedAsync("""{"maxPriceMoveWad":"0.15","maxAgeSeconds":"300"}""");
        await DoneAsync("params", "diff", file, "--document", "default");
        (await RefusedAsync(1, "params", "propose", file, "--description", "x", "-o", proposal)).ShouldBe("params-nothing");
        await WantedAsync("""{"maxPriceMoveWad":"0.41"}""");
        (await AnswerAsync(5, "params", "diff", file)).GetProperty("differences")[0].GetProperty("wanted").GetString().ShouldBe("0.41");
        (await RefusedAsync(1, "params", "propose", file, "--description", "x", "-o", proposal)).ShouldBe("params-bounds");
        await WantedAsync("""{"maxPriceMoveWad":"0.21"}""");
        (await RefusedAsync(1, "params", "propose", file, "--description", "x", "-o", proposal)).ShouldBe("params-step");
        await WantedAsync("""{"maxPriceMove":"0.2"}""");
        (await RefusedAsync(1, "params", "diff", file)).ShouldBe("params-key");
        await WantedAsync("""{"maxPriceMoveWad":"0.2"}""");

        await DoneAsync("params", "delegate", "--yes");
        await PassAsync(60);
        var proposed = await DoneAsync("params", "propose", file, "--description", "wider bands", "-o", proposal, "--yes");
        // The other key of the group goes with it, at its value.
        proposed.GetProperty("changes").EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!, c => c.GetProperty("wanted").GetString())
            .ShouldBe(new Dictionary<string, string?> { ["maxPriceMoveWad"] = "0.2", ["maxPriceMovePerHourWad"] = "0.3" }, ignoreOrder: true);
        (await RefusedAsync(1, "params", "execute", proposal)).ShouldBe("proposal-early");
        await PassAsync(86_400 + 60);
        (await RefusedAsync(1, "params", "vote", proposal, "--support", "maybe")).ShouldBe("vote-support");
        await DoneAsync("params", "vote", proposal, "--yes");
        await PassAsync((3 * 86_400) + 60);
        (await DoneAsync("params", "execute", proposal, "--yes")).GetProperty("step").GetString().ShouldBe("queue");
        await PassAsync(5 * 86_400);
        (await DoneAsync("params", "execute", proposal, "--yes")).GetProperty("step").GetString().ShouldBe("execute");
        (await RefusedAsync(1, "params", "execute", proposal)).ShouldBe("proposal-early");
        await PassAsync((3 * 86_400) + 60);
        (await DoneAsync("params", "execute", proposal, "--yes")).GetProperty("step").GetString().ShouldBe("enact");
        (await RefusedAsync(1, "params", "execute", proposal)).ShouldBe("proposal-ended");
        await DoneAsync("params", "diff", file);
        await WantedAsync("""{"maxPriceMoveWad":"0.26"}""");
        (await RefusedAsync(1, "params", "propose", file, "--description", "x", "-o", proposal)).ShouldBe("params-step");
    }

    private EthereumNode Node => new(_host!, _anvil!.Url);

    private string InFolder(string name) => Path.Combine(_folder, name);

    private string[] With(string[] arguments) => [.. arguments, "--url", _anvil!.Url, "--folder", _folder, "--json"];

    private async Task<JsonElement> AnswerAsync(int exitCode, params string[] arguments)
    {
        var run = await PmsProcess.RunAsync(With(arguments), cancel: Cancel);
        run.ExitCode.ShouldBe(exitCode, $"{string.Join(' ', arguments)}\n{run.Output}{run.Error}");
        return run.Json;
    }

    private Task<JsonElement> DoneAsync(params string[] arguments) => AnswerAsync(0, arguments);

    private async Task<string?> RefusedAsync(int exitCode, params string[] arguments) => (await AnswerAsync(exitCode, arguments)).GetProperty("error").GetProperty("code").GetString();

    private async Task PassAsync(int seconds)
    {
        await Node.RpcAsync("evm_increaseTime", [seconds], Cancel);
        await Node.RpcAsync("anvil_mine", ["0x1"], Cancel);
    }

    /// <summary>Made-up cash for the deployer.</summary>
    private async Task MintAsync(string units)
    {
        var addresses = Pms.Chain.Protocol.ProtocolAddresses.Read(InFolder("deployment.json"));
        var contracts = new Pms.Chain.Protocol.ProtocolContracts(addresses, Path.Combine(RepositoryPaths.Root, "contracts", "out"));
        using var sender = new Pms.Chain.Transactions.TransactionSender(Node, new KeyFiles(_host!), Path.Combine(_folder, "keys", "deployer.key"), TimeProvider.System);
        await sender.SendAsync(contracts.Token(0), "mint", [await sender.AddressAsync(Cancel), units], Cancel);
    }

    /// <summary>An attester in a process of its own, until it is disposed.</summary>
    private async Task<Served> ServedAsync(string key, string[] judging)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in With(["attest", "serve", "--key", key, .. judging]).Prepend(Path.Combine(AppContext.BaseDirectory, "pms.dll")))
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        var line = await process.StandardOutput.ReadLineAsync(Cancel);
        return new Served(process, line is null ? throw new InvalidOperationException(await process.StandardError.ReadToEndAsync(Cancel)) : JsonDocument.Parse(line).RootElement.GetProperty("url").GetString()!);
    }

    private sealed record Served(Process Process, string Url) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            Process.Kill(entireProcessTree: true);
            await Process.WaitForExitAsync(CancellationToken.None);
            Process.Dispose();
        }
    }
}
