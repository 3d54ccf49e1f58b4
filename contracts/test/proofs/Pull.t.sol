// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IMarginProofs as M, IProvenMargins as P} from "../../src/interfaces/IMarginProofs.sol";
import {IProofConsumer as C} from "../../src/interfaces/IProofConsumer.sol";
import {Poseidon2} from "../../src/libraries/Poseidon2.sol";
import {BatchHeader} from "../../src/types/Attestation.sol";
import {ProofAnchor} from "../../src/types/Proofs.sol";
import {ProofFixture} from "../support/ProofFixture.sol";

/// @notice An account's margin out of a proven root: its own, at its place, and never an older one.
contract PullTest is ProofFixture {
    uint64 private constant ACCOUNT = 42;

    BatchHeader private header;
    bytes32 private root;
    bytes32[4] private leaves;

    function setUp() public override {
        super.setUp();
        for (uint64 i = 0; i < 4; ++i) {
            leaves[i] = proofHashes.marginLeaf(ACCOUNT + i, 7 * i, positions(i), marginOf(i));
        }
        root = proofHashes.node(proofHashes.node(leaves[0], leaves[1]), proofHashes.node(leaves[2], leaves[3]));
        header = nextBatch();
        submitRoot(header, root);
    }

    function positions(uint64 i) private pure returns (bytes32) {
        return keccak256(abi.encode("positions", i));
    }

    function marginOf(uint64 i) private pure returns (uint64) {
        return 1000e6 + i;
    }

    function submitRoot(BatchHeader memory header_, bytes32 root_) private {
        ProofAnchor memory anchor = anchorOf(header_, MARGIN_BATCH);
        expectRoot(anchor, root_);
        proofs.submit(header_, anchor, signAnchor(anchor), root_, PROOF);
    }

    function pathOf(uint256 index) private view returns (bytes32[] memory path) {
        path = new bytes32[](2);
        path[0] = leaves[index ^ 1];
        path[1] = index < 2 ? proofHashes.node(leaves[2], leaves[3]) : proofHashes.node(leaves[0], leaves[1]);
    }

    function pull(uint64 i, uint256 index, bytes32[] memory path) private {
        proofs.pull(ACCOUNT + i, 7 * i, positions(i), marginOf(i), root, index, path);
    }

    function test_AnybodyPullsEachAccountAtItsPlaceAndNowhereElse() public {
        for (uint64 i = 0; i < 4; ++i) {
            for (uint256 at = 0; at < 4; ++at) {
                if (at == i) continue;
                bytes32[] memory elsewhere = pathOf(at);
                vm.expectPartialRevert(M.NotInRoot.selector);
                pull(i, at, elsewhere);
            }
            bytes32[] memory path = pathOf(i);
            vm.expectEmit(true, true, true, true);
            emit M.MarginProven(ACCOUNT + i, header.sequence, 7 * i, positions(i), uint256(marginOf(i)) * 1e12);
            pull(i, i, path);
            (bytes32 positionsHash, uint64 sequence, uint64 observedAt, uint256 marginWad) = proofs.provenOf(ACCOUNT + i);
            assertEq(positionsHash, positions(i), "positions");
            assertEq(sequence, header.sequence, "batch");
            assertEq(observedAt, header.observedAt, "observedAt");
            assertEq(marginWad, uint256(marginOf(i)) * 1e12, "margin");
        }
    }

    function test_RevertIf_AFieldOfTheLeafIsAnother() public {
        bytes32[] memory path = pathOf(1);
        vm.expectPartialRevert(M.NotInRoot.selector);
        proofs.pull(ACCOUNT, 7, positions(1), marginOf(1), root, 1, path);
        vm.expectPartialRevert(M.NotInRoot.selector);
        proofs.pull(ACCOUNT + 1, 8, positions(1), marginOf(1), root, 1, path);
        vm.expectPartialRevert(M.NotInRoot.selector);
        proofs.pull(ACCOUNT + 1, 7, positions(2), marginOf(1), root, 1, path);
        vm.expectPartialRevert(M.NotInRoot.selector);
        proofs.pull(ACCOUNT + 1, 7, positions(1), marginOf(1) - 1, root, 1, path);
        proofs.pull(ACCOUNT + 1, 7, positions(1), marginOf(1), root, 1, path);
    }

    function test_RevertIf_TheRootIsNotProven() public {
        bytes32[] memory path = pathOf(1);
        bytes32 other = bytes32(uint256(root) + 1);
        vm.expectRevert(abi.encodeWithSelector(M.UnknownRoot.selector, other));
        proofs.pull(ACCOUNT + 1, 7, positions(1), marginOf(1), other, 1, path);
    }

    function test_RevertIf_DepthOrIndexAreNotTheCircuits() public {
        // An inner node as a leaf at a lesser depth, and the root itself at none.
        bytes32[] memory shorter = new bytes32[](1);
        shorter[0] = pathOf(1)[1];
        vm.expectRevert(abi.encodeWithSelector(M.WrongDepth.selector, 1, 2));
        pull(1, 0, shorter);
        vm.expectRevert(abi.encodeWithSelector(M.WrongDepth.selector, 0, 2));
        pull(1, 0, new bytes32[](0));
        vm.expectRevert(abi.encodeWithSelector(M.WrongDepth.selector, 3, 2));
        pull(1, 1, new bytes32[](3));
        bytes32[] memory path = pathOf(1);
        vm.expectRevert(abi.encodeWithSelector(Poseidon2.IndexOutOfTree.selector, 5, 2));
        pull(1, 5, path);
        // The same sibling, written with the order of the field added.
        path[0] = bytes32(uint256(path[0]) + Poseidon2.P);
        vm.expectRevert(abi.encodeWithSelector(Poseidon2.NotInField.selector, uint256(path[0])));
        pull(1, 1, path);
    }

    function test_OnlyANewerBatchReplacesWhatIsRecorded() public {
        pull(1, 1, pathOf(1));
        bytes32[] memory path = pathOf(1);
        vm.expectRevert(abi.encodeWithSelector(M.MarginNotNewer.selector, ACCOUNT + 1, header.sequence, header.sequence));
        pull(1, 1, path);

        // A newer batch with a lesser margin, recorded; then the older one again.
        BatchHeader memory newer = nextBatch();
        bytes32 single = proofHashes.marginLeaf(ACCOUNT + 1, 9, positions(9), 5e6);
        ProofAnchor memory anchor = anchorOf(newer, ACCOUNT_MARGIN);
        expectRoot(anchor, single);
        proofs.submit(newer, anchor, signAnchor(anchor), single, PROOF);
        proofs.pull(ACCOUNT + 1, 9, positions(9), 5e6, single, 0, new bytes32[](0));
        (bytes32 positionsHash,,, uint256 marginWad) = proofs.provenOf(ACCOUNT + 1);
        assertEq(positionsHash, positions(9), "positions");
        assertEq(marginWad, 5e18, "margin");
        vm.expectRevert(abi.encodeWithSelector(M.MarginNotNewer.selector, ACCOUNT + 1, header.sequence, newer.sequence));
        pull(1, 1, path);
    }

    function test_RevertIf_TheRootIsTooOld() public {
        bytes32[] memory path = pathOf(1);
        vm.warp(header.observedAt + 1 hours + 1);
        vm.expectRevert(abi.encodeWithSelector(P.ProofTooOld.selector, ACCOUNT + 1, header.observedAt, block.timestamp));
        pull(1, 1, path);
        vm.warp(header.observedAt + 1 hours);
        pull(1, 1, path);
    }

    function test_RevertIf_TheBatchWasFrozenSince() public {
        freeze(header.sequence);
        bytes32[] memory path = pathOf(1);
        vm.expectRevert(abi.encodeWithSelector(C.BatchDoesNotStand.selector, header.sequence));
        pull(1, 1, path);
    }

    function test_RevertIf_TheSetWasDistrustedSince() public {
        distrust(1);
        bytes32[] memory path = pathOf(1);
        vm.expectRevert(abi.encodeWithSelector(C.BatchDoesNotStand.selector, header.sequence));
        pull(1, 1, path);
    }

    function test_RevertIf_TheBatchIsNotStoredAnyMore() public {
        // 256 batches on, a place in the ring holds another one.
        vm.warp(block.timestamp + 11 minutes);
        BatchHeader memory far = nextHeader();
        far.sequence = header.sequence + 256;
        submit(far, pricesE8);
        bytes32[] memory path = pathOf(1);
        vm.expectRevert(abi.encodeWithSelector(C.BatchDoesNotStand.selector, header.sequence));
        pull(1, 1, path);
    }
}
