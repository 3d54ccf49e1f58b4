using Pms.Margin.Measures;
using Pms.Margin.Requirement;
using Pms.Primitives;

namespace Pms.Solvency.Indices;

/// <summary>An index as it is kept: what it was, of when, and of which inputs. Money units are 1e-6 USD.</summary>
/// <param name="Epoch">number of the epoch; 0 where there are none</param>
/// <param name="At">instant of the market</param>
/// <param name="ParametersHash">of the risk parameters</param>
/// <param name="ScenarioSetHash">of the scenarios</param>
/// <param name="SnapshotHash">of the market</param>
/// <param name="Level">of the expected shortfall</param>
/// <param name="Accounts">that are in it</param>
/// <param name="Refused">that are not; above 0 the band is unknown</param>
/// <param name="Resources">fund and backstop</param>
/// <param name="Shortfall">expected, rounded up</param>
/// <param name="StandardError">of it</param>
/// <param name="Worst">largest shortfall in any scenario, stress included</param>
/// <param name="Cover1">largest of one owner in any scenario</param>
/// <param name="Cover2">largest of two</param>
/// <param name="Index">resources over expected shortfall</param>
public sealed record SolvencyRecord(
    long Epoch,
    DateTimeOffset At,
    ContentHash ParametersHash,
    ContentHash ScenarioSetHash,
    ContentHash SnapshotHash,
    TailLevel Level,
    int Accounts,
    int Refused,
    SolvencyResources Resources,
    long Shortfall,
    double StandardError,
    long Worst,
    long Cover1,
    long Cover2,
    SolvencyIndex Index)
{
    public SolvencyBand Band => Index.Band(isKnown: Refused == 0);

    /// <param name="epoch">number; 0: none</param>
    /// <param name="engine">what the margins came from</param>
    /// <param name="assessment">of its book</param>
    public static SolvencyRecord Of(long epoch, MarginEngine engine, SolvencyAssessment assessment)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(assessment);
        return new SolvencyRecord(
            epoch,
            engine.Array.At,
            engine.Parameters.Hash(),
            engine.Set.Hash,
            engine.Array.SnapshotHash,
            assessment.Terms.Level,
            assessment.Accounts,
            assessment.Refused,
            assessment.Terms.Resources,
            assessment.Shortfall,
            assessment.StandardError,
            assessment.Worst.IsEmpty ? 0 : assessment.Worst[0].Shortfall,
            assessment.Cover1.Amount,
            assessment.Cover2.Amount,
            assessment.Index);
    }
}
