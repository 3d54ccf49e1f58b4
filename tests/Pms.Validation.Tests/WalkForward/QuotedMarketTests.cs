using Pms.Margin.Portfolios;
using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Validation.WalkForward;
using Pms.Volatility;
using Pms.Volatility.Svi;

namespace Pms.Validation.Tests.WalkForward;

public sealed class QuotedMarketTests
{
    private static readonly DateTimeOffset At = new(2031, 3, 4, 8, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Later = At.AddDays(1);
    private static readonly DateTimeOffset Expiry = At.AddDays(10);
    private static readonly UnderlyingId Inverse = UnderlyingId.Inverse(new Asset("BTC"));
    private static readonly UnderlyingId Linear = UnderlyingId.Linear(new Asset("SOL"), new Asset("USDC"));

    [Fact]
    public void Gain_InverseOption_IsItsCoinsAtTheForwardOfEachBoard()
    {
        var (before, after) = (Market(At, Quote(Option(Inverse), 50_000, mark: 0.05)), Market(Later, Quote(Option(Inverse), 52_000, mark: 0.08)));
        // Two sold at 0.05 x 50,000 = 2,500 each are 0.08 x 52,000 = 4,160.
        Gain(Option(Inverse), -2, before, after).ShouldBe(-3_320, 1e-9);
    }

    [Fact]
    public void Gain_LinearOption_IsTheChangeOfPrice()
    {
        var option = new EuropeanOption(Linear, Expiry, 150, OptionType.Put);
        var (before, after) = (Market(At, Quote(option, 150, mark: 10)), Market(Later, Quote(option, 140, mark: 13.5)));
        Gain(option, 30, before, after).ShouldBe(105, 1e-9);
    }

    [Fact]
    public void Gain_Perpetuals_AreCountedInQuoteOrInCoins()
    {
        var (inverse, linear) = (new Perpetual(Inverse), new Perpetual(Linear));
        var before = Market(At, Quote(Option(Inverse), 49_950, mark: 0.05), Quote(inverse, null, mark: 50_000), Quote(new EuropeanOption(Linear, Expiry, 150, OptionType.Put), 149, mark: 10), Quote(linear, null, mark: 150));
        var after = Market(Later, Quote(Option(Inverse), 51_900, mark: 0.05), Quote(inverse, null, mark: 52_000), Quote(new EuropeanOption(Linear, Expiry, 150, OptionType.Put), 149, mark: 10), Quote(linear, null, mark: 141));
        // 10,000 USD are 0.2 coins less 10/52 coins, each worth 51,900 by then.
        Gain(inverse, 10_000, before, after).ShouldBe((0.2 - (10.0 / 52)) * 51_900, 1e-9);
        Gain(linear, -7, before, after).ShouldBe(63, 1e-9);
        Gain(new Spot(Inverse), 2, before, after).ShouldBe(3_900, 1e-9);
    }

    [Fact]
    public void Gain_PerpetualWithoutMark_IsAtTheForward()
    {
        var (before, after) = (Market(At, Quote(Option(Inverse), 50_000, mark: 0.05)), Market(Later, Quote(Option(Inverse), 40_000, mark: 0.05)));
        // Short 1,000 USD: 0.025 - 0.02 coins gained, at 40,000.
        Gain(new Perpetual(Inverse), -1_000, before, after).ShouldBe(200, 1e-9);
    }

    [Fact]
    public void Gain_CoinPrice_IsTheForwardOfTheSoonestLivingExpiryElseTheIndex()
    {
        var dead = new EuropeanOption(Inverse, At.AddHours(-1), 50_000, OptionType.Call);
        var before = Market(At, Quote(dead, 10_000, mark: 0.05), Quote(Option(Inverse), 50_000, mark: 0.05), Quote(new EuropeanOption(Inverse, Expiry.AddDays(7), 50_000, OptionType.Call), 60_000, mark: 0.1));
        var after = new QuotedMarket(Snapshot(Later, [Quote(new Perpetual(Inverse), null, mark: 1)], index: 55_000), []);
        Gain(new Spot(Inverse), 1, before, after).ShouldBe(5_000, 1e-9);
    }

    [Theory]
    [InlineData(0.05, 0.04, 0.06, 0.05)]
    [InlineData(0.05, 0.055, 0.06, 0.055)]
    [InlineData(0.09, 0.055, 0.06, 0.06)]
    [InlineData(null, 0.05, 0.06, 0.055)]
    [InlineData(0.05, 0.07, 0.06, 0.05)]
    [InlineData(0.05, null, 0.01, 0.05)]
    [InlineData(null, 0.05, null, null)]
    [InlineData(null, 0.07, 0.06, null)]
    [InlineData(null, null, null, null)]
    public void Of_MarkBidAndAsk_IsTheMarkWithinThemElseTheMid(double? mark, double? bid, double? ask, double? expected)
    {
        var price = QuotedPrice.Of(Quote(Option(Inverse), 50_000, mark, bid, ask), At);
        price.HasValue.ShouldBe(expected.HasValue);
        (price ?? 0).ShouldBe(expected ?? 0, 1e-15);
    }

    [Fact]
    public void Of_MarkVolWithoutMark_IsBlacksPrice()
    {
        var put = new EuropeanOption(Linear, Expiry, 140, OptionType.Put);
        QuotedPrice.Of(Quote(Option(Inverse), 51_000, markVol: 0.6), At)!.Value.ShouldBe(Black(OptionType.Call, 51_000, 50_000, 10.0 / 365, 0.6) / 51_000, 1e-12);
        QuotedPrice.Of(Quote(put, 150, markVol: 0.9), At)!.Value.ShouldBe(Black(OptionType.Put, 150, 140, 10.0 / 365, 0.9), 1e-9);
        // Held within the quotes as a mark is; without a forward or after expiry it is none.
        QuotedPrice.Of(Quote(put, 150, bid: 1, ask: 1.5, markVol: 0.9), At).ShouldBe(1.5);
        QuotedPrice.Of(Quote(put, null, markVol: 0.9), At).ShouldBeNull();
        QuotedPrice.Of(Quote(put, 150, markVol: 0.9), Expiry).ShouldBeNull();
    }

    [Fact]
    public void Gain_OptionWithoutQuote_IsValuedOnTheSurfaceAndCounted()
    {
        var other = new EuropeanOption(Inverse, Expiry, 60_000, OptionType.Call);
        var before = Market(At, Quote(Option(Inverse), 50_000, mark: 0.05));
        var after = new QuotedMarket(Snapshot(Later, [Quote(other, 52_000, mark: 0.01)]), [Flat(Later, 52_000, 0.7)]);

        before.Gain(new Position(Option(Inverse), 1), after, out var byModel).ShouldBe(Black(OptionType.Call, 52_000, 50_000, 9.0 / 365, 0.7) - 2_500, 1e-6);
        byModel.ShouldBeTrue();
        Market(At, Quote(other, 50_000, mark: 0.01)).Gain(new Position(other, 1), after, out byModel).ShouldBe(20, 1e-9);
        byModel.ShouldBeFalse();
    }

    [Fact]
    public void Gain_WhatCannotBeValued_IsRefused()
    {
        string Code(Instrument instrument, QuotedMarket from, QuotedMarket to) => Should.Throw<InvalidInputException>(() => from.Gain(new Position(instrument, 1), to, out _)).Code;
        var (before, after) = (Market(At, Quote(Option(Inverse), 50_000, mark: 0.05)), Market(Later, Quote(Option(Inverse), 52_000, mark: 0.08)));
        var unquoted = new EuropeanOption(Inverse, Expiry, 60_000, OptionType.Call);

        Code(new DatedFuture(Inverse, Expiry), before, after).ShouldBe("backtest-revaluation");
        Code(unquoted, before, after).ShouldBe("backtest-revaluation");
        Code(new Perpetual(Linear), before, after).ShouldBe("backtest-revaluation");
        // Expired by the later board, which has a surface but no quote of it.
        var gone = new QuotedMarket(Snapshot(Expiry, [Quote(new Perpetual(Inverse), null, mark: 52_000)], index: 52_000), [Flat(Expiry, 52_000, 0.7)]);
        Code(Option(Inverse), before, gone).ShouldBe("backtest-revaluation");
        // A family on the first board alone.
        Code(Option(Inverse), before, Market(Later, Quote(new EuropeanOption(Linear, Expiry, 150, OptionType.Put), 149, mark: 10))).ShouldBe("backtest-revaluation");
    }

    private static EuropeanOption Option(UnderlyingId id) => new(id, Expiry, 50_000, OptionType.Call);

    private static double Gain(Instrument instrument, decimal quantity, QuotedMarket before, QuotedMarket after)
    {
        var gain = before.Gain(new Position(instrument, quantity), after, out var byModel);
        byModel.ShouldBeFalse();
        return gain;
    }

    private static QuotedMarket Market(DateTimeOffset at, params InstrumentQuote[] quotes) => new(Snapshot(at, quotes), []);

    private static InstrumentQuote Quote(Instrument instrument, double? forward, double? mark = null, double? bid = null, double? ask = null, double? markVol = null) => new(
        instrument,
        new QuoteValues { Mark = mark, Bid = bid, Ask = ask, MarkVol = markVol, UnderlyingPrice = forward },
        new Provenance("invented", At, At));

    private static MarketSnapshot Snapshot(DateTimeOffset at, InstrumentQuote[] quotes, double? index = null)
    {
        var provenance = new Provenance("invented", at, at);
        var state = new MarketState();
        state.Apply(new BoardStart(provenance, at));
        foreach (var quote in quotes)
        {
            state.Apply(new QuoteUpdate(provenance, quote.Instrument, QuoteGroups.TopOfBook | QuoteGroups.Mark | QuoteGroups.Forward, quote.Values)).ShouldBeNull();
        }

        if (index is { } price)
        {
            state.Apply(new IndexUpdate(provenance, Inverse.Base, Inverse.Quote, price));
        }

        return state.Seal(at);
    }

    private static VolSurface Flat(DateTimeOffset at, double forward, double vol)
    {
        var expiry = Expiry > at ? Expiry : at.AddDays(7);
        var years = UtcTime.YearsBetween(at, expiry);
        return new VolSurface(Inverse, at, [new VolSlice(expiry, years, forward, new RawSvi(vol * vol * years, 0, 0, 0, 0.1))], ContentHash.Of("flat"u8));
    }

    /// <summary>Black (1976), written out.</summary>
    private static double Black(OptionType type, double forward, double strike, double years, double vol)
    {
        var deviation = vol * Math.Sqrt(years);
        var d1 = (Math.Log(forward / strike) / deviation) + (deviation / 2);
        var call = (forward * NormalDistribution.Cdf(d1)) - (strike * NormalDistribution.Cdf(d1 - deviation));
        return type == OptionType.Call ? call : call - forward + strike;
    }
}
