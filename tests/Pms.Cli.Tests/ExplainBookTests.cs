namespace Pms.Cli.Tests;

/// <summary><c>pms explain</c> and <c>pms whatif</c> on a board of the simulated market and a book drawn on it.</summary>
public sealed class ExplainBookTests : IAsyncLifetime
{
    private SimulatedBook _files = null!;

    private string Board => _files.Board;

    private string Book => _files.Book;

    public async ValueTask InitializeAsync() => _files = await SimulatedBook.MakeAsync(accounts: 6, seed: 7);

    public ValueTask DisposeAsync()
    {
        _files.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task ExplainAndWhatIf_SimulatedBook_AddUp()
    {
        var id = (await File.ReadAllLinesAsync(Book))[1].Split(',')[0];
        string[] inputs = ["--board", Board, "--portfolio", Book, "--account", id, "--json"];
        var run = await PmsProcess.RunAsync(["explain", .. inputs]);
        run.ExitCode.ShouldBe(0, run.Error);
        var explained = run.Json;
        var es = explained.GetProperty("margin").GetProperty("tail").GetProperty("es").GetDecimal();
        var positions = explained.GetProperty("positions").EnumerateArray().ToArray();
        positions.Sum(p => p.GetProperty("es").GetDecimal()).ShouldBe(es);
        foreach (var split in positions.Select(p => p.GetProperty("byCause")).Append(explained.GetProperty("tail")))
        {
            foreach (var kind in new[] { "shapley", "alone" })
            {
                var terms = split.GetProperty(kind).EnumerateObject().ToDictionary(t => t.Name, t => t.Value.GetDouble());
                terms.Where(t => t.Key != "total").Sum(t => t.Value).ShouldBe(terms["total"], 1e-9 * Math.Max(1, Math.Abs(terms["total"])));
            }
        }

        explained.GetProperty("tail").GetProperty("shapley").GetProperty("total").GetDouble().ShouldBe((double)es, 1e-5);
        explained.GetProperty("worstScenarios").GetArrayLength().ShouldBe(20);
        explained.GetProperty("decay").GetArrayLength().ShouldBeGreaterThan(1);
        explained.GetProperty("heatMap").GetProperty("contracts").GetProperty("pnl").GetArrayLength().ShouldBeGreaterThan(3);

        var again = await PmsProcess.RunAsync(["explain", .. inputs, "--threads", "1"]);
        again.Output.ShouldBe(run.Output, "equal inputs give equal bytes, whatever the threads");

        var instrument = positions[0].GetProperty("instrument").GetString();
        var quantity = positions[0].GetProperty("quantity").GetDecimal();
        var whatIf = await PmsProcess.RunAsync(["whatif", .. inputs, "--order", "-"], $"{instrument}:{-quantity}\n\n");
        whatIf.ExitCode.ShouldBe(0, whatIf.Error);
        whatIf.Json.GetProperty("before").GetProperty("maintenance").GetDecimal().ShouldBe(explained.GetProperty("margin").GetProperty("maintenance").GetDecimal());
        // Closing a position frees what the explanation says it adds.
        whatIf.Json.GetProperty("delta").GetProperty("maintenance").GetDecimal().ShouldBe(-positions[0].GetProperty("marginalMaintenance").GetDecimal());

        var table = await PmsProcess.RunAsync(["explain", .. inputs[..^1], "--no-decay", "--worst", "3"]);
        table.ExitCode.ShouldBe(0, table.Error);
        table.Output.ShouldContain("By cause");
        table.Output.ShouldNotContain("If nothing moves");
    }
}
