using Pms.Margin.Arrays;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;

namespace Pms.Validation.Books;

/// <summary>Contracts of one book as it is put together, netted.</summary>
internal sealed class BookLegs
{
    private readonly Dictionary<Instrument, decimal> _quantities = [];
    private double _deltaCoins;

    /// <summary>Sum of |coins| x coin price.</summary>
    public double NotionalUsd { get; private set; }

    /// <summary>The option nearest in days and standard deviations; nothing where no expiry has one.</summary>
    public void AddOption(ListedContracts family, OptionType type, double days, double deviations, double notionalUsd)
    {
        if (family.Nearest(days) is { } expiry)
        {
            Add(family, expiry, expiry.Option(type, deviations), notionalUsd);
        }
    }

    public void Add(ListedContracts family, ListedExpiry expiry, EuropeanOption option, double notionalUsd)
    {
        var coins = Coins(family, notionalUsd);
        Add(option, coins);
        _deltaCoins += (double)coins * expiry.Delta(option);
        NotionalUsd += Math.Abs((double)coins) * family.UsdPrice;
    }

    /// <summary>Inverse perpetuals count in USD, linear ones in coins.</summary>
    public void AddPerpetual(ListedContracts family, double notionalUsd)
    {
        var coins = Coins(family, notionalUsd);
        Add(new Perpetual(family.Id), family.Id.Settlement == Settlement.Inverse ? 10m * decimal.Round((decimal)notionalUsd / 10m) : coins);
        _deltaCoins += (double)coins;
        NotionalUsd += Math.Abs(notionalUsd);
    }

    public void AddSpot(ListedContracts family, double notionalUsd)
    {
        var coins = Coins(family, notionalUsd);
        Add(new Spot(family.Id), coins);
        _deltaCoins += (double)coins;
        NotionalUsd += Math.Abs(notionalUsd);
    }

    public void HedgeDelta(ListedContracts family) => AddPerpetual(family, -_deltaCoins * family.UsdPrice);

    public void Add(Account account)
    {
        foreach (var (instrument, quantity) in account.Positions)
        {
            Add(instrument, quantity);
        }
    }

    public Account ToAccount(string id) => new(
        id,
        [.. _quantities.Where(q => q.Value != 0).Select(q => new Position(q.Key, q.Value)).OrderBy(p => p.Instrument.Name, StringComparer.Ordinal)],
        []);

    private void Add(Instrument instrument, decimal quantity) => _quantities[instrument] = _quantities.GetValueOrDefault(instrument) + quantity;

    private static decimal Coins(ListedContracts family, double notionalUsd)
    {
        var lot = LotRule.DecimalPowerOfTen(LotRule.LotExponent(family.UsdPrice));
        return lot * decimal.Round((decimal)(notionalUsd / family.UsdPrice) / lot);
    }
}
