using System.Collections.Immutable;
using Pms.Margin.Venues;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Histories;
using Pms.MarketData.Snapshots;
using Pms.Numerics;
using Pms.Scenarios.Historical;
using Pms.Testing;
using Pms.Validation.WalkForward;

namespace Pms.Validation.Tests.WalkForward;

public sealed class LookAheadTests
{
    private static readonly MarketSnapshot[] Boards = [.. Enumerable.Range(0, 4).Select(d => Board(d, 50_000 + (500 * d), 2_500 - (20 * d), 0.6))];

    /// <summary>Half the price, twice the vol.</summary>
    private static readonly MarketSnapshot[] Others = [.. Enumerable.Range(0, 4).Select(d => Board(d, 25_000 - (300 * d), 1_200 + (20 * d), 1.2))];

    [Fact]
    public void Run_OwnModelWithHistory_KnowsNothingOfLaterBoardsAndDays()
    {
        LookAhead.FirstLeak(Boards, Others, History(), (_, _) => SmallEngine.Make()).ShouldBeNull();
    }

    [Theory]
    [InlineData("span")]
    [InlineData("deribit")]
    public void Run_VenueModel_KnowsNothingOfLaterBoards(string name)
    {
        LookAhead.FirstLeak(Boards, Others, History(), (_, _) => new VenueBacktestModel(VenueModels.Create(name))).ShouldBeNull();
    }

    [Fact]
    public void Run_ModelThatPeeksAtTheNextBoard_IsCaught()
    {
        LookAhead.FirstLeak(Boards, Others, History(), (boards, _) => new NextBoardModel(boards)).ShouldNotBeNull();
    }

    [Fact]
    public void Run_ModelThatPeeksAtItsOwnDaysClose_IsCaught()
    {
        LookAhead.FirstLeak(Boards, Others, History(), (_, history) => new SameDayCloseModel(history)).ShouldNotBeNull();
    }

    [Fact]
    public void Of_History_IsCutBeforeTheBoardsDay()
    {
        var state = BoardState.Of(Boards[1], Volatility.SurfaceParameters.Default, History());
        state.History!.Series.ShouldAllBe(s => s.Values.Keys.Last() == DateOnly.FromDateTime(Boards[0].ObservedAt.UtcDateTime));
    }

    private static MarketSnapshot Board(int day, double btc, double eth, double vol) => QuotedBoards.Make(QuotedBoards.Start.AddDays(day), new QuotedCoin("BTC", btc, vol), new QuotedCoin("ETH", eth, vol));

    /// <summary>Closes of 300 days before the boards and of ten days from the first on.</summary>
    private static FactorHistory History() => new(new[] { ("BTC", 50_000.0, 1UL), ("ETH", 2_500.0, 2UL) }.Select(c =>
    {
        var stream = new RandomStream(c.Item3);
        var values = ImmutableSortedDictionary.CreateBuilder<DateOnly, double>();
        var level = c.Item2;
        for (var d = -300; d < 10; d++)
        {
            level *= Math.Exp(0.03 * NormalDistribution.InverseCdf(stream.Uniform((ulong)(d + 300))));
            values.Add(DateOnly.FromDateTime(QuotedBoards.Start.UtcDateTime).AddDays(d), level);
        }

        return new HistorySeries(new Asset(c.Item1), HistoryField.Close, "invented", values.ToImmutable());
    }));
}
