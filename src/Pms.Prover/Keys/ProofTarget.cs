namespace Pms.Prover.Keys;

/// <summary>Who verifies a proof. Both hide what is not public.</summary>
public enum ProofTarget
{
    /// <summary>A contract (Keccak transcript).</summary>
    Chain,

    /// <summary>Another circuit (Poseidon2 transcript).</summary>
    Circuit,
}
