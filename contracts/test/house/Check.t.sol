// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {Clearance, MarginLeaf, QuorumProof} from "../../src/types/Attestation.sol";
import {InstrumentKind, Leg, LiquidationPhase, MarginState, Match} from "../../src/types/Trading.sol";
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
        hooks.setPhase(a, LiquidationPhase.Auction);
    }

    function test_LIQ01_BeginsOnlyOnALookOfTheSameMoment() public {
        vm.prank(ENGINE);
        vm.expectRevert(abi.encodeWithSelector(T.NotLiquidatable.selector, a));
        hooks.setPhase(a, LiquidationPhase.Auction);
        T.LeafProof memory proof = submitLeaf(leafOf(a, 200_000e18, 100_000e18, -10_000e18));
        house.check(a, proof); // a margin call only
        vm.prank(ENGINE);
        vm.expectRevert(abi.encodeWithSelector(T.NotLiquidatable.selector, a));
        hooks.setPhase(a, LiquidationPhase.Auction);
        proof = submitLeaf(leafOf(a, 200_000e18, 100_001e18, -10_000e18));
        assertTrue(house.check(a, proof) == MarginState.Liquidatable, "due");
        deposit(1, a, 1e6); // whatever comes in after the look wants a new look
        vm.prank(ENGINE);
        vm.expectRevert(abi.encodeWithSelector(T.NotLiquidatable.selector, a));
        hooks.setPhase(a, LiquidationPhase.Auction);
        house.check(a, proof);
        vm.warp(block.timestamp + 1);
        proof = submitLeaf(leafOf(a, 200_000e18, 150_000e18, -10_000e18));
        house.check(a, proof);
        vm.warp(block.timestamp + 1);
        vm.prank(ENGINE);
        vm.expectRevert(abi.encodeWithSelector(T.NotLiquidatable.selector, a));
        hooks.setPhase(a, LiquidationPhase.Auction);
        house.check(a, proof);
        vm.prank(ENGINE);
        hooks.setPhase(a, LiquidationPhase.Auction);
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
        hooks.setPhase(a, LiquidationPhase.None);
        assertTrue(!house.isUnderLiquidation(a), "ended");
    }

    function test_CON03_EngineTouchesNoAccountThatIsNotDue() public {
        bytes memory notDue = abi.encodeWithSelector(T.NotLiquidatable.selector, b);
        vm.startPrank(ENGINE);
        vm.expectRevert(notDue);
        hooks.setPhase(b, LiquidationPhase.Auction);
        vm.expectRevert(notDue);
        hooks.setPhase(b, LiquidationPhase.Shared);
        vm.expectRevert(notDue);
        hooks.handOver(b, ENGINE);
        vm.expectRevert(notDue);
        hooks.moveShare(b, ENGINE, list(call_), 1, 2);
        Clearance memory none;
        QuorumProof memory noQuorum;
        vm.expectRevert(notDue);
        hooks.movePlan(b, keeper, new Leg[](0), 0, none, noQuorum);
        vm.expectRevert(abi.encodeWithSelector(T.HasLegs.selector, b, 1));
        hooks.moveCash(b, a, 1, "theft");
        vm.stopPrank();
    }

    function list(bytes32 instrument) internal pure returns (bytes32[] memory one_) {
        one_ = new bytes32[](1);
        one_[0] = instrument;
    }

    /// @dev A whole share cannot be moved, nor one of an account that is not shared, nor a part of the book.
    function test_CON01_AShareKeepsEverySum() public {
        depositCoins(1, a, 10e18);
        begin();
        vm.startPrank(ENGINE);
        vm.expectRevert(abi.encodeWithSelector(T.NotLiquidatable.selector, a));
        hooks.moveShare(a, ownerAt(7), list(call_), 1, 4);
        hooks.setPhase(a, LiquidationPhase.Shared);
        vm.expectRevert(abi.encodeWithSelector(T.NotLiquidatable.selector, a));
        hooks.moveShare(a, ownerAt(7), list(call_), 4, 4);
        vm.expectRevert(abi.encodeWithSelector(T.IncompleteBook.selector, a, 0, 1));
        hooks.moveShare(a, ownerAt(7), new bytes32[](0), 1, 4);
        vm.expectRevert(abi.encodeWithSelector(T.IncompleteBook.selector, a, 0, 1));
        hooks.moveShare(a, ownerAt(7), list("no leg"), 1, 4);
        uint64 to = hooks.moveShare(a, ownerAt(7), list(call_), 1, 4);
        vm.stopPrank();
        assertEq(house.ownerOf(to), ownerAt(7), "holder");
        assertEq(quantityOf(to, call_), -0.5e18, "taken");
        assertEq(quantityOf(a, call_), -1.5e18, "kept");
        assertEq(cashOf(to), 27_500e18, "cash taken");
        assertEq(cashOf(a), 82_500e18, "cash kept");
        assertEq(house.coinBalance(to, 0), 2.5e18, "coins taken");
        assertEq(house.coinBalance(a, 0), 7.5e18, "coins kept");
    }

    /// @dev The cost of a long book shows as negative cash: its share goes along, rounded against the taker.
    function test_CON04_ASharesDebtIsRoundedUp() public {
        uint64 poor = fund(4, 20_000);
        bytes32 perpetual = listPerpetual(BTC);
        deposit(2, b, 200_000e6);
        tradeNow(4, poor, 2, b, perpetual, 1e18, 100_000e18);
        T.LeafProof memory proof = submitLeaf(leafOf(poor, 25_000e18, 21_000e18, 100_000e18));
        house.check(poor, proof);
        vm.startPrank(ENGINE);
        hooks.setPhase(poor, LiquidationPhase.Shared);
        uint64 to = hooks.moveShare(poor, ownerAt(7), list(perpetual), 1, 3);
        vm.stopPrank();
        assertEq(quantityOf(to, perpetual), 333333333333333333, "towards 0");
        assertEq(cashOf(to), -26666666666666666666667, "debt up");
        assertEq(cashOf(poor) + cashOf(to), -80_000e18, "conserved");
    }

    function test_SharedAccountCannotBeMovedByOneOfItsHolders() public {
        begin();
        vm.prank(ENGINE);
        hooks.setPhase(a, LiquidationPhase.Shared);
        bytes memory refusal = abi.encodeWithSelector(T.SharedWithKeepers.selector, a);
        cash.mint(ownerAt(1), 1e6);
        vm.startPrank(ownerAt(1));
        cash.approve(address(house), 1e6);
        vm.expectRevert(refusal);
        house.depositCash(a, 1e6);
        vm.expectRevert(refusal);
        house.depositCoin(a, 0, 1);
        vm.stopPrank();
        Match memory m = matchOf(1, a, 2, b, call_, 1e18, 5000e18);
        Clearance memory c = clearMatch(m, true);
        QuorumProof memory proof = signClearance(c);
        vm.expectRevert(refusal);
        house.trade(one(m), c, proof);
        // Without legs as well: what is left is the holders' together.
        vm.warp(block.timestamp + 31 days);
        submitPrices();
        setSettlement(BTC, uint64(instruments.terms(call_).expiry), 100_000e8);
        house.settle(a, list(call_));
        vm.startPrank(ownerAt(1));
        vm.expectRevert(refusal);
        house.exit(a, ownerAt(1));
        vm.expectRevert(refusal);
        house.withdrawCash(a, 1, ownerAt(1), noProof());
        vm.stopPrank();
    }

    /// @dev Whoever the owner before approved, and whatever he signed, counts for nothing with the next.
    function test_CON03_HandedOverAccountForgetsItsOwner() public {
        vm.prank(ownerAt(1));
        house.approveSigner(a, ownerAt(5), uint64(block.timestamp + 30 days));
        begin();
        T.LeafProof memory proof = submitLeaf(leafOf(a, 200_000e18, 150_000e18, -10_000e18));
        house.check(a, proof);
        vm.prank(ENGINE);
        hooks.handOver(a, ownerAt(3));
        assertEq(house.ownerOf(a), ownerAt(3), "owner");
        assertEq(house.signerUntil(a, ownerAt(5)), 0, "signer");
        assertTrue(!house.isUnderLiquidation(a), "released");
        Match memory m = matchOf(1, a, 2, b, call_, 1e18, 5000e18);
        Clearance memory c = clearMatch(m, true);
        QuorumProof memory quorum = signClearance(c);
        vm.expectPartialRevert(T.InvalidOrderSignature.selector);
        house.trade(one(m), c, quorum);
        m.buySignature = signOrder(keyOf(5), m.buy);
        vm.expectPartialRevert(T.InvalidOrderSignature.selector);
        house.trade(one(m), c, quorum);
        m.buySignature = signOrder(keyOf(3), m.buy);
        execute(m, c);
        assertEq(quantityOf(a, call_), -1e18, "the new owner signs");
    }

    function test_RevertIf_NotTheEngine() public {
        begin();
        vm.startPrank(ownerAt(3));
        bytes memory refusal = abi.encodeWithSelector(T.NotAuthorised.selector, a, ownerAt(3));
        vm.expectRevert(refusal);
        hooks.moveShare(a, ownerAt(3), list(call_), 1, 2);
        vm.expectRevert(refusal);
        hooks.moveCash(a, keeper, 1, "x");
        vm.expectRevert(refusal);
        hooks.handOver(a, ownerAt(3));
        vm.expectRevert(refusal);
        hooks.setPhase(a, LiquidationPhase.Auction);
        vm.expectRevert(refusal);
        hooks.setPhase(a, LiquidationPhase.None);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, ownerAt(3)));
        house.setLiquidationEngine(ownerAt(3));
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, ownerAt(3)));
        house.setInsuranceAccount(keeper);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, ownerAt(3)));
        house.collectFees(keeper);
        vm.stopPrank();
    }

    function test_CashLeavesDownToZeroAndFromWhoAgreed() public {
        begin();
        vm.startPrank(ENGINE);
        vm.expectRevert(abi.encodeWithSelector(T.InsufficientBalance.selector, 110_000e18, 110_001e18));
        hooks.moveCash(a, keeper, 110_001e18, "penalty");
        vm.expectPartialRevert(SafeCast.SafeCastOverflowedUintToInt.selector);
        hooks.moveCash(a, keeper, type(uint256).max, "penalty");
        vm.expectRevert(abi.encodeWithSelector(T.NotLiquidatable.selector, a));
        hooks.moveCash(a, a, 1, "penalty");
        hooks.moveCash(a, b, 500e18, "penalty");
        hooks.moveCash(keeper, a, 700e18, "liquidation"); // approved the engine, and has no legs
        uint64 other = house.openAccountFor(ownerAt(6));
        vm.expectRevert(abi.encodeWithSelector(T.NotLiquidatable.selector, other));
        hooks.moveCash(other, a, 0, "liquidation");
        vm.stopPrank();
        assertEq(cashOf(a), 110_200e18, "paid and received");
        assertEq(cashOf(b), 90_500e18, "penalty");
        assertEq(cashOf(keeper), 499_300e18, "in");
    }

    function test_InsuranceAccountPaysFromWhatItHas() public {
        uint64 insurance = fund(5, 1000);
        vm.prank(GOVERNANCE);
        house.setInsuranceAccount(insurance);
        vm.startPrank(ENGINE);
        hooks.moveCash(insurance, a, 400e18, "insurance");
        vm.expectRevert(abi.encodeWithSelector(T.InsufficientBalance.selector, 600e18, 600e18 + 1));
        hooks.moveCash(insurance, a, 600e18 + 1, "insurance");
        vm.expectRevert(abi.encodeWithSelector(T.HasLegs.selector, b, 1));
        hooks.moveCash(b, a, 1, "theft");
        vm.stopPrank();
        assertEq(cashOf(insurance), 600e18, "left");
    }
}
