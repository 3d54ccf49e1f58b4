using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;

namespace Pms.Attestation.Messages;

/// <summary>An account's book and all that led to it: each change of a leg is hashed onto the one before.</summary>
public readonly record struct PositionsHash(KeccakHash Value)
{
    /// <summary>Of an account that never held a leg: 0.</summary>
    public static PositionsHash Empty => default;

    /// <summary>keccak(hash, instrument, from, to).</summary>
    /// <param name="instrument">whose leg changes</param>
    /// <param name="from">held before</param>
    /// <param name="to">held after</param>
    public PositionsHash After(InstrumentId instrument, QuantityWad from, QuantityWad to)
    {
        var words = new AbiWords(stackalloc byte[4 * AbiWords.WordBytes]);
        words.Add(Value);
        words.Add(instrument.Value);
        words.Add(from.Units);
        words.Add(to.Units);
        return new PositionsHash(words.Hash());
    }

    public override string ToString() => Value.ToString();
}
