using Pms.Margin.Market;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios;

namespace Pms.Margin.Arrays;

/// <summary>Values the rows of a risk array; every row is worked out alone, so that threads may share them.</summary>
internal sealed class RowValuation
{
    private const string InputsSchema = "pms.risk-row-inputs/1";

    private readonly MarginMarket _market;
    private readonly ScenarioSet _set;
    private readonly RiskArrayOptions _options;
    private readonly string _setHash;
    private readonly Dictionary<UnderlyingId, FamilyScenarios> _families = [];
    private readonly Dictionary<(UnderlyingId Family, DateTimeOffset Expiry), Lazy<ExpiryScenarios>> _expiries = [];

    /// <exception cref="InvalidInputException">what a row needs is not in the market or not in the scenarios</exception>
    public RowValuation(MarginMarket market, ScenarioSet set, RiskArrayOptions options, IEnumerable<RowKey> keys)
    {
        _market = market;
        _set = set;
        _options = options;
        _setHash = set.Hash.ToString();
        foreach (var key in keys)
        {
            if (key.Instrument is { } instrument && !_families.TryGetValue(instrument.Underlying, out var family))
            {
                family = new FamilyScenarios(market, set, instrument.Underlying);
                _families.Add(instrument.Underlying, family);
            }

            if (key.Instrument is EuropeanOption option)
            {
                family = _families[option.Underlying];
                _expiries.TryAdd((option.Underlying, option.Expiry), new Lazy<ExpiryScenarios>(() => family.Expiry(option.Expiry)));
            }
        }
    }

    /// <summary>The row, or the earlier one where nothing that it depends on has changed.</summary>
    public RiskRow Value(RowKey key, RiskRow? previous, out bool isReused)
    {
        var lot = LotExponentOf(key);
        var inputs = InputsHash(key, lot);
        isReused = previous is not null && previous.InputsHash == inputs;
        if (isReused)
        {
            return previous!;
        }

        return key.Instrument switch
        {
            EuropeanOption option => Option(key, option, lot, inputs),
            DatedFuture future => Future(key, FutureMark(future), BasisYears(future.Expiry), lot, inputs),
            Perpetual => Future(key, PerpetualMark(key), _options.PerpetualBasisYears, lot, inputs),
            Spot => Holding(key, Family(key).CoinUsd, _set.SpotLogReturn(_set.Factors.CoinIndex(key.Instrument.Underlying.Base)), lot, inputs),
            null => Holding(key, _market.UsdPrice(key.Asset!.Value), AssetMoves.LogReturn(_set, key.Asset.Value), lot, inputs),
            _ => throw new InvalidInputException("instrument-kind", $"{key} is a {key.Instrument.GetType().Name}, which has no valuation"),
        };
    }

    private FamilyScenarios Family(RowKey key) => _families[key.Instrument!.Underlying];

    private double PerpetualMark(RowKey key) => Family(key).Market.PerpetualMark ?? Family(key).Market.Index;

    private double FutureMark(DatedFuture future)
    {
        var market = _families[future.Underlying].Market;
        foreach (var mark in market.Futures)
        {
            if (mark.Expiry == future.Expiry)
            {
                return mark.Price;
            }
        }

        var years = UtcTime.YearsBetween(_market.At, future.Expiry);
        return years <= 0
            ? throw new InvalidInputException("instrument-expired", $"{future.Name} has expired at {_market.At.ToIso()}")
            : market.Surface?.Forward(years)
              ?? throw new InvalidInputException("future-mark-missing", $"{future.Name} has neither a mark nor a surface with a forward");
    }

    private double BasisYears(DateTimeOffset expiry) => Math.Max(UtcTime.YearsBetween(_market.At, expiry) - _set.HorizonYears, 0.0);

    private int LotExponentOf(RowKey key)
    {
        var asset = key.Asset ?? key.Instrument!.Underlying.Base;
        if (key.Instrument is not { IsCountedInQuote: true } && _options.LotExponents.TryGetValue(asset, out var chosen))
        {
            return chosen is >= LotRule.LeastLotExponent and <= LotRule.MostLotExponent
                ? chosen
                : throw new InvalidInputException("lot-exponent", $"lots of 1e{chosen} {asset}: exponents from {LotRule.LeastLotExponent} to {LotRule.MostLotExponent} are possible");
        }

        return key.Instrument is { } instrument ? LotRule.LotExponent(instrument, Family(key).CoinUsd) : LotRule.LotExponent(_market.UsdPrice(key.Asset!.Value));
    }

    private RiskRow Option(RowKey key, EuropeanOption option, int lot, ContentHash inputs)
    {
        var expiry = _expiries[(option.Underlying, option.Expiry)].Value;
        var terms = Terms(option, expiry);
        // Pinned: the collector would otherwise copy forty kilobytes a row from generation to generation.
        var ticks = GC.AllocateUninitializedArray<int>(_set.Count, pinned: true);
        for (; ; lot--)
        {
            var ticksPerValue = expiry.UsdPerValue * LotRule.PowerOfTen(lot - LotRule.MoneyExponent);
            var most = RevaluationKernel.Ticks(terms, expiry.Moves, ticksPerValue, ticks);
            if (Fits(most, key, lot))
            {
                return new RiskRow(key, lot, Rounded(RevaluationKernel.Value(terms) * ticksPerValue), ticks, (int)Math.Round(most), inputs);
            }
        }
    }

    private static OptionTerms Terms(EuropeanOption option, ExpiryScenarios expiry) => new(
        option.Type, expiry.Forward, option.StrikeValue, ElementaryMath.LogRatio(option.StrikeValue, expiry.Forward), expiry.Smile, expiry.Second);

    /// <summary>Futures and perpetuals: per coin P0 e^p (F1 - F0); inverse, per unit of quote currency, S0 e^r (1/F0 - 1/F1).</summary>
    private RiskRow Future(RowKey key, double price, double basisYears, int lot, ContentHash inputs)
    {
        var family = Family(key);
        var isInverse = key.Instrument!.Underlying.Settlement == Settlement.Inverse;
        var returns = family.PriceReturn(basisYears);
        var growth = MoveColumns.Exp(returns);
        var settlement = MoveColumns.Exp(family.SettlementReturn);
        var usd = isInverse ? family.CoinUsd / price : family.QuoteUsd * price;
        var gains = growth;
        for (var s = 0; s < gains.Length; s++)
        {
            gains[s] = usd * settlement[s] * (isInverse ? 1.0 - (1.0 / growth[s]) : growth[s] - 1.0);
        }

        return Encode(key, gains, 0.0, lot, inputs);
    }

    /// <summary>The asset itself: P0 (e^r - 1).</summary>
    private static RiskRow Holding(RowKey key, double usd, ReadOnlySpan<double> returns, int lot, ContentHash inputs)
    {
        MoveColumns.RequireReturns(returns, $"the price of {key}");
        var gains = MoveColumns.Exp(returns);
        for (var s = 0; s < gains.Length; s++)
        {
            gains[s] = usd * (gains[s] - 1.0);
        }

        return Encode(key, gains, usd, lot, inputs);
    }

    /// <summary>Gains in USD per unit to ticks.</summary>
    private static RiskRow Encode(RowKey key, double[] gains, double valueUsd, int lot, ContentHash inputs)
    {
        var most = 0.0;
        foreach (var gain in gains)
        {
            most = Math.Max(most, Math.Abs(gain));
        }

        var scale = LotRule.PowerOfTen(lot - LotRule.MoneyExponent);
        for (; !Fits(most * scale, key, lot); lot--)
        {
            scale = LotRule.PowerOfTen(lot - 1 - LotRule.MoneyExponent);
        }

        var ticks = new int[gains.Length];
        for (var s = 0; s < ticks.Length; s++)
        {
            ticks[s] = (int)Math.Round(gains[s] * scale, MidpointRounding.ToEven);
        }

        return new RiskRow(key, lot, Rounded(valueUsd * scale), ticks, (int)Math.Round(most * scale, MidpointRounding.ToEven), inputs);
    }

    /// <summary>Whether the largest entry rounds into an int; where it does not, the row takes a coarser tick.</summary>
    private static bool Fits(double mostTicks, RowKey key, int lot)
    {
        if (!double.IsFinite(mostTicks) || lot < LotRule.LeastLotExponent)
        {
            throw new InvalidInputException("row-range", $"{key} gains or loses up to {mostTicks} ticks of 1e{LotRule.MoneyExponent - lot} USD a unit: no tick can hold that");
        }

        return mostTicks < RevaluationKernel.MaxTicks + 0.5;
    }

    private static long Rounded(double ticks) => (long)Math.Round(ticks, MidpointRounding.ToEven);

    /// <summary>Everything that the entries of a row depend on.</summary>
    private ContentHash InputsHash(RowKey key, int lot)
    {
        var writer = new CanonicalWriter(InputsSchema);
        writer.Write(key.Name);
        writer.Write(key.Instrument is null);
        writer.Write(lot);
        writer.Write(_setHash);
        if (key.Instrument is null)
        {
            writer.Write(_market.UsdPrice(key.Asset!.Value));
            return writer.Hash();
        }

        var family = Family(key);
        writer.Write(family.QuoteUsd);
        writer.Write(family.CoinUsd);
        switch (key.Instrument)
        {
            case EuropeanOption option:
                var expiry = _expiries[(option.Underlying, option.Expiry)].Value;
                writer.Write(expiry.Years);
                writer.Write(expiry.Forward);
                foreach (var smile in new[] { expiry.Smile, expiry.Second })
                {
                    writer.Write(smile.A);
                    writer.Write(smile.B);
                    writer.Write(smile.Rho);
                    writer.Write(smile.M);
                    writer.Write(smile.Sigma);
                }

                break;
            case DatedFuture future:
                writer.Write(FutureMark(future));
                writer.Write(BasisYears(future.Expiry));
                break;
            case Perpetual:
                writer.Write(PerpetualMark(key));
                writer.Write(_options.PerpetualBasisYears);
                break;
        }

        return writer.Hash();
    }
}
