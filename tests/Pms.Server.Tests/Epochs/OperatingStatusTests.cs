using Pms.Primitives;
using Pms.Server.Books;
using Pms.Server.Epochs;

namespace Pms.Server.Tests.Epochs;

/// <summary>What the server still answers for, by the age of its inputs and by what failed.</summary>
public sealed class OperatingStatusTests
{
    private static readonly ServerOptions Options = ServerWorld.OptionsIn("unused");

    private static readonly RiskEpoch Epoch = RiskEpoch.Compute(1, ServerWorld.First, RiskBook.Empty, ServerWorld.Parameters, 1, 1, null, TimeProvider.System);

    [Theory]
    [InlineData(0, OperatingState.Normal, null)]
    [InlineData(9_999, OperatingState.Normal, null)]
    [InlineData(10_000, OperatingState.Degraded, "market-stale")]
    [InlineData(29_999, OperatingState.Degraded, "market-stale")]
    [InlineData(30_000, OperatingState.ReduceOnly, "market-stale")]
    [InlineData(120_000, OperatingState.Halt, "market-stale")]
    public void Of_AgeOfTheMarket_IsBoundByTheOptions(int ageMs, OperatingState state, string? reason)
    {
        var status = OperatingStatus.Of(Options, TimeSpan.FromMilliseconds(ageMs), Epoch, null, null);
        status.State.ShouldBe(state);
        status.Reasons.Select(r => r.Code).ShouldBe(reason is null ? [] : [reason]);
    }

    [Fact]
    public void Of_WhatFailed_IsTheWorstOfAllAndSaysEverything()
    {
        var (failed, store) = (new Refusal("array-full", "x"), new Refusal("store-failed", "y"));
        OperatingStatus.Of(Options, TimeSpan.Zero, Epoch, failed, null).State.ShouldBe(OperatingState.ReduceOnly);
        OperatingStatus.Of(Options, null, Epoch, null, null).State.ShouldBe(OperatingState.Halt);
        OperatingStatus.Of(Options, TimeSpan.Zero, null, null, null).Reasons.Single().Code.ShouldBe("no-epoch");
        var all = OperatingStatus.Of(Options, TimeSpan.FromSeconds(15), Epoch, failed, store);
        all.State.ShouldBe(OperatingState.Halt);
        all.Reasons.Select(r => r.Code).ShouldBe(["store-failed", "array-full", "market-stale"]);
    }

    [Fact]
    public void Compute_AnAccountThatCannotBeValued_IsRefusedAlone()
    {
        var book = ServerWorld.Accounts.Aggregate(RiskBook.Empty, (b, a) => b.With(b.Sequence + 1, a));
        var epoch = RiskEpoch.Compute(1, ServerWorld.First, book, ServerWorld.Parameters, 1, 1, null, TimeProvider.System);
        epoch.Accounts.Select(a => (a.Account.Id, AccountStates.Of(a))).ShouldBe(
            [("alice", AccountState.Healthy), ("bob", AccountState.Healthy), ("carol", AccountState.Liquidatable), ("dora", AccountState.Refused)]);
        epoch.Find("dora")!.Refusal!.Code.ShouldNotBeNullOrEmpty();
        epoch.Valued.Select(a => a.Id).ShouldBe(["alice", "bob", "carol"]);
        epoch.Find("nobody").ShouldBeNull();
    }

    /// <summary>ENG-14: on a board with a degraded surface nobody is asked less than the same board would ask as a whole one.</summary>
    [Fact]
    public void ENG14_Compute_OnADegradedBoard_AsksNoLessAndSaysSo()
    {
        var book = ServerWorld.Accounts.Aggregate(RiskBook.Empty, (b, a) => b.With(b.Sequence + 1, a));
        var epoch = RiskEpoch.Compute(1, ServerWorld.Outage, book, ServerWorld.Parameters, 1, 1, null, TimeProvider.System);
        epoch.Context.IsDegraded.ShouldBeTrue();
        epoch.Degraded.ShouldContain(r => r.Code == "quote-outage");
        var status = OperatingStatus.Of(Options, TimeSpan.Zero, epoch, null, null);
        status.State.ShouldBe(OperatingState.Degraded);
        status.Reasons.ShouldContain(r => r.Code == "quote-outage");
        var asked = epoch.Accounts.Where(a => a.Result is not null).ToArray();
        asked.ShouldNotBeEmpty();
        foreach (var account in asked)
        {
            account.Result!.Maintenance.ShouldBeGreaterThan(epoch.Margin.Engine.Evaluate(account.Account).Maintenance, account.Account.Id);
        }
    }

    [Fact]
    public void Compute_Again_GivesTheSameBits()
    {
        var book = ServerWorld.Accounts.Aggregate(RiskBook.Empty, (b, a) => b.With(b.Sequence + 1, a));
        var first = RiskEpoch.Compute(1, ServerWorld.First, book, ServerWorld.Parameters, 1, 1, null, TimeProvider.System);
        var again = RiskEpoch.Compute(2, ServerWorld.First, book, ServerWorld.Parameters, 1, 2, first, TimeProvider.System);
        again.Margin.Array.Root.ShouldBe(first.Margin.Array.Root);
        again.Accounts.Select(a => a.Result?.Maintenance).ShouldBe(first.Accounts.Select(a => a.Result?.Maintenance));
    }
}
