using System.Text.Json;
using Pms.Testing;

namespace Pms.Cli.Tests;

public sealed class ExplainCommandTests
{
    [Fact]
    public async Task ExplainCase_Golden_Matches()
    {
        using var golden = JsonDocument.Parse(await File.ReadAllTextAsync(RepositoryPaths.RequireShared("golden", "risk.json")));
        var section = golden.RootElement.GetProperty("pnl_explain");
        var run = await PmsProcess.RunAsync(["explain", "--json", "--case", "-"], section.GetRawText());
        run.ExitCode.ShouldBe(0, run.Error);
        var results = run.Json.GetProperty("results").EnumerateArray().ToArray();
        var cases = section.GetProperty("cases").EnumerateArray().ToArray();
        results.Length.ShouldBe(cases.Length);
        foreach (var (actual, expected) in results.Zip(cases.Select(c => c.GetProperty("expected"))))
        {
            foreach (var value in expected.EnumerateObject())
            {
                actual.GetProperty(value.Name).GetDouble().ShouldBe(value.Value.GetDouble(), 1e-9 * 500, value.Name);
            }
        }
    }

    [Theory]
    [InlineData("""{"id":"a","inputs":{"F":100,"K":110,"T_years":0.1,"sigma":0.5,"qty":-2,"type":"put"},"spot_move":-0.1,"vol_move":0.1,"dt_years":0.01}""")]
    [InlineData("""{"id":"a","inputs":{"F":100,"K":110,"T_years":0.1,"sigma":0.5,"qty":-2,"type":"put","spot_move":-0.1,"vol_move":0.1,"dt_years":0.01}}""")]
    [InlineData("""{"id":"a","F":100,"K":110,"T_years":0.1,"sigma":0.5,"qty":-2,"type":"put","spot_move":-0.1,"vol_move":0.1,"dt_years":0.01}""")]
    public async Task ExplainCase_OneCaseInEachShape_GivesOneObject(string text)
    {
        var run = await PmsProcess.RunAsync(["explain", "--case", "-", "--json"], text);
        run.ExitCode.ShouldBe(0, run.Error);
        run.Json.GetProperty("id").GetString().ShouldBe("a");
        // -2 puts at 110 with the forward at 90: close to -2 x (20.9 - 12.8), by a hand calculation with libm's normal distribution.
        run.Json.GetProperty("full_revaluation").GetDouble().ShouldBe(-16.35, 0.5);
        var sum = new[] { "delta", "gamma", "vega", "theta", "vanna", "volga", "residual" }.Sum(n => run.Json.GetProperty(n).GetDouble());
        sum.ShouldBe(run.Json.GetProperty("full_revaluation").GetDouble(), 1e-12);
    }

    [Fact]
    public async Task ExplainCase_OneOfTwoRefused_AnswersTheOther()
    {
        var run = await PmsProcess.RunAsync(
            ["explain", "--json", "--case", "-"],
            """{"inputs":{"F":100,"K":110,"T_years":0.1,"sigma":0.5},"cases":[{"id":"far","spot_move":-1.5},{"spot_move":0.01}]}""");
        run.ExitCode.ShouldBe(1);
        var results = run.Json.GetProperty("results").EnumerateArray().ToArray();
        results[0].GetProperty("error").GetProperty("code").GetString().ShouldBe("move-range");
        results[0].GetProperty("id").GetString().ShouldBe("far");
        results[1].GetProperty("delta").GetDouble().ShouldBeGreaterThan(0);
    }

    [Theory]
    [InlineData("[1]", "json-shape")]
    [InlineData("{", "json-shape")]
    [InlineData("""{"cases":3}""", "json-shape")]
    [InlineData("""{"F":"x"}""", "json-shape")]
    [InlineData("""{"F":100}""", "missing-field")]
    [InlineData("""{"F":-1,"K":110,"T_years":0.1,"sigma":0.5,"spot_move":0}""", "forward-range")]
    public async Task ExplainCase_NotACase_SaysWhy(string text, string code)
    {
        var run = await PmsProcess.RunAsync(["explain", "--json", "--case", "-"], text);
        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }

    [Theory]
    [InlineData(new[] { "explain", "--json" }, "no-input")]
    [InlineData(new[] { "explain", "--json", "--case", "-", "--account", "a" }, "flags-conflict")]
    [InlineData(new[] { "explain", "--json", "--case", "no-such-file.json" }, "file-not-found")]
    [InlineData(new[] { "whatif", "--json" }, "no-input")]
    [InlineData(new[] { "whatif", "--json", "--order", "BTC:5" }, "instrument-name")]
    [InlineData(new[] { "whatif", "--json", "--order", "-", "--board", "-" }, "flags-conflict")]
    public async Task Explain_InputsMissingOrInConflict_SaysWhy(string[] arguments, string code)
    {
        var run = await PmsProcess.RunAsync(arguments, "");
        run.ExitCode.ShouldBe(1, run.Error);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }
}
