// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {StressChallenge} from "../../src/attestation/StressChallenge.sol";
import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {IClearingHouse} from "../../src/interfaces/IClearingHouse.sol";
import {IRiskParameters} from "../../src/interfaces/IRiskParameters.sol";
import {IStressChallenge} from "../../src/interfaces/IStressChallenge.sol";
import {MerkleTree} from "../../src/libraries/MerkleTree.sol";
import {AccountClearance, BatchHeader, Clearance, MarginLeaf, QuorumProof, StressRow} from "../../src/types/Attestation.sol";
import {LegChange} from "../../src/types/Trading.sol";
import {ChallengeFixture} from "../support/ChallengeFixture.sol";

/// @notice Fraud proofs: what is false is convicted, what is true never.
contract StressChallengeTest is ChallengeFixture {
    uint256 private constant ROWS = 6;
    LegChange[] private none;

    function setUp() public override {
        super.setUp();
        makeArray(ROWS, 1);
    }

    /// @notice Quantities in whole lots of each row (lot x tick is 1e-6 USD); some are 0.
    function _draw(uint256 seed) private view returns (int128[] memory quantities) {
        quantities = new int128[](ROWS);
        for (uint256 i = 0; i < ROWS; ++i) {
            uint256 word = uint256(keccak256(abi.encode("quantity", seed, i)));
            if (word % 4 == 0) continue;
            int256 lots = int256((word >> 8) % 2_000_001) - 1_000_000;
            quantities[i] = int128(lots * int256(10 ** uint256(12 - int256(rows[i].tickExponent))));
        }
        // Never an empty book.
        if (quantities[0] == 0) quantities[0] = int128(int256(10 ** uint256(12 - int256(rows[0].tickExponent))));
    }

    function _hold(int128[] memory quantities) private returns (bytes32 positionsHash) {
        for (uint256 i = 0; i < ROWS; ++i) {
            if (quantities[i] != 0) (, positionsHash) = books.change(ACCOUNT, rows[i].instrument, quantities[i]);
        }
    }

    function _worst(int128[] memory quantities) private view returns (uint256 scenario, uint256 lossWad) {
        for (uint256 s = 0; s < SCENARIOS; ++s) {
            uint256 loss = countedLossWad(quantities, s);
            if (loss > lossWad) (scenario, lossWad) = (s, loss);
        }
    }

    function _submitWith(uint128 maintenanceWad, int128 markValueWad, bytes32 positionsHash) private returns (IStressChallenge.SignedLeaf memory claim) {
        MarginLeaf[] memory leaves = leavesAround(leafOf(positionsHash, maintenanceWad, markValueWad));
        BatchHeader memory header = headerOver(1, leaves);
        submit(header, eightPrices());
        return signedLeaf(header, leaves, 1);
    }

    function _challenge(IStressChallenge.SignedLeaf memory claim, IStressChallenge.Book memory book, uint256 scenario) private {
        vm.prank(CHALLENGER);
        challenge.challengeMargin(claim, book, scenario, lossShares);
    }

    // ---- verdicts ----

    /// @notice An attester that asks the exact counted loss, or anything above, is never convicted, in any scenario.
    function testFuzz_HonestMarginIsNeverConvicted(uint256 seed, uint128 above) public {
        int128[] memory quantities = _draw(seed);
        (, uint256 lossWad) = _worst(quantities);
        above = uint128(bound(above, 0, 1e30));
        IStressChallenge.SignedLeaf memory claim = _submitWith(uint128(lossWad + (seed % 2 == 0 ? 0 : above)), 0, _hold(quantities));
        IStressChallenge.Book memory book = bookOf(quantities, none);
        for (uint256 s = 0; s < SCENARIOS; ++s) {
            vm.prank(CHALLENGER);
            try challenge.challengeMargin(claim, book, s, lossShares) {
                assertTrue(false, "an honest margin was convicted");
            } catch (bytes memory reason) {
                assertEq(bytes32(bytes4(reason)), bytes32(IStressChallenge.NoFraud.selector), "reason");
            }
        }
        assertEq(bond.bondOf(first.members[0]), BOND, "bond");
    }

    /// @notice A margin below the loss by more than the rounding bound is convicted, one wad less below is not.
    function testFuzz_FalseMarginIsConvictedToTheWad(uint256 seed) public {
        int128[] memory quantities = _draw(seed);
        (uint256 scenario, uint256 lossWad) = _worst(quantities);
        uint256 rounding = roundingWad(quantities);
        if (lossWad <= rounding + 2) return; // the book cannot lose: nothing to prove
        bytes32 positionsHash = _hold(quantities);
        IStressChallenge.Book memory book = bookOf(quantities, none);
        uint256 state = vm.snapshotState();
        IStressChallenge.SignedLeaf memory claim = _submitWith(uint128(lossWad - rounding), 0, positionsHash);
        vm.prank(CHALLENGER);
        vm.expectPartialRevert(IStressChallenge.NoFraud.selector);
        challenge.challengeMargin(claim, book, scenario, lossShares);
        vm.revertToState(state);
        claim = _submitWith(uint128(lossWad - rounding - 2), 0, positionsHash);
        _challenge(claim, book, scenario);
        assertEq(bond.bondOf(first.members[0]), BOND / 2, "slashed");
    }

    function test_ConvictionFreezesDistrustsSlashesAndRewards() public {
        int128[] memory quantities = _draw(3);
        (uint256 scenario,) = _worst(quantities);
        IStressChallenge.SignedLeaf memory claim = _submitWith(0, 0, _hold(quantities));
        _challenge(claim, bookOf(quantities, none), scenario);

        (,,,, bool frozen) = registry.current();
        assertTrue(frozen, "frozen");
        assertEq(uint256(registry.operatingState()), uint256(IAttestationRegistry.OperatingState.ReduceOnly), "state");
        // Half of a bond each of the five who signed, and 30 % of that to the challenger.
        for (uint256 i = 0; i < 7; ++i) {
            assertEq(bond.bondOf(first.members[i]), i < 5 ? BOND / 2 : BOND, "bond");
        }
        assertEq(bond.collectable(CHALLENGER), (5 * BOND / 2) * 3 / 10, "reward");
        assertEq(bond.collectable(INSURANCE), (5 * BOND / 2) * 7 / 10, "insurance");
        bond.collect(CHALLENGER);
        assertEq(token.balanceOf(CHALLENGER), (5 * BOND / 2) * 3 / 10, "collected");
        assertEq(challenge.punished(hashes.hash(claim.batch.header)), FIVE_OF_SEVEN, "punished");

        // The distrusted set goes on, but the house only reduces.
        BatchHeader memory next = submitNext(10);
        assertEq(uint256(registry.operatingState()), uint256(IAttestationRegistry.OperatingState.ReduceOnly), "still");
        (, uint64 sequence,,, bool nextFrozen) = registry.current();
        assertTrue(sequence == next.sequence && !nextFrozen, "the next batch itself is not frozen");
    }

    function test_RevertIf_OneMessageIsPunishedTwice() public {
        int128[] memory quantities = _draw(3);
        (uint256 scenario,) = _worst(quantities);
        IStressChallenge.SignedLeaf memory claim = _submitWith(0, 0, _hold(quantities));
        IStressChallenge.Book memory book = bookOf(quantities, none);
        _challenge(claim, book, scenario);
        bytes32 message = hashes.hash(claim.batch.header);
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.AlreadyPunished.selector, message));
        challenge.challengeMargin(claim, book, scenario, lossShares);
        // The same header with the signatures of all seven: the two who are new pay, the others do not pay again.
        claim.batch.proof = proofOf(first, batchDigest(claim.batch.header), 0x7f);
        _challenge(claim, book, scenario);
        for (uint256 i = 0; i < 7; ++i) {
            assertEq(bond.bondOf(first.members[i]), BOND / 2, "each once");
        }
    }

    /// @notice A header that was signed but pushed out of the ring, or never submitted, is as good as evidence.
    function test_SignedHeaderIsEvidenceWithoutBeingStored() public {
        int128[] memory quantities = _draw(3);
        (uint256 scenario,) = _worst(quantities);
        MarginLeaf[] memory leaves = leavesAround(leafOf(_hold(quantities), 0, 0));
        IStressChallenge.SignedLeaf memory claim = signedLeaf(headerOver(9, leaves), leaves, 1);
        IStressChallenge.Book memory book = bookOf(quantities, none);
        bytes32 message = hashes.hash(claim.batch.header);
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.NotTheBatch.selector, 9, message, bytes32(0)));
        challenge.challengeMargin(claim, book, scenario, lossShares);
        claim.batch.proof = proofOf(first, registry.attestationDigest(message), 0x0f);
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.QuorumTooSmall.selector, 4, 5));
        challenge.challengeMargin(claim, book, scenario, lossShares);
        claim.batch.proof = proofOf(first, registry.attestationDigest(message), 0x5e);
        _challenge(claim, book, scenario);
        assertEq(challenge.punished(message), 0x5e, "those who signed");
    }

    function test_RevertIf_TheChallengeComesTooLate() public {
        int128[] memory quantities = _draw(3);
        (uint256 scenario,) = _worst(quantities);
        IStressChallenge.SignedLeaf memory claim = _submitWith(0, 0, _hold(quantities));
        IStressChallenge.Book memory book = bookOf(quantities, none);
        vm.warp(block.timestamp + WINDOW + 1);
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.ChallengeTooLate.selector, claim.batch.header.observedAt, WINDOW));
        challenge.challengeMargin(claim, book, scenario, lossShares);
        vm.warp(block.timestamp - 1);
        _challenge(claim, book, scenario);
    }

    // ---- the book then ----

    /// @notice Up to 50 changes since, of held, new and closed legs: the verdict is that of the book then, whatever the book is now.
    function testFuzz_RewindsThroughUpTo50Changes(uint256 seed, uint256 steps) public {
        int128[] memory then = _draw(seed);
        bytes32 claimed = _hold(then);
        (uint256 scenario, uint256 lossWad) = _worst(then);
        IStressChallenge.SignedLeaf memory claim = _submitWith(0, 0, claimed);
        steps = bound(steps, 1, 50);
        LegChange[] memory changes = new LegChange[](steps);
        for (uint256 i = 0; i < steps; ++i) {
            uint256 word = uint256(keccak256(abi.encode("change", seed, i)));
            int128 to = word % 3 == 0 ? int128(0) : int128(int256((word >> 8) % 1e22) - 5e21);
            (changes[i],) = books.change(ACCOUNT, rows[(word >> 128) % ROWS].instrument, to);
        }
        IStressChallenge.Book memory book = bookOf(then, changes);
        if (lossWad <= roundingWad(then) + 2) return;
        // One change left out, or two exchanged, and the chain does not close.
        uint256 victim = seed % steps;
        int128 kept = changes[victim].toWad;
        changes[victim].toWad = kept + 1;
        vm.expectPartialRevert(IStressChallenge.BrokenChain.selector);
        challenge.challengeMargin(claim, book, scenario, lossShares);
        changes[victim].toWad = kept;
        _challenge(claim, book, scenario);
        assertEq(bond.bondOf(first.members[0]), BOND / 2, "slashed");
    }

    function test_RevertIf_TheBookIsNotTheWholeBook() public {
        int128[] memory quantities = _draw(3);
        (uint256 scenario,) = _worst(quantities);
        IStressChallenge.SignedLeaf memory claim = _submitWith(0, 0, _hold(quantities));
        IStressChallenge.Book memory whole = bookOf(quantities, none);
        uint256 held = whole.rows.length;

        // A leg left out.
        IStressChallenge.Book memory book = bookOf(quantities, none);
        bytes32[] memory fewer = new bytes32[](ROWS - 1);
        for (uint256 i = 1; i < ROWS; ++i) {
            fewer[i - 1] = book.instruments[i];
        }
        book.instruments = fewer;
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.IncompleteBook.selector, ACCOUNT, held - 1, held));
        challenge.challengeMargin(claim, book, scenario, lossShares);

        // A leg twice.
        book = bookOf(quantities, none);
        book.instruments[1] = book.instruments[0];
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.NotRising.selector, 1));
        challenge.challengeMargin(claim, book, scenario, lossShares);

        // A row for another leg, too few rows, too many rows.
        book = bookOf(quantities, none);
        (book.rows[0], book.rows[1]) = (book.rows[1], book.rows[0]);
        vm.expectRevert(
            abi.encodeWithSelector(IStressChallenge.WrongRow.selector, whole.rows[0].row.instrument, whole.rows[1].row.instrument)
        );
        challenge.challengeMargin(claim, book, scenario, lossShares);
        book = bookOf(quantities, none);
        IStressChallenge.OpenedRow[] memory some = new IStressChallenge.OpenedRow[](held - 1);
        for (uint256 i = 0; i < held - 1; ++i) {
            some[i] = book.rows[i];
        }
        book.rows = some;
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.WrongRowCount.selector, held - 1, held));
        challenge.challengeMargin(claim, book, scenario, lossShares);
        some = new IStressChallenge.OpenedRow[](held + 1);
        for (uint256 i = 0; i < held; ++i) {
            some[i] = whole.rows[i];
        }
        some[held] = whole.rows[0];
        book.rows = some;
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.WrongRowCount.selector, held + 1, held));
        challenge.challengeMargin(claim, book, scenario, lossShares);

        // More than the caps.
        book = bookOf(quantities, none);
        book.instruments = new bytes32[](257);
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.TooMany.selector, 257, 256));
        challenge.challengeMargin(claim, book, scenario, lossShares);
        book = bookOf(quantities, new LegChange[](257));
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.TooMany.selector, 257, 256));
        challenge.challengeMargin(claim, book, scenario, lossShares);
    }

    function test_RevertIf_TheEvidenceIsNotThatOfTheBatch() public {
        int128[] memory quantities = _draw(3);
        (uint256 scenario,) = _worst(quantities);
        IStressChallenge.SignedLeaf memory claim = _submitWith(0, 0, _hold(quantities));

        IStressChallenge.Book memory book = bookOf(quantities, none);
        book.rows[0].entries[4 * scenario] ^= 0x80;
        vm.expectRevert(
            abi.encodeWithSelector(IStressChallenge.WrongEntries.selector, book.rows[0].row.entriesHash, keccak256(book.rows[0].entries))
        );
        challenge.challengeMargin(claim, book, scenario, lossShares);

        book = bookOf(quantities, none);
        book.rows[0].row.tickExponent += 1;
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.RowNotInBatch.selector, book.rows[0].row.instrument, book.rows[0].index));
        challenge.challengeMargin(claim, book, scenario, lossShares);

        book = bookOf(quantities, none);
        bytes memory shares = lossShares;
        shares[0] = 0x7f;
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.WrongShares.selector, keccak256(lossShares), keccak256(shares)));
        challenge.challengeMargin(claim, book, scenario, shares);
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.UnknownScenario.selector, SCENARIOS, SCENARIOS));
        challenge.challengeMargin(claim, book, SCENARIOS, lossShares);

        claim.index = 0;
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.LeafNotInBatch.selector, ACCOUNT, 0));
        challenge.challengeMargin(claim, book, scenario, lossShares);
        claim.index = 3;
        vm.expectRevert(abi.encodeWithSelector(MerkleTree.IndexOutOfRange.selector, 3, 3));
        challenge.challengeMargin(claim, book, scenario, lossShares);
        claim.index = 1;
        claim.batch.header.validUntil += 1;
        bytes32 known = hashes.hash(_stored(claim.batch.header));
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.NotTheBatch.selector, 1, hashes.hash(claim.batch.header), known));
        challenge.challengeMargin(claim, book, scenario, lossShares);
    }

    function _stored(BatchHeader memory header) private pure returns (BatchHeader memory copy) {
        copy = abi.decode(abi.encode(header), (BatchHeader));
        copy.validUntil -= 1;
    }

    /// @notice The largest quantity, entry and tick there are.
    function test_LargestQuantityAndEntryAreStillExact() public {
        bytes memory words = lossShares;
        for (uint256 s = 0; s < SCENARIOS; ++s) {
            (words[4 * s], words[4 * s + 1], words[4 * s + 2], words[4 * s + 3]) = (0x80, 0, 0, 0);
        }
        delete rows;
        delete entries;
        delete rowLeaves;
        pushRow(StressRow(keccak256("huge"), 1e36, 9, keccak256(words)), words);
        int128[] memory quantities = new int128[](1);
        quantities[0] = type(int128).max;
        (, bytes32 positionsHash) = books.change(ACCOUNT, rows[0].instrument, quantities[0]);
        IStressChallenge.SignedLeaf memory claim = _submitWith(type(uint128).max, 0, positionsHash);
        // The loss is above the largest margin that fits, so this is a conviction, and no overflow.
        _challenge(claim, bookOf(quantities, none), 0);
        assertEq(challenge.punished(hashes.hash(claim.batch.header)), FIVE_OF_SEVEN, "convicted");
    }

    // ---- mark values ----

    /// @notice Honest: at most the contracts' value and what coins may be worth as a hedge, which is at most the maintenance.
    function testFuzz_MarkValueIsConvictedOnlyBeyondValueAndMaintenance(uint256 seed, uint128 maintenanceWad) public {
        int128[] memory quantities = _draw(seed);
        bytes32 positionsHash = _hold(quantities);
        maintenanceWad = uint128(bound(maintenanceWad, 0, 1e26));
        int256 value = 0;
        for (uint256 i = 0; i < ROWS; ++i) {
            value += int256(quantities[i]) * rows[i].markWad;
        }
        value = (value >= 0 ? value : value - 1e18 + 1) / 1e18; // [wad] rounded down
        int256 most = value + int256(uint256(maintenanceWad));
        IStressChallenge.Book memory book = bookOf(quantities, none);
        uint256 state = vm.snapshotState();
        IStressChallenge.SignedLeaf memory claim = _submitWith(maintenanceWad, int128(most), positionsHash);
        vm.expectPartialRevert(IStressChallenge.NoFraud.selector);
        challenge.challengeMarkValue(claim, book);
        vm.revertToState(state);
        claim = _submitWith(maintenanceWad, int128(most + int256(roundingWad(quantities)) + 2), positionsHash);
        vm.prank(CHALLENGER);
        challenge.challengeMarkValue(claim, book);
        assertEq(bond.bondOf(first.members[4]), BOND / 2, "slashed");
    }

    // ---- clearances ----

    function _clearance(bytes32 positionsHashAfter, uint128 maintenanceWad, int128 markValueWad) private view returns (IStressChallenge.SignedClearance memory claim) {
        Clearance memory clearance;
        clearance.setId = 1;
        clearance.batchSequence = 1;
        clearance.observedAt = uint64(block.timestamp);
        clearance.validUntil = uint64(block.timestamp + 10);
        clearance.actionHash = keccak256("action");
        clearance.parameterHash = DOCUMENT;
        clearance.accounts = new AccountClearance[](2);
        clearance.accounts[0].account = 7;
        clearance.accounts[1] = AccountClearance(ACCOUNT, 1, 0, positionsHashAfter, maintenanceWad, maintenanceWad, markValueWad, false);
        claim.clearance = clearance;
        claim.index = 1;
        claim.proof = proofOf(first, registry.attestationDigest(hashes.hash(clearance)), 0x7c);
    }

    function test_ClearanceIsChallengedLikeALeaf() public {
        int128[] memory quantities = _draw(3);
        (uint256 scenario, uint256 lossWad) = _worst(quantities);
        IStressChallenge.SignedLeaf memory honest = _submitWith(uint128(lossWad), 0, _hold(quantities));
        (,,, bytes32 positionsHash,,) = books.summary(ACCOUNT);
        IStressChallenge.Book memory book = bookOf(quantities, none);

        IStressChallenge.SignedClearance memory claim = _clearance(positionsHash, uint128(lossWad), 0);
        claim.header = honest.batch.header;
        vm.expectPartialRevert(IStressChallenge.NoFraud.selector);
        challenge.challengeClearedMargin(claim, book, scenario, lossShares);
        vm.expectPartialRevert(IStressChallenge.NoFraud.selector);
        challenge.challengeClearedMarkValue(claim, book);

        claim = _clearance(positionsHash, 1, type(int128).max);
        claim.header = honest.batch.header;
        uint256 state = vm.snapshotState();
        vm.prank(CHALLENGER);
        challenge.challengeClearedMargin(claim, book, scenario, lossShares);
        bytes32 message = hashes.hash(claim.clearance);
        assertEq(challenge.punished(message), 0x7c, "those who signed the clearance");
        assertEq(bond.bondOf(first.members[0]), BOND, "not those who signed the batch");
        assertEq(bond.bondOf(first.members[6]), BOND / 2, "slashed");
        (,,,, bool frozen) = registry.current();
        assertTrue(!frozen, "the batch itself was right");
        assertEq(uint256(registry.operatingState()), uint256(IAttestationRegistry.OperatingState.ReduceOnly), "state");
        vm.revertToState(state);
        vm.prank(CHALLENGER);
        challenge.challengeClearedMarkValue(claim, book);
        assertEq(challenge.punished(message), 0x7c, "mark value");
        // The margin is as false, but the message has been punished.
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.AlreadyPunished.selector, message));
        challenge.challengeClearedMargin(claim, book, scenario, lossShares);
    }

    function test_RevertIf_AClearanceIsHeldAgainstAnotherBatch() public {
        int128[] memory quantities = _draw(3);
        (uint256 scenario,) = _worst(quantities);
        IStressChallenge.SignedLeaf memory honest = _submitWith(1, 0, _hold(quantities));
        (,,, bytes32 positionsHash,,) = books.summary(ACCOUNT);
        IStressChallenge.Book memory book = bookOf(quantities, none);
        IStressChallenge.SignedClearance memory claim = _clearance(positionsHash, 1, 0);
        claim.header = honest.batch.header;
        claim.header.sequence = 2;
        vm.expectPartialRevert(IStressChallenge.NotTheBatch.selector);
        challenge.challengeClearedMargin(claim, book, scenario, lossShares);
        claim.header.sequence = 1;
        claim.header.stressRoot = keccak256("another array");
        vm.expectPartialRevert(IStressChallenge.NotTheBatch.selector);
        challenge.challengeClearedMargin(claim, book, scenario, lossShares);
        claim.index = 2;
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.NotInClearance.selector, 2, 2));
        challenge.challengeClearedMargin(claim, book, scenario, lossShares);
    }

    // ---- malformed rows ----

    function test_MalformedRowsAreConvictedAndSoundOnesNot() public {
        bytes memory words = entries[0];
        // Beside the sound rows: ticks and marks out of range, an instrument of 0, entries too few.
        pushRow(StressRow(bytes32(type(uint256).max - 4), 1, 10, keccak256(words)), words);
        pushRow(StressRow(bytes32(type(uint256).max - 3), 1, -19, keccak256(words)), words);
        pushRow(StressRow(bytes32(type(uint256).max - 2), 1e36 + 1, 0, keccak256(words)), words);
        pushRow(StressRow(bytes32(type(uint256).max - 1), -1e36 - 1, 0, keccak256(words)), words);
        pushRow(StressRow(0, 1, 0, keccak256(words)), words);
        pushRow(StressRow(bytes32(type(uint256).max), 1, 0, keccak256("")), "");
        IStressChallenge.SignedLeaf memory claim = _submitWith(0, 0, 0);
        for (uint256 i = 0; i < ROWS; ++i) {
            IStressChallenge.OpenedRow memory sound = opened(i);
            vm.expectRevert(abi.encodeWithSelector(IStressChallenge.RowIsSound.selector, rows[i].instrument));
            challenge.challengeRow(claim.batch, sound, lossShares);
        }
        for (uint256 i = ROWS; i < rows.length; ++i) {
            uint256 state = vm.snapshotState();
            IStressChallenge.OpenedRow memory malformed = opened(i);
            vm.prank(CHALLENGER);
            challenge.challengeRow(claim.batch, malformed, lossShares);
            assertEq(bond.bondOf(first.members[0]), BOND / 2, "slashed");
            vm.revertToState(state);
        }
    }

    // ---- equivocation ----

    function _twoHeaders() private view returns (BatchHeader memory a, BatchHeader memory b) {
        (a, b) = (headerAt(5, eightPrices()), headerAt(5, eightPrices()));
        b.accountsRoot = keccak256("other accounts");
    }

    /// @notice Exactly those who signed both pay, however many signed one.
    function testFuzz_ATT02_T19_EquivocationPunishesExactlyThoseWhoSignedBoth(uint256 firstSigners, uint256 secondSigners) public {
        firstSigners = bound(firstSigners, 1, 0x7f);
        secondSigners = bound(secondSigners, 1, 0x7f);
        (BatchHeader memory a, BatchHeader memory b) = _twoHeaders();
        QuorumProof memory proofA = proofOf(first, batchDigest(a), firstSigners);
        QuorumProof memory proofB = proofOf(first, batchDigest(b), secondSigners);
        uint256 both = firstSigners & secondSigners;
        vm.prank(CHALLENGER);
        if (both == 0) vm.expectRevert(abi.encodeWithSelector(IStressChallenge.NobodySignedBoth.selector, firstSigners, secondSigners));
        challenge.proveEquivocation(a, proofA, b, proofB);
        uint256 liars = 0;
        for (uint256 i = 0; i < 7; ++i) {
            bool lied = (both >> i) & 1 == 1;
            if (lied) ++liars;
            assertEq(bond.bondOf(first.members[i]), lied ? BOND / 2 : BOND, "bond");
        }
        // Up to f = 2 liars do not stop the house; with more the set is distrusted.
        submitNext(1);
        assertEq(
            uint256(registry.operatingState()),
            uint256(liars > 2 ? IAttestationRegistry.OperatingState.ReduceOnly : IAttestationRegistry.OperatingState.Normal),
            "state"
        );
    }

    function test_RevertIf_ItIsNoEquivocation() public {
        (BatchHeader memory a, BatchHeader memory b) = _twoHeaders();
        QuorumProof memory proofA = proofOf(first, batchDigest(a), 0x7f);
        bytes32 hashA = hashes.hash(a);
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.NotEquivocal.selector, hashA, hashA));
        challenge.proveEquivocation(a, proofA, a, proofA);
        b.sequence = 6;
        QuorumProof memory proofB = proofOf(first, batchDigest(b), 0x7f);
        bytes32 hashB = hashes.hash(b);
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.NotEquivocal.selector, hashA, hashB));
        challenge.proveEquivocation(a, proofA, b, proofB);
        b.sequence = 5;
        b.setId = 2;
        hashB = hashes.hash(b);
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.NotEquivocal.selector, hashA, hashB));
        challenge.proveEquivocation(a, proofA, b, proofB);
        // A signature of the one under the other.
        b.setId = 1;
        vm.expectPartialRevert(IAttestationRegistry.WrongSigner.selector);
        challenge.proveEquivocation(a, proofA, b, proofA);
    }

    function test_EquivocationOfMoreThanFFreezesTheStoredBatch() public {
        (BatchHeader memory a, BatchHeader memory b) = _twoHeaders();
        submit(a, eightPrices());
        QuorumProof memory proofA = proofOf(first, batchDigest(a), 0x7f);
        QuorumProof memory proofB = proofOf(first, batchDigest(b), 0x07);
        challenge.proveEquivocation(b, proofB, a, proofA);
        (,,,, bool frozen) = registry.current();
        assertTrue(frozen, "frozen");
        bytes32 message = keccak256(abi.encode(uint64(1), uint64(5)));
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.AlreadyPunished.selector, message));
        challenge.proveEquivocation(b, proofB, a, proofA);
        // A fourth liar of the same sequence pays later, alone.
        proofB = proofOf(first, batchDigest(b), 0x0f);
        challenge.proveEquivocation(b, proofB, a, proofA);
        assertEq(challenge.punished(message), 0x0f, "all four");
        assertEq(bond.bondOf(first.members[0]), BOND / 2, "once");
        assertEq(bond.bondOf(first.members[3]), BOND / 2, "later");
    }

    function test_RevertIf_TheWindowIsNotShorterThanTheBonds() public {
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.InvalidWindow.selector, BOND_DELAY, BOND_DELAY));
        new StressChallenge(registry, bond, IClearingHouse(address(books)), IRiskParameters(address(numbers)), BOND_DELAY);
    }
}
