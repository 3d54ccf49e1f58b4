using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Primitives;

namespace Pms.Attestation.Messages;

/// <summary>What one epoch commits to. Fields and units: contracts/src/types/Attestation.sol.</summary>
public sealed record BatchHeader : IStructuredMessage
{
    /// <summary>The version of this message.</summary>
    public const uint CurrentSchema = 1;

    public const string TypeString =
        "BatchHeader(uint64 setId,uint32 schema,uint64 sequence,uint64 observedAt,uint64 validUntil,uint64 bookBlock,"
        + "bytes32 snapshotHash,bytes32 parameterHash,bytes32 scenarioSetHash,bytes32 arrayRoot,bytes32 stressRoot,bytes32 stressSharesHash,bytes32 pricesHash,bytes32 accountsRoot,"
        + "uint32 accountCount,uint32 rowCount,uint128 totalMaintenanceWad,int128 totalEquityWad,uint128 totalShortfallWad)";

    private static readonly KeccakHash TypeHash = Keccak256.Hash(System.Text.Encoding.ASCII.GetBytes(TypeString));

    public required SetId SetId { get; init; }

    public uint Schema { get; init; } = CurrentSchema;

    public required BatchSequence Sequence { get; init; }

    public required UnixSeconds ObservedAt { get; init; }

    public required UnixSeconds ValidUntil { get; init; }

    public required BlockNumber BookBlock { get; init; }

    public required ContentHash SnapshotHash { get; init; }

    public required ContentHash ParameterHash { get; init; }

    public required ContentHash ScenarioSetHash { get; init; }

    public required ContentHash ArrayRoot { get; init; }

    public required KeccakHash StressRoot { get; init; }

    public required KeccakHash StressSharesHash { get; init; }

    public required KeccakHash PricesHash { get; init; }

    public required KeccakHash AccountsRoot { get; init; }

    public required uint AccountCount { get; init; }

    public required uint RowCount { get; init; }

    public required UnsignedWad TotalMaintenance { get; init; }

    public required Wad TotalEquity { get; init; }

    public required UnsignedWad TotalShortfall { get; init; }

    /// <summary>Words of the fields.</summary>
    private const int Fields = 19;

    /// <summary>Length of <see cref="ToAbi"/>.</summary>
    public const int AbiBytes = Fields * AbiWords.WordBytes;

    /// <inheritdoc/>
    public KeccakHash StructHash()
    {
        Span<byte> bytes = stackalloc byte[AbiWords.WordBytes + AbiBytes];
        TypeHash.CopyTo(bytes);
        WriteAbi(bytes[AbiWords.WordBytes..]);
        return Keccak256.Hash(bytes);
    }

    /// <summary>The header as the chain's call data holds it: one word a field.</summary>
    public byte[] ToAbi()
    {
        var bytes = new byte[AbiBytes];
        WriteAbi(bytes);
        return bytes;
    }

    /// <summary>Reads <see cref="ToAbi"/>.</summary>
    /// <exception cref="InvalidInputException"><c>abi-length</c>; <c>abi-word</c>: a word outside its type, so that one header has one form (ATT-04)</exception>
    public static BatchHeader FromAbi(ReadOnlySpan<byte> bytes)
    {
        var words = new AbiReader(bytes, Fields);
        return new BatchHeader
        {
            SetId = new SetId(words.UInt64()),
            Schema = words.UInt32(),
            Sequence = new BatchSequence(words.UInt64()),
            ObservedAt = new UnixSeconds(words.UInt64()),
            ValidUntil = new UnixSeconds(words.UInt64()),
            BookBlock = new BlockNumber(words.UInt64()),
            SnapshotHash = words.ContentHash(),
            ParameterHash = words.ContentHash(),
            ScenarioSetHash = words.ContentHash(),
            ArrayRoot = words.ContentHash(),
            StressRoot = words.KeccakHash(),
            StressSharesHash = words.KeccakHash(),
            PricesHash = words.KeccakHash(),
            AccountsRoot = words.KeccakHash(),
            AccountCount = words.UInt32(),
            RowCount = words.UInt32(),
            TotalMaintenance = new UnsignedWad(words.UInt128()),
            TotalEquity = new Wad(words.Int128()),
            TotalShortfall = new UnsignedWad(words.UInt128()),
        };
    }

    private void WriteAbi(Span<byte> destination)
    {
        var words = new AbiWords(destination);
        words.Add(SetId.Value);
        words.Add(Schema);
        words.Add(Sequence.Value);
        words.Add(ObservedAt.Value);
        words.Add(ValidUntil.Value);
        words.Add(BookBlock.Value);
        words.Add(SnapshotHash);
        words.Add(ParameterHash);
        words.Add(ScenarioSetHash);
        words.Add(ArrayRoot);
        words.Add(StressRoot);
        words.Add(StressSharesHash);
        words.Add(PricesHash);
        words.Add(AccountsRoot);
        words.Add(AccountCount);
        words.Add(RowCount);
        words.Add(TotalMaintenance.Units);
        words.Add(TotalEquity.Units);
        words.Add(TotalShortfall.Units);
    }

    /// <summary>Hash of the prices that go with a batch, price id 0 first.</summary>
    public static KeccakHash HashPrices(ReadOnlySpan<PriceE8> prices)
    {
        var words = new AbiWords(new byte[prices.Length * AbiWords.WordBytes]);
        foreach (var price in prices)
        {
            words.Add(price.Units);
        }

        return words.Hash();
    }

    /// <summary>Hash of the loss share of each stress scenario.</summary>
    /// <param name="partsPerBillion">rounded up; in the order of the set</param>
    public static KeccakHash HashShares(ReadOnlySpan<uint> partsPerBillion)
    {
        var bytes = new byte[partsPerBillion.Length * sizeof(uint)];
        for (var i = 0; i < partsPerBillion.Length; i++)
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(i * sizeof(uint)), partsPerBillion[i]);
        }

        return Keccak256.Hash(bytes);
    }
}
