using System.Collections;

namespace Pms.Margin.Measures;

/// <summary>The scenarios that make up an ES, worst first. Losses and numbers are held, shares worked out when read: a book keeps thousands of these lists.</summary>
public sealed class TailScenarios : IReadOnlyList<TailScenario>
{
    private readonly SampleDesign _design;
    private readonly long[] _losses;
    private readonly int[] _scenarios;
    private readonly long _mass;
    private readonly long _last;

    /// <param name="worstFirst">down to the one at the boundary or further</param>
    /// <param name="sum">of them</param>
    /// <param name="design">weights</param>
    internal TailScenarios(ReadOnlySpan<TailEntry> worstFirst, in TailSum sum, SampleDesign design)
    {
        (_design, _mass) = (design, sum.Mass);
        var inTail = worstFirst[..(sum.Beyond + (sum.Last > 0 ? 1 : 0))];
        _losses = new long[inTail.Length];
        _scenarios = new int[inTail.Length];
        var count = 0;
        foreach (var (loss, scenario) in inTail)
        {
            _losses[count] = loss;
            _scenarios[count] = scenario;
            // A scenario without weight is no part of the tail: the next one takes its place.
            count += design.Weight(scenario) > 0 ? 1 : 0;
        }

        if (count < inTail.Length)
        {
            Array.Resize(ref _losses, count);
            Array.Resize(ref _scenarios, count);
        }

        _last = sum.Last > 0 ? sum.Last : MassOf(_scenarios[^1]);
    }

    public int Count => _losses.Length;

    public TailScenario this[int index] => new(_scenarios[index], _losses[index], Part(index) / (double)_mass);

    public IEnumerator<TailScenario> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
        {
            yield return this[i];
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Mass of a scenario that counts: its weight times 1e9, of the last one only what was missing.</summary>
    internal long Part(int index) => index == Count - 1 ? _last : MassOf(_scenarios[index]);

    private long MassOf(int scenario) => _design.Weight(scenario) * (long)TailLevel.Whole;
}
