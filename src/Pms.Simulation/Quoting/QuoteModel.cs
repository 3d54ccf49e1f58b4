using System.Collections.Immutable;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Pricing;
using Pms.Simulation.Listing;
using Pms.Simulation.Market;
using Pms.Simulation.Parameters;

namespace Pms.Simulation.Quoting;

/// <summary>How makers quote: a pure function of the instrument, the market at the step of the quote and what trades left of the book.</summary>
/// <remarks>
/// The true price lies between bid and ask at the step of every two-sided quote: makers err by at most 40 % of their half spread, and prices
/// are rounded away from the middle. Half spread of an option, per unit of forward:
/// vega (VolSpread + VolSpreadShort / sqrt(T)) (1 + 0.4 |k| / stdDev) / 2 x SpreadScale, plus a part that grows with |delta| above one half (stock risk of
/// options in the money), plus half a tick, times the script's multiplier and the square root of turbulence (1 to 4).
/// </remarks>
internal sealed class QuoteModel(SimulationParameters parameters)
{
    private const double MakerError = 0.4;
    private const double WingWidening = 0.4;
    private const double DeltaSpread = 0.0012;

    /// <summary>Spread of instruments over the perpetual's.</summary>
    private const double FutureWidening = 3;
    private const double SpotWidening = 4;

    /// <summary>Seconds for which a missing side stays missing.</summary>
    private const double GapSeconds = 60;

    private readonly QuotingParameters _quoting = parameters.Quoting;
    private readonly double _stepSeconds = parameters.Step.TotalSeconds;

    public MadeQuote Make(SimulatedInstrument listed, VenueView view, Depletion depletion)
    {
        return listed.Instrument switch
        {
            EuropeanOption option => MakeOption(listed, option, view, depletion),
            _ => MakeLinear(listed, view, depletion),
        };
    }

    /// <summary>The true price in the instrument's price unit.</summary>
    public static double TruePrice(SimulatedInstrument listed, VenueView view)
    {
        switch (listed.Instrument)
        {
            case EuropeanOption option:
                var expiry = view.Expiry(listed.Family, option.Expiry);
                var vol = expiry.Slice.Vol(ElementaryMath.LogRatio(option.StrikeValue, expiry.Forward));
                var inputs = new BlackInputs(option.Type, Forward: expiry.Forward, Strike: option.StrikeValue, Years: expiry.Years, Vol: vol);
                return option.Underlying.Settlement == Settlement.Inverse ? Black76.CoinPrice(inputs) : Black76.Price(inputs);
            case DatedFuture future:
                return view.Expiry(listed.Family, future.Expiry).Forward;
            case Perpetual:
                return view.Perpetual(listed.Family);
            default:
                return view.PairPrice(listed.SpotPair);
        }
    }

    /// <summary>Mark and mark vol as the whole-board message carries them: the vol as a fraction with four decimals.</summary>
    public static QuoteValues MarkOf(SimulatedInstrument listed, VenueView view)
    {
        var option = (EuropeanOption)listed.Instrument;
        var expiry = view.Expiry(listed.Family, option.Expiry);
        var vol = Math.Round(expiry.Slice.Vol(ElementaryMath.LogRatio(option.StrikeValue, expiry.Forward)), 4);
        return new QuoteValues { Mark = RoundMark(option, TruePrice(listed, view)), MarkVol = vol > 0 ? vol : null };
    }

    /// <summary>The 30-day variance swap vol of the true surface, in points with two decimals, as a fraction.</summary>
    public static double VolatilityIndex(CoinPoint coin)
    {
        return Math.Round(100 * coin.Surface.VarianceSwapVol(30.0 / 365), 2) / 100;
    }

    private static double RoundMark(EuropeanOption option, double price) => Math.Round(price, option.Underlying.Settlement == Settlement.Inverse ? 8 : 6);

    private MadeQuote MakeOption(SimulatedInstrument listed, EuropeanOption option, VenueView view, Depletion depletion)
    {
        var family = parameters.Families[listed.Family];
        var inverse = option.Underlying.Settlement == Settlement.Inverse;
        var expiry = view.Expiry(listed.Family, option.Expiry);
        var coin = view.Coin(listed.Family);
        var stress = view.Point.Stress;
        var k = ElementaryMath.LogRatio(option.StrikeValue, expiry.Forward);
        var totalVariance = expiry.Slice.TotalVariance(k);
        var vol = Math.Sqrt(totalVariance / expiry.Years);
        var greeks = Black76.Greeks(new BlackInputs(option.Type, Forward: expiry.Forward, Strike: option.StrikeValue, Years: expiry.Years, Vol: vol));
        var unit = inverse ? expiry.Forward : 1.0;
        var fair = greeks.Price / unit;

        var deviations = Math.Abs(k) / Math.Sqrt(totalVariance);
        var volSpread = (_quoting.VolSpread + (_quoting.VolSpreadShort / Math.Sqrt(expiry.Years))) * (1 + (WingWidening * deviations));
        var stockRisk = DeltaSpread * Math.Max(0, Math.Abs(greeks.Delta) - 0.5);
        var half = ((0.5 * volSpread * greeks.Vega) + (stockRisk * expiry.Forward)) * family.SpreadScale / unit;
        half *= stress.SpreadMultiplier * Math.Sqrt(Math.Clamp(coin.Turbulence, 1, 16));
        half += 0.5 * (double)(fair > (double)listed.Ticks.Threshold ? listed.Ticks.TickAbove : listed.Ticks.Tick);

        var step = (ulong)view.Point.Step;
        var center = fair + (MakerError * half * ((2 * listed.Stream.Derive(2).Uniform(step)) - 1));
        var bid = listed.Ticks.Floor(center - half);
        var ask = listed.Ticks.Ceiling(center + half);
        var (showsBid, showsAsk) = ShownSides(listed, view, deviations, Math.Abs(greeks.Delta));

        var depth = stress.DepthMultiplier / Math.Sqrt(Math.Clamp(coin.Turbulence, 1, 16));
        var size = family.OptionSize * depth / (1 + (0.3 * deviations * deviations));
        var gap = half;
        var levels = Math.Max(1, _quoting.OptionLevels);
        var bids = showsBid && bid > 0 ? Side(listed, step, bid, gap, size, levels, depletion.Bid, isBid: true) : [];
        var asks = showsAsk ? Side(listed, step, ask, gap, size, levels, depletion.Ask, isBid: false) : [];

        var values = new QuoteValues
        {
            Bid = bids.IsEmpty ? null : bids[0].Price,
            BidSize = bids.IsEmpty ? null : bids[0].Amount,
            Ask = asks.IsEmpty ? null : asks[0].Price,
            AskSize = asks.IsEmpty ? null : asks[0].Amount,
            Mark = RoundMark(option, fair),
            MarkVol = FromPercent(vol),
            BidVol = bids.IsEmpty ? null : QuotedVol(option, expiry, bids[0].Price * unit),
            AskVol = asks.IsEmpty ? null : QuotedVol(option, expiry, asks[0].Price * unit),
            UnderlyingPrice = Math.Round(expiry.Forward, 4),
            UnderlyingName = inverse ? DeribitNames.Format(new DatedFuture(option.Underlying, option.Expiry)) : "SYN." + DeribitNames.Format(new DatedFuture(option.Underlying, option.Expiry)),
            Delta = Math.Round(greeks.Delta, 5),
            Gamma = Math.Round(greeks.Gamma, 8),
            Vega = Math.Round(greeks.Vega / 100, 5),
            Theta = Math.Round(greeks.ThetaPerYear / 365, 5),

            // Venues publish d price / d rate at a fixed spot, which moves the forward: K T N(d2) per percent, signed.
            Rho = Math.Round(-option.StrikeValue * expiry.Years * greeks.StrikeDelta / 100, 5),
        };
        return new MadeQuote(
            _quoting.OptionLevels == 0 ? [] : bids,
            _quoting.OptionLevels == 0 ? [] : asks,
            values,
            QuoteGroups.TopOfBook | QuoteGroups.Mark | QuoteGroups.Forward | QuoteGroups.QuotedVols | QuoteGroups.Greeks);
    }

    private MadeQuote MakeLinear(SimulatedInstrument listed, VenueView view, Depletion depletion)
    {
        var fair = TruePrice(listed, view);
        var stress = view.Point.Stress;
        var turbulence = listed.Coin < 0 ? 1 : Math.Sqrt(Math.Clamp(view.Point.Coins[listed.Coin].Turbulence, 1, 16));
        var widening = listed.Instrument switch { Perpetual => 1.0, DatedFuture => FutureWidening, _ => SpotWidening };
        var size = listed.SpotPair >= 0 ? parameters.SpotPairs[listed.SpotPair].Size : parameters.Families[listed.Family].FutureSize / (widening * widening);
        var step = (ulong)view.Point.Step;
        var half = _quoting.FutureHalfSpread * widening * fair * stress.SpreadMultiplier * turbulence;
        var center = fair + (MakerError * half * ((2 * listed.Stream.Derive(2).Uniform(step)) - 1));
        var bid = listed.Ticks.Floor(center - half);
        var ask = listed.Ticks.Ceiling(center + half);
        if (ask <= bid)
        {
            ask = listed.Ticks.Above(bid, 1);
        }

        size *= stress.DepthMultiplier / turbulence;
        var bids = bid > 0 ? Side(listed, step, bid, 2 * half, size, _quoting.LinearLevels, depletion.Bid, isBid: true) : [];
        var asks = Side(listed, step, ask, 2 * half, size, _quoting.LinearLevels, depletion.Ask, isBid: false);
        var groups = QuoteGroups.TopOfBook | QuoteGroups.Mark;
        var values = new QuoteValues
        {
            Bid = bids.IsEmpty ? null : bids[0].Price,
            BidSize = bids.IsEmpty ? null : bids[0].Amount,
            Ask = asks.IsEmpty ? null : asks[0].Price,
            AskSize = asks.IsEmpty ? null : asks[0].Amount,
            Mark = VenueView.RoundPrice(fair),
        };
        if (listed.Instrument is Perpetual)
        {
            var coin = view.Coin(listed.Family);
            groups |= QuoteGroups.Funding;
            values = values with
            {
                CurrentFunding = Math.Round(ForwardCurve.FundingRate(coin.Premium), 8),
                Funding8h = Math.Round(coin.Funding8h, 8),
            };
        }

        return new MadeQuote(bids, asks, values, groups);
    }

    /// <summary>Vols are published in percent with two decimals; the quotient is what a reader of the percent gets.</summary>
    private static double? FromPercent(double vol)
    {
        var percent = Math.Round(100 * vol, 2);
        return percent > 0 ? percent / 100 : null;
    }

    private static double? QuotedVol(EuropeanOption option, in ExpiryView expiry, double price)
    {
        // A bid below intrinsic value has no vol; the venue shows 0, which readers take for "none".
        var solved = ImpliedVol.Solve(new ImpliedVolInputs(option.Type, expiry.Forward, option.StrikeValue, expiry.Years, price));
        return solved.TryGetVol(out var vol) && vol is > 0 and < MaxPublishedVol ? FromPercent(vol) : null;
    }

    /// <summary>Venues cap what they print (500 % or 999 %): far wings near expiry have asks of any vol.</summary>
    private const double MaxPublishedVol = 9.99;

    /// <summary>Whether makers show a bid and an ask at all: far wings go unbid, deep options in the money unasked, stress takes sides away.</summary>
    private (bool Bid, bool Ask) ShownSides(SimulatedInstrument listed, VenueView view, double deviations, double absoluteDelta)
    {
        var stress = view.Point.Stress;
        var epoch = (ulong)(view.Point.Step * _stepSeconds / GapSeconds);
        var taste = listed.Stream.Derive(3).Uniform(0);
        var showsBid = !(deviations > 2.5 && taste < 0.2 * (deviations - 2.5));
        var showsAsk = !(absoluteDelta > 0.97 && taste < 0.15);
        var draw = listed.Stream.Derive(4).Uniform(epoch);
        if (draw < stress.NoQuoteProbability)
        {
            return (false, false);
        }

        var rest = (draw - stress.NoQuoteProbability) / (1 - stress.NoQuoteProbability);
        if (rest < stress.OneSidedProbability)
        {
            // Bids go first when the market falls, asks when it rises.
            var momentum = listed.Coin < 0 ? 0 : view.Point.Coins[listed.Coin].Momentum;
            var losesBid = listed.Stream.Derive(5).Uniform(epoch) < (momentum < 0 ? 0.7 : 0.3);
            return losesBid ? (false, showsAsk) : (showsBid, false);
        }

        return (showsBid, showsAsk);
    }

    /// <summary>One side of a book: amounts grow away from the best price, trades have eaten from the best price on.</summary>
    private static ImmutableArray<BookLevel> Side(
        SimulatedInstrument listed, ulong step, double best, double gap, double size, int levels, double depleted, bool isBid)
    {
        var stream = listed.Stream.Derive(isBid ? 6UL : 7UL);
        var result = ImmutableArray.CreateBuilder<BookLevel>(levels);
        var ticks = listed.Ticks;
        var price = best;
        for (var level = 0; level < levels && price > 0; level++)
        {
            var u = stream.Uniform((step * 256) + (ulong)level);
            var natural = ticks.Amount(size * (0.4 + (1.2 * u)) * (1 + (0.5 * level)));
            var eaten = Math.Min(depleted, natural);
            depleted -= eaten;
            var left = natural - eaten;
            if (ticks.IsAmount(left))
            {
                result.Add(new BookLevel(price, ticks.Amount(left)));
            }

            var tick = (double)(price > (double)ticks.Threshold ? ticks.TickAbove : ticks.Tick);
            var jump = Math.Max(1, (int)Math.Min(1_000, Math.Round(gap * (0.5 + stream.Uniform((step * 256) + 128 + (ulong)level)) / tick)));
            price = isBid ? ticks.Below(price, jump) : ticks.Above(price, jump);
        }

        return result.DrainToImmutable();
    }
}
