// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouseTypes} from "../interfaces/IClearingHouse.sol";
import {Keys} from "./Keys.sol";
import {WadMath} from "./WadMath.sol";

/// @title Limits on what comes in and what goes out, net, over an hour
/// @notice Each level falls evenly by its whole limit in an hour. What comes in makes room for what goes out, so that nobody can use up the limit by moving the same money to and fro.
library HourlyFlow {
    uint256 private constant MICRO_WAD = 1e12;

    /// @dev One slot.
    struct Flow {
        uint88 inMicro; // [1e-6 USD]
        uint40 inAt; // [s] when it was last written
        uint88 outMicro; // [1e-6 USD] net of what came in since
        uint40 outAt; // [s]
    }

    function enter(Flow storage flow, uint256 amountWad, uint256 mostWad) internal {
        uint256 level = faded(flow.inMicro, mostWad, flow.inAt) + WadMath.divUp(amountWad, MICRO_WAD);
        require(level * MICRO_WAD <= mostWad, IClearingHouseTypes.CapExceeded(Keys.DEPOSIT_PER_HOUR_WAD, level * MICRO_WAD, mostWad));
        // Rounded down here: room for what goes out is given, not taken.
        uint256 room = amountWad / MICRO_WAD;
        uint256 out = flow.outMicro;
        (flow.inMicro, flow.inAt, flow.outMicro) = (uint88(level), uint40(block.timestamp), uint88(out > room ? out - room : 0));
    }

    function leave(Flow storage flow, uint256 amountWad, uint256 mostWad) internal {
        uint256 level = faded(flow.outMicro, mostWad, flow.outAt) + WadMath.divUp(amountWad, MICRO_WAD);
        require(level * MICRO_WAD <= mostWad, IClearingHouseTypes.CapExceeded(Keys.WITHDRAW_PER_HOUR_WAD, level * MICRO_WAD, mostWad));
        (flow.outMicro, flow.outAt) = (uint88(level), uint40(block.timestamp));
    }

    /// @notice A level [1e-6 USD] that has fallen evenly since it was written, by its whole limit in an hour.
    /// @dev What is written is at most a limit, an int128 in wad, so it fits 88 bits of 1e-6 USD.
    function faded(uint256 level, uint256 mostWad, uint256 since) internal view returns (uint256) {
        uint256 fallen = mostWad * (block.timestamp - since) / (1 hours * MICRO_WAD);
        return level > fallen ? level - fallen : 0;
    }
}
