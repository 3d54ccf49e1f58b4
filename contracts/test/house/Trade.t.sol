// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {AccountClearance, Clearance, QuorumProof} from "../../src/types/Attestation.sol";
import {InstrumentKind, Match} from "../../src/types/Trading.sol";
import {HouseFixture} from "../support/HouseFixture.sol";

contract TradeTest is HouseFixture {
    uint64 internal a;
    uint64 internal b;
    bytes32 internal call_;

    function setUp() public override {
        super.setUp();
        (a, b) = (fund(1, 100_000), fund(2, 100_000));
        call_ = listOption(InstrumentKind.Call, BTC, 100_000, 30 days);
    }

    function plain() internal returns (Match memory) {
        return matchOf(1, a, 2, b, call_, 1e18, 5000e18);
    }

    function refuse(Match memory m, Clearance memory c, bytes memory refusal) internal {
        QuorumProof memory proof = signClearance(c);
        vm.expectRevert(refusal);
        house.trade(one(m), c, proof);
    }

    function test_CON01_TradeMovesLegsAndCash() public {
        Match memory m = plain();
        Clearance memory c = clearMatch(m, false);
        execute(m, c);
        assertEq(quantityOf(a, call_), 1e18, "long");
        assertEq(quantityOf(b, call_), -1e18, "short");
        assertEq(cashOf(a), 95_000e18, "paid");
        assertEq(cashOf(b), 105_000e18, "received");
        assertEq(hashOf(a), c.accounts[0].positionsHashAfter, "chain of changes");
        assertEq(sequenceOf(a), 1, "sequence");
    }

    function test_CON02_RevertIf_EitherSideIsBelowInitialAfterwards() public {
        for (uint256 side = 0; side < 2; ++side) {
            Match memory m = plain();
            Clearance memory c = clearMatch(m, false);
            uint256 equityWad = side == 0 ? 95_000e18 + 5000e18 : 105_000e18 - 5000e18;
            c.accounts[side].markValueWad = side == 0 ? int128(5000e18) : int128(-5000e18);
            c.accounts[side].initialWad = uint128(equityWad + 1);
            refuse(m, c, abi.encodeWithSelector(T.BelowInitial.selector, side == 0 ? a : b, equityWad, equityWad + 1));
            c.accounts[side].initialWad = uint128(equityWad);
            execute(m, c);
            setUpAgain();
        }
    }

    function setUpAgain() internal {
        (a, b) = (fund(1, 100_000), fund(2, 100_000));
    }

    function test_ATT02_RevertIf_ClearanceIsOfAnotherMoment() public {
        Match memory m = plain();
        Clearance memory c = clearMatch(m, false);
        c.accounts[0].sequence += 1;
        refuse(m, c, abi.encodeWithSelector(T.WrongLeaf.selector, a, uint64(1), uint64(0), bytes32(0), bytes32(0)));
        c = clearMatch(m, false);
        c.accounts[0].positionsHashBefore = keccak256("other");
        refuse(m, c, abi.encodeWithSelector(T.PositionsMismatch.selector, a, keccak256("other"), bytes32(0)));
        c = clearMatch(m, false);
        bytes32 actual = c.accounts[1].positionsHashAfter;
        c.accounts[1].positionsHashAfter = keccak256("other");
        refuse(m, c, abi.encodeWithSelector(T.PositionsMismatch.selector, b, keccak256("other"), actual));
    }

    function test_ATT03_RevertIf_ClearanceIsOfAnotherTrade() public {
        Match memory m = plain();
        Clearance memory c = clearMatch(m, false);
        bytes32 cleared = c.actionHash;
        m = plain(); // other nonces
        refuse(m, c, abi.encodeWithSelector(T.WrongAction.selector, cleared, actionOf(one(m))));
    }

    function test_CON09_RevertIf_ClearanceIsUsedTwice() public {
        Match memory m = plain();
        Clearance memory c = clearMatch(m, false);
        QuorumProof memory proof = signClearance(c);
        house.trade(one(m), c, proof);
        vm.expectRevert(abi.encodeWithSelector(T.WrongLeaf.selector, a, uint64(0), uint64(1), bytes32(0), hashOf(a)));
        house.trade(one(m), c, proof);
    }

    function test_RevertIf_AccountIsNotCleared() public {
        Match memory m = plain();
        Clearance memory c = clearMatch(m, false);
        AccountClearance[] memory one_ = new AccountClearance[](1);
        one_[0] = c.accounts[0];
        c.accounts = one_;
        refuse(m, c, abi.encodeWithSelector(T.NotInClearance.selector, b));
    }

    function test_RevertIf_QuorumDidNotSignThisClearance() public {
        Match memory m = plain();
        Clearance memory c = clearMatch(m, false);
        QuorumProof memory proof = signClearance(c);
        c.accounts[0].initialWad += 1;
        vm.expectPartialRevert(IAttestationRegistry.WrongSigner.selector);
        house.trade(one(m), c, proof);
    }

    /// @dev The registry must read just the bytes that the house reads: heads that point into themselves are refused.
    function test_RevertIf_CallDataOverlapsItsHeads() public {
        Match memory m = plain();
        Clearance memory c = clearMatch(m, false);
        bytes memory data = abi.encodeCall(house.trade, (one(m), c, signClearance(c)));
        (bool done,) = address(house).call(data);
        assertTrue(done, "as encoded");
        for (uint256 head = 1; head < 3; ++head) {
            for (uint256 offset = 0; offset < 0x60; offset += 0x20) {
                bytes memory changed = bytes.concat(data);
                assembly {
                    mstore(add(add(changed, 0x24), mul(head, 0x20)), offset)
                }
                (done,) = address(house).call(changed);
                assertTrue(!done, "overlapping heads");
            }
        }
    }

    function test_CON08_OnlyReductionsWhilePaused() public {
        tradeNow(1, a, 2, b, call_, 2e18, 5000e18);
        guardianSwitch.set(registry, IAttestationRegistry.OperatingState.ReduceOnly);
        Match memory m = plain();
        refuse(m, clearMatch(m, false), abi.encodeWithSelector(T.WrongOperatingState.selector, uint8(1)));
        m = matchOf(2, b, 1, a, call_, 1e18, 5000e18);
        execute(m, clearMatch(m, true));
        assertEq(quantityOf(a, call_), 1e18, "reduced");
        guardianSwitch.set(registry, IAttestationRegistry.OperatingState.Halt);
        m = matchOf(2, b, 1, a, call_, 1e18, 5000e18);
        refuse(m, clearMatch(m, true), abi.encodeWithSelector(T.WrongOperatingState.selector, uint8(2)));
    }

    // ---- what even a full quorum cannot clear ----

    function test_ATT09_RevertIf_AbsurdPriceBetweenOwnAccounts() public {
        // 100,001 for a call, cleared by the whole quorum: the buyer would owe the house what the seller takes out. (A long call counts nothing at the node above its strike.)
        Match memory m = matchOf(1, a, 2, b, call_, 1e18, 100_001e18);
        refuse(m, clearMatch(m, false), abi.encodeWithSelector(T.BelowIntrinsicStress.selector, a, -1e18));
        // Said to reduce risk, it is refused all the same: it makes the worst case worse.
        refuse(m, clearMatch(m, true), abi.encodeWithSelector(T.BelowIntrinsicStress.selector, a, -1e18));
    }

    /// @dev With an allowance that grew with the gross quantity alone, buying ever more worthless options at ever higher cost would always pass.
    function test_ATT09_RevertIf_AllowanceOfManyOptionsWouldPayForThem() public {
        bytes32 far = listOption(InstrumentKind.Call, BTC, 390_000, 30 days);
        Match memory m = matchOf(1, a, 2, b, far, 1_000_000e18, 4000e18);
        refuse(m, clearMatch(m, false), abi.encodeWithSelector(T.BelowIntrinsicStress.selector, a, 100_000e18 - 4e9 * 1e18));
    }

    function test_ATT09_RevertIf_NakedCallIsTooLarge() public {
        // At 115,000 the ladder says 15,000 for each call, the allowance gives 5,000 back, the premium brings 5,000.
        Match memory m = matchOf(1, a, 2, b, call_, 20e18, 5000e18);
        execute(m, clearMatch(m, false));
        m = matchOf(3, fund(3, 100_000), 2, b, call_, 1e18, 4999e18);
        refuse(m, clearMatch(m, false), abi.encodeWithSelector(T.BelowIntrinsicStress.selector, b, -5001e18));
    }

    function test_ReducingMayLeaveAStressedAccountNoWorse() public {
        tradeNow(1, a, 2, b, call_, 20e18, 5000e18);
        pricesE8[0] = 109_000e8; // the short side is far below its stress now
        submitPrices();
        assertTrue(house.stressedWad(b) < 0, "stressed");
        Match memory m = matchOf(2, b, 1, a, call_, 1e18, 11_000e18);
        execute(m, clearMatch(m, true));
        m = matchOf(2, b, 1, a, call_, 1e18, 40_000e18); // at a price that costs more than the risk it ends
        Clearance memory c = clearMatch(m, true);
        QuorumProof memory proof = signClearance(c);
        vm.expectPartialRevert(T.BelowIntrinsicStress.selector);
        house.trade(one(m), c, proof);
    }

    // ---- several matches and accounts ----

    function test_SeveralMatchesClearTogether() public {
        uint64 third = fund(3, 100_000);
        Match[] memory matches = new Match[](2);
        matches[0] = matchOf(1, a, 2, b, call_, 1e18, 5000e18);
        matches[1] = matchOf(3, third, 1, a, call_, 1e18, 5010e18); // a passes it on
        AccountClearance[] memory accounts = new AccountClearance[](3);
        accounts[0] = clearedLeg(a, call_, 1e18, 0, 0);
        accounts[0].positionsHashAfter = link(accounts[0].positionsHashAfter, call_, 1e18, 0);
        accounts[1] = clearedLeg(b, call_, -1e18, 0, 0);
        accounts[2] = clearedLeg(third, call_, 1e18, 0, 0);
        Clearance memory c = clearanceOf(actionOf(matches), accounts);
        house.trade(matches, c, signClearance(c));
        assertEq(cashOf(a), 100_010e18, "a earned the difference");
        (,, uint16 legs,,,) = house.summary(a);
        assertEq(legs, 0, "a holds nothing");
        assertEq(quantityOf(third, call_), 1e18, "the third does");
    }

    function test_LegFlipsItsSign() public {
        tradeNow(1, a, 2, b, call_, 1e18, 5000e18);
        tradeNow(2, b, 1, a, call_, 3e18, 5000e18);
        assertEq(quantityOf(a, call_), -2e18, "flipped");
        (,, uint16 legs,,,) = house.summary(a);
        assertEq(legs, 1, "one leg");
    }

    function test_CON10_RevertIf_BookHasMoreThan127Legs() public {
        for (uint256 i = 0; i < 127; ++i) {
            tradeNow(1, a, 2, b, listOption(InstrumentKind.Call, BTC, 100_001 + i, 30 days), 1e14, 0);
        }
        Match memory m = matchOf(1, a, 2, b, call_, 1e14, 0);
        refuse(m, clearMatch(m, false), abi.encodeWithSelector(T.TooManyLegs.selector, 128, 127));
    }

    // ---- fees and rounding ----

    function test_CON06_FeesAreTakenFromBothSidesAndCollected() public {
        numbers.set(Keys.TRADE_FEE_WAD, 0.0003e18);
        tradeNow(1, a, 2, b, call_, 1e18, 5000e18);
        assertEq(cashOf(a), 95_000e18 - 30e18, "3 basis points of 100,000");
        assertEq(cashOf(b), 105_000e18 - 30e18, "each side");
        assertEq(house.feesWad(), 60e18, "kept apart");
        uint64 treasury = fund(4, 0);
        vm.prank(GOVERNANCE);
        house.collectFees(treasury);
        assertEq(cashOf(treasury), 60e18, "collected");
        assertEq(house.feesWad(), 0, "once");
        vm.prank(GOVERNANCE);
        vm.expectRevert(T.ZeroValue.selector);
        house.collectFees(treasury);
    }

    function testFuzz_CON04_TradeRoundsAgainstBoth(uint256 quantityWad, uint256 priceWad, uint256 feeWad) public {
        numbers.set(Keys.TRADE_FEE_WAD, int128(int256(bound(feeWad, 0, 0.002e18))));
        quantityWad = bound(quantityWad, 1, 3e18);
        priceWad = bound(priceWad, 0, 10_000e18);
        uint256 fee = house.feesWad();
        tradeNow(1, a, 2, b, call_, quantityWad, priceWad);
        fee = house.feesWad() - fee;
        uint256 paid = uint256(100_000e18 - cashOf(a)) - fee / 2;
        uint256 got = uint256(cashOf(b) + int256(fee / 2) - 100_000e18);
        assertTrue(paid * 1e18 >= quantityWad * priceWad && (paid == 0 || (paid - 1) * 1e18 < quantityWad * priceWad), "buyer pays the price, rounded up");
        assertTrue(got * 1e18 <= quantityWad * priceWad && (got + 1) * 1e18 > quantityWad * priceWad, "seller gets it, rounded down");
        assertTrue(paid - got <= 1, "the house keeps the crumb");
    }

    function test_CON04_DustLoopsGainNothing() public {
        int256 before = cashOf(a) + cashOf(b);
        for (uint256 i = 0; i < 20; ++i) {
            tradeNow(1, a, 2, b, call_, 1, 5000e18 + i);
            tradeNow(2, b, 1, a, call_, 1, 4999e18 + i);
        }
        assertTrue(cashOf(a) + cashOf(b) <= before, "no gain");
        assertTrue(cashOf(a) + cashOf(b) >= before - 40, "one wad each at most");
    }
}
