namespace Pms.Cli.Tests;

public sealed class ParamsCommandTests
{
    [Fact]
    public async Task Params_ShownThenChecked_KeepsItsHash()
    {
        var shown = await PmsProcess.RunAsync(["params", "show", "--json"]);
        shown.ExitCode.ShouldBe(0, shown.Error);
        var document = shown.Json.GetProperty("parameters");
        document.GetProperty("liquidity").GetProperty("impactFactor").GetDouble().ShouldBe(1);

        var same = await PmsProcess.RunAsync(["params", "check", "--json", "-"], document.GetRawText());
        same.ExitCode.ShouldBe(0, same.Error);
        same.Json.GetProperty("hash").GetString().ShouldBe(shown.Json.GetProperty("hash").GetString());
        same.Json.GetProperty("changed").GetArrayLength().ShouldBe(0);

        var other = await PmsProcess.RunAsync(["params", "check", "--json", "-"], """{"measure":{"tail":"es975"},"collateral":{"haircuts":{"USDT":0.02}}}""");
        other.Json.GetProperty("changed").EnumerateArray().Select(c => c.GetString()).ShouldBe(["measure.tail", "collateral.haircuts"], ignoreOrder: true);
        other.Json.GetProperty("hash").GetString().ShouldNotBe(same.Json.GetProperty("hash").GetString());
    }

    [Fact]
    public async Task Params_UnknownKey_SuggestsTheNearest()
    {
        var run = await PmsProcess.RunAsync(["params", "check", "--json", "-"], """{"liquidity":{"impactFactr":1}}""");
        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("risk-parameter-key");
        run.Json.GetProperty("error").GetProperty("message").GetString()!.ShouldContain("liquidity.impactFactor");
    }

    [Fact]
    public async Task Params_Schema_IsJsonThatNamesEverySection()
    {
        var run = await PmsProcess.RunAsync(["params", "schema"]);
        run.ExitCode.ShouldBe(0, run.Error);
        run.Json.GetProperty("properties").EnumerateObject().Select(p => p.Name).ShouldContain("collateral");
    }
}
