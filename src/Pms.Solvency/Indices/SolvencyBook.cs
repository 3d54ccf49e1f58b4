using System.Collections.Immutable;
using Pms.Margin.Arrays;
using Pms.Margin.Epochs;
using Pms.Margin.Measures;
using Pms.Margin.Requirement;
using Pms.Scenarios;
using Pms.Solvency.Accounts;

namespace Pms.Solvency.Indices;

/// <summary>All that an index is computed from but the resources: scenarios, gains, accounts.</summary>
/// <param name="Array">gains</param>
/// <param name="Set">what it was built with</param>
/// <param name="Accounts">over its rows</param>
/// <param name="Refused">accounts of the protocol that could not be valued: with any, no index is known</param>
public sealed record SolvencyBook(RiskArray Array, ScenarioSet Set, ImmutableArray<SolvencyAccount> Accounts, int Refused = 0)
{
    /// <summary>How the scenarios with probability were drawn.</summary>
    public SampleDesign Design { get; } = SampleDesign.Of(Set);

    /// <param name="epoch">market, scenarios, array</param>
    /// <param name="margins">of all accounts that have one</param>
    /// <param name="refused">accounts that have none</param>
    /// <param name="ownerOf">of an account's id; null: every account is its own owner</param>
    public static SolvencyBook Of(MarginEpoch epoch, IEnumerable<MarginResult> margins, int refused = 0, Func<string, string>? ownerOf = null)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        ArgumentNullException.ThrowIfNull(margins);
        return new SolvencyBook(epoch.Array, epoch.Set, [.. margins.Select(m => SolvencyAccount.Of(m, ownerOf?.Invoke(m.AccountId)))], refused);
    }
}
