// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {HourlyFlow} from "../libraries/HourlyFlow.sol";
import {Keys} from "../libraries/Keys.sol";
import {WadMath} from "../libraries/WadMath.sol";
import {AccountClearance} from "../types/Attestation.sol";
import {Margin} from "./Margin.sol";

/// @title Tokens in and out
/// @notice What comes in is what the balance rose by. What leaves must lower the balance by just that, or the call reverts.
abstract contract Vault is Margin {
    using SafeERC20 for IERC20;
    using HourlyFlow for HourlyFlow.Flow;

    uint8 public constant MAX_DECIMALS = 30;

    IERC20 public immutable CASH;
    uint256 internal immutable WAD_PER_UNIT; // [wad per token unit]; 0 where a unit is less than a wad
    uint256 internal immutable UNITS_PER_WAD; // [token units per wad]; 0 where a unit is a wad or more

    constructor(IERC20 cash) {
        uint8 decimals = _decimals(address(cash));
        CASH = cash;
        WAD_PER_UNIT = decimals <= 18 ? 10 ** (18 - decimals) : 0;
        UNITS_PER_WAD = decimals > 18 ? 10 ** (decimals - 18) : 0;
    }

    /// @notice The clearance speaks of this account as it stands before the action: same sequence, same book.
    function _requireClearedBefore(Book memory book, AccountClearance calldata cleared) internal pure {
        require(cleared.account == book.account, NotInClearance(book.account));
        require(
            cleared.sequence == book.sequence,
            WrongLeaf(book.account, cleared.sequence, book.sequence, cleared.positionsHashBefore, book.positionsHash)
        );
        require(cleared.positionsHashBefore == book.positionsHash, PositionsMismatch(book.account, cleared.positionsHashBefore, book.positionsHash));
    }

    /// @notice And of the book as it stands after the action.
    function _requireClearedAfter(Book memory book, AccountClearance calldata cleared) internal pure {
        require(cleared.positionsHashAfter == book.positionsHash, PositionsMismatch(book.account, cleared.positionsHashAfter, book.positionsHash));
    }

    function _coin(uint8 coin) internal view returns (Coin storage) {
        require(coin < _coinCount, UnknownCoin(coin));
        return _coins[coin];
    }

    function _debitCoin(Book memory book, uint8 coin, uint256 amount) internal {
        uint256 have = _coinBalance[book.account][coin];
        require(have >= amount, InsufficientBalance(have, amount));
        _coinBalance[book.account][coin] = have - amount;
        if (have == amount) book.coins &= ~(uint256(1) << coin);
    }

    function _leaving(uint64 account, uint256 amount, address to) internal view returns (Book memory book, IAttestationRegistry.OperatingState state) {
        require(amount != 0 && to != address(0), ZeroValue());
        _requireOwner(account);
        state = _requireNotHalted();
        book = _load(account);
    }

    function _enter(uint256 wad) internal {
        _flow.enter(wad, _parameter(Keys.DEPOSIT_PER_HOUR_WAD));
    }

    function _leave(uint256 wad, Market memory market) internal {
        _flow.leave(wad, uint256(market.limits.withdrawPerHour) * uint256(WadMath.WAD));
    }

    function _recordCashOut(Book memory book, uint256 amount, uint256 debitedWad, address to, Market memory market) internal {
        _leave(debitedWad, market);
        emit CashWithdrawn(book.account, to, amount, debitedWad);
    }

    function _recordCoinOut(Book memory book, uint8 coin, uint256 amount, address to, Market memory market) internal {
        Coin storage c = _coins[coin];
        _leave(_worthDown(c, amount, market), market);
        c.held -= amount;
        emit CoinWithdrawn(book.account, coin, to, amount, book.sequence);
    }

    function _pull(IERC20 token, uint256 amount) internal returns (uint256 received) {
        require(amount != 0, ZeroValue());
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        received = token.balanceOf(address(this)) - before;
    }

    function _push(IERC20 token, uint256 amount, address to) internal {
        uint256 expected = token.balanceOf(address(this)) - amount;
        token.safeTransfer(to, amount);
        uint256 actual = token.balanceOf(address(this));
        require(actual == expected, TokenMismatch(address(token), expected, actual));
    }

    function _decimals(address token) internal view returns (uint8 decimals) {
        require(token.code.length != 0, InvalidToken(token));
        decimals = IERC20Metadata(token).decimals();
        require(decimals <= MAX_DECIMALS, InvalidToken(token));
    }
}
