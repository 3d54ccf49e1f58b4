// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {RiskParameters} from "../../src/governance/RiskParameters.sol";
import {IRiskParameters} from "../../src/interfaces/IRiskParameters.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {RollingSum} from "../../src/libraries/RollingSum.sol";
import {Defaults} from "../../script/Defaults.sol";
import {GovernanceFixture} from "./GovernanceFixture.sol";

contract NumbersTest is GovernanceFixture {
    bytes32 internal constant NEXT_DOCUMENT = keccak256("next risk parameter document");

    /// @notice Announces, waits and enacts.
    function move(IRiskParameters.Change[] memory changes, bytes32 documentHash) internal {
        (bytes32 id, uint256 nonce) = announce(changes, documentHash);
        (uint256 enactableAt,) = parameters.announcement(id);
        vm.warp(enactableAt);
        parameters.enact(changes, documentHash, nonce);
    }

    function expectRefusedAnnouncement(IRiskParameters.Change[] memory changes, bytes memory reason) internal {
        asTimelock();
        vm.expectRevert(reason);
        parameters.announce(changes, DOCUMENT);
    }

    // ---- reading ----

    function test_ValuesAreTheDefaultsAtLaunch() public view {
        IRiskParameters.Setup[] memory setups = Defaults.setups();
        bytes32[] memory keys = new bytes32[](setups.length);
        for (uint256 i = 0; i < setups.length; ++i) {
            keys[i] = setups[i].key;
            assertEq(parameters.value(setups[i].key), setups[i].value, "value");
            assertEq(keccak256(abi.encode(parameters.boundsOf(setups[i].key))), keccak256(abi.encode(setups[i].bounds)), "bounds");
        }
        int128[] memory values = parameters.values(keys);
        for (uint256 i = 0; i < setups.length; ++i) {
            assertEq(values[i], setups[i].value, "values");
        }
        assertEq(keccak256(abi.encode(parameters.keys())), keccak256(abi.encode(keys)), "keys");
        assertEq(parameters.version(), 1, "version");
    }

    function test_RevertIf_TheKeyIsUnknown() public {
        bytes32 unknown = "noSuchKey";
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.UnknownKey.selector, unknown));
        parameters.value(unknown);
        bytes32[] memory keys = new bytes32[](1);
        keys[0] = unknown;
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.UnknownKey.selector, unknown));
        parameters.values(keys);
        expectRefusedAnnouncement(one(unknown, 1), abi.encodeWithSelector(IRiskParameters.UnknownKey.selector, unknown));
    }

    // ---- the path ----

    function test_GOV02_TheWholePathFromVoteToValue() public {
        IRiskParameters.Change[] memory changes = one(Keys.MAX_AGE_SECONDS, 420);
        carry(address(parameters), abi.encodeCall(parameters.announce, (changes, NEXT_DOCUMENT)), "longer age");
        assertEq(parameters.value(Keys.MAX_AGE_SECONDS), 300, "announced is not enacted");
        vm.warp(block.timestamp + parameters.DOCUMENT_DELAY());
        vm.prank(address(0xC0FFEE)); // anyone
        parameters.enact(changes, NEXT_DOCUMENT, 1);
        assertEq(parameters.value(Keys.MAX_AGE_SECONDS), 420, "enacted");
        (bytes32 current, bytes32 previous, uint256 previousUntil) = parameters.documents();
        assertEq(current, NEXT_DOCUMENT, "document");
        assertEq(previous, DOCUMENT, "the document before");
        assertEq(previousUntil, block.timestamp + 600, "overlap");
        assertEq(parameters.version(), 2, "version");
    }

    function test_RevertIf_GOV02_EnactedBeforeTheDelay() public {
        IRiskParameters.Change[] memory changes = one(Keys.MARGIN_CALL_SECONDS, 7200);
        (bytes32 id, uint256 nonce) = announce(changes, DOCUMENT);
        uint256 enactableAt = block.timestamp + 7 days;
        vm.warp(enactableAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.TooEarly.selector, id, enactableAt - 1, enactableAt));
        parameters.enact(changes, DOCUMENT, nonce);
        vm.warp(enactableAt);
        parameters.enact(changes, DOCUMENT, nonce);
    }

    function test_GOV02_TheLongestDelayOfASetCounts() public {
        (bytes32 id,) = announce(two(Keys.MAX_AGE_SECONDS, 420, Keys.MARGIN_CALL_SECONDS, 7200), DOCUMENT);
        (uint256 enactableAt,) = parameters.announcement(id);
        assertEq(enactableAt, block.timestamp + 7 days, "7 days of marginCallSeconds");
        (id,) = announce(new IRiskParameters.Change[](0), NEXT_DOCUMENT);
        (enactableAt,) = parameters.announcement(id);
        assertEq(enactableAt, block.timestamp + 2 days, "a document alone");
    }

    // ---- GOV-03 ----

    function test_RevertIf_GOV03_OutOfBounds() public {
        expectRefusedAnnouncement(
            one(Keys.MAX_AGE_SECONDS, 901), abi.encodeWithSelector(IRiskParameters.OutOfBounds.selector, Keys.MAX_AGE_SECONDS, int128(901), int128(60), int128(900))
        );
        expectRefusedAnnouncement(
            one(Keys.MAX_AGE_SECONDS, -1), abi.encodeWithSelector(IRiskParameters.OutOfBounds.selector, Keys.MAX_AGE_SECONDS, int128(-1), int128(60), int128(900))
        );
    }

    function test_RevertIf_GOV03_TheStepIsTooLarge() public {
        expectRefusedAnnouncement(one(Keys.MAX_AGE_SECONDS, 421), abi.encodeWithSelector(IRiskParameters.StepTooLarge.selector, Keys.MAX_AGE_SECONDS, 121, 120));
    }

    function test_GOV03_TheThirtyDaySumIsARollingWindow() public {
        move(one(Keys.MAX_AGE_SECONDS, 420), DOCUMENT);
        uint256 first = block.timestamp;
        skipTime(10 days);
        move(one(Keys.MAX_AGE_SECONDS, 300), DOCUMENT); // the way back counts too
        (uint256 moved,) = parameters.movedIn30Days(Keys.MAX_AGE_SECONDS);
        assertEq(moved, 240, "both steps");
        expectRefusedAnnouncement(one(Keys.MAX_AGE_SECONDS, 301), abi.encodeWithSelector(IRiskParameters.TooMuchIn30Days.selector, Keys.MAX_AGE_SECONDS, 241, 240));
        vm.warp(first + 30 days - 1);
        expectRefusedAnnouncement(one(Keys.MAX_AGE_SECONDS, 301), abi.encodeWithSelector(IRiskParameters.TooMuchIn30Days.selector, Keys.MAX_AGE_SECONDS, 241, 240));
        vm.warp(first + 30 days);
        announce(one(Keys.MAX_AGE_SECONDS, 420), DOCUMENT);
    }

    function test_GOV03_TwoAnnouncedStepsOfOneKeyDoNotAddUp() public {
        (bytes32 firstId, uint256 first) = announce(one(Keys.MAX_AGE_SECONDS, 420), DOCUMENT);
        (bytes32 secondId, uint256 second) = announce(one(Keys.MAX_AGE_SECONDS, 415), DOCUMENT);
        assertTrue(firstId != secondId, "ids differ");
        skipTime(2 days);
        parameters.enact(one(Keys.MAX_AGE_SECONDS, 420), DOCUMENT, first);
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.StaleAnnouncement.selector, secondId, Keys.MAX_AGE_SECONDS));
        parameters.enact(one(Keys.MAX_AGE_SECONDS, 415), DOCUMENT, second);
    }

    // ---- T41: many small steps ----

    /// @dev Any sequence of announcements, enactments and waits on one key: at every moment the sum of steps of the last 30 days, taken from a log kept here, is within the cap,
    /// and so the value has drifted at most so far from where it was 30 days before.
    function testFuzz_GOV03_T41_NoSequenceOfStepsDriftsFurtherThanTheCap(uint256 seed) public {
        bytes32 key = Keys.MAX_AGE_SECONDS;
        uint256[64] memory times;
        int128[65] memory values;
        uint256 enacted;
        values[0] = parameters.value(key);
        for (uint256 round = 0; round < 64; ++round) {
            seed = uint256(keccak256(abi.encode(seed)));
            int128 from = parameters.value(key);
            // The largest step upwards, which is the poison; small steps either way; anything.
            int128 to = from + 120;
            if (seed % 3 == 1) to = from + int128(boundInt(int256(seed >> 8), -20, 30));
            if (seed % 3 == 2) to = int128(boundInt(int256(seed >> 8), 40, 920));
            asTimelock();
            try parameters.announce(one(key, to), DOCUMENT) returns (bytes32 id, uint256 nonce) {
                (uint256 enactableAt,) = parameters.announcement(id);
                vm.warp(enactableAt + (seed >> 64) % 4 days);
                try parameters.enact(one(key, to), DOCUMENT, nonce) {
                    times[enacted++] = block.timestamp;
                    values[enacted] = to;
                } catch {}
            } catch {
                vm.warp(block.timestamp + 1 days + (seed >> 64) % 2 days);
            }
        }
        assertTrue(enacted > 2, "the search must get somewhere");
        assertDriftWithin(times, values, enacted, 240);
    }

    function assertDriftWithin(uint256[64] memory times, int128[65] memory values, uint256 enacted, uint256 cap) private pure {
        for (uint256 last = 0; last < enacted; ++last) {
            uint256 sum;
            for (uint256 i = 0; i <= last; ++i) {
                if (times[i] + 30 days <= times[last]) continue;
                sum += values[i + 1] > values[i] ? uint256(int256(values[i + 1] - values[i])) : uint256(int256(values[i] - values[i + 1]));
            }
            assertAtMost(sum, cap, "sum of steps in 30 days");
        }
    }

    /// @dev The worst that legal steps can do in a quarter: the floor of intrinsic stress falls step by step, and each 30 days take at most the cap.
    function test_T41_GreedyPoisonOfTheStressFloorIsHeldToItsCap() public {
        int128 move0 = parameters.value(Keys.STRESS_MOVE_WAD);
        int128 share = parameters.value(Keys.TIME_VALUE_SHARE_WAD);
        uint256 start = block.timestamp;
        uint256 steps;
        while (block.timestamp < start + 29 days) {
            int128 moveNow = parameters.value(Keys.STRESS_MOVE_WAD);
            int128 shareNow = parameters.value(Keys.TIME_VALUE_SHARE_WAD);
            IRiskParameters.Change[] memory changes = two(Keys.STRESS_MOVE_WAD, moveNow - 1e16, Keys.TIME_VALUE_SHARE_WAD, shareNow + 1e16);
            asTimelock();
            try parameters.announce(changes, DOCUMENT) returns (bytes32, uint256 nonce) {
                vm.warp(block.timestamp + 3 days);
                parameters.enact(changes, DOCUMENT, nonce);
                ++steps;
            } catch {
                vm.warp(block.timestamp + 1 days);
            }
        }
        assertEq(steps, 4, "timeValueShareWad runs out first");
        assertEq(move0 - parameters.value(Keys.STRESS_MOVE_WAD), 4e16, "stress move");
        assertEq(parameters.value(Keys.TIME_VALUE_SHARE_WAD) - share, 4e16, "time value share");
    }

    // ---- GOV-04 ----

    function test_RevertIf_GOV04_ACoupledKeyIsLeftOut() public {
        expectRefusedAnnouncement(
            one(Keys.STRESS_MOVE_WAD, 20e16), abi.encodeWithSelector(IRiskParameters.GroupIncomplete.selector, uint8(2), Keys.TIME_VALUE_SHARE_WAD)
        );
        expectRefusedAnnouncement(
            one(Keys.MAX_PRICE_MOVE_PER_HOUR_WAD, 35e16), abi.encodeWithSelector(IRiskParameters.GroupIncomplete.selector, uint8(1), Keys.MAX_PRICE_MOVE_WAD)
        );
        IRiskParameters.Change[] memory half = one(Keys.SLASH_SHARE_WAD, 75e16);
        expectRefusedAnnouncement(half, abi.encodeWithSelector(IRiskParameters.GroupIncomplete.selector, uint8(3), Keys.CHALLENGER_SHARE_WAD));
    }

    function test_GOV04_CoupledKeysChangeTogetherOrNotAtAll() public {
        IRiskParameters.Change[] memory changes = two(Keys.STRESS_MOVE_WAD, 20e16, Keys.TIME_VALUE_SHARE_WAD, 3e16);
        (bytes32 id, uint256 nonce) = announce(changes, DOCUMENT);
        // One of the two moves in between, by the guardian and with its group: the announced pair no longer fits and nothing of it is applied.
        vm.prank(GUARDIAN_HOLDER);
        guardian.tighten(two(Keys.STRESS_MOVE_WAD, 15e16, Keys.TIME_VALUE_SHARE_WAD, 4e16));
        skipTime(4 days);
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.StaleAnnouncement.selector, id, Keys.TIME_VALUE_SHARE_WAD));
        parameters.enact(changes, DOCUMENT, nonce);
        assertEq(parameters.value(Keys.STRESS_MOVE_WAD), 15e16, "stress move as it was");
        assertEq(parameters.value(Keys.TIME_VALUE_SHARE_WAD), 4e16, "time value share as tightened");
    }

    /// @dev Every proper part of every group, for governance and for the guardian.
    function test_GOV04_EveryHalfOfEveryGroupIsRefused() public {
        IRiskParameters.Setup[] memory setups = Defaults.setups();
        uint256 halves;
        for (uint256 i = 0; i < setups.length; ++i) {
            if (setups[i].bounds.group == 0) continue;
            IRiskParameters.Change[] memory half = one(setups[i].key, setups[i].value);
            asTimelock();
            vm.expectPartialRevert(IRiskParameters.GroupIncomplete.selector);
            parameters.announce(half, NEXT_DOCUMENT);
            vm.prank(GUARDIAN_HOLDER);
            vm.expectPartialRevert(IRiskParameters.GroupIncomplete.selector);
            guardian.tighten(half);
            ++halves;
        }
        assertEq(halves, 10, "keys in groups");
    }

    // ---- GOV-07 ----

    function test_RevertIf_GOV07_AnAnnouncementIsReplayed() public {
        IRiskParameters.Change[] memory changes = one(Keys.MAX_AGE_SECONDS, 420);
        (bytes32 id, uint256 nonce) = announce(changes, DOCUMENT);
        skipTime(2 days);
        parameters.enact(changes, DOCUMENT, nonce);
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.NotAnnounced.selector, id));
        parameters.enact(changes, DOCUMENT, nonce);
    }

    function testFuzz_GOV07_AnAnnouncementBindsItsPayload(int128 value, bytes32 documentHash, uint256 nonce) public {
        (, uint256 announced) = announce(one(Keys.MAX_AGE_SECONDS, 420), DOCUMENT);
        vm.assume(value != 420 || documentHash != DOCUMENT || nonce != announced);
        skipTime(2 days);
        vm.expectPartialRevert(IRiskParameters.NotAnnounced.selector);
        parameters.enact(one(Keys.MAX_AGE_SECONDS, value), documentHash, nonce);
    }

    function test_GOV07_AnAnnouncementBindsChainAndRegistry() public {
        IRiskParameters.Change[] memory changes = one(Keys.MAX_AGE_SECONDS, 420);
        (, uint256 nonce) = announce(changes, DOCUMENT);
        skipTime(2 days);
        uint256 chain = block.chainid;
        vm.chainId(chain + 1); // the other branch of a fork
        vm.expectPartialRevert(IRiskParameters.NotAnnounced.selector);
        parameters.enact(changes, DOCUMENT, nonce);
        vm.chainId(chain);
        parameters.enact(changes, DOCUMENT, nonce);
    }

    function test_RevertIf_GOV07_TheAnnouncementHasExpired() public {
        IRiskParameters.Change[] memory changes = one(Keys.MAX_AGE_SECONDS, 420);
        (bytes32 id, uint256 nonce) = announce(changes, DOCUMENT);
        (, uint256 expiresAt) = parameters.announcement(id);
        vm.warp(expiresAt + 1);
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.AnnouncementExpired.selector, id, expiresAt + 1, expiresAt));
        parameters.enact(changes, DOCUMENT, nonce);
    }

    function test_RevertIf_GOV07_TheDocumentMovedSinceTheAnnouncement() public {
        (, uint256 documentOnly) = announce(new IRiskParameters.Change[](0), NEXT_DOCUMENT);
        (bytes32 id, uint256 numbersOnly) = announce(one(Keys.MAX_AGE_SECONDS, 420), DOCUMENT);
        skipTime(3 days);
        parameters.enact(new IRiskParameters.Change[](0), NEXT_DOCUMENT, documentOnly);
        // Enacting it now would bring the old document back.
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.StaleDocument.selector, id));
        parameters.enact(one(Keys.MAX_AGE_SECONDS, 420), DOCUMENT, numbersOnly);
    }

    function test_RevertIf_GOV07_TheAnnouncementWasCancelled() public {
        (bytes32 id, uint256 nonce) = announce(one(Keys.MAX_AGE_SECONDS, 420), DOCUMENT);
        vm.prank(GUARDIAN_HOLDER);
        guardian.cancelAnnouncement(id);
        skipTime(2 days);
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.NotAnnounced.selector, id));
        parameters.enact(one(Keys.MAX_AGE_SECONDS, 420), DOCUMENT, nonce);
        asTimelock();
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.NotAnnounced.selector, id));
        parameters.cancel(id);
    }

    // ---- the form of a set ----

    function test_RevertIf_KeysDoNotRise() public {
        IRiskParameters.Change[] memory changes = two(Keys.MAX_AGE_SECONDS, 420, Keys.MAX_CLEARANCE_SECONDS, 90);
        (changes[0], changes[1]) = (changes[1], changes[0]);
        expectRefusedAnnouncement(changes, abi.encodeWithSelector(IRiskParameters.KeysNotRising.selector, changes[0].key, changes[1].key));
        changes[0] = changes[1]; // a key twice would be two steps
        expectRefusedAnnouncement(changes, abi.encodeWithSelector(IRiskParameters.KeysNotRising.selector, changes[0].key, changes[1].key));
    }

    function test_RevertIf_NothingChangesOrTooMuch() public {
        expectRefusedAnnouncement(new IRiskParameters.Change[](0), abi.encodeWithSelector(IRiskParameters.NothingToChange.selector));
        expectRefusedAnnouncement(new IRiskParameters.Change[](33), abi.encodeWithSelector(IRiskParameters.TooManyChanges.selector, 33, 32));
        asTimelock();
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.ZeroValue.selector));
        parameters.announce(one(Keys.MAX_AGE_SECONDS, 420), 0);
    }

    // ---- GOV-06 ----

    function test_GOV06_ANewCoinStartsAtItsStrictest() public {
        carry(address(parameters), abi.encodeCall(parameters.registerCoin, (7)), "a new coin");
        assertEq(parameters.value(Keys.ofCoin(Keys.COIN_HAIRCUT_WAD, 7)), 1e18, "haircut of 100 %");
        assertEq(parameters.value(Keys.ofCoin(Keys.COIN_CAP_WAD, 7)), 0, "none taken");
        assertEq(parameters.value(Keys.ofCoin(Keys.COIN_RAMP_SECONDS, 7)), 60 days, "slowest ramp");
        asTimelock();
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.KeyExists.selector, Keys.ofCoin(Keys.COIN_HAIRCUT_WAD, 7)));
        parameters.registerCoin(7);
    }

    function test_GOV06_ANewCoinNeedsMonthsToCount() public {
        asTimelock();
        parameters.registerCoin(7);
        bytes32 key = Keys.ofCoin(Keys.COIN_HAIRCUT_WAD, 7);
        expectRefusedAnnouncement(one(key, 79e16), abi.encodeWithSelector(IRiskParameters.StepTooLarge.selector, key, 21e16, 20e16));
        uint256 start = block.timestamp;
        for (uint256 day = 0; day < 60 && parameters.value(key) > 20e16; ++day) {
            int128 to = parameters.value(key) - 20e16;
            asTimelock();
            try parameters.announce(one(key, to), DOCUMENT) returns (bytes32, uint256 nonce) {
                vm.warp(block.timestamp + 3 days);
                parameters.enact(one(key, to), DOCUMENT, nonce);
            } catch {
                vm.warp(block.timestamp + 1 days);
            }
        }
        assertEq(parameters.value(key), 20e16, "arrived");
        assertTrue(block.timestamp - start >= 33 days, "a haircut of 20 % takes two windows");
    }

    // ---- construction ----

    function test_RevertIf_ConstructedWithBoundsThatDoNotHold() public {
        IRiskParameters.Family[] memory none;
        IRiskParameters.Setup[] memory setups = new IRiskParameters.Setup[](1);
        IRiskParameters.Bounds memory good = IRiskParameters.Bounds(0, 10, 1, 5, 1, IRiskParameters.Tightening.Up, 0);
        IRiskParameters.Bounds[6] memory bad;
        for (uint256 i = 0; i < bad.length; ++i) {
            bad[i] = IRiskParameters.Bounds(0, 10, 1, 5, 1, IRiskParameters.Tightening.Up, 0);
        }
        bad[0].least = 11;
        bad[1].mostStep = 0;
        bad[2].mostStep = 6;
        bad[3].leastDelay = 0;
        bad[4].group = 16;
        bad[5].mostIn30Days = 0;
        for (uint256 i = 0; i < bad.length; ++i) {
            setups[0] = IRiskParameters.Setup("key", bad[i], 5);
            vm.expectRevert(abi.encodeWithSelector(IRiskParameters.InvalidBounds.selector, bytes32("key")));
            new RiskParameters(address(1), address(2), DOCUMENT, setups, none);
        }
        setups[0] = IRiskParameters.Setup("key", good, 11);
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.OutOfBounds.selector, bytes32("key"), int128(11), int128(0), int128(10)));
        new RiskParameters(address(1), address(2), DOCUMENT, setups, none);
        setups[0] = IRiskParameters.Setup(0, good, 5);
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.ZeroValue.selector));
        new RiskParameters(address(1), address(2), DOCUMENT, setups, none);
        IRiskParameters.Family[] memory families = new IRiskParameters.Family[](1);
        families[0] = IRiskParameters.Family("family", good);
        families[0].bounds.tightening = IRiskParameters.Tightening.Neither;
        setups[0] = IRiskParameters.Setup("key", good, 5);
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.InvalidBounds.selector, bytes32("family")));
        new RiskParameters(address(1), address(2), DOCUMENT, setups, families);
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.ZeroValue.selector));
        new RiskParameters(address(0), address(2), DOCUMENT, setups, none);
    }
}

/// @notice The rolling window beside a plain list of everything that was ever added.
contract RollingSumTest is GovernanceFixture {
    using RollingSum for RollingSum.Window;

    RollingSum.Window private window;

    function setUp() public override {
        vm.warp(MONDAY);
    }

    function add(uint128 amount) external {
        window.add(amount);
    }

    /// forge-config: long.fuzz.runs = 2000
    function testFuzz_GOV03_TheWindowEqualsAPlainList(uint256 seed) public {
        uint256[56] memory times;
        uint256[56] memory amounts;
        uint256 kept;
        for (uint256 i = 0; i < 56; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            vm.warp(block.timestamp + seed % (i % 20 == 19 ? 20 days : 30 hours));
            uint128 amount = uint128(seed >> 128) >> 8;
            (uint256 total, uint256 count) = (0, 0);
            for (uint256 j = 0; j < kept; ++j) {
                if (times[j] + 30 days > block.timestamp) (total, count) = (total + amounts[j], count + 1);
            }
            assertEq(window.sum(), total, "sum");
            if (count == 32) {
                vm.expectRevert(abi.encodeWithSelector(RollingSum.TooManyEntries.selector, 32));
                this.add(amount);
                continue;
            }
            this.add(amount);
            (times[kept], amounts[kept]) = (block.timestamp, amount);
            ++kept;
        }
    }

    function test_RevertIf_TheWindowIsFull() public {
        for (uint256 i = 0; i < 32; ++i) {
            this.add(1);
        }
        assertEq(window.sum(), 32, "sum");
        vm.expectRevert(abi.encodeWithSelector(RollingSum.TooManyEntries.selector, 32));
        this.add(1);
        vm.warp(block.timestamp + 30 days);
        assertEq(window.sum(), 0, "all out");
        this.add(1);
    }
}
