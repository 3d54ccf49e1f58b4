namespace Pms.Cli.Tests;

/// <summary><c>pms stress reverse</c> on a board of the simulated market and a book drawn on it.</summary>
public sealed class StressCommandTests : IAsyncLifetime
{
    private SimulatedBook _files = null!;

    private string[] Inputs => ["--board", _files.Board, "--portfolio", _files.Book];

    public async ValueTask InitializeAsync() => _files = await SimulatedBook.MakeAsync(accounts: 6, seed: 7);

    public ValueTask DisposeAsync()
    {
        _files.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Reverse_Account_IsBrokenByTheScenarioAndNoFurtherThanTheSetSays()
    {
        var run = await PmsProcess.RunAsync(["stress", "reverse", .. Inputs, "--account", "directional-0003", "--threshold", "maintenance", "--json"]);
        run.ExitCode.ShouldBe(0, run.Error);
        run.Json.GetProperty("status").GetString().ShouldBe("found");
        var scenario = run.Json.GetProperty("scenario");
        var account = scenario.GetProperty("accounts")[0];
        account.GetProperty("broken").GetBoolean().ShouldBeTrue();
        account.GetProperty("after").GetDecimal().ShouldBeInRange(account.GetProperty("threshold").GetDecimal() - 1, account.GetProperty("threshold").GetDecimal());
        scenario.GetProperty("positions").EnumerateArray().Sum(p => p.GetProperty("pnl").GetDecimal()).ShouldBe(-scenario.GetProperty("loss").GetDecimal());
        run.Json.GetProperty("ofSet").GetProperty("distance").GetDouble().ShouldBeGreaterThan(scenario.GetProperty("distance").GetDouble());

        var margin = await PmsProcess.RunAsync(["margin", .. Inputs, "--account", "directional-0003", "--json"]);
        scenario.GetProperty("loss").GetDecimal().ShouldBe(margin.Json.GetProperty("accounts")[0].GetProperty("excess").GetDecimal(), 1m);

        var text = await PmsProcess.RunAsync(["stress", "reverse", .. Inputs, "--account", "directional-0003"]);
        text.Output.ShouldContain("The most plausible scenario that breaks directional-0003 to its equity");
        text.Output.ShouldContain("ETH -");
    }

    [Fact]
    public async Task Reverse_TopAndFund_SayWhatTheyBroke()
    {
        var top = await PmsProcess.RunAsync(["stress", "reverse", .. Inputs, "--top", "2", "--json"]);
        top.ExitCode.ShouldBe(0, top.Error);
        top.Json.GetProperty("target").GetProperty("accounts").GetArrayLength().ShouldBe(2);

        var fund = await PmsProcess.RunAsync(["stress", "reverse", .. Inputs, "--fund", "1000", "--json"]);
        fund.ExitCode.ShouldBe(0, fund.Error);
        fund.Json.GetProperty("scenario").GetProperty("uncovered").GetDecimal().ShouldBeInRange(1_000.000001m, 1_001m);
    }

    [Theory]
    [InlineData("no-input")]
    [InlineData("flags-conflict", "--account", "directional-0003", "--top", "2")]
    [InlineData("flags-conflict", "--fund", "1", "--threshold", "maintenance")]
    [InlineData("flags-conflict", "--fund", "1", "--at-least", "1")]
    [InlineData("reverse-at-least", "--top", "2", "--at-least", "3")]
    [InlineData("threshold-flag", "--top", "2", "--threshold", "both")]
    [InlineData("fund-flag", "--fund", "-1")]
    [InlineData("fund-flag", "--fund", "much")]
    [InlineData("reverse-top", "--top", "7")]
    [InlineData("account-missing", "--account", "nobody")]
    public async Task Reverse_BadFlags_AreRefused(string code, params string[] flags)
    {
        var run = await PmsProcess.RunAsync(["stress", "reverse", .. Inputs, .. flags, "--json"]);
        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }
}
