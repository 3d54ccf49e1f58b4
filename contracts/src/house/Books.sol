// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {PayoffLadder} from "../libraries/PayoffLadder.sol";
import {WadMath} from "../libraries/WadMath.sol";
import {InstrumentKind, InstrumentTerms, Position} from "../types/Trading.sol";
import {Vault} from "./Vault.sol";

/// @title Changes of a book
abstract contract Books is Vault {
    /// @notice Changes one leg of a book by a quantity; the caller moves the cash for it.
    function _changeLeg(Book memory book, bytes32 instrument, InstrumentTerms memory terms, Market memory market, int256 byWad) internal {
        Position storage leg = _positions[book.account][instrument];
        int256 fromWad = leg.quantityWad;
        int256 toWad = SafeCast.toInt128(fromWad + byWad);
        if (terms.kind == InstrumentKind.Perpetual) {
            if (fromWad != 0) _payFunding(book, instrument);
            leg.fundingIndexWad = toWad == 0 ? int128(0) : INSTRUMENTS.fundingIndexWad(instrument);
        }
        leg.quantityWad = int128(toWad);
        _changeLadder(book, terms, market, fromWad, toWad);
        if (fromWad == 0) {
            ++book.legCount;
            require(book.legCount <= MAX_LEGS, TooManyLegs(book.legCount, MAX_LEGS));
        }
        if (toWad == 0) --book.legCount;
        _link(book, instrument, fromWad, toWad);
    }

    function _changeLadder(Book memory book, InstrumentTerms memory terms, Market memory market, int256 fromWad, int256 toWad) internal {
        (uint256 nodesLow, uint256 nodesHigh) = _nodes(market, terms.priceId);
        (uint256 low, uint256 high) = _ladder(book.account, terms.priceId, nodesHigh);
        (low, high) = PayoffLadder.changed(low, high, nodesLow, nodesHigh, terms, fromWad, toWad);
        PayoffLadder.Ladder storage ladder = _ladders[book.account][terms.priceId];
        (ladder.low, ladder.high) = (low, high);
        uint256 bit = uint256(1) << terms.priceId;
        book.underlyings = high == 0 ? book.underlyings & ~bit : book.underlyings | bit;
    }

    /// @notice Pays what a perpetual's leg owes or is owed since it was last paid. [wad, rounded down]
    function _payFunding(Book memory book, bytes32 instrument) internal returns (int256 paidWad) {
        Position storage leg = _positions[book.account][instrument];
        int128 indexWad = INSTRUMENTS.fundingIndexWad(instrument);
        paidWad = WadMath.mulDown(-int256(leg.quantityWad), int256(indexWad) - leg.fundingIndexWad);
        if (paidWad == 0) return 0;
        leg.fundingIndexWad = indexWad;
        book.cashWad += paidWad;
        emit CashMoved(book.account, paidWad, "funding");
    }

    function _link(Book memory book, bytes32 instrument, int256 fromWad, int256 toWad) internal {
        book.positionsHash = keccak256(abi.encode(book.positionsHash, instrument, fromWad, toWad));
        ++book.sequence;
        emit LegChanged(book.account, instrument, int128(fromWad), int128(toWad), book.sequence, book.positionsHash);
    }
}
