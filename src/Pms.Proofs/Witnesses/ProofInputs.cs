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
    /// <exception cref="InvalidOperationException">the circuit has no such public input</exception>
    public FieldElement this[string name] => Public.First(p => p.Name == name).Value;
}

/// <summary>One public input.</summary>
public readonly record struct PublicInput(string Name, FieldElement Value);
