using Pms.Margin.Measures;

namespace Pms.Margin.Arrays;

/// <summary>Weights, and room that a <see cref="LiveAccount"/> works in and leaves nothing in but its last answer: several of them, asked one after the other, share it.</summary>
/// <param name="design">weights of the scenarios with probability</param>
/// <param name="stressCount">scenarios without probability</param>
internal sealed class LiveBuffers(SampleDesign design, int stressCount)
{
    public long TotalWeight { get; } = design.TotalWeight;

    /// <summary>[scenario] empty: all equal.</summary>
    public long[] Weights { get; } = [.. design.Weights.ToArray().Select(w => (long)w)];

    public long[] List { get; } = new long[design.Count + TailSelection.Slack];

    public long[] ListWeights { get; } = new long[design.Weights.IsEmpty ? 0 : design.Count + TailSelection.Slack];

    public long[] Low { get; } = new long[design.Count + TailSelection.Slack];

    public long[] High { get; } = new long[design.Count + TailSelection.Slack];

    public long[] LowWeights { get; } = new long[design.Weights.IsEmpty ? 0 : design.Count + TailSelection.Slack];

    public long[] HighWeights { get; } = new long[design.Weights.IsEmpty ? 0 : design.Count + TailSelection.Slack];

    public int[] Found { get; } = new int[design.Count];

    public long[] Changed { get; } = new long[design.Count];

    public long[] ChangedStress { get; } = new long[stressCount];

    public TailEntry[] Entries { get; } = new TailEntry[design.Count];

    public int[] Buckets { get; } = new int[WorstGains.BucketRoom(design.Count)];
}
