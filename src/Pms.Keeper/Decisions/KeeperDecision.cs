using System.Collections.Immutable;
using System.Numerics;
using Pms.Liquidation.Auctions;
using Pms.Liquidation.Gas;
using Pms.Primitives;

namespace Pms.Keeper.Decisions;

/// <summary>From what is known to what is done: a ranked list, every refusal with its reason and figure. Pure.</summary>
public static class KeeperDecision
{
    /// <summary>Code of what nets less than its minimum.</summary>
    internal const string NotProfitable = "not-profitable";

    private const double WadPerUsd = 1e18;

    private const int Rounds = 8;

    /// <summary>Share of the expected units that a bid gives up at most, while prices move before it is in a block.</summary>
    private const int UnitsTolerancePerMille = 10;

    /// <summary>By which a bid for all of a shortfall names more cash: requirements grow by the second, and what is not needed stays with the payer.</summary>
    private const int CashMarginPerMille = 10;

    /// <summary>Chosen actions first, by net gain; then those that are skipped, by net gain.</summary>
    /// <exception cref="InvalidInputException"><c>keeper-config</c></exception>
    public static ImmutableArray<KeeperAction> Decide(KeeperSnapshot snapshot, KeeperConfig config)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        var candidates = snapshot.Accounts.SelectMany(a => Candidates(a, snapshot, config)).OrderByDescending(a => a.IsChosen).ThenByDescending(a => a.NetUsd).ThenBy(a => a.Account).ThenBy(a => a.Kind).ThenBy(a => a.Claim).ToArray();
        var (cash, spent, inFlight) = (snapshot.CashWad - Wad(config.KeepCashUsd), snapshot.GasSpentTodayUsd, snapshot.TransactionsInFlight);
        var decided = ImmutableArray.CreateBuilder<KeeperAction>(candidates.Length);
        foreach (var candidate in candidates)
        {
            var action = candidate;
            if (action.IsChosen)
            {
                var worst = BidEconomics.GasCostUsd(action.GasUnits, action.Offer.MaxFeeWei, snapshot.Gas.EtherUsd);
                action = action.CashWad > cash ? Skipped(action, "no-cash", $"a bid of {Usd(action.CashWad)} USD is left without cash: {Usd(BigInteger.Max(cash, 0))} USD remain after better ones")
                    : worst > config.Gas.CapUsdPerTransaction ? Skipped(action, "gas-cap-transaction", $"gas could cost {worst:F2} USD: {config.Gas.CapUsdPerTransaction:F2} USD is the most for one transaction")
                    : spent + worst > config.Gas.CapUsdPerDay ? Skipped(action, "gas-cap-day", $"gas could cost {worst:F2} USD: {Math.Max(config.Gas.CapUsdPerDay - spent, 0):F2} of {config.Gas.CapUsdPerDay:F2} USD are left for the day")
                    : inFlight >= config.MostInFlight ? Skipped(action, "in-flight-limit", $"{inFlight} transactions are on their way: {config.MostInFlight} is the most")
                    : action;
                if (action.IsChosen)
                {
                    (cash, spent, inFlight) = (cash - action.CashWad, spent + worst, inFlight + 1);
                }
            }

            decided.Add(action);
        }

        return [.. decided.OrderByDescending(a => a.IsChosen)];
    }

    /// <summary>One action of this kind on this account, judged anew: for what is on its way.</summary>
    public static KeeperAction? Judge(KeeperSnapshot snapshot, KeeperConfig config, ActionKind kind, ulong account)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var free = snapshot with { InFlight = snapshot.InFlight.Remove((kind, account)) };
        return snapshot.Accounts.Where(a => a.Account == account).SelectMany(a => Candidates(a, free, config)).FirstOrDefault(a => a.Kind == kind);
    }

    private static IEnumerable<KeeperAction> Candidates(AuctionView view, KeeperSnapshot snapshot, KeeperConfig config)
    {
        var isRunning = view.Terms is not null;
        if (!isRunning && view.IsDue)
        {
            yield return Gated(Flat(ActionKind.Start, view, 0, $"equity {Usd(view.Money.EquityWad)} of {Usd(view.CallRanOut ? view.Money.InitialWad : view.Money.MaintenanceWad)} USD", snapshot, config), view, snapshot, config);
        }

        if (view.Terms is { } terms)
        {
            var shortfall = terms.ShortfallWad(view.Money.EquityWad, view.Money.InitialWad, view.Money.MaintenanceWad);
            if (shortfall.Sign <= 0)
            {
                yield return Gated(Flat(ActionKind.End, view, 0, $"equity is {Usd(-shortfall)} USD above its target", snapshot, config), view, snapshot, config);
            }
            else if (view.Money.WorthWad.Sign <= 0)
            {
                // Insurance pays from the moment at which the chain knows.
                yield return Gated(
                    config.BadDebt == BadDebtMode.TakeOver && !view.IsMarked ? Flat(ActionKind.End, view, 0, $"worth {Usd(view.Money.WorthWad)} USD, which is marked before it is taken over", snapshot, config) : TakeOver(view, snapshot, config),
                    view, snapshot, config);
            }
            else
            {
                var bid = Gated(Share(view, terms, shortfall, snapshot, config), view, snapshot, config);
                yield return bid;
                if (terms.HasRunOut(snapshot.NowSeconds) && view.IsDue && bid.Skip is { Code: NotProfitable })
                {
                    // At these terms this keeper never comes; governance may have moved the numbers since.
                    yield return Gated(Flat(ActionKind.Restart, view, 0, $"its terms have run out at a rate of {terms.EndRateE6 / 1e6:P2}", snapshot, config), view, snapshot, config);
                }
            }
        }

        foreach (var claim in view.OwnClaims)
        {
            yield return Gated(Flat(ActionKind.Divide, view, claim, $"claim {claim} is written out", snapshot, config), view, snapshot, config);
        }
    }

    /// <summary>What brings nothing by itself and costs its gas.</summary>
    private static KeeperAction Flat(ActionKind kind, AuctionView view, ulong claim, string what, KeeperSnapshot snapshot, KeeperConfig config)
    {
        var units = config.Gas.Units[kind];
        var gas = GasUsd(units, snapshot);
        return Priced(new KeeperAction { Kind = kind, Account = view.Account, Claim = claim, GasUnits = units, GasUsd = gas, NetUsd = -gas, Why = $"{what}; gas {gas:F2} USD" }, 0, snapshot, config);
    }

    private static KeeperAction Share(AuctionView view, AuctionTerms terms, BigInteger shortfall, KeeperSnapshot snapshot, KeeperConfig config)
    {
        var most = ShareBid.MostCash(shortfall, terms.FeeE6);
        var allowed = BigInteger.Min(Wad(config.LargestCashUsd), BigInteger.Max(snapshot.CashWad - Wad(config.KeepCashUsd), 0));
        var limit = BigInteger.Min(most, allowed);
        var units = config.Gas.Units[ActionKind.Share];
        var gas = GasUsd(units, snapshot) + DivisionUsd(snapshot, config);
        var rate = terms.RateAt(snapshot.NowSeconds) / 1e6;
        var (best, net) = BestBid(view, rate, gas, (double)limit / WadPerUsd, config.Costs);
        var cash = best >= (double)limit / WadPerUsd ? limit : BigInteger.Min(limit, Wad(best));
        var action = new KeeperAction { Kind = ActionKind.Share, Account = view.Account, CashWad = cash, GasUnits = units, GasUsd = gas, NetUsd = net, Why = $"{Usd(cash)} of {Usd(most)} USD at a rate of {rate:P2} nets {net:F2} USD after {gas:F2} USD of gas" };
        if (limit.Sign <= 0)
        {
            return Skipped(action, "no-cash", $"the payer has {Usd(snapshot.CashWad)} USD, of which {config.KeepCashUsd:F2} are kept");
        }

        var minimum = config.MinimumNetUsd.GetValueOrDefault(ActionKind.Share);
        if (cash.Sign <= 0 || net < minimum)
        {
            return Skipped(action, NotProfitable, NotYet(view, terms, rate, net, minimum, gas, (double)limit / WadPerUsd, snapshot, config));
        }

        try
        {
            var bid = ShareBid.Take(terms, snapshot.NowSeconds, view.Money, view.AllUnitsWad, cash);
            var named = cash == most ? BigInteger.Min(most * (1_000 + CashMarginPerMille) / 1_000, allowed) : cash;
            // The chain asks of a part of the cash the same part of the least units.
            action = action with { CashWad = named, LeastUnitsWad = bid.UnitsWad * named * (1_000 - UnitsTolerancePerMille) / (cash * 1_000) };
        }
        catch (InvalidInputException e)
        {
            return Skipped(action, e.Code, e.Message);
        }

        return Priced(action, net + gas - DivisionUsd(snapshot, config), snapshot, config);
    }

    private static KeeperAction TakeOver(AuctionView view, KeeperSnapshot snapshot, KeeperConfig config)
    {
        // A hundredth of the margin on top, as it grows by the second; it stays in the account, which is the keeper's then.
        var cash = BigInteger.Max(view.Money.InitialWad - view.Money.EquityWad - view.InsuredWad, 0) + (view.Money.InitialWad / 100);
        var units = config.Gas.Units[ActionKind.TakeOver];
        var gas = GasUsd(units, snapshot);
        // Insurance pays what it has, at most the debt and its share of the margin. What it does not pay of the debt is the keeper's loss, and so is the cost of the book.
        var paid = (double)(view.Money.WorthWad + view.InsuredWad) / WadPerUsd;
        var gain = paid - ((config.Costs.RiskShare * (double)view.Money.MaintenanceWad) + (config.Costs.SpreadShare * (double)view.GrossMarkWad)) / WadPerUsd;
        var action = new KeeperAction { Kind = ActionKind.TakeOver, Account = view.Account, CashWad = cash, GasUnits = units, GasUsd = gas, NetUsd = gain - gas, Why = $"worth {Usd(view.Money.WorthWad)} USD, insurance pays {Usd(view.InsuredWad)} USD, {Usd(cash)} USD more bring it to its initial margin" };
        return config.BadDebt == BadDebtMode.Skip ? Skipped(action, "bad-debt", $"the account is worth {Usd(view.Money.WorthWad)} USD and bad debt is left to others")
            : cash > Wad(config.LargestCashUsd) ? Skipped(action, "no-cash", $"{Usd(cash)} USD are needed, {config.LargestCashUsd:F2} is the most of one bid")
            : Priced(action, gain, snapshot, config);
    }

    /// <summary>The size that nets most, and what it nets. A smaller bid takes more of the account for a USD, so size and costs are settled in a few rounds from the largest downwards.</summary>
    private static (double Size, double Net) BestBid(AuctionView view, double rate, double gasUsd, double limitUsd, CostRules costs)
    {
        var size = limitUsd;
        for (var round = 0; round < Rounds && size > 0; round++)
        {
            size = Math.Min(size, EconomicsOf(view, rate, gasUsd, size, costs).BestSize(limitUsd));
        }

        return size > 0 ? (size, EconomicsOf(view, rate, gasUsd, size, costs).NetUsd(size)) : (0, -gasUsd);
    }

    /// <summary>Costs of a bid of x cash: a share x (1 + rate) / worth afterwards of the account's risk and marks; and what the bid takes from own claims that are not written out yet.</summary>
    private static BidEconomics EconomicsOf(AuctionView view, double rate, double gasUsd, double sizeUsd, CostRules costs)
    {
        var own = (double)view.OwnUnitsWad / (double)view.AllUnitsWad * ((view.Terms?.FeeE6 ?? 0) / 1e6 + rate);
        var worth = ((double)view.Money.WorthWad / WadPerUsd) + sizeUsd;
        var share = worth > 0 ? (1 + rate) / worth : 0;
        var gross = share * (double)view.GrossMarkWad / WadPerUsd;
        return new BidEconomics
        {
            Rate = rate,
            SpreadShare = (costs.RiskShare * share * (double)view.Money.MaintenanceWad / WadPerUsd) + (costs.SpreadShare * gross) + own,
            Impact = costs.ImpactFactor * gross * Math.Sqrt(gross / costs.DailyVolumeUsd),
            GasUsd = gasUsd,
        };
    }

    /// <summary>The figure that a keeper waits for: the rate at which the bid nets its minimum, and when the auction gets there.</summary>
    private static string NotYet(AuctionView view, AuctionTerms terms, double rate, double net, double minimum, double gas, double limitUsd, KeeperSnapshot snapshot, KeeperConfig config)
    {
        var text = $"not yet profitable: net {net:F2} of at least {minimum:F2} USD at a rate of {rate:P2}, gas {gas:F2} USD";
        var (low, high) = (snapshot.NowSeconds, Math.Max(snapshot.NowSeconds, terms.StartedAtSeconds + terms.FastSeconds + terms.SlowSeconds));
        bool Pays(ulong at)
        {
            var (size, netThen) = BestBid(view, terms.RateAt(at) / 1e6, gas, limitUsd, config.Costs);
            return size > 0 && netThen >= minimum;
        }

        if (!Pays(high))
        {
            return $"{text}; not at its end rate of {terms.EndRateE6 / 1e6:P2} either";
        }

        while (high - low > 1)
        {
            var mid = low + ((high - low) / 2);
            (low, high) = Pays(mid) ? (low, mid) : (mid, high);
        }

        return $"{text}; from a rate of {terms.RateAt(high) / 1e6:P2}, in {high - snapshot.NowSeconds} s";
    }

    /// <summary>Offer, and the fee that it must not pass, from what is left before this transaction's gas.</summary>
    private static KeeperAction Priced(KeeperAction action, double gainBeforeGasUsd, KeeperSnapshot snapshot, KeeperConfig config)
    {
        if (!config.MinimumNetUsd.TryGetValue(action.Kind, out var minimum))
        {
            return Skipped(action, "kind-off", $"{action.Kind} is not among the kinds with a minimum net: it is not done");
        }

        var perWei = BidEconomics.GasCostUsd(action.GasUnits, BigInteger.One, snapshot.Gas.EtherUsd);
        var largest = new BigInteger(Math.Floor(Math.Clamp((gainBeforeGasUsd - minimum) / perWei, -1, 1e30)));
        var cap = new BigInteger(Math.Floor(Math.Min(config.Gas.CapUsdPerTransaction / perWei, 1e30)));
        var wanted = snapshot.Gas.HighWei + snapshot.Gas.TipWei;
        largest = BigInteger.Min(largest, cap);
        var offered = BigInteger.Min(BigInteger.Min(wanted, config.Gas.Replacement.MostFeeWei), largest);
        action = action with { LargestFeeWei = largest, Offer = new FeeOffer(BigInteger.Max(offered, 0), BigInteger.Min(snapshot.Gas.TipWei, BigInteger.Max(offered, 0))) };
        return action.NetUsd < minimum ? Skipped(action, NotProfitable, $"not profitable: net {action.NetUsd:F2} of at least {minimum:F2} USD, gas {action.GasUsd:F2} USD")
            : offered < snapshot.Gas.MedianWei ? Skipped(action, "gas-price", $"at most {offered} wei may be offered for a unit of gas, {snapshot.Gas.MedianWei} are expected to be needed")
            : action;
    }

    private static KeeperAction Gated(KeeperAction action, AuctionView view, KeeperSnapshot snapshot, KeeperConfig config)
    {
        var batchAge = snapshot.NowSeconds - Math.Min(snapshot.BatchObservedAt, snapshot.NowSeconds);
        return !config.MinimumNetUsd.ContainsKey(action.Kind) ? Skipped(action, "kind-off", $"{action.Kind} is not among the kinds with a minimum net: it is not done")
            : config.Whitelist.Length > 0 && !config.Whitelist.Contains(view.Account) ? Skipped(action, "not-listed", $"account {view.Account} is not on the whitelist of {config.Whitelist.Length}")
            : snapshot.InFlight.Contains((action.Kind, action.Account)) ? Skipped(action, "in-flight", "a transaction for it is on its way")
            : snapshot.CooldownUntil.TryGetValue((action.Kind, view.Account), out var until) && snapshot.NowSeconds < until ? Skipped(action, "cooldown", $"left alone for {until - snapshot.NowSeconds} s more after a failure")
            : snapshot.BlockAgeSeconds > config.Stale.BlockSeconds ? Skipped(action, "stale-block", $"the newest block is {snapshot.BlockAgeSeconds:F0} s old: {config.Stale.BlockSeconds} s is the most")
            : action.Kind == ActionKind.Divide ? action
            : snapshot.BatchSequence is null ? Skipped(action, "stale-batch", "there is no batch")
            : batchAge > (ulong)config.Stale.BatchSeconds ? Skipped(action, "stale-batch", $"the batch's market is {batchAge} s old: {config.Stale.BatchSeconds} s is the most")
            : snapshot.NowSeconds > snapshot.BatchValidUntil ? Skipped(action, "stale-batch", $"the batch's leaves counted until {snapshot.BatchValidUntil}, it is {snapshot.NowSeconds}")
            : view.Stale is { } stale ? Skipped(action, stale.Code, stale.Message)
            : action;
    }

    private static KeeperAction Skipped(KeeperAction action, string code, string message) => action with { Skip = new Refusal(code, message) };

    private static double GasUsd(ulong units, KeeperSnapshot snapshot) => BidEconomics.GasCostUsd(units, snapshot.Gas.MedianWei + snapshot.Gas.TipWei, snapshot.Gas.EtherUsd);

    /// <summary>Gas of the division that follows a bid, now or when it is calm.</summary>
    private static double DivisionUsd(KeeperSnapshot snapshot, KeeperConfig config)
    {
        var (units, now) = (config.Gas.Units[ActionKind.Divide], snapshot.Gas.MedianWei + snapshot.Gas.TipWei);
        return BidEconomics.GasCostUsd(units, config.Gas.CalmFeeGwei is { } gwei ? BigInteger.Min(now, new BigInteger(gwei * 1e9)) : now, snapshot.Gas.EtherUsd);
    }

    private static BigInteger Wad(double usd) => new BigInteger(Math.Floor(usd * 1e6)) * 1_000_000_000_000;

    private static string Usd(BigInteger wad) => $"{(double)wad / WadPerUsd:F2}";
}
