using Pms.Margin.Arrays;
using Pms.Margin.Explain;
using Pms.Margin.Portfolios;

namespace Pms.Margin.Tests.Explain;

public sealed class AccountExplanationTests(ITestOutputHelper output)
{
    private static readonly AccountExplanation Explained = AccountExplanation.Of(ExplainMarket.Engine([]), ExplainMarket.Book);

    [Fact]
    public void Of_Book_EveryTableAddsUpToTheMargin()
    {
        var margin = Explained.Margin;
        Explained.Positions.Sum(p => p.Es.Es).ShouldBe(margin.Tail.Es);
        var es = margin.Tail.EsExact / LotRule.MoneyPerUsd;
        Explained.Tail.Alone.Total.ShouldBe(es, 1e-9 * es);
        Explained.Tail.Shapley.Total.ShouldBe(es, 1e-9 * es);
        foreach (var position in Explained.Positions)
        {
            position.Split.Shapley.Total.ShouldBe((double)position.Es.Es / LotRule.MoneyPerUsd, 2e-6 + (1e-9 * es), position.Es.Name);
            position.StandaloneMaintenance.ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(0);
            position.MarginalMaintenance.ShouldNotBeNull();
        }

        // The array's rounding is all that full revaluation does not reproduce: at most half a money unit a lot.
        var rounding = (double)RiskArray.RoundingBound(margin.Holdings.AsSpan()) / LotRule.MoneyPerUsd;
        Math.Abs(Explained.Tail.Alone.Residual).ShouldBeLessThanOrEqualTo(rounding);
        Math.Abs(Explained.Tail.Alone.Residual).ShouldBeLessThan(1e-4 * es);
        output.WriteLine($"ES {es:F2}, residual {Explained.Tail.Alone.Residual:E2}, rounding bound {rounding:F3}; shapley {Explained.Tail.Shapley}; alone {Explained.Tail.Alone}");

        Explained.Grid.ShouldNotBeNull().Alone.Total.ShouldBe(margin.Grid.Loss * margin.Grid.LossShare / LotRule.MoneyPerUsd, 1e-9 * es);
        Explained.Worst.Length.ShouldBe(20);
        Explained.Worst.Max(w => w.CountedLoss).ShouldBe(Math.Max(margin.Grid.Counted, margin.Tail.Tail[0].Loss));
    }

    [Fact]
    public void Of_Book_DecayEndsWithWhatDoesNotExpire()
    {
        Explained.Decay[0].Maintenance.ShouldBe(Explained.Margin.Maintenance);
        Explained.Decay[0].Es.ShouldBe(Explained.Margin.Tail.Es);
        Explained.Decay[^1].Event.ShouldBe("26 Jun 2026 settled");
        Explained.Decay[^1].Positions.ShouldBe(1);
        Explained.Decay.Select(d => d.At).ShouldBeInOrder(SortDirection.Ascending);
        Explained.Decay[^1].Es.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Of_CollateralInTheHeatMap_AddsItsOwnGain()
    {
        var (contracts, account) = (Explained.Contracts, Explained.Account);
        var down = contracts.SpotMoves.IndexOf(-0.1);
        var still = contracts.VolMoves.IndexOf(0);
        (account.Pnl[still][down] - contracts.Pnl[still][down]).ShouldBe(-0.1 * ((1.2 * 60_000) + (3 * 2_990)), 1e-6);
    }

    [Fact]
    public void Of_AccountWithoutContracts_HasNothingToExplain()
    {
        var account = new Account("coins", [], ExplainMarket.Book.Collateral);
        var explained = AccountExplanation.Of(ExplainMarket.Engine([]), account);
        explained.Positions.ShouldBeEmpty();
        explained.Tail.Shapley.Total.ShouldBe(0);
        explained.Grid.ShouldBeNull();
        explained.Decay.Length.ShouldBe(1);
        explained.Contracts.WorstLoss.ShouldBe(0);
    }
}
