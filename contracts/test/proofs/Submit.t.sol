// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {IMarginProofs as M} from "../../src/interfaces/IMarginProofs.sol";
import {IProofConsumer as C} from "../../src/interfaces/IProofConsumer.sol";
import {IProofVerifiers} from "../../src/interfaces/IProofVerifiers.sol";
import {Poseidon2} from "../../src/libraries/Poseidon2.sol";
import {MarginProofs} from "../../src/proofs/MarginProofs.sol";
import {BatchHeader, QuorumProof} from "../../src/types/Attestation.sol";
import {ProofAnchor, ProofKind} from "../../src/types/Proofs.sol";
import {ProofFixture, TestVerifier} from "../support/ProofFixture.sol";

/// @notice Roots of margins: which proofs are taken, and that none passes for another chain, contract, circuit, batch, array or set of accounts.
contract SubmitTest is ProofFixture {
    bytes32 private constant ROOT = bytes32(uint256(0x1234567));

    BatchHeader private header;
    ProofAnchor private anchor;

    function setUp() public override {
        super.setUp();
        header = nextBatch();
        anchor = anchorOf(header, MARGIN_BATCH);
        expectRoot(anchor, ROOT);
    }

    function send() private {
        QuorumProof memory signatures = signAnchor(anchor);
        proofs.submit(header, anchor, signatures, ROOT, PROOF);
    }

    /// @notice Submits and expects an error; no view is called in between.
    function refused(bytes memory reason) private {
        QuorumProof memory signatures = signAnchor(anchor);
        vm.expectRevert(reason);
        proofs.submit(header, anchor, signatures, ROOT, PROOF);
    }

    function test_AnybodySubmitsAProof() public {
        vm.expectEmit(true, true, true, true);
        emit M.RootProven(ROOT, header.sequence, MARGIN_BATCH, header.accountCount);
        send();
        (uint64 sequence, uint64 observedAt, uint8 depth) = proofs.rootOf(ROOT);
        assertEq(sequence, header.sequence, "sequence");
        assertEq(observedAt, header.observedAt, "observedAt");
        assertEq(depth, 2, "depth");
    }

    function test_ASingleAccountHasNoEvaluations() public {
        anchor = anchorOf(header, ACCOUNT_MARGIN);
        expectRoot(anchor, ROOT);
        send();
        (,, uint8 depth) = proofs.rootOf(ROOT);
        assertEq(depth, 0, "the root is the leaf");
    }

    function test_RevertIf_ASingleAccountHasEvaluations() public {
        anchor = anchorOf(header, ACCOUNT_MARGIN);
        anchor.evaluations = bytes32(uint256(1));
        expectRoot(anchor, ROOT);
        refused(abi.encodeWithSelector(C.UnexpectedEvaluations.selector, ACCOUNT_MARGIN, anchor.evaluations));
    }

    function test_ARootIsProvenAgainInANewerBatchOnly() public {
        send();
        refused(abi.encodeWithSelector(M.RootNotNewer.selector, ROOT, header.sequence, header.sequence));
        BatchHeader memory older = header;
        header = nextBatch();
        anchor = anchorOf(header, MARGIN_BATCH);
        expectRoot(anchor, ROOT);
        send();
        (uint64 sequence,,) = proofs.rootOf(ROOT);
        assertEq(sequence, header.sequence, "the newer one");
        header = older;
        anchor = anchorOf(header, MARGIN_BATCH);
        expectRoot(anchor, ROOT);
        refused(abi.encodeWithSelector(M.RootNotNewer.selector, ROOT, older.sequence, sequence));
    }

    // ---- the verifier ----

    function test_RevertIf_TheVerifierSaysNo() public {
        verifier.set(TestVerifier.Answer.No);
        refused(abi.encodeWithSelector(C.ProofRefused.selector, MARGIN_BATCH));
        verifier.set(TestVerifier.Answer.Revert);
        refused(abi.encodeWithSelector(TestVerifier.Broken.selector));
    }

    function test_RevertIf_TheVerifierIsAnotherThanWasEnacted() public {
        // A contract that takes everything.
        vm.etch(address(verifier), hex"600160005260206000f3");
        bytes32 before = circuit(ProofKind.Solvency).codehash;
        assertEq(before, keccak256(hex"600160005260206000f3"), "etched");
        bytes32 enacted = verifiers.circuitOf(MARGIN_BATCH).codehash;
        refused(abi.encodeWithSelector(C.VerifierChanged.selector, address(verifier), enacted, before));
    }

    function test_RevertIf_TheCircuitIsUnknownOrRemoved() public {
        vm.prank(GUARDIAN);
        verifiers.remove(MARGIN_BATCH);
        refused(abi.encodeWithSelector(IProofVerifiers.UnknownCircuit.selector, MARGIN_BATCH));
    }

    function test_RevertIf_TheCircuitProvesSomethingElse() public {
        anchor.circuitId = SOLVENCY;
        refused(abi.encodeWithSelector(C.WrongKind.selector, SOLVENCY, ProofKind.Solvency));
        anchor.circuitId = SOLVENCY_SETTLE;
        refused(abi.encodeWithSelector(C.WrongKind.selector, SOLVENCY_SETTLE, ProofKind.SolvencySettle));
    }

    // ---- the public inputs ----

    /// @notice Each is in what the verifier sees: it was told the right one, and the anchor has another.
    function test_RevertIf_AProofIsOfOtherInputs() public {
        bytes memory no = abi.encodeWithSelector(C.ProofRefused.selector, MARGIN_BATCH);
        bytes32 kept = anchor.arrayRoot;
        anchor.arrayRoot = bytes32(uint256(1));
        refused(no);
        (anchor.arrayRoot, kept) = (kept, anchor.accountsRoot);
        anchor.accountsRoot = bytes32(uint256(1));
        refused(no);
        (anchor.accountsRoot, kept) = (kept, anchor.evaluations);
        anchor.evaluations = bytes32(uint256(1));
        refused(no);
        anchor.evaluations = kept;
        QuorumProof memory signatures = signAnchor(anchor);
        vm.expectRevert(no);
        proofs.submit(header, anchor, signatures, bytes32(uint256(ROOT) + 1), PROOF);
        vm.expectRevert(no);
        proofs.submit(header, anchor, signatures, ROOT, "another proof");
        send();
    }

    function test_RevertIf_AnInputIsNoFieldElement() public {
        bytes32 p = bytes32(Poseidon2.P);
        bytes32 kept = anchor.arrayRoot;
        anchor.arrayRoot = p;
        expectRoot(anchor, ROOT);
        refused(abi.encodeWithSelector(C.NotInField.selector, 1, p));
        (anchor.arrayRoot, kept) = (kept, anchor.accountsRoot);
        anchor.accountsRoot = p;
        expectRoot(anchor, ROOT);
        refused(abi.encodeWithSelector(C.NotInField.selector, 2, p));
        (anchor.accountsRoot, kept) = (kept, anchor.evaluations);
        anchor.evaluations = p;
        expectRoot(anchor, ROOT);
        refused(abi.encodeWithSelector(C.NotInField.selector, 3, p));
        anchor.evaluations = kept;
        expectRoot(anchor, p);
        QuorumProof memory signatures = signAnchor(anchor);
        vm.expectRevert(abi.encodeWithSelector(C.NotInField.selector, 4, p));
        proofs.submit(header, anchor, signatures, p, PROOF);
        // The largest one is.
        bytes32 largest = bytes32(Poseidon2.P - 1);
        expectRoot(anchor, largest);
        proofs.submit(header, anchor, signatures, largest, PROOF);
    }

    function testFuzz_TheContextIsAFieldElement(bytes32 circuitId, uint64 sequence, bytes32 batchHash) public view {
        uint256 context = proofs.contextOf(circuitId, sequence, batchHash);
        assertTrue(context < Poseidon2.P, "in the field");
        assertEq(bytes32(context), contextOf(address(proofs), circuitId, sequence, batchHash), "as written a second time");
    }

    // ---- replay ----

    function test_RevertIf_AProofIsOfAnotherContract() public {
        MarginProofs twin = new MarginProofs(registry, verifiers, house, GOVERNANCE, 1 hours);
        QuorumProof memory signatures = signAnchor(anchor);
        vm.expectRevert(abi.encodeWithSelector(C.ProofRefused.selector, MARGIN_BATCH));
        twin.submit(header, anchor, signatures, ROOT, PROOF);
    }

    function test_RevertIf_AProofIsOfAnotherChain() public {
        // A fork: the same contracts at the same addresses. Signatures are made anew, so that only the proof is of the other chain.
        vm.chainId(1337);
        refused(abi.encodeWithSelector(C.ProofRefused.selector, MARGIN_BATCH));
    }

    function test_RevertIf_AProofIsOfAnotherBatch() public {
        header = nextBatch();
        ProofAnchor memory next = anchorOf(header, MARGIN_BATCH);
        (next.arrayRoot, next.accountsRoot, next.evaluations) = (anchor.arrayRoot, anchor.accountsRoot, anchor.evaluations);
        anchor = next;
        refused(abi.encodeWithSelector(C.ProofRefused.selector, MARGIN_BATCH));
    }

    function test_RevertIf_AProofIsOfAnotherCircuit() public {
        anchor.circuitId = ACCOUNT_MARGIN;
        anchor.evaluations = 0;
        refused(abi.encodeWithSelector(C.ProofRefused.selector, ACCOUNT_MARGIN));
    }

    // ---- the anchor ----

    function test_RevertIf_TheAnchorIsNotSignedByAQuorum() public {
        QuorumProof memory signatures = proofOf(first, registry.attestationDigest(proofHashes.hash(anchor)), 0x0f);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.QuorumTooSmall.selector, 4, 5));
        proofs.submit(header, anchor, signatures, ROOT, PROOF);
        // Signatures of another anchor: every field is signed.
        signatures = signAnchor(anchor);
        anchor.validUntil -= 1;
        vm.expectPartialRevert(IAttestationRegistry.WrongSigner.selector);
        proofs.submit(header, anchor, signatures, ROOT, PROOF);
        anchor.validUntil += 1;
        anchor.accountCount += 1;
        vm.expectPartialRevert(IAttestationRegistry.WrongSigner.selector);
        proofs.submit(header, anchor, signatures, ROOT, PROOF);
    }

    function test_TheAnchorsHashIsEip712() public view {
        bytes32 typeHash = keccak256(
            "ProofAnchor(uint64 setId,uint64 batchSequence,bytes32 batchHash,bytes32 circuitId,bytes32 arrayRoot,bytes32 accountsRoot,bytes32 evaluations,uint32 accountCount,uint64 validUntil)"
        );
        assertEq(proofHashes.hash(anchor), keccak256(abi.encode(typeHash, anchor)), "hash");
    }

    function test_RevertIf_TheBatchIsNotStored() public {
        anchor.batchSequence += 1;
        refused(abi.encodeWithSelector(IAttestationRegistry.BatchNotStored.selector, anchor.batchSequence));
    }

    function test_RevertIf_HeaderOrAnchorAreOfAnotherBatch() public {
        bytes32 stored = anchor.batchHash;
        anchor.batchHash = keccak256("another");
        refused(abi.encodeWithSelector(C.WrongBatch.selector, anchor.batchHash, stored));
        anchor.batchHash = stored;
        header.observedAt += 1;
        refused(abi.encodeWithSelector(C.WrongBatch.selector, hashes.hash(header), stored));
    }

    function test_RevertIf_TheBatchIsFrozen() public {
        freeze(header.sequence);
        refused(abi.encodeWithSelector(IAttestationRegistry.BatchIsFrozen.selector, header.sequence));
    }

    function test_RevertIf_TheSetIsNotThatOfTheBatch() public {
        KeySet memory second = keySet(7, 2);
        vm.prank(GOVERNANCE);
        registry.announceSet(second.members);
        vm.warp(block.timestamp + 1 days);
        header = nextBatchOf(1);
        anchor = anchorOf(header, MARGIN_BATCH);
        anchor.setId = 2; // in force by now, but the batch is not its own
        expectRoot(anchor, ROOT);
        refused(abi.encodeWithSelector(C.WrongSet.selector, 2, 1));
        anchor.setId = 1; // overlaps
        expectRoot(anchor, ROOT);
        send();
    }

    function nextBatchOf(uint64 setId) private returns (BatchHeader memory next) {
        next = nextHeader();
        next.setId = setId;
        submit(next, pricesE8);
    }

    function test_RevertIf_TheSetIsNotAcceptedAnyMore() public {
        KeySet memory second = keySet(7, 2);
        vm.prank(GOVERNANCE);
        registry.announceSet(second.members);
        vm.warp(block.timestamp + 1 days);
        header = nextBatchOf(1);
        anchor = anchorOf(header, MARGIN_BATCH);
        expectRoot(anchor, ROOT);
        vm.warp(block.timestamp + 61);
        refused(abi.encodeWithSelector(IAttestationRegistry.SetNotAccepted.selector, 1, 2));
    }

    function test_RevertIf_TheSetIsDistrusted() public {
        distrust(1);
        // It is still the set in force, and the batch itself is not frozen.
        refused(abi.encodeWithSelector(C.SetDistrusted.selector, 1));
    }

    function test_RevertIf_TheBatchIsTooOld() public {
        anchor.validUntil = header.observedAt + 3600;
        vm.prank(GOVERNANCE);
        proofs.setFloorSeconds(30 minutes);
        vm.warp(header.observedAt + 30 minutes + 1);
        refused(abi.encodeWithSelector(C.BatchTooOld.selector, header.observedAt, block.timestamp, 30 minutes));
        vm.warp(header.observedAt + 30 minutes);
        send();
    }

    function test_AnEarlierBatchCountsWhileItIsYoung() public {
        nextBatch();
        nextBatch();
        send();
    }

    function test_RevertIf_TheAnchorHasRunOut() public {
        anchor.validUntil = uint64(block.timestamp + 10);
        vm.warp(anchor.validUntil + 1);
        refused(abi.encodeWithSelector(C.AnchorExpired.selector, anchor.validUntil, block.timestamp));
        vm.warp(anchor.validUntil);
        send();
    }

    function test_RevertIf_TheAnchorIsValidForTooLong() public {
        anchor.validUntil += 1;
        refused(abi.encodeWithSelector(C.AnchorTooLong.selector, anchor.validUntil, anchor.validUntil - 1));
    }
}
