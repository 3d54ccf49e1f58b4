// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IClearingHouseTypes} from "../../src/interfaces/IClearingHouse.sol";
import {IVerifier} from "../../src/interfaces/IVerifier.sol";
import {Poseidon2} from "../../src/libraries/Poseidon2.sol";
import {ProofHashes} from "../../src/libraries/ProofHashes.sol";
import {MarginProofs} from "../../src/proofs/MarginProofs.sol";
import {ProofVerifiers} from "../../src/proofs/ProofVerifiers.sol";
import {SolvencyFeed} from "../../src/proofs/SolvencyFeed.sol";
import {SolvencyOracle} from "../../src/proofs/SolvencyOracle.sol";
import {BatchHeader, QuorumProof} from "../../src/types/Attestation.sol";
import {Circuit, CircuitSetup, ProofAnchor, ProofKind} from "../../src/types/Proofs.sol";
import {HouseFixture} from "./HouseFixture.sol";

/// @notice Takes just the proof and the public inputs that a test has told it, and says no or reverts otherwise.
contract TestVerifier is IVerifier {
    enum Answer {
        Exact,
        No,
        Revert
    }

    error Broken();

    bytes32 public expected;
    Answer public answer;

    function expect(bytes calldata proof, bytes32[] calldata publicInputs) external {
        expected = keccak256(abi.encode(proof, publicInputs));
    }

    function set(Answer answer_) external {
        answer = answer_;
    }

    function verify(bytes calldata proof, bytes32[] calldata publicInputs) external view returns (bool) {
        require(answer != Answer.Revert, Broken());
        return answer == Answer.Exact && keccak256(abi.encode(proof, publicInputs)) == expected;
    }
}

/// @notice Opens the libraries to tests.
contract ProofHarness {
    function hash(ProofAnchor calldata anchor) external pure returns (bytes32) {
        return ProofHashes.hash(anchor);
    }

    function marginLeaf(uint64 account, uint64 sequence, bytes32 positionsHash, uint64 margin) external pure returns (bytes32) {
        return bytes32(Poseidon2.marginLeaf(account, sequence, positionsHash, margin));
    }

    function node(bytes32 left, bytes32 right) external pure returns (bytes32) {
        return bytes32(Poseidon2.hash3(uint256(left), uint256(right), 0, Poseidon2.NODE));
    }
}

/// @notice The house of HouseFixture with everything that takes proofs, behind a verifier that tests lead.
abstract contract ProofFixture is HouseFixture {
    bytes32 internal constant ACCOUNT_MARGIN = keccak256("account-margin");
    bytes32 internal constant MARGIN_BATCH = keccak256("margin-batch");
    bytes32 internal constant SOLVENCY = keccak256("solvency");
    bytes32 internal constant SOLVENCY_SETTLE = keccak256("solvency-settle");
    bytes32 internal constant SHARD_KEY = bytes32(uint256(0x5a4d));
    address internal constant GUARDIAN = address(0x6a4d);
    bytes internal constant PROOF = "proof";

    TestVerifier internal verifier;
    ProofVerifiers internal verifiers;
    MarginProofs internal proofs;
    SolvencyOracle internal oracle;
    SolvencyFeed internal feed;
    ProofHarness internal proofHashes;

    function setUp() public virtual override {
        super.setUp();
        proofHashes = new ProofHarness();
        verifier = new TestVerifier();
        verifiers = new ProofVerifiers(GOVERNANCE, GUARDIAN, 3 days, setups());
        proofs = new MarginProofs(registry, verifiers, house, GOVERNANCE, 1 hours);
        oracle = new SolvencyOracle(registry, verifiers, house, IERC20Metadata(address(cash)), GOVERNANCE, 30 minutes);
        feed = new SolvencyFeed(oracle);
        vm.prank(GOVERNANCE);
        registry.setProofs(address(proofs));
    }

    function circuit(ProofKind kind) internal view returns (Circuit memory) {
        uint8 depth = kind == ProofKind.MarginBatch ? 2 : 0;
        return Circuit(kind, depth, address(verifier), address(verifier).codehash, keccak256("key"), kind == ProofKind.SolvencySettle ? SHARD_KEY : bytes32(0));
    }

    function setups() internal view returns (CircuitSetup[] memory all) {
        all = new CircuitSetup[](4);
        all[0] = CircuitSetup(ACCOUNT_MARGIN, circuit(ProofKind.AccountMargin));
        all[1] = CircuitSetup(MARGIN_BATCH, circuit(ProofKind.MarginBatch));
        all[2] = CircuitSetup(SOLVENCY, circuit(ProofKind.Solvency));
        all[3] = CircuitSetup(SOLVENCY_SETTLE, circuit(ProofKind.SolvencySettle));
    }

    /// @notice A second writing of the contracts'.
    function contextOf(address consumer, bytes32 circuitId, uint64 sequence, bytes32 batchHash) internal view returns (bytes32) {
        bytes32 domain = keccak256("PMS proof context 1");
        return bytes32(uint256(keccak256(abi.encode(domain, block.chainid, consumer, circuitId, sequence, batchHash))) >> 3);
    }

    function anchorOf(BatchHeader memory header, bytes32 circuitId) internal view returns (ProofAnchor memory anchor) {
        anchor.setId = header.setId;
        anchor.batchSequence = header.sequence;
        anchor.batchHash = hashes.hash(header);
        anchor.circuitId = circuitId;
        anchor.arrayRoot = bytes32(uint256(sha256("array of the proof")) >> 3);
        anchor.accountsRoot = bytes32(uint256(sha256("accounts of the proof")) >> 3);
        if (circuitId != ACCOUNT_MARGIN) anchor.evaluations = bytes32(uint256(sha256("evaluations")) >> 3);
        anchor.accountCount = header.accountCount;
        anchor.validUntil = header.observedAt + 3600;
    }

    function signAnchor(ProofAnchor memory anchor) internal view returns (QuorumProof memory) {
        return proofOf(first, registry.attestationDigest(proofHashes.hash(anchor)), FIVE_OF_SEVEN);
    }

    /// @notice The verifier takes PROOF with these inputs from now on.
    function expectProof(address consumer, ProofAnchor memory anchor, bytes32[] memory rest) internal {
        bytes32[] memory inputs = new bytes32[](3 + rest.length);
        inputs[0] = contextOf(consumer, anchor.circuitId, anchor.batchSequence, anchor.batchHash);
        (inputs[1], inputs[2]) = (anchor.arrayRoot, anchor.accountsRoot);
        for (uint256 i = 0; i < rest.length; ++i) {
            inputs[3 + i] = rest[i];
        }
        verifier.expect(PROOF, inputs);
    }

    function words(bytes32 a) internal pure returns (bytes32[] memory result) {
        result = new bytes32[](1);
        result[0] = a;
    }

    function words(bytes32 a, bytes32 b) internal pure returns (bytes32[] memory result) {
        result = new bytes32[](2);
        (result[0], result[1]) = (a, b);
    }

    function words(bytes32 a, bytes32 b, bytes32 c) internal pure returns (bytes32[] memory result) {
        result = new bytes32[](3);
        (result[0], result[1], result[2]) = (a, b, c);
    }

    // ---- margins ----

    function expectRoot(ProofAnchor memory anchor, bytes32 root) internal {
        expectProof(address(proofs), anchor, anchor.circuitId == ACCOUNT_MARGIN ? words(root) : words(anchor.evaluations, root));
    }

    /// @notice Proves an account's margin, as it stands, in a batch.
    function prove(BatchHeader memory header, uint64 account, uint64 margin) internal {
        bytes32 root = proofHashes.marginLeaf(account, sequenceOf(account), hashOf(account), margin);
        ProofAnchor memory anchor = anchorOf(header, ACCOUNT_MARGIN);
        expectRoot(anchor, root);
        proofs.submit(header, anchor, signAnchor(anchor), root, PROOF);
        proofs.pull(account, sequenceOf(account), hashOf(account), margin, root, 0, new bytes32[](0));
    }

    function nextBatch() internal returns (BatchHeader memory header) {
        header = nextHeader();
        submit(header, pricesE8);
    }

    function freeze(uint64 sequence) internal {
        if (registry.challenge() == address(0)) {
            vm.prank(GOVERNANCE);
            registry.setChallenge(address(this));
        }
        registry.freeze(sequence);
    }

    function distrust(uint64 setId) internal {
        if (registry.challenge() == address(0)) {
            vm.prank(GOVERNANCE);
            registry.setChallenge(address(this));
        }
        registry.distrust(setId);
    }

    // ---- trades and withdrawals ----

    function withdraw(uint256 who, uint64 account, uint256 amount, IClearingHouseTypes.LeafProof memory proof) internal {
        vm.prank(ownerAt(who));
        house.withdrawCash(account, amount, ownerAt(who), proof);
    }
}
