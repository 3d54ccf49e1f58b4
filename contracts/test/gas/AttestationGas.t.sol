// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AttestationRegistry} from "../../src/attestation/AttestationRegistry.sol";
import {IStressChallenge} from "../../src/interfaces/IStressChallenge.sol";
import {AccountClearance, BatchHeader, Clearance, MarginLeaf, QuorumProof, StressRow} from "../../src/types/Attestation.sol";
import {LegChange} from "../../src/types/Trading.sol";
import {ChallengeFixture} from "../support/ChallengeFixture.sol";

/// @notice The registry's views as transactions: a view would not be measured as one.
interface AsTransactions {
    function requireLeaf(BatchHeader calldata header, MarginLeaf calldata leaf, uint256 index, bytes32[] calldata path) external returns (uint64, uint64);
    function requireClearance(Clearance calldata clearance, QuorumProof calldata proof) external;
    function signersOf(uint64 setId, bytes32 structHash, QuorumProof calldata proof) external returns (uint256);
}

/// @notice Whole transactions, the 21,000 and the call data included: run with --isolate.
contract AttestationGasTest is ChallengeFixture {
    uint256 private constant BATCH_GOAL = 120_000;
    uint256 private constant ACCOUNT_GOAL = 20; // of keeping each of 10,000 accounts fresh, an epoch
    uint256 private constant TRANSACTION_CAP = 1 << 24; // EIP-7825

    function _kept(string memory name) private returns (uint256 gas) {
        vm.snapshotGasLastCall("attestation", name);
        gas = vm.lastCallGas().gasTotalUsed;
        assertTrue(gas > 21_000, "not a transaction of its own: run with --isolate");
    }

    function _prices(uint256 count, uint64 shift) private pure returns (uint64[] memory list) {
        list = new uint64[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = uint64(100_000e8 / (i + 1)) + shift;
        }
    }

    function _batch(AttestationRegistry target, KeySet memory set, uint64 sequence, uint256 prices, uint256 signers) private {
        vm.roll(block.number + 1);
        uint64[] memory list = _prices(prices, sequence);
        BatchHeader memory header = headerAt(sequence, list);
        QuorumProof memory proof = proofOf(set, target.attestationDigest(hashes.hash(header)), signers);
        target.submitBatch(header, list, proof);
    }

    function test_CON10_GasOfABatch() public {
        // The price of a place in the ring that is used for the first time, and of the first batch at all.
        _batch(registry, first, 1, 8, FIVE_OF_SEVEN);
        _kept("batch, 5 of 7, 8 prices, the very first");
        vm.warp(block.timestamp + 12);
        _batch(registry, first, 2, 8, FIVE_OF_SEVEN);
        _kept("batch, 5 of 7, 8 prices, first use of a place in the ring");
        registry.prepareRing(0, 64);
        vm.warp(block.timestamp + 12);
        _batch(registry, first, 3, 8, FIVE_OF_SEVEN);
        uint256 gas = _kept("batch, 5 of 7, 8 prices");
        assertAtMost(gas, BATCH_GOAL, "batch");
        assertAtMost(gas, 10_000 * ACCOUNT_GOAL, "an account and epoch");
        vm.warp(block.timestamp + 3600);
        _batch(registry, first, 4, 8, FIVE_OF_SEVEN);
        _kept("batch, 5 of 7, 8 prices, a new price window");
        vm.warp(block.timestamp + 12);
        _batch(registry, first, 5, 8, 0x7f);
        _kept("batch, 7 of 7, 8 prices");
        vm.warp(block.timestamp + 12);
        _batch(registry, first, 6, 16, FIVE_OF_SEVEN);
        vm.warp(block.timestamp + 12);
        _batch(registry, first, 7, 16, FIVE_OF_SEVEN);
        _kept("batch, 5 of 7, 16 prices");
    }

    function test_CON10_GasOfABatchBySizeOfTheSet() public {
        for (uint256 size = 4; size <= 31; size += 9) {
            KeySet memory set = keySet(size, size);
            AttestationRegistry target = newRegistry(set);
            target.prepareRing(0, 4);
            uint256 quorum = 2 * (size / 3) + 1;
            vm.warp(block.timestamp + 12);
            _batch(target, set, 1, 8, (1 << quorum) - 1);
            vm.warp(block.timestamp + 12);
            _batch(target, set, 2, 8, (1 << quorum) - 1);
            _kept(string.concat("batch, ", vm.toString(quorum), " of ", vm.toString(size), ", 8 prices"));
        }
    }

    function test_CON10_GasOfSignatures() public {
        KeySet memory set = keySet(31, 31);
        AttestationRegistry target = newRegistry(set);
        bytes32 digest = target.attestationDigest(keccak256("message"));
        uint256 last = 0;
        for (uint256 signers = 1; signers <= 31; ++signers) {
            QuorumProof memory proof = proofOf(set, digest, (1 << signers) - 1);
            AsTransactions(address(target)).signersOf(1, keccak256("message"), proof);
            uint256 gas = vm.lastCallGas().gasTotalUsed;
            if (signers == 1 || signers == 5 || signers == 11 || signers == 21 || signers == 31) {
                _kept(string.concat("signatures, ", vm.toString(signers), " of 31"));
            }
            // 3,000 for the recovery, about 1,050 for the bytes.
            if (last != 0) assertAtMost(gas - last, 4700, "a signature more");
            last = gas;
        }
    }

    function test_CON10_GasOfLeafAndClearance() public {
        MarginLeaf[] memory leaves = leavesAround(leafOf(keccak256("positions"), 1e21, 5e20));
        makeArray(1, 1);
        BatchHeader memory header = headerOver(1, leaves);
        submit(header, eightPrices());
        IStressChallenge.SignedLeaf memory claim = signedLeaf(header, leaves, 1);
        AsTransactions(address(registry)).requireLeaf(header, claim.leaf, 1, claim.path);
        _kept("leaf of the current batch");

        Clearance memory clearance =
            Clearance(1, 1, uint64(block.timestamp), uint64(block.timestamp + 20), keccak256("action"), DOCUMENT, new AccountClearance[](2));
        for (uint256 i = 0; i < 2; ++i) {
            clearance.accounts[i] = AccountClearance(uint64(i + 1), 9, keccak256("before"), keccak256("after"), 2e21, 1e21, 5e20, false);
        }
        QuorumProof memory proof = proofOf(first, registry.attestationDigest(hashes.hash(clearance)), FIVE_OF_SEVEN);
        AsTransactions(address(registry)).requireClearance(clearance, proof);
        _kept("clearance of two accounts, 5 of 7");
    }

    function test_CON10_GasOfAFraudProof() public {
        uint256[4] memory sizes = [uint256(1), 16, 64, 127];
        for (uint256 k = 0; k < 4; ++k) {
            uint256 state = vm.snapshotState();
            _fraudProof(sizes[k], 0);
            assertAtMost(_kept(string.concat("fraud proof, ", vm.toString(sizes[k]), " legs, 256 scenarios")), TRANSACTION_CAP, "fraud proof");
            vm.revertToState(state);
        }
        _fraudProof(127, 50);
        assertAtMost(_kept("fraud proof, 127 legs, 256 scenarios, 50 changes undone"), TRANSACTION_CAP, "fraud proof");
    }

    /// @notice Long in every leg, each losing in every scenario.
    function _fraudProof(uint256 legs, uint256 later) private {
        bytes memory words = new bytes(1024);
        lossShares = new bytes(1024);
        for (uint256 s = 0; s < 256; ++s) {
            (words[4 * s], words[4 * s + 1], words[4 * s + 2], words[4 * s + 3]) = (0xff, 0xfe, bytes1(uint8(s)), bytes1(uint8(legs)));
            (lossShares[4 * s], lossShares[4 * s + 1], lossShares[4 * s + 2]) = (0x3b, 0x9a, 0xca); // 1 less 2^-30
        }
        int128[] memory quantities = new int128[](legs);
        bytes32 positionsHash;
        for (uint256 i = 0; i < legs; ++i) {
            quantities[i] = int128(int256(1e18 + i * 1e15));
            bytes32 instrument = bytes32((i + 1) << 240 | uint256(keccak256(abi.encode(i))) >> 16);
            pushRow(StressRow(instrument, 1e20, -2, keccak256(words)), words);
            (, positionsHash) = books.change(ACCOUNT, instrument, quantities[i]);
        }
        MarginLeaf[] memory leaves = leavesAround(leafOf(positionsHash, 1e18, 0));
        BatchHeader memory header = headerOver(1, leaves);
        submit(header, eightPrices());
        LegChange[] memory changes = new LegChange[](later);
        for (uint256 i = 0; i < later; ++i) {
            (changes[i],) = books.change(ACCOUNT, rows[(7 * i) % legs].instrument, int128(int256(3e18 + i)));
        }
        IStressChallenge.SignedLeaf memory claim = signedLeaf(header, leaves, 1);
        IStressChallenge.Book memory book = bookOf(quantities, changes);
        vm.prank(CHALLENGER);
        challenge.challengeMargin(claim, book, 255, lossShares);
    }
}
