using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Primitives;

namespace Pms.Attestation.Messages;

/// <summary>Kinds of contracts; the numbers are the chain's.</summary>
public enum InstrumentKind
{
    /// <summary>Not listed.</summary>
    None = 0,
    Call = 1,
    Put = 2,
    Future = 3,
    Perpetual = 4,
}

/// <summary>Terms of a contract: linear, settled in USD of the house.</summary>
/// <param name="Kind">kind</param>
/// <param name="PriceId">underlying</param>
/// <param name="Expiry">0 for a perpetual; fits 40 bits on the chain</param>
/// <param name="Strike">0 for futures and perpetuals</param>
public readonly record struct InstrumentTerms(InstrumentKind Kind, PriceId PriceId, UnixSeconds Expiry, UnitPriceWad Strike)
{
    private const ulong MostExpiry = (1UL << 40) - 1;

    /// <summary>keccak(kind, price id, expiry, strike): equal terms have one id on every chain.</summary>
    /// <exception cref="InvalidInputException"><c>instrument-terms</c></exception>
    public InstrumentId Id()
    {
        var words = new AbiWords(stackalloc byte[4 * AbiWords.WordBytes]);
        words.Add((ulong)Kind);
        words.Add((ulong)PriceId.Value);
        words.Add(Expiry.Value <= MostExpiry ? Expiry.Value : throw new InvalidInputException("instrument-terms", $"expiry {Expiry} s is beyond 40 bits"));
        words.Add(Strike.Units);
        return new InstrumentId(words.Hash());
    }
}
