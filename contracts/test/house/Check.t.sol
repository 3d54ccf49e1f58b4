// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {Clearance, MarginLeaf, QuorumProof} from "../../src/types/Attestation.sol";
import {InstrumentKind, Leg, MarginState, Match} from "../../src/types/Trading.sol";
import {HouseFixture} from "../support/HouseFixture.sol";

/// @notice Margin states, and what the liquidation engine may do.
contract CheckTest is HouseFixture {
    uint64 internal a; // the account in trouble
    uint64 internal b;
    uint64 internal keeper;
    bytes32 internal call_;
    address internal constant ENGINE = address(0xe1);

    function setUp() public override {
        super.setUp();
        (a, b, keeper) = (fund(1, 100_000), fund(2, 100_000), fund(3, 500_000));
        call_ = listOption(InstrumentKind.Call, BTC, 100_000, 30 days);
        tradeNow(2, b, 1, a, call_, 2e18, 5000e18); // a: short 2 calls, cash 110,000
        vm.prank(GOVERNANCE);
        house.setLiquidationEngine(ENGINE);
        vm.prank(ownerAt(3));
        house.approveSigner(keeper, ENGINE, uint64(block.timestamp + 30 days));
    }

    function look(uint256 initialWad, uint256 maintenanceWad) internal returns (MarginState state) {
        T.LeafProof memory proof = submitLeaf(leafOf(a, initialWad, maintenanceWad, -10_000e18));
        state = house.check(a, proof); // equity 100,000
        (,,,, MarginState stored,) = house.summary(a);
        assertTrue(state == stored, "stored");
    }

    function deadlineOf() internal view returns (uint256 deadline) {
        (,,,,, uint40 value) = house.summary(a);
        return value;
    }

    function test_StatesFollowEquity() public {
        assertTrue(look(100_000e18, 80_000e18) == MarginState.Healthy, "at initial");
        assertTrue(look(100_000e18 + 1, 80_000e18) == MarginState.MarginCall, "below initial");
        uint256 deadline = deadlineOf();
        assertEq(deadline, block.timestamp + 1 hours, "deadline");
        vm.warp(block.timestamp + 10 minutes);
        assertTrue(look(110_000e18, 100_000e18) == MarginState.MarginCall, "still: at maintenance");
        assertEq(deadlineOf(), deadline, "the deadline stays");
        vm.warp(deadline - 1); // the batch of the look comes a second later
        assertTrue(look(110_000e18, 90_000e18) == MarginState.MarginCall, "last second");
        assertTrue(look(110_000e18, 90_000e18) == MarginState.Liquidatable, "after the deadline");
        assertTrue(look(100_000e18, 90_000e18) == MarginState.Healthy, "recovered");
        assertEq(deadlineOf(), 0, "no deadline");
        assertTrue(look(110_000e18, 100_000e18 + 1) == MarginState.Liquidatable, "below maintenance at once");
    }

    function test_TopUpCountsAtOnce() public {
        T.LeafProof memory proof = submitLeaf(leafOf(a, 101_000e18, 90_000e18, -10_000e18));
        assertTrue(house.check(a, proof) == MarginState.MarginCall, "called");
        deposit(1, a, 1000e6);
        assertTrue(house.check(a, proof) == MarginState.Healthy, "the same leaf");
    }

    function test_AgeTightensTheLook() public {
        MarginLeaf memory leaf = leafOf(a, 100_000e18, 80_000e18, -10_000e18);
        leaf.decayWadPerSecond = 200e18;
        T.LeafProof memory proof = submitLeaf(leaf);
        assertTrue(house.check(a, proof) == MarginState.Healthy, "fresh");
        vm.warp(block.timestamp + 100);
        assertTrue(house.check(a, proof) == MarginState.MarginCall, "20,000 more is asked");
        vm.warp(block.timestamp + 1);
        assertTrue(house.check(a, proof) == MarginState.Liquidatable, "maintenance grows as well");
    }

    /// @dev T32: an owner cannot dodge the look by moving coins after the batch.
    function test_CoinMovementDoesNotDodgeTheLook() public {
        T.LeafProof memory proof = submitLeaf(leafOf(a, 120_000e18, 110_000e18, -10_000e18));
        depositCoins(1, a, 1);
        assertTrue(house.check(a, proof) == MarginState.Liquidatable, "looked at all the same");
        depositCoins(1, a, 10e18);
        assertTrue(house.check(a, proof) == MarginState.Healthy, "what came in counts");
    }

    function test_RevertIf_BookHasChanged() public {
        T.LeafProof memory proof = submitLeaf(leafOf(a, 0, 0, 0));
        tradeNow(2, b, 1, a, call_, 1e18, 5000e18);
        vm.expectPartialRevert(T.WrongLeaf.selector);
        house.check(a, proof);
    }

    function test_AccountWithoutLegsNeedsNoLeaf() public {
        assertTrue(house.check(keeper, noProof()) == MarginState.Healthy, "cash");
    }

    // ---- liquidation hooks ----

    function begin() internal {
        T.LeafProof memory proof = submitLeaf(leafOf(a, 200_000e18, 150_000e18, -10_000e18));
        house.check(a, proof);
        vm.prank(ENGINE);
        hooks.beginLiquidation(a);
    }

    function legs(int256 quantityWad) internal view returns (Leg[] memory list) {
        list = new Leg[](1);
        list[0] = Leg(call_, int128(quantityWad));
    }

    function test_LIQ01_BeginsOnlyOnALookOfTheSameMoment() public {
        vm.prank(ENGINE);
        vm.expectRevert(abi.encodeWithSelector(T.NotLiquidatable.selector, a));
        hooks.beginLiquidation(a);
        T.LeafProof memory proof = submitLeaf(leafOf(a, 200_000e18, 100_000e18, -10_000e18));
        house.check(a, proof); // a margin call only
        vm.prank(ENGINE);
        vm.expectRevert(abi.encodeWithSelector(T.NotLiquidatable.selector, a));
        hooks.beginLiquidation(a);
        proof = submitLeaf(leafOf(a, 200_000e18, 100_001e18, -10_000e18));
        assertTrue(house.check(a, proof) == MarginState.Liquidatable, "due");
        deposit(1, a, 1e6); // whatever comes in after the look wants a new look
        vm.prank(ENGINE);
        vm.expectRevert(abi.encodeWithSelector(T.NotLiquidatable.selector, a));
        hooks.beginLiquidation(a);
        house.check(a, proof);
        vm.warp(block.timestamp + 1);
        proof = submitLeaf(leafOf(a, 200_000e18, 150_000e18, -10_000e18));
        house.check(a, proof);
        vm.warp(block.timestamp + 1);
        vm.prank(ENGINE);
        vm.expectRevert(abi.encodeWithSelector(T.NotLiquidatable.selector, a));
        hooks.beginLiquidation(a);
        house.check(a, proof);
        vm.prank(ENGINE);
        hooks.beginLiquidation(a);
        assertTrue(house.isUnderLiquidation(a), "begun");
    }

    function test_CON03_OwnerMayOnlyTopUpOrReduceUnderLiquidation() public {
        begin();
        Match memory m = matchOf(2, b, 1, a, call_, 1e18, 5000e18);
        Clearance memory c = clearMatch(m, false);
        QuorumProof memory proof = signClearance(c);
        vm.expectRevert(abi.encodeWithSelector(T.UnderLiquidation.selector, a));
        house.trade(one(m), c, proof);
        T.LeafProof memory leaf = submitLeaf(leafOf(a, 0, 0, 1e30));
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(T.UnderLiquidation.selector, a));
        house.withdrawCash(a, 1, ownerAt(1), leaf);
        T.RowProof memory row = submitRow(call_, 5000e18);
        m = matchOf(1, a, 2, b, call_, 2e18, 5000e18);
        vm.expectRevert(abi.encodeWithSelector(T.UnderLiquidation.selector, a));
        house.close(m, row);
        deposit(1, a, 1e6);
        m = matchOf(1, a, 2, b, call_, 1e18, 5000e18);
        execute(m, clearMatch(m, true));
        assertEq(quantityOf(a, call_), -1e18, "reduced");
        vm.prank(ENGINE);
        hooks.endLiquidation(a);
        assertTrue(!house.isUnderLiquidation(a), "ended");
    }

    function test_CON01_EngineMovesLegsAgainstCash() public {
        begin();
        int256 sum = cashOf(a) + cashOf(keeper);
        vm.prank(ENGINE);
        hooks.moveLegs(a, keeper, legs(-1.5e18), -9000e18);
        assertEq(quantityOf(a, call_), -0.5e18, "given");
        assertEq(quantityOf(keeper, call_), -1.5e18, "taken");
        assertEq(cashOf(a), 101_000e18, "paid for it");
        assertEq(cashOf(a) + cashOf(keeper), sum, "conserved");
    }

    function refuseMove(uint64 from, uint64 to, Leg[] memory list, int256 cashWad, bytes memory refusal) internal {
        vm.prank(ENGINE);
        vm.expectRevert(refusal);
        hooks.moveLegs(from, to, list, cashWad);
    }

    function test_CON03_EngineTouchesLiquidatableAccountsOnly() public {
        refuseMove(a, keeper, legs(-1e18), 0, abi.encodeWithSelector(T.NotLiquidatable.selector, a));
        begin();
        refuseMove(b, keeper, legs(1e18), 0, abi.encodeWithSelector(T.NotLiquidatable.selector, b));
        refuseMove(a, a, legs(-1e18), 0, abi.encodeWithSelector(T.NotLiquidatable.selector, a));
        // The taker must have let the engine act for it.
        refuseMove(a, b, legs(-1e18), 1e18, abi.encodeWithSelector(T.NotAuthorised.selector, b, ENGINE));
        // Once a look finds the account healthy, the engine's hands are tied.
        T.LeafProof memory proof = submitLeaf(leafOf(a, 0, 0, 0));
        house.check(a, proof);
        refuseMove(a, keeper, legs(-1e18), 0, abi.encodeWithSelector(T.NotLiquidatable.selector, a));
    }

    function test_RevertIf_NotTheEngine() public {
        begin();
        vm.startPrank(ownerAt(3));
        bytes memory refusal = abi.encodeWithSelector(T.NotAuthorised.selector, a, ownerAt(3));
        vm.expectRevert(refusal);
        hooks.moveLegs(a, keeper, legs(-1e18), 0);
        vm.expectRevert(refusal);
        hooks.moveCash(a, keeper, 1, "x");
        vm.expectRevert(refusal);
        hooks.moveCoin(a, keeper, 0, 1, 0);
        vm.expectRevert(refusal);
        hooks.beginLiquidation(a);
        vm.expectRevert(refusal);
        hooks.endLiquidation(a);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, ownerAt(3)));
        house.setLiquidationEngine(ownerAt(3));
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, ownerAt(3)));
        house.setInsuranceAccount(keeper);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, ownerAt(3)));
        house.collectFees(keeper);
        vm.stopPrank();
    }

    function test_RevertIf_LegsGrowOrChangeSign() public {
        begin();
        int256[4] memory wrong = [int256(1e18), -2e18 - 1, 0, 2e18];
        for (uint256 i = 0; i < wrong.length; ++i) {
            refuseMove(a, keeper, legs(wrong[i]), 0, abi.encodeWithSelector(T.InvalidLegs.selector, call_, int128(wrong[i])));
        }
        refuseMove(a, keeper, new Leg[](0), 0, abi.encodeWithSelector(T.TooManyLegs.selector, 0, 127));
        refuseMove(a, keeper, new Leg[](128), 0, abi.encodeWithSelector(T.TooManyLegs.selector, 128, 127));
    }

    function test_RevertIf_GiverWouldOweForWhatIsTaken() public {
        begin();
        refuseMove(a, keeper, legs(-1e18), -110_001e18, abi.encodeWithSelector(T.InDebt.selector, a, -1e18));
        vm.prank(ENGINE);
        vm.expectRevert(abi.encodeWithSelector(T.InsufficientBalance.selector, 110_000e18, 110_001e18));
        hooks.moveCash(a, keeper, 110_001e18, "penalty");
    }

    function test_CON02_TakerStandsTheIntrinsicStress() public {
        uint64 poor = fund(4, 100);
        vm.prank(ownerAt(4));
        house.approveSigner(poor, ENGINE, uint64(block.timestamp + 1 days));
        begin();
        vm.prank(ENGINE);
        vm.expectPartialRevert(T.BelowIntrinsicStress.selector);
        hooks.moveLegs(a, poor, legs(-1e18), 0);
    }

    function test_CON01_EngineMovesCoinsAndCash() public {
        depositCoins(1, a, 10e18);
        begin();
        vm.startPrank(ENGINE);
        hooks.moveCoin(a, keeper, 0, 4e18, 12_000e18);
        hooks.moveCash(a, b, 500e18, "penalty");
        vm.stopPrank();
        assertEq(house.coinBalance(a, 0), 6e18, "given");
        assertEq(house.coinBalance(keeper, 0), 4e18, "taken");
        assertEq(cashOf(a), 110_000e18 + 12_000e18 - 500e18, "cash");
        assertEq(cashOf(keeper), 488_000e18, "paid");
        assertEq(cashOf(b), 90_500e18, "penalty");
        (,,,, uint256 held) = house.coinInfo(0);
        assertEq(held, 10e18, "conserved");
        vm.prank(ownerAt(3));
        house.exit(keeper, ownerAt(3)); // the taker can take them out
        assertEq(coinToken.balanceOf(ownerAt(3)), 4e18, "out");
    }

    function test_InsuranceAccountPaysFromWhatItHas() public {
        uint64 insurance = fund(5, 1000);
        vm.prank(GOVERNANCE);
        house.setInsuranceAccount(insurance);
        vm.startPrank(ENGINE);
        hooks.moveCash(insurance, a, 400e18, "insurance");
        vm.expectRevert(abi.encodeWithSelector(T.InsufficientBalance.selector, 600e18, 600e18 + 1));
        hooks.moveCash(insurance, a, 600e18 + 1, "insurance");
        vm.expectRevert(abi.encodeWithSelector(T.NotLiquidatable.selector, b));
        hooks.moveCash(b, a, 1, "theft");
        vm.stopPrank();
        assertEq(cashOf(insurance), 600e18, "left");
    }
}
