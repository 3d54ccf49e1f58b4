using Pms.Liquidation.Auctions;
using Pms.Microstructure.Cascades;
using Pms.Microstructure.Impact;
using Pms.Microstructure.Keepers;
using Pms.Microstructure.Ledgers;

namespace Pms.Microstructure.Procedures;

/// <summary>Derive's auctions: the same share of every position, at a price that falls; for an account without value, with a payment from the fund that rises.</summary>
/// <remarks>
/// Solvent: price of a share f is f (MtM - R) d(t), f at most BM / (BM - MtM d - R (1 - d)), BM = MM + buffer x (MM - MtM), where MM is value less maintenance margin. A fee of feeRate x MtM x BM / (BM - MtM) goes
/// to the fund at the start. Insolvent: the fund pays from -MtM up to -MM for all of it; what it lacks is socialised. Ends when BM, or MM, is at least 0. Nobody tops up meanwhile. Not
/// reproduced: replacing of the named scenario, the staircase of the slow phase, withdrawals blocked.
/// </remarks>
internal sealed class DutchAuction(DeriveAuctionParameters parameters) : ILiquidationProcedure
{
    /// <summary>Accounts of less value are sold whole, USD: ours, as none is published.</summary>
    private const double WholeBelow = 100;

    private readonly SortedDictionary<int, Auction> _auctions = [];

    public void Act(VenueRun run)
    {
        foreach (var owner in run.Due())
        {
            if (!_auctions.ContainsKey(owner))
            {
                _auctions.Add(owner, Begin(run, owner));
            }
        }

        var isFull = false;
        foreach (var (owner, begun) in _auctions.OrderBy(a => a.Value.From).ThenBy(a => a.Key).ToArray())
        {
            if (!run.Ledger.HasPositions(owner) || (begun.IsInsolvent ? Margin(run, owner) >= 0 : BufferMargin(run, owner) >= 0))
            {
                _auctions.Remove(owner);
                continue;
            }

            var (auction, value) = (begun, run.ValueOf(owner));
            if (!auction.IsInsolvent && (value <= auction.Reserved || SecondsOf(run, auction) > parameters.FastSeconds + parameters.SlowSeconds))
            {
                auction = _auctions[owner] = new Auction(run.Minute, IsInsolvent: true, 0);
            }

            isFull |= !run.Keepers.HasRoom;
            if (!isFull && (auction.IsInsolvent ? BidInsolvent(run, owner, auction) : Bid(run, owner, auction)))
            {
                _auctions.Remove(owner);
            }
        }

        run.Tally.MinutesWithoutRoom += isFull ? 1 : 0;
    }

    /// <summary>MM: value less maintenance margin.</summary>
    private static double Margin(VenueRun run, int owner) => run.FiguresOf(owner).Equity - run.FiguresOf(owner).Maintenance;

    private double BufferMargin(VenueRun run, int owner) => DeriveAuction.BufferMargin(parameters, new DeriveAuctioned(run.FiguresOf(owner).Equity, Margin(run, owner)));

    private static double SecondsOf(VenueRun run, Auction auction) => 60.0 * (run.Minute - auction.From);

    private Auction Begin(VenueRun run, int owner)
    {
        var value = run.ValueOf(owner);
        if (value > 0)
        {
            run.Ledger.PayUsd(owner, VenueLedger.Insurance, DeriveAuction.StartFee(parameters, new DeriveAuctioned(value, Margin(run, owner)), BufferMargin(run, owner)));
        }

        return new Auction(run.Minute, value <= 0, 0);
    }

    /// <returns>whether the auction is over</returns>
    private bool Bid(VenueRun run, int owner, Auction auction)
    {
        var (value, factor) = (run.ValueOf(owner), DeriveAuction.PriceFactor(parameters, SecondsOf(run, auction), staircase: false));
        var reserved = auction.Reserved;
        while (true)
        {
            var most = value < WholeBelow ? 1 : DeriveAuction.MaxFraction(parameters, new DeriveAuctioned(value, Margin(run, owner), reserved), factor, BufferMargin(run, owner));
            var share = Math.Min(most, run.Keepers.MostNotional / Math.Max(run.Ledger.NotionalOf(owner, run.Market.Marks), 1e-6));
            var fills = run.Closing(owner, share);
            if (fills.Length == 0)
            {
                (share, fills) = (1, run.Closing(owner, 1));
            }

            var taken = share * (value - reserved);
            var reward = taken * (1 - factor);
            if (run.Ask(new KeeperOffer(reward, run.Market.CostOf(fills), run.NotionalOf(fills), fills.Length)) != KeeperAnswer.Taken)
            {
                _auctions[owner] = auction with { Reserved = reserved };
                return false;
            }

            run.Tally.MostRewardOfEquity = Math.Max(run.Tally.MostRewardOfEquity, reward / value);
            run.Tally.LeastBid = Math.Min(run.Tally.LeastBid, factor);
            MoveShare(run, owner, fills, share, reserved);
            run.Ledger.PayUsd(VenueLedger.Keepers, owner, taken * factor);
            run.Hedge(fills);
            reserved += taken * factor;
            value = run.ValueOf(owner);
            run.Due(); // margins of what was touched
            if (share >= most || !run.Ledger.HasPositions(owner) || BufferMargin(run, owner) >= 0)
            {
                return true;
            }

            if (!run.Keepers.HasRoom || value <= reserved)
            {
                _auctions[owner] = auction with { Reserved = reserved };
                return false;
            }
        }
    }

    /// <returns>whether the auction is over</returns>
    private bool BidInsolvent(VenueRun run, int owner, Auction auction)
    {
        while (run.Keepers.HasRoom)
        {
            var value = run.ValueOf(owner);
            var least = Math.Max(-value, 0);
            var payout = DeriveAuction.InsolventPayout(parameters, new DeriveAuctioned(value, Margin(run, owner)), SecondsOf(run, auction));
            var share = Math.Min(1, run.Keepers.MostNotional / Math.Max(run.Ledger.NotionalOf(owner, run.Market.Marks), 1e-6));
            var fills = run.Closing(owner, share);
            if (fills.Length == 0)
            {
                (share, fills) = (1, run.Closing(owner, 1));
            }

            // The keeper gets a share of a debt, and the payment.
            if (run.Ask(new KeeperOffer(share * (payout + value), run.Market.CostOf(fills), run.NotionalOf(fills), fills.Length)) != KeeperAnswer.Taken)
            {
                return false;
            }

            run.Tally.BadDebt += share * least;
            MoveShare(run, owner, fills, share, 0);
            var missing = run.Waterfall.PayFromFund(VenueLedger.Keepers, share * payout);
            if (missing > 1e-6)
            {
                run.Waterfall.Socialise(VenueLedger.Keepers, missing);
            }

            run.Hedge(fills);
            run.Due();
            if (!run.Ledger.HasPositions(owner) || Margin(run, owner) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The keeper takes the share of positions and cash, and turns coins into USD with the makers at the marks.</summary>
    private static void MoveShare(VenueRun run, int owner, Fill[] fills, double share, double reserved)
    {
        run.CountLiquidation(owner, run.NotionalOf(fills));
        foreach (var (row, units) in fills)
        {
            run.Ledger.Transfer(VenueLedger.Makers, owner, row, units);
        }

        run.Ledger.PayUsd(VenueLedger.Keepers, VenueLedger.Makers, run.PriceOf(fills));
        for (var asset = 0; asset < run.Ledger.Assets.Length; asset++)
        {
            var held = run.Ledger.CashOf(owner, asset) - (asset == run.Ledger.Usd ? VenueLedger.RoundUsd(reserved) : 0);
            run.Ledger.Pay(owner, VenueLedger.Keepers, asset, share >= 1 ? held : decimal.Round(held * (decimal)share, 10));
        }

        run.Touch(owner);
    }

    /// <param name="From">minute</param>
    /// <param name="IsInsolvent">the fund pays</param>
    /// <param name="Reserved">R: cash of earlier bids, not sold again. USD</param>
    private sealed record Auction(int From, bool IsInsolvent, double Reserved);
}
