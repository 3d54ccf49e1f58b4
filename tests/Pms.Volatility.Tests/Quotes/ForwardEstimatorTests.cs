using Pms.MarketData.Instruments;
using Pms.Volatility.Quotes;

namespace Pms.Volatility.Tests.Quotes;

public sealed class ForwardEstimatorTests
{
    [Theory]
    [InlineData(Settlement.Inverse)]
    [InlineData(Settlement.Linear)]
    public void TryParity_CleanBoard_FindsTheForward(Settlement settlement)
    {
        var board = new BoardBuilder(settlement).Smile(30, BoardBuilder.Ssvi(0.5, 30 / 365.0), forward: 61_234.5, venueForward: false).Board;
        ForwardEstimator.TryParity(board.Expiries[0].Options.AsSpan(), settlement, out var forward).ShouldBeTrue();
        forward.ShouldBe(61_234.5, 0.5);

        var fit = SurfaceFitter.Fit(board, BoardBuilder.At, SurfaceParameters.Default);
        fit.Slices[0].ForwardSource.ShouldBe(ForwardSource.Parity);
        fit.Slices[0].InsideBidAsk.ShouldBe(1.0);
    }

    [Fact]
    public void TryParity_OneWrongPair_DoesNotMoveIt()
    {
        var builder = new BoardBuilder().Smile(30, BoardBuilder.Ssvi(0.5, 30 / 365.0), venueForward: false);
        var wrong = builder.Board.Expiries[0].Options[14];
        var board = BoardBuilder.Only(builder.Board, 0, q => q == wrong ? q with { Values = q.Values with { Bid = q.Bid * 1.3, Ask = (q.Bid * 1.3) + 1e-6 } } : q);
        ForwardEstimator.TryParity(board.Expiries[0].Options.AsSpan(), Settlement.Inverse, out var forward).ShouldBeTrue();
        forward.ShouldBe(60_000, 5);
    }

    [Fact]
    public void Fit_NoForwardAnywhere_SaysSo()
    {
        var builder = new BoardBuilder().Smile(30, BoardBuilder.Ssvi(0.5, 30 / 365.0), venueForward: false);
        var board = BoardBuilder.Only(builder.Board, 0, q => ((EuropeanOption)q.Instrument).Type == OptionType.Call ? q : null);
        var fit = SurfaceFitter.Fit(board, BoardBuilder.At, SurfaceParameters.Default);
        fit.Slices[0].Quarantined.ShouldContainKeyAndValue("no-forward", 15);
        fit.Slices[0].Forward.ShouldBeNull();
        fit.Surface.ShouldBeNull();
    }
}
