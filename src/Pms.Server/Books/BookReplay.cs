using System.Text;
using Pms.Server.Storage;

namespace Pms.Server.Books;

/// <summary>The book as the record makes it.</summary>
public static class BookReplay
{
    private const int Page = 1_000;

    /// <summary>Reads the changes of accounts in order.</summary>
    /// <param name="store">whose chain was verified</param>
    /// <param name="through">last record that counts</param>
    public static RiskBook Read(IRiskStore store, long through)
    {
        ArgumentNullException.ThrowIfNull(store);
        var book = RiskBook.Empty;
        var after = 0L;
        while (store.Records(after, Page) is { Count: > 0 } records)
        {
            foreach (var record in records)
            {
                if (record.Sequence > through)
                {
                    return book;
                }

                book = record.Kind switch
                {
                    RecordKind.AccountSet => book.With(record.Sequence, RiskBook.Parse(record.Payload)),
                    RecordKind.AccountRemoved => book.Without(record.Sequence, Encoding.UTF8.GetString(record.Payload.Span)),
                    _ => book,
                };
                after = record.Sequence;
            }
        }

        return book;
    }
}
