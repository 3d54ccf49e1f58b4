namespace Pms.Cli.Tests;

public sealed class RecordCommandTests
{
    [Fact]
    public async Task Record_NobodyAnswers_EndsAfterItsTimeAndSaysWhy()
    {
        var path = Path.Combine(Path.GetTempPath(), $"pms-record-{Environment.ProcessId}.ndjson.gz");
        try
        {
            // Port 9 (discard) of the loopback address is closed everywhere this runs.
            var run = await PmsProcess.RunAsync(["record", "--json", "--url", "ws://127.0.0.1:9", "--for", "2s", "-o", path]);

            run.ExitCode.ShouldBe(1);
            run.Json.GetProperty("messages").GetInt64().ShouldBe(0);
            run.Json.GetProperty("lastEnd").GetProperty("code").GetString().ShouldNotBeNullOrEmpty();
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData("--url", "http://example.org", "url-format")]
    [InlineData("--for", "long", "duration-format")]
    [InlineData("--currency", ",", "connector-options")]
    public async Task Record_BadFlag_IsATypedErrorAndWritesNoFile(string flag, string value, string code)
    {
        var path = Path.Combine(Path.GetTempPath(), $"pms-record-bad-{Environment.ProcessId}.ndjson.gz");

        var run = await PmsProcess.RunAsync(["record", "--json", flag, value, "-o", path]);

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
        File.Exists(path).ShouldBeFalse();
    }
}
