using Pms.Margin.Revaluation;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Pricing;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Testing;
using static Pms.Margin.Tests.HandMarket;

namespace Pms.Margin.Tests.Revaluation;

public sealed class ScenarioValuationTests
{
    private static readonly ScenarioValuation Valuation = new(HandMarket.Market);

    private static readonly ScenarioMoves Crash = new(Spot: -0.25, VolLevel: 0.4, Skew: -0.15, VolTerm: 0.1, Years: 1.0 / 365, Basis: -0.05, Peg: -0.02);

    [Fact]
    public void Value_LinearOption_IsTheFormulaOfTheConvention()
    {
        // Written out again with libm and Black's formula on a vol, as the convention states it.
        var option = Put(BtcUsdc, 25, 50_000);
        var years = 25 / 365.0;
        var left = 24 / 365.0;
        var forward = 60_060 * Math.Exp(0.1 * years) * Math.Exp(-0.25 + 0.02 + (-0.05 * Math.Sqrt(left * 30 / 365)));
        var smile = Smile(0.56, years, -0.20);
        var k = Math.Log(50_000 / forward);
        var factor = Math.Exp(2 * 0.5) * left / years;
        var line = 2 * Math.Sqrt(factor * smile.TotalVariance(0)) * -0.15;
        var vol = Math.Sqrt(((factor * smile.TotalVariance(k)) + (line * k)) / left);
        var expected = 0.999 * Math.Exp(-0.02) * Black76.Price(new BlackInputs(OptionType.Put, forward, 50_000, left, vol));
        Valuation.Of(option).Value(Crash).ShouldBe(expected, 1e-11 * expected);
    }

    [Fact]
    public void Value_InverseOption_IsCoinValueTimesCoinPrice()
    {
        var option = Call(BtcInverse, 116, 70_000);
        var years = 116 / 365.0;
        var left = 115 / 365.0;
        var forward = 60_000 * Math.Exp(0.1 * years) * Math.Exp(-0.25 - (0.05 * Math.Sqrt(left * 30 / 365)));
        var smile = Smile(0.55, years, -0.25);
        var k = Math.Log(70_000 / forward);
        var factor = Math.Exp(2 * 0.5) * left / years;
        var line = 2 * Math.Sqrt(factor * smile.TotalVariance(0)) * -0.15;
        var coin = Black76.CoinPrice(new BlackInputs(OptionType.Call, forward, 70_000, left, Math.Sqrt(((factor * smile.TotalVariance(k)) + (line * k)) / left)));
        var expected = coin * 60_000 * Math.Exp(-0.25);
        Valuation.Of(option).Value(Crash with { Peg = 0 }).ShouldBe(expected, 1e-11 * expected);
    }

    [Fact]
    public void Value_Futures_AreTheirSettlements()
    {
        var left = 115 / 365.0;
        var f0 = 61_900.0;
        var f1 = f0 * Math.Exp(-0.25 + (-0.05 * Math.Sqrt(left * 30 / 365)));
        Valuation.Of(new DatedFuture(BtcInverse, Expiry(116))).Value(Crash with { Peg = 0 }).ShouldBe(60_000 * Math.Exp(-0.25) * ((1 / f0) - (1 / f1)), 1e-12);
        var perpetual = 60_075 * (Math.Exp(-0.25 + 0.02 - (0.05 * 30 / 365)) - 1);
        Valuation.Of(new Perpetual(BtcUsdc)).Value(Crash).ShouldBe(0.999 * Math.Exp(-0.02) * perpetual, 1e-8);
        Valuation.Of(new Perpetual(BtcInverse)).Now.ShouldBe(0);
        // No listed mark: the surface's forward.
        var forward = 60_060 * Math.Exp(0.1 * 25 / 365);
        Valuation.Of(new DatedFuture(BtcUsdc, Expiry(25))).Value(new ScenarioMoves { Spot = 0.1 }).ShouldBe(0.999 * forward * (Math.Exp(0.1) - 1), 1e-8);
    }

    [Fact]
    public void Value_Assets_FollowCoinPegAndAnchor()
    {
        Valuation.Of(Btc).Value(Crash with { Peg = 0 }).ShouldBe(60_000 * Math.Exp(-0.25), 1e-9);
        Valuation.Of(Usdc).Value(new ScenarioMoves { Peg = -0.13 }).ShouldBe(0.999 * Math.Exp(-0.13), 1e-12);
        Valuation.Of(Steth).Value(Crash).ShouldBe(2_990 * Math.Exp(-0.27), 1e-9);
        Valuation.Of(Asset.Usd).Value(Crash.Only(MoveParts.Time)).ShouldBe(1);
        var spot = Valuation.Of(new Spot(BtcUsdc));
        spot.Value(Crash).ShouldBe(0.999 * 60_060 * Math.Exp(-0.25), 1e-9);
    }

    [Fact]
    public void Moves_OfASet_SplitLevelAndTerm()
    {
        var set = Set(2, c =>
        {
            c.SpotLogReturn(0)[1] = -0.1;
            c.SpotLogReturn(1)[1] = -0.2;
            c.SkewChange(0)[1] = -0.05;
            c.BasisChange(0)[1] = 0.03;
            c.PegLogChange(0)[1] = -0.01;
            c.PegLogChange(1)[1] = -0.04;
            for (var t = 0; t < 5; t++)
            {
                c.VolLogChange(0, t)[1] = 0.5 - (0.1 * t);
            }
        });
        var option = Valuation.Of(Call(BtcUsdc, 7, 60_000));
        option.Moves(set, 0).ShouldBe(new ScenarioMoves { Years = 1.0 / 365 });
        var moves = option.Moves(set, 1);
        moves.VolLevel.ShouldBe(0.3);
        moves.VolTerm.ShouldBe(0.1, 1e-15);
        moves.ShouldBe(new ScenarioMoves(-0.1, 0.3, -0.05, moves.VolTerm, 1.0 / 365, 0.03, -0.01));
        Valuation.Of(Steth).Moves(set, 1).ShouldBe(new ScenarioMoves { Spot = -0.2, Peg = -0.04, Years = 1.0 / 365 });
        Valuation.Of(Call(BtcInverse, 7, 60_000)).Moves(set, 1).Peg.ShouldBe(0);
    }

    [Fact]
    public void Value_ExpiryInsideTheHorizon_IsIntrinsic()
    {
        var moves = Crash with { Peg = 0, Years = 2.0 / 365 };
        var forward = 60_000 * Math.Exp(0.1 / 365) * Math.Exp(-0.25);
        Valuation.Of(Put(BtcInverse, 1, 60_000)).Value(moves).ShouldBe(60_000 * Math.Exp(-0.25) * (60_000 - forward) / forward, 1e-7);
        Valuation.Of(Call(BtcInverse, 1, 60_000)).Value(moves).ShouldBe(0);
    }

    /// <summary>Put-call parity holds in every state: call - put = P0 e^p (F1 - K), or the same in coin.</summary>
    [Fact]
    public void Value_RandomStates_ObeyParityAndDoNotDependOnWhatIsNotNamed()
    {
        var stream = new RandomStream(20260302);
        ulong drawn = 0;
        double Centred() => stream.Uniform(drawn++) - 0.5;
        for (var i = 0; i < FuzzBudget.Cases(20_000); i++)
        {
            var id = (i % 3) switch { 0 => BtcInverse, 1 => BtcUsdc, _ => EthInverse };
            var spot = id == EthInverse ? 3_000 : 60_000;
            var days = ExpiryDays[i / 3 % 4];
            var strike = Math.Round((decimal)(spot * Math.Exp(Centred() * 1.5)), 2);
            var moves = new ScenarioMoves(
                Centred() * 1.2, Centred() * 1.5, Centred() * 0.1, Centred() * 0.4,
                (Centred() + 0.5) * 3 / 365, Centred() * 0.2, id == BtcUsdc ? Centred() * 0.2 : 0);
            var call = Valuation.Of(Call(id, days, strike));
            var put = Valuation.Of(Put(id, days, strike));
            var future = new DatedFuture(id, Expiry(days));
            var years = days / 365.0;
            var forward = HandMarket.Market.Underlying(id).Surface!.Forward(years) * Math.Exp(moves.Spot - moves.Peg + (moves.Basis * Math.Sqrt(Math.Max(years - moves.Years, 0) * 30 / 365)));
            var parity = id == BtcUsdc ? 0.999 * Math.Exp(moves.Peg) * (forward - (double)strike) : spot * Math.Exp(moves.Spot) * (1 - ((double)strike / forward));
            (call.Value(moves) - put.Value(moves)).ShouldBe(parity, 1e-9 * spot, $"case {i}: {call.Name} {moves}");
            // A move outside Depends changes nothing.
            foreach (var part in Enum.GetValues<MoveParts>().Where(p => p != MoveParts.All && !call.Depends.HasFlag(p)))
            {
                call.Value(moves.Only(MoveParts.All & ~part)).ShouldBe(call.Value(moves));
            }
        }
    }

    [Fact]
    public void SpotDelta_EveryInstrument_IsTheSlopeOfSpotOnlyRevaluation()
    {
        UnitValuation[] units =
        [
            Valuation.Of(Call(BtcInverse, 7, 62_000)), Valuation.Of(Put(BtcInverse, 116, 40_000)), Valuation.Of(Call(BtcUsdc, 25, 80_000)), Valuation.Of(Put(EthInverse, 1, 3_000)),
            Valuation.Of(new Perpetual(BtcInverse)), Valuation.Of(new Perpetual(BtcUsdc)), Valuation.Of(new DatedFuture(BtcInverse, Expiry(25))), Valuation.Of(new Spot(BtcUsdc)),
            Valuation.Of(Btc), Valuation.Of(Steth),
        ];
        foreach (var unit in units)
        {
            const double h = 1e-5;
            var slope = (unit.Value(new ScenarioMoves { Spot = Math.Log(1 + h) }) - unit.Value(new ScenarioMoves { Spot = Math.Log(1 - h) })) / (2 * h);
            unit.SpotDelta.ShouldBe(slope, 1e-6 * Math.Max(1, Math.Abs(slope)), unit.Name);
        }

        Valuation.Of(Usdc).SpotDelta.ShouldBe(0.999);
        Valuation.Of(Asset.Usd).SpotDelta.ShouldBe(0);
    }

    [Fact]
    public void Value_BesideTheFittedExpiries_ContinuesTheSurface()
    {
        var surface = HandMarket.Market.Underlying(BtcInverse).Surface!;
        foreach (var hours in new[] { 3, 12 * 24, 365 * 24 })
        {
            var years = hours / 24.0 / 365;
            var forward = surface.Forward(years);
            var vol = surface.Vol(Math.Log(66_000 / forward), years);
            var expected = 60_000 * Black76.CoinPrice(new BlackInputs(OptionType.Call, forward, 66_000, years, vol));
            Valuation.Of(new EuropeanOption(BtcInverse, At.AddHours(hours), 66_000, OptionType.Call)).Now.ShouldBe(expected, 1e-9 * 60_000);
        }
    }

    [Fact]
    public void States_PlainMovesWithArbitrage_AreRepairedInEveryPart()
    {
        // A near expiry lifted far above the next one, and a steep skew: the plain smiles cross.
        var set = Set(3, c =>
        {
            c.VolLogChange(0, 0)[1] = 1.2;
            c.VolLogChange(0, 1)[1] = 0.1;
            c.SkewChange(0)[2] = -1.5;
            for (var t = 0; t < 5; t++)
            {
                c.VolLogChange(0, t)[2] = 0.2;
            }
        });
        var states = new ScenarioStates(set, [1, 2]);
        var plainWasKept = 0;
        var repaired = 0;
        foreach (var days in ExpiryDays)
        {
            var unit = Valuation.Of(Put(BtcInverse, days, 52_000));
            foreach (var scenario in new[] { 1, 2 })
            {
                for (var parts = MoveParts.None; parts <= MoveParts.All; parts++)
                {
                    var plain = unit.Moves(set, scenario).Only(parts);
                    var state = states.Of(unit, scenario, parts);
                    (state with { Smile = null }).ShouldBe(plain);
                    var isSame = Math.Abs(unit.Value(state) - unit.Value(plain)) < 1e-9;
                    plainWasKept += isSame ? 1 : 0;
                    repaired += isSame ? 0 : 1;
                }
            }
        }

        plainWasKept.ShouldBeGreaterThan(100);
        repaired.ShouldBeGreaterThan(100);
        Should.Throw<KeyNotFoundException>(() => states.Of(Valuation.Of(Btc), 0, MoveParts.All));
    }

    [Fact]
    public void Of_WhatCannotBeValued_SaysWhy()
    {
        Code(() => Valuation.Of(Call(BtcInverse, -1, 60_000))).ShouldBe("instrument-expired");
        Code(() => Valuation.Of(Call(UnderlyingId.Inverse(new Asset("SOL")), 7, 60_000))).ShouldBe("underlying-missing");
        Code(() => Valuation.Of(new Asset("SOL"))).ShouldBe("asset-price-missing");
        var bare = new Margin.Market.MarginMarket(At, default, [new Margin.Market.UnderlyingMarket(BtcInverse, 60_000, null, null, [])], new Dictionary<Asset, double> { [Btc] = 60_000 });
        Code(() => new ScenarioValuation(bare).Of(Call(BtcInverse, 7, 60_000))).ShouldBe("surface-missing");
        Code(() => new ScenarioValuation(bare).Of(new DatedFuture(BtcInverse, Expiry(7)))).ShouldBe("future-mark-missing");
        Code(() => _ = new ScenarioValuation(bare, double.NaN)).ShouldBe("perpetual-basis-years");
        var noPeg = Set(1, _ => { }, factors: new RiskFactors([Btc], []));
        Code(() => Valuation.Of(new Perpetual(BtcUsdc)).Moves(noPeg, 0)).ShouldBe("risk-factor-missing");
        Code(() => Valuation.Of(new Perpetual(EthInverse)).Moves(noPeg, 0)).ShouldBe("risk-factor-missing");
    }

    private static string Code(Action act) => Should.Throw<InvalidInputException>(act).Code;
}
