// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {Instruments} from "../libraries/Instruments.sol";
import {Keys} from "../libraries/Keys.sol";
import {PayoffLadder} from "../libraries/PayoffLadder.sol";
import {WadMath} from "../libraries/WadMath.sol";
import {MarginLeaf} from "../types/Attestation.sol";
import {MarginState} from "../types/Trading.sol";
import {HouseState} from "./HouseState.sol";

/// @title What an account is worth, what it must hold, and its margin state
abstract contract Margin is HouseState {
    /// @dev A requirement at the moment of use.
    struct Requirement {
        uint256 initialWad; // [wad]
        uint256 maintenanceWad; // [wad]
        int256 markValueWad; // [wad]
    }

    /// @notice What a leaf asks of an account now: it grows with the leaf's age. Without legs nothing is asked and no leaf needed.
    /// @param sameSequence for what an owner does; otherwise it is a look
    function _requirement(Book memory book, LeafProof calldata proof, bool sameSequence) internal view returns (Requirement memory needed) {
        if (book.legCount == 0) return needed;
        MarginLeaf calldata leaf = proof.leaf;
        require(
            leaf.account == book.account && leaf.positionsHash == book.positionsHash && (!sameSequence || leaf.sequence == book.sequence),
            WrongLeaf(book.account, leaf.sequence, book.sequence, leaf.positionsHash, book.positionsHash)
        );
        (uint256 observedAt, uint256 validUntil, uint256 floorWad) = _requireLeaf(proof, sameSequence);
        require(block.timestamp <= validUntil, LeafExpired(uint64(validUntil), block.timestamp));
        uint256 age = block.timestamp > observedAt ? block.timestamp - observedAt : 0;
        uint256 decayWad = uint256(leaf.decayWadPerSecond) * age;
        needed = Requirement(leaf.initialWad + decayWad, leaf.maintenanceWad + decayWad, leaf.markValueWad);
        if (floorWad == 0) return needed;
        floorWad += decayWad;
        if (needed.initialWad < floorWad) needed.initialWad = floorWad;
        if (needed.maintenanceWad < floorWad) needed.maintenanceWad = floorWad;
    }

    /// @dev A LeafProof lies in the call data just as the arguments of `requireLeaf` do, so it goes on as it is: encoding it anew would cost 5,000 gas.
    /// @return observedAt of the batch [s]
    /// @return validUntil of the batch [s]
    /// @return floorWad what both requirements are at least; only a look gets one [wad]
    function _requireLeaf(LeafProof calldata proof, bool ofOwner) private view returns (uint256 observedAt, uint256 validUntil, uint256 floorWad) {
        bytes4 selector = ofOwner ? IAttestationRegistry.requireLeaf.selector : IAttestationRegistry.requireLeafToLook.selector;
        address target = address(ATTESTATIONS);
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := sub(calldatasize(), proof)
            mstore(free, selector)
            calldatacopy(add(free, 0x04), proof, size)
            let done := staticcall(gas(), target, free, add(size, 0x04), free, 0x60)
            if or(iszero(done), lt(returndatasize(), 0x40)) {
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
            observedAt := mload(free)
            validUntil := mload(add(free, 0x20))
            if gt(returndatasize(), 0x40) { floorWad := mload(add(free, 0x40)) }
        }
    }

    /// @notice Looks at an account with a leaf and records its state.
    function _look(uint64 account, LeafProof calldata proof)
        internal
        returns (Book memory book, Requirement memory needed, int256 equityWad, MarginState to)
    {
        _requireNotHalted();
        book = _load(account);
        // The sequence need not match: coins moved since then are in the equity, and an owner must not be able to dodge this look by moving coins.
        needed = _requirement(book, proof, false);
        Market memory market;
        equityWad = _collateral(book, market) + needed.markValueWad;

        Account storage a = _accounts[account];
        MarginState from = a.state;
        uint256 deadline = 0;
        if (equityWad < int256(needed.initialWad)) {
            deadline = a.callDeadline;
            if (deadline == 0) deadline = block.timestamp + _parameter(Keys.MARGIN_CALL_SECONDS);
            bool due = equityWad < int256(needed.maintenanceWad) || block.timestamp > deadline;
            to = due ? MarginState.Liquidatable : MarginState.MarginCall;
        }
        (a.state, a.callDeadline, a.checkedAt) = (to, uint40(deadline), uint40(block.timestamp));
        emit StateChanged(account, from, to, equityWad, needed.initialWad, needed.maintenanceWad, uint40(deadline));
    }

    /// @notice An account at a requirement, in figures.
    function _assessment(Book memory book, Market memory market, Requirement memory needed) internal view returns (Assessment memory found) {
        int256 worthWad = book.cashWad + needed.markValueWad;
        for (uint8 coin = 0; book.coins >> coin != 0; ++coin) {
            if ((book.coins >> coin) & 1 != 0) worthWad += int256(_worthDown(_coins[coin], _coinBalance[book.account][coin], market));
        }
        (found.equityWad, found.worthWad) = (_collateral(book, market) + needed.markValueWad, worthWad);
        (found.initialWad, found.maintenanceWad) = (needed.initialWad, needed.maintenanceWad);
        (found.phase, found.legCount) = (book.phase, book.legCount);
    }

    /// @notice Cash and counted coins. [wad]
    function _collateral(Book memory book, Market memory market) internal view returns (int256 wad) {
        wad = book.cashWad;
        for (uint8 coin = 0; book.coins >> coin != 0; ++coin) {
            if ((book.coins >> coin) & 1 != 0) wad += int256(_creditDown(book.account, coin, market));
        }
    }

    /// @notice What an account's coin counts: at its price, less the haircut, and rising from 0 after its listing. [wad]
    function _creditDown(uint64 account, uint8 coin, Market memory market) private view returns (uint256 wad) {
        Coin storage c = _coins[coin];
        (uint256 haircutWad, uint256 rampSeconds) = _parameters(Keys.ofCoin(Keys.COIN_HAIRCUT_WAD, coin), Keys.ofCoin(Keys.COIN_RAMP_SECONDS, coin));
        uint256 whole = uint256(WadMath.WAD);
        wad = WadMath.mulDown(_worthDown(c, _coinBalance[account][coin], market), haircutWad < whole ? whole - haircutWad : 0);
        uint256 age = block.timestamp - c.listedAt;
        if (age < rampSeconds) wad = wad * age / rampSeconds;
    }

    /// @notice Coins at their price. [wad]
    function _worthDown(Coin storage coin, uint256 amount, Market memory market) internal view returns (uint256) {
        return amount * (uint256(_price(market, coin.priceId)) * Instruments.E8_TO_WAD) / 10 ** coin.decimals;
    }

    /// @notice The intrinsic stress, see `stressedWad`.
    /// @param inside refuse prices outside the nodes, where payoffs are only bounded
    function _stressed(Book memory book, Market memory market, bool inside) internal view returns (int256) {
        int256 stayWad = _collateral(book, market);
        (int256 fallWad, int256 riseWad) = (stayWad, stayWad);
        for (uint8 priceId = 0; book.underlyings >> priceId != 0; ++priceId) {
            if ((book.underlyings >> priceId) & 1 == 0) continue;
            (int256 stay, int256 down, int256 up, uint256 allowance) = _stressedPayoffs(book.account, priceId, market, inside);
            stayWad += stay;
            fallWad += down + int256(allowance);
            riseWad += up + int256(allowance);
        }
        int256 leastWad = fallWad < riseWad ? fallWad : riseWad;
        return stayWad < leastWad ? stayWad : leastWad;
    }

    function _stressedPayoffs(uint64 account, uint8 priceId, Market memory market, bool inside)
        private
        view
        returns (int256 stayWad, int256 fallWad, int256 riseWad, uint256 allowanceWad)
    {
        uint256 priceE8 = _price(market, priceId);
        require(priceE8 != 0, StalePrice(priceId));
        (uint256 nodesLow, uint256 nodesHigh) = _nodes(market, priceId);
        (uint256 low, uint256 high) = _ladder(account, priceId, nodesHigh);
        require(!inside || PayoffLadder.covers(nodesLow, nodesHigh, priceE8), StaleNodes(account, priceId));
        unchecked {
            // Prices are below 2^64, a move is a share of 32 bits in billionths, gross quantities are below 2^111.
            uint256 moveE8 = (priceE8 * market.limits.stressMove + 1e9 - 1) / 1e9;
            stayWad = PayoffLadder.payoffWadDown(low, high, nodesLow, nodesHigh, priceE8);
            fallWad = PayoffLadder.payoffWadDown(low, high, nodesLow, nodesHigh, moveE8 < priceE8 ? priceE8 - moveE8 : 0);
            riseWad = PayoffLadder.payoffWadDown(low, high, nodesLow, nodesHigh, priceE8 + moveE8);
            // gross [wad] x price [1e-8] x share [1e-9] / 1e17
            allowanceWad = PayoffLadder.grossWad(high) * priceE8 * market.limits.timeValueShare / 1e17;
        }
    }

    /// @notice An account's ladder at the nodes in force; a ladder at earlier nodes must be rebased first.
    function _ladder(uint64 account, uint8 priceId, uint256 nodesHigh) internal view returns (uint256 low, uint256 high) {
        PayoffLadder.Ladder storage ladder = _ladders[account][priceId];
        (low, high) = (ladder.low, ladder.high);
        require(high == 0 || PayoffLadder.version(high) == PayoffLadder.version(nodesHigh), StaleNodes(account, priceId));
    }

    function _requireInitial(Book memory book, Market memory market, uint256 initialWad, int256 markValueWad) internal view {
        int256 equityWad = _collateral(book, market) + markValueWad;
        require(equityWad >= int256(initialWad), BelowInitial(book.account, equityWad, initialWad));
    }

    /// @notice What stands after an action must stand the intrinsic stress; where the action only reduces risk, it may also leave it no worse than it was.
    function _requireStressed(Book memory book, Market memory market, bool reducing) internal view {
        int256 stressed = _stressed(book, market, !reducing);
        require(stressed >= 0 || (reducing && stressed >= book.stressedBeforeWad), BelowIntrinsicStress(book.account, stressed));
    }
}
