using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Numerics;
using Pms.Pricing;
using Pms.Primitives;
using Pms.Scenarios.Historical;
using Pms.Volatility.Svi;

namespace Pms.Validation.Histories;

/// <summary>Boards of days that nobody recorded, from daily prices and volatility indices: one a day at 00:00 UTC, with quotes around arbitrage-free smiles.</summary>
/// <remarks>
/// A board knows the closes of the days before it, which are those of its own instant, and nothing later. It is a model's: <see cref="MarketSnapshot.Source"/> is <see cref="Source"/>, or <see cref="SyntheticSource"/> where
/// the level of some coin had to be inferred from its returns. Volumes and open interest are absent, not invented. BTC and ETH are inverse families, other coins linear ones in USDC. docs/model/validation.md.
/// </remarks>
public static class ModelledBoards
{
    public const string Source = "modelled";

    /// <summary>At least one coin had no volatility index on that day.</summary>
    public const string SyntheticSource = "modelled.synthetic";

    /// <summary>Days of one call.</summary>
    public const int MostDays = 20_000;

    private const double DaysPerYear = 365;
    private const double SpreadDays = 10;
    private const double SpreadVolLevel = 0.45;
    private static readonly Asset Usdc = new("USDC");
    private static readonly Asset[] InverseCoins = [new("BTC"), new("ETH")];

    /// <summary>The family that a coin's boards are of.</summary>
    public static UnderlyingId Family(Asset coin) => InverseCoins.Contains(coin) ? UnderlyingId.Inverse(coin) : UnderlyingId.Linear(coin, Usdc);

    /// <summary>Boards in the order of time; a day without any coin's price has none. The board of a day does not depend on where the sequence begins.</summary>
    /// <param name="history">daily closes and vols, resampled at the end of the UTC day (hour 0)</param>
    /// <param name="coins">each once; a coin without prices yet is left out of a board</param>
    /// <param name="from">first day</param>
    /// <param name="to">last day</param>
    /// <param name="parameters">null: the defaults</param>
    /// <exception cref="InvalidInputException"><c>modelled-parameter</c>; <c>modelled-coins</c>: none, one twice, or one that the history has no price of; <c>modelled-days</c>: backwards, or too many</exception>
    public static IEnumerable<MarketSnapshot> Make(FactorHistory history, IReadOnlyList<Asset> coins, DateOnly from, DateOnly to, ModelledBoardParameters? parameters = null)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(coins);
        parameters ??= ModelledBoardParameters.Default;
        parameters.Validate();
        if (to < from || to.DayNumber - from.DayNumber >= MostDays)
        {
            throw new InvalidInputException("modelled-days", $"boards from {from:yyyy-MM-dd} to {to:yyyy-MM-dd}: 1 to {MostDays} days are possible");
        }

        var levels = coins.Select(c => new ModelledLevels(c, history, parameters)).ToArray();
        var without = coins.Where((_, i) => levels[i].First is null).Select(c => c.Code).ToArray();
        if (coins.Count == 0 || coins.Distinct().Count() != coins.Count || without.Length > 0)
        {
            throw new InvalidInputException("modelled-coins", $"boards of {string.Join(", ", coins)}: each coin once is required, with prices in the history; without: {string.Join(", ", without)}");
        }

        return Boards([.. coins.Select((c, i) => new Coin(Family(c), levels[i], parameters))], from, to);
    }

    private static IEnumerable<MarketSnapshot> Boards(Coin[] coins, DateOnly from, DateOnly to)
    {
        for (var day = coins.Min(c => c.Levels.First!.Value); day <= to; day = day.AddDays(1))
        {
            var at = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero);
            var today = coins.Select(c => (Coin: c, Board: c.Next(day, at))).Where(c => c.Board is not null).ToArray();
            if (day < from || today.Length == 0)
            {
                continue;
            }

            var source = today.Any(c => c.Board!.Level.IsSynthetic) ? SyntheticSource : Source;
            var provenance = new Provenance(source, at, at);
            var state = new MarketState();
            state.Apply(new BoardStart(provenance, at));
            foreach (var (coin, board) in today)
            {
                coin.Quote(board!, at, provenance, e => state.Apply(e));
            }

            yield return state.Seal(at);
        }
    }

    /// <summary>One coin's expiries of one day.</summary>
    private sealed record CoinBoard(ModelledLevel Level, DateTimeOffset[] Expiries, double[] Years, SsviSlice[] Smiles);

    private sealed class Coin(UnderlyingId id, ModelledLevels levels, ModelledBoardParameters p)
    {
        private readonly SortedDictionary<DateTimeOffset, (decimal Step, SortedSet<decimal> Strikes)> _listed = [];

        public ModelledLevels Levels => levels;

        /// <summary>Expiries and smiles of a day; strikes of the day join those listed, and stay until they expire: what is held on one board is on the next.</summary>
        public CoinBoard? Next(DateOnly day, DateTimeOffset at)
        {
            if (day < levels.First)
            {
                return null;
            }

            foreach (var expired in _listed.Keys.TakeWhile(e => e <= at).ToArray())
            {
                _listed.Remove(expired);
            }

            if (levels.Next(day) is not { } level)
            {
                return null;
            }

            var expiries = ModelledListing.Expiries(at);
            double[] years = [.. expiries.Select(e => UtcTime.YearsBetween(at, e))];
            var board = new CoinBoard(level, expiries, years, ModelledSmiles.Of(level, years, p));
            for (var i = 0; i < expiries.Length; i++)
            {
                var (forward, deviation) = (Forward(level, years[i]), Math.Sqrt(board.Smiles[i].Theta));
                var (before, strikes) = _listed.GetValueOrDefault(expiries[i], (0, []));
                var step = ModelledListing.Step(forward, deviation, before);
                strikes.UnionWith(ModelledListing.Strikes(forward, deviation, p.StrikeDeviations, step));
                _listed[expiries[i]] = (step, strikes);
            }

            return board;
        }

        public void Quote(CoinBoard board, DateTimeOffset at, Provenance provenance, Action<MarketEvent> take)
        {
            var level = board.Level;
            take(new IndexUpdate(provenance, id.Base, id.Quote, level.Spot));
            if (level.Index is { } index)
            {
                take(new VolatilityIndexUpdate(provenance, id.Base, index));
            }

            take(Linear(provenance, new Perpetual(id), level.Spot));
            for (var i = 0; i < board.Expiries.Length; i++)
            {
                var expiry = board.Expiries[i];
                var forward = Forward(level, board.Years[i]);
                // The expiries that futures are listed of, roughly: the weekly ones and longer.
                if (expiry.DayOfWeek == DayOfWeek.Friday)
                {
                    take(Linear(provenance, new DatedFuture(id, expiry), forward));
                }

                foreach (var strike in _listed[expiry].Strikes)
                {
                    var vol = Math.Sqrt(board.Smiles[i].TotalVariance(ElementaryMath.LogRatio((double)strike, forward)) / board.Years[i]);
                    foreach (var type in new[] { OptionType.Call, OptionType.Put })
                    {
                        take(new QuoteUpdate(
                            provenance,
                            new EuropeanOption(id, expiry, strike, type),
                            QuoteGroups.TopOfBook | QuoteGroups.Mark | QuoteGroups.Forward,
                            Values(new BlackInputs(type, forward, (double)strike, board.Years[i], vol), level)));
                    }
                }
            }
        }

        private double Forward(in ModelledLevel level, double years) => level.Spot * ElementaryMath.Exp(p.Basis * years);

        private QuoteUpdate Linear(Provenance provenance, Instrument instrument, double price)
        {
            var half = 0.0001 * price;
            return new QuoteUpdate(provenance, instrument, QuoteGroups.TopOfBook | QuoteGroups.Mark, new QuoteValues { Bid = price - half, Ask = price + half, Mark = price });
        }

        /// <summary>Mark by the smile; bid and ask on ticks around it, none where the bid would be nothing.</summary>
        private QuoteValues Values(in BlackInputs inputs, in ModelledLevel level)
        {
            var isInverse = id.Settlement == Settlement.Inverse;
            var mark = isInverse ? Black76.CoinPrice(inputs) : Black76.Price(inputs);
            var vega = Black76.Greeks(inputs).Vega / (isInverse ? inputs.Forward : 1);
            var halfVol = (p.SpreadVol + (p.SpreadFrontVol * Math.Sqrt(SpreadDays / (inputs.Years * DaysPerYear)))) * level.Level / SpreadVolLevel;
            var half = Math.Max(halfVol * vega, p.LeastSpread * (isInverse ? 1 : inputs.Forward));
            var tick = isInverse ? (mark > 0.005 ? 0.0005m : 0.0001m) : ModelledListing.RoundBelow(inputs.Forward * 0.0001);
            var bid = decimal.Floor((decimal)Math.Max(mark - half, 0) / tick) * tick;
            var ask = Math.Max(tick, decimal.Ceiling((decimal)(mark + half) / tick) * tick);
            return new QuoteValues
            {
                Bid = bid > 0 ? (double)bid : null,
                Ask = (double)ask,
                Mark = mark,
                MarkVol = inputs.Vol,
                UnderlyingPrice = inputs.Forward,
            };
        }
    }
}
