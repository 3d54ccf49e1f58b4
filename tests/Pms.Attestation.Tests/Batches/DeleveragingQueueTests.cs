using System.Collections.Immutable;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Messages;
using Pms.Primitives;

namespace Pms.Attestation.Tests.Batches;

/// <summary>Who is deleveraged, in which order, and what he gives up.</summary>
public sealed class DeleveragingQueueTests
{
    private static readonly HouseWorld World = HouseWorld.Shared;

    private static readonly AccountNumber Insolvent = new(1);

    private static readonly ClearanceTerms Terms = new(new SetId(3), new BatchSequence(1), UnixSeconds.Floor(HouseWorld.Start), 20, World.Epochs.ParameterHash);

    /// <summary>Account 1 owes so many USD more than its contracts are worth; account 8 holds a part of the other side with plenty of equity.</summary>
    private static HouseBook BookWithDebt(long dollars)
    {
        var owing = World.Book.Accounts[0];
        var value = HouseRequirement.Of(World.Rows, owing, World.Book.FundingIndices).MarkValue;
        return World.Book with
        {
            Accounts = [owing with { Cash = -value - HouseWorld.Usd(dollars) }, .. World.Book.Accounts.Skip(1), HouseWorld.Account(8, HouseWorld.Usd(9_000_000), 0, (World.Perpetual, -100), (World.Options[9], 3))],
        };
    }

    [Fact]
    public void Of_BothSides_TakesTheOtherSideAloneAndTheMostLeveragedFirst()
    {
        var queue = DeleveragingQueue.Of(World.Rows, BookWithDebt(1_000), Insolvent);
        // Account 3 holds nothing, 7 other contracts, 8 has much equity for its risk.
        queue.Select(a => a.To.Value).Last().ShouldBe(8UL);
        queue.Select(a => a.To.Value).Order().ToArray().ShouldBe([2UL, 4, 8]);
        var second = queue.Single(a => a.To.Value == 2);
        second.Legs.ShouldBe([.. new[] { new SliceLeg(World.Perpetual, HouseWorld.Units(500)), new SliceLeg(World.Options[4], HouseWorld.Units(-30)) }.OrderBy(l => l.Instrument)]);
        queue.Single(a => a.To.Value == 8).Legs.ShouldBe([new SliceLeg(World.Perpetual, HouseWorld.Units(100))], "it is long the option too");
        foreach (var action in queue)
        {
            action.All.ShouldBe(queue[0].All);
            (action.Moved <= action.All && Int128.Abs(action.Value.Units) <= (Int128)action.Moved.Units).ShouldBeTrue();
        }

        var leverage = queue.Select(a => HouseRequirement.Of(World.Rows, BookWithDebt(1_000).Accounts.Single(x => x.Number == a.To), World.Book.FundingIndices)).Select(r => (double)r.Initial.Units / (double)r.Equity.Units).ToArray();
        leverage.ShouldBe(leverage.OrderDescending());
    }

    [Fact]
    public void Of_AnAccountBelowItsOwnInitialMargin_IsLeftAlone()
    {
        var book = BookWithDebt(1_000);
        book = book with { Accounts = [.. book.Accounts.Select(a => a.Number.Value == 2 ? a with { Cash = HouseWorld.Usd(-400_000) } : a)] };
        DeleveragingQueue.Of(World.Rows, book, Insolvent).Select(a => a.To.Value).ShouldNotContain(2UL);
        DeleveragingQueue.Of(World.Rows, book, new AccountNumber(99)).ShouldBeEmpty();
    }

    /// <summary>LIQ-09, LIQ-11: closed against one after the other, the other sides give up the debt together, each the same share of what it closes.</summary>
    [Fact]
    public void NextDeleveraging_UntilNothingIsLeft_PaysJustTheDebt()
    {
        var book = BookWithDebt(20_000);
        var start = Debt(book);
        var given = Wad.Zero;
        var shares = new List<double>();
        for (var step = 0; book.Accounts[0].Legs.Length != 0; step++)
        {
            step.ShouldBeLessThan(5);
            var (action, clearance, accounts) = ClearanceBuilder.NextDeleveraging(World.Rows, book, Insolvent, Terms);
            accounts.Single().Message.Account.ShouldBe(action.To);
            clearance.ActionHash.ShouldBe(action.StructHash());
            var gives = DeleveragingQueue.GivenUp(action, Debt(book));
            shares.Add((double)gives.Units / (double)action.Moved.Units);
            given += gives;
            var before = book;
            book = book with { Accounts = [.. book.Accounts.Select(a => After(a, action, clearance, gives))] };
            (Debt(before) - Debt(book)).Units.ShouldBeInRange(gives.Units - 1_000_000, gives.Units + 1_000_000);
        }

        given.Units.ShouldBeInRange(start.Units - 1_000_000, start.Units + 1_000_000);
        shares.Count.ShouldBe(2, "account 2 holds the other side of two legs, account 4 of the third");
        shares.Max().ShouldBe(shares.Min(), 1e-9);
        Debt(book).Units.ShouldBeInRange(-1_000_000, 1_000_000);
    }

    [Fact]
    public void Of_Deleveraging_ThatIsNotNextOrNotDue_IsRefused()
    {
        var book = BookWithDebt(1_000);
        var queue = DeleveragingQueue.Of(World.Rows, book, Insolvent);
        var (next, clearance, _) = ClearanceBuilder.NextDeleveraging(World.Rows, book, Insolvent, Terms);
        Of(book, next).Clearance.StructHash().ShouldBe(clearance.StructHash());
        CodeOf(book, queue.First(a => a != next)).ShouldBe("deleveraging-turn");
        CodeOf(book, next with { Value = next.Value + new Wad(1) }).ShouldBe("deleveraging-turn");
        CodeOf(book, next with { All = next.All + new UnsignedWad(1) }).ShouldBe("deleveraging-turn");
        CodeOf(World.Book, next).ShouldBe("liquidation-not-due");
        CodeOf(book with { Accounts = [book.Accounts[0]] }, next).ShouldBe("deleveraging-empty");
        CodeOf(book, next with { From = new AccountNumber(99) }).ShouldBe("account-unknown");
    }

    [Fact]
    public void GivenUp_OfADebtBeyondTheValue_IsTheValue()
    {
        var action = new Deleveraging(Insolvent, new AccountNumber(2), [], new Wad(-30), new UnsignedWad(30), new UnsignedWad(40));
        DeleveragingQueue.GivenUp(action, new Wad(10)).ShouldBe(new Wad(8), "7.5, rounded up");
        DeleveragingQueue.GivenUp(action, new Wad(1_000)).ShouldBe(new Wad(30));
        DeleveragingQueue.GivenUp(action, new Wad(-5)).ShouldBe(Wad.Zero);
        DeleveragingQueue.GivenUp(action with { Moved = UnsignedWad.Zero, All = UnsignedWad.Zero }, new Wad(10)).ShouldBe(Wad.Zero);
    }

    [Fact]
    public void WaitingDebt_AccountsWithoutLegs_AddsUpWhatTheyOwe()
    {
        World.Book.WaitingDebt.ShouldBe(Wad.Zero);
        var book = World.Book with
        {
            Accounts = [.. World.Book.Accounts, HouseWorld.Account(21, HouseWorld.Usd(-700), 0), HouseWorld.Account(22, HouseWorld.Usd(-50), 0), HouseWorld.Account(23, HouseWorld.Usd(900), 0), HouseWorld.Account(24, HouseWorld.Usd(-9_000), 0, (World.Perpetual, 5))],
        };
        book.WaitingDebt.ShouldBe(HouseWorld.Usd(750), "neither what others have nor what legs may still pay");
    }

    private static Wad Debt(HouseBook book) => -(book.Accounts[0].Cash + HouseRequirement.Of(World.Rows, book.Accounts[0], book.FundingIndices).MarkValue);

    private static (Clearance Clearance, ImmutableArray<ClearedAccount> Accounts) Of(HouseBook book, Deleveraging action) => ClearanceBuilder.Of(World.Rows, book, action, Terms, UInt128.Zero, _ => 9);

    private static string CodeOf(HouseBook book, Deleveraging action) => Should.Throw<InvalidInputException>(() => Of(book, action)).Code;

    /// <summary>The chain's part: legs move, funding is paid, the price is the mark and what is given up.</summary>
    private static HouseAccount After(HouseAccount account, Deleveraging action, Clearance clearance, Wad given)
    {
        var sign = account.Number == action.From ? -1 : account.Number == action.To ? 1 : 0;
        if (sign == 0)
        {
            return account;
        }

        var cash = account.Cash;
        var legs = account.Legs.ToDictionary(l => l.Instrument);
        foreach (var leg in action.Legs)
        {
            var index = World.Book.FundingIndices.GetValueOrDefault(leg.Instrument, Wad.Zero);
            cash -= HouseRequirement.FundingUp(legs[leg.Instrument], index);
            var held = new QuantityWad(legs[leg.Instrument].Quantity.Units + (sign * leg.Quantity.Units));
            legs[leg.Instrument] = new HouseLeg(leg.Instrument, held, index);
        }

        var paid = action.Value + given;
        return account with
        {
            Cash = sign < 0 ? cash + paid : cash - paid,
            Legs = [.. legs.Values.Where(l => l.Quantity.Units != 0).OrderBy(l => l.Instrument)],
            Positions = clearance.Accounts.Single(a => a.Account == account.Number).After,
        };
    }
}
