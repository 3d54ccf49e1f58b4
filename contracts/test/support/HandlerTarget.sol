// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice Tells forge's invariant runs that one handler is called, by one sender.
abstract contract HandlerTarget {
    struct Selectors {
        address addr;
        bytes4[] selectors;
    }

    function handlerAddress() internal view virtual returns (address);

    function targetContracts() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = handlerAddress();
    }

    /// @notice Who calls the handler does not matter; drawing senders needs the dictionary that foundry.toml turns off.
    function targetSenders() external pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(0x5E4D);
    }
}
