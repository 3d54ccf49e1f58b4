using System.Collections.Immutable;
using System.Net;
using Pms.Margin.Parameters;
using Pms.Primitives;

namespace Pms.Server;

/// <summary>How a risk server runs (docs/server.md). Times are milliseconds.</summary>
public sealed record ServerOptions
{
    /// <summary>No fund and no backstop is taken for more, USD.</summary>
    internal const decimal MostUsd = 1_000_000_000_000m;

    /// <summary>Listens here; the loopback when left out, so that opening it is a decision.</summary>
    public IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>0: any free port.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>Folder of the database.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Folder of the dashboard's files; null or missing: none is served.</summary>
    public string? WebDirectory { get; init; }

    /// <summary>An epoch begins so long after the last began, or when that ends. 100 to 3,600,000.</summary>
    public int IntervalMs { get; init; } = 2_000;

    /// <summary>Age of the market from which the state is DEGRADED.</summary>
    public int DegradedAfterMs { get; init; } = 10_000;

    /// <summary>Age of the market from which the state is REDUCE_ONLY.</summary>
    public int ReduceOnlyAfterMs { get; init; } = 30_000;

    /// <summary>Age of the market from which the state is HALT.</summary>
    public int HaltAfterMs { get; init; } = 120_000;

    /// <summary>Threads for an epoch; no result depends on them. 1 to 256.</summary>
    public int Threads { get; init; } = Math.Max(1, Environment.ProcessorCount);

    /// <summary>How margin is measured.</summary>
    public RiskParameters Parameters { get; init; } = RiskParameters.Default;

    /// <summary>The insurance fund behind all accounts, USD; what the insurance account of a house that is followed has comes on top. Null: none is known, and without a house no index of solvency either.</summary>
    public decimal? InsuranceUsd { get; init; }

    /// <summary>What others promise to pay after the fund, USD.</summary>
    public decimal BackstopUsd { get; init; }

    /// <summary>Of the expected shortfall, above 0, below 1.</summary>
    public double SolvencyLevel { get; init; } = 0.99;

    /// <summary>Of the random scenarios: the same for every epoch, so that margins move with the market alone.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Epochs whose boards and margins are kept. 1 to 1,000,000.</summary>
    public int KeptEpochs { get; init; } = 2_000;

    /// <summary>Who may ask; empty: whoever reaches the address may read and write.</summary>
    public ImmutableArray<Api.ApiKey> Keys { get; init; } = [];

    /// <summary>Requests at work at once. 1 to 1,024.</summary>
    public int MostAtWork { get; init; } = 32;

    /// <summary>Requests that wait for one at work to end; those beyond are told to come back.</summary>
    public int MostWaiting { get; init; } = 64;

    /// <summary>Followers of the event stream.</summary>
    public int MostFollowers { get; init; } = 256;

    /// <summary>Where metrics are sent to (OTLP over HTTP, protobuf), as in http://127.0.0.1:4318/v1/metrics; null: nowhere.</summary>
    public Uri? OtlpEndpoint { get; init; }

    /// <summary>Metrics are sent so often. 100 to 3,600,000.</summary>
    public int OtlpIntervalMs { get; init; } = 10_000;

    /// <summary>WebSockets at once.</summary>
    public int MostConnections { get; init; } = 256;

    /// <summary>Calls that one WebSocket may make in a second; twice as many at once. 1 to 1,000,000.</summary>
    public int MostCallsPerSecond { get; init; } = 1_000;

    /// <summary>A WebSocket that does not take one message for so long is cut off. 10 to 3,600,000.</summary>
    public int SlowReaderMs { get; init; } = 10_000;

    /// <summary>Shortest heartbeat that a WebSocket may ask for. 10 to 3,600,000.</summary>
    public int LeastHeartbeatMs { get; init; } = 10_000;

    /// <summary>A request is answered within so long, or told that it was not. 100 to 3,600,000.</summary>
    public int LongestRequestMs { get; init; } = 10_000;

    /// <summary>Longest body of a request, and message of a WebSocket. Bytes.</summary>
    public int MostBodyBytes { get; init; } = 256 * 1024;

    /// <exception cref="InvalidInputException"><c>server-option</c>: names the option, its value and what is allowed</exception>
    public ServerOptions Validated()
    {
        Require(Port is >= 0 and <= 65_535, nameof(Port), Port, "0 to 65535");
        Require(IntervalMs is >= 100 and <= 3_600_000, nameof(IntervalMs), IntervalMs, "100 to 3600000");
        Require(DegradedAfterMs > 0 && DegradedAfterMs < ReduceOnlyAfterMs && ReduceOnlyAfterMs < HaltAfterMs, nameof(DegradedAfterMs), DegradedAfterMs, "0 < DegradedAfterMs < ReduceOnlyAfterMs < HaltAfterMs");
        Require(Threads is >= 1 and <= 256, nameof(Threads), Threads, "1 to 256");
        Require(KeptEpochs is >= 1 and <= 1_000_000, nameof(KeptEpochs), KeptEpochs, "1 to 1000000");
        Require(InsuranceUsd is null or (>= 0 and <= MostUsd), nameof(InsuranceUsd), InsuranceUsd, $"0 to {MostUsd}");
        Require(BackstopUsd is >= 0 and <= MostUsd, nameof(BackstopUsd), BackstopUsd, $"0 to {MostUsd}");
        Require(SolvencyLevel is >= 0.5 and <= 0.9999 && Math.Round(SolvencyLevel, 9) == SolvencyLevel, nameof(SolvencyLevel), SolvencyLevel, "0.5 to 0.9999 with nine decimals");
        Require(MostAtWork is >= 1 and <= 1_024, nameof(MostAtWork), MostAtWork, "1 to 1024");
        Require(MostWaiting is >= 0 and <= 65_536, nameof(MostWaiting), MostWaiting, "0 to 65536");
        Require(MostFollowers is >= 0 and <= 65_536, nameof(MostFollowers), MostFollowers, "0 to 65536");
        Require(OtlpEndpoint is null || (OtlpEndpoint.IsAbsoluteUri && OtlpEndpoint.Scheme is "http" or "https"), nameof(OtlpEndpoint), OtlpEndpoint, "an http or https address");
        Require(OtlpIntervalMs is >= 100 and <= 3_600_000, nameof(OtlpIntervalMs), OtlpIntervalMs, "100 to 3600000");
        Require(MostConnections is >= 0 and <= 65_536, nameof(MostConnections), MostConnections, "0 to 65536");
        Require(MostCallsPerSecond is >= 1 and <= 1_000_000, nameof(MostCallsPerSecond), MostCallsPerSecond, "1 to 1000000");
        Require(SlowReaderMs is >= 10 and <= 3_600_000, nameof(SlowReaderMs), SlowReaderMs, "10 to 3600000");
        Require(LeastHeartbeatMs is >= 10 and <= 3_600_000, nameof(LeastHeartbeatMs), LeastHeartbeatMs, "10 to 3600000");
        Require(LongestRequestMs is >= 100 and <= 3_600_000, nameof(LongestRequestMs), LongestRequestMs, "100 to 3600000");
        Require(MostBodyBytes is >= 1_024 and <= 64 * 1024 * 1024, nameof(MostBodyBytes), MostBodyBytes, "1024 to 67108864");
        Require(!Keys.IsEmpty || IPAddress.IsLoopback(Address), nameof(Address), Address, "the loopback, as there are no keys");
        return this;
    }

    private static void Require<T>(bool holds, string name, T value, string allowed)
    {
        if (!holds)
        {
            throw new InvalidInputException("server-option", $"{name} is {value}: {allowed} is allowed");
        }
    }
}
