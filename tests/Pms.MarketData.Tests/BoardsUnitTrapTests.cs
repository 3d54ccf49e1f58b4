using Pms.MarketData.Events;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.MarketData.Tests;

/// <summary>One test for each way in which the formats differ in unit, sign of absence or instant.</summary>
public sealed class BoardsUnitTrapTests
{
    private const string Call = "BTC-28MAR31-90000-C";
    private const string Put = "BTC-28MAR31-90000-P";

    [Fact]
    public void Vol_PercentOrFractionByFormat_AlwaysAFraction()
    {
        foreach (var text in new[]
        {
            BoardSamples.Chain[..BoardSamples.Chain.IndexOf("2031-03-04T11", StringComparison.Ordinal)],
            BoardSamples.Collector, BoardSamples.OptionsDx, BoardSamples.TardisChain, BoardSamples.SummaryJson, BoardSamples.PmsBoard,
        })
        {
            BoardSamples.Quote(BoardSamples.Read(text).Snapshot, Call).Values.MarkVol.ShouldBe(0.5125, text[..30]);
        }

        var tardis = BoardSamples.Quote(BoardSamples.Read(BoardSamples.TardisChain).Snapshot, Call).Values;
        (tardis.BidVol, tardis.AskVol).ShouldBe((0.509, 0.517));
        var quantflow = BoardSamples.Quote(BoardSamples.Read(BoardSamples.Quantflow).Snapshot, Call).Values;
        (quantflow.BidVol, quantflow.AskVol).ShouldBe((0.509, 0.517));
        BoardSamples.Read(BoardSamples.PmsBoard).Snapshot.Boards[0].VolatilityIndex!.Value.Price.ShouldBe(0.55);
    }

    [Fact]
    public void Vol_PercentWrittenIntoAFractionColumn_RefusedAboveTheBound()
    {
        var rejection = BoardSamples.Rejection(Row("0.04", "0.05", "0.045", "51.25"));
        rejection.Reason.Code.ShouldBe("vol-range");
        rejection.Reason.Message.ShouldContain("51.25");
        rejection.Reason.Message.ShouldContain("fraction");
    }

    [Fact]
    public void Quote_EmptyZeroOrNullByFormat_IsAbsentAndNeverZero()
    {
        foreach (var text in new[]
        {
            BoardSamples.Chain.Replace("2031-03-04T11:06:07Z,BTC-28MAR31-90000-C", "2031-03-04T04:06:07Z,BTC-28MAR31-90000-C", StringComparison.Ordinal),
            BoardSamples.Collector, BoardSamples.OptionsDx, BoardSamples.SummaryJson, BoardSamples.SummaryCsv, BoardSamples.RecordedBoard,
        })
        {
            var put = BoardSamples.Quote(BoardSamples.Read(text).Snapshot, Put);
            put.Bid.ShouldBeNull(text[..30]);
            put.Ask.ShouldBe(0.0315);
            put.IsTwoSided.ShouldBeFalse();
        }

        BoardSamples.Quote(BoardSamples.Read(Row("0", "0.0", "0.045", "0.5")).Snapshot, Call).Values.ShouldSatisfyAllConditions(
            v => v.Bid.ShouldBeNull(),
            v => v.Ask.ShouldBeNull(),
            v => v.Mark.ShouldBe(0.045));
        var oneSided = BoardSamples.Quote(BoardSamples.Read(BoardSamples.TardisChain).Snapshot, "AVAX_USDC-28MAR31-8d6-P").Values;
        (oneSided.Bid, oneSided.BidVol, oneSided.BidSize, oneSided.Last).ShouldBe((null, null, null, null));
    }

    [Fact]
    public void Quote_ZeroInTheOwnFormat_IsRefused()
    {
        BoardSamples.Rejection("board_time,instrument,bid,ask\n2031-03-04T05:06:07Z,BTC-28MAR31-90000-C,0,0.05\n").Reason.Code.ShouldBe("price-range");
    }

    [Fact]
    public void Mark_Zero_IsANumberNotAnAbsence()
    {
        BoardSamples.Quote(BoardSamples.Read(Row("", "0.0001", "0.0", "0.5")).Snapshot, Call).Values.Mark.ShouldBe(0);
    }

    [Fact]
    public void Price_DollarsInACoinColumn_Refused()
    {
        foreach (var row in new[] { Row("3776.5", "", "0.04", "0.5"), Row("", "3776.5", "0.04", "0.5"), Row("", "0.05", "3776.5", "0.5") })
        {
            BoardSamples.Rejection(row).Reason.Code.ShouldBe("price-range");
        }
    }

    [Fact]
    public void Price_OfALinearOption_IsInItsQuoteCurrency()
    {
        var text = BoardSamples.Lines(BoardSamples.ChainHeader, "2031-03-04T05:06:07Z,BTC_USDC-28MAR31-90000-C,3776.5,3790,3780,0.5,,,,,91000.5,90800");
        var (snapshot, report) = BoardSamples.Read(text);
        report.Rejected.ShouldBe(0);
        var board = snapshot.Boards.Single();
        board.Id.ShouldBe(UnderlyingId.Linear(new Asset("BTC"), new Asset("USDC")));
        board.Id.SettlementAsset.Code.ShouldBe("USDC");
        BoardSamples.Quote(snapshot, "BTC_USDC-28MAR31-90000-C").Bid.ShouldBe(3776.5);
    }

    [Fact]
    public void Forward_IsTheRowsUnderlyingPrice_AndTheIndexIsKeptApart()
    {
        foreach (var (text, forward) in new[] { (BoardSamples.Collector, 91000.5), (BoardSamples.SummaryJson, 91000.5), (BoardSamples.SummaryCsv, 91000.5) })
        {
            var board = BoardSamples.Read(text).Snapshot.Boards.Single();
            board.Expiries.Single().VenueForward.ShouldBe(forward);
            board.Index!.Value.Price.ShouldBe(90800.25);
        }

        BoardSamples.Read(BoardSamples.OptionsDx).Snapshot.Boards.Single().ShouldSatisfyAllConditions(
            b => b.Expiries.Single().VenueForward.ShouldBe(91000.5),
            b => b.Index.ShouldBeNull("OptionsDX has no index"));
    }

    [Fact]
    public void Forward_WhereTheFormatHasNone_IsTheListedFuture()
    {
        BoardSamples.Read(BoardSamples.RecordedBoard).Snapshot.Boards.Single().Expiries.Single().VenueForward.ShouldBe(91000.75);
        BoardSamples.Read(BoardSamples.Quantflow).Snapshot.Boards.Single().Expiries.Single().VenueForward.ShouldBe(91000.75);
    }

    [Fact]
    public void Index_ThatDriftsInsideABoard_IsTheFirstRowsWithASourceOfItsOwn()
    {
        var text = BoardSamples.Lines(
            BoardSamples.ChainHeader,
            "2031-03-04T05:06:07Z,BTC-28MAR31-90000-C,0.04,0.05,0.045,0.5,,,,,91000.5,90800",
            "2031-03-04T05:06:07Z,BTC-28MAR31-95000-C,0.04,0.05,0.045,0.5,,,,,91000.5,90850",
            "2031-03-04T05:06:07Z,BTC-28MAR31-99000-C,0.04,0.05,0.045,0.5,,,,,91000.5,90900");
        var board = BoardSamples.Read(text).Snapshot.Boards.Single();
        board.Index!.Value.Price.ShouldBe(90800);
        board.Index.Value.Provenance.Source.ShouldBe("deribit.chain-csv.index");
        board.Expiries.Single().Options.ShouldAllBe(o => o.UnderlyingPrice == 91000.5);
    }

    [Fact]
    public void SnapshotTime_OfTheChain_IsTheStartOfTheRunAndNoExchangeTime()
    {
        // ETH is fetched after all BTC tickers: its quotes are later than snapshot_time by an unknown amount, so no exchange time may be claimed.
        using var file = BoardSamples.Open(BoardSamples.Chain);
        var first = file.ReadSnapshots().First();
        first.Boards.Select(b => b.Id.Name).ShouldBe(["BTC", "ETH"]);
        var eth = BoardSamples.Quote(first, "ETH-28MAR31-2500-C");
        eth.Provenance.ExchangeTime.ShouldBeNull();
        eth.Provenance.ReceivedAt.ShouldBe(first.ObservedAt);
        first.ObservedAt.ToIso().ShouldBe("2031-03-04T05:06:07Z");
    }

    [Fact]
    public void QuoteTime_WhereTheVenueStampsIt_IsKeptBesideTheReceiveTime()
    {
        var snapshot = BoardSamples.Read(BoardSamples.TardisChain).Snapshot;
        var call = BoardSamples.Quote(snapshot, Call);
        call.Provenance.ExchangeTime!.Value.ToUnixMicroseconds().ShouldBe(1_930_000_000_123_456);
        call.Provenance.ReceivedAt.ToUnixMicroseconds().ShouldBe(1_930_000_000_223_344);
        call.AgeAt(call.Provenance.ExchangeTime.Value.AddSeconds(2)).ShouldBe(TimeSpan.FromSeconds(2));

        var summary = BoardSamples.Read(BoardSamples.SummaryJson).Snapshot;
        summary.ObservedAt.ToUnixTimeMilliseconds().ShouldBe(1_930_000_000_103, "the newest stamp of the reply");
        BoardSamples.Quote(summary, Call).Provenance.ExchangeTime!.Value.ToUnixTimeMilliseconds().ShouldBe(1_930_000_000_100);
    }

    [Fact]
    public void OptionsDx_TimeIsTheUnixColumn_NotNewYorkLocal()
    {
        var snapshot = BoardSamples.Read(BoardSamples.OptionsDx).Snapshot;
        snapshot.ObservedAt.ToIso().ShouldBe("2031-03-10T04:00:00Z", "the text columns say 2031-03-09 00:00");
        snapshot.Boards.Single().Expiries.Single().Expiry.ToIso().ShouldBe("2031-03-28T08:00:00Z", "EXPIRY_TIME says 3.0");
    }

    [Fact]
    public void Expiry_OfAName_IsEightUtcAndMustAgreeWithTheColumn()
    {
        BoardSamples.Rejection(OptionsDx(expiry: "1932465600")).Reason.ShouldSatisfyAllConditions(
            r => r.Code.ShouldBe("terms-mismatch"),
            r => r.Message.ShouldContain("1932465600"));
        BoardSamples.Rejection(OptionsDx(strike: "95000")).Reason.Code.ShouldBe("terms-mismatch");
        BoardSamples.Rejection(OptionsDx(right: "put")).Reason.Code.ShouldBe("terms-mismatch");
        BoardSamples.Rejection(BoardSamples.Quantflow.Replace("08:00:00Z\",\"option_type", "20:00:00Z\",\"option_type", StringComparison.Ordinal))
            .Reason.Code.ShouldBe("terms-range");
    }

    [Fact]
    public void Time_InTheWrongPowerOfTen_Refused()
    {
        var milliseconds = BoardSamples.TardisChain.Replace("1930000000123456", "1930000000123", StringComparison.Ordinal);
        BoardSamples.Rejection(milliseconds).Reason.Code.ShouldBe("time-range");
        BoardSamples.Rejection(OptionsDx(time: "1930881600000")).Reason.Code.ShouldBe("time-range");
        BoardSamples.Rejection(BoardSamples.SummaryJson.Replace("1930000000103", "1930000000103000", StringComparison.Ordinal)).Reason.Code.ShouldBe("time-range");
    }

    [Fact]
    public void Strike_WithADecimalPoint_IsExactInEveryLetterCase()
    {
        var option = (EuropeanOption)BoardSamples.Quote(BoardSamples.Read(BoardSamples.TardisChain).Snapshot, "AVAX_USDC-28MAR31-8d6-P").Instrument;
        option.Strike.ShouldBe(8.6m);
        option.ShouldBe(DeribitNames.Parse("AVAX_USDC-28MAR31-8d6-P"));
        BoardSamples.Rejection(BoardSamples.TardisChain.Replace("put,8.6,", "put,86,", StringComparison.Ordinal)).Reason.Code.ShouldBe("terms-mismatch");
    }

    [Fact]
    public void Last_NullEmptyOrZero_IsAbsent()
    {
        BoardSamples.Quote(BoardSamples.Read(BoardSamples.SummaryJson).Snapshot, Call).Values.Last.ShouldBeNull();
        BoardSamples.Quote(BoardSamples.Read(BoardSamples.SummaryJson).Snapshot, Put).Values.Last.ShouldBe(0.03);
        BoardSamples.Quote(BoardSamples.Read(BoardSamples.SummaryCsv).Snapshot, Put).Values.Last.ShouldBeNull();
    }

    [Fact]
    public void Size_InContractsOfAnotherSizeOrWithoutAPrice_Refused()
    {
        var otherSize = BoardSamples.OptionsDx.Replace("BTC, 1.000000,", "BTC, 10.000000,", StringComparison.Ordinal);
        BoardSamples.Events(otherSize).OfType<RejectedInput>().ShouldAllBe(r => r.Reason.Code == "contract-size");
        BoardSamples.Rejection(OptionsDx(bid: "0.000000")).Reason.Code.ShouldBe("size-without-price");
    }

    [Fact]
    public void EstimatedDelivery_OfAContractInItsLastHalfHour_IsNotTheIndex()
    {
        // In the last 30 minutes the field is the settlement average of the expiring contracts, not the index.
        var expiring = DeribitNames.Parse("BTC-28FEB31-90000-C");
        var inLastMinutes = new DateTimeOffset(2031, 2, 28, 7, 45, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        var text = BoardSamples.SummaryJson
            .Replace("1930000000100", $"{inLastMinutes}", StringComparison.Ordinal)
            .Replace("1930000000103", $"{inLastMinutes}", StringComparison.Ordinal)
            .Replace("BTC-28MAR31-90000-C", expiring.Name, StringComparison.Ordinal);
        var cut = text.IndexOf("90800.25", StringComparison.Ordinal);
        text = string.Concat(text.AsSpan(0, cut), "90500.00", text.AsSpan(cut + 8));
        BoardSamples.Read(text).Snapshot.Boards.Single().Index!.Value.Price.ShouldBe(90800.25);
    }

    [Fact]
    public void Book_OfAFileWithoutSequenceNumbers_FollowsItsMessages()
    {
        using var file = BoardSamples.Open(BoardSamples.TardisBook);
        var depth = BoardSamples.Quote(file.ReadSnapshot(), "BTC-PERPETUAL").Depth!;
        depth.Bids.ShouldBe([new BookLevel(91001, 700), new BookLevel(91000.5, 4000)]);
        depth.Asks.ShouldBe([new BookLevel(91002, 2500)]);
    }

    [Fact]
    public void Book_AfterARefusedRow_IsAGapAndNotABook()
    {
        var damaged = BoardSamples.TardisBook.Replace("bid,91001,700", "bid,91001,x", StringComparison.Ordinal);
        BoardSamples.Events(damaged).OfType<FeedGap>().ShouldNotBeEmpty();
        var state = new MarketState();
        foreach (var marketEvent in BoardSamples.Events(damaged))
        {
            state.Apply(marketEvent);
        }

        var sealedBoard = state.Seal(QuoteValidation.MinTime.AddYears(20)).Boards.Single();
        sealedBoard.Linears.ShouldAllBe(l => l.Depth == null);
    }

    private static string Row(string bid, string ask, string mark, string markVol) => BoardSamples.Lines(
        BoardSamples.ChainHeader, $"2031-03-04T05:06:07Z,{Call},{bid},{ask},{mark},{markVol},0.5,80,10,1,91000.5,90800");

    private static string OptionsDx(
        string time = "1930881600", string expiry = "1932451200", string right = "call", string strike = "90000.000000", string bid = "0.0415")
    {
        return BoardSamples.Lines(
            BoardSamples.OptionsDxHeader, BoardSamples.OptionsDxRow(time, Call, expiry, right, strike, "2.0", bid, "0.043", "5.0", "12.5", "51.25"));
    }
}
