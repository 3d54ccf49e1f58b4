// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {MerkleTree} from "../../src/libraries/MerkleTree.sol";
import {BatchHeader, MarginLeaf} from "../../src/types/Attestation.sol";
import {AttestationFixture} from "../support/AttestationFixture.sol";

/// @notice ATT-07, T24: a leaf counts at its own index of the current batch, and nothing else passes for one.
contract LeavesTest is AttestationFixture {
    uint256 private constant LEAVES = 11;

    BatchHeader private header;
    bytes32[] private leaves;

    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < LEAVES; ++i) {
            leaves.push(leafHash(hashes.hash(_leaf(i))));
        }
        (bytes32 root,) = treeOf(leaves, 0, 20);
        header = headerAt(1, eightPrices());
        header.accountsRoot = root;
        header.accountCount = uint32(LEAVES);
        submit(header, eightPrices());
    }

    function _leaf(uint256 i) private pure returns (MarginLeaf memory) {
        return MarginLeaf(uint64(i + 1), uint64(7 * i), keccak256(abi.encode(i)), uint128(1e20 + i), uint128(1e19 + i), -int128(int256(i)) * 1e18, 1e12);
    }

    function _path(uint256 index) private view returns (bytes32[] memory path) {
        (, path) = treeOf(leaves, index, 20);
    }

    function test_ATT07_EveryLeafAtItsIndexAndNowhereElse() public {
        for (uint256 i = 0; i < LEAVES; ++i) {
            for (uint256 at = 0; at < LEAVES; ++at) {
                bytes32[] memory path = _path(at);
                if (at != i) vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.LeafNotInBatch.selector, i + 1, at));
                (uint64 observedAt, uint64 validUntil) = registry.requireLeaf(header, _leaf(i), at, path);
                if (at == i) {
                    assertEq(observedAt, header.observedAt, "observedAt");
                    assertEq(validUntil, header.validUntil, "validUntil");
                }
            }
        }
    }

    function test_ATT07_RevertIf_IndexOrDepthAreNotCommitted() public {
        bytes32[] memory path = _path(3);
        // 3 + 2^20 has the same low bits.
        vm.expectRevert(abi.encodeWithSelector(MerkleTree.IndexOutOfRange.selector, 3 + (1 << 20), LEAVES));
        registry.requireLeaf(header, _leaf(3), 3 + (1 << 20), path);
        vm.expectRevert(abi.encodeWithSelector(MerkleTree.IndexOutOfRange.selector, LEAVES, LEAVES));
        registry.requireLeaf(header, _leaf(3), LEAVES, path);
        for (uint256 depth = 0; depth < 23; ++depth) {
            if (depth == 20) continue;
            bytes32[] memory other = new bytes32[](depth);
            for (uint256 i = 0; i < depth && i < 20; ++i) {
                other[i] = path[i];
            }
            vm.expectRevert(abi.encodeWithSelector(MerkleTree.InvalidPathLength.selector, depth, 20));
            registry.requireLeaf(header, _leaf(3), 3, other);
        }
    }

    function test_ATT07_RevertIf_TheHeaderIsNotTheCurrentBatch() public {
        BatchHeader memory other = header;
        other.accountCount += 1;
        bytes32 currentHash = hashes.hash(header);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.NotCurrentBatch.selector, hashes.hash(other), currentHash));
        registry.requireLeaf(other, _leaf(3), 3, _path(3));
        BatchHeader memory next = submitNext(1);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.NotCurrentBatch.selector, currentHash, hashes.hash(next)));
        registry.requireLeaf(header, _leaf(3), 3, _path(3));
    }

    function test_ATT05_RevertIf_ThereIsNoBatchYet() public {
        registry = newRegistry(first);
        BatchHeader memory none;
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.NotCurrentBatch.selector, hashes.hash(none), bytes32(0)));
        registry.requireLeaf(none, _leaf(0), 0, _path(0));
    }

    function test_ATT07_RevertIf_TheBatchIsFrozen() public {
        vm.prank(GOVERNANCE);
        registry.setChallenge(address(this));
        registry.freeze(1);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.BatchIsFrozen.selector, 1));
        registry.requireLeaf(header, _leaf(3), 3, _path(3));
        (,,,, bool frozen) = registry.current();
        assertTrue(frozen, "current");
        (,,, bool storedFrozen) = registry.stored(1);
        assertTrue(storedFrozen, "stored");
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.BatchNotStored.selector, 2));
        registry.freeze(2);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.BatchNotStored.selector, 0));
        registry.freeze(0);
    }

    /// @notice Leaves with another number in any place.
    function testFuzz_ATT07_RevertIf_AnythingInTheLeafIsChanged(uint256 index, uint256 word, uint256 bit) public {
        index = bound(index, 0, LEAVES - 1);
        bytes memory call = abi.encodeCall(IAttestationRegistry.requireLeaf, (header, _leaf(index), index, _path(index)));
        uint256 at = 4 + 32 * (19 + bound(word, 0, 6)) + bound(bit, 0, 255) / 8;
        call[at] ^= bytes1(uint8(1 << (bit % 8)));
        (bool done,) = address(registry).call(call);
        assertTrue(!done, "changed leaf accepted");
    }

    /// @notice T24: forgeries out of what an attacker knows: inner nodes as leaves or data, node pairs as data, empty places, paths shifted up or down.
    function testFuzz_ATT07_T24_ForgedFromInnerNodes(uint256 seed, uint256 level, uint256 index, uint256 kind) public view {
        level = bound(level, 0, 19);
        index = bound(index, 0, LEAVES - 1);
        bytes32[] memory path = _path(index);
        // The node over the leaf at that level, and its sibling.
        bytes32 node = leaves[index];
        for (uint256 i = 0; i < level; ++i) {
            node = (index >> i) & 1 == 0 ? nodeHash(node, path[i]) : nodeHash(path[i], node);
        }
        (bytes32 root,) = treeOf(leaves, index, 20);
        kind = bound(kind, 0, 4);
        // rootOf takes what leafHash gives; an attacker who could choose data only reaches leafHash(data).
        bytes32 forged;
        if (kind == 0) forged = leafHash(node);
        else if (kind == 1) forged = leafHash(keccak256(abi.encodePacked(node, path[level])));
        else if (kind == 2) forged = leafHash(MerkleTree.EMPTY);
        else if (kind == 3) forged = leafHash(nodeHash(node, path[level]));
        else forged = leafHash(keccak256(abi.encode(seed)));
        for (uint256 shift = 0; shift <= 20; ++shift) {
            bytes32[] memory moved = new bytes32[](20);
            for (uint256 i = 0; i < 20; ++i) {
                moved[i] = i + shift < 20 ? path[i + shift] : bytes32(uint256(keccak256(abi.encode(seed, i))));
            }
            uint256 at = (index >> shift) % LEAVES;
            assertTrue(hashes.rootOf(forged, at, LEAVES, 20, moved) != root, "forged");
        }
    }

    /// @notice Trees of every small size against the plain second writing of the fixture, at every index.
    function test_ATT07_PathsOfTreesOfEverySmallSize() public view {
        for (uint256 size = 1; size <= 17; ++size) {
            bytes32[] memory list = new bytes32[](size);
            for (uint256 i = 0; i < size; ++i) {
                list[i] = leafHash(keccak256(abi.encode(size, i)));
            }
            for (uint256 i = 0; i < size; ++i) {
                (bytes32 root, bytes32[] memory path) = treeOf(list, i, 13);
                assertEq(hashes.rootOf(list[i], i, size, 13, path), root, "root");
                if (size > 1) assertTrue(hashes.rootOf(list[(i + 1) % size], i, size, 13, path) != root, "other leaf");
            }
        }
    }
}
