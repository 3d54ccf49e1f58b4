// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Prices of 64 bits in 32, rounded down
/// @notice A number of 26 bits shifted left by one of 6 bits (the lower ones): less than 2^-25 below the price. Enough to hold a price against a bound of some per cent, at half the storage.
library CoarsePrices {
    uint256 private constant PRICES = 4; // in 256 bits, or coarse in 128
    uint256 private constant MANTISSA_BITS = 26;
    uint256 private constant SHIFT_BITS = 6;

    function coarse(uint256 price) internal pure returns (uint256) {
        uint256 bits = Math.log2(price) + 1;
        uint256 shift = bits > MANTISSA_BITS ? bits - MANTISSA_BITS : 0;
        return ((price >> shift) << SHIFT_BITS) | shift;
    }

    /// @notice Four prices of 64 bits, lowest first, in 128 bits.
    function pack(uint256 prices) internal pure returns (uint256) {
        return fill(0, 0, prices);
    }

    /// @notice Puts the new prices of those ids that had none before.
    /// @param starts coarse prices
    /// @param last prices before, 64 bits each
    /// @param next prices now, 64 bits each
    function fill(uint256 starts, uint256 last, uint256 next) internal pure returns (uint256 filled) {
        filled = starts;
        for (uint256 i = 0; i < PRICES; ++i) {
            if (uint64(last >> (64 * i)) == 0) filled = (filled & ~(uint256(type(uint32).max) << (32 * i))) | (coarse(uint64(next >> (64 * i))) << (32 * i));
        }
    }

    function at(uint256 starts, uint256 index) internal pure returns (uint64) {
        uint256 word = uint32(starts >> (32 * index));
        return uint64((word >> SHIFT_BITS) << (word & ((1 << SHIFT_BITS) - 1)));
    }
}
