using Pms.Primitives;
using Pms.Server.Epochs;
using Pms.Server.Storage;
using Pms.Server.Tests.Storage;

namespace Pms.Server.Tests.Epochs;

/// <summary>SRV-04: what is stored comes out again, to the last unit; whatever was changed is named.</summary>
public sealed class EpochVerifierTests(EpochVerifierTests.Recorded recorded) : IClassFixture<EpochVerifierTests.Recorded>
{
    /// <summary>A database with three epochs, the book and the parameters changed between them.</summary>
    public sealed class Recorded : IAsyncLifetime
    {
        public string Folder { get; } = Directory.CreateTempSubdirectory("pms-verify-tests-").FullName;

        public async ValueTask InitializeAsync()
        {
            await using (var world = await ServerWorld.StartAsync(folder: Folder))
            {
                await world.EpochAsync();
                world.Host.Loop.Change("bob", null, "k1");
                await world.EpochAsync(1);
            }

            await using (var world = await ServerWorld.StartAsync(o => o with { Parameters = o.Parameters with { Name = "tighter" }, Seed = 2 }, Folder))
            {
                await world.EpochAsync(2);
            }

            // The same parameters again: no record is added for them.
            await using (await ServerWorld.StartAsync(o => o with { Parameters = o.Parameters with { Name = "tighter" }, IntervalMs = 3_600_000 }, Folder))
            {
            }
        }

        public ValueTask DisposeAsync()
        {
            Directory.Delete(Folder, recursive: true);
            return ValueTask.CompletedTask;
        }
    }

    [Fact]
    public void Verify_AnUnchangedDatabase_ComesOutEqual()
    {
        using var store = SqliteStore.Open(Path.Combine(recorded.Folder, "server.db"));
        RecordPages.Read(store, 0).Count(r => r.Kind == RecordKind.Parameters).ShouldBe(2);
        var found = new EpochVerifier(store, 2, TimeProvider.System).VerifyLast(100, null, TestContext.Current.CancellationToken);
        found.Differences.ShouldBeEmpty();
        (found.First, found.Last).ShouldBe((1, store.LastEpoch));
        found.Margins.ShouldBe(Enumerable.Range(1, (int)store.LastEpoch).Sum(n => store.Margins(n).Count));
        found.Margins.ShouldBeGreaterThanOrEqualTo(3 + 2 + 2);
    }

    [Theory]
    [InlineData("UPDATE margins SET maintenance = maintenance + 1 WHERE epoch = 2 AND account = 'alice'", 2, "maintenance", "alice")]
    [InlineData("UPDATE margins SET equity = equity - 1 WHERE epoch = 3 AND account = 'carol'", 3, "equity", "carol")]
    [InlineData("DELETE FROM margins WHERE epoch = 1 AND account = 'bob'", 1, "equity,initial,maintenance", "bob")]
    [InlineData("INSERT INTO margins VALUES ('zoe', 1, 5, 5, 5)", 1, "equity,initial,maintenance", "zoe")]
    [InlineData("UPDATE epochs SET head = (SELECT head FROM epochs WHERE number = 1) WHERE number = 2", 2, "head", null)]
    [InlineData("UPDATE epochs SET book_sequence = 1 WHERE number = 2", 2, "bookSequence", null)]
    [InlineData("UPDATE epochs SET board = x'00' WHERE number = 2", 2, "board", null)]
    [InlineData("DELETE FROM epochs WHERE number = 2", 2, "epoch", null)]
    public void Verify_OneChange_IsNamed(string change, long epoch, string fields, string? account)
    {
        WithCopy(change, store =>
        {
            var found = new EpochVerifier(store, 1, TimeProvider.System).VerifyLast(100, null, TestContext.Current.CancellationToken);
            found.Differences.Select(d => (d.Epoch, d.Account)).Distinct().ShouldBe([(epoch, account)]);
            string.Join(',', found.Differences.Select(d => d.Field)).ShouldBe(fields);
            found.Differences.ShouldAllBe(d => d.Stored != d.Recomputed);
        });
    }

    /// <summary>Another real market in the board's place: every hash that hangs on the market says so, and the parameters' does not.</summary>
    [Fact]
    public void Verify_AnotherBoard_IsSeenInEveryHashOfTheMarket()
    {
        var other = Convert.ToHexString(Attestation.Wire.SnapshotBytes.Write(ServerWorld.SnapshotAt(6)));
        WithCopy($"UPDATE epochs SET board = x'{other}' WHERE number = 1", store =>
        {
            var fields = new EpochVerifier(store, 1, TimeProvider.System).Verify(1, TestContext.Current.CancellationToken).Differences.Select(d => d.Field).ToHashSet();
            fields.IsSupersetOf(["snapshotHash", "scenarioSetHash", "arrayRoot", "maintenance"]).ShouldBeTrue(string.Join(',', fields));
            fields.Overlaps(["parametersHash", "bookHash", "head"]).ShouldBeFalse();
        });
    }

    [Fact]
    public void Verify_AnEpochThatIsNotKept_IsATypedError()
    {
        using var store = SqliteStore.Open(Path.Combine(recorded.Folder, "server.db"));
        var verifier = new EpochVerifier(store, 1, TimeProvider.System);
        Should.Throw<InvalidInputException>(() => verifier.Verify(0, TestContext.Current.CancellationToken)).Code.ShouldBe("epoch-missing");
        Should.Throw<InvalidInputException>(() => verifier.Verify(store.LastEpoch + 1, TestContext.Current.CancellationToken)).Code.ShouldBe("epoch-missing");
    }

    private void WithCopy(string change, Action<IRiskStore> test)
    {
        var copy = Directory.CreateTempSubdirectory("pms-verify-tests-").FullName;
        try
        {
            var path = Path.Combine(copy, "server.db");
            File.Copy(Path.Combine(recorded.Folder, "server.db"), path);
            SqliteStoreTests.Change(path, change).ShouldBe(1);
            using var store = SqliteStore.Open(path);
            test(store);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }
}
