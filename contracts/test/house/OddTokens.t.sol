// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IClearingHouse, IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {Clearance, QuorumProof} from "../../src/types/Attestation.sol";
import {Match} from "../../src/types/Trading.sol";
import {HouseFixture} from "../support/HouseFixture.sol";
import {BlockingToken, FeeToken, HookToken, OldToken, PlainToken} from "../support/Tokens.sol";

interface IToken {
    function mint(address to, uint256 amount) external;
    function approve(address spender, uint256 amount) external;
    function balanceOf(address who) external view returns (uint256);
}

/// @notice T26: odd tokens on every path, as cash and as a coin. Governance lists tokens, so none of these should ever get in; if one does, the house must stay whole.
contract OddTokensTest is HouseFixture {
    Clearance private nothing;
    QuorumProof private none;
    uint64 internal a;
    uint8 internal coin;

    /// @dev A house whose cash and whose only coin is the token.
    function use(address token) internal {
        deployHouse(token);
        a = fund(1, 0);
        give(token, ownerAt(1), 1000e6);
    }

    function useAsCoin(address token) internal {
        vm.prank(GOVERNANCE);
        coin = house.listCoin(token, ETH);
        a = fund(1, 0);
        give(token, ownerAt(1), 1000e6);
    }

    function give(address token, address who, uint256 amount) internal {
        IToken(token).mint(who, amount);
        vm.prank(who);
        (bool done,) = token.call(abi.encodeCall(IToken.approve, (address(house), type(uint256).max)));
        assertTrue(done, "approve");
    }

    function put(uint256 amount) internal {
        vm.prank(ownerAt(1));
        house.depositCash(a, amount);
    }

    function take(uint256 amount) internal {
        vm.prank(ownerAt(1));
        house.withdrawCash(a, amount, ownerAt(1), noProof());
    }

    // ---- fee on transfer ----

    function test_CON01_FeeTokenIsCreditedByWhatArrives() public {
        FeeToken token = new FeeToken();
        use(address(token));
        put(100e6);
        assertEq(cashOf(a), 99e18, "1 % went elsewhere");
        take(99e6);
        assertEq(token.balanceOf(address(house)), 0, "nothing more left than was there");
        put(100e6);
        token.setFees(0, 100); // takes more from the sender than was sent: from everybody else's money
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(T.TokenMismatch.selector, address(token), 49e6, 48.5e6));
        house.withdrawCash(a, 50e6, ownerAt(1), noProof());
    }

    function test_CON01_FeeTokenAsACoin() public {
        FeeToken token = new FeeToken();
        useAsCoin(address(token));
        vm.prank(ownerAt(1));
        assertEq(house.depositCoin(a, coin, 100e6), 99e6, "credited");
        token.setFees(0, 100);
        vm.startPrank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(T.TokenMismatch.selector, address(token), 49e6, 48.5e6));
        house.withdrawCoin(a, coin, 50e6, ownerAt(1), nothing, none);
        token.setFees(0, 0);
        house.exit(a, ownerAt(1));
        vm.stopPrank();
        assertEq(token.balanceOf(address(house)), 0, "all out");
    }

    function test_RevertIf_NothingArrives() public {
        FeeToken token = new FeeToken();
        use(address(token));
        token.setFees(10_000, 0);
        vm.prank(ownerAt(1));
        vm.expectRevert(T.ZeroValue.selector);
        house.depositCash(a, 100e6);
    }

    // ---- no return values, false instead of a revert ----

    function test_CON01_TokensWithoutReturnValues() public {
        OldToken token = new OldToken(true);
        use(address(token));
        put(100e6);
        take(40e6);
        assertEq(cashOf(a), 60e18, "cash");
        assertEq(token.balanceOf(address(house)), 60e6, "held");
        token.setRefusing(true);
        vm.startPrank(ownerAt(1));
        vm.expectRevert();
        house.withdrawCash(a, 1, ownerAt(1), noProof());
        vm.expectRevert();
        house.depositCash(a, 1);
        vm.stopPrank();
        assertEq(cashOf(a), 60e18, "nothing moved");
    }

    function test_RevertIf_TokenReturnsFalse() public {
        OldToken token = new OldToken(false);
        use(address(token));
        put(100e6);
        token.setRefusing(true);
        bytes memory refusal = abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token));
        vm.startPrank(ownerAt(1));
        vm.expectRevert(refusal);
        house.depositCash(a, 1e6);
        vm.expectRevert(refusal);
        house.withdrawCash(a, 1e6, ownerAt(1), noProof());
        vm.expectRevert(refusal);
        house.exit(a, ownerAt(1));
        vm.stopPrank();
        assertEq(cashOf(a), 100e18, "nothing moved");
    }

    // ---- decimals ----

    function test_CON04_DecimalsOfZeroSixAndTwentySeven() public {
        uint8[4] memory all = [0, 6, 18, 27];
        for (uint256 i = 0; i < all.length; ++i) {
            PlainToken token = new PlainToken(all[i]);
            deployHouse(address(token));
            a = fund(1, 0);
            uint256 unit = 10 ** uint256(all[i]);
            give(address(token), ownerAt(1), 1000 * unit);
            put(7 * unit);
            assertEq(cashOf(a), 7e18, "7 USD");
            take(3 * unit);
            assertEq(cashOf(a), 4e18, "4 USD");
            vm.prank(ownerAt(1));
            house.exit(a, ownerAt(1));
            assertEq(token.balanceOf(ownerAt(1)), 1000 * unit, "all back");
        }
    }

    function test_CON04_CrumbsOfATokenWithManyDecimals() public {
        PlainToken token = new PlainToken(27);
        deployHouse(address(token));
        a = fund(1, 0);
        give(address(token), ownerAt(1), 1e27);
        put(1_999_999_999); // 1.999999999 wad
        assertEq(cashOf(a), 1, "rounded down on the way in");
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(T.InDebt.selector, a, -1));
        house.withdrawCash(a, 1_000_000_001, ownerAt(1), noProof()); // rounded up to 2 wad on the way out
        take(1);
        assertEq(cashOf(a), 0, "a unit costs the whole wad");
    }

    function test_RevertIf_TokenHasTooManyDecimalsOrNoCode() public {
        address wide = address(new PlainToken(31));
        vm.startPrank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(T.InvalidToken.selector, wide));
        house.listCoin(wide, ETH);
        vm.stopPrank();
    }

    // ---- blocklist ----

    function test_CON05_BlockedReceiverTakesItsMoneyElsewhere() public {
        BlockingToken token = new BlockingToken();
        use(address(token));
        put(100e6);
        token.setBlocked(ownerAt(1), true);
        vm.startPrank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(BlockingToken.Blocked.selector, ownerAt(1)));
        house.withdrawCash(a, 1e6, ownerAt(1), noProof());
        house.exit(a, ownerAt(6));
        vm.stopPrank();
        assertEq(token.balanceOf(ownerAt(6)), 100e6, "elsewhere");
    }

    function test_CON05_BlockedCoinDoesNotLockTheCash() public {
        BlockingToken token = new BlockingToken();
        useAsCoin(address(token));
        deposit(1, a, 50e6);
        vm.prank(ownerAt(1));
        house.depositCoin(a, coin, 100e6);
        token.setBlocked(address(house), true);
        vm.startPrank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(BlockingToken.Blocked.selector, address(house)));
        house.exit(a, ownerAt(1));
        house.withdrawCash(a, 50e6, ownerAt(1), noProof());
        vm.stopPrank();
        assertEq(cash.balanceOf(ownerAt(1)), 50e6, "cash is free");
    }

    // ---- tokens that call back ----

    /// @dev T25: from the middle of a transfer, into every function that changes something.
    function test_RevertIf_TokenCallsBack() public {
        HookToken token = new HookToken();
        use(address(token));
        put(100e6);
        bytes[10] memory calls = [
            abi.encodeCall(IClearingHouse(address(0)).depositCash, (a, 1e6)),
            abi.encodeCall(IClearingHouse(address(0)).withdrawCash, (a, 1e6, ownerAt(1), noProof())),
            abi.encodeCall(IClearingHouse(address(0)).exit, (a, ownerAt(1))),
            abi.encodeCall(IClearingHouse(address(0)).depositCoin, (a, 0, 1)),
            abi.encodeCall(IClearingHouse(address(0)).withdrawCoin, (a, 0, 1, ownerAt(1), nothing, none)),
            abi.encodeCall(IClearingHouse(address(0)).settle, (a, new bytes32[](0))),
            abi.encodeCall(IClearingHouse(address(0)).rebase, (a, new bytes32[](0))),
            abi.encodeCall(IClearingHouse(address(0)).check, (a, noProof())),
            abi.encodeCall(IClearingHouse(address(0)).trade, (new Match[](1), nothing, none)),
            abi.encodeCall(IClearingHouse(address(0)).collectFees, (a))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            for (uint256 path = 0; path < 3; ++path) {
                token.setHook(address(house), calls[i]);
                if (path == 0) put(10e6);
                if (path == 1) take(10e6);
                if (path == 2) {
                    vm.prank(ownerAt(1));
                    house.exit(a, ownerAt(1));
                    token.setHook(address(0), "");
                    put(100e6);
                    continue;
                }
                assertTrue(token.reached() && !token.succeeded(), "called back, refused");
                bytes4 answer = bytes4(token.answer());
                // collectFees is refused for its caller before the guard is asked.
                assertTrue(answer == ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector || i == 9, "by the guard");
            }
        }
        assertEq(token.balanceOf(address(house)), uint256(cashOf(a)) / 1e12, "whole");
    }

    /// @dev Read-only reentrancy: what a callback sees during a withdrawal is the account after it.
    function test_CallbackSeesTheAccountAfterTheWithdrawal() public {
        HookToken token = new HookToken();
        use(address(token));
        put(100e6);
        token.setHook(address(house), abi.encodeCall(house.collateralWad, (a)));
        take(60e6);
        assertTrue(token.succeeded(), "views may be read");
        assertEq(abi.decode(token.answer(), (int256)), 40e18, "after");
        token.setHook(address(house), abi.encodeCall(house.collateralWad, (a)));
        put(60e6);
        assertEq(abi.decode(token.answer(), (int256)), 40e18, "before the credit");
    }
}
