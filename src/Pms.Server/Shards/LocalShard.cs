using Pms.Margin.Epochs;

namespace Pms.Server.Shards;

/// <summary>A shard in this process. It keeps its last epoch, whose unchanged rows go into the next. One task at a time.</summary>
public sealed class LocalShard : IRiskShard
{
    /// <summary>What the last task was computed in; null before the first.</summary>
    public MarginEpoch? Last { get; private set; }

    /// <param name="previous">an earlier epoch, whose unchanged rows are taken over; null: none</param>
    public LocalShard(MarginEpoch? previous = null) => Last = previous;

    public ShardMargins Compute(ShardTask task)
    {
        ArgumentNullException.ThrowIfNull(task);
        var margin = MarginEpoch.Make(task.Inputs, task.Instruments, task.Assets, task.Threads, Last);
        Last = margin;
        return new ShardMargins(margin.Set.Hash, margin.Array.Root, margin.Engine.EvaluateEach(task.Accounts, task.Context, task.Threads));
    }
}
