namespace Pms.Cli.Tests;

/// <summary><c>pms keeper</c> as a user runs it, without a chain.</summary>
public sealed class KeeperCommandTests
{
    [Fact]
    public async Task Simulate_EqualFlags_GiveEqualBytes()
    {
        string[] flags = ["keeper", "simulate", "--count", "6", "--keepers", "2", "--minutes", "60", "--json"];
        var first = await PmsProcess.RunAsync(flags);
        first.ExitCode.ShouldBe(0, first.Error);
        first.Json.GetProperty("keepers").GetArrayLength().ShouldBe(2);
        first.Json.GetProperty("accounts").GetArrayLength().ShouldBe(6);
        first.Json.GetProperty("removedShare").GetDouble().ShouldBeInRange(0, 1);
        (await PmsProcess.RunAsync(flags)).Output.ShouldBe(first.Output);
    }

    [Fact]
    public async Task Simulate_AccountsOfAFile_AreThoseOfTheAnswer()
    {
        var run = await PmsProcess.RunAsync(
            ["keeper", "simulate", "--accounts", "-", "--json"], """{"accounts":[{"account":9,"equity":70000,"worth":75000,"initial":130000,"maintenance":100000,"grossMark":400000}]}""");
        run.ExitCode.ShouldBe(0, run.Output);
        run.Json.GetProperty("accounts")[0].GetProperty("account").GetInt64().ShouldBe(9);
        run.Json.GetProperty("accounts")[0].GetProperty("outcome").GetString().ShouldBe("restored");
    }

    [Fact]
    public async Task Config_OfDefaults_CanBeReadAgainAndBadOnesNameTheKey()
    {
        var defaults = await PmsProcess.RunAsync(["keeper", "config"]);
        defaults.ExitCode.ShouldBe(0, defaults.Error);
        defaults.Json.GetProperty("dryRun").GetBoolean().ShouldBeTrue();
        (await PmsProcess.RunAsync(["keeper", "config", "-"], defaults.Output)).Output.ShouldBe(defaults.Output);
        var refused = await PmsProcess.RunAsync(["keeper", "config", "-", "--json"], """{"gas":{"capUsdPerDay":-1}}""");
        refused.ExitCode.ShouldBe(1);
        refused.Output.ShouldContain("gas.capUsdPerDay");
        (await PmsProcess.RunAsync(["keeper", "once", "--json"])).ExitCode.ShouldBe(2);
    }

    [Fact]
    public async Task Status_KeeperThatHasNotRun_SaysSo()
    {
        var folder = Directory.CreateTempSubdirectory("pms-keeper-status-");
        try
        {
            var config = Path.Combine(folder.FullName, "keeper.json");
            await File.WriteAllTextAsync(config, "{}", TestContext.Current.CancellationToken);
            var missing = await PmsProcess.RunAsync(["keeper", "status", "--config", config, "--json"]);
            missing.ExitCode.ShouldBe(1);
            missing.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("file-not-found");
            var range = await PmsProcess.RunAsync(["keeper", "status", "--config", config, "--count", "-1", "--json"]);
            range.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("keeper-flags");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
