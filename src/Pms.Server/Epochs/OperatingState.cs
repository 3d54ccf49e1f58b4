using System.Collections.Immutable;
using Pms.Primitives;

namespace Pms.Server.Epochs;

/// <summary>What the server still answers for, from best to worst (docs/api.md).</summary>
public enum OperatingState
{
    Normal,
    Degraded,
    ReduceOnly,
    Halt,
}

/// <summary>The state at a moment, and every reason for it.</summary>
public sealed record OperatingStatus(OperatingState State, ImmutableArray<Refusal> Reasons)
{
    /// <summary>As it is written in answers.</summary>
    public string Name => NameOf(State);

    /// <param name="options">ages</param>
    /// <param name="marketAge">since the newest event of the market; null: none yet</param>
    /// <param name="epoch">the newest; null: none yet</param>
    /// <param name="failure">of the last attempt at an epoch; null: it succeeded</param>
    /// <param name="storeFailure">of the database; null: none</param>
    public static OperatingStatus Of(ServerOptions options, TimeSpan? marketAge, RiskEpoch? epoch, Refusal? failure, Refusal? storeFailure)
    {
        ArgumentNullException.ThrowIfNull(options);
        var found = new List<(OperatingState State, Refusal Reason)>();
        if (epoch is null)
        {
            found.Add((OperatingState.Halt, new Refusal("no-epoch", "no epoch has been computed yet")));
        }

        if (storeFailure is not null)
        {
            found.Add((OperatingState.Halt, storeFailure));
        }

        if (failure is not null)
        {
            found.Add((OperatingState.ReduceOnly, failure));
        }

        if (marketAge is not { } age)
        {
            found.Add((OperatingState.Halt, new Refusal("market-none", "no market has been received yet")));
        }
        else if (age.TotalMilliseconds >= options.DegradedAfterMs)
        {
            var (state, bound) = age.TotalMilliseconds >= options.HaltAfterMs ? (OperatingState.Halt, options.HaltAfterMs)
                : age.TotalMilliseconds >= options.ReduceOnlyAfterMs ? (OperatingState.ReduceOnly, options.ReduceOnlyAfterMs)
                : (OperatingState.Degraded, options.DegradedAfterMs);
            found.Add((state, new Refusal("market-stale", $"the market is {age.TotalSeconds:F1} s old: {bound / 1_000.0:F1} s is the bound of {NameOf(state)}")));
        }

        if (epoch is not null)
        {
            found.AddRange(epoch.Degraded.Select(r => (OperatingState.Degraded, r)));
        }

        return new OperatingStatus(found.Count == 0 ? OperatingState.Normal : found.Max(f => f.State), [.. found.OrderByDescending(f => f.State).Select(f => f.Reason)]);
    }

    public static string NameOf(OperatingState state) => state switch
    {
        OperatingState.Normal => "NORMAL",
        OperatingState.Degraded => "DEGRADED",
        OperatingState.ReduceOnly => "REDUCE_ONLY",
        _ => "HALT",
    };
}
