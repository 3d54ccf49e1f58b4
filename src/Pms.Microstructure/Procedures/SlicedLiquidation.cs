using Pms.Liquidation.Planning;
using Pms.Margin.Arrays;
using Pms.Margin.Portfolios;
using Pms.Margin.Requirement;
using Pms.MarketData.Instruments;
using Pms.Microstructure.Cascades;
using Pms.Microstructure.Impact;
using Pms.Microstructure.Keepers;
using Pms.Microstructure.Ledgers;

namespace Pms.Microstructure.Procedures;

/// <summary>How this system carries a plan out.</summary>
public sealed record SliceParameters
{
    public static SliceParameters Default { get; } = new();

    /// <summary>What a plan reaches and costs; its incentive is where the offer starts.</summary>
    public LiquidationPolicy Policy { get; init; } = LiquidationPolicy.Default;

    /// <summary>K: most minutes in which slices of an account are closed until it is well again; then the backstop takes what is left of it.</summary>
    public int MostRounds { get; init; } = 8;

    /// <summary>The incentive doubles each time this has passed without a taker, up to <see cref="MostIncentiveShare"/>. Minutes.</summary>
    public int DoublingMinutes { get; init; } = 3;

    /// <summary>Share of notional.</summary>
    public double MostIncentiveShare { get; init; } = 0.05;

    /// <summary>Without a taker for so long, the backstop takes the slice itself. Minutes.</summary>
    public int FallbackMinutes { get; init; } = 3;

    /// <summary>Plans made in a minute, at most.</summary>
    public int MostPlans { get; init; } = 200;
}

/// <summary>This system's liquidation: the planner's cheapest closing, in slices, its incentive never more than the equity left; what cannot pay for its closing goes to the backstop.</summary>
/// <remarks>
/// A slice is a share of every leg of the plan. The shortfall is convex in the quantities and at most 0 at the plan, so a share s of it takes away at least a share s of the shortfall but for
/// rounding: each slice is looked at by the margin engine, and one that does not lower the shortfall ends the attempt (LIQ-05).
/// </remarks>
internal sealed class SlicedLiquidation(SliceParameters parameters) : ILiquidationProcedure
{
    // A slice of less is not worth its gas. Share of what one action could take.
    private const double LeastSlice = 0.02;

    // Slices of one account in a minute: keepers have more actions in all but the largest pools.
    private const int MostSlicesOfARound = 200;

    private readonly Dictionary<int, Episode> _episodes = [];

    public void Act(VenueRun run)
    {
        var rule = (EngineRule)run.Rule;
        var due = run.Due();
        foreach (var well in _episodes.Keys.Except(due).ToArray())
        {
            _episodes.Remove(well);
        }

        var budget = new double[run.Market.Coins.Length];
        for (var coin = 0; coin < budget.Length; coin++)
        {
            budget[coin] = run.Scene.MostShareOfVolume * run.Market.DailyVolumeOf(coin);
        }

        var plans = 0;
        foreach (var owner in due)
        {
            if (plans++ == parameters.MostPlans)
            {
                break;
            }

            var episode = _episodes.TryGetValue(owner, out var known) ? known : _episodes[owner] = new Episode { WaitingSince = run.Minute };
            var before = episode.Slices;
            while (Attend(run, rule, owner, episode, budget) && episode.Slices - before < MostSlicesOfARound)
            {
                // A large account may take several keepers in a minute.
            }

            episode.Rounds += episode.Slices > before ? 1 : 0;
            run.Tally.MostSteps = Math.Max(run.Tally.MostSteps, episode.Rounds);
        }

        run.Tally.MinutesWithoutRoom += due.Count > 0 && !run.Keepers.HasRoom ? 1 : 0;
    }

    /// <returns>whether more slices may be tried this minute</returns>
    private bool Attend(VenueRun run, EngineRule rule, int owner, Episode episode, double[] budget)
    {
        var engine = rule.Engine;
        var account = run.Ledger.AccountOf(owner);
        var plan = new LiquidationPlanner(engine, parameters.Policy).Plan(account);
        var value = run.ValueOf(owner);
        if (plan.Mode == LiquidationMode.NotDue)
        {
            return false;
        }

        var waited = run.Minute - episode.WaitingSince;
        var isLate = waited >= parameters.FallbackMinutes;
        if (plan.Mode == LiquidationMode.HandOver || episode.Rounds >= parameters.MostRounds)
        {
            HandOver(run, engine, owner, plan.Mode == LiquidationMode.HandOver, value);
            return false;
        }

        if (!isLate && !run.Keepers.HasRoom)
        {
            return false;
        }

        // The offer: what the plan says that it costs, an incentive that grows while nobody comes, and the gas.
        var incentive = Math.Min(parameters.Policy.IncentiveShare * Math.Min(1 << Math.Min(waited / parameters.DoublingMinutes, 20), 1_000_000), parameters.MostIncentiveShare);
        var share = Math.Min(Math.Min(1, isLate ? 1 : run.Keepers.MostNotional / Math.Max(plan.Notional * 1e-6, 1e-6)), ShareOf(run, plan, budget));
        var fills = Fills(run, engine, plan, share);
        if (share < LeastSlice * Math.Min(1, run.Keepers.MostNotional / Math.Max(plan.Notional * 1e-6, 1e-6)) || fills.Length == 0)
        {
            return false;
        }

        var cost = CostOf(run, engine, fills);
        var extra = ((incentive - parameters.Policy.IncentiveShare) * run.NotionalOf(fills)) + (1.2 * run.Keepers.GasOf(fills.Length)) + 25;
        var free = Math.Max(Math.Min(value, plan.Before.Equity * 1e-6), 0);
        var reward = Math.Min(isLate ? cost : cost + extra, free);
        if (!LowersShortfall(run, engine, account, fills, reward, plan.Before))
        {
            // Not even this step helps (dear gas for a small account): the rest is the backstop's.
            run.Tally.WithoutProgress++;
            HandOver(run, engine, owner, isPoor: false, value);
            return false;
        }

        if (isLate)
        {
            run.Tally.Fallbacks++;
            run.Waterfall.Take(owner, fills, reward);
        }
        else if (run.Offer(owner, fills, reward) != KeeperAnswer.Taken)
        {
            return false;
        }
        else
        {
            run.Tally.MostRewardOfEquity = Math.Max(run.Tally.MostRewardOfEquity, free > 0 ? reward / free : 0);
            run.Tally.RewardsBeyondEquity += Math.Max(reward - free, 0);
        }

        Spend(run, fills, budget);
        episode.Slices++;
        episode.WaitingSince = run.Minute;
        run.Tally.ProgressBroken += engine.Evaluate(run.Ledger.AccountOf(owner)).Shortfall < plan.Before.Shortfall ? 0 : 1;
        return !isLate && share < 1;
    }

    /// <summary>Whether the margin engine finds a smaller shortfall once changes are made and a reward is paid (LIQ-05).</summary>
    private static bool LowersShortfall(VenueRun run, MarginEngine engine, Account account, Fill[] fills, double reward, MarginResult before)
    {
        var paid = VenueLedger.RoundUsd(reward) + VenueLedger.RoundUsd(run.PriceOf(fills));
        var after = engine.Evaluate(account with
        {
            Positions = [.. account.Positions, .. fills.Select(f => new Position(run.Ledger.Instruments[f.Row], f.Units))],
            Collateral = [.. account.Collateral, new CollateralHolding(Asset.Usd, -paid)],
        });
        return after.Shortfall < before.Shortfall;
    }

    /// <summary>The backstop takes all positions: for what closing costs where the account can pay that, else with all that the account has.</summary>
    private void HandOver(VenueRun run, MarginEngine engine, int owner, bool isPoor, double value)
    {
        var fills = run.Closing(owner, 1);
        var cost = CostOf(run, engine, fills);
        run.Tally.HandedOverPoor += isPoor ? 1 : 0;
        if (!isPoor && cost < value)
        {
            run.Tally.HandedOver++;
            run.Waterfall.Take(owner, fills, cost);
        }
        else
        {
            run.Waterfall.TakeOver(owner);
        }
    }

    /// <summary>What the policy lets changes cost: spread, impact, incentive and tail. USD.</summary>
    private double CostOf(VenueRun run, MarginEngine engine, Fill[] fills)
    {
        var sum = 0.0;
        foreach (var (row, units) in fills)
        {
            var index = engine.Array.RowOf(RowKey.Of(run.Ledger.Instruments[row]));
            sum += TradingCost.Of(engine.LiquidityOf(index), parameters.Policy).Of(Math.Abs(engine.Array.Rows[index].Lots(units)));
        }

        return 1e-6 * sum;
    }

    /// <summary>The largest share of a plan that the coins' budgets allow.</summary>
    private static double ShareOf(VenueRun run, LiquidationPlan plan, double[] budget)
    {
        var share = 1.0;
        var delta = run.DeltaOf(plan.Legs.Select(l => new Fill(run.Ledger.RowOf(l.Instrument), l.Quantity)));
        for (var coin = 0; coin < budget.Length; coin++)
        {
            share = delta[coin] == 0 ? share : Math.Min(share, Math.Max(budget[coin], 0) / Math.Abs(delta[coin]));
        }

        return share;
    }

    private static void Spend(VenueRun run, Fill[] fills, double[] budget)
    {
        var delta = run.DeltaOf(fills);
        for (var coin = 0; coin < budget.Length; coin++)
        {
            budget[coin] -= Math.Abs(delta[coin]);
        }
    }

    private static Fill[] Fills(VenueRun run, MarginEngine engine, LiquidationPlan plan, double share) =>
    [
        .. plan.Legs.Select(l =>
        {
            var row = engine.Array.Rows[engine.Array.RowOf(RowKey.Of(l.Instrument))];
            var units = share >= 1 ? l.Quantity : row.Quantity((long)(share * l.Lots));
            return new Fill(run.Ledger.RowOf(l.Instrument), units);
        }).Where(f => f.Units != 0),
    ];

    /// <summary>From when an account falls below its margin until it is well again or gone.</summary>
    private sealed class Episode
    {
        public int Slices { get; set; }

        /// <summary>Minutes with slices.</summary>
        public int Rounds { get; set; }

        public int WaitingSince { get; set; }
    }
}
