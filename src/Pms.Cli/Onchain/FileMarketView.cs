using Pms.Attestation.Attesters;
using Pms.MarketData.Readers;
using Pms.MarketData.Snapshots;
using Pms.Primitives;

namespace Pms.Cli.Onchain;

/// <summary>An attester's market from a file that its own feeds keep up to date: the last board of it, read anew when the file changes.</summary>
/// <param name="path">of any known format</param>
internal sealed class FileMarketView(string path) : IMarketView
{
    private (DateTime Written, long Length, MarketSnapshot? Snapshot)? _last;

    /// <summary>Null while the file is missing, half written or holds a refused row: nothing is judged by such a market.</summary>
    public Task<MarketSnapshot?> NowAsync(CancellationToken cancel)
    {
        var info = new FileInfo(path);
        if (!info.Exists)
        {
            return Task.FromResult<MarketSnapshot?>(null);
        }

        if (_last is not { } last || last.Written != info.LastWriteTimeUtc || last.Length != info.Length)
        {
            last = (info.LastWriteTimeUtc, info.Length, Read());
            _last = last;
        }

        return Task.FromResult(last.Snapshot);
    }

    private MarketSnapshot? Read()
    {
        try
        {
            using var file = MarketFile.Open(path);
            var snapshot = file.ReadSnapshot(null);
            return file.Report.Rejected == 0 ? snapshot : null;
        }
        catch (Exception e) when (e is PmsException or IOException)
        {
            return null;
        }
    }
}
