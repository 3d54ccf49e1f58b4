using System.IO.Compression;
using System.Text;
using Pms.Cli.Commands;

namespace Pms.Cli.Tests;

public sealed class SimCommandTests
{
    [Fact]
    public async Task Sim_SameFlagsTwice_WriteTheSameBoardAndSession()
    {
        using var folder = new TemporaryFolder();
        var first = await RunAsync(folder, "first");
        var second = await RunAsync(folder, "second");
        var json = first.Json;
        json.GetProperty("board").GetProperty("snapshotHash").GetString().ShouldBe(second.Json.GetProperty("board").GetProperty("snapshotHash").GetString());
        json.GetProperty("session").GetProperty("messages").GetInt64().ShouldBeGreaterThan(1_000);
        Unzip(folder.File("first.csv.gz")).ShouldBe(Unzip(folder.File("second.csv.gz")));
        var session = Unzip(folder.File("first.ndjson.gz"));
        session.ShouldBe(Unzip(folder.File("second.ndjson.gz")));
        session.Split('\n')[0].ShouldContain("\"format\":\"pms-session\"");

        var shown = await PmsProcess.RunAsync(["board", "show", "--json", folder.File("first.csv.gz")]);
        shown.Json.GetProperty("hash").GetString().ShouldBe(json.GetProperty("board").GetProperty("snapshotHash").GetString());
    }

    [Fact]
    public async Task Sim_List_NamesEveryScript()
    {
        var run = await PmsProcess.RunAsync(["sim", "--list", "--json"]);
        run.ExitCode.ShouldBe(0);
        run.Json.GetProperty("scripts").EnumerateArray().Select(s => s.GetProperty("name").GetString())
            .ShouldBe(["calm", "crash", "melt-up", "vol-spike", "depeg", "flash-crash", "feed-outage"]);
    }

    [Theory]
    [InlineData("simulation-script", "--script", "crush")]
    [InlineData("simulation-parameter", "--step-ms", "10")]
    [InlineData("time-format", "--at", "noon")]
    [InlineData("underlying-unknown", "--underlyings", "DOGE")]
    [InlineData("simulation-time", "--at", "2026-01-01T00:00:00Z")]
    public async Task Sim_BadFlag_IsRefusedWithItsCode(string code, string flag, string value)
    {
        var run = await PmsProcess.RunAsync(["sim", "--json", flag, value]);
        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("2h30m", 9_000)]
    [InlineData("1d", 86_400)]
    [InlineData("1500ms", 1.5)]
    public void TryParse_Duration_IsItsSum(string text, double seconds)
    {
        DurationText.TryParse(text, out var duration).ShouldBeTrue();
        duration.TotalSeconds.ShouldBe(seconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("m")]
    [InlineData("1x")]
    [InlineData("-1m")]
    [InlineData("1m ")]
    [InlineData("99999999s")]
    public void TryParse_NoDuration_IsRefused(string text) => DurationText.TryParse(text, out _).ShouldBeFalse();

    private static async Task<PmsRun> RunAsync(TemporaryFolder folder, string name)
    {
        var run = await PmsProcess.RunAsync(
        [
            "sim", "--json", "--seed", "3", "--script", "flash-crash", "--underlyings", "ETH", "--for", "20s", "-o", folder.File($"{name}.ndjson.gz"),
            "--board", folder.File($"{name}.csv.gz"), "--at", "7m",
        ]);
        run.ExitCode.ShouldBe(0, run.Error);
        return run;
    }

    private static string Unzip(string path)
    {
        using var stream = new GZipStream(File.OpenRead(path), CompressionMode.Decompress);
        using var text = new StreamReader(stream, Encoding.UTF8);
        return text.ReadToEnd();
    }

    private sealed class TemporaryFolder : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pms-sim");

        public string File(string name) => Path.Combine(_folder.FullName, name);

        public void Dispose() => _folder.Delete(recursive: true);
    }
}
