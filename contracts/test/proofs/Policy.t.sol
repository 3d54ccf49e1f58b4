// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {IClearingHouseCore} from "../../src/interfaces/IClearingHouse.sol";
import {IMarginProofs as M} from "../../src/interfaces/IMarginProofs.sol";
import {IProofConsumer as C} from "../../src/interfaces/IProofConsumer.sol";
import {IProofVerifiers} from "../../src/interfaces/IProofVerifiers.sol";
import {MarginProofs} from "../../src/proofs/MarginProofs.sol";
import {MarginPolicy} from "../../src/types/Proofs.sol";
import {ProofFixture} from "../support/ProofFixture.sol";

/// @notice Who decides that an account moves on proven margins only, and how it ends.
contract PolicyTest is ProofFixture {
    uint64 private account;

    function setUp() public override {
        super.setUp();
        account = fund(1, 0);
    }

    function requireState(bool proven, bool imposed, uint256 endsAt) private view {
        (MarginPolicy policy, bool imposed_, uint256 endsAt_) = proofs.policyOf(account);
        assertTrue((policy == MarginPolicy.Proven) == proven, "policy");
        assertTrue(registry.isProven(account) == proven, "registry");
        assertTrue(imposed_ == imposed, "imposed");
        assertEq(endsAt_, endsAt, "endsAt");
    }

    function asOwner() private {
        vm.prank(ownerAt(1));
    }

    function test_TheOwnerAsksForProofsAtOnceAndLeavesAfterADelay() public {
        requireState(false, false, 0);
        vm.expectEmit(true, true, true, true);
        emit M.PolicySet(account, MarginPolicy.Proven, false);
        asOwner();
        proofs.askForProofs(account);
        requireState(true, false, 0);
        vm.expectRevert(abi.encodeWithSelector(M.NotLeaving.selector, account));
        proofs.leave(account);
        asOwner();
        proofs.announceLeave(account);
        uint256 endsAt = block.timestamp + 3 days;
        requireState(true, false, endsAt);
        vm.warp(endsAt - 1);
        vm.expectRevert(abi.encodeWithSelector(M.TooEarly.selector, account, block.timestamp, endsAt));
        proofs.leave(account);
        vm.warp(endsAt);
        requireState(true, false, endsAt);
        proofs.leave(account); // anybody
        requireState(false, false, 0);
        asOwner();
        vm.expectRevert(abi.encodeWithSelector(M.NotLeaving.selector, account));
        proofs.announceLeave(account);
    }

    function test_WhoAsksAgainDoesNotLeave() public {
        asOwner();
        proofs.askForProofs(account);
        asOwner();
        proofs.announceLeave(account);
        asOwner();
        proofs.askForProofs(account);
        vm.warp(block.timestamp + 4 days);
        vm.expectRevert(abi.encodeWithSelector(M.NotLeaving.selector, account));
        proofs.leave(account);
        requireState(true, false, 0);
    }

    function test_GovernanceImposesProofsWhateverTheOwnerWants() public {
        vm.prank(GOVERNANCE);
        proofs.setImposed(account, true);
        requireState(true, true, 0);
        asOwner();
        proofs.askForProofs(account);
        asOwner();
        proofs.announceLeave(account);
        vm.warp(block.timestamp + 3 days);
        proofs.leave(account);
        requireState(true, true, 0);
        vm.prank(GOVERNANCE);
        proofs.setImposed(account, false);
        requireState(false, false, 0);
    }

    function test_TheOwnersWishOutlivesGovernances() public {
        asOwner();
        proofs.askForProofs(account);
        vm.prank(GOVERNANCE);
        proofs.setImposed(account, true);
        vm.prank(GOVERNANCE);
        proofs.setImposed(account, false);
        requireState(true, false, 0);
    }

    function test_RevertIf_SomebodyElseDecides() public {
        vm.expectRevert(abi.encodeWithSelector(C.NotAuthorised.selector, address(this)));
        proofs.askForProofs(account);
        asOwner();
        proofs.askForProofs(account);
        vm.prank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(C.NotAuthorised.selector, GOVERNANCE));
        proofs.announceLeave(account);
        asOwner();
        vm.expectRevert(abi.encodeWithSelector(C.NotAuthorised.selector, ownerAt(1)));
        proofs.setImposed(account, true);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.NotAuthorised.selector, address(this)));
        registry.setProven(account, false);
        vm.prank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(M.UnknownAccount.selector, 999));
        proofs.setImposed(999, true);
    }

    function test_EachAccountHasABitOfItsOwn() public {
        uint64[] memory accounts = new uint64[](300);
        for (uint256 i = 0; i < accounts.length; ++i) {
            accounts[i] = fund(1, 0);
        }
        for (uint256 i = 0; i < accounts.length; i += 7) {
            asOwner();
            proofs.askForProofs(accounts[i]);
        }
        for (uint256 i = 0; i < accounts.length; ++i) {
            assertTrue(registry.isProven(accounts[i]) == (i % 7 == 0), "bit");
        }
        assertTrue(!registry.isProven(account), "and nobody else's");
        vm.prank(address(proofs));
        registry.setProven(accounts[7], false);
        assertTrue(!registry.isProven(accounts[7]) && registry.isProven(accounts[14]), "taken back");
    }

    function test_TheMarkOutlivesBatches() public {
        asOwner();
        proofs.askForProofs(account);
        nextBatch();
        nextBatch();
        requireState(true, false, 0);
    }

    function test_RevertIf_ProofsAreNamedTwiceOrByAStranger() public {
        vm.prank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.AlreadySet.selector, address(proofs)));
        registry.setProofs(address(1));
        registry = newRegistry(first);
        vm.prank(GOVERNANCE);
        vm.expectRevert(IAttestationRegistry.ZeroValue.selector);
        registry.setProofs(address(0));
        vm.expectPartialRevert(bytes4(keccak256("OwnableUnauthorizedAccount(address)")));
        registry.setProofs(address(1));
    }

    function test_TheAgeOfAFloorHasBounds() public {
        vm.expectEmit(true, true, true, true);
        emit M.FloorSecondsSet(1 hours, 1 days);
        vm.prank(GOVERNANCE);
        proofs.setFloorSeconds(1 days);
        assertEq(proofs.floorSeconds(), 1 days, "set");
        vm.prank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(C.InvalidAge.selector, 1 days + 1, 5 minutes, 1 days));
        proofs.setFloorSeconds(1 days + 1);
        vm.prank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(C.InvalidAge.selector, 5 minutes - 1, 5 minutes, 1 days));
        proofs.setFloorSeconds(5 minutes - 1);
        vm.expectRevert(abi.encodeWithSelector(C.NotAuthorised.selector, address(this)));
        proofs.setFloorSeconds(1 hours);
    }

    function test_RevertIf_TheConstructionMakesNoSense() public {
        vm.expectRevert(C.ZeroValue.selector);
        new MarginProofs(IAttestationRegistry(address(0)), verifiers, house, GOVERNANCE, 1 hours);
        vm.expectRevert(C.ZeroValue.selector);
        new MarginProofs(registry, IProofVerifiers(address(0)), house, GOVERNANCE, 1 hours);
        vm.expectRevert(C.ZeroValue.selector);
        new MarginProofs(registry, verifiers, IClearingHouseCore(address(0)), GOVERNANCE, 1 hours);
        vm.expectRevert(C.ZeroValue.selector);
        new MarginProofs(registry, verifiers, house, address(0), 1 hours);
        vm.expectRevert(abi.encodeWithSelector(C.InvalidAge.selector, 0, 5 minutes, 1 days));
        new MarginProofs(registry, verifiers, house, GOVERNANCE, 0);
    }
}
