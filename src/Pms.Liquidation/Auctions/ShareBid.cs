using System.Numerics;
using Pms.Primitives;

namespace Pms.Liquidation.Auctions;

/// <summary>What a keeper's cash does to an account under liquidation, in the chain's integers. Money is 1e-18 USD.</summary>
/// <param name="CashWad">paid by the keeper</param>
/// <param name="FeeWad">of it, to the insurance account; rounded up</param>
/// <param name="BonusWad">beyond the cash, what the keeper's share is worth; rounded down</param>
/// <param name="UnitsWad">of the account that the keeper gets; rounded down</param>
/// <param name="AllUnitsWad">afterwards, these included</param>
/// <param name="WorthAfterWad">equity with coins at full price, afterwards</param>
/// <param name="EquityAfterWad">equity with coins at their haircuts, afterwards</param>
public sealed record ShareBid(BigInteger CashWad, BigInteger FeeWad, BigInteger BonusWad, BigInteger UnitsWad, BigInteger AllUnitsWad, BigInteger WorthAfterWad, BigInteger EquityAfterWad)
{
    /// <summary>Units of an owner before the first claim.</summary>
    public static readonly BigInteger OwnerUnits = BigInteger.Pow(10, 18);

    private static readonly BigInteger One = AuctionTerms.One;
    private static readonly BigInteger MostUnits = BigInteger.Pow(2, 96) - 1;

    /// <summary>What the keeper gains at fixed prices if it divides at once: its share of what is there, less its cash.</summary>
    public BigInteger GainWad => ValueOf(UnitsWad, AllUnitsWad, WorthAfterWad) - CashWad;

    /// <summary>Of a keeper's cash, to the insurance account: rounded up.</summary>
    public static BigInteger FeeOf(BigInteger cashWad, uint feeE6) => Ceiling(cashWad * feeE6, One);

    /// <summary>The least cash that removes a shortfall after the fee; 0 without a shortfall.</summary>
    public static BigInteger MostCash(BigInteger shortfallWad, uint feeE6)
    {
        if (shortfallWad.Sign <= 0)
        {
            return BigInteger.Zero;
        }

        // X - ceil(X f) = floor(X (1 - f)), which first reaches the shortfall at ceil(shortfall / (1 - f)).
        return Ceiling(shortfallWad * One, One - feeE6);
    }

    /// <summary>Takes a share.</summary>
    /// <param name="terms">of the auction</param>
    /// <param name="nowSeconds">seconds since 1970, UTC</param>
    /// <param name="account">before</param>
    /// <param name="allUnitsWad">of the account, before</param>
    /// <param name="cashWad">above 0, the most to pay: what is above <see cref="MostCash"/> stays with the keeper</param>
    /// <exception cref="InvalidInputException">
    /// <c>auction-restored</c>; <c>auction-cash</c>: none; <c>auction-insolvent</c>: worth does not pay fee and bonus; <c>auction-units</c>: the share rounds to nothing or fits no slot
    /// </exception>
    public static ShareBid Take(AuctionTerms terms, ulong nowSeconds, AuctionedAccount account, BigInteger allUnitsWad, BigInteger cashWad)
    {
        ArgumentNullException.ThrowIfNull(terms);
        terms.Validate();
        var shortfall = terms.ShortfallWad(account.EquityWad, account.InitialWad, account.MaintenanceWad);
        Require(shortfall.Sign > 0, "auction-restored", $"equity is {-shortfall} wad above the target: nothing is for sale");
        Require(cashWad.Sign > 0, "auction-cash", $"cash is {cashWad} wad: more than 0 is required");
        cashWad = BigInteger.Min(cashWad, MostCash(shortfall, terms.FeeE6));
        var fee = FeeOf(cashWad, terms.FeeE6);
        var bonus = cashWad * terms.RateAt(nowSeconds) / One;
        var rest = account.WorthWad - fee - bonus;
        Require(rest.Sign > 0, "auction-insolvent", $"the account is worth {account.WorthWad} wad: more than fee and bonus, {fee + bonus} wad, is required");
        var units = allUnitsWad * (cashWad + bonus) / rest;
        Require(units.Sign > 0 && units <= MostUnits, "auction-units", $"the share is {units} units: 1 to {MostUnits} is allowed");
        return new ShareBid(cashWad, fee, bonus, units, allUnitsWad + units, account.WorthWad + cashWad - fee, account.EquityWad + cashWad - fee);
    }

    /// <summary>What units are worth, rounded down.</summary>
    public static BigInteger ValueOf(BigInteger unitsWad, BigInteger allUnitsWad, BigInteger worthWad)
    {
        Require(allUnitsWad.Sign > 0 && unitsWad.Sign >= 0 && unitsWad <= allUnitsWad && worthWad.Sign >= 0, "auction-units", $"{unitsWad} of {allUnitsWad} units of {worthWad} wad have no value");
        return unitsWad * worthWad / allUnitsWad;
    }

    private static BigInteger Ceiling(BigInteger numerator, BigInteger denominator) => (numerator + denominator - 1) / denominator;

    private static void Require(bool holds, string code, string message)
    {
        if (!holds)
        {
            throw new InvalidInputException(code, message);
        }
    }
}

/// <summary>An account under liquidation, in 1e-18 USD.</summary>
/// <param name="EquityWad">coins at their haircuts</param>
/// <param name="WorthWad">coins at their prices</param>
/// <param name="InitialWad">initial margin, at least 0</param>
/// <param name="MaintenanceWad">maintenance margin, at least 0</param>
public readonly record struct AuctionedAccount(BigInteger EquityWad, BigInteger WorthWad, BigInteger InitialWad, BigInteger MaintenanceWad);
