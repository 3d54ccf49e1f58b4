using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Wire;
using Pms.Documents;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Primitives;
using Pms.Server.Chain;

namespace Pms.Server.Tests.Chain;

/// <summary>A house without a chain: real batches of the accounts that a test sets, taken or refused as it says.</summary>
internal sealed class FakeHouse : IHouseChain
{
    private readonly HouseListing _listing = new(new Asset("USDC"), ImmutableSortedDictionary<byte, Asset>.Empty.Add(0, new Asset("SOL")), ImmutableSortedDictionary<byte, (Asset, PriceId)>.Empty);
    private readonly Eip712Domain _domain = Eip712Domain.OfAttestations(new ChainId(31337), EvmAddress.Parse("0x00000000000000000000000000000000000000aa"));
    private readonly TaskCompletionSource _end = new();
    private ulong _sequence;

    public ImmutableArray<Account> Accounts { get; set; } = [ServerWorld.Account("7", 50_000, (ServerWorld.OptionName(4), -30))];

    /// <summary>Thrown by the next reads.</summary>
    public Refusal? Unreadable { get; set; }

    /// <summary>Why batches are refused; null: they are taken.</summary>
    public Refusal? Refusal { get; set; }

    public List<MarketSnapshot> Proposed { get; } = [];

    public HouseIdentity Identity { get; } = new("31337", new Dictionary<string, string> { ["House"] = "0xbb" }, 1, 3, ["0x01", "0x02", "0x03", "0x04"]);

    public bool IsOpen { get; set; } = true;

    public IReadOnlyList<KeeperRow> Keepers { get; set; } =
    [
        new(
            "one", "0xcc", "9", true, 10, 1, null, 0, 0, 0,
            [new("bid", "7", "skipped", -1, 2, "too little", new ErrorBody("net-profit", "-1 USD is less than 0"), null)],
            [new(DateTimeOffset.UnixEpoch, "bid", "7", 4, "success", "0xee", 1.5, "worth it")],
            null),
    ];

    public void Fail(PmsException e) => _end.SetException(e);

    public Task RunAsync(CancellationToken cancel) => _end.Task.WaitAsync(cancel);

    public string? InsuranceAccount { get; init; }

    public Task<HouseAccounts> ReadAsync(CancellationToken cancel) => Unreadable is null
        ? Task.FromResult(new HouseAccounts(100 + _sequence, DateTimeOffset.UnixEpoch, Accounts) { InsuranceAccount = InsuranceAccount })
        : throw Unreadable.ToException();

    public Task<PublishedBatch> PublishAsync(MarketSnapshot snapshot, CancellationToken cancel)
    {
        Proposed.Add(snapshot);
        var book = PortfolioBook.Of(new Portfolio(Accounts, []), _listing, new BlockNumber(100));
        var epochs = new HouseEpochs(_listing, ServerWorld.Parameters, ImmutableDictionary<Asset, double>.Empty);
        var batch = epochs.BatchOf(snapshot, book, new BatchTerms(new SetId(1), new BatchSequence(++_sequence), 240));
        var summary = BatchSummary.Of(batch.Header, _domain.DigestOf(batch.Header), 0, 3);
        return Task.FromResult(Refusal is { } refusal
            ? new PublishedBatch(summary with { Error = ErrorBody.Of(refusal) }, null)
            : new PublishedBatch(summary with { Transaction = "0xdd", Block = 101, Gas = 130_000, Signatures = 3 }, BatchDocument.Of(_domain, batch, SnapshotBytes.Write(snapshot))));
    }

    public Task<LiquidationPage> LiquidationsAsync(CancellationToken cancel) => Task.FromResult(new LiquidationPage(
        101,
        DateTimeOffset.UnixEpoch,
        [Auction("7", DateTimeOffset.UnixEpoch)],
        [Auction("8", null)],
        [new LiquidationEvent(101, DateTimeOffset.UnixEpoch, "0xff", "AuctionStarted", "7", new Dictionary<string, string> { ["account"] = "7" })]));

    public Task<GovernancePage> GovernanceAsync(ContentHash document, CancellationToken cancel) => Task.FromResult(new GovernancePage(1, $"{document}", $"{document}", true, [new GovernedRow("fee", "1", "0", "2", "1", "1", 60, "up", "0", "0")]));

    private static AuctionRow Auction(string account, DateTimeOffset? startedAt) =>
        new(account, startedAt, 10, 20, 40, 30, 25, startedAt is null ? null : 0.01, [new RatePoint(0, 0), new RatePoint(600, 0.1)], 0, false, null);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
