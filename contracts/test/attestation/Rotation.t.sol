// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {BatchHeader, QuorumProof} from "../../src/types/Attestation.sol";
import {AttestationFixture} from "../support/AttestationFixture.sol";

/// @notice T18: sets change by announcement and time alone; beside them runs a model of what must count.
contract RotationTest is AttestationFixture {
    uint256 private constant DELAY = 1 days;
    uint256 private constant OVERLAP = 60;
    address private constant CHALLENGE = address(0xC4);

    struct Model {
        uint64 current;
        uint64 previous; // 0: none
        uint256 previousUntil;
        uint64 pending; // 0: none
        uint256 changesAt;
        uint64 last;
        uint64 distrusted;
    }

    Model private model;
    mapping(uint64 setId => KeySet) private keysOf;

    function setUp() public override {
        super.setUp();
        first = keySet(4, 1);
        registry = newRegistry(first);
        vm.prank(GOVERNANCE);
        registry.setChallenge(CHALLENGE);
        keysOf[1] = first;
        for (uint64 i = 2; i < 11; ++i) {
            keysOf[i] = keySet(4, i);
        }
        (model.current, model.last) = (1, 1);
    }

    // ---- the model ----

    function _advance() private {
        if (model.pending == 0 || block.timestamp < model.changesAt) return;
        (model.previous, model.previousUntil) = (model.current, model.changesAt + OVERLAP);
        (model.current, model.pending) = (model.pending, 0);
    }

    function _counts(uint64 setId) private view returns (bool) {
        return setId == model.current || (setId == model.previous && setId > model.distrusted && block.timestamp <= model.previousUntil && setId != 0);
    }

    function _act(uint256 action) private {
        if (action == 0) {
            bool allowed = model.pending == 0;
            vm.prank(GOVERNANCE);
            try registry.announceSet(keysOf[model.last + 1].members) returns (uint64 setId) {
                assertTrue(allowed, "announced twice");
                ++model.last;
                assertEq(setId, model.last, "ids are used once");
                (model.pending, model.changesAt, model.previous) = (setId, block.timestamp + DELAY, 0);
            } catch {
                assertTrue(!allowed, "announcement refused");
            }
        } else if (action == 1) {
            bool allowed = model.pending != 0;
            try guardianSwitch.cancelSet(registry) {
                assertTrue(allowed, "cancelled nothing");
                model.pending = 0;
            } catch {
                assertTrue(!allowed, "cancelling refused");
            }
        } else if (action == 2) {
            vm.warp(block.timestamp + OVERLAP / 2 + 1);
        } else if (action == 3) {
            vm.warp(block.timestamp + DELAY);
        } else {
            vm.prank(CHALLENGE);
            registry.distrust(model.current);
            model.distrusted = model.current;
        }
        _advance();
    }

    function _checkViews() private view {
        (uint64 current, uint64 previous, uint64 pending,) = registry.attesterSets();
        assertEq(current, model.current, "current");
        assertEq(previous, _counts(model.previous) ? model.previous : 0, "previous");
        assertEq(pending, model.pending, "pending");
    }

    // ---- checks ----

    /// @notice All interleavings of announce, cancel, a short and a long wait: five deep, seven in the long run. Eight deep they are drawn at random below.
    function test_T18_EveryInterleaving() public {
        uint256 depth = vm.envOr("PMS_LONG", uint256(0)) == 0 ? 5 : 7;
        assertEq(_explore(depth), (4 ** (depth + 1) - 4) / 3, "nodes");
    }

    function _explore(uint256 depth) private returns (uint256 nodes) {
        if (depth == 0) return 0;
        for (uint256 action = 0; action < 4; ++action) {
            uint256 state = vm.snapshotState();
            _act(action);
            _checkViews();
            nodes += 1 + _explore(depth - 1);
            vm.revertToState(state);
        }
    }

    /// @notice Random interleavings with batches: a batch passes exactly where the model lets its set count.
    function testFuzz_T18_BatchesBetweenRotations(uint256 seed) public {
        uint64 sequence = 0;
        for (uint256 step = 0; step < 8; ++step) {
            _act((seed >> (16 * step)) % 5);
            _checkViews();
            vm.warp(block.timestamp + 1);
            vm.roll(block.number + 1);
            _advance();
            uint64 setId = uint64(1 + ((seed >> (16 * step + 8)) % model.last));
            BatchHeader memory header = headerAt(sequence + 1, eightPrices());
            header.setId = setId;
            QuorumProof memory proof = proofOf(keysOf[setId], batchDigest(header), 0x7);
            try registry.submitBatch(header, eightPrices(), proof) {
                assertTrue(_counts(setId), "accepted of a set that does not count");
                ++sequence;
                bool trusted = setId > model.distrusted;
                assertEq(
                    uint256(registry.operatingState()),
                    uint256(trusted ? IAttestationRegistry.OperatingState.Normal : IAttestationRegistry.OperatingState.ReduceOnly),
                    "state"
                );
            } catch (bytes memory reason) {
                assertTrue(!_counts(setId), "refused of a set that counts");
                assertEq(bytes32(bytes4(reason)), bytes32(IAttestationRegistry.SetNotAccepted.selector), "reason");
            }
        }
    }

    function test_T18_OverlapToTheSecond() public {
        vm.prank(GOVERNANCE);
        registry.announceSet(keysOf[2].members);
        uint256 changesAt = block.timestamp + DELAY;
        bytes32 message = keccak256("message");
        bytes32 digest = registry.attestationDigest(message);
        QuorumProof memory old = proofOf(keysOf[1], digest, 0x7);
        QuorumProof memory young = proofOf(keysOf[2], digest, 0x7);

        vm.warp(changesAt - 1);
        registry.requireQuorum(1, message, old);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.SetNotAccepted.selector, 2, 1));
        registry.requireQuorum(2, message, young);
        vm.warp(changesAt);
        registry.requireQuorum(2, message, young);
        vm.warp(changesAt + OVERLAP);
        registry.requireQuorum(1, message, old);
        vm.warp(changesAt + OVERLAP + 1);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.SetNotAccepted.selector, 1, 2));
        registry.requireQuorum(1, message, old);
        // The old set's members under the new id, and the other way round.
        vm.expectRevert(
            abi.encodeWithSelector(
                IAttestationRegistry.SetMismatch.selector, 2, registry.setHash(2), keccak256(abi.encode(uint64(2), keysOf[1].members))
            )
        );
        registry.requireQuorum(2, message, old);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.SetNotAccepted.selector, 3, 2));
        registry.requireQuorum(3, message, young);
    }

    /// @notice Members of a set that was announced and cancelled may sign what they like: the house does not stop for it.
    function test_T19_ASetThatWasNeverInForceCastsNoDoubt() public {
        BatchHeader memory header = headerAt(1, eightPrices());
        registry.submitBatch(header, eightPrices(), proofOf(first, batchDigest(header), 0x7));
        vm.prank(GOVERNANCE);
        registry.announceSet(keysOf[2].members);
        vm.prank(CHALLENGE);
        registry.distrust(2);
        assertEq(uint256(registry.operatingState()), uint256(IAttestationRegistry.OperatingState.Normal), "pending");
        guardianSwitch.cancelSet(registry);
        vm.prank(CHALLENGE);
        registry.distrust(2);
        assertEq(uint256(registry.operatingState()), uint256(IAttestationRegistry.OperatingState.Normal), "cancelled");
        vm.prank(CHALLENGE);
        registry.distrust(1);
        assertEq(uint256(registry.operatingState()), uint256(IAttestationRegistry.OperatingState.ReduceOnly), "in force");
    }

    function test_T18_MembersAttestUntilTheirSetHasLapsed() public {
        vm.prank(GOVERNANCE);
        registry.announceSet(keysOf[2].members);
        assertTrue(registry.isAttesting(keysOf[1].members[0]) && registry.isAttesting(keysOf[2].members[3]), "both, from the announcement on");
        vm.warp(block.timestamp + DELAY + OVERLAP);
        assertTrue(registry.isAttesting(keysOf[1].members[0]), "overlap");
        vm.warp(block.timestamp + 1);
        assertTrue(!registry.isAttesting(keysOf[1].members[0]) && registry.isAttesting(keysOf[2].members[3]), "lapsed");
        assertEq(registry.memberAt(1, 2), keysOf[1].members[2], "members stay known");
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.UnknownSet.selector, 1));
        registry.memberAt(1, 4);
    }

    function test_RevertIf_OthersRotateCancelFreezeOrDistrust() public {
        vm.expectRevert(abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", address(this)));
        registry.announceSet(keysOf[2].members);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.NotAuthorised.selector, address(this)));
        registry.cancelSet();
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.NotAuthorised.selector, address(this)));
        registry.freeze(1);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.NotAuthorised.selector, address(this)));
        registry.distrust(1);
        vm.expectRevert(abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", address(this)));
        registry.setChallenge(address(this));
        vm.prank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.AlreadySet.selector, CHALLENGE));
        registry.setChallenge(address(this));
    }
}
