using System.Collections.Immutable;
using Pms.Liquidation.Programmes;
using Pms.Margin.Arrays;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.Primitives;

namespace Pms.Liquidation.Planning;

/// <summary>Finds what an account below its maintenance margin has to close, at the least cost (docs/model/liquidation.md).</summary>
/// <remarks>
/// The programme of <see cref="SliceProgramme"/> gives fractions; they are rounded to steps towards closing more, judged by the margin engine itself, and given back step by step while
/// the target still holds. What the programme does not see of the margin enters as a correction, measured at the plan. Pure: the same account, engine and policy give the same plan.
/// </remarks>
public sealed class LiquidationPlanner
{
    private const int MostCorrections = 8;
    private const int MostShares = 4;

    private readonly MarginEngine _engine;
    private readonly LiquidationPolicy _policy;

    /// <param name="engine">margin on the market of now, with a row for every contract and hedge</param>
    /// <param name="policy">validated here</param>
    /// <exception cref="InvalidInputException"><c>liquidation-policy</c></exception>
    public LiquidationPlanner(MarginEngine engine, LiquidationPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(policy);
        policy.Validate();
        (_engine, _policy) = (engine, policy);
    }

    /// <summary>Plans for one account.</summary>
    /// <exception cref="InvalidInputException">as <see cref="MarginEngine.Evaluate(Account, MarginContext?)"/>; <c>row-missing</c> also for a hedge</exception>
    public LiquidationPlan Plan(Account account)
    {
        ArgumentNullException.ThrowIfNull(account);
        var live = new LiveMargin(_engine, account);
        var before = live.Current;
        if (before.Excess >= 0)
        {
            return Ended(LiquidationMode.NotDue, account, before, before, []);
        }

        var closings = Closings(before);
        ImmutableArray<LiquidationAction> actions = [.. closings, .. Hedges(before, closings)];
        var all = new Draft(this, live, account, actions, [.. actions.Select(a => a.IsHedge ? 0 : a.Size)]);
        if (all.Equity < all.Cost)
        {
            return Ended(LiquidationMode.HandOver, account, before, before, []);
        }

        var isDust = closings.Sum(c => c.Size * c.Liquidity.Notional) <= _policy.DustUsd * LotRule.MoneyPerUsd;
        var plan = isDust ? null : Partial(live, before, actions, all);
        return plan ?? Ended(LiquidationMode.Full, account, before, all.After, all.Legs());
    }

    private LiquidationPlan? Partial(LiveMargin live, MarginResult before, ImmutableArray<LiquidationAction> actions, Draft all)
    {
        var account = live.Account;
        var proRata = ProRata(live, before, actions, all);
        var model = new RequirementModel(_engine, before, actions, proRata?.After ?? before);
        var programme = new SliceProgramme(model, actions, _policy.TargetRatio);
        var slack = Math.Max(before.Shortfall * 1e-4, 1);
        // What the engine asks for beyond the model is measured near the target: where a plan has led, and first where closing pro rata leads.
        var unseen = proRata is null ? Unseen(model, before, new double[actions.Length]) : Measured(model, programme, before, proRata);
        Draft? best = null;
        var reserve = slack; // for steps: closing more of a hedge is no help
        var (low, lowExcess, high, highExcess) = (double.NegativeInfinity, 0.0, double.PositiveInfinity, double.NaN);
        for (var round = 0; round < MostCorrections; round++)
        {
            if (programme.Solve(before.Equity - unseen - reserve, slack) != ProgrammeState.Optimal)
            {
                if (double.IsInfinity(low))
                {
                    break;
                }

                (high, highExcess) = (unseen, double.NaN);
                unseen = (low + high) / 2;
                continue;
            }

            var draft = new Draft(this, live, account, actions, [.. actions.Select((a, i) => Stepped(a, programme.Extents[i]))]);
            if (draft.Excess >= 0 && (best is null || draft.Cost < best.Cost))
            {
                best = draft;
            }

            var measured = Measured(model, programme, before, draft);
            if (draft.Excess >= 0 && Math.Abs(measured - unseen) <= 10 * slack)
            {
                break;
            }

            if (draft.Excess >= 0)
            {
                (high, highExcess) = (unseen, draft.Excess);
            }
            else
            {
                // Steps are doubled that measuring does not explain.
                (low, lowExcess) = (unseen, draft.Excess);
                reserve = Math.Abs(measured - unseen) <= 10 * slack ? (2 * reserve) - draft.Excess : reserve;
            }

            // Where the next guess leaves what is known, guesses would swing: between two of them the excess is nearly linear.
            unseen = double.IsInfinity(low) || double.IsInfinity(high) || (measured > low && measured < high) ? measured
                : double.IsNaN(highExcess) ? (low + high) / 2
                : low + ((high - low) * lowExcess / (lowExcess - highExcess));
        }

        if (proRata is not null && (best is null || proRata.Cost < best.Cost))
        {
            best = proRata;
        }

        if (best is null)
        {
            return null;
        }

        best = GivenBack(live, model, actions, best);
        double? leastCost = programme.Solve(before.Equity - Measured(model, programme, before, best), slack) == ProgrammeState.Optimal ? programme.LeastCost : null;
        return Ended(best.IsWhole() ? LiquidationMode.Full : LiquidationMode.Partial, account, before, best.After, best.Legs()) with
        {
            LeastCost = leastCost,
            ProRata = proRata?.AsProRata(),
        };
    }

    /// <summary>Takes from a draft what the model needs of it: error bars, tangents, and what the engine asks for that the model does not see.</summary>
    /// <returns>target times the difference of both requirements, and what equity has lost but for costs; money units</returns>
    private double Measured(RequirementModel model, SliceProgramme programme, MarginResult before, Draft draft)
    {
        var extents = draft.Extents();
        model.TakeErrorBars(draft.After);
        programme.Learn(extents);
        return Unseen(model, draft.After, extents) + (before.Equity - draft.After.Equity);
    }

    private double Unseen(RequirementModel model, MarginResult at, ReadOnlySpan<double> extents) =>
        _policy.TargetRatio * (at.Maintenance - model.At(extents, out _));

    /// <summary>The smallest share of every leg that has to be closed, in steps and to a ten-thousandth of what is missing where steps are that fine; null where not even all of it helps.</summary>
    private Draft? ProRata(LiveMargin live, MarginResult before, ImmutableArray<LiquidationAction> actions, Draft all)
    {
        if (all.Excess < 0)
        {
            return null;
        }

        // But for add-ons, whose formula is known, the margin is nearly homogeneous; what that guess of the excess misses is measured and added to the next.
        var factor = _engine.Parameters.Concentration.Factor;
        var legs = actions.Where(a => !a.IsHedge).ToArray();
        double AddOns(double kept) => legs.Sum(a => a.Liquidity.AddOn(kept * a.Size, factor).Charge);
        var rest = before.Maintenance - AddOns(1);
        double Guess(double share) => before.Equity - legs.Sum(a => a.Cost.Of(share * a.Size)) - (_policy.TargetRatio * (((1 - share) * rest) + AddOns(1 - share)));

        var close = 1e-4 * ((_policy.TargetRatio * before.Maintenance) - before.Equity);
        var (best, low, high, missed) = (all, 0.0, 1.0, 0.0);
        for (var i = 0; i < MostShares && high - low > 1e-5 && best.Excess > close; i++)
        {
            var (left, right) = (low, high);
            while (right - left > 1e-7)
            {
                var middle = (left + right) / 2;
                (left, right) = Guess(middle) + missed < close / 2 ? (middle, right) : (left, middle);
            }

            var draft = new Draft(this, live, live.Account, actions, [.. actions.Select(a => a.IsHedge ? 0 : Stepped(a, right))]);
            if (draft.Excess >= 0)
            {
                (best, high) = (draft, right);
            }
            else
            {
                low = right;
            }

            missed = draft.Excess - Guess(right);
        }

        return best;
    }

    /// <summary>Gives steps back, the dearest first, while the target holds, until no single step more can be given back.</summary>
    private Draft GivenBack(LiveMargin live, RequirementModel model, ImmutableArray<LiquidationAction> actions, Draft draft)
    {
        live.Move(draft.Account);
        var order = Enumerable.Range(0, actions.Length).OrderByDescending(a => actions[a].Cost.PerLot * actions[a].Step).ThenBy(a => a).ToArray();
        var slopes = model.SlopesAt(draft.Extents());
        foreach (var action in order)
        {
            // As many as the tangent suggests; all where giving back even helps.
            var (a, lots) = (actions[action], draft.Lots(action));
            var used = a.Step * ((-_policy.TargetRatio * slopes[action] / a.Size) - a.Cost.Slope(lots));
            var all = (lots + a.Step - 1) / a.Step;
            draft = GivenBack(live, draft, action, used > 0 ? (long)Math.Min(draft.Excess / used, all) : all);
        }

        // The engine has the last word on every single step.
        for (var (i, kept) = (0, 0); kept < order.Length; i = (i + 1) % order.Length)
        {
            var next = GivenBack(live, draft, order[i], 1);
            kept = next == draft ? kept + 1 : 0;
            draft = next;
        }

        return draft;
    }

    /// <summary>Gives steps of one action back.</summary>
    /// <param name="live">stands where the draft leads, and is moved along</param>
    /// <param name="draft">reaches the target</param>
    /// <param name="action">which</param>
    /// <param name="steps">how many to try first</param>
    private static Draft GivenBack(LiveMargin live, Draft draft, int action, long steps)
    {
        while (steps > 0 && draft.Less(action, steps) is { } next)
        {
            // The excess is all but concave in the steps: beyond a success the line through both points promises too much, before a failure too little.
            var used = draft.Excess - next.Excess;
            if (next.Excess >= 0)
            {
                steps = used > 0 ? (long)Math.Min(steps * (next.Excess / used), 1e12) : 2 * steps;
                draft = next;
                live.Move(draft.Account);
            }
            else
            {
                steps = Math.Min(steps - 1, (long)(steps * (draft.Excess / used)));
            }
        }

        return draft;
    }

    private ImmutableArray<LiquidationAction> Closings(MarginResult before) => [.. before.Holdings.Select(h => Action(h.Row, -h.Lots, isHedge: false))];

    /// <summary>Each hedge on both sides, up to the notional of the whole account.</summary>
    private IEnumerable<LiquidationAction> Hedges(MarginResult before, ImmutableArray<LiquidationAction> closings)
    {
        var notional = closings.Sum(c => c.Size * c.Liquidity.Notional);
        foreach (var instrument in _policy.Hedges)
        {
            var row = _engine.Array.RowOf(RowKey.Of(instrument));
            var most = (long)Math.Floor(notional / _engine.LiquidityOf(row).Notional);
            var held = before.Holdings.FirstOrDefault(h => h.Row == row).Lots;
            if (most == 0)
            {
                continue;
            }

            // Reducing a leg is closing it; a hedge goes the other way, or both where nothing is held.
            if (held >= 0)
            {
                yield return Action(row, most, isHedge: true);
            }

            if (held <= 0)
            {
                yield return Action(row, -most, isHedge: true);
            }
        }
    }

    private LiquidationAction Action(int row, long lots, bool isHedge)
    {
        var liquidity = _engine.LiquidityOf(row);
        var step = 1L;
        while (step * liquidity.Notional < _policy.StepUsd * LotRule.MoneyPerUsd)
        {
            step *= 10;
        }

        return new LiquidationAction(row, lots, step, isHedge, TradingCost.Of(liquidity, _policy), liquidity);
    }

    /// <summary>Lots of an extent in whole steps, rounded up; the whole leg where dust would remain.</summary>
    private long Stepped(LiquidationAction action, double extent)
    {
        var lots = (long)Math.Ceiling(Math.Round(extent * action.Size / action.Step, 6)) * action.Step;
        return Whole(action, lots);
    }

    private long Whole(LiquidationAction action, long lots) =>
        lots >= action.Size || (!action.IsHedge && lots > 0 && (action.Size - lots) * action.Liquidity.Notional <= _policy.DustUsd * LotRule.MoneyPerUsd) ? action.Size : lots;

    private static LiquidationPlan Ended(LiquidationMode mode, Account account, MarginResult before, MarginResult after, ImmutableArray<LiquidationLeg> legs) => new()
    {
        AccountId = account.Id,
        Mode = mode,
        Legs = legs,
        Cost = legs.Sum(l => l.Cost),
        Before = before,
        After = after,
    };

    /// <summary>Lots of every action, and what the engine says of the account then.</summary>
    private sealed class Draft
    {
        private readonly LiquidationPlanner _planner;
        private readonly LiveMargin _live;
        private readonly Account _before;
        private readonly ImmutableArray<LiquidationAction> _actions;
        private readonly long[] _lots;

        public Draft(LiquidationPlanner planner, LiveMargin live, Account before, ImmutableArray<LiquidationAction> actions, long[] lots)
        {
            (_planner, _live, _before, _actions, _lots) = (planner, live, before, actions, lots);
            Account = before with
            {
                Positions = [.. before.Positions, .. Changes()],
                Collateral = [.. before.Collateral, new CollateralHolding(Asset.Usd, Proceeds())],
            };
            After = live.Evaluate(Account);
            Cost = actions.Zip(lots, CostOf).Sum();
        }

        public Account Account { get; }

        public MarginResult After { get; }

        public long Cost { get; }

        /// <summary>Before the cost.</summary>
        public long Equity => After.Equity;

        /// <summary>Equity after the cost above the target.</summary>
        public double Excess => Equity - Cost - (_planner._policy.TargetRatio * After.Maintenance);

        public bool IsWhole() => _actions.Zip(_lots).All(a => a.First.IsHedge ? a.Second == 0 : a.Second == a.First.Size);

        public ProRataClosing AsProRata() => new(Extents().Max(), Legs().Sum(l => l.Notional), Cost);

        public double[] Extents() => [.. _actions.Zip(_lots, (a, lots) => (double)lots / a.Size)];

        public long Lots(int action) => _lots[action];

        /// <summary>The same with so many steps less of an action; null where it is not done that far.</summary>
        public Draft? Less(int action, long steps)
        {
            var (a, lots) = (_actions[action], _lots[action]);
            if (lots == 0)
            {
                return null;
            }

            // A whole leg need not be a whole number of steps.
            var whole = ((lots + a.Step - 1) / a.Step) - steps;
            if (whole < 0)
            {
                return null;
            }

            var fewer = _planner.Whole(a, whole * a.Step);
            if (fewer >= lots)
            {
                // What would remain is dust: next comes leaving more than dust.
                return Less(action, steps + 1);
            }

            var result = _lots.ToArray();
            result[action] = fewer;
            return new Draft(_planner, _live, _before, _actions, result);
        }

        public ImmutableArray<LiquidationLeg> Legs() =>
        [
            .. _actions.Zip(_lots).Where(a => a.Second != 0).OrderBy(a => a.First.Row).Select(a => new LiquidationLeg(
                InstrumentOf(a.First),
                Quantity(a.First, a.Second),
                Math.Sign(a.First.Lots) * a.Second,
                a.First.IsHedge,
                (long)Math.Round(a.Second * a.First.Liquidity.Notional),
                CostOf(a.First, a.Second))),
        ];

        private static long CostOf(LiquidationAction action, long lots) => (long)Math.Ceiling(action.Cost.Of(lots));

        private IEnumerable<Position> Changes() => _actions.Zip(_lots).Where(a => a.Second != 0).Select(a => new Position(InstrumentOf(a.First), Quantity(a.First, a.Second)));

        /// <summary>Value of what is sold less that of what is bought, at the marks. USD.</summary>
        private decimal Proceeds() => -_actions.Zip(_lots).Sum(a => (decimal)Math.Sign(a.First.Lots) * a.Second * _planner._engine.Array.Rows[a.First.Row].UnitValueTicks) / LotRule.MoneyPerUsd;

        private Instrument InstrumentOf(LiquidationAction action) => _planner._engine.Array.Rows[action.Row].Key.Instrument!;

        private decimal Quantity(LiquidationAction action, long lots) => Math.Sign(action.Lots) * _planner._engine.Array.Rows[action.Row].Quantity(lots);
    }
}
