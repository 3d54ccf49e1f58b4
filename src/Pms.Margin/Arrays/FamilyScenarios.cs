using Pms.Margin.Market;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Scenarios.Shocks;
using Pms.Volatility;
using Pms.Volatility.Svi;

namespace Pms.Margin.Arrays;

/// <summary>What the scenarios do to one option family: its prices, its expiries and what it pays in.</summary>
/// <remarks>
/// Per scenario, with r the coin's log return in USD, p the peg's and b the change of basis: a price t years ahead moves by x = r - p + b B(t) in quote (<see cref="BasisTerm"/>). One
/// quote unit is worth P0 e^p USD; one unit of an inverse contract's coin S0 e^r USD.
/// </remarks>
internal sealed class FamilyScenarios
{
    private readonly UnderlyingMarket _market;
    private readonly ScenarioSet _set;
    private readonly DateTimeOffset _at;
    private readonly int _coin;
    private readonly Lazy<double[]> _quoteReturn;
    private readonly Lazy<ScenarioSmiles> _smiles;

    /// <exception cref="InvalidInputException"><c>underlying-missing</c>, <c>asset-price-missing</c>, <c>risk-factor-missing</c></exception>
    public FamilyScenarios(MarginMarket market, ScenarioSet set, UnderlyingId family)
    {
        _market = market.Underlying(family);
        _set = set;
        _at = market.At;
        _coin = set.Factors.CoinIndex(family.Base);
        QuoteUsd = market.UsdPrice(family.Quote);
        CoinUsd = _market.Index * QuoteUsd;
        AssetMoves.Require(set, family.Quote);
        _quoteReturn = new Lazy<double[]>(() => AssetMoves.LogReturn(set, family.Quote));
        _smiles = new Lazy<ScenarioSmiles>(() => ScenarioSmiles.Build(Surface(), set));
    }

    /// <summary>USD per unit of quote currency now.</summary>
    public double QuoteUsd { get; }

    /// <summary>USD per coin now.</summary>
    public double CoinUsd { get; }

    public UnderlyingMarket Market => _market;

    /// <summary>[scenario] ln change of a price that many years ahead, in quote currency.</summary>
    public double[] PriceReturn(double years)
    {
        var basisYears = BasisTerm.Years(years);
        var spot = _set.SpotLogReturn(_coin);
        var basis = _set.BasisChange(_coin);
        var quote = _quoteReturn.Value;
        var result = new double[spot.Length];
        for (var s = 0; s < result.Length; s++)
        {
            result[s] = Math.FusedMultiplyAdd(basis[s], basisYears, spot[s] - quote[s]);
        }

        MoveColumns.RequireReturns(result, $"a price of {_market.Id}");
        return result;
    }

    /// <summary>[scenario] USD value of what one contract pays in over the same now, as a logarithm: the coin of an inverse family, the quote currency of a linear one.</summary>
    public ReadOnlySpan<double> SettlementReturn => _market.Id.Settlement == Settlement.Inverse ? _set.SpotLogReturn(_coin) : _quoteReturn.Value;

    /// <summary>What the scenarios do to the options of one expiry.</summary>
    /// <exception cref="InvalidInputException"><c>instrument-expired</c>, <c>surface-missing</c>, <c>surface-arbitrage</c>, <c>scenario-range</c></exception>
    public ExpiryScenarios Expiry(DateTimeOffset expiry)
    {
        var surface = Surface();
        var slice = surface.Find(expiry);
        var years = slice?.Years ?? UtcTime.YearsBetween(_at, expiry);
        if (!(years > 0))
        {
            throw new InvalidInputException("instrument-expired", $"the {_market.Id} options of {expiry.ToIso()} have expired at {_at.ToIso()}");
        }

        var forward = slice?.Forward ?? surface.Forward(years);
        var usdPerValue = _market.Id.Settlement == Settlement.Inverse ? CoinUsd / forward : QuoteUsd;
        return slice is null ? Unlisted(surface, years, forward, usdPerValue) : Listed(_smiles.Value, surface.Slices.IndexOf(slice), usdPerValue);
    }

    private VolSurface Surface() => _market.Surface
        ?? throw new InvalidInputException("surface-missing", $"the market has no surface of {_market.Id}: its options cannot be valued");

    /// <summary>An expiry with a fitted smile: moved and, where it must be, repaired together with its neighbours.</summary>
    private static ExpiryScenarios Listed(ScenarioSmiles smiles, int index, double usdPerValue)
    {
        var slice = smiles.Surface.Slices[index];
        var id = smiles.Surface.Underlying;
        MoveColumns.RequireReturns(smiles.LogForwardReturn(index), $"a forward of {id}");
        MoveColumns.RequireFactors(smiles.VarianceFactor(index), $"the variance of {id}");
        MoveColumns.RequireFactors(smiles.SettlementFactor(index), $"the settlement of {id}");
        return new ExpiryScenarios
        {
            Years = slice.Years,
            Forward = slice.Forward,
            Smile = slice.Smile,
            Second = default,
            UsdPerValue = usdPerValue,
            Growth = MoveColumns.Exp(smiles.LogForwardReturn(index)),
            Smiles = smiles,
            Slice = index,
        };
    }

    /// <summary>An expiry between, before or after the fitted ones: the same moves of the interpolated smile, without repair.</summary>
    private ExpiryScenarios Unlisted(VolSurface surface, double years, double forward, double usdPerValue)
    {
        var (first, second) = Smiles(surface, years);
        var left = Math.Max(years - _set.HorizonYears, 0.0);
        var returns = PriceReturn(left);
        // linear: e^p; inverse: (S1 / F1) / (S0 / F0) = e^(r - x)
        var settlement = new double[returns.Length];
        var spot = _set.SpotLogReturn(_coin);
        var quote = _quoteReturn.Value;
        for (var s = 0; s < settlement.Length; s++)
        {
            settlement[s] = _market.Id.Settlement == Settlement.Linear ? quote[s] : spot[s] - returns[s];
        }

        MoveColumns.RequireReturns(settlement, $"the settlement of {_market.Id}");
        var atTheMoney = first.TotalVariance(0) + (second == default ? 0 : second.TotalVariance(0));
        var (factor, line) = Variance(years, left, atTheMoney);
        return new ExpiryScenarios
        {
            Years = years,
            Forward = forward,
            Smile = first,
            Second = second,
            UsdPerValue = usdPerValue,
            Growth = MoveColumns.Exp(returns),
            LogReturn = returns,
            VarianceFactor = factor,
            SkewLine = line,
            Settlement = MoveColumns.Exp(settlement),
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

    private (double[] Factor, double[] Line) Variance(double years, double left, double atTheMoney)
    {
        var tenor = TenorShare.Of(years);
        var low = _set.VolLogChange(_coin, tenor.Lower);
        var high = _set.VolLogChange(_coin, tenor.Lower + 1);
        var exponent = new double[low.Length];
        for (var s = 0; s < exponent.Length; s++)
        {
            exponent[s] = 2 * tenor.Mix(low[s], high[s]);
        }

        MoveColumns.RequireReturns(exponent, $"the variance of {_market.Id}");
        var factor = MoveColumns.Exp(exponent);
        var skew = _set.SkewChange(_coin);
        var line = new double[factor.Length];
        var decay = left / years;
        for (var s = 0; s < line.Length; s++)
        {
            factor[s] *= decay;
            line[s] = 2 * Math.Sqrt(factor[s] * atTheMoney) * skew[s];
        }

        return (factor, line);
    }
}

/// <summary>Log returns of assets in USD.</summary>
internal static class AssetMoves
{
    /// <exception cref="InvalidInputException"><c>risk-factor-missing</c></exception>
    public static void Require(ScenarioSet set, Asset asset)
    {
        if (asset != Asset.Usd && !set.Factors.TryCoinIndex(asset, out _) && !set.Factors.TryPegIndex(asset, out _))
        {
            throw new InvalidInputException("risk-factor-missing", $"no scenario moves {asset}: it is neither USD, nor a coin, nor a pegged asset of the set");
        }
    }

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

        Require(set, asset);
        set.Factors.TryPegIndex(asset, out var peg);
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
/// <remarks>The columns are those of <see cref="Smiles"/> where the expiry has a fitted smile, else its own; an empty one changes nothing.</remarks>
internal sealed class ExpiryScenarios
{
    private readonly Lazy<(bool Pays, bool HasLine, bool HasSettlement)> _shape;

    public ExpiryScenarios()
    {
        _shape = new Lazy<(bool Pays, bool HasLine, bool HasSettlement)>(() => (
            MoveColumns.IsAll(Factors, 0.0),
            !MoveColumns.IsAll(Lines, 0.0),
            !MoveColumns.IsAll(Settlements, 1.0)));
    }

    /// <summary>ACT/365 to expiry now.</summary>
    public required double Years { get; init; }

    /// <summary>Quote per coin now.</summary>
    public required double Forward { get; init; }

    public required RawSvi Smile { get; init; }

    /// <summary>Added to <see cref="Smile"/>; default where there is none.</summary>
    public required RawSvi Second { get; init; }

    /// <summary>USD now for one quote unit of option value.</summary>
    public required double UsdPerValue { get; init; }

    /// <summary>[scenario] F1 / F0.</summary>
    public required double[] Growth { get; init; }

    public ScenarioSmiles? Smiles { get; init; }

    /// <summary>Index in <see cref="Smiles"/>.</summary>
    public int Slice { get; init; }

    public double[] LogReturn { get; init; } = [];

    public double[] VarianceFactor { get; init; } = [];

    public double[] SkewLine { get; init; } = [];

    public double[] Settlement { get; init; } = [];

    /// <summary>Columns that change nothing are left out, and cost nothing.</summary>
    public ExpiryMoves Moves
    {
        get
        {
            var (pays, hasLine, hasSettlement) = _shape.Value;
            return new ExpiryMoves
            {
                LogReturn = Smiles is null ? LogReturn : Smiles.LogForwardReturn(Slice),
                Growth = Growth,
                VarianceFactor = pays ? default : Factors,
                SkewLine = !pays && hasLine ? Lines : default,
                Lift = pays ? default : Lifts,
                Settlement = hasSettlement ? Settlements : default,
            };
        }
    }

    private ReadOnlySpan<double> Factors => Smiles is null ? VarianceFactor : Smiles.VarianceFactor(Slice);

    private ReadOnlySpan<double> Lines => Smiles is null ? SkewLine : Smiles.SkewLine(Slice);

    private ReadOnlySpan<double> Lifts => Smiles is null ? default : Smiles.Lift(Slice);

    private ReadOnlySpan<double> Settlements => Smiles is null ? Settlement : Smiles.SettlementFactor(Slice);
}
