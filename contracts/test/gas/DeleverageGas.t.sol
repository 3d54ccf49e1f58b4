// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {AccountClearance, Clearance, QuorumProof} from "../../src/types/Attestation.sol";
import {Deleveraging, Leg} from "../../src/types/Trading.sol";
import {LiquidationFixture} from "../support/LiquidationFixture.sol";

/// @notice What it costs to close legs of an account that is worth nothing against one other side, by the positions that both hold; insurance pays in the same call. Only `--isolate` measures that.
contract DeleverageGasTest is LiquidationFixture {
    uint256[7] private counts = [uint256(1), 2, 4, 16, 32, 64, 127];

    function setUp() public override {
        super.setUp();
        deposit(OTHER, b, 10_000_000e6);
    }

    /// @notice Calls with strikes 50 USD apart, which account a is short and b is long.
    function grow(uint256 count) private {
        while (known.length < count) {
            deposit(OWNER, a, 8000e6);
            bytes32 next = instrument(100_000 + known.length * 50, 5000e18, 10_000e18);
            tradeNow(OTHER, b, OWNER, a, next, 1e18, 5000e18);
        }
    }

    /// @notice The market rises to where account a, at intrinsic values, owes 1,000 USD; nobody takes it over.
    function abandon() private {
        int256 strikesWad = 0;
        int256 sizeWad = 0;
        for (uint256 i = 0; i < known.length; ++i) {
            sizeWad -= quantityOf(a, known[i]);
            strikesWad -= quantityOf(a, known[i]) * int256(100_000 + i * 50);
        }
        uint64 toE8 = uint64(uint256((cashOf(a) + 1000e18 + strikesWad) * 1e8 / sizeWad));
        while (pricesE8[BTC] < toE8) {
            vm.warp(block.timestamp + 1 hours);
            pricesE8[BTC] = pricesE8[BTC] * 108 / 100 < toE8 ? pricesE8[BTC] * 108 / 100 : toE8;
            submitPrices();
        }
        for (uint256 i = 0; i < known.length; ++i) {
            markOf[known[i]] = int256(uint256(toE8)) * 1e10 - int256(100_000 + i * 50) * 1e18;
        }
        begin(a);
        vm.warp(block.timestamp + 900);
    }

    /// @notice The first so many legs of account a, all at once against b.
    function action(uint256 count) private view returns (Deleveraging memory d) {
        bytes32[] memory all = legsOf(a);
        (d.from, d.to, d.legs) = (a, b, new Leg[](count));
        for (uint256 i = 0; i < all.length; ++i) {
            int256 quantityWad = quantityOf(a, all[i]);
            int256 valueWad = quantityWad * markOf[all[i]] / 1e18;
            d.allWad += uint128(magnitude(valueWad));
            if (i >= count) continue;
            d.legs[i] = Leg(all[i], int128(quantityWad));
            d.valueWad += int128(valueWad);
            d.movedWad += uint128(magnitude(valueWad));
        }
    }

    function clearedLegs(uint64 account, Leg[] memory legs, int256 sign) private view returns (AccountClearance memory c) {
        (int256 valueWad, uint256 maintenance) = bookOf(account);
        (c.account, c.sequence) = (account, sequenceOf(account));
        (c.positionsHashBefore, c.positionsHashAfter) = (hashOf(account), hashOf(account));
        for (uint256 i = 0; i < legs.length; ++i) {
            bytes32 leg = legs[i].instrument;
            int256 held = quantityOf(account, leg);
            c.positionsHashAfter = link(c.positionsHashAfter, leg, held, held + sign * legs[i].quantityWad);
            valueWad += sign * legs[i].quantityWad * markOf[leg] / 1e18;
            maintenance -= magnitude(legs[i].quantityWad) * marginOf[leg] / 1e18;
        }
        (c.initialWad, c.maintenanceWad, c.markValueWad) = (uint128(maintenance * BUFFER_E6 / MICRO), uint128(maintenance), int128(valueWad));
    }

    function measure(uint256 count, string memory name) private returns (uint256) {
        T.LeafProof memory proof = prove(a);
        Deleveraging memory d = action(count);
        AccountClearance[] memory accounts = new AccountClearance[](2);
        (accounts[0], accounts[1]) = (clearedLegs(a, d.legs, -1), clearedLegs(b, d.legs, 1));
        Clearance memory c = clearanceOf(hashes.hash(d), accounts);
        QuorumProof memory quorum = signClearance(c);
        engine.deleverage(d, proof, c, quorum);
        return vm.snapshotGasLastCall("liquidation", name);
    }

    function test_CON10_GasOfDeleveragingByLegsClosed() public {
        uint256 first;
        for (uint256 i = 0; i < counts.length; ++i) {
            grow(counts[i]);
            uint256 state = vm.snapshotState();
            abandon();
            string memory three = string.concat(counts[i] < 10 ? "00" : counts[i] < 100 ? "0" : "", vm.toString(counts[i]));
            uint256 restart = vm.snapshotState();
            uint256 oneLeg = measure(1, string.concat("one leg deleveraged, holding ", three));
            vm.revertToState(restart);
            uint256 allLegs = measure(counts[i], string.concat("all legs deleveraged, holding ", three));
            assertEq(legsOf(a).length, 0, "closed");
            assertAtMost(allLegs, 450_000 + 55_000 * counts[i], "gas");
            if (i == 1) first = oneLeg;
            // From two legs on, one of them costs what it costs; the last one ends the auction and frees slots.
            if (i > 1) assertAtMost(oneLeg * 100, first * 105, "grows with the book");
            vm.revertToState(state);
        }
    }
}
