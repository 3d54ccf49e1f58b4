using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Pms.Primitives;
using Pms.Server.Books;
using Pms.Server.Epochs;
using Pms.Server.Storage;
using Pms.Server.Tests.Storage;
using Pms.Testing;

namespace Pms.Cli.Tests;

/// <summary>SRV-01, SRV-02, SRV-05: a server that is killed at any moment has every acknowledged write exactly once, and takes those it did not acknowledge again without doing them twice. The same for every database.</summary>
public abstract class ServeKillTests : IDisposable
{
    private const int Clients = 4;
    private const ulong Seed = 11;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<int, Receipt> _acknowledged = new();
    private readonly Dictionary<int, (long Sequence, string Hash)> _stored = [];
    private Process? _serving;
    private readonly Client[] _clients = [.. Enumerable.Range(0, Clients).Select(c => new Client(c))];
    private (long Sequence, string Hash) _checked = (0, InputRecord.Genesis.ToString());

    protected string Folder { get; } = Directory.CreateTempSubdirectory("pms-kill-").FullName;

    /// <summary>Where the server's database is: flags and environment.</summary>
    protected abstract (string[] Flags, (string Name, string Value)[] Environment) Store { get; }

    /// <summary>The database while nobody serves; null: there is none yet.</summary>
    protected abstract IRiskStore? Open();

    public void Dispose()
    {
        // A test that failed leaves its server behind.
        _serving?.Kill();

        Directory.Delete(Folder, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <param name="otherwise">in the fast run</param>
    protected static int Count(int otherwise) => Environment.GetEnvironmentVariable("PMS_KILLS") is { } count ? int.Parse(count, CultureInfo.InvariantCulture) : FuzzBudget.Long ? 500 : otherwise;

    [Fact]
    public async Task Serve_KilledAtRandomMoments_KeepsEveryAcknowledgedWriteOnce()
    {
        var cancel = TestContext.Current.CancellationToken;
        var kills = Count(4);
        var random = new Random((int)Seed);
        var restarts = new List<double>();
        var (early, unanswered, written) = (0, 0, 0);
        for (var kill = 1; kill <= kills; kill++)
        {
            var begun = Stopwatch.GetTimestamp();
            var process = Serve();
            var isEarly = kill % 5 == 2;
            if (isEarly)
            {
                // While it starts: it may be anywhere from loading its code to reading its record or computing the first epoch.
                await Task.Delay(random.Next(200, 2_000), cancel);
                await KillAsync(process, cancel);
            }
            else
            {
                var url = await ServeProcess.ListeningAsync(process, cancel);
                restarts.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
                var before = _acknowledged.Count;
                var writing = _clients.Select(c => c.WriteAsync(url, _acknowledged, int.MaxValue, cancel)).ToArray();
                // Half of them die among their first answers, which take longest, half of them in full course.
                var isWarm = random.Next(2) == 0;
                while (isWarm && _acknowledged.Count == before && !writing.All(w => w.IsCompleted))
                {
                    await Task.Delay(5, cancel);
                }

                await Task.Delay(random.Next(0, 600), cancel);
                await KillAsync(process, cancel);
                await Task.WhenAll(writing);
            }

            Check();
            early += isEarly ? 1 : 0;
            unanswered += isEarly ? 0 : _clients.Count(c => c.Pending is not null);
            written += isEarly ? 0 : _clients.Count(c => c.Pending is { } write && _stored.ContainsKey(write));
        }

        await FinishAsync(cancel);
        restarts.Sort();
        TestContext.Current.SendDiagnosticMessage($"{kills} kills ({early} before it listened), {_acknowledged.Count} writes, {unanswered} sent and unanswered when it died and {written} of these on the disk; until it listened {restarts[0]:F0} ms at least, {restarts[restarts.Count / 2]:F0} at the median, {restarts[^1]:F0} at most");
    }

    /// <summary>A last server takes what was not acknowledged; then nothing is missing and nothing there twice.</summary>
    private async Task FinishAsync(CancellationToken cancel)
    {
        var process = Serve();
        var url = await ServeProcess.ListeningAsync(process, cancel);
        await Task.WhenAll(_clients.Select(c => c.WriteAsync(url, _acknowledged, 1, cancel)));
        _clients.ShouldAllBe(c => c.Pending == null);
        await KillAsync(process, cancel);
        Check();
        _stored.Keys.Order().ShouldBe(_acknowledged.Keys.Order(), "every write was acknowledged in the end, and nothing else is there");
        CheckBookAndEpochs(cancel);
    }

    /// <summary>The database, not the server, is interrupted under the writing clients: the server refuses from then on, and one that is started again has every acknowledged write once.</summary>
    /// <param name="interruptions">each in its turn, from the first on again</param>
    /// <param name="count">how many</param>
    private protected async Task InterruptAsync(IReadOnlyList<(string Name, Func<Task> Act)> interruptions, int count)
    {
        var cancel = TestContext.Current.CancellationToken;
        var random = new Random((int)Seed);
        var (unanswered, written) = (0, 0);
        for (var n = 0; n < count; n++)
        {
            var (name, act) = interruptions[n % interruptions.Count];
            var process = Serve();
            var url = await ServeProcess.ListeningAsync(process, cancel);
            var before = _acknowledged.Count;
            var writing = _clients.Select(c => c.WriteAsync(url, _acknowledged, int.MaxValue, cancel)).ToArray();
            while (_acknowledged.Count == before && !writing.All(w => w.IsCompleted))
            {
                await Task.Delay(5, cancel);
            }

            await Task.Delay(random.Next(0, 600), cancel);
            await act();
            await Task.WhenAll(writing).WaitAsync(Patience, cancel);
            using (var http = new HttpClient { BaseAddress = url })
            {
                using var health = await http.GetFromJsonAsync<JsonDocument>("health", cancel);
                health!.RootElement.GetProperty("state").GetString().ShouldBe("HALT", name);
                health.RootElement.GetProperty("reasons").EnumerateArray().Select(r => r.GetProperty("code").GetString()).ShouldContain("store-failed", name);
            }

            // What became of the database since then changes nothing: what lies there must be read anew.
            var acknowledged = _acknowledged.Count;
            await Task.WhenAll(_clients.Select(c => c.WriteAsync(url, _acknowledged, 1, cancel)));
            _acknowledged.Count.ShouldBe(acknowledged, $"{name}: acknowledged after the database failed");
            await KillAsync(process, cancel);
            Check();
            unanswered += _clients.Count(c => c.Pending is not null);
            written += _clients.Count(c => c.Pending is { } write && _stored.ContainsKey(write));
        }

        await FinishAsync(cancel);
        TestContext.Current.SendDiagnosticMessage($"{count} interruptions ({string.Join(", ", interruptions.Select(i => i.Name))}), {_acknowledged.Count} writes, {unanswered} refused or unanswered and {written} of these on the disk");
    }

    /// <summary>What lies there while nobody serves. Opening it verifies the whole chain, and with it that sequences have no gaps.</summary>
    private void Check()
    {
        using var store = Open();
        if (store is null)
        {
            return;
        }

        if (_checked.Sequence > 0)
        {
            store.Records(_checked.Sequence - 1, 1).Single().Hash().ToString().ShouldBe(_checked.Hash, "what was seen before is still there");
        }

        foreach (var record in RecordPages.Read(store, _checked.Sequence).Where(r => r.Kind == RecordKind.AccountSet))
        {
            var account = RiskBook.Parse(record.Payload);
            if (account.Id.StartsWith(Client.Prefix, StringComparison.Ordinal))
            {
                var write = Client.NumberOf(account.Collateral.Single().Amount);
                _stored.TryAdd(write, (record.Sequence, record.Hash().ToString())).ShouldBeTrue($"write {write} is there twice");
            }
        }

        foreach (var (write, receipt) in _acknowledged)
        {
            _stored.TryGetValue(write, out var there).ShouldBeTrue($"write {write} was acknowledged as record {receipt.Sequence} and is lost");
            there.ShouldBe((receipt.Sequence, receipt.Hash));
        }

        _checked = (store.Head.Sequence, store.Head.Hash.ToString());
    }

    /// <summary>Each client's account is as its last write left it, and the last epochs come out again.</summary>
    private void CheckBookAndEpochs(CancellationToken cancel)
    {
        using var store = Open()!;
        var book = BookReplay.Read(store, long.MaxValue);
        foreach (var client in _clients)
        {
            Client.NumberOf(book.Accounts[client.Account].Collateral.Single().Amount).ShouldBe(_acknowledged.Keys.Where(client.IsMine).Max());
        }

        new EpochVerifier(store, 2, TimeProvider.System).VerifyLast(2, null, cancel).Differences.ShouldBeEmpty();
    }

    private Process Serve() => _serving = ServeProcess.Start(Folder, Store);

    private async Task KillAsync(Process process, CancellationToken cancel)
    {
        process.HasExited.ShouldBeFalse("it died by itself");
        process.Kill();
        await process.WaitForExitAsync(cancel);
        process.Dispose();
        _serving = null;
    }

    private sealed record Receipt(long Sequence, string Hash, string Account);

    /// <summary>Writes one account again and again, one write at a time, and does not let go of a write before it is acknowledged.</summary>
    private sealed class Client(int index)
    {
        public const string Prefix = "killed-";

        private int _next;

        public string Account { get; } = $"{Prefix}{index}";

        /// <summary>A write that was sent and not acknowledged.</summary>
        public int? Pending { get; private set; }

        public static int NumberOf(decimal amount) => (int)amount;

        public bool IsMine(int write) => write % Clients == index;

        public async Task WriteAsync(Uri url, ConcurrentDictionary<int, Receipt> acknowledged, int most, CancellationToken cancel)
        {
            using var http = new HttpClient { BaseAddress = url, Timeout = Patience };
            for (var n = 0; n < most; n++)
            {
                Pending ??= Clients + (_next++ * Clients) + index;
                try
                {
                    if (await PutAsync(http, Pending.Value, cancel) is not { } receipt)
                    {
                        return;
                    }

                    receipt.Account.ShouldBe(Account);
                    acknowledged.TryAdd(Pending.Value, receipt).ShouldBeTrue();
                    Pending = null;
                }
                catch (Exception e) when (e is HttpRequestException or IOException or JsonException || (e is TaskCanceledException && !cancel.IsCancellationRequested))
                {
                    // It died before it answered, or in the middle of it.
                    return;
                }
            }
        }

        /// <returns>null: it is told that the database failed, or that a starved server came to no end in time</returns>
        private async Task<Receipt?> PutAsync(HttpClient http, int write, CancellationToken cancel)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, $"accounts/{Account}");
            request.Headers.Add("Idempotency-Key", $"write-{write}");
            request.Content = new StringContent($$"""{"positions":[],"collateral":[{"asset":"USDC","amount":{{write}}}]}""", Encoding.UTF8, "application/json");
            using var response = await http.SendAsync(request, cancel);
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                using var problem = await response.Content.ReadFromJsonAsync<JsonDocument>(cancel);
                problem!.RootElement.GetProperty("code").GetString().ShouldBeOneOf("store-failed", "halted", "timeout");
                return null;
            }

            response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync(cancel));
            return (await response.Content.ReadFromJsonAsync<Receipt>(cancel))!;
        }
    }
}

/// <summary>The database in a file.</summary>
public sealed class SqliteServeKillTests : ServeKillTests
{
    protected override (string[] Flags, (string Name, string Value)[] Environment) Store => ([], []);

    protected override IRiskStore? Open() => Path.Combine(Folder, "server.db") is var path && File.Exists(path) ? SqliteStore.Open(path) : null;
}

/// <summary>The database in PostgreSQL, which can die by itself.</summary>
public sealed class PostgresServeKillTests : ServeKillTests, IClassFixture<PostgresCluster>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly PostgresCluster _cluster;
    private readonly string _url;

    public PostgresServeKillTests(PostgresCluster cluster)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        Assert.SkipUnless(PostgresCluster.IsInstalled, $"PostgreSQL's programs are not in {PostgresCluster.Programs}: apt-get install postgresql brings them");
        (_cluster, _url) = (cluster, cluster.NewDatabase());
    }

    protected override (string[] Flags, (string Name, string Value)[] Environment) Store => (["--store", "postgres"], [("PMS__STORE__URL", _url)]);

    /// <summary>PostgreSQL dies while the server writes: its one connection is ended, its process is killed (whereupon PostgreSQL ends all and recovers), all of it is stopped in the midst and started again.</summary>
    [Fact]
    public Task Serve_WhoseDatabaseIsInterrupted_KeepsEveryAcknowledgedWriteOnce() => InterruptAsync(
        [
            ("connection ended", () => Quietly(() => _cluster.EndConnections(_url))),
            ("process killed", () => Quietly(() => _cluster.KillConnections(_url))),
            ("stopped and started", () => _cluster.RestartAsync()),
        ],
        Count(3));

    protected override IRiskStore? Open()
    {
        for (var begun = Stopwatch.GetTimestamp(); ; Thread.Sleep(100))
        {
            try
            {
                return PostgresStore.Open(_url);
            }
            catch (InvalidInputException e) when (e.Code == "store-unreachable" && Stopwatch.GetElapsedTime(begun) < Patience)
            {
                // It recovers.
            }
        }
    }

    private static Task Quietly(Action act)
    {
        act();
        return Task.CompletedTask;
    }
}
