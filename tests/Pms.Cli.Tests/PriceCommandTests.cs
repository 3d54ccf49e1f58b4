using System.Text.Json;
using Pms.Testing;

namespace Pms.Cli.Tests;

public sealed class PriceCommandTests
{
    [Fact]
    public async Task Price_GoldenCases_MatchWithinTheStatedTolerances()
    {
        using var golden = JsonDocument.Parse(await File.ReadAllTextAsync(RepositoryPaths.RequireShared("golden", "pricing.json")));
        var cases = golden.RootElement.GetProperty("black76").GetProperty("cases").EnumerateArray().ToArray();
        var document = JsonSerializer.Serialize(new
        {
            cases = cases.SelectMany(c => new[] { "call", "put" }.Select(type =>
            {
                var i = c.GetProperty("inputs");
                return new
                {
                    id = $"{c.GetProperty("id").GetString()}/{type}",
                    type,
                    forward = i.GetProperty("F").GetDouble(),
                    strike = i.GetProperty("K").GetDouble(),
                    years = i.GetProperty("T_years").GetDouble(),
                    vol = i.GetProperty("sigma").GetDouble(),
                    rate = i.GetProperty("r").GetDouble(),
                };
            })),
        });

        var run = await PmsProcess.RunAsync(["price", "--json", "-"], document);

        run.ExitCode.ShouldBe(0, run.Error);
        var results = run.Json.GetProperty("results").EnumerateArray().ToDictionary(r => r.GetProperty("id").GetString()!);
        foreach (var c in cases)
        {
            foreach (var type in new[] { "call", "put" })
            {
                var actual = results[$"{c.GetProperty("id").GetString()}/{type}"];
                var e = c.GetProperty("expected");
                ShouldMatch(actual, "price", e.GetProperty(type).GetProperty("price"), 1e-12);
                ShouldMatch(actual, "coinPrice", e.GetProperty($"{type}_coin_price"), 1e-12);
                ShouldMatch(actual, "delta", e.GetProperty(type).GetProperty("delta_f"), 1e-10);
                ShouldMatch(actual, "netDelta", e.GetProperty($"{type}_net_delta"), 1e-10);
                ShouldMatch(actual, "gamma", e.GetProperty("gamma_f"), 1e-10);
                ShouldMatch(actual, "vega", e.GetProperty("vega_per_1.00"), 1e-10);
                ShouldMatch(actual, "thetaPerYear", e.GetProperty(type).GetProperty("theta_per_year"), 1e-10);
                ShouldMatch(actual, "vanna", e.GetProperty("vanna_dF_dsigma"), 1e-10);
                ShouldMatch(actual, "volga", e.GetProperty("volga_d2_dsigma2"), 1e-10);
                ShouldMatch(actual, "strikeDelta", e.GetProperty(type).GetProperty("strike_delta"), 1e-10);
            }
        }
    }

    [Fact]
    public async Task Price_OneBadCase_IsRefusedByNameAndTheOthersArePriced()
    {
        var run = await PmsProcess.RunAsync(
            ["price", "--json", "-"],
            """{"cases":[{"id":"a","type":"call","forward":-1,"strike":100,"years":1,"vol":0.2},{"id":"b","type":"put","forward":100,"strike":100,"years":1,"vol":0.2,"rate":0}]}""");

        run.ExitCode.ShouldBe(1);
        var results = run.Json.GetProperty("results");
        results[0].GetProperty("error").GetProperty("code").GetString().ShouldBe("forward-range");
        results[0].GetProperty("error").GetProperty("message").GetString()!.ShouldContain("-1");
        results[1].GetProperty("price").GetDouble().ShouldBe(7.965567455405797, 1e-11);
    }

    [Theory]
    [InlineData("""{"cases":[{"id":"a","type":"call","strike":100,"years":1,"vol":0.2}]}""", "missing-field")]
    [InlineData("""{"cases":[{"id":"a","type":"straddle","forward":100,"strike":100,"years":1,"vol":0.2}]}""", "option-type")]
    public async Task Price_CaseOfWrongShape_NamesTheField(string document, string code)
    {
        var run = await PmsProcess.RunAsync(["price", "--json", "-"], document);

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("results")[0].GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"cases":7}""")]
    [InlineData("""{"cases":[null]}""")]
    public async Task Price_NotTheExpectedDocument_AnswersATypedError(string document)
    {
        var run = await PmsProcess.RunAsync(["price", "--json", "-"], document);

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("json-shape");
    }

    [Fact]
    public async Task Price_ByFlags_PrintsATable()
    {
        var run = await PmsProcess.RunAsync(["price", "--type", "call", "--forward", "100", "--strike", "100", "--years", "1", "--vol", "0.2"]);

        run.ExitCode.ShouldBe(0, run.Error);
        run.Output.ShouldContain("7.965567455");
    }

    [Fact]
    public async Task Price_UnknownFlag_IsAUsageError()
    {
        var run = await PmsProcess.RunAsync(["price", "--typo"]);

        run.ExitCode.ShouldBe(2);
        run.Error.ShouldContain("--typo");
    }

    [Fact]
    public async Task Price_FileThatIsNotThere_SaysSo()
    {
        var run = await PmsProcess.RunAsync(["price", "--json", "no-such-file.json"]);

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("message").GetString()!.ShouldContain("no-such-file.json");
    }

    internal static void ShouldMatch(JsonElement result, string field, JsonElement expected, double tolerance)
    {
        var e = expected.GetDouble();
        var a = result.GetProperty(field).GetDouble();
        Math.Abs(a - e).ShouldBeLessThanOrEqualTo(tolerance * Math.Max(Math.Abs(e), double.Epsilon), $"{result.GetProperty("id")} {field}: {a:R} against {e:R}");
    }
}
