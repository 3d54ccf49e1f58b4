using System.Text.Json;
using Pms.Testing;

namespace Pms.Cli.Tests;

public sealed class ImpliedVolCommandTests
{
    [Fact]
    public async Task ImpliedVol_GoldenCases_MatchWithinEachConditioningBound()
    {
        using var golden = JsonDocument.Parse(await File.ReadAllTextAsync(RepositoryPaths.RequireShared("golden", "pricing.json")));
        var section = golden.RootElement.GetProperty("implied_vol");
        var cases = section.GetProperty("cases").EnumerateArray().ToArray();
        var rejections = section.GetProperty("rejections").EnumerateArray().ToArray();
        var document = JsonSerializer.Serialize(new
        {
            cases = cases.Concat(rejections).Select(c =>
            {
                var i = c.GetProperty("inputs");
                return new
                {
                    id = c.GetProperty("id").GetString(),
                    type = i.GetProperty("is_call").GetBoolean() ? "call" : "put",
                    forward = i.GetProperty("F").GetDouble(),
                    strike = i.GetProperty("K").GetDouble(),
                    years = i.GetProperty("T_years").GetDouble(),
                    rate = i.GetProperty("r").GetDouble(),
                    price = i.GetProperty("price").GetDouble(),
                };
            }),
        });

        var run = await PmsProcess.RunAsync(["iv", "--json", "-"], document);

        run.ExitCode.ShouldBe(0, run.Error);
        var results = run.Json.GetProperty("results").EnumerateArray().ToDictionary(r => r.GetProperty("id").GetString()!);
        foreach (var c in cases)
        {
            PriceCommandTests.ShouldMatch(results[c.GetProperty("id").GetString()!], "vol", c.GetProperty("expected_sigma"), c.GetProperty("rel_tol").GetDouble());
        }

        foreach (var c in rejections)
        {
            results[c.GetProperty("id").GetString()!].TryGetProperty("error", out _).ShouldBeTrue(c.ToString());
        }
    }

    [Theory]
    [InlineData("""{"id":"1","type":"call","forward":100,"strike":100,"years":1,"price":-1}""")]
    [InlineData("""{"id":"1","type":"call","forward":100,"strike":100,"years":1,"price":100}""")]
    [InlineData("""{"id":"1","type":"put","forward":100,"strike":110,"years":1,"price":9.99}""")]
    [InlineData("""{"id":"1","type":"put","forward":0,"strike":110,"years":1,"price":9.99}""")]
    [InlineData("""{"id":"1","type":"put","forward":100,"strike":110,"years":1}""")]
    public async Task ImpliedVol_PriceWithoutAVol_IsRefusedWithACodeAndTheValue(string c)
    {
        var run = await PmsProcess.RunAsync(["iv", "--json", "-"], $$"""{"cases":[{{c}}]}""");

        run.ExitCode.ShouldBe(0);
        var error = run.Json.GetProperty("results")[0].GetProperty("error");
        error.GetProperty("code").GetString().ShouldNotBeNullOrEmpty();
        error.GetProperty("message").GetString().ShouldNotBeNullOrEmpty();
    }
}
