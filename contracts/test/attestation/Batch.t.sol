// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {BatchHeader, QuorumProof} from "../../src/types/Attestation.sol";
import {AttestationFixture} from "../support/AttestationFixture.sol";

/// @notice What submitBatch accepts and refuses, but for signatures and rotation.
contract BatchTest is AttestationFixture {
    function _refused(BatchHeader memory header, bytes memory reason) private {
        QuorumProof memory proof = proofOf(first, batchDigest(header), FIVE_OF_SEVEN);
        vm.expectRevert(reason);
        registry.submitBatch(header, eightPrices(), proof);
    }

    function test_ATT01_AcceptedBatchIsStoredWithItsSigners() public {
        BatchHeader memory header = submitNext(1);
        (bytes32 batchHash, uint64 sequence, uint64 observedAt, uint64 validUntil, bool frozen) = registry.current();
        assertEq(batchHash, hashes.hash(header), "current hash");
        assertEq(sequence, 1, "sequence");
        assertEq(observedAt, header.observedAt, "observedAt");
        assertEq(validUntil, header.validUntil, "validUntil");
        assertTrue(!frozen, "not frozen");
        (bytes32 storedHash, uint256 signers, uint64 setId, bool storedFrozen) = registry.stored(1);
        assertEq(storedHash, batchHash, "stored hash");
        assertEq(signers, FIVE_OF_SEVEN, "signers");
        assertEq(setId, 1, "set");
        assertTrue(!storedFrozen, "stored not frozen");
        (uint64[16] memory prices, uint64 pricesAt) = registry.prices();
        uint64[] memory given = eightPrices();
        for (uint256 i = 0; i < 16; ++i) {
            uint64 expected = i < given.length ? given[i] : 0;
            assertEq(prices[i], expected, "prices()");
            assertEq(registry.priceE8(uint8(i)), expected, "priceE8()");
        }
        assertEq(pricesAt, header.observedAt, "prices' moment");
        assertEq(registry.priceE8(200), 0, "no such id");
        assertEq(uint256(registry.operatingState()), uint256(IAttestationRegistry.OperatingState.Normal), "state");
    }

    function test_ATT05_RevertIf_AnyHashIsZero() public {
        // The words of the header that are hashes, but for the prices' (any other value than theirs is a mismatch first).
        BatchHeader memory header = headerAt(1, eightPrices());
        for (uint256 i = 0; i < 8; ++i) {
            header = headerAt(1, eightPrices());
            if (i == 0) header.snapshotHash = 0;
            if (i == 1) header.parameterHash = 0;
            if (i == 2) header.scenarioSetHash = 0;
            if (i == 3) header.arrayRoot = 0;
            if (i == 4) header.stressRoot = 0;
            if (i == 5) header.stressSharesHash = 0;
            if (i == 6) header.pricesHash = 0;
            if (i == 7) header.accountsRoot = 0;
            _refused(header, abi.encodeWithSelector(IAttestationRegistry.ZeroValue.selector));
        }
    }

    function test_ATT05_RevertIf_CountsAreZeroOrBeyondTheTrees() public {
        BatchHeader memory header = headerAt(1, eightPrices());
        header.accountCount = 0;
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.InvalidCount.selector, 0, 1 << 20));
        header.accountCount = (1 << 20) + 1;
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.InvalidCount.selector, (1 << 20) + 1, 1 << 20));
        header = headerAt(1, eightPrices());
        header.rowCount = 0;
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.InvalidCount.selector, 0, 1 << 13));
        header.rowCount = (1 << 13) + 1;
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.InvalidCount.selector, (1 << 13) + 1, 1 << 13));
    }

    function test_ATT03_RevertIf_AnotherSchema() public {
        BatchHeader memory header = headerAt(1, eightPrices());
        header.schema = 2;
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.UnknownSchema.selector, 2));
    }

    function test_ATT02_RevertIf_SequenceOrObservationDoNotRise() public {
        submitNext(1);
        vm.roll(block.number + 1);
        vm.warp(block.timestamp + 1);
        BatchHeader memory header = headerAt(1, eightPrices());
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.StaleSequence.selector, 1, 1));
        header.sequence = 0;
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.StaleSequence.selector, 0, 1));
        header = headerAt(2, eightPrices());
        header.observedAt -= 1;
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.StaleObservation.selector, header.observedAt, header.observedAt));
        // Sequences may leave gaps: batches that never arrived.
        header = headerAt(9, eightPrices());
        submit(header, eightPrices());
    }

    /// @notice A quorum cannot use up the sequences: it would end all batches for good.
    function test_ATT09_RevertIf_TheSequenceLeapsTooFar() public {
        submitNext(1);
        vm.roll(block.number + 1);
        vm.warp(block.timestamp + 1);
        BatchHeader memory header = headerAt(type(uint64).max, eightPrices());
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.SequenceTooFar.selector, type(uint64).max, 1));
        header.sequence = 2 + (1 << 32);
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.SequenceTooFar.selector, header.sequence, 1));
        header.sequence = 1 << 32;
        submit(header, eightPrices());
    }

    function test_T15_WindowOfABatchToTheSecond() public {
        BatchHeader memory header = headerAt(1, eightPrices());
        header.observedAt += 6;
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.ObservedInFuture.selector, header.observedAt, block.timestamp));
        header = headerAt(1, eightPrices());
        header.validUntil = header.observedAt + 121;
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.InvalidWindow.selector, header.observedAt, header.validUntil, block.timestamp));
        header.validUntil = header.observedAt - 1;
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.InvalidWindow.selector, header.observedAt, header.validUntil, block.timestamp));
        header.observedAt -= 121;
        header.validUntil = header.observedAt + 120;
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.InvalidWindow.selector, header.observedAt, header.validUntil, block.timestamp));
        // The last second of the window, and the furthest future.
        header.observedAt += 1;
        header.validUntil += 1;
        submit(header, eightPrices());
        header = headerAt(2, eightPrices());
        header.observedAt += 5;
        submit(header, eightPrices());
    }

    function test_T15_RevertIf_TheBookBlockIsNotPast() public {
        BatchHeader memory header = headerAt(1, eightPrices());
        header.bookBlock = uint64(block.number);
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.InvalidBookBlock.selector, block.number, block.number));
        header.bookBlock = 0;
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.InvalidBookBlock.selector, 0, block.number));
    }

    function test_ATT03_ParameterDocumentInForceAndTheOneBeforeWhileItOverlaps() public {
        submitNext(1);
        bytes32 next = sha256("next parameters");
        numbers.setDocument(next, 50);
        vm.warp(block.timestamp + 50);
        vm.roll(block.number + 1);
        BatchHeader memory header = headerAt(2, eightPrices());
        submit(header, eightPrices());
        vm.warp(block.timestamp + 1);
        header = headerAt(3, eightPrices());
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.WrongParameters.selector, DOCUMENT, next));
        header.parameterHash = sha256("some other document");
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.WrongParameters.selector, header.parameterHash, next));
        header.parameterHash = next;
        submit(header, eightPrices());
    }

    /// @dev A registry that copies governed numbers must feel a change at once.
    function test_ATT09_GovernedNumbersCountFromTheirChangeOn() public {
        submitNext(1);
        numbers.set(Keys.MAX_AGE_SECONDS, 60);
        vm.warp(block.timestamp + 1);
        vm.roll(block.number + 1);
        BatchHeader memory header = headerAt(2, eightPrices());
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.InvalidWindow.selector, header.observedAt, header.validUntil, block.timestamp));
        header.validUntil = header.observedAt + 60;
        submit(header, eightPrices());
    }

    function test_RevertIf_PricesAreNotThoseSigned() public {
        BatchHeader memory header = headerAt(1, eightPrices());
        uint64[] memory others = eightPrices();
        others[3] += 1;
        QuorumProof memory proof = proofOf(first, batchDigest(header), FIVE_OF_SEVEN);
        vm.expectRevert(
            abi.encodeWithSelector(IAttestationRegistry.PricesMismatch.selector, header.pricesHash, keccak256(abi.encodePacked(others)))
        );
        registry.submitBatch(header, others, proof);
    }

    /// @notice 256 batches stay; the 257th takes the place of the first.
    function test_ATT02_RingKeeps256Batches() public {
        registry.prepareRing(0, 1000);
        (bytes32 none,,,) = registry.stored(5);
        assertEq(none, bytes32(0), "a prepared place is no batch");
        KeepFirst memory keep;
        for (uint256 i = 1; i <= 257; ++i) {
            BatchHeader memory header = submitNext(3);
            if (i == 1) keep.hash = hashes.hash(header);
            if (i == 256) {
                (bytes32 hash_,,,) = registry.stored(1);
                assertEq(hash_, keep.hash, "the first is still there");
            }
        }
        (bytes32 gone,,,) = registry.stored(1);
        assertEq(gone, bytes32(0), "the first made room");
        (bytes32 second,,,) = registry.stored(2);
        assertTrue(second != 0, "the second stays");
    }

    struct KeepFirst {
        bytes32 hash;
    }

    function test_RevertIf_ABatchIsPushedOutOfTheRingTooSoon() public {
        submitNext(1);
        vm.warp(block.timestamp + registry.LEAST_RING_SECONDS() - 1);
        vm.roll(block.number + 1);
        BatchHeader memory header = headerAt(257, eightPrices());
        _refused(header, abi.encodeWithSelector(IAttestationRegistry.RingTooYoung.selector, 1, block.timestamp + 1));
        vm.warp(block.timestamp + 1);
        header = headerAt(257, eightPrices());
        submit(header, eightPrices());
    }

    function test_StateFollowsTheBatchAndTheGuardian() public {
        assertEq(uint256(registry.operatingState()), uint256(IAttestationRegistry.OperatingState.ReduceOnly), "no batch yet");
        BatchHeader memory header = submitNext(1);
        assertEq(uint256(registry.operatingState()), uint256(IAttestationRegistry.OperatingState.Normal), "fresh");
        guardianSwitch.set(registry, IAttestationRegistry.OperatingState.ReduceOnly);
        assertEq(uint256(registry.operatingState()), uint256(IAttestationRegistry.OperatingState.ReduceOnly), "paused");
        guardianSwitch.set(registry, IAttestationRegistry.OperatingState.Halt);
        assertEq(uint256(registry.operatingState()), uint256(IAttestationRegistry.OperatingState.Halt), "halted");
        guardianSwitch.set(registry, IAttestationRegistry.OperatingState.Normal);
        vm.warp(header.validUntil);
        assertEq(uint256(registry.operatingState()), uint256(IAttestationRegistry.OperatingState.Normal), "last second");
        vm.warp(header.validUntil + 1);
        assertEq(uint256(registry.operatingState()), uint256(IAttestationRegistry.OperatingState.ReduceOnly), "stale");
    }
}
