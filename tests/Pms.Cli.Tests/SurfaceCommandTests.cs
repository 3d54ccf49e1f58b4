using System.Globalization;
using System.Text;
using System.Text.Json;
using Pms.MarketData.Instruments;
using Pms.Pricing;
using Pms.Testing;

namespace Pms.Cli.Tests;

public sealed class SurfaceCommandTests
{
    [Fact]
    public async Task Fit_MadeUpChain_HasEveryFieldOfTheContractAndNoArbitrage()
    {
        var run = await PmsProcess.RunAsync(["surface", "fit", "--json", "-"], MadeUpChain());

        run.ExitCode.ShouldBe(0, run.Error);
        var underlying = run.Json.GetProperty("underlyings").EnumerateArray().ShouldHaveSingleItem();
        underlying.GetProperty("name").GetString().ShouldBe("BTC");
        underlying.GetProperty("fitMicroseconds").GetDouble().ShouldBeGreaterThan(0);
        underlying.GetProperty("calendarViolations").GetInt32().ShouldBe(0);
        underlying.GetProperty("butterflyViolations").GetInt32().ShouldBe(0);
        var slices = underlying.GetProperty("slices").EnumerateArray().ToArray();
        slices.Length.ShouldBe(2);
        foreach (var slice in slices)
        {
            slice.GetProperty("expiry").GetString()!.ShouldEndWith("T08:00:00Z");
            slice.GetProperty("years").GetDouble().ShouldBeGreaterThan(0);
            slice.GetProperty("forward").GetDouble().ShouldBe(90_000);
            slice.GetProperty("seen").GetInt32().ShouldBe(slice.GetProperty("used").GetInt32() + slice.GetProperty("quarantined").EnumerateObject().Sum(q => q.Value.GetInt32()));
            slice.GetProperty("insideBidAsk").GetDouble().ShouldBe(1);
            slice.GetProperty("rmseVol").GetDouble().ShouldBeLessThan(0.01);
            slice.GetProperty("minG").GetDouble().ShouldBeGreaterThanOrEqualTo(0);
            slice.GetProperty("degraded").GetBoolean().ShouldBeFalse();
            slice.GetProperty("atmVol").GetDouble().ShouldBe(0.5, 0.01);
            var p = slice.GetProperty("params");
            p.GetProperty("model").GetString().ShouldBe("raw-svi");
            foreach (var name in new[] { "a", "b", "rho", "m", "sigma" })
            {
                double.IsFinite(p.GetProperty(name).GetDouble()).ShouldBeTrue();
            }
        }
    }

    [Fact]
    public async Task Fit_SameBoardTwice_GivesTheSameHashes()
    {
        var first = await PmsProcess.RunAsync(["surface", "fit", "--json", "-"], MadeUpChain());
        var second = await PmsProcess.RunAsync(["surface", "fit", "--json", "-"], MadeUpChain());

        Hashes(first).ShouldBe(Hashes(second));

        static string Hashes(PmsRun run) => run.Json.GetProperty("snapshotHash").GetString() + run.Json.GetProperty("underlyings")[0].GetProperty("surfaceHash").GetString();
    }

    [Fact]
    public async Task Fit_AtAnInstantBeforeTheFile_SaysWhatTheFileHolds()
    {
        var run = await PmsProcess.RunAsync(["surface", "fit", "--json", "-", "--at", "2020-01-01T00:00:00Z"], MadeUpChain());

        run.ExitCode.ShouldBe(1);
        var error = run.Json.GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe("no-board-at-time");
        error.GetProperty("message").GetString()!.ShouldContain("2026-01-01");
    }

    [Theory]
    [InlineData("", "format-empty")]
    [InlineData("what is this", "format-unknown")]
    [InlineData("snapshot_time,instrument_name,bid,ask,mark,mark_iv,delta,vega,open_interest,volume_24h,underlying_price,index_price\n", "no-board")]
    public async Task Fit_InputThatIsNoBoard_IsATypedError(string input, string code)
    {
        var run = await PmsProcess.RunAsync(["surface", "fit", "--json", "-"], input);

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }

    [Fact]
    public async Task Fit_BadRow_IsToldOnStandardErrorAndTheRestIsFitted()
    {
        var run = await PmsProcess.RunAsync(["surface", "fit", "--json", "-"], MadeUpChain() + "2026-01-01T00:00:00Z,BTC-30JAN26-90000-X,0.1,0.2,0.15,0.5,0.5,1,1,1,90000,90000\n");

        run.ExitCode.ShouldBe(0, run.Error);
        run.Error.ShouldContain("1 rows refused");
        run.Error.ShouldContain("BTC-30JAN26-90000-X");
    }

    [Fact]
    public async Task Check_MadeUpChain_PassesAndSaysHowManyIntervalsWereProven()
    {
        var run = await PmsProcess.RunAsync(["surface", "check", "--json", "-"], MadeUpChain());

        run.ExitCode.ShouldBe(0, run.Error);
        var check = run.Json.GetProperty("underlyings")[0];
        check.GetProperty("butterflyViolations").GetInt32().ShouldBe(0);
        check.GetProperty("cells").GetInt32().ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task CheckSvi_GoldenSlices_MatchMinimumAndJumpWings()
    {
        using var golden = JsonDocument.Parse(await File.ReadAllTextAsync(RepositoryPaths.RequireShared("golden", "svi.json")));
        foreach (var c in golden.RootElement.GetProperty("svi").GetProperty("raw_svi").EnumerateArray())
        {
            var i = c.GetProperty("inputs");
            var e = c.GetProperty("expected");
            var free = e.GetProperty("butterfly_free_on_range").GetBoolean();

            var run = await PmsProcess.RunAsync(
                ["surface", "check", "--json", $"--svi={i.GetProperty("a")},{i.GetProperty("b")},{i.GetProperty("rho")},{i.GetProperty("m")},{i.GetProperty("sigma")}", "--years", i.GetProperty("T_years").ToString()]);

            run.ExitCode.ShouldBe(free ? 0 : 5, run.Error);
            var json = run.Json;
            json.GetProperty("butterflyFree").GetBoolean().ShouldBe(free);
            json.GetProperty("minG").GetProperty("g").GetDouble().ShouldBe(e.GetProperty("min_g").GetProperty("g").GetDouble(), 1e-10);
            json.GetProperty("minG").GetProperty("k").GetDouble().ShouldBe(e.GetProperty("min_g").GetProperty("k").GetDouble(), 1e-5);
            json.GetProperty("negative").GetArrayLength().ShouldBe(free ? 0 : 1);
            foreach (var (field, name) in new[] { ("v", "v"), ("psi", "psi"), ("p", "p"), ("c", "c"), ("vTilde", "v_tilde") })
            {
                var expected = e.GetProperty("jw").GetProperty(name).GetDouble();
                json.GetProperty("jumpWings").GetProperty(field).GetDouble().ShouldBe(expected, 1e-12 * Math.Max(1, Math.Abs(expected)));
            }

            json.GetProperty("leeLeftSlope").GetDouble().ShouldBe(e.GetProperty("lee_left_slope").GetDouble(), 1e-12);
            json.GetProperty("leeRightSlope").GetDouble().ShouldBe(e.GetProperty("lee_right_slope").GetDouble(), 1e-12);
        }
    }

    [Theory]
    [InlineData("1,2,3", "svi-format")]
    [InlineData("1,2,x,4,5", "svi-format")]
    [InlineData("0.04,-1,0,0,0.1", "svi-range")]
    [InlineData("0.04,NaN,0,0,0.1", "svi-not-finite")]
    [InlineData("-1,0.1,0,0,0.1", "svi-negative-variance")]
    public async Task CheckSvi_NotASlice_IsATypedError(string svi, string code)
    {
        var run = await PmsProcess.RunAsync(["surface", "check", "--json", $"--svi={svi}"]);

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }

    /// <summary>Rows of two expiries priced on a flat 50 % vol, with bid and ask around the value in the family's own price unit.</summary>
    internal static string MadeUpChain(string family, double forward)
    {
        var linear = family.Contains('_', StringComparison.Ordinal);
        var lines = Priced(forward, inputs => linear ? Black76.Price(inputs) : Black76.CoinPrice(inputs)).Replace(",BTC-", $",{family}-", StringComparison.Ordinal);
        return lines[(lines.IndexOf('\n', StringComparison.Ordinal) + 1)..];
    }

    /// <summary>The same with its header, inverse and with a forward of 90,000.</summary>
    internal static string MadeUpChain() => Priced(90_000, inputs => Black76.CoinPrice(inputs));

    private static string Priced(double forward, Func<BlackInputs, double> price)
    {
        var at = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var text = new StringBuilder("snapshot_time,instrument_name,bid,ask,mark,mark_iv,delta,vega,open_interest,volume_24h,underlying_price,index_price\n");
        foreach (var day in new[] { 30, 31 })
        {
            var years = (new DateTimeOffset(2026, 1, day, 8, 0, 0, TimeSpan.Zero) - at).TotalDays / 365;
            for (var strike = 70_000; strike <= 110_000; strike += 4_000)
            {
                foreach (var type in new[] { OptionType.Call, OptionType.Put })
                {
                    var value = price(new BlackInputs(type, forward, strike, years, 0.5));
                    text.Append(CultureInfo.InvariantCulture, $"2026-01-01T00:00:00Z,BTC-{day}JAN26-{strike}-{(type == OptionType.Call ? 'C' : 'P')},");
                    text.Append(CultureInfo.InvariantCulture, $"{value * 0.98:F6},{value * 1.02:F6},{value:F6},0.5,0.5,1,10,1,{forward},{forward}\n");
                }
            }
        }

        return text.ToString();
    }
}
