using Pms.Proofs.Fields;

namespace Pms.Proofs.Hashing;

/// <summary>A sponge of rate 3 over <see cref="Poseidon2"/>; its capacity starts as tag + length * 2^32, so digests of different lengths never meet.</summary>
public sealed class PoseidonSponge
{
    private const int Rate = 3;

    private readonly FieldElement[] _state = new FieldElement[Poseidon2.Width];
    private readonly int _length;
    private int _absorbed;

    /// <param name="tag">use</param>
    /// <param name="length">elements to come, at least 1</param>
    public PoseidonSponge(HashTag tag, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        _length = length;
        _state[Rate] = FieldElement.Of(((long)length << 32) + (long)tag);
    }

    public static FieldElement DigestOf(ReadOnlySpan<FieldElement> items, HashTag tag)
    {
        var sponge = new PoseidonSponge(tag, items.Length);
        foreach (var item in items)
        {
            sponge.Absorb(item);
        }

        return sponge.Digest();
    }

    public void Absorb(FieldElement item)
    {
        _state[_absorbed % Rate] += item;
        if (++_absorbed % Rate == 0)
        {
            Poseidon2.Permute(_state);
        }
    }

    /// <exception cref="InvalidOperationException">not as many elements as were announced</exception>
    public FieldElement Digest()
    {
        if (_absorbed != _length)
        {
            throw new InvalidOperationException($"{_absorbed} elements were absorbed, {_length} announced");
        }

        if (_absorbed % Rate != 0)
        {
            Poseidon2.Permute(_state);
        }

        return _state[0];
    }
}
