using Pms.Microstructure.Cascades;
using Pms.Microstructure.Impact;
using Pms.Microstructure.Keepers;
using Pms.Microstructure.Ledgers;

namespace Pms.Microstructure.Procedures;

/// <summary>Numbers of Derive's auctions.</summary>
public sealed record AuctionParameters
{
    /// <summary>The production script of v2-core at commit 7736900d; live values may differ.</summary>
    public static AuctionParameters Default { get; } = new();

    /// <summary>Share of value that the first bid pays.</summary>
    public double Start { get; init; } = 0.95;

    /// <summary>Share at the end of the fast phase.</summary>
    public double Cutoff { get; init; } = 0.70;

    public double FastMinutes { get; init; } = 15;

    public double SlowMinutes { get; init; } = 720;

    public double InsolventMinutes { get; init; } = 60;

    /// <summary>Of the value liquidated, to the fund.</summary>
    public double FeeRate { get; init; } = 0.10;

    /// <summary>Margin is restored to this share of itself above it.</summary>
    public double Buffer { get; init; } = 0.15;

    /// <summary>Accounts of less value are sold whole. USD.</summary>
    public double WholeBelow { get; init; } = 100;

    /// <summary>d(t): price of a bid as a share of value.</summary>
    public double PriceFactor(double minutes) => minutes <= FastMinutes
        ? Start - ((Start - Cutoff) * minutes / FastMinutes)
        : Cutoff * Math.Max(1 - ((minutes - FastMinutes) / SlowMinutes), 0);

    /// <summary>f: share of the account that a bid may take, so that its buffer margin is 0 afterwards.</summary>
    /// <param name="bufferMargin">BM, below 0</param>
    /// <param name="value">MtM with cash</param>
    /// <param name="reserved">R, cash of earlier bids</param>
    /// <param name="factor">d(t)</param>
    public static double MostShare(double bufferMargin, double value, double reserved, double factor) =>
        bufferMargin >= 0 ? 0 : Math.Min(bufferMargin / (bufferMargin - (value * factor) - (reserved * (1 - factor))), 1);
}

/// <summary>Derive's auctions: the same share of every position, at a price that falls; for an account without value, with a payment from the fund that rises.</summary>
/// <remarks>
/// Solvent: price of a share f is f (MtM - R) d(t), f at most BM / (BM - MtM d - R (1 - d)), BM = MM + buffer x (MM - MtM), where MM is value less maintenance margin. A fee of feeRate x MtM x BM / (BM - MtM) goes
/// to the fund at the start. Insolvent: the fund pays from -MtM up to -MM for all of it; what it lacks is socialised. Ends when BM, or MM, is at least 0. Nobody tops up meanwhile. Not
/// reproduced: replacing of the named scenario, the staircase of the slow phase, withdrawals blocked.
/// </remarks>
internal sealed class DutchAuction(AuctionParameters parameters) : ILiquidationProcedure
{
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
            if (!auction.IsInsolvent && (value <= auction.Reserved || run.Minute - auction.From > parameters.FastMinutes + parameters.SlowMinutes))
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

    private double BufferMargin(VenueRun run, int owner) => Margin(run, owner) - (parameters.Buffer * run.FiguresOf(owner).Maintenance);

    private Auction Begin(VenueRun run, int owner)
    {
        var value = run.ValueOf(owner);
        if (value > 0)
        {
            var margin = BufferMargin(run, owner);
            var fee = parameters.FeeRate * value * margin / (margin - value);
            run.Ledger.PayUsd(owner, VenueLedger.Insurance, fee);
        }

        return new Auction(run.Minute, value <= 0, 0);
    }

    /// <returns>whether the auction is over</returns>
    private bool Bid(VenueRun run, int owner, Auction auction)
    {
        var (value, factor) = (run.ValueOf(owner), parameters.PriceFactor(run.Minute - auction.From));
        var reserved = auction.Reserved;
        while (true)
        {
            var most = value < parameters.WholeBelow ? 1 : AuctionParameters.MostShare(BufferMargin(run, owner), value, reserved, factor);
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
            var grown = Math.Min((run.Minute - auction.From) / parameters.InsolventMinutes, 1);
            var (least, margin) = (Math.Max(-value, 0), Math.Max(-Margin(run, owner), 0));
            var payout = least + ((Math.Max(margin, least) - least) * grown);
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
