using System.Collections.Immutable;
using System.Text;
using Pms.MarketData.Instruments;
using Pms.MarketData.Readers.Histories;
using Pms.Primitives;

namespace Pms.Scenarios.Historical;

/// <summary>What a coin's history gave.</summary>
/// <param name="Coin">coin</param>
/// <param name="Returns">own returns among the dates used</param>
/// <param name="Sigma">today's volatility per step, after the floor; of a proxied coin, beta times the market coin's</param>
/// <param name="LongRunSigma">root mean square of all its returns per step</param>
/// <param name="Beta">where returns of its own were missing; null when none were</param>
/// <param name="OwnVolChanges">dates with a vol change from a vol history; the rest follows from the return</param>
/// <param name="VolPerReturn">of that rule</param>
/// <param name="VolPerAbsReturn">of that rule</param>
/// <param name="Garch">fitted model; null for EWMA</param>
public sealed record CoinHistorySummary(
    Asset Coin, int Returns, double Sigma, double LongRunSigma, double? Beta, int OwnVolChanges, double VolPerReturn, double VolPerAbsReturn, GarchModel? Garch);

/// <summary>How the historical family came about.</summary>
/// <param name="FirstDate">of the oldest return's end</param>
/// <param name="LastDate">T: the date that returns are rescaled to</param>
/// <param name="Dates">filtered scenarios</param>
/// <param name="StepDays">days of each return, none overlapping</param>
/// <param name="StressedFrom">first date of the stressed period</param>
/// <param name="StressedTo">last</param>
/// <param name="StressedDates">stressed scenarios</param>
/// <param name="MarketCoin">coin with the longest history; proxies follow it</param>
/// <param name="Coins">in the order of the factors</param>
/// <param name="PegsWithoutHistory">these do not move in this family</param>
public sealed record HistorySummary(
    DateOnly FirstDate,
    DateOnly LastDate,
    int Dates,
    int StepDays,
    DateOnly? StressedFrom,
    DateOnly? StressedTo,
    int StressedDates,
    Asset MarketCoin,
    ImmutableArray<CoinHistorySummary> Coins,
    ImmutableArray<Asset> PegsWithoutHistory);

/// <summary>Filtered historical simulation: past joint moves of all factors, each rescaled from the volatility of its day to today's.</summary>
/// <remarks>
/// r*_t = r_t sigma_T / sigma_t for spot, ATM vol, skew and basis of every coin, the date kept together over all of them. The stressed period is kept in besides
/// as it was, with a weight of its own. Steps do not overlap. docs/model/scenarios.md has the conventions.
/// </remarks>
public static class HistoricalSimulation
{
    /// <summary>Name and version in a scenario set.</summary>
    public const string Name = "fhs/1";

    private const int LeastBetaDates = 60;
    private const int LeastVolDates = 250;
    private const int MostStaleDays = 30;
    private const double MostVolLogChange = 2;

    /// <param name="factors">what the scenarios move</param>
    /// <param name="parameters">how</param>
    /// <param name="history">of the coins and pegged assets, in USD</param>
    /// <param name="horizonYears">ACT/365, above 0; steps are whole days, moves of another horizon grow with the root of time</param>
    /// <exception cref="InvalidInputException"><c>historical-parameter</c>; <c>history-missing</c>: no coin has prices; <c>history-short</c>: fewer dates than asked for; <c>stressed-period</c>: no date in it</exception>
    public static (ScenarioBatch Batch, HistorySummary Summary) Make(RiskFactors factors, HistoricalParameters parameters, FactorHistory history, double horizonYears)
    {
        ArgumentNullException.ThrowIfNull(factors);
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(history);
        parameters.Validate();
        var stepDays = Math.Max(1, (int)Math.Round(365 * horizonYears, MidpointRounding.ToEven));
        var grow = Math.Sqrt(365 * horizonYears / stepDays);
        var market = factors.Coins.OrderByDescending(c => history.Dates(c, HistoryField.Close).Length).First();
        var dates = Dates(factors, parameters, history, market, stepDays);
        var marketMoves = new CoinMoves(market, history, dates, stepDays, parameters, null);
        var coins = factors.Coins.Select(c => c == market ? marketMoves : new CoinMoves(c, history, dates, stepDays, parameters, marketMoves)).ToArray();
        var stressed = Stressed(parameters, dates, coins);
        var count = dates.Length + stressed.Length;
        var columns = new ScenarioColumns(factors, count);
        var weights = new double[count];
        var labels = ImmutableArray.CreateBuilder<string>(count);
        var stressedWeight = stressed.Length > 0 ? parameters.StressedWeight : 0;
        for (var s = 0; s < count; s++)
        {
            var isStressed = s >= dates.Length;
            var t = isStressed ? stressed[s - dates.Length] : s;
            weights[s] = isStressed ? stressedWeight / stressed.Length : (1 - stressedWeight) / dates.Length;
            var label = new StringBuilder($"{dates[t]:yyyy-MM-dd}").Append(isStressed ? " stressed" : "");
            for (var c = 0; c < coins.Length; c++)
            {
                coins[c].Write(columns, c, s, t, grow, isStressed, parameters);
                coins[c].Describe(label, t);
            }

            for (var p = 0; p < factors.Pegs.Length; p++)
            {
                columns.PegLogChange(p)[s] = PegChange(factors.Pegs[p], history, dates[t].AddDays(-stepDays), dates[t]) ?? 0;
            }

            labels.Add(label.ToString());
        }

        var summary = new HistorySummary(
            dates[0],
            dates[^1],
            dates.Length,
            stepDays,
            stressed.Length > 0 ? dates[stressed[0]] : null,
            stressed.Length > 0 ? dates[stressed[^1]] : null,
            stressed.Length,
            market,
            [.. coins.Select(c => c.Summary)],
            [.. factors.Pegs.Where(p => !history.Has(p.Asset, HistoryField.Close)).Select(p => p.Asset)]);
        return (new ScenarioBatch(ScenarioFamily.Historical, Name, columns, weights, labels.MoveToImmutable()), summary);
    }

    /// <summary>Ends of the steps, counted back from the last date so that none overlap; ascending.</summary>
    private static DateOnly[] Dates(RiskFactors factors, HistoricalParameters p, FactorHistory history, Asset market, int stepDays)
    {
        var known = history.Dates(market, HistoryField.Close);
        if (known.Length < 2)
        {
            throw new InvalidInputException("history-missing", $"the history has no prices of {string.Join(", ", factors.Coins)}: at least one coin's are required");
        }

        var last = known[^1];
        if (p.Missing == MissingReturns.Refuse)
        {
            foreach (var coin in factors.Coins)
            {
                var own = history.Dates(coin, HistoryField.Close);
                last = own.Length == 0
                    ? throw new InvalidInputException("history-short", $"the history has no prices of {coin}, and missing returns are refused")
                    : own[^1] < last ? own[^1] : last;
            }
        }

        var dates = new List<DateOnly>();
        for (var end = last; end > known[0] && dates.Count < p.MostDates; end = end.AddDays(-stepDays))
        {
            var start = end.AddDays(-stepDays);
            var needed = p.Missing == MissingReturns.Refuse ? factors.Coins : [market];
            if (needed.All(c => history.Change(c, HistoryField.Close, start, end).HasValue))
            {
                dates.Add(end);
            }
        }

        if (dates.Count < p.LeastDates)
        {
            throw new InvalidInputException(
                "history-short", $"{dates.Count} steps of {stepDays} days have returns of {(p.Missing == MissingReturns.Refuse ? "all coins" : market)}: {p.LeastDates} are required");
        }

        dates.Reverse();
        return [.. dates];
    }

    /// <summary>Indices of the stressed dates.</summary>
    private static int[] Stressed(HistoricalParameters p, DateOnly[] dates, CoinMoves[] coins)
    {
        if (p.StressedWeight == 0)
        {
            return [];
        }

        if (p.StressedFrom is { } from && p.StressedTo is { } to)
        {
            int[] chosen = [.. Enumerable.Range(0, dates.Length).Where(t => dates[t] >= from && dates[t] <= to)];
            return chosen.Length > 0
                ? chosen
                : throw new InvalidInputException("stressed-period", $"no return ends between {from:yyyy-MM-dd} and {to:yyyy-MM-dd}: the history runs from {dates[0]:yyyy-MM-dd} to {dates[^1]:yyyy-MM-dd}");
        }

        var squares = new double[dates.Length];
        for (var t = 0; t < squares.Length; t++)
        {
            var (sum, n) = (0.0, 0);
            foreach (var coin in coins)
            {
                if (!double.IsNaN(coin.OwnReturn(t)))
                {
                    sum += coin.OwnReturn(t);
                    n++;
                }
            }

            squares[t] = sum / n * (sum / n);
        }

        var (bestFirst, bestLast, best) = (0, 0, -1.0);
        var (first, total) = (0, 0.0);
        for (var t = 0; t < dates.Length; t++)
        {
            total += squares[t];
            while (dates[first] <= dates[t].AddDays(-p.StressedDays))
            {
                total -= squares[first++];
            }

            // A later window must be worse by more than the rounding of the running sum.
            if (total > best * (1 + 1e-12))
            {
                (bestFirst, bestLast, best) = (first, t, total);
            }
        }

        return [.. Enumerable.Range(bestFirst, bestLast - bestFirst + 1)];
    }

    private static double? PegChange(PeggedAsset peg, FactorHistory history, DateOnly from, DateOnly to)
    {
        var own = history.Change(peg.Asset, HistoryField.Close, from, to);
        return peg.Anchor == Asset.Usd ? own : own - history.Change(peg.Anchor, HistoryField.Close, from, to);
    }

    /// <summary>The moves of one coin over all dates: as they were and filtered.</summary>
    private sealed class CoinMoves
    {
        private readonly double[] _own;
        private readonly double[] _raw;
        private readonly double[] _filtered;
        private readonly double[] _rawVol;
        private readonly double[] _filteredVol;
        private readonly bool[] _isVolOwn;
        private readonly FilteredSeries? _skew;
        private readonly FilteredSeries? _basis;
        private readonly string _betaNote = "";
        private readonly string _volNote = "";

        public CoinMoves(Asset coin, FactorHistory history, DateOnly[] dates, int stepDays, HistoricalParameters p, CoinMoves? market)
        {
            _own = Changes(history, coin, HistoryField.Close, dates, stepDays);
            var known = Array.FindAll(_own, r => !double.IsNaN(r));
            var lastKnown = Array.FindLastIndex(_own, r => !double.IsNaN(r));
            var isOwn = known.Length >= (market is null ? 2 : p.LeastDates) && dates[^1].DayNumber - dates[lastKnown].DayNumber <= MostStaleDays;
            var filtered = isOwn ? new FilteredSeries(_own, p, isSpot: true) : null;
            _raw = (double[])_own.Clone();
            _filtered = filtered?.Filtered ?? [.. _own.Select(_ => double.NaN)];
            double? beta = null;
            if (market is not null && _filtered.Any(double.IsNaN))
            {
                beta = Beta(_own, market._own) ?? p.DefaultBeta;
                _betaNote = $"; {coin} by beta {beta:F2}";
                for (var t = 0; t < _raw.Length; t++)
                {
                    if (double.IsNaN(_filtered[t]))
                    {
                        _filtered[t] = beta.Value * market._filtered[t];
                        // A return of its own stands in the stressed part even where its history is too short to filter.
                        _raw[t] = double.IsNaN(_raw[t]) ? beta.Value * market._raw[t] : _raw[t];
                    }
                }
            }

            var volChanges = Changes(history, coin, HistoryField.AtmVol, dates, stepDays);
            var lastVol = Array.FindLastIndex(volChanges, v => !double.IsNaN(v));
            var volCount = volChanges.Count(v => !double.IsNaN(v));
            var vol = volCount >= LeastVolDates && dates[^1].DayNumber - dates[lastVol].DayNumber <= MostStaleDays ? new FilteredSeries(volChanges, p, isSpot: false) : null;
            var (perReturn, perAbs) = volCount >= LeastVolDates ? VolRule(_raw, volChanges) : (p.VolPerReturn, p.VolPerAbsReturn);
            _isVolOwn = [.. volChanges.Select(v => vol is not null && !double.IsNaN(v))];
            _rawVol = Follow(_raw, volChanges, _isVolOwn, perReturn, perAbs);
            _filteredVol = Follow(_filtered, vol?.Filtered ?? volChanges, _isVolOwn, perReturn, perAbs);
            _volNote = $"; {coin} vol by return";
            _skew = Series(history, coin, HistoryField.Skew, dates, stepDays, p);
            _basis = Series(history, coin, HistoryField.Basis, dates, stepDays, p);
            Summary = new CoinHistorySummary(
                coin,
                isOwn ? known.Length : 0,
                filtered?.Current ?? (beta!.Value * market!.Summary.Sigma),
                known.Length > 0 ? Math.Sqrt(known.Sum(r => r * r) / known.Length) : beta!.Value * market!.Summary.LongRunSigma,
                beta,
                _isVolOwn.Count(v => v),
                perReturn,
                perAbs,
                filtered?.Garch);
        }

        public CoinHistorySummary Summary { get; }

        /// <summary>NaN where there is none.</summary>
        public double OwnReturn(int t) => _own[t];

        public void Write(ScenarioColumns columns, int coin, int s, int t, double grow, bool isStressed, HistoricalParameters p)
        {
            var spot = (isStressed ? _raw : _filtered)[t];
            var vol = Math.Clamp((isStressed ? _rawVol : _filteredVol)[t], -MostVolLogChange, MostVolLogChange);
            columns.SpotLogReturn(coin)[s] = grow * spot;
            columns.SkewChange(coin)[s] = Math.Clamp(grow * (_skew?.Move(t, isStressed) ?? (p.SkewPerReturn * spot)), -p.MostSkewChange, p.MostSkewChange);
            columns.BasisChange(coin)[s] = grow * (_basis?.Move(t, isStressed) ?? (p.BasisPerReturn * spot));
            for (var tenor = 0; tenor < RiskFactors.VolTenorDays.Length; tenor++)
            {
                columns.VolLogChange(coin, tenor)[s] = grow * vol * VolTerm.Factor(RiskFactors.VolTenorDays[tenor], p.ShortTermPower, p.LongTermPower);
            }
        }

        public void Describe(StringBuilder label, int t)
        {
            if (Summary.Beta.HasValue && (Summary.Returns == 0 || double.IsNaN(_own[t])))
            {
                label.Append(_betaNote);
            }

            if (!_isVolOwn[t])
            {
                label.Append(_volNote);
            }
        }

        private static FilteredSeries? Series(FactorHistory history, Asset coin, HistoryField field, DateOnly[] dates, int stepDays, HistoricalParameters p)
        {
            if (!history.Has(coin, field))
            {
                return null;
            }

            var changes = Changes(history, coin, field, dates, stepDays);
            return changes.Count(v => !double.IsNaN(v)) >= p.LeastDates ? new FilteredSeries(changes, p, isSpot: false) : null;
        }

        private static double[] Changes(FactorHistory history, Asset coin, HistoryField field, DateOnly[] dates, int stepDays) =>
            [.. dates.Select(d => history.Change(coin, field, d.AddDays(-stepDays), d) ?? double.NaN)];

        /// <summary>Slope through the origin over the dates that both have.</summary>
        private static double? Beta(double[] own, double[] market)
        {
            var (cross, square, n) = (0.0, 0.0, 0);
            for (var t = 0; t < own.Length; t++)
            {
                if (!double.IsNaN(own[t]) && !double.IsNaN(market[t]))
                {
                    cross += own[t] * market[t];
                    square += market[t] * market[t];
                    n++;
                }
            }

            return n >= LeastBetaDates && square > 0 ? cross / square : null;
        }

        /// <summary>Least squares of vol changes on r and |r| with a constant.</summary>
        private static (double PerReturn, double PerAbs) VolRule(double[] returns, double[] vols)
        {
            double n = 0, r = 0, a = 0, v = 0;
            for (var t = 0; t < returns.Length; t++)
            {
                if (!double.IsNaN(vols[t]))
                {
                    (n, r, a, v) = (n + 1, r + returns[t], a + Math.Abs(returns[t]), v + vols[t]);
                }
            }

            (r, a, v) = (r / n, a / n, v / n);
            double rr = 0, ra = 0, aa = 0, rv = 0, av = 0;
            for (var t = 0; t < returns.Length; t++)
            {
                if (!double.IsNaN(vols[t]))
                {
                    var (x, y, z) = (returns[t] - r, Math.Abs(returns[t]) - a, vols[t] - v);
                    (rr, ra, aa, rv, av) = (rr + (x * x), ra + (x * y), aa + (y * y), rv + (x * z), av + (y * z));
                }
            }

            var determinant = (rr * aa) - (ra * ra);
            return determinant > 1e-12 * rr * aa ? (((rv * aa) - (av * ra)) / determinant, ((av * rr) - (rv * ra)) / determinant) : (0, 0);
        }

        private static double[] Follow(double[] returns, double[] vols, bool[] isOwn, double perReturn, double perAbs)
        {
            var mean = returns.Sum(Math.Abs) / returns.Length;
            return [.. returns.Select((r, t) => isOwn[t] ? vols[t] : (perReturn * r) + (perAbs * (Math.Abs(r) - mean)))];
        }
    }

    /// <summary>One series over the dates, with gaps; filtered where it is known.</summary>
    private sealed class FilteredSeries
    {
        private readonly double[] _raw;

        public FilteredSeries(double[] changes, HistoricalParameters p, bool isSpot)
        {
            _raw = changes;
            var known = Array.FindAll(changes, v => !double.IsNaN(v));
            Filtered = (double[])changes.Clone();
            if (Array.TrueForAll(known, v => v == known[0]))
            {
                // A number that never moves by different amounts has no volatility to rescale by.
                return;
            }

            Garch = isSpot && p.Model == VolatilityModel.Garch ? GarchModel.Fit(known) : null;
            var path = Garch?.Path(known) ?? EwmaVolatility.Of(known, p.Lambda);
            var longRun = Math.Sqrt(known.Sum(r => r * r) / known.Length);
            Current = isSpot ? Math.Max(path.Next, p.LongRunFloorShare * longRun) : path.Next;
            var filtered = path.Filter(known, Current, p.MostRescaling);
            var next = 0;
            for (var t = 0; t < changes.Length; t++)
            {
                if (!double.IsNaN(changes[t]))
                {
                    Filtered[t] = filtered[next++];
                }
            }
        }

        public double[] Filtered { get; }

        public double Current { get; }

        public GarchModel? Garch { get; }

        public double? Move(int t, bool isStressed) => (isStressed ? _raw : Filtered)[t] is var v && double.IsNaN(v) ? null : v;
    }
}
