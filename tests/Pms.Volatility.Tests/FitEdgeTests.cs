using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Volatility.Arbitrage;
using Pms.Volatility.Quotes;
using Pms.Volatility.Svi;

namespace Pms.Volatility.Tests;

/// <summary>Boards, surfaces and parameters at the edge of what the fitter takes.</summary>
public sealed class FitEdgeTests
{
    private static readonly SurfaceParameters Parameters = SurfaceParameters.Default;

    [Fact]
    public void Fit_PreviousLaterThanTheBoard_IsNotCarriedBack()
    {
        var builder = new BoardBuilder().Smile(30, BoardBuilder.Ssvi(0.5, 30 / 365.0));
        var later = SurfaceFitter.Fit(builder.Board, BoardBuilder.At, Parameters).Surface!;
        var fit = SurfaceFitter.Fit(builder.Board with { Expiries = [] }, BoardBuilder.At.AddMinutes(-7), Parameters, later);
        fit.Surface.ShouldBeNull();
        fit.Age.ShouldBe(TimeSpan.Zero);
        fit.Degraded.Select(d => d.Code).ShouldBe(["no-surface"]);
    }

    [Fact]
    public void Fit_ForwardOnTheQuotesAlone_TakesTheirMedian()
    {
        // Calls below and puts above the money only: no pair for parity, and the board names no forward.
        var smile = BoardBuilder.Ssvi(0.5, 30 / 365.0);
        var builder = new BoardBuilder().Smile(30, smile);
        var board = BoardBuilder.Only(builder.Board, 0, q => (((EuropeanOption)q.Instrument).StrikeValue < 60_000) == (((EuropeanOption)q.Instrument).Type == OptionType.Put) ? q : null);
        board = board with { Expiries = [board.Expiries[0] with { VenueForward = null }] };
        var fit = SurfaceFitter.Fit(board, BoardBuilder.At, Parameters);
        fit.Slices[0].Forward.ShouldBe(60_000);
        fit.Slices[0].ForwardSource.ShouldBe(ForwardSource.Venue);
        fit.Surface!.Vol(0, 30 / 365.0).ShouldBe(0.5, 0.002);
    }

    [Fact]
    public void Fit_ExpiryListedTwice_Refuses()
    {
        var smile = BoardBuilder.Ssvi(0.5, 30 / 365.0);
        var board = new BoardBuilder().Smile(30, smile).Smile(30, smile).Board;
        Should.Throw<InvalidInputException>(() => SurfaceFitter.Fit(board, BoardBuilder.At, Parameters)).Code.ShouldBe("board-expiries");
    }

    [Fact]
    public void Fit_MoreExpiriesThanTheBound_RefusesAndNamesIt()
    {
        var one = new BoardBuilder().Smile(30, BoardBuilder.Ssvi(0.5, 30 / 365.0)).Board;
        var board = one with
        {
            Expiries = [.. Enumerable.Range(0, SurfaceFitter.MaxExpiries + 1).Select(i => one.Expiries[0] with { Expiry = one.Expiries[0].Expiry.AddDays(i) })],
        };
        var error = Should.Throw<InvalidInputException>(() => SurfaceFitter.Fit(board, BoardBuilder.At, Parameters));
        error.Code.ShouldBe("board-expiries");
        error.Message.ShouldContain("129");
    }

    [Fact]
    public void Fit_LockedQuotesWithoutLeastBand_Fits()
    {
        var board = new BoardBuilder().Smile(30, BoardBuilder.Ssvi(0.5, 30 / 365.0), halfBand: 0).Board;
        var fit = SurfaceFitter.Fit(board, BoardBuilder.At, Parameters with { LeastRelativeHalfBand = 0, LeastShareOfTypicalBand = 0 });
        fit.Slices[0].Slice!.Vol(0).ShouldBe(0.5, 0.002);
    }

    [Fact]
    public void Fit_FlatPreviousOfAShortExpiry_Fits()
    {
        // Sigma of a flat smile is a formality: 1, which is hundreds of deviations of an expiry a day away.
        var expiry = BoardBuilder.At.AddDays(1);
        var earlier = BoardBuilder.At.AddHours(-1);
        var years = UtcTime.YearsBetween(earlier, expiry);
        var builder = new BoardBuilder().Smile(1, BoardBuilder.Ssvi(0.08, 1 / 365.0));
        var previous = new VolSurface(builder.Id, earlier, [new VolSlice(expiry, years, 60_000, RawSvi.Flat(0.08 * 0.08 * years))], default);
        SurfaceFitter.Fit(builder.Board, BoardBuilder.At, Parameters, previous).Slices[0].Slice!.Vol(0).ShouldBe(0.08, 0.001);
        var one = BoardBuilder.Only(builder.Board, 0, q => ((EuropeanOption)q.Instrument).StrikeValue == 60_000 ? q : null);
        SurfaceFitter.Fit(one, BoardBuilder.At, Parameters, previous).Slices[0].Slice!.Vol(0).ShouldBe(0.08, 0.001);
    }

    [Fact]
    public void Fit_PreviousWithoutVariance_IsIgnored()
    {
        var builder = new BoardBuilder().Smile(30, BoardBuilder.Ssvi(0.5, 30 / 365.0));
        var expiry = builder.Board.Expiries[0].Expiry;
        var previous = new VolSurface(builder.Id, BoardBuilder.At, [new VolSlice(expiry, 30 / 365.0, 60_000, RawSvi.Flat(0))], default);
        var fit = SurfaceFitter.Fit(builder.Board, BoardBuilder.At, Parameters, previous);
        fit.Surface!.Hash().ShouldBe(SurfaceFitter.Fit(builder.Board, BoardBuilder.At, Parameters).Surface!.Hash());
    }

    [Fact]
    public void NearestWithoutArbitrage_FlatShortSmilesOutOfOrder_AreOrdered()
    {
        VolSlice Slice(int hours, double vol) => new(BoardBuilder.At.AddHours(hours), hours / 8760.0, 60_000, RawSvi.Flat(vol * vol * hours / 8760.0));
        var surface = new VolSurface(new BoardBuilder().Id, BoardBuilder.At, [Slice(2, 0.5), Slice(3, 0.2)], default);
        SurfaceCheck.Run(SurfaceFitter.NearestWithoutArbitrage(surface, Parameters)).IsClean.ShouldBeTrue();
    }

    [Fact]
    public void Fit_HundredsOfExpiriesOutOfOrder_AreOrdered()
    {
        // More conditions at once than places are remembered.
        var expiries = Enumerable.Range(0, 300)
            .Select(e => new VolPoints((e + 1) / 365.0, [-0.1, -0.05, 0, 0.05, 0.1], [.. Enumerable.Repeat(e == 150 ? 0.55 : 0.5, 5)]))
            .ToArray();
        var fit = SurfaceFitter.Fit(expiries, Parameters);
        for (var e = 1; e < expiries.Length; e++)
        {
            CalendarCheck.Prove(fit.Smiles[e - 1], fit.Smiles[e]).Proven.ShouldBeTrue($"{e}");
        }
    }

    [Fact]
    public void Fit_AskBeyondTheUpperBound_IsTooWide()
    {
        // A venue's largest price as the ask: the band is open above, which says no more than one side alone would, and is no evidence of a fit inside it.
        var builder = new BoardBuilder().Smile(30, BoardBuilder.Ssvi(0.5, 30 / 365.0));
        var wide = builder.Board.Expiries[0].Options[20].Instrument;
        var board = BoardBuilder.Only(builder.Board, 0, q => q.Instrument == wide ? q with { Values = q.Values with { Ask = 5 } } : q);
        var fit = SurfaceFitter.Fit(board, BoardBuilder.At, Parameters);
        fit.Slices[0].Quotes.Single(q => q.Option == wide).Reason.ShouldBe(QuarantineReason.TooWide);
    }

    [Fact]
    public void Fit_BidWithoutTimeValue_IsNoPartOfTheMeanError()
    {
        // Quotes with an open band have no middle, so they may not dilute the error of those that do.
        var builder = new BoardBuilder().Smile(30, BoardBuilder.Ssvi(0.5, 30 / 365.0), halfBand: 0.05, noise: i => i % 2 == 0 ? 0.03 : -0.03);
        var plain = SurfaceFitter.Fit(builder.Board, BoardBuilder.At, Parameters).Slices[0];
        var board = BoardBuilder.Only(builder.Board, 0, q => ((EuropeanOption)q.Instrument) is { Type: OptionType.Call, StrikeValue: < 59_000 } ? q with { Values = q.Values with { Bid = 1e-4 } } : q);
        var open = SurfaceFitter.Fit(board, BoardBuilder.At, Parameters).Slices[0];
        open.InScope.ShouldBe(plain.InScope);
        open.RmseVol!.Value.ShouldBeGreaterThan(0.95 * plain.RmseVol!.Value);
    }

    [Fact]
    public void Fit_StalePairs_DoNotNameTheForward()
    {
        var smile = BoardBuilder.Ssvi(0.5, 30 / 365.0);
        var builder = new BoardBuilder().Smile(30, smile, venueForward: false);
        var moved = new BoardBuilder().Smile(30, smile, forward: 66_000, halfBand: 0.001, venueForward: false);
        var stale = moved.Board.Expiries[0].Options.Select(q => q with { Provenance = new Provenance("test", null, BoardBuilder.At.AddHours(-2)) });
        var options = builder.Board.Expiries[0].Options.Concat(stale).OrderBy(q => ((EuropeanOption)q.Instrument).StrikeValue).ThenBy(q => ((EuropeanOption)q.Instrument).Type);
        var board = builder.Board with { Expiries = [builder.Board.Expiries[0] with { Options = [.. options] }] };
        SurfaceFitter.Fit(board, BoardBuilder.At, Parameters).Slices[0].Forward!.Value.ShouldBe(60_000, 100);
    }

    [Fact]
    public void Validate_NoPullToTheMiddle_Refuses()
    {
        // Without a pull no quote is a target, and every expiry would be left unfitted.
        Should.Throw<InvalidInputException>(() => (Parameters with { PullToMid = 0 }).Validate()).Code.ShouldBe("surface-parameter");
        var board = new BoardBuilder().Smile(30, BoardBuilder.Ssvi(0.5, 30 / 365.0)).Board;
        SurfaceFitter.Fit(board, BoardBuilder.At, Parameters with { PullToMid = 1e-3 }).Slices[0].Slice!.Vol(0).ShouldBe(0.5, 0.01);
    }

    [Fact]
    public void NegativeRanges_SteepWing_ReachesInfinityOnEitherSide()
    {
        // A slope a little above 2 turns g negative far out, where the dense search no longer looks.
        var right = new RawSvi(0.04, 1.0000001, 1 - 1e-9, 0.1, 0.2);
        right.RightSlope.ShouldBeGreaterThan(2);
        var ranges = ButterflyCheck.NegativeRanges(right);
        ranges[^1].To.ShouldBe(double.PositiveInfinity);
        var mirrored = ButterflyCheck.NegativeRanges(right with { Rho = -right.Rho, M = -right.M });
        mirrored.Select(r => (-r.To, -r.From)).Reverse().ShouldBe(ranges);
        foreach (var (from, to) in ranges)
        {
            right.Butterfly(double.IsFinite(to) ? 0.5 * (from + to) : 2 * from).ShouldBeLessThan(0);
        }
    }
}
