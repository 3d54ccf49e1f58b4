using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;

namespace Pms.Attestation.Messages;

/// <summary>One account's requirement. It binds to the book through sequence and positions hash.</summary>
public sealed record MarginLeaf : IStructuredMessage
{
    public const string TypeString =
        "MarginLeaf(uint64 account,uint64 sequence,bytes32 positionsHash,uint128 initialWad,uint128 maintenanceWad,int128 markValueWad,uint128 decayWadPerSecond)";

    private static readonly KeccakHash TypeHash = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(TypeString));

    public required AccountNumber Account { get; init; }

    /// <summary>The account's sequence at the header's book block.</summary>
    public required AccountSequence Sequence { get; init; }

    public required PositionsHash Positions { get; init; }

    /// <summary>Rounded up.</summary>
    public required UnsignedWad Initial { get; init; }

    /// <summary>Rounded up.</summary>
    public required UnsignedWad Maintenance { get; init; }

    /// <summary>Value of the contracts less what coins may lose together with them, rounded down.</summary>
    public required Wad MarkValue { get; init; }

    /// <summary>Growth of both requirements with the leaf's age, rounded up.</summary>
    public required WadPerSecond Decay { get; init; }

    /// <summary>Both requirements grown to a moment, as the chain counts them: decay x age on top, no age before the market's moment.</summary>
    /// <param name="observedAt">of the batch</param>
    /// <param name="now">moment of use</param>
    public (UnsignedWad Initial, UnsignedWad Maintenance) At(UnixSeconds observedAt, UnixSeconds now)
    {
        var age = now > observedAt ? now.Value - observedAt.Value : 0;
        var grown = new UnsignedWad(checked(Decay.Units * age));
        return (Initial + grown, Maintenance + grown);
    }

    private const int WordsBytes = 8 * AbiWords.WordBytes;

    /// <inheritdoc/>
    public KeccakHash StructHash()
    {
        Span<byte> words = stackalloc byte[WordsBytes];
        WriteWords(words);
        return Keccak256.Hash(words);
    }

    /// <summary>Struct hashes of many leaves, four at a time.</summary>
    public static KeccakHash[] StructHashes(ReadOnlySpan<MarginLeaf> leaves)
    {
        var words = new byte[leaves.Length * WordsBytes];
        for (var i = 0; i < leaves.Length; i++)
        {
            leaves[i].WriteWords(words.AsSpan(i * WordsBytes, WordsBytes));
        }

        var hashes = new KeccakHash[leaves.Length];
        Keccak256.HashEach(words, WordsBytes, hashes);
        return hashes;
    }

    private void WriteWords(Span<byte> destination)
    {
        var words = new AbiWords(destination);
        words.Add(TypeHash);
        words.Add(Account.Value);
        words.Add(Sequence.Value);
        words.Add(Positions.Value);
        words.Add(Initial.Units);
        words.Add(Maintenance.Units);
        words.Add(MarkValue.Units);
        words.Add(Decay.Units);
    }
}
