// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MerkleTree} from "../../src/libraries/MerkleTree.sol";
import {BatchHeader, MarginLeaf, QuorumProof} from "../../src/types/Attestation.sol";
import {Deployment} from "./Deployment.sol";
import {HashHarness} from "./HashHarness.sol";

/// @notice The deployed protocol with its real governed numbers, and batches that it accepts.
abstract contract LiveProtocol is Deployment {
    uint256 internal constant FIVE_OF_SEVEN = 0x1f;

    HashHarness internal hashes;

    function setUp() public virtual {
        deployProtocol();
        hashes = new HashHarness();
        skipTime(1 hours);
    }

    function skipTime(uint256 seconds_) internal {
        vm.warp(block.timestamp + seconds_);
        vm.roll(block.number + seconds_ / 12 + 1);
    }

    function livePrices() internal pure returns (uint64[] memory list) {
        list = new uint64[](2);
        (list[0], list[1]) = (90_000e8, 3000e8);
    }

    /// @notice The next header that the registry accepts now.
    function nextHeader(uint64[] memory pricesE8) internal view returns (BatchHeader memory header) {
        (, uint64 sequence,,,) = attestations.current();
        (uint64 setId,,,) = attestations.attesterSets();
        (bytes32 document,,) = parameters.documents();
        header = BatchHeader({
            setId: setId,
            schema: 1,
            sequence: sequence + 1,
            observedAt: uint64(block.timestamp),
            validUntil: uint64(block.timestamp + 300),
            bookBlock: uint64(block.number - 1),
            snapshotHash: sha256("snapshot"),
            parameterHash: document,
            scenarioSetHash: sha256("scenarios"),
            arrayRoot: sha256("array"),
            stressRoot: keccak256("stress"),
            stressSharesHash: keccak256("shares"),
            pricesHash: keccak256(abi.encodePacked(pricesE8)),
            accountsRoot: keccak256("accounts"),
            accountCount: 4,
            rowCount: 16,
            totalMaintenanceWad: 1e24,
            totalEquityWad: 3e24,
            totalShortfallWad: 0
        });
    }

    function signed(BatchHeader memory header, uint256 signers) internal view returns (QuorumProof memory) {
        return proofOf(attesters, attestations.attestationDigest(hashes.hash(header)), signers);
    }

    function submit(BatchHeader memory header, uint64[] memory pricesE8) internal {
        attestations.submitBatch(header, pricesE8, signed(header, (1 << (2 * (attesters.keys.length / 3) + 1)) - 1));
    }

    function leafOf(uint64 account, bytes32 positionsHash) internal pure returns (MarginLeaf memory) {
        return MarginLeaf(account, 1, positionsHash, 2000e18, 1500e18, 100e18, 1e14);
    }

    /// @dev Second writing of the tree's nodes.
    function nodeOf(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x01), left, right));
    }

    /// @notice Root and path of one of up to four leaves; the other places are empty.
    function treeOfFour(bytes32[4] memory leaves, uint256 index) internal pure returns (bytes32 root, bytes32[] memory path) {
        path = new bytes32[](MerkleTree.ACCOUNT_DEPTH);
        bytes32 left = nodeOf(leaves[0], leaves[1]);
        bytes32 right = nodeOf(leaves[2], leaves[3]);
        path[0] = leaves[index ^ 1];
        path[1] = index < 2 ? right : left;
        root = nodeOf(left, right);
        bytes32 empty = nodeOf(MerkleTree.EMPTY, MerkleTree.EMPTY);
        for (uint256 level = 2; level < MerkleTree.ACCOUNT_DEPTH; ++level) {
            empty = nodeOf(empty, empty);
            path[level] = empty;
            root = nodeOf(root, empty);
        }
    }
}
