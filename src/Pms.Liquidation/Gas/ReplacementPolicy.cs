using System.Numerics;
using Pms.Primitives;

namespace Pms.Liquidation.Gas;

/// <summary>What a transaction offers, wei for a unit of gas.</summary>
public readonly record struct FeeOffer(BigInteger MaxFeeWei, BigInteger TipWei);

/// <summary>What to do about a transaction that is in no block yet.</summary>
public enum ReplacementStep
{
    Wait,

    /// <summary>Send the same again, with the new offer and the same nonce.</summary>
    Replace,

    /// <summary>Send nothing to oneself with the new offer and the same nonce: the transaction would do harm if it came through late.</summary>
    Cancel,

    /// <summary>Leave it: a cancellation would cost more than it can lose.</summary>
    Leave,
}

/// <summary>Step, offer and reason.</summary>
/// <param name="Step">what to do</param>
/// <param name="Offer">of the new transaction; null where none is sent</param>
/// <param name="Why">one sentence with figures</param>
public sealed record ReplacementDecision(ReplacementStep Step, FeeOffer? Offer, string Why);

/// <summary>How a transaction is replaced. Nodes keep the old one unless both fees rise by at least a tenth (geth, txpool.pricebump 10); some ask for an eighth.</summary>
public sealed record ReplacementPolicy
{
    public static ReplacementPolicy Default { get; } = new();

    /// <summary>Rise of both fees, thousandths: 100 to 1,000.</summary>
    public int BumpPerMille { get; init; } = 125;

    /// <summary>Blocks to wait before each replacement, 1 to 100.</summary>
    public int BlocksPerBump { get; init; } = 2;

    /// <summary>Replacements before giving up, 0 to 50.</summary>
    public int MostBumps { get; init; } = 6;

    /// <summary>Most that is ever offered, wei for a unit of gas.</summary>
    public BigInteger MostFeeWei { get; init; } = 500_000_000_000;

    /// <summary>Gas of a cancellation.</summary>
    public ulong CancelGas { get; init; } = 21_000;

    /// <exception cref="InvalidInputException"><c>gas-policy</c></exception>
    public void Validate()
    {
        if (BumpPerMille is < 100 or > 1_000 || BlocksPerBump is < 1 or > 100 || MostBumps is < 0 or > 50 || MostFeeWei.Sign <= 0)
        {
            throw new InvalidInputException("gas-policy", $"bump {BumpPerMille} (100 to 1000), blocks {BlocksPerBump} (1 to 100), bumps {MostBumps} (0 to 50), most fee {MostFeeWei} (above 0)");
        }
    }

    /// <summary>The least offer that a node takes in place of another: both fees up, rounded up.</summary>
    public FeeOffer Bumped(FeeOffer offer) => new(Up(offer.MaxFeeWei), Up(offer.TipWei));

    /// <param name="pending">what stands</param>
    /// <param name="blocksWaited">since the last offer</param>
    /// <param name="bumps">so far</param>
    /// <param name="wanted">what would be offered now if nothing stood: base fee quantile and tip of the day</param>
    /// <param name="largestFeeWei">at which the bid still nets its minimum; below 0: not at all</param>
    /// <param name="isStillWanted">false: someone else was there, the account recovered or the proof ran out</param>
    /// <param name="lossIfItHappensUsd">what the transaction would lose if it came through now; 0 where it would only revert at no cost, or gain</param>
    /// <param name="etherUsd">price of 1e18 wei</param>
    public ReplacementDecision Decide(FeeOffer pending, int blocksWaited, int bumps, FeeOffer wanted, BigInteger largestFeeWei, bool isStillWanted, double lossIfItHappensUsd, double etherUsd)
    {
        Validate();
        var bumped = Bumped(pending);
        var next = new FeeOffer(BigInteger.Max(bumped.MaxFeeWei, wanted.MaxFeeWei), BigInteger.Max(bumped.TipWei, wanted.TipWei));
        if (!isStillWanted || largestFeeWei < pending.MaxFeeWei)
        {
            var cost = BidEconomics.GasCostUsd(CancelGas, bumped.MaxFeeWei, etherUsd);
            var why = isStillWanted ? $"at most {largestFeeWei} wei would be worth it and {pending.MaxFeeWei} are offered" : "it is no longer wanted";
            return lossIfItHappensUsd > cost && bumped.MaxFeeWei <= MostFeeWei
                ? new ReplacementDecision(ReplacementStep.Cancel, bumped, $"{why}: cancelling costs at most {cost:F2} USD, it could lose {lossIfItHappensUsd:F2} USD")
                : new ReplacementDecision(ReplacementStep.Leave, null, $"{why}: it could lose {lossIfItHappensUsd:F2} USD, cancelling costs up to {cost:F2} USD");
        }

        return blocksWaited < BlocksPerBump ? new ReplacementDecision(ReplacementStep.Wait, null, $"{blocksWaited} of {BlocksPerBump} blocks waited")
            : bumps >= MostBumps ? new ReplacementDecision(ReplacementStep.Leave, null, $"{bumps} replacements were sent, more are not allowed")
            : next.MaxFeeWei > MostFeeWei ? new ReplacementDecision(ReplacementStep.Leave, null, $"{next.MaxFeeWei} wei would be needed, {MostFeeWei} is the most")
            : next.MaxFeeWei > largestFeeWei ? new ReplacementDecision(ReplacementStep.Leave, null, $"{next.MaxFeeWei} wei would be needed, up to {largestFeeWei} it is worth it")
            : new ReplacementDecision(ReplacementStep.Replace, next, $"in no block after {blocksWaited} blocks: {pending.MaxFeeWei} -> {next.MaxFeeWei} wei");
    }

    private BigInteger Up(BigInteger price) => ((price * (1_000 + BumpPerMille)) + 999) / 1_000;
}
