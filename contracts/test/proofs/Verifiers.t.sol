// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IProofVerifiers as V} from "../../src/interfaces/IProofVerifiers.sol";
import {ProofVerifiers} from "../../src/proofs/ProofVerifiers.sol";
import {Circuit, CircuitSetup, ProofKind} from "../../src/types/Proofs.sol";
import {ProofFixture, TestVerifier} from "../support/ProofFixture.sol";

/// @notice Which verifier counts: announced, delayed, enacted, cancelled, removed; development verifiers stay on local chains.
contract VerifiersTest is ProofFixture {
    bytes32 private constant ID = keccak256("another circuit");
    /// @dev As bb 5.0.0 writes them into every verifier: [tau]G2 of the Ignition ceremony.
    bytes private constant TAU =
        hex"260e01b251f6f1c7e7ff4e580791dee8ea51d87a358e038b4efe30fac09383c10118c4d5b837bcc2bc89b5b398b5974e9f5944073b32078b7e231fec938883b004fc6369f7110fe3d25156c1bb9a72859cf2a04641f99ba4ee413c80da6a5fe422febda3c0c0632a56475b4214e5615e11e6dd3f96e6cea2854a87d4dacc5e55";

    function announced(Circuit memory c) private returns (bytes32 id, uint256 nonce) {
        vm.prank(GOVERNANCE);
        return verifiers.announce(ID, c);
    }

    function test_TheFirstOnesAreInForceAtOnce() public view {
        Circuit memory c = verifiers.circuitOf(SOLVENCY_SETTLE);
        assertTrue(c.kind == ProofKind.SolvencySettle, "kind");
        assertEq(c.verifier, address(verifier), "verifier");
        assertEq(c.shardKey, SHARD_KEY, "shard key");
        assertEq(verifiers.circuitOf(MARGIN_BATCH).depth, 2, "depth");
    }

    function test_RevertIf_TheCircuitIsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(V.UnknownCircuit.selector, ID));
        verifiers.circuitOf(ID);
    }

    function test_AVerifierComesAfterItsDelayByAnybody() public {
        Circuit memory c = circuit(ProofKind.Solvency);
        (bytes32 id, uint256 nonce) = announced(c);
        (uint256 from, uint256 to) = verifiers.announcement(id);
        assertEq(from, block.timestamp + 3 days, "from");
        assertEq(to, from + 14 days, "to");
        vm.warp(from - 1);
        vm.expectRevert(abi.encodeWithSelector(V.TooEarly.selector, id, block.timestamp, from));
        verifiers.enact(ID, c, nonce);
        vm.warp(from);
        verifiers.enact(ID, c, nonce);
        assertEq(verifiers.circuitOf(ID).verifier, address(verifier), "in force");
        vm.expectRevert(abi.encodeWithSelector(V.NotAnnounced.selector, id));
        verifiers.enact(ID, c, nonce);
    }

    function test_RevertIf_AnEarlierAnnouncementComesAfterALater() public {
        Circuit memory old = circuit(ProofKind.Solvency);
        (bytes32 id, uint256 nonce) = announced(old);
        Circuit memory next = circuit(ProofKind.Solvency);
        next.verifyingKeyHash = keccak256("next");
        (, uint256 later) = announced(next);
        vm.warp(block.timestamp + 3 days);
        verifiers.enact(ID, next, later);
        vm.expectRevert(abi.encodeWithSelector(V.Overtaken.selector, id));
        verifiers.enact(ID, old, nonce);
        assertEq(verifiers.circuitOf(ID).verifyingKeyHash, keccak256("next"), "the later one stays");
    }

    function test_RevertIf_AnAnnouncementRevivesARemovedCircuit() public {
        Circuit memory c = circuit(ProofKind.Solvency);
        (, uint256 first) = announced(c);
        vm.warp(block.timestamp + 3 days);
        verifiers.enact(ID, c, first);
        (bytes32 id, uint256 second) = announced(c);
        vm.prank(GOVERNANCE);
        verifiers.remove(ID);
        vm.warp(block.timestamp + 3 days);
        vm.expectRevert(abi.encodeWithSelector(V.Overtaken.selector, id));
        verifiers.enact(ID, c, second);
        (, uint256 third) = announced(c);
        vm.warp(block.timestamp + 3 days);
        verifiers.enact(ID, c, third);
        assertEq(verifiers.circuitOf(ID).verifier, address(verifier), "a new announcement brings it back");
    }

    function test_RevertIf_AnAnnouncementIsTooOld() public {
        Circuit memory c = circuit(ProofKind.Solvency);
        (bytes32 id, uint256 nonce) = announced(c);
        (, uint256 to) = verifiers.announcement(id);
        uint256 state = vm.snapshotState();
        vm.warp(to);
        verifiers.enact(ID, c, nonce);
        vm.revertToState(state);
        vm.warp(to + 1);
        vm.expectRevert(abi.encodeWithSelector(V.AnnouncementExpired.selector, id, to + 1, to));
        verifiers.enact(ID, c, nonce);
    }

    function test_RevertIf_SomethingElseIsEnactedThanWasAnnounced() public {
        Circuit memory c = circuit(ProofKind.Solvency);
        (, uint256 nonce) = announced(c);
        vm.warp(block.timestamp + 3 days);
        c.verifyingKeyHash = keccak256("another");
        vm.expectPartialRevert(V.NotAnnounced.selector);
        verifiers.enact(ID, c, nonce);
        vm.expectPartialRevert(V.NotAnnounced.selector);
        verifiers.enact(SOLVENCY, circuit(ProofKind.Solvency), nonce);
        vm.chainId(1337); // a fork of this chain
        vm.expectPartialRevert(V.NotAnnounced.selector);
        verifiers.enact(ID, circuit(ProofKind.Solvency), nonce);
    }

    function test_GovernanceAndGuardianCancel() public {
        Circuit memory c = circuit(ProofKind.Solvency);
        for (uint256 i = 0; i < 2; ++i) {
            (bytes32 id, uint256 nonce) = announced(c);
            vm.expectRevert(abi.encodeWithSelector(V.NotAuthorised.selector, address(this)));
            verifiers.cancel(id);
            vm.prank(i == 0 ? GOVERNANCE : GUARDIAN);
            verifiers.cancel(id);
            vm.warp(block.timestamp + 3 days);
            vm.expectRevert(abi.encodeWithSelector(V.NotAnnounced.selector, id));
            verifiers.enact(ID, c, nonce);
            vm.prank(GUARDIAN);
            vm.expectRevert(abi.encodeWithSelector(V.NotAnnounced.selector, id));
            verifiers.cancel(id);
        }
    }

    function test_GovernanceAndGuardianRemoveAtOnce() public {
        vm.expectRevert(abi.encodeWithSelector(V.NotAuthorised.selector, address(this)));
        verifiers.remove(SOLVENCY);
        vm.prank(GUARDIAN);
        verifiers.remove(SOLVENCY);
        vm.expectRevert(abi.encodeWithSelector(V.UnknownCircuit.selector, SOLVENCY));
        verifiers.circuitOf(SOLVENCY);
        vm.prank(GOVERNANCE);
        verifiers.remove(MARGIN_BATCH);
        vm.prank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(V.UnknownCircuit.selector, MARGIN_BATCH));
        verifiers.remove(MARGIN_BATCH);
    }

    function test_RevertIf_AStrangerAnnounces() public {
        Circuit memory c = circuit(ProofKind.Solvency);
        vm.prank(GUARDIAN);
        vm.expectRevert(abi.encodeWithSelector(V.NotAuthorised.selector, GUARDIAN));
        verifiers.announce(ID, c);
    }

    function refused(bytes32 id, Circuit memory c) private {
        vm.prank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(V.InvalidCircuit.selector, id));
        verifiers.announce(id, c);
    }

    function test_RevertIf_TheCircuitMakesNoSense() public {
        refused(0, circuit(ProofKind.Solvency));
        refused(ID, circuit(ProofKind.None));
        Circuit memory c = circuit(ProofKind.Solvency);
        c.verifyingKeyHash = 0;
        refused(ID, c);
        c = circuit(ProofKind.Solvency);
        c.depth = 1; // no tree
        refused(ID, c);
        c.shardKey = SHARD_KEY;
        c.depth = 0; // no shards
        refused(ID, c);
        c = circuit(ProofKind.SolvencySettle);
        c.shardKey = 0;
        refused(ID, c);
        c = circuit(ProofKind.AccountMargin);
        c.depth = 1;
        refused(ID, c);
        c = circuit(ProofKind.MarginBatch);
        c.depth = 0;
        refused(ID, c);
        c.depth = 21;
        refused(ID, c);
        c.depth = 20;
        announced(c);
    }

    function test_RevertIf_TheCodeIsAnother() public {
        Circuit memory c = circuit(ProofKind.Solvency);
        c.codehash = keccak256("another");
        vm.prank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(V.CodeMismatch.selector, address(verifier), c.codehash, address(verifier).codehash));
        verifiers.announce(ID, c);
        // Nobody stands there yet, or an account without code: its hash is known, too.
        c.verifier = address(0x1234);
        c.codehash = c.verifier.codehash;
        vm.prank(GOVERNANCE);
        vm.expectPartialRevert(V.CodeMismatch.selector);
        verifiers.announce(ID, c);
        vm.deal(c.verifier, 1);
        c.codehash = c.verifier.codehash;
        vm.prank(GOVERNANCE);
        vm.expectPartialRevert(V.CodeMismatch.selector);
        verifiers.announce(ID, c);
    }

    function test_RevertIf_TheCodeHasChangedUntilEnactment() public {
        Circuit memory c = circuit(ProofKind.Solvency);
        (, uint256 nonce) = announced(c);
        vm.warp(block.timestamp + 3 days);
        vm.etch(address(verifier), hex"00");
        vm.expectRevert(abi.encodeWithSelector(V.CodeMismatch.selector, address(verifier), c.codehash, keccak256(hex"00")));
        verifiers.enact(ID, c, nonce);
    }

    // ---- the setup a verifier was made for ----

    /// @notice A verifier's code, as far as this is about, with the words at an odd place.
    function withCode(bytes memory code) private returns (Circuit memory c) {
        c = circuit(ProofKind.Solvency);
        c.verifier = address(0xC0DE);
        vm.etch(c.verifier, code);
        c.codehash = keccak256(code);
    }

    function test_OutsideOfLocalChainsTheCeremonysVerifierIsTaken() public {
        vm.chainId(1);
        Circuit memory c = withCode(bytes.concat(hex"60016002017f", TAU));
        assertTrue(verifiers.isOfCeremony(c.verifier), "of the ceremony");
        (, uint256 nonce) = announced(c);
        vm.warp(block.timestamp + 3 days);
        verifiers.enact(ID, c, nonce);
        // The words lie apart in real code.
        bytes memory apart;
        for (uint256 word = 0; word < 4; ++word) {
            apart = bytes.concat(apart, hex"7f", part(word), hex"5b5b5b");
        }
        announced(withCode(apart));
    }

    function part(uint256 word) private pure returns (bytes memory bytes_) {
        bytes_ = new bytes(32);
        for (uint256 i = 0; i < 32; ++i) {
            bytes_[i] = TAU[32 * word + i];
        }
    }

    function test_RevertIf_OneWordOfTheCeremonyIsMissing() public {
        vm.chainId(1);
        for (uint256 missing = 0; missing < 4; ++missing) {
            bytes memory code = hex"5b";
            for (uint256 word = 0; word < 4; ++word) {
                bytes memory its = part(word);
                if (word == missing) its[31] ^= 0x01;
                code = bytes.concat(code, its);
            }
            Circuit memory c = withCode(code);
            assertTrue(!verifiers.isOfCeremony(c.verifier), "of no ceremony");
            vm.prank(GOVERNANCE);
            vm.expectRevert(abi.encodeWithSelector(V.DevelopmentVerifier.selector, c.verifier, 1));
            verifiers.announce(ID, c);
        }
        // The last word is cut, and what lies behind the code does not complete it.
        bytes memory cut = TAU;
        assembly ("memory-safe") {
            mstore(cut, 127)
        }
        Circuit memory shorter = withCode(cut);
        assertTrue(!verifiers.isOfCeremony(shorter.verifier), "cut");
    }

    function test_RevertIf_ADevelopmentVerifierLeavesItsChain() public {
        Circuit memory c = circuit(ProofKind.Solvency);
        vm.chainId(1337);
        (, uint256 nonce) = announced(c);
        (bytes32 id,) = announced(c);
        assertTrue(id != 0, "announced on a local chain");
        vm.chainId(10);
        vm.prank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(V.DevelopmentVerifier.selector, address(verifier), 10));
        verifiers.announce(ID, c);
        CircuitSetup[] memory list_ = setups();
        vm.expectRevert(abi.encodeWithSelector(V.DevelopmentVerifier.selector, address(verifier), 10));
        new ProofVerifiers(GOVERNANCE, GUARDIAN, 3 days, list_);
        vm.chainId(1337);
        vm.warp(block.timestamp + 3 days);
        verifiers.enact(ID, c, nonce);
    }

    function test_RevertIf_TheConstructionMakesNoSense() public {
        CircuitSetup[] memory none;
        vm.expectRevert(V.ZeroValue.selector);
        new ProofVerifiers(address(0), GUARDIAN, 3 days, none);
        vm.expectRevert(V.ZeroValue.selector);
        new ProofVerifiers(GOVERNANCE, address(0), 3 days, none);
        vm.expectRevert(abi.encodeWithSelector(V.InvalidDelay.selector, 1 days - 1, 1 days, 30 days));
        new ProofVerifiers(GOVERNANCE, GUARDIAN, 1 days - 1, none);
        vm.expectRevert(abi.encodeWithSelector(V.InvalidDelay.selector, 30 days + 1, 1 days, 30 days));
        new ProofVerifiers(GOVERNANCE, GUARDIAN, 30 days + 1, none);
        CircuitSetup[] memory wrong = setups();
        wrong[1].circuit.codehash = 0;
        vm.expectPartialRevert(V.CodeMismatch.selector);
        new ProofVerifiers(GOVERNANCE, GUARDIAN, 3 days, wrong);
    }
}
