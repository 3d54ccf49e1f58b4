using Pms.Margin.Arrays;
using Pms.Margin.Requirement;
using Pms.Margin.Revaluation;
using Pms.MarketData.Instruments;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Scenarios.Shocks;
using Pms.Volatility;

namespace Pms.Validation.ReverseStress;

/// <summary>Gains of accounts under any moves of the factors: in full, by the machinery that values scenarios; nothing is linearised.</summary>
/// <remarks>Smiles are moved and repaired as those of scenarios are; one horizon of the set passes. Not safe for use by several threads at once.</remarks>
internal sealed class BookRevaluation
{
    private static readonly ContentHash NoParameters = ContentHash.Of("reverse-stress"u8);

    private readonly MarginEngine _engine;
    private readonly UnitValuation[] _units;
    private readonly Dictionary<int, int> _unitOfRow = [];
    private readonly (int Unit, double Quantity)[][] _accounts;
    private readonly Dictionary<VolSurface, SmileBounds> _bounds = new(ReferenceEqualityComparer.Instance);

    /// <param name="engine">market, array, parameters</param>
    /// <param name="accounts">holdings of each: contracts and counted collateral</param>
    public BookRevaluation(MarginEngine engine, IReadOnlyList<IReadOnlyList<RowLots>> accounts)
    {
        _engine = engine;
        var valuation = new ScenarioValuation(engine.Market, PerpetualBasisYears);
        int[] rows = [.. accounts.SelectMany(a => a).Select(h => h.Row).Distinct().Order()];
        _units = [.. rows.Select(r => engine.Array.Rows[r].Key).Select(k => k.Instrument is { } i ? valuation.Of(i) : valuation.Of(k.Asset!.Value))];
        for (var u = 0; u < rows.Length; u++)
        {
            _unitOfRow.Add(rows[u], u);
        }

        _accounts = [.. accounts.Select(a => a.Select(h => (_unitOfRow[h.Row], (double)engine.Array.Rows[h.Row].Quantity(h.Lots))).ToArray())];
        foreach (var family in Instruments(rows).OfType<EuropeanOption>().Select(o => o.Underlying).Distinct())
        {
            var surface = engine.Market.Underlying(family).Surface!;
            _bounds.Add(surface, new SmileBounds(surface));
        }

        Columns = [.. ColumnsOf(rows).Distinct().Order()];
    }

    /// <summary>Columns of the set that can change what some account gains.</summary>
    public int[] Columns { get; }

    private double PerpetualBasisYears => _engine.Parameters.Array.PerpetualBasisDays / 365;

    /// <summary>Gains of every account.</summary>
    /// <param name="columns">moves</param>
    /// <returns>[scenario][account] USD</returns>
    public double[][] Gains(ScenarioColumns columns)
    {
        var set = SetOf(columns);
        var states = new ScenarioStates(set, Enumerable.Range(0, columns.Count), _bounds);
        var unitGains = new double[_units.Length];
        var gains = new double[columns.Count][];
        for (var s = 0; s < gains.Length; s++)
        {
            for (var u = 0; u < unitGains.Length; u++)
            {
                unitGains[u] = _units[u].Pnl(states.Of(_units[u], s, MoveParts.All));
            }

            gains[s] = new double[_accounts.Length];
            for (var a = 0; a < _accounts.Length; a++)
            {
                var sum = 0.0;
                foreach (var (unit, quantity) in _accounts[a])
                {
                    sum += quantity * unitGains[unit];
                }

                gains[s][a] = sum;
            }
        }

        return gains;
    }

    /// <summary>One scenario through the risk array: what it gives to any account is exact, to the money unit.</summary>
    /// <returns>gain of a holding, money units</returns>
    public Func<RowLots, long> ExactGains(ScenarioColumns one)
    {
        RowKey[] keys = [.. _unitOfRow.Keys.Select(r => _engine.Array.Rows[r].Key)];
        var options = RiskArrayOptions.Default with { PerpetualBasisYears = PerpetualBasisYears };
        // USD always has a row, so that an account of nothing else has an array too.
        var array = RiskArray.Build(_engine.Market, SetOf(one), keys.Select(k => k.Instrument).OfType<Instrument>(), keys.Select(k => k.Asset).OfType<Asset>().Append(Asset.Usd), options);
        return holding =>
        {
            var row = _engine.Array.Rows[holding.Row];
            var moved = array.Rows[array.RowOf(row.Key)];
            // The lots of a row depend on its largest entry too: the quantity is the same, lots of another size may not be whole.
            return checked((long)decimal.Floor(moved.Ticks[0] * (row.Quantity(holding.Lots) / LotSize(moved))));
        };
    }

    private static decimal LotSize(RiskRow row) => row.Quantity(1);

    private ScenarioSet SetOf(ScenarioColumns columns)
    {
        var equal = new double[columns.Count];
        Array.Fill(equal, 1.0);
        // Probabilities are not looked at; a set is what units and arrays know how to read.
        return new ScenarioSet(_engine.Set.Factors, _engine.Set.HorizonYears, 0, NoParameters, [(new ScenarioBatch(ScenarioFamily.MonteCarlo, "reverse-stress/1", columns, equal, []), 1)]);
    }

    private IEnumerable<Instrument> Instruments(IEnumerable<int> rows) => rows.Select(r => _engine.Array.Rows[r].Key.Instrument).OfType<Instrument>();

    private IEnumerable<int> ColumnsOf(int[] rows)
    {
        var factors = _engine.Set.Factors;
        foreach (var instrument in Instruments(rows))
        {
            var coin = factors.CoinIndex(instrument.Underlying.Base) * RiskFactors.ColumnsPerCoin;
            yield return coin;
            // All vols of the coin: the smiles of other expiries bound the moves of this one.
            for (var c = 1; c < RiskFactors.ColumnsPerCoin; c++)
            {
                if (instrument is EuropeanOption || (c == RiskFactors.ColumnsPerCoin - 1 && instrument is not Spot))
                {
                    yield return coin + c;
                }
            }

            if (factors.TryPegIndex(instrument.Underlying.Quote, out var quote))
            {
                yield return (factors.Coins.Length * RiskFactors.ColumnsPerCoin) + quote;
            }
        }

        foreach (var asset in rows.Select(r => _engine.Array.Rows[r].Key.Asset).OfType<Asset>())
        {
            var price = asset;
            if (factors.TryPegIndex(asset, out var peg))
            {
                yield return (factors.Coins.Length * RiskFactors.ColumnsPerCoin) + peg;
                price = factors.Pegs[peg].Anchor;
            }

            if (factors.TryCoinIndex(price, out var coin))
            {
                yield return coin * RiskFactors.ColumnsPerCoin;
            }
        }
    }
}
