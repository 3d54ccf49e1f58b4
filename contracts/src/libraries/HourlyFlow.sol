// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouseTypes} from "../interfaces/IClearingHouse.sol";
import {Keys} from "./Keys.sol";
import {WadMath} from "./WadMath.sol";

/// @title Limits on what comes in and what goes out, net, over an hour
/// @notice Each level falls evenly by its whole limit in an hour. What comes in makes room for what goes out, so that nobody can use up the limit by moving the same money to and fro.
library HourlyFlow {
    uint256 private constant MICRO_WAD = 1e12;

    struct Flow {
        uint96 inMicro; // [1e-6 USD]
        uint96 outMicro; // [1e-6 USD] net of what came in
        uint64 at; // [s] when the levels were last written
    }

    function enter(Flow storage flow, uint256 amountWad, uint256 mostInWad, uint256 mostOutWad) internal {
        (uint256 inside, uint256 outside) = _levels(flow, mostInWad, mostOutWad);
        uint256 amount = WadMath.divUp(amountWad, MICRO_WAD);
        inside += amount;
        require(inside * MICRO_WAD <= mostInWad, IClearingHouseTypes.CapExceeded(Keys.DEPOSIT_PER_HOUR_WAD, inside * MICRO_WAD, mostInWad));
        // Rounded down here: room for what goes out is given, not taken.
        uint256 room = amountWad / MICRO_WAD;
        _store(flow, inside, outside > room ? outside - room : 0);
    }

    function leave(Flow storage flow, uint256 amountWad, uint256 mostInWad, uint256 mostOutWad) internal {
        (uint256 inside, uint256 outside) = _levels(flow, mostInWad, mostOutWad);
        outside += WadMath.divUp(amountWad, MICRO_WAD);
        require(outside * MICRO_WAD <= mostOutWad, IClearingHouseTypes.CapExceeded(Keys.WITHDRAW_PER_HOUR_WAD, outside * MICRO_WAD, mostOutWad));
        _store(flow, inside, outside);
    }

    function _levels(Flow storage flow, uint256 mostInWad, uint256 mostOutWad) private view returns (uint256 inside, uint256 outside) {
        uint256 elapsed = block.timestamp - flow.at;
        inside = _faded(flow.inMicro, mostInWad, elapsed);
        outside = _faded(flow.outMicro, mostOutWad, elapsed);
    }

    function _faded(uint256 level, uint256 mostWad, uint256 elapsed) private pure returns (uint256) {
        uint256 faded = mostWad * elapsed / (1 hours * MICRO_WAD);
        return level > faded ? level - faded : 0;
    }

    /// @dev Levels are at most a limit, which is an int128 in wad: they fit 96 bits of 1e-6 USD.
    function _store(Flow storage flow, uint256 inside, uint256 outside) private {
        (flow.inMicro, flow.outMicro, flow.at) = (uint96(inside), uint96(outside), uint64(block.timestamp));
    }
}
