using Pms.Margin.Portfolios;
using Pms.Margin.Venues;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Testing;
using static Pms.Margin.Tests.Venues.VenueBoard;

namespace Pms.Margin.Tests.Venues;

/// <summary>All models on the same accounts of a made-up board.</summary>
public sealed class VenueModelTests
{
    public static TheoryData<string> Names => [.. VenueModels.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Evaluate_EmptyAccount_AsksNothing(string name)
    {
        var m = VenueModels.Create(name).Evaluate(VenueBoard.Account(), MadeUp());
        (m.Initial, m.Maintenance, m.MarkToMarket).ShouldBe((0, 0, 0));
        m.Equity.ShouldBe(1_000_000);
        m.Components.ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Evaluate_RandomAccounts_AddUpAndDoNotDependOnOrder(string name)
    {
        const int seed = 11;
        var random = new Random(seed);
        var market = MadeUp();
        var model = VenueModels.Create(name);
        for (var n = 0; n < FuzzBudget.Cases(150); n++)
        {
            var account = Draw(random);
            var m = model.Evaluate(account, market);
            var what = $"seed {seed}, case {n}";
            m.Components.Sum(c => c.AmountUsd).ShouldBe(m.Initial, 1e-6 * (1 + m.Initial), what);
            m.Maintenance.ShouldBeLessThanOrEqualTo(m.Initial + 1e-6, what);
            m.Initial.ShouldBeGreaterThanOrEqualTo(0, what);
            double.IsFinite(m.Equity).ShouldBeTrue(what);
            var reversed = account with { Positions = [.. account.Positions.Reverse()], Collateral = [.. account.Collateral.Reverse()] };
            var other = model.Evaluate(reversed, market);
            (other.Initial, other.Maintenance, other.Equity, other.Binding).ShouldBe((m.Initial, m.Maintenance, m.Equity, m.Binding), what);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Evaluate_TwiceTheBook_AsksAtLeastTwice(string name)
    {
        const int seed = 12;
        var random = new Random(seed);
        var market = MadeUp();
        var model = VenueModels.Create(name);
        for (var n = 0; n < FuzzBudget.Cases(100); n++)
        {
            var account = Draw(random);
            var twice = account with
            {
                Positions = [.. account.Positions.Select(p => p with { Quantity = 2 * p.Quantity })],
                Collateral = [.. account.Collateral.Select(c => c with { Amount = 2 * c.Amount })],
            };
            var once = model.Evaluate(account, market).Initial;
            // Deribit rounds to 9 decimals of a coin
            model.Evaluate(twice, market).Initial.ShouldBeGreaterThanOrEqualTo((2 * once) - (1e-9 * once) - 1e-3, $"seed {seed}, case {n}");
        }
    }

    [Theory]
    [InlineData("span")]
    [InlineData("deribit")]
    [InlineData("okx")]
    [InlineData("paradex")]
    [InlineData("derive")]
    public void Evaluate_CallSpread_AsksLessThanItsLegs(string name)
    {
        var market = MadeUp();
        var model = VenueModels.Create(name);
        var shortLeg = (Option(BtcInverse, Near, 70_000, OptionType.Call), -5m);
        var longLeg = (Option(BtcInverse, Near, 72_000, OptionType.Call), 5m);
        var spread = model.Evaluate(VenueBoard.Account(shortLeg, longLeg), market);
        spread.Initial.ShouldBeLessThan(model.Evaluate(VenueBoard.Account(shortLeg), market).Initial);
        spread.Initial.ShouldBeLessThan(new StaticOnly(market).Of(shortLeg, longLeg) / 3, "no margin model asks a third of full collateral for a narrow spread");
    }

    [Fact]
    public void Static_HandMadeLegs_AreFullyHeld()
    {
        var market = MadeUp(carry: 0);
        var model = VenueModels.Create("static");
        var call = Option(BtcLinear, Near, 70_000, OptionType.Call);
        var put = Option(BtcLinear, Near, 50_000, OptionType.Put);
        // a long option asks what it is worth; a short call one coin less its own value; a short put its strike less its value
        var longCall = model.Evaluate(VenueBoard.Account((call, 2)), market);
        longCall.Initial.ShouldBe(longCall.MarkToMarket, 1e-9);
        var shortCall = model.Evaluate(VenueBoard.Account((call, -2)), market);
        shortCall.Initial.ShouldBe((2 * 60_000) - longCall.MarkToMarket, 1e-6);
        var shortPut = model.Evaluate(VenueBoard.Account((put, -1)), market);
        shortPut.Initial.ShouldBe(50_000 + shortPut.MarkToMarket, 1e-6);
        // inverse perpetuals count in USD
        model.Evaluate(VenueBoard.Account((new Perpetual(BtcInverse), -30_000)), market).Initial.ShouldBe(30_000 * 60_000 / (60_000 * 1.0003) * 1.0003, 10);
    }

    [Fact]
    public void Standard_ShortLegs_ByTheFormula()
    {
        var market = MadeUp(carry: 0);
        var model = VenueModels.Create("standard");
        // 10,000 out of the money on 60,000: 0.15 - 0.1667 is below the floor of 10 %
        model.Evaluate(VenueBoard.Account((Option(BtcLinear, Near, 70_000, OptionType.Call), -1)), market).Initial.ShouldBe(6_000, 1e-6);
        // 1,000 out of the money: 0.15 - 0.016667
        var near = model.Evaluate(VenueBoard.Account((Option(BtcLinear, Near, 61_000, OptionType.Call), -1)), market);
        near.Initial.ShouldBe((0.15 * 60_000) - 1_000, 1e-6);
        near.Maintenance.ShouldBe(0.075 * 60_000, 1e-6);
        // 2 % and 0.005 % a coin
        model.Evaluate(VenueBoard.Account((new DatedFuture(BtcLinear, Far), 10)), market).Initial.ShouldBe((0.02 + (10 * 0.00005)) * 600_000, 1e-6);
    }

    [Fact]
    public void Deribit_InversePerpetual_IsTheWorstBucket()
    {
        // Short 600,000 USD is about 10 coins; +16 % costs 10 x 0.16 / 1.16 coins, the roll shock 1 % of them.
        var m = VenueModels.Create("deribit").Evaluate(VenueBoard.Account((new Perpetual(BtcInverse), -600_000)), MadeUp());
        var coins = 600_000 / (60_000 * 1.0003);
        m.Initial.ShouldBe(coins * ((0.16 / 1.16) + 0.01) * 60_000, 0.001);
        m.Maintenance.ShouldBe(0.8 * m.Initial, 0.001);
        m.Binding.ShouldBe("BTC: standard table, move +16%, vol up");
    }

    [Fact]
    public void Deribit_HugeDelta_IsShocked()
    {
        // 1,000 coins are 60 million: 666.7 coins beyond the threshold at 0.005 % a coin are 3.33 % of all of them.
        var m = VenueModels.Create("deribit").Evaluate(VenueBoard.Account((new Perpetual(BtcLinear), -1_000)), MadeUp());
        var beyond = 1_000 - (20_000_000.0 / 60_000);
        m.Components.Single(c => c.Name == "delta_shock").AmountUsd.ShouldBe(beyond * 5e-5 * 1_000 * 60_000, 1e-3);
    }

    [Fact]
    public void Derive_OwnCoinHeld_CancelsTheRiskOfAShortPerpetual()
    {
        var market = MadeUp();
        var model = VenueModels.Create("derive");
        var bare = VenueBoard.Account((new Perpetual(BtcLinear), -10));
        var hedged = bare with { Collateral = [new CollateralHolding(Btc, 10m * 1.0003m)] };
        var contingencies = 10 * 1.0003 * 60_000 * 0.04;
        model.Evaluate(hedged, market).Initial.ShouldBe(contingencies, 1);
        model.Evaluate(bare, market).Initial.ShouldBe((10 * 1.0003 * 60_000 * 0.18) + contingencies, 1);
    }

    [Fact]
    public void Derive_OtherCoins_TakeAHaircut()
    {
        var account = VenueBoard.Account() with { Collateral = [new CollateralHolding(new Asset("STETH"), 10), new CollateralHolding(Usdc, 500)] };
        var m = VenueModels.Create("derive").Evaluate(account, MadeUp());
        m.Initial.ShouldBe(24_900 * 0.15, 1e-9);
        m.Maintenance.ShouldBe(24_900 * 0.1, 1e-9);
        m.Equity.ShouldBe(25_400, 1e-9);
    }

    [Theory]
    [InlineData("span")]
    [InlineData("okx")]
    [InlineData("paradex")]
    [InlineData("derive")]
    public void Evaluate_InverseAndLinear_AskTheSameWhereTheyPayTheSame(string name)
    {
        // Forward equal to spot: in USD a coin-settled option moves as a linear one.
        var market = MadeUp(carry: 0);
        var model = VenueModels.Create(name);
        var inverse = model.Evaluate(VenueBoard.Account((Option(BtcInverse, Near, 66_000, OptionType.Call), -3), (Option(BtcInverse, Far, 50_000, OptionType.Put), 2)), market);
        var linear = model.Evaluate(VenueBoard.Account((Option(BtcLinear, Near, 66_000, OptionType.Call), -3), (Option(BtcLinear, Far, 50_000, OptionType.Put), 2)), market);
        inverse.Initial.ShouldBe(linear.Initial, 1e-6);
        inverse.MarkToMarket.ShouldBe(linear.MarkToMarket, 1e-6);
    }

    [Theory]
    [InlineData("span", 0.04)]
    [InlineData("okx", 0.02)]
    [InlineData("paradex", 0.02)]
    [InlineData("derive", 0.06)]
    public void Evaluate_LegAndItsTwinInAnotherFamily_AsksOnlyTheCharges(string name, double shareOfNotional)
    {
        // An account nets equal contracts; these two are different ones that pay the same in USD, so no scenario loses.
        var m = VenueModels.Create(name).Evaluate(
            VenueBoard.Account((Option(BtcInverse, Near, 66_000, OptionType.Call), -3), (Option(BtcLinear, Near, 66_000, OptionType.Call), 3)), MadeUp(carry: 0));
        m.Initial.ShouldBeLessThan(shareOfNotional * 3 * 60_000);
        m.MarkToMarket.ShouldBe(0, 1e-6);
    }

    [Fact]
    public void Evaluate_OptionWithoutSurface_Refuses()
    {
        var market = MadeUp();
        var bare = new Margin.Market.MarginMarket(
            At,
            market.SnapshotHash,
            [new Margin.Market.UnderlyingMarket(BtcInverse, 60_000, null, null, [])],
            new Dictionary<Asset, double> { [Btc] = 60_000, [Usdc] = 1 });
        Should.Throw<InvalidInputException>(() => VenueModels.Create("span").Evaluate(VenueBoard.Account((Option(BtcInverse, Near, 66_000, OptionType.Call), -3)), bare)).Code.ShouldBe("surface-missing");
    }

    [Fact]
    public void Create_UnknownModel_NamesThoseThereAre()
    {
        var refusal = Should.Throw<InvalidInputException>(() => VenueModels.Create("vogon"));
        refusal.Code.ShouldBe("venue-model");
        refusal.Message.ShouldContain("paradex");
    }

    [Fact]
    public void Create_OverriddenParameters_ChangeResultAndHash()
    {
        var market = MadeUp();
        var account = VenueBoard.Account((new Perpetual(BtcInverse), -600_000));
        var wider = VenueParameters.BuiltIn("deribit", "btc").With("price_range", 0.2);
        var basis = VenueModels.Create("deribit").Evaluate(account, market);
        var changed = new Margin.Venues.Deribit.DeribitModel(wider, VenueParameters.BuiltIn("deribit", "eth")).Evaluate(account, market);
        changed.Initial.ShouldBeGreaterThan(basis.Initial);
        changed.ParametersHash.ShouldNotBe(basis.ParametersHash);
    }

    private static Account Draw(Random random)
    {
        UnderlyingId[] families = [BtcInverse, BtcLinear, EthInverse];
        var positions = new Dictionary<string, Position>(StringComparer.Ordinal);
        for (var i = random.Next(1, 8); i > 0; i--)
        {
            var id = families[random.Next(3)];
            var index = id == EthInverse ? 2_500 : 60_000;
            Instrument instrument = random.Next(6) switch
            {
                0 => new Perpetual(id),
                1 => new DatedFuture(id, Far),
                _ => Option(id, random.Next(2) == 0 ? Near : Far, index + (index / 20 * random.Next(-8, 12)), random.Next(2) == 0 ? OptionType.Call : OptionType.Put),
            };
            var sign = random.Next(2) == 0 ? -1 : 1;
            var quantity = instrument is EuropeanOption || id.Settlement == Settlement.Linear ? random.Next(1, 50) * 0.1m : random.Next(1, 50) * 1_000m;
            positions[instrument.Name] = new Position(instrument, sign * quantity);
        }

        return new Account("r", [.. positions.Values], [new CollateralHolding(Usdc, random.Next(0, 100_000)), new CollateralHolding(Btc, random.Next(0, 3)), new CollateralHolding(new Asset("STETH"), random.Next(0, 10))]);
    }

    private sealed class StaticOnly(Margin.Market.MarginMarket market)
    {
        public double Of(params (Instrument, decimal)[] positions) => VenueModels.Create("static").Evaluate(VenueBoard.Account(positions), market).Initial;
    }
}
