using System.Collections.Immutable;
using System.Numerics;
using Pms.Keeper.Decisions;
using Pms.Liquidation.Auctions;

namespace Pms.Keeper.Tests;

/// <summary>Accounts and snapshots for tests, in USD.</summary>
internal static class Views
{
    public const ulong Now = 1_000_000;

    public static readonly AuctionTerms Terms = new() { StartedAtSeconds = Now, FastSeconds = 600, SlowSeconds = 3_600, StartRateE6 = 0, KneeRateE6 = 50_000, EndRateE6 = 300_000, FeeE6 = 10_000 };

    public static BigInteger Wad(double usd) => new BigInteger(usd * 1e6) * 1_000_000_000_000;

    public static AuctionView Account(ulong number = 1, double equity = 8_000, double worth = 8_200, double initial = 12_000, double maintenance = 9_500, AuctionTerms? terms = null, double gross = 40_000) => new()
    {
        Account = number,
        Money = new AuctionedAccount(Wad(equity), Wad(worth), Wad(initial), Wad(maintenance)),
        Terms = terms,
        GrossMarkWad = Wad(gross),
    };

    public static KeeperSnapshot Snapshot(params ImmutableArray<AuctionView> accounts) => new()
    {
        NowSeconds = Now,
        Block = 100,
        BlockAgeSeconds = 1,
        BatchSequence = 5,
        BatchObservedAt = Now - 20,
        BatchValidUntil = Now + 100,
        Accounts = accounts,
        CashWad = Wad(1e6),
        Gas = new GasNow(10_000_000_000, 20_000_000_000, 1_000_000_000, 3_000),
    };

    public static KeeperConfig Config { get; } = new()
    {
        Payer = 7,
        DryRun = false,
        Gas = new GasRules { EtherUsd = 3_000, HistoryBlocks = 64 },
        MinimumNetUsd = new KeeperConfig().MinimumNetUsd.SetItem(ActionKind.Start, -50).SetItem(ActionKind.Divide, -60).SetItem(ActionKind.End, -10).SetItem(ActionKind.Restart, -10),
    };
}
