using System.Numerics;
using Pms.Primitives;

namespace Pms.Liquidation.Auctions;

/// <summary>Terms of an auction of this system, frozen at its start (docs/model/auctions.md). Shares are millionths, as on the chain.</summary>
/// <remarks>What is auctioned is one number: USD of equity for each USD of shortfall removed. It rises in two straight lines and stays at its end.</remarks>
public sealed record AuctionTerms
{
    /// <summary>Millionths in one.</summary>
    public const long One = 1_000_000;

    private const uint MostSeconds = (1 << 24) - 1;

    /// <summary>Seconds since 1970, UTC.</summary>
    public ulong StartedAtSeconds { get; init; }

    /// <summary>From the start rate to the knee. 0 to 2^24 - 1.</summary>
    public uint FastSeconds { get; init; }

    /// <summary>From the knee to the end rate. 0 to 2^24 - 1.</summary>
    public uint SlowSeconds { get; init; }

    /// <summary>Millionths of a USD for each USD of shortfall removed.</summary>
    public uint StartRateE6 { get; init; }

    /// <summary>At least the start rate.</summary>
    public uint KneeRateE6 { get; init; }

    /// <summary>At least the knee rate.</summary>
    public uint EndRateE6 { get; init; }

    /// <summary>Equity over maintenance margin to reach, in millionths; 0: the initial margin.</summary>
    public uint TargetE6 { get; init; }

    /// <summary>Share of a keeper's cash that goes to the insurance account. Below one.</summary>
    public uint FeeE6 { get; init; }

    /// <exception cref="InvalidInputException"><c>auction-terms</c></exception>
    public void Validate()
    {
        Require(FastSeconds <= MostSeconds && SlowSeconds <= MostSeconds, $"the phases are {FastSeconds} s and {SlowSeconds} s: at most {MostSeconds} s each is required");
        Require(StartRateE6 <= KneeRateE6 && KneeRateE6 <= EndRateE6, $"the rates are {StartRateE6}, {KneeRateE6}, {EndRateE6} millionths: they must not fall");
        Require(FeeE6 < One, $"the fee is {FeeE6} millionths: less than {One} is required");
        Require(TargetE6 is 0 or >= (uint)One, $"the target is {TargetE6} millionths of the maintenance margin: 0 or at least {One} is required");
    }

    /// <summary>Millionths of a USD for each USD of shortfall removed, rounded down.</summary>
    /// <param name="nowSeconds">seconds since 1970, UTC; before the start counts as the start</param>
    public uint RateAt(ulong nowSeconds)
    {
        var elapsed = nowSeconds <= StartedAtSeconds ? 0 : nowSeconds - StartedAtSeconds;
        if (elapsed < FastSeconds)
        {
            return StartRateE6 + (uint)((KneeRateE6 - StartRateE6) * (UInt128)elapsed / FastSeconds);
        }

        elapsed -= FastSeconds;
        return elapsed < SlowSeconds ? KneeRateE6 + (uint)((EndRateE6 - KneeRateE6) * (UInt128)elapsed / SlowSeconds) : EndRateE6;
    }

    /// <summary>Whether the rate rises no more.</summary>
    public bool HasRunOut(ulong nowSeconds) => nowSeconds >= StartedAtSeconds + FastSeconds + SlowSeconds;

    /// <summary>What has to be added to an account's equity: its target requirement, rounded up, less its equity. At or below 0: restored.</summary>
    public BigInteger ShortfallWad(BigInteger equityWad, BigInteger initialWad, BigInteger maintenanceWad) =>
        (TargetE6 == 0 ? initialWad : -BigInteger.Divide(-maintenanceWad * TargetE6 - (One - 1), One)) - equityWad;

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new InvalidInputException("auction-terms", message);
        }
    }
}
