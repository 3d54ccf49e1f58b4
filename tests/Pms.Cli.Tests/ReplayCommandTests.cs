namespace Pms.Cli.Tests;

public sealed class ReplayCommandTests
{
    [Fact]
    public async Task Replay_SimulatedSession_FitsOnEveryTickWithoutArbitrage()
    {
        var folder = Directory.CreateTempSubdirectory("pms-replay-").FullName;
        try
        {
            var session = Path.Combine(folder, "session.ndjson.gz");
            var simulated = await PmsProcess.RunAsync(["sim", "--script", "calm", "--seed", "11", "--for", "20s", "--underlyings", "ETH", "-o", session]);
            simulated.ExitCode.ShouldBe(0, simulated.Error);

            var run = await PmsProcess.RunAsync(["replay", "--json", session, "--fit-every", "5s"]);

            run.ExitCode.ShouldBe(0, run.Error);
            var lines = run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var summary = System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>(lines[^1]).GetProperty("replay");
            summary.GetProperty("rejected").GetInt64().ShouldBe(0);
            summary.GetProperty("violations").GetInt32().ShouldBe(0);
            summary.GetProperty("skippedFits").GetInt64().ShouldBe(0);
            summary.GetProperty("fits").GetInt64().ShouldBe(lines.Length - 1);
            summary.GetProperty("fits").GetInt64().ShouldBeInRange(4, 6);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("--speed", "fast", "speed-format")]
    [InlineData("--speed", "0x", "speed-format")]
    [InlineData("--fit-every", "soon", "duration-format")]
    public async Task Replay_BadFlag_IsATypedError(string flag, string value, string code)
    {
        var run = await PmsProcess.RunAsync(["replay", "--json", "-", flag, value], SurfaceCommandTests.MadeUpChain());

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }
}
