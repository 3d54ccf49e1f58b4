// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

// What belongs to zero-knowledge proofs of margins and of solvency. docs/protocol.md, "Proofs", says what each proves and what it does not.

/// @notice What a quorum says a proof may start from: the numbers of one batch, as the circuits hash them.
struct ProofAnchor {
    uint64 setId; // attester set that signs it: the batch's
    uint64 batchSequence;
    bytes32 batchHash; // EIP-712 hashStruct of the batch's header
    bytes32 circuitId; // Keccak of the circuit's name
    bytes32 arrayRoot; // Poseidon2 root of the risk array over the proof's scenarios
    bytes32 accountsRoot; // Poseidon2 root of the hidden, salted accounts
    bytes32 evaluations; // hash of the challenge and the array's values at it; 0 for a single account
    uint32 accountCount; // accounts of the house in the tree
    uint64 validUntil; // [s]
}

/// @notice What a circuit proves, and so which public inputs it has.
enum ProofKind {
    None, // no such circuit
    AccountMargin, // context, arrayRoot, accountsRoot, marginRoot
    MarginBatch, // context, arrayRoot, accountsRoot, evaluations, marginRoot
    Solvency, // context, arrayRoot, accountsRoot, evaluations, shortfall
    SolvencySettle // context, arrayRoot, accountsRoot, evaluations, shortfall, shardKey
}

/// @notice Who verifies a circuit's proofs.
struct Circuit {
    ProofKind kind;
    uint8 depth; // of the margin tree; 0 unless it is a batch of margins
    address verifier; // generated, see IVerifier
    bytes32 codehash; // Keccak of its code
    bytes32 verifyingKeyHash; // of the key it was generated from; for whoever proves
    bytes32 shardKey; // hash of the verifying key of the shards; 0 unless it settles shards
}

/// @notice A circuit at construction.
struct CircuitSetup {
    bytes32 circuitId;
    Circuit circuit;
}

/// @notice What an account's margin rests on.
enum MarginPolicy {
    Quorum, // the signatures of a quorum
    Proven // the signatures, and a proof below which they do not count
}
