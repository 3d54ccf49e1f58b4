// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {AccountClearance, Clearance, QuorumProof} from "../../src/types/Attestation.sol";
import {AttestationFixture} from "../support/AttestationFixture.sol";

/// @notice What requireClearance accepts and refuses.
contract ClearancesTest is AttestationFixture {
    function setUp() public override {
        super.setUp();
        submitNext(1);
    }

    function _clearance(uint256 accounts) private view returns (Clearance memory clearance) {
        clearance.setId = 1;
        clearance.batchSequence = 1;
        clearance.observedAt = uint64(block.timestamp);
        clearance.validUntil = uint64(block.timestamp + 30);
        clearance.actionHash = keccak256("action");
        clearance.parameterHash = DOCUMENT;
        clearance.accounts = new AccountClearance[](accounts);
        for (uint256 i = 0; i < accounts; ++i) {
            clearance.accounts[i] = AccountClearance(
                uint64(i + 1), 5, keccak256(abi.encode("before", i)), keccak256(abi.encode("after", i)), 2e20, 1e20, -3e18, i % 2 == 1
            );
        }
    }

    function _proof(Clearance memory clearance) private view returns (QuorumProof memory) {
        return proofOf(first, registry.attestationDigest(hashes.hash(clearance)), FIVE_OF_SEVEN);
    }

    function _refused(Clearance memory clearance, bytes memory reason) private {
        QuorumProof memory proof = _proof(clearance);
        vm.expectRevert(reason);
        registry.requireClearance(clearance, proof);
    }

    function test_ATT01_ClearanceOfAQuorumIsAccepted() public view {
        for (uint256 accounts = 1; accounts < 5; ++accounts) {
            Clearance memory clearance = _clearance(accounts);
            registry.requireClearance(clearance, _proof(clearance));
        }
    }

    function test_ATT05_RevertIf_NothingIsCleared() public {
        _refused(_clearance(0), abi.encodeWithSelector(IAttestationRegistry.ZeroValue.selector));
        Clearance memory clearance = _clearance(2);
        clearance.actionHash = 0;
        _refused(clearance, abi.encodeWithSelector(IAttestationRegistry.ZeroValue.selector));
    }

    function test_ATT02_RevertIf_AnAccountComesTwice() public {
        Clearance memory clearance = _clearance(3);
        clearance.accounts[2].account = clearance.accounts[1].account;
        _refused(clearance, abi.encodeWithSelector(IAttestationRegistry.AccountsNotRising.selector, 2));
    }

    function test_T15_WindowOfAClearanceToTheSecond() public {
        Clearance memory clearance = _clearance(2);
        clearance.validUntil += 1;
        _refused(
            clearance, abi.encodeWithSelector(IAttestationRegistry.InvalidWindow.selector, clearance.observedAt, clearance.validUntil, block.timestamp)
        );
        clearance = _clearance(2);
        QuorumProof memory proof = _proof(clearance);
        vm.warp(block.timestamp + 30);
        registry.requireClearance(clearance, proof);
        vm.warp(block.timestamp + 1);
        _refused(
            clearance, abi.encodeWithSelector(IAttestationRegistry.InvalidWindow.selector, clearance.observedAt, clearance.validUntil, block.timestamp)
        );
        clearance = _clearance(2);
        clearance.observedAt += 6;
        _refused(clearance, abi.encodeWithSelector(IAttestationRegistry.ObservedInFuture.selector, clearance.observedAt, block.timestamp));
    }

    function test_RevertIf_TheBatchIsNotStoredOrFrozen() public {
        Clearance memory clearance = _clearance(2);
        clearance.batchSequence = 0;
        _refused(clearance, abi.encodeWithSelector(IAttestationRegistry.BatchNotStored.selector, 0));
        clearance.batchSequence = 2;
        _refused(clearance, abi.encodeWithSelector(IAttestationRegistry.BatchNotStored.selector, 2));
        clearance.batchSequence = 257; // the same place in the ring
        _refused(clearance, abi.encodeWithSelector(IAttestationRegistry.BatchNotStored.selector, 257));
        vm.prank(GOVERNANCE);
        registry.setChallenge(address(this));
        registry.freeze(1);
        _refused(_clearance(2), abi.encodeWithSelector(IAttestationRegistry.BatchIsFrozen.selector, 1));
    }

    function test_ATT03_RevertIf_ComputedWithOtherParameters() public {
        bytes32 next = sha256("next parameters");
        numbers.setDocument(next, 10);
        Clearance memory clearance = _clearance(2);
        registry.requireClearance(clearance, _proof(clearance));
        vm.warp(block.timestamp + 11);
        clearance = _clearance(2);
        _refused(clearance, abi.encodeWithSelector(IAttestationRegistry.WrongParameters.selector, DOCUMENT, next));
        clearance.parameterHash = next;
        registry.requireClearance(clearance, _proof(clearance));
        clearance.parameterHash = 0;
        _refused(clearance, abi.encodeWithSelector(IAttestationRegistry.WrongParameters.selector, bytes32(0), next));
    }

    /// @notice Every field of the clearance and of its accounts is signed.
    function testFuzz_ATT03_RevertIf_AnythingIsChanged(uint256 at, uint256 bit) public {
        Clearance memory clearance = _clearance(2);
        bytes memory call = abi.encodeCall(IAttestationRegistry.requireClearance, (clearance, _proof(clearance)));
        // Two words of offsets, then six of the head, one of an offset, the length, and two accounts of eight.
        at = bound(at, 0, 22);
        uint256 place = 4 + 64 + 32 * (at < 6 ? at : at + 1) + bound(bit, 0, 255) / 8;
        call[place] ^= bytes1(uint8(1 << (bit % 8)));
        (bool done,) = address(registry).call(call);
        assertTrue(!done, "changed clearance accepted");
    }
}
