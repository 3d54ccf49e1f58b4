// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {ILiquidationEngine as E} from "../../src/interfaces/ILiquidationEngine.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {AccountClearance, Clearance, QuorumProof} from "../../src/types/Attestation.sol";
import {Deleveraging, Leg, MarginState} from "../../src/types/Trading.sol";
import {LiquidationFixture} from "../support/LiquidationFixture.sol";

/// @notice The last resort: legs of an account that is worth nothing are closed against the other side, which gives up a share of their value.
contract DeleverageTest is LiquidationFixture {
    bytes32 private constant LEG_TYPE = keccak256("Leg(bytes32 instrument,int128 quantityWad)");
    bytes32 private constant DELEVERAGING_TYPE = keccak256(
        "Deleveraging(uint64 from,uint64 to,Leg[] legs,int128 valueWad,uint128 movedWad,uint128 allWad)Leg(bytes32 instrument,int128 quantityWad)"
    );

    // ---- a second writing of what attesters sign ----

    function actionHash(Deleveraging memory d) internal pure returns (bytes32) {
        bytes32[] memory hashed = new bytes32[](d.legs.length);
        for (uint256 i = 0; i < d.legs.length; ++i) {
            hashed[i] = keccak256(abi.encode(LEG_TYPE, d.legs[i].instrument, d.legs[i].quantityWad));
        }
        return keccak256(abi.encode(DELEVERAGING_TYPE, d.from, d.to, keccak256(abi.encodePacked(hashed)), d.valueWad, d.movedWad, d.allWad));
    }

    /// @notice One leg of account a against an account on the other side.
    function against(uint64 to, bytes32 listed, int256 quantityWad) internal view returns (Deleveraging memory d) {
        d.from = a;
        d.to = to;
        d.legs = new Leg[](1);
        d.legs[0] = Leg(listed, int128(quantityWad));
        d.valueWad = int128(quantityWad * markOf[listed] / 1e18);
        d.movedWad = uint128(magnitude(d.valueWad));
        for (uint256 i = 0; i < known.length; ++i) {
            d.allWad += uint128(magnitude(quantityOf(a, known[i]) * markOf[known[i]] / 1e18));
        }
    }

    function cleared(Deleveraging memory d) internal view returns (Clearance memory) {
        AccountClearance[] memory accounts = new AccountClearance[](2);
        accounts[d.from < d.to ? 0 : 1] = clearedAfter(d.from, d.legs[0].instrument, -d.legs[0].quantityWad);
        accounts[d.from < d.to ? 1 : 0] = clearedAfter(d.to, d.legs[0].instrument, d.legs[0].quantityWad);
        return clearanceOf(actionHash(d), accounts);
    }

    function deleverage(Deleveraging memory d) internal {
        T.LeafProof memory proof = prove(a);
        Clearance memory c = cleared(d);
        engine.deleverage(d, proof, c, signClearance(c));
    }

    function refuse(Deleveraging memory d, bytes memory refusal) internal {
        T.LeafProof memory proof = prove(a);
        Clearance memory c = cleared(d);
        QuorumProof memory quorum = signClearance(c);
        vm.expectRevert(refusal);
        engine.deleverage(d, proof, c, quorum);
    }

    function refusePartly(Deleveraging memory d, bytes4 refusal) internal {
        T.LeafProof memory proof = prove(a);
        Clearance memory c = cleared(d);
        QuorumProof memory quorum = signClearance(c);
        vm.expectPartialRevert(refusal);
        engine.deleverage(d, proof, c, quorum);
    }

    /// @notice The market has risen: account a is found to be worth nothing, and nobody has taken it over in the time that it is offered.
    function abandon(int256 equityUsd) internal {
        sink(equityUsd);
        uint64 to = uint64(uint256(100_000e18 + markOf[call_]) / 1e10);
        while (pricesE8[BTC] < to) {
            vm.warp(block.timestamp + 1 hours);
            pricesE8[BTC] = uint64(pricesE8[BTC] * 108 / 100 < to ? pricesE8[BTC] * 108 / 100 : to);
            submitPrices();
        }
        begin(a);
        vm.warp(block.timestamp + 900);
    }

    // ---- order of those who pay ----

    /// @dev A debt of 60,000: insurance pays 50,000, the other side gives up the rest of 170,000, and nobody anything more.
    function test_LIQ09_LIQ11_InsuranceFirstThenTheOtherSideAndNoMoreThanTheDebt() public {
        abandon(-60_000);
        int256 rich = cashOf(b);
        int256 all = cashOf(a) + cashOf(b) + cashOf(insurance);
        deleverage(against(b, call_, -2e18));
        assertEq(cashOf(insurance), 0, "insurance first");
        assertEq(cashOf(b), rich + 170_000e18 - 10_000e18, "the rest");
        assertEq(cashOf(a), 0, "nothing owed, nothing left");
        assertEq(cashOf(a) + cashOf(b) + cashOf(insurance), all, "conserved");
        assertEq(quantityOf(a, call_), 0, "closed");
        assertEq(quantityOf(b, call_), 0, "closed");
        assertTrue(!engine.termsOf(a).running && !house.isUnderLiquidation(a), "ended");
        deposit(OWNER, a, 1e6);
        assertTrue(house.check(a, noProof()) == MarginState.Healthy, "its owner begins again");
    }

    function test_LIQ09_InsuranceIsLimitedByItsHour() public {
        numbers.set(Keys.INSURANCE_PER_HOUR_WAD, 1000e18);
        abandon(-2000);
        int256 rich = cashOf(b);
        deleverage(against(b, call_, -1e18));
        assertEq(cashOf(insurance), 49_000e18, "the hour's");
        assertEq(cashOf(b), rich + 56_000e18 - 500e18, "half of the other 1,000");
        vm.warp(block.timestamp + 359);
        deleverage(against(b, call_, -1e18));
        assertEq(cashOf(insurance), 48_900e18, "100 have come free in 360 s");
        assertEq(cashOf(b), rich + 112_000e18 - 900e18, "what is left of it");
        assertEq(cashOf(a), 0, "nothing owed");
    }

    function test_LIQ11_EachGivesUpTheSameShare() public {
        uint64 c = fund(6, 100_000);
        tradeNow(6, c, OTHER, b, call_, 0.5e18, 5000e18);
        // Another leg, which account a is long: the other side pays more than the mark.
        bytes32 other = instrument(120_000, 8000e18, 3000e18);
        tradeNow(OWNER, a, OTHER, b, other, 1e18, 8000e18);
        markOf[other] = 8000e18;
        markOf[call_] = 60_000e18; // worth: 102,000 + 8,000 - 120,000
        begin(a);
        vm.warp(block.timestamp + 900);
        assertEq(worthOf(a), -10_000e18, "worth nothing");
        numbers.set(Keys.INSURANCE_PER_HOUR_WAD, 0);
        int256[2] memory before = [worthOf(b), worthOf(c)];
        deleverage(against(c, call_, -0.5e18));
        assertEq(worthOf(c), before[1] - 10_000e18 * int256(30_000) / 128_000, "its share by value");
        deleverage(against(b, other, 1e18));
        assertEq(worthOf(b), before[0] - 10_000e18 * int256(8000) / 128_000, "and of a leg that it is short");
        deleverage(against(b, call_, -1.5e18));
        assertEq(worthOf(b), before[0] - 10_000e18 * int256(98_000) / 128_000, "and the rest");
        assertEq(worthOf(a), 0, "no more than the debt");
        assertTrue(!engine.termsOf(a).running, "ended");
    }

    /// @dev A debt that settled legs have left is not for the other side of the few that are left: it waits for what insurance comes to have.
    function test_LIQ11_NobodyGivesUpMoreThanAllOfWhatIsClosed() public {
        bytes32 small = instrument(200_000, 100e18, 100e18);
        tradeNow(OWNER, a, OTHER, b, small, 1e18, 100e18);
        abandon(-60_000);
        numbers.set(Keys.INSURANCE_PER_HOUR_WAD, 0);
        vm.warp(instruments.terms(call_).expiry - 900);
        submitPrices();
        vm.warp(block.timestamp + 901);
        submitPrices();
        setSettlement(BTC, uint64(instruments.terms(call_).expiry), pricesE8[BTC]);
        bytes32[] memory legs = new bytes32[](1);
        legs[0] = call_;
        house.settle(a, legs);
        house.settle(b, legs);
        int256 owed = cashOf(a);
        assertTrue(owed < -50_000e18, "a debt");
        int256 rich = cashOf(b);
        deleverage(against(b, small, 1e18));
        assertEq(cashOf(b), rich - 200e18, "the mark, and all of its worth again");
        assertEq(cashOf(a), owed + 200e18, "the rest is still owed");
        assertTrue(engine.termsOf(a).running, "goes on");
        numbers.set(Keys.INSURANCE_PER_HOUR_WAD, 250_000e18);
        deposit(INSURER, insurance, 200_000e6);
        T.LeafProof memory proof = prove(a);
        vm.prank(ownerAt(KEEPER));
        engine.takeOver(a, keeper, 0, proof);
        assertEq(cashOf(a), 0, "insurance pays when it has");
    }

    /// @dev A book whose legs hedge each other: long a call that is worth more than all its cash, short two others. Worth -10,000 at a price of 240,000.
    function hedge() internal returns (bytes32 deep) {
        numbers.set(Keys.INSURANCE_PER_HOUR_WAD, 0);
        int256 price = int256(uint256(pricesE8[BTC])) * 1e10;
        deep = instrument(10_000, price - 10_000e18, 3000e18);
        tradeNow(OWNER, a, OTHER, b, deep, 1e18, uint256(price - 10_000e18));
        int256 to = 220_000e18 + (cashOf(a) - 30_000e18) + 10_000e18;
        (markOf[deep], markOf[call_]) = (to - 10_000e18, to - 100_000e18);
        while (int256(uint256(pricesE8[BTC])) * 1e10 < to) {
            vm.warp(block.timestamp + 1 hours);
            uint64 next = pricesE8[BTC] * 108 / 100;
            pricesE8[BTC] = int256(uint256(next)) * 1e10 < to ? next : uint64(uint256(to) / 1e10);
            submitPrices();
        }
        begin(a);
        vm.warp(block.timestamp + 900);
        assertEq(worthOf(a), -10_000e18, "worth nothing");
    }

    /// @dev The short legs cost more than the account has in cash until the long one is closed.
    function test_LIQ11_LegsThatCostMoreThanTheCashAreClosedFirst() public {
        bytes32 deep = hedge();
        int256 before = worthOf(b);
        deleverage(against(b, call_, -2e18));
        assertTrue(cashOf(a) < 0, "owed to the house until the next");
        deleverage(against(b, deep, 1e18));
        assertEq(cashOf(a), 0, "nothing owed");
        assertEq(worthOf(b), before - 10_000e18, "the debt and no more");
        assertTrue(!engine.termsOf(a).running, "ended");
    }

    /// @dev Without its hedge the rest of the book stands the intrinsic stress worse than before.
    function test_LIQ11_AHedgeIsClosedFirst() public {
        bytes32 deep = hedge();
        int256 before = worthOf(b);
        int256 stressed = house.stressedWad(a);
        deleverage(against(b, deep, 1e18));
        assertTrue(house.stressedWad(a) < stressed && stressed < 0, "worse");
        deleverage(against(b, call_, -2e18));
        assertEq(cashOf(a), 0, "nothing owed");
        assertEq(worthOf(b), before - 10_000e18, "the debt and no more");
    }

    /// @dev What a quorum of liars may take that way is a stress move and a time value of what is closed, not what the house has.
    function test_LIQ11_RevertIf_TheAccountWouldStandItsStressFarWorse() public {
        bytes32 deep = hedge();
        Deleveraging memory d = against(b, deep, 1e18);
        d.valueWad -= 100_000e18; // sold for far less than it is worth
        refusePartly(d, T.BelowIntrinsicStress.selector);
    }

    // ---- when it is refused ----

    function test_LIQ09_RevertIf_NotTheLastResort() public {
        sink(18_000);
        begin(a);
        refuse(against(b, call_, -1e18), abi.encodeWithSelector(E.Unmarked.selector, a));
        sink(-2000);
        engine.end(a, prove(a));
        uint256 markedAt = block.timestamp;
        vm.warp(markedAt + 898);
        refuse(against(b, call_, -1e18), abi.encodeWithSelector(E.TooEarly.selector, a, markedAt + 900));
        sink(250); // enough for a slice: for keepers
        refuse(against(b, call_, -1e18), abi.encodeWithSelector(E.Solvent.selector, a, int256(250e18)));
        sink(-2000);
        deleverage(against(b, call_, -1e18));
    }

    function test_LIQ11_RevertIf_ABookWouldGrowOrTurn() public {
        abandon(-2000);
        uint64 c = fund(6, 100_000);
        refuse(against(b, call_, 1e18), abi.encodeWithSelector(T.NotReducing.selector, a, call_));
        refuse(against(b, call_, -3e18), abi.encodeWithSelector(T.NotReducing.selector, a, call_));
        refuse(against(c, call_, -1e18), abi.encodeWithSelector(T.NotReducing.selector, c, call_));
        Deleveraging memory twice = against(b, call_, -1e18);
        twice.legs = new Leg[](2);
        (twice.legs[0], twice.legs[1]) = (Leg(call_, -1e18), Leg(call_, -1e18));
        refuse(twice, abi.encodeWithSelector(T.InvalidLegs.selector, call_, int128(-1e18)));
    }

    function test_RevertIf_ValuesDoNotAddUp() public {
        abandon(-2000);
        Deleveraging memory d = against(b, call_, -1e18);
        d.allWad = d.movedWad - 1;
        refuse(d, abi.encodeWithSelector(T.WrongValues.selector, a, d.valueWad, d.movedWad, d.allWad));
        d = against(b, call_, -1e18);
        d.movedWad -= 1;
        refuse(d, abi.encodeWithSelector(T.WrongValues.selector, a, d.valueWad, d.movedWad, d.allWad));
    }

    function test_RevertIf_TheCallIsNotWhatWasCleared() public {
        abandon(-2000);
        T.LeafProof memory proof = prove(a);
        Deleveraging memory d = against(b, call_, -1e18);
        Clearance memory c = cleared(d);
        QuorumProof memory quorum = signClearance(c);
        bytes32 action = c.actionHash;
        for (uint256 i = 0; i < 4; ++i) {
            d = against(b, call_, -1e18);
            if (i == 0) d.legs[0].quantityWad = -0.5e18;
            if (i == 1) d.valueWad += 1;
            if (i == 2) d.movedWad += 1;
            if (i == 3) d.allWad += 1;
            vm.expectRevert(abi.encodeWithSelector(T.WrongAction.selector, action, actionHash(d)));
            engine.deleverage(d, proof, c, quorum);
        }
    }

    /// @dev The other side must stand on its own afterwards; an account under liquidation is left alone.
    function test_CON02_RevertIf_TheOtherSideWouldBeBelowInitial() public {
        abandon(-60_000);
        Deleveraging memory d = against(b, call_, -1e18);
        T.LeafProof memory proof = prove(a);
        AccountClearance[] memory accounts = new AccountClearance[](2);
        (accounts[0], accounts[1]) = (clearedAfter(a, call_, 1e18), clearedAfter(b, call_, -1e18));
        accounts[1].initialWad = 1_000_000e18;
        Clearance memory c = clearanceOf(actionHash(d), accounts);
        QuorumProof memory quorum = signClearance(c);
        vm.expectPartialRevert(T.BelowInitial.selector);
        engine.deleverage(d, proof, c, quorum);
    }

    // ---- what else the account has ----

    function test_KeepersSharesEndAndCoinsGoToInsurance() public {
        depositCoins(OWNER, a, 0.1e18); // 400 USD
        sink(18_000);
        begin(a);
        uint64 claim = take(KEEPER, keeper, a, 1000e18);
        sink(-60_000);
        engine.end(a, prove(a));
        vm.warp(block.timestamp + 900);
        int256 all = worthOf(a) + worthOf(b) + worthOf(insurance);
        deleverage(against(b, call_, -2e18));
        assertTrue(engine.claimOf(a, claim).holder == address(0), "void");
        assertEq(house.coinBalance(a, 0), 0, "no coins left");
        assertEq(house.coinBalance(insurance, 0), 0.1e18, "insurance has them");
        assertEq(worthOf(a), 0, "nothing left");
        assertEq(worthOf(a) + worthOf(b) + worthOf(insurance), all, "conserved");
    }

    /// @dev Whatever the debt and the parts it is closed in: conserved, the account never gets more than its debt, and the other sides give up what insurance did not pay.
    function testFuzz_LIQ09_LIQ11_ClosedInPartsConservesAndPaysJustTheDebt(uint256 seed) public {
        uint64 c = fund(6, 100_000);
        uint256 split = bound(seed, 1e14, 1.9e18);
        tradeNow(6, c, OTHER, b, call_, split, 5000e18);
        numbers.set(Keys.INSURANCE_PER_HOUR_WAD, int128(int256(bound(seed >> 32, 0, 100_000) * 1e18)));
        abandon(-int256(bound(seed >> 64, 0, 50_000)));
        int256 debt = -worthOf(a);
        int256 others = worthOf(b) + worthOf(c);
        int256 insured = cashOf(insurance);
        for (uint256 i = 0; i < 12 && quantityOf(a, call_) != 0; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint64 to = quantityOf(b, call_) == 0 || (seed % 2 == 0 && quantityOf(c, call_) != 0) ? c : b;
            uint256 held = uint256(quantityOf(to, call_));
            deleverage(against(to, call_, -int256(i > 8 ? held : bound(seed >> 8, held / 3 + 1, held))));
            assertTrue(worthOf(a) <= 1e6, "never enriched");
        }
        assertEq(quantityOf(a, call_), 0, "closed");
        insured -= cashOf(insurance);
        assertTrue(worthOf(a) <= 1e6 && worthOf(a) >= -1e6, "its debt is paid");
        assertTrue(others - worthOf(b) - worthOf(c) - (debt - insured) <= 1e6, "by the other side, no more");
        assertTrue(others - worthOf(b) - worthOf(c) - (debt - insured) >= -1e6, "and no less");
    }
}
