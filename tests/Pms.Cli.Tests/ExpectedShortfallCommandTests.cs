using System.Text.Json;
using Pms.Testing;

namespace Pms.Cli.Tests;

public sealed class ExpectedShortfallCommandTests
{
    [Fact]
    public async Task Es_GoldenLists_MatchVarAndEs()
    {
        using var golden = JsonDocument.Parse(await File.ReadAllTextAsync(RepositoryPaths.RequireShared("golden", "risk.json")));
        foreach (var c in golden.RootElement.GetProperty("var_es").GetProperty("empirical").EnumerateArray())
        {
            var expected = c.GetProperty("expected").EnumerateArray().ToArray();
            var run = await PmsProcess.RunAsync(["es", "--json", "-"], JsonSerializer.Serialize(new
            {
                losses = c.GetProperty("losses"),
                levels = expected.Select(e => e.GetProperty("alpha").GetDouble()),
            }));

            run.ExitCode.ShouldBe(0, run.Error);
            var levels = run.Json.GetProperty("levels").EnumerateArray().ToArray();
            levels.Length.ShouldBe(expected.Length);
            foreach (var (actual, wanted) in levels.Zip(expected))
            {
                actual.GetProperty("alpha").GetDouble().ShouldBe(wanted.GetProperty("alpha").GetDouble());
                actual.GetProperty("VaR").GetDouble().ShouldBe(wanted.GetProperty("VaR").GetDouble(), 1e-12);
                actual.GetProperty("ES").GetDouble().ShouldBe(wanted.GetProperty("ES").GetDouble(), 1e-12);
                actual.GetProperty("standardError").GetDouble().ShouldBeGreaterThan(0);
            }
        }
    }

    [Fact]
    public async Task Es_WithoutLevels_TakesNinetyNinePercent()
    {
        var run = await PmsProcess.RunAsync(["es", "--json", "-"], """{"losses":[1,2,3],"weights":[1,1,2]}""");
        run.ExitCode.ShouldBe(0, run.Error);
        run.Json.GetProperty("levels")[0].GetProperty("alpha").GetDouble().ShouldBe(0.99);
        run.Json.GetProperty("levels")[0].GetProperty("ES").GetDouble().ShouldBe(3);
    }

    [Fact]
    public async Task Es_NameNobodyReads_IsNamedInTheAnswer()
    {
        var run = await PmsProcess.RunAsync(["es", "--json", "-"], """{"id":"n","losses":[1,2,3],"level":0.5}""");
        run.ExitCode.ShouldBe(0, run.Error);
        run.Json.GetProperty("ignored").EnumerateArray().Select(n => n.GetString()).ShouldBe(["id", "level"]);
    }

    [Theory]
    [InlineData("""{"losses":[]}""", "losses")]
    [InlineData("""{"losses":[1],"levels":[1]}""", "tail-level")]
    [InlineData("""{"losses":[1],"levels":[]}""", "tail-level")]
    [InlineData("""{"losses":[1,2],"weights":[1]}""", "weights")]
    [InlineData("""{"losses":[1,2],"weights":[]}""", "weights")]
    [InlineData("""{"losses":[1,2],"weights":[-1,2]}""", "weights")]
    [InlineData("""{"losses":[1e999]}""", "json-shape")]
    [InlineData("""{"levels":[0.99]}""", "json-shape")]
    public async Task Es_BadInput_IsRefusedWithACode(string document, string code)
    {
        var run = await PmsProcess.RunAsync(["es", "--json", "-"], document);
        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBeOneOf(code, code == "json-shape" ? "losses" : code);
    }
}
