// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {InstrumentKind, InstrumentTerms} from "../types/Trading.sol";
import {IClearingHouseTypes} from "../interfaces/IClearingHouse.sol";
import {Instruments} from "./Instruments.sol";
import {Packed64} from "./Packed64.sol";

/// @title Payoff of all an account's legs on one underlying at six prices
/// @notice The intrinsic stress reads it: no model, no quorum. Each leg counts with at most its payoff, rounded down to a cent, so the sum does not depend on the order of changes,
/// is against the account, and is 0 again without legs.
/// @dev Two words like the nodes': four payoffs; two payoffs, gross options, version of the nodes. Numbers beyond 64 bits revert.
library PayoffLadder {
    uint256 internal constant NODES = 6;
    uint256 private constant GROSS_SHIFT = 128;
    uint256 private constant VERSION_SHIFT = 192;
    uint256 private constant LEGS_SHIFT = 248;
    int256 private constant CENT_WAD = 1e16;
    int256 private constant WAD_CENTS = 1e34; // wad x wad for a cent
    int256 private constant GROSS_UNIT_WAD = 1e14;

    struct Ladder {
        uint256 low; // four payoffs [cents], signed
        uint256 high; // two payoffs [cents]; gross option quantity [1e-4 units, each leg rounded down]; version of the nodes (56 bits); legs (8 bits)
    }

    /// @notice Version of the nodes that a ladder was computed at, or of the nodes themselves.
    function version(uint256 high) internal pure returns (uint256) {
        return uint56(high >> VERSION_SHIFT);
    }

    function legs(uint256 high) internal pure returns (uint256) {
        return high >> LEGS_SHIFT;
    }

    /// @notice Gross quantity of options. [wad]
    function grossWad(uint256 high) internal pure returns (uint256) {
        return uint256(uint64(high >> GROSS_SHIFT)) * uint256(GROSS_UNIT_WAD);
    }

    /// @notice The ladder after a leg has gone from one quantity to another, at the nodes that it was computed at; both words are 0 without legs.
    /// @dev Unchecked within its bounds: |quantity| < 2^127, a payoff < 2^98, so a product < 2^225; what is stored is checked to fit 64 bits.
    function changed(uint256 low, uint256 high, uint256 nodesLow, uint256 nodesHigh, InstrumentTerms memory terms, int256 fromWad, int256 toWad)
        internal
        pure
        returns (uint256 newLow, uint256 newHigh)
    {
        unchecked {
            uint256 bend = fromWad > 0 || toWad > 0 ? _bend(nodesLow, nodesHigh, terms) : NODES;
            newLow = _changedWord(low, nodesLow, 4, bend << 6, terms, fromWad, toWad);
            newHigh = _changedWord(high, nodesHigh, 2, (bend - 4) << 6, terms, fromWad, toWad); // no place of this word where bend is below 4
            int256 gross = int64(uint64(high >> GROSS_SHIFT));
            if (Instruments.isOption(terms)) gross += (_absolute(toWad) / GROSS_UNIT_WAD) - (_absolute(fromWad) / GROSS_UNIT_WAD);
            uint256 count = legs(high);
            if (fromWad == 0 && toWad != 0) ++count;
            if (fromWad != 0 && toWad == 0) --count;
            if (count == 0) return (0, 0);
            newHigh |= (uint256(_bits(gross)) << GROSS_SHIFT) | (version(nodesHigh) << VERSION_SHIFT) | (count << LEGS_SHIFT);
        }
    }

    /// @notice Payoff at a price: between nodes on the line that joins them; beyond the nodes the last payoff or the last line's, whichever is less. [wad, rounded down]
    /// @dev Unchecked within its bounds: payoffs < 2^63 cents, prices < 2^65, so a product < 2^183.
    function payoffWadDown(uint256 low, uint256 high, uint256 nodesLow, uint256 nodesHigh, uint256 priceE8) internal pure returns (int256 valueWad) {
        unchecked {
            int256 price = int256(priceE8);
            int256 left = int256(uint256(uint64(nodesLow)));
            int256 leftCents = int64(uint64(low));
            int256 right;
            int256 rightCents;
            for (uint256 i = 1;; ++i) {
                right = int256(uint256(Packed64.at(nodesLow, nodesHigh, i)));
                rightCents = int64(Packed64.at(low, high, i));
                if (price <= right || i == NODES - 1) break;
                (left, leftCents) = (right, rightCents);
            }
            int256 product = (leftCents * (right - price) + rightCents * (price - left)) * CENT_WAD;
            valueWad = product / (right - left);
            if (product < 0 && product % (right - left) != 0) --valueWad;
            if (price < left) valueWad = _least(valueWad, leftCents * CENT_WAD);
            if (price > right) valueWad = _least(valueWad, rightCents * CENT_WAD);
        }
    }

    /// @notice Whether a price lies within the nodes.
    function covers(uint256 nodesLow, uint256 nodesHigh, uint256 priceE8) internal pure returns (bool) {
        return uint64(nodesLow) <= priceE8 && priceE8 <= uint64(nodesHigh >> 64);
    }

    /// @notice The node at which an option pays next to a node at which it does not, with its strike between them; NODES: none.
    /// @dev A line from node to node runs above the payoff there: safe for who is short, but a long straddle between two nodes would count for the whole gap and pay nothing in its middle.
    /// So a long leg counts nothing at this node, and the line stays at or below its payoff everywhere.
    function _bend(uint256 nodesLow, uint256 nodesHigh, InstrumentTerms memory terms) private pure returns (uint256) {
        unchecked {
            if (!Instruments.isOption(terms)) return NODES;
            for (uint256 i = 0; i < NODES; ++i) {
                uint256 nodeWad = Packed64.at(nodesLow, nodesHigh, i) * Instruments.E8_TO_WAD;
                if (nodeWad < terms.strikeWad) continue;
                if (nodeWad == terms.strikeWad || i == 0) return NODES;
                return terms.kind == InstrumentKind.Call ? i : i - 1;
            }
            return NODES;
        }
    }

    /// @notice As many payoffs of a word as asked for, after a change of a leg.
    /// @param bendShift place of the node at which long quantities count nothing
    function _changedWord(uint256 word, uint256 nodesWord, uint256 count, uint256 bendShift, InstrumentTerms memory terms, int256 fromWad, int256 toWad)
        private
        pure
        returns (uint256 result)
    {
        unchecked {
            for (uint256 shift = 0; shift < count << 6; shift += 64) {
                int256 payoffWad = int256(Instruments.payoffWad(terms, uint64(nodesWord >> shift)));
                int256 cents = int64(uint64(word >> shift));
                if (payoffWad != 0) {
                    bool bends = shift == bendShift;
                    cents += (bends && toWad > 0 ? int256(0) : _centsDown(toWad * payoffWad)) - (bends && fromWad > 0 ? int256(0) : _centsDown(fromWad * payoffWad));
                }
                result |= uint256(_bits(cents)) << shift;
            }
        }
    }

    /// @notice A value in wad squared, in cents.
    function _centsDown(int256 value) private pure returns (int256 cents) {
        unchecked {
            cents = value / WAD_CENTS;
            if (value < 0 && value % WAD_CENTS != 0) --cents;
        }
    }

    function _bits(int256 value) private pure returns (uint64) {
        require(value >= type(int64).min && value <= type(int64).max, IClearingHouseTypes.LadderOverflow(value));
        return uint64(int64(value));
    }

    function _absolute(int256 value) private pure returns (int256) {
        unchecked {
            return value < 0 ? -value : value;
        }
    }

    function _least(int256 a, int256 b) private pure returns (int256) {
        return a < b ? a : b;
    }
}
