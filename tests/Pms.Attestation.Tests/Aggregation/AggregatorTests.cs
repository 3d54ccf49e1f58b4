using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Signing;
using Pms.Attestation.Tests.Signing;
using Pms.Primitives;

namespace Pms.Attestation.Tests.Aggregation;

public sealed class AggregatorTests : IDisposable
{
    private static readonly Eip712Domain Domain = Eip712Domain.OfAttestations(new ChainId(31337), EvmAddress.Parse("0x00000000000000000000000000000000000000a1"));

    private readonly string _folder = Directory.CreateTempSubdirectory("pms-aggregator").FullName;
    private readonly ImmutableArray<TestKey> _keys = [.. Enumerable.Range(1, 7).Select(i => new TestKey(i)).OrderBy(k => k.Address)];
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_000_000));
    private Outbox _outbox;

    public AggregatorTests() => _outbox = Outbox.Open(Path.Combine(_folder, "outbox.db"));

    private AttesterSet Set => new(new SetId(1), [.. _keys.Select(k => k.Address)]);

    private FakeChain Chain => new(Path.Combine(_folder, "chain"));

    public void Dispose()
    {
        _outbox.Dispose();
        foreach (var key in _keys)
        {
            key.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task PublishAsync_QuorumSigns_IsAcceptedWithExactlyAQuorumInTheOrderOfMembers()
    {
        var seen = default(QuorumProof);
        var outcome = await Aggregator(Honest(), new Watching(Chain, proof => seen = proof)).PublishAsync(Batch(1), Set, default);
        outcome.Progress.ShouldBe(BatchProgress.Accepted);
        Chain.Accepted.ShouldHaveSingleItem().Hash.ShouldBe(Batch(1).Header.StructHash());
        System.Numerics.BitOperations.PopCount(seen!.Signers).ShouldBe(5);
        var places = Enumerable.Range(0, 7).Where(i => (seen.Signers >> i & 1) == 1).ToArray();
        for (var i = 0; i < places.Length; i++)
        {
            _keys[places[i]].IsOf(Domain.DigestOf(Batch(1).Header), EvmSignature.FromBytes(seen.Signatures.AsSpan().Slice(65 * i, 65))).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task PublishAsync_FaultyAttesters_CountForNothingAndAreNamed()
    {
        // f = 2: a refusal, a wrong signature, one that throws, one that never answers. Three good ones are no quorum of five.
        using var stranger = new TestKey(99);
        var attesters = Honest().ToList<IAttesterClient<ProposedBatch>>();
        attesters[0] = new Attester(_keys[0].Address, (_, _) => Task.FromResult(AttesterAnswer.Refused("market-price", "too far")));
        attesters[1] = new Attester(_keys[1].Address, async (b, c) => AttesterAnswer.Signed(await stranger.SignAsync(Domain.DigestOf(b.Header), c)));
        attesters[2] = new Attester(_keys[2].Address, (_, _) => throw new IOException("no route"));
        var silent = new TaskCompletionSource<AttesterAnswer>();
        attesters[3] = new Attester(_keys[3].Address, (_, _) =>
        {
            _time.Advance(TimeSpan.FromSeconds(11));
            return silent.Task;
        });
        var outcome = await Aggregator(attesters, Chain).PublishAsync(Batch(1), Set, default);
        outcome.Progress.ShouldBe(BatchProgress.Abandoned);
        outcome.Reason!.Code.ShouldBe("quorum-small");
        outcome.Refusals.ToDictionary(r => r.Attester, r => r.Reason.Code).ShouldBe(
            new Dictionary<EvmAddress, string> { [_keys[0].Address] = "market-price", [_keys[1].Address] = "signature-wrong", [_keys[2].Address] = "attester-failed", [_keys[3].Address] = "attester-silent" },
            ignoreOrder: true);
        Chain.Accepted.ShouldBeEmpty();
        // The next sequence goes on; the abandoned one is never used again.
        Should.Throw<InvalidInputException>(() => _outbox.Add(Batch(1))).Code.ShouldBe("outbox-sequence");
        (await Aggregator(Honest(), Chain).PublishAsync(Batch(2), Set, default)).Progress.ShouldBe(BatchProgress.Accepted);
    }

    [Fact]
    public async Task PublishAsync_TwoOfSevenSilentOrLying_StillReachesAQuorum()
    {
        var attesters = Honest().ToList<IAttesterClient<ProposedBatch>>();
        attesters[0] = new Attester(_keys[0].Address, (_, _) => new TaskCompletionSource<AttesterAnswer>().Task);
        attesters[6] = new Attester(_keys[6].Address, async (b, c) => AttesterAnswer.Signed(await _keys[5].SignAsync(Domain.DigestOf(b.Header), c)));
        (await Aggregator(attesters, Chain).PublishAsync(Batch(1), Set, default)).Progress.ShouldBe(BatchProgress.Accepted);
    }

    [Fact]
    public async Task ResumeAsync_AfterADeathAtEachStep_BringsTheBatchOnceAndOnlyOnce()
    {
        // Death before asking, among the signatures, before sending, after the chain accepted.
        _outbox.Add(Batch(1));
        Restart();
        (await Aggregator(Honest(), Chain).ResumeAsync(Set, default))!.Progress.ShouldBe(BatchProgress.Accepted);

        using (var death = new CancellationTokenSource())
        {
            // Three answer at once; the others wait until death comes.
            var slow = Honest().Select((a, i) => i < 3 ? a : new Attester(a.Address, async (b, c) =>
            {
                await Task.Delay(Timeout.Infinite, c);
                return await a.AskAsync(b, c);
            })).ToArray();
            var publishing = Aggregator(slow, Chain).PublishAsync(Batch(2), Set, death.Token);
            while (_outbox.Find(new BatchSequence(2))!.Signatures.Count < 3)
            {
                await Task.Yield();
            }

            await death.CancelAsync();
            await Should.ThrowAsync<OperationCanceledException>(() => publishing);
        }

        Restart();
        _outbox.Find(new BatchSequence(2))!.Signatures.Count.ShouldBe(3);
        var counts = _keys.Select(k => k.Count).ToArray();
        (await Aggregator(Honest(), Chain).ResumeAsync(Set, default))!.Progress.ShouldBe(BatchProgress.Accepted);
        _keys.Zip(counts).Take(3).ShouldAllBe(k => k.First.Count == k.Second, "those who signed are not asked again");

        var unreachable = new Watching(Chain, _ => throw new IOException("no chain"));
        await Should.ThrowAsync<IOException>(() => Aggregator(Honest(), unreachable).PublishAsync(Batch(3), Set, default));
        Restart();
        _outbox.Unfinished!.Progress.ShouldBe(BatchProgress.Signed);
        Should.Throw<InvalidInputException>(() => _outbox.Add(Batch(4))).Code.ShouldBe("outbox-unfinished");
        (await Aggregator(Honest(), Chain).ResumeAsync(Set, default))!.Progress.ShouldBe(BatchProgress.Accepted);

        var accepting = new FakeChain(Path.Combine(_folder, "chain"), () => throw new IOException("killed after acceptance"));
        await Should.ThrowAsync<IOException>(() => Aggregator(Honest(), accepting).PublishAsync(Batch(4), Set, default));
        Restart();
        (await Aggregator(Honest(), Chain).ResumeAsync(Set, default))!.Progress.ShouldBe(BatchProgress.Accepted);
        (await Aggregator(Honest(), Chain).ResumeAsync(Set, default)).ShouldBeNull();
        Chain.Accepted.Select(a => (a.Sequence, a.Hash)).ShouldBe(Enumerable.Range(1, 4).Select(i => ((ulong)i, Batch((ulong)i).Header.StructHash())));
    }

    [Fact]
    public async Task ResumeAsync_TooLateOrOvertaken_IsFinal()
    {
        _outbox.Add(Batch(1));
        _time.Advance(TimeSpan.FromSeconds(1_000));
        var late = await Aggregator(Honest(), Chain).ResumeAsync(Set, default);
        (late!.Progress, late.Reason!.Code).ShouldBe((BatchProgress.Abandoned, "batch-expired"));
        _outbox.Add(Batch(2));
        await Chain.SubmitAsync(Batch(3).Header, Batch(3).Prices, null!, default);
        var overtaken = await Aggregator(Honest(), Chain).ResumeAsync(Set, default);
        (overtaken!.Progress, overtaken.Reason!.Code).ShouldBe((BatchProgress.Superseded, "batch-superseded"));
        _keys.Sum(k => k.Count).ShouldBe(0);
    }

    [Fact]
    public void Outbox_WhatIsWritten_IsReadBackAfterARestart()
    {
        var batch = Batch(9) with { Payload = new byte[] { 1, 2, 3 } };
        _outbox.Add(batch);
        Restart();
        var entry = _outbox.Find(new BatchSequence(9))!;
        entry.Batch.Header.ShouldBe(batch.Header);
        entry.Batch.Prices.ShouldBe(batch.Prices);
        entry.Batch.Payload.ToArray().ShouldBe([1, 2, 3]);
        Should.Throw<InvalidInputException>(() => Outbox.Open(Path.Combine(_folder, "outbox.db"))).Code.ShouldBe("outbox-busy");
    }

    internal static ProposedBatch Batch(ulong sequence)
    {
        ImmutableArray<PriceE8> prices = [new PriceE8(14_000_000_000 + sequence), new PriceE8(0)];
        return new ProposedBatch(
            new BatchHeader
            {
                SetId = new SetId(1),
                Sequence = new BatchSequence(sequence),
                ObservedAt = new UnixSeconds(1_000_000 + sequence),
                ValidUntil = new UnixSeconds(1_000_500 + sequence),
                BookBlock = new BlockNumber(sequence),
                SnapshotHash = ContentHash.Of([1]),
                ParameterHash = ContentHash.Of([2]),
                ScenarioSetHash = ContentHash.Of([3]),
                ArrayRoot = ContentHash.Of([4]),
                StressRoot = Keccak256.Hash([5]),
                StressSharesHash = Keccak256.Hash([6]),
                PricesHash = BatchHeader.HashPrices(prices.AsSpan()),
                AccountsRoot = Keccak256.Hash([7]),
                AccountCount = 1,
                RowCount = 1,
                TotalMaintenance = new UnsignedWad(UInt128.MaxValue),
                TotalEquity = new Wad(-1),
                TotalShortfall = new UnsignedWad(1),
            },
            prices,
            ReadOnlyMemory<byte>.Empty);
    }

    private void Restart()
    {
        _outbox.Dispose();
        _outbox = Outbox.Open(Path.Combine(_folder, "outbox.db"));
    }

    private ImmutableArray<Attester> Honest() => [.. _keys.Select(k => new Attester(k.Address, async (b, c) => AttesterAnswer.Signed(await k.SignAsync(Domain.DigestOf(b.Header), c))))];

    private Aggregator Aggregator(IReadOnlyList<IAttesterClient<ProposedBatch>> attesters, IBatchSubmitter chain) =>
        new(Domain, attesters, new QuorumCollector(new TestVerifier(_keys), _time, TimeSpan.FromSeconds(10)), chain, _outbox, _time);

    private sealed class Watching(IBatchSubmitter chain, Action<QuorumProof> seen) : IBatchSubmitter
    {
        public Task<(BatchSequence Last, KeccakHash Stored)> StateAsync(BatchSequence sequence, CancellationToken cancel) => chain.StateAsync(sequence, cancel);

        public Task<Refusal?> SubmitAsync(BatchHeader header, ImmutableArray<PriceE8> prices, QuorumProof proof, CancellationToken cancel)
        {
            seen(proof);
            return chain.SubmitAsync(header, prices, proof, cancel);
        }
    }
}

/// <summary>An attester in memory.</summary>
internal sealed class Attester(EvmAddress address, Func<ProposedBatch, CancellationToken, Task<AttesterAnswer>> answer) : IAttesterClient<ProposedBatch>
{
    public EvmAddress Address => address;

    public Task<AttesterAnswer> AskAsync(ProposedBatch proposal, CancellationToken cancel) => answer(proposal, cancel);
}
