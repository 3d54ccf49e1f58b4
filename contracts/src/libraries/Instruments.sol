// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {InstrumentKind, InstrumentTerms} from "../types/Trading.sol";

/// @title What a contract is and what it pays
library Instruments {
    uint256 internal constant E8_TO_WAD = 1e10;

    /// @notice Equal terms have one id on every chain.
    function id(InstrumentTerms memory terms) internal pure returns (bytes32) {
        return keccak256(abi.encode(terms.kind, terms.priceId, terms.expiry, terms.strikeWad));
    }

    /// @notice What one unit is worth if its underlying stands at a price for good: the payoff of an option, the price for futures and perpetuals (their cost is in cash). [wad]
    function payoffWad(InstrumentTerms memory terms, uint64 priceE8) internal pure returns (uint256) {
        unchecked {
            // Prices and strikes are below 2^98.
            uint256 priceWad = priceE8 * E8_TO_WAD;
            InstrumentKind kind = terms.kind;
            if (kind == InstrumentKind.Call) return priceWad > terms.strikeWad ? priceWad - terms.strikeWad : 0;
            if (kind == InstrumentKind.Put) return terms.strikeWad > priceWad ? terms.strikeWad - priceWad : 0;
            return priceWad;
        }
    }

    function isOption(InstrumentTerms memory terms) internal pure returns (bool) {
        return terms.kind == InstrumentKind.Call || terms.kind == InstrumentKind.Put;
    }
}
