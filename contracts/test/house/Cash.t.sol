// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {MarginLeaf} from "../../src/types/Attestation.sol";
import {InstrumentKind} from "../../src/types/Trading.sol";
import {HouseFixture} from "../support/HouseFixture.sol";
import {PlainToken} from "../support/Tokens.sol";

contract CashTest is HouseFixture {
    function withdraw(uint256 who, uint64 account, uint256 amount, T.LeafProof memory proof) internal {
        vm.prank(ownerAt(who));
        house.withdrawCash(account, amount, ownerAt(who), proof);
    }

    // ---- deposits ----

    function test_AnyoneTopsUpAndLeavesTheSequenceAlone() public {
        uint64 a = fund(1, 10);
        cash.mint(ownerAt(5), 3e6);
        vm.startPrank(ownerAt(5));
        cash.approve(address(house), 3e6);
        assertEq(house.depositCash(a, 3e6), 3e18, "credited");
        vm.stopPrank();
        assertEq(cashOf(a), 13e18, "cash");
        assertEq(sequenceOf(a), 0, "sequence");
    }

    function test_RevertIf_CapOfCashIsPassed() public {
        fund(1, 90);
        numbers.set(Keys.CASH_CAP_WAD, 100e18);
        uint64 b = fund(2, 10);
        cash.mint(address(this), 1);
        cash.approve(address(house), 1);
        vm.expectRevert(abi.encodeWithSelector(T.CapExceeded.selector, Keys.CASH_CAP_WAD, 100e18 + 1e12, 100e18));
        house.depositCash(b, 1);
    }

    function test_RevertIf_DepositsOfAnHourPassTheLimit() public {
        uint64 a = fund(1, 0);
        numbers.set(Keys.DEPOSIT_PER_HOUR_WAD, 100e18);
        deposit(1, a, 100e6);
        cash.mint(address(this), 100e6);
        cash.approve(address(house), 100e6);
        vm.expectRevert(abi.encodeWithSelector(T.CapExceeded.selector, Keys.DEPOSIT_PER_HOUR_WAD, 101e18, 100e18));
        house.depositCash(a, 1e6);
        vm.warp(block.timestamp + 36 minutes);
        house.depositCash(a, 60e6);
        vm.expectRevert(abi.encodeWithSelector(T.CapExceeded.selector, Keys.DEPOSIT_PER_HOUR_WAD, 100e18 + 1e12, 100e18));
        house.depositCash(a, 1);
    }

    function test_RevertIf_NothingIsDeposited() public {
        uint64 a = fund(1, 0);
        vm.expectRevert(T.ZeroValue.selector);
        house.depositCash(a, 0);
    }

    // ---- withdrawals without legs ----

    function test_CON05_AccountWithoutLegsWithdrawsInFullWhileBatchIsStale() public {
        uint64 a = fund(1, 10);
        vm.warp(block.timestamp + 30 days);
        assertTrue(registry.operatingState() == IAttestationRegistry.OperatingState.ReduceOnly, "stale");
        withdraw(1, a, 10e6, noProof());
        assertEq(cash.balanceOf(ownerAt(1)), 10e6, "all");
        assertEq(cashOf(a), 0, "none left");
    }

    function test_RevertIf_WithdrawalOverdraws() public {
        uint64 a = fund(1, 10);
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(T.InDebt.selector, a, -1e12));
        house.withdrawCash(a, 10e6 + 1, ownerAt(1), noProof());
    }

    function test_RevertIf_Halted() public {
        uint64 a = fund(1, 10);
        guardianSwitch.set(registry, IAttestationRegistry.OperatingState.Halt);
        vm.startPrank(ownerAt(1));
        bytes memory refusal = abi.encodeWithSelector(T.WrongOperatingState.selector, uint8(2));
        vm.expectRevert(refusal);
        house.withdrawCash(a, 1, ownerAt(1), noProof());
        vm.expectRevert(refusal);
        house.exit(a, ownerAt(1));
        vm.expectRevert(refusal);
        house.check(a, noProof());
        vm.stopPrank();
        deposit(1, a, 1e6); // a top-up always counts
    }

    function test_RevertIf_StrangerWithdraws() public {
        uint64 a = fund(1, 10);
        vm.prank(ownerAt(1));
        house.approveSigner(a, ownerAt(2), uint64(block.timestamp + 1 days));
        vm.prank(ownerAt(2)); // a signer of orders is no owner
        vm.expectRevert(abi.encodeWithSelector(T.NotAuthorised.selector, a, ownerAt(2)));
        house.withdrawCash(a, 1, ownerAt(2), noProof());
    }

    function test_RevertIf_WithdrawalsOfAnHourPassTheLimit() public {
        uint64 a = fund(1, 1000);
        vm.warp(block.timestamp + 1 hours);
        numbers.set(Keys.WITHDRAW_PER_HOUR_WAD, 100e18);
        withdraw(1, a, 100e6, noProof());
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(T.CapExceeded.selector, Keys.WITHDRAW_PER_HOUR_WAD, 100e18 + 1e12, 100e18));
        house.withdrawCash(a, 1, ownerAt(1), noProof());
        // What comes in makes room, so moving the same money to and fro locks nobody in.
        deposit(1, a, 40e6);
        withdraw(1, a, 40e6, noProof());
        vm.warp(block.timestamp + 30 minutes);
        withdraw(1, a, 50e6, noProof());
    }

    function test_RevertIf_WithdrawalGoesToTheHouseItself() public {
        uint64 a = fund(1, 10);
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(T.TokenMismatch.selector, address(cash), 9e6, 10e6));
        house.withdrawCash(a, 1e6, address(house), noProof());
    }

    // ---- withdrawals with legs ----

    function legged() internal returns (uint64 a, uint64 b, bytes32 call_) {
        (a, b) = (fund(1, 100_000), fund(2, 100_000));
        call_ = listOption(InstrumentKind.Call, BTC, 100_000, 30 days);
        tradeNow(1, a, 2, b, call_, 1e18, 5000e18);
    }

    function test_CON02_WithdrawalWithLegsLeavesInitialMargin() public {
        (, uint64 b,) = legged();
        // Cash 105,000; the short call is marked at -5,000; 60,000 initial: 40,000 may leave, and the stress (a loss of 15,000) agrees.
        T.LeafProof memory proof = submitLeaf(leafOf(b, 60_000e18, 50_000e18, -5000e18));
        vm.prank(ownerAt(2));
        vm.expectRevert(abi.encodeWithSelector(T.BelowInitial.selector, b, 60_000e18 - 1e12, 60_000e18));
        house.withdrawCash(b, 40_000e6 + 1, ownerAt(2), proof);
        withdraw(2, b, 40_000e6, proof);
        assertEq(cashOf(b), 65_000e18, "left");
        assertEq(sequenceOf(b), 1, "a withdrawal of cash leaves the sequence alone");
    }

    function test_CON02_RequirementGrowsWithAge() public {
        (, uint64 b,) = legged();
        MarginLeaf memory leaf = leafOf(b, 60_000e18, 50_000e18, -5000e18);
        leaf.decayWadPerSecond = 10e18;
        T.LeafProof memory proof = submitLeaf(leaf);
        vm.warp(block.timestamp + 100);
        vm.prank(ownerAt(2));
        vm.expectRevert(abi.encodeWithSelector(T.BelowInitial.selector, b, 61_000e18 - 1e18, 61_000e18));
        house.withdrawCash(b, 39_001e6, ownerAt(2), proof);
        withdraw(2, b, 39_000e6, proof);
    }

    function test_CON08_RevertIf_LeafIsTooOld() public {
        (uint64 a,,) = legged();
        T.LeafProof memory proof = submitLeaf(leafOf(a, 0, 0, 0));
        vm.warp(block.timestamp + 121);
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(T.WrongOperatingState.selector, uint8(1)));
        house.withdrawCash(a, 1, ownerAt(1), proof);
        vm.expectRevert(abi.encodeWithSelector(T.LeafExpired.selector, proof.header.validUntil, block.timestamp));
        house.check(a, proof);
    }

    function test_CON08_RevertIf_PausedWithLegs() public {
        (uint64 a,,) = legged();
        T.LeafProof memory proof = submitLeaf(leafOf(a, 0, 0, 0));
        guardianSwitch.set(registry, IAttestationRegistry.OperatingState.ReduceOnly);
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(T.WrongOperatingState.selector, uint8(1)));
        house.withdrawCash(a, 1, ownerAt(1), proof);
    }

    function test_ATT02_RevertIf_LeafIsOfAnotherAccountBookOrSequence() public {
        (uint64 a, uint64 b, bytes32 call_) = legged();
        T.LeafProof memory proof = submitLeaf(leafOf(b, 0, 0, 1e30));
        refuse(a, proof, abi.encodeWithSelector(T.WrongLeaf.selector, a, uint64(1), uint64(1), hashOf(b), hashOf(a)));

        MarginLeaf memory old = leafOf(a, 0, 0, 1e30);
        tradeNow(1, a, 2, b, call_, 1e18, 5000e18);
        proof = submitLeaf(old);
        refuse(a, proof, abi.encodeWithSelector(T.WrongLeaf.selector, a, uint64(1), uint64(2), old.positionsHash, hashOf(a)));

        depositCoins(1, a, 1e18);
        old = leafOf(a, 0, 0, 1e30);
        old.sequence -= 1;
        proof = submitLeaf(old);
        refuse(a, proof, abi.encodeWithSelector(T.WrongLeaf.selector, a, uint64(2), uint64(3), hashOf(a), hashOf(a)));
    }

    function refuse(uint64 account, T.LeafProof memory proof, bytes memory refusal) internal {
        vm.prank(ownerAt(1));
        vm.expectRevert(refusal);
        house.withdrawCash(account, 1, ownerAt(1), proof);
    }

    function test_ATT07_RevertIf_LeafIsNotInTheBatch() public {
        (uint64 a,,) = legged();
        T.LeafProof memory proof = submitLeaf(leafOf(a, 60_000e18, 0, 0));
        proof.leaf.initialWad = 0;
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(IAttestationRegistry.LeafNotInBatch.selector, a, 0));
        house.withdrawCash(a, 1, ownerAt(1), proof);
    }

    function test_ATT09_RevertIf_AbsurdLeafMeetsTheIntrinsicStress() public {
        (uint64 a, uint64 b,) = legged();
        // A quorum that says the short call is worth a fortune: the house still keeps what a rise of 15 % costs, less 5 % of 100,000 for time value.
        T.LeafProof memory proof = submitLeaf(leafOf(b, 0, 0, 1e30));
        vm.prank(ownerAt(2));
        vm.expectRevert(abi.encodeWithSelector(T.BelowIntrinsicStress.selector, b, -1e12));
        house.withdrawCash(b, 105_000e6 - stressLossOfCall() + 1, ownerAt(2), proof);
        withdraw(2, b, 105_000e6 - stressLossOfCall(), proof);
        // The long side has nothing but the option: not one unit of overdraft at the price itself.
        proof = submitLeaf(leafOf(a, 0, 0, 1e30));
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(T.BelowIntrinsicStress.selector, a, -1e18));
        house.withdrawCash(a, 95_001e6, ownerAt(1), proof);
    }

    /// @dev The payoff is kept at 110,000 (10,000) and 150,000 (50,000): on the line between them it is 15,000 at 115,000; less the allowance of 5,000. [token units]
    function stressLossOfCall() internal pure returns (uint256) {
        return 10_000e6;
    }

    // ---- round trips ----

    function testFuzz_CON04_RoundTripNeverGains(uint8 decimals, uint256 amount, uint256 back) public {
        decimals = uint8(bound(decimals, 0, 30));
        cash = new PlainToken(decimals);
        deployHouse(address(cash));
        amount = bound(amount, 1, 1e6 * 10 ** uint256(decimals));
        uint64 a = fund(1, 0);
        cash.mint(ownerAt(1), amount);
        vm.startPrank(ownerAt(1));
        cash.approve(address(house), amount);
        // Less than a wad of a token with more than 18 decimals is no deposit.
        if (decimals > 18 && amount < 10 ** uint256(decimals - 18)) vm.expectRevert(T.ZeroValue.selector);
        house.depositCash(a, amount);
        if (cashOf(a) != 0) {
            back = bound(back, 1, amount);
            if (decimals <= 18 || back <= uint256(cashOf(a)) * 10 ** uint256(decimals - 18)) house.withdrawCash(a, back, ownerAt(1), noProof());
            if (cashOf(a) != 0) house.exit(a, ownerAt(1));
        }
        vm.stopPrank();
        assertAtMost(cash.balanceOf(ownerAt(1)), amount, "gained");
        if (decimals <= 18) assertEq(cash.balanceOf(ownerAt(1)), amount, "whole units come back whole");
        assertTrue(cashOf(a) >= 0, "no debt");
    }
}
