using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Pms.Margin.Portfolios;
using Pms.Primitives;
using Pms.Server.Storage;

namespace Pms.Server.Books;

/// <summary>The book as the record makes it.</summary>
public static class BookReplay
{
    private const int Page = 1_000;

    private static ReadOnlySpan<byte> Head => "{\"accounts\":["u8;

    private static ReadOnlySpan<byte> Tail => "]}"u8;

    /// <summary>Reads the changes of accounts, and deliveries, in order. What was changed again later is not parsed.</summary>
    /// <param name="store">whose chain was verified</param>
    /// <param name="through">last record that counts</param>
    /// <param name="from">an earlier book, to go on from; null: from nothing</param>
    /// <exception cref="InvalidInputException">the codes of <see cref="RiskBook.Parse"/>; <c>delivery-record</c></exception>
    public static RiskBook Read(IRiskStore store, long through, RiskBook? from = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        var begin = from ?? RiskBook.Empty;
        var (sequence, deliveries) = (begin.Sequence, begin.Deliveries);
        var changed = new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal);
        foreach (var record in RecordPages.Read(store, begin.Sequence).TakeWhile(r => r.Sequence <= through))
        {
            switch (record.Kind)
            {
                case RecordKind.AccountSet:
                    changed[IdOf(record.Payload)] = record.Payload;
                    break;
                case RecordKind.AccountRemoved:
                    changed[Encoding.UTF8.GetString(record.Payload.Span)] = null;
                    break;
                case RecordKind.Delivery:
                    var delivery = Delivery.Read(record.Payload.Span);
                    deliveries = deliveries.SetItem((delivery.Underlying, delivery.Expiry), delivery.Price);
                    break;
                default:
                    continue;
            }

            sequence = record.Sequence;
        }

        var pages = changed.Values.OfType<ReadOnlyMemory<byte>>().Chunk(Page).ToArray();
        var read = new ImmutableArray<Account>[pages.Length];
        Parallel.For(0, pages.Length, p => read[p] = Parse(pages[p]));
        var accounts = begin.Accounts.ToBuilder();
        accounts.RemoveRange(changed.Where(c => c.Value is null).Select(c => c.Key));
        foreach (var account in read.SelectMany(r => r))
        {
            accounts[account.Id] = account;
        }

        return new RiskBook(sequence, accounts.ToImmutable(), deliveries);
    }

    /// <summary>Accounts of records, each of which is another: one file for all of them, so that a contract's name is read once.</summary>
    private static ImmutableArray<Account> Parse(ReadOnlyMemory<byte>[] payloads)
    {
        if (!payloads.All(p => p.Span.StartsWith(Head) && p.Span.EndsWith(Tail)))
        {
            return [.. payloads.Select(p => RiskBook.Parse(p))];
        }

        using var file = new MemoryStream(payloads.Sum(p => p.Length + 1));
        file.Write(Head);
        for (var i = 0; i < payloads.Length; i++)
        {
            file.Write(i == 0 ? [] : ","u8);
            file.Write(payloads[i].Span[Head.Length..^Tail.Length]);
        }

        file.Write(Tail);
        file.Position = 0;
        var accounts = PortfolioFile.Read(file, new PositionUnits()).Accounts;
        return accounts.Length == payloads.Length
            ? accounts
            : throw new InvalidInputException("portfolio-account", $"{payloads.Length} records of accounts hold {accounts.Length} accounts: one each is required");
    }

    /// <summary>The account of a record, without reading all of it.</summary>
    private static string IdOf(ReadOnlyMemory<byte> payload)
    {
        var reader = new Utf8JsonReader(payload.Span);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 3 && reader.ValueTextEquals("id"u8) && reader.Read() && reader.TokenType == JsonTokenType.String)
                {
                    return reader.GetString()!;
                }
            }
        }
        catch (JsonException)
        {
            // Told by the parser of portfolios, with its place.
        }

        return RiskBook.Parse(payload).Id;
    }
}
