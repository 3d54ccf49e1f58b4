using System.Diagnostics;
using System.Globalization;
using Pms.Server.Books;
using Pms.Server.Storage;

namespace Pms.Bench.Load;

/// <summary>RESTART: a database of 100,000 accounts is opened: the whole chain is verified, the book read from it. Goal: 10 s.</summary>
internal sealed class RestartWorkload : IWorkload
{
    private const int Accounts = 100_000;
    private const int Page = 5_000;

    public string Name => "RESTART";

    public bool Run(BenchReport report, IReadOnlyList<int> threads)
    {
        var folder = Directory.CreateTempSubdirectory("pms-restart-").FullName;
        try
        {
            var path = Path.Combine(folder, "server.db");
            var begun = Stopwatch.GetTimestamp();
            using (var store = SqliteStore.Open(path))
            {
                foreach (var page in LoadWorld.Accounts(Accounts, LoadWorld.SnapshotAt(0)).Chunk(Page))
                {
                    store.AppendAll([.. page.Select(a => new NewRecord(RecordKind.AccountSet, 1, RiskBook.PortfolioBytes([a])))]);
                }
            }

            var filled = Stopwatch.GetElapsedTime(begun);
            var cpu = Environment.CpuUsage.TotalTime;
            begun = Stopwatch.GetTimestamp();
            using var opened = SqliteStore.Open(path);
            var verified = Stopwatch.GetElapsedTime(begun);
            var book = BookReplay.Read(opened, long.MaxValue);
            var read = Stopwatch.GetElapsedTime(begun);
            cpu = Environment.CpuUsage.TotalTime - cpu;
            report.Latency("100000-accounts", read.TotalMicroseconds, read.TotalMicroseconds, read.TotalMicroseconds, string.Create(
                CultureInfo.InvariantCulture,
                $"\"filled_s\":{filled.TotalSeconds:F1},\"chain_verified_s\":{verified.TotalSeconds:F2},\"book_read_s\":{(read - verified).TotalSeconds:F2},\"cpu_s\":{cpu.TotalSeconds:F2},\"file_mb\":{new FileInfo(path).Length / 1048576},\"load\":{LoadWorld.LoadAverage():F1}"));
            return book.Accounts.Count == Accounts;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
