using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.Primitives;

namespace Pms.Attestation.Batches;

/// <summary>What one account must hold, in the chain's integers.</summary>
/// <param name="Initial">rounded up</param>
/// <param name="Maintenance">rounded up, without what a daily step cap puts off: the chain is told what is owed</param>
/// <param name="MarkValue">value of the contracts less unpaid funding and what coins may lose together with the contracts, rounded down</param>
/// <param name="Decay">bound on the growth of both requirements with age</param>
/// <param name="Equity">cash, counted coins and mark value</param>
public sealed record AccountRequirement(UnsignedWad Initial, UnsignedWad Maintenance, Wad MarkValue, WadPerSecond Decay, Wad Equity)
{
    public Wad Shortfall => Maintenance.ToSigned() > Equity ? Maintenance.ToSigned() - Equity : Wad.Zero;
}

/// <summary>From the engine's result to the chain's requirement of one account.</summary>
/// <remarks>
/// A trade moves cash by quantity x price for every kind of contract, so a future or perpetual counts quantity x mark here, while the engine counts its profit from the
/// mark of now (0). What coins may lose together with the contracts lowers the mark value; where they hedge, the chain gives no credit, because the coins could leave.
/// </remarks>
public static class HouseRequirement
{
    /// <summary>Computes one account.</summary>
    /// <param name="rows">epoch and listing</param>
    /// <param name="account">as the chain holds it</param>
    /// <param name="funding">present funding indices</param>
    /// <exception cref="InvalidInputException">codes of the engine (<c>quantity-lot</c>, <c>row-missing</c>, ...), <c>quantity-wad</c>, <c>instrument-unknown</c>, <c>amount-range</c></exception>
    public static AccountRequirement Of(HouseRows rows, HouseAccount account, ImmutableDictionary<InstrumentId, Wad> funding)
    {
        try
        {
            return Checked(rows, account, funding);
        }
        catch (OverflowException e)
        {
            // One absurd account must not stop the batch of all others.
            throw new InvalidInputException("amount-range", $"account {account.Number} holds amounts whose value leaves 128 bits", e);
        }
    }

    private static AccountRequirement Checked(HouseRows rows, HouseAccount account, ImmutableDictionary<InstrumentId, Wad> funding)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(funding);
        var result = rows.Epoch.Engine.Evaluate(EngineAccount(rows.Listing, account), rows.Context);
        var mark = Wad.Zero;
        foreach (var leg in account.Legs)
        {
            mark += WadRounding.ToWadDown(leg.Quantity, rows.MarkOf(leg.Instrument));
            if (funding.TryGetValue(leg.Instrument, out var index) && index != leg.FundingIndex)
            {
                mark -= FundingUp(leg, index);
            }
        }

        var collateralRisk = -result.EquityLines.Single(l => l.Name == "collateral-risk").Amount;
        mark -= Wad.OfMoney(Math.Max(collateralRisk, 0));
        var maintenance = Wad.OfMoney(checked(result.Maintenance + result.Deferred)).ToUnsigned();
        var coins = result.Collateral.Aggregate(Wad.Zero, (sum, line) => sum + Wad.OfMoney(line.Counted));
        return new AccountRequirement(
            Wad.OfMoney(result.Initial).ToUnsigned(), maintenance, mark, Decay(rows, result), account.Cash + coins + mark);
    }

    /// <summary>An account as the engine reads it. Cash is left out: it has no risk of its own in the house's unit of account.</summary>
    public static Account EngineAccount(HouseListing listing, HouseAccount account)
    {
        ArgumentNullException.ThrowIfNull(listing);
        ArgumentNullException.ThrowIfNull(account);
        return new Account(
            account.Number.ToString(),
            [.. account.Legs.Select(l => new Position(listing.InstrumentOf(l.Instrument), l.Quantity.ToDecimal())).OrderBy(p => p.Instrument.Name, StringComparer.Ordinal)],
            [.. account.Coins.Where(c => c.Value != 0).Select(c => new CollateralHolding(listing.Coins[c.Key].Asset, c.Value)).OrderBy(c => c.Asset.Code, StringComparer.Ordinal)]);
    }

    /// <summary>quantity x (index now - index then), against the account.</summary>
    internal static Wad FundingUp(HouseLeg leg, Wad index)
    {
        var move = index - leg.FundingIndex;
        var size = new UnitPriceWad((UInt128)Int128.Abs(move.Units));
        return move.Units > 0 ? WadRounding.ToWadUp(leg.Quantity, size) : -WadRounding.ToWadDown(leg.Quantity, size);
    }

    /// <summary>
    /// The engine charges core x (sqrt(1 + age / h) - 1) for a market's age, which is at most core x age / 2h, and adds buffer, fallback factor and initial factor to it.
    /// Degraded, the core is the sum of every contract alone, which the whole requirement bounds.
    /// </summary>
    private static WadPerSecond Decay(HouseRows rows, MarginResult result)
    {
        var parameters = rows.Epoch.Engine.Parameters;
        var aged = rows.Context.IsDegraded
            ? result.Maintenance + (decimal)result.Deferred
            : result.Components.Where(l => l.Name is "core" or "diversification-cap").Sum(l => (decimal)l.Amount) * (1 + (decimal)parameters.AntiProcyclicality.Buffer);
        // Upwards: a relative 1e-9 is more than the conversions and products can take away.
        var perSecond = (double)(aged / Rounding.MoneyPerUsd) * parameters.Measure.InitialFactor / (2 * rows.Epoch.Set.HorizonYears * SecondsPerYear) * (1 + 1e-9);
        return new WadPerSecond(WadRounding.ToWadUp(perSecond).ToUnsigned().Units);
    }

    private const double SecondsPerYear = 365 * 86_400.0;
}
