using System.Collections.Immutable;
using System.CommandLine;
using Pms.Attestation.Amounts;
using Pms.Attestation.Batches;
using Pms.Attestation.Wire;
using Pms.Cli.Commands;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Cli.Onchain;

/// <summary>Flags that say what a batch is computed from beside the board.</summary>
internal sealed class BatchInputs
{
    public Option<string?> Parameters { get; } = new("--params") { Description = "risk parameter document (pms params show); default: the built-in one" };

    public Option<string?> Portfolio { get; } = new("--portfolio") { Description = "book from a portfolio file in place of the chain's; - reads standard input" };

    public Option<ulong> ValidSeconds { get; } = new("--valid-seconds") { Description = "life of the leaves after the board's moment; the attesters must have the same", DefaultValueFactory = _ => 240 };

    /// <exception cref="InvalidInputException"><c>valid-seconds</c></exception>
    public ulong Seconds(CommandContext context) => context.Get(ValidSeconds) is > 0 and <= 86_400 and var seconds
        ? seconds
        : throw new InvalidInputException("valid-seconds", $"--valid-seconds {context.Get(ValidSeconds)}: 1 to 86400 are possible");

    public RiskParameters ReadParameters(CommandContext context) => ParamsCommand.Read(context.Get(Parameters));

    /// <summary>How margins of the house are computed here: by all cores, without a history or prices from elsewhere.</summary>
    public static HouseEpochs Epochs(HouseListing listing, RiskParameters parameters) => new(listing, parameters, ImmutableDictionary<Asset, double>.Empty, null, Math.Max(1, Environment.ProcessorCount));

    /// <summary>The book of a portfolio file at a block number that is only a name there, in the house of a folder; without one there, in that of a local chain.</summary>
    public static (HouseBook Book, HouseListing Listing) ReadPortfolio(string path, string? folder, BlockNumber block)
    {
        var house = ChainWorkspace.Find(folder).House;
        var listing = (File.Exists(house) ? HouseConfiguration.Read(house) : LocalMarket.House).NewListing();
        using var stream = CommandContext.OpenInput(path);
        return (PortfolioBook.Of(PortfolioFile.Read(stream, new PositionUnits()), listing, block), listing);
    }
}
