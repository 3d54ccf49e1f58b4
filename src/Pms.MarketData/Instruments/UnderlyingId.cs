namespace Pms.MarketData.Instruments;

/// <summary>What an option family is written on and in what it is quoted and settled; one surface is fitted for each.</summary>
/// <param name="Base">the coin the price is of</param>
/// <param name="Quote">the currency the strike is in: USD for inverse contracts, USDC, USDT or USD for linear ones</param>
/// <param name="Settlement">what premium and profit are paid in: <paramref name="Base"/> for inverse, <paramref name="Quote"/> for linear</param>
public readonly record struct UnderlyingId(Asset Base, Asset Quote, Settlement Settlement)
{
    public static UnderlyingId Inverse(Asset coin) => new(coin, Asset.Usd, Settlement.Inverse);

    public static UnderlyingId Linear(Asset coin, Asset quote) => new(coin, quote, Settlement.Linear);

    /// <summary>What premium, profit and loss are paid in.</summary>
    public Asset SettlementAsset => Settlement == Settlement.Inverse ? Base : Quote;

    /// <summary>The venue prefix: BTC for coin-settled, BTC_USDC for linear.</summary>
    public string Name => Settlement == Settlement.Inverse ? Base.Code : $"{Base.Code}_{Quote.Code}";

    public override string ToString() => Name;
}

/// <summary>How a contract pays.</summary>
public enum Settlement
{
    /// <summary>Premium and profit in the quote currency.</summary>
    Linear,

    /// <summary>Premium and profit in the base coin; prices of options are in coin per coin.</summary>
    Inverse,
}
