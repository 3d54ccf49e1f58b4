namespace Pms.Prover.Keys;

/// <summary>One process at a time in a folder: two that make the same circuit would overwrite each other's files.</summary>
internal sealed class WorkLock : IDisposable
{
    private readonly FileStream _file;

    private WorkLock(FileStream file) => _file = file;

    public static WorkLock Take(string folder)
    {
        Directory.CreateDirectory(folder);
        for (; ; )
        {
            try
            {
                return new WorkLock(new FileStream(Path.Combine(folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException)
            {
                Thread.Sleep(100);
            }
        }
    }

    public void Dispose() => _file.Dispose();
}
