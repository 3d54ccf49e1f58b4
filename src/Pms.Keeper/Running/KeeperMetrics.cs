using System.Diagnostics.Metrics;
using Pms.Keeper.Decisions;
using Pms.Keeper.Storage;

namespace Pms.Keeper.Running;

/// <summary>Instruments of a keeper (names in docs/keeper.md); no account numbers as labels.</summary>
public sealed class KeeperMetrics : IDisposable
{
    public const string MeterName = "Pms.Keeper";

    private readonly Meter _meter = new(MeterName);
    private readonly Counter<long> _ticks;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _skips;
    private readonly Counter<long> _transactions;
    private readonly Counter<double> _gas;
    private readonly Counter<long> _gasUnits;
    private readonly Counter<double> _net;
    private readonly Histogram<double> _duration;
    private double _batchAge;
    private double _blockAge;
    private int _inFlight;
    private int _opportunities;

    public KeeperMetrics()
    {
        _ticks = _meter.CreateCounter<long>("pms.keeper.ticks", "{tick}");
        _failures = _meter.CreateCounter<long>("pms.keeper.failures", "{failure}", "looks that ended in an error, by its code");
        _skips = _meter.CreateCounter<long>("pms.keeper.skips", "{action}", "actions that were not done, by kind and reason");
        _transactions = _meter.CreateCounter<long>("pms.keeper.transactions", "{transaction}", "by kind and outcome");
        _gas = _meter.CreateCounter<double>("pms.keeper.gas", "USD", "paid by final transactions, by kind");
        _gasUnits = _meter.CreateCounter<long>("pms.keeper.gas.units", "{gas}", "used by final transactions, by kind");
        _net = _meter.CreateCounter<double>("pms.keeper.expected_net", "USD", "of actions that happened, as expected when they were decided");
        _duration = _meter.CreateHistogram<double>("pms.keeper.tick.duration", "s");
        _meter.CreateObservableGauge("pms.keeper.batch.age", () => _batchAge, "s");
        _meter.CreateObservableGauge("pms.keeper.block.age", () => _blockAge, "s");
        _meter.CreateObservableGauge("pms.keeper.in_flight", () => _inFlight, "{transaction}");
        _meter.CreateObservableGauge("pms.keeper.opportunities", () => _opportunities, "{account}");
    }

    public void Dispose() => _meter.Dispose();

    internal void Tick(TimeSpan took, KeeperSnapshot snapshot)
    {
        _ticks.Add(1);
        _duration.Record(took.TotalSeconds);
        (_batchAge, _blockAge) = (snapshot.BatchSequence is null ? double.NaN : (double)snapshot.NowSeconds - snapshot.BatchObservedAt, snapshot.BlockAgeSeconds);
        (_inFlight, _opportunities) = (snapshot.TransactionsInFlight, snapshot.Accounts.Length);
    }

    internal void Failure(string code) => _failures.Add(1, new KeyValuePair<string, object?>("code", code));

    internal void Skip(ActionKind kind, string reason) => _skips.Add(1, new("kind", kind.ToString()), new("reason", reason));

    internal void Transaction(ActionKind kind, string outcome) => _transactions.Add(1, new("kind", kind.ToString()), new("outcome", outcome));

    internal void Spent(ActionKind kind, GasFee fee)
    {
        _gas.Add(fee.Usd, new KeyValuePair<string, object?>("kind", kind.ToString()));
        _gasUnits.Add((long)fee.GasUsed, new KeyValuePair<string, object?>("kind", kind.ToString()));
    }

    internal void Netted(double usd) => _net.Add(Math.Max(usd, 0));
}
