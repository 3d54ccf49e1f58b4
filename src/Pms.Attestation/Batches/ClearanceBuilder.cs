using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Attestation.Messages;
using Pms.Primitives;

namespace Pms.Attestation.Batches;

/// <summary>What a clearance says beside what is computed.</summary>
/// <param name="SetId">attester set that is asked</param>
/// <param name="Batch">batch whose risk array is used</param>
/// <param name="ObservedAt">moment of the statement</param>
/// <param name="ValidSeconds">its short life</param>
/// <param name="ParameterHash">document in force</param>
public sealed record ClearanceTerms(SetId SetId, BatchSequence Batch, UnixSeconds ObservedAt, ulong ValidSeconds, ContentHash ParameterHash);

/// <summary>One account of an action, before and after, with what decides.</summary>
/// <param name="Message">what is signed</param>
/// <param name="Before">requirement of the present book</param>
/// <param name="After">requirement of the book after the action</param>
public sealed record ClearedAccount(AccountClearance Message, AccountRequirement Before, AccountRequirement After)
{
    /// <summary>Equity after covers the initial margin, or the action only reduces risk.</summary>
    public bool Passes => After.Equity >= After.Initial.ToSigned() || Message.ReducesRisk;
}

/// <summary>Works out what accounts must hold after an action that has not happened yet.</summary>
public static class ClearanceBuilder
{
    /// <summary>Clears whatever may be cleared.</summary>
    /// <param name="rows">epoch and listing</param>
    /// <param name="book">present book</param>
    /// <param name="action">a <see cref="Trade"/>, <see cref="CoinWithdrawal"/>, <see cref="LiquidationSlice"/> or <see cref="Deleveraging"/></param>
    /// <param name="terms">set, batch, times</param>
    /// <param name="feeShareWad">of a trade, see <see cref="OfTrade"/></param>
    /// <param name="decimalsOf">of a coin's token</param>
    /// <exception cref="InvalidInputException"><c>clearance-action</c>; codes of the action</exception>
    public static (Clearance Clearance, ImmutableArray<ClearedAccount> Accounts) Of(
        HouseRows rows, HouseBook book, IStructuredMessage action, ClearanceTerms terms, UInt128 feeShareWad, Func<CoinIndex, int> decimalsOf)
    {
        ArgumentNullException.ThrowIfNull(action);
        ArgumentNullException.ThrowIfNull(decimalsOf);
        return action switch
        {
            Trade trade => OfTrade(rows, book, trade, terms, feeShareWad),
            CoinWithdrawal withdrawal => OfWithdrawal(rows, book, withdrawal, decimalsOf(withdrawal.Coin), terms),
            LiquidationSlice slice => OfSlice(rows, book, slice, terms),
            Deleveraging deleveraging => OfDeleveraging(rows, book, deleveraging, terms),
            _ => throw NotCleared(action),
        };
    }

    /// <summary>Clears a trade.</summary>
    /// <param name="rows">epoch and listing</param>
    /// <param name="book">present book; must hold every account of the trade</param>
    /// <param name="trade">matches, in the order of the call</param>
    /// <param name="terms">set, batch, times</param>
    /// <param name="feeShareWad">share of notional at the underlying's price that each side pays, 1e-18</param>
    /// <returns>the message and, for each account, whether it passes: attesters sign only where all do</returns>
    /// <exception cref="InvalidInputException"><c>account-unknown</c>, <c>trade-invalid</c>; codes of the engine</exception>
    public static (Clearance Clearance, ImmutableArray<ClearedAccount> Accounts) OfTrade(HouseRows rows, HouseBook book, Trade trade, ClearanceTerms terms, UInt128 feeShareWad)
    {
        ArgumentNullException.ThrowIfNull(trade);
        var after = new SortedDictionary<AccountNumber, HouseAccount>();
        foreach (var match in trade.Matches)
        {
            if (match.Buy.Instrument != match.Sell.Instrument || match.Buy.Account == match.Sell.Account || match.Quantity.Units <= 0)
            {
                throw new InvalidInputException("trade-invalid", $"accounts {match.Buy.Account} and {match.Sell.Account}: two accounts, one contract and a quantity above 0 are required, not {match.Quantity}");
            }

            // The buyer pays upwards, the seller receives downwards: rounding is against both.
            var fee = FeeUp(rows, match, feeShareWad);
            Move(book, after, match.Buy.Account, match.Buy.Instrument, match.Quantity, -(WadRounding.ToWadUp(match.Quantity, match.Price) + fee));
            Move(book, after, match.Sell.Account, match.Buy.Instrument, -match.Quantity, WadRounding.ToWadDown(match.Quantity, match.Price) - fee);
        }

        return Clear(rows, book, after, trade.StructHash(), terms);
    }

    /// <summary>Clears the withdrawal of a coin.</summary>
    /// <param name="rows">epoch and listing</param>
    /// <param name="book">present book</param>
    /// <param name="withdrawal">action</param>
    /// <param name="coinDecimals">of the coin's token</param>
    /// <param name="terms">set, batch, times</param>
    public static (Clearance Clearance, ImmutableArray<ClearedAccount> Accounts) OfWithdrawal(HouseRows rows, HouseBook book, CoinWithdrawal withdrawal, int coinDecimals, ClearanceTerms terms)
    {
        ArgumentNullException.ThrowIfNull(withdrawal);
        var account = Find(book, withdrawal.Account);
        var amount = withdrawal.Amount.ToDecimal(coinDecimals);
        var held = account.Coins.GetValueOrDefault(withdrawal.Coin.Value);
        if (amount > held)
        {
            throw new InvalidInputException("withdrawal-amount", $"account {withdrawal.Account} holds {held} of coin {withdrawal.Coin}, less than {amount}");
        }

        var after = new SortedDictionary<AccountNumber, HouseAccount> { [account.Number] = account with { Coins = account.Coins.SetItem(withdrawal.Coin.Value, held - amount) } };
        return Clear(rows, book, after, withdrawal.StructHash(), terms);
    }

    /// <summary>Clears legs that go from an account under liquidation to a keeper's, at the marks of the batch.</summary>
    /// <param name="rows">epoch and listing</param>
    /// <param name="book">present book</param>
    /// <param name="slice">action</param>
    /// <param name="terms">set, batch, times</param>
    /// <returns>the message, and the keeper's account alone, which must pass: what the other is left with is judged by the chain, with the cash that is paid</returns>
    /// <exception cref="InvalidInputException"><c>slice-invalid</c>; <c>liquidation-not-due</c>: the account holds its initial margin, or the slice does not lower its maintenance margin; codes of the engine</exception>
    public static (Clearance Clearance, ImmutableArray<ClearedAccount> Accounts) OfSlice(HouseRows rows, HouseBook book, LiquidationSlice slice, ClearanceTerms terms)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(slice);
        if (slice.From == slice.To || slice.Legs.IsEmpty || slice.Legs.Any(l => l.Quantity.Units == 0) || slice.Legs.DistinctBy(l => l.Instrument).Count() != slice.Legs.Length)
        {
            throw new InvalidInputException("slice-invalid", $"accounts {slice.From} and {slice.To}, {slice.Legs.Length} legs: two accounts and legs of different contracts, none of them 0, are required");
        }

        var after = new SortedDictionary<AccountNumber, HouseAccount>();
        foreach (var leg in slice.Legs)
        {
            var value = WadRounding.ToWadDown(leg.Quantity, rows.MarkOf(leg.Instrument));
            Move(book, after, slice.From, leg.Instrument, -leg.Quantity, value);
            Move(book, after, slice.To, leg.Instrument, leg.Quantity, -value);
        }

        var (clearance, accounts) = Clear(rows, book, after, slice.StructHash(), terms);
        var giver = accounts.Single(a => a.Message.Account == slice.From);
        return giver.Before.Equity < giver.Before.Initial.ToSigned() && giver.After.Maintenance < giver.Before.Maintenance
            ? (clearance, [.. accounts.Where(a => a != giver)])
            : throw new InvalidInputException(
                "liquidation-not-due",
                $"account {slice.From} has equity of {giver.Before.Equity} wad for an initial margin of {giver.Before.Initial} wad, and maintenance margin of {giver.Before.Maintenance} wad before and {giver.After.Maintenance} wad after the slice: less equity than initial margin, and less after than before, is required");
    }

    /// <summary>Clears a deleveraging, if it is the next in the queue.</summary>
    /// <param name="rows">epoch and listing</param>
    /// <param name="book">present book</param>
    /// <param name="action">action</param>
    /// <param name="terms">set, batch, times</param>
    /// <returns>the message, and the account on the other side, which must pass: the chain looks at the one that is worth nothing</returns>
    /// <exception cref="InvalidInputException"><c>deleveraging-turn</c>: it is not its turn; codes of <see cref="NextDeleveraging"/></exception>
    public static (Clearance Clearance, ImmutableArray<ClearedAccount> Accounts) OfDeleveraging(HouseRows rows, HouseBook book, Deleveraging action, ClearanceTerms terms)
    {
        ArgumentNullException.ThrowIfNull(action);
        var (next, clearance, accounts) = NextDeleveraging(rows, book, action.From, terms);
        return next.Equals(action)
            ? (clearance, accounts)
            : throw new InvalidInputException(
                "deleveraging-turn",
                $"account {action.To} with {action.Legs.Length} legs, {action.Value} of {action.All} wad, is not next: account {next.To} is, with {next.Legs.Length} legs, {next.Value} of {next.All} wad");
    }

    /// <summary>The next deleveraging of an account: the first of its queue whose other side holds its initial margin afterwards.</summary>
    /// <param name="rows">epoch and listing</param>
    /// <param name="book">present book</param>
    /// <param name="from">account that is worth nothing</param>
    /// <param name="terms">set, batch, times</param>
    /// <exception cref="InvalidInputException"><c>account-unknown</c>, <c>liquidation-not-due</c>: it holds its maintenance margin; <c>deleveraging-empty</c>: nobody holds the other side and his margin</exception>
    public static (Deleveraging Action, Clearance Clearance, ImmutableArray<ClearedAccount> Accounts) NextDeleveraging(HouseRows rows, HouseBook book, AccountNumber from, ClearanceTerms terms)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(book);
        var giver = Find(book, from);
        var before = HouseRequirement.Of(rows, giver, book.FundingIndices);
        if (before.Equity >= before.Maintenance.ToSigned())
        {
            throw new InvalidInputException("liquidation-not-due", $"account {from} has equity of {before.Equity} wad for a maintenance margin of {before.Maintenance} wad: less is required");
        }

        foreach (var action in DeleveragingQueue.Of(rows, book, from))
        {
            var given = DeleveragingQueue.GivenUp(action, -(giver.Cash + before.MarkValue));
            var after = new SortedDictionary<AccountNumber, HouseAccount>();
            foreach (var leg in action.Legs)
            {
                Move(book, after, action.From, leg.Instrument, -leg.Quantity, Wad.Zero);
                Move(book, after, action.To, leg.Instrument, leg.Quantity, Wad.Zero);
            }

            after[action.From] = after[action.From] with { Cash = after[action.From].Cash + action.Value + given };
            after[action.To] = after[action.To] with { Cash = after[action.To].Cash - action.Value - given };
            var (clearance, accounts) = Clear(rows, book, after, action.StructHash(), terms);
            var other = accounts.Single(a => a.Message.Account == action.To);
            if (other.After.Equity >= other.After.Initial.ToSigned())
            {
                return (action, clearance, [other]);
            }
        }

        throw new InvalidInputException("deleveraging-empty", $"no account holds the other side of a leg of account {from}, and its initial margin without it");
    }

    internal static InvalidInputException NotCleared(IStructuredMessage action) =>
        new("clearance-action", $"a {action.GetType().Name} is not cleared: a trade, the withdrawal of a coin, a liquidation or a deleveraging is");

    private static (Clearance Clearance, ImmutableArray<ClearedAccount> Accounts) Clear(
        HouseRows rows, HouseBook book, SortedDictionary<AccountNumber, HouseAccount> after, KeccakHash action, ClearanceTerms terms)
    {
        var cleared = ImmutableArray.CreateBuilder<ClearedAccount>(after.Count);
        foreach (var (number, then) in after)
        {
            var now = Find(book, number);
            var before = HouseRequirement.Of(rows, now, book.FundingIndices);
            var result = HouseRequirement.Of(rows, then, book.FundingIndices);
            cleared.Add(new ClearedAccount(
                new AccountClearance
                {
                    Account = number,
                    Sequence = now.Sequence,
                    Before = now.Positions,
                    After = then.Positions,
                    Initial = result.Initial,
                    Maintenance = result.Maintenance,
                    MarkValue = result.MarkValue,
                    ReducesRisk = result.Maintenance < before.Maintenance && result.Shortfall <= before.Shortfall,
                },
                before,
                result));
        }

        return (
            new Clearance
            {
                SetId = terms.SetId,
                BatchSequence = terms.Batch,
                ObservedAt = terms.ObservedAt,
                ValidUntil = terms.ObservedAt.Plus(terms.ValidSeconds),
                ActionHash = action,
                ParameterHash = terms.ParameterHash,
                Accounts = [.. cleared.Select(c => c.Message)],
            },
            cleared.ToImmutable());
    }

    private static HouseAccount Find(HouseBook book, AccountNumber number) => book.Accounts.FirstOrDefault(a => a.Number == number)
        ?? throw new InvalidInputException("account-unknown", $"the book of block {book.Block} has no account {number}");

    private static void Move(HouseBook book, SortedDictionary<AccountNumber, HouseAccount> after, AccountNumber number, InstrumentId instrument, QuantityWad change, Wad cash)
    {
        var account = after.TryGetValue(number, out var moved) ? moved : Find(book, number);
        var place = account.Legs.ToList().FindIndex(l => l.Instrument == instrument);
        var leg = place < 0 ? new HouseLeg(instrument, QuantityWad.Zero, Wad.Zero) : account.Legs[place];
        var index = book.FundingIndices.GetValueOrDefault(instrument, Wad.Zero);
        // A changed leg has its funding paid first.
        var funding = leg.Quantity.Units == 0 ? Wad.Zero : -HouseRequirement.FundingUp(leg, index);
        var held = leg.Quantity + change;
        var legs = account.Legs.Where(l => l.Instrument != instrument);
        if (held.Units != 0)
        {
            legs = legs.Append(new HouseLeg(instrument, held, index));
        }

        after[number] = account with
        {
            Cash = account.Cash + cash + funding,
            Legs = [.. legs.OrderBy(l => l.Instrument)],
            Positions = account.Positions.After(instrument, leg.Quantity, held),
        };
    }

    private static Wad FeeUp(HouseRows rows, Match match, UInt128 share)
    {
        if (share == 0)
        {
            return Wad.Zero;
        }

        var terms = rows.Listing.TermsOf(rows.Listing.InstrumentOf(match.Buy.Instrument));
        var price = BatchBuilder.PricesOf(rows)[terms.PriceId.Value].ToWad();
        var notional = WadRounding.ToWadUp(match.Quantity, price);
        return WadRounding.ToWadUp(new QuantityWad(notional.Units), new UnitPriceWad(share));
    }
}
