using Pms.Margin.Measures;
using Pms.MarketData.Instruments;
using Pms.Numerics.Distributions;
using Pms.Pricing.JumpModels;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Scenarios.MonteCarlo;

namespace Pms.Margin.Tests.Measures;

/// <summary>The error bar that a margin states with its ES, against closed forms: the set, the measure and the quantile that are charged.</summary>
public sealed class ErrorBarTests(ITestOutputHelper output)
{
    private const double Day = 1.0 / 365.0;
    private const int Seeds = 100;

    /// <summary>
    /// Method: a book whose loss is minus the log return, at 1 % vol so that the drift -v/2 is nothing beside the spread; its exact ES against the two-sided 99 % bar
    /// and the one-sided 95 % bound of each of 100 seeds. Both must hold in at least 95.
    /// </summary>
    [Theory]
    [InlineData(double.PositiveInfinity)]
    [InlineData(6.0)]
    public void ExpectedShortfall_NormalAndStudentBook_InsideItsErrorBar(double degrees)
    {
        var factors = new RiskFactors([new Asset("BTC")], []);
        var defaults = MonteCarloParameters.Default(factors);
        var parameters = defaults with
        {
            Coins = [defaults.Coins[0] with { Variance = new VarianceDynamics(1e-4, 0.0, 0.0, 0.0, 0.0), OwnJump = JumpLaw.None, Surface = SurfaceDynamics.Still }],
            Crash = JumpLaw.None,
            DegreesOfFreedom = degrees,
        };
        // a million money units for one standard deviation
        var unit = 1e6 / Math.Sqrt(1e-4 * Day);
        var exact = 1e6 * (double.IsFinite(degrees) ? Math.Sqrt((degrees - 2.0) / degrees) : 1.0) * ClosedFormTails.Student(degrees, 0.99).ExpectedShortfall;
        var (inside, below, errors, squares) = (0, 0, 0.0, 0.0);
        for (var seed = 0UL; seed < Seeds; seed++)
        {
            var batch = new MonteCarloGenerator(parameters, factors, Day, seed, 10_000).Generate(maxThreads: 2);
            var set = new ScenarioSet(factors, Day, seed, ContentHash.Of("none"u8), [(batch, 1.0)]);
            var pnl = batch.Columns.SpotLogReturn(0).ToArray().Select(r => (long)(unit * r)).ToArray();
            var tail = TailMeasure.Of(pnl, SampleDesign.Of(set), TailLevel.P99);
            tail.DegreesOfFreedom.ShouldBe(7);
            inside += Math.Abs(tail.EsExact - exact) <= ConfidenceQuantile.OneSided(0.995, tail.DegreesOfFreedom) * tail.StandardError ? 1 : 0;
            below += tail.UpperBound(0.95) >= exact ? 1 : 0;
            errors += tail.StandardError / exact / Seeds;
            squares += Math.Pow((tail.EsExact / exact) - 1.0, 2) / Seeds;
        }

        var found = $"nu {degrees}: {inside} of {Seeds} inside the two-sided 99 % bar, {below} below the one-sided 95 % bound; stated standard error {errors:P2}, true {Math.Sqrt(squares):P2}";
        output.WriteLine(found);
        inside.ShouldBeGreaterThanOrEqualTo(95, found);
        below.ShouldBeGreaterThanOrEqualTo(95, found);
    }
}
