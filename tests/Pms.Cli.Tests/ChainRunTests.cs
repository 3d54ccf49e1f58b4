using System.Globalization;
using System.Numerics;
using Pms.Testing;

namespace Pms.Cli.Tests;

/// <summary>The whole loop on a local chain, as <c>make demo</c> runs it.</summary>
public sealed class ChainRunTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("pms-chain-run");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Run_RisingMarket_TradesRefusesCallsMarginAndLiquidates()
    {
        SkipUnlessBuilt();
        var run = await PmsProcess.RunAsync(["chain", "run", "--seed", "7", "--folder", _folder.FullName, "--json"]);
        run.ExitCode.ShouldBe(0, run.Error + run.Output);
        var steps = run.Json.GetProperty("steps").EnumerateArray().Select(s => (Name: s.GetProperty("name").GetString()!, Values: s.GetProperty("values"))).ToArray();
        steps.Count(s => s.Name == "batch").ShouldBeGreaterThanOrEqualTo(3);
        steps.Count(s => s.Name is "trade" or "withdrawal").ShouldBe(2);
        steps.Single(s => s.Name == "trade-refused-by-attesters").Values.GetProperty("code").GetString().ShouldBe("clearance-margin");
        steps.Single(s => s.Name == "trade-refused").Values.GetProperty("error").GetString().ShouldBe("BelowInitial");
        steps.Single(s => s.Name == "margin-call").Values.GetProperty("state").GetString().ShouldBe("MarginCall");
        // Two keepers: the second would take all and gets what the first has left, then the first comes too late; every sum is compared before "restored" is told.
        steps.First(s => s.Name == "liquidatable").Values.GetProperty("state").GetString().ShouldBe("Liquidatable");
        var shares = steps.Where(s => s.Name == "share").ToArray();
        shares.Select(s => s.Values.GetProperty("keeper").GetString()).ShouldBe(["keeper-one", "keeper-two"]);
        steps.Single(s => s.Name == "bid-refused").Values.GetProperty("error").GetString().ShouldBe("NotRunning");
        var shortfall = BigInteger.Parse(steps.Single(s => s.Name == "auction").Values.GetProperty("shortfallWad").GetString()!, CultureInfo.InvariantCulture);
        shares.Select(s => s.Values.GetProperty("mostWad").GetString() == s.Values.GetProperty("cashWad").GetString()).ShouldBe([true, false]);
        var paid = shares.Aggregate(BigInteger.Zero, (sum, s) => sum + BigInteger.Parse(s.Values.GetProperty("cashWad").GetString()!, CultureInfo.InvariantCulture));
        ((paid * 995 / 1000) - shortfall).ShouldBeInRange(0, shortfall / 1000, "no more than was missing, beside half a percent for insurance and what a leaf's age adds in a few seconds");
        steps.Count(s => s.Name == "divided").ShouldBe(2);
        steps.ShouldContain(s => s.Name == "restored");
        // Then a plan, cleared by the attesters: no more of the leg than needed.
        steps[^1].Name.ShouldBe("plan");
        int.Parse(steps[^1].Values.GetProperty("hundredths").GetString()!, CultureInfo.InvariantCulture).ShouldBeInRange(1, 30);
    }

    [Fact]
    public async Task Deploy_NoChainThere_SaysWhereAndWhatStartsOne()
    {
        SkipUnlessBuilt();
        var run = await PmsProcess.RunAsync(["chain", "deploy", "--url", "http://127.0.0.1:9", "--folder", _folder.FullName, "--json"]);
        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("chain-unreachable");
        run.Json.GetProperty("error").GetProperty("message").GetString()!.ShouldContain("http://127.0.0.1:9");
    }

    [Theory]
    [InlineData("--port", "70000")]
    [InlineData("--port", "-1")]
    [InlineData("--block-seconds", "-1")]
    public async Task Up_FlagOutOfRange_IsRefused(string flag, string value)
    {
        var run = await PmsProcess.RunAsync(["chain", "up", flag, value, "--json"]);
        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("chain-flags");
    }

    [Fact]
    public async Task Status_WithoutADeployment_SaysWhatMakesOne()
    {
        var run = await PmsProcess.RunAsync(["chain", "status", "--folder", _folder.FullName, "--json"]);
        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe("file-not-found");
    }

    private static void SkipUnlessBuilt() => Assert.SkipUnless(
        File.Exists(Path.Combine(RepositoryPaths.Root, "src", "Pms.Chain", "node", "dist", "gateway.js")) && Directory.Exists(Path.Combine(RepositoryPaths.Root, "contracts", "out", "Deploy.sol")),
        "the chain gateway or the contracts are not built: tools/node.sh builds them");
}
