using System.Text;
using Pms.Primitives;
using Pms.Server.Books;
using Pms.Server.Storage;

namespace Pms.Server.Tests.Storage;

/// <summary>SRV-01, SRV-02, SRV-04, SRV-05: what was acknowledged is there after a restart, once, and nobody changed it. The same for every database.</summary>
public abstract class StoreTests
{
    /// <summary>The one database of this test.</summary>
    protected abstract IRiskStore Open();

    /// <summary>Changes it behind the store's back, while nobody has it open.</summary>
    /// <returns>rows that were changed</returns>
    protected abstract int Change(string sql);

    /// <summary>From now on it can write no megabyte.</summary>
    protected abstract void Break(IRiskStore store);

    private static NewRecord Record(string text, string? key = null) => new(RecordKind.AccountRemoved, 7, Encoding.UTF8.GetBytes(text), key);

    [Fact]
    public void SRV02_Append_TheSameKeyAgain_IsTheSameRecord()
    {
        using var store = Open();
        var first = store.Append(Record("a", "k1"));
        store.Append(Record("a", "k1")).ShouldBe(first with { IsRepeat = true });
        store.Append(Record("b", "k2")).Sequence.ShouldBe(2);
        Should.Throw<InvalidInputException>(() => store.Append(Record("c", "k1"))).Code.ShouldBe("idempotency-key");
        store.Head.Sequence.ShouldBe(2);
        store.Records(0, 10).Count.ShouldBe(2);
    }

    [Fact]
    public void SRV01_SRV05_AfterARestart_EverythingIsThere()
    {
        (long, ContentHash) head;
        using (var store = Open())
        {
            store.AppendAll([.. ServerWorld.Accounts.Select(a => new NewRecord(RecordKind.AccountSet, 1, RiskBook.PortfolioBytes([a])))]);
            store.Append(Record("bob", "k"));
            store.AppendEpoch(new StoredEpoch(1, "{}"u8.ToArray(), new byte[] { 1, 2 }, 5, [new StoredMargin("alice", 3, 2, 1)]), 9, 10);
            head = store.Head;
        }

        using var again = Open();
        again.Head.ShouldBe(head);
        again.LastEpoch.ShouldBe(1);
        again.FindEpoch(1)!.Board.ToArray().ShouldBe([1, 2]);
        again.History("alice", 5).ShouldBe([(1L, new StoredMargin("alice", 3, 2, 1))]);
        again.Margins(1).ShouldBe([new StoredMargin("alice", 3, 2, 1)]);
        RiskBook.PortfolioBytes(BookReplay.Read(again, long.MaxValue).Accounts.Values).ShouldBe(RiskBook.PortfolioBytes(ServerWorld.Accounts.Where(a => a.Id != "bob")));
        BookReplay.Read(again, 4).Accounts.Count.ShouldBe(4, "before bob was taken out");
        again.Append(Record("bob", "k")).IsRepeat.ShouldBeTrue();
    }

    [Theory]
    [InlineData("UPDATE records SET payload = (SELECT payload FROM records WHERE sequence = 1) WHERE sequence = 2")]
    [InlineData("UPDATE records SET at_ms = 8 WHERE sequence = 3")]
    [InlineData("UPDATE records SET kind = 1 WHERE sequence = 1")]
    [InlineData("DELETE FROM records WHERE sequence = 2")]
    [InlineData("UPDATE records SET sequence = 9 WHERE sequence = 3")]
    [InlineData("UPDATE records SET hash = previous WHERE sequence = 3")]
    public void SRV04_Open_AChangedRecord_IsFound(string change)
    {
        using (var store = Open())
        {
            store.AppendAll([Record("a"), Record("b"), Record("c")]);
        }

        Change(change).ShouldBe(1);
        Should.Throw<InvalidInputException>(() => Open()).Code.ShouldBe("store-chain");
    }

    [Fact]
    public void AppendEpoch_BeyondThoseKept_ForgetsTheOldestAndKeepsTheirRecords()
    {
        using var store = Open();
        for (var n = 1; n <= 5; n++)
        {
            store.AppendEpoch(new StoredEpoch(n, Encoding.UTF8.GetBytes($"{n}"), ReadOnlyMemory<byte>.Empty, 0, [new StoredMargin("a", n, n, n)]), n, keptEpochs: 2);
        }

        store.EpochHeads(10).Select(h => h.Number).ShouldBe([5L, 4]);
        store.FindEpoch(3).ShouldBeNull();
        store.History("a", 10).Select(h => h.Epoch).ShouldBe([5L, 4]);
        store.Records(0, 10).Count.ShouldBe(5);
        Should.Throw<InvalidInputException>(() => store.AppendEpoch(new StoredEpoch(7, default, default, 0, []), 1, 2)).Code.ShouldBe("store-epoch");
    }

    [Fact]
    public void Open_WhileAnotherHasIt_IsRefused()
    {
        using var store = Open();
        Should.Throw<InvalidInputException>(() => Open()).Code.ShouldBe("store-busy");
    }

    [Fact]
    public void Last_OfAKind_IsTheNewest()
    {
        using var store = Open();
        store.Last(RecordKind.Parameters).ShouldBeNull();
        store.Append(new NewRecord(RecordKind.Parameters, 1, "p1"u8.ToArray()));
        store.Append(Record("a"));
        store.Append(new NewRecord(RecordKind.Parameters, 2, "p2"u8.ToArray()));
        store.Append(Record("b"));
        store.Last(RecordKind.Parameters)!.Sequence.ShouldBe(3);
        store.Last(RecordKind.AccountRemoved)!.Sequence.ShouldBe(4);
    }

    /// <summary>SRV-06: a database that fails stops the writer; nothing is acknowledged after it, and what was is there afterwards.</summary>
    [Fact]
    public void SRV06_Append_ADatabaseThatFails_StopsTheWriter()
    {
        long acknowledged;
        using (var store = Open())
        {
            store.Append(Record("a"));
            acknowledged = store.Head.Sequence;
            Break(store);
            Should.Throw<StoreException>(() => store.Append(new NewRecord(RecordKind.AccountRemoved, 1, new byte[1 << 20]))).Code.ShouldBe("store-failed");
            Should.Throw<StoreException>(() => store.Append(Record("b"))).Code.ShouldBe("store-failed");
        }

        using var again = Open();
        again.Head.Sequence.ShouldBe(acknowledged);
    }
}
