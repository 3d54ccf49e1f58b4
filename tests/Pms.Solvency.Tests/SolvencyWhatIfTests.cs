using Pms.Margin.Arrays;
using Pms.Margin.Measures;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Solvency.Accounts;
using Pms.Solvency.Indices;
using Pms.Solvency.Stresses;

namespace Pms.Solvency.Tests;

/// <summary>What-ifs on a real array: each alone, all together, and none of them ever in favour of the protocol.</summary>
public sealed class SolvencyWhatIfTests
{
    private static readonly SolvencyTerms Terms = new(SolvencyResources.OfUsd(20_000), TailLevel.P99);

    private static readonly Account[] Accounts =
    [
        SolvencyMarket.Account("mm", usd: 400_000, perpetuals: 40),
        SolvencyMarket.Account("bear", usd: 30_000, perpetuals: -6),
        SolvencyMarket.Account("coins", usd: -200_000, perpetuals: 3, btc: 7),
        SolvencyMarket.Account("safe", usd: 1_000_000, perpetuals: 1),
    ];

    [Fact]
    public void Of_AMargin_IsCollateralAndContractsLessRounding()
    {
        var (engine, book) = SolvencyMarket.Book(Accounts);
        var margin = engine.Evaluate(Accounts[2]);
        var account = book.Accounts[2];
        account.Initial.ShouldBe(margin.Initial);
        var lots = margin.Holdings.Concat(margin.CollateralHoldings).Sum(h => Math.Abs(h.Lots));
        account.Equity.ShouldBe(margin.Collateral.Sum(c => c.Counted) - ((lots + 1) / 2));
        // In a scenario that halves the coin, what is counted of it halves too.
        var scenario = engine.Set.TailCount;
        var perUsd = (double)account.Equity + account.Holdings.Sum(h => h.Lots * (double)engine.Array.Rows[h.Row].Ticks[scenario]);
        var counted = 7 * (1 - engine.Parameters.Haircut(SolvencyMarket.Btc)) * SolvencyMarket.Index;
        perUsd.ShouldBe(1e6 * (-200_000 + (counted * Math.Exp(-0.7)) + (3 * SolvencyMarket.Index * (Math.Exp(-0.7) - 1))), 1e6);
    }

    [Fact]
    public void Of_ABookOfMargins_TellsStressByName()
    {
        var (_, book) = SolvencyMarket.Book(Accounts);
        var found = SolvencyAssessment.Of(book, Terms, threads: 2);
        found.Worst[0].Description.ShouldBe("stress 0: half down");
        found.Cover1.Owners.ShouldBe(["mm"]);
        found.Cover1.Description.ShouldBe("stress 0: half down");
        found.Cover2.Owners.ShouldBe(["mm", "coins"]);
        found.Shortfall.ShouldBeGreaterThan(0);
    }

    [Fact]
    public void Of_ASetThatTheArrayWasNotBuiltOn_Refuses()
    {
        var other = SolvencyMarket.Book(seed: 6, Accounts).Book;
        Should.Throw<InvalidInputException>(() => SolvencyAssessment.Of(SolvencyMarket.Book(Accounts).Book with { Set = other.Set }, Terms)).Code.ShouldBe("solvency-inputs");
    }

    [Fact]
    public void Apply_Nothing_ChangesNothing()
    {
        var (_, book) = SolvencyMarket.Book(Accounts);
        var (after, terms) = new SolvencyWhatIf().Apply(book, Terms);
        after.Accounts.ShouldBe(book.Accounts);
        terms.ShouldBe(Terms);
    }

    [Fact]
    public void Apply_ALostOwner_IsWorthItsInitialMargin()
    {
        var (_, book) = SolvencyMarket.Book(Accounts);
        var (after, _) = new SolvencyWhatIf { Lost = ["safe", "bear"] }.Apply(book, Terms);
        after.Accounts[3].Equity.ShouldBe(book.Accounts[3].Initial!.Value);
        after.Accounts[3].Equity.ShouldBeLessThan(book.Accounts[3].Equity);
        // One that is worth less than its initial margin has nothing to take out.
        var poor = book.Accounts[1].Equity < book.Accounts[1].Initial;
        after.Accounts[1].Equity.ShouldBe(poor ? book.Accounts[1].Equity : book.Accounts[1].Initial!.Value);
        after.Accounts[0].ShouldBe(book.Accounts[0]);
    }

    [Fact]
    public void Apply_AGap_TakesThatShareOfTheCoinsAndOfTheirGains()
    {
        var (engine, book) = SolvencyMarket.Book(Accounts);
        var (after, _) = new SolvencyWhatIf { Gaps = [CollateralGap.Of(SolvencyMarket.Btc, 0.25)] }.Apply(book, Terms);
        engine.Array.TryFind(SolvencyMarket.Btc, out var row).ShouldBeTrue();
        var coins = book.Accounts[2].Holdings.Single(h => h.Row == row).Lots;
        var kept = after.Accounts[2].Holdings.Single(h => h.Row == row).Lots;
        kept.ShouldBe(coins * 3 / 4);
        after.Accounts[2].Equity.ShouldBe(book.Accounts[2].Equity - ((coins - kept) * engine.Array.Rows[row].UnitValueTicks));
        after.Accounts.Take(2).ShouldBe(book.Accounts.Take(2));
        // All of it: as if the coins were not there.
        var (none, _) = new SolvencyWhatIf { Gaps = [CollateralGap.Of(SolvencyMarket.Btc, 1)] }.Apply(book, Terms);
        none.Accounts[2].Holdings.Single(h => h.Row == row).Lots.ShouldBe(0);
    }

    [Fact]
    public void Fallen_ADebtOfTheCoin_Stays()
    {
        var account = new SolvencyAccount("a", "a", 100, [new RowLots(0, -10), new RowLots(1, 10)]);
        var fallen = SolvencyWhatIf.Fallen(account, new Dictionary<int, int> { [0] = 500_000_000 }, _ => 7);
        fallen.Equity.ShouldBe(100);
        fallen.Holdings.ShouldBe(account.Holdings);
    }

    [Fact]
    public void Apply_AnyOfThem_NeverRaisesTheIndex()
    {
        var draw = new RandomStream(21);
        ulong next = 0;
        double Uniform() => draw.Uniform(next++);
        for (var c = 0; c < 60; c++)
        {
            Account[] accounts = [.. Enumerable.Range(0, 6).Select(i => SolvencyMarket.Account($"a{i}", Math.Round((decimal)Uniform() * 100_000m, 2) - 20_000m, Math.Round((decimal)Uniform() * 8m, 2) - 4m, Math.Round((decimal)Uniform() * 2m, 3)))];
            var (_, book) = SolvencyMarket.Book(accounts);
            var before = SolvencyAssessment.Of(book, Terms);
            SolvencyWhatIf[] cases =
            [
                new() { Lost = ["a1"] },
                new() { Gaps = [CollateralGap.Of(SolvencyMarket.Btc, 0.01 + (0.9 * Uniform()))] },
                new() { HoursWithoutKeepers = 48 * Uniform() },
                new() { Lost = ["a0", "a2"], Gaps = [CollateralGap.Of(SolvencyMarket.Btc, 0.3)], HoursWithoutKeepers = 4 },
            ];
            var indices = cases.Select(w => w.Apply(book, Terms)).Select(p => SolvencyAssessment.Of(p.Book, p.Terms)).ToArray();
            indices.ShouldAllBe(a => a.Index <= before.Index && a.Cover1.Amount >= before.Cover1.Amount);
            var (same, larger) = new SolvencyWhatIf { Resources = new SolvencyResources(Terms.Resources.Insurance * 2, 0) }.Apply(book, Terms);
            SolvencyAssessment.Of(same, larger).Index.ShouldBeGreaterThanOrEqualTo(before.Index);
        }
    }

    [Fact]
    public void Apply_WhatIsNotThere_Refuses()
    {
        var (_, book) = SolvencyMarket.Book(Accounts);
        void Refuses(string code, SolvencyWhatIf whatIf) => Should.Throw<InvalidInputException>(() => whatIf.Apply(book, Terms)).Code.ShouldBe(code);
        Refuses("account-missing", new() { Lost = ["nobody"] });
        Refuses("solvency-gap", new() { Gaps = [CollateralGap.Of(new Asset("ETH"), 0.5)] });
        Refuses("solvency-gap", new() { Gaps = [CollateralGap.Of(SolvencyMarket.Btc, 0.5), CollateralGap.Of(SolvencyMarket.Btc, 0.1)] });
        Refuses("solvency-gap", new() { Gaps = [default] });
        Refuses("solvency-hours", new() { HoursWithoutKeepers = -1 });
        Should.Throw<InvalidInputException>(() => CollateralGap.Of(Asset.Usd, 0.5)).Code.ShouldBe("solvency-gap");
        Should.Throw<InvalidInputException>(() => CollateralGap.Of(SolvencyMarket.Btc, 1.01)).Code.ShouldBe("solvency-gap");
        Should.Throw<InvalidInputException>(() => CollateralGap.Of(SolvencyMarket.Btc, double.NaN)).Code.ShouldBe("solvency-gap");
    }

    [Fact]
    public void Of_ARecord_HoldsWhatItIsOf()
    {
        var (engine, book) = SolvencyMarket.Book(Accounts);
        var found = SolvencyAssessment.Of(book, Terms);
        var record = SolvencyRecord.Of(7, engine, found);
        (record.Epoch, record.At, record.ParametersHash, record.ScenarioSetHash).ShouldBe((7, engine.Array.At, engine.Parameters.Hash(), engine.Set.Hash));
        (record.Index, record.Band, record.Worst).ShouldBe((found.Index, found.Band, found.Worst[0].Shortfall));
    }
}
