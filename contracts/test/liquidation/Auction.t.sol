// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {ILiquidationEngine as E, IShareTaker} from "../../src/interfaces/ILiquidationEngine.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {LiquidationEngine} from "../../src/liquidation/LiquidationEngine.sol";
import {MarginState} from "../../src/types/Trading.sol";
import {PlainToken} from "../support/Tokens.sol";
import {LiquidationFixture} from "../support/LiquidationFixture.sol";
import {IClearingHouse} from "../../src/interfaces/IClearingHouse.sol";

/// @notice A keeper that brings its cash when it is asked, and tries to come in again.
contract FlashKeeper is IShareTaker {
    IClearingHouse private immutable HOUSE;
    LiquidationEngine private immutable ENGINE;
    PlainToken private immutable CASH;
    bool private immutable GREEDY;
    uint64 public immutable ACCOUNT;

    constructor(IClearingHouse house, LiquidationEngine engine, PlainToken cash, bool greedy) {
        (HOUSE, ENGINE, CASH, GREEDY) = (house, engine, cash, greedy);
        ACCOUNT = house.openAccount();
        house.approveSigner(ACCOUNT, address(engine), uint64(block.timestamp + 300 days));
    }

    function bid(uint64 account, uint256 cashWad, T.LeafProof calldata proof) external returns (uint64) {
        return ENGINE.takeShare(account, ACCOUNT, cashWad, 0, abi.encode(proof), proof);
    }

    function onShareTaken(uint64 account, uint64 payer, uint256 cashWad, uint256, bytes calldata data) external {
        if (GREEDY) ENGINE.takeShare(account, payer, cashWad, 0, "", abi.decode(data, (T.LeafProof)));
        uint256 amount = (cashWad + 1e12 - 1) / 1e12;
        CASH.mint(address(this), amount);
        CASH.approve(address(HOUSE), amount);
        HOUSE.depositCash(payer, amount);
    }
}

/// @notice Auctions of shares: when they start, what a share costs, how it is written out, how they end.
contract AuctionTest is LiquidationFixture {
    // ---- start and end ----

    function test_LIQ01_StartsOnlyWhenDue() public {
        T.LeafProof memory proof = prove(a);
        vm.expectRevert(abi.encodeWithSelector(E.NotDue.selector, a, int256(100_000e18), 20_000e18));
        engine.start(a, proof);
        sink(20_000); // at maintenance: a margin call
        proof = prove(a);
        vm.expectRevert(abi.encodeWithSelector(E.NotDue.selector, a, int256(20_000e18), 20_000e18));
        engine.start(a, proof);
        vm.expectRevert(abi.encodeWithSelector(E.NotRunning.selector, a));
        engine.takeShare(a, keeper, 1000e18, 0, "", proof);
        sink(19_999);
        begin(a);
        assertTrue(house.isUnderLiquidation(a), "under liquidation");
        assertTrue(engine.termsOf(a).running, "running");
        proof = prove(a);
        vm.expectRevert(abi.encodeWithSelector(E.AlreadyRunning.selector, a));
        engine.start(a, proof);
    }

    /// @dev Below initial margin after the deadline of its call: brought to initial margin, not to the target of maintenance.
    function test_LIQ02_AMarginCallThatRanOutIsLiquidatedToInitial() public {
        sink(21_000);
        house.check(a, prove(a));
        vm.warp(block.timestamp + 1 hours);
        begin(a);
        assertEq(uint256(engine.termsOf(a).target), 0, "to initial");
        assertEq(engine.need(a, prove(a)).shortfallWad, 5000e18, "26,000 less 21,000");
        take(KEEPER, keeper, a, cashFor(a));
        assertTrue(house.check(a, prove(a)) == MarginState.Healthy, "healthy");
    }

    function test_LIQ08_TermsAreFrozen() public {
        sink(18_000);
        begin(a);
        E.Terms memory terms = engine.termsOf(a);
        numbers.set(Keys.LIQUIDATION_TARGET_WAD, 1.5e18);
        numbers.set(Keys.LIQUIDATION_START_RATE_WAD, 0.1e18);
        numbers.set(Keys.LIQUIDATION_END_RATE_WAD, 2e18);
        numbers.set(Keys.LIQUIDATION_FEE_WAD, 0.02e18);
        numbers.set(Keys.LIQUIDATION_FAST_SECONDS, 60);
        vm.warp(block.timestamp + 450);
        E.Need memory need = engine.need(a, prove(a));
        assertEq(need.shortfallWad, 4000e18, "target as it was");
        assertEq(need.rateE6, 20_000 + uint256(180_000) * 451 / 900, "rate as it was"); // the batch comes a second later
        assertEq(keccak256(abi.encode(engine.termsOf(a))), keccak256(abi.encode(terms)), "terms as they were");
    }

    function test_RateRisesFastThenSlowlyThenStays() public {
        sink(18_000);
        begin(a);
        uint256 start = engine.termsOf(a).startedAt;
        uint256[7] memory at = [uint256(1), 450, 899, 900, 2700, 4500, 100_000];
        uint256[7] memory rates = [uint256(20_200), 110_000, 199_800, 200_000, 600_000, 1_000_000, 1_000_000];
        for (uint256 i = 0; i < at.length; ++i) {
            vm.warp(start + at[i] - 1);
            assertEq(engine.need(a, prove(a)).rateE6, rates[i], "rate");
        }
    }

    function test_TopUpEndsTheAuction() public {
        sink(18_000);
        begin(a);
        T.LeafProof memory proof = prove(a);
        vm.expectRevert(abi.encodeWithSelector(E.StillNeeded.selector, a, int256(4000e18)));
        engine.end(a, proof);
        deposit(OWNER, a, 4000e6 - 1);
        proof = prove(a);
        vm.expectRevert(abi.encodeWithSelector(E.StillNeeded.selector, a, int256(1e12)));
        engine.end(a, proof);
        deposit(OWNER, a, 1);
        engine.end(a, prove(a));
        assertTrue(!house.isUnderLiquidation(a), "released");
        assertTrue(!engine.termsOf(a).running, "ended");
    }

    function test_LIQ06_UnsoldStartsAgain() public {
        sink(18_000);
        begin(a);
        numbers.set(Keys.LIQUIDATION_START_RATE_WAD, 0.05e18);
        vm.warp(block.timestamp + 4499);
        T.LeafProof memory proof = prove(a);
        vm.expectRevert(abi.encodeWithSelector(E.StillNeeded.selector, a, int256(4000e18)));
        engine.end(a, proof);
        vm.warp(block.timestamp + 1);
        engine.end(a, prove(a));
        assertEq(uint256(engine.termsOf(a).startedAt), block.timestamp, "again");
        assertEq(engine.need(a, prove(a)).rateE6, 50_000 + uint256(150_000) / 900, "with the numbers of now");
    }

    function test_RevertIf_AnOutageHasJustEnded() public {
        numbers.set(Keys.LIQUIDATION_GRACE_SECONDS, 300);
        sink(18_000);
        vm.warp(block.timestamp + 1000); // batches have run out
        T.LeafProof memory proof = prove(a);
        uint256 endsAt = block.timestamp + 300;
        assertEq(registry.resumedAt(), block.timestamp, "resumed");
        vm.expectRevert(abi.encodeWithSelector(E.GracePeriod.selector, endsAt, block.timestamp));
        engine.start(a, proof);
        for (uint256 i = 0; i < 5; ++i) {
            vm.warp(block.timestamp + 50);
            proof = prove(a);
        }
        vm.expectRevert(abi.encodeWithSelector(E.GracePeriod.selector, endsAt, block.timestamp));
        engine.start(a, proof);
        vm.warp(endsAt);
        engine.start(a, proof);
    }

    // ---- shares ----

    /// @dev Equity 18,000, target 22,000, fee 0.5 %: 4,020.1 USD of cash; rate 2 % and a 900th of 18 % a second later, so 2.02 % at the bid.
    function test_LIQ02_LIQ03_AShareRestoresJustSo() public {
        sink(18_000);
        begin(a);
        uint256 cashWad = cashFor(a);
        T.LeafProof memory proof = prove(a);
        vm.prank(ownerAt(KEEPER));
        uint64 claim = engine.takeShare(a, keeper, 2 * cashWad, 0, "", proof); // no more of it is taken than restores
        uint256 feeWad = cashWad - 4000e18;
        assertEq(feeWad, (cashWad * 5000 + 999_999) / 1e6, "fee");
        assertEq(equityOf(a), 22_000e18, "restored just so");
        assertEq(cashOf(keeper), 500_000e18 - int256(cashWad), "paid");
        assertEq(cashOf(insurance), 50_000e18 + int256(feeWad), "fee paid");
        assertEq(quantityOf(a, call_), -2e18, "no leg moves");
        uint256 rate = 20_000 + uint256(180_000) * (block.timestamp - startOf) / 900;
        uint256 bonusWad = cashWad * rate / 1e6;
        (uint256 all, uint256 open,) = engine.unitsOf(a);
        uint256 units = engine.claimOf(a, claim).unitsWad;
        assertEq(units, 1e18 * (cashWad + bonusWad) / (18_000e18 - feeWad - bonusWad), "units");
        assertEq(all, 1e18 + units, "all units");
        assertEq(open, 1, "one claim");
        assertTrue(!engine.termsOf(a).running, "ended");
        assertTrue(house.isUnderLiquidation(a), "shared until written out");
    }

    uint256 private startOf;

    function begin(uint64 account) internal override {
        super.begin(account);
        startOf = block.timestamp;
    }

    function test_LIQ06_ZeroAndCrumbsAreRefused() public {
        sink(18_000);
        begin(a);
        T.LeafProof memory proof = prove(a);
        vm.startPrank(ownerAt(KEEPER));
        vm.expectRevert(abi.encodeWithSelector(E.TooLittle.selector, a, 0, 250e18));
        engine.takeShare(a, keeper, 0, 0, "", proof);
        vm.expectRevert(abi.encodeWithSelector(E.TooLittle.selector, a, 250e18 - 1, 250e18));
        engine.takeShare(a, keeper, 250e18 - 1, 0, "", proof);
        vm.expectPartialRevert(E.TooLittle.selector);
        engine.takeShare(a, keeper, 250e18, 1e18, "", proof); // so many units are not in it
        engine.takeShare(a, keeper, 3900e18, 0, "", proof);
        vm.stopPrank();
        take(KEEPER, keeper, a, cashFor(a)); // the rest, although it is less than a slice
        assertEq(equityOf(a), 22_000e18, "restored");
    }

    /// @dev The least share is a price: where only half of the cash is needed, half of the units will do, and no wad less.
    function test_LIQ06_TheLeastShareIsAPrice() public {
        sink(18_000);
        begin(a);
        uint256 cashWad = cashFor(a);
        T.LeafProof memory proof = prove(a);
        uint256 snapshot = vm.snapshotState();
        vm.prank(ownerAt(KEEPER));
        engine.takeShare(a, keeper, cashWad, 0, "", proof);
        uint256 units = engine.claimOf(a, 1).unitsWad;
        vm.revertToState(snapshot);
        vm.startPrank(ownerAt(KEEPER));
        vm.expectRevert(abi.encodeWithSelector(E.TooLittle.selector, a, units, units + 1));
        engine.takeShare(a, keeper, 2 * cashWad, 2 * units + 1, "", proof);
        engine.takeShare(a, keeper, 2 * cashWad, 2 * units, "", proof);
        vm.stopPrank();
    }

    /// @dev Above maintenance margin again before anybody has bid: nobody may. After a first slice the auction goes on up to its target.
    function test_LIQ01_NobodyBidsWhereTheMarketHasComeBack() public {
        sink(18_000);
        begin(a);
        sink(21_000);
        T.LeafProof memory proof = prove(a);
        vm.prank(ownerAt(KEEPER));
        vm.expectRevert(abi.encodeWithSelector(E.NotDue.selector, a, int256(21_000e18), 20_000e18));
        engine.takeShare(a, keeper, 500e18, 0, "", proof);
        sink(19_000);
        take(KEEPER, keeper, a, 2000e18);
        assertEq(equityOf(a), 20_990e18, "above maintenance");
        take(RIVAL, rival, a, cashFor(a));
        assertEq(equityOf(a), 22_000e18, "at the target");
    }

    function test_RevertIf_CallerMayNotPayOrAccountHasLegs() public {
        sink(18_000);
        begin(a);
        T.LeafProof memory proof = prove(a);
        vm.startPrank(ownerAt(RIVAL));
        vm.expectRevert(abi.encodeWithSelector(E.NotHolder.selector, keeper, ownerAt(RIVAL)));
        engine.takeShare(a, keeper, 1000e18, 0, "", proof);
        vm.stopPrank();
        vm.startPrank(ownerAt(OTHER));
        vm.expectRevert(abi.encodeWithSelector(T.HasLegs.selector, b, 1));
        engine.takeShare(a, b, 1000e18, 0, "", proof);
        vm.stopPrank();
        uint64 quiet = fund(6, 10_000);
        vm.prank(ownerAt(6));
        vm.expectRevert(abi.encodeWithSelector(T.NotLiquidatable.selector, quiet)); // has not approved the engine
        engine.takeShare(a, quiet, 1000e18, 0, "", proof);
        uint64 poor = fund(7, 100);
        letEngineAct(7, poor);
        vm.prank(ownerAt(7));
        vm.expectPartialRevert(T.InsufficientBalance.selector);
        engine.takeShare(a, poor, 1000e18, 0, "", proof);
    }

    function test_KeeperMayBringItsCashJustInTime() public {
        sink(18_000);
        begin(a);
        FlashKeeper flash = new FlashKeeper(house, engine, cash, false);
        uint64 claim = flash.bid(a, 2000e18, prove(a));
        assertEq(engine.claimOf(a, claim).holder, address(flash), "holder");
        assertEq(cashOf(flash.ACCOUNT()), 0, "all in");
        FlashKeeper greedy = new FlashKeeper(house, engine, cash, true);
        T.LeafProof memory proof = prove(a);
        vm.expectPartialRevert(bytes4(keccak256("ReentrancyGuardReentrantCall()")));
        greedy.bid(a, 2000e18, proof);
    }

    /// @dev Two keepers: the second dilutes the owner and the first in proportion, and nobody's share is worth less than its price says.
    function test_TwoKeepersCompete() public {
        sink(18_000);
        begin(a);
        uint64 first = take(KEEPER, keeper, a, 1500e18);
        uint256 firstUnits = engine.claimOf(a, first).unitsWad;
        uint64 second = take(RIVAL, rival, a, cashFor(a));
        (uint256 all, uint256 open,) = engine.unitsOf(a);
        assertEq(open, 2, "two claims");
        assertEq(engine.claimOf(a, first).unitsWad, firstUnits, "the first keeps its units");
        assertTrue(engine.claimOf(a, second).holder == ownerAt(RIVAL), "holder");
        bytes32[] memory legs = legsOf(a);
        int256 worth = worthOf(a);
        uint64 one_ = engine.divide(a, first, legs);
        uint64 two_ = engine.divide(a, second, legs);
        assertEq(house.ownerOf(one_), ownerAt(KEEPER), "first");
        assertEq(house.ownerOf(two_), ownerAt(RIVAL), "second");
        assertEq(worthOf(a) + worthOf(one_) + worthOf(two_), worth, "conserved");
        assertEq(quantityOf(a, call_) + quantityOf(one_, call_) + quantityOf(two_, call_), -2e18, "legs conserved");
        near(worthOf(a), worth * 1e18 / int256(all), "owner");
        near(worthOf(one_), worth * int256(firstUnits) / int256(all), "first");
        assertTrue(!house.isUnderLiquidation(a), "released");
        assertTrue(house.check(a, prove(a)) == MarginState.MarginCall, "above maintenance, below initial");
        // Each stands at the same ratio as the account did: the target, as margin scales with the book.
        for (uint64 account = 0; account < 3; ++account) {
            uint64 who = account == 0 ? a : account == 1 ? one_ : two_;
            (, uint256 maintenance) = bookOf(who);
            near(equityOf(who), int256(maintenance * 11 / 10), "ratio");
        }
    }

    function near(int256 actual, int256 expected, string memory what) internal pure {
        assertTrue(actual - expected <= 1e6 && expected - actual <= 1e6, what); // 1e-12 USD
    }

    function test_DivideIsForAnyoneOnceAndForTheWholeBook() public {
        sink(18_000);
        begin(a);
        uint64 claim = take(KEEPER, keeper, a, cashFor(a));
        vm.expectRevert(abi.encodeWithSelector(T.IncompleteBook.selector, a, 0, 1));
        engine.divide(a, claim, new bytes32[](0));
        bytes32[] memory legs = legsOf(a);
        vm.expectRevert(abi.encodeWithSelector(E.UnknownClaim.selector, a, claim + 1));
        engine.divide(a, claim + 1, legs);
        vm.prank(address(0x57a6));
        engine.divide(a, claim, legs);
        vm.expectRevert(abi.encodeWithSelector(E.UnknownClaim.selector, a, claim));
        engine.divide(a, claim, legs);
        deposit(OWNER, a, 1e6); // the owner moves again
    }

    /// @dev The market falls again before the share is written out: the account is liquidated again, and all its holders bear it.
    function test_SharedAccountIsLiquidatedAgain() public {
        sink(18_000);
        begin(a);
        uint64 first = take(KEEPER, keeper, a, cashFor(a));
        markOf[call_] += 2000e18; // equity 18,000 again
        begin(a);
        uint64 second = take(RIVAL, rival, a, cashFor(a));
        assertEq(equityOf(a), 22_000e18, "restored");
        (uint256 all,,) = engine.unitsOf(a);
        assertTrue(uint256(engine.claimOf(a, first).unitsWad) + engine.claimOf(a, second).unitsWad + 1e18 == all, "units");
        bytes32[] memory legs = legsOf(a);
        engine.divide(a, second, legs);
        engine.divide(a, first, legs);
        assertTrue(!house.isUnderLiquidation(a), "released");
    }

    function test_DivideDuringTheAuctionGivesTheOwnerHisHandsBack() public {
        sink(18_000);
        begin(a);
        uint64 claim = take(KEEPER, keeper, a, 1000e18);
        vm.expectPartialRevert(T.SharedWithKeepers.selector);
        this.topUp();
        engine.divide(a, claim, legsOf(a));
        this.topUp();
        assertTrue(engine.termsOf(a).running && house.isUnderLiquidation(a), "still running");
        deposit(OWNER, a, 5000e6);
        engine.end(a, prove(a));
        assertTrue(!house.isUnderLiquidation(a), "cured");
    }

    function topUp() external {
        deposit(OWNER, a, 1e6);
    }

    function test_RevertIf_TooManyClaims() public {
        sink(1000);
        begin(a);
        for (uint256 i = 0; i < 16; ++i) {
            take(KEEPER, keeper, a, 250e18);
        }
        T.LeafProof memory proof = prove(a);
        vm.prank(ownerAt(KEEPER));
        vm.expectRevert(abi.encodeWithSelector(E.TooManyClaims.selector, a, 16));
        engine.takeShare(a, keeper, 250e18, 0, "", proof);
    }

    function test_LIQ07_ShortfallRemovedInAnHourIsCapped() public {
        numbers.set(Keys.LIQUIDATION_PER_HOUR_WAD, 3600e18);
        numbers.set(Keys.LIQUIDATION_FEE_WAD, 0);
        sink(15_000);
        begin(a);
        take(KEEPER, keeper, a, 3600e18);
        T.LeafProof memory proof = prove(a); // a second later: one USD has come free
        vm.startPrank(ownerAt(KEEPER));
        vm.expectRevert(abi.encodeWithSelector(E.CapPassed.selector, Keys.LIQUIDATION_PER_HOUR_WAD, 3849e18, 3600e18));
        engine.takeShare(a, keeper, 250e18, 0, "", proof);
        vm.stopPrank();
        vm.warp(block.timestamp + 248);
        take(KEEPER, keeper, a, 250e18);
    }

    /// @dev No bonus out of equity that is not there: the auction's rate times the cash, and the fee, must leave something.
    function test_RevertIf_BonusWouldPassTheEquityLeft() public {
        sink(300);
        begin(a);
        vm.warp(block.timestamp + 4600); // a dollar for a dollar
        T.LeafProof memory proof = prove(a);
        vm.startPrank(ownerAt(KEEPER));
        vm.expectRevert(abi.encodeWithSelector(E.Insolvent.selector, a, int256(300e18)));
        engine.takeShare(a, keeper, 300e18, 0, "", proof);
        engine.takeShare(a, keeper, 298e18, 0, "", proof);
        vm.stopPrank();
        assertEq(worthOf(a), 300e18 + 298e18 - 1.49e18, "grows all the same");
    }

    /// @dev Coins go along at their price, not at the haircut that the requirement sees.
    function test_SharesCountCoinsAtTheirPrice() public {
        depositCoins(OWNER, a, 2e18); // 8,000 USD, counted 6,400
        sink(12_000);
        begin(a);
        E.Need memory need = engine.need(a, prove(a));
        assertEq(need.equityWad, 18_400e18, "counted");
        assertEq(need.worthWad, 20_000e18, "worth");
        uint64 claim = take(KEEPER, keeper, a, cashFor(a));
        assertEq(equityOf(a), 22_000e18, "restored");
        int256 worth = worthOf(a);
        uint64 to = engine.divide(a, claim, legsOf(a));
        assertEq(house.coinBalance(a, 0) + house.coinBalance(to, 0), 2e18, "coins conserved");
        assertEq(worthOf(a) + worthOf(to), worth, "conserved");
        assertTrue(worthOf(to) < 4000e18, "3,600 and a bonus of some 2 %"); 
    }

    function test_SettlementOfASharedBookIsEverybodys() public {
        sink(18_000);
        begin(a);
        uint64 claim = take(KEEPER, keeper, a, cashFor(a));
        vm.warp(instruments.terms(call_).expiry + 1);
        submitPrices();
        setSettlement(BTC, uint64(instruments.terms(call_).expiry), 110_000e8);
        bytes32[] memory legs = new bytes32[](1);
        legs[0] = call_;
        house.settle(a, legs);
        int256 left = cashOf(a);
        uint64 to = engine.divide(a, claim, new bytes32[](0));
        assertEq(cashOf(a) + cashOf(to), left, "conserved");
        assertTrue(cashOf(to) > 0 && cashOf(a) > 0, "both");
    }
}
