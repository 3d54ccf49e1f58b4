using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Pms.Margin.Epochs;
using Pms.Margin.Market;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Scenarios.Historical;
using Pms.Volatility;

namespace Pms.Cli.Commands;

/// <summary>The flags that every command on a book of accounts takes, and what they read.</summary>
/// <param name="historyFlag">name of the flag for past prices, where <c>--history</c> is another file</param>
internal sealed class MarginInputs(string historyFlag = "--history")
{
    public Option<string?> Board { get; } = new("--board") { Description = "file of market data in any known format (docs/formats.md); - reads standard input" };

    public Option<string?> At { get; } = new("--at") { Description = "instant of the board, ISO 8601 in UTC; default: the last of the file" };

    public Option<string?> Portfolio { get; } = new("--portfolio") { Description = "CSV or JSON of accounts (docs/cli.md, portfolio file); - reads standard input" };

    public Option<string?> History { get; } = new(historyFlag) { Description = "folder of past prices and vols for filtered historical simulation (docs/formats.md)" };

    public Option<string?> Parameters { get; } = new("--params") { Description = "risk parameter document (pms params show); default: the built-in one" };

    public Option<string?> Measure { get; } = new("--measure") { Description = "es99, es975 or var99 in place of the document's measure" };

    public Option<string[]> Price { get; } = new("--price") { Description = "USD price of an asset that the board does not show, as in STETH=2950.5; may be repeated", DefaultValueFactory = _ => [] };

    public Option<ulong> Seed { get; } = new("--seed") { Description = "of the Monte Carlo scenarios", DefaultValueFactory = _ => 1 };

    public Option<int> Threads { get; } = new("--threads") { Description = "1 to 256; the result does not depend on it", DefaultValueFactory = _ => Math.Max(1, Environment.ProcessorCount) };

    public IEnumerable<Option> All => [Board, At, Portfolio, History, Parameters, Measure, Price, Seed, Threads];

    /// <summary>Reads all files and fits the surfaces.</summary>
    /// <exception cref="InvalidInputException"><c>no-input</c>, <c>threads-range</c>, <c>price-flag</c>, <c>measure-flag</c>, and the codes of the readers</exception>
    public MarginRun Read(CommandContext context)
    {
        var board = context.Get(Board) ?? throw new InvalidInputException("no-input", "--board and --portfolio are needed");
        var portfolioPath = context.Get(Portfolio) ?? throw new InvalidInputException("no-input", "--board and --portfolio are needed");
        if (board == "-" && portfolioPath == "-")
        {
            throw new InvalidInputException("flags-conflict", "--board and --portfolio cannot both read standard input");
        }

        var threads = context.Get(Threads);
        if (threads is < 1 or > 256)
        {
            throw new InvalidInputException("threads-range", $"{threads} threads: 1 to 256 are possible");
        }

        var parameters = ReadParameters(context);
        var (snapshot, report) = BoardSource.Read(board, BoardSource.ParseInstant(context.Get(At)));
        BoardSource.WarnOfRefused(report);
        var fits = BoardFit.Of(snapshot, parameters.Surface);
        var inputs = new EpochInputs(
            snapshot, [.. fits.Underlyings.Select(u => u.Fit.Surface).OfType<VolSurface>()], Prices(context.Get(Price)!), parameters, ReadHistory(context.Get(History)), context.Get(Seed));
        return new MarginRun(inputs, fits, ReadPortfolio(portfolioPath, inputs), threads);
    }

    private static FactorHistory? ReadHistory(string? path) => path is null ? null : new FactorHistory(ScenarioInputs.ReadFolder(path).Series);

    private RiskParameters ReadParameters(CommandContext context)
    {
        var parameters = ParamsCommand.Read(context.Get(Parameters));
        return context.Get(Measure) is not { } measure ? parameters : parameters with
        {
            Measure = parameters.Measure with
            {
                Tail = measure.ToLowerInvariant() switch
                {
                    "es99" => TailChoice.Es99,
                    "es975" => TailChoice.Es975,
                    "var99" => TailChoice.Var99,
                    _ => throw new InvalidInputException("measure-flag", $"--measure '{PrintableText.Of(measure)}' is none of es99, es975, var99"),
                },
            },
        };
    }

    private static Portfolio ReadPortfolio(string path, EpochInputs inputs)
    {
        var market = MarginEpoch.MarketOf(inputs, [], out _);
        var terms = inputs.Snapshot.Boards
            .SelectMany(b => b.Expiries.SelectMany(e => e.Options).Concat(b.Linears))
            .Where(q => q.Terms?.ContractSize is not null)
            .ToDictionary(q => q.Instrument, q => q.Terms!.ContractSize);
        using var stream = CommandContext.OpenInput(path);
        return PortfolioFile.Read(stream, new PositionUnits(market, i => terms.GetValueOrDefault(i)));
    }

    private static ImmutableDictionary<Asset, double> Prices(string[] flags)
    {
        var prices = ImmutableDictionary.CreateBuilder<Asset, double>();
        foreach (var flag in flags)
        {
            var parts = flag.Split('=');
            if (parts.Length != 2 || !Asset.IsValid(parts[0]) || !double.TryParse(parts[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var price) || !(price > 0) || !double.IsFinite(price))
            {
                throw new InvalidInputException("price-flag", $"--price '{PrintableText.Of(flag)}' is not ASSET=USD with a price above 0");
            }

            prices[new Asset(parts[0])] = price;
        }

        return prices.ToImmutable();
    }
}

/// <summary>One invocation's book and all that its margin is computed from.</summary>
/// <param name="Inputs">of the epoch</param>
/// <param name="Fits">surfaces with their quality</param>
/// <param name="Portfolio">accounts</param>
/// <param name="Threads">for the work</param>
internal sealed record MarginRun(EpochInputs Inputs, BoardFit Fits, Portfolio Portfolio, int Threads)
{
    /// <summary>The epoch of the whole book; further contracts and assets (orders of a what-if, and what they are paid in) may be added.</summary>
    public MarginEpoch Epoch(IEnumerable<Instrument>? more = null, IEnumerable<Asset>? moreAssets = null) => MarginEpoch.Make(
        Inputs,
        Portfolio.Accounts.SelectMany(a => a.Positions).Select(p => p.Instrument).Concat(more ?? []).Distinct(),
        Portfolio.Accounts.SelectMany(a => a.Collateral).Select(c => c.Asset).Concat(moreAssets ?? []).Distinct(),
        Threads);

    /// <summary>The market alone, with a price for all collateral of the book.</summary>
    /// <param name="assumed">prices that the snapshot does not show</param>
    public MarginMarket Market(out ImmutableArray<AssumedPrice> assumed) =>
        MarginEpoch.MarketOf(Inputs, [.. Portfolio.Accounts.SelectMany(a => a.Collateral).Select(c => c.Asset).Where(a => a != Asset.Usd).Distinct()], out assumed);

    /// <exception cref="InvalidInputException"><c>account-missing</c></exception>
    public Account Account(string id) => Portfolio.Accounts.FirstOrDefault(a => a.Id == id)
        ?? throw new InvalidInputException("account-missing", $"the portfolio has no account '{PrintableText.Of(id)}'; it has {string.Join(", ", Portfolio.Accounts.Take(5).Select(a => a.Id))}{(Portfolio.Accounts.Length > 5 ? ", ..." : "")}");
}
