using System.Collections.Immutable;
using System.Numerics;
using Pms.Attestation.Amounts;
using Pms.Attestation.Messages;

namespace Pms.Attestation.Batches;

/// <summary>Who is deleveraged against an account that is worth nothing, and in which order: the published rule that attesters hold each other to (docs/protocol.md, "Liquidation").</summary>
public static class DeleveragingQueue
{
    /// <summary>One action for each account that holds the other side of a leg and its own initial margin: those with most initial margin for their equity first, of equals the lower number. Each takes the other side of all that it can.</summary>
    /// <param name="rows">epoch and listing</param>
    /// <param name="book">present book</param>
    /// <param name="from">account that is worth nothing</param>
    public static ImmutableArray<Deleveraging> Of(HouseRows rows, HouseBook book, AccountNumber from)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(book);
        var giver = book.Accounts.FirstOrDefault(a => a.Number == from);
        if (giver is null)
        {
            return [];
        }

        var held = giver.Legs.ToDictionary(l => l.Instrument, l => l.Quantity);
        var candidates = book with { Accounts = [.. book.Accounts.Where(a => a.Number != from && a.Legs.Any(l => IsOpposite(held, l)))] };
        var all = Sum(giver.Legs.Select(l => ValueOf(rows, l.Instrument, l.Quantity)));
        return
        [
            .. candidates.Accounts.Zip(HouseRequirement.OfBook(rows, candidates, threads: 1), (account, margin) => (account, margin.Requirement))
                .Where(c => c.Requirement is { } r && r.Equity.Units > 0 && r.Equity >= r.Initial.ToSigned())
                .OrderByDescending(c => c.Requirement!, Comparer<AccountRequirement>.Create(ByLeverage))
                .ThenBy(c => c.account.Number)
                .Select(c => Between(rows, from, c.account, held, all)),
        ];
    }

    /// <summary>What the other side gives up of the value that is closed: its part of the debt by value, rounded up, and no more than all of it.</summary>
    /// <param name="action">with the values at the marks</param>
    /// <param name="debt">in cash and contracts; at or below 0: none</param>
    public static Wad GivenUp(Deleveraging action, Wad debt)
    {
        ArgumentNullException.ThrowIfNull(action);
        if (debt.Units <= 0 || action.Moved.Units == 0)
        {
            return Wad.Zero;
        }

        var all = (BigInteger)action.All.Units;
        var share = (((BigInteger)debt.Units * action.Moved.Units) + all - 1) / all;
        return share < action.Moved.Units ? new Wad((Int128)share) : action.Moved.ToSigned();
    }

    private static Deleveraging Between(HouseRows rows, AccountNumber from, HouseAccount to, Dictionary<InstrumentId, QuantityWad> held, UnsignedWad all)
    {
        ImmutableArray<SliceLeg> legs = [.. to.Legs.Where(l => IsOpposite(held, l)).Select(l => new SliceLeg(l.Instrument, Smaller(held[l.Instrument], -l.Quantity)))];
        var values = legs.Select(l => ValueOf(rows, l.Instrument, l.Quantity)).ToArray();
        return new Deleveraging(from, to.Number, legs, values.Aggregate(Wad.Zero, (s, v) => s + v), Sum(values), all);
    }

    private static bool IsOpposite(Dictionary<InstrumentId, QuantityWad> held, HouseLeg leg) => held.TryGetValue(leg.Instrument, out var quantity) && Int128.Sign(quantity.Units) == -Int128.Sign(leg.Quantity.Units);

    /// <summary>Of two quantities of one sign.</summary>
    private static QuantityWad Smaller(QuantityWad a, QuantityWad b) => Int128.Abs(a.Units) <= Int128.Abs(b.Units) ? a : b;

    /// <summary>Towards 0, so that a leg's parts are never worth more than the whole.</summary>
    private static Wad ValueOf(HouseRows rows, InstrumentId instrument, QuantityWad quantity) => quantity.Units < 0
        ? -WadRounding.ToWadDown(-quantity, rows.MarkOf(instrument))
        : WadRounding.ToWadDown(quantity, rows.MarkOf(instrument));

    private static UnsignedWad Sum(IEnumerable<Wad> values) => values.Aggregate(UnsignedWad.Zero, (s, v) => s + new Wad(Int128.Abs(v.Units)).ToUnsigned());

    /// <summary>Initial margin over equity, without dividing; both equities are above 0.</summary>
    private static int ByLeverage(AccountRequirement a, AccountRequirement b) =>
        ((BigInteger)a.Initial.Units * b.Equity.Units).CompareTo((BigInteger)b.Initial.Units * a.Equity.Units);
}
