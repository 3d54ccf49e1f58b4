// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouseServices, ILiquidationHooks} from "../interfaces/IClearingHouse.sol";
import {InstrumentTerms, Leg, MarginState} from "../types/Trading.sol";
import {Books} from "./Books.sol";

/// @title What the liquidation engine may do
abstract contract LiquidationHooks is Books, IClearingHouseServices, ILiquidationHooks {
    modifier onlyEngine(uint64 account) {
        require(msg.sender == _liquidationEngine, NotAuthorised(account, msg.sender));
        _;
    }

    /// @inheritdoc ILiquidationHooks
    function beginLiquidation(uint64 account) external onlyEngine(account) {
        Account storage a = _accounts[account];
        require(a.state == MarginState.Liquidatable && a.checkedAt == block.timestamp, NotLiquidatable(account));
        a.underLiquidation = true;
        emit LiquidationChanged(account, true);
    }

    /// @inheritdoc ILiquidationHooks
    function endLiquidation(uint64 account) external onlyEngine(account) {
        _accounts[account].underLiquidation = false;
        emit LiquidationChanged(account, false);
    }

    /// @inheritdoc ILiquidationHooks
    function moveLegs(uint64 from, uint64 to, Leg[] calldata legs, int256 cashToFromWad) external nonReentrant onlyEngine(from) {
        require(legs.length != 0 && legs.length <= MAX_LEGS, TooManyLegs(legs.length, MAX_LEGS));
        (Book memory giver, Book memory taker) = _openMove(from, to);
        Market memory market = _market();
        taker.stressedBeforeWad = _stressed(taker, market, false);
        for (uint256 i = 0; i < legs.length; ++i) {
            int256 byWad = legs[i].quantityWad;
            int256 heldWad = _positions[from][legs[i].instrument].quantityWad;
            bool shrinks = byWad > 0 ? byWad <= heldWad : byWad < 0 && byWad >= heldWad;
            require(shrinks, InvalidLegs(legs[i].instrument, legs[i].quantityWad));
            InstrumentTerms memory terms = _terms(market, legs[i].instrument);
            _changeLeg(giver, legs[i].instrument, terms, market, -byWad);
            _changeLeg(taker, legs[i].instrument, terms, market, byWad);
        }
        _moveCash(giver, taker, cashToFromWad);
        _requireStressed(taker, market, true);
        _store(giver);
        _store(taker);
    }

    /// @inheritdoc ILiquidationHooks
    function moveCoin(uint64 from, uint64 to, uint8 coin, uint256 amount, uint256 cashToFromWad) external nonReentrant onlyEngine(from) {
        require(amount != 0, ZeroValue());
        (Book memory giver, Book memory taker) = _openMove(from, to);
        _coin(coin);
        Market memory market = _market();
        taker.stressedBeforeWad = _stressed(taker, market, false);
        _debitCoin(giver, coin, amount);
        _coinBalance[to][coin] += amount;
        taker.coins |= uint256(1) << coin;
        ++giver.sequence;
        ++taker.sequence;
        _moveCash(giver, taker, int256(cashToFromWad));
        _requireStressed(taker, market, true);
        _store(giver);
        _store(taker);
        emit CoinMoved(from, to, coin, amount);
    }

    /// @inheritdoc ILiquidationHooks
    function moveCash(uint64 from, uint64 to, uint256 amountWad, bytes32 reason) external nonReentrant onlyEngine(from) {
        require(amountWad != 0, ZeroValue());
        require(from != to, NotLiquidatable(from));
        if (from != _insuranceAccount) _requireUnderLiquidation(from);
        Book memory payer = _load(from);
        Book memory payee = _load(to);
        require(payer.cashWad >= int256(amountWad), InsufficientBalance(payer.cashWad > 0 ? uint256(payer.cashWad) : 0, amountWad));
        payer.cashWad -= int256(amountWad);
        payee.cashWad += int256(amountWad);
        _store(payer);
        _store(payee);
        emit CashMoved(from, -int256(amountWad), reason);
        emit CashMoved(to, int256(amountWad), reason);
    }

    function _requireUnderLiquidation(uint64 account) private view {
        Account storage a = _accounts[account];
        require(a.underLiquidation && a.state == MarginState.Liquidatable, NotLiquidatable(account));
    }

    /// @notice The giver must be under liquidation; the taker must have let the engine act for it.
    function _openMove(uint64 from, uint64 to) private view returns (Book memory giver, Book memory taker) {
        require(from != to, NotLiquidatable(from));
        _requireUnderLiquidation(from);
        (giver, taker) = (_load(from), _load(to));
        require(_signerUntil[to][msg.sender] >= block.timestamp, NotAuthorised(to, msg.sender));
        require(!taker.underLiquidation, UnderLiquidation(to));
    }

    /// @notice Cash for what is moved, to the giver or, below 0, from it; the giver pays from what it has.
    function _moveCash(Book memory giver, Book memory taker, int256 toGiverWad) private {
        giver.cashWad += toGiverWad;
        taker.cashWad -= toGiverWad;
        require(toGiverWad >= 0 || giver.cashWad >= 0, InDebt(giver.account, giver.cashWad));
        emit CashMoved(giver.account, toGiverWad, "liquidation");
        emit CashMoved(taker.account, -toGiverWad, "liquidation");
    }
}
