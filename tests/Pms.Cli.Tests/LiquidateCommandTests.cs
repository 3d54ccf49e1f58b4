namespace Pms.Cli.Tests;

/// <summary><c>pms liquidate</c> on a board of the simulated market and a book drawn on it.</summary>
public sealed class LiquidateCommandTests : IAsyncLifetime
{
    private SimulatedBook _files = null!;

    private string Board => _files.Board;

    private string Book => _files.Book;

    public async ValueTask InitializeAsync() => _files = await SimulatedBook.MakeAsync(accounts: 60, seed: 1);

    public ValueTask DisposeAsync()
    {
        _files.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Book_AccountsBelowMaintenance_EachHasAPlanThatReachesTheTarget()
    {
        string[] inputs = ["--board", Board, "--portfolio", Book, "--json"];
        var margins = await PmsProcess.RunAsync(["margin", .. inputs]);
        string[] due = [.. margins.Json.GetProperty("accounts").EnumerateArray().Where(a => a.GetProperty("excess").GetDecimal() < 0).Select(a => a.GetProperty("account").GetString()!)];
        var run = await PmsProcess.RunAsync(["liquidate", .. inputs, "--target", "1.2"]);
        run.ExitCode.ShouldBe(3, run.Error);
        var plans = run.Json.GetProperty("plans").EnumerateArray().ToArray();
        plans.Select(p => p.GetProperty("account").GetString()).ShouldBe(due);
        plans.Where(p => p.GetProperty("mode").GetString() == "partial").ShouldNotBeEmpty();
        foreach (var plan in plans)
        {
            var (mode, cost) = (plan.GetProperty("mode").GetString(), plan.GetProperty("cost").GetDecimal());
            plan.GetProperty("legs").EnumerateArray().Sum(l => l.GetProperty("cost").GetDecimal()).ShouldBe(cost);
            (plan.GetProperty("legs").GetArrayLength() > 0).ShouldBe(mode != "handOver");
            if (mode == "partial")
            {
                plan.GetProperty("ratioAfter").GetDouble().ShouldBeGreaterThanOrEqualTo(1.2);
                cost.ShouldBeLessThanOrEqualTo(plan.GetProperty("proRata").GetProperty("cost").GetDecimal());
            }
        }

        (await PmsProcess.RunAsync(["liquidate", .. inputs, "--target", "1.2", "--threads", "1"])).Output.ShouldBe(run.Output, "equal inputs give equal bytes, whatever the threads");
        var table = await PmsProcess.RunAsync(["liquidate", .. inputs[..^1], "--account", due[0]]);
        table.ExitCode.ShouldBe(3, table.Error);
        table.Output.ShouldContain("1 of 1 accounts are below their maintenance margin");
    }

    [Theory]
    [InlineData(new[] { "liquidate", "--json" }, "no-input")]
    [InlineData(new[] { "liquidate", "--json", "--target", "0.5" }, "liquidation-policy")]
    [InlineData(new[] { "liquidate", "--json", "--hedge", "BTC" }, "instrument-name")]
    public async Task Refusal_SaysWhy(string[] arguments, string code)
    {
        var run = await PmsProcess.RunAsync(arguments);
        run.ExitCode.ShouldBe(1, run.Error);
        run.Json.GetProperty("error").GetProperty("code").GetString().ShouldBe(code);
    }
}
