// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "./IAttestationRegistry.sol";
import {IRiskParameters} from "./IRiskParameters.sol";

/// @title Emergency power that lapses
/// @notice The holder may tighten numbers, pause, cancel and take a verifier of proofs out of use, and nothing else; at the end of its term it may do nothing. Only governance appoints a holder, so a silent governance ends the power.
interface IGuardian {
    event Appointed(address indexed holder, uint256 until);
    event Paused(IAttestationRegistry.OperatingState indexed level, uint256 until);
    event PauseEnded(uint256 at);

    error NotAuthorised(address caller);
    error PowerLapsed(address holder, uint256 until);
    error TermTooLong(uint256 until, uint256 most);
    error NotAPause(IAttestationRegistry.OperatingState level);
    error PauseTooLong(uint256 until, uint256 most);
    error WouldLoosen(IAttestationRegistry.OperatingState from, IAttestationRegistry.OperatingState to, uint256 fromUntil, uint256 toUntil);
    error PauseTooShort(uint256 until, uint256 now_);
    error NotPaused();
    error ZeroValue();

    /// @notice Names the holder and the last second of its power. Governance. Address 0 ends the power.
    /// @param until at most `MAX_TERM` from now [s]
    function appoint(address holder, uint256 until) external;

    /// @notice Tightens numbers at once, within their bounds and the cap on the guardian's own steps. Holder.
    function tighten(IRiskParameters.Change[] calldata changes) external;

    /// @notice Withdraws an announced change of numbers. Holder.
    function cancelAnnouncement(bytes32 id) external;

    /// @notice Vetoes an operation that waits in the timelock. Holder.
    function cancelOperation(bytes32 id) external;

    /// @notice Takes back an announced set of attesters. Holder.
    function cancelSet() external;

    /// @notice Withdraws an announced verifier of proofs. Holder.
    function cancelCircuit(bytes32 id) external;

    /// @notice Takes a verifier of proofs out of use at once. Holder.
    function removeCircuit(bytes32 circuitId) external;

    /// @notice Pauses to a level up to a second. A running pause can be made stricter or longer, never weaker. Holder.
    /// @dev Pauses that began in the last 30 days add up to at most `MAX_PAUSE`, so that no 30 days hold more than 7 of pause.
    function pause(IAttestationRegistry.OperatingState level, uint256 until) external;

    /// @notice Ends a pause before its time. Holder or governance.
    function endPause() external;

    /// @notice Level in force now; Normal where no pause runs.
    function level() external view returns (IAttestationRegistry.OperatingState);

    /// @notice Who holds the power, and up to which second. [s]
    function power() external view returns (address holder, uint256 until);
}
