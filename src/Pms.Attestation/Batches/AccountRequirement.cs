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
    /// <exception cref="InvalidInputException">codes of the engine (<c>row-missing</c>, <c>quantity-range</c>, ...), <c>quantity-wad</c>, <c>instrument-unknown</c>, <c>amount-range</c></exception>
    public static AccountRequirement Of(HouseRows rows, HouseAccount account, ImmutableDictionary<InstrumentId, Wad> funding)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(account);
        ArgumentNullException.ThrowIfNull(funding);
        return InRange(account, () =>
        {
            var (engine, rest) = EngineAccount(rows, account);
            return OfResult(rows, account, funding, rows.Epoch.Engine.Evaluate(engine, rows.Context), rest);
        });
    }

    /// <summary>Computes all accounts of a book in one pass over the array: the same numbers as one by one.</summary>
    /// <param name="rows">epoch and listing</param>
    /// <param name="book">as the chain holds it</param>
    /// <param name="threads">1 or more; the result does not depend on it</param>
    /// <returns>[account of the book] its requirement, or why it has none</returns>
    public static ImmutableArray<(AccountRequirement? Requirement, Refusal? Reason)> OfBook(HouseRows rows, HouseBook book, int threads)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(book);
        var requirements = new (AccountRequirement? Requirement, Refusal? Reason)[book.Accounts.Length];
        var places = new List<int>();
        var accounts = new List<Account>();
        var rests = new List<long>();
        for (var a = 0; a < requirements.Length; a++)
        {
            var account = book.Accounts[a];
            requirements[a].Reason = Refused(() =>
            {
                var (engine, rest) = InRange(account, () => EngineAccount(rows, account));
                accounts.Add(engine);
                rests.Add(rest);
                places.Add(a);
            });
        }

        var margins = rows.Epoch.Engine.EvaluateEach(accounts, rows.Context, threads);
        for (var i = 0; i < margins.Length; i++)
        {
            ref var entry = ref requirements[places[i]];
            var rest = rests[i];
            var account = book.Accounts[places[i]];
            if (margins[i].Result is not { } result)
            {
                entry.Reason = margins[i].Reason;
                continue;
            }

            AccountRequirement? requirement = null;
            entry.Reason = Refused(() => requirement = InRange(account, () => OfResult(rows, account, book.FundingIndices, result, rest)));
            entry.Requirement = requirement;
        }

        return [.. requirements];
    }

    private static Refusal? Refused(Action compute)
    {
        try
        {
            compute();
            return null;
        }
        catch (InvalidInputException e)
        {
            return e.ToRefusal();
        }
    }

    /// <summary>One absurd account must not stop the batch of all others.</summary>
    private static T InRange<T>(HouseAccount account, Func<T> compute)
    {
        try
        {
            return compute();
        }
        catch (OverflowException e)
        {
            throw new InvalidInputException("amount-range", $"account {account.Number} holds amounts whose value leaves 128 bits", e);
        }
    }

    private static AccountRequirement OfResult(HouseRows rows, HouseAccount account, ImmutableDictionary<InstrumentId, Wad> funding, MarginResult result, long rest)
    {
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
        var maintenance = Wad.OfMoney(checked(result.Maintenance + result.Deferred + rest)).ToUnsigned();
        var coins = result.Collateral.Aggregate(Wad.Zero, (sum, line) => sum + Wad.OfMoney(line.Counted));
        return new AccountRequirement(
            Wad.OfMoney(checked(result.Initial + rest)).ToUnsigned(), maintenance, mark, Decay(rows, result), account.Cash + coins + mark);
    }

    /// <summary>
    /// An account as the engine reads it. Cash is left out: it has no risk of its own in the house's unit of account. The chain knows no lots, and a share of a leg comes in any size: a quantity is taken to its nearest
    /// lot, and what the rest, at most half a lot, can lose in any scenario is charged on top.
    /// </summary>
    /// <returns>the account, and the charge in money units (1e-6 USD), at least 0</returns>
    public static (Account Account, long OffLot) EngineAccount(HouseRows rows, HouseAccount account)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(account);
        var listing = rows.Listing;
        var rest = 0L;
        var positions = new List<Position>(account.Legs.Length);
        foreach (var leg in account.Legs)
        {
            var position = new Position(listing.InstrumentOf(leg.Instrument), leg.Quantity.ToDecimal());
            if (rows.Epoch.Array.TryFind(position.Instrument, out var place))
            {
                var row = rows.Epoch.Array.Rows[place];
                position = position with { Quantity = row.Quantity(row.NearestLots(position.Quantity, out var bound)) };
                rest = checked(rest + bound);
            }

            if (position.Quantity != 0)
            {
                positions.Add(position);
            }
        }

        var engine = new Account(
            account.Number.ToString(),
            [.. positions.OrderBy(p => p.Instrument.Name, StringComparer.Ordinal)],
            [.. account.Coins.Where(c => c.Value != 0).Select(c => new CollateralHolding(listing.Coins[c.Key].Asset, c.Value)).OrderBy(c => c.Asset.Code, StringComparer.Ordinal)]);
        return (engine, rest);
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
