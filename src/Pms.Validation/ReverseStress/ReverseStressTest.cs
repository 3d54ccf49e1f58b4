using System.Collections.Immutable;
using Pms.Margin.Arrays;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.Numerics;
using Pms.Numerics.Distributions;
using Pms.Primitives;
using Pms.Scenarios;

namespace Pms.Validation.ReverseStress;

/// <summary>The most plausible scenario that breaks an account, several at once, or the insurance fund.</summary>
/// <remarks>
/// An account is worth its counted collateral and the value of its contracts; in a scenario both are revalued in full, with one horizon of the set passing. The nearest break is searched from
/// many directions (<see cref="BreachSearch"/>), and what is reported of a scenario comes from a risk array of that scenario alone, to the money unit. docs/model/validation.md.
/// </remarks>
public sealed class ReverseStressTest
{
    /// <summary>Accounts of one target.</summary>
    public const int MostAccounts = 100_000;

    /// <summary>Directions of scenarios of the set that break it, or nearly do.</summary>
    private const int SetStarts = 48;

    private const int MostOthers = 5;

    /// <summary>Money units are whole in every lot: an account of many lots breaks this share further out at most than its real numbers say.</summary>
    private const double MostRoundingStep = 1e-3;

    /// <summary>Past days are valued so many at a time.</summary>
    private const int BlockDays = 256;

    private readonly MarginEngine _engine;
    private readonly ReverseStressTarget _target;
    private readonly PastDays? _past;
    private readonly ReverseStressBox _box;
    private readonly ImmutableArray<MarginResult> _margins;
    private readonly RowLots[][] _held;
    private readonly long[] _worth;
    private readonly long[] _thresholds;
    private readonly double[] _roundingUsd;
    private readonly BookRevaluation _book;
    private readonly FactorLaw _law;
    private readonly double[][] _setPoints;
    private readonly double[][] _pastPoints;
    private bool _isRoundingCounted;

    private ReverseStressTest(MarginEngine engine, ReverseStressTarget target, PastDays? past, ReverseStressBox box, ImmutableArray<MarginResult> margins)
    {
        (_engine, _target, _past, _box, _margins) = (engine, target, past, box, margins);
        _held = [.. margins.Select(m => m.Holdings.Concat(m.CollateralHoldings).ToArray())];
        _worth = [.. margins.Select(Worth)];
        _thresholds = [.. margins.Select(m => Threshold(m, target))];
        _roundingUsd = [.. _held.Select(h => (double)RiskArray.RoundingBound(h) / Rounding.MoneyPerUsd)];
        _book = new BookRevaluation(engine, _held);
        _law = new FactorLaw(engine.Set, _book.Columns);
        _setPoints = [.. Enumerable.Range(0, engine.Set.Count).Select(s => _law.Point(engine.Set, s))];
        _pastPoints = past is null ? [] : [.. Enumerable.Range(0, past.Columns.Count).Select(s => _law.Point(past.Columns, s))];
    }

    /// <param name="engine">market, scenarios, parameters; its array has a row for all that the accounts hold</param>
    /// <param name="accounts">of the target, or all that the fund stands behind</param>
    /// <param name="target">what shall be broken</param>
    /// <param name="past">past days, for comparison</param>
    /// <param name="box">how far factors may go; null: <see cref="ReverseStressBox.Default"/></param>
    /// <param name="threads">of the margins before; the result does not depend on it</param>
    /// <exception cref="InvalidInputException"><c>reverse-accounts</c>: none, or more than <see cref="MostAccounts"/>; <c>reverse-at-least</c>: more than there are; <c>reverse-law</c>; the codes of <see cref="MarginEngine"/></exception>
    public static ReverseStressResult Run(
        MarginEngine engine, IReadOnlyList<Account> accounts, ReverseStressTarget target, PastDays? past = null, ReverseStressBox? box = null, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(accounts);
        ArgumentNullException.ThrowIfNull(target);
        if (accounts.Count is 0 or > MostAccounts)
        {
            throw new InvalidInputException("reverse-accounts", $"{accounts.Count} accounts: 1 to {MostAccounts} can be looked at together");
        }

        if (target.AtLeast is { } least && (least < 1 || least > accounts.Count))
        {
            throw new InvalidInputException("reverse-at-least", $"at least {least} of {accounts.Count} accounts: 1 to {accounts.Count} are possible");
        }

        var margins = engine.EvaluateBook(accounts, threads: threads);
        var test = IsBroken(margins, target, [.. margins.Select(Worth)]) ? null : new ReverseStressTest(engine, target, past, box ?? ReverseStressBox.Default, margins);
        return test?.Run() ?? new ReverseStressResult(ReverseStressStatus.BrokenNow, null, null, [], null, null, margins, 0, 0);
    }

    /// <summary>The accounts with the largest maintenance margins, largest first; the earlier of equal ones.</summary>
    /// <exception cref="InvalidInputException"><c>reverse-top</c>: fewer than 1 or more than there are</exception>
    public static ImmutableArray<Account> Top(MarginEngine engine, IReadOnlyList<Account> accounts, int count, int threads = 1)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(accounts);
        if (count < 1 || count > accounts.Count)
        {
            throw new InvalidInputException("reverse-top", $"the top {count} of {accounts.Count} accounts: 1 to {accounts.Count} are possible");
        }

        var margins = engine.EvaluateBook(accounts, threads: threads);
        return [.. Enumerable.Range(0, accounts.Count).OrderByDescending(i => margins[i].Maintenance).ThenBy(i => i).Take(count).Select(i => accounts[i])];
    }

    private static long Worth(MarginResult margin) => checked(margin.EquityLines.Where(l => l.Name != "collateral-risk").Sum(l => l.Amount));

    /// <summary>What an account is worth where it breaks. Equity may be more or less than worth, by what collateral hedges or risks together with the contracts: that line is held as it is now.</summary>
    private static long Threshold(MarginResult margin, ReverseStressTarget target) => target.Threshold == BreakThreshold.Maintenance ? checked(Worth(margin) - margin.Excess) : 0;

    /// <summary>Whether the target is broken where accounts are worth so much; exact.</summary>
    private static bool IsBroken(ImmutableArray<MarginResult> margins, ReverseStressTarget target, long[] after) => target.Kind == BreakKind.Fund
        ? after.Aggregate(Int128.Zero, (sum, a) => sum + Math.Max(0, -a)) > target.FundMoney
        : after.Where((a, i) => a <= Threshold(margins[i], target)).Count() >= (target.AtLeast ?? after.Length);

    /// <summary>Each account is a condition of its own; else there is one of all of them together.</summary>
    private bool AreAllNeeded => _target.Kind == BreakKind.Accounts && Needed == _worth.Length;

    /// <summary>Accounts that must break.</summary>
    private int Needed => _target.AtLeast ?? _worth.Length;

    private ReverseStressResult Run()
    {
        var (certificate, nearness) = Certificate();
        double[][] starts = [.. Starts(nearness)];
        var (answer, scenarios) = Search(starts);
        if (scenarios.Length == 0 && answer.Found.Length > 0)
        {
            // At a corner of several accounts no step outwards makes up for rounding: asked to break by more than rounding can be, they break in whole money units too.
            _isRoundingCounted = true;
            (answer, scenarios) = Search(starts);
        }

        return new ReverseStressResult(
            scenarios.Length > 0 ? ReverseStressStatus.Found : ReverseStressStatus.Unbroken,
            _law,
            scenarios.Length > 0 ? scenarios[0] : Scenario(Columns(answer.Worst.AsSpan()), answer.Worst.AsSpan()),
            [.. scenarios.Skip(1)],
            certificate,
            PastBreaksOf(),
            _margins,
            answer.Starts,
            answer.Evaluations);
    }

    private (BreachAnswer Answer, BreakingScenario[] Scenarios) Search(double[][] starts)
    {
        var problem = new BreachProblem(_law.Rank, AreAllNeeded ? _worth.Length : 1, Conditions, direction => _box.Reach(_law, direction));
        var answer = BreachSearch.Find(problem, starts);
        return (answer, [.. answer.Found.Take(MostOthers + 1).Select(f => Broken(f.Point)).OfType<BreakingScenario>().OrderBy(s => s.Plausibility.Distance)]);
    }

    /// <summary>The scenario at a point that breaks the target: whole money units are rounded, so the last step outwards may be a hair longer.</summary>
    private BreakingScenario? Broken(ImmutableArray<double> point)
    {
        for (var step = 0.0; step < MostRoundingStep; step = Math.Max(2 * step, 1e-13))
        {
            double[] further = [.. point.Select(p => p * (1 + step))];
            var scenario = Scenario(Columns(further), further);
            if (IsBroken(_margins, _target, [.. scenario.Accounts.Select(a => a.After)]))
            {
                return scenario;
            }
        }

        return null;
    }

    private BreakingScenario Scenario(ScenarioColumns columns, ReadOnlySpan<double> point)
    {
        var exact = _book.ExactGains(columns);
        var positions = new Dictionary<int, (decimal Quantity, long Gain)>();
        var accounts = ImmutableArray.CreateBuilder<AccountBreak>(_held.Length);
        for (var a = 0; a < _held.Length; a++)
        {
            var sum = 0L;
            foreach (var holding in _held[a])
            {
                var gain = exact(holding);
                sum = checked(sum + gain);
                var (quantity, before) = positions.GetValueOrDefault(holding.Row);
                positions[holding.Row] = (quantity + _engine.Array.Rows[holding.Row].Quantity(holding.Lots), checked(before + gain));
            }

            accounts.Add(new AccountBreak(_margins[a].AccountId, _worth[a], _thresholds[a], -sum));
        }

        return new BreakingScenario(
            columns,
            PlausibilityOf(point),
            accounts.MoveToImmutable(),
            [.. positions.OrderBy(p => p.Value.Gain).ThenBy(p => p.Key).Select(p => new PositionGain(_engine.Array.Rows[p.Key].Key.Name, p.Value.Quantity, p.Value.Gain))]);
    }

    private Plausibility PlausibilityOf(ReadOnlySpan<double> point)
    {
        var distance = FactorLaw.Length(point);
        double[] direction = [.. point.ToArray().Select(p => distance > 0 ? p / distance : 0)];
        // A scenario counts as as far as itself, whatever its last bit.
        var limit = distance * (1 - 1e-12);
        bool IsBeyond(double[] other) => FactorLaw.Dot(other, direction) >= limit;
        bool IsAsFar(double[] other) => FactorLaw.Length(other) >= limit;
        long Weight(Func<double[], bool> isMeant)
        {
            var sum = 0L;
            for (var s = 0; s < _engine.Set.TailCount; s++)
            {
                sum += isMeant(_setPoints[s]) ? _engine.Set.Weights[s] : 0;
            }

            return sum;
        }

        return new Plausibility(
            distance,
            NormalDistribution.CdfComplement(distance),
            ChiSquareDistribution.CdfComplement(distance * distance, _law.Rank),
            Weight(IsBeyond),
            Weight(IsAsFar),
            _past is null ? null : new PastPlausibility(_pastPoints.Length, _pastPoints.Count(IsBeyond), _pastPoints.Count(IsAsFar)));
    }

    /// <summary>What the set says by exact sums, and how near each scenario comes to a break.</summary>
    /// <returns>[scenario] the condition of the target</returns>
    private (SetCertificate Certificate, double[] Values) Certificate()
    {
        var set = _engine.Set;
        var isFund = _target.Kind == BreakKind.Fund;
        var (loss, uncovered, broken) = (new long[set.Count], new long[set.Count], new int[set.Count]);
        // Of accounts the largest so many conditions, the least of them last; all that a fund needs is the sum.
        var largest = new double[isFund ? 0 : set.Count][];
        for (var a = 0; a < _held.Length; a++)
        {
            var gains = _engine.Pnl(_held[a]);
            for (var s = 0; s < gains.Length; s++)
            {
                var after = checked(_worth[a] + gains[s]);
                loss[s] = checked(loss[s] - gains[s]);
                uncovered[s] = checked(uncovered[s] + Math.Max(0, -after));
                broken[s] += after <= _thresholds[a] ? 1 : 0;
                if (!isFund)
                {
                    Insert(largest[s] ??= NoConditions(), Condition(a, Usd(gains[s])));
                }
            }
        }

        var (breaking, weight, nearest, nearestDistance) = (0, 0L, -1, double.PositiveInfinity);
        var values = new double[set.Count];
        for (var s = 0; s < set.Count; s++)
        {
            values[s] = isFund ? FundCondition(Usd(uncovered[s])) : largest[s][^1];
            if (s >= set.TailCount || !(isFund ? uncovered[s] > _target.FundMoney : broken[s] >= Needed))
            {
                continue;
            }

            breaking++;
            weight += set.Weights[s];
            var distance = FactorLaw.Length(_setPoints[s]);
            if (distance < nearestDistance)
            {
                (nearest, nearestDistance) = (s, distance);
            }
        }

        var certificate = nearest < 0
            ? new SetCertificate(0, 0, -1, 0, 0, 0)
            : new SetCertificate(breaking, weight, nearest, set.Weights[nearest], nearestDistance, loss[nearest]);
        return (certificate, values);
    }

    /// <summary>Directions: every stress scenario, the scenarios of the set that break it nearest or come nearest to it for their distance, and the likeliest move for each factor both ways.</summary>
    private IEnumerable<double[]> Starts(double[] values)
    {
        var set = _engine.Set;
        for (var s = set.TailCount; s < set.Count; s++)
        {
            yield return _setPoints[s];
        }

        var tail = Enumerable.Range(0, set.TailCount).Where(s => set.Weights[s] > 0).Select(s => (Scenario: s, Distance: FactorLaw.Length(_setPoints[s]))).Where(s => s.Distance > 0).ToArray();
        foreach (var (scenario, _) in tail.Where(s => values[s.Scenario] >= 0).OrderBy(s => s.Distance).ThenBy(s => s.Scenario).Take(SetStarts)
            .Concat(tail.OrderByDescending(s => values[s.Scenario] / (values[s.Scenario] < 0 ? 1 : s.Distance)).ThenBy(s => s.Scenario).Take(SetStarts)))
        {
            yield return _setPoints[scenario];
        }

        for (var c = 0; c < _law.Columns.Length; c++)
        {
            var row = _law.Row(c).ToArray();
            yield return row;
            yield return [.. row.Select(r => -r)];
        }
    }

    private PastBreaks? PastBreaksOf()
    {
        if (_past is null)
        {
            return null;
        }

        var broken = ImmutableArray.CreateBuilder<string>();
        for (var start = 0; start < _past.Columns.Count; start += BlockDays)
        {
            var block = new ScenarioColumns(_past.Columns.Factors, Math.Min(BlockDays, _past.Columns.Count - start));
            for (var c = 0; c < block.Factors.ColumnCount; c++)
            {
                _past.Columns.Column(c).Slice(start, block.Count).CopyTo(block.Column(c));
            }

            var gains = _book.Gains(block);
            broken.AddRange(Enumerable.Range(0, block.Count).Where(d => TargetCondition(gains[d]) >= 0).Select(d => _past.Labels[start + d]));
        }

        return new PastBreaks(_past.Columns.Count, broken.ToImmutable());
    }

    private ScenarioColumns Columns(ReadOnlySpan<double> points)
    {
        var count = points.Length / _law.Rank;
        var columns = new ScenarioColumns(_engine.Set.Factors, count);
        var moves = new double[_law.Columns.Length];
        for (var p = 0; p < count; p++)
        {
            _law.Moves(points.Slice(p * _law.Rank, _law.Rank), moves);
            for (var i = 0; i < moves.Length; i++)
            {
                columns.Column(_law.Columns[i])[p] = moves[i];
            }
        }

        return columns;
    }

    private void Conditions(ReadOnlySpan<double> points, int count, Span<double> values)
    {
        var gains = _book.Gains(Columns(points));
        for (var p = 0; p < count; p++)
        {
            if (!AreAllNeeded)
            {
                values[p] = TargetCondition(gains[p]);
                continue;
            }

            for (var a = 0; a < _worth.Length; a++)
            {
                values[(p * _worth.Length) + a] = Condition(a, gains[p][a]);
            }
        }
    }

    /// <summary>At least 0 where the target is broken.</summary>
    /// <param name="gains">[account] USD</param>
    private double TargetCondition(double[] gains)
    {
        if (_target.Kind == BreakKind.Fund)
        {
            var uncovered = 0.0;
            for (var a = 0; a < gains.Length; a++)
            {
                uncovered += Math.Max(0, -(Usd(_worth[a]) + gains[a] + RoundingUsd(a)));
            }

            return FundCondition(uncovered);
        }

        var largest = NoConditions();
        for (var a = 0; a < gains.Length; a++)
        {
            Insert(largest, Condition(a, gains[a]));
        }

        return largest[^1];
    }

    private double[] NoConditions()
    {
        var none = new double[Needed];
        Array.Fill(none, double.NegativeInfinity);
        return none;
    }

    /// <summary>Keeps the largest values in falling order; the least falls out.</summary>
    private static void Insert(double[] largest, double value)
    {
        if (!(value > largest[^1]))
        {
            return;
        }

        var i = largest.Length - 1;
        for (; i > 0 && largest[i - 1] < value; i--)
        {
            largest[i] = largest[i - 1];
        }

        largest[i] = value;
    }

    /// <summary>At least 0 where the account is broken; 1 where it loses all its room once more.</summary>
    private double Condition(int account, double gain)
    {
        var room = Usd(_worth[account] - _thresholds[account]);
        return (-gain - RoundingUsd(account) - room) / Math.Max(1, Math.Abs(room));
    }

    /// <summary>At least 0 where more is uncovered than the fund has: by one money unit.</summary>
    private double FundCondition(double uncovered)
    {
        var fund = Usd(_target.FundMoney + 1);
        return (uncovered - fund) / Math.Max(1, fund);
    }

    private double RoundingUsd(int account) => _isRoundingCounted ? _roundingUsd[account] : 0;

    private static double Usd(long money) => money / (double)Rounding.MoneyPerUsd;
}
