// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {IMarginProofs as M, IProvenMargins as P} from "../../src/interfaces/IMarginProofs.sol";
import {IProofConsumer as C} from "../../src/interfaces/IProofConsumer.sol";
import {MerkleTree} from "../../src/libraries/MerkleTree.sol";
import {Orders} from "../../src/libraries/Orders.sol";
import {AccountClearance, BatchHeader, Clearance, MarginLeaf, QuorumProof} from "../../src/types/Attestation.sol";
import {Deleveraging, Leg, LiquidationPhase, MarginState, Match} from "../../src/types/Trading.sol";
import {ProofFixture} from "../support/ProofFixture.sol";

/// @notice A quorum's word does not move an account that asked for proofs, unless it is at or above a proven margin of the same positions. A look takes the greater of leaf and proof. Looks and liquidations are not held up by the lack of a proof.
contract ProvenTest is ProofFixture {
    uint64 private constant MARGIN = 5000e6; // [1e-6 USD]
    uint256 private constant MARGIN_WAD = 5000e18;

    uint64 private a;
    uint64 private b;
    bytes32 private perpetual;

    function setUp() public override {
        super.setUp();
        (a, b) = (fund(1, 100_000), fund(2, 100_000));
        perpetual = listPerpetual(BTC);
        tradeNow(1, a, 2, b, perpetual, 1e17, 100_000e18);
        vm.prank(ownerAt(1));
        proofs.askForProofs(a);
    }

    function leaf(uint256 maintenanceWad) private view returns (MarginLeaf memory) {
        return leafOf(a, maintenanceWad * 2, maintenanceWad, 10_000e18);
    }

    // ---- withdrawals ----

    function test_AWithdrawalNeedsALeafAtOrAboveTheProvenMargin() public {
        T.LeafProof memory proof = submitLeaf(leaf(MARGIN_WAD));
        prove(proof.header, a, MARGIN);
        withdraw(1, a, 1e6, proof);
        // One wad less.
        proof = submitLeaf(leaf(MARGIN_WAD - 1));
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(P.BelowProven.selector, a, MARGIN_WAD - 1, MARGIN_WAD));
        house.withdrawCash(a, 1e6, ownerAt(1), proof);
        // Above it, a leaf counts as it is: its initial margin is not the proof's.
        proof = submitLeaf(leaf(60_000e18));
        vm.prank(ownerAt(1));
        vm.expectPartialRevert(T.BelowInitial.selector);
        house.withdrawCash(a, 1e6, ownerAt(1), proof);
    }

    function test_RevertIf_NothingIsProven() public {
        T.LeafProof memory proof = submitLeaf(leaf(MARGIN_WAD));
        bytes32 positionsHash = hashOf(a);
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(P.NotProven.selector, a, positionsHash, bytes32(0)));
        house.withdrawCash(a, 1e6, ownerAt(1), proof);
    }

    function test_RevertIf_OtherPositionsAreProven() public {
        prove(nextBatch(), a, MARGIN);
        bytes32 proven = hashOf(a);
        Match memory m = matchOf(1, a, 2, b, perpetual, 1e16, 100_000e18);
        execute(m, clearMatch(m, true));
        T.LeafProof memory proof = submitLeaf(leaf(MARGIN_WAD));
        bytes32 positionsHash = hashOf(a);
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(P.NotProven.selector, a, positionsHash, proven));
        house.withdrawCash(a, 1e6, ownerAt(1), proof);
    }

    function test_RevertIf_TheProofIsTooOld() public {
        BatchHeader memory proven = nextBatch();
        prove(proven, a, MARGIN);
        uint256 last = proven.observedAt + 1 hours;
        vm.warp(last - 1);
        T.LeafProof memory proof = submitLeaf(leaf(MARGIN_WAD)); // a second later
        withdraw(1, a, 1e6, proof);
        vm.warp(last + 1);
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(P.ProofTooOld.selector, a, proven.observedAt, last + 1));
        house.withdrawCash(a, 1e6, ownerAt(1), proof);
    }

    function test_RevertIf_TheBatchOfTheProofDoesNotStandAnyMore() public {
        BatchHeader memory proven = nextBatch();
        prove(proven, a, MARGIN);
        T.LeafProof memory proof = submitLeaf(leaf(MARGIN_WAD));
        freeze(proven.sequence); // an earlier batch: the current one is not frozen
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(C.BatchDoesNotStand.selector, proven.sequence));
        house.withdrawCash(a, 1e6, ownerAt(1), proof);
    }

    function test_WithoutLegsNothingIsAsked() public {
        uint64 empty = fund(1, 10);
        vm.prank(ownerAt(1));
        proofs.askForProofs(empty);
        withdraw(1, empty, 1e6, noProof());
    }

    function test_AccountsThatDidNotAskAreAsBefore() public {
        MarginLeaf memory ofB = leafOf(b, 2000e18, 1000e18, -10_000e18);
        withdraw(2, b, 1e6, submitLeaf(ofB));
    }

    // ---- looks ----

    function test_ALookNeedsNoProof() public {
        // Far below its requirement, and nobody has proven anything: it must not escape.
        T.LeafProof memory proof = submitLeaf(leaf(200_000e18));
        assertTrue(house.check(a, proof) == MarginState.Liquidatable, "liquidatable");
    }

    function test_ALookSeesAtLeastWhatIsProvenInItsOwnBatch() public {
        // Worth 100,000: 90,000 of cash and 10,000 of contracts. The leaf says that next to nothing is needed, the proof says more than that.
        T.LeafProof memory proof = submitLeaf(leafOf(a, 2, 1, 10_000e18));
        prove(proof.header, a, 100_000e6 + 1);
        T.Assessment memory found = house.assess(a, proof);
        assertTrue(found.state == MarginState.Liquidatable, "liquidatable");
        assertEq(found.maintenanceWad, 100_000e18 + 1e12, "maintenance");
        assertEq(found.initialWad, 100_000e18 + 1e12, "initial, never below it");
        assertTrue(house.check(a, proof) == MarginState.Liquidatable, "by check too");
        // In the next batch the requirement may have fallen: nobody is liquidated by an old proof.
        proof = submitLeaf(leafOf(a, 2, 1, 10_000e18));
        found = house.assess(a, proof);
        assertEq(found.maintenanceWad, 1, "as signed");
        assertTrue(house.check(a, proof) == MarginState.Healthy, "healthy");
    }

    function test_ALookSeesMoreThanIsProvenWhereMoreIsSigned() public {
        T.LeafProof memory proof = submitLeaf(leafOf(a, 300_000e18, 200_000e18, 10_000e18));
        prove(proof.header, a, MARGIN);
        T.Assessment memory found = house.assess(a, proof);
        assertEq(found.maintenanceWad, 200_000e18, "maintenance");
        assertEq(found.initialWad, 300_000e18, "initial");
    }

    function test_AProofIsNoFloorForWhoDidNotAsk() public {
        T.LeafProof memory proof = submitLeaf(leafOf(b, 2, 1, -10_000e18));
        prove(proof.header, b, 200_000e6);
        assertTrue(house.check(b, proof) == MarginState.Healthy, "healthy");
    }

    function test_AProofOfOtherPositionsIsNoFloor() public {
        // The account has changed since the book block of the batch in which its margin is proven.
        BatchHeader memory header = nextHeader();
        MarginLeaf memory after_ = leafOf(a, 2, 1, 9000e18);
        after_.positionsHash = link(hashOf(a), perpetual, 1e17, 9e16);
        ++after_.sequence;
        bytes32[] memory path;
        (header.accountsRoot, path) = oneLeafTree(MerkleTree.leafHash(hashes.hash(after_)), MerkleTree.ACCOUNT_DEPTH);
        header.accountCount = 1;
        submit(header, pricesE8);
        prove(header, a, 200_000e6);
        Match memory m = matchOf(2, b, 1, a, perpetual, 1e16, 100_000e18);
        execute(m, clearMatch(m, true));
        assertTrue(house.check(a, T.LeafProof(header, after_, 0, path)) == MarginState.Healthy, "healthy");
    }

    // ---- trades ----

    function clearedTrade(uint256 maintenanceWad, bool reducesRisk) private returns (Match memory m, Clearance memory c) {
        m = matchOf(1, a, 2, b, perpetual, 1e16, 100_000e18);
        c = clearMatch(m, reducesRisk);
        c.accounts[0].maintenanceWad = uint128(maintenanceWad); // a is the lower account
    }

    function test_ATradeNeedsAProofOfTheBookBeforeIt() public {
        (Match memory m, Clearance memory c) = clearedTrade(MARGIN_WAD, false);
        QuorumProof memory signatures = signClearance(c);
        bytes32 positionsHash = hashOf(a);
        vm.expectRevert(abi.encodeWithSelector(P.NotProven.selector, a, positionsHash, bytes32(0)));
        house.trade(one(m), c, signatures);

        prove(nextBatch(), a, MARGIN);
        (m, c) = clearedTrade(MARGIN_WAD - 1, false);
        signatures = signClearance(c);
        vm.expectRevert(abi.encodeWithSelector(P.BelowProven.selector, a, MARGIN_WAD - 1, MARGIN_WAD));
        house.trade(one(m), c, signatures);

        (m, c) = clearedTrade(MARGIN_WAD, false);
        execute(m, c);
        // The book after it is not proven yet.
        (m, c) = clearedTrade(MARGIN_WAD, false);
        signatures = signClearance(c);
        vm.expectPartialRevert(P.NotProven.selector);
        house.trade(one(m), c, signatures);
    }

    function test_AReductionNeedsNoProof() public {
        (Match memory m, Clearance memory c) = clearedTrade(0, true);
        execute(m, c);
    }

    function test_TheFirstTradeOfAnAccountNeedsNoProof() public {
        uint64 fresh = fund(1, 100_000);
        vm.prank(ownerAt(1));
        proofs.askForProofs(fresh);
        tradeNow(1, fresh, 2, b, perpetual, 1e16, 100_000e18);
    }

    function test_AnAccountWhoseLegsAreGoneTradesAgain() public {
        // Its positions hash is not 0, but there is nothing to prove.
        Match memory m = matchOf(2, b, 1, a, perpetual, 1e17, 100_000e18);
        execute(m, clearMatch(m, true));
        tradeNow(1, a, 2, b, perpetual, 1e16, 100_000e18);
    }

    function test_AnotherSideThatAskedIsAskedToo() public {
        uint64 c = fund(3, 100_000);
        vm.prank(ownerAt(2));
        proofs.askForProofs(b);
        Match memory m = matchOf(3, c, 2, b, perpetual, 1e16, 100_000e18);
        Clearance memory cleared = clearMatch(m, false);
        QuorumProof memory signatures = signClearance(cleared);
        vm.expectPartialRevert(P.NotProven.selector);
        house.trade(one(m), cleared, signatures);
    }

    // ---- coins ----

    function withdrawsCoins(uint256 maintenanceWad, bool reducesRisk, bytes memory reason) private {
        AccountClearance[] memory accounts = new AccountClearance[](1);
        accounts[0] = AccountClearance(a, sequenceOf(a), hashOf(a), hashOf(a), uint128(2 * maintenanceWad), uint128(maintenanceWad), 10_000e18, reducesRisk);
        Clearance memory c = clearanceOf(Orders.hashCoinWithdrawal(a, 0, 1e18, ownerAt(1)), accounts);
        QuorumProof memory signatures = signClearance(c);
        vm.prank(ownerAt(1));
        if (reason.length != 0) vm.expectRevert(reason);
        house.withdrawCoin(a, 0, 1e18, ownerAt(1), c, signatures);
    }

    function test_ACoinLeavesAtOrAboveTheProvenMarginOnly() public {
        depositCoins(1, a, 5e18);
        nextBatch();
        bytes memory reason = abi.encodeWithSelector(P.NotProven.selector, a, hashOf(a), bytes32(0));
        withdrawsCoins(MARGIN_WAD, false, reason);
        // Its positions stay: no word of a reduction helps.
        withdrawsCoins(MARGIN_WAD, true, reason);
        prove(nextBatch(), a, MARGIN);
        withdrawsCoins(MARGIN_WAD - 1, false, abi.encodeWithSelector(P.BelowProven.selector, a, MARGIN_WAD - 1, MARGIN_WAD));
        withdrawsCoins(MARGIN_WAD, false, "");
    }

    // ---- liquidations ----

    function test_AClearanceToLiquidateNeedsNoProof() public {
        AccountClearance[] memory accounts = new AccountClearance[](2);
        accounts[0] = clearedLeg(a, perpetual, -1e16, 1, 0);
        accounts[1] = clearedLeg(b, perpetual, 1e16, 1, 0);
        Clearance memory c = clearanceOf(keccak256("plan"), accounts);
        QuorumProof memory signatures = signClearance(c);
        registry.requireClearanceToLiquidate(c, signatures);
        vm.expectPartialRevert(P.NotProven.selector);
        registry.requireClearance(c, signatures);
    }

    /// @notice Plays the engine: takes over an account that a look finds liquidatable.
    function begin() private {
        vm.prank(GOVERNANCE);
        house.setLiquidationEngine(address(this));
        T.LeafProof memory proof = submitLeaf(leaf(200_000e18));
        assertTrue(house.check(a, proof) == MarginState.Liquidatable, "liquidatable");
        hooks.setPhase(a, LiquidationPhase.Auction);
        // Both sides want proofs, and none is there.
        vm.prank(ownerAt(2));
        proofs.askForProofs(b);
    }

    function oneLeg() private view returns (Leg[] memory legs) {
        legs = new Leg[](1);
        legs[0] = Leg(perpetual, 1e16);
    }

    function clearLeg(uint64 to, bytes32 action) private view returns (Clearance memory c) {
        AccountClearance[] memory accounts = new AccountClearance[](2);
        accounts[0] = clearedLeg(a, perpetual, -1e16, 1, 9000e18);
        accounts[1] = clearedLeg(to, perpetual, 1e16, 1, 0);
        return clearanceOf(action, accounts);
    }

    function test_APlanOfALiquidationNeedsNoProof() public {
        uint64 keeper = fund(3, 100_000);
        vm.startPrank(ownerAt(3));
        house.approveSigner(keeper, address(this), uint64(block.timestamp + 1 days));
        proofs.askForProofs(keeper);
        vm.stopPrank();
        begin();
        Leg[] memory legs = oneLeg();
        Clearance memory c = clearLeg(keeper, hashes.hashLiquidation(a, keeper, legs));
        hooks.movePlan(a, keeper, legs, 1000e18, c, signClearance(c));
        assertEq(quantityOf(keeper, perpetual), 1e16, "moved");
    }

    function test_ADeleveragingNeedsNoProof() public {
        begin();
        Deleveraging memory action = Deleveraging(a, b, oneLeg(), 1000e18, 1000e18, 10_000e18);
        Clearance memory c = clearLeg(b, hashes.hash(action));
        c.accounts[1].markValueWad = -9000e18;
        hooks.moveOpposite(action, 100_000e18, c, signClearance(c));
        assertEq(quantityOf(b, perpetual), -9e16, "closed");
    }

    function test_WhoTakesAnAccountOverIsNotBoundByTheOwnerBefore() public {
        begin();
        hooks.handOver(a, ownerAt(5));
        assertTrue(registry.isProven(a), "still");
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(C.NotAuthorised.selector, ownerAt(1)));
        proofs.announceLeave(a);
        vm.prank(ownerAt(5));
        proofs.announceLeave(a);
        proofs.leave(a); // in the same second
        assertTrue(!registry.isProven(a), "left");
        // What he asks for himself binds him.
        vm.prank(ownerAt(5));
        proofs.askForProofs(a);
        vm.prank(ownerAt(5));
        proofs.announceLeave(a);
        vm.expectPartialRevert(M.TooEarly.selector);
        proofs.leave(a);
    }
}
