using Pms.Margin.Market;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Margin.Portfolios;

/// <summary>Quantities in another unit than the instrument's own, converted at the market's marks.</summary>
/// <remarks>
/// An instrument's own unit is the coin, for inverse futures and perpetuals the USD. Coins of an inverse contract are turned into USD at its mark and
/// rounded to the whole USD, USD of any other at the index to 0.0001 coin (half to even): a stated rounding, and a note of each conversion.
/// Contracts are multiplied by the size that the board lists.
/// </remarks>
public sealed class PositionUnits
{
    private readonly MarginMarket? _market;
    private readonly Func<Instrument, double?> _contractSize;

    /// <param name="market">null: only the instrument's own unit is known</param>
    /// <param name="contractSize">own units per contract, null where the board does not say</param>
    public PositionUnits(MarginMarket? market = null, Func<Instrument, double?>? contractSize = null)
    {
        _market = market;
        _contractSize = contractSize ?? (_ => null);
    }

    /// <summary>The quantity in the instrument's own unit.</summary>
    /// <param name="instrument">contract</param>
    /// <param name="amount">in <paramref name="unit"/></param>
    /// <param name="unit">coin, usd or contracts; null or empty: the instrument's own</param>
    /// <param name="converted">whether a price or a contract size was used</param>
    /// <exception cref="InvalidInputException"><c>portfolio-unit</c></exception>
    public decimal Convert(Instrument instrument, decimal amount, string? unit, out bool converted)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        var own = instrument.IsCountedInQuote ? "usd" : "coin";
        converted = !string.IsNullOrEmpty(unit) && !unit.Equals(own, StringComparison.OrdinalIgnoreCase);
        if (!converted)
        {
            return amount;
        }

        return unit!.ToLowerInvariant() switch
        {
            "coin" => decimal.Round(amount * (decimal)Mark(instrument), 0),
            "usd" => decimal.Round(amount / (decimal)Market(unit!).UsdPrice(instrument.Underlying.Base), 4),
            "contracts" => amount * (decimal)(_contractSize(instrument)
                ?? throw new InvalidInputException("portfolio-unit", $"the size of a contract of {instrument} is not listed on the board: give the quantity in {own}")),
            _ => throw new InvalidInputException("portfolio-unit", $"unit '{PrintableText.Of(unit)}' of {instrument} is not one of coin, usd, contracts"),
        };
    }

    private double Mark(Instrument instrument)
    {
        var family = Market("coin").Underlying(instrument.Underlying);
        return instrument switch
        {
            DatedFuture future => family.Futures.Where(f => f.Expiry == future.Expiry).Select(f => (double?)f.Price).FirstOrDefault()
                ?? family.Surface?.Slices.FirstOrDefault(s => s.Expiry == future.Expiry)?.Forward
                ?? throw new InvalidInputException("portfolio-unit", $"{instrument} has no mark to turn coins into USD with: give the quantity in usd"),
            _ => family.PerpetualMark ?? family.Index,
        };
    }

    private MarginMarket Market(string unit) => _market ?? throw new InvalidInputException("portfolio-unit", $"unit '{PrintableText.Of(unit)}' needs a board to convert with");
}
