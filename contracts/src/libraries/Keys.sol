// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Names of the governed numbers
/// @notice ASCII names, left-aligned in 32 bytes; the unit is the last word. A key of one coin is `ofCoin(name, coin index)`.
library Keys {
    bytes32 internal constant MAX_AGE_SECONDS = "maxAgeSeconds"; // of a batch
    bytes32 internal constant MAX_CLEARANCE_SECONDS = "maxClearanceSeconds"; // life of a clearance
    bytes32 internal constant MAX_FUTURE_SKEW_SECONDS = "maxFutureSkewSeconds";
    bytes32 internal constant SET_OVERLAP_SECONDS = "setOverlapSeconds";
    bytes32 internal constant PARAMETER_OVERLAP_SECONDS = "parameterOverlapSeconds";
    bytes32 internal constant MAX_PRICE_MOVE_WAD = "maxPriceMoveWad"; // share, per update
    bytes32 internal constant MAX_PRICE_MOVE_PER_HOUR_WAD = "maxPriceMovePerHourWad"; // share
    bytes32 internal constant MAX_MAINTENANCE_FALL_WAD = "maxMaintenanceFallWad"; // share of the total, per update
    bytes32 internal constant STRESS_MOVE_WAD = "stressMoveWad"; // share of the price, up and down
    bytes32 internal constant TIME_VALUE_SHARE_WAD = "timeValueShareWad"; // of gross option notional
    bytes32 internal constant MARGIN_CALL_SECONDS = "marginCallSeconds"; // deadline of a margin call
    bytes32 internal constant CLOSE_WINDOW_SECONDS = "closeWindowSeconds"; // age of a batch up to which pure closes at its marks go on
    bytes32 internal constant CASH_CAP_WAD = "cashCapWad"; // guarded launch: all cash in the house
    bytes32 internal constant DEPOSIT_PER_HOUR_WAD = "depositPerHourWad"; // all accounts, USD
    bytes32 internal constant WITHDRAW_PER_HOUR_WAD = "withdrawPerHourWad"; // all accounts, USD
    bytes32 internal constant TRADE_FEE_WAD = "tradeFeeWad"; // share of notional at the underlying's price, each side
    bytes32 internal constant MAX_FUNDING_PER_HOUR_WAD = "maxFundingPerHourWad"; // share of the price, by which a perpetual's index may move
    bytes32 internal constant LIQUIDATION_TARGET_WAD = "liquidationTargetWad"; // equity over maintenance margin that a liquidation restores
    bytes32 internal constant LIQUIDATION_START_RATE_WAD = "liquidationStartRateWad"; // USD for a keeper for each USD of shortfall removed, when an auction starts
    bytes32 internal constant LIQUIDATION_KNEE_RATE_WAD = "liquidationKneeRateWad"; // after the fast seconds
    bytes32 internal constant LIQUIDATION_END_RATE_WAD = "liquidationEndRateWad"; // after the slow seconds, and from then on
    bytes32 internal constant LIQUIDATION_FAST_SECONDS = "liquidationFastSeconds";
    bytes32 internal constant LIQUIDATION_SLOW_SECONDS = "liquidationSlowSeconds";
    bytes32 internal constant LIQUIDATION_FEE_WAD = "liquidationFeeWad"; // share of a keeper's cash for the insurance account
    bytes32 internal constant LIQUIDATION_LEAST_WAD = "liquidationLeastWad"; // USD of cash or shortfall in one slice, unless it is the last; an account that needs less margin is dust
    bytes32 internal constant LIQUIDATION_PER_HOUR_WAD = "liquidationPerHourWad"; // USD of shortfall that all auctions together may remove
    bytes32 internal constant INSURANCE_PER_HOUR_WAD = "insurancePerHourWad"; // USD that insurance may pay
    bytes32 internal constant LIQUIDATION_GRACE_SECONDS = "liquidationGraceSeconds"; // after an outage, before anything is liquidated
    bytes32 internal constant COIN_HAIRCUT_WAD = "coinHaircutWad"; // per coin: share of its price that does not count
    bytes32 internal constant COIN_CAP_WAD = "coinCapWad"; // per coin: whole coins (as wad) that the house takes
    bytes32 internal constant COIN_RAMP_SECONDS = "coinRampSeconds"; // per coin: time from its listing to full credit
    bytes32 internal constant SLASH_SHARE_WAD = "slashShareWad"; // of a bond
    bytes32 internal constant CHALLENGER_SHARE_WAD = "challengerShareWad"; // of what is slashed

    /// @notice Key of a number that each coin has for itself.
    function ofCoin(bytes32 name, uint8 coin) internal pure returns (bytes32) {
        return keccak256(abi.encode(name, coin));
    }
}
