// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {PmsToken} from "../../src/governance/PmsToken.sol";

/// @notice Lends votes within one transaction, as a pool would.
contract FlashLender {
    PmsToken private immutable token;

    constructor(PmsToken token_) {
        token = token_;
    }

    function lend(uint256 amount, address borrower, bytes calldata call) external returns (bool success, bytes memory result) {
        token.transfer(borrower, amount);
        (success, result) = borrower.call(call);
        token.transferFrom(borrower, address(this), amount);
    }
}

/// @notice Does with borrowed votes whatever it is told.
contract Borrower {
    constructor(PmsToken token, address lender) {
        token.delegate(address(this));
        token.approve(lender, type(uint256).max);
    }

    function run(address target, bytes calldata data) external returns (bytes memory result) {
        bool success;
        (success, result) = target.call(data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
    }
}
