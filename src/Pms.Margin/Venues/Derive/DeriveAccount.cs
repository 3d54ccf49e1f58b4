using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Margin.Venues.Derive;

/// <summary>An option and the vol that marks it.</summary>
/// <param name="Type">call or put</param>
/// <param name="Strike">USD, at least 0</param>
/// <param name="Amount">coins, short below 0</param>
/// <param name="Vol">mark vol of the strike, annual</param>
public readonly record struct DeriveOption(OptionType Type, double Strike, double Amount, double Vol);

/// <summary>One expiry of the account's options.</summary>
/// <param name="Years">ACT/365 to expiry, at least 0</param>
/// <param name="ForwardFixed">part of the forward already locked by the settlement average, USD</param>
/// <param name="ForwardVariable">the part that moves with spot, USD</param>
/// <param name="Rate">continuous; below 0 counts as 0</param>
/// <param name="Confidence">least of the confidences of forward, rate and vol feeds, 0 to 1</param>
/// <param name="Options">positions of the expiry</param>
public sealed record DeriveExpiry(double Years, double ForwardFixed, double ForwardVariable, double Rate, double Confidence, ImmutableArray<DeriveOption> Options);

/// <summary>A coin held as collateral.</summary>
/// <param name="Asset">name</param>
/// <param name="Amount">units</param>
/// <param name="Price">USD per unit, before division by the stable's price</param>
/// <param name="Confidence">of its feed, 0 to 1</param>
/// <param name="CancelsRisk">its value moves with spot in the scenarios</param>
/// <param name="MaintenanceHaircut">share of value</param>
/// <param name="InitialHaircut">share of value, added to the maintenance haircut</param>
public sealed record DeriveCollateral(string Asset, double Amount, double Price, double Confidence, bool CancelsRisk, double MaintenanceHaircut, double InitialHaircut);

/// <summary>What one manager (one underlying) sees of an account.</summary>
public sealed record DeriveAccount
{
    /// <summary>Index, USD per coin.</summary>
    public required double Spot { get; init; }

    /// <summary>Confidence of the index feed, 0 to 1.</summary>
    public double SpotConfidence { get; init; } = 1;

    /// <summary>USD per unit of the stablecoin that cash is in.</summary>
    public double StablePrice { get; init; } = 1;

    /// <summary>Units of the stablecoin; a debt below 0.</summary>
    public double Cash { get; init; }

    /// <summary>Settled but not yet paid, USD.</summary>
    public double Unsettled { get; init; }

    /// <summary>Coins, short below 0.</summary>
    public double Perps { get; init; }

    /// <summary>Mark of the perpetual; the index where it is 0.</summary>
    public double PerpPrice { get; init; }

    public double PerpConfidence { get; init; } = 1;

    /// <summary>Unrealised profit and funding of the perpetual, USD.</summary>
    public double UnrealisedPerpPnl { get; init; }

    public ImmutableArray<DeriveExpiry> Expiries { get; init; } = [];

    public ImmutableArray<DeriveCollateral> Collaterals { get; init; } = [];

    /// <exception cref="InvalidInputException"><c>venue-account</c>: a number that is not finite or outside its range</exception>
    public void Validate()
    {
        Positive(Spot, "spot");
        Positive(StablePrice, "stable price");
        Share(SpotConfidence, "spot confidence");
        Share(PerpConfidence, "perp confidence");
        Finite(Cash, "cash");
        Finite(Unsettled, "unsettled cash");
        Finite(Perps, "perps");
        AtLeastZero(PerpPrice, "perp price");
        Finite(UnrealisedPerpPnl, "unrealised perp profit");
        foreach (var e in Expiries)
        {
            AtLeastZero(e.Years, "years to expiry");
            AtLeastZero(e.ForwardFixed, "fixed forward");
            AtLeastZero(e.ForwardVariable, "variable forward");
            Finite(e.Rate, "rate");
            Share(e.Confidence, "expiry confidence");
            foreach (var o in e.Options)
            {
                AtLeastZero(o.Strike, "strike");
                Finite(o.Amount, "option amount");
                AtLeastZero(o.Vol, "vol");
            }
        }

        foreach (var c in Collaterals)
        {
            Finite(c.Amount, "collateral amount");
            AtLeastZero(c.Price, "collateral price");
            Share(c.Confidence, "collateral confidence");
            AtLeastZero(c.MaintenanceHaircut, "maintenance haircut");
            AtLeastZero(c.InitialHaircut, "initial haircut");
        }
    }

    private static void Positive(double value, string what) => Require(value > 0, value, what, "a finite number above 0");

    private static void AtLeastZero(double value, string what) => Require(value >= 0, value, what, "a finite number of at least 0");

    private static void Share(double value, string what) => Require(value is >= 0 and <= 1, value, what, "a number from 0 to 1");

    private static void Finite(double value, string what) => Require(true, value, what, "a finite number");

    private static void Require(bool holds, double value, string what, string expected)
    {
        if (!holds || !double.IsFinite(value))
        {
            throw new InvalidInputException("venue-account", $"{what} is {value}: {expected} is required");
        }
    }
}
