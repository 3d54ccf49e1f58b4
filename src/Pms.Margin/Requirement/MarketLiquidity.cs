using Pms.Margin.Market;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;

namespace Pms.Margin.Requirement;

/// <summary>How one instrument can be traded; null where the board does not say.</summary>
/// <param name="HalfSpreadUsd">USD per unit of quantity, half of ask less bid</param>
/// <param name="DailyVolume">units of quantity traded in 24 hours</param>
/// <param name="OpenInterest">units of quantity</param>
public readonly record struct InstrumentLiquidity(double? HalfSpreadUsd, double? DailyVolume, double? OpenInterest);

/// <summary>Spreads, volumes and open interest by instrument.</summary>
/// <param name="instruments">what is known; anything else is left to parameters</param>
public sealed class MarketLiquidity(IReadOnlyDictionary<Instrument, InstrumentLiquidity> instruments)
{
    public static MarketLiquidity None { get; } = new(new Dictionary<Instrument, InstrumentLiquidity>());

    public InstrumentLiquidity Of(Instrument instrument) => instruments.GetValueOrDefault(instrument);

    /// <summary>From a board, in USD at the market's prices.</summary>
    /// <remarks>Volume is in coins for all contracts, as venues give it; open interest is in the instrument's own unit.</remarks>
    public static MarketLiquidity Of(MarketSnapshot snapshot, MarginMarket market)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(market);
        var known = new Dictionary<Instrument, InstrumentLiquidity>();
        foreach (var board in snapshot.Boards)
        {
            var family = market.Underlying(board.Id);
            var quoteUsd = market.UsdPrice(board.Id.Quote);
            foreach (var quote in board.Expiries.SelectMany(e => e.Options).Concat(board.Linears))
            {
                known[quote.Instrument] = Of(quote, family, quoteUsd);
            }
        }

        return new MarketLiquidity(known);
    }

    private static InstrumentLiquidity Of(InstrumentQuote quote, UnderlyingMarket family, double quoteUsd)
    {
        var isInverse = quote.Instrument.Underlying.Settlement == Settlement.Inverse;
        var isInUsd = quote.Instrument.IsCountedInQuote;
        double? half = quote.Bid is { } bid && quote.Ask is { } ask && ask >= bid ? (ask - bid) / 2 : null;
        if (half is { } given)
        {
            half = quote.Instrument switch
            {
                EuropeanOption => given * (isInverse ? family.Index : 1) * quoteUsd,
                _ when isInUsd => given / family.Index * quoteUsd,
                _ => given * quoteUsd,
            };
        }

        return new InstrumentLiquidity(half, isInUsd ? quote.Values.Volume24h * family.Index : quote.Values.Volume24h, quote.Values.OpenInterest);
    }
}
