using System.Text.Json;

namespace Pms.Cli.Tests;

/// <summary><c>pms margin --model X --case FILE</c> as a user runs it.</summary>
public sealed class VenueCaseTests
{
    private const string ShortPerp = """{"id":"p","inputs":{"settlement":"BTC","index_price":60000,"positions":{"BTC-PERPETUAL":-1}}}""";

    private const string Wide = """{"id":"bad","inputs":{"price_range":7}}""";

    [Fact]
    public async Task Margin_OneCase_AnswersWithItsKeysAtTheTop()
    {
        var run = await PmsProcess.RunAsync(["margin", "--model", "deribit", "--case", "-", "--json"], ShortPerp);
        run.ExitCode.ShouldBe(0, run.Error);
        run.Json.GetProperty("id").GetString().ShouldBe("p");
        run.Json.GetProperty("worst_move").GetDouble().ShouldBe(0.16);
        // a coin short loses 0.16 / 1.16 of itself, and 1 % for the roll
        run.Json.GetProperty("initial_margin").GetDouble().ShouldBe(Math.Round(0.16 / 1.16, 9) + 0.01, 1e-12);
        run.Json.GetProperty("provenance").GetProperty("parametersHash").GetString()!.Length.ShouldBe(64);
    }

    [Fact]
    public async Task Margin_ListWithARefusedCase_AnswersTheOthersAndFails()
    {
        var run = await PmsProcess.RunAsync(["margin", "--model", "deribit", "--case", "-", "--json"], $"[{ShortPerp},{Wide}]");
        run.ExitCode.ShouldBe(1);
        run.Json.GetArrayLength().ShouldBe(2);
        run.Json[0].GetProperty("maintenance_margin").ValueKind.ShouldBe(JsonValueKind.Number);
        run.Json[1].GetProperty("id").GetString().ShouldBe("bad");
        run.Json[1].GetProperty("error").GetProperty("code").GetString().ShouldBe("venue-parameters");
    }

    [Fact]
    public async Task Margin_CasesDocument_AnswersWithResults()
    {
        var run = await PmsProcess.RunAsync(["margin", "--model", "span", "--case", "-", "--json"], """{"cases":[{"id":"s","inputs":{"future_pnl":[0,0,1,1,-1,-1,2,2,-2,-2,3,3,-3,-3,2,-2]}}]}""");
        run.ExitCode.ShouldBe(0, run.Error);
        run.Json.GetProperty("results")[0].GetProperty("long_future_scan_risk").GetDouble().ShouldBe(3);
    }

    /// <summary>A model's name is read without regard to case; what describes a case is not an input of it.</summary>
    [Fact]
    public async Task Margin_CaseWithSourceAndExpected_ReadsTheInputsAlone()
    {
        var run = await PmsProcess.RunAsync(
            ["margin", "--model", "SPAN", "--case", "-", "--json"],
            """{"id":"s","inputs":{"source":"a book","expected":{"x":1},"call_pnl":[0,0,1,1,-1,-1,2,2,-2,-2,3,3,-3,-3,5,-1.5]}}""");
        run.ExitCode.ShouldBe(0, run.Output);
        run.Json.GetProperty("long_call_scan_risk").GetDouble().ShouldBe(3);
        run.Json.GetProperty("short_call_scan_risk").GetDouble().ShouldBe(5);
        run.Json.GetProperty("provenance").TryGetProperty("ignored", out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("static", """{"spot":0}""", "venue-account")]
    [InlineData("vogon", "{}", "venue-model")]
    [InlineData("derive", "{", "json-shape")]
    [InlineData("derive", "{}", "missing-field")]
    [InlineData("derive", """{"spot":1,"spot":2}""", "json-shape")]
    public async Task Margin_WrongCase_RefusesByCode(string model, string input, string code)
    {
        var run = await PmsProcess.RunAsync(["margin", "--model", model, "--case", "-", "--json"], input);
        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }
}
