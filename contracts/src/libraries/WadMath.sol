// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Products and quotients that say which way they round
/// @dev All checked: what does not fit reverts.
library WadMath {
    int256 internal constant WAD = 1e18;

    /// @notice Largest integer at most a / b, for b above 0.
    function divDown(int256 a, int256 b) internal pure returns (int256 result) {
        result = a / b;
        if (a < 0 && a % b != 0) --result;
    }

    /// @notice Smallest integer at least a / b, for b above 0.
    function divUp(uint256 a, uint256 b) internal pure returns (uint256) {
        return a == 0 ? 0 : (a - 1) / b + 1;
    }

    function mulDown(int256 a, int256 b) internal pure returns (int256) {
        return divDown(a * b, WAD);
    }

    function mulDown(uint256 a, uint256 b) internal pure returns (uint256) {
        return a * b / uint256(WAD);
    }
}
