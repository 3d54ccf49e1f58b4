using System.Text;
using Pms.Primitives;
using Pms.Server.Books;
using Pms.Server.Storage;

namespace Pms.Server.Tests.Books;

/// <summary>The book that a restart reads is the one that was there, however often accounts changed.</summary>
public sealed class BookReplayTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pms-replay-tests-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_OfManyChanges_IsTheBookOfApplyingThemOneByOne()
    {
        using var store = SqliteStore.Open(Path.Combine(_folder, "server.db"));
        var book = RiskBook.Empty;
        var added = new List<NewRecord>();
        var books = new Dictionary<long, RiskBook> { [0] = book };
        for (var step = 1; step <= 2_500; step++)
        {
            var id = $"a\"{step * 7919 % 1_200}";
            if (step % 5 == 0)
            {
                added.Add(new NewRecord(RecordKind.AccountRemoved, 1, Encoding.UTF8.GetBytes(id)));
                book = book.Without(step, id);
            }
            else
            {
                var account = ServerWorld.Account(id.Replace("\"", "\\\"", StringComparison.Ordinal), step, (ServerWorld.OptionName(step % 9), step % 4 - 7), (ServerWorld.OptionName((step % 9) + 1), 0.25m));
                account.Id.ShouldBe(id);
                added.Add(new NewRecord(RecordKind.AccountSet, 1, RiskBook.PortfolioBytes([account])));
                book = book.With(step, account);
            }

            books[step] = book;
        }

        store.AppendAll(added);
        foreach (var through in new long[] { 0, 1, 999, 1_000, 2_500 })
        {
            Same(BookReplay.Read(store, through), books[through]);
        }

        Same(BookReplay.Read(store, 2_500, BookReplay.Read(store, 1_234)), book);
    }

    [Fact]
    public void Read_ARecordThatIsNoAccount_IsNamed()
    {
        using var store = SqliteStore.Open(Path.Combine(_folder, "server.db"));
        store.Append(new NewRecord(RecordKind.AccountSet, 1, "nonsense"u8.ToArray()));
        Should.Throw<InvalidInputException>(() => BookReplay.Read(store, long.MaxValue));
    }

    private static void Same(RiskBook read, RiskBook expected)
    {
        read.Sequence.ShouldBe(expected.Sequence);
        read.Hash.ShouldBe(expected.Hash);
        read.Accounts.Keys.ShouldBe(expected.Accounts.Keys);
    }
}
