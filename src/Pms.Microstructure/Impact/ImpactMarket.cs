using System.Collections.Immutable;
using Pms.Margin.Market;
using Pms.Margin.Parameters;
using Pms.Margin.Requirement;
using Pms.Margin.Revaluation;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;

namespace Pms.Microstructure.Impact;

/// <summary>A market whose prices follow a path given from outside and are pushed by what is traded in it (docs/model/impact.md).</summary>
/// <remarks>
/// ln S = ln S0 + path + impact, for each coin; vol answers falls and trades in vega; spreads widen and depth shrinks with vol; options are marked on the moved surfaces. Marks are those
/// of the last <see cref="Advance"/>; trades since then pay for what they and others before them have moved, and show in the next marks. Pure: the same calls give the same numbers.
/// </remarks>
public sealed class ImpactMarket
{
    private const double VegaBump = 0.01;

    private readonly MarketMover _mover;
    private readonly MarginMarket _start;
    private readonly MarketLiquidity _startLiquidity;
    private readonly ImmutableArray<Instrument> _instruments;
    private readonly ImmutableArray<Asset> _assets;
    private readonly ImmutableArray<CoinLiquidity> _coins;
    private readonly LiquidityParameters _spreads;
    private readonly ImpactParameters _parameters;
    private readonly double[] _dayDeviation; // [coin] at the start
    private readonly double[] _path; // [coin] log
    private readonly double[] _fallVol; // [coin] log vol that falls have left
    private readonly PressureGauge[] _price; // [coin]
    private readonly PressureGauge[] _vega; // [coin] of log vol
    private readonly double[] _markPrice; // [coin] impact in the marks, log
    private readonly double[] _markVega;
    private readonly double[] _tradedDelta; // [coin] scratch of one trade, USD
    private readonly double[] _tradedVega;
    private readonly UnitMark[] _marks; // [row] instruments, then assets
    private readonly double[] _futurePrice; // [row] 0 for anything else
    private readonly Dictionary<Asset, double> _pegs = [];

    /// <param name="start">market that the path counts from</param>
    /// <param name="liquidity">spreads and volumes there</param>
    /// <param name="instruments">contracts that are held or traded</param>
    /// <param name="assets">collateral other than USD</param>
    /// <param name="coins">volumes, one for each coin that moves</param>
    /// <param name="risk">spreads where the board has none, pegs</param>
    /// <param name="parameters">validated here</param>
    /// <exception cref="InvalidInputException"><c>impact-parameter</c>; <c>impact-market</c>: a coin without volume or without a surface to take its vol from</exception>
    public ImpactMarket(
        MarginMarket start,
        MarketLiquidity liquidity,
        ImmutableArray<Instrument> instruments,
        ImmutableArray<Asset> assets,
        ImmutableArray<CoinLiquidity> coins,
        RiskParameters risk,
        ImpactParameters parameters)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(liquidity);
        ArgumentNullException.ThrowIfNull(risk);
        ArgumentNullException.ThrowIfNull(parameters);
        parameters.Validate();
        (_start, _startLiquidity, _instruments, _assets, _spreads, _parameters) = (start, liquidity, instruments, assets, risk.Liquidity, parameters);
        _mover = new MarketMover(start, risk.Scenarios.Pegs);
        var count = _mover.Coins.Length;
        _coins = [.. _mover.Coins.Select(c => coins.FirstOrDefault(l => l.Coin == c) ?? throw new InvalidInputException("impact-market", $"no volume of {c} is known: its prices could not be moved"))];
        foreach (var coin in _coins)
        {
            if (!(coin.DailyVolumeUsd > 0) || !(coin.DailyVegaUsd > 0) || !double.IsFinite(coin.DailyVolumeUsd) || !double.IsFinite(coin.DailyVegaUsd))
            {
                throw new InvalidInputException("impact-market", $"{coin}: volumes are finite and above 0");
            }
        }

        _dayDeviation = [.. _mover.Coins.Select(DayDeviation)];
        (_path, _fallVol, _price, _vega) = (new double[count], new double[count], new PressureGauge[count], new PressureGauge[count]);
        (_markPrice, _markVega, _tradedDelta, _tradedVega) = (new double[count], new double[count], new double[count], new double[count]);
        _marks = new UnitMark[instruments.Length + assets.Length];
        _futurePrice = new double[_marks.Length];
        Market = start;
        Advance(0, _path);
    }

    /// <summary>By number; contracts in the order given, then assets.</summary>
    public ReadOnlySpan<UnitMark> Marks => _marks;

    /// <summary>At the marks.</summary>
    public MarginMarket Market { get; private set; }

    /// <summary>Coins that move, by code.</summary>
    public ImmutableArray<Asset> Coins => _mover.Coins;

    /// <summary>Spreads and volumes at the marks, as a board would show them: known to whoever plans a trade.</summary>
    public MarketLiquidity Liquidity { get; private set; } = MarketLiquidity.None;

    /// <summary>[coin] ln(price / start) that the path alone gives.</summary>
    public ReadOnlySpan<double> Path => _path;

    /// <summary>What trades have added to the log price of a coin, in the marks.</summary>
    public double ImpactOf(int coin) => _markPrice[coin];

    /// <summary>ln(30-day vol / start) in the marks.</summary>
    public double LogVolOf(int coin) => _fallVol[coin] + _markVega[coin];

    /// <summary>Share of the depth of the start that is left.</summary>
    public double DepthOf(int coin) =>
        _parameters.DepthFactor * Math.Max(_parameters.LeastDepth, Math.Min(1, ElementaryMath.Exp(-_parameters.DepthPower * Math.Max(LogVolOf(coin), 0))));

    /// <summary>USD of a coin that a day trades at the depth of now.</summary>
    public double DailyVolumeOf(int coin) => _coins[coin].DailyVolumeUsd * DepthOf(coin);

    /// <summary>Factor of spreads against the start.</summary>
    public double SpreadOf(int coin) => ElementaryMath.Exp(_parameters.SpreadPower * Math.Max(LogVolOf(coin), 0));

    /// <summary>Price of a future or perpetual in its quote currency; 0 for anything else.</summary>
    public double FuturePriceOf(int row) => _futurePrice[row];

    /// <summary>Log move of one asset against what it follows, from the next marks on.</summary>
    public void SetPeg(Asset asset, double logMove) => _pegs[asset] = logMove;

    /// <summary>Lets time pass and marks everything anew.</summary>
    /// <param name="minutes">at least 0</param>
    /// <param name="path">[coin] ln(price / start) without impact</param>
    public void Advance(double minutes, ReadOnlySpan<double> path)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minutes);
        var kept = PressureGauge.Kept(minutes, _parameters.ResilienceHalfLifeMinutes);
        var keptVol = PressureGauge.Kept(minutes, _parameters.VolHalfLifeMinutes);
        path.CopyTo(_path);
        var prices = new double[_path.Length];
        var vols = new double[_path.Length];
        for (var coin = 0; coin < _path.Length; coin++)
        {
            _price[coin].Rest(kept);
            _vega[coin].Rest(kept);
            _markPrice[coin] = _price[coin].Level(PriceTransient(coin));
            _markVega[coin] = _vega[coin].Level(VegaTransient);
            prices[coin] = _path[coin] + _markPrice[coin];
            _fallVol[coin] = Math.Max(_fallVol[coin] * keptVol, Math.Min(_parameters.VolResponse * Math.Max(-prices[coin], 0), _parameters.MostLogVol));
            vols[coin] = Math.Clamp(LogVolOf(coin), -1, _parameters.MostLogVol);
        }

        Market = _mover.Moved(prices, vols, _parameters, _pegs);
        Mark();
    }

    /// <summary>What a trade would cost beyond the marks: half spreads and impact. USD; below 0 where others have moved the price in its favour.</summary>
    public double CostOf(ReadOnlySpan<Fill> fills) => Costs(fills);

    /// <summary>Trades: the price is moved for those after.</summary>
    /// <returns>as <see cref="CostOf"/></returns>
    public double Trade(ReadOnlySpan<Fill> fills)
    {
        var cost = Costs(fills);
        for (var coin = 0; coin < _path.Length; coin++)
        {
            _price[coin].Trade(_tradedDelta[coin] / DailyVolumeOf(coin), _parameters.PermanentFactor * DeviationOf(coin));
            _vega[coin].Trade(_tradedVega[coin] / DailyVegaOf(coin), 0);
        }

        return cost;
    }

    private double VegaTransient => _parameters.SquareRootFactor * _parameters.VolDayDeviation;

    private double PriceTransient(int coin) => _parameters.SquareRootFactor * DeviationOf(coin);

    /// <summary>Of a day, at the vol that falls have left: what impact on vol does to impact on price is left out.</summary>
    private double DeviationOf(int coin) => _dayDeviation[coin] * ElementaryMath.Exp(_fallVol[coin]);

    private double DailyVegaOf(int coin) => _coins[coin].DailyVegaUsd * DepthOf(coin);

    private double Costs(ReadOnlySpan<Fill> fills)
    {
        Array.Clear(_tradedDelta);
        Array.Clear(_tradedVega);
        var cost = 0.0;
        foreach (var (row, units) in fills)
        {
            var (mark, size) = (_marks[row], (double)units);
            cost += Math.Abs(size) * mark.HalfSpread;
            if (mark.Coin >= 0)
            {
                _tradedDelta[mark.Coin] += size * mark.Delta;
                _tradedVega[mark.Coin] += size * mark.Vega;
            }
        }

        for (var coin = 0; coin < _path.Length; coin++)
        {
            var mean = _price[coin].MeanLevel(_tradedDelta[coin] / DailyVolumeOf(coin), PriceTransient(coin), _parameters.PermanentFactor * DeviationOf(coin));
            cost += _tradedDelta[coin] * ElementaryMath.Expm1(mean - _markPrice[coin]);
            var vega = _vega[coin].MeanLevel(_tradedVega[coin] / DailyVegaOf(coin), VegaTransient, 0);
            cost += _tradedVega[coin] * ElementaryMath.Expm1(vega - _markVega[coin]);
        }

        return cost;
    }

    private void Mark()
    {
        var valuation = new ScenarioValuation(Market);
        var known = new Dictionary<Instrument, InstrumentLiquidity>(_instruments.Length);
        for (var row = 0; row < _instruments.Length; row++)
        {
            var instrument = _instruments[row];
            var unit = valuation.Of(instrument);
            var coin = _mover.CoinOf(instrument.Underlying.Base);
            var notional = CoinLiquidity.NotionalUsd(Market, instrument);
            var before = _startLiquidity.Of(instrument);
            var half = before.HalfSpreadUsd * (instrument.IsCountedInQuote ? 1 : ElementaryMath.Exp(_path[coin] + _markPrice[coin])) ?? UsualHalfSpread(instrument, unit.Now, notional);
            half *= SpreadOf(coin);
            var vega = instrument is EuropeanOption ? (unit.Value(new ScenarioMoves { VolLevel = VegaBump }) - unit.Now) / VegaBump : 0;
            _marks[row] = new UnitMark(unit.Now, unit.SpotDelta, vega, notional, half, coin);
            _futurePrice[row] = instrument is Perpetual or DatedFuture ? valuation.MarkOf(instrument) : 0;
            known[instrument] = new InstrumentLiquidity(half, before.DailyVolume * DepthOf(coin), before.OpenInterest);
        }

        for (var a = 0; a < _assets.Length; a++)
        {
            var price = Market.UsdPrice(_assets[a]);
            var coin = _mover.CoinOf(_assets[a]);
            _marks[_instruments.Length + a] = new UnitMark(price, coin < 0 ? 0 : price, 0, price, price * _spreads.FutureHalfSpread * (coin < 0 ? 1 : SpreadOf(coin)), coin);
        }

        Liquidity = new MarketLiquidity(known);
    }

    private double UsualHalfSpread(Instrument instrument, double value, double notional) => instrument is EuropeanOption
        ? Math.Max(_spreads.OptionHalfSpreadOfValue * value, _spreads.OptionHalfSpreadOfIndex * notional)
        : _spreads.FutureHalfSpread * notional;

    /// <summary>Of a day, from the 30-day vol at the money of the coin's first family with a surface.</summary>
    private double DayDeviation(Asset coin)
    {
        var surface = _start.Underlyings.Where(u => u.Id.Base == coin).Select(u => u.Surface).FirstOrDefault(s => s is not null)
            ?? throw new InvalidInputException("impact-market", $"{coin} has no surface to take its vol from");
        return surface.Vol(0, 30.0 / 365) / Math.Sqrt(365);
    }
}
