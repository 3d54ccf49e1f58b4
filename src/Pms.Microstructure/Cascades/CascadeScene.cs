using System.Collections.Immutable;
using Pms.Margin.Market;
using Pms.Margin.Parameters;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.Microstructure.Impact;
using Pms.Microstructure.Keepers;

namespace Pms.Microstructure.Cascades;

/// <summary>All that the venues of a study have in common: the market, the path, the book, keepers and rules of the game.</summary>
public sealed record CascadeScene
{
    /// <summary>Market at the start; time does not pass for options during a study.</summary>
    public required MarginMarket Start { get; init; }

    /// <summary>Spreads and volumes at the start.</summary>
    public required MarketLiquidity Liquidity { get; init; }

    /// <summary>Contracts that are held, by name.</summary>
    public required ImmutableArray<Instrument> Instruments { get; init; }

    /// <summary>Collateral and settlement assets with USD, by code.</summary>
    public required ImmutableArray<Asset> Assets { get; init; }

    /// <summary>Volumes by coin.</summary>
    public required ImmutableArray<CoinLiquidity> Coins { get; init; }

    /// <summary>Prices without liquidations; every coin of the market.</summary>
    public required PricePath Path { get; init; }

    /// <summary>Log moves of single assets against what they follow, by minute.</summary>
    public ImmutableDictionary<Asset, ImmutableArray<double>> Pegs { get; init; } = ImmutableDictionary<Asset, ImmutableArray<double>>.Empty;

    public RiskParameters Risk { get; init; } = RiskParameters.Default;

    public ImpactParameters Impact { get; init; } = ImpactParameters.Default;

    public KeeperParameters Keepers { get; init; } = KeeperParameters.Default;

    /// <summary>Keepers of another kind; null: <see cref="NetProfitKeepers"/>.</summary>
    public Func<IKeeperPool>? KeeperPool { get; init; }

    /// <summary>Margins see prices this late. Minutes.</summary>
    public int OracleDelayMinutes { get; init; }

    /// <summary>The margin reads spreads and volumes off the board of the moment; else off that of the start.</summary>
    public bool MarginSeesStress { get; init; } = true;

    /// <summary>Winners are deleveraged before losses are socialised.</summary>
    public bool Deleverages { get; init; } = true;

    /// <summary>The backstop closes one part in so many of its book each minute.</summary>
    public int BackstopMinutes { get; init; } = 15;

    /// <summary>Most that the backstop hedges, and this system's slices trade, of a coin in a minute: share of a day's volume at the depth of now (LIQ-07).</summary>
    public double MostShareOfVolume { get; init; } = 0.02;

    /// <summary>Of the scenarios and of nothing else.</summary>
    public ulong Seed { get; init; } = 1;

    internal bool HasPegs => !Pegs.IsEmpty;

    internal IKeeperPool MakeKeepers() => KeeperPool is { } make ? make() : new NetProfitKeepers(Keepers);

    /// <summary>A scene of accounts; the rest is set by the caller.</summary>
    /// <param name="start">market at the start</param>
    /// <param name="liquidity">spreads and volumes at the start</param>
    /// <param name="listed">contracts that trade</param>
    /// <param name="accounts">whose contracts and assets are in it</param>
    /// <param name="risk">parameters of the margin</param>
    /// <param name="path">prices without liquidations</param>
    public static CascadeScene Of(MarginMarket start, MarketLiquidity liquidity, IEnumerable<Instrument> listed, IReadOnlyCollection<Account> accounts, RiskParameters risk, PricePath path)
    {
        ArgumentNullException.ThrowIfNull(accounts);
        ArgumentNullException.ThrowIfNull(risk);
        var instruments = accounts.SelectMany(a => a.Positions).Select(p => p.Instrument).Distinct().OrderBy(i => i.Name, StringComparer.Ordinal).ToImmutableArray();
        var assets = accounts.SelectMany(a => a.Collateral).Select(c => c.Asset)
            .Concat(instruments.Where(i => i is Perpetual or DatedFuture).Select(i => i.Underlying.SettlementAsset))
            .Append(Asset.Usd).Distinct().OrderBy(a => a.Code, StringComparer.Ordinal).ToImmutableArray();
        return new CascadeScene
        {
            Start = start,
            Liquidity = liquidity,
            Instruments = instruments,
            Assets = assets,
            Coins = CoinLiquidity.Of(start, liquidity, listed, RiskFactorLayout.Of(start, risk.Scenarios.Pegs).Coins, risk.Liquidity),
            Risk = risk,
            Path = path,
        };
    }
}
