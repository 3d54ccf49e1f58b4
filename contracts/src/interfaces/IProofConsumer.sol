// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ProofKind} from "../types/Proofs.sol";

/// @title What every contract that takes proofs checks before it believes one
/// @notice A proof counts for one contract on one chain, one circuit and one batch, because all of it is in its first public input. What it starts from is signed by a quorum of the set that signed the batch.
interface IProofConsumer {
    error NotAuthorised(address caller);
    error WrongKind(bytes32 circuitId, ProofKind kind);
    error WrongBatch(bytes32 given, bytes32 stored);
    error BatchDoesNotStand(uint64 batchSequence);
    error WrongSet(uint64 setId, uint64 ofBatch);
    error SetDistrusted(uint64 setId);
    error BatchTooOld(uint64 observedAt, uint256 now_, uint256 mostSeconds);
    error AnchorExpired(uint64 validUntil, uint256 now_);
    error AnchorTooLong(uint64 validUntil, uint256 most);
    error UnexpectedEvaluations(bytes32 circuitId, bytes32 evaluations);
    error NotInField(uint256 position, bytes32 value);
    error VerifierChanged(address verifier, bytes32 expected, bytes32 actual);
    error ProofRefused(bytes32 circuitId);
    error InvalidAge(uint256 seconds_, uint256 least, uint256 most);
    error ZeroValue();

    /// @notice First public input of a proof for this contract: chain, contract, circuit and batch, cut to 253 bits.
    function contextOf(bytes32 circuitId, uint64 batchSequence, bytes32 batchHash) external view returns (uint256);
}
