namespace Pms.Server.Storage;

/// <summary>The whole record, a page at a time: however long it is, memory holds one page.</summary>
public static class RecordPages
{
    private const int Page = 1_000;

    /// <param name="store">whose chain was verified</param>
    /// <param name="after">sequence; 0: from the first</param>
    public static IEnumerable<InputRecord> Read(IRiskStore store, long after)
    {
        ArgumentNullException.ThrowIfNull(store);
        while (store.Records(after, Page) is { Count: > 0 } records)
        {
            foreach (var record in records)
            {
                yield return record;
            }

            after = records[^1].Sequence;
        }
    }
}
