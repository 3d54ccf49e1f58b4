// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ILiquidationEngine} from "../interfaces/ILiquidationEngine.sol";
import {HourlyFlow} from "../libraries/HourlyFlow.sol";
import {WadMath} from "../libraries/WadMath.sol";

/// @title A limit on what happens within an hour
/// @notice One level of HourlyFlow's kind, alone.
library FadingLevel {
    uint256 private constant MICRO_WAD = 1e12;

    /// @dev One slot.
    struct Level {
        uint216 micro; // [1e-6 USD]
        uint40 at; // [s] when it was last written
    }

    /// @notice By how much it may rise now. [wad, rounded down]
    function room(Level storage level, uint256 mostWad) internal view returns (uint256) {
        uint256 usedWad = HourlyFlow.faded(level.micro, mostWad, level.at) * MICRO_WAD;
        return usedWad < mostWad ? (mostWad - usedWad) / MICRO_WAD * MICRO_WAD : 0;
    }

    function rise(Level storage level, uint256 amountWad, uint256 mostWad, bytes32 key) internal {
        uint256 micro = HourlyFlow.faded(level.micro, mostWad, level.at) + WadMath.divUp(amountWad, MICRO_WAD);
        require(micro * MICRO_WAD <= mostWad, ILiquidationEngine.CapPassed(key, micro * MICRO_WAD, mostWad));
        (level.micro, level.at) = (uint216(micro), uint40(block.timestamp));
    }
}
