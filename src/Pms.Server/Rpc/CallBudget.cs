namespace Pms.Server.Rpc;

/// <summary>Calls that a connection may make: so many a second, and twice as many at once. Not safe for several threads.</summary>
/// <param name="callsPerSecond">1 or more</param>
/// <param name="time">clock</param>
internal sealed class CallBudget(int callsPerSecond, TimeProvider time)
{
    private double _left = 2.0 * callsPerSecond;
    private long _at = time.GetTimestamp();

    /// <summary>Takes calls out of the budget, all of them or none.</summary>
    /// <param name="calls">how many</param>
    /// <param name="retryAfterMs">when there will be enough; 0 where they were taken</param>
    public bool TryTake(int calls, out int retryAfterMs)
    {
        var now = time.GetTimestamp();
        _left = Math.Min(2.0 * callsPerSecond, _left + (time.GetElapsedTime(_at, now).TotalSeconds * callsPerSecond));
        _at = now;
        if (_left >= calls)
        {
            _left -= calls;
            retryAfterMs = 0;
            return true;
        }

        retryAfterMs = (int)Math.Min(int.MaxValue, Math.Ceiling((calls - _left) / callsPerSecond * 1_000));
        return false;
    }
}
