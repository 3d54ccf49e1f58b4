// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {IProofConsumer} from "../interfaces/IProofConsumer.sol";
import {IProofVerifiers} from "../interfaces/IProofVerifiers.sol";
import {IVerifier} from "../interfaces/IVerifier.sol";
import {AttestationHashes} from "../libraries/AttestationHashes.sol";
import {Poseidon2} from "../libraries/Poseidon2.sol";
import {ProofHashes} from "../libraries/ProofHashes.sol";
import {BatchHeader, QuorumProof} from "../types/Attestation.sol";
import {Circuit, ProofAnchor} from "../types/Proofs.sol";

/// @title Checks that all contracts with proofs share
/// @dev Governance is the timelock, an address for good.
abstract contract ProofConsumer is IProofConsumer {
    using AttestationHashes for BatchHeader;
    using ProofHashes for ProofAnchor;

    bytes32 private constant CONTEXT = keccak256("PMS proof context 1");
    /// @notice Longest that an anchor may count after its batch was observed. [s]
    uint256 public constant MOST_ANCHOR_SECONDS = 1 hours;
    uint256 internal constant MONEY_UNIT_WAD = 1e12; // 1e-6 USD

    IAttestationRegistry public immutable REGISTRY;
    IProofVerifiers public immutable VERIFIERS;
    address public immutable governance;

    constructor(IAttestationRegistry registry, IProofVerifiers verifiers, address governance_) {
        require(address(registry) != address(0) && address(verifiers) != address(0) && governance_ != address(0), ZeroValue());
        (REGISTRY, VERIFIERS, governance) = (registry, verifiers, governance_);
    }

    modifier onlyGovernance() {
        require(msg.sender == governance, NotAuthorised(msg.sender));
        _;
    }

    /// @inheritdoc IProofConsumer
    function contextOf(bytes32 circuitId, uint64 batchSequence, bytes32 batchHash) public view returns (uint256) {
        return uint256(keccak256(abi.encode(CONTEXT, block.chainid, address(this), circuitId, batchSequence, batchHash))) >> 3;
    }

    /// @notice Reverts unless a quorum of the batch's set signed the anchor, which is of this header, and the batch is stored, young enough and stands.
    function _requireAnchored(BatchHeader calldata header, ProofAnchor calldata anchor, QuorumProof calldata signatures, uint256 mostSeconds) internal view {
        bytes32 batchHash = header.hash();
        (bytes32 stored,, uint64 setId, bool frozen) = REGISTRY.stored(anchor.batchSequence);
        require(stored != 0, IAttestationRegistry.BatchNotStored(anchor.batchSequence));
        require(batchHash == stored, WrongBatch(batchHash, stored));
        require(anchor.batchHash == stored, WrongBatch(anchor.batchHash, stored));
        require(!frozen, IAttestationRegistry.BatchIsFrozen(anchor.batchSequence));
        require(anchor.setId == setId, WrongSet(anchor.setId, setId));
        require(setId > REGISTRY.distrustedSet(), SetDistrusted(setId));
        require(block.timestamp <= uint256(header.observedAt) + mostSeconds, BatchTooOld(header.observedAt, block.timestamp, mostSeconds));
        require(block.timestamp <= anchor.validUntil, AnchorExpired(anchor.validUntil, block.timestamp));
        require(
            anchor.validUntil <= uint256(header.observedAt) + MOST_ANCHOR_SECONDS,
            AnchorTooLong(anchor.validUntil, uint256(header.observedAt) + MOST_ANCHOR_SECONDS)
        );
        REGISTRY.requireQuorum(anchor.setId, anchor.hash(), signatures);
    }

    /// @notice Whether a batch that something was proven for is stored, not frozen, and of a set that is trusted.
    function _stands(uint64 batchSequence) internal view returns (bool) {
        (bytes32 stored,, uint64 setId, bool frozen) = REGISTRY.stored(batchSequence);
        return stored != 0 && !frozen && setId > REGISTRY.distrustedSet();
    }

    /// @notice Public inputs that all circuits begin with, and room for so many more.
    function _inputs(ProofAnchor calldata anchor, uint256 more) internal view returns (bytes32[] memory inputs) {
        inputs = new bytes32[](3 + more);
        inputs[0] = bytes32(contextOf(anchor.circuitId, anchor.batchSequence, anchor.batchHash));
        (inputs[1], inputs[2]) = (anchor.arrayRoot, anchor.accountsRoot);
    }

    /// @notice Reverts unless the circuit's verifier, unchanged since it was enacted, takes the proof.
    function _requireVerified(bytes32 circuitId, Circuit memory circuit, bytes32[] memory inputs, bytes calldata proof) internal view {
        for (uint256 i = 0; i < inputs.length; ++i) {
            require(uint256(inputs[i]) < Poseidon2.P, NotInField(i, inputs[i]));
        }
        bytes32 actual = circuit.verifier.codehash;
        require(actual == circuit.codehash, VerifierChanged(circuit.verifier, circuit.codehash, actual));
        require(IVerifier(circuit.verifier).verify(proof, inputs), ProofRefused(circuitId));
    }
}
