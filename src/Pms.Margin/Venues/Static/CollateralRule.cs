using Pms.MarketData.Instruments;

namespace Pms.Margin.Venues.Static;

/// <summary>What one leg must hold, in quote currency for one coin, against equity that counts the leg's own value.</summary>
public readonly record struct LegRequirement(double Initial, double Maintenance)
{
    public static LegRequirement operator *(LegRequirement leg, double quantity) => new(leg.Initial * quantity, leg.Maintenance * quantity);

    public static LegRequirement Multiply(LegRequirement left, double right) => left * right;
}

/// <summary>Full collateral: each leg alone, nothing offsets anything.</summary>
/// <remarks>
/// On a cash balance a short call holds one coin, a short put its strike, a long option its premium (already paid), a future its notional. Against
/// equity that counts option values, a short leg's value is in equity as a debt already and is taken off; a long leg's value is in equity and must be
/// held, so it is added. A short call's loss has no bound in USD: it is covered by the coin itself.
/// </remarks>
/// <param name="CallRate">share of the coin for a short call</param>
/// <param name="PutRate">share of the strike for a short put</param>
/// <param name="FutureRate">share of notional, either side</param>
/// <param name="MaintenanceShare">maintenance over initial</param>
public readonly record struct CollateralRule(double CallRate, double PutRate, double FutureRate, double MaintenanceShare)
{
    public static CollateralRule Of(VenueParameters values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new CollateralRule(values.Number("call_rate"), values.Number("put_rate"), values.Number("future_rate"), values.Number("maintenance_share"));
    }

    /// <param name="type">call or put</param>
    /// <param name="quantity">coins, long positive</param>
    /// <param name="spot">price of the coin</param>
    /// <param name="strike">quote per coin</param>
    /// <param name="value">of one coin of the option, at least 0</param>
    public LegRequirement Option(OptionType type, double quantity, double spot, double strike, double value)
    {
        var initial = quantity >= 0 ? quantity * value : -quantity * Math.Max(0, (type == OptionType.Call ? CallRate * spot : PutRate * strike) - value);
        // A premium paid is gone whatever the share: what a long leg is worth is never lent against.
        return new LegRequirement(initial, quantity >= 0 ? initial : initial * MaintenanceShare);
    }

    public LegRequirement Future(double notional) => new LegRequirement(FutureRate, FutureRate * MaintenanceShare) * Math.Abs(notional);
}

/// <summary>Deribit's standard margin: each leg alone, short options by distance from the money.</summary>
/// <remarks>
/// On a cash balance, in shares of price: short call max(0.15 - OTM/S, 0.10) + mark, maintenance 0.075 + mark; short put the same, at least its
/// maintenance max(0.075, 0.075 mark) + mark. Marks are taken off and long values added as in <see cref="CollateralRule"/>.
/// </remarks>
public readonly record struct StandardRule(double InitialOtm, double InitialFloor, double Maintenance, double FutureInitial, double FutureMaintenance, double FutureSlope)
{
    public static StandardRule Of(VenueParameters values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return new StandardRule(
            values.Number("standard.im_otm"),
            values.Number("standard.im_floor"),
            values.Number("standard.mm"),
            values.Number("standard.future_im"),
            values.Number("standard.future_mm"),
            values.Number("standard.future_slope"));
    }

    /// <inheritdoc cref="CollateralRule.Option"/>
    public LegRequirement Option(OptionType type, double quantity, double spot, double strike, double value)
    {
        if (quantity >= 0)
        {
            return new LegRequirement(quantity * value, quantity * value);
        }

        var call = type == OptionType.Call;
        var otm = Math.Max(0, call ? strike - spot : spot - strike) / spot;
        var initial = Math.Max(InitialOtm - otm, InitialFloor);
        var maintenance = call ? Maintenance : Math.Max(Maintenance, Maintenance * value / spot);
        initial = call ? initial : Math.Max(initial, maintenance);
        return new LegRequirement(initial * spot, maintenance * spot) * -quantity;
    }

    /// <param name="coins">signed size</param>
    /// <param name="price">mark</param>
    public LegRequirement Future(double coins, double price)
    {
        var size = Math.Abs(coins);
        return new LegRequirement(FutureInitial + (FutureSlope * size), FutureMaintenance + (FutureSlope * size)) * (size * price);
    }
}
