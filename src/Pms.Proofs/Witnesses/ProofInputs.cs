using System.Collections.Immutable;
using Pms.Proofs.Circuits;
using Pms.Proofs.Fields;

namespace Pms.Proofs.Witnesses;

/// <summary>What a proof is made from, and what it shows.</summary>
/// <param name="Instance">circuit and sizes</param>
/// <param name="Public">what everybody sees, in the circuit's order; docs/model/proofs.md names them</param>
/// <param name="Json">all inputs for the witness generator: hidden, not to be logged</param>
public sealed record ProofInputs(CircuitInstance Instance, ImmutableArray<PublicInput> Public, ReadOnlyMemory<byte> Json)
{
    /// <param name="instance">circuit and sizes, which say the names</param>
    /// <param name="values">public, in the circuit's order</param>
    /// <param name="inputs">all of them</param>
    internal static ProofInputs Of(CircuitInstance instance, ReadOnlySpan<FieldElement> values, NoirInputs inputs)
    {
        var names = instance.PublicNames;
        if (names.Length != values.Length)
        {
            throw new InvalidOperationException($"{instance.Name} has {names.Length} public inputs, not {values.Length}");
        }

        var shown = ImmutableArray.CreateBuilder<PublicInput>(names.Length);
        for (var i = 0; i < names.Length; i++)
        {
            shown.Add(new PublicInput(names[i], values[i]));
        }

        return new ProofInputs(instance, shown.MoveToImmutable(), inputs.ToJson());
    }

    /// <exception cref="InvalidOperationException">the circuit has no such public input</exception>
    public FieldElement this[string name] => Public.First(p => p.Name == name).Value;
}

/// <summary>One public input.</summary>
public readonly record struct PublicInput(string Name, FieldElement Value);
