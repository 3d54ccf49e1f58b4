using System.Text;
using System.Text.Json;
using Pms.Margin.Portfolios;
using Pms.Margin.Venues;
using Pms.Primitives;

namespace Pms.Documents.Tests;

/// <summary>The JSON that command line and server share: its form, and what is computed on the way into it.</summary>
public sealed class DocumentTests
{
    private sealed record Sample(string FirstName, decimal? Amount, double Ratio, IReadOnlyList<string>? Notes);

    [Fact]
    public void Options_WriteCamelCase_LeaveOutWhatIsAbsent_AndKeepShortestNumbers()
    {
        JsonSerializer.Serialize(new Sample("a+b", null, 0.1, null), DocumentJson.Compact).ShouldBe("""{"firstName":"a+b","ratio":0.1}""");
        JsonSerializer.Serialize(new Sample("x", 1.50m, 1e-300, ["n"]), DocumentJson.Compact).ShouldBe("""{"firstName":"x","amount":1.50,"ratio":1E-300,"notes":["n"]}""");
        JsonSerializer.Serialize(new Sample("x", null, 1, null), DocumentJson.Options).ShouldBe("{\n  \"firstName\": \"x\",\n  \"ratio\": 1\n}".ReplaceLineEndings());
    }

    [Theory]
    [InlineData("""{"firstName":"a","ratio":"1"}""")]
    [InlineData("""{"firstName":null,"ratio":1}""")]
    [InlineData("""{"firstName":"a","firstName":"b","ratio":1}""")]
    [InlineData("""[]""")]
    public void Options_ReadNothingElse(string json) => Should.Throw<JsonException>(() => JsonSerializer.Deserialize<Sample>(json, DocumentJson.Compact));

    [Fact]
    public void Money_OfUnits_IsExactAndOfADoubleRoundedToTheUnit()
    {
        Money.Usd(1L).ShouldBe(0.000001m);
        Money.Usd(-1_234_567_890L).ShouldBe(-1_234.56789m);
        Money.Usd(long.MaxValue).ShouldBe(9_223_372_036_854.775807m);
        Money.Usd(0.1234565).ShouldBe(0.123456m, "to even");
        Should.Throw<InvalidInputException>(() => Money.Usd(1e18)).Code.ShouldBe("margin-overflow");
        Should.Throw<InvalidInputException>(() => Money.Usd(double.NaN)).Code.ShouldBe("margin-overflow");
    }

    [Fact]
    public void Totals_AddUpAndCountThoseBelow()
    {
        MarginTotals.Of([(10m, 8m, 1m), (5m, 4m, -0.000001m), (0m, 0m, 0m)]).ShouldBe(new MarginTotals(3, 15m, 12m, 1));
        MarginTotals.Of([]).ShouldBe(new MarginTotals(0, 0m, 0m, 0));
    }

    [Fact]
    public void Portfolio_WrittenAndRead_IsTheSame()
    {
        const string Csv = "account,instrument,quantity,asset,amount\nalice,BTC-27MAR26-100000-C,-2.5,,\nalice,BTC-PERPETUAL,1000,,\nalice,,,USDC,10000.000001\nbob,,,BTC,0.5\n";
        var accounts = Read(Csv).Accounts;
        var json = JsonSerializer.Serialize(PortfolioDocument.Of(accounts), DocumentJson.Compact);
        var again = Read(json).Accounts;
        again.Length.ShouldBe(2);
        JsonSerializer.Serialize(PortfolioDocument.Of(again), DocumentJson.Compact).ShouldBe(json);
        json.ShouldBe("""{"accounts":[{"id":"alice","positions":[{"instrument":"BTC-27MAR26-100000-C","quantity":-2.5},{"instrument":"BTC-PERPETUAL","quantity":1000}],"collateral":[{"asset":"USDC","amount":10000.000001}]},{"id":"bob","positions":[],"collateral":[{"asset":"BTC","amount":0.5}]}]}""");
    }

    [Fact]
    public void Models_BeginWithThisSystemsAndNameEveryVenue() => MarginComparison.Models.ShouldBe([MarginComparison.Own, .. VenueModels.Names]);

    [Fact]
    public void Error_OfARefusal_HasItsCodeAndMessage() => ErrorBody.Of(new Refusal("row-missing", "why")).ShouldBe(new ErrorBody("row-missing", "why"));

    private static Portfolio Read(string text)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return PortfolioFile.Read(stream, new PositionUnits());
    }
}
