// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

/// @title Votes of the protocol
/// @notice The whole supply is made at construction; nobody can make more. It is no collateral of the house.
/// @dev Votes are counted by time, not by block number: delays and veto windows are promises in hours, and blocks of rollups come at uneven pace (on some, block.number is another chain's).
/// A past second has one value, its last, so what is borrowed and given back within a second was never there.
contract PmsToken is ERC20, ERC20Permit, ERC20Votes {
    uint256 public constant SUPPLY = 1_000_000_000e18;
    uint256 public constant MAX_HOLDERS = 64;

    error WrongDistribution(uint256 total, uint256 supply);
    error TooManyHolders(uint256 count, uint256 most);

    /// @param amounts one for each holder, together the whole supply
    constructor(address[] memory holders, uint256[] memory amounts) ERC20("Predictive Margin System", "PMS") ERC20Permit("Predictive Margin System") {
        require(holders.length <= MAX_HOLDERS && holders.length == amounts.length, TooManyHolders(holders.length, MAX_HOLDERS));
        for (uint256 i = 0; i < holders.length; ++i) {
            _mint(holders[i], amounts[i]);
        }
        require(totalSupply() == SUPPLY, WrongDistribution(totalSupply(), SUPPLY));
    }

    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }

    function _update(address from, address to, uint256 amount) internal override(ERC20, ERC20Votes) {
        super._update(from, to, amount);
    }
}
