// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Eight 64-bit numbers in two words, lowest first
library Packed64 {
    /// @dev The word is chosen without a branch: this is the inner loop of the intrinsic stress.
    function at(uint256 low, uint256 high, uint256 index) internal pure returns (uint64 value) {
        assembly ("memory-safe") {
            value := and(shr(shl(6, and(index, 3)), xor(high, mul(xor(high, low), lt(index, 4)))), 0xffffffffffffffff)
        }
    }

    function pack(uint64 a, uint64 b, uint64 c, uint64 d) internal pure returns (uint256) {
        return uint256(a) | (uint256(b) << 64) | (uint256(c) << 128) | (uint256(d) << 192);
    }
}
