using System.Text.Json;
using Pms.Margin.Revaluation;
using Pms.MarketData.Instruments;
using Pms.Pricing;
using Pms.Primitives;
using Pms.Testing;
using static Pms.Margin.Tests.HandMarket;

namespace Pms.Margin.Tests.Explain;

public sealed class TaylorTermsTests
{
    [Fact]
    public void Of_GoldenCases_Match()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(RepositoryPaths.RequireShared("golden", "risk.json")));
        var section = document.RootElement.GetProperty("pnl_explain");
        var inputs = section.GetProperty("inputs");
        double Input(string name) => inputs.GetProperty(name).GetDouble();
        foreach (var c in section.GetProperty("cases").EnumerateArray())
        {
            double Move(string name) => c.GetProperty(name).GetDouble();
            var terms = TaylorTerms.Of(
                new BlackInputs(OptionType.Call, Input("F"), Input("K"), Input("T_years"), Input("sigma")), Input("qty"), new OptionMove(Move("spot_move"), Move("vol_move"), Move("dt_years")));
            void Check(string name, double actual) =>
                actual.ShouldBe(c.GetProperty("expected").GetProperty(name).GetDouble(), 1e-9 * Math.Abs(terms.Full), name);
            Check("full_revaluation", terms.Full);
            Check("delta", terms.Delta);
            Check("gamma", terms.Gamma);
            Check("vega", terms.Vega);
            Check("theta", terms.Theta);
            Check("vanna", terms.Vanna);
            Check("volga", terms.Volga);
            Check("residual", terms.Residual);
        }
    }

    /// <summary>A second-order expansion leaves a third-order residual: halving the moves divides it by eight, and by four where time moves too (theta is first order).</summary>
    [Theory]
    [InlineData(OptionType.Call, 66_000)]
    [InlineData(OptionType.Put, 52_000)]
    public void Residual_MovesHalved_FallsByTheThirdPower(OptionType type, double strike)
    {
        var inputs = new BlackInputs(type, 60_000, strike, 0.1, 0.6);
        double Residual(double scale) => TaylorTerms.Of(inputs, -3, new OptionMove(-0.02 * scale, 0.03 * scale, 0)).Residual;
        var ratio = Residual(0.125) / Residual(0.0625);
        ratio.ShouldBeInRange(7, 9);
    }

    [Fact]
    public void Residual_MarginSizedMove_IsOfTheOrderOfTheProfit()
    {
        // 10 % out of the money, three weeks, -25 % spot and +35 vol points: most of the expansion's answer is residual.
        var terms = TaylorTerms.Of(new BlackInputs(OptionType.Call, 60_000, 66_000, 21 / 365.0, 0.58), 1, new OptionMove(-0.25, 0.35, 1 / 365.0));
        (Math.Abs(terms.Residual) / Math.Abs(terms.Full)).ShouldBeGreaterThan(0.5);
    }

    [Fact]
    public void Of_ExpiryPassed_IsIntrinsic()
    {
        var terms = TaylorTerms.Of(new BlackInputs(OptionType.Put, 60_000, 62_000, 0.001, 0.5), 2, new OptionMove(0, -0.9, 0.01));
        terms.Full.ShouldBe(2 * (2_000 - Black76.Price(new BlackInputs(OptionType.Put, 60_000, 62_000, 0.001, 0.5))), 1e-9);
    }

    [Theory]
    [InlineData(-1, 0, 0, 1, "move-range")]
    [InlineData(double.NaN, 0, 0, 1, "move-range")]
    [InlineData(0, double.PositiveInfinity, 0, 1, "move-range")]
    [InlineData(0, 0, -0.1, 1, "move-range")]
    [InlineData(0, 0, 0, double.NaN, "quantity-range")]
    public void Of_NotAMove_Refuses(double spot, double vol, double years, double quantity, string code)
    {
        Should.Throw<InvalidInputException>(() => TaylorTerms.Of(new BlackInputs(OptionType.Call, 1, 1, 1, 0.5), quantity, new OptionMove(spot, vol, years))).Code.ShouldBe(code);
    }

    [Fact]
    public void Taylor_SmallScenario_IsCloseToTheUnitsProfit()
    {
        var valuation = new ScenarioValuation(HandMarket.Market);
        UnitValuation[] units = [valuation.Of(Call(BtcInverse, 25, 62_000)), valuation.Of(Put(BtcUsdc, 116, 55_000)), valuation.Of(new Perpetual(BtcInverse)), valuation.Of(new DatedFuture(BtcUsdc, Expiry(25)))];
        foreach (var unit in units)
        {
            var moves = new ScenarioMoves(-0.004, 0.01, -0.003, 0.002, 0.1 / 365, 0, 0);
            var terms = unit.Taylor(moves);
            terms.Full.ShouldBe(unit.Pnl(moves), 1e-9);
            Math.Abs(terms.Residual).ShouldBeLessThan(0.01 * Math.Abs(terms.Full), unit.Name);
        }
    }
}
