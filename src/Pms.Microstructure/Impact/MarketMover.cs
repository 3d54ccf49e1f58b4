using System.Collections.Immutable;
using Pms.Margin.Market;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Scenarios.Shocks;

namespace Pms.Microstructure.Impact;

/// <summary>A market as it would stand after moves of its coins: every forward, perpetual and collateral token moves with its coin, smiles move with vol and stay free of arbitrage.</summary>
/// <remarks>Smiles move as in scenarios (docs/model/scenarios.md): with the forward, and where a level would leave the proven bounds it is held there. No time passes.</remarks>
public sealed class MarketMover
{
    private readonly MarginMarket _start;
    private readonly RiskFactors _factors;
    private readonly Dictionary<UnderlyingId, SmileBounds> _bounds = [];

    /// <param name="start">what moves are counted from</param>
    /// <param name="pegs">assets that follow another</param>
    public MarketMover(MarginMarket start, IReadOnlyCollection<PeggedAsset> pegs)
    {
        ArgumentNullException.ThrowIfNull(start);
        _start = start;
        _factors = RiskFactorLayout.Of(start, pegs);
        foreach (var family in start.Underlyings)
        {
            if (family.Surface is { } surface)
            {
                _bounds.Add(family.Id, new SmileBounds(surface));
            }
        }
    }

    public ImmutableArray<Asset> Coins => _factors.Coins;

    /// <summary>Number of the coin that an asset follows; -1: none.</summary>
    public int CoinOf(Asset asset)
    {
        if (_factors.TryCoinIndex(asset, out var coin))
        {
            return coin;
        }

        return _factors.TryPegIndex(asset, out var peg) && _factors.TryCoinIndex(_factors.Pegs[peg].Anchor, out coin) ? coin : -1;
    }

    /// <param name="logPrices">[coin] ln(price / start)</param>
    /// <param name="logVols">[coin] ln(30-day vol / start)</param>
    /// <param name="parameters">how other tenors follow</param>
    /// <param name="logPegs">further log moves of single assets against what they follow</param>
    public MarginMarket Moved(ReadOnlySpan<double> logPrices, ReadOnlySpan<double> logVols, ImpactParameters parameters, IReadOnlyDictionary<Asset, double> logPegs)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(logPegs);
        var columns = new ScenarioColumns(_factors, 1);
        for (var coin = 0; coin < Coins.Length; coin++)
        {
            columns.SpotLogReturn(coin)[0] = logPrices[coin];
            for (var tenor = 0; tenor < RiskFactors.VolTenorDays.Length; tenor++)
            {
                var ratio = 30 / RiskFactors.VolTenorDays[tenor];
                var scale = ElementaryMath.Pow(ratio, ratio > 1 ? parameters.ShortTermPower : parameters.LongTermPower);
                columns.VolLogChange(coin, tenor)[0] = Math.Min(scale * logVols[coin], parameters.MostLogVol);
            }
        }

        var families = ImmutableArray.CreateBuilder<UnderlyingMarket>(_start.Underlyings.Length);
        foreach (var family in _start.Underlyings)
        {
            var coin = CoinOf(family.Id.Base);
            var factor = ElementaryMath.Exp((coin < 0 ? 0 : logPrices[coin]) + logPegs.GetValueOrDefault(family.Id.Base));
            families.Add(family with
            {
                Index = family.Index * factor,
                PerpetualMark = family.PerpetualMark * factor,
                Futures = [.. family.Futures.Select(f => f with { Price = f.Price * factor })],
                Surface = _bounds.TryGetValue(family.Id, out var bounds) ? ScenarioSmiles.Build(bounds, 0, FamilyMoves.Of(columns, family.Id)).Shocked(0) : null,
            });
        }

        var prices = new Dictionary<Asset, double>();
        foreach (var asset in _start.Assets.Where(a => a != Asset.Usd))
        {
            var coin = CoinOf(asset);
            prices[asset] = _start.UsdPrice(asset) * ElementaryMath.Exp((coin < 0 ? 0 : logPrices[coin]) + logPegs.GetValueOrDefault(asset));
        }

        var name = new CanonicalWriter("pms.moved-market/1");
        name.Write(_start.SnapshotHash.ToString());
        foreach (var (asset, price) in prices.OrderBy(p => p.Key.Code, StringComparer.Ordinal))
        {
            name.Write(asset.Code);
            name.Write(price);
        }

        foreach (var log in logVols)
        {
            name.Write(log);
        }

        return new MarginMarket(_start.At, name.Hash(), families, prices);
    }
}
