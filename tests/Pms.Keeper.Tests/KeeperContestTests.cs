using System.Text.Json;
using Pms.Keeper.Contests;
using Pms.Keeper.Decisions;
using Pms.Primitives;

namespace Pms.Keeper.Tests;

/// <summary>Competing keepers: deterministic, nobody earns what is not there, and rewards rise until somebody comes (T34).</summary>
public sealed class KeeperContestTests(ITestOutputHelper output)
{
    private static readonly KeeperConfig Rules = new()
    {
        MinimumNetUsd = new KeeperConfig().MinimumNetUsd.SetItem(ActionKind.Start, -1e4).SetItem(ActionKind.Divide, -1e5).SetItem(ActionKind.End, -1e4),
        Gas = new GasRules { EtherUsd = 3_000, CapUsdPerDay = 1e8, CapUsdPerTransaction = 1e6, MostFeeGwei = 1e5 },
        LargestCashUsd = 1e6,
    };

    [Fact]
    public void Run_EqualSetups_GiveEqualResults()
    {
        JsonSerializer.Serialize(KeeperContest.Run(Setup())).ShouldBe(JsonSerializer.Serialize(KeeperContest.Run(Setup())));
        JsonSerializer.Serialize(KeeperContest.Run(Setup() with { Seed = 2 })).ShouldNotBeNull();
    }

    [Fact]
    public void Run_ThreeKeepers_RestoreAccountsAndAreOutbidSometimes()
    {
        var result = KeeperContest.Run(Setup());
        Tell("usual", result);
        result.RemovedShare.ShouldBeGreaterThan(0.99);
        result.Keepers.Sum(k => k.Lost).ShouldBeGreaterThan(0);
        result.Keepers.ShouldAllBe(k => k.Bids == 0 || k.GainBeforeGas > 0);
        // what keepers gain, costs left aside, is at most what accounts paid
        result.Keepers.Sum(k => k.GainBeforeGas).ShouldBeLessThanOrEqualTo(result.Accounts.Sum(a => a.Bonus) + 1e-3);
        result.Accounts.ShouldAllBe(a => a.Bonus >= 0 && a.Removed <= a.Shortfall + 1e-9);
    }

    /// <summary>One keeper bids dearer than many: competition lowers the rate that accounts pay.</summary>
    [Fact]
    public void Run_MoreKeepers_AccountsPayNoMore()
    {
        var one = KeeperContest.Run(Setup(keepers: 1));
        var many = KeeperContest.Run(Setup(keepers: 6));
        Tell("one", one);
        Tell("six", many);
        many.MeanRate.ShouldBeLessThanOrEqualTo(one.MeanRate);
    }

    /// <summary>T34: gas fifty times dearer, and nobody there for the first hour. The rate rises until it pays: at least 99 % of the shortfall by value is removed.</summary>
    [Theory]
    [InlineData(20, 0)]
    [InlineData(1_000, 0)]
    [InlineData(20, 3_600)]
    [InlineData(1_000, 3_600)]
    public void Run_DearGasOrAbsentKeepers_NinetyNinePercentByValueAreRemoved(double gwei, double absent)
    {
        // shares are written out when it is calm again, as a claim cannot be taken away
        var rules = Rules with { Gas = Rules.Gas with { CalmFeeGwei = 20 }, MinimumNetUsd = Rules.MinimumNetUsd.SetItem(ActionKind.Divide, -100) };
        var result = KeeperContest.Run(new ContestSetup { BaseFeeGwei = gwei, Minutes = 200, Accounts = ContestSetup.DrawAccounts(60, 3), Keepers = [.. ContestSetup.DrawKeepers(3, rules, absent, 1).Select(k => k with { CashUsd = 1e8 })] });
        Tell($"{gwei} gwei, absent {absent} s", result);
        result.RemovedShare.ShouldBeGreaterThan(0.99);
        result.Accounts.ShouldAllBe(a => a.StartedAt == null || a.StartedAt >= absent);
    }

    [Fact]
    public void ReadAccounts_OfAFile_ReadsOrRefuses()
    {
        ContestSetup.ReadAccounts(JsonSerializer.Deserialize<JsonElement>("""{"accounts":[{"account":1,"equity":1,"worth":2,"initial":4,"maintenance":3,"grossMark":5}]}""")).ShouldHaveSingleItem().GrossMark.ShouldBe(5);
        foreach (var bad in new[] { "[]", "{}", """{"accounts":[{"account":1}]}""", """{"accounts":3}""" })
        {
            Should.Throw<InvalidInputException>(() => ContestSetup.ReadAccounts(JsonSerializer.Deserialize<JsonElement>(bad))).Code.ShouldBe("contest", bad);
        }

        Should.Throw<InvalidInputException>(() => KeeperContest.Run(new ContestSetup())).Code.ShouldBe("contest");
    }

    private static ContestSetup Setup(int keepers = 3, double absent = 0) => new() { Accounts = ContestSetup.DrawAccounts(40, 1), Keepers = ContestSetup.DrawKeepers(keepers, Rules, absent, 1) };

    private void Tell(string name, ContestResult r) => output.WriteLine(
        $"{name}: removed {r.RemovedShare:P2}, rate {r.MeanRate:P2}, median restored at {r.MedianRestoredAt} s, {string.Join(", ", r.Accounts.GroupBy(a => a.Outcome).Select(g => $"{g.Count()} {g.Key}"))}; keepers {string.Join(", ", r.Keepers.Select(k => $"{k.Bids} bids {k.Lost} lost gain {k.GainBeforeGas:F0} gas {k.Gas:F0}"))}");
}
