// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

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
    uint256 private constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0; // of secp256k1: EIP-2

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
    /// @dev The caller has checked the members against the hash of a valid set.
    /// @return signers bit i: members[i] signed
    function verify(bytes32 digest, uint256 least, QuorumProof calldata proof) internal view returns (uint256 signers) {
        address[] calldata members = proof.members;
        bytes calldata signatures = proof.signatures;
        signers = proof.signers;
        require(signers >> members.length == 0, IAttestationRegistry.InvalidSignerMask(signers, members.length));
        uint256 signed = count(signers);
        require(signed >= least, IAttestationRegistry.QuorumTooSmall(signed, least));
        require(signatures.length == signed * SIGNATURE_BYTES, IAttestationRegistry.InvalidSignatureLength(signatures.length, signed * SIGNATURE_BYTES));

        _requireSigners(digest, signers, members, signatures);
    }

    /// @dev By hand, because five recoveries through a library cost a batch 4,000 gas more. The caller has checked the mask and the length, so every read is in bounds.
    /// The precompile answers nothing where v is not 27 or 28, r or s is 0 or not below the order, or r is no point of the curve.
    function _requireSigners(bytes32 digest, uint256 signers, address[] calldata members, bytes calldata signatures) private view {
        uint256 failed = 0; // 1 + index of the first member whose signature is not good
        address recovered;
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, digest)
            let position := signatures.offset
            let member := members.offset
            for { let bits := signers } bits {
                bits := shr(1, bits)
                member := add(member, 0x20)
            } {
                if iszero(and(bits, 1)) { continue }
                calldatacopy(add(input, 0x40), position, 0x40)
                mstore(add(input, 0x20), byte(0, calldataload(add(position, 0x40))))
                position := add(position, 65)
                mstore(0x00, 0)
                if iszero(gt(mload(add(input, 0x60)), HALF_ORDER)) { pop(staticcall(gas(), 1, input, 0x80, 0x00, 0x20)) }
                recovered := mload(0x00)
                // A member is never 0, and its upper bits are bound by the hash of the set.
                if iszero(eq(recovered, calldataload(member))) {
                    failed := add(shr(5, sub(member, members.offset)), 1)
                    break
                }
            }
        }
        if (failed == 0) return;
        require(recovered != address(0), IAttestationRegistry.InvalidSignature(failed - 1));
        revert IAttestationRegistry.WrongSigner(failed - 1, members[failed - 1], recovered);
    }

    /// @notice How many bits are set.
    function count(uint256 bits) internal pure returns (uint256 ones) {
        while (bits != 0) {
            bits &= bits - 1;
            ++ones;
        }
    }
}
