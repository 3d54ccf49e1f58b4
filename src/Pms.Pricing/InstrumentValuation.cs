using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Pricing;

/// <summary>What one unit of an instrument is worth.</summary>
/// <param name="Settlement">in the asset that premium and profit are paid in: the coin for inverse contracts, else the quote currency</param>
/// <param name="Quote">the same in quote currency</param>
public readonly record struct UnitValue(double Settlement, double Quote);

/// <summary>What an instrument's value depends on.</summary>
/// <param name="Forward">options: forward for the option's expiry; futures and perpetuals: mark price; spot: spot price. Quote currency per coin</param>
/// <param name="Years">options: ACT/365 years to expiry</param>
/// <param name="Vol">options: annual, decimal</param>
/// <param name="Rate">options: continuous, of the quote currency</param>
/// <param name="Entry">futures and perpetuals: the price since which profit counts, quote currency per coin</param>
public readonly record struct ValuationInputs(double Forward, double Years = 0.0, double Vol = 0.0, double Rate = 0.0, double Entry = 0.0);

/// <summary>Value of one unit of an instrument, long, in its own terms: linear contracts pay quote currency, inverse ones coin.</summary>
/// <remarks>
/// A unit is one coin for options, spot and linear futures, and one unit of quote currency for inverse futures and perpetuals (as Deribit
/// counts amounts). Futures are margined, so their value is the profit since entry, not discounted; funding is not in it.
/// </remarks>
public static class InstrumentValuation
{
    /// <exception cref="InvalidInputException">the codes of <see cref="Black76.Price"/>; entry-range</exception>
    public static UnitValue Value(Instrument instrument, in ValuationInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        return instrument switch
        {
            EuropeanOption option => Option(option, inputs),
            DatedFuture or Perpetual => Profit(instrument.Underlying.Settlement, inputs.Entry, inputs.Forward),
            Spot => SpotValue(inputs.Forward),
            _ => throw new InvalidInputException("instrument-kind", $"{instrument.Name} is a {instrument.GetType().Name}, which has no valuation"),
        };
    }

    /// <summary>Profit of one unit of a future held from one price to another: linear F1 - F0 in quote, inverse 1/F0 - 1/F1 in coin.</summary>
    /// <param name="settlement">how the contract pays</param>
    /// <param name="entry">price at entry, finite, above 0</param>
    /// <param name="mark">price now, finite, above 0; an inverse profit is turned into quote currency at it</param>
    /// <exception cref="InvalidInputException">entry-range, forward-range, result-range</exception>
    public static UnitValue Profit(Settlement settlement, double entry, double mark)
    {
        if (!(entry is > 0.0 and < double.PositiveInfinity))
        {
            throw new InvalidInputException("entry-range", $"entry price {entry} is not a finite number above 0");
        }

        RequirePrice(mark);
        var move = mark - entry;
        if (settlement == Settlement.Linear)
        {
            return new UnitValue(move, move);
        }

        // 1/F0 - 1/F1 without its cancellation
        var coin = move / entry / mark;
        return InRange(coin, move / entry);
    }

    private static UnitValue Option(EuropeanOption option, in ValuationInputs inputs)
    {
        var quote = Black76.Price(new BlackInputs(option.Type, inputs.Forward, option.StrikeValue, inputs.Years, inputs.Vol, inputs.Rate));
        return InRange(option.Underlying.Settlement == Settlement.Inverse ? quote / inputs.Forward : quote, quote);
    }

    private static UnitValue InRange(double settlement, double quote) => double.IsFinite(settlement) && double.IsFinite(quote)
        ? new UnitValue(settlement, quote)
        : throw new InvalidInputException("result-range", $"a value of {settlement} ({quote} in quote currency) is beyond the range of a double");

    private static UnitValue SpotValue(double price)
    {
        RequirePrice(price);
        return new UnitValue(price, price);
    }

    private static void RequirePrice(double price)
    {
        if (!(price is > 0.0 and < double.PositiveInfinity))
        {
            throw new InvalidInputException("forward-range", $"price {price} is not a finite number above 0");
        }
    }
}
