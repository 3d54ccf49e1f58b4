using System.CommandLine;

namespace Pms.Cli.Commands;

/// <summary><c>pms scenarios</c>: what a scenario set is made of.</summary>
internal static class ScenariosCommand
{
    public static Command Create() => PmsCommand.Group(
        "scenarios",
        "Scenario sets and the random numbers behind them.",
        ScenarioSetCommands.Make(),
        ScenarioSetCommands.Show(),
        ScenarioCalibrateCommand.Create(),
        ScenarioFilterCommand.Create(),
        SobolCommand.Create(),
        CopulaCommand.Create());
}
