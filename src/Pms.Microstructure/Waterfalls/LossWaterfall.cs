using Pms.MarketData.Instruments;
using Pms.Microstructure.Cascades;
using Pms.Microstructure.Impact;
using Pms.Microstructure.Ledgers;

namespace Pms.Microstructure.Waterfalls;

/// <summary>What becomes of accounts that cannot pay: the backstop takes them, hedges what it holds with perpetuals and closes it by and by, the fund pays what is missing, then winners are deleveraged, then all who hold positions bear the rest.</summary>
/// <remarks>Each step to its limit before the next (LIQ-09). Owners without positions bear nothing (LIQ-10). Deleveraging closes the least share of the backstop's book that restores it, in whole lots (LIQ-11).</remarks>
internal sealed class LossWaterfall(VenueRun run)
{
    // A rest of the backstop below this is closed at once. USD.
    private const double Rest = 2_000;

    private readonly int[] _perpetuals = PerpetualsOf(run); // [coin] row of what hedges it; -1: nothing

    /// <summary>Takes positions and all else of an account, with what it still has or owes.</summary>
    public void TakeOver(int owner)
    {
        run.Tally.BadDebt += Math.Max(-run.ValueOf(owner), 0);
        if (run.Ledger.HasPositions(owner))
        {
            run.CountLiquidation(owner, run.Ledger.NotionalOf(owner, run.Market.Marks));
            run.Tally.HandedOver++;
        }

        run.Tally.Step("backstop");
        foreach (var (row, units) in run.Ledger.PositionsOf(owner).ToArray())
        {
            run.Ledger.Transfer(owner, VenueLedger.Backstop, row, units);
        }

        for (var asset = 0; asset < run.Ledger.Assets.Length; asset++)
        {
            run.Ledger.Pay(owner, VenueLedger.Backstop, asset, run.Ledger.CashOf(owner, asset));
        }

        run.Touch(owner);
    }

    /// <summary>Takes changes of an account at the marks less a cost, the account keeping the rest.</summary>
    public void Take(int owner, Fill[] fills, double cost)
    {
        run.CountLiquidation(owner, run.NotionalOf(fills));
        run.Tally.Step("backstop");
        run.Exchange(owner, VenueLedger.Backstop, fills);
        run.Ledger.PayUsd(owner, VenueLedger.Backstop, cost);
    }

    /// <summary>The fund pays somebody what it can.</summary>
    /// <returns>what it could not pay, USD</returns>
    public double PayFromFund(int owner, double usd)
    {
        var has = Math.Max((double)run.Ledger.CashOf(VenueLedger.Insurance, run.Ledger.Usd), 0);
        var paid = Math.Min(usd, has);
        if (paid > 0)
        {
            run.Tally.Step("insurance");
            run.Ledger.PayUsd(VenueLedger.Insurance, owner, paid);
            run.Tally.FundPaid += paid;
        }

        return usd - paid;
    }

    /// <summary>The backstop's minute: losses are covered, a share of its book is closed in the market, what is left over goes to the fund.</summary>
    public void Work()
    {
        foreach (var owner in run.AccountOwners.Where(o => !run.Ledger.HasPositions(o) && run.ValueOf(o) < -1e-6).ToArray())
        {
            // All closed, and not enough to pay for it.
            TakeOver(owner);
        }

        Cover();
        Close();
        Cover();
        if (!run.Ledger.HasPositions(VenueLedger.Backstop))
        {
            for (var asset = 0; asset < run.Ledger.Assets.Length; asset++)
            {
                var amount = run.Ledger.CashOf(VenueLedger.Backstop, asset);
                if (amount > 0)
                {
                    run.Ledger.Pay(VenueLedger.Backstop, VenueLedger.Insurance, asset, amount);
                }
            }
        }
    }

    /// <summary>Spreads a loss over all who hold positions, by notional, accounts to at most what they have.</summary>
    public void Socialise(int receiver, double usd)
    {
        run.Tally.Step("socialised");
        var left = usd;
        for (var round = 0; round < 4 && left > 1e-6; round++)
        {
            var bearers = run.AccountOwners.Append(VenueLedger.Makers)
                .Where(o => run.Ledger.HasPositions(o))
                .Select(o => (Owner: o, Weight: run.Ledger.NotionalOf(o, run.Market.Marks), Most: o == VenueLedger.Makers ? double.MaxValue : Math.Max(run.ValueOf(o), 0)))
                .Where(b => b.Weight > 0 && b.Most > 1e-6)
                .ToArray();
            var weights = bearers.Sum(b => b.Weight);
            var share = left;
            foreach (var (owner, weight, most) in bearers)
            {
                var borne = Math.Min(share * weight / weights, most);
                run.Ledger.PayUsd(owner, receiver, borne);
                run.Touch(owner);
                run.Tally.Socialised += borne;
                run.Tally.BorneByMakers += owner == VenueLedger.Makers ? borne : 0;
                run.Tally.SocialisedOnIdle += run.Ledger.HasPositions(owner) ? 0 : borne;
                left -= borne;
            }
        }
    }

    private void Cover()
    {
        var value = run.ValueOf(VenueLedger.Backstop);
        if (value >= 0)
        {
            return;
        }

        var missing = PayFromFund(VenueLedger.Backstop, -value);
        if (missing <= 1e-6)
        {
            return;
        }

        if (run.Scene.Deleverages && run.Ledger.HasPositions(VenueLedger.Backstop))
        {
            missing = Deleverage(missing, missing / -value);
        }

        if (missing > 1e-6)
        {
            Socialise(VenueLedger.Backstop, missing);
        }
    }

    /// <summary>Closes a share of the backstop's book against owners of the other side, at prices so much worse for them that they pay what is missing.</summary>
    /// <remarks>
    /// The whole book closed at its bankruptcy price would bring in its whole loss, so the share that brings in what is missing is missing / loss. First come the owners with the largest product of profit
    /// since the start over value then and notional over value now; equals by number; makers last.
    /// </remarks>
    /// <returns>what nobody could pay</returns>
    private double Deleverage(double missing, double share)
    {
        run.Tally.Step("deleveraging");
        var ranks = run.AccountOwners.Where(run.Ledger.HasPositions).Select(o => (Owner: o, Score: Score(o), Value: run.ValueOf(o)))
            .Where(o => o.Value > 0)
            .OrderByDescending(o => o.Score).ThenBy(o => o.Owner)
            .Select(o => o.Owner)
            .Append(VenueLedger.Makers)
            .ToArray();
        var closed = new SortedDictionary<int, double>();
        foreach (var position in run.Ledger.PositionsOf(VenueLedger.Backstop).ToArray())
        {
            var notional = run.Market.Marks[position.Row].Notional;
            var left = run.PartUp(position, share);
            run.Tally.DeleveragedLeast += share * Math.Abs((double)position.Units) * notional;
            foreach (var owner in ranks)
            {
                var held = run.Ledger.PositionOf(owner, position.Row);
                if (left == 0 || held == 0 || Math.Sign(held) == Math.Sign(left))
                {
                    continue;
                }

                var units = Math.Sign(left) * Math.Min(Math.Abs(left), Math.Abs(held));
                run.Exchange(VenueLedger.Backstop, owner, [new Fill(position.Row, -units)]);
                run.Touch(owner);
                left -= units;
                closed[owner] = closed.GetValueOrDefault(owner) + (Math.Abs((double)units) * notional);
            }
        }

        var total = closed.Values.Sum();
        run.Tally.DeleveragedNotional += total;
        var paid = 0.0;
        foreach (var (owner, notional) in closed)
        {
            var loss = missing * notional / total;
            loss = owner == VenueLedger.Makers ? loss : Math.Min(loss, Math.Max(run.ValueOf(owner), 0));
            run.Ledger.PayUsd(owner, VenueLedger.Backstop, loss);
            paid += loss;
            run.Tally.BorneByMakers += owner == VenueLedger.Makers ? loss : 0;
        }

        run.Tally.DeleveragedLoss += paid;
        return missing - paid;
    }

    private static int[] PerpetualsOf(VenueRun run)
    {
        var rows = new int[run.Market.Coins.Length];
        Array.Fill(rows, -1);
        for (var row = 0; row < run.Ledger.Instruments.Length; row++)
        {
            if (run.Ledger.Instruments[row] is Perpetual perpetual && run.Market.Coins.IndexOf(perpetual.Underlying.Base) is var coin and >= 0 && rows[coin] < 0)
            {
                rows[coin] = row;
            }
        }

        return rows;
    }

    private double Score(int owner)
    {
        var (now, start) = (Math.Max(run.ValueOf(owner), 1e-6), Math.Max(run.StartValues[owner], 1e-6));
        return (now - start) / start * (run.Ledger.NotionalOf(owner, run.Market.Marks) / now);
    }

    /// <summary>Perpetuals that take the delta out of the book, so that they and the other changes together trade no more of a coin than the cap of a minute.</summary>
    private IEnumerable<Fill> Hedges(Fill[] changes)
    {
        var instruments = run.Ledger.Instruments.Length;
        var held = Enumerable.Range(0, run.Ledger.Assets.Length).Select(a => new Fill(instruments + a, run.Ledger.CashOf(VenueLedger.Backstop, a)));
        var book = run.DeltaOf(run.Ledger.PositionsOf(VenueLedger.Backstop).Concat(held));
        var changed = run.DeltaOf(changes);
        for (var coin = 0; coin < book.Length; coin++)
        {
            if (_perpetuals[coin] is var row and >= 0)
            {
                var most = run.Scene.MostShareOfVolume * run.Market.DailyVolumeOf(coin);
                var units = run.Whole(row, (Math.Clamp(-book[coin], -most, most) - changed[coin]) / run.Market.Marks[row].Delta);
                if (units != 0)
                {
                    yield return new Fill(row, units);
                }
            }
        }
    }

    private void Close()
    {
        var notional = run.Ledger.NotionalOf(VenueLedger.Backstop, run.Market.Marks);
        var share = notional <= Rest ? 1 : 1.0 / run.Scene.BackstopMinutes;
        var fills = run.Closing(VenueLedger.Backstop, share);
        var instruments = run.Ledger.Instruments.Length;
        var coins = new List<Fill>();
        for (var asset = 0; asset < run.Ledger.Assets.Length; asset++)
        {
            var held = run.Ledger.CashOf(VenueLedger.Backstop, asset);
            if (asset != run.Ledger.Usd && held != 0)
            {
                var part = Math.Abs((double)held) * run.Market.Marks[instruments + asset].Notional <= Rest ? held : decimal.Round(held / run.Scene.BackstopMinutes, 10);
                coins.Add(new Fill(instruments + asset, -part));
            }
        }

        if (fills.Length + coins.Count == 0)
        {
            return;
        }

        fills = [.. fills, .. Hedges([.. fills, .. coins])];
        var cost = run.Market.Trade([.. fills, .. coins]);
        run.Exchange(VenueLedger.Backstop, VenueLedger.Makers, fills);
        foreach (var (row, units) in coins)
        {
            run.Ledger.Pay(VenueLedger.Backstop, VenueLedger.Makers, row - instruments, -units);
            run.Ledger.PayUsd(VenueLedger.Backstop, VenueLedger.Makers, (double)units * run.Market.Marks[row].Value);
        }

        run.Ledger.PayUsd(VenueLedger.Backstop, VenueLedger.Makers, cost);
        run.Tally.Slippage += cost;
    }
}
