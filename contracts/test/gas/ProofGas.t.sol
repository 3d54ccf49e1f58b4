// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchHeader, Clearance, QuorumProof} from "../../src/types/Attestation.sol";
import {Circuit, ProofAnchor, ProofKind} from "../../src/types/Proofs.sol";
import {Match} from "../../src/types/Trading.sol";
import {ProofFixture} from "../support/ProofFixture.sol";

/// @notice Whole transactions, the 21,000 and the call data included: run with --isolate. The verifier is the tests': what a real one costs, and its proof's bytes, come on top.
contract ProofGasTest is ProofFixture {
    uint64 private a;
    uint64 private b;
    bytes32 private perpetual;

    function setUp() public override {
        super.setUp();
        (a, b) = (fund(1, 100_000), fund(2, 100_000));
        perpetual = listPerpetual(BTC);
        tradeNow(1, a, 2, b, perpetual, 1e17, 100_000e18);
    }

    function _kept(string memory name) private returns (uint256 gas) {
        vm.snapshotGasLastCall("proofs", name);
        gas = vm.lastCallGas().gasTotalUsed;
        assertTrue(gas > 21_000, "not a transaction of its own: run with --isolate");
    }

    function _anchored(BatchHeader memory header, bytes32 circuitId, bytes32 root) private returns (ProofAnchor memory anchor, QuorumProof memory signatures) {
        anchor = anchorOf(header, circuitId);
        expectRoot(anchor, root);
        signatures = signAnchor(anchor);
    }

    function test_CON10_GasOfRootsAndPulls() public {
        BatchHeader memory header = nextBatch();
        bytes32 leaf = proofHashes.marginLeaf(a, sequenceOf(a), hashOf(a), 5000e6);
        (ProofAnchor memory anchor, QuorumProof memory signatures) = _anchored(header, ACCOUNT_MARGIN, leaf);
        proofs.submit(header, anchor, signatures, leaf, PROOF);
        _kept("root of one account, without the verifier");
        proofs.pull(a, sequenceOf(a), hashOf(a), 5000e6, leaf, 0, new bytes32[](0));
        _kept("margin pulled, one account, first");

        bytes32[] memory path = new bytes32[](2);
        (path[0], path[1]) = (proofHashes.marginLeaf(b, 1, 0, 1), proofHashes.node(leaf, leaf));
        bytes32 root = proofHashes.node(proofHashes.node(leaf, path[0]), path[1]);
        header = nextBatch();
        (anchor, signatures) = _anchored(header, MARGIN_BATCH, root);
        proofs.submit(header, anchor, signatures, root, PROOF);
        _kept("root of a batch, without the verifier");
        proofs.pull(a, sequenceOf(a), hashOf(a), 5000e6, root, 0, path);
        _kept("margin pulled, depth 2");
    }

    function test_CON10_GasOfALevel() public {
        // Four levels more cost four permutations more, and little else.
        uint256[2] memory gas;
        for (uint256 i = 0; i < 2; ++i) {
            uint256 depth = 2 + 4 * i;
            bytes32 circuitId = keccak256(abi.encode("batch of depth", depth));
            _addCircuit(circuitId, uint8(depth));
            bytes32 node = proofHashes.marginLeaf(a, sequenceOf(a), hashOf(a), 5000e6);
            bytes32[] memory path = new bytes32[](depth);
            for (uint256 level = 0; level < depth; ++level) {
                path[level] = bytes32(uint256(keccak256(abi.encode(level))) >> 3);
                node = proofHashes.node(node, path[level]);
            }
            BatchHeader memory header = nextBatch();
            (ProofAnchor memory anchor, QuorumProof memory signatures) = _anchored(header, circuitId, node);
            proofs.submit(header, anchor, signatures, node, PROOF);
            // Once before, so that both find the same storage.
            if (i == 0) {
                proofs.pull(a, sequenceOf(a), hashOf(a), 5000e6, node, 0, path);
                header = nextBatch();
                (anchor, signatures) = _anchored(header, circuitId, node);
                proofs.submit(header, anchor, signatures, node, PROOF);
            }
            proofs.pull(a, sequenceOf(a), hashOf(a), 5000e6, node, 0, path);
            gas[i] = _kept(string.concat("margin pulled again, depth ", vm.toString(depth)));
        }
        assertAtMost((gas[1] - gas[0]) / 4, 16_000, "a level");
    }

    function _addCircuit(bytes32 circuitId, uint8 depth) private {
        vm.prank(GOVERNANCE);
        (, uint256 nonce) = verifiers.announce(circuitId, _batch(depth));
        vm.warp(block.timestamp + 3 days);
        verifiers.enact(circuitId, _batch(depth), nonce);
    }

    function test_CON10_GasOfWhatProvenAccountsPay() public {
        // The same withdrawal and trade where nobody asked, where somebody else did, and where the account itself did.
        nextBatch();
        // What is used for the first time is paid for beforehand.
        _withdraw();
        _trade();
        _withdraw();
        uint256 alone = _kept("withdrawal, nobody asked for proofs");
        _trade();
        uint256 tradeAlone = _kept("trade, nobody asked for proofs");
        uint64 other = fund(3, 0);
        vm.prank(ownerAt(3));
        proofs.askForProofs(other);
        _withdraw();
        uint256 beside = _kept("withdrawal, another account asked");
        _trade();
        uint256 tradeBeside = _kept("trade, another account asked");
        vm.prank(ownerAt(1));
        proofs.askForProofs(a);
        prove(nextBatch(), a, 5000e6);
        _withdraw();
        _kept("withdrawal, the account asked");
        _trade();
        _kept("trade, one of two accounts asked");
        assertAtMost(beside - alone, 2400, "a word for a withdrawal");
        assertAtMost(tradeBeside - tradeAlone, 3300, "a word for a trade and its two accounts");
    }

    function _withdraw() private {
        withdraw(1, a, 1e6, submitLeaf(leafOf(a, 10_000e18, 5000e18, 10_000e18)));
    }

    function _trade() private {
        Match memory m = matchOf(1, a, 2, b, perpetual, 1e16, 100_000e18);
        Clearance memory c = clearMatch(m, false);
        c.accounts[0].maintenanceWad = 5000e18;
        execute(m, c);
    }

    function test_CON10_GasOfSolvency() public {
        uint64 insurance = fund(9, 250_000);
        vm.prank(GOVERNANCE);
        house.setInsuranceAccount(insurance);
        oracle.readResources();
        _kept("resources read");
        for (uint256 i = 0; i < 2; ++i) {
            BatchHeader memory header = nextBatch();
            ProofAnchor memory anchor = anchorOf(header, SOLVENCY);
            expectProof(address(oracle), anchor, words(anchor.evaluations, bytes32(uint256(100_000e6))));
            QuorumProof memory signatures = signAnchor(anchor);
            oracle.publish(header, anchor, signatures, 100_000e6, PROOF);
            _kept(i == 0 ? "solvency published, first use of a place, without the verifier" : "solvency published, another first use, without the verifier");
        }
    }

    function _batch(uint8 depth) private view returns (Circuit memory c) {
        c = circuit(ProofKind.MarginBatch);
        c.depth = depth;
    }
}
