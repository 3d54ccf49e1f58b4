using Pms.Margin.Market;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Pricing;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Volatility;

namespace Pms.Margin.Revaluation;

/// <summary>Full revaluation of anything an account can hold, one plain number at a time: the definition that the risk array's kernels are tested against.</summary>
/// <remarks>
/// All values are in USD, undiscounted. For a coin with spot log return r, quote currency with log change p, basis change b, horizon h and an expiry T years from now:
/// the forward moves by x = r - p + b B(max(T - h, 0)) (B: <see cref="BasisTerm"/>; perpetual: <see cref="PerpetualBasisYears"/> in place of max(T - h, 0)); total variance at the horizon is
/// w1(k) = f w0(k) + L k with k = ln(K / F1), f = exp(2 m) max(T - h, 0) / T, m the log change of ATM vol at T, L = 2 sqrt(f w0(0)) z, z the change of skew;
/// where that has arbitrage <see cref="ScenarioStates"/> gives the repaired f, L and a lift in their place. Between fitted expiries the surface interpolates.
/// A linear contract is worth P0 exp(p) times its value in quote currency, an inverse one S0 exp(r) times its value in coin. docs/model/attribution.md.
/// </remarks>
public sealed class ScenarioValuation
{
    /// <summary>Years for which a change of the annualised basis counts on a perpetual, by default: 30 days.</summary>
    public const double PerpetualBasisYears = 30.0 / 365;

    private readonly MarginMarket _market;
    private readonly double _perpetualBasisYears;

    /// <param name="market">instant to value at</param>
    /// <param name="perpetualBasisYears">years for which a change of the annualised basis counts on a perpetual, finite, at least 0</param>
    /// <exception cref="InvalidInputException"><c>perpetual-basis-years</c></exception>
    public ScenarioValuation(MarginMarket market, double perpetualBasisYears = PerpetualBasisYears)
    {
        ArgumentNullException.ThrowIfNull(market);
        if (!(perpetualBasisYears >= 0) || !double.IsFinite(perpetualBasisYears))
        {
            throw new InvalidInputException("perpetual-basis-years", $"{perpetualBasisYears} years: a finite number of at least 0 is required");
        }

        _market = market;
        _perpetualBasisYears = perpetualBasisYears;
    }

    /// <exception cref="InvalidInputException">
    /// <c>underlying-missing</c>, <c>asset-price-missing</c>, <c>surface-missing</c>, <c>future-mark-missing</c>, <c>instrument-expired</c>, <c>instrument-kind</c>
    /// </exception>
    public UnitValuation Of(Instrument instrument)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        var family = _market.Underlying(instrument.Underlying);
        return instrument switch
        {
            EuropeanOption option => new OptionUnit(option, SurfaceOf(family, option.Name), YearsTo(option.Expiry, option.Name), Settle(family)),
            DatedFuture future => new FutureUnit(future, FutureMark(family, future), YearsTo(future.Expiry, future.Name), isDated: true, Settle(family)),
            Perpetual perpetual => new FutureUnit(perpetual, PerpetualMark(family), _perpetualBasisYears, isDated: false, Settle(family)),
            Spot spot => new SpotUnit(spot, family.Index, Settle(family)),
            _ => throw new InvalidInputException("instrument-kind", $"{instrument.Name} is a {instrument.GetType().Name}, which has no valuation"),
        };
    }

    /// <exception cref="InvalidInputException"><c>asset-price-missing</c></exception>
    public UnitValuation Of(Asset asset) => new AssetUnit(asset, _market.UsdPrice(asset));

    /// <summary>The mark that profit of a future or perpetual is counted from, quote currency per coin.</summary>
    /// <exception cref="InvalidInputException"><c>instrument-kind</c>: neither; codes of <see cref="Of(Instrument)"/></exception>
    public double MarkOf(Instrument instrument)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        var family = _market.Underlying(instrument.Underlying);
        return instrument switch
        {
            DatedFuture future => FutureMark(family, future),
            Perpetual => PerpetualMark(family),
            _ => throw new InvalidInputException("instrument-kind", $"{instrument.Name} is no future: it has no mark"),
        };
    }

    private static double PerpetualMark(UnderlyingMarket family) => family.PerpetualMark ?? family.Index;

    private static VolSurface SurfaceOf(UnderlyingMarket family, string name) => family.Surface
        ?? throw new InvalidInputException("surface-missing", $"{name} cannot be valued: no surface of {family.Id} was fitted");

    private double FutureMark(UnderlyingMarket family, DatedFuture future)
    {
        foreach (var mark in family.Futures)
        {
            if (mark.Expiry == future.Expiry)
            {
                return mark.Price;
            }
        }

        return family.Surface?.Forward(YearsTo(future.Expiry, future.Name))
            ?? throw new InvalidInputException("future-mark-missing", $"{future.Name} has neither a mark nor a surface with a forward");
    }

    private double YearsTo(DateTimeOffset expiry, string name)
    {
        var years = UtcTime.YearsBetween(_market.At, expiry);
        return years > 0
            ? years
            : throw new InvalidInputException("instrument-expired", $"{name} expired at {expiry.ToIso()}; the market is of {_market.At.ToIso()}");
    }

    private SettlementTerms Settle(UnderlyingMarket family)
    {
        var quote = _market.UsdPrice(family.Id.Quote);
        return new SettlementTerms(family.Id, family.Id.Settlement == Settlement.Inverse ? family.Index * quote : quote);
    }

    /// <summary>How value in a family's own terms becomes USD.</summary>
    /// <param name="Id">family</param>
    /// <param name="UsdPrice">USD for one unit of the settlement asset now: the coin of an inverse family, the quote currency of a linear one</param>
    private readonly record struct SettlementTerms(UnderlyingId Id, double UsdPrice)
    {
        public bool IsInverse => Id.Settlement == Settlement.Inverse;

        /// <summary>A quote currency other than USD can lose its peg.</summary>
        public MoveParts PegPart => Id.Quote == Asset.Usd ? MoveParts.None : MoveParts.Peg;

        /// <summary>USD value of an amount of quote currency that is paid in the settlement asset at the forward.</summary>
        public double ToUsd(double quote, double forward, in ScenarioMoves moves) => IsInverse
            ? UsdPrice * ElementaryMath.Exp(moves.Spot) * (quote / forward)
            : UsdPrice * ElementaryMath.Exp(moves.Peg) * quote;

        public ScenarioMoves Moves(ScenarioSet set, int scenario, TenorShare? tenor)
        {
            var coin = set.Factors.CoinIndex(Id.Base);
            var level = tenor is null ? 0 : set.VolLogChange(coin, ScenarioMoves.LevelTenor)[scenario];
            return new ScenarioMoves(
                set.SpotLogReturn(coin)[scenario],
                level,
                tenor is null ? 0 : set.SkewChange(coin)[scenario],
                tenor is { } t ? t.Mix(set.VolLogChange(coin, t.Lower)[scenario], set.VolLogChange(coin, t.Lower + 1)[scenario]) - level : 0,
                set.HorizonYears,
                set.BasisChange(coin)[scenario],
                QuoteMove(set, scenario));
        }

        private double QuoteMove(ScenarioSet set, int scenario)
        {
            var (anchor, peg) = AssetMoves(set, Id.Quote, scenario);
            return anchor + peg;
        }
    }

    /// <summary>Log return of an asset in USD: its coin's or its anchor's, and what its peg does.</summary>
    private static (double Anchor, double Peg) AssetMoves(ScenarioSet set, Asset asset, int scenario)
    {
        if (asset == Asset.Usd)
        {
            return (0, 0);
        }

        if (!set.Factors.TryPegIndex(asset, out var peg))
        {
            return (set.SpotLogReturn(set.Factors.CoinIndex(asset))[scenario], 0);
        }

        var anchor = set.Factors.Pegs[peg].Anchor;
        return (anchor == Asset.Usd ? 0 : set.SpotLogReturn(set.Factors.CoinIndex(anchor))[scenario], set.PegLogChange(peg)[scenario]);
    }

    private sealed class OptionUnit : UnitValuation
    {
        private readonly EuropeanOption _option;
        private readonly VolSurface _surface;
        private readonly double _years;
        private readonly double _forward;
        private readonly SettlementTerms _terms;
        private readonly TenorShare _tenor;
        private readonly double _atmVariance;

        public OptionUnit(EuropeanOption option, VolSurface surface, double yearsNow, SettlementTerms terms)
            : base(option.Name, (MoveParts.All & ~MoveParts.Peg) | terms.PegPart)
        {
            _option = option;
            _surface = surface;
            var slice = surface.Find(option.Expiry);
            SmileSource = slice is null ? null : (surface, surface.Slices.IndexOf(slice));
            _years = slice?.Years ?? yearsNow;
            _forward = surface.Forward(_years);
            _terms = terms;
            _tenor = TenorShare.Of(_years);
            _atmVariance = surface.TotalVariance(0, _years);
            Now = Value(default);
            SpotDelta = FirstOrder();
        }

        internal override (VolSurface Surface, int Slice)? SmileSource { get; }

        public override ScenarioMoves Moves(ScenarioSet set, int scenario)
        {
            ArgumentNullException.ThrowIfNull(set);
            return _terms.Moves(set, scenario, _tenor);
        }

        public override double Value(in ScenarioMoves moves)
        {
            var left = Math.Max(_years - moves.Years, 0);
            var forward = Forward(moves, left);
            var quote = Black76.Price(new BlackInputs(_option.Type, forward, _option.StrikeValue, Years: 1, Vol: StdDev(forward, left, moves)));
            return _terms.ToUsd(quote, forward, moves);
        }

        public override TaylorTerms Taylor(in ScenarioMoves moves)
        {
            var left = Math.Max(_years - moves.Years, 0);
            var forward = Forward(moves, left);
            var volNow = StdDev(_forward, _years, default) / Math.Sqrt(_years);
            // At expiry there is no vol left to speak of: that of the same smile as if no time had passed is taken, without its line.
            var volThen = left > 0
                ? StdDev(forward, left, moves) / Math.Sqrt(left)
                : StdDev(forward, _years, moves with { Skew = 0, Years = 0, Smile = null }) / Math.Sqrt(_years);
            var greeks = Black76.Greeks(new BlackInputs(_option.Type, _forward, _option.StrikeValue, _years, volNow));
            var usd = _terms.IsInverse ? _terms.UsdPrice / _forward : _terms.UsdPrice;
            return usd * TaylorTerms.Of(greeks, Pnl(moves) / usd, forward - _forward, volThen - volNow, _years - left);
        }

        private double Forward(in ScenarioMoves moves, double left) => _forward * ElementaryMath.Exp(moves.Spot - moves.Peg + (moves.Basis * BasisTerm.Years(left)));

        private double StdDev(double forward, double left, in ScenarioMoves moves)
        {
            if (left == 0)
            {
                return 0;
            }

            var k = ElementaryMath.LogRatio(_option.StrikeValue, forward);
            var (factor, line, lift) = moves.Smile ?? SmileMove.Of(moves, left / _years, _atmVariance);
            return Math.Sqrt(Math.Max((factor * _surface.TotalVariance(k, _years)) + (line * k) + lift, 0));
        }

        // Spot alone leaves USD value P0 Black(F) or S0/F0 Black(F) with F = F0 e^r and w(ln(K/F)): the smile's slope adds -vega w'/(2 sd F).
        private double FirstOrder()
        {
            var k = ElementaryMath.LogRatio(_option.StrikeValue, _forward);
            var smile = _surface.Derivatives(k, _years);
            var deviation = Math.Sqrt(Math.Max(smile.W, 0));
            var greeks = Black76.Greeks(new BlackInputs(_option.Type, _forward, _option.StrikeValue, Years: 1, Vol: deviation));
            var delta = greeks.Delta - (deviation > 0 ? greeks.Vega * smile.W1 / (2 * deviation * _forward) : 0);
            return _terms.UsdPrice * delta * (_terms.IsInverse ? 1 : _forward);
        }
    }

    private sealed class FutureUnit : UnitValuation
    {
        private readonly SettlementTerms _terms;
        private readonly double _mark;
        private readonly double _years;
        private readonly bool _isDated;

        public FutureUnit(Instrument future, double mark, double years, bool isDated, SettlementTerms terms)
            : base(future.Name, MoveParts.Spot | MoveParts.Basis | (isDated ? MoveParts.Time : MoveParts.None) | terms.PegPart)
        {
            _terms = terms;
            _mark = mark;
            _years = years;
            _isDated = isDated;
            Now = 0;
            SpotDelta = terms.IsInverse ? terms.UsdPrice / mark : terms.UsdPrice * mark;
        }

        public override ScenarioMoves Moves(ScenarioSet set, int scenario)
        {
            ArgumentNullException.ThrowIfNull(set);
            return _terms.Moves(set, scenario, null);
        }

        public override double Value(in ScenarioMoves moves)
        {
            var left = _isDated ? Math.Max(_years - moves.Years, 0) : _years;
            var growth = ElementaryMath.Expm1(moves.Spot - moves.Peg + (moves.Basis * BasisTerm.Years(left)));
            // linear F1 - F0 in quote a coin; inverse 1/F0 - 1/F1 = growth / F1 in coin a USD, which is growth in quote at F1
            return _terms.ToUsd(_terms.IsInverse ? growth : _mark * growth, _mark * (1 + growth), moves);
        }
    }

    private sealed class SpotUnit : UnitValuation
    {
        private readonly SettlementTerms _terms;
        private readonly double _index;

        public SpotUnit(Spot spot, double index, SettlementTerms terms)
            : base(spot.Name, MoveParts.Spot)
        {
            _terms = terms;
            _index = index;
            Now = Value(default);
            SpotDelta = Now;
        }

        public override ScenarioMoves Moves(ScenarioSet set, int scenario)
        {
            ArgumentNullException.ThrowIfNull(set);
            return _terms.Moves(set, scenario, null);
        }

        // A coin is worth the same in USD whatever its quote currency does: the peg leaves the index by r - p and comes back by p.
        public override double Value(in ScenarioMoves moves) => _terms.UsdPrice * _index * ElementaryMath.Exp(moves.Spot);
    }

    private sealed class AssetUnit : UnitValuation
    {
        private readonly Asset _asset;

        public AssetUnit(Asset asset, double price)
            : base(asset.Code, asset == Asset.Usd ? MoveParts.None : MoveParts.Spot | MoveParts.Peg)
        {
            _asset = asset;
            Now = price;
            SpotDelta = asset == Asset.Usd ? 0 : price;
        }

        public override ScenarioMoves Moves(ScenarioSet set, int scenario)
        {
            ArgumentNullException.ThrowIfNull(set);
            var (anchor, peg) = AssetMoves(set, _asset, scenario);
            return new ScenarioMoves { Spot = anchor, Peg = peg, Years = set.HorizonYears };
        }

        public override double Value(in ScenarioMoves moves) => Now * ElementaryMath.Exp(moves.Spot + moves.Peg);
    }
}
