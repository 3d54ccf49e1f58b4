using Pms.Microstructure.Cascades;
using Pms.Microstructure.Incidents;

namespace Pms.Cli.Output;

/// <summary>What <c>pms study incident --json</c> prints. Money is USD.</summary>
internal sealed record IncidentDocument(IReadOnlyList<IncidentEntry> Incidents);

internal sealed record IncidentEntry(string Id, string Title, string Path, IReadOnlyDictionary<string, bool> Passes, IReadOnlyList<IncidentCheck> Checks, IReadOnlyList<SystemOutcome> Systems)
{
    public static IncidentEntry Of(IncidentOutcome outcome) => new(
        outcome.Id,
        outcome.Title,
        outcome.Path,
        outcome.Systems.ToDictionary(s => s.Name, s => outcome.Passes(s.Name)),
        outcome.Checks,
        outcome.Systems);
}
