using System.CommandLine;
using System.Globalization;
using Pms.Cli.Commands;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;

var root = new RootCommand("Predictive Margin System: from a market's option board to prices, Greeks and an arbitrage-free volatility surface.")
{
    PriceCommand.Create(),
    ImpliedVolCommand.Create(),
    ExpectedShortfallCommand.Create(),
    ParamsCommand.Create(),
    BoardCommand.Create(),
    SurfaceCommand.Create(),
    RecordCommand.Create(),
    ReplayCommand.Create(),
    SimCommand.Create(),
    MarginCommand.Create(),
    BookCommand.Create(),
    ExplainCommand.Create(),
    ScenariosCommand.Create(),
    WhatIfCommand.Create(),
    LiquidateCommand.Create(),
    AuctionCommand.Auction(),
    AuctionCommand.Liquidity(),
    GasCommand.Create(),
    KeeperCommand.Create(),
    ServeCommand.Create(),
    DemoCommand.Create(),
    BacktestCommand.Create(),
    StressCommand.Create(),
    SolvencyCommand.Create(),
    StudyCommand.Create(),
    ChainCommand.Create(),
    AccountCommand.Create(),
    BatchCommand.Create(),
    ProveCommand.Create(),
    VerifyCommand.Create(),
    AttestCommand.Create(),
    BenchmarkCommand.Create(),
};
var parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
    {
        await Console.Error.WriteLineAsync($"pms: {error.Message}").ConfigureAwait(false);
    }

    await Console.Error.WriteLineAsync("pms: --help shows the usage and an example").ConfigureAwait(false);
    return ExitCode.Usage;
}

return await parsed.InvokeAsync().ConfigureAwait(false);
