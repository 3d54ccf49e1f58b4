// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title A generated verifier of UltraHonk proofs
/// @notice Answers false or reverts where the proof is not good. Generated code: its source is made, not written, and is known by its code hash.
interface IVerifier {
    /// @param publicInputs in the order of ProofKind, each below the order of the field
    function verify(bytes calldata proof, bytes32[] calldata publicInputs) external view returns (bool);
}
