using System.Text;
using Pms.Server.Storage;

namespace Pms.Server.Books;

/// <summary>The book as the record makes it.</summary>
public static class BookReplay
{
    /// <summary>Reads the changes of accounts, and deliveries, in order.</summary>
    /// <param name="store">whose chain was verified</param>
    /// <param name="through">last record that counts</param>
    /// <param name="from">an earlier book, to go on from; null: from nothing</param>
    public static RiskBook Read(IRiskStore store, long through, RiskBook? from = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        var begin = from ?? RiskBook.Empty;
        return RecordPages.Read(store, begin.Sequence).TakeWhile(r => r.Sequence <= through).Aggregate(begin, (book, record) => record.Kind switch
        {
            RecordKind.AccountSet => book.With(record.Sequence, RiskBook.Parse(record.Payload)),
            RecordKind.AccountRemoved => book.Without(record.Sequence, Encoding.UTF8.GetString(record.Payload.Span)),
            RecordKind.Delivery => book.With(record.Sequence, Delivery.Read(record.Payload.Span)),
            _ => book,
        });
    }
}
