using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Amounts;
using Pms.Attestation.Attesters;
using Pms.Attestation.Batches;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Signing;
using Pms.Attestation.Tests.Signing;
using Pms.MarketData.Snapshots;

namespace Pms.Attestation.Tests.Attesters;

/// <summary>One attester of a set of four with everything around it in memory but its store.</summary>
internal sealed class AttesterWorld : IMarketView, IBookView, IRegistryView, IDisposable
{
    public static readonly EvmAddress Registry = EvmAddress.Parse("0x00000000000000000000000000000000000000a1");

    private readonly string _folder = Directory.CreateTempSubdirectory("pms-attester").FullName;

    public AttesterWorld(HouseWorld? house = null)
    {
        House = house ?? HouseWorld.Shared;
        Keys = [.. Enumerable.Range(1, 4).Select(i => new TestKey(i)).OrderBy(k => k.Address)];
        Set = new AttesterSet(new SetId(3), [.. Keys.Select(k => k.Address)]);
        Own = House.Snapshot;
        Book = House.Book;
        State = new RegistryState(Policy.Chain, Registry, Set, new BatchSequence(0), new UnixSeconds(0), House.Epochs.ParameterHash, 300_000_000_000_000, Book.Block);
        Store = SignOnceStore.Open(Path.Combine(_folder, "signed.db"), Path.Combine(_folder, "witness"));
        Node = AttesterNode.StartAsync(Policy, House.Epochs, this, this, this, Store, Keys[0], Time, default).GetAwaiter().GetResult();
    }

    public static AttesterPolicy Policy { get; } = new()
    {
        Chain = new ChainId(31337),
        Registry = Registry,
        BatchSeconds = 120,
        ClearanceSeconds = 30,
        CoinDecimals = ImmutableSortedDictionary<byte, int>.Empty.Add(0, 9),
    };

    public HouseWorld House { get; }

    public ImmutableArray<TestKey> Keys { get; }

    public AttesterSet Set { get; }

    public RegistryState State { get; set; }

    public MarketSnapshot? Own { get; set; }

    public HouseBook Book { get; set; }

    public SignOnceStore Store { get; }

    public FakeTimeProvider Time { get; } = new(HouseWorld.Start.AddSeconds(3));

    public AttesterNode Node { get; }

    public TestKey Key => Keys[0];

    public Batch Propose(ulong sequence = 1, MarketSnapshot? snapshot = null)
    {
        var rows = snapshot is null && sequence == 1 ? House.Rows : House.Epochs.Make(snapshot ?? House.Snapshot, EpochSeed.Of(Book, new BatchSequence(sequence))).Rows;
        return BatchBuilder.Build(rows, Book, new BatchTerms(Set.Id, new BatchSequence(sequence), Policy.BatchSeconds), House.Epochs.ParameterHash);
    }

    public AttesterAnswer Ask(BatchHeader header, MarketSnapshot? snapshot = null) =>
        Node.AttestAsync(new BatchProposal(snapshot ?? House.Snapshot, header), default).GetAwaiter().GetResult();

    /// <summary>The market is not seen before this is done.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>What the attester saw at moments that it still remembers.</summary>
    public Dictionary<DateTimeOffset, MarketSnapshot> Remembered { get; } = [];

    public async Task<MarketSnapshot?> AtAsync(DateTimeOffset moment, CancellationToken cancel) => Remembered.GetValueOrDefault(moment) ?? await NowAsync(cancel);

    public async Task<MarketSnapshot?> NowAsync(CancellationToken cancel)
    {
        await Gate.WaitAsync(cancel);
        return Own;
    }

    Task<HouseBook> IBookView.ReadAsync(CancellationToken cancel) => Task.FromResult(Book);

    Task<HouseBook?> IBookView.ReadAtAsync(BlockNumber block, CancellationToken cancel) => Task.FromResult(block == Book.Block ? Book : null);

    Task<RegistryState> IRegistryView.ReadAsync(CancellationToken cancel) => Task.FromResult(State);

    public BatchSequence? SignedOnChain { get; set; }

    public Task<BatchSequence?> LastSignedByAsync(EvmAddress member, CancellationToken cancel) => Task.FromResult(SignedOnChain);

    public void Dispose()
    {
        Node.Dispose();
        Store.Dispose();
        foreach (var key in Keys)
        {
            key.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }
}
