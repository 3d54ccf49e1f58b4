using System.Globalization;
using System.IO.Compression;
using System.Text;
using Pms.Testing;

namespace Pms.Cli.Tests;

public sealed class ScenarioCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("pms-scenarios").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Fhs_GivenStartAndCurrent_IsTheRecursion()
    {
        var run = await PmsProcess.RunAsync(["scenarios", "fhs", "--json", "-"], """{"returns":[0.01,-0.02,0.015],"lambda":0.9,"sigma0":0.02,"current_sigma":0.03}""");
        run.ExitCode.ShouldBe(0, run.Error);
        var s1 = Math.Sqrt((0.9 * 4e-4) + (0.1 * 1e-4));
        var s2 = Math.Sqrt((0.9 * s1 * s1) + (0.1 * 4e-4));
        var next = Math.Sqrt((0.9 * s2 * s2) + (0.1 * 2.25e-4));
        Numbers(run, "sigma").ShouldBe([0.02, s1, s2], 1e-15);
        Numbers(run, "filtered").ShouldBe([0.015, -0.02 * 0.03 / s1, 0.015 * 0.03 / s2], 1e-15);
        run.Json.GetProperty("nextSigma").GetDouble().ShouldBe(next, 1e-15);
    }

    [Theory]
    [InlineData("""{"returns":[0.01],"lambda":0.9}""", "returns")]
    [InlineData("""{"returns":[0.01,0.02],"lambda":1}""", "lambda-range")]
    [InlineData("""{"returns":[0.01,0.02],"model":"arch"}""", "filter-model")]
    [InlineData("""{"lambda":0.9}""", "json-shape")]
    [InlineData("""{"returns":[0.01,0.02],"currentSigma":-1}""", "sigma-range")]
    public async Task Fhs_BadInput_Refuses(string document, string code)
    {
        var run = await PmsProcess.RunAsync(["scenarios", "fhs", "--json", "-"], document);
        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }

    [Fact]
    public async Task Make_WithHistory_SameBytesTwiceAndShownAgain()
    {
        var history = Path.Combine(_folder, "history");
        Directory.CreateDirectory(history);
        await WriteHistory(Path.Combine(history, "spot_BTCUSDT_1d.csv.gz"));
        var set = Path.Combine(_folder, "set.json.gz");
        string[] make = ["scenarios", "make", "--json", "--history", history, "--coins", "BTC,ETH", "--count", "600", "--seed", "3", "-o", set];
        var first = await PmsProcess.RunAsync(make);
        first.ExitCode.ShouldBe(0, first.Error);
        var second = await PmsProcess.RunAsync(make);
        second.Output.ShouldBe(first.Output);
        first.Json.GetProperty("segments").EnumerateArray().Select(s => s.GetProperty("family").GetString()).ShouldBe(["monte-carlo", "historical", "stress"]);
        var coins = first.Json.GetProperty("history").GetProperty("coins");
        coins[0].TryGetProperty("beta", out _).ShouldBeFalse();
        coins[1].GetProperty("beta").GetDouble().ShouldBe(1.5);

        var shown = await PmsProcess.RunAsync(["scenarios", "show", "--json", set]);
        shown.ExitCode.ShouldBe(0, shown.Error);
        shown.Json.GetProperty("hash").GetString().ShouldBe(first.Json.GetProperty("hash").GetString());
        shown.Json.GetProperty("factors").GetRawText().ShouldBe(first.Json.GetProperty("factors").GetRawText());

        // One weight moved to another scenario: the hash tells.
        string text;
        using (var reader = new StreamReader(new GZipStream(File.OpenRead(set), CompressionMode.Decompress)))
        {
            text = await reader.ReadToEndAsync();
        }

        var damaged = text.Replace("\"seed\":3", "\"seed\":4", StringComparison.Ordinal);
        var refused = await PmsProcess.RunAsync(["scenarios", "show", "--json", "-"], damaged);
        refused.ExitCode.ShouldBe(1);
        refused.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("scenario-set-hash");
    }

    [Fact]
    public async Task Make_Parameters_PartOfADocumentIsEnoughAndUnknownKeysAreRefused()
    {
        var run = await PmsProcess.RunAsync(["scenarios", "make", "--json", "--params", "-"], """{"monteCarloCount":400,"stress":{"fullMove":0.2},"historical":{"model":"garch"}}""");
        run.ExitCode.ShouldBe(0, run.Error);
        run.Json.GetProperty("withProbability").GetInt32().ShouldBe(400);
        foreach (var (document, code) in ((string, string)[])[("""{"horizon":2}""", "json-shape"), ("""{"horizonDays":200}""", "scenario-parameter"), ("""{"stress":{"spotSteps":[0,1]}}""", "stress-parameter")])
        {
            var bad = await PmsProcess.RunAsync(["scenarios", "make", "--json", "--params", "-"], document);
            bad.ExitCode.ShouldBe(1);
            bad.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
        }
    }

    [Fact]
    public async Task Make_BoardAndHistory_EverySurfaceChecked()
    {
        var board = RepositoryPaths.RequireShared("fixtures", "deribit", "chain", "btc_chain_2026-08-01.json");
        var run = await PmsProcess.RunAsync(["scenarios", "make", "--json", "--board", board, "--history", RepositoryPaths.RequireShared("data", "prices"), "--count", "1000"]);
        run.ExitCode.ShouldBe(0, run.Error);
        var repairs = run.Json.GetProperty("repairs")[0];
        repairs.GetProperty("checked").GetInt32().ShouldBe(run.Json.GetProperty("scenarios").GetInt32());
        repairs.GetProperty("level").GetInt32().ShouldBeLessThan(repairs.GetProperty("checked").GetInt32() / 100);
    }

    [Fact]
    public async Task Calibrate_ThenMake_TheDynamicsAreUsed()
    {
        var history = Path.Combine(_folder, "history");
        Directory.CreateDirectory(history);
        await WriteHistory(Path.Combine(history, "spot_BTCUSDT_1d.csv.gz"));
        var path = Path.Combine(_folder, "params.json");
        var run = await PmsProcess.RunAsync(["scenarios", "calibrate", "--json", "--history", history, "--coins", "BTC", "-o", path]);
        run.ExitCode.ShouldBe(0, run.Error);
        run.Json.GetProperty("coins")[0].GetProperty("coin").GetString().ShouldBe("BTC");
        run.Json.GetProperty("coins")[0].GetProperty("returns").GetInt32().ShouldBe(399);
        var calibrated = await PmsProcess.RunAsync(["scenarios", "make", "--json", "--coins", "BTC", "--count", "500", "--params", path]);
        calibrated.ExitCode.ShouldBe(0, calibrated.Error);
        var plain = await PmsProcess.RunAsync(["scenarios", "make", "--json", "--coins", "BTC", "--count", "500"]);
        calibrated.Json.GetProperty("hash").GetString().ShouldNotBe(plain.Json.GetProperty("hash").GetString());

        var without = await PmsProcess.RunAsync(["scenarios", "calibrate", "--json"]);
        without.ExitCode.ShouldBe(1);
        without.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("no-input");
    }

    /// <summary>Method: the same book with and without a history; the scenario set must differ, and the refusal of a bad folder must reach the caller.</summary>
    [Fact]
    public async Task Margin_WithHistory_TheSetHasIt()
    {
        var history = Path.Combine(_folder, "history");
        Directory.CreateDirectory(history);
        await WriteHistory(Path.Combine(history, "spot_BTCUSDT_1d.csv.gz"));
        var board = Path.Combine(_folder, "board.csv.gz");
        (await PmsProcess.RunAsync(["sim", "--json", "--seed", "3", "--underlyings", "BTC", "--board", board])).ExitCode.ShouldBe(0);
        var book = Path.Combine(_folder, "book.csv");
        await File.WriteAllTextAsync(book, "account,instrument,quantity\na,BTC-PERPETUAL,100000\naccount,asset,amount\na,BTC,1\n");
        string[] plain = ["margin", "--json", "--board", board, "--portfolio", book];
        var without = await PmsProcess.RunAsync(plain);
        without.ExitCode.ShouldBe(0, without.Error);
        var with = await PmsProcess.RunAsync([.. plain, "--history", history]);
        with.ExitCode.ShouldBe(0, with.Error);
        with.Json.GetProperty("provenance").GetProperty("scenarioSetHash").GetString().ShouldNotBe(without.Json.GetProperty("provenance").GetProperty("scenarioSetHash").GetString());
        var missing = await PmsProcess.RunAsync([.. plain, "--history", Path.Combine(_folder, "nowhere")]);
        missing.ExitCode.ShouldBe(1);
        missing.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("folder-not-found");

        // a venue's model reads neither scenarios nor array, so its answer does not name them
        var venue = await PmsProcess.RunAsync([.. plain, "--model", "Static"]);
        venue.ExitCode.ShouldBe(3, "a coin worth less than the notional is not full collateral");
        venue.Json.GetProperty("provenance").GetProperty("modelParametersHash").GetString()!.Length.ShouldBe(64);
        venue.Json.GetProperty("provenance").GetProperty("snapshotHash").GetString().ShouldBe(without.Json.GetProperty("provenance").GetProperty("snapshotHash").GetString());
        venue.Json.GetProperty("provenance").TryGetProperty("scenarioSetHash", out _).ShouldBeFalse();
        await File.WriteAllTextAsync(book, "account,instrument,quantity\na,BTC-27MAR20-10000-C,1\n");
        var expired = await PmsProcess.RunAsync([.. plain, "--model", "static"]);
        expired.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("instrument-expired");
        var unknown = await PmsProcess.RunAsync([.. plain, "--model", "nope"]);
        unknown.Json.GetProperty("error").GetProperty("message").GetString()!.ShouldContain("pms, static");
    }

    /// <summary>Method: real prices and vols to the end of 2024 on a real board of January 2022. What came after the board must change nothing: a folder that ends before it gives the same bytes.</summary>
    [Fact]
    public async Task Margin_RealHistoryBeyondTheBoard_UsesOnlyWhatWasKnown()
    {
        var board = RepositoryPaths.RequireShared("data", "options", "optionsdx_btc_eod_2022-01.txt.gz");
        var prices = RepositoryPaths.RequireShared("data", "prices", "yahoo_BTC-USD_daily_2015_2024.csv.gz");
        var vols = RepositoryPaths.RequireShared("data", "vol", "dvol_btc_daily_2021-03_2024-12.csv.gz");
        var (whole, until) = (Path.Combine(_folder, "whole"), Path.Combine(_folder, "until"));
        foreach (var folder in new[] { whole, until })
        {
            Directory.CreateDirectory(folder);
        }

        foreach (var source in new[] { prices, vols })
        {
            var rows = await Lines(source);
            await File.WriteAllLinesAsync(Path.Combine(whole, Path.GetFileNameWithoutExtension(source)), rows);
            await File.WriteAllLinesAsync(Path.Combine(until, Path.GetFileNameWithoutExtension(source)), rows.Where((r, i) => i == 0 || string.CompareOrdinal(r[..10], "2022-01-31") < 0));
        }

        var book = Path.Combine(_folder, "book.csv");
        await File.WriteAllTextAsync(book, "account,instrument,quantity\na,BTC-25MAR22-40000-C,-10\naccount,asset,amount\na,BTC,10\n");
        string[] plain = ["margin", "--json", "--board", board, "--portfolio", book];
        var with = await PmsProcess.RunAsync([.. plain, "--history", whole]);
        with.ExitCode.ShouldBe(0, with.Error);
        var history = with.Json.GetProperty("provenance").GetProperty("history");
        history.GetProperty("lastDate").GetString().ShouldBe("2022-01-30");
        history.GetProperty("valuesAfterBoard").GetInt32().ShouldBe(2 * 1066, "prices and vols of 2022-01-31 to 2024-12-31");
        history.GetProperty("stressedTo").GetString().ShouldNotBeNull();
        var without = await PmsProcess.RunAsync(plain);
        without.Json.GetProperty("provenance").TryGetProperty("history", out _).ShouldBeFalse();
        without.Json.GetProperty("accounts")[0].GetProperty("tail").GetRawText().ShouldNotBe(with.Json.GetProperty("accounts")[0].GetProperty("tail").GetRawText());
        var known = await PmsProcess.RunAsync([.. plain, "--history", until]);
        known.ExitCode.ShouldBe(0, known.Error);
        known.Json.GetProperty("accounts").GetRawText().ShouldBe(with.Json.GetProperty("accounts").GetRawText());
        known.Json.GetProperty("provenance").GetProperty("history").GetProperty("valuesAfterBoard").GetInt32().ShouldBe(0);
    }

    private static async Task<string[]> Lines(string gzip)
    {
        await using var stream = new GZipStream(File.OpenRead(gzip), CompressionMode.Decompress);
        using var reader = new StreamReader(stream);
        return (await reader.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static double[] Numbers(PmsRun run, string name) => [.. run.Json.GetProperty(name).EnumerateArray().Select(x => x.GetDouble())];

    private static async Task WriteHistory(string path)
    {
        await using var text = new StreamWriter(new GZipStream(File.Create(path), CompressionLevel.Fastest), Encoding.ASCII);
        await text.WriteLineAsync("date,price,volume");
        var price = 100.0;
        for (var i = 0; i < 400; i++)
        {
            price *= 1 + (0.03 * Math.Sin(i * i));
            await text.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{new DateOnly(2024, 1, 1).AddDays(i):yyyy-MM-dd},{price:R},1"));
        }
    }
}
