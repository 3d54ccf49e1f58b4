using System.Text;
using Pms.Margin.Market;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Testing;

namespace Pms.Margin.Tests.Portfolios;

public sealed class PortfolioFileTests
{
    private const string Same = "a: BTC-27MAR26-100000-C -2.5, BTC-PERPETUAL 1000 | BTC 0.5, USDC 10000 // b: ETH_USDC-PERPETUAL 3 | ";

    [Theory]
    [InlineData("account,instrument,quantity\na,BTC-27MAR26-100000-C,-2.5\na,BTC-PERPETUAL,1000\na,BTC,0.5\na,USDC,10000\nb,ETH_USDC-PERPETUAL,3\n")]
    [InlineData("account,instrument,quantity,unit\na,BTC-27MAR26-100000-C,-2.5,\na,BTC-PERPETUAL,1000,usd\nb,ETH_USDC-PERPETUAL,3.00,coin\n\naccount,asset,amount\na,BTC,0.5\na,USDC,10000.0\n")]
    [InlineData("# a comment\r\naccount,instrument,quantity,unit,asset,amount\r\na,BTC-PERPETUAL,400,,,\r\na,,,,USDC,10000\r\na,,,,BTC,0.5\r\na,BTC-PERPETUAL,600\r\na,BTC-27MAR26-100000-C,-2.5\r\nb,ETH_USDC-PERPETUAL,3")]
    [InlineData("""{"accounts":[{"id":"a","positions":[{"instrument":"BTC-PERPETUAL","quantity":1000},{"instrument":"BTC-27MAR26-100000-C","quantity":"-2.5"}],"collateral":[{"asset":"USDC","amount":1e4},{"asset":"BTC","amount":0.5}]},{"id":"b","positions":[{"instrument":"ETH_USDC-PERPETUAL","quantity":3}]}]}""")]
    [InlineData("""  {"positions":[{"account":"a","instrument":"BTC-PERPETUAL","quantity":1000},{"account":"a","instrument":"BTC-27MAR26-100000-C","quantity":-2.5},{"account":"b","instrument":"ETH_USDC-PERPETUAL","quantity":3}],"collateral":[{"account":"a","asset":"USDC","amount":10000},{"account":"a","asset":"BTC","amount":0.5}]}""")]
    public void Read_EveryShape_GivesTheSameAccounts(string file) => Show(Read(file)).ShouldBe(Same);

    [Theory]
    [InlineData("", "portfolio-empty", "no account")]
    [InlineData("account,instrument,quantity\n", "portfolio-empty", "no account")]
    [InlineData("a,BTC-PERPETUAL,1\n", "portfolio-header", "'a'")]
    [InlineData("account,instrument,size\na,BTC-PERPETUAL,1\n", "portfolio-header", "'size'")]
    [InlineData("account,instrument\na,BTC-PERPETUAL\n", "portfolio-header", "quantity")]
    [InlineData("account,instrument,quantity\na,BTC-PERPETUAL,1,coin\n", "portfolio-row", "4 fields")]
    [InlineData("account,instrument,quantity\n,BTC-PERPETUAL,1\n", "portfolio-account", "line 2")]
    [InlineData("account,instrument,quantity\na,BTC-31FEB26-1-C,1\n", "portfolio-instrument", "line 2")]
    [InlineData("account,instrument,quantity\na,BTC-PERPETUAL,\n", "portfolio-quantity", "''")]
    [InlineData("account,instrument,quantity\na,BTC-PERPETUAL,NaN\n", "portfolio-quantity", "'NaN'")]
    [InlineData("account,instrument,quantity\na,BTC-PERPETUAL,1e13\n", "portfolio-quantity", "'1e13'")]
    [InlineData("account,instrument,quantity\na,BTC-PERPETUAL,\"1,000\"\n", "portfolio-quantity", "1,000")]
    [InlineData("account,instrument,quantity,unit\na,BTC-PERPETUAL,1,lots\n", "portfolio-unit", "'lots'")]
    [InlineData("account,instrument,quantity,unit\na,BTC-PERPETUAL,1,contracts\n", "portfolio-unit", "not listed")]
    [InlineData("account,asset,amount\na,usdc,1\n", "portfolio-asset", "'usdc'")]
    [InlineData("account,instrument,quantity,asset,amount\na,BTC-PERPETUAL,1,BTC,2\n", "portfolio-row", "both")]
    [InlineData("account,instrument,quantity\na,BTC-PERPETUAL,\"1", "portfolio-row", "quote")]
    [InlineData("account,instrument,quantity\na\"b,BTC-PERPETUAL,1\n", "portfolio-row", "quote")]
    [InlineData("[]", "portfolio-json", "Object is expected")]
    [InlineData("{\"accounts\":3}", "portfolio-json", "Array")]
    [InlineData("{\"accounts\":[{\"positions\":[]}]}", "portfolio-json", "no id")]
    [InlineData("{\"account\":[]}", "portfolio-json", "'account'")]
    [InlineData("{\"positions\":[{\"account\":\"a\",\"instrument\":\"BTC-PERPETUAL\",\"amount\":1}]}", "portfolio-json", "positions[0].amount")]
    [InlineData("{", "portfolio-json", "not JSON")]
    public void Read_BadInput_NamesCodeAndPlace(string file, string code, string part)
    {
        var error = Should.Throw<InvalidInputException>(() => Read(file));
        error.Code.ShouldBe(code);
        error.Message.ShouldContain(part);
    }

    [Fact]
    public void Read_NettedZeroAndConverted_AreNoted()
    {
        var market = new MarginMarket(DateTimeOffset.UnixEpoch, ContentHash.Of("none"u8),
            [new UnderlyingMarket(UnderlyingId.Inverse(new Asset("BTC")), 60_000, null, 61_234.5, [])], new Dictionary<Asset, double> { [new Asset("BTC")] = 60_000 });
        var portfolio = Read(
            "account,instrument,quantity,unit\na,BTC-PERPETUAL,0.5,coin\na,BTC-27MAR26-100000-C,90000,USD\na,BTC-27MAR26-90000-C,3,contracts\na,BTC-27MAR26-90000-C,-3,contracts\na,BTC-27MAR26-80000-C,2,contracts\n",
            new PositionUnits(market, _ => 0.1));
        Show(portfolio).ShouldBe("a: BTC-27MAR26-100000-C 1.5, BTC-27MAR26-80000-C 0.2, BTC-PERPETUAL 30617 | ");
        portfolio.Notes.ShouldBe(["1 rows of an instrument or asset that the account already held were netted", "1 holdings of zero were dropped", "5 quantities were converted from another unit at the board's marks"]);
    }

    [Fact]
    public void Read_BrokenBytes_TypedErrorOrAnswer()
    {
        // Random damage of good files: never another exception, never a non-finite or unbounded quantity.
        var good = Encoding.UTF8.GetBytes("account,instrument,quantity,unit\na,BTC-27MAR26-100000-C,-2.5,\na,BTC-PERPETUAL,1000,usd\n\naccount,asset,amount\na,BTC,0.5\n");
        var json = Encoding.UTF8.GetBytes("""{"accounts":[{"id":"a","positions":[{"instrument":"BTC-PERPETUAL","quantity":1000}],"collateral":[{"asset":"USDC","amount":1e4}]}]}""");
        var random = new RandomStream(20261123);
        ulong i = 0;
        for (var n = 0; n < FuzzBudget.Cases(20_000); n++)
        {
            var bytes = (byte[])(n % 2 == 0 ? good : json).Clone();
            for (var k = 0; k <= n % 4; k++)
            {
                bytes[(int)(random.Uniform(i++) * bytes.Length)] = (byte)random.Bits(i++);
            }

            try
            {
                using var stream = new MemoryStream(bytes);
                PortfolioFile.Read(stream, new PositionUnits()).Accounts.ShouldNotBeEmpty();
            }
            catch (InvalidInputException e)
            {
                e.Code.ShouldNotBeEmpty();
            }
        }
    }

    private static Portfolio Read(string text, PositionUnits? units = null)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        return PortfolioFile.Read(stream, units ?? new PositionUnits());
    }

    private static string Show(Portfolio portfolio) => string.Join(" // ", portfolio.Accounts.Select(a =>
        $"{a.Id}: {string.Join(", ", a.Positions.Select(p => $"{p.Instrument.Name} {p.Quantity}"))} | {string.Join(", ", a.Collateral.Select(c => $"{c.Asset} {c.Amount}"))}"));
}
