using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;

namespace Pms.Attestation.Messages;

/// <summary>Cumulative funding of a perpetual: what one unit long has paid since the start.</summary>
public sealed record FundingIndex : IStructuredMessage
{
    public const string TypeString = "FundingIndex(uint64 setId,bytes32 instrument,uint64 sequence,int128 indexWad,uint64 observedAt)";

    private static readonly KeccakHash TypeHash = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(TypeString));

    public required SetId SetId { get; init; }

    public required InstrumentId Instrument { get; init; }

    /// <summary>Strictly rising per instrument.</summary>
    public required ulong Sequence { get; init; }

    /// <summary>Wad per unit.</summary>
    public required Wad Index { get; init; }

    public required UnixSeconds ObservedAt { get; init; }

    /// <inheritdoc/>
    public KeccakHash StructHash()
    {
        var words = new AbiWords(stackalloc byte[6 * AbiWords.WordBytes]);
        words.Add(TypeHash);
        words.Add(SetId.Value);
        words.Add(Instrument.Value);
        words.Add(Sequence);
        words.Add(Index.Units);
        words.Add(ObservedAt.Value);
        return words.Hash();
    }
}
