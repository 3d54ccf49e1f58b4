namespace Pms.Cli.Tests;

/// <summary><c>pms gas forecast</c> as a user runs it.</summary>
public sealed class GasCommandTests
{
    [Fact]
    public async Task Forecast_OfAHistory_GivesQuantilesAndTips()
    {
        var fees = string.Join(",", Enumerable.Range(0, 64).Select(i => $"\"{1_000_000_000 + (i % 2 * 10_000_000)}\""));
        var tips = string.Join(",", Enumerable.Repeat("[\"0x5\"]", 63));
        var run = await PmsProcess.RunAsync(["gas", "forecast", "-", "--horizon", "3", "--json"], $"{{\"baseFeePerGas\":[{fees}],\"reward\":[{tips}],\"rewardPercentiles\":[10]}}");
        run.ExitCode.ShouldBe(0, run.Output);
        run.Json.GetProperty("nextWei").GetString().ShouldBe("1010000000");
        run.Json.GetProperty("quantiles").GetArrayLength().ShouldBe(3);
        run.Json.GetProperty("quantiles")[0].GetProperty("q99Wei").GetString().ShouldBe("1010000000");
        run.Json.GetProperty("tips")[0].GetProperty("tipWei").GetString().ShouldBe("1");
        var refused = await PmsProcess.RunAsync(["gas", "forecast", "-", "--json"], """{"baseFeePerGas":["1","100","3"]}""");
        refused.ExitCode.ShouldBe(1);
        refused.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("gas-history");
    }
}
