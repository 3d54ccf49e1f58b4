using System.Text.Json;

namespace Pms.Cli.Tests;

/// <summary>Whatever is put on the command line or into a file ends in an exit code and a sentence, never in a stack trace.</summary>
public sealed class HostileInputTests
{
    private const string Header = "board_time,instrument,bid,ask,underlying_price\n";

    public static TheoryData<string[], string, string> CommandLines { get; } = new()
    {
        { ["board", "show", ""], "", "file-not-found" },
        { ["board", "show", "."], "", "file-unreadable" },
        { ["price", ""], "", "file-not-found" },
        { ["board", "show", "-", "--at", "yesterday"], "", "time-format" },
        { ["replay", "-", "--speed", "0.00000000000000001x"], "", "speed-format" },
        { ["surface", "check", "--svi=1e308,1e308,0,0,1e308"], "", "svi-range" },
        { ["surface", "check", "--svi=0.04,0.4,-0.4,0.05,0.1", "--years", "1e-320"], "", "years-range" },
        { ["surface", "check", "--svi=0,0,0,0,0.1"], "", "svi-range" },
        { ["surface", "check", "-", "--svi=0.04,0.4,-0.4,0.05,0.1"], "", "flags-conflict" },
        { ["surface", "fit", "-", "--all", "--at", "2026-01-01T00:00:00Z"], "", "flags-conflict" },
        { ["price", "-", "--vol", "0.5"], """{"cases":[]}""", "flags-conflict" },
        { ["iv", "-", "--price", "0.5"], """{"cases":[]}""", "flags-conflict" },
        { ["sim", "--at", "noon", "-o", "/dev/null"], "", "time-format" },
    };

    [Theory]
    [MemberData(nameof(CommandLines))]
    public async Task Run_StrangeCommandLine_IsATypedError(string[] arguments, string input, string code)
    {
        var run = await PmsProcess.RunAsync([.. arguments, "--json"], input);

        run.Error.ShouldNotContain("   at ");
        run.ExitCode.ShouldBe(1, run.Error);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }

    [Fact]
    public async Task Show_EveryRowRefused_SaysWhy()
    {
        var run = await PmsProcess.RunAsync(["board", "show", "-"], Header + "2031-03-04T05:06:07Z,BTC-28MAR31-90000-X,0.0415,0.043,91000\n");

        run.ExitCode.ShouldBe(1);
        run.Error.ShouldContain("no-board");
        run.Error.ShouldContain("BTC-28MAR31-90000-X");
    }

    [Theory]
    [InlineData("fit")]
    [InlineData("check")]
    [InlineData("plot")]
    public async Task Surface_AllExpired_IsDegradedNotAnError(string verb)
    {
        var board = Header + string.Concat(new[] { 80_000, 90_000, 100_000 }.Select(k => $"2031-03-29T05:06:07Z,BTC-28MAR31-{k}-C,0.0415,0.043,91000\n"));
        var page = Path.Combine(Path.GetTempPath(), $"pms-expired-{Environment.ProcessId}.html");
        try
        {
            var run = await PmsProcess.RunAsync(["surface", verb, "-", .. verb == "plot" ? new[] { "-o", page } : []], board);

            run.Error.ShouldNotContain("   at ");
            run.ExitCode.ShouldBe(4, run.Error);
        }
        finally
        {
            File.Delete(page);
        }
    }

    [Fact]
    public async Task Fit_LinearFamilyBesideTheInverseOne_EachHasItsOwnForwardAndSurface()
    {
        // One coin, one day, one flat vol; the linear family trades 5 % higher and is quoted in its quote currency.
        var inverse = SurfaceCommandTests.MadeUpChain();
        var both = inverse + SurfaceCommandTests.MadeUpChain("BTC_USDC", 94_500);

        var alone = Underlyings(await PmsProcess.RunAsync(["surface", "fit", "--json", "-"], inverse));
        var pair = Underlyings(await PmsProcess.RunAsync(["surface", "fit", "--json", "-"], both));

        pair.Select(u => u.GetProperty("name").GetString()).ShouldBe(["BTC", "BTC_USDC"]);
        pair[0].GetProperty("surfaceHash").GetString().ShouldBe(alone[0].GetProperty("surfaceHash").GetString());
        foreach (var slice in pair[1].GetProperty("slices").EnumerateArray())
        {
            slice.GetProperty("forward").GetDouble().ShouldBe(94_500);
            slice.GetProperty("atmVol").GetDouble().ShouldBe(0.5, 0.01);
            slice.GetProperty("insideBidAsk").GetDouble().ShouldBe(1);
        }

        static JsonElement[] Underlyings(PmsRun run) => [.. run.Json.GetProperty("underlyings").EnumerateArray()];
    }

    [Fact]
    public async Task Fit_MessagesReadLongAfterTheLast_QuarantinesTheQuotesAsStale()
    {
        const string Row = "deribit,BTC-28MAR31-90000-C,1930367167000000,1930367167000000,call,90000,1932451200000000,1,,0.0415,1,50,0.043,1,52,0.042,51,SYN.BTC-28MAR31,91000,0.5,0,0,0,0\n";
        const string Columns = "exchange,symbol,timestamp,local_timestamp,type,strike_price,expiration,open_interest,last_price,bid_price,bid_amount,bid_iv,ask_price,"
            + "ask_amount,ask_iv,mark_price,mark_iv,underlying_index,underlying_price,delta,gamma,vega,theta,rho\n";

        var fresh = await PmsProcess.RunAsync(["surface", "fit", "--json", "-"], Columns + Row);
        var late = await PmsProcess.RunAsync(["surface", "fit", "--json", "-", "--at", "2031-03-10T00:00:00Z"], Columns + Row);

        fresh.Json.GetProperty("underlyings")[0].GetProperty("slices")[0].GetProperty("used").GetInt32().ShouldBe(1, fresh.Error);
        late.ExitCode.ShouldBe(4, late.Error);
        var slice = late.Json.GetProperty("underlyings")[0].GetProperty("slices")[0];
        slice.GetProperty("used").GetInt32().ShouldBe(0);
        slice.GetProperty("quarantined").GetProperty("stale").GetInt32().ShouldBe(1);
    }
}
