// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

/// @title Timelock whose veto window no weekend eats up, and whose approvals expire
/// @notice An operation waits 48 hours that are not Saturday or Sunday (UTC): two to four days. After that it can be executed for 14 days, by anyone.
/// @dev This is the address that the protocol obeys. It administers itself from the start: no deployer has ever had a role in it.
contract VetoTimelock is TimelockController {
    /// @notice Length of the veto window, Saturdays and Sundays not counted. [s]
    uint256 public constant VETO_WINDOW = 48 hours;
    /// @notice How long a ready operation stays ready. [s]
    uint256 public constant EXECUTION_WINDOW = 14 days;

    /// @notice The window is a promise to those who may want to leave; governance cannot shorten it.
    error DelayIsFixed();
    error ZeroAddress();

    /// @param governor may schedule and cancel
    /// @param guardian may cancel
    constructor(address governor, address guardian) TimelockController(VETO_WINDOW, _only(governor), _only(address(0)), address(0)) {
        require(governor != address(0) && guardian != address(0), ZeroAddress());
        _grantRole(CANCELLER_ROLE, guardian);
    }

    /// @notice Least delay of what is scheduled now: up to the second at which 48 weekday hours have passed. [s]
    function getMinDelay() public view override returns (uint256) {
        return delayFrom(block.timestamp);
    }

    /// @notice Seconds from a moment until 48 hours outside of Saturday and Sunday have passed. [s]
    function delayFrom(uint256 timestamp) public pure returns (uint256) {
        // 1970-01-01 was a Thursday; counted from the Monday before it.
        uint256 intoWeek = (timestamp + 3 days) % 7 days;
        if (intoWeek >= 5 days) return 7 days - intoWeek + VETO_WINDOW; // begins on the weekend
        return intoWeek + VETO_WINDOW >= 5 days ? VETO_WINDOW + 2 days : VETO_WINDOW; // would run into it, or not
    }

    function getOperationState(bytes32 id) public view override returns (OperationState state) {
        state = super.getOperationState(id);
        if (state == OperationState.Ready && block.timestamp > getTimestamp(id) + EXECUTION_WINDOW) return OperationState.Unset;
    }

    /// @notice Accepts the ownership of a contract that offers it to this timelock; anyone. At deployment nobody waits for a vote: until then the deploying contract would be the owner.
    function takeOwnership(Ownable2Step target) external {
        target.acceptOwnership();
    }

    function updateDelay(uint256) external pure override {
        revert DelayIsFixed();
    }

    function _only(address one) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = one;
    }
}
