using System.Text;
using Pms.Margin.Portfolios;
using Pms.Testing;

namespace Pms.Cli.Tests;

public sealed class BookCommandTests
{
    private static readonly string Board = Path.Combine(RepositoryPaths.Root, "demo", "board.csv.gz");

    [Fact]
    public async Task Make_CsvAndJson_ReadBackToTheSameAccounts()
    {
        var csv = await PmsProcess.RunAsync(["book", "make", Board, "--accounts", "18", "--seed", "5"], cancel: TestContext.Current.CancellationToken);
        var json = await PmsProcess.RunAsync(["book", "make", Board, "--accounts", "18", "--seed", "5", "--json"], cancel: TestContext.Current.CancellationToken);
        csv.ExitCode.ShouldBe(0, csv.Error);
        json.ExitCode.ShouldBe(0, json.Error);
        var accounts = Accounts(csv.Output);
        accounts.Count.ShouldBe(18);
        Accounts(json.Output).ShouldBe(accounts);
    }

    [Fact]
    public async Task Make_CountOutOfRange_Refuses()
    {
        var result = await PmsProcess.RunAsync(["book", "make", Board, "--accounts", "0", "--json"], cancel: TestContext.Current.CancellationToken);
        result.ExitCode.ShouldBe(1);
        result.Output.ShouldContain("book-count");
    }

    private static List<string> Accounts(string file)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(file));
        return [.. PortfolioFile.Read(stream, new PositionUnits()).Accounts.Select(a => $"{a.Id} {string.Join(' ', a.Positions)} {string.Join(' ', a.Collateral)}")];
    }
}
