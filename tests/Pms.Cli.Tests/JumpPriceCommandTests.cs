using System.Text.Json;
using System.Text.Json.Nodes;
using Pms.Testing;

namespace Pms.Cli.Tests;

public sealed class JumpPriceCommandTests
{
    [Fact]
    public async Task Price_GoldenJumpModels_MatchInEveryShape()
    {
        var golden = JsonNode.Parse(await File.ReadAllTextAsync(RepositoryPaths.RequireShared("golden", "pricing.json")))!;
        var cases = new JsonArray();
        foreach (var item in golden["merton"]!["haug_form"]!.AsArray().Concat(golden["merton"]!["forward_form"]!.AsArray()))
        {
            // flat: model beside the inputs
            var flat = item!["inputs"]!.DeepClone().AsObject();
            flat["id"] = item["id"]!.GetValue<string>();
            flat["model"] = "merton";
            cases.Add(flat);
        }

        foreach (var item in golden["svcj_crypto"]!["cases"]!.AsArray())
        {
            // nested, all strikes at once; and flat, one strike
            var inputs = item!["inputs"]!.DeepClone().AsObject();
            inputs["strikes"] = new JsonArray([.. item["expected"]!.AsArray().Select(e => JsonValue.Create(e!["K"]!.GetValue<double>()))]);
            cases.Add(new JsonObject { ["id"] = item["id"]!.GetValue<string>(), ["model"] = "svcj", ["inputs"] = inputs });
            var flat = item["inputs"]!["params"]!.DeepClone().AsObject();
            flat["id"] = "flat-" + item["id"]!.GetValue<string>();
            flat["model"] = "svcj";
            flat["F"] = item["inputs"]!["F"]!.GetValue<double>();
            flat["T_years"] = item["inputs"]!["T_days"]!.GetValue<double>() / 365.0;
            flat["K"] = item["expected"]![1]!["K"]!.GetValue<double>();
            cases.Add(flat);
        }

        var run = await PmsProcess.RunAsync(["price", "--json", "-"], new JsonObject { ["cases"] = cases }.ToJsonString());

        run.ExitCode.ShouldBe(0, run.Error + run.Output);
        var results = run.Json.GetProperty("results").EnumerateArray().ToDictionary(r => r.GetProperty("id").GetString()!);
        foreach (var item in golden["merton"]!["haug_form"]!.AsArray())
        {
            Close(results[item!["id"]!.GetValue<string>()], "call", item["expected_call"]!.GetValue<double>(), 1e-12);
        }

        var forward = golden["merton"]!["forward_form"]![0]!;
        Close(results[forward["id"]!.GetValue<string>()], "call", forward["expected"]!["call"]!.GetValue<double>(), 1e-12);
        Close(results[forward["id"]!.GetValue<string>()], "put", forward["expected"]!["put"]!.GetValue<double>(), 1e-12);
        foreach (var item in golden["svcj_crypto"]!["cases"]!.AsArray())
        {
            var id = item!["id"]!.GetValue<string>();
            var strikes = results[id].GetProperty("strikes");
            var expected = item["expected"]!.AsArray();
            strikes.GetArrayLength().ShouldBe(expected.Count);
            for (var i = 0; i < expected.Count; i++)
            {
                strikes[i].GetProperty("call").GetDouble().ShouldBe(expected[i]!["call"]!.GetValue<double>(), 1e-6);
                strikes[i].GetProperty("coin_call").GetDouble().ShouldBe(expected[i]!["coin_call"]!.GetValue<double>(), 1e-10);
                strikes[i].GetProperty("implied_vol").GetDouble().ShouldBe(expected[i]!["implied_vol"]!.GetValue<double>(), 5e-6);
            }

            results["flat-" + id].GetProperty("call").GetDouble().ShouldBe(expected[1]!["call"]!.GetValue<double>(), 1e-6);
        }
    }

    [Fact]
    public async Task Price_OneCaseAsTheDocument_IsValued()
    {
        var run = await PmsProcess.RunAsync(
            ["price", "--json", "-"], """{"model":"merton","S":100,"K":[90,110],"r":0.08,"T_years":0.25,"total_vol":0.25,"jumps_per_year":5,"gamma_share_of_variance":0.5}""");

        run.ExitCode.ShouldBe(0, run.Error + run.Output);
        run.Json.GetProperty("results")[0].GetProperty("strikes")[1].GetProperty("call").GetDouble().ShouldBe(2.11459600875333, 1e-12);
    }

    [Theory]
    [InlineData("""{"model":"bates","F":1}""", "model")]
    [InlineData("""{"model":7,"F":1}""", "model")]
    public async Task Price_UnknownModel_IsRefused(string document, string code)
    {
        var run = await PmsProcess.RunAsync(["price", "--json", "-"], document);

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("results")[0].GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }

    [Fact]
    public async Task Price_CaseOfUnknownModelOrShape_DoesNotStopTheOthers()
    {
        var run = await PmsProcess.RunAsync(
            ["price", "--json", "-"],
            """{"cases":[{"id":"a","model":"heston"},{"id":"b","forward":"x"},{"id":"c","type":"call","forward":100,"strike":100,"years":1,"vol":0.2}]}""");

        run.ExitCode.ShouldBe(1);
        var results = run.Json.GetProperty("results");
        results[0].GetProperty("error").GetProperty("code").GetString().ShouldBe("model");
        results[1].GetProperty("error").GetProperty("code").GetString().ShouldBe("json-shape");
        results[1].GetProperty("id").GetString().ShouldBe("b");
        results[2].GetProperty("price").GetDouble().ShouldBe(7.965567455405797, 1e-12);
    }

    /// <summary>The option may be named as in a Black-76 case, the strikes may stand beside the inputs; a type gives the one price.</summary>
    [Fact]
    public async Task Price_OptionNamedAsInBlackCase_IsTheSameOption()
    {
        const string Jumps = "\"sigma\":0.5,\"lambda_per_year\":9.1,\"jump_mean_log\":-0.01,\"jump_sd_log\":0.126";
        var run = await PmsProcess.RunAsync(
            ["price", "--json", "-"],
            $$"""
            {"cases":[{"id":"a","model":"merton","F":60000,"K":66000,"T_days":1,"r":0.03,{{Jumps}} },
            {"id":"b","model":"merton","type":"call","forward":60000,"strike":66000,"years":0.0027397260273972603,"rate":0.03,{{Jumps}} },
            {"id":"c","model":"merton","type":"put","strikes":[66000],"inputs":{"forward":60000,"years":0.0027397260273972603,"rate":0.03,{{Jumps}} } },
            {"id":"d","model":"merton","F":1,"forward":60000,"K":66000,"T_days":1,{{Jumps}} }]}
            """);

        var results = run.Json.GetProperty("results");
        var call = results[0].GetProperty("call").GetDouble();
        results[0].TryGetProperty("price", out _).ShouldBeFalse("a case without a type has two prices");
        results[1].GetProperty("price").GetDouble().ShouldBe(call);
        results[1].GetProperty("coinPrice").GetDouble().ShouldBe(call / 60000, 1e-18);
        results[2].GetProperty("strikes")[0].GetProperty("price").GetDouble().ShouldBe(results[0].GetProperty("put").GetDouble());
        results[3].GetProperty("error").GetProperty("code").GetString().ShouldBe("json-shape");
    }

    [Theory]
    [InlineData("""{"model":"merton","F":100,"T_years":1,"sigma":0.5,"lambda_per_year":1,"jump_mean_log":0,"jump_sd_log":0.1}""", "missing-field")]
    [InlineData("""{"model":"merton","F":100,"K":100,"sigma":0.5,"lambda_per_year":1,"jump_mean_log":0,"jump_sd_log":0.1}""", "missing-field")]
    [InlineData("""{"model":"merton","F":100,"K":100,"T_years":1,"lambda_per_year":1,"jump_mean_log":0,"jump_sd_log":0.1}""", "missing-field")]
    [InlineData("""{"model":"merton","F":100,"K":"100","T_years":1,"sigma":0.5,"lambda_per_year":1,"jump_mean_log":0,"jump_sd_log":0.1}""", "json-shape")]
    [InlineData("""{"model":"merton","F":100,"S":100,"K":100,"T_years":1,"sigma":0.5,"lambda_per_year":1,"jump_mean_log":0,"jump_sd_log":0.1}""", "json-shape")]
    [InlineData("""{"model":"merton","F":100,"K":100,"T_years":1,"sigma":-0.5,"lambda_per_year":1,"jump_mean_log":0,"jump_sd_log":0.1}""", "vol-range")]
    [InlineData("""{"model":"merton","F":-100,"K":100,"T_years":1,"sigma":0.5,"lambda_per_year":1,"jump_mean_log":0,"jump_sd_log":0.1}""", "forward-range")]
    [InlineData("""{"model":"svcj","F":100,"K":100,"T_days":30,"params":{"v0":0.2,"ka":1,"th":0.2,"sg":0.5,"rho":-2,"lam":1,"muy":0,"sy":0.1,"muv":0.1,"rj":0}}""", "correlation-range")]
    [InlineData("""{"model":"svcj","F":100,"K":[],"T_days":30,"params":{"v0":0.2,"ka":1,"th":0.2,"sg":0.5,"rho":0,"lam":1,"muy":0,"sy":0.1,"muv":0.1,"rj":0}}""", "strike-range")]
    [InlineData("""{"model":"svcj","F":100,"K":100,"T_days":30,"params":[]}""", "json-shape")]
    [InlineData("""{"model":"svcj","F":100,"K":100,"T_days":-30,"params":{"v0":0.2,"ka":1,"th":0.2,"sg":0.5,"rho":0,"lam":1,"muy":0,"sy":0.1,"muv":0.1,"rj":0}}""", "years-range")]
    public async Task Price_BadJumpCase_TypedRefusalOfThatCase(string document, string code)
    {
        var run = await PmsProcess.RunAsync(["price", "--json", "-"], $$"""{"cases":[{{document}}]}""");

        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("results")[0].GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }

    [Fact]
    public async Task Sobol_GoldenPoints_Match()
    {
        var golden = JsonNode.Parse(await File.ReadAllTextAsync(RepositoryPaths.RequireShared("golden", "risk.json")))!["sobol"]!;
        var run = await PmsProcess.RunAsync(["scenarios", "sobol", "--dimension", "2", "--count", "8", "--json"]);

        run.ExitCode.ShouldBe(0, run.Error);
        for (var i = 0; i < 8; i++)
        {
            for (var d = 0; d < 2; d++)
            {
                run.Json.GetProperty("points")[i][d].GetDouble().ShouldBe(golden["points"]![i]![d]!.GetValue<double>());
            }
        }

        var scrambled = await PmsProcess.RunAsync(["scenarios", "sobol", "--dimension", "2", "--count", "8", "--seed", "1", "--json"]);
        scrambled.Json.GetProperty("points").EnumerateArray().Select(p => (int)(p[0].GetDouble() * 8)).Order().ShouldBe([0, 1, 2, 3, 4, 5, 6, 7]);
        var tooMany = await PmsProcess.RunAsync(["scenarios", "sobol", "--dimension", "257", "--count", "8", "--json"]);
        tooMany.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("sobol-dimension");
    }

    [Fact]
    public async Task Copula_GoldenTail_Matches()
    {
        var golden = JsonNode.Parse(await File.ReadAllTextAsync(RepositoryPaths.RequireShared("golden", "risk.json")))!["copula"]!["tail_dependence"]![0]!;
        var run = await PmsProcess.RunAsync(["scenarios", "copula", "--nu", golden["nu"]!.ToJsonString(), "--rho", golden["rho"]!.ToJsonString(), "--json"]);

        run.ExitCode.ShouldBe(0, run.Error);
        run.Json.GetProperty("lambda_tail").GetDouble().ShouldBe(golden["lambda_tail"]!.GetValue<double>(), 1e-13);
        run.Json.GetProperty("normal").GetProperty("ES").GetDouble().ShouldBe(2.665214220345806, 1e-13);
    }

    private static void Close(JsonElement result, string field, double expected, double tolerance) =>
        Math.Abs(result.GetProperty(field).GetDouble() - expected).ShouldBeLessThanOrEqualTo(tolerance * Math.Abs(expected), $"{result.GetProperty("id")} {field}");
}
