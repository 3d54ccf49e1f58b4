using System.Collections.Immutable;
using Pms.Margin.Market;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Numerics;
using Pms.Pricing;
using Pms.Primitives;
using Pms.Volatility;

namespace Pms.Simulation.Books;

/// <summary>Draws a book of accounts of all styles on the contracts that a board lists; the same board and seed give the same book.</summary>
/// <remarks>
/// Sizes span two orders of magnitude. Option amounts are multiples of 0.1 coin (of 100 coins where a coin costs less than 10 USD), inverse
/// perpetuals multiples of 10 USD, linear ones of 0.001 coin (1 coin below 10 USD). Collateral is 2.5 to 37.5 % of the account's gross notional:
/// some accounts are short of margin on purpose.
/// </remarks>
public sealed class BookGenerator
{
    private readonly ulong _seed;
    private readonly Family[] _families;

    /// <param name="snapshot">whose contracts are traded</param>
    /// <param name="market">of the same snapshot</param>
    /// <param name="seed">of all draws</param>
    /// <exception cref="InvalidInputException"><c>book-board</c>: no family with a surface and options on it</exception>
    public BookGenerator(MarketSnapshot snapshot, MarginMarket market, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(market);
        _seed = seed;
        _families =
        [
            .. snapshot.Boards
                .Select(b => Family.Of(b, market))
                .OfType<Family>(),
        ];
        if (_families.Length == 0)
        {
            throw new InvalidInputException("book-board", "the board has no family with a fitted surface and options on it: no book can be drawn");
        }
    }

    /// <summary>Accounts in order; the styles take turns, so that every style has its share.</summary>
    /// <param name="count">1 to 1,000,000</param>
    public ImmutableArray<Account> Generate(int count)
    {
        if (count is < 1 or > 1_000_000)
        {
            throw new InvalidInputException("book-count", $"{count} accounts: 1 to 1,000,000 are possible");
        }

        var styles = Enum.GetValues<BookStyle>();
        var accounts = ImmutableArray.CreateBuilder<Account>(count);
        for (var i = 0; i < count; i++)
        {
            accounts.Add(Draw(i, styles[i % styles.Length]));
        }

        return accounts.MoveToImmutable();
    }

    private Account Draw(int index, BookStyle style)
    {
        var draw = new RandomDraws(new RandomStream(_seed).Derive((ulong)index));
        var family = _families[draw.Below(_families.Length)];
        var legs = new Legs();
        // A median account trades some 100,000 USD a leg.
        var notional = 100_000 * ElementaryMath.Exp(1.2 * draw.Normal());
        switch (style)
        {
            case BookStyle.Hedged:
                Hedged(family, legs, draw, notional);
                break;
            case BookStyle.Spread:
                Spread(family, legs, draw, notional);
                break;
            case BookStyle.ShortWing:
                ShortWing(family, legs, draw, notional);
                break;
            case BookStyle.Directional:
                Directional(family, legs, draw, notional);
                break;
            case BookStyle.Calendar:
                Calendar(family, legs, draw, notional);
                break;
            default:
                CrossAsset(family, legs, draw, notional);
                break;
        }

        var name = $"{style switch { BookStyle.ShortWing => "short-wing", BookStyle.CrossAsset => "cross-asset", _ => style.ToString().ToLowerInvariant() }}-{index:D4}";
        return new Account(name, legs.Positions(), Collateral(legs, draw, style, family));
    }

    private static void Hedged(Family family, Legs legs, RandomDraws draw, double notional)
    {
        for (var n = 0; n < 1 + draw.Below(3); n++)
        {
            var slice = family.Slice(draw);
            var amount = family.Amount(notional);
            var width = draw.Between(0, 1.2);
            legs.Add(family, family.Option(slice, OptionType.Call, width), -amount);
            legs.Add(family, family.Option(slice, OptionType.Put, -width), -amount);
            if (draw.Below(2) == 0)
            {
                legs.Add(family, family.Option(slice, OptionType.Put, -width - 1.5), amount);
            }
        }

        legs.HedgeDelta(family);
    }

    private static void Spread(Family family, Legs legs, RandomDraws draw, double notional)
    {
        for (var n = 0; n < 1 + draw.Below(3); n++)
        {
            var slice = family.Slice(draw);
            var amount = family.Amount(notional);
            var inner = draw.Between(0.2, 1.2);
            var outer = inner + draw.Between(0.4, 1.2);
            var sides = draw.Below(3);
            if (sides != 0)
            {
                legs.Add(family, family.Option(slice, OptionType.Call, inner), -amount);
                legs.Add(family, family.Option(slice, OptionType.Call, outer), amount);
            }

            if (sides != 1)
            {
                legs.Add(family, family.Option(slice, OptionType.Put, -inner), -amount);
                legs.Add(family, family.Option(slice, OptionType.Put, -outer), amount);
            }
        }
    }

    private static void ShortWing(Family family, Legs legs, RandomDraws draw, double notional)
    {
        for (var n = 0; n < 1 + draw.Below(4); n++)
        {
            var slice = family.Slice(draw);
            var call = draw.Below(2) == 0;
            legs.Add(family, family.Option(slice, call ? OptionType.Call : OptionType.Put, (call ? 1 : -1) * draw.Between(1.5, 3.5)), -family.Amount(notional));
        }
    }

    private static void Directional(Family family, Legs legs, RandomDraws draw, double notional)
    {
        var side = draw.Below(2) == 0 ? 1 : -1;
        legs.AddPerpetual(family, side * notional / family.UsdPrice);
        if (draw.Below(2) == 0)
        {
            var slice = family.Slice(draw);
            legs.Add(family, family.Option(slice, side > 0 ? OptionType.Call : OptionType.Put, side * draw.Between(0, 1)), family.Amount(notional));
        }
    }

    private static void Calendar(Family family, Legs legs, RandomDraws draw, double notional)
    {
        var near = draw.Below(Math.Max(1, family.Slices.Length - 1));
        var far = Math.Min(family.Slices.Length - 1, near + 1 + draw.Below(3));
        var amount = family.Amount(notional);
        var option = family.Option(near, draw.Below(2) == 0 ? OptionType.Call : OptionType.Put, draw.Between(-0.5, 0.5));
        legs.Add(family, option, -amount);
        legs.Add(family, family.OptionAtStrike(far, option.Type, option.StrikeValue), amount);
        if (draw.Below(3) == 0)
        {
            legs.HedgeDelta(family);
        }
    }

    private void CrossAsset(Family family, Legs legs, RandomDraws draw, double notional)
    {
        var other = _families[draw.Below(_families.Length)];
        if (other.Board.Id.Base == family.Board.Id.Base)
        {
            // A covered call: the coin itself is the collateral.
            legs.Add(family, family.Option(family.Slice(draw), OptionType.Call, draw.Between(0.3, 1.5)), -family.Amount(notional));
            return;
        }

        legs.AddPerpetual(family, notional / family.UsdPrice);
        legs.AddPerpetual(other, -notional / other.UsdPrice);
        legs.Add(family, family.Option(family.Slice(draw), OptionType.Put, -draw.Between(0.5, 1.5)), family.Amount(notional));
        legs.Add(other, other.Option(other.Slice(draw), OptionType.Put, -draw.Between(0.5, 1.5)), -other.Amount(notional));
    }

    private static ImmutableArray<CollateralHolding> Collateral(Legs legs, RandomDraws draw, BookStyle style, Family family)
    {
        var usd = 0.25 * legs.GrossUsd * draw.Between(0.1, 1.5);
        var coins = style == BookStyle.CrossAsset ? 1.0 : draw.Below(3) == 0 ? draw.Between(0.3, 1.0) : 0.0;
        var settlement = family.Board.Id.SettlementAsset;
        var coin = settlement == family.Board.Id.Quote ? family.Board.Id.Base : settlement;
        var holdings = new List<CollateralHolding>();
        if (coins > 0)
        {
            holdings.Add(new CollateralHolding(coin, decimal.Round((decimal)(usd * coins / family.UsdPrice), 4) + 0.0001m));
        }

        if (coins < 1)
        {
            holdings.Add(new CollateralHolding(Asset.Usd, decimal.Round((decimal)(usd * (1 - coins)), 2) + 1));
        }

        return [.. holdings.OrderBy(h => h.Asset.Code, StringComparer.Ordinal)];
    }

    /// <summary>One family's listed contracts.</summary>
    private sealed record Family(UnderlyingBoard Board, VolSurface Surface, double UsdPrice, ImmutableArray<(VolSlice Slice, ImmutableArray<EuropeanOption> Options)> Slices)
    {
        public static Family? Of(UnderlyingBoard board, MarginMarket market)
        {
            var surface = market.Underlying(board.Id).Surface;
            if (surface is null)
            {
                return null;
            }

            var slices = board.Expiries
                .Select(e => (Slice: surface.Slices.FirstOrDefault(s => s.Expiry == e.Expiry), Options: e.Options.Select(q => q.Instrument).OfType<EuropeanOption>().ToImmutableArray()))
                .Where(s => s.Slice is not null && s.Options.Any(o => o.Type == OptionType.Call) && s.Options.Any(o => o.Type == OptionType.Put))
                .Select(s => (s.Slice!, s.Options))
                .ToImmutableArray();
            return slices.IsEmpty ? null : new Family(board, surface, market.UsdPrice(board.Id.Base), slices);
        }

        /// <summary>An expiry; the nearer half twice as often.</summary>
        public int Slice(RandomDraws draw) => Math.Min(draw.Below(Slices.Length), draw.Below(Slices.Length));

        /// <summary>Coins worth so much, in whole tenths (hundreds of coins below 10 USD), at least one.</summary>
        public decimal Amount(double notionalUsd)
        {
            var step = UsdPrice >= 10 ? 0.1m : 100m;
            return Math.Max(step, step * decimal.Round((decimal)(notionalUsd / UsdPrice) / step));
        }

        /// <summary>The listed option nearest to so many standard deviations from the forward.</summary>
        public EuropeanOption Option(int slice, OptionType type, double deviations)
        {
            var (s, _) = Slices[slice];
            return OptionAtStrike(slice, type, s.Forward * ElementaryMath.Exp(deviations * Math.Sqrt(s.Smile.TotalVariance(0))));
        }

        public EuropeanOption OptionAtStrike(int slice, OptionType type, double strike)
            => Slices[slice].Options.Where(o => o.Type == type).MinBy(o => Math.Abs(o.StrikeValue - strike))!;
    }

    /// <summary>Contracts of one account, netted.</summary>
    private sealed class Legs
    {
        private readonly Dictionary<Instrument, decimal> _quantities = [];
        private double _delta;

        /// <summary>Sum of |coins| times coin price over options and perpetuals, USD.</summary>
        public double GrossUsd { get; private set; }

        public void Add(Family family, EuropeanOption option, decimal amount)
        {
            _quantities[option] = _quantities.GetValueOrDefault(option) + amount;
            var slice = family.Surface.Slices.First(s => s.Expiry == option.Expiry);
            var k = ElementaryMath.Log(option.StrikeValue / slice.Forward);
            _delta += (double)amount * Black76.Greeks(new BlackInputs(option.Type, slice.Forward, option.StrikeValue, slice.Years, slice.Vol(k))).Delta;
            GrossUsd += (double)Math.Abs(amount) * family.UsdPrice;
        }

        public void AddPerpetual(Family family, double coins)
        {
            var id = family.Board.Id;
            var quantity = id.Settlement == Settlement.Inverse
                ? 10m * decimal.Round((decimal)(coins * family.UsdPrice) / 10m)
                : decimal.Round((decimal)coins, family.UsdPrice >= 10 ? 3 : 0);
            if (quantity != 0)
            {
                var perpetual = new Perpetual(id);
                _quantities[perpetual] = _quantities.GetValueOrDefault(perpetual) + quantity;
                GrossUsd += Math.Abs(coins) * family.UsdPrice;
            }
        }

        public void HedgeDelta(Family family) => AddPerpetual(family, -_delta);

        public ImmutableArray<Position> Positions() =>
        [
            .. _quantities.Where(q => q.Value != 0).Select(q => new Position(q.Key, q.Value)).OrderBy(p => p.Instrument.Name, StringComparer.Ordinal),
        ];
    }
}
