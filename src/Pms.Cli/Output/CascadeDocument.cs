using System.Collections.Immutable;
using Pms.Margin.Portfolios;
using Pms.Microstructure.Cascades;
using Pms.Microstructure.Impact;
using Pms.Primitives;

namespace Pms.Cli.Output;

/// <summary>What <c>pms study cascade --json</c> prints. Money is USD.</summary>
internal sealed record CascadeDocument(CascadeSceneDocument Scene, IReadOnlyList<SystemOutcome> Systems)
{
    public static CascadeDocument Of(ImmutableArray<SystemOutcome> outcomes, CascadeScene scene, ImmutableArray<Account> book) => new(
        new CascadeSceneDocument(
            scene.Start.At.ToIso(),
            scene.Start.SnapshotHash.ToString(),
            book.Length,
            NotionalOf(scene, book),
            scene.Path.Minutes,
            scene.Seed,
            [.. scene.Coins.Select(c => new CoinVolumeDocument(c.Coin.Code, c.DailyVolumeUsd, c.DailyVegaUsd))]),
        outcomes);

    public static double NotionalOf(CascadeScene scene, ImmutableArray<Account> book)
    {
        var market = new ImpactMarket(scene.Start, scene.Liquidity, scene.Instruments, scene.Assets, scene.Coins, scene.Risk, scene.Impact);
        var rows = scene.Instruments.Select((i, row) => (i, row)).ToDictionary(p => p.i, p => p.row);
        return book.Sum(a => a.Positions.Sum(p => (double)Math.Abs(p.Quantity) * market.Marks[rows[p.Instrument]].Notional));
    }
}

internal sealed record CascadeSceneDocument(string At, string SnapshotHash, int Accounts, double Notional, int Minutes, ulong Seed, IReadOnlyList<CoinVolumeDocument> Coins);

internal sealed record CoinVolumeDocument(string Coin, double DailyVolumeUsd, double DailyVegaUsd);
