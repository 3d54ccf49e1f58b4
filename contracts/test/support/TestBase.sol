// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Vm} from "./Vm.sol";

/// @notice Base of every test contract: the machine, assertions that show both values, bounded inputs.
abstract contract TestBase {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    bool public constant IS_TEST = true;

    error NotEqual(string what, int256 actual, int256 expected);
    error NotEqualBytes(string what, bytes32 actual, bytes32 expected);
    error NotTrue(string what);
    error TooLarge(string what, uint256 actual, uint256 most);

    function assertTrue(bool condition, string memory what) internal pure {
        require(condition, NotTrue(what));
    }

    function assertEq(uint256 actual, uint256 expected, string memory what) internal pure {
        require(actual == expected, NotEqual(what, int256(actual), int256(expected)));
    }

    function assertEq(int256 actual, int256 expected, string memory what) internal pure {
        require(actual == expected, NotEqual(what, actual, expected));
    }

    function assertEq(bytes32 actual, bytes32 expected, string memory what) internal pure {
        require(actual == expected, NotEqualBytes(what, actual, expected));
    }

    function assertEq(address actual, address expected, string memory what) internal pure {
        require(actual == expected, NotEqualBytes(what, bytes32(uint256(uint160(actual))), bytes32(uint256(uint160(expected)))));
    }

    function assertAtMost(uint256 actual, uint256 most, string memory what) internal pure {
        require(actual <= most, TooLarge(what, actual, most));
    }

    /// @notice A value of [least, most] from any input.
    function bound(uint256 value, uint256 least, uint256 most) internal pure returns (uint256) {
        if (least == 0 && most == type(uint256).max) return value;
        return least + (value % (most - least + 1));
    }

    function boundInt(int256 value, int256 least, int256 most) internal pure returns (int256) {
        uint256 offset = bound(uint256(value), 0, uint256(most - least));
        return least + int256(offset);
    }
}
