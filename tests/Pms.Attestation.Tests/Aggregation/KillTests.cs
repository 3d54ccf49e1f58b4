using System.Diagnostics;
using System.Globalization;
using Pms.Attestation.Aggregation;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Attestation.Signing;
using Pms.Attestation.Tests.Signing;
using Pms.Testing;

namespace Pms.Attestation.Tests.Aggregation;

/// <summary>Attester and aggregator run in a process of their own that is killed at random points, again and again, over the same files.</summary>
public sealed class KillTests : IDisposable
{
    private const string FolderVariable = "PMS_KILL_FOLDER";
    private static readonly Eip712Domain Domain = Eip712Domain.OfAttestations(new ChainId(31337), EvmAddress.Parse("0x00000000000000000000000000000000000000a1"));

    private readonly string _folder = Directory.CreateTempSubdirectory("pms-kill").FullName;

    // 200 deaths in the long mode, a handful in the fast suite.
    private static int Deaths => FuzzBudget.Long ? 200 : 4;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void SignOnceStore_KilledAtRandomPoints_NeverSignsTwoDigestsOfOneSequence()
    {
        // The child signs sequence after sequence, each with a digest that differs between its lives, and publishes what it signed. A sequence that one life signed and
        // another could sign differently would stand there twice.
        for (var life = 0; life < Deaths; life++)
        {
            RunUntilKilled(nameof(ChildAttester), life);
        }

        var published = Lines("published");
        published.Length.ShouldBeGreaterThan(Deaths);
        published.GroupBy(p => p[0]).ShouldAllBe(g => g.Select(p => p[1]).Distinct().Count() == 1);
        using var store = SignOnceStore.Open(Path.Combine(_folder, "signed.db"), Path.Combine(_folder, "witness"));
        store.HighWater(Domain)!.Value.Value.ShouldBeGreaterThanOrEqualTo(published.Max(p => ulong.Parse(p[0], CultureInfo.InvariantCulture)), "whatever was signed is remembered");
    }

    [Fact]
    public async Task Aggregator_KilledAtRandomPoints_LosesNoBatchAndBringsNoneTwice()
    {
        for (var life = 0; life < Deaths; life++)
        {
            RunUntilKilled(nameof(ChildAggregator), life);
        }

        using var keys = new Keys();
        using var outbox = Outbox.Open(Path.Combine(_folder, "outbox.db"));
        await keys.Aggregator(_folder, outbox).ResumeAsync(keys.Set, default);
        var accepted = new FakeChain(Path.Combine(_folder, "chain")).Accepted;
        accepted.Length.ShouldBeGreaterThan(Deaths);
        // Every sequence that was begun is there, once, in order, with the bytes that the outbox holds.
        accepted.Select(a => a.Sequence).ShouldBe(Enumerable.Range(1, accepted.Length).Select(i => (ulong)i));
        outbox.Last.ShouldBe(new BatchSequence((ulong)accepted.Length));
        foreach (var (sequence, hash) in accepted.TakeLast(50))
        {
            var entry = outbox.Find(new BatchSequence(sequence))!;
            entry.Progress.ShouldBe(BatchProgress.Accepted);
            entry.Batch.Header.StructHash().ShouldBe(hash);
        }
    }

    [Fact(Explicit = true)]
    public async Task ChildAttester()
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable)!;
        using var store = SignOnceStore.Open(Path.Combine(folder, "signed.db"), Path.Combine(folder, "witness"));
        using var key = new TestKey(1);
        // From a little below what it remembers, so that claims of an earlier life are met again.
        for (var sequence = Math.Max(4, store.HighWater(Domain)?.Value ?? 0) - 3; ; sequence++)
        {
            var digest = new Digest(Keccak256.Hash(BitConverter.GetBytes((Environment.ProcessId * 1_000_003L) + (long)sequence)));
            if (store.TryClaim(SignSlot.OfBatch(Domain, new SetId(1), new BatchSequence(sequence)), digest, out _))
            {
                var signature = await key.SignAsync(digest, default);
                await File.AppendAllTextAsync(Path.Combine(folder, "published"), $"{sequence} {digest} {signature}\n");
                Console.Error.WriteLine(sequence);
            }
        }
    }

    [Fact(Explicit = true)]
    public async Task ChildAggregator()
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable)!;
        using var keys = new Keys();
        using var outbox = Outbox.Open(Path.Combine(folder, "outbox.db"));
        var aggregator = keys.Aggregator(folder, outbox);
        await aggregator.ResumeAsync(keys.Set, default);
        while (true)
        {
            var outcome = await aggregator.PublishAsync(AggregatorTests.Batch((outbox.Last?.Value ?? 0) + 1), keys.Set, default);
            outcome.Progress.ShouldBe(BatchProgress.Accepted);
            Console.Error.WriteLine(outcome.Sequence);
        }
    }

    /// <summary>Starts a child, lets it take a random number of steps and a random part of one, and kills it.</summary>
    private void RunUntilKilled(string method, int life)
    {
        var random = new SplitMix((ulong)(17 + life));
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (string[])[typeof(KillTests).Assembly.Location, "-noLogo", "-noColor", "-explicit", "only", "-method", $"{typeof(KillTests).FullName}.{method}"])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[FolderVariable] = _folder;
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEndAsync();
        for (var steps = random.Below(12); steps >= 0; steps--)
        {
            child.StandardError.ReadLine().ShouldNotBeNull(output.IsCompleted ? output.Result : "the child ended by itself");
        }

        Thread.SpinWait(random.Below(2_000_000));
        child.Kill();
        child.WaitForExit();
        output.GetAwaiter().GetResult().ShouldNotContain("[FAIL]");
    }

    private string[][] Lines(string name) => [.. File.ReadAllText(Path.Combine(_folder, name)).Split('\n')[..^1].Select(l => l.Split(' ')).Where(p => p.Length == 3 && p[2].Length == 132)];

    /// <summary>Seven attesters in memory and an aggregator over the files of a folder.</summary>
    private sealed class Keys : IDisposable
    {
        private readonly TestKey[] _keys = [.. Enumerable.Range(1, 7).Select(i => new TestKey(i)).OrderBy(k => k.Address)];
        private readonly Microsoft.Extensions.Time.Testing.FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_000_000));

        public AttesterSet Set => new(new SetId(1), [.. _keys.Select(k => k.Address)]);

        public Aggregator Aggregator(string folder, Outbox outbox) => new(
            Domain,
            [.. _keys.Select(k => new Attester(k.Address, async (b, c) => AttesterAnswer.Signed(await k.SignAsync(Domain.DigestOf(b.Header), c))))],
            new QuorumCollector(new TestVerifier(_keys), _time, TimeSpan.FromSeconds(10)),
            new FakeChain(Path.Combine(folder, "chain")),
            outbox,
            _time);

        public void Dispose()
        {
            foreach (var key in _keys)
            {
                key.Dispose();
            }
        }
    }
}
