using Pms.Margin.Market;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Volatility;
using Pms.Volatility.Svi;

namespace Pms.Margin.Tests.Venues;

/// <summary>A market made up by hand: BTC coin-settled and in USDC, ETH coin-settled; two expiries each.</summary>
internal static class VenueBoard
{
    public static readonly DateTimeOffset At = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
    public static readonly DateTimeOffset Near = At.AddDays(20);
    public static readonly DateTimeOffset Far = At.AddDays(90);
    public static readonly Asset Btc = new("BTC");
    public static readonly Asset Eth = new("ETH");
    public static readonly Asset Usdc = new("USDC");
    public static readonly UnderlyingId BtcInverse = UnderlyingId.Inverse(Btc);
    public static readonly UnderlyingId BtcLinear = UnderlyingId.Linear(Btc, Usdc);
    public static readonly UnderlyingId EthInverse = UnderlyingId.Inverse(Eth);

    public static MarginMarket MadeUp(double carry = 0.05) => new(
        At,
        ContentHash.Of("made up"u8),
        [Family(BtcInverse, 60_000, carry), Family(BtcLinear, 60_000, carry), Family(EthInverse, 2_500, carry)],
        new Dictionary<Asset, double> { [Btc] = 60_000, [Eth] = 2_500, [Usdc] = 1, [new Asset("STETH")] = 2_490 });

    public static Account Account(params (Instrument Instrument, decimal Quantity)[] positions) =>
        new("a", [.. positions.Select(p => new Position(p.Instrument, p.Quantity))], [new CollateralHolding(Usdc, 1_000_000)]);

    public static EuropeanOption Option(UnderlyingId id, DateTimeOffset expiry, decimal strike, OptionType type) => new(id, expiry, strike, type);

    private static UnderlyingMarket Family(UnderlyingId id, double index, double carry) => new(
        id,
        index,
        new VolSurface(id, At, [Slice(Near, index, carry), Slice(Far, index, carry)], ContentHash.Of("none"u8)),
        index * 1.0003,
        [new FutureMark(Far, Forward(Far, index, carry))]);

    private static VolSlice Slice(DateTimeOffset expiry, double index, double carry)
    {
        var years = UtcTime.YearsBetween(At, expiry);
        // 60 % at the money, puts dearer
        return new VolSlice(expiry, years, Forward(expiry, index, carry), new RawSvi(0.36 * years * 0.7, 0.36 * years * 0.5, -0.3, 0, 0.6));
    }

    private static double Forward(DateTimeOffset expiry, double index, double carry) => index * (1 + (carry * UtcTime.YearsBetween(At, expiry)));
}
