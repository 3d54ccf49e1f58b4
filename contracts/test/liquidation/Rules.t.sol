// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {ILiquidationEngine as E} from "../../src/interfaces/ILiquidationEngine.sol";
import {LiquidationFixture} from "../support/LiquidationFixture.sol";

/// @notice What holds for every account, price and order of bids.
contract RulesTest is LiquidationFixture {
    int256 private constant DUST = 1e6; // 1e-12 USD, of roundings
    uint256 private constant SEQUENCES = 8; // from each drawn book
    uint256 private constant ACTIONS = 8;

    /// @notice A drawn book of up to four calls, short and long, and an equity somewhere below its maintenance margin.
    function draw(uint256 seed) private returns (int256 equityWad) {
        deposit(OTHER, b, 3_000_000e6);
        deposit(OWNER, a, 1_000_000e6);
        uint256 legs = seed % 4;
        for (uint256 i = 0; i < legs; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            bytes32 next = instrument(80_000 + 5000 * known.length, int256(1000e18 + seed % 9000e18), 2000e18 + (seed >> 64) % 20_000e18);
            uint256 quantity = 1e14 + (seed >> 128) % 3e18;
            if ((seed >> 250) % 2 == 0) tradeNow(OWNER, a, OTHER, b, next, quantity, uint256(markOf[next]));
            else tradeNow(OTHER, b, OWNER, a, next, quantity, uint256(markOf[next]));
        }
        (, uint256 maintenance) = bookOf(a);
        equityWad = int256(1000e18 + (seed >> 32) % (maintenance - 1001e18));
        markOf[call_] += (equityOf(a) - equityWad) / 2; // short two of it
        equityWad = equityOf(a);
    }

    /// @dev Restored to the wad, and a wad less would not have done.
    /// forge-config: long.fuzz.runs = 100000
    function testFuzz_LIQ02_LIQ03_RestoredAndNoMore(uint256 seed) public {
        draw(seed);
        begin(a);
        vm.warp(block.timestamp + (seed >> 16) % 200);
        uint256 cashWad = cashFor(a);
        T.LeafProof memory proof = prove(a);
        uint256 fee = engine.termsOf(a).fee;
        vm.startPrank(ownerAt(KEEPER));
        (, uint256 maintenance) = bookOf(a);
        int256 wanted = int256((maintenance * 11 + 9) / 10);
        int256 before = equityOf(a);
        assertTrue(before + int256(cashWad - 1) - int256(((cashWad - 1) * fee + MICRO - 1) / MICRO) < wanted, "a wad less would miss");
        int256 had = cashOf(keeper);
        try engine.takeShare(a, keeper, cashWad + (seed >> 32) % 1e24, 0, "", proof) returns (uint64 claim) {
            vm.stopPrank();
            assertTrue(equityOf(a) >= wanted, "restored");
            assertEq(uint256(had - cashOf(keeper)), cashWad, "with the least cash that does");
            int256 worth = worthOf(a);
            uint64 to = engine.divide(a, claim, legsOf(a));
            int256 difference = worthOf(a) + worthOf(to) - worth;
            assertTrue(difference <= DUST && difference >= -DUST, "conserved");
            (, uint256 left) = bookOf(a);
            assertTrue(equityOf(a) * 10 + 10 * DUST >= int256(left * 11), "the owner's part at the target");
        } catch (bytes memory reason) {
            vm.stopPrank();
            assertEq(bytes32(bytes4(reason)), bytes32(E.Insolvent.selector), "only where the bonus is not there");
            assertTrue(worthOf(a) <= int256(cashWad * (fee + engine.need(a, proof).rateE6) / MICRO + 2), "it is not there");
        }
    }

    /// @dev Owner and keepers in one hand, any sequence of bids, divisions, waits, top-ups, ends and new starts: at fixed marks they are never better off, and what they lose is the fee.
    function testFuzz_LIQ04_NoProfitForOwnerAndKeepersTogether(uint256 seed) public {
        draw(seed);
        begin(a);
        uint256 snapshot = vm.snapshotState();
        for (uint256 i = 0; i < SEQUENCES; ++i) {
            colludeOnce(uint256(keccak256(abi.encode(seed, i))));
            vm.revertToState(snapshot);
        }
    }

    function colludeOnce(uint256 seed) private {
        uint64 first = lastAccount() + 1; // of those that divisions open
        int256 wealth = worthOf(a) + worthOf(keeper) + worthOf(rival);
        int256 insured = cashOf(insurance);
        int256 others = worthOf(b);
        T.LeafProof memory proof = prove(a);
        for (uint256 i = 0; i < ACTIONS; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint256 what = seed % 10;
            if (what < 5) {
                bid(seed, proof);
            } else if (what < 7) {
                if (divideOne(seed)) proof = prove(a);
            } else if (what == 7) {
                vm.warp(block.timestamp + (seed >> 8) % 300);
                proof = prove(a);
            } else if (what == 8) {
                wealth += topUp(seed);
            } else if (engine.termsOf(a).running) {
                try engine.end(a, proof) {} catch {}
            } else {
                try engine.start(a, proof) {} catch {}
            }
        }
        while (divideOne(seed)) {}
        int256 afterwards = worthOf(a) + worthOf(keeper) + worthOf(rival);
        for (uint64 account = first; account <= lastAccount(); ++account) {
            afterwards += worthOf(account);
        }
        int256 fees = cashOf(insurance) - insured;
        // The marks of parts of a leg are rounded one by one.
        assertTrue(fees >= 0 && afterwards <= wealth - fees + DUST, "no profit");
        assertTrue(afterwards >= wealth - fees - DUST, "nothing lost but the fee");
        assertEq(worthOf(b), others, "nobody else pays");
    }

    function bid(uint256 seed, T.LeafProof memory proof) private {
        if (!engine.termsOf(a).running) return;
        int256 shortfall = engine.need(a, proof).shortfallWad;
        uint256 cashWad = bound(seed >> 8, 1, shortfall > 0 ? 2 * uint256(shortfall) : 1e18);
        (uint256 who, uint64 payer) = (seed >> 4) % 2 == 0 ? (KEEPER, keeper) : (RIVAL, rival);
        vm.prank(ownerAt(who));
        try engine.takeShare(a, payer, cashWad, 0, "", proof) {} catch {}
    }

    function divideOne(uint256 seed) private returns (bool divided) {
        (, uint256 open, uint64 last) = engine.unitsOf(a);
        if (open == 0) return false;
        for (uint64 i = 0; i < last; ++i) {
            uint64 claim = uint64((seed + i) % last) + 1;
            if (engine.claimOf(a, claim).holder == address(0)) continue;
            engine.divide(a, claim, legsOf(a));
            return true;
        }
    }

    function topUp(uint256 seed) private returns (int256) {
        (, uint256 open,) = engine.unitsOf(a);
        if (open != 0) return 0;
        uint256 amount = 1 + (seed >> 8) % 1000e6;
        deposit(OWNER, a, amount);
        return int256(amount * 1e12);
    }

    function lastAccount() private view returns (uint64 account) {
        account = insurance; // the last of the fixture's
        while (house.ownerOf(account + 1) != address(0)) ++account;
    }

    /// @dev Every slice lowers the shortfall by its cash less the fee, exactly (LIQ-05), and nobody's units fall.
    function testFuzz_LIQ05_EverySliceLowersTheShortfall(uint256 seed) public {
        draw(seed);
        begin(a);
        for (uint256 i = 0; i < 4 && engine.termsOf(a).running; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            int256 before = engine.need(a, prove(a)).shortfallWad;
            uint256 most = cashFor(a);
            uint256 cashWad = bound(seed, most / 3 + 1, most);
            T.LeafProof memory proof = prove(a);
            vm.prank(ownerAt(KEEPER));
            try engine.takeShare(a, keeper, cashWad, 0, "", proof) {}
            catch {
                continue;
            }
            if (!engine.termsOf(a).running) return;
            int256 removed = int256(cashWad - (cashWad * engine.termsOf(a).fee + MICRO - 1) / MICRO);
            assertEq(engine.need(a, prove(a)).shortfallWad, before - removed, "falls by what came in");
        }
    }
}
