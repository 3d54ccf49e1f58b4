// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice A contract for tests of the gateway: every kind of value, an event, an error with values.
contract Probe {
    struct Inner {
        int128 signedValue;
        bytes32 word;
    }

    event Counted(address indexed by, uint64 count, int256 amount);

    error TooMuch(uint256 value, uint256 most);

    uint64 public count;

    function add(uint64 by, int256 amount) external {
        require(by <= 100, TooMuch(by, 100));
        count += by;
        emit Counted(msg.sender, count, amount);
    }

    function echo(uint8 small, uint256 large, Inner[] calldata inner, bytes calldata data) external pure returns (uint8, uint256, Inner[] memory, bytes memory) {
        return (small, large, inner, data);
    }
}
