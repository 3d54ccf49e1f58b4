using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Pms.Margin.Parameters;
using Pms.MarketData.Readers.Boards;
using Pms.MarketData.Snapshots;
using Pms.Scenarios;
using Pms.Testing;

namespace Pms.Cli.Tests;

/// <summary>On five invented daily boards of BTC and ETH, with few scenarios.</summary>
public sealed partial class BacktestRunCommandTests : IClassFixture<BacktestRunCommandTests.BoardFiles>
{
    private readonly BoardFiles _files;

    public BacktestRunCommandTests(BoardFiles files) => _files = files;

    [Fact]
    public async Task Run_Text_HasTheTables()
    {
        var run = await PmsProcess.RunAsync(Arguments());
        run.ExitCode.ShouldBe(0, run.Error);
        run.Output.ShouldStartWith("4 windows of 1 days on 4 days, 2031-03-04T08:00:00Z to 2031-03-08T08:00:00Z, up to 1 at a time; 0 boards skipped; 0.00 % of positions without a quote");
        run.Output.ShouldContain("initial margin at equal coverage");
        run.Output.ShouldContain("tools against procyclicality, maintenance margin of pms");
        run.Output.ShouldNotContain("NaN", Case.Sensitive);
    }

    [Fact]
    public async Task Run_Resumed_GivesTheSameBytesAndWritesPageAndRows()
    {
        var (database, page, rows) = (_files.File("resume.db"), _files.File("report.html"), _files.File("rows.csv"));
        string[] outputs = ["--json", "--resume", database, "-o", page, "--rows", rows];
        var first = await PmsProcess.RunAsync([.. Arguments(), .. outputs, "--threads", "1"]);
        first.ExitCode.ShouldBe(0, first.Error);
        var (firstPage, firstRows) = (await File.ReadAllTextAsync(page), await File.ReadAllTextAsync(rows));
        var second = await PmsProcess.RunAsync([.. Arguments(), .. outputs, "--threads", "3"]);
        second.ExitCode.ShouldBe(0, second.Error);

        second.Output.ShouldBe(first.Output);
        (await File.ReadAllTextAsync(page)).ShouldBe(firstPage);
        (await File.ReadAllTextAsync(rows)).ShouldBe(firstRows);
        CheckDocument(first.Json);
        CheckPage(firstPage);
        CheckRows(firstRows, first.Json);
    }

    [Fact]
    public async Task Run_OneWindow_PrintsJsonWithoutTheTestsThatNeedTwo()
    {
        var run = await PmsProcess.RunAsync(["backtest", "run", _files.File("two.csv"), "--params", _files.File("few.json"), "--books", "10", "--models", "pms", "--json"]);
        run.ExitCode.ShouldBe(0, run.Error);
        run.Json.GetProperty("windows").GetInt32().ShouldBe(1);
        var tail = run.Json.GetProperty("samples")[0].GetProperty("models")[0].GetProperty("tail");
        tail.TryGetProperty("kupiecAccepted", out _).ShouldBeFalse();
        tail.GetProperty("z2").GetProperty("value").GetDouble().ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public async Task Run_FilesInAnyOrder_GiveTheSame()
    {
        string[] flags = ["--params", _files.File("few.json"), "--books", "10", "--models", "static", "--json"];
        var forwards = await PmsProcess.RunAsync(["backtest", "run", _files.File("two.csv"), _files.File("three.csv"), .. flags]);
        var backwards = await PmsProcess.RunAsync(["backtest", "run", _files.File("three.csv"), _files.File("two.csv"), .. flags]);
        forwards.ExitCode.ShouldBe(0, forwards.Error);
        forwards.Json.GetProperty("windows").GetInt32().ShouldBe(4);
        backwards.Output.ShouldBe(forwards.Output);
    }

    [Fact]
    public async Task Run_ModelledBoards_AreMarkedInEveryOutput()
    {
        var page = _files.File("modelled.html");
        string[] arguments = ["backtest", "run", "--modelled", _files.File("history"), "--from", "2031-06-01", "--to", "2031-06-03", "--coins", "BTC", "--params", _files.File("few.json"), "--books", "10", "--models", "static"];
        var json = await PmsProcess.RunAsync([.. arguments, "--json", "-o", page]);
        json.ExitCode.ShouldBe(0, json.Error);
        json.Json.GetProperty("windows").GetInt32().ShouldBe(2);
        var source = json.Json.GetProperty("sources").EnumerateArray().ShouldHaveSingleItem();
        (source.GetProperty("source").GetString(), source.GetProperty("windows").GetInt32()).ShouldBe(("modelled.synthetic", 2));
        (await File.ReadAllTextAsync(page)).ShouldContain("Modelled boards are a model");

        var text = await PmsProcess.RunAsync(arguments);
        text.Output.ShouldContain("boards: modelled.synthetic (2); modelled boards are a model's");
    }

    [Fact]
    public async Task Run_BoardThatCannotBeMargined_IsToldWithItsReason()
    {
        // A quarter of a century on, nothing of the board is alive.
        var run = await PmsProcess.RunAsync(["backtest", "run", _files.File("dead.csv"), "--models", "static", "--books", "10", "--json"]);
        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("backtest-windows");
        run.Error.ShouldContain("pms: board of 2056-03-04T08:00:00Z skipped [");
    }

    [Theory]
    [InlineData("date-format", "--modelled", "history", "--from", "spring", "--to", "2031-06-03")]
    [InlineData("date-format", "--modelled", "history", "--from", "2031-06-01")]
    [InlineData("modelled-days", "--modelled", "history", "--from", "2031-06-03", "--to", "2031-06-01")]
    [InlineData("modelled-coins", "--modelled", "history", "--from", "2031-06-01", "--to", "2031-06-03", "--coins", "DOGE")]
    [InlineData("folder-not-found", "--modelled", "nowhere", "--from", "2031-06-01", "--to", "2031-06-03")]
    [InlineData("flags-conflict", "--modelled", "history", "five.csv")]
    [InlineData("flags-conflict", "--coins", "BTC", "five.csv")]
    [InlineData("no-input")]
    public async Task Run_BadModelledFlags_AreRefusedWithTheirCode(string code, params string[] flags)
    {
        var run = await PmsProcess.RunAsync(["backtest", "run", "--json", .. flags.Select(f => f is "history" or "nowhere" or "five.csv" ? _files.File(f) : f)]);
        run.ExitCode.ShouldBe(1, run.Error);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }

    [Fact]
    public async Task Run_OneBoard_IsRefused()
    {
        var run = await PmsProcess.RunAsync(["backtest", "run", _files.File("one.csv"), "--params", _files.File("few.json"), "--models", "static", "--json"]);
        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("backtest-windows");
    }

    [Theory]
    [InlineData("output-format", "-o", "x.txt")]
    [InlineData("venue-model", "--models", "nonsense")]
    [InlineData("backtest-models", "--models", "pms-nonsense")]
    [InlineData("backtest-models", "--models", "pms,pms")]
    [InlineData("backtest-models", "--models", ",")]
    [InlineData("book-count", "--books", "3")]
    [InlineData("backtest-horizon", "--horizon", "59m")]
    [InlineData("backtest-horizon", "--horizon", "1m")]
    [InlineData("backtest-horizon", "--horizon", "31d")]
    [InlineData("duration-format", "--horizon", "soon")]
    [InlineData("threads-range", "--threads", "0")]
    [InlineData("resume-file", "--resume", "BOARDS")]
    [InlineData("flags-conflict", "-", "BOARDS")]
    public async Task Run_BadFlag_IsRefusedWithItsCode(string code, string flag, string value)
    {
        var run = await PmsProcess.RunAsync(["backtest", "run", _files.File("five.csv"), "--json", flag, value == "BOARDS" ? _files.File("five.csv") : value]);
        run.ExitCode.ShouldBe(1, run.Error);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }

    private static void CheckDocument(JsonElement json)
    {
        var provenance = json.GetProperty("provenance");
        provenance.GetProperty("version").GetString().ShouldNotBeNullOrEmpty();
        provenance.GetProperty("parametersHash").GetString()!.Length.ShouldBe(64);
        provenance.GetProperty("horizonDays").GetDouble().ShouldBe(1);
        provenance.GetProperty("books").GetInt32().ShouldBe(20);
        provenance.GetProperty("seed").GetInt32().ShouldBe(1);
        provenance.TryGetProperty("historyHash", out _).ShouldBeFalse();
        json.GetProperty("windows").GetInt32().ShouldBe(4);
        var source = json.GetProperty("sources").EnumerateArray().ShouldHaveSingleItem();
        source.GetProperty("windows").GetInt32().ShouldBe(4);
        source.GetProperty("source").GetString()!.ShouldNotStartWith("modelled");
        json.GetProperty("skipped").GetArrayLength().ShouldBe(0);
        json.GetProperty("legsByModelShare").GetDouble().ShouldBe(0);
        json.GetProperty("models").EnumerateArray().Select(m => m.GetString()).ShouldBe(["pms", "static"]);
        json.GetProperty("path").GetArrayLength().ShouldBe(4);
        json.GetProperty("tools").GetArrayLength().ShouldBe(4);
        json.GetProperty("aggregates").GetArrayLength().ShouldBe(3);
        var samples = json.GetProperty("samples").EnumerateArray().ToArray();
        samples.Select(s => s.GetProperty("name").GetString()).ShouldBe(
            ["all", "hedged", "directional", "strangle-near", "strangle-far", "short-put", "spread", "condor", "calendar", "covered", "cross-asset", "market-maker", "aggregate-BTC", "aggregate-ETH", "aggregate-all"]);
        var all = samples[0].GetProperty("models").EnumerateArray().ToArray();
        all.Select(m => (m.GetProperty("model").GetString(), m.GetProperty("refused").GetInt32())).ShouldBe([("pms", 0), ("static", 0)]);
        all[0].GetProperty("averageInitial").GetDouble().ShouldBeInRange(0.01, 1);
        all[0].GetProperty("initial").GetProperty("observations").GetInt32().ShouldBe(samples[0].GetProperty("observations").GetInt32());
        all[0].TryGetProperty("tail", out _).ShouldBeTrue();
        all[1].TryGetProperty("tail", out _).ShouldBeFalse();
    }

    /// <summary>Well-formed once its void elements are closed, with nothing that runs or loads.</summary>
    private static void CheckPage(string page)
    {
        page.ShouldStartWith("<!doctype html>\n");
        var root = XDocument.Parse(VoidElements().Replace(page["<!doctype html>\n".Length..], "<meta${rest}/>")).Root!;
        var elements = root.DescendantsAndSelf().ToArray();
        elements.Select(e => e.Name.LocalName).Distinct().Order(StringComparer.Ordinal).ShouldBe(["body", "caption", "div", "h1", "h2", "head", "html", "li", "meta", "p", "path", "rect", "style", "svg", "table", "td", "text", "th", "title", "tr", "ul"]);
        elements.SelectMany(e => e.Attributes()).Select(a => a.Name.LocalName).ShouldAllBe(a => a != "src" && a != "href" && a != "style" && !a.StartsWith("on", StringComparison.OrdinalIgnoreCase));
        page.ShouldNotContain("://");
        page.ShouldNotContain("url(");
        page.ShouldNotContain("@import");
        page.ShouldNotContain("NaN", Case.Sensitive);
        page.ShouldContain("default-src 'none'");
        root.Descendants("h2").Select(h => h.Value).ShouldContain("Books: hedged");
        root.Descendants("svg").Count().ShouldBe(3);
    }

    private static void CheckRows(string rows, JsonElement json)
    {
        var lines = rows.TrimEnd('\n').Split('\n');
        lines[0].ShouldBe("from,to,book,class,coins,notional,loss,pms.initial,pms.maintenance,pms.var,pms.es,static.initial,static.maintenance,static.var,static.es");
        var cells = lines.Skip(1).Select(l => l.Split(',')).ToArray();
        cells.ShouldAllBe(c => c.Length == 15);
        cells.Count(c => c[3] == "aggregate").ShouldBe(12);
        var drawn = cells.Where(c => c[3] != "aggregate").ToArray();
        var all = json.GetProperty("samples")[0];
        drawn.Length.ShouldBe(all.GetProperty("observations").GetInt32());
        static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
        // The report's mean from the rows.
        drawn.Average(c => Number(c[7]) / Number(c[5])).ShouldBe(all.GetProperty("models")[0].GetProperty("averageInitial").GetDouble(), 1e-12);
        drawn.Count(c => Number(c[6]) > Number(c[7])).ShouldBe(all.GetProperty("models")[0].GetProperty("initial").GetProperty("breaches").GetInt32());
        cells.ShouldAllBe(c => c[13] == "" && c[14] == "");
    }

    private string[] Arguments() => ["backtest", "run", _files.File("five.csv"), "--params", _files.File("few.json"), "--books", "20", "--models", "pms,static"];

    [GeneratedRegex("<meta(?<rest>[^>]*)>", RegexOptions.None, 1000)]
    private static partial Regex VoidElements();

    /// <summary>Boards and parameters, written once.</summary>
    public sealed class BoardFiles : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pms-backtest");

        public BoardFiles()
        {
            Write("five.csv", 0, 5);
            Write("one.csv", 0, 1);
            Write("two.csv", 0, 2);
            Write("three.csv", 2, 3);
            System.IO.File.WriteAllText(File("dead.csv"), System.IO.File.ReadAllText(File("one.csv")).Replace("2031-03-04T08", "2056-03-04T08", StringComparison.Ordinal));
            Directory.CreateDirectory(File("history"));
            System.IO.File.WriteAllLines(
                Path.Combine(File("history"), "BTC-USD.csv"),
                ["date,close", .. Enumerable.Range(0, 160).Select(day => $"{new DateOnly(2031, 1, 1).AddDays(day):yyyy-MM-dd},{50_000 + (1_500 * Math.Sin(day)) + (40 * day):F2}")]);
            System.IO.File.WriteAllText(File("few.json"), RiskParameterFile.Write(RiskParameters.Default with { Scenarios = ScenarioParameters.Default with { MonteCarloCount = 300 } }));
        }

        public string File(string name) => Path.Combine(_folder.FullName, name);

        public void Dispose() => _folder.Delete(recursive: true);

        private void Write(string name, int first, int count)
        {
            using var text = new StreamWriter(File(name));
            var writer = new BoardCsvWriter(text);
            for (var day = first; day < first + count; day++)
            {
                MarketSnapshot board = QuotedBoards.Make(QuotedBoards.Start.AddDays(day), new QuotedCoin("BTC", 50_000 - (800 * day)), new QuotedCoin("ETH", 2_500 - (60 * day), 0.7));
                writer.Write(board);
            }
        }
    }
}
