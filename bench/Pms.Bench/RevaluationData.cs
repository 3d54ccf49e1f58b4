using Pms.Margin.Arrays;
using Pms.Margin.Market;
using Pms.MarketData.Instruments;
using Pms.Numerics;
using Pms.Primitives;
using Pms.Scenarios;
using Pms.Volatility;
using Pms.Volatility.Svi;

namespace Pms.Bench;

/// <summary>Workload W3 as its text fixes it: 5 coins, 50 smiles, 1,000 options; moves of forwards and vols with fat tails.</summary>
internal sealed class RevaluationData
{
    public const int Coins = 5;
    public const int Expiries = 10;
    public const int Strikes = 20;
    public const int Smiles = Coins * Expiries;
    public const int Options = Smiles * Strikes;

    /// <summary>Of an integer gain: quote currency a contract.</summary>
    public const double Tick = 1e-4;

    private static readonly double[] Spot = [60000, 3000, 150, 0.6, 5];
    private static readonly double[] Contract = [1, 10, 100, 10000, 1000];
    private static readonly double[] Days = [1, 2, 7, 14, 30, 60, 90, 180, 270, 365];
    private static readonly double[] VolShare = [1.5, 1.5, 1.5, 1.3, 1.0, 0.8, 0.7, 0.55, 0.48, 0.43];

    private readonly double[][] _returns = new double[Coins][];
    private readonly double[][] _growth = new double[Coins][];
    private readonly double[][] _vols = new double[Smiles][];
    private readonly double[][] _factors = new double[Smiles][];

    public RevaluationData(int scenarios)
    {
        Scenarios = scenarios;
        Terms = new OptionTerms[Options];
        for (var j = 0; j < Smiles; j++)
        {
            MakeOptions(j);
        }

        for (var u = 0; u < Coins; u++)
        {
            MakeMoves(u);
        }
    }

    public int Scenarios { get; }

    public OptionTerms[] Terms { get; }

    /// <summary>Coins of an option's contract.</summary>
    public static double Multiplier(int option) => Contract[option / (Expiries * Strikes)];

    public ExpiryMoves Moves(int option) => new()
    {
        LogReturn = _returns[option / (Expiries * Strikes)],
        Growth = _growth[option / (Expiries * Strikes)],
        VarianceFactor = _factors[option / Strikes],
    };

    /// <summary>[option][scenario] integer gains of a contract.</summary>
    public int[][] Ticks()
    {
        var rows = new int[Options][];
        for (var i = 0; i < Options; i++)
        {
            rows[i] = new int[Scenarios];
            RevaluationKernel.Ticks(Terms[i], Moves(i), Multiplier(i) / Tick, rows[i]);
        }

        return rows;
    }

    /// <summary>The same as a market of the engine; the horizon is a thousandth of a second.</summary>
    /// <param name="smilesOfFamily">1: every smile is a family of its own, so that each keeps its multipliers; <see cref="Expiries"/>: a family is a coin, and vols move by tenor as the nearest expiry does</param>
    /// <param name="stress">moves without probability, if any</param>
    public (MarginMarket Market, ScenarioSet Set, Instrument[] Instruments) Market(int smilesOfFamily = 1, IReadOnlyList<(double Spot, double Vol)>? stress = null)
    {
        var at = new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var coins = Enumerable.Range(0, Smiles / smilesOfFamily).Select(f => new Asset(smilesOfFamily == 1 ? $"U{f / Expiries}E{f % Expiries}" : $"U{f}")).ToArray();
        var families = new UnderlyingMarket[coins.Length];
        var prices = new Dictionary<Asset, double>();
        var instruments = new Instrument[Options];
        var factors = new RiskFactors(coins, []);
        var columns = new ScenarioColumns(factors, Scenarios);
        var stresses = new ScenarioColumns(factors, stress?.Count ?? 0);
        for (var f = 0; f < families.Length; f++)
        {
            var first = f * smilesOfFamily;
            var id = UnderlyingId.Linear(coins[f], Asset.Usd);
            var slices = Enumerable.Range(first, smilesOfFamily).Select(j => new VolSlice(at.AddDays(Days[j % Expiries]), Days[j % Expiries] / 365, Terms[j * Strikes].Forward, Terms[j * Strikes].Smile)).ToArray();
            var spot = Spot[first / Expiries];
            families[f] = new UnderlyingMarket(id, spot, new VolSurface(id, at, [.. slices], ContentHash.Of("bench"u8)), null, []);
            prices.Add(coins[f], spot);
            for (var i = first * Strikes; i < (first + smilesOfFamily) * Strikes; i++)
            {
                instruments[i] = new EuropeanOption(id, slices[(i / Strikes) - first].Expiry, (decimal)Terms[i].Strike, Terms[i].Type);
            }

            _returns[first / Expiries].CopyTo(columns.SpotLogReturn(f));
            for (var s = 0; s < stresses.Count; s++)
            {
                stresses.SpotLogReturn(f)[s] = stress![s].Spot;
            }

            for (var tenor = 0; tenor < RiskFactors.VolTenorDays.Length; tenor++)
            {
                var smile = Enumerable.Range(first, smilesOfFamily).MinBy(j => Math.Abs(Days[j % Expiries] - RiskFactors.VolTenorDays[tenor]));
                for (var s = 0; s < Scenarios; s++)
                {
                    columns.VolLogChange(f, tenor)[s] = ElementaryMath.Log(_vols[smile][s]);
                }

                for (var s = 0; s < stresses.Count; s++)
                {
                    stresses.VolLogChange(f, tenor)[s] = stress![s].Vol;
                }
            }
        }

        List<(ScenarioBatch, double)> batches = [(new ScenarioBatch(ScenarioFamily.MonteCarlo, "bench/1", columns, [.. Enumerable.Repeat(1.0, Scenarios)], []), 1.0)];
        if (stresses.Count > 0)
        {
            batches.Add((new ScenarioBatch(ScenarioFamily.Stress, "bench/1", stresses, [.. Enumerable.Repeat(1.0, stresses.Count)], []), 0.0));
        }

        return (
            new MarginMarket(at, ContentHash.Of("bench"u8), families, prices),
            new ScenarioSet(factors, horizonYears: 0.001 / (365 * 86_400.0), seed: 0, ContentHash.Of("bench"u8), batches),
            instruments);
    }

    private static double Uniform(int seed, long i) => new RandomStream((ulong)seed).Uniform((ulong)i);

    /// <summary>A sum of four uniform numbers, less its mean.</summary>
    private static double Sum4(int seed, long i) => Uniform(seed, 4 * i) + Uniform(seed, (4 * i) + 1) + Uniform(seed, (4 * i) + 2) + Uniform(seed, (4 * i) + 3) - 2;

    private void MakeOptions(int j)
    {
        var years = Days[j % Expiries] / 365;
        var vol = 0.5 + (0.4 * Uniform(301, j));
        var rho = -0.5 + (0.6 * Uniform(302, j));
        var theta = vol * vol * years;
        var phi = 1.2 / Math.Sqrt(theta);
        var forward = Spot[j / Expiries] * (1 + (0.05 * years));
        var smile = new RawSvi(0.5 * theta * (1 - (rho * rho)), 0.5 * theta * phi, rho, -rho / phi, Math.Sqrt(1 - (rho * rho)) / phi);
        for (var i = 0; i < Strikes; i++)
        {
            var logMoneyness = Math.Sqrt(theta) * (-2 + (4.0 * i / (Strikes - 1)));
            var type = Uniform(305, (j * Strikes) + i) < 0.5 ? OptionType.Call : OptionType.Put;
            Terms[(j * Strikes) + i] = new OptionTerms(type, forward, forward * ElementaryMath.Exp(logMoneyness), logMoneyness, smile);
        }
    }

    private void MakeMoves(int u)
    {
        var root3 = Math.Sqrt(3.0);
        _returns[u] = new double[Scenarios];
        _growth[u] = new double[Scenarios];
        for (var e = 0; e < Expiries; e++)
        {
            _vols[(u * Expiries) + e] = new double[Scenarios];
            _factors[(u * Expiries) + e] = new double[Scenarios];
        }

        for (var s = 0; s < Scenarios; s++)
        {
            var common = Sum4(310, s);
            var h = Uniform(311, s);
            var h2 = h * h;
            var h4 = h2 * h2;
            var fat = 1 + (3 * h4 * h4);
            _returns[u][s] = 0.05 * root3 * ((0.8 * common) + (0.6 * Sum4(320 + u, s))) * fat;
            _growth[u][s] = ElementaryMath.Exp(_returns[u][s]);
            var v = 0.15 * root3 * ((-0.5 * common) + (0.8 * Sum4(330 + u, s))) * fat;
            for (var e = 0; e < Expiries; e++)
            {
                var multiplier = Math.Max(0.3, 1 + (v * VolShare[e]));
                _vols[(u * Expiries) + e][s] = multiplier;
                _factors[(u * Expiries) + e][s] = multiplier * multiplier;
            }
        }
    }
}
