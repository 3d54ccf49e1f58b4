// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {ILiquidationEngine as E} from "../../src/interfaces/ILiquidationEngine.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {LiquidationFixture} from "../support/LiquidationFixture.sol";

/// @notice Whole accounts that change hands: worth nothing any more, or too small to divide.
contract TakeOverTest is LiquidationFixture {
    function takeOver(uint256 who, uint64 payer, uint256 cashWad) internal {
        T.LeafProof memory proof = prove(a);
        vm.prank(ownerAt(who));
        engine.takeOver(a, payer, cashWad, proof);
    }

    function refuseTakeOver(uint256 cashWad, bytes memory refusal) internal {
        T.LeafProof memory proof = prove(a);
        vm.prank(ownerAt(KEEPER));
        vm.expectRevert(refusal);
        engine.takeOver(a, keeper, cashWad, proof);
    }

    /// @dev Worth -2,000: insurance pays that debt at first and up to 20,000 of requirement more after 15 minutes; the keeper brings the rest of 26,000.
    function test_LIQ09_InsurancePaysForAnAccountThatIsWorthNothing() public {
        sink(-2000);
        begin(a);
        uint256 markedAt = block.timestamp;
        refuseTakeOver(25_000e18, abi.encodeWithSelector(T.BelowInitial.selector, a, int256(-2000e18 + 2000e18 + 22_222222222222222222 + 25_000e18), 26_000e18));
        vm.warp(markedAt + 449);
        takeOver(KEEPER, keeper, 16_000e18); // 10,000 from insurance by now
        assertEq(house.ownerOf(a), ownerAt(KEEPER), "the keeper's");
        assertEq(cashOf(insurance), 50_000e18 - 2000e18 - 10_000e18, "insurance paid");
        assertEq(equityOf(a), 26_000e18, "at initial margin");
        assertTrue(!house.isUnderLiquidation(a), "released");
        T.LeafProof memory proof = prove(a);
        vm.expectRevert(abi.encodeWithSelector(E.NotRunning.selector, a));
        engine.need(a, proof);
    }

    function test_LIQ09_InsurancePaysNoMoreThanItHasNorThanItsHour() public {
        numbers.set(Keys.INSURANCE_PER_HOUR_WAD, 1000e18);
        sink(-2000);
        begin(a);
        refuseTakeOver(26_000e18, abi.encodeWithSelector(E.CapPassed.selector, Keys.INSURANCE_PER_HOUR_WAD, 2_022_222223e12, 1000e18));
        numbers.set(Keys.INSURANCE_PER_HOUR_WAD, 250_000e18);
        sink(-60_000);
        takeOver(KEEPER, keeper, 36_000e18); // insurance has 50,000 for a debt of 60,000
        assertEq(cashOf(insurance), 0, "all it has");
        assertEq(equityOf(a), 26_000e18, "the keeper covers the rest");
    }

    /// @dev It must have been seen to be worth nothing, so that the payment rises from there and not from the auction's start.
    function test_RevertIf_InsolvencyWasNotMarked() public {
        sink(18_000);
        begin(a);
        vm.warp(block.timestamp + 10_000);
        sink(-2000);
        refuseTakeOver(26_000e18, abi.encodeWithSelector(E.Unmarked.selector, a));
        engine.end(a, prove(a));
        uint256 markedAt = block.timestamp;
        vm.warp(markedAt + 89);
        takeOver(KEEPER, keeper, 24_000e18);
        assertEq(cashOf(insurance), 50_000e18 - 4000e18, "2,000 and a tenth of 20,000");
    }

    /// @dev Worth something in between: the payment rises from the second mark.
    function test_LIQ09_AMarkIsForgottenWhenTheAccountIsWorthSomething() public {
        sink(-2000);
        begin(a);
        vm.warp(block.timestamp + 5000);
        sink(500);
        engine.end(a, prove(a));
        sink(-2000);
        refuseTakeOver(26_000e18, abi.encodeWithSelector(E.Unmarked.selector, a));
        engine.end(a, prove(a));
        vm.warp(block.timestamp + 89);
        takeOver(KEEPER, keeper, 24_000e18);
        assertEq(cashOf(insurance), 50_000e18 - 4000e18, "2,000 and a tenth of 20,000");
    }

    function test_RevertIf_AccountIsWorthSomething() public {
        sink(18_000);
        begin(a);
        refuseTakeOver(26_000e18, abi.encodeWithSelector(E.Solvent.selector, a, int256(18_000e18)));
        sink(1);
        refuseTakeOver(26_000e18, abi.encodeWithSelector(E.Solvent.selector, a, int256(1e18)));
    }

    function test_ClaimsOnAnAccountThatIsTakenOverAreVoid() public {
        sink(18_000);
        begin(a);
        uint64 claim = take(KEEPER, keeper, a, cashFor(a));
        sink(-2000 - 4000);
        begin(a);
        takeOver(RIVAL, rival, 30_000e18);
        assertEq(house.ownerOf(a), ownerAt(RIVAL), "the rival's");
        assertTrue(engine.claimOf(a, claim).holder == address(0), "void");
        bytes32[] memory legs = legsOf(a);
        vm.expectRevert(abi.encodeWithSelector(E.UnknownClaim.selector, a, claim));
        engine.divide(a, claim, legs);
        // Later claims on the same account are good again.
        markOf[call_] += 6000e18;
        letEngineAct(RIVAL, a);
        begin(a);
        vm.prank(ownerAt(RIVAL));
        house.approveSigner(a, address(engine), 0);
        uint64 next = take(KEEPER, keeper, a, 300e18);
        assertEq(uint256(next), uint256(claim) + 1, "numbers go on");
        engine.divide(a, next, legs);
    }

    /// @dev An account that needs less margin than a slice is sold whole: its owner gets what it is worth less the bonus.
    function test_DustIsSoldWhole() public {
        numbers.set(Keys.LIQUIDATION_LEAST_WAD, 25_000e18);
        sink(18_000);
        begin(a);
        uint256 start = block.timestamp;
        vm.warp(start + 449);
        takeOver(KEEPER, keeper, 8000e18);
        uint256 bonus = 4000e18 * 110_000 / uint256(1e6);
        uint64 rest = rival + 2; // the insurer's account came in between
        assertEq(house.ownerOf(rest), ownerAt(OWNER), "the owner's");
        assertEq(cashOf(rest), int256(18_000e18 - bonus), "worth less the bonus");
        assertEq(house.ownerOf(a), ownerAt(KEEPER), "the keeper's");
        assertEq(cashOf(keeper), int256(500_000e18 - 8000e18 - (18_000e18 - bonus)), "paid");
        assertEq(equityOf(a), 26_000e18, "at initial margin");
    }

    function test_RevertIf_DustIsShared() public {
        sink(18_000);
        begin(a);
        take(KEEPER, keeper, a, 1000e18);
        numbers.set(Keys.LIQUIDATION_LEAST_WAD, 25_000e18);
        refuseTakeOver(8000e18, abi.encodeWithSelector(E.ClaimsOutstanding.selector, a, 1));
    }
}
