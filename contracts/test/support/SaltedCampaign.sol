// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {HandlerTarget} from "./HandlerTarget.sol";
import {TestBase} from "./TestBase.sol";

/// @notice A campaign over a handler that is created with a salt, so that each campaign takes paths of its own.
abstract contract SaltedCampaign is TestBase, HandlerTarget {
    uint256 private immutable SALT;

    address private _handler;

    /// @param salt of what the handler draws
    constructor(uint256 salt) {
        SALT = salt;
    }

    /// @notice The handler's contract, as `File.sol:Contract`.
    function handlerName() internal pure virtual returns (string memory);

    function handlerAddress() internal view override returns (address) {
        return _handler;
    }

    function setUp() public virtual {
        bytes memory code = bytes.concat(vm.getCode(handlerName()), abi.encode(SALT));
        address made;
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        assertTrue(made != address(0), "the handler");
        _handler = made;
    }
}
