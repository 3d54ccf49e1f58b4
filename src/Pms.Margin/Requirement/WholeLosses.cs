using Pms.Margin.Arrays;
using Pms.Margin.Measures;

namespace Pms.Margin.Requirement;

/// <summary>Losses from the gains in every scenario: for one account, and for what a pass over a book leaves out.</summary>
internal sealed class WholeLosses(RiskArray array, SampleDesign design, TailLevel deepest, AccountVectors vectors) : IVectorLosses
{
    private readonly long[] _gains = new long[array.ScenarioCount];
    private readonly TailEntry[] _entries = new TailEntry[design.Count];
    private int _known = -1;

    public ReadOnlySpan<TailEntry> Worst(int vector) => TailMeasure.Worst(Gains(vector)[..design.Count], design, deepest, _entries);

    public ReadOnlySpan<long> Stress(int vector) => Gains(vector)[design.Count..];

    private ReadOnlySpan<long> Gains(int vector)
    {
        if (_known != vector)
        {
            array.AccountPnl(vectors.Of(vector), _gains);
            _known = vector;
        }

        return _gains;
    }
}
