// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {QuorumProof} from "../../src/types/Attestation.sol";
import {TestBase} from "./TestBase.sol";

/// @notice Keys of attesters, in the order of their addresses, and the proofs they make.
abstract contract AttesterKeys is TestBase {
    struct KeySet {
        uint256[] keys;
        address[] members; // rising
    }

    function keySet(uint256 count, uint256 salt) internal pure returns (KeySet memory set) {
        set.keys = new uint256[](count);
        set.members = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            uint256 key = uint256(keccak256(abi.encode("attester", salt, i))) >> 1;
            address member = vm.addr(key);
            uint256 place = i;
            for (; place != 0 && set.members[place - 1] > member; --place) {
                (set.keys[place], set.members[place]) = (set.keys[place - 1], set.members[place - 1]);
            }
            (set.keys[place], set.members[place]) = (key, member);
        }
    }

    function signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function proofOf(KeySet memory set, bytes32 digest, uint256 signers) internal pure returns (QuorumProof memory proof) {
        (proof.members, proof.signers) = (set.members, signers);
        for (uint256 i = 0; i < set.keys.length; ++i) {
            if ((signers >> i) & 1 == 1) proof.signatures = bytes.concat(proof.signatures, signature(set.keys[i], digest));
        }
    }
}
