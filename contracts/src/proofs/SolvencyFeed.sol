// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ISolvencyFeed} from "../interfaces/ISolvencyFeed.sol";
import {ISolvencyIndex, ISolvencyOracle} from "../interfaces/ISolvencyOracle.sol";

/// @title The solvency index as a feed
contract SolvencyFeed is ISolvencyFeed {
    uint8 public constant decimals = 18;
    string public constant description = "PMS solvency index: resources / expected shortfall";
    uint256 public constant version = 1;

    ISolvencyOracle public immutable ORACLE;

    constructor(ISolvencyOracle oracle) {
        ORACLE = oracle;
    }

    /// @inheritdoc ISolvencyFeed
    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        (bool known, uint256 id, ISolvencyOracle.Round memory round) = ORACLE.latest();
        require(known, ISolvencyIndex.SolvencyUnknown());
        return _data(id, round);
    }

    /// @inheritdoc ISolvencyFeed
    function getRoundData(uint80 roundId) external view returns (uint80, int256, uint256, uint256, uint80) {
        (bool kept, ISolvencyOracle.Round memory round) = ORACLE.at(roundId);
        require(kept, NoData(roundId));
        return _data(roundId, round);
    }

    function _data(uint256 id, ISolvencyOracle.Round memory round) private pure returns (uint80, int256, uint256, uint256, uint80) {
        return (uint80(id), int256(round.indexWad), round.observedAt, round.observedAt, uint80(id));
    }
}
