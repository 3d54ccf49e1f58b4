using Pms.Primitives;

namespace Pms.Connectors;

/// <summary>A venue's rate limit as it counts it: a pool that refills at a steady pace and from which each call takes its cost.</summary>
public sealed class CreditPool
{
    private readonly TimeProvider _time;
    private readonly double _capacity;
    private readonly double _refillPerSecond;
    private double _credits;
    private long _at;

    /// <param name="capacity">credits of a full pool</param>
    /// <param name="refillPerSecond">credits a second</param>
    /// <param name="time">clock</param>
    public CreditPool(double capacity, double refillPerSecond, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        if (!(capacity > 0) || !(refillPerSecond > 0))
        {
            throw new InvalidInputException("credit-range", $"a pool of {capacity} credits that refills by {refillPerSecond} a second is not positive");
        }

        _time = time;
        _capacity = capacity;
        _refillPerSecond = refillPerSecond;
        _credits = capacity;
        _at = time.GetTimestamp();
    }

    /// <summary>Takes the cost now and gives how long the caller must wait before it may call.</summary>
    public TimeSpan Take(double cost)
    {
        var now = _time.GetTimestamp();
        _credits = Math.Min(_capacity, _credits + (_time.GetElapsedTime(_at, now).TotalSeconds * _refillPerSecond)) - cost;
        _at = now;
        return _credits >= 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(-_credits / _refillPerSecond);
    }

    /// <summary>Waits until the cost is covered.</summary>
    public Task TakeAsync(double cost, CancellationToken cancellationToken)
    {
        var wait = Take(cost);
        return wait == TimeSpan.Zero ? Task.CompletedTask : Task.Delay(wait, _time, cancellationToken);
    }
}
