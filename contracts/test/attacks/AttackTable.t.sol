// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AttestationRegistry} from "../../src/attestation/AttestationRegistry.sol";
import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {IRiskParameters} from "../../src/interfaces/IRiskParameters.sol";
import {IStressChallenge} from "../../src/interfaces/IStressChallenge.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {MerkleTree} from "../../src/libraries/MerkleTree.sol";
import {BatchHeader, MarginLeaf, QuorumProof} from "../../src/types/Attestation.sol";
import {LiveProtocol} from "../support/LiveProtocol.sol";

/// @notice The attack table: one test each, against the protocol as it is deployed. The suites of each contract go into breadth; here the point is that the parts together refuse.
contract AttackTableTest is LiveProtocol {
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141; // of secp256k1

    function accept() private returns (BatchHeader memory header) {
        header = nextHeader(livePrices());
        submit(header, livePrices());
    }

    function refuse(BatchHeader memory header, QuorumProof memory proof, bytes memory reason) private {
        vm.expectRevert(reason);
        attestations.submitBatch(header, livePrices(), proof);
    }

    /// @dev The proof is made before the expectation is set, which would otherwise wait for the call that makes it.
    function refuse(BatchHeader memory header, uint64[] memory pricesE8, QuorumProof memory proof, bytes4 reason) private {
        vm.expectPartialRevert(reason);
        attestations.submitBatch(header, pricesE8, proof);
    }

    // ---- replay, reorder ----

    function test_Attack_Replay() public {
        BatchHeader memory header = accept();
        QuorumProof memory proof = signed(header, FIVE_OF_SEVEN);
        refuse(header, proof, abi.encodeWithSelector(IAttestationRegistry.StaleSequence.selector, 1, 1));
        // Other signatures below the same statement are no other statement.
        refuse(header, signed(header, 0x7c), abi.encodeWithSelector(IAttestationRegistry.StaleSequence.selector, 1, 1));
        // The old numbers under a fresh sequence need fresh signatures.
        header.sequence = 2;
        refuse(header, livePrices(), proof, IAttestationRegistry.StaleObservation.selector);
    }

    /// @dev Six batches signed in order, brought in every order there is: what is accepted rises in sequence and time, whatever the order, and nothing twice.
    function test_Attack_Reorder_AllPermutationsOfSix() public {
        BatchHeader[6] memory headers;
        QuorumProof[6] memory proofs;
        for (uint256 i = 0; i < 6; ++i) {
            skipTime(1);
            headers[i] = nextHeader(livePrices());
            headers[i].sequence = uint64(i + 1);
            proofs[i] = signed(headers[i], FIVE_OF_SEVEN);
        }
        uint256 start = vm.snapshotState();
        for (uint256 permutation = 0; permutation < 720; ++permutation) {
            vm.revertToState(start);
            start = vm.snapshotState();
            uint256 highest;
            uint256 rest = permutation;
            uint256 left = 0x543210; // the batches still to come, one digit each
            for (uint256 count = 6; count != 0; --count) {
                uint256 place = rest % count;
                rest /= count;
                uint256 which = (left >> (4 * place)) & 15;
                left = (left & ((1 << (4 * place)) - 1)) | ((left >> (4 * (place + 1))) << (4 * place));
                (bool success,) = address(attestations).call(abi.encodeCall(attestations.submitBatch, (headers[which], livePrices(), proofs[which])));
                assertTrue(success == (which + 1 > highest), "accepted exactly when it is newer than all before");
                if (success) highest = which + 1;
            }
            (, uint64 sequence,,,) = attestations.current();
            assertEq(sequence, 6, "ends at the newest");
        }
    }

    // ---- other chain, other contract ----

    function test_Attack_CrossChain() public {
        BatchHeader memory header = nextHeader(livePrices());
        QuorumProof memory proof = signed(header, FIVE_OF_SEVEN);
        uint256 chain = block.chainid;
        vm.chainId(chain + 1); // the other branch of a fork: same contracts, same state
        refuse(header, livePrices(), proof, IAttestationRegistry.WrongSigner.selector);
        vm.chainId(chain);
        attestations.submitBatch(header, livePrices(), proof);
    }

    function test_Attack_CrossContract() public {
        AttestationRegistry twin = new AttestationRegistry(address(timelock), parameters, guardian, 2 days, attesters.members);
        BatchHeader memory header = nextHeader(livePrices());
        QuorumProof memory proof = proofOf(attesters, twin.attestationDigest(hashes.hash(header)), FIVE_OF_SEVEN);
        refuse(header, livePrices(), proof, IAttestationRegistry.WrongSigner.selector);
        twin.submitBatch(header, livePrices(), proof);
    }

    // ---- sets ----

    function test_Attack_OldSet() public {
        accept();
        KeySet memory next = keySet(7, 2);
        vm.prank(address(timelock));
        uint64 setId = attestations.announceSet(next.members);

        // Not before its time, though governance has named it.
        skipTime(1 days);
        BatchHeader memory header = nextHeader(livePrices());
        header.setId = setId;
        QuorumProof memory early = proofOf(next, attestations.attestationDigest(hashes.hash(header)), FIVE_OF_SEVEN);
        refuse(header, livePrices(), early, IAttestationRegistry.SetNotAccepted.selector);

        // After it the old set counts for the overlap and not a second longer.
        (,,, uint256 changesAt) = attestations.attesterSets();
        vm.warp(changesAt + 301);
        header = nextHeader(livePrices());
        header.setId = 1;
        refuse(header, livePrices(), signed(header, FIVE_OF_SEVEN), IAttestationRegistry.SetNotAccepted.selector);
        // Nor may it sign in the name of the new one.
        header.setId = setId;
        refuse(header, livePrices(), signed(header, FIVE_OF_SEVEN), IAttestationRegistry.SetMismatch.selector);
        attestations.submitBatch(header, livePrices(), proofOf(next, attestations.attestationDigest(hashes.hash(header)), FIVE_OF_SEVEN));
    }

    // ---- signatures ----

    function test_Attack_MalleableSignature() public {
        BatchHeader memory header = nextHeader(livePrices());
        QuorumProof memory proof = signed(header, FIVE_OF_SEVEN);
        bytes memory s = proof.signatures;
        bytes32 low;
        assembly ("memory-safe") {
            low := mload(add(s, 0x40))
        }
        bytes32 high = bytes32(ORDER - uint256(low)); // the other s of the same point
        assembly ("memory-safe") {
            mstore(add(s, 0x40), high)
        }
        s[64] = s[64] == bytes1(uint8(27)) ? bytes1(uint8(28)) : bytes1(uint8(27));
        refuse(header, livePrices(), proof, IAttestationRegistry.InvalidSignature.selector);
    }

    function test_Attack_DuplicateSignatures() public {
        BatchHeader memory header = nextHeader(livePrices());
        bytes32 digest = attestations.attestationDigest(hashes.hash(header));
        // One real signature, five times, under five bits.
        QuorumProof memory proof = proofOf(attesters, digest, 1);
        bytes memory single = proof.signatures;
        (proof.signers, proof.signatures) = (FIVE_OF_SEVEN, bytes.concat(single, single, single, single, single));
        refuse(header, livePrices(), proof, IAttestationRegistry.WrongSigner.selector);
        // The same member five times in a list of its own.
        for (uint256 i = 0; i < 7; ++i) {
            proof.members[i] = attesters.members[0];
        }
        refuse(header, livePrices(), proof, IAttestationRegistry.SetMismatch.selector);
        // Four of seven, and bits beyond the set.
        refuse(header, proofOf(attesters, digest, 0x0f), abi.encodeWithSelector(IAttestationRegistry.QuorumTooSmall.selector, 4, 5));
        proof = proofOf(attesters, digest, 0x0f);
        proof.signers |= 1 << 7;
        refuse(header, livePrices(), proof, IAttestationRegistry.InvalidSignerMask.selector);
    }

    function test_Attack_SignaturesWithSomethingBehind() public {
        BatchHeader memory header = nextHeader(livePrices());
        QuorumProof memory proof = signed(header, FIVE_OF_SEVEN);
        proof.signatures = bytes.concat(proof.signatures, hex"00");
        refuse(header, proof, abi.encodeWithSelector(IAttestationRegistry.InvalidSignatureLength.selector, 326, 325));
    }

    // ---- forged leaves ----

    function test_Attack_ForgedLeaf_FromAnInnerNode() public {
        bytes32[4] memory leaves;
        for (uint64 i = 0; i < 4; ++i) {
            leaves[i] = MerkleTree.leafHash(hashes.hash(leafOf(i + 1, keccak256(abi.encode(i)))));
        }
        BatchHeader memory header = nextHeader(livePrices());
        bytes32[] memory path;
        (header.accountsRoot, path) = treeOfFour(leaves, 1);
        submit(header, livePrices());
        MarginLeaf memory leaf = leafOf(2, keccak256(abi.encode(uint64(1))));
        attestations.requireLeaf(header, leaf, 1, path);

        // An inner node in the place of a leaf: its preimage is no leaf, and the path that fits it is too short.
        bytes32[] memory shorter = new bytes32[](path.length - 1);
        for (uint256 i = 0; i < shorter.length; ++i) {
            shorter[i] = path[i + 1];
        }
        vm.expectRevert(abi.encodeWithSelector(MerkleTree.InvalidPathLength.selector, 19, 20));
        attestations.requireLeaf(header, leaf, 0, shorter);

        // Any other number in the leaf, index or path.
        MarginLeaf memory forged = leafOf(2, leaf.positionsHash);
        forged.initialWad = 1;
        expectNoLeaf(header, forged, 1, path);
        expectNoLeaf(header, leaf, 0, path);
        expectNoLeaf(header, leaf, 3, path);
        path[7] = keccak256("other");
        expectNoLeaf(header, leaf, 1, path);
        vm.expectRevert(abi.encodeWithSelector(MerkleTree.IndexOutOfRange.selector, 4, 4));
        attestations.requireLeaf(header, leaf, 4, path);
    }

    function expectNoLeaf(BatchHeader memory header, MarginLeaf memory leaf, uint256 index, bytes32[] memory path) private {
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.LeafNotInBatch.selector, leaf.account, index));
        attestations.requireLeaf(header, leaf, index, path);
    }

    function testFuzz_Attack_ForgedLeaf(MarginLeaf memory leaf, uint256 index, bytes32[20] memory siblings) public {
        BatchHeader memory header = accept();
        bytes32[] memory path = new bytes32[](20);
        for (uint256 i = 0; i < 20; ++i) {
            path[i] = siblings[i];
        }
        index = bound(index, 0, 3);
        expectNoLeaf(header, leaf, index, path);
    }

    // ---- equivocation ----

    function test_Attack_EquivocationByF() public {
        // Two liars (f) sign two statements for one sequence; each needs three honest ones, of which five sign one only.
        BatchHeader memory told = nextHeader(livePrices());
        BatchHeader memory untold = nextHeader(livePrices());
        untold.accountsRoot = keccak256("another book");
        uint256 liars = 0x03;
        for (uint256 honestForFirst = 0; honestForFirst < 32; ++honestForFirst) {
            uint256 first = liars | (honestForFirst << 2);
            uint256 second = liars | ((31 ^ honestForFirst) << 2);
            uint256 state = vm.snapshotState();
            (bool one,) = address(attestations).call(abi.encodeCall(attestations.submitBatch, (told, livePrices(), signed(told, first))));
            (bool other,) = address(attestations).call(abi.encodeCall(attestations.submitBatch, (untold, livePrices(), signed(untold, second))));
            assertTrue(!(one && other), "two values for one sequence");
            vm.revertToState(state);
        }
        // And it costs them their bonds.
        for (uint256 i = 0; i < 2; ++i) {
            cash.mint(address(this), 100_000e6);
            cash.approve(address(bond), 100_000e6);
            bond.deposit(attesters.members[i], 100_000e6);
        }
        submit(told, livePrices());
        challenge.proveEquivocation(told, signed(told, FIVE_OF_SEVEN), untold, signed(untold, liars));
        assertEq(bond.bondOf(attesters.members[0]), 0, "slashed");
        assertEq(bond.bondOf(attesters.members[1]), 0, "slashed too");
        assertEq(bond.collectable(address(this)), 50_000e6, "a quarter of it for the proof");
        (,,,, bool frozen) = attestations.current();
        assertTrue(!frozen, "f liars do not stop an honest batch");
        (QuorumProof memory one_, QuorumProof memory other_) = (signed(told, FIVE_OF_SEVEN), signed(untold, liars));
        vm.expectPartialRevert(IStressChallenge.AlreadyPunished.selector);
        challenge.proveEquivocation(told, one_, untold, other_);
    }

    // ---- a full quorum that lies ----

    function test_Attack_AbsurdBatchWithEverySignature() public {
        accept();
        skipTime(30);
        uint64[] memory pricesE8 = livePrices();
        uint256 all = 0x7f;

        pricesE8[0] = 90_000e8 * 116 / 100; // beyond 15 % in one update
        BatchHeader memory header = nextHeader(pricesE8);
        refuse(header, pricesE8, signed(header, all), IAttestationRegistry.PriceMoveTooLarge.selector);

        // In small steps: 30 % within the hour is the end of it.
        uint256 accepted;
        pricesE8 = livePrices();
        for (uint256 i = 0; i < 20; ++i) {
            skipTime(30);
            pricesE8[0] = pricesE8[0] * 105 / 100;
            header = nextHeader(pricesE8);
            (bool success,) = address(attestations).call(abi.encodeCall(attestations.submitBatch, (header, pricesE8, signed(header, all))));
            if (!success) break;
            ++accepted;
        }
        assertEq(accepted, 5, "1.05^5 = 1.276 passes, 1.05^6 = 1.34 does not");

        // Requirements that vanish, times from elsewhere, hashes of nothing, another document.
        pricesE8[0] = attestations.priceE8(0);
        header = nextHeader(pricesE8);
        header.totalMaintenanceWad = 1;
        refuse(header, pricesE8, signed(header, all), IAttestationRegistry.MaintenanceFellTooFar.selector);
        header = nextHeader(pricesE8);
        header.observedAt = uint64(block.timestamp + 16);
        refuse(header, pricesE8, signed(header, all), IAttestationRegistry.ObservedInFuture.selector);
        header = nextHeader(pricesE8);
        header.validUntil = header.observedAt + 301;
        refuse(header, pricesE8, signed(header, all), IAttestationRegistry.InvalidWindow.selector);
        header = nextHeader(pricesE8);
        header.parameterHash = sha256("a document that nobody voted on");
        refuse(header, pricesE8, signed(header, all), IAttestationRegistry.WrongParameters.selector);
        header = nextHeader(pricesE8);
        header.accountsRoot = 0;
        refuse(header, pricesE8, signed(header, all), IAttestationRegistry.ZeroValue.selector);
        header = nextHeader(pricesE8);
        header.bookBlock = uint64(block.number);
        refuse(header, pricesE8, signed(header, all), IAttestationRegistry.InvalidBookBlock.selector);
    }

    // ---- votes and numbers (in breadth: test/governance) ----

    function test_Attack_FlashLoanVote() public {
        // All votes there are, borrowed in the second of the proposal: the threshold alone is out of reach.
        address borrower = address(0xF1A5);
        vm.prank(borrower);
        token.delegate(borrower);
        vm.prank(WHALE);
        token.transfer(borrower, 400_000_000e18);
        vm.prank(CROWD);
        token.transfer(borrower, 600_000_000e18);
        assertEq(token.getVotes(borrower), token.totalSupply(), "every vote, now");
        address[] memory targets = new address[](1);
        bytes[] memory calldatas = new bytes[](1);
        targets[0] = address(guardian);
        calldatas[0] = abi.encodeCall(guardian.appoint, (borrower, block.timestamp + 180 days));
        vm.prank(borrower);
        vm.expectRevert(abi.encodeWithSignature("GovernorInsufficientProposerVotes(address,uint256,uint256)", borrower, 0, 5_000_000e18));
        governor.propose(targets, new uint256[](1), calldatas, "#proposer=0x000000000000000000000000000000000000f1a5");
    }

    function test_Attack_ParameterDriftReachesTheRegistryOnlyByItsCap() public {
        // Largest legal steps as fast as they go for 29 days; the registry's own check moves no further.
        uint256 start = block.timestamp;
        for (uint256 day = 0; day < 29 && block.timestamp < start + 28 days; ++day) {
            IRiskParameters.Change[] memory changes = one(Keys.MAX_AGE_SECONDS, parameters.value(Keys.MAX_AGE_SECONDS) + 120);
            vm.prank(address(timelock));
            try parameters.announce(changes, DOCUMENT) returns (bytes32, uint256 nonce) {
                skipTime(1 days);
                parameters.enact(changes, DOCUMENT, nonce);
            } catch {
                skipTime(1 days);
            }
        }
        BatchHeader memory header = nextHeader(livePrices());
        header.validUntil = header.observedAt + 541; // 300 + the cap of 240 + 1
        refuse(header, livePrices(), signed(header, 0x7f), IAttestationRegistry.InvalidWindow.selector);
        header.validUntil = header.observedAt + 540;
        attestations.submitBatch(header, livePrices(), signed(header, 0x7f));
    }
}
