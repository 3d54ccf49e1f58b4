// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Instruments} from "../../src/libraries/Instruments.sol";
import {Packed64} from "../../src/libraries/Packed64.sol";
import {PayoffLadder} from "../../src/libraries/PayoffLadder.sol";
import {InstrumentKind, InstrumentTerms} from "../../src/types/Trading.sol";
import {TestBase} from "../support/TestBase.sol";

/// @notice What the intrinsic stress counts for a leg is never more than the leg pays, at any price within the nodes.
contract LadderBoundTest is TestBase {
    uint64[6] private nodes = [uint64(10_000e8), 40_000e8, 80_000e8, 120_000e8, 200_000e8, 1_000_000e8];

    function test_TheLineOfAStraddleStaysBelowItsPayoff() public view {
        assertEq(counted(InstrumentKind.Call, 100_000e18, 1e18, 100_000e8) + counted(InstrumentKind.Put, 100_000e18, 1e18, 100_000e8), 0, "worthless in the middle");
        assertEq(counted(InstrumentKind.Call, 80_000e18, 1e18, 100_000e8), 20_000e18, "exact where the strike is a node");
        assertEq(counted(InstrumentKind.Call, 100_000e18, 1e18, 200_000e8), 100_000e18, "exact beyond the next node");
        assertEq(counted(InstrumentKind.Call, 100_000e18, -1e18, 100_000e8), -10_000e18, "a short leg is charged the line");
    }

    function testFuzz_ATT09_ALegNeverCountsForMoreThanItPays(uint8 kindSeed, uint128 strikeWad, int256 quantityWad, uint64 priceE8) public view {
        InstrumentKind kind = InstrumentKind(bound(kindSeed, 1, 4));
        strikeWad = uint128(bound(strikeWad, 1e18, 2_000_000e18));
        quantityWad = boundInt(quantityWad, -1000e18, 1000e18);
        vm.assume(quantityWad != 0);
        priceE8 = uint64(bound(priceE8, nodes[0], nodes[5]));
        InstrumentTerms memory terms = InstrumentTerms(kind, 0, 0, strikeWad);
        int256 paysWad = quantityWad * int256(Instruments.payoffWad(terms, priceE8));
        assertTrue(counted(kind, strikeWad, quantityWad, priceE8) * 1e18 <= paysWad, "counted at most what it pays");
    }

    function counted(InstrumentKind kind, uint128 strikeWad, int256 quantityWad, uint64 priceE8) private view returns (int256) {
        uint256 nodesLow = Packed64.pack(nodes[0], nodes[1], nodes[2], nodes[3]);
        uint256 nodesHigh = Packed64.pack(nodes[4], nodes[5], 0, 1);
        (uint256 low, uint256 high) = PayoffLadder.changed(0, 0, nodesLow, nodesHigh, InstrumentTerms(kind, 0, 0, strikeWad), 0, quantityWad);
        return PayoffLadder.payoffWadDown(low, high, nodesLow, nodesHigh, priceE8);
    }
}
