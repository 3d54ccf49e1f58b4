using System.Diagnostics.Metrics;
using Pms.Server.Epochs;

namespace Pms.Server.Observability;

/// <summary>What the server counts (docs/server.md). No account is named.</summary>
public sealed class ServerMetrics : IDisposable
{
    public const string MeterName = "Pms.Server";

    private readonly Meter _meter = new(MeterName);
    private readonly Histogram<double> _took;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _batches;

    public ServerMetrics()
    {
        _took = _meter.CreateHistogram<double>("pms.epoch.duration", "s", "from the sealed market to the last margin");
        _batches = _meter.CreateCounter<long>("pms.batches", "{batch}", "batches proposed to the attesters, by what became of them");
        _failures = _meter.CreateCounter<long>("pms.epoch.failures", "{epoch}", "epochs that failed, by code");
    }

    public void Computed(TimeSpan took) => _took.Record(took.TotalSeconds);

    public void Failed(string code) => _failures.Add(1, new KeyValuePair<string, object?>("code", code));

    /// <summary>A batch.</summary>
    /// <param name="error">null: the chain accepted it</param>
    public void Published(string? error) => _batches.Add(1, new KeyValuePair<string, object?>("outcome", error ?? "accepted"));

    /// <summary>What is read when metrics are.</summary>
    /// <param name="status">state</param>
    /// <param name="epoch">the newest</param>
    /// <param name="marketAge">since the newest event</param>
    public void Observe(Func<OperatingStatus> status, Func<RiskEpoch?> epoch, Func<TimeSpan?> marketAge)
    {
        _meter.CreateObservableGauge("pms.state", () => (int)status().State, "{state}", "0 normal, 1 degraded, 2 reduce only, 3 halt");
        _meter.CreateObservableGauge("pms.epoch.number", () => epoch()?.Number ?? 0, "{epoch}", "the newest epoch");
        _meter.CreateObservableGauge("pms.market.age", () => marketAge()?.TotalSeconds ?? double.NaN, "s", "since the newest event of the market");
        _meter.CreateObservableGauge("pms.accounts", () => Accounts(epoch()), "{account}", "accounts by state");
        _meter.CreateObservableGauge("pms.maintenance", () => Sum(epoch(), m => m.Maintenance), "USD", "maintenance margin of all accounts");
        _meter.CreateObservableGauge("pms.equity", () => Sum(epoch(), m => m.Equity), "USD", "equity of all accounts");
        _meter.CreateObservableGauge("pms.solvency.index", () => epoch()?.Solvency is { Fund.IsKnown: true, Assessment: { Refused: 0 } assessment } ? (double)assessment.Index.Value : double.NaN, "{index}", "resources over expected shortfall of all accounts; not a number where unknown");
        _meter.CreateObservableGauge("pms.shortfall", () => Sum(epoch(), m => m.Shortfall), "USD", "what accounts lack to their maintenance margin");
    }

    public void Dispose() => _meter.Dispose();

    private static Measurement<int>[] Accounts(RiskEpoch? epoch) => epoch is null
        ? []
        : [.. Enum.GetValues<AccountState>().Select(s => new Measurement<int>(epoch.Accounts.Count(a => AccountStates.Of(a) == s), new KeyValuePair<string, object?>("state", AccountStates.NameOf(s))))];

    private static double Sum(RiskEpoch? epoch, Func<Margin.Requirement.MarginResult, long> of) =>
        epoch is null ? double.NaN : epoch.Accounts.Where(a => a.Result is not null).Sum(a => (double)of(a.Result!)) / Documents.Money.UnitsPerUsd;
}
