// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Guardian} from "../../src/governance/Guardian.sol";
import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {IGuardian} from "../../src/interfaces/IGuardian.sol";
import {IProofVerifiers} from "../../src/interfaces/IProofVerifiers.sol";
import {IRiskParameters} from "../../src/interfaces/IRiskParameters.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {Circuit, ProofKind} from "../../src/types/Proofs.sol";
import {Defaults} from "../../script/Defaults.sol";
import {TestVerifier} from "../support/ProofFixture.sol";
import {GovernanceFixture} from "./GovernanceFixture.sol";

contract GuardianTest is GovernanceFixture {
    IAttestationRegistry.OperatingState internal constant NORMAL = IAttestationRegistry.OperatingState.Normal;
    IAttestationRegistry.OperatingState internal constant REDUCE_ONLY = IAttestationRegistry.OperatingState.ReduceOnly;
    IAttestationRegistry.OperatingState internal constant HALT = IAttestationRegistry.OperatingState.Halt;

    function requireLevel(IAttestationRegistry.OperatingState expected, string memory what) private view {
        assertEq(uint256(guardian.level()), uint256(expected), what);
        // The registry keeps a copy; without a batch it is never better than REDUCE_ONLY.
        assertEq(uint256(attestations.operatingState()), uint256(expected == HALT ? HALT : REDUCE_ONLY), what);
    }

    function asHolder() private {
        vm.prank(GUARDIAN_HOLDER);
    }

    /// @notice The key's whole group with this key at another value.
    function withGroup(bytes32 key, int128 value) private view returns (IRiskParameters.Change[] memory) {
        if (key == Keys.MAX_PRICE_MOVE_WAD) return two(key, value, Keys.MAX_PRICE_MOVE_PER_HOUR_WAD, parameters.value(Keys.MAX_PRICE_MOVE_PER_HOUR_WAD));
        if (key == Keys.MAX_PRICE_MOVE_PER_HOUR_WAD) return two(key, value, Keys.MAX_PRICE_MOVE_WAD, parameters.value(Keys.MAX_PRICE_MOVE_WAD));
        if (key == Keys.STRESS_MOVE_WAD) return two(key, value, Keys.TIME_VALUE_SHARE_WAD, parameters.value(Keys.TIME_VALUE_SHARE_WAD));
        if (key == Keys.TIME_VALUE_SHARE_WAD) return two(key, value, Keys.STRESS_MOVE_WAD, parameters.value(Keys.STRESS_MOVE_WAD));
        if (key == Keys.SLASH_SHARE_WAD) return two(key, value, Keys.CHALLENGER_SHARE_WAD, parameters.value(Keys.CHALLENGER_SHARE_WAD));
        if (key == Keys.CHALLENGER_SHARE_WAD) return two(key, value, Keys.SLASH_SHARE_WAD, parameters.value(Keys.SLASH_SHARE_WAD));
        if (key == Keys.LIQUIDATION_KNEE_RATE_WAD) return two(key, value, Keys.LIQUIDATION_END_RATE_WAD, parameters.value(Keys.LIQUIDATION_END_RATE_WAD));
        if (key == Keys.LIQUIDATION_END_RATE_WAD) return two(key, value, Keys.LIQUIDATION_KNEE_RATE_WAD, parameters.value(Keys.LIQUIDATION_KNEE_RATE_WAD));
        if (key == Keys.LIQUIDATION_FAST_SECONDS) return two(key, value, Keys.LIQUIDATION_SLOW_SECONDS, parameters.value(Keys.LIQUIDATION_SLOW_SECONDS));
        if (key == Keys.LIQUIDATION_SLOW_SECONDS) return two(key, value, Keys.LIQUIDATION_FAST_SECONDS, parameters.value(Keys.LIQUIDATION_FAST_SECONDS));
        return one(key, value);
    }

    // ---- GOV-05, T42: every key, both directions ----

    function test_GOV05_T42_TheGuardianLoosensNoKey() public {
        asTimelock();
        parameters.registerCoin(3);
        bytes32[] memory keys = parameters.keys();
        assertEq(keys.length, Defaults.KEYS + Defaults.FAMILIES, "all keys");
        uint256 tightened;
        for (uint256 i = 0; i < keys.length; ++i) {
            IRiskParameters.Bounds memory b = parameters.boundsOf(keys[i]);
            int128 old = parameters.value(keys[i]);
            for (uint256 direction = 0; direction < 2; ++direction) {
                bool up = direction == 0;
                // The largest legal step, and none where the value stands at its bound.
                int128 room = up ? b.most - old : old - b.least;
                int128 step = room < int128(b.mostStep) ? room : int128(b.mostStep);
                if (step == 0) continue;
                int128 to = up ? old + step : old - step;
                bool stricter = b.tightening == (up ? IRiskParameters.Tightening.Up : IRiskParameters.Tightening.Down);
                IRiskParameters.Change[] memory changes = withGroup(keys[i], to);
                uint256 state = vm.snapshotState();
                asHolder();
                if (stricter) {
                    guardian.tighten(changes);
                    assertEq(parameters.value(keys[i]), to, "tightened at once");
                    ++tightened;
                } else {
                    vm.expectRevert(abi.encodeWithSelector(IRiskParameters.NotTightening.selector, keys[i], old, to));
                    guardian.tighten(changes);
                }
                vm.revertToState(state);
            }
        }
        // slashShareWad and the coin's three stand at their strictest; tradeFeeWad, challengerShareWad and nine of liquidations have no direction.
        assertEq(tightened, keys.length - 15, "keys that could be tightened");
    }

    function testFuzz_GOV05_WhateverTheGuardianSendsNoNumberLoosens(uint256 seed) public {
        bytes32[] memory keys = parameters.keys();
        int128[] memory before = parameters.values(keys);
        for (uint256 round = 0; round < 12; ++round) {
            seed = uint256(keccak256(abi.encode(seed)));
            bytes32 key = keys[seed % keys.length];
            IRiskParameters.Bounds memory b = parameters.boundsOf(key);
            int128 to = int128(boundInt(int256(seed >> 8), b.least, b.most));
            if ((seed >> 4) % 2 == 0) to = b.tightening == IRiskParameters.Tightening.Up ? parameters.value(key) + int128(b.mostStep / 7) : parameters.value(key) - int128(b.mostStep / 7);
            IRiskParameters.Change[] memory changes = withGroup(key, to);
            asHolder();
            try guardian.tighten(changes) {} catch {}
            if ((seed >> 250) % 4 == 0) skipTime(seed % 5 days);
        }
        int128[] memory afterwards = parameters.values(keys);
        for (uint256 i = 0; i < keys.length; ++i) {
            IRiskParameters.Bounds memory b = parameters.boundsOf(keys[i]);
            if (b.tightening == IRiskParameters.Tightening.Up) assertTrue(afterwards[i] >= before[i], "never lower");
            else if (b.tightening == IRiskParameters.Tightening.Down) assertTrue(afterwards[i] <= before[i], "never higher");
            else assertEq(afterwards[i], before[i], "untouched");
            assertTrue(afterwards[i] >= b.least && afterwards[i] <= b.most, "within bounds");
        }
    }

    function test_GOV03_TheGuardianHasItsOwnThirtyDaySum() public {
        // Governance has used up its window of the key; the guardian can still tighten, by its own cap and no more.
        for (int128 to = 420; to <= 540; to += 120) {
            (, uint256 nonce) = announce(one(Keys.MAX_AGE_SECONDS, to), DOCUMENT);
            skipTime(1 days);
            parameters.enact(one(Keys.MAX_AGE_SECONDS, to), DOCUMENT, nonce);
        }
        asHolder();
        guardian.tighten(one(Keys.MAX_AGE_SECONDS, 420));
        asHolder();
        guardian.tighten(one(Keys.MAX_AGE_SECONDS, 300));
        asHolder();
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.TooMuchIn30Days.selector, Keys.MAX_AGE_SECONDS, 241, 240));
        guardian.tighten(one(Keys.MAX_AGE_SECONDS, 299));
        (uint256 byGovernance, uint256 byGuardian) = parameters.movedIn30Days(Keys.MAX_AGE_SECONDS);
        assertEq(byGovernance, 240, "governance");
        assertEq(byGuardian, 240, "guardian");
    }

    function test_RevertIf_GOV05_NothingGetsStricter() public {
        IRiskParameters.Change[] memory same = two(Keys.STRESS_MOVE_WAD, 15e16, Keys.TIME_VALUE_SHARE_WAD, 5e16);
        asHolder();
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.NothingToChange.selector));
        guardian.tighten(same);
    }

    function test_GOV05_AnEmergencyTighteningVoidsWhatWasAnnouncedOnTheKey() public {
        (bytes32 id, uint256 nonce) = announce(one(Keys.MAX_AGE_SECONDS, 280), DOCUMENT);
        asHolder();
        guardian.tighten(one(Keys.MAX_AGE_SECONDS, 240));
        skipTime(2 days);
        vm.expectRevert(abi.encodeWithSelector(IRiskParameters.StaleAnnouncement.selector, id, Keys.MAX_AGE_SECONDS));
        parameters.enact(one(Keys.MAX_AGE_SECONDS, 280), DOCUMENT, nonce); // would loosen from 240
    }

    // ---- pauses ----

    function test_T42_APauseLapsesByItself() public {
        uint256 until = block.timestamp + 7 days;
        asHolder();
        guardian.pause(HALT, until);
        requireLevel(HALT, "halted");
        assertEq(uint256(attestations.operatingState()), uint256(HALT), "the registry follows");
        vm.warp(until - 1);
        requireLevel(HALT, "up to the end");
        vm.warp(until);
        requireLevel(NORMAL, "lapsed");
    }

    function test_RevertIf_T42_APauseIsTooLong() public {
        uint256 most = block.timestamp + 7 days;
        asHolder();
        vm.expectRevert(abi.encodeWithSelector(IGuardian.PauseTooLong.selector, most + 1, most));
        guardian.pause(REDUCE_ONLY, most + 1);
        asHolder();
        vm.expectRevert(abi.encodeWithSelector(IGuardian.PauseTooLong.selector, type(uint256).max, most));
        guardian.pause(REDUCE_ONLY, type(uint256).max);
        asHolder();
        vm.expectRevert(abi.encodeWithSelector(IGuardian.PauseTooShort.selector, block.timestamp, block.timestamp));
        guardian.pause(REDUCE_ONLY, block.timestamp);
        asHolder();
        vm.expectRevert(abi.encodeWithSelector(IGuardian.NotAPause.selector, NORMAL));
        guardian.pause(NORMAL, most);
    }

    function test_RevertIf_T42_APauseIsExtendedBeyondSevenDays() public {
        uint256 start = block.timestamp;
        asHolder();
        guardian.pause(REDUCE_ONLY, start + 3 days);
        skipTime(2 days);
        asHolder();
        guardian.pause(HALT, start + 7 days); // stricter and longer is fine
        skipTime(4 days);
        asHolder();
        vm.expectRevert(abi.encodeWithSelector(IGuardian.PauseTooLong.selector, start + 7 days + 1, start + 7 days));
        guardian.pause(HALT, start + 7 days + 1);
        vm.warp(start + 7 days); // it has lapsed; the window is used up until 30 days after its start
        asHolder();
        vm.expectRevert(abi.encodeWithSelector(IGuardian.PauseTooLong.selector, start + 8 days, start + 7 days));
        guardian.pause(HALT, start + 8 days);
        vm.warp(start + 30 days);
        asHolder();
        guardian.pause(HALT, start + 37 days);
    }

    function test_RevertIf_GOV05_ARunningPauseIsWeakened() public {
        uint256 until = block.timestamp + 2 days;
        asHolder();
        guardian.pause(HALT, until);
        asHolder();
        vm.expectRevert(abi.encodeWithSelector(IGuardian.WouldLoosen.selector, HALT, REDUCE_ONLY, until, until));
        guardian.pause(REDUCE_ONLY, until);
        asHolder();
        vm.expectRevert(abi.encodeWithSelector(IGuardian.WouldLoosen.selector, HALT, HALT, until, until - 1));
        guardian.pause(HALT, until - 1);
    }

    function test_T42_AnEndedPauseGivesItsRestBack() public {
        uint256 start = block.timestamp;
        asHolder();
        guardian.pause(REDUCE_ONLY, start + 7 days);
        vm.warp(start + 1 hours);
        asHolder();
        guardian.endPause();
        requireLevel(NORMAL, "ended");
        asHolder();
        vm.expectRevert(abi.encodeWithSelector(IGuardian.NotPaused.selector));
        guardian.endPause();
        uint256 most = block.timestamp + 7 days - 1 hours;
        asHolder();
        vm.expectRevert(abi.encodeWithSelector(IGuardian.PauseTooLong.selector, most + 1, most));
        guardian.pause(HALT, most + 1);
        asHolder();
        guardian.pause(HALT, most);
        asTimelock();
        guardian.endPause(); // governance may too
    }

    /// @dev Any sequence of pauses, ends and waits; the seconds of pause are logged and every window of 30 days that ends at a pause is added up.
    function testFuzz_GOV05_T42_NoThirtyDaysHoldMoreThanSevenOfPause(uint256 seed) public {
        uint256[40] memory from;
        uint256[40] memory to;
        uint256 count;
        for (uint256 round = 0; round < 40; ++round) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 until = block.timestamp + 1 + seed % 7 days;
            bool running = uint256(guardian.level()) != 0;
            asHolder();
            try guardian.pause(seed % 3 == 0 ? HALT : REDUCE_ONLY, until) {
                if (!running) from[count++] = block.timestamp;
                to[count - 1] = until;
            } catch {}
            if (count != 0 && seed % 5 == 0 && uint256(guardian.level()) != 0) {
                vm.warp(block.timestamp + (seed >> 64) % (to[count - 1] - block.timestamp));
                asHolder();
                guardian.endPause();
                to[count - 1] = block.timestamp;
            }
            vm.warp(block.timestamp + (seed >> 128) % 6 days);
        }
        assertTrue(count > 3, "the search must get somewhere");
        for (uint256 last = 0; last < count; ++last) {
            uint256 end = to[last];
            uint256 paused;
            for (uint256 i = 0; i <= last; ++i) {
                uint256 begin = from[i] + 30 days > end ? from[i] : end - 30 days;
                if (to[i] > begin) paused += to[i] - begin;
            }
            assertAtMost(paused, 7 days, "pause in 30 days");
        }
    }

    // ---- the term ----

    function test_GOV05_EveryPowerLapses() public {
        (bytes32 id,) = announce(one(Keys.MAX_AGE_SECONDS, 280), DOCUMENT);
        (, uint256 until) = guardian.power();
        bytes[6] memory calls = [
            abi.encodeCall(guardian.tighten, (one(Keys.MAX_AGE_SECONDS, 290))),
            abi.encodeCall(guardian.cancelAnnouncement, (id)),
            abi.encodeCall(guardian.cancelOperation, (id)),
            abi.encodeCall(guardian.cancelSet, ()),
            abi.encodeCall(guardian.pause, (HALT, until + 2 days)),
            abi.encodeCall(guardian.endPause, ())
        ];
        vm.warp(until);
        asHolder();
        guardian.pause(REDUCE_ONLY, until + 1 days); // the last second still counts
        vm.warp(until + 1);
        for (uint256 i = 0; i < calls.length; ++i) {
            asHolder();
            (bool success, bytes memory reason) = address(guardian).call(calls[i]);
            assertTrue(!success, "lapsed");
            assertEq(keccak256(reason), keccak256(abi.encodeWithSelector(IGuardian.PowerLapsed.selector, GUARDIAN_HOLDER, until)), "reason");
        }
        asHolder();
        vm.expectRevert(abi.encodeWithSelector(IGuardian.NotAuthorised.selector, GUARDIAN_HOLDER));
        guardian.appoint(GUARDIAN_HOLDER, until + 180 days);
        carry(address(guardian), abi.encodeCall(guardian.appoint, (address(0x6A4E), block.timestamp + 180 days)), "a new guardian");
        (address holder,) = guardian.power();
        assertEq(holder, address(0x6A4E), "only governance renews");
    }

    function test_RevertIf_GOV05_TheTermIsTooLong() public {
        uint256 most = block.timestamp + 180 days;
        asTimelock();
        vm.expectRevert(abi.encodeWithSelector(IGuardian.TermTooLong.selector, most + 1, most));
        guardian.appoint(GUARDIAN_HOLDER, most + 1);
    }

    function test_GOV05_GovernanceEndsThePowerAtOnce() public {
        asTimelock();
        guardian.appoint(address(0), 0);
        asHolder();
        vm.expectRevert(abi.encodeWithSelector(IGuardian.NotAuthorised.selector, GUARDIAN_HOLDER));
        guardian.pause(HALT, block.timestamp + 1);
    }

    function test_GOV05_TheGuardianTakesBackAnAnnouncedSet() public {
        KeySet memory next = keySet(7, 2);
        asTimelock();
        attestations.announceSet(next.members);
        asHolder();
        guardian.cancelSet();
        (, , uint64 pending,) = attestations.attesterSets();
        assertEq(pending, 0, "taken back");
    }

    function test_TheHolderCancelsAndRemovesVerifiersOfProofs() public {
        address verifier = address(new TestVerifier());
        Circuit memory circuit = Circuit(ProofKind.Solvency, 0, verifier, verifier.codehash, keccak256("key"), 0);
        asTimelock();
        (bytes32 id, uint256 nonce) = verifiers.announce("circuit", circuit);
        vm.expectRevert(abi.encodeWithSelector(IGuardian.NotAuthorised.selector, address(this)));
        guardian.cancelCircuit(id);
        asHolder();
        guardian.cancelCircuit(id);
        (uint256 from,) = verifiers.announcement(id);
        assertEq(from, 0, "cancelled");

        asTimelock();
        (, nonce) = verifiers.announce("circuit", circuit);
        vm.warp(block.timestamp + 3 days);
        verifiers.enact("circuit", circuit, nonce);
        vm.expectRevert(abi.encodeWithSelector(IGuardian.NotAuthorised.selector, address(this)));
        guardian.removeCircuit("circuit");
        asHolder();
        guardian.removeCircuit("circuit");
        vm.expectRevert(abi.encodeWithSelector(IProofVerifiers.UnknownCircuit.selector, bytes32("circuit")));
        verifiers.circuitOf("circuit");
    }

    function test_RevertIf_TheGuardianKnowsNobody() public {
        IProofVerifiers known = guardian.verifiers();
        vm.expectRevert(abi.encodeWithSelector(IGuardian.ZeroValue.selector));
        new Guardian(timelock, IRiskParameters(address(0)), attestations, known, GUARDIAN_HOLDER, block.timestamp);
        vm.expectRevert(IGuardian.ZeroValue.selector);
        new Guardian(timelock, parameters, attestations, IProofVerifiers(address(0)), GUARDIAN_HOLDER, block.timestamp);
    }
}
