using Pms.Margin.Arrays;
using Pms.Margin.Market;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.Margin.Venues;
using Pms.MarketData.Instruments;
using Pms.Pricing.JumpModels;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Scenarios.MonteCarlo;
using Pms.Volatility;
using Pms.Volatility.Svi;

namespace Pms.Margin.Tests.Requirement;

/// <summary>Two books where one number alone is blind: a quantile to far shorts, a venue's grid to hedged structures under jumps. BTC at 60,000, 14 days, 55 % vol with a smile.</summary>
public sealed class BlindSpotTests(ITestOutputHelper output)
{
    private static readonly Asset Btc = new("BTC");
    private static readonly DateTimeOffset At = new(2026, 1, 15, 8, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Expiry = At.AddDays(14);
    private static readonly MarginMarket Market = MakeMarket();

    [Fact]
    public void Maintenance_TenFarShortCalls_AsksThousandsWhereTheQuantileAsksAlmostNothing()
    {
        var account = Book((100_000, OptionType.Call, -10));
        var margin = Evaluate(account, RiskParameters.Default);
        var var99 = margin.Tail.Var * 1e-6;
        var own = margin.Maintenance * 1e-6;
        var venues = Venues(account);
        output.WriteLine($"ten short 14-day 100,000 calls at 60,000: VaR 99 {var99:F0}, ES 99 {margin.Tail.Es * 1e-6:F0}, maintenance {own:F0}, initial {margin.Initial * 1e-6:F0} USD ({margin.Binding}); venues' initial: {string.Join(", ", venues)}");
        var99.ShouldBeLessThan(100);
        own.ShouldBeGreaterThan(3_000);
        own.ShouldBeLessThan(0.4 * venues.Where(v => v.Key is "paradex" or "derive").Min(v => v.Value));
    }

    [Fact]
    public void Maintenance_IronCondorUnderJumps_AsksMoreThanTheTwoDayTailWhereGridsAskLess()
    {
        var account = Book((54_000, OptionType.Put, -1), (48_000, OptionType.Put, 1), (66_000, OptionType.Call, -1), (72_000, OptionType.Call, 1));
        var factors = RiskFactorLayout.Of(Market, []);
        var dynamics = MonteCarloParameters.Default(factors);
        var jumpy = dynamics.With(dynamics.Coin(Btc) with { OwnJump = new JumpLaw(9.1, -0.01, 0.126, 0.7, 0) });
        var parameters = RiskParameters.Default with { Scenarios = ScenarioParameters.Default with { HorizonDays = 2, MonteCarlo = jumpy } };
        var margin = Evaluate(account, parameters);
        var es = margin.Tail.Es * 1e-6;
        var venues = Venues(account);
        output.WriteLine($"iron condor 48/54/66/72 thousand, 2 days: ES 99 {es:F0} +- {margin.Tail.StandardError * 1e-6:F0}, maintenance {margin.Maintenance * 1e-6:F0} USD ({margin.Binding}); venues' initial: {string.Join(", ", venues)}");
        venues.Where(v => v.Key is "deribit" or "paradex" or "okx").ShouldAllBe(v => v.Value < es);
        (margin.Maintenance * 1e-6).ShouldBeGreaterThan(es);
    }

    private static MarginResult Evaluate(Account account, RiskParameters parameters)
    {
        var factors = RiskFactorLayout.Of(Market, parameters.Scenarios.Pegs);
        var set = ScenarioSetFactory.Make(factors, parameters.Scenarios, [.. Market.Underlyings.Select(u => u.Surface!)], null, seed: 1);
        var array = RiskArray.Build(Market, set, account.Positions.Select(p => p.Instrument), [Asset.Usd]);
        return MarginEngine.Evaluate(account, Market, array, set, parameters);
    }

    private static Dictionary<string, double> Venues(Account account) =>
        VenueModels.Names.ToDictionary(n => n, n => Math.Round(VenueModels.Create(n).Evaluate(account, Market).Initial));

    private static Account Book(params (int Strike, OptionType Type, decimal Quantity)[] legs) => new(
        "a", [.. legs.Select(l => new Position(new EuropeanOption(UnderlyingId.Inverse(Btc), Expiry, l.Strike, l.Type), l.Quantity)).OrderBy(p => p.Instrument.Name, StringComparer.Ordinal)], []);

    private static MarginMarket MakeMarket()
    {
        // ATM vol 55 %, about 70 % at the 167 % strike.
        var years = 14 / 365.0;
        var smile = new RawSvi((0.55 * 0.55 * years) - (0.012 * 0.15), 0.012, 0, 0, 0.15);
        var surface = new VolSurface(UnderlyingId.Inverse(Btc), At, [new VolSlice(Expiry, years, 60_000, smile)], ContentHash.Of("none"u8));
        return new MarginMarket(At, ContentHash.Of("hand"u8), [new UnderlyingMarket(UnderlyingId.Inverse(Btc), 60_000, surface, null, [])], new Dictionary<Asset, double> { [Btc] = 60_000 });
    }
}
