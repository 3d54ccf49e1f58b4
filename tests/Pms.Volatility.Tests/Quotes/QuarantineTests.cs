using Pms.MarketData.Instruments;
using Pms.MarketData.Snapshots;

namespace Pms.Volatility.Tests.Quotes;

public sealed class QuarantineTests
{
    [Theory]
    [InlineData("no-quote")]
    [InlineData("one-sided")]
    [InlineData("crossed")]
    [InlineData("stale")]
    [InlineData("outside-bounds")]
    [InlineData("too-wide")]
    [InlineData("invalid")]
    [InlineData("outlier")]
    public void Fit_OneBadQuote_IsLeftOutWithItsReason(string code)
    {
        var builder = new BoardBuilder().Smile(30, RawSvi30.Value);
        // Strike 4 of 15 lies below the forward: its put is out of the money, its call in the money.
        var target = builder.Board.Expiries[0].Options[code == "outside-bounds" ? 8 : 9];
        var board = BoardBuilder.Only(builder.Board, 0, q => ReferenceEquals(q, target) ? Spoil(q, code) : q);

        var fit = SurfaceFitter.Fit(board, BoardBuilder.At, SurfaceParameters.Default);
        var slice = fit.Slices.Single();
        slice.Quarantined.ShouldContainKeyAndValue(code, 1);
        slice.Quarantined.Count.ShouldBe(1);
        slice.Seen.ShouldBe(30);
        slice.Used.ShouldBe(29);
        slice.Quotes.Single(q => q.Reason != Pms.Volatility.Quotes.QuarantineReason.None).Option.ShouldBe((EuropeanOption)target.Instrument);
        slice.InsideBidAsk.ShouldBe(1.0);
        slice.Degraded.ShouldBeEmpty();
        AtMoneyVol(fit).ShouldBe(0.5, 0.003);
    }

    [Fact]
    public void Fit_DuplicateContract_KeepsTheFirst()
    {
        var board = new BoardBuilder().Smile(30, RawSvi30.Value).Board;
        var source = board.Expiries[0];
        var twice = source with { Options = source.Options.Insert(5, source.Options[4]) };
        var fit = SurfaceFitter.Fit(board with { Expiries = [twice] }, BoardBuilder.At, SurfaceParameters.Default);
        fit.Slices[0].Quarantined.ShouldContainKeyAndValue("duplicate", 1);
        fit.Slices[0].Used.ShouldBe(30);
    }

    [Fact]
    public void Fit_FarStrikeNobodyHolds_IsLeftOut()
    {
        var builder = new BoardBuilder();
        builder.Smile(30, RawSvi30.Value);
        var price = builder.Price(OptionType.Call, 60_000, 150_000, 30 / 365.0, 0.7);
        var far = builder.Quote(30, 150_000, OptionType.Call, price * 0.9, price * 1.1, openInterest: 0);
        var held = builder.Quote(30, 151_000, OptionType.Call, price * 0.9, price * 1.1, openInterest: 1);
        var source = builder.Board.Expiries[0];
        var board = builder.Board with { Expiries = [source with { Options = [.. source.Options, far, held] }] };
        var fit = SurfaceFitter.Fit(board, BoardBuilder.At, SurfaceParameters.Default);
        fit.Slices[0].Quarantined.ShouldContainKeyAndValue("far-wing-no-open-interest", 1);
        fit.Slices[0].Used.ShouldBe(31);
    }

    [Fact]
    public void Fit_ExpiryWithinTheBound_IsNotFitted()
    {
        var board = new BoardBuilder().Smile(30, RawSvi30.Value).Board;
        var fit = SurfaceFitter.Fit(board, board.Expiries[0].Expiry.AddMinutes(-20), SurfaceParameters.Default with { MaxQuoteAgeSeconds = 1e8 });
        fit.Slices[0].Quarantined.ShouldContainKeyAndValue("near-expiry", 30);
        fit.Slices[0].Slice.ShouldBeNull();
        fit.Surface.ShouldBeNull();
        fit.Degraded.Select(d => d.Code).ShouldBe(["no-surface"]);
    }

    [Fact]
    public void Fit_OneSidedAsks_BoundTheSmileFromAbove()
    {
        // Bids gone above the money, asks pulled down: the smile must not stay above them.
        var builder = new BoardBuilder().Smile(30, RawSvi30.Value, strikes: 21);
        var board = BoardBuilder.Only(builder.Board, 0, q =>
        {
            var o = (EuropeanOption)q.Instrument;
            if (o.StrikeValue < 68_000)
            {
                return q;
            }

            return o.Type == OptionType.Put ? null : builder.Quote(30, o.Strike, o.Type, null, builder.Price(o.Type, 60_000, o.Strike, 30 / 365.0, 0.46));
        });
        var fit = SurfaceFitter.Fit(board, BoardBuilder.At, SurfaceParameters.Default);
        fit.Slices[0].Quarantined.ShouldContainKey("one-sided");
        foreach (var quote in fit.Slices[0].Quotes.Where(q => !q.IsTwoSided && q.K < 0.5))
        {
            Math.Sqrt(fit.Surface!.Slices[0].Smile.TotalVariance(quote.K)).ShouldBeLessThan(quote.AskStdDev * 1.02);
        }
    }

    private static InstrumentQuote Spoil(InstrumentQuote quote, string code)
    {
        var (bid, ask) = (quote.Bid!.Value, quote.Ask!.Value);
        return code switch
        {
            "no-quote" => quote with { Values = quote.Values with { Bid = null, Ask = null } },
            "one-sided" => quote with { Values = quote.Values with { Bid = null } },
            "crossed" => quote with { Values = quote.Values with { Bid = ask, Ask = bid } },
            "stale" => quote with { Provenance = quote.Provenance with { ReceivedAt = BoardBuilder.At.AddHours(-3) } },
            "outside-bounds" => quote with { Values = quote.Values with { Bid = 1e-9, Ask = 1e-8 } },
            "too-wide" => quote with { Values = quote.Values with { Bid = bid * 0.1, Ask = ask * 8 } },
            "invalid" => quote with { Values = quote.Values with { Ask = double.NaN } },
            "outlier" => quote with { Values = quote.Values with { Bid = bid * 1.5, Ask = ask * 1.5 } },
            _ => throw new ArgumentOutOfRangeException(nameof(code), code, "no such reason"),
        };
    }

    private static double AtMoneyVol(SurfaceFit fit) => fit.Surface!.Slices[0].Vol(0);

    private readonly struct RawSvi30
    {
        public static Pms.Volatility.Svi.RawSvi Value { get; } = BoardBuilder.Ssvi(0.5, 30 / 365.0);
    }
}
