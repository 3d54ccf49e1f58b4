// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ProofAnchor} from "../types/Proofs.sol";

/// @title EIP-712 hashStruct of a proof's anchor
/// @dev Hashed as it lies in the call data, like the messages of AttestationHashes.
library ProofHashes {
    bytes32 internal constant PROOF_ANCHOR_TYPEHASH = keccak256(
        "ProofAnchor(uint64 setId,uint64 batchSequence,bytes32 batchHash,bytes32 circuitId,bytes32 arrayRoot,bytes32 accountsRoot,bytes32 evaluations,uint32 accountCount,uint64 validUntil)"
    );

    function hash(ProofAnchor calldata anchor) internal pure returns (bytes32 result) {
        bytes32 typeHash = PROOF_ANCHOR_TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            calldatacopy(add(free, 0x20), anchor, 0x120)
            result := keccak256(free, 0x140)
        }
    }
}
