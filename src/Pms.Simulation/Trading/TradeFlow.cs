using System.Globalization;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Simulation.Listing;
using Pms.Simulation.Market;
using Pms.Simulation.Parameters;
using Pms.Simulation.Quoting;

namespace Pms.Simulation.Trading;

/// <summary>Trades arrive by a Hawkes process for each family and walk the book that was shown the step before.</summary>
/// <remarks>
/// Intensity after a step with n trades: base + (intensity - base) e^(-decay dt) + branching x decay x n (Hawkes 1971, exponential kernel).
/// The number in a step is Poisson given the intensity at its start. At most <see cref="MaxTradesPerStep"/> a family and step.
/// </remarks>
internal sealed class TradeFlow
{
    public const int MaxTradesPerStep = 24;

    private const int Draws = 64;
    private const int OptionTries = 24;

    private readonly SimulationParameters _parameters;
    private readonly double[] _intensities;
    private readonly RandomStream[] _streams;
    private readonly double _stepSeconds;
    private readonly double _decay;

    public TradeFlow(SimulationParameters parameters, ulong seed)
    {
        _parameters = parameters;
        _stepSeconds = parameters.Step.TotalSeconds;
        _decay = ElementaryMath.Exp(-parameters.Trading.DecayPerSecond * _stepSeconds);
        _intensities = [.. parameters.Families.Select(f => f.TradesPerSecond)];
        var root = new RandomStream(seed).Derive(0x54524144);
        _streams = [.. parameters.Families.Select(f => root.Derive(StableHash.Of(f.Underlying.Name)))];
    }

    /// <summary>The book an aggressor meets: as last published before the step.</summary>
    public delegate MadeQuote BookBefore(SimulatedInstrument instrument);

    /// <param name="view">the step</param>
    /// <param name="live">instruments to choose from</param>
    /// <param name="book">books before the step</param>
    /// <param name="into">receives the prints, those of one order side by side; orders on one book share what it showed</param>
    public void Advance(VenueView view, LiveInstruments live, BookBefore book, List<SimulatedTrade> into)
    {
        for (var family = 0; family < _intensities.Length; family++)
        {
            var f = _parameters.Families[family];
            var step = (ulong)view.Point.Step;
            var stream = _streams[family];
            var resting = f.TradesPerSecond * (1 - _parameters.Trading.Branching) * view.Point.Stress.TradeMultiplier;
            var count = Poisson(_intensities[family] * _stepSeconds, stream.Uniform(step * Draws * (MaxTradesPerStep + 1)));
            for (var k = 0; k < count; k++)
            {
                var at = (step * Draws * (MaxTradesPerStep + 1)) + ((ulong)(k + 1) * Draws);
                Trade(view, live, family, stream, at, k, book, into);
            }

            _intensities[family] = resting + ((_intensities[family] - resting) * _decay)
                + (_parameters.Trading.Branching * _parameters.Trading.DecayPerSecond * count);
        }
    }

    private void Trade(VenueView view, LiveInstruments live, int family, RandomStream stream, ulong at, int order, BookBefore book, List<SimulatedTrade> into)
    {
        var instrument = Choose(view, live, family, stream, at);
        if (instrument is null || instrument.ListedStep == view.Point.Step)
        {
            return;
        }

        var coin = view.Coin(family);
        var typical = Math.Sqrt(coin.Variance * _stepSeconds / (365 * 86_400.0));
        var lean = Math.Clamp(8 * coin.Momentum / typical, -1, 1);
        var buys = stream.Uniform(at + 40) < 0.5 + (0.25 * lean);
        var quote = book(instrument);
        var side = buys ? quote.Asks : quote.Bids;
        if (side.IsEmpty)
        {
            return;
        }

        var available = 0.0;
        foreach (var level in side)
        {
            available += level.Amount;
        }

        // Sizes have a heavy tail; one order takes no more than four fifths of what was shown, and orders before it in this step took theirs.
        var wanted = Math.Min(0.8 * available, 0.04 * side[0].Amount / (0.02 + stream.Uniform(at + 41)));
        var taken = 0.0;
        foreach (var t in into)
        {
            taken += t.Instrument == instrument && t.BuyerIsTaker == buys ? t.Amount : 0;
        }

        var stress = view.Point.Stress;
        var withTheMove = buys == (coin.Momentum > 0);
        var forced = stream.Uniform(at + 42) < _parameters.Trading.LiquidationProbability + (withTheMove ? stress.LiquidationProbability : 0);
        foreach (var level in side)
        {
            var left = level.Amount - Math.Min(taken, level.Amount);
            taken -= level.Amount - left;
            if (!instrument.Ticks.IsAmount(left))
            {
                continue;
            }

            var amount = Math.Min(instrument.Ticks.Amount(left), instrument.Ticks.Amount(wanted));
            into.Add(new SimulatedTrade(
                instrument,
                ((view.Point.Step * 65_536) + (family * 4_096) + (order * 64) + side.IndexOf(level)).ToString(CultureInfo.InvariantCulture),
                level.Price,
                amount,
                buys,
                forced));
            wanted -= amount;
            if (!instrument.Ticks.IsAmount(wanted))
            {
                return;
            }
        }
    }

    private SimulatedInstrument? Choose(VenueView view, LiveInstruments live, int family, RandomStream stream, ulong at)
    {
        var u = stream.Uniform(at);
        var options = live.Options[family];
        if (u < _parameters.Trading.OptionShare && options.Count > 0)
        {
            for (var i = 0UL; i < OptionTries; i++)
            {
                var candidate = options[(int)(stream.Bits(at + 1 + i) % (ulong)options.Count)];
                var option = (EuropeanOption)candidate.Instrument;
                var expiry = view.Expiry(family, option.Expiry);
                var x = ElementaryMath.LogRatio(option.StrikeValue, expiry.Forward);

                // Out of the money and near it: that is where options trade.
                var isInTheMoney = (option.Type == OptionType.Call) == (x < 0);
                if (stream.Uniform(at + 25 + (i % 14)) < (isInTheMoney ? 0.3 : 1) / (1 + (3 * x * x / expiry.Slice.Theta)))
                {
                    return candidate;
                }
            }

            return null;
        }

        var rest = stream.Uniform(at + 43);
        if (rest < 0.75)
        {
            return live.Perpetuals[family];
        }

        var others = rest < 0.88 ? live.Futures[family] : live.Spots[family];
        return others.Count == 0 ? live.Perpetuals[family] : others[(int)(stream.Bits(at + 44) % (ulong)others.Count)];
    }

    /// <summary>Poisson by inversion; the tail beyond the bound is cut.</summary>
    private static int Poisson(double mean, double u)
    {
        var p = ElementaryMath.Exp(-mean);
        var sum = p;
        var n = 0;
        while (u > sum && n < MaxTradesPerStep)
        {
            n++;
            p *= mean / n;
            sum += p;
        }

        return n;
    }
}

/// <summary>Live instruments by what they are: [family].</summary>
internal sealed class LiveInstruments
{
    public LiveInstruments(SimulationParameters parameters, IReadOnlyList<SimulatedInstrument> live)
    {
        var count = parameters.Families.Length;
        Options = [.. Enumerable.Range(0, count).Select(_ => new List<SimulatedInstrument>())];
        Futures = [.. Enumerable.Range(0, count).Select(_ => new List<SimulatedInstrument>())];
        Spots = [.. Enumerable.Range(0, count).Select(_ => new List<SimulatedInstrument>())];
        Perpetuals = new SimulatedInstrument?[count];
        foreach (var listed in live)
        {
            switch (listed.Instrument)
            {
                case EuropeanOption:
                    Options[listed.Family].Add(listed);
                    break;
                case DatedFuture:
                    Futures[listed.Family].Add(listed);
                    break;
                case Perpetual:
                    Perpetuals[listed.Family] = listed;
                    break;
                default:
                    for (var family = 0; family < count; family++)
                    {
                        // The stablecoin pair is traded along with the first family.
                        if (listed.Coin == parameters.CoinIndex(parameters.Families[family].Underlying.Base) || (listed.Coin < 0 && family == 0))
                        {
                            Spots[family].Add(listed);
                        }
                    }

                    break;
            }
        }
    }

    public List<SimulatedInstrument>[] Options { get; }

    public List<SimulatedInstrument>[] Futures { get; }

    public List<SimulatedInstrument>[] Spots { get; }

    public SimulatedInstrument?[] Perpetuals { get; }
}
