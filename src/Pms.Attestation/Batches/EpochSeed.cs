using Pms.Attestation.Amounts;
using Pms.Attestation.Encoding;
using Pms.Primitives;

namespace Pms.Attestation.Batches;

/// <summary>Seed of an epoch's random scenarios.</summary>
/// <remarks>
/// From the hash of the book's block: nobody knows it before the positions of the epoch stand, and the proposer cannot try seeds, because every attester derives it anew.
/// A proposer who also makes blocks can choose among its own; the stress grid and the upper bound of ES do not depend on the seed.
/// </remarks>
public static class EpochSeed
{
    /// <summary>The first 8 bytes of keccak(block hash, batch sequence).</summary>
    /// <exception cref="InvalidInputException"><c>block-hash</c>: the book does not name its block</exception>
    public static ulong Of(HouseBook book, BatchSequence sequence)
    {
        ArgumentNullException.ThrowIfNull(book);
        if (book.BlockHash.IsZero)
        {
            throw new InvalidInputException("block-hash", $"the book of block {book.Block} has no block hash to draw scenarios from");
        }

        var words = new AbiWords(stackalloc byte[2 * AbiWords.WordBytes]);
        words.Add(book.BlockHash);
        words.Add(sequence.Value);
        Span<byte> hash = stackalloc byte[KeccakHash.SizeBytes];
        words.Hash().CopyTo(hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
