namespace Pms.Server.Epochs;

/// <summary>Lets any number of followers wait for the next epoch. A follower that is late sees the newest, not each of them.</summary>
public sealed class EpochSignal
{
    private TaskCompletionSource _next = New();

    /// <summary>Ends when something new is there.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    public void Raise() => Interlocked.Exchange(ref _next, New()).SetResult();

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
