using Pms.Primitives;
using Pms.Server.Books;
using Pms.Server.Epochs;
using Pms.Server.Observability;
using Pms.Server.Storage;
using Pms.Testing;

namespace Pms.Server.Tests.Storage.Faults;

/// <summary>SRV-06: a disk that fails under a server, at every call of a small session in turn. Whatever was acknowledged or shown is there after a restart, once; nothing is acknowledged after an error; the chain holds.</summary>
public sealed class DiskFaultTests
{
    // Sets, replaces and takes out, with an epoch between them.
    private static readonly (string Account, decimal? Usdc)[] Writes = [("erin", 10), ("erin", 20), ("bob", null), ("frank", 30), ("erin", null)];

    [Fact]
    public void SRV06_Sqlite_OneCallThatFails_LosesNothingThatWasAcknowledged() => Preloaded(DiskFault.Once, nameof(SRV06_Sqlite_OneCallThatFails_LosesNothingThatWasAcknowledged));

    [Fact]
    public void SRV06_Sqlite_EveryCallThatFailsFromOneOn_LosesNothingThatWasAcknowledged() => Preloaded(DiskFault.Onwards, nameof(SRV06_Sqlite_EveryCallThatFailsFromOneOn_LosesNothingThatWasAcknowledged));

    [Fact]
    public void SRV06_Sqlite_AWriteOfHalfAPage_LosesNothingThatWasAcknowledged() => Preloaded(DiskFault.Torn, nameof(SRV06_Sqlite_AWriteOfHalfAPage_LosesNothingThatWasAcknowledged));

    [Fact]
    public void SRV06_Sqlite_AWriteThatSaysThatItWasShort_IsGoneOnWith() => Preloaded(DiskFault.Short, nameof(SRV06_Sqlite_AWriteThatSaysThatItWasShort_IsGoneOnWith));

    [Fact]
    public void SRV06_Sqlite_AReadThatFails_LosesNothingThatWasAcknowledged() => Preloaded(DiskFault.Read, nameof(SRV06_Sqlite_AReadThatFails_LosesNothingThatWasAcknowledged));

    /// <summary>Runs the sweep in a process that was started with the failing disk.</summary>
    private static void Preloaded(DiskFault fault, string method)
    {
        if (DiskFaults.IsLoaded)
        {
            Sweep(fault);
            return;
        }

        Assert.SkipUnless(DiskFaults.CanBeBuilt, "gcc is not there to build what makes the disk fail: apt-get install gcc brings it");
        var folder = Directory.CreateTempSubdirectory("pms-faults-").FullName;
        try
        {
            ChildProcess.RunTest(typeof(DiskFaultTests), method, DiskFaults.Build(folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Each case is a session of its own: it opens the store, fills the book, computes epochs and changes accounts, with one call of the disk failing; then a restart reads what lies there on a sound disk, and the client sends all of its writes again.</summary>
    private static void Sweep(DiskFault fault)
    {
        var outcomes = new SortedDictionary<string, int>(StringComparer.Ordinal);
        // The fast run takes every 23rd of the calls, so that it meets every place in a transaction at some time.
        var step = FuzzBudget.Long || fault == DiskFault.Read ? 1 : 23;
        var (call, cases) = (1L - step, -1);
        for (var failed = 1L; failed != 0; cases++)
        {
            call += step;
            var folder = Directory.CreateTempSubdirectory("pms-fault-").FullName;
            try
            {
                failed = Case(folder, fault, call, outcomes);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{fault} at call {call}: {e.Message}", e);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }

        TestContext.Current.SendDiagnosticMessage($"{fault}: {cases} of about {call} calls, each failing once; {string.Join(", ", outcomes.Select(o => $"{o.Value} {o.Key}"))}");
        call.ShouldBeGreaterThan(fault == DiskFault.Read ? 5 : 150, $"{fault}: a session has more calls than that");
        outcomes.ContainsKey("store-failed").ShouldBe(fault != DiskFault.Short);
    }

    /// <returns>calls that failed; 0: the session was over before</returns>
    private static long Case(string folder, DiskFault fault, long call, SortedDictionary<string, int> outcomes)
    {
        var acknowledged = new Dictionary<int, RecordReceipt>();
        var shown = 0L;
        DiskFaults.Arm(folder, fault, call);
        var refusal = Session(folder, acknowledged, ref shown);
        var failed = DiskFaults.Disarm();
        if (failed == 0 || fault == DiskFault.Short)
        {
            refusal.ShouldBeNull();
            acknowledged.Count.ShouldBe(Writes.Length);
        }

        if (failed != 0)
        {
            outcomes[refusal ?? "went on"] = outcomes.GetValueOrDefault(refusal ?? "went on") + 1;
        }

        // Opening it computes every hash anew, and looks that no sequence is missing.
        using (var store = SqliteStore.Open(PathIn(folder)))
        {
            store.LastEpoch.ShouldBeGreaterThanOrEqualTo(shown, "an epoch that was shown");
            foreach (var (write, receipt) in acknowledged)
            {
                store.Records(receipt.Sequence - 1, 1).Single().Hash().ShouldBe(receipt.Hash, $"write {write}");
            }
        }

        var again = new Dictionary<int, RecordReceipt>();
        Session(folder, again, ref shown).ShouldBeNull();
        foreach (var (write, receipt) in acknowledged)
        {
            again[write].ShouldBe(receipt with { IsRepeat = true });
        }

        using var last = SqliteStore.Open(PathIn(folder));
        RecordPages.Read(last, 0).Count(r => r.Kind is RecordKind.AccountSet or RecordKind.AccountRemoved).ShouldBe(ServerWorld.Accounts.Length + Writes.Length, "each write once");
        BookReplay.Read(last, long.MaxValue).Accounts.Keys.Order(StringComparer.Ordinal).ShouldBe(["alice", "carol", "dora", "frank"]);
        return failed;
    }

    /// <summary>What a server does with its store, and a client that gives up at the first refusal.</summary>
    /// <returns>code of the refusal; null: none</returns>
    private static string? Session(string folder, Dictionary<int, RecordReceipt> acknowledged, ref long shown)
    {
        try
        {
            using var store = SqliteStore.Open(PathIn(folder));
            ServerWorld.FillBook(store);
            using var metrics = new ServerMetrics();
            var feed = new StandingFeed(ServerWorld.First, TimeProvider.System.GetUtcNow());
            using var loop = new RiskLoop(ServerWorld.OptionsIn(folder), feed, store, TimeProvider.System, metrics);
            var refusal = Client(loop, acknowledged);
            shown = Math.Max(shown, loop.Current?.Number ?? 0);
            if (refusal is not null)
            {
                StaysRefused(loop);
            }

            return refusal;
        }
        catch (PmsException e)
        {
            // It did not come up: whoever started it is told why.
            acknowledged.ShouldBeEmpty();
            e.Code.ShouldBe("store-failed");
            return $"{e.Code} at the start";
        }
    }

    private static string? Client(RiskLoop loop, Dictionary<int, RecordReceipt> acknowledged)
    {
        for (var write = 0; write < Writes.Length; write++)
        {
            if (write is 0 or 3)
            {
                loop.Advance();
            }

            var (id, usdc) = Writes[write];
            try
            {
                acknowledged.Add(write, loop.Change(id, usdc is { } amount ? ServerWorld.Account(id, amount) : null, $"write-{write}"));
            }
            catch (StoreException e)
            {
                return e.Code;
            }
        }

        loop.Advance();
        return loop.Store.Failure?.Code;
    }

    /// <summary>After an error of the disk nothing is acknowledged and nothing shown, even where the disk has recovered.</summary>
    private static void StaysRefused(RiskLoop loop)
    {
        var (shown, head) = (loop.Current, loop.Store.Head);
        loop.Status.State.ShouldBe(OperatingState.Halt);
        loop.Status.Reasons.ShouldContain(r => r.Code == "store-failed");
        Should.Throw<StoreException>(() => loop.Change("gina", ServerWorld.Account("gina", 1), "write-after")).Code.ShouldBe("store-failed");
        loop.Advance();
        loop.Current.ShouldBeSameAs(shown);
        loop.Store.Head.ShouldBe(head);
    }

    private static string PathIn(string folder) => Path.Combine(folder, "server.db");
}
