using System.Buffers.Binary;
using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;

namespace Pms.Attestation.Messages;

/// <summary>One contract in the stress columns of the risk array: the leaf behind the header's stress root.</summary>
public sealed record StressRow : IStructuredMessage
{
    public const string TypeString = "StressRow(bytes32 instrument,int256 markWad,int8 tickExponent,bytes32 entriesHash)";

    private static readonly KeccakHash TypeHash = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(TypeString));

    public required InstrumentId Instrument { get; init; }

    /// <summary>Value of one unit now: the price, for futures and perpetuals too. The chain's int256; never below 0 here.</summary>
    public required UnitPriceWad Mark { get; init; }

    /// <summary>An entry is a gain of 10^this USD per unit.</summary>
    public required sbyte TickExponent { get; init; }

    /// <summary>From <see cref="HashEntries"/>.</summary>
    public required KeccakHash EntriesHash { get; init; }

    /// <inheritdoc/>
    public KeccakHash StructHash()
    {
        var words = new AbiWords(stackalloc byte[5 * AbiWords.WordBytes]);
        words.Add(TypeHash);
        words.Add(Instrument.Value);
        words.Add(Mark.Units);
        words.Add(TickExponent);
        words.Add(EntriesHash);
        return words.Hash();
    }

    /// <summary>The entries as the chain reads them: 4 bytes each, big-endian two's complement.</summary>
    /// <param name="entries">stress scenarios in the order of the set</param>
    public static byte[] EntryBytes(ReadOnlySpan<int> entries)
    {
        var bytes = new byte[entries.Length * sizeof(int)];
        for (var i = 0; i < entries.Length; i++)
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(i * sizeof(int)), entries[i]);
        }

        return bytes;
    }

    public static KeccakHash HashEntries(ReadOnlySpan<int> entries) => Keccak256.Hash(EntryBytes(entries));
}
