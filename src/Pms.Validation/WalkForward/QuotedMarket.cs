using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Numerics;
using Pms.Pricing;
using Pms.Primitives;
using Pms.Volatility;

namespace Pms.Validation.WalkForward;

/// <summary>One board as what positions are revalued by: its quotes.</summary>
/// <remarks>
/// A coin's price is the venue's forward of the soonest expiry: it is of the same instant as the quotes, which an index need not be. Perpetuals without
/// a mark are at that price. An option without any quote is valued on the surface and counted.
/// </remarks>
public sealed class QuotedMarket
{
    private readonly Dictionary<EuropeanOption, double> _options = [];
    private readonly Dictionary<UnderlyingId, (double Coin, double Perpetual)> _prices = [];
    private readonly Dictionary<UnderlyingId, VolSurface> _surfaces;
    private readonly DateTimeOffset _at;

    /// <param name="snapshot">quotes</param>
    /// <param name="surfaces">fitted to them</param>
    public QuotedMarket(MarketSnapshot snapshot, IEnumerable<VolSurface> surfaces)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        _at = snapshot.ObservedAt;
        _surfaces = surfaces.ToDictionary(s => s.Underlying);
        foreach (var board in snapshot.Boards)
        {
            foreach (var quote in board.Expiries.SelectMany(e => e.Options))
            {
                if (quote.Instrument is EuropeanOption option && QuotedPrice.Of(quote, _at) is { } price)
                {
                    _options[option] = price;
                }
            }

            var coin = board.Expiries.FirstOrDefault(e => e.Expiry > _at && e.VenueForward is not null)?.VenueForward ?? board.Index?.Price;
            if (coin is { } known)
            {
                _prices[board.Id] = (known, board.Linears.FirstOrDefault(q => q.Instrument is Perpetual)?.Values.Mark ?? known);
            }
        }
    }

    /// <summary>What a position gains from one board to a later one, USD.</summary>
    /// <param name="position">option, perpetual or spot</param>
    /// <param name="later">board of the outcome</param>
    /// <param name="byModel">true where one of the two values is the surface's</param>
    /// <exception cref="InvalidInputException"><c>backtest-revaluation</c>: of another kind, expired by then, or of a family that one of the boards does not have</exception>
    public double Gain(Position position, QuotedMarket later, out bool byModel)
    {
        ArgumentNullException.ThrowIfNull(position);
        ArgumentNullException.ThrowIfNull(later);
        byModel = false;
        var (quantity, id) = ((double)position.Quantity, position.Instrument.Underlying);
        var ((coin, perpetual), (laterCoin, laterPerpetual)) = (PricesOf(id), later.PricesOf(id));
        switch (position.Instrument)
        {
            case EuropeanOption option:
                var (value, laterValue) = (Option(option, ref byModel), later.Option(option, ref byModel));
                return quantity * (id.Settlement == Settlement.Inverse ? (laterValue * laterCoin) - (value * coin) : laterValue - value);
            case Perpetual:
                var profit = InstrumentValuation.Profit(id.Settlement, perpetual, laterPerpetual).Settlement;
                return quantity * (id.Settlement == Settlement.Inverse ? profit * laterCoin : profit);
            case Spot:
                return quantity * (laterCoin - coin);
            default:
                throw new InvalidInputException("backtest-revaluation", $"{position.Instrument} is neither option, perpetual nor spot");
        }
    }

    private (double Coin, double Perpetual) PricesOf(UnderlyingId id) => _prices.TryGetValue(id, out var found)
        ? found
        : throw new InvalidInputException("backtest-revaluation", $"the board of {_at.ToIso()} has no price of {id}");

    /// <summary>In the contract's price unit.</summary>
    private double Option(EuropeanOption option, ref bool byModel)
    {
        if (_options.TryGetValue(option, out var price))
        {
            return price;
        }

        byModel = true;
        var years = UtcTime.YearsBetween(_at, option.Expiry);
        if (!(years > 0) || !_surfaces.TryGetValue(option.Underlying, out var surface))
        {
            throw new InvalidInputException("backtest-revaluation", $"{option} has neither quote nor surface on the board of {_at.ToIso()}");
        }

        var forward = surface.Forward(years);
        return InstrumentValuation.Value(option, new ValuationInputs(forward, years, surface.Vol(ElementaryMath.LogRatio(option.StrikeValue, forward), years))).Settlement;
    }
}
