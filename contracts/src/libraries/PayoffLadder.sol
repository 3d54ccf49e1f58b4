// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {InstrumentKind, InstrumentTerms} from "../types/Trading.sol";
import {IClearingHouseTypes} from "../interfaces/IClearingHouse.sol";
import {Instruments} from "./Instruments.sol";
import {Packed64} from "./Packed64.sol";
import {WadMath} from "./WadMath.sol";

/// @title Payoff of all an account's legs on one underlying at six prices
/// @notice The intrinsic stress reads it: no model, no quorum. Each leg counts with its payoff rounded down to a cent, so the sum does not depend on the order of changes,
/// is against the account, and is 0 again without legs.
/// @dev Two words like the nodes': four payoffs; two payoffs, gross options, version of the nodes. Numbers beyond 64 bits revert.
library PayoffLadder {
    uint256 internal constant NODES = 6;
    uint256 private constant GROSS = 6;
    uint256 private constant VERSION_SHIFT = 192;
    uint256 private constant LEGS_SHIFT = 248;
    int256 private constant CENT_WAD = 1e16;
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
        return uint256(Packed64.at(0, high, GROSS)) * uint256(GROSS_UNIT_WAD);
    }

    /// @notice The ladder after a leg has gone from one quantity to another, at the nodes that it was computed at; both words are 0 without legs.
    function changed(uint256 low, uint256 high, uint256 nodesLow, uint256 nodesHigh, InstrumentTerms memory terms, int256 fromWad, int256 toWad)
        internal
        pure
        returns (uint256 newLow, uint256 newHigh)
    {
        for (uint256 i = 0; i < NODES; ++i) {
            int256 payoffWad = int256(Instruments.payoffWad(terms, Packed64.at(nodesLow, nodesHigh, i)));
            int256 cents = int64(Packed64.at(low, high, i));
            if (payoffWad != 0) {
                bool bends = _bendsBefore(terms, nodesLow, nodesHigh, i);
                cents += _centsDown(toWad, payoffWad, bends) - _centsDown(fromWad, payoffWad, bends);
            }
            uint256 packed = uint256(_bits(cents)) << ((i & 3) << 6);
            if (i < 4) newLow |= packed;
            else newHigh |= packed;
        }
        int256 gross = int64(Packed64.at(low, high, GROSS));
        if (Instruments.isOption(terms)) gross += (_absolute(toWad) / GROSS_UNIT_WAD) - (_absolute(fromWad) / GROSS_UNIT_WAD);
        uint256 count = legs(high);
        if (fromWad == 0 && toWad != 0) ++count;
        if (fromWad != 0 && toWad == 0) --count;
        if (count == 0) return (0, 0);
        newHigh |= (uint256(_bits(gross)) << 128) | (version(nodesHigh) << VERSION_SHIFT) | (count << LEGS_SHIFT);
    }

    /// @notice Whether an option's strike lies between this node, at which it pays, and the next one at which it does not.
    /// @dev A line from node to node then runs above the payoff: safe for who is short, but a long straddle between two nodes would count for the whole gap and pay nothing in its middle.
    /// So a long leg counts nothing at this node, and the line stays at or below its payoff everywhere.
    function _bendsBefore(InstrumentTerms memory terms, uint256 nodesLow, uint256 nodesHigh, uint256 node) private pure returns (bool) {
        if (terms.kind == InstrumentKind.Call) return node != 0 && Packed64.at(nodesLow, nodesHigh, node - 1) * Instruments.E8_TO_WAD < terms.strikeWad;
        if (terms.kind == InstrumentKind.Put) return node != NODES - 1 && Packed64.at(nodesLow, nodesHigh, node + 1) * Instruments.E8_TO_WAD > terms.strikeWad;
        return false;
    }

    function _centsDown(int256 quantityWad, int256 payoffWad, bool bends) private pure returns (int256) {
        return bends && quantityWad > 0 ? int256(0) : WadMath.divDown(quantityWad * payoffWad, WadMath.WAD * CENT_WAD);
    }

    /// @notice Payoff at a price: between nodes on the line that joins them; beyond the nodes the last payoff or the last line's, whichever is less. [wad, rounded down]
    function payoffWadDown(uint256 low, uint256 high, uint256 nodesLow, uint256 nodesHigh, uint256 priceE8) internal pure returns (int256 valueWad) {
        uint256 upper = 1;
        while (upper < NODES - 1 && Packed64.at(nodesLow, nodesHigh, upper) < priceE8) ++upper;
        int256 left = int256(uint256(Packed64.at(nodesLow, nodesHigh, upper - 1)));
        int256 right = int256(uint256(Packed64.at(nodesLow, nodesHigh, upper)));
        int256 leftCents = int64(Packed64.at(low, high, upper - 1));
        int256 rightCents = int64(Packed64.at(low, high, upper));
        int256 price = int256(priceE8);
        valueWad = WadMath.divDown((leftCents * (right - price) + rightCents * (price - left)) * CENT_WAD, right - left);
        if (price < left) valueWad = _least(valueWad, leftCents * CENT_WAD);
        if (price > right) valueWad = _least(valueWad, rightCents * CENT_WAD);
    }

    /// @notice Whether a price lies within the nodes.
    function covers(uint256 nodesLow, uint256 nodesHigh, uint256 priceE8) internal pure returns (bool) {
        return Packed64.at(nodesLow, nodesHigh, 0) <= priceE8 && priceE8 <= Packed64.at(nodesLow, nodesHigh, NODES - 1);
    }

    function _bits(int256 value) private pure returns (uint64) {
        require(value >= type(int64).min && value <= type(int64).max, IClearingHouseTypes.LadderOverflow(value));
        return uint64(int64(value));
    }

    function _absolute(int256 value) private pure returns (int256) {
        return value < 0 ? -value : value;
    }

    function _least(int256 a, int256 b) private pure returns (int256) {
        return a < b ? a : b;
    }
}
