// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {PayoffLadder} from "../../src/libraries/PayoffLadder.sol";
import {Packed64} from "../../src/libraries/Packed64.sol";
import {Clearance, QuorumProof} from "../../src/types/Attestation.sol";
import {InstrumentKind, InstrumentTerms, Match} from "../../src/types/Trading.sol";
import {HouseFixture} from "../support/HouseFixture.sol";

/// @notice The intrinsic stress against a second, plain writing of it, and its nodes.
contract StressTest is HouseFixture {
    struct Held {
        InstrumentTerms terms;
        int256 quantityWad;
    }

    uint64 internal a;
    uint64 internal b;

    function setUp() public override {
        super.setUp();
        (a, b) = (fund(1, 10_000_000), fund(2, 10_000_000));
    }

    // ---- a plain writing: whole numbers of USD at each node, then lines ----

    function payoffWad(InstrumentTerms memory t, uint256 priceE8) internal pure returns (int256) {
        int256 price = int256(priceE8) * 1e10;
        int256 gain = t.kind == InstrumentKind.Call ? price - int256(uint256(t.strikeWad)) : int256(uint256(t.strikeWad)) - price;
        if (t.kind == InstrumentKind.Future || t.kind == InstrumentKind.Perpetual) return price;
        return gain > 0 ? gain : int256(0);
    }

    function floorDiv(int256 x, int256 y) internal pure returns (int256) {
        return x >= 0 ? x / y : -((-x + y - 1) / y);
    }

    /// @dev A long option counts nothing at a node where it pays, next to one where it does not: the line between them would lie above its payoff.
    function bendsBeside(Held memory held, uint64[6] memory nodes, uint256 i) internal pure returns (bool) {
        if (held.quantityWad <= 0 || payoffWad(held.terms, nodes[i]) == 0) return false;
        int256 strike = int256(uint256(held.terms.strikeWad));
        if (held.terms.kind == InstrumentKind.Call) return i > 0 && int256(uint256(nodes[i - 1])) * 1e10 < strike;
        if (held.terms.kind == InstrumentKind.Put) return i < 5 && int256(uint256(nodes[i + 1])) * 1e10 > strike;
        return false;
    }

    function lineAt(Held[] memory book, uint8 priceId, uint64[6] memory nodes, uint256 priceE8) internal pure returns (int256) {
        int256[6] memory cents;
        for (uint256 i = 0; i < 6; ++i) {
            for (uint256 j = 0; j < book.length; ++j) {
                if (book[j].terms.priceId != priceId || bendsBeside(book[j], nodes, i)) continue;
                cents[i] += floorDiv(book[j].quantityWad * payoffWad(book[j].terms, nodes[i]), 1e34);
            }
        }
        uint256 k = 0;
        while (k < 4 && priceE8 > nodes[k + 1]) ++k;
        int256 width = int256(uint256(nodes[k + 1] - nodes[k]));
        int256 x = int256(priceE8) - int256(uint256(nodes[k]));
        int256 line = floorDiv((cents[k] * (width - x) + cents[k + 1] * x) * 1e16, width);
        if (x < 0 && cents[k] * 1e16 < line) return cents[k] * 1e16;
        if (x > width && cents[k + 1] * 1e16 < line) return cents[k + 1] * 1e16;
        return line;
    }

    function plainStress(int256 collateralWad, Held[] memory book) internal view returns (int256) {
        int256[3] memory sums = [collateralWad, collateralWad, collateralWad];
        for (uint8 id = 0; id < 2; ++id) {
            (uint64[6] memory nodes,) = instruments.nodes(id);
            uint256 move = (pricesE8[id] * 15 + 99) / 100;
            int256 allowance = 0;
            bool held = false;
            for (uint256 j = 0; j < book.length; ++j) {
                if (book[j].terms.priceId != id || book[j].quantityWad == 0) continue;
                held = true;
                bool option = book[j].terms.kind == InstrumentKind.Call || book[j].terms.kind == InstrumentKind.Put;
                int256 size = book[j].quantityWad < 0 ? -book[j].quantityWad : book[j].quantityWad;
                if (option) allowance += size / 1e14;
            }
            if (!held) continue;
            allowance = allowance * 1e14 * int256(uint256(pricesE8[id])) / 20 / 1e8; // 5 %
            sums[0] += lineAt(book, id, nodes, pricesE8[id]);
            sums[1] += lineAt(book, id, nodes, pricesE8[id] > move ? pricesE8[id] - move : 0) + allowance;
            sums[2] += lineAt(book, id, nodes, pricesE8[id] + move) + allowance;
        }
        int256 least = sums[1] < sums[2] ? sums[1] : sums[2];
        return sums[0] < least ? sums[0] : least;
    }

    function testFuzz_ATT09_StressAgreesWithAPlainWriting(uint256 seed, uint256 btcMove, uint256 ethMove) public {
        Held[] memory book = new Held[](8);
        for (uint256 i = 0; i < book.length; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            InstrumentKind kind = InstrumentKind(1 + seed % 4);
            uint8 id = uint8((seed >> 8) % 2);
            uint256 unit = id == BTC ? 100_000e18 : 4000e18;
            bool option = uint8(kind) < 3;
            book[i].terms = InstrumentTerms(
                kind,
                id,
                kind == InstrumentKind.Perpetual ? 0 : uint40(block.timestamp + 1 days + i),
                option ? uint128(bound(seed >> 16, unit / 5, unit * 2)) : 0
            );
            int256 q = boundInt(int256(seed >> 100), -1e18, 1e18);
            if (q == 0) q = 1;
            bytes32 instrument = instruments.list(book[i].terms);
            uint256 price = option ? 0 : unit;
            if (q > 0) tradeNow(1, a, 2, b, instrument, uint256(q), price);
            else tradeNow(2, b, 1, a, instrument, uint256(-q), price);
            book[i].quantityWad = quantityOf(a, instrument);
            for (uint256 j = 0; j < i; ++j) {
                // The same perpetual again: its first entry counts for both.
                if (kind == InstrumentKind.Perpetual && book[j].terms.kind == kind && book[j].terms.priceId == id) book[j].quantityWad = 0;
            }
        }
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(house.stressedWad(a), plainStress(cashOf(a), book), "long and short");
            for (uint256 j = 0; j < book.length; ++j) {
                book[j].quantityWad = -book[j].quantityWad;
            }
            assertEq(house.stressedWad(b), plainStress(cashOf(b), book), "the other side");
            for (uint256 j = 0; j < book.length; ++j) {
                book[j].quantityWad = -book[j].quantityWad;
            }
            pricesE8[0] = uint64(uint256(pricesE8[0]) * (1e4 + bound(btcMove, 0, 700)) / 1e4);
            pricesE8[1] = uint64(uint256(pricesE8[1]) * (1e4 - bound(ethMove, 0, 700)) / 1e4);
            submitPrices();
        }
    }

    /// @dev The order of changes does not matter, and nothing is left when all legs are gone.
    function testFuzz_LadderComesBackToNothing(uint256 first, uint256 second, uint256 strike) public {
        (first, second) = (bound(first, 1, 3e18), bound(second, 1, 3e18));
        bytes32 option = listOption(InstrumentKind.Put, BTC, bound(strike, 20_000, 200_000), 1 days);
        tradeNow(1, a, 2, b, option, first, 10e18);
        tradeNow(1, a, 2, b, option, second, 10e18);
        tradeNow(2, b, 1, a, option, first + second, 10e18);
        assertEq(house.stressedWad(a), cashOf(a), "nothing left");
        assertEq(house.stressedWad(b), cashOf(b), "nothing left");
        vm.prank(ownerAt(1));
        house.exit(a, ownerAt(1));
    }

    // ---- beyond the nodes ----

    function ladder() internal pure returns (uint256 nodesLow, uint256 nodesHigh, uint256 low, uint256 high) {
        nodesLow = Packed64.pack(10e8, 20e8, 30e8, 40e8);
        nodesHigh = Packed64.pack(50e8, 60e8, 0, 1);
        low = Packed64.pack(uint64(int64(-500)), 0, 0, 100);
        high = Packed64.pack(200, uint64(int64(-300)), 0, 0);
    }

    function test_BeyondTheNodesTheWorseOfLineAndLastPayoffCounts() public pure {
        (uint256 nl, uint256 nh, uint256 l, uint256 h) = ladder();
        assertEq(PayoffLadder.payoffWadDown(l, h, nl, nh, 10e8), -5e18, "at a node");
        assertEq(PayoffLadder.payoffWadDown(l, h, nl, nh, 15e8), -2.5e18, "between");
        assertEq(PayoffLadder.payoffWadDown(l, h, nl, nh, 35e8), 0.5e18, "between");
        assertEq(PayoffLadder.payoffWadDown(l, h, nl, nh, 5e8), -7.5e18, "the line falls on");
        assertEq(PayoffLadder.payoffWadDown(l, h, nl, nh, 0), -10e18, "down to 0");
        assertEq(PayoffLadder.payoffWadDown(l, h, nl, nh, 70e8), -8e18, "the line falls on");
        h = Packed64.pack(200, 300, 0, 0);
        assertEq(PayoffLadder.payoffWadDown(l, h, nl, nh, 70e8), 3e18, "a line that rises counts no further");
        assertEq(PayoffLadder.payoffWadDown(l, h, nl, nh, 60e8), 3e18, "at the last node");
    }

    function test_RevertIf_PriceHasLeftTheNodes() public {
        bytes32 option = listOption(InstrumentKind.Call, BTC, 100_000, 30 days);
        tradeNow(1, a, 2, b, option, 1e18, 5000e18);
        vm.prank(GOVERNANCE);
        uint64[6] memory near = [uint64(95_000e8), 98_000e8, 99_000e8, 101_000e8, 102_000e8, 105_000e8];
        instruments.setNodes(BTC, near);
        rebaseBoth(option);
        pricesE8[0] = 106_000e8;
        submitPrices();
        Match memory m = matchOf(1, a, 2, b, option, 1e18, 5000e18);
        Clearance memory c = clearMatch(m, false);
        QuorumProof memory proof = signClearance(c);
        vm.expectRevert(abi.encodeWithSelector(T.StaleNodes.selector, a, BTC));
        house.trade(one(m), c, proof);
        T.LeafProof memory leaf = submitLeaf(leafOf(a, 0, 0, 0));
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(T.StaleNodes.selector, a, BTC));
        house.withdrawCash(a, 1, ownerAt(1), leaf);
        m = matchOf(2, b, 1, a, option, 0.5e18, 7000e18); // reductions go on
        execute(m, clearMatch(m, true));
    }

    // ---- rebase ----

    function rebaseBoth(bytes32 option) internal {
        bytes32[] memory all = new bytes32[](1);
        all[0] = option;
        house.rebase(a, all);
        house.rebase(b, all);
    }

    function test_NewNodesWantARebase() public {
        bytes32 option = listOption(InstrumentKind.Call, BTC, 100_000, 30 days);
        tradeNow(1, a, 2, b, option, 2e18, 5000e18);
        vm.prank(GOVERNANCE);
        instruments.setNodes(BTC, [uint64(50_000e8), 90_000e8, 100_000e8, 110_000e8, 120_000e8, 300_000e8]);
        Match memory m = matchOf(2, b, 1, a, option, 1e18, 5000e18);
        Clearance memory c = clearMatch(m, true);
        QuorumProof memory proof = signClearance(c);
        vm.expectRevert(abi.encodeWithSelector(T.StaleNodes.selector, a, BTC));
        house.trade(one(m), c, proof);
        (bytes32 hash, uint64 sequence) = (hashOf(b), sequenceOf(b));
        rebaseBoth(option);
        assertEq(hashOf(b), hash, "a rebase moves no book");
        assertEq(sequenceOf(b), sequence, "nor the sequence");
        // Exact now, as a node stands on the strike: -15,000 each at 115,000 and 5,000 allowance.
        assertEq(house.stressedWad(b), cashOf(b) - 20_000e18, "at the new nodes");
        execute(m, clearMatch(m, true));
    }

    function testFuzz_RebaseGivesWhatTradesAtTheNewNodesWouldGive(uint256 q1, uint256 q2, uint256 k1, uint256 k2) public {
        (q1, q2, k1, k2) = (bound(q1, 1, 3e18), bound(q2, 1, 3e18), bound(k1, 30_000, 300_000), bound(k2, 30_000, 300_000));
        bytes32[] memory all = new bytes32[](2);
        (all[0], all[1]) = (listOption(InstrumentKind.Call, BTC, k1, 1 days), listOption(InstrumentKind.Put, BTC, k2, 1 days));
        if (all[0] > all[1]) (all[0], all[1]) = (all[1], all[0]);
        tradeNow(1, a, 2, b, all[0], q1, 1e18);
        tradeNow(2, b, 1, a, all[1], q2, 1e18);
        vm.prank(GOVERNANCE);
        instruments.setNodes(BTC, [uint64(45_000e8), 85_000e8, 98_000e8, 109_000e8, 131_000e8, 330_000e8]);
        house.rebase(a, all);
        (uint64 c, uint64 d) = (fund(1, 10_000_000), fund(2, 10_000_000));
        tradeNow(1, c, 2, d, all[0], q1, 1e18);
        tradeNow(2, d, 1, c, all[1], q2, 1e18);
        assertEq(house.stressedWad(a), house.stressedWad(c), "same book, same nodes");
    }

    function test_RevertIf_RebaseMissesPartOfTheBook() public {
        bytes32[] memory all = new bytes32[](2);
        (all[0], all[1]) = (listOption(InstrumentKind.Call, BTC, 100_000, 1 days), listOption(InstrumentKind.Put, BTC, 100_000, 1 days));
        if (all[0] > all[1]) (all[0], all[1]) = (all[1], all[0]);
        tradeNow(1, a, 2, b, all[0], 1e18, 0);
        vm.expectRevert(abi.encodeWithSelector(T.IncompleteBook.selector, a, 2, 1));
        house.rebase(a, all);
        tradeNow(1, a, 2, b, all[1], 1e18, 0);
        vm.expectRevert(abi.encodeWithSelector(T.IncompleteBook.selector, a, 0, 2));
        house.rebase(a, new bytes32[](0));
        (bytes32 x, bytes32 y) = (all[0], all[1]);
        (all[0], all[1]) = (y, x); // not rising
        vm.expectRevert(abi.encodeWithSelector(T.IncompleteBook.selector, a, 1, 2));
        house.rebase(a, all);
        (all[0], all[1]) = (y, y); // one of them twice
        vm.expectRevert(abi.encodeWithSelector(T.IncompleteBook.selector, a, 1, 2));
        house.rebase(a, all);
    }

    // ---- several underlyings, overflow, missing price ----

    function test_UnderlyingsFallAndRiseTogether() public {
        bytes32 p1 = listPerpetual(BTC);
        bytes32 p2 = listPerpetual(ETH);
        tradeNow(1, a, 2, b, p1, 1e18, 100_000e18);
        tradeNow(2, b, 1, a, p2, 25e18, 4000e18); // a: long 100,000 of BTC, short 100,000 of ETH
        assertEq(house.stressedWad(a), 10_000_000e18, "a joint move cancels");
    }

    function test_RevertIf_LadderOverflows() public {
        bytes32 option = listOption(InstrumentKind.Call, BTC, 1, 1 days);
        uint256 quantityWad = 3e29; // x 400,000 USD is beyond 9.2e16 USD
        Match memory m = matchOf(1, a, 2, b, option, quantityWad, 0);
        Clearance memory c = clearMatch(m, false);
        QuorumProof memory proof = signClearance(c);
        vm.expectPartialRevert(T.LadderOverflow.selector);
        house.trade(one(m), c, proof);
    }

    function test_CON08_RevertIf_UnderlyingHasNoPrice() public {
        vm.prank(GOVERNANCE);
        instruments.listUnderlying(5, "XYZ", nodesAround(100e8));
        bytes32 option = listOption(InstrumentKind.Call, 5, 100, 1 days);
        Match memory m = matchOf(1, a, 2, b, option, 1e18, 0);
        Clearance memory c = clearMatch(m, false);
        QuorumProof memory proof = signClearance(c);
        vm.expectRevert(abi.encodeWithSelector(T.StalePrice.selector, uint8(5)));
        house.trade(one(m), c, proof);
    }
}
