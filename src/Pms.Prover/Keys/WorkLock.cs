using Pms.Prover.Processes;

namespace Pms.Prover.Keys;

/// <summary>One process at a time in a folder: two that make the same circuit would overwrite each other's files.</summary>
internal sealed class WorkLock : IDisposable
{
    /// <summary>HRESULT of a file that somebody else has open: EWOULDBLOCK of the lock on Linux (11) and macOS (35), a sharing violation on Windows.</summary>
    private static readonly int[] Taken = [11, 35, unchecked((int)0x80070020)];

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _file;

    private WorkLock(FileStream file) => _file = file;

    /// <summary>Waits for whoever has it: setting up a large circuit takes minutes.</summary>
    /// <param name="folder">made where it is missing</param>
    /// <param name="cancel">gives up</param>
    /// <exception cref="ProverException"><c>prover-failed</c>: the folder cannot be written to</exception>
    public static async Task<WorkLock> TakeAsync(string folder, CancellationToken cancel)
    {
        while (true)
        {
            try
            {
                Directory.CreateDirectory(folder);
                return new WorkLock(new FileStream(Path.Combine(folder, ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException e) when (Taken.Contains(e.HResult))
            {
                await Task.Delay(Pause, cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new ProverException("prover-failed", $"'{folder}' cannot be written to: {e.Message}", e);
            }
        }
    }

    public void Dispose() => _file.Dispose();
}
