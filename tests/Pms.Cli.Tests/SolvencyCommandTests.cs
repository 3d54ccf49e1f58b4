using System.Globalization;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace Pms.Cli.Tests;

/// <summary>pms solvency on a board of the simulated market and a book drawn on it.</summary>
public sealed class SolvencyCommandTests : IAsyncLifetime
{
    private SimulatedBook _files = null!;

    private string History => Path.Combine(Path.GetDirectoryName(_files.Board)!, "index.db");

    private string[] Inputs => ["--board", _files.Board, "--portfolio", _files.Book, "--scenarios", "1000"];

    public async ValueTask InitializeAsync() => _files = await SimulatedBook.MakeAsync(accounts: 30, seed: 7);

    public ValueTask DisposeAsync()
    {
        _files.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Show_ABook_AddsUpAndIsKept()
    {
        var run = await PmsProcess.RunAsync(["solvency", "show", .. Inputs, "--insurance", "1000000", "--backstop", "500000.5", "--level", "0.975", "--history", History, "--json"]);
        run.ExitCode.ShouldBe(0, run.Error);
        run.Json.GetProperty("provenance").GetProperty("scenariosWithProbability").GetInt32().ShouldBe(1_000);
        var found = run.Json.GetProperty("solvency");
        var shortfall = Usd(found, "shortfall");
        shortfall.ShouldBeGreaterThan(0);
        Usd(found, "resources").ShouldBe(1_500_000.5m);
        var wad = Int128.Parse(found.GetProperty("indexWad").GetString()!, CultureInfo.InvariantCulture);
        wad.ShouldBe((Int128)1_500_000_500_000 * 1_000_000_000_000_000_000 / (Int128)(shortfall * 1_000_000));
        found.GetProperty("band").GetString().ShouldBe("strong");
        found.GetProperty("contributions").EnumerateArray().Sum(c => Usd(c, "mean")).ShouldBe(shortfall, 0.001m);
        Usd(found.GetProperty("worst")[0], "shortfall").ShouldBeGreaterThanOrEqualTo(Usd(found.GetProperty("cover2"), "amount"));
        Usd(found.GetProperty("cover2"), "amount").ShouldBeGreaterThanOrEqualTo(Usd(found.GetProperty("cover1"), "amount"));
        found.GetProperty("cover1").GetProperty("description").GetString()!.ShouldStartWith("stress ");

        // The same again is not kept twice; another fund is another index.
        (await PmsProcess.RunAsync(["solvency", "show", .. Inputs, "--insurance", "1000000", "--backstop", "500000.5", "--level", "0.975", "--threads", "1", "--history", History])).ExitCode.ShouldBe(0);
        (await PmsProcess.RunAsync(["solvency", "show", .. Inputs, "--insurance", "10", "--history", History])).ExitCode.ShouldBe(3);
        var history = await PmsProcess.RunAsync(["solvency", "history", "--history", History, "--json"]);
        history.ExitCode.ShouldBe(0, history.Error);
        JsonElement[] kept = [.. history.Json.GetProperty("indices").EnumerateArray()];
        kept.Length.ShouldBe(2);
        kept[0].GetProperty("band").GetString().ShouldBe("short");
        kept[1].GetProperty("indexWad").GetString().ShouldBe(found.GetProperty("indexWad").GetString());
        kept[1].GetProperty("snapshotHash").GetString().ShouldBe(run.Json.GetProperty("provenance").GetProperty("snapshotHash").GetString());
        (await PmsProcess.RunAsync(["solvency", "history", "--history", History, "--last", "1"])).Output.ShouldContain("1 indices");

        SqliteConnection.ClearAllPools();
        await using (var file = new SqliteConnection($"Data Source={History};Pooling=False"))
        {
            file.Open();
            using var command = file.CreateCommand();
            command.CommandText = "UPDATE indices SET record = replace(record, '\"insurance\":10,', '\"insurance\":1000000,')";
            command.ExecuteNonQuery().ShouldBe(2);
        }

        var damaged = await PmsProcess.RunAsync(["solvency", "history", "--history", History, "--json"]);
        damaged.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("solvency-record");
    }

    [Fact]
    public async Task Show_APortfolioFromStandardInput_IsReadAndWrittenAsTable()
    {
        var run = await PmsProcess.RunAsync(
            ["solvency", "show", "--board", _files.Board, "--portfolio", "-", "--scenarios", "500", "--insurance", "1e6"], await File.ReadAllTextAsync(_files.Book, TestContext.Current.CancellationToken));
        run.ExitCode.ShouldBe(0, run.Error);
        run.Output.ShouldContain("Protocol Solvency Index ");
        run.Output.ShouldContain("cover-2: ");
        run.Output.ShouldContain("mean in the tail");
    }

    [Fact]
    public async Task Show_AnAccountThatCannotBeValued_LeavesTheBandUnknown()
    {
        var book = await File.ReadAllTextAsync(_files.Book, TestContext.Current.CancellationToken);
        var option = book.Split('\n')[1].Split(',')[1];
        string[] flags = ["solvency", "show", "--board", _files.Board, "--portfolio", "-", "--scenarios", "500", "--insurance", "1e6"];
        var run = await PmsProcess.RunAsync([.. flags, "--json"], $"{book}odd,{option},0.000000001,,\n");
        run.ExitCode.ShouldBe(4, run.Output);
        (run.Json.GetProperty("solvency").GetProperty("band").GetString(), run.Json.GetProperty("solvency").GetProperty("refused").GetInt32()).ShouldBe(("unknown", 1));
        run.Json.GetProperty("refusals")[0].GetProperty("code").GetString().ShouldBe("quantity-lot");
        (await PmsProcess.RunAsync(flags, $"{book}odd,{option},0.000000001,,\n")).Error.ShouldContain("left out: ");
    }

    [Fact]
    public async Task Show_AccountsOfOneOwner_AreCoveredTogether()
    {
        var owners = Path.Combine(Path.GetDirectoryName(_files.Board)!, "owners.csv");
        var alone = await PmsProcess.RunAsync(["solvency", "show", .. Inputs, "--insurance", "1", "--json"]);
        var two = alone.Json.GetProperty("solvency").GetProperty("cover2");
        await File.WriteAllLinesAsync(owners, ["account,owner", .. two.GetProperty("owners").EnumerateArray().Select(o => $"{o.GetString()},whale")], TestContext.Current.CancellationToken);
        var together = await PmsProcess.RunAsync(["solvency", "show", .. Inputs, "--insurance", "1", "--owners", owners, "--json"]);
        var one = together.Json.GetProperty("solvency").GetProperty("cover1");
        Usd(one, "amount").ShouldBe(Usd(two, "amount"));
        one.GetProperty("owners").EnumerateArray().Single().GetString().ShouldBe("whale");
        together.Json.GetProperty("solvency").GetProperty("indexWad").GetString().ShouldBe(alone.Json.GetProperty("solvency").GetProperty("indexWad").GetString());
    }

    [Fact]
    public async Task WhatIf_EverythingAtOnce_IsBeforeAndAfterSideBySide()
    {
        string[] flags = ["solvency", "whatif", .. Inputs, "--insurance", "1000000", "--lose", "directional-0003", "--gap", "ETH=0.2", "--no-keepers", "4h", "--insurance-then", "1000"];
        var run = await PmsProcess.RunAsync([.. flags, "--json"]);
        run.ExitCode.ShouldBe(3, run.Error);
        var (before, after) = (run.Json.GetProperty("before"), run.Json.GetProperty("after"));
        Usd(after, "shortfall").ShouldBeGreaterThan(Usd(before, "shortfall"));
        Usd(after, "resources").ShouldBe(1_000);
        after.GetProperty("band").GetString().ShouldBe("short");
        run.Json.GetProperty("case").GetProperty("lossFactor").GetDouble().ShouldBe(Math.Sqrt(1 + (4 / 24.0)), 1e-8);
        run.Json.GetProperty("case").GetProperty("gaps")[0].GetProperty("share").GetDecimal().ShouldBe(0.2m);
        (await PmsProcess.RunAsync(flags)).Output.ShouldContain("directional-0003 is lost, ETH falls by 20.00 % as collateral, no keepers for 4 h");

        var shown = await PmsProcess.RunAsync(["solvency", "show", .. Inputs, "--insurance", "1000000", "--json"]);
        before.GetRawText().ShouldBe(shown.Json.GetProperty("solvency").GetRawText());
    }

    [Theory]
    [InlineData("no-input", "show")]
    [InlineData("solvency-resources", "show", "--insurance", "-1")]
    [InlineData("solvency-resources", "show", "--insurance", "much")]
    [InlineData("solvency-resources", "show", "--insurance", "1", "--backstop", "9e27")]
    [InlineData("tail-level", "show", "--insurance", "1", "--level", "1")]
    [InlineData("account-missing", "whatif", "--insurance", "1", "--lose", "nobody")]
    [InlineData("solvency-gap", "whatif", "--insurance", "1", "--gap", "ETH")]
    [InlineData("solvency-gap", "whatif", "--insurance", "1", "--gap", "ETH=2")]
    [InlineData("solvency-gap", "whatif", "--insurance", "1", "--gap", "DOGE=0.1")]
    [InlineData("solvency-hours", "whatif", "--insurance", "1", "--no-keepers", "31d")]
    [InlineData("duration-format", "whatif", "--insurance", "1", "--no-keepers", "long")]
    [InlineData("file-not-found", "show", "--insurance", "1", "--owners", "/no/such/file")]
    [InlineData("solvency-history-failed", "show", "--insurance", "1", "--history", "/no/such/folder/i.db")]
    public async Task Any_BadFlags_AreRefused(string code, string verb, params string[] flags)
    {
        var run = await PmsProcess.RunAsync(["solvency", verb, .. Inputs, .. flags, "--json"]);
        run.ExitCode.ShouldBe(1, run.Output);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }

    [Theory]
    [InlineData("no-input")]
    [InlineData("last-range", "--history", "x.db", "--last", "0")]
    [InlineData("file-not-found", "--history", "/no/such/file.db")]
    public async Task History_BadFlags_AreRefused(string code, params string[] flags)
    {
        var run = await PmsProcess.RunAsync(["solvency", "history", .. flags, "--json"]);
        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }

    private static decimal Usd(JsonElement element, string name) => element.GetProperty(name).GetDecimal();
}
