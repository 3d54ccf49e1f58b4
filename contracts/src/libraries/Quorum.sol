// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {QuorumProof} from "../types/Attestation.sol";

/// @title Signatures of a set of attesters over one digest
/// @notice A set has n = 3f + 1 members, 4 <= n <= 31, rising, none of them 0; a quorum is 2f + 1 of them.
/// @dev Exactly one text of bytes proves that given members signed with given signatures: low s, v 27 or 28, 65 bytes each, in the order of the members, nothing behind.
/// What was signed is known by its digest, never by the bytes of the signatures.
library Quorum {
    uint256 internal constant LEAST_MEMBERS = 4;
    uint256 internal constant MOST_MEMBERS = 31;
    uint256 private constant SIGNATURE_BYTES = 65;

    /// @notice 2f + 1.
    function threshold(uint256 members) internal pure returns (uint256) {
        return 2 * faults(members) + 1;
    }

    /// @notice f: how many of the members may lie or be silent.
    function faults(uint256 members) internal pure returns (uint256) {
        return members / 3;
    }

    function requireValidSet(address[] memory members) internal pure {
        uint256 size = members.length;
        require(size >= LEAST_MEMBERS && size <= MOST_MEMBERS && size % 3 == 1, IAttestationRegistry.InvalidSet(members));
        address last = address(0);
        for (uint256 i = 0; i < size; ++i) {
            require(members[i] > last, IAttestationRegistry.InvalidSet(members));
            last = members[i];
        }
    }

    /// @notice keccak(abi.encode(setId, members)).
    function setHash(uint64 setId, address[] calldata members) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := shl(5, members.length)
            mstore(free, and(setId, 0xffffffffffffffff))
            mstore(add(free, 0x20), 0x40)
            mstore(add(free, 0x40), members.length)
            calldatacopy(add(free, 0x60), members.offset, size)
            result := keccak256(free, add(size, 0x60))
        }
    }

    /// @notice Reverts unless at least so many members of the set signed the digest, and the proof holds nothing else.
    /// @param knownSetHash hash of the set's members, of a valid set
    /// @return signers bit i: members[i] signed
    function verify(bytes32 digest, uint64 setId, bytes32 knownSetHash, uint256 least, QuorumProof calldata proof) internal pure returns (uint256 signers) {
        address[] calldata members = proof.members;
        bytes calldata signatures = proof.signatures;
        signers = proof.signers;
        // A set that was never announced has hash 0, which is the hash of no list.
        bytes32 given = setHash(setId, members);
        require(given == knownSetHash, IAttestationRegistry.SetMismatch(setId, knownSetHash, given));
        require(signers >> members.length == 0, IAttestationRegistry.InvalidSignerMask(signers, members.length));
        uint256 signed = count(signers);
        require(signed >= least, IAttestationRegistry.QuorumTooSmall(signed, least));
        require(signatures.length == signed * SIGNATURE_BYTES, IAttestationRegistry.InvalidSignatureLength(signatures.length, signed * SIGNATURE_BYTES));

        uint256 offset = 0;
        for (uint256 index = 0; signers >> index != 0; ++index) {
            if ((signers >> index) & 1 == 0) continue;
            _requireSigner(digest, index, members[index], signatures[offset:]);
            offset += SIGNATURE_BYTES;
        }
    }

    /// @param signature at least 65 bytes: the caller has checked the length of all
    function _requireSigner(bytes32 digest, uint256 index, address member, bytes calldata signature) private pure {
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly ("memory-safe") {
            r := calldataload(signature.offset)
            s := calldataload(add(signature.offset, 0x20))
            v := byte(0, calldataload(add(signature.offset, 0x40)))
        }
        (address signer, ECDSA.RecoverError error,) = ECDSA.tryRecover(digest, v, r, s);
        require(error == ECDSA.RecoverError.NoError, IAttestationRegistry.InvalidSignature(index));
        require(signer == member, IAttestationRegistry.WrongSigner(index, member, signer));
    }

    /// @notice How many bits are set.
    function count(uint256 bits) internal pure returns (uint256 ones) {
        while (bits != 0) {
            bits &= bits - 1;
            ++ones;
        }
    }
}
