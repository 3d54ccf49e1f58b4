using System.Collections.Immutable;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Scenarios;

/// <summary>An asset whose price follows another: a stablecoin its currency, a staked or wrapped coin its coin.</summary>
/// <param name="Asset">as in USDC, STETH</param>
/// <param name="Anchor">USD, or one of the coins</param>
public sealed record PeggedAsset(Asset Asset, Asset Anchor);

/// <summary>The numbers that a scenario moves, in the order of a set's columns.</summary>
/// <remarks>A coin has one spot price, one vol curve, one skew and one basis, which all its option families share; a pegged asset has one ratio to its anchor.</remarks>
public sealed class RiskFactors
{
    /// <summary>Tenors at which the change of ATM vol is given.</summary>
    public const int VolTenorCount = 5;

    private static readonly double[] TenorDays = [1, 7, 30, 90, 365];

    private readonly Dictionary<Asset, int> _coins = [];
    private readonly Dictionary<Asset, int> _pegs = [];

    /// <exception cref="InvalidInputException"><c>risk-factors</c>: an asset twice, or an anchor that is neither USD nor a coin</exception>
    public RiskFactors(IEnumerable<Asset> coins, IEnumerable<PeggedAsset> pegs)
    {
        Coins = [.. coins];
        Pegs = [.. pegs];
        foreach (var (coin, i) in Coins.Select((c, i) => (c, i)))
        {
            if (coin == Asset.Usd || !_coins.TryAdd(coin, i))
            {
                throw new InvalidInputException("risk-factors", $"{coin} is USD or stands twice among the coins");
            }
        }

        foreach (var (peg, i) in Pegs.Select((p, i) => (p, i)))
        {
            if (peg.Asset == Asset.Usd || _coins.ContainsKey(peg.Asset) || !_pegs.TryAdd(peg.Asset, i))
            {
                throw new InvalidInputException("risk-factors", $"{peg.Asset} is USD, a coin, or stands twice among the pegged assets");
            }

            if (peg.Anchor != Asset.Usd && !_coins.ContainsKey(peg.Anchor))
            {
                throw new InvalidInputException("risk-factors", $"{peg.Asset} is anchored to {peg.Anchor}, which is neither USD nor one of the coins {string.Join(", ", Coins)}");
            }
        }
    }

    /// <summary>Days to expiry at which the change of ATM vol is given; linear in the logarithm of the days between, flat outside.</summary>
    public static ReadOnlySpan<double> VolTenorDays => TenorDays;

    public ImmutableArray<Asset> Coins { get; }

    public ImmutableArray<PeggedAsset> Pegs { get; }

    /// <summary>Columns a coin has: spot, one vol for each tenor, skew, basis.</summary>
    public const int ColumnsPerCoin = VolTenorCount + 3;

    public int ColumnCount => (Coins.Length * ColumnsPerCoin) + Pegs.Length;

    /// <summary>Name of a column: <c>BTC.spot</c>, <c>BTC.vol30d</c>, <c>BTC.skew</c>, <c>BTC.basis</c>, <c>USDC.peg</c>.</summary>
    public string ColumnName(int column)
    {
        if (column >= Coins.Length * ColumnsPerCoin)
        {
            return $"{Pegs[column - (Coins.Length * ColumnsPerCoin)].Asset}.peg";
        }

        var place = column % ColumnsPerCoin;
        var part = place == 0 ? "spot" : place <= TenorDays.Length ? $"vol{TenorDays[place - 1]}d" : place == TenorDays.Length + 1 ? "skew" : "basis";
        return $"{Coins[column / ColumnsPerCoin]}.{part}";
    }

    public int CoinIndex(Asset coin) => _coins.TryGetValue(coin, out var i)
        ? i
        : throw new InvalidInputException("risk-factor-missing", $"no scenario moves {coin}: the coins are {string.Join(", ", Coins)}");

    public bool TryCoinIndex(Asset coin, out int index) => _coins.TryGetValue(coin, out index);

    public bool TryPegIndex(Asset asset, out int index) => _pegs.TryGetValue(asset, out index);
}
