// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRiskParameters} from "../src/interfaces/IRiskParameters.sol";
import {Keys} from "../src/libraries/Keys.sol";

/// @title Governed numbers at launch, with their bounds
/// @notice The reasons stand in the table of docs/protocol.md, section 10; a test compares the two.
library Defaults {
    uint256 internal constant KEYS = 30;
    uint256 internal constant FAMILIES = 3;
    int128 private constant USD = 1e18;
    int128 private constant PERCENT = 1e16;
    uint8 private constant PRICE_MOVES = 1;
    uint8 private constant FLOOR = 2;
    uint8 private constant SLASHING = 3;
    uint8 private constant RATES = 4;
    uint8 private constant LIQUIDATION_TIMES = 5;

    function setups() internal pure returns (IRiskParameters.Setup[] memory list) {
        IRiskParameters.Tightening neither = IRiskParameters.Tightening.Neither;
        IRiskParameters.Tightening up = IRiskParameters.Tightening.Up;
        IRiskParameters.Tightening down = IRiskParameters.Tightening.Down;
        list = new IRiskParameters.Setup[](KEYS);
        // key, value, least, most, step, in 30 days, delay, direction, group
        list[0] = _of(Keys.MAX_AGE_SECONDS, 300, 60, 900, 120, 240, 1 days, down, 0);
        list[1] = _of(Keys.MAX_CLEARANCE_SECONDS, 60, 15, 300, 30, 60, 1 days, down, 0);
        list[2] = _of(Keys.MAX_FUTURE_SKEW_SECONDS, 15, 0, 60, 15, 30, 1 days, down, 0);
        list[3] = _of(Keys.SET_OVERLAP_SECONDS, 300, 0, 900, 300, 600, 1 days, down, 0);
        list[4] = _of(Keys.PARAMETER_OVERLAP_SECONDS, 600, 60, 3600, 600, 1200, 1 days, down, 0);
        list[5] = _of(Keys.MAX_PRICE_MOVE_WAD, 15 * PERCENT, 5 * PERCENT, 40 * PERCENT, 5 * PERCENT, 10 * PERCENT, 3 days, down, PRICE_MOVES);
        list[6] = _of(Keys.MAX_PRICE_MOVE_PER_HOUR_WAD, 30 * PERCENT, 10 * PERCENT, 60 * PERCENT, 10 * PERCENT, 20 * PERCENT, 3 days, down, PRICE_MOVES);
        list[7] = _of(Keys.MAX_MAINTENANCE_FALL_WAD, 30 * PERCENT, 5 * PERCENT, 80 * PERCENT, 10 * PERCENT, 20 * PERCENT, 3 days, down, 0);
        list[8] = _of(Keys.STRESS_MOVE_WAD, 15 * PERCENT, 10 * PERCENT, 50 * PERCENT, 5 * PERCENT, 10 * PERCENT, 3 days, up, FLOOR);
        list[9] = _of(Keys.TIME_VALUE_SHARE_WAD, 5 * PERCENT, 0, 15 * PERCENT, 2 * PERCENT, 4 * PERCENT, 3 days, down, FLOOR);
        list[10] = _of(Keys.MARGIN_CALL_SECONDS, 3600, 900, 86_400, 3600, 7200, 7 days, down, 0);
        list[11] = _of(Keys.CLOSE_WINDOW_SECONDS, 21_600, 3600, 86_400, 7200, 14_400, 3 days, down, 0);
        list[12] = _of(Keys.CASH_CAP_WAD, 5_000_000 * USD, 0, 1_000_000_000 * USD, 10_000_000 * USD, 20_000_000 * USD, 2 days, down, 0);
        list[13] = _of(Keys.DEPOSIT_PER_HOUR_WAD, 1_000_000 * USD, 0, 100_000_000 * USD, 2_000_000 * USD, 4_000_000 * USD, 2 days, down, 0);
        list[14] = _of(Keys.WITHDRAW_PER_HOUR_WAD, 500_000 * USD, 100_000 * USD, 100_000_000 * USD, 1_000_000 * USD, 2_000_000 * USD, 3 days, down, 0);
        list[15] = _of(Keys.TRADE_FEE_WAD, PERCENT * 3 / 100, 0, PERCENT / 5, PERCENT * 2 / 100, PERCENT * 4 / 100, 7 days, neither, 0);
        list[16] = _of(Keys.MAX_FUNDING_PER_HOUR_WAD, PERCENT / 20, PERCENT / 100, PERCENT, PERCENT / 20, PERCENT / 10, 3 days, down, 0);
        list[17] = _of(Keys.SLASH_SHARE_WAD, 100 * PERCENT, 25 * PERCENT, 100 * PERCENT, 25 * PERCENT, 25 * PERCENT, 7 days, up, SLASHING);
        list[19] = _of(Keys.LIQUIDATION_TARGET_WAD, 110 * PERCENT, 101 * PERCENT, 150 * PERCENT, 5 * PERCENT, 10 * PERCENT, 7 days, up, 0);
        list[20] = _of(Keys.LIQUIDATION_START_RATE_WAD, 2 * PERCENT, 0, 20 * PERCENT, 2 * PERCENT, 4 * PERCENT, 7 days, neither, 0);
        list[21] = _of(Keys.LIQUIDATION_KNEE_RATE_WAD, 20 * PERCENT, 2 * PERCENT, 50 * PERCENT, 5 * PERCENT, 10 * PERCENT, 7 days, neither, RATES);
        list[22] = _of(Keys.LIQUIDATION_END_RATE_WAD, 100 * PERCENT, 20 * PERCENT, 200 * PERCENT, 20 * PERCENT, 40 * PERCENT, 7 days, neither, RATES);
        list[23] = _of(Keys.LIQUIDATION_FAST_SECONDS, 900, 60, 3600, 300, 600, 3 days, neither, LIQUIDATION_TIMES);
        list[24] = _of(Keys.LIQUIDATION_SLOW_SECONDS, 3600, 300, 43_200, 1800, 3600, 3 days, neither, LIQUIDATION_TIMES);
        list[25] = _of(Keys.LIQUIDATION_FEE_WAD, PERCENT / 2, 0, 2 * PERCENT, PERCENT / 2, PERCENT, 7 days, neither, 0);
        list[26] = _of(Keys.LIQUIDATION_LEAST_WAD, 250 * USD, 10 * USD, 5000 * USD, 250 * USD, 500 * USD, 3 days, neither, 0);
        list[27] = _of(Keys.LIQUIDATION_PER_HOUR_WAD, 2_000_000 * USD, 100_000 * USD, 500_000_000 * USD, 5_000_000 * USD, 10_000_000 * USD, 3 days, neither, 0);
        list[28] = _of(Keys.INSURANCE_PER_HOUR_WAD, 250_000 * USD, 0, 50_000_000 * USD, 500_000 * USD, 1_000_000 * USD, 3 days, down, 0);
        list[29] = _of(Keys.LIQUIDATION_GRACE_SECONDS, 900, 0, 3600, 300, 600, 3 days, neither, 0);
        list[18] = _of(Keys.CHALLENGER_SHARE_WAD, 25 * PERCENT, 5 * PERCENT, 50 * PERCENT, 10 * PERCENT, 10 * PERCENT, 7 days, neither, SLASHING);
    }

    /// @notice Numbers that each coin has. A coin starts at the strictest end: a haircut of 100 % and a cap of 0.
    function families() internal pure returns (IRiskParameters.Family[] memory list) {
        list = new IRiskParameters.Family[](FAMILIES);
        list[0] = IRiskParameters.Family(Keys.COIN_HAIRCUT_WAD, _bounds(5 * PERCENT, 100 * PERCENT, 20 * PERCENT, 40 * PERCENT, 3 days, IRiskParameters.Tightening.Up, 0));
        list[1] = IRiskParameters.Family(Keys.COIN_CAP_WAD, _bounds(0, 100_000_000 * USD, 2_000_000 * USD, 4_000_000 * USD, 3 days, IRiskParameters.Tightening.Down, 0));
        list[2] = IRiskParameters.Family(Keys.COIN_RAMP_SECONDS, _bounds(7 days, 60 days, 30 days, 60 days, 3 days, IRiskParameters.Tightening.Up, 0));
    }

    function _of(
        bytes32 key,
        int128 value,
        int128 least,
        int128 most,
        int128 step,
        int128 in30Days,
        uint32 delay,
        IRiskParameters.Tightening tightening,
        uint8 group
    ) private pure returns (IRiskParameters.Setup memory) {
        return IRiskParameters.Setup(key, _bounds(least, most, step, in30Days, delay, tightening, group), value);
    }

    function _bounds(int128 least, int128 most, int128 step, int128 in30Days, uint32 delay, IRiskParameters.Tightening tightening, uint8 group)
        private
        pure
        returns (IRiskParameters.Bounds memory)
    {
        return IRiskParameters.Bounds(least, most, uint128(step), uint128(in30Days), delay, tightening, group);
    }
}
