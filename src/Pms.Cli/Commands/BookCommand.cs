using System.CommandLine;
using System.Globalization;
using Pms.Cli.Output;
using Pms.Margin.Market;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Simulation.Books;
using Pms.Volatility;

namespace Pms.Cli.Commands;

/// <summary><c>pms book make</c>: accounts drawn on the contracts of a board, as a portfolio file.</summary>
internal static class BookCommand
{
    public static Command Create() => PmsCommand.Group("book", "Books of accounts.", Make());

    private static Command Make()
    {
        var source = new BoardSource();
        var accounts = new Option<int>("--accounts") { Description = "how many accounts, 1 to 1,000,000", DefaultValueFactory = _ => 60 };
        var seed = new Option<ulong>("--seed") { Description = "of all draws", DefaultValueFactory = _ => 1 };
        return PmsCommand.Create(
            "make",
            "Draws accounts of six kinds (hedged, spread, short-wing, directional, calendar, cross-asset) on a board and writes a portfolio file.",
            "pms book make board.csv.gz --accounts 500 --seed 7 > book.csv",
            (context, _) =>
            {
                var (snapshot, _) = source.Read(context);
                var fits = BoardFit.Of(snapshot, SurfaceParameters.Default);
                var market = MarginMarketBuilder.Build(snapshot, [.. fits.Underlyings.Select(u => u.Fit.Surface).OfType<VolSurface>()], new Dictionary<Asset, double>(), [], [], out var _);
                var book = new BookGenerator(snapshot, market, context.Get(seed)).Generate(context.Get(accounts));
                if (context.Json)
                {
                    JsonOutput.Write(PortfolioDocument.Of(book));
                }
                else
                {
                    WriteCsv(book, Console.Out);
                }

                return Task.FromResult(ExitCode.Ok);
            },
            source.File,
            source.At,
            accounts,
            seed);
    }

    private static void WriteCsv(IEnumerable<Account> book, TextWriter output)
    {
        output.WriteLine("account,instrument,quantity,asset,amount");
        foreach (var account in book)
        {
            foreach (var position in account.Positions)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{account.Id},{position.Instrument.Name},{position.Quantity},,"));
            }

            foreach (var holding in account.Collateral)
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{account.Id},,,{holding.Asset},{holding.Amount}"));
            }
        }
    }
}
