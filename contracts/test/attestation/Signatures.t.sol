// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {AttestationRegistry} from "../../src/attestation/AttestationRegistry.sol";
import {QuorumProof} from "../../src/types/Attestation.sol";
import {AttestationFixture} from "../support/AttestationFixture.sol";

/// @notice ATT-01, ATT-04, T17: who signed, and that one writing of the signatures counts.
contract SignaturesTest is AttestationFixture {
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    bytes32 private constant MESSAGE = keccak256("message");

    function _accepted(QuorumProof memory proof) private view returns (bool) {
        try registry.requireQuorum(1, MESSAGE, proof) {
            return true;
        } catch {
            return false;
        }
    }

    function _proof(uint256 signers) private view returns (QuorumProof memory) {
        return proofOf(first, registry.attestationDigest(MESSAGE), signers);
    }

    /// @notice All 128 sets of signers of seven: exactly those with five or more pass.
    function test_ATT01_EverySubsetOfSigners() public view {
        for (uint256 signers = 0; signers < 128; ++signers) {
            uint256 count = 0;
            for (uint256 i = 0; i < 7; ++i) {
                count += (signers >> i) & 1;
            }
            assertTrue(_accepted(_proof(signers)) == (count >= 5), "subset");
        }
    }

    function test_ATT01_RevertIf_TooFew() public {
        QuorumProof memory proof = _proof(0x0f);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.QuorumTooSmall.selector, 4, 5));
        registry.requireQuorum(1, MESSAGE, proof);
    }

    function test_ATT01_RevertIf_BitsBeyondTheSet() public {
        QuorumProof memory proof = _proof(FIVE_OF_SEVEN);
        proof.signers |= 1 << 7;
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.InvalidSignerMask.selector, proof.signers, 7));
        registry.requireQuorum(1, MESSAGE, proof);
        proof.signers = FIVE_OF_SEVEN | (1 << 255);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.InvalidSignerMask.selector, proof.signers, 7));
        registry.requireQuorum(1, MESSAGE, proof);
    }

    function test_ATT01_RevertIf_MembersAreNotTheSet() public {
        QuorumProof memory proof = _proof(FIVE_OF_SEVEN);
        proof.members[6] = address(uint160(proof.members[6]) + 1);
        bytes32 given = keccak256(abi.encode(uint64(1), proof.members));
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.SetMismatch.selector, 1, registry.setHash(1), given));
        registry.requireQuorum(1, MESSAGE, proof);
        // A smaller list, for which four would be a majority.
        KeySet memory four = keySet(4, 9);
        proof = proofOf(four, registry.attestationDigest(MESSAGE), 0xf);
        assertTrue(!_accepted(proof), "a set of one's own");
        proof.members = new address[](0);
        (proof.signers, proof.signatures) = (0, "");
        assertTrue(!_accepted(proof), "nobody");
    }

    function test_ATT05_RevertIf_AttesterAnswersWithTheZeroAddress() public {
        // A signature that recovers to nobody must not pass for a member, in any place.
        for (uint256 place = 0; place < 5; ++place) {
            QuorumProof memory proof = _proof(FIVE_OF_SEVEN);
            for (uint256 i = 0; i < 65; ++i) {
                proof.signatures[place * 65 + i] = 0;
            }
            vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.InvalidSignature.selector, place));
            registry.requireQuorum(1, MESSAGE, proof);
        }
    }

    function test_T17_RevertIf_ASignerCountsTwice() public {
        QuorumProof memory proof = _proof(FIVE_OF_SEVEN);
        proof.signatures = bytes.concat(
            signature(first.keys[0], registry.attestationDigest(MESSAGE)), signature(first.keys[0], registry.attestationDigest(MESSAGE))
        );
        for (uint256 i = 2; i < 5; ++i) {
            proof.signatures = bytes.concat(proof.signatures, signature(first.keys[i], registry.attestationDigest(MESSAGE)));
        }
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.WrongSigner.selector, 1, first.members[1], first.members[0]));
        registry.requireQuorum(1, MESSAGE, proof);
    }

    /// @notice Every way of writing that is not the one: high s, v, swapped, doubled, cut, lengthened, compact, one bit changed, another curve value.
    function testFuzz_ATT04_T17_MutatedSignaturesAreRefused(uint256 seed, uint256 mutation, uint256 place, uint256 value) public view {
        uint256 signers = _quorumFrom(seed);
        QuorumProof memory proof = _proof(signers);
        assertTrue(_accepted(proof), "untouched");
        bytes memory text = proof.signatures;
        place = bound(place, 0, text.length / 65 - 1);
        uint256 at = place * 65;
        (bytes32 r, bytes32 s, uint8 v) = _read(text, at);
        mutation = bound(mutation, 0, 11);
        if (mutation == 0) _write(text, at, r, bytes32(ORDER - uint256(s)), v == 27 ? 28 : 27);
        else if (mutation == 1) _write(text, at, r, s, uint8(_other(value, 256, v)));
        else if (mutation == 2) _write(text, at, bytes32(_other(value, type(uint256).max, uint256(r))), s, v);
        else if (mutation == 3) _write(text, at, r, bytes32(_other(value, type(uint256).max, uint256(s))), v);
        else if (mutation == 4) text = bytes.concat(text, abi.encodePacked(uint8(value)));
        else if (mutation == 5) text = _cut(text, bound(value, 0, text.length - 1));
        else if (mutation == 6) _swap(text, at, ((place + 1) % (text.length / 65)) * 65);
        else if (mutation == 7) text[bound(value, 0, text.length - 1)] ^= bytes1(uint8(1 << (value % 8)));
        else if (mutation == 8) proof.signers = _other(value, 128, signers);
        else if (mutation == 9) text = bytes.concat(text, text);
        else if (mutation == 10) text = _compact(text);
        else (text, proof.signers) = (bytes.concat(text, signature(value % ORDER == 0 ? 1 : value % ORDER, MESSAGE)), signers);
        proof.signatures = text;
        assertTrue(!_accepted(proof), "mutated");
    }

    /// @notice Values that the curve knows for special, in r and s.
    function test_T17_EdgesOfTheCurve() public view {
        uint256[8] memory edges =
            [uint256(0), 1, ORDER / 2, ORDER / 2 + 1, ORDER - 1, ORDER, ORDER + 1, type(uint256).max];
        QuorumProof memory proof = _proof(FIVE_OF_SEVEN);
        (bytes32 r, bytes32 s, uint8 v) = _read(proof.signatures, 0);
        for (uint256 i = 0; i < 8; ++i) {
            _write(proof.signatures, 0, bytes32(edges[i]), s, v);
            assertTrue(!_accepted(proof), "r");
            _write(proof.signatures, 0, r, bytes32(edges[i]), v);
            assertTrue(!_accepted(proof), "s");
            for (uint256 j = 0; j < 8; ++j) {
                _write(proof.signatures, 0, bytes32(edges[i]), bytes32(edges[j]), v);
                assertTrue(!_accepted(proof), "both");
            }
        }
        _write(proof.signatures, 0, r, s, v);
        assertTrue(_accepted(proof), "restored");
    }

    /// @notice 2f + 1 of 4, 7, ... 31, and one fewer.
    function test_ATT01_SetsOfEverySize() public {
        for (uint256 size = 4; size <= 31; size += 3) {
            KeySet memory set = keySet(size, size);
            AttestationRegistry other = newRegistry(set);
            bytes32 digest = other.attestationDigest(MESSAGE);
            uint256 quorum = 2 * ((size - 1) / 3) + 1;
            QuorumProof memory proof = proofOf(set, digest, ((1 << quorum) - 1) << (size - quorum));
            other.requireQuorum(1, MESSAGE, proof);
            assertEq(other.signersOf(1, MESSAGE, proof), proof.signers, "signers");
            proof = proofOf(set, digest, (1 << (quorum - 1)) - 1);
            vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.QuorumTooSmall.selector, quorum - 1, quorum));
            other.requireQuorum(1, MESSAGE, proof);
        }
    }

    function test_ATT01_RevertIf_TheSetIsNot3fPlus1OrNotRising() public {
        address[] memory members;
        for (uint256 size = 0; size <= 34; ++size) {
            members = new address[](size);
            for (uint256 i = 0; i < size; ++i) {
                members[i] = address(uint160(i + 1));
            }
            bool valid = size >= 4 && size <= 31 && size % 3 == 1;
            vm.prank(GOVERNANCE);
            if (!valid) vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.InvalidSet.selector, members));
            registry.announceSet(members);
            if (valid) {
                vm.prank(GOVERNANCE);
                registry.cancelSet();
            }
        }
        members = new address[](4);
        (members[0], members[1], members[2], members[3]) = (address(1), address(2), address(2), address(3));
        vm.prank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.InvalidSet.selector, members));
        registry.announceSet(members);
        (members[0], members[1], members[2], members[3]) = (address(0), address(1), address(2), address(3));
        vm.prank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.InvalidSet.selector, members));
        registry.announceSet(members);
    }

    function _quorumFrom(uint256 seed) private pure returns (uint256 signers) {
        signers = 0x7f;
        signers &= ~(1 << (seed % 7));
        if (seed & (1 << 100) != 0) signers &= ~(1 << ((seed >> 8) % 7));
    }

    function _other(uint256 value, uint256 size, uint256 not) private pure returns (uint256) {
        value = value % size;
        return value == not ? (value + 1) % size : value;
    }

    function _read(bytes memory text, uint256 at) private pure returns (bytes32 r, bytes32 s, uint8 v) {
        assembly ("memory-safe") {
            r := mload(add(add(text, 0x20), at))
            s := mload(add(add(text, 0x40), at))
            v := byte(0, mload(add(add(text, 0x60), at)))
        }
    }

    function _write(bytes memory text, uint256 at, bytes32 r, bytes32 s, uint8 v) private pure {
        assembly ("memory-safe") {
            mstore(add(add(text, 0x20), at), r)
            mstore(add(add(text, 0x40), at), s)
            mstore8(add(add(text, 0x60), at), v)
        }
    }

    function _swap(bytes memory text, uint256 a, uint256 b) private pure {
        for (uint256 i = 0; i < 65; ++i) {
            (text[a + i], text[b + i]) = (text[b + i], text[a + i]);
        }
    }

    function _cut(bytes memory text, uint256 length) private pure returns (bytes memory shorter) {
        shorter = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            shorter[i] = text[i];
        }
    }

    /// @notice EIP-2098: 64 bytes each, v in the top bit of s.
    function _compact(bytes memory text) private pure returns (bytes memory compact) {
        for (uint256 at = 0; at < text.length; at += 65) {
            (bytes32 r, bytes32 s, uint8 v) = _read(text, at);
            compact = bytes.concat(compact, r, v == 28 ? s | bytes32(uint256(1) << 255) : s);
        }
    }
}
