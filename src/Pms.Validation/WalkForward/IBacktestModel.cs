using System.Collections.Immutable;
using Pms.Margin.Portfolios;

namespace Pms.Validation.WalkForward;

/// <summary>What a model asked for one account, USD.</summary>
/// <param name="Initial">what the account's market value must be to open it: requirement and what the model takes off that value</param>
/// <param name="Maintenance">what it must be to go on</param>
/// <param name="Var">VaR of the contracts at 99 %, where the model has one</param>
/// <param name="Es">ES at 99 %, where it has one</param>
/// <param name="Core">the part of the maintenance that a buffer is a share of, where the model has one</param>
public readonly record struct ModelMargin(double Initial, double Maintenance, double? Var = null, double? Es = null, double? Core = null);

/// <summary>A margin model under test.</summary>
public interface IBacktestModel
{
    string Name { get; }

    /// <summary>What the margin depends on beside the board: names a run, so that it is not resumed with another's numbers.</summary>
    string Fingerprint { get; }

    /// <param name="state">all that may be known</param>
    /// <param name="accounts">books</param>
    /// <returns>[account]; null where the model refuses it</returns>
    ImmutableArray<ModelMargin?> Margins(BoardState state, ImmutableArray<Account> accounts);
}
