using Pms.Primitives;

namespace Pms.Liquidation.Auctions;

/// <summary>An account under Derive's auction. USD.</summary>
/// <param name="MarkToMarket">value of all that is held, cash included</param>
/// <param name="Maintenance">equity less requirement: below 0 where the account is due</param>
/// <param name="Reserved">cash from earlier bids, which is not sold again; at least 0</param>
public readonly record struct DeriveAuctioned(double MarkToMarket, double Maintenance, double Reserved = 0);

/// <summary>Phase of an auction.</summary>
public enum DeriveAuctionPhase
{
    Fast,
    Slow,

    /// <summary>The price has reached 0: anyone may turn it into an insolvent one.</summary>
    Ended,
}

/// <summary>Price, cap and fee of Derive's Dutch auction (docs/model/auctions.md).</summary>
public static class DeriveAuction
{
    public static DeriveAuctionPhase PhaseAt(DeriveAuctionParameters parameters, double elapsedSeconds)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Require(elapsedSeconds >= 0 && double.IsFinite(elapsedSeconds), $"elapsed is {elapsedSeconds} s: at least 0 is required");
        return elapsedSeconds < parameters.FastSeconds ? DeriveAuctionPhase.Fast
            : elapsedSeconds < (double)parameters.FastSeconds + parameters.SlowSeconds ? DeriveAuctionPhase.Slow
            : DeriveAuctionPhase.Ended;
    }

    /// <summary>Price over value: start to cutoff over the fast phase, cutoff to 0 over the slow one.</summary>
    /// <param name="parameters">of the auction</param>
    /// <param name="elapsedSeconds">since the start, at least 0</param>
    /// <param name="staircase">as on the chain, where the slow phase takes off floor(cutoff x seconds) / length; false: the straight line</param>
    public static double PriceFactor(DeriveAuctionParameters parameters, double elapsedSeconds, bool staircase = true)
    {
        switch (PhaseAt(parameters, elapsedSeconds))
        {
            case DeriveAuctionPhase.Fast:
                return parameters.StartFactor - ((parameters.StartFactor - parameters.CutoffFactor) * elapsedSeconds / parameters.FastSeconds);
            case DeriveAuctionPhase.Slow:
                var slow = elapsedSeconds - parameters.FastSeconds;
                return parameters.CutoffFactor - ((staircase ? Floor(parameters.CutoffFactor, slow) : parameters.CutoffFactor * slow) / parameters.SlowSeconds);
            default:
                return 0;
        }
    }

    /// <summary>BM = MM + buffer x (MM - MtM): the account is sold until this is 0.</summary>
    public static double BufferMargin(DeriveAuctionParameters parameters, DeriveAuctioned account)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return account.Maintenance + (parameters.Buffer * (account.Maintenance - account.MarkToMarket));
    }

    /// <summary>Price of the whole account: (MtM - R) d.</summary>
    public static double BidPrice(DeriveAuctioned account, double priceFactor) => (account.MarkToMarket - account.Reserved) * priceFactor;

    /// <summary>Largest share of the account as it is now: after it, and its price, BM is 0. 0 where BM is not below 0, 1 below the cutoff of value.</summary>
    public static double MaxFraction(DeriveAuctionParameters parameters, DeriveAuctioned account, double priceFactor, double bufferMargin)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        if (bufferMargin >= 0)
        {
            return 0;
        }

        if (account.MarkToMarket < parameters.MarkToMarketCutoff || account.MarkToMarket <= 0)
        {
            return 1;
        }

        var fraction = bufferMargin / (bufferMargin - (account.MarkToMarket * priceFactor) - (account.Reserved * (1 - priceFactor)));
        return Math.Min(1, fraction);
    }

    /// <summary>Taken at the start of a solvent auction, for the security module: fee rate x MtM x BM / (BM - MtM).</summary>
    public static double StartFee(DeriveAuctionParameters parameters, DeriveAuctioned account, double bufferMargin)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return account.MarkToMarket > 0 && bufferMargin < 0 ? parameters.FeeRate * account.MarkToMarket * bufferMargin / (bufferMargin - account.MarkToMarket) : 0;
    }

    /// <summary>Cash that a bidder's account must hold for a share: its price, and the buffer margin that it takes over.</summary>
    public static double LeastBalance(DeriveAuctioned account, double priceFactor, double bufferMargin, double fraction) =>
        fraction * (Math.Max(BidPrice(account, priceFactor), 0) + Math.Abs(bufferMargin - account.Reserved));

    /// <summary>What is paid to a bidder for a whole insolvent account: from -min(MtM, 0) in a straight line to -MM.</summary>
    /// <param name="parameters">of the auction</param>
    /// <param name="account">its maintenance balance below 0</param>
    /// <param name="elapsedSeconds">since the insolvent auction began, at least 0</param>
    public static double InsolventPayout(DeriveAuctionParameters parameters, DeriveAuctioned account, double elapsedSeconds)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Require(elapsedSeconds >= 0, $"elapsed is {elapsedSeconds} s: at least 0 is required");
        var first = Math.Max(-account.MarkToMarket, 0);
        var last = Math.Max(-account.Maintenance, first);
        return elapsedSeconds >= parameters.InsolventSeconds ? last : first + ((last - first) * elapsedSeconds / parameters.InsolventSeconds);
    }

    /// <summary>floor(share x whole seconds) of the decimal number that the share is written as: 0.7 x 10 is 7, whatever 0.7 is in binary.</summary>
    private static double Floor(double share, double seconds) => (double)decimal.Floor((decimal)share * (decimal)Math.Floor(seconds));

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new InvalidInputException("auction-input", message);
        }
    }
}
