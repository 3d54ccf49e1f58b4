using System.Text.Json.Nodes;
using Pms.Chain.Contracts;
using Pms.Chain.Local;
using Pms.Chain.Logs;
using Pms.Chain.Nodes;
using Pms.Chain.Transactions;

namespace Pms.Chain.Tests;

public sealed class GatewayTests(LocalChain chain) : IClassFixture<LocalChain>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Call_EveryKindOfValue_ComesBackExactly()
    {
        using var sender = chain.Sender();
        var probe = await sender.DeployAsync(LocalChain.Probe(), [], Cancel);
        var word = "0x" + new string('a', 64);
        var most = "115792089237316195423570985008687907853269984665640564039457584007913129639935";
        var inner = new JsonArray(new JsonObject { ["signedValue"] = "-170141183460469231731687303715884105728", ["word"] = word });
        var answer = await chain.Node.CallAsync(probe, "echo", [255, most, inner, "0x00ff"], Cancel);
        answer.ToJsonString().ShouldBe($$"""["255","{{most}}",[{"signedValue":"-170141183460469231731687303715884105728","word":"{{word}}"}],"0x00ff"]""");
    }

    [Fact]
    public async Task Send_RefusedCall_NamesTheErrorAndItsValues()
    {
        using var sender = chain.Sender();
        var probe = await sender.DeployAsync(LocalChain.Probe(), [], Cancel);
        var refusal = await Should.ThrowAsync<RevertException>(() => sender.SendAsync(probe, "add", [101, "0"], Cancel));
        refusal.Error.ShouldBe("TooMuch");
        refusal.Arguments.ShouldBe("""["101","100"]""");
    }

    [Fact]
    public async Task Call_NumberThatJsonRounds_IsRefused()
    {
        using var sender = chain.Sender();
        var probe = await sender.DeployAsync(LocalChain.Probe(), [], Cancel);
        var refusal = await Should.ThrowAsync<ChainException>(() => chain.Node.CallAsync(probe, "echo", [1, 9007199254740993, new JsonArray(), "0x"], Cancel));
        refusal.Message.ShouldContain("decimal text");
    }

    [Fact]
    public async Task Node_Unreachable_IsTyped()
    {
        var nowhere = new EthereumNode(chain.Host, "http://127.0.0.1:9");
        (await Should.ThrowAsync<ChainException>(() => nowhere.ChainIdAsync(Cancel))).Code.ShouldBe("chain-unreachable");
    }

    [Fact]
    public async Task Keys_SignAndRecover_GiveTheAddress()
    {
        var address = await chain.Keys.AddressAsync(chain.KeyFile, Cancel);
        address.ShouldBe("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
        var digest = "0x" + new string('1', 64);
        var signature = await chain.Keys.SignAsync(chain.KeyFile, digest, Cancel);
        signature.Length.ShouldBe(132);
        (await chain.Keys.RecoverAsync(digest, signature, Cancel)).ShouldBe(address);
        (await chain.Keys.RecoverAsync(digest, "0x00", Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task Keys_FileThatOthersCanRead_IsRefused()
    {
        var path = Path.Combine(Path.GetDirectoryName(chain.KeyFile)!, "open.key");
        await File.WriteAllTextAsync(path, AnvilProcess.WellKnownKey, Cancel);
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("file modes are a Unix matter");
        }
        else
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        }

        (await Should.ThrowAsync<ChainException>(() => chain.Keys.AddressAsync(path, Cancel))).Code.ShouldBe("key-file");
    }

    [Fact]
    public async Task Send_FeeTooLowForTheBlock_IsBumpedUntilIncluded()
    {
        // The first offer is made at today's base fee; before it arrives the base fee is ten times as high. Blocks come when the sender looks for a receipt, and at no other time.
        await using var anvil = await AnvilProcess.StartAsync(ContractsFolder(), chain.Host, 0, 0, Cancel);
        var direct = new EthereumNode(chain.Host, anvil.Url);
        var probe = await DeployedAsync(direct);
        var (baseFees, _) = await direct.FeeHistoryAsync(1, [], Cancel);
        await direct.RpcAsync("evm_setAutomine", [false], Cancel);
        var offers = 0;
        await using var proxy = new RpcProxy(anvil.Url, async (method, _) =>
        {
            if (method == "eth_sendRawTransaction" && offers++ == 0)
            {
                await direct.RpcAsync("anvil_setNextBlockBaseFeePerGas", [Hex(baseFees[^1] * 10)], Cancel);
            }
            else if (method == "eth_getTransactionReceipt")
            {
                await direct.RpcAsync("anvil_mine", ["0x1"], Cancel);
            }
        });
        using var sender = new TransactionSender(new EthereumNode(chain.Host, proxy.Url), chain.Keys, chain.KeyFile, TimeProvider.System, Eager);
        (await sender.SendAsync(probe, "add", [1, "0"], Cancel)).Succeeded.ShouldBeTrue();
        offers.ShouldBeGreaterThan(1);
        (await direct.CallAsync(probe, "count", [], Cancel))[0]!.ToString().ShouldBe("1");
    }

    [Theory]
    [InlineData("eth_getBlockByNumber")] // between the receipts and the height
    [InlineData("eth_getTransactionCount")] // between the last receipts and the nonce
    public async Task Send_IncludedBetweenTwoLooks_IsFoundToBeItsOwn(string look)
    {
        await using var anvil = await AnvilProcess.StartAsync(ContractsFolder(), chain.Host, 0, 0, Cancel);
        var direct = new EthereumNode(chain.Host, anvil.Url);
        var probe = await DeployedAsync(direct);
        await direct.RpcAsync("evm_setAutomine", [false], Cancel);
        var (raw, hasLooked, isDone) = ("", false, false);
        await using var proxy = new RpcProxy(anvil.Url, async (method, request) =>
        {
            if (method == "eth_sendRawTransaction")
            {
                raw = (string)request["params"]![0]!;
            }
            else if (method == "eth_getTransactionReceipt" && !hasLooked)
            {
                hasLooked = true;
                if (look == "eth_getTransactionCount")
                {
                    // A block without it, so that the sender is done waiting.
                    await direct.RpcAsync("anvil_dropAllTransactions", [], Cancel);
                    await direct.RpcAsync("anvil_mine", ["0x1"], Cancel);
                    await direct.RpcAsync("eth_sendRawTransaction", [raw], Cancel);
                }
            }
            else if (method == look && hasLooked && !isDone)
            {
                isDone = true;
                await direct.RpcAsync("anvil_mine", ["0x1"], Cancel);
            }
        });
        using var sender = new TransactionSender(new EthereumNode(chain.Host, proxy.Url), chain.Keys, chain.KeyFile, TimeProvider.System, Eager);
        (await sender.SendAsync(probe, "add", [1, "0"], Cancel)).Succeeded.ShouldBeTrue();
        isDone.ShouldBeTrue();
    }

    private static FeePolicy Eager => new() { BlocksPerBump = 1, BumpPercent = 100, Poll = TimeSpan.FromMilliseconds(20) };

    private static string Hex(System.Numerics.BigInteger value) => $"0x{value.ToString("x", System.Globalization.CultureInfo.InvariantCulture).TrimStart('0')}";

    private async Task<DeployedContract> DeployedAsync(EthereumNode node)
    {
        using var sender = new TransactionSender(node, chain.Keys, chain.KeyFile, TimeProvider.System, FeePolicy.Default with { Poll = TimeSpan.FromMilliseconds(20) });
        return await sender.DeployAsync(LocalChain.Probe(), [], Cancel);
    }

    [Fact]
    public async Task Send_LostTransactionLeftANonceGap_IsRepaired()
    {
        using var sender = chain.Sender();
        var probe = await sender.DeployAsync(LocalChain.Probe(), [], Cancel);
        var from = await sender.AddressAsync(Cancel);
        var data = await chain.Node.EncodeCallAsync(probe.Artifact, "add", [1, "0"], Cancel);
        var next = await chain.Node.NonceAsync(from, pending: false, Cancel);
        // A transaction two ahead waits in the pool for one that never comes.
        var ahead = await chain.Node.SignTransactionAsync(
            chain.KeyFile,
            new JsonObject { ["chainId"] = 31337, ["nonce"] = next + 1, ["to"] = probe.Address, ["data"] = data, ["gas"] = "200000", ["maxFeePerGas"] = "10000000000", ["maxPriorityFeePerGas"] = "1000000000" },
            Cancel);
        (await chain.Node.SendRawAsync(ahead.Raw, Cancel)).ShouldBeNull();
        (await sender.SendAsync(probe, "add", [2, "0"], Cancel)).Succeeded.ShouldBeTrue();
        (await chain.Node.CallAsync(probe, "count", [], Cancel))[0]!.ToString().ShouldBe("3");
    }

    [Fact]
    public async Task Follower_Reorganisation_SaysWhatToUndoAndReadsTheNewBranch()
    {
        using var sender = chain.Sender();
        var probe = await sender.DeployAsync(LocalChain.Probe(), [], Cancel);
        var start = (await chain.Node.LatestAsync(Cancel)).Number;
        var follower = new LogFollower(chain.Node, [probe], start);
        await sender.SendAsync(probe, "add", [1, "-5"], Cancel);
        var first = await follower.AdvanceAsync(Cancel);
        first.RewoundTo.ShouldBeNull();
        first.Logs.Select(l => l.Args["count"]!.ToString()).ShouldBe(["1"]);
        first.Logs[0].Args["amount"]!.ToString().ShouldBe("-5");

        var snapshot = first.Head.Number;
        await sender.SendAsync(probe, "add", [10, "0"], Cancel);
        await sender.SendAsync(probe, "add", [10, "0"], Cancel);
        (await follower.AdvanceAsync(Cancel)).Logs.Count.ShouldBe(2);
        await chain.Node.RpcAsync("anvil_reorg", [2, new JsonArray()], Cancel);
        await sender.SendAsync(probe, "add", [100, "0"], Cancel);
        var after = await follower.AdvanceAsync(Cancel);
        after.RewoundTo.ShouldBe(snapshot);
        after.Logs.Select(l => l.Args["count"]!.ToString()).ShouldBe(["101"]);
    }

    [Fact]
    public async Task Follower_Confirmations_HoldsBackTheNewest()
    {
        using var sender = chain.Sender();
        var probe = await sender.DeployAsync(LocalChain.Probe(), [], Cancel);
        var follower = new LogFollower(chain.Node, [probe], (await chain.Node.LatestAsync(Cancel)).Number, confirmations: 2);
        await sender.SendAsync(probe, "add", [1, "0"], Cancel);
        (await follower.AdvanceAsync(Cancel)).Logs.ShouldBeEmpty();
        await chain.Node.RpcAsync("anvil_mine", ["0x2"], Cancel);
        (await follower.AdvanceAsync(Cancel)).Logs.Count.ShouldBe(1);
    }

    private static string ContractsFolder() => Path.Combine(Pms.Testing.RepositoryPaths.Root, "contracts");
}
