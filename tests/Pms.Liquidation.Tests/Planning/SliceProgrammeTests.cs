using System.Collections.Immutable;
using Pms.Liquidation.Planning;
using Pms.Liquidation.Programmes;
using Pms.Margin.Measures;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Testing;

namespace Pms.Liquidation.Tests.Planning;

public sealed class SliceProgrammeTests
{
    private const ulong Seed = 2_718;

    [Fact]
    public void Solve_RandomBooks_CostsWhatTheProgrammeWrittenOutCosts()
    {
        var books = DistressedBooks.Small;
        var engine = books.Engine;
        var policy = LiquidationPolicy.Default;
        var (compared, worst) = (0, 0.0);
        for (var c = 0; c < FuzzBudget.Cases(12); c++)
        {
            if (books.Draw(new RandomStream(Seed).Derive((ulong)c)) is not { } account)
            {
                continue;
            }

            var before = engine.Evaluate(account);
            ImmutableArray<LiquidationAction> actions =
            [
                .. before.Holdings.Select(h => new LiquidationAction(h.Row, -h.Lots, 1, false, TradingCost.Of(engine.LiquidityOf(h.Row), policy), engine.LiquidityOf(h.Row))),
            ];
            var programme = new SliceProgramme(new RequirementModel(engine, before, actions), actions, policy.TargetRatio);
            var state = programme.Solve(before.Equity, before.Shortfall * 1e-6);
            var exact = ExactProgramme.LeastCost(engine, before, actions, policy.TargetRatio, before.Equity, coin => ErrorBar(coin, before, engine));
            (state == ProgrammeState.Optimal).ShouldBe(exact is not null, $"seed {Seed}, case {c}");
            if (exact is not { } least)
            {
                continue;
            }

            worst = Math.Max(worst, Math.Abs((programme.LeastCost / least) - 1));
            programme.LeastCost.ShouldBe(least, least * 2e-3, $"seed {Seed}, case {c}: {actions.Length} legs");
            compared++;
        }

        compared.ShouldBeGreaterThan(5);
        TestContext.Current.SendDiagnosticMessage($"{compared} programmes, worst difference {worst:E1}");
    }

    /// <summary>What the margin charges above the ES, of all contracts or of one coin's.</summary>
    private static double ErrorBar(Asset? coin, Margin.Requirement.MarginResult before, Margin.Requirement.MarginEngine engine)
    {
        var upper = coin is null ? before.MeasureUpper : before.StandAlone.Single(s => s.Coin == coin).EsUpper;
        var pnl = engine.Pnl([.. before.Holdings.Where(h => coin is null || ExactProgramme.CoinOf(engine, h.Row) == coin)]);
        return upper - TailMeasure.Of(pnl.AsSpan(0, engine.Design.Count), engine.Design, engine.Parameters.Measure.CoherentLevel).EsExact;
    }
}
