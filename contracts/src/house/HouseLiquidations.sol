// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {ILiquidationHooks} from "../interfaces/IClearingHouse.sol";
import {IInstrumentRegistry} from "../interfaces/IInstrumentRegistry.sol";
import {IRiskParameters} from "../interfaces/IRiskParameters.sol";
import {Orders} from "../libraries/Orders.sol";
import {WadMath} from "../libraries/WadMath.sol";
import {AccountClearance, Clearance, QuorumProof} from "../types/Attestation.sol";
import {Deleveraging, InstrumentTerms, Leg, LiquidationPhase, MarginState} from "../types/Trading.sol";
import {Books} from "./Books.sol";
import {HouseState} from "./HouseState.sol";
import {Vault} from "./Vault.sol";

/// @title The third part of the clearing house: what the liquidation engine may do
/// @notice It works on the storage of the ClearingHouse, like HouseServices.
contract HouseLiquidations is Books, ILiquidationHooks {
    int256 private constant ROUNDING_WAD = 2e18; // what roundings of a leg's payoff and time value may come to

    constructor(IERC20Metadata cash, IInstrumentRegistry instruments, IAttestationRegistry attestations, IRiskParameters parameters)
        HouseState(instruments, attestations, parameters, address(this))
        Vault(cash)
    {}

    modifier onlyEngine(uint64 account) {
        require(msg.sender == _liquidationEngine, NotAuthorised(account, msg.sender));
        _;
    }

    /// @inheritdoc ILiquidationHooks
    function setPhase(uint64 account, LiquidationPhase phase) external onlyEngine(account) {
        Account storage a = _accounts[account];
        if (a.phase == LiquidationPhase.None) _requireDue(account);
        if (phase == LiquidationPhase.None) (a.state, a.callDeadline) = (MarginState.Healthy, 0);
        a.phase = phase;
        emit LiquidationChanged(account, phase);
    }

    /// @inheritdoc ILiquidationHooks
    function moveCash(uint64 from, uint64 to, uint256 amountWad, bytes32 reason) external nonReentrant onlyEngine(from) {
        require(from != to, NotLiquidatable(from));
        Book memory payer = _load(from);
        if (from != _insuranceAccount && payer.phase == LiquidationPhase.None) {
            require(payer.legCount == 0, HasLegs(from, payer.legCount));
            require(_mayAct(from, payer.owner, msg.sender), NotLiquidatable(from));
        }
        int256 amount = SafeCast.toInt256(amountWad);
        require(payer.cashWad >= amount, InsufficientBalance(payer.cashWad > 0 ? uint256(payer.cashWad) : 0, amountWad));
        Book memory payee = _load(to);
        _moveCash(payer, payee, amount, reason);
        _store(payer);
        _store(payee);
    }

    /// @inheritdoc ILiquidationHooks
    function moveShare(uint64 from, address holder, bytes32[] calldata instruments, uint256 unitsWad, uint256 allUnitsWad)
        external
        nonReentrant
        onlyEngine(from)
        returns (uint64 to)
    {
        Book memory giver = _load(from);
        require(giver.phase == LiquidationPhase.Shared && unitsWad < allUnitsWad, NotLiquidatable(from));
        require(instruments.length == giver.legCount, IncompleteBook(from, instruments.length, giver.legCount));
        to = _open(holder);
        Book memory taker = _load(to);
        Market memory market;
        bytes32 last = 0;
        for (uint256 i = 0; i < instruments.length; ++i) {
            // As many different legs as the account has, none of them empty: the whole book.
            int256 heldWad = _positions[from][instruments[i]].quantityWad;
            require(instruments[i] > last && heldWad != 0, IncompleteBook(from, i, instruments.length));
            last = instruments[i];
            _moveLeg(giver, taker, market, last, heldWad * int256(unitsWad) / int256(allUnitsWad)); // towards 0
        }
        _shareCoins(giver, taker, unitsWad, allUnitsWad);
        _moveCash(giver, taker, WadMath.divDown(giver.cashWad * int256(unitsWad), int256(allUnitsWad)), "share");
        _store(giver);
        _store(taker);
    }

    /// @inheritdoc ILiquidationHooks
    function movePlan(uint64 from, uint64 to, Leg[] calldata legs, int256 cashToFromWad, Clearance calldata clearance, QuorumProof calldata)
        external
        nonReentrant
        onlyEngine(from)
        returns (Assessment memory found)
    {
        _requireUnderway(from);
        _requireClearance(IAttestationRegistry.requireClearanceToLiquidate.selector, 6);
        _requireAction(Orders.hashLiquidation(from, to, legs), clearance);
        require(_mayAct(to, _accounts[to].owner, msg.sender), NotAuthorised(to, msg.sender));
        return _moveCleared(from, to, legs, cashToFromWad, clearance, false);
    }

    /// @inheritdoc ILiquidationHooks
    function moveOpposite(Deleveraging calldata action, int256 equityWad, Clearance calldata clearance, QuorumProof calldata)
        external
        nonReentrant
        onlyEngine(action.from)
        returns (Assessment memory found, uint256 givenWad)
    {
        _requireUnderway(action.from);
        _requireClearance(IAttestationRegistry.requireClearanceToLiquidate.selector, 4);
        _requireAction(Orders.hash(action), clearance);
        _requireOpposite(action);
        givenWad = _givenUp(action, equityWad);
        found = _moveCleared(action.from, action.to, action.legs, action.valueWad + int256(givenWad), clearance, true);
        if (found.legCount == 0) _coinsToInsurance(action.from);
    }

    /// @inheritdoc ILiquidationHooks
    function handOver(uint64 account, address to) external nonReentrant onlyEngine(account) {
        _requireDue(account);
        require(to != address(0), ZeroValue());
        Account storage a = _accounts[account];
        require(a.phase != LiquidationPhase.None, NotLiquidatable(account));
        emit HandedOver(account, a.owner, to);
        (a.owner, a.phase, a.state, a.callDeadline, a.checkedAt) = (to, LiquidationPhase.None, MarginState.Healthy, 0, 0);
        // What was cleared for the owner before is void, and what he signed or approved was his alone.
        ++a.sequence;
        emit LiquidationChanged(account, LiquidationPhase.None);
    }

    /// @inheritdoc ILiquidationHooks
    function insuranceAccount() external view returns (uint64) {
        return _insuranceAccount;
    }

    /// @notice A look at this account in this very moment found it liquidatable or, where a liquidation goes on, still below its initial margin; and nothing has touched it since.
    function _requireDue(uint64 account) private view {
        Account storage a = _accounts[account];
        bool due = a.phase == LiquidationPhase.None ? a.state == MarginState.Liquidatable : a.state != MarginState.Healthy;
        require(due && a.checkedAt == block.timestamp, NotLiquidatable(account));
    }

    function _requireUnderway(uint64 account) private view {
        _requireDue(account);
        require(_accounts[account].phase != LiquidationPhase.None, NotLiquidatable(account));
    }

    function _requireAction(bytes32 action, Clearance calldata clearance) private pure {
        require(action == clearance.actionHash, WrongAction(clearance.actionHash, action));
    }

    /// @notice Each leg, once, shrinks at both or ends.
    function _requireOpposite(Deleveraging calldata action) private view {
        bytes32 last = 0;
        for (uint256 i = 0; i < action.legs.length; ++i) {
            (bytes32 instrument, int256 quantityWad) = (action.legs[i].instrument, action.legs[i].quantityWad);
            require(instrument > last, InvalidLegs(instrument, int128(quantityWad)));
            last = instrument;
            require(_shrinks(_positions[action.from][instrument].quantityWad, -quantityWad), NotReducing(action.from, instrument));
            require(_shrinks(_positions[action.to][instrument].quantityWad, quantityWad), NotReducing(action.to, instrument));
        }
    }

    /// @notice The debt in cash and contracts, as coins are not paid out here, is shared over all legs by value; nobody gives up more than all of what is closed. [wad, rounded up]
    function _givenUp(Deleveraging calldata action, int256 equityWad) private view returns (uint256) {
        (int256 valueWad, uint256 movedWad) = (action.valueWad, action.movedWad);
        bool adds = movedWad <= action.allWad && uint256(valueWad < 0 ? -valueWad : valueWad) <= movedWad;
        require(adds, WrongValues(action.from, valueWad, movedWad, action.allWad));
        if (movedWad == 0) return 0;
        Market memory market;
        Book memory giver = _load(action.from);
        int256 debtWad = _collateral(giver, market) - equityWad - giver.cashWad;
        uint256 shareWad = debtWad > 0 ? Math.mulDiv(uint256(debtWad), movedWad, action.allWad, Math.Rounding.Ceil) : 0;
        return Math.min(shareWad, movedWad);
    }

    function _shrinks(int256 heldWad, int256 byWad) private pure returns (bool) {
        return byWad > 0 ? heldWad <= -byWad : byWad < 0 && heldWad >= -byWad;
    }

    function _coinsToInsurance(uint64 from) private {
        Book memory giver = _load(from);
        if (giver.coins == 0 || _insuranceAccount == 0 || _insuranceAccount == from) return;
        Book memory taker = _load(_insuranceAccount);
        _shareCoins(giver, taker, 1, 1);
        _store(giver);
        _store(taker);
    }

    function _moveCleared(uint64 from, uint64 to, Leg[] calldata legs, int256 cashToFromWad, Clearance calldata clearance, bool closing)
        private
        returns (Assessment memory found)
    {
        require(legs.length != 0 && legs.length <= MAX_LEGS, TooManyLegs(legs.length, MAX_LEGS));
        require(from != to && clearance.accounts.length == 2, NotInClearance(to));
        AccountClearance calldata ofGiver = clearance.accounts[from < to ? 0 : 1];
        AccountClearance calldata ofTaker = clearance.accounts[from < to ? 1 : 0];
        Book memory giver = _load(from);
        Book memory taker = _load(to);
        _requireClearedBefore(giver, ofGiver);
        _requireClearedBefore(taker, ofTaker);
        _requireNoLiquidation(taker);
        Market memory market = _market();
        giver.stressedBeforeWad = _stressed(giver, market, false) - int256(legs.length) * ROUNDING_WAD;
        if (closing) giver.stressedBeforeWad -= int256(_hedgedWad(legs, market));
        _moveLegs(giver, taker, market, legs);
        _moveCash(taker, giver, cashToFromWad, "plan");
        // What is closed against the other side may be paid for by legs that are closed later.
        require(closing || cashToFromWad >= 0 || giver.cashWad >= 0, InDebt(from, giver.cashWad));
        _requireClearedAfter(taker, ofTaker);
        _requireClearedAfter(giver, ofGiver);
        _requireInitial(taker, market, ofTaker.initialWad, ofTaker.markValueWad);
        _requireStressed(taker, market, false);
        _requireStressed(giver, market, true);
        _store(giver);
        _store(taker);
        found = _assessment(giver, market, Requirement(ofGiver.initialWad, ofGiver.maintenanceWad, ofGiver.markValueWad));
        found.state = _accounts[from].state;
    }

    /// @notice What legs may have done for the intrinsic stress of the legs beside them: a stress move and a time value of each. [wad]
    function _hedgedWad(Leg[] calldata legs, Market memory market) private view returns (uint256 wad) {
        uint256 share = uint256(market.limits.stressMove) + market.limits.timeValueShare; // [1e-9]
        for (uint256 i = 0; i < legs.length; ++i) {
            int256 quantityWad = legs[i].quantityWad;
            uint256 priceE8 = _price(market, _terms(market, legs[i].instrument).priceId);
            wad += uint256(quantityWad < 0 ? -quantityWad : quantityWad) * priceE8 / 1e8 * share / 1e9;
        }
    }

    function _moveLegs(Book memory giver, Book memory taker, Market memory market, Leg[] calldata legs) private {
        for (uint256 i = 0; i < legs.length; ++i) {
            _moveLeg(giver, taker, market, legs[i].instrument, legs[i].quantityWad);
        }
    }

    function _moveLeg(Book memory giver, Book memory taker, Market memory market, bytes32 instrument, int256 byWad) private {
        if (byWad == 0) return;
        InstrumentTerms memory terms = _terms(market, instrument);
        _changeLeg(giver, instrument, terms, market, -byWad);
        _changeLeg(taker, instrument, terms, market, byWad);
    }

    function _shareCoins(Book memory giver, Book memory taker, uint256 unitsWad, uint256 allUnitsWad) private {
        for (uint8 coin = 0; giver.coins >> coin != 0; ++coin) {
            if ((giver.coins >> coin) & 1 == 0) continue;
            uint256 amount = Math.mulDiv(_coinBalance[giver.account][coin], unitsWad, allUnitsWad);
            if (amount != 0) _moveCoin(giver, taker, coin, amount);
        }
    }

    function _moveCoin(Book memory giver, Book memory taker, uint8 coin, uint256 amount) private {
        _debitCoin(giver, coin, amount);
        _coinBalance[taker.account][coin] += amount;
        taker.coins |= uint256(1) << coin;
        ++giver.sequence;
        ++taker.sequence;
        emit CoinMoved(giver.account, taker.account, coin, amount);
    }

    function _moveCash(Book memory payer, Book memory payee, int256 amountWad, bytes32 reason) private {
        payer.cashWad -= amountWad;
        payee.cashWad += amountWad;
        emit CashMoved(payer.account, -amountWad, reason);
        emit CashMoved(payee.account, amountWad, reason);
    }
}
