using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Chain.Nodes;
using Pms.Chain.Protocol;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Chain.Tests;

/// <summary>The readers of the protocol on one local deployment.</summary>
public sealed class ReaderTests(LocalChain chain, ITestOutputHelper output) : IClassFixture<LocalChain>
{
    private const int Accounts = 40;
    private static readonly ContentHash Document = ContentHash.Of([1, 2, 3]);
    private static readonly string[] Attesters = [.. Enumerable.Range(1, 4).Select(i => $"0x{i:x40}")];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Readers_OnADeployment_TellWhatTheContractsHold()
    {
        using var sender = chain.Sender();
        var owner = await sender.AddressAsync(Cancel);
        var contracts = new ProtocolContracts(await LocalDeployment.RunAsync(chain.Node, sender, LocalChain.Artifacts, Attesters, Document, null, Cancel), LocalChain.Artifacts);
        var house = new HouseClient(chain.Node, chain.Keys, contracts);
        await OpenAsync(contracts, owner, Accounts);
        await sender.SendAsync(contracts.Token(0), "mint", [owner, "1000000000"], Cancel);
        await house.DepositCashAsync(sender, new AccountNumber(2), new TokenAmount(700_000_000), Cancel);
        await sender.SendAsync(contracts.Token(1), "mint", [owner, "300000000"], Cancel);
        await sender.SendAsync(contracts.Token(1), "approve", [contracts.House.Address, "300000000"], Cancel);
        var receipt = await sender.SendAsync(contracts.House, "depositCoin", ["3", 0, "250000000"], Cancel);
        var perpetual = new InstrumentTerms(InstrumentKind.Perpetual, new PriceId(0), default, default);
        var listed = await house.ListAsync(sender, perpetual, Cancel);

        var reader = NewReader(chain.Node, contracts, out var listing);
        var book = await reader.ReadAsync(Cancel);
        book.Block.Value.ShouldBe(listed.BlockNumber);
        book.Accounts.Select(a => a.Number.Value).ShouldBe(Enumerable.Range(1, Accounts).Select(i => (ulong)i));
        book.Accounts[1].Cash.ShouldBe(new Wad(700 * Wad.One));
        book.Accounts[2].Coins.ShouldBe(ImmutableSortedDictionary<byte, decimal>.Empty.Add(0, 2.5m));
        (book.Accounts[1].Sequence.Value, book.Accounts[2].Sequence.Value).ShouldBe((0UL, 1UL), "coins make leaves stale, cash does not");
        listing.InstrumentsAt(book.Block).Select(i => i.Id).ShouldBe([perpetual.Id()]);
        listing.InstrumentsAt(new BlockNumber(book.Block.Value - 1)).ShouldBeEmpty();

        // However many calls go in one request, the book is the same.
        Same(await NewReader(new EthereumNode(chain.Host, chain.Node.Url) { CallsAtOnce = 1 }, contracts, out _).ReadAsync(Cancel), book);
        Same(await NewReader(new EthereumNode(chain.Host, chain.Node.Url) { CallsAtOnce = 7 }, contracts, out _).ReadAsync(Cancel), book);

        // An earlier block is read as it was then, and the reader goes on from where it stood.
        (await reader.ReadAtAsync(new BlockNumber(receipt.BlockNumber - 1), Cancel))!.Accounts[2].Coins.ShouldBeEmpty();
        (await reader.ReadAtAsync(new BlockNumber(receipt.BlockNumber), Cancel))!.Accounts[2].Coins.Count.ShouldBe(1);
        Same((await reader.ReadAtAsync(book.Block, Cancel))!, book);
        (await reader.ReadAtAsync(new BlockNumber(book.Block.Value + 1), Cancel)).ShouldBeNull();
        await house.DepositCashAsync(sender, new AccountNumber(4), new TokenAmount(1_000_000), Cancel);
        (await reader.ReadAsync(Cancel)).Accounts[3].Cash.ShouldBe(new Wad(Wad.One));

        var registry = new RegistryReader(chain.Node, contracts);
        var state = await registry.ReadAsync(Cancel);
        state.Chain.ShouldBe(new ChainId(31337));
        state.Set.Members.Select(m => m.ToString()).ShouldBe(Attesters);
        (state.LastSequence, state.ParameterHash, state.TradeFeeShareWad).ShouldBe((new BatchSequence(0), Document, (UInt128)300_000_000_000_000));
        (await registry.LastSignedByAsync(EvmAddress.Parse(Attesters[0]), Cancel)).ShouldBeNull();
    }

    /// <summary>Median time of a whole reading, one call in flight against many, interleaved. Run by hand: -explicit only.</summary>
    [Fact(Explicit = true)]
    public async Task HouseReader_OneCallAtATimeAgainstMany_Measured()
    {
        const int Many = 300;
        using var sender = chain.Sender();
        var contracts = new ProtocolContracts(await LocalDeployment.RunAsync(chain.Node, sender, LocalChain.Artifacts, Attesters, Document, null, Cancel), LocalChain.Artifacts);
        await OpenAsync(contracts, await sender.AddressAsync(Cancel), Many);
        List<double> single = [], many = [];
        for (var round = 0; round < 5; round++)
        {
            single.Add(await TimeAsync(contracts, 1));
            many.Add(await TimeAsync(contracts, 512));
        }

        double Median(List<double> of) => of.Order().ElementAt(of.Count / 2);
        output.WriteLine($"{Many} accounts, {Many * 3} calls: one at a time {Median(single):0} ms, 512 at a time {Median(many):0} ms, ratio {Median(single) / Median(many):0.0}");
        many.Count.ShouldBe(5);
    }

    private async Task<double> TimeAsync(ProtocolContracts contracts, int atOnce)
    {
        var begun = Stopwatch.GetTimestamp();
        await NewReader(new EthereumNode(chain.Host, chain.Node.Url) { CallsAtOnce = atOnce }, contracts, out _).ReadAsync(Cancel);
        return Stopwatch.GetElapsedTime(begun).TotalMilliseconds;
    }

    private async Task OpenAsync(ProtocolContracts contracts, string owner, int count)
    {
        var data = await chain.Node.EncodeCallAsync(contracts.House.Artifact, "openAccount", [], Cancel);
        for (var i = 0; i < count; i++)
        {
            await chain.Node.RpcAsync("eth_sendTransaction", [new JsonObject { ["from"] = owner, ["to"] = contracts.House.Address, ["data"] = data, ["gas"] = "0x100000" }], Cancel);
        }
    }

    private static HouseReader NewReader(EthereumNode node, ProtocolContracts contracts, out HouseListing listing)
    {
        var (bitcoin, ether) = (new Asset("BTC"), new Asset("ETH"));
        listing = new HouseListing(
            new Asset("USDC"),
            ImmutableSortedDictionary<byte, Asset>.Empty.Add(0, bitcoin).Add(1, ether),
            ImmutableSortedDictionary<byte, (Asset, PriceId)>.Empty.Add(0, (bitcoin, new PriceId(0))).Add(1, (ether, new PriceId(1))));
        return new HouseReader(node, contracts, listing, ImmutableSortedDictionary<byte, int>.Empty.Add(0, 8).Add(1, 18));
    }

    private static void Same(HouseBook read, HouseBook expected)
    {
        (read.Block, read.BlockHash).ShouldBe((expected.Block, expected.BlockHash));
        read.Accounts.Length.ShouldBe(expected.Accounts.Length);
        foreach (var (a, b) in read.Accounts.Zip(expected.Accounts))
        {
            (a.Number, a.Sequence, a.Positions, a.Cash).ShouldBe((b.Number, b.Sequence, b.Positions, b.Cash));
            a.Coins.ShouldBe(b.Coins);
            a.Legs.ShouldBe(b.Legs);
        }
    }
}
