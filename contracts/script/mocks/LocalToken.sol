// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token that anybody may make, for a chain on one's own machine. It refuses to exist anywhere else.
contract LocalToken is ERC20 {
    uint256 public constant LOCAL_CHAIN = 31_337;

    uint8 private immutable _decimals;

    error NotLocal(uint256 chainId, uint256 localChain);

    constructor(string memory name_, string memory symbol_, uint8 decimals_) ERC20(name_, symbol_) {
        require(block.chainid == LOCAL_CHAIN, NotLocal(block.chainid, LOCAL_CHAIN));
        _decimals = decimals_;
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function mint(address to, uint256 amount) external {
        require(block.chainid == LOCAL_CHAIN, NotLocal(block.chainid, LOCAL_CHAIN));
        _mint(to, amount);
    }
}
