using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Pms.Server.Books;
using Pms.Server.Epochs;
using Pms.Server.Storage;
using Pms.Testing;

namespace Pms.Cli.Tests;

/// <summary>SRV-01, SRV-02, SRV-05: a server that is killed at any moment has every acknowledged write exactly once, and takes those it did not acknowledge again without doing them twice.</summary>
public sealed class ServeKillTests : IDisposable
{
    private const int Clients = 4;
    private const ulong Seed = 11;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("pms-kill-").FullName;
    private readonly ConcurrentDictionary<int, Receipt> _acknowledged = new();
    private readonly Dictionary<int, (long Sequence, string Hash)> _stored = [];
    private readonly Client[] _clients = [.. Enumerable.Range(0, Clients).Select(c => new Client(c))];
    private (long Sequence, string Hash) _checked = (0, InputRecord.Genesis.ToString());

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Serve_KilledAtRandomMoments_KeepsEveryAcknowledgedWriteOnce()
    {
        var cancel = TestContext.Current.CancellationToken;
        var kills = Environment.GetEnvironmentVariable("PMS_KILLS") is { } count ? int.Parse(count, CultureInfo.InvariantCulture) : FuzzBudget.Long ? 500 : 4;
        var random = new Random((int)Seed);
        var restarts = new List<double>();
        var (early, unanswered, written) = (0, 0, 0);
        for (var kill = 1; kill <= kills; kill++)
        {
            var begun = Stopwatch.GetTimestamp();
            using var process = Start(_folder);
            var isEarly = kill % 5 == 2;
            if (isEarly)
            {
                // While it starts: it may be anywhere from loading its code to reading its record or computing the first epoch.
                await Task.Delay(random.Next(200, 2_000), cancel);
                await KillAsync(process, cancel);
            }
            else
            {
                var url = await ListeningAsync(process, cancel);
                restarts.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
                var before = _acknowledged.Count;
                var writing = _clients.Select(c => c.WriteAsync(url, _acknowledged, int.MaxValue, cancel)).ToArray();
                // Half of them die among their first answers, which take longest, half of them in full course.
                var isWarm = random.Next(2) == 0;
                while (isWarm && _acknowledged.Count == before)
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

        using (var process = Start(_folder))
        {
            var url = await ListeningAsync(process, cancel);
            await Task.WhenAll(_clients.Select(c => c.WriteAsync(url, _acknowledged, 1, cancel)));
            _clients.ShouldAllBe(c => c.Pending == null);
            await KillAsync(process, cancel);
        }

        Check();
        _stored.Keys.Order().ShouldBe(_acknowledged.Keys.Order(), "every write was acknowledged in the end, and nothing else is there");
        CheckBookAndEpochs(cancel);
        restarts.Sort();
        TestContext.Current.SendDiagnosticMessage($"{kills} kills ({early} before it listened), {_acknowledged.Count} writes, {unanswered} sent and unanswered when it died and {written} of these on the disk; until it listened {restarts[0]:F0} ms at least, {restarts[restarts.Count / 2]:F0} at the median, {restarts[^1]:F0} at most");
    }

    /// <summary>What lies there while nobody serves. Opening it verifies the whole chain, and with it that sequences have no gaps.</summary>
    private void Check()
    {
        if (!File.Exists(Database))
        {
            return;
        }

        using var store = SqliteStore.Open(Database);
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
        using var store = SqliteStore.Open(Database);
        var book = BookReplay.Read(store, long.MaxValue);
        foreach (var client in _clients)
        {
            Client.NumberOf(book.Accounts[client.Account].Collateral.Single().Amount).ShouldBe(_acknowledged.Keys.Where(client.IsMine).Max());
        }

        new EpochVerifier(store, 2, TimeProvider.System).VerifyLast(2, null, cancel).Differences.ShouldBeEmpty();
    }

    private string Database => Path.Combine(_folder, "server.db");

    // Code is compiled quickly rather than well: it starts sooner, and no number depends on it.
    internal static Process Start(string folder) =>
        PmsProcess.Start(["serve", "--feed", "sim", "--accounts", "20", "--interval", "200", "--port", "0", "--data", folder, "--threads", "1", "--json"], ("DOTNET_TC_QuickJit", "1"));

    internal static async Task<Uri> ListeningAsync(Process process, CancellationToken cancel)
    {
        while (await process.StandardOutput.ReadLineAsync(cancel).AsTask().WaitAsync(Patience, cancel) is { } line)
        {
            if (line.Split('"') is [_, "url", _, var url, ..])
            {
                return new Uri(new Uri(url), "api/v1/");
            }
        }

        throw new InvalidOperationException($"it ended before it listened: {await process.StandardError.ReadToEndAsync(cancel)}");
    }

    private static async Task KillAsync(Process process, CancellationToken cancel)
    {
        process.HasExited.ShouldBeFalse("it died by itself");
        process.Kill();
        await process.WaitForExitAsync(cancel);
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
            using var http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(20) };
            for (var n = 0; n < most; n++)
            {
                Pending ??= Clients + (_next++ * Clients) + index;
                try
                {
                    var receipt = await PutAsync(http, Pending.Value, cancel);
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

        private async Task<Receipt> PutAsync(HttpClient http, int write, CancellationToken cancel)
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, $"accounts/{Account}");
            request.Headers.Add("Idempotency-Key", $"write-{write}");
            request.Content = new StringContent($$"""{"positions":[],"collateral":[{"asset":"USDC","amount":{{write}}}]}""", Encoding.UTF8, "application/json");
            using var response = await http.SendAsync(request, cancel);
            response.StatusCode.ShouldBe(HttpStatusCode.OK, await response.Content.ReadAsStringAsync(cancel));
            return (await response.Content.ReadFromJsonAsync<Receipt>(cancel))!;
        }
    }
}
