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
/// the forward moves by x = r - p + b max(T - h, 0) (perpetual: <see cref="PerpetualBasisYears"/> in place of max(T - h, 0)); total variance at the horizon is
/// w1(k) = f w0(k) + L k with k = ln(K / F1), f = exp(2 m) max(T - h, 0) / T, m the log change of ATM vol at T, L = 2 sqrt(f w0(0)) z, z the change of skew.
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
    /// <c>underlying-missing</c>, <c>asset-price-missing</c>, <c>surface-missing</c>, <c>expiry-missing</c>, <c>instrument-expired</c>, <c>instrument-kind</c>
    /// </exception>
    public UnitValuation Of(Instrument instrument)
    {
        ArgumentNullException.ThrowIfNull(instrument);
        var family = _market.Underlying(instrument.Underlying);
        return instrument switch
        {
            EuropeanOption option => new OptionUnit(option, Slice(family, option.Expiry, option.Name), Settle(family.Id)),
            DatedFuture future => new FutureUnit(future, FutureMark(family, future), YearsTo(future.Expiry, future.Name), isDated: true, Settle(family.Id)),
            Perpetual perpetual => new FutureUnit(perpetual, family.PerpetualMark ?? family.Index, _perpetualBasisYears, isDated: false, Settle(family.Id)),
            Spot spot => new SpotUnit(spot, family.Index, Settle(family.Id)),
            _ => throw new InvalidInputException("instrument-kind", $"{instrument.Name} is a {instrument.GetType().Name}, which has no valuation"),
        };
    }

    /// <exception cref="InvalidInputException"><c>asset-price-missing</c></exception>
    public UnitValuation Of(Asset asset) => new AssetUnit(asset, _market.UsdPrice(asset));

    /// <summary>The smile and forward of an expiry: its own, or where it lies outside the fitted ones the surface's continuation, which is a raw SVI smile again.</summary>
    /// <exception cref="InvalidInputException"><c>surface-missing</c>, <c>expiry-missing</c> (between two fitted expiries without being one), <c>instrument-expired</c></exception>
    public VolSlice Slice(UnderlyingId underlying, DateTimeOffset expiry) => Slice(_market.Underlying(underlying), expiry, $"{underlying} {expiry.ToIso()}");

    private VolSlice Slice(UnderlyingMarket family, DateTimeOffset expiry, string name)
    {
        var years = YearsTo(expiry, name);
        if (family.Surface is not { } surface)
        {
            throw new InvalidInputException("surface-missing", $"{name} cannot be valued: no surface of {family.Id} was fitted");
        }

        if (surface.Find(expiry) is { } own)
        {
            // The same vol where the surface is of another instant than the market.
            return years == own.Years ? own : own with { Years = years, Smile = own.Smile.Scale(years / own.Years) };
        }

        var (first, last) = (surface.Slices[0], surface.Slices[^1]);
        if (expiry < first.Expiry)
        {
            return new VolSlice(expiry, years, first.Forward, first.Smile.Scale(years / first.Years));
        }

        return expiry > last.Expiry
            ? new VolSlice(expiry, years, last.Forward, last.Smile.Lift(surface.LongForwardVariance * (years - last.Years)))
            : throw new InvalidInputException("expiry-missing", $"{name} cannot be valued: {family.Id} has no smile of {expiry.ToIso()}; it has {string.Join(", ", surface.Slices.Select(s => s.Expiry.ToIso()))}");
    }

    private double FutureMark(UnderlyingMarket family, DatedFuture future)
    {
        foreach (var mark in family.Futures)
        {
            if (mark.Expiry == future.Expiry)
            {
                return mark.Price;
            }
        }

        return Slice(family, future.Expiry, future.Name).Forward;
    }

    private double YearsTo(DateTimeOffset expiry, string name)
    {
        var years = UtcTime.YearsBetween(_market.At, expiry);
        return years > 0
            ? years
            : throw new InvalidInputException("instrument-expired", $"{name} expired at {expiry.ToIso()}; the market is of {_market.At.ToIso()}");
    }

    private SettlementTerms Settle(UnderlyingId id) => new(id, _market.UsdPrice(id.SettlementAsset));

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

        public ScenarioMoves Moves(ScenarioSet set, int scenario, TenorCurve? tenor)
        {
            var coin = set.Factors.CoinIndex(Id.Base);
            var level = tenor is null ? 0 : set.VolLogChange(coin, TenorCurve.LevelTenor)[scenario];
            return new ScenarioMoves(
                set.SpotLogReturn(coin)[scenario],
                level,
                tenor is null ? 0 : set.SkewChange(coin)[scenario],
                tenor is { } t ? t.VolLogChange(set, coin, scenario) - level : 0,
                set.HorizonYears,
                set.BasisChange(coin)[scenario],
                QuoteMove(set, scenario));
        }

        private double QuoteMove(ScenarioSet set, int scenario)
        {
            if (Id.Quote == Asset.Usd)
            {
                return 0;
            }

            return set.Factors.TryPegIndex(Id.Quote, out var peg) && set.Factors.Pegs[peg].Anchor == Asset.Usd
                ? set.PegLogChange(peg)[scenario]
                : throw new InvalidInputException("risk-factor-missing", $"no scenario moves {Id.Quote}, the quote currency of {Id}, against USD");
        }
    }

    private sealed class OptionUnit : UnitValuation
    {
        private readonly EuropeanOption _option;
        private readonly VolSlice _slice;
        private readonly SettlementTerms _terms;
        private readonly TenorCurve _tenor;
        private readonly double _atmVariance;

        public OptionUnit(EuropeanOption option, VolSlice slice, SettlementTerms terms)
            : base(option.Name, (MoveParts.All & ~MoveParts.Peg) | terms.PegPart)
        {
            _option = option;
            _slice = slice;
            _terms = terms;
            _tenor = TenorCurve.At(slice.Years);
            _atmVariance = slice.Smile.TotalVariance(0);
            Now = Value(default);
            SpotDelta = FirstOrder();
        }

        public override ScenarioMoves Moves(ScenarioSet set, int scenario)
        {
            ArgumentNullException.ThrowIfNull(set);
            return _terms.Moves(set, scenario, _tenor);
        }

        public override double Value(in ScenarioMoves moves)
        {
            var left = Math.Max(_slice.Years - moves.Years, 0);
            var forward = _slice.Forward * ElementaryMath.Exp(moves.Spot - moves.Peg + (moves.Basis * left));
            var quote = Black76.Price(new BlackInputs(_option.Type, forward, _option.StrikeValue, Years: 1, Vol: StdDev(forward, left, moves)));
            return _terms.ToUsd(quote, forward, moves);
        }

        private double StdDev(double forward, double left, in ScenarioMoves moves)
        {
            if (left == 0)
            {
                return 0;
            }

            var k = ElementaryMath.LogRatio(_option.StrikeValue, forward);
            var factor = ElementaryMath.Exp(2 * (moves.VolLevel + moves.VolTerm)) * (left / _slice.Years);
            var line = 2 * Math.Sqrt(factor * _atmVariance) * moves.Skew;
            return Math.Sqrt(Math.Max((factor * _slice.Smile.TotalVariance(k)) + (line * k), 0));
        }

        // Spot alone leaves USD value P0 Black(F) or S0/F0 Black(F) with F = F0 e^r and w(ln(K/F)): the smile's slope adds -vega w'/(2 sd F).
        private double FirstOrder()
        {
            var (forward, k) = (_slice.Forward, ElementaryMath.LogRatio(_option.StrikeValue, _slice.Forward));
            var smile = _slice.Smile.Derivatives(k);
            var deviation = Math.Sqrt(Math.Max(smile.W, 0));
            var greeks = Black76.Greeks(new BlackInputs(_option.Type, forward, _option.StrikeValue, Years: 1, Vol: deviation));
            var delta = greeks.Delta - (deviation > 0 ? greeks.Vega * smile.W1 / (2 * deviation * forward) : 0);
            return _terms.UsdPrice * delta * (_terms.IsInverse ? 1 : forward);
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
            var growth = ElementaryMath.Expm1(moves.Spot - moves.Peg + (moves.Basis * left));
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
            if (_asset == Asset.Usd)
            {
                return new ScenarioMoves { Years = set.HorizonYears };
            }

            if (!set.Factors.TryPegIndex(_asset, out var peg))
            {
                return new ScenarioMoves { Spot = set.SpotLogReturn(set.Factors.CoinIndex(_asset))[scenario], Years = set.HorizonYears };
            }

            var anchor = set.Factors.Pegs[peg].Anchor;
            return new ScenarioMoves
            {
                Spot = anchor == Asset.Usd ? 0 : set.SpotLogReturn(set.Factors.CoinIndex(anchor))[scenario],
                Peg = set.PegLogChange(peg)[scenario],
                Years = set.HorizonYears,
            };
        }

        public override double Value(in ScenarioMoves moves) => Now * ElementaryMath.Exp(moves.Spot + moves.Peg);
    }
}
