namespace Pms.Cli.Tests;

public sealed class BacktestCommandTests
{
    [Fact]
    public async Task Stats_ExceptionsAlone_GivesWhatTheyAllow()
    {
        var run = await PmsProcess.RunAsync(["backtest", "stats", "--json", "-"], """{"exceptions":5,"observations":250,"p":0.01,"exceptons":1}""");
        run.ExitCode.ShouldBe(0, run.Error);
        run.Json.GetProperty("kupiec").GetProperty("LR_pof").GetDouble().ShouldBe(1.956809788230622, 1e-11);
        run.Json.GetProperty("basel_traffic_light").GetProperty("zone").GetString().ShouldBe("yellow");
        run.Json.TryGetProperty("christoffersen", out _).ShouldBeFalse();
        run.Json.GetProperty("ignored")[0].GetString().ShouldBe("exceptons");
    }

    [Theory]
    [InlineData("""{"hits":[0,0,1,1,0,true],"p":0.25}""", 3, 2)]
    [InlineData("""{"T":6,"hit_indices_0based":[2,3,5],"p":0.25}""", 3, 2)]
    public async Task Stats_Places_GiveChristoffersen(string input, int exceptions, int n01)
    {
        var run = await PmsProcess.RunAsync(["backtest", "stats", "--json", "-"], input);
        run.ExitCode.ShouldBe(0, run.Error);
        run.Json.GetProperty("kupiec").GetProperty("exceptions").GetInt32().ShouldBe(exceptions);
        run.Json.GetProperty("christoffersen").GetProperty("n01").GetInt32().ShouldBe(n01);
    }

    [Fact]
    public async Task Stats_LossesWithForecasts_GivesEveryStatistic()
    {
        var run = await PmsProcess.RunAsync(["backtest", "stats", "--json", "-"], """{"losses":[0,3,1,-1,2,0.5],"var":2.5,"es":[3,3,3,3,3,3],"otherVar":4,"otherEs":5,"p":0.25,"overlap":2}""");
        run.ExitCode.ShouldBe(0, run.Error);
        foreach (var name in new[] { "kupiec", "christoffersen", "basel_traffic_light", "coverage", "coverage_overlapping", "acerbi_szekely", "fissler_ziegel", "diebold_mariano", "e_backtest" })
        {
            run.Json.TryGetProperty(name, out _).ShouldBeTrue(name);
        }

        run.Json.GetProperty("acerbi_szekely").GetProperty("Z1").GetDouble().ShouldBe(0, 1e-15);
        run.Json.GetProperty("e_backtest").GetProperty("wealth").GetArrayLength().ShouldBe(6);
    }

    [Theory]
    [InlineData("""{"exceptions":5,"observations":4}""", "backtest-count")]
    [InlineData("""{"exceptions":1,"observations":4,"p":1.5}""", "backtest-rate")]
    [InlineData("""{"hits":[0,2]}""", "backtest-value")]
    [InlineData("""{"losses":[1,2,3],"var":[1,2],"es":3}""", "backtest-length")]
    [InlineData("""{"T":3,"hit_indices_0based":[3]}""", "backtest-value")]
    [InlineData("""{}""", "backtest-count")]
    public async Task Stats_SenselessInput_IsRefused(string input, string code)
    {
        var run = await PmsProcess.RunAsync(["backtest", "stats", "--json", "-"], input);
        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }
}
