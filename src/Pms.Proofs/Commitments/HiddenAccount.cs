using System.Collections.Immutable;
using System.Security.Cryptography;
using Pms.Attestation.Encoding;
using Pms.Margin.Arrays;
using Pms.Primitives;
using Pms.Proofs.Fields;
using Pms.Proofs.Hashing;

namespace Pms.Proofs.Commitments;

/// <summary>An account as its proof knows it: nothing of it is shown but what the statement says.</summary>
/// <param name="Number">the house's</param>
/// <param name="Sequence">of its book</param>
/// <param name="PositionsHash">the chain's</param>
/// <param name="Equity">cash, counted coins and contracts now, rounded down [money units of 1e-6 USD]</param>
/// <param name="Salt">hides the positions; new for every epoch (<see cref="SaltOf"/>)</param>
/// <param name="Holdings">rows and lots, each row once</param>
public sealed record HiddenAccount(ulong Number, ulong Sequence, KeccakHash PositionsHash, long Equity, FieldElement Salt, ImmutableArray<RowLots> Holdings)
{
    /// <summary>Lots lie in [-2^39, 2^39).</summary>
    public const long MostLots = 1L << (LotBits - 1);

    /// <summary>Places in the array lie below 2^9.</summary>
    public const int MostRows = 1 << RowBits;

    private const int LotBits = 40;
    private const int RowBits = 9;
    private const int PositionsAField = 4;
    private static readonly FieldElement Word = FieldElement.Of((UInt128)1 << 64);

    /// <summary>A place in the tree that no account has.</summary>
    public static HiddenAccount Empty { get; } = new(0, 0, default, 0, FieldElement.Zero, []);

    /// <summary>The chain's positions hash as two field elements of 128 bits.</summary>
    public (FieldElement High, FieldElement Low) PositionsWords
    {
        get
        {
            Span<byte> bytes = stackalloc byte[KeccakHash.SizeBytes];
            PositionsHash.CopyTo(bytes);
            return (
                FieldElement.Of(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes)),
                FieldElement.Of(System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes[16..])));
        }
    }

    /// <summary>Salt of an account under a secret of the epoch.</summary>
    /// <param name="secret">at least 16 random bytes, of one epoch alone</param>
    /// <param name="place">in the tree</param>
    /// <exception cref="InvalidInputException"><c>proof-salt</c></exception>
    public static FieldElement SaltOf(ReadOnlySpan<byte> secret, int place)
    {
        if (secret.Length < 16)
        {
            throw new InvalidInputException("proof-salt", $"a secret of {secret.Length} bytes: at least 16 are required");
        }

        Span<byte> hash = stackalloc byte[32];
        HMACSHA256.HashData(secret, BitConverter.IsLittleEndian ? BitConverter.GetBytes(place) : throw new PlatformNotSupportedException(), hash);
        // 248 bits: below the field's order.
        hash[0] = 0;
        return FieldElement.FromBytes(hash);
    }

    /// <summary>[position] place and lots, padded with places without lots.</summary>
    /// <exception cref="InvalidInputException"><c>proof-positions</c>: more than the circuit has, or a row twice; <c>proof-range</c>: lots or rows beyond their bits</exception>
    public ImmutableArray<RowLots> Padded(int positions)
    {
        if (Holdings.Length > positions)
        {
            throw new InvalidInputException("proof-positions", $"account {Number} has {Holdings.Length} positions: the circuit has {positions}");
        }

        foreach (var (row, lots) in Holdings)
        {
            if (row is < 0 or >= MostRows || lots is < -MostLots or >= MostLots)
            {
                throw new InvalidInputException("proof-range", $"account {Number} holds {lots} lots of row {row}: lots from -2^39 up to, not including, 2^39 and rows below {MostRows} are provable");
            }
        }

        return [.. Holdings, .. Enumerable.Repeat(new RowLots(0, 0), positions - Holdings.Length)];
    }

    /// <summary>Leaf of the tree of accounts.</summary>
    /// <param name="positions">of the circuit</param>
    public FieldElement Leaf(int positions)
    {
        var padded = Padded(positions);
        var commitment = PoseidonSponge.DigestOf(
            [Salt, .. FieldPacking.Pack(positions, i => ((ulong)padded[i].Row << LotBits) + (ulong)(padded[i].Lots + MostLots), LotBits + RowBits, PositionsAField)], HashTag.Positions);
        var (high, low) = PositionsWords;
        return PoseidonSponge.DigestOf([State(ShiftedEquity), high, low, commitment], HashTag.Account);
    }

    /// <summary>Leaf of the tree of margins, which the chain opens.</summary>
    /// <param name="margin">money units</param>
    public FieldElement MarginLeaf(ulong margin)
    {
        var (high, low) = PositionsWords;
        return Poseidon2.Hash3(State(margin), high, low, HashTag.Margin);
    }

    /// <summary>Equity + 2^63.</summary>
    internal ulong ShiftedEquity => (ulong)Equity ^ (1UL << 63);

    private FieldElement State(ulong last) => (FieldElement.Of(((UInt128)Number << 64) + Sequence) * Word) + FieldElement.Of((UInt128)last);
}
