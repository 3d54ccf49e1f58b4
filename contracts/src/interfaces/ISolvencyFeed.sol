// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title A feed as lending protocols know it (Chainlink's AggregatorV3Interface)
/// @dev `updatedAt` is when the market was observed, not when the round was written: who bounds its age bounds that of the data.
interface ISolvencyFeed {
    error NoData(uint256 roundId);

    function decimals() external view returns (uint8);
    function description() external view returns (string memory);
    function version() external view returns (uint256);

    /// @notice The index that counts now; reverts where there is none.
    function latestRoundData() external view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);

    /// @notice An index of the past; reverts where it is not kept.
    function getRoundData(uint80 roundId) external view returns (uint80 roundId_, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
