using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.Cli.Onchain;
using Pms.Simulation.Stress;
using Pms.Testing;

namespace Pms.Cli.Tests;

/// <summary>The protocol on a local chain at the moment when one account has become liquidatable, with two keepers' keys and accounts. Every case begins at this moment again.</summary>
/// <remarks>From there on a block is made when a test says so.</remarks>
public sealed class LiquidatableHouse : IAsyncLifetime
{
    /// <summary>5 % up within two minutes, once the grace period after the first batch is nearly over: the first batch after it finds the account liquidatable.</summary>
    private static readonly StressScript Shock = new(
        "shock", "Spot +5 % within 2 minutes.", [new StressFrame(TimeSpan.Zero, StressState.None), new StressFrame(TimeSpan.FromMinutes(14), StressState.None), new StressFrame(TimeSpan.FromMinutes(16), new StressState { LogSpotShift = 0.05 })]);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pms-keepers-");
    private string _moment = "";

    internal LocalHouse House { get; private set; } = null!;

    /// <summary>To be liquidated.</summary>
    internal AccountNumber Account { get; private set; }

    internal LocalKeeper First { get; private set; } = null!;

    internal LocalKeeper Second { get; private set; } = null!;

    /// <summary>All accounts at the moment.</summary>
    internal HouseBook Before { get; private set; } = null!;

    /// <summary>File of the batch in force.</summary>
    internal string BatchFile => Path.Combine(_folder.FullName, "batch.json");

    internal static bool IsBuilt =>
        File.Exists(Path.Combine(RepositoryPaths.Root, "src", "Pms.Chain", "node", "dist", "gateway.js")) && Directory.Exists(Path.Combine(RepositoryPaths.Root, "contracts", "out", "Deploy.sol"));

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(IsBuilt, "the chain gateway or the contracts are not built: tools/node.sh builds them");
        var cancel = TestContext.Current.CancellationToken;
        House = await LocalHouse.StartAsync(ChainWorkspace.Find(_folder.FullName), seed: 7, Shock, _ => { }, cancel);
        var (writerSender, writer) = await House.TraderAsync("writer", 200_000, cancel);
        var (_, buyer) = await House.TraderAsync("buyer", 200_000, cancel);
        var call = await House.ListCallAsync(cancel);
        var batch = await House.EpochAsync(House.Market.Now.AddMinutes(1), cancel);
        (await House.TradeAsync("trade", writer, buyer, call, 5m, batch, cancel)).ShouldBeTrue();
        (First, Second) = (await House.KeeperAsync("keeper-one", cancel), await House.KeeperAsync("keeper-two", cancel));
        batch = await House.EpochAsync(await House.NowAsync(cancel), cancel);
        await House.WithdrawToAsync(writerSender, writer, batch, cancel);
        await House.UntilAsync(HouseMarginState.Liquidatable, "liquidatable", writer, cancel);
        Account = writer;
        BatchFiles.Write(BatchFile, House.Current!);
        await RpcAsync("evm_setAutomine", false);
        Before = await House.Reader.ReadAsync(cancel);
        _moment = (string)(await RpcAsync("evm_snapshot"))!;
    }

    /// <summary>Back to the moment.</summary>
    public async Task ResetAsync()
    {
        await RpcAsync("anvil_dropAllTransactions");
        ((bool)(await RpcAsync("evm_revert", _moment))!).ShouldBeTrue();
        _moment = (string)(await RpcAsync("evm_snapshot"))!;
    }

    /// <summary>One block with everything of the pool.</summary>
    public async Task MineAsync() => await RpcAsync("anvil_mine", "0x1");

    /// <summary>Transactions that wait for a block.</summary>
    public async Task<int> PooledAsync() => (int)Hex((await RpcAsync("txpool_status"))!["pending"]!);

    /// <summary>Wei of an address.</summary>
    public async Task<BigInteger> EtherAsync(string address) => Hex((await RpcAsync("eth_getBalance", address, "latest"))!);

    /// <summary>Transactions of an address in blocks.</summary>
    public async Task<ulong> NonceAsync(string address) => await House.Node.NonceAsync(address, pending: false, TestContext.Current.CancellationToken);

    /// <summary>Events of the engine since the moment.</summary>
    internal async Task<IReadOnlyList<ChainLog>> EventsAsync() => await House.Node.LogsAsync(
        [House.Contracts.Engine], Before.Block.Value + 1, (await House.Node.LatestAsync(TestContext.Current.CancellationToken)).Number, TestContext.Current.CancellationToken);

    /// <summary>Moves the start of the account's auction into the past, in the engine's storage.</summary>
    public async Task AgeAuctionAsync(ulong seconds)
    {
        // mapping(uint64 => Terms) is the engine's first storage; startedAt is the lowest 40 bits of its one slot.
        var key = new byte[64];
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(24), Account.Value);
        var (engine, slot) = (House.Contracts.Engine.Address, $"{Keccak256.Hash(key)}");
        var terms = Hex((await RpcAsync("eth_getStorageAt", engine, slot, "latest"))!);
        await RpcAsync("anvil_setStorageAt", engine, slot, $"0x{(terms - seconds).ToString("x64", CultureInfo.InvariantCulture)[^64..]}");
    }

    public async ValueTask DisposeAsync()
    {
        if (House is not null)
        {
            await House.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    private static BigInteger Hex(JsonNode value) => BigInteger.Parse($"0{value.ToString()[2..]}", NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private Task<JsonNode?> RpcAsync(string method, params JsonNode[] parameters) => House.Node.RpcAsync(method, new JsonArray(parameters), TestContext.Current.CancellationToken);
}
