using System.Collections.Immutable;

namespace Pms.Attestation.Encoding;

/// <summary>An array of structs in EIP-712: Keccak of the struct hashes one after the other.</summary>
internal static class StructList
{
    public static KeccakHash Hash<T>(ImmutableArray<T> items)
        where T : IStructuredMessage
    {
        var words = new AbiWords(new byte[items.Length * AbiWords.WordBytes]);
        foreach (var item in items)
        {
            words.Add(item.StructHash());
        }

        return words.Hash();
    }
}
