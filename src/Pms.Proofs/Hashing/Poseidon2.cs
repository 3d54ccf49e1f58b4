using System.Runtime.CompilerServices;
using Pms.Proofs.Fields;

namespace Pms.Proofs.Hashing;

/// <summary>The Poseidon2 permutation over BN254 of width 4: x^5, 8 full and 56 partial rounds.</summary>
/// <remarks>Grassi, Khovratovich, Schofnegger, "Poseidon2" (2023), with the instance that Noir's standard library and Barretenberg use; testdata/vectors/poseidon2.json holds it to both.</remarks>
public static class Poseidon2
{
    public const int Width = 4;

    private const int HalfFull = 4;
    private const int Partial = 56;

    /// <summary>[round][element] of the full rounds, the first four and the last four.</summary>
    private static readonly PrimeElement<ScalarPrime>[] Full = [.. Poseidon2Constants.Full.Select(t => FieldElement.Parse(t).Value)];

    /// <summary>[round] of the partial rounds: of the first element alone.</summary>
    private static readonly PrimeElement<ScalarPrime>[] First = [.. Poseidon2Constants.Partial.Select(t => FieldElement.Parse(t).Value)];

    private static readonly PrimeElement<ScalarPrime>[] Diagonal = [.. Poseidon2Constants.Diagonal.Select(t => FieldElement.Parse(t).Value)];

    /// <summary>In place.</summary>
    /// <param name="state">4 elements</param>
    public static void Permute(Span<FieldElement> state)
    {
        if (state.Length != Width)
        {
            throw new ArgumentException($"a state has {Width} elements, not {state.Length}", nameof(state));
        }

        var (a, b, c, d) = (state[0].Value, state[1].Value, state[2].Value, state[3].Value);
        Mix(ref a, ref b, ref c, ref d);
        for (var r = 0; r < HalfFull; r++)
        {
            FullRound(r, ref a, ref b, ref c, ref d);
        }

        for (var r = 0; r < Partial; r++)
        {
            a = Fifth(a + First[r]);
            var sum = a + b + (c + d);
            a = (a * Diagonal[0]) + sum;
            b = (b * Diagonal[1]) + sum;
            c = (c * Diagonal[2]) + sum;
            d = (d * Diagonal[3]) + sum;
        }

        for (var r = HalfFull; r < 2 * HalfFull; r++)
        {
            FullRound(r, ref a, ref b, ref c, ref d);
        }

        (state[0], state[1], state[2], state[3]) = (FieldElement.Of(a), FieldElement.Of(b), FieldElement.Of(c), FieldElement.Of(d));
    }

    /// <summary>Three elements, fixed length.</summary>
    public static FieldElement Hash3(FieldElement a, FieldElement b, FieldElement c, HashTag tag)
    {
        Span<FieldElement> state = [a, b, c, FieldElement.Of((long)tag)];
        Permute(state);
        return state[0];
    }

    private static void FullRound(int round, ref PrimeElement<ScalarPrime> a, ref PrimeElement<ScalarPrime> b, ref PrimeElement<ScalarPrime> c, ref PrimeElement<ScalarPrime> d)
    {
        a = Fifth(a + Full[4 * round]);
        b = Fifth(b + Full[(4 * round) + 1]);
        c = Fifth(c + Full[(4 * round) + 2]);
        d = Fifth(d + Full[(4 * round) + 3]);
        Mix(ref a, ref b, ref c, ref d);
    }

    private static PrimeElement<ScalarPrime> Fifth(in PrimeElement<ScalarPrime> x)
    {
        var square = x * x;
        return square * square * x;
    }

    /// <summary>The matrix [5 7 1 3; 4 6 1 1; 1 3 5 7; 1 1 4 6] by eight additions and doublings (section 5.1 of the paper).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(ref PrimeElement<ScalarPrime> a, ref PrimeElement<ScalarPrime> b, ref PrimeElement<ScalarPrime> c, ref PrimeElement<ScalarPrime> d)
    {
        var t0 = a + b;
        var t1 = c + d;
        var t2 = b + b + t1;
        var t3 = d + d + t0;
        var t4 = t1 + t1;
        t4 = t4 + t4 + t3;
        var t5 = t0 + t0;
        t5 = t5 + t5 + t2;
        (a, b, c, d) = (t3 + t5, t5, t2 + t4, t4);
    }
}
