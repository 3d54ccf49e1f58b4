using Pms.Attestation.Amounts;
using Pms.Attestation.Wire;
using Pms.Chain.Protocol;
using Pms.Cli.Onchain;
using Pms.Keeper.Batches;
using Pms.Keeper.Chains;
using Pms.Keeper.Decisions;
using Pms.Keeper.Running;
using Pms.Keeper.Storage;
using Pms.Server.Chain;

namespace Pms.Cli.Demo;

/// <summary>The newest batch of a house in this process.</summary>
internal sealed class HouseBatches(LocalHouse house) : IBatchSource
{
    public Task<BatchDocument?> NewestAsync(CancellationToken cancel) => Task.FromResult(house.Current);
}

/// <summary>A keeper with its own store and view of the chain, and what is to be seen of it.</summary>
internal sealed class DemoKeeper : IDisposable
{
    private const int MostTransactions = 100;

    private readonly KeeperMetrics _metrics = new();
    private readonly KeeperStore _store;
    private readonly KeeperHost _host;
    private readonly TimeProvider _time;
    private KeeperRow _row;

    private DemoKeeper(LiquidationContract chain, LocalHouse house, KeeperStore store, KeeperConfig rules, KeeperRow row, TimeProvider time)
    {
        (_store, _row, _time) = (store, row, time);
        _host = new KeeperHost(chain, new HouseBatches(house), store, rules, time, _metrics);
    }

    /// <summary>As of its last look.</summary>
    public KeeperRow Row => Volatile.Read(ref _row);

    public static async Task<DemoKeeper> OpenAsync(LocalHouse house, LocalKeeper keeper, KeeperConfig rules, string folder, TimeProvider time, CancellationToken cancel)
    {
        var address = await keeper.Sender.AddressAsync(cancel).ConfigureAwait(false);
        var reader = new HouseReader(house.Node, house.Contracts, LocalMarket.House.NewListing(), LocalMarket.House.CoinDecimals);
        var chain = new LiquidationContract(house.Node, house.Contracts, reader, house.Workspace.Key(keeper.Name), address, keeper.Account.Value, relay: null);
        var store = KeeperStore.Open(Path.Combine(folder, $"{keeper.Name}.db"));
        rules = rules with { Payer = keeper.Account.Value };
        var row = new KeeperRow(keeper.Name, address, $"{keeper.Account}", rules.DryRun, 0, 0, null, 0, 0, 0, [], [], null);
        return new DemoKeeper(chain, house, store, rules, row, time);
    }

    /// <summary>Looks and acts until it is stopped.</summary>
    public Task RunAsync(CancellationToken cancel) => _host.RunAsync(Note, refusal => Volatile.Write(ref _row, _row with { Error = ErrorBody.Of(refusal) }), cancel);

    public void Dispose()
    {
        _store.Dispose();
        _metrics.Dispose();
    }

    private void Note(KeeperReport report)
    {
        var (now, fees) = (_time.GetUtcNow(), report.Fees);
        var settled = report.Transactions.Select(t => new KeeperTransactionRow(now, Name(t.Kind), $"{t.Account}", t.Nonce, t.Outcome, t.Transaction, t.Fee?.Usd, t.Why));
        var sent = report.Actions.Where(a => a.Transaction is not null).Select(a => new KeeperTransactionRow(now, Name(a.Action.Kind), $"{a.Action.Account}", 0, a.Outcome, a.Transaction!, null, a.Action.Why));
        Volatile.Write(ref _row, _row with
        {
            CashUsd = new Wad((Int128)report.Snapshot.CashWad).ToUsd(),
            Looks = _row.Looks + 1,
            LastLookAt = now,
            GasSpentTodayUsd = report.Snapshot.GasSpentTodayUsd,
            GasUsd = fees.Sum(f => f.Usd),
            Sent = fees.Sum(f => (long)f.Transactions),
            Actions = [.. report.Actions.Select(a => new KeeperActionRow(
                Name(a.Action.Kind), $"{a.Action.Account}", a.Outcome, a.Action.NetUsd, a.Action.GasUsd, a.Action.Why, a.Action.Skip is { } skip ? ErrorBody.Of(skip) : null, a.Transaction))],
            Transactions = [.. sent.Concat(settled).Reverse().Concat(_row.Transactions).Take(MostTransactions)],
            Error = null,
        });
    }

    private static string Name(ActionKind kind) => System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(kind.ToString());
}
