using System.Collections.Immutable;
using System.Text.Json;
using Pms.Documents;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Server.Books;

/// <summary>All accounts at one moment of the record, immutable.</summary>
/// <param name="Sequence">of the last change; 0: none yet</param>
/// <param name="Accounts">by id</param>
/// <param name="Deliveries">quote per coin, of families and expiries that were seen to pass</param>
public sealed record RiskBook(long Sequence, ImmutableSortedDictionary<string, Account> Accounts, ImmutableDictionary<(UnderlyingId Underlying, DateTimeOffset Expiry), double> Deliveries)
{
    private readonly Lazy<ContentHash> _hash = new(() => ContentHash.Of(PortfolioBytes(Accounts.Values)));

    private readonly Lazy<ImmutableArray<(UnderlyingId Underlying, DateTimeOffset Expiry)>> _expiries = new(() => ExpiriesOf(Accounts.Values));

    public static RiskBook Empty { get; } = new(0, ImmutableSortedDictionary.Create<string, Account>(StringComparer.Ordinal), ImmutableDictionary<(UnderlyingId, DateTimeOffset), double>.Empty);

    /// <summary>Families and expiries that somebody holds a contract of, in no order; found once.</summary>
    public ImmutableArray<(UnderlyingId Underlying, DateTimeOffset Expiry)> Expiries => _expiries.Value;

    /// <summary>SHA-256 of its portfolio file; taken once.</summary>
    public ContentHash Hash => _hash.Value;

    /// <summary>Accounts as a portfolio file in JSON: what <c>pms margin --portfolio</c> reads.</summary>
    public static byte[] PortfolioBytes(IEnumerable<Account> accounts) => JsonSerializer.SerializeToUtf8Bytes(PortfolioDocument.Of(accounts), DocumentJson.Compact);

    /// <summary>One account of a portfolio file.</summary>
    /// <param name="utf8">a portfolio of just this account</param>
    /// <param name="units">how other units are converted; null: they are refused</param>
    /// <exception cref="InvalidInputException">the codes of <see cref="PortfolioFile.Read"/>; <c>portfolio-account</c>: not just one account</exception>
    public static Account Parse(ReadOnlyMemory<byte> utf8, PositionUnits? units = null)
    {
        using var stream = new MemoryStream(utf8.ToArray(), writable: false);
        var portfolio = PortfolioFile.Read(stream, units ?? new PositionUnits());
        return portfolio.Accounts.Length == 1
            ? portfolio.Accounts[0]
            : throw new InvalidInputException("portfolio-account", $"{portfolio.Accounts.Length} accounts: one is required");
    }

    public RiskBook With(long sequence, Account account)
    {
        ArgumentNullException.ThrowIfNull(account);
        return new RiskBook(sequence, Accounts.SetItem(account.Id, account), Deliveries);
    }

    public RiskBook With(long sequence, Delivery delivery)
    {
        ArgumentNullException.ThrowIfNull(delivery);
        return new RiskBook(sequence, Accounts, Deliveries.SetItem((delivery.Underlying, delivery.Expiry), delivery.Price));
    }

    public RiskBook Without(long sequence, string id) => new(sequence, Accounts.Remove(id), Deliveries);

    private static ImmutableArray<(UnderlyingId Underlying, DateTimeOffset Expiry)> ExpiriesOf(IEnumerable<Account> accounts) =>
    [
        .. accounts.SelectMany(a => a.Positions).Select(p => (p.Instrument.Underlying, Expiry: SettledAccount.ExpiryOf(p.Instrument))).Where(e => e.Expiry is not null)
            .Select(e => (e.Underlying, e.Expiry!.Value)).Distinct(),
    ];
}
