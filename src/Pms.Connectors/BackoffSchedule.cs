using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Connectors;

/// <summary>How long to wait before the next attempt: doubling from a first wait to a longest one, each cut by up to half at random.</summary>
/// <remarks>
/// The random part keeps many clients from coming back in step (Brooker 2015, "Exponential backoff and jitter", the "equal jitter" form). The
/// schedule is a function of seed and attempt.
/// </remarks>
public sealed class BackoffSchedule
{
    private readonly RandomStream _random;
    private readonly TimeSpan _first;
    private readonly TimeSpan _longest;
    private ulong _draws;

    /// <param name="first">wait after the first failure, before the random cut; above 0</param>
    /// <param name="longest">longest wait, at least <paramref name="first"/></param>
    /// <param name="seed">of the random part</param>
    public BackoffSchedule(TimeSpan first, TimeSpan longest, ulong seed)
    {
        if (first <= TimeSpan.Zero || longest < first)
        {
            throw new InvalidInputException("backoff-range", $"a schedule from {first} to {longest} does not begin above 0 and grow");
        }

        _first = first;
        _longest = longest;
        _random = new RandomStream(seed);
    }

    /// <summary>Failures in a row.</summary>
    public int Failures { get; private set; }

    /// <summary>Counts a failure and gives the wait that follows it.</summary>
    public TimeSpan Next()
    {
        var doublings = Math.Min(Failures, 40);
        Failures++;
        var ticks = Math.Min(_longest.Ticks, _first.Ticks * (double)(1L << doublings));
        return TimeSpan.FromTicks((long)(ticks * (0.5 + (0.5 * _random.Uniform(_draws++)))));
    }

    /// <summary>After a success that lasted.</summary>
    public void Reset() => Failures = 0;
}
