using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;

namespace Pms.Attestation.Signing;

/// <summary>What may be signed once: two digests for one slot are the fault that attesters are slashed for.</summary>
/// <param name="Domain">separator of the domain, so that another chain or registry has slots of its own</param>
/// <param name="Kind">as in <c>batch</c></param>
/// <param name="Key">as in the set id</param>
/// <param name="Sequence">rises; slots of one domain and kind are forgotten from below</param>
public readonly record struct SignSlot(KeccakHash Domain, string Kind, string Key, ulong Sequence)
{
    public static SignSlot OfBatch(Eip712Domain domain, SetId set, BatchSequence sequence)
    {
        ArgumentNullException.ThrowIfNull(domain);
        return new SignSlot(domain.Separator, "batch", $"{set}", sequence.Value);
    }

    public override string ToString() => $"{Kind} {Key}/{Sequence}";
}
