using System.Collections.Immutable;
using Pms.Proofs.Circuits;
using Pms.Proofs.Fields;
using Pms.Proofs.Witnesses;
using Pms.Prover.Keys;
using Pms.Prover.Processes;

namespace Pms.Prover.Documents;

/// <summary>A proof that has been verified, with what it shows. It can be given to anybody.</summary>
/// <param name="Instance">circuit and sizes</param>
/// <param name="Target">who verifies</param>
/// <param name="Public">in the circuit's order</param>
/// <param name="Bytes">the proof</param>
/// <param name="KeyHash">of the verifying key</param>
/// <param name="SourceHash">of the circuit</param>
/// <param name="CommitmentKey">fingerprint of the commitment key</param>
/// <param name="IsDevelopment">made under the development key: proves nothing to others</param>
public sealed record Proof(
    CircuitInstance Instance, ProofTarget Target, ImmutableArray<PublicInput> Public, ImmutableArray<byte> Bytes, FieldElement KeyHash, string SourceHash, string CommitmentKey, bool IsDevelopment)
{
    /// <summary>What it took to make; zero where it was found finished.</summary>
    public ProverCost Cost { get; init; }

    /// <summary>As another circuit reads it.</summary>
    public ImmutableArray<FieldElement> Fields => [.. BuiltCircuit.FieldsOf(Bytes.AsSpan())];

    public FieldElement this[string name] => Public.First(p => p.Name == name).Value;
}
