using Pms.Margin.Market;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Volatility;
using Pms.Volatility.Svi;

namespace Pms.Margin.Arrays;

/// <summary>What the scenarios do to one option family: its prices, its expiries and what it pays in.</summary>
/// <remarks>
/// Per scenario, with r the coin's log return in USD, p the peg's and b the change of basis: a price t years ahead moves by x = r - p + b t in quote. One
/// quote unit is worth P0 e^p USD; one unit of an inverse contract's coin S0 e^r USD.
/// </remarks>
internal sealed class FamilyScenarios
{
    private readonly UnderlyingMarket _market;
    private readonly ScenarioSet _set;
    private readonly DateTimeOffset _at;
    private readonly int _coin;
    private readonly double[] _quoteReturn;
    private readonly bool _isQuoteStill;
    private readonly bool _isBasisStill;
    private readonly bool _isSkewStill;

    /// <exception cref="InvalidInputException"><c>underlying-missing</c>, <c>asset-price-missing</c>, <c>risk-factor-missing</c></exception>
    public FamilyScenarios(MarginMarket market, ScenarioSet set, UnderlyingId family)
    {
        _market = market.Underlying(family);
        _set = set;
        _at = market.At;
        _coin = set.Factors.CoinIndex(family.Base);
        QuoteUsd = market.UsdPrice(family.Quote);
        CoinUsd = _market.Index * QuoteUsd;
        _quoteReturn = AssetMoves.LogReturn(set, family.Quote);
        _isQuoteStill = MoveColumns.IsAllZero(_quoteReturn);
        _isBasisStill = MoveColumns.IsAllZero(set.BasisChange(_coin));
        _isSkewStill = MoveColumns.IsAllZero(set.SkewChange(_coin));
    }

    /// <summary>USD per unit of quote currency now.</summary>
    public double QuoteUsd { get; }

    /// <summary>USD per coin now.</summary>
    public double CoinUsd { get; }

    public UnderlyingMarket Market => _market;

    /// <summary>[scenario] ln change of a price that many years of basis ahead, in quote currency.</summary>
    public double[] PriceReturn(double basisYears)
    {
        var spot = _set.SpotLogReturn(_coin);
        var basis = _set.BasisChange(_coin);
        var result = new double[spot.Length];
        for (var s = 0; s < result.Length; s++)
        {
            result[s] = Math.FusedMultiplyAdd(basis[s], basisYears, spot[s] - _quoteReturn[s]);
        }

        MoveColumns.RequireReturns(result, $"a price of {_market.Id}");
        return result;
    }

    /// <summary>[scenario] USD value of what one contract pays in over the same now, as a logarithm: the coin of an inverse family, the quote currency of a linear one.</summary>
    public ReadOnlySpan<double> SettlementReturn => _market.Id.Settlement == Settlement.Inverse ? _set.SpotLogReturn(_coin) : _quoteReturn;

    /// <summary>What the scenarios do to the options of one expiry.</summary>
    /// <exception cref="InvalidInputException"><c>instrument-expired</c>, <c>surface-missing</c>, <c>scenario-range</c></exception>
    public ExpiryScenarios Expiry(DateTimeOffset expiry)
    {
        var surface = _market.Surface
            ?? throw new InvalidInputException("surface-missing", $"the market has no surface of {_market.Id}: its options cannot be valued");
        var slice = surface.Find(expiry);
        var years = slice?.Years ?? UtcTime.YearsBetween(_at, expiry);
        if (!(years > 0))
        {
            throw new InvalidInputException("instrument-expired", $"the {_market.Id} options of {expiry.ToIso()} have expired at {_at.ToIso()}");
        }

        var forward = slice?.Forward ?? surface.Forward(years);
        var (first, second) = slice is not null ? (slice.Smile, default) : Smiles(surface, years);
        var left = Math.Max(years - _set.HorizonYears, 0.0);
        var returns = PriceReturn(left);
        double[]? settlement = null;
        if (_market.Id.Settlement == Settlement.Linear ? !_isQuoteStill : !(_isBasisStill || left == 0) || !_isQuoteStill)
        {
            // linear: e^p; inverse: (S1 / F1) / (S0 / F0) = e^(r - x)
            var exponent = new double[returns.Length];
            var spot = _set.SpotLogReturn(_coin);
            for (var s = 0; s < exponent.Length; s++)
            {
                exponent[s] = _market.Id.Settlement == Settlement.Linear ? _quoteReturn[s] : spot[s] - returns[s];
            }

            MoveColumns.RequireReturns(exponent, $"the settlement of {_market.Id}");
            settlement = MoveColumns.Exp(exponent);
        }

        var atTheMoney = first.TotalVariance(0) + (second == default ? 0 : second.TotalVariance(0));
        var (factor, line) = left > 0 ? Variance(years, left, atTheMoney) : (null, null);
        return new ExpiryScenarios
        {
            Years = years,
            Forward = forward,
            Smile = first,
            Second = second,
            UsdPerValue = _market.Id.Settlement == Settlement.Inverse ? CoinUsd / forward : QuoteUsd,
            LogReturn = returns,
            Growth = MoveColumns.Exp(returns),
            VarianceFactor = factor,
            SkewLine = line,
            Settlement = settlement,
        };
    }

    /// <summary>The smile of a time that is no listed expiry: <see cref="VolSurface.TotalVariance"/> as a sum of two.</summary>
    private static (RawSvi First, RawSvi Second) Smiles(VolSurface surface, double years)
    {
        var slices = surface.Slices;
        var next = 0;
        while (next < slices.Length && slices[next].Years <= years)
        {
            next++;
        }

        if (next == 0)
        {
            return (slices[0].Smile.Scale(years / slices[0].Years), default);
        }

        var earlier = slices[next - 1];
        if (next == slices.Length)
        {
            return (earlier.Smile.Lift(surface.LongForwardVariance * (years - earlier.Years)), default);
        }

        var later = slices[next];
        var share = (years - earlier.Years) / (later.Years - earlier.Years);
        return (earlier.Smile.Scale(1 - share), later.Smile.Scale(share));
    }

    private (double[] Factor, double[]? Line) Variance(double years, double left, double atTheMoney)
    {
        var tenors = RiskFactors.VolTenorDays;
        var days = years * 365;
        var upper = 0;
        while (upper < tenors.Length && tenors[upper] < days)
        {
            upper++;
        }

        var lower = Math.Max(upper - 1, 0);
        upper = Math.Min(upper, tenors.Length - 1);
        var share = upper == lower ? 0.0 : ElementaryMath.LogRatio(days, tenors[lower]) / ElementaryMath.LogRatio(tenors[upper], tenors[lower]);
        var low = _set.VolLogChange(_coin, lower);
        var high = _set.VolLogChange(_coin, upper);
        var exponent = new double[low.Length];
        for (var s = 0; s < exponent.Length; s++)
        {
            exponent[s] = 2 * Math.FusedMultiplyAdd(share, high[s] - low[s], low[s]);
        }

        MoveColumns.RequireReturns(exponent, $"the variance of {_market.Id}");
        var factor = MoveColumns.Exp(exponent);
        var decay = left / years;
        for (var s = 0; s < factor.Length; s++)
        {
            factor[s] *= decay;
        }

        if (_isSkewStill)
        {
            return (factor, null);
        }

        var skew = _set.SkewChange(_coin);
        var line = new double[factor.Length];
        for (var s = 0; s < line.Length; s++)
        {
            line[s] = 2 * Math.Sqrt(factor[s] * atTheMoney) * skew[s];
        }

        return (factor, line);
    }
}

/// <summary>Log returns of assets in USD.</summary>
internal static class AssetMoves
{
    /// <summary>[scenario] ln(P1 / P0) in USD: a coin's own, a pegged asset's with its anchor's, 0 for USD.</summary>
    /// <exception cref="InvalidInputException"><c>risk-factor-missing</c></exception>
    public static double[] LogReturn(ScenarioSet set, Asset asset)
    {
        var result = new double[set.Count];
        if (asset == Asset.Usd)
        {
            return result;
        }

        if (set.Factors.TryCoinIndex(asset, out var coin))
        {
            set.SpotLogReturn(coin).CopyTo(result);
            return result;
        }

        if (!set.Factors.TryPegIndex(asset, out var peg))
        {
            throw new InvalidInputException("risk-factor-missing", $"no scenario moves {asset}: it is neither USD, nor a coin, nor a pegged asset of the set");
        }

        set.PegLogChange(peg).CopyTo(result);
        var anchor = set.Factors.Pegs[peg].Anchor;
        if (anchor != Asset.Usd)
        {
            var coinReturn = set.SpotLogReturn(set.Factors.CoinIndex(anchor));
            for (var s = 0; s < result.Length; s++)
            {
                result[s] += coinReturn[s];
            }
        }

        return result;
    }
}

/// <summary>What the scenarios do to the options of one expiry of one family.</summary>
internal sealed class ExpiryScenarios
{
    /// <summary>ACT/365 to expiry now.</summary>
    public required double Years { get; init; }

    /// <summary>Quote per coin now.</summary>
    public required double Forward { get; init; }

    public required RawSvi Smile { get; init; }

    /// <summary>Added to <see cref="Smile"/>; default where there is none.</summary>
    public required RawSvi Second { get; init; }

    /// <summary>USD now for one quote unit of option value.</summary>
    public required double UsdPerValue { get; init; }

    public required double[] LogReturn { get; init; }

    public required double[] Growth { get; init; }

    public required double[]? VarianceFactor { get; init; }

    public required double[]? SkewLine { get; init; }

    public required double[]? Settlement { get; init; }

    public ExpiryMoves Moves => new()
    {
        LogReturn = LogReturn,
        Growth = Growth,
        VarianceFactor = VarianceFactor,
        SkewLine = SkewLine,
        Settlement = Settlement,
    };
}
