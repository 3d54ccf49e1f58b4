namespace Pms.Cli.Tests;

/// <summary><c>pms auction</c> and <c>pms liquidity</c> as a user runs them.</summary>
public sealed class AuctionCommandTests
{
    private const string Start = """{"id":"start","inputs":{"mtm":10000,"mm":-2000,"elapsed_seconds":0}}""";

    [Fact]
    public async Task Auction_OneCase_AnswersAtTheTop()
    {
        var run = await PmsProcess.RunAsync(["auction", "-", "--json"], Start);
        run.ExitCode.ShouldBe(0, run.Output);
        run.Json.GetProperty("price_factor").GetDouble().ShouldBe(0.95);
        run.Json.GetProperty("kind").GetString().ShouldBe("derive_auction");
    }

    [Fact]
    public async Task Auction_ListWithARefusedCase_AnswersTheOthersAndFails()
    {
        var run = await PmsProcess.RunAsync(["auction", "-", "--json"], "{\"cases\":[" + Start + ",{\"id\":\"bad\",\"inputs\":{\"mtm\":1,\"colour\":2}}]}");
        run.ExitCode.ShouldBe(1);
        run.Json.GetProperty("results")[0].GetProperty("max_fraction").GetDouble().ShouldBe(3800 / (3800 + 9500.0), 1e-12);
        run.Json.GetProperty("results")[1].GetProperty("error").GetProperty("code").GetString().ShouldBe("case-field");
    }

    [Fact]
    public async Task Liquidity_DocumentByKind_AnswersByKind()
    {
        var run = await PmsProcess.RunAsync(
            ["liquidity", "--case", "-", "--json"],
            """{"sqrt_impact":{"source":"x","cases":[{"inputs":{"Y":1,"sigma_day":0.04,"Q":2e6,"ADV":5e7}}]},"group":{"toxicity":{"cases":[{"incentive":0.25}]}},"ofi":{"book":[{"bid":1,"bid_size":1,"ask":2,"ask_size":1}]}}""");
        run.ExitCode.ShouldBe(0, run.Output);
        run.Json.GetProperty("sqrt_impact").GetProperty("results")[0].GetProperty("impact").GetDouble().ShouldBe(0.008, 1e-15);
        run.Json.GetProperty("group").GetProperty("toxicity").GetProperty("results")[0].GetProperty("frontier_ltv").GetDouble().ShouldBe(0.8);
        run.Json.GetProperty("ofi").GetProperty("OFI").GetDouble().ShouldBe(0);
        (await PmsProcess.RunAsync(["liquidity", "-"], """{"kind":"toxicity","incentive":0.25}""")).Output.ShouldContain("frontier_ltv");
        (await PmsProcess.RunAsync(["liquidity", "--json"])).ExitCode.ShouldBe(1);
    }
}
