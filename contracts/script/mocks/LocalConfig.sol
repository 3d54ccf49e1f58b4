// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Deploy} from "../Deploy.sol";
import {LocalToken} from "./LocalToken.sol";

/// @title Everything a local chain needs before `Deploy`
/// @notice Makes a stablecoin with 6 decimals and two coins (18 and 8), and the configuration that lists them with BTC and ETH. It refuses any chain but 31337.
/// @dev Creating it makes the tokens; `config` is given to `Deploy` as it is. The rest is the real deployment, delays and all: a local chain moves its clock instead.
contract LocalConfig {
    int128 private constant PERCENT = 1e16;

    LocalToken public immutable cash;
    LocalToken public immutable ether_;
    LocalToken public immutable bitcoin;

    constructor() {
        cash = new LocalToken("Local Dollar", "LUSD", 6);
        ether_ = new LocalToken("Local Ether", "LETH", 18);
        bitcoin = new LocalToken("Local Bitcoin", "LBTC", 8);
    }

    /// @param owner holds all votes, is guardian and receives what slashing leaves
    /// @param attesters the first set, rising
    function config(address owner, address[] calldata attesters, bytes32 documentHash) external view returns (Deploy.Config memory c) {
        c.holders = new address[](1);
        c.amounts = new uint256[](1);
        (c.holders[0], c.amounts[0]) = (owner, 1_000_000_000e18);
        (c.guardianHolder, c.guardianUntil) = (owner, block.timestamp + 180 days);
        (c.documentHash, c.attesters, c.rotationDelay) = (documentHash, attesters, 2 days);
        (c.cash, c.insurance) = (address(cash), owner);
        (c.bondDelay, c.leastBond, c.challengeWindow) = (14 days, 10_000e6, 7 days);
        c.underlyings = new Deploy.Underlying[](2);
        c.underlyings[0] = Deploy.Underlying(0, "BTC", [uint64(10_000e8), 40_000e8, 80_000e8, 120_000e8, 200_000e8, 1_000_000e8]);
        c.underlyings[1] = Deploy.Underlying(1, "ETH", [uint64(300e8), 1500e8, 3000e8, 4500e8, 8000e8, 40_000e8]);
        c.coins = new Deploy.Coin[](2);
        c.coins[0] = Deploy.Coin(address(bitcoin), 0, 15 * PERCENT, 1000e18, 7 days);
        c.coins[1] = Deploy.Coin(address(ether_), 1, 20 * PERCENT, 20_000e18, 7 days);
        // Without circuits: whoever deploys adds the verifiers that he has made.
        (c.circuitDelay, c.floorSeconds, c.solvencyMaxAge) = (3 days, 1 hours, 30 minutes);
    }
}
