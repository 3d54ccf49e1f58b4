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
        await TradesAsync();
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

    private async Task TradesAsync()
    {
        // Account 2 of a second owner; a coin for account 1, of which some leaves without a clearance while there are no positions.
        var trader = (await OfflineAsync(0, "attest", "keys", "make", "trader")).GetProperty("address").GetString()!;
        await Node.RpcAsync("anvil_setBalance", [trader, "0x3635c9adc5dea00000"], Cancel);
        (await DoneAsync("account", "open", "--key", "trader", "--yes")).GetProperty("account").GetString().ShouldBe("2");
        await MintAsync("20000000000");
        await DoneAsync("account", "deposit", "2", "20000", "--yes");
        await MintAsync("10000000", token: 1);
        await DoneAsync("account", "deposit", "1", "0.1", "--coin", "0", "--yes");
        await DoneAsync("account", "withdraw", "1", "0.02", "--coin", "0", "--yes");

        var head = DateTimeOffset.FromUnixTimeSeconds((long)(await Node.LatestAsync(Cancel)).Timestamp);
        var (board, batch) = (InFolder("second.csv.gz"), InFolder("second.json"));
        await PmsProcess.RunAsync(["sim", "--from", head.AddMinutes(-2).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), "--board", board, "--at", "2m"], cancel: Cancel);
        await DoneAsync("batch", "build", "--board", board, "-o", batch);
        string[] judging = ["--market", board, "--most-age-seconds", "1800"];
        await using var first = await ServedAsync("attester-1", judging);
        await using var second = await ServedAsync("attester-2", judging);
        await using var third = await ServedAsync("attester-3", judging);
        string[] asked = ["--batch", batch, "--attester", first.Url, "--attester", second.Url, "--attester", third.Url];
        await DoneAsync("batch", "collect", batch, "--attester", first.Url, "--attester", second.Url, "--attester", third.Url, "-o", batch);
        await DoneAsync("batch", "submit", batch, "--yes");
        var mark = (long)(System.Numerics.BigInteger.Parse(JsonNode.Parse(await File.ReadAllTextAsync(batch, Cancel))!["rows"]![0]!["markWad"]!.GetValue<string>(), CultureInfo.InvariantCulture) / System.Numerics.BigInteger.Pow(10, 18));

        // Orders need no chain; what is not as it was signed is no order.
        var (buy, sell, bad) = (InFolder("buy.json"), InFolder("sell.json"), InFolder("bad.json"));
        async Task<JsonElement> OrderAsync(string path, string key, string account, string quantity, long limit, int nonce) => await OfflineAsync(
            0, "account", "order", "--account", account, "--instrument", "BTC_USDC-PERPETUAL", "--quantity", quantity, "--limit", $"{limit}", "--expiry", head.AddDays(1).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture),
            "--nonce", $"{nonce}", "--key", key, "-o", path);
        (await OrderAsync(buy, "trader", "2", "0.01", mark + 50, 1)).GetProperty("signer").GetString().ShouldBe(trader, StringCompareShould.IgnoreCase);
        (await OrderAsync(sell, "deployer", "1", "-0.02", mark - 50, 1)).GetProperty("order").GetProperty("quantityWad").GetString().ShouldBe("-20000000000000000");
        var changed = JsonNode.Parse(await File.ReadAllTextAsync(buy, Cancel))!;
        changed["order"]!["limitPriceWad"] = "1";
        await File.WriteAllTextAsync(bad, changed.ToJsonString(), Cancel);
        string[] at = ["--price", $"{mark}"];
        (await RefusedAsync(1, ["account", "trade", bad, sell, .. at, .. asked])).ShouldBe("order-file");
        changed = JsonNode.Parse(await File.ReadAllTextAsync(buy, Cancel))!;
        changed["signer"] = "0x00000000000000000000000000000000000000a1";
        await File.WriteAllTextAsync(bad, changed.ToJsonString(), Cancel);
        (await RefusedAsync(1, ["account", "trade", bad, sell, .. at, .. asked])).ShouldBe("signature-wrong");
        (await RefusedAsync(1, ["account", "trade", buy, sell, .. asked])).ShouldBe("price-missing");
        (await RefusedAsync(1, ["account", "trade", buy, sell, "--price", $"{mark + 51}", .. asked])).ShouldBe("price-limit");
        (await RefusedAsync(1, ["account", "trade", sell, buy, .. at, .. asked])).ShouldBe("trade-invalid");
        (await RefusedAsync(1, ["account", "trade", buy, sell, .. at, "--batch", InFolder("signed.json")])).ShouldBe("batch-current");
        await OrderAsync(bad, "trader", "2", "5", mark + 50, 2);
        await OrderAsync(InFolder("large.json"), "deployer", "1", "-5", mark - 50, 2);
        (await RefusedAsync(1, ["account", "trade", bad, InFolder("large.json"), .. at, .. asked])).ShouldBe("clearance-margin");

        // Nobody asked, no quorum; three asked: first dry, then done, and not twice.
        (await AnswerAsync(5, ["account", "trade", buy, sell, .. at, "--batch", batch])).GetProperty("hasQuorum").GetBoolean().ShouldBeFalse();
        var dry = await DoneAsync(["account", "trade", buy, sell, .. at, .. asked]);
        (dry.GetProperty("dryRun").GetBoolean(), dry.GetProperty("signers").GetArrayLength(), dry.GetProperty("quantityWad").GetString()).ShouldBe((true, 3, "10000000000000000"));
        await DoneAsync(["account", "trade", buy, sell, .. at, .. asked, "--yes"]);
        var held = (await DoneAsync("account", "show", "1")).GetProperty("positions")[0];
        (held.GetProperty("instrument").GetString(), held.GetProperty("quantityWad").GetString()).ShouldBe(("BTC_USDC-PERPETUAL", "-10000000000000000"));
        (await RefusedAsync(1, ["account", "trade", buy, sell, .. at, .. asked])).ShouldBe("chain-revert");

        // With positions a coin leaves by a clearance only.
        (await RefusedAsync(1, "account", "withdraw", "1", "0.03", "--coin", "0")).ShouldBe("leaf-missing");
        (await RefusedAsync(1, "account", "withdraw", "1", "5", "--attester", first.Url)).ShouldBe("flags-conflict");
        (await RefusedAsync(1, ["account", "withdraw", "1", "0.09", "--coin", "0", .. asked])).ShouldBe("withdrawal-amount");
        (await AnswerAsync(5, "account", "withdraw", "1", "0.03", "--coin", "0", "--batch", batch)).GetProperty("signers").GetArrayLength().ShouldBe(0);
        (await DoneAsync(["account", "withdraw", "1", "0.03", "--coin", "0", .. asked])).GetProperty("dryRun").GetBoolean().ShouldBeTrue();
        await DoneAsync(["account", "withdraw", "1", "0.03", "--coin", "0", .. asked, "--yes"]);
        (await DoneAsync("account", "show", "1")).GetProperty("coins")[0].GetProperty("amount").GetString().ShouldBe("0.05");
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
        // The chain's clock stands still between commands: how long the machine takes to start them is no matter of theirs.
        await Node.RpcAsync("anvil_setTime", [(await Node.LatestAsync(Cancel)).Timestamp + 1], Cancel);
        var run = await PmsProcess.RunAsync(With(arguments), cancel: Cancel);
        run.ExitCode.ShouldBe(exitCode, $"{string.Join(' ', arguments)}\n{run.Output}{run.Error}");
        return run.Json;
    }

    private Task<JsonElement> DoneAsync(params string[] arguments) => AnswerAsync(0, arguments);

    private async Task<string?> RefusedAsync(int exitCode, params string[] arguments) => (await AnswerAsync(exitCode, arguments)).GetProperty("error").GetProperty("code").GetString();

    /// <summary>A command that asks no chain.</summary>
    private async Task<JsonElement> OfflineAsync(int exitCode, params string[] arguments)
    {
        var run = await PmsProcess.RunAsync([.. arguments, "--folder", _folder, "--json"], cancel: Cancel);
        run.ExitCode.ShouldBe(exitCode, $"{string.Join(' ', arguments)}\n{run.Output}{run.Error}");
        return run.Json;
    }

    private async Task PassAsync(int seconds)
    {
        await Node.RpcAsync("evm_increaseTime", [seconds], Cancel);
        await Node.RpcAsync("anvil_mine", ["0x1"], Cancel);
    }

    /// <summary>Made-up cash, or a coin, for the deployer.</summary>
    private async Task MintAsync(string units, int token = 0)
    {
        var addresses = Pms.Chain.Protocol.ProtocolAddresses.Read(InFolder("deployment.json"));
        var contracts = new Pms.Chain.Protocol.ProtocolContracts(addresses, Path.Combine(RepositoryPaths.Root, "contracts", "out"));
        using var sender = new Pms.Chain.Transactions.TransactionSender(Node, new KeyFiles(_host!), Path.Combine(_folder, "keys", "deployer.key"), TimeProvider.System);
        await sender.SendAsync(contracts.Token(token), "mint", [await sender.AddressAsync(Cancel), units], Cancel);
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
