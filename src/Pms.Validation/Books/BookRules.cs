using System.Collections.Immutable;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Validation.Books;

/// <summary>One book of the universe on one board.</summary>
/// <param name="Rule">number of the rule it was made by: the same on every board</param>
/// <param name="Class">kind</param>
/// <param name="Coins">what it trades; of an aggregate, what it takes in</param>
/// <param name="Account">contracts; the id names class and rule</param>
/// <param name="NotionalUsd">sum of |coins| x coin price over its legs, above 0</param>
public sealed record BacktestBook(int Rule, BookClass Class, ImmutableArray<Asset> Coins, Account Account, double NotionalUsd);

/// <summary>A universe of books by rule: constant tenors, strikes in standard deviations, notional in USD, made anew on every board.</summary>
/// <remarks>
/// Rule i of a seed is drawn once and is the same on all boards, so that books of different days are comparable. Classes take turns. A board
/// with one coin has no cross-asset books. Every coin has an aggregate of its books, and all coins together one where there are several.
/// </remarks>
public sealed class BookRules
{
    private const double MedianNotionalUsd = 100_000;

    private readonly ulong _seed;
    private readonly int _count;

    /// <param name="count">rules, 10 to 10,000</param>
    /// <param name="seed">of all draws</param>
    /// <exception cref="InvalidInputException"><c>book-count</c></exception>
    public BookRules(int count, ulong seed)
    {
        if (count is < 10 or > 10_000)
        {
            throw new InvalidInputException("book-count", $"{count} books: 10 (one of each class) to 10,000 are possible");
        }

        (_count, _seed) = (count, seed);
    }

    /// <summary>The books that can be made on a board, by rule; aggregates last.</summary>
    /// <param name="contracts">what is listed and quoted, by coin</param>
    /// <exception cref="InvalidInputException"><c>book-board</c>: nothing to trade</exception>
    public ImmutableArray<BacktestBook> On(ImmutableArray<ListedContracts> contracts)
    {
        if (contracts.IsEmpty)
        {
            throw new InvalidInputException("book-board", "no family of the board has a surface and quoted options: no book can be made");
        }

        var books = ImmutableArray.CreateBuilder<BacktestBook>();
        for (var rule = 0; rule < _count; rule++)
        {
            if (Make(rule, contracts) is { } book)
            {
                books.Add(book);
            }
        }

        var drawn = books.ToArray();
        var coins = contracts.Select(c => c.Coin).ToImmutableArray();
        foreach (var coin in coins)
        {
            AddAggregate(books, drawn.Where(b => b.Coins.Length == 1 && b.Coins[0] == coin), [coin], coin.Code);
        }

        if (coins.Length > 1)
        {
            AddAggregate(books, drawn, coins, "all");
        }

        return books.ToImmutable();
    }

    private static void AddAggregate(ImmutableArray<BacktestBook>.Builder books, IEnumerable<BacktestBook> of, ImmutableArray<Asset> coins, string name)
    {
        var legs = new BookLegs();
        var notional = 0.0;
        foreach (var book in of)
        {
            legs.Add(book.Account);
            notional += book.NotionalUsd;
        }

        if (notional > 0)
        {
            books.Add(new BacktestBook(-1, BookClass.Aggregate, coins, legs.ToAccount($"aggregate-{name}"), notional));
        }
    }

    private BacktestBook? Make(int rule, ImmutableArray<ListedContracts> contracts)
    {
        var bookClass = BookClasses.Drawn[rule % BookClasses.Drawn.Length];
        var draw = new RandomDraws(new RandomStream(_seed).Derive((ulong)rule));
        // Turns over the coins, class by class.
        var coin = rule / BookClasses.Drawn.Length % contracts.Length;
        var family = contracts[coin];
        var legs = new BookLegs();
        var notional = MedianNotionalUsd * ElementaryMath.Exp(draw.Normal());
        ImmutableArray<Asset> coins = [family.Coin];
        switch (bookClass)
        {
            case BookClass.Directional:
                Directional(family, legs, draw, notional);
                break;
            case BookClass.StrangleNear:
                Strangle(family, legs, draw, notional, draw.Between(1, 10), -1);
                break;
            case BookClass.StrangleFar:
                Strangle(family, legs, draw, notional, draw.Between(20, 120), -1);
                break;
            case BookClass.ShortPut:
                legs.AddOption(family, OptionType.Put, draw.Between(7, 45), -draw.Between(1.5, 3), -notional);
                break;
            case BookClass.Spread:
                Spread(family, legs, draw, notional);
                break;
            case BookClass.Condor:
                Condor(family, legs, draw, notional);
                break;
            case BookClass.Calendar:
                Calendar(family, legs, draw, notional);
                break;
            case BookClass.Covered:
                Covered(family, legs, draw, notional);
                break;
            case BookClass.CrossAsset when contracts.Length == 1:
                return null;
            case BookClass.CrossAsset:
                var other = contracts[(coin + 1 + draw.Below(contracts.Length - 1)) % contracts.Length];
                CrossAsset(family, other, legs, draw, notional);
                coins = [family.Coin, other.Coin];
                break;
            default:
                MarketMaker(family, legs, draw, notional);
                break;
        }

        // Where strikes are far apart, what is sold and bought may be one contract, of which nothing is left.
        var account = legs.ToAccount($"{BookClasses.NameOf(bookClass)}-{rule:D4}");
        return account.Positions.IsEmpty ? null : new BacktestBook(rule, bookClass, coins, account, legs.NotionalUsd);
    }

    private static void Directional(ListedContracts family, BookLegs legs, RandomDraws draw, double notional)
    {
        var side = draw.Sign();
        var kind = draw.Below(4);
        var days = draw.Between(3, 60);
        var deviations = draw.Between(0, 1);
        switch (kind)
        {
            case 0:
                legs.AddPerpetual(family, side * notional);
                break;
            case 1:
                legs.AddPerpetual(family, side * notional);
                legs.AddOption(family, side > 0 ? OptionType.Call : OptionType.Put, days, side * deviations, notional);
                break;
            default:
                legs.AddOption(family, side > 0 ? OptionType.Call : OptionType.Put, days, side * deviations, kind == 2 ? notional : -notional);
                break;
        }
    }

    private static void Strangle(ListedContracts family, BookLegs legs, RandomDraws draw, double notional, double days, int sign)
    {
        legs.AddOption(family, OptionType.Call, days, draw.Between(0.3, 2), sign * notional);
        legs.AddOption(family, OptionType.Put, days, -draw.Between(0.3, 2), sign * notional);
        if (draw.Below(3) == 0)
        {
            legs.HedgeDelta(family);
        }
    }

    private static void Spread(ListedContracts family, BookLegs legs, RandomDraws draw, double notional)
    {
        var side = draw.Sign();
        var days = draw.Between(3, 60);
        var inner = draw.Between(0, 1.2);
        var outer = inner + draw.Between(0.4, 1.2);
        var type = draw.Sign() > 0 ? OptionType.Call : OptionType.Put;
        var way = type == OptionType.Call ? 1 : -1;
        legs.AddOption(family, type, days, way * inner, -side * notional);
        legs.AddOption(family, type, days, way * outer, side * notional);
    }

    private static void Condor(ListedContracts family, BookLegs legs, RandomDraws draw, double notional)
    {
        var days = draw.Between(3, 60);
        var inner = draw.Below(4) == 0 ? 0 : draw.Between(0.4, 1.2);
        var outer = inner + draw.Between(0.4, 1.2);
        foreach (var (type, way) in new[] { (OptionType.Call, 1), (OptionType.Put, -1) })
        {
            legs.AddOption(family, type, days, way * inner, -notional);
            legs.AddOption(family, type, days, way * outer, notional);
        }
    }

    private static void Calendar(ListedContracts family, BookLegs legs, RandomDraws draw, double notional)
    {
        var type = draw.Sign() > 0 ? OptionType.Call : OptionType.Put;
        var near = draw.Between(3, 30);
        var deviations = draw.Between(-0.6, 0.6);
        var far = near + draw.Between(14, 60);
        if (family.Nearest(near) is { } first && family.Nearest(far) is { } second && first.Expiry != second.Expiry)
        {
            var sold = first.Option(type, deviations);
            legs.Add(family, first, sold, -notional);
            legs.Add(family, second, second.AtStrike(type, sold.StrikeValue), notional);
        }

        if (draw.Below(3) == 0)
        {
            legs.HedgeDelta(family);
        }
    }

    private static void Covered(ListedContracts family, BookLegs legs, RandomDraws draw, double notional)
    {
        var days = draw.Between(5, 60);
        legs.AddSpot(family, notional);
        legs.AddOption(family, OptionType.Call, days, draw.Between(0.2, 1.5), -notional);
        if (draw.Below(2) == 0)
        {
            legs.AddOption(family, OptionType.Put, days, -draw.Between(0.5, 1.5), notional);
        }
    }

    private static void CrossAsset(ListedContracts family, ListedContracts other, BookLegs legs, RandomDraws draw, double notional)
    {
        var days = draw.Between(5, 60);
        if (draw.Below(2) == 0)
        {
            legs.AddPerpetual(family, notional);
            legs.AddPerpetual(other, -notional);
            return;
        }

        Strangle(family, legs, draw, notional, days, -1);
        Strangle(other, legs, draw, notional, days, 1);
    }

    private static void MarketMaker(ListedContracts family, BookLegs legs, RandomDraws draw, double notional)
    {
        for (var leg = 0; leg < 16; leg++)
        {
            var type = draw.Sign() > 0 ? OptionType.Call : OptionType.Put;
            legs.AddOption(family, type, ElementaryMath.Exp(draw.Between(0.5, 4.5)), draw.Between(-1.8, 1.8), draw.Sign() * notional * draw.Between(0.1, 0.6));
        }

        legs.HedgeDelta(family);
    }
}
