// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {IGuardian} from "../interfaces/IGuardian.sol";
import {IProofVerifiers} from "../interfaces/IProofVerifiers.sol";
import {IRiskParameters} from "../interfaces/IRiskParameters.sol";
import {RollingSum} from "../libraries/RollingSum.sol";

/// @title Emergency power that lapses
/// @dev Contracts know this address, never the holder's: what is not a function here, no holder can do.
contract Guardian is IGuardian {
    using RollingSum for RollingSum.Window;

    /// @notice Longest term between two decisions of governance. [s]
    uint256 public constant MAX_TERM = 180 days;
    /// @notice Longest pause, and most of pause in any 30 days. [s]
    uint256 public constant MAX_PAUSE = 7 days;

    TimelockController public immutable governance;
    IRiskParameters public immutable parameters;
    IAttestationRegistry public immutable attestations;
    IProofVerifiers public immutable verifiers;

    address private _holder;
    uint64 private _until; // [s] last second of the power
    IAttestationRegistry.OperatingState private _level; // of the last pause
    uint64 private _pausedFrom; // [s] start of the last pause
    uint64 private _pausedUntil; // [s] the last pause holds before this second
    RollingSum.Window private _pauses; // [s] lengths

    constructor(
        TimelockController governance_,
        IRiskParameters parameters_,
        IAttestationRegistry attestations_,
        IProofVerifiers verifiers_,
        address holder,
        uint256 until
    ) {
        require(
            address(governance_) != address(0) && address(parameters_) != address(0) && address(attestations_) != address(0) && address(verifiers_) != address(0),
            ZeroValue()
        );
        (governance, parameters, attestations, verifiers) = (governance_, parameters_, attestations_, verifiers_);
        _appoint(holder, until);
    }

    modifier onlyHolder() {
        _requireHolder();
        _;
    }

    /// @inheritdoc IGuardian
    function appoint(address holder, uint256 until) external {
        require(msg.sender == address(governance), NotAuthorised(msg.sender));
        _appoint(holder, until);
    }

    /// @inheritdoc IGuardian
    function tighten(IRiskParameters.Change[] calldata changes) external onlyHolder {
        parameters.tighten(changes);
    }

    /// @inheritdoc IGuardian
    function cancelAnnouncement(bytes32 id) external onlyHolder {
        parameters.cancel(id);
    }

    /// @inheritdoc IGuardian
    function cancelOperation(bytes32 id) external onlyHolder {
        governance.cancel(id);
    }

    /// @inheritdoc IGuardian
    function cancelSet() external onlyHolder {
        attestations.cancelSet();
    }

    /// @inheritdoc IGuardian
    function cancelCircuit(bytes32 id) external onlyHolder {
        verifiers.cancel(id);
    }

    /// @inheritdoc IGuardian
    function removeCircuit(bytes32 circuitId) external onlyHolder {
        verifiers.remove(circuitId);
    }

    /// @inheritdoc IGuardian
    function pause(IAttestationRegistry.OperatingState level_, uint256 until) external onlyHolder {
        require(level_ != IAttestationRegistry.OperatingState.Normal, NotAPause(level_));
        require(until > block.timestamp, PauseTooShort(until, block.timestamp));
        bool running = block.timestamp < _pausedUntil;
        if (running) require(level_ >= _level && until >= _pausedUntil, WouldLoosen(_level, level_, _pausedUntil, until));
        uint256 from = running ? _pausedFrom : block.timestamp;
        // A running pause began at most 7 days ago, so its own length is in the sum and comes back out of it.
        uint256 spent = _pauses.sum() - (running ? _pausedUntil - from : 0);
        require(until <= from + MAX_PAUSE - spent, PauseTooLong(until, from + MAX_PAUSE - spent));

        if (running) _pauses.amend(uint128(until - from));
        else _pauses.add(uint128(until - from));
        (_level, _pausedFrom, _pausedUntil) = (level_, uint64(from), uint64(until));
        attestations.setPause(level_, uint40(until)); // at most 7 days ahead
        emit Paused(level_, until);
    }

    /// @inheritdoc IGuardian
    function endPause() external {
        if (msg.sender != address(governance)) _requireHolder();
        require(block.timestamp < _pausedUntil, NotPaused());
        _pauses.amend(uint128(block.timestamp - _pausedFrom));
        _pausedUntil = uint64(block.timestamp);
        attestations.setPause(IAttestationRegistry.OperatingState.Normal, uint40(block.timestamp));
        emit PauseEnded(block.timestamp);
    }

    /// @inheritdoc IGuardian
    function level() external view returns (IAttestationRegistry.OperatingState) {
        return block.timestamp < _pausedUntil ? _level : IAttestationRegistry.OperatingState.Normal;
    }

    /// @inheritdoc IGuardian
    function power() external view returns (address holder, uint256 until) {
        return (_holder, _until);
    }

    function _requireHolder() private view {
        require(msg.sender == _holder, NotAuthorised(msg.sender));
        require(block.timestamp <= _until, PowerLapsed(_holder, _until));
    }

    function _appoint(address holder, uint256 until) private {
        require(until <= block.timestamp + MAX_TERM, TermTooLong(until, block.timestamp + MAX_TERM));
        (_holder, _until) = (holder, uint64(until));
        emit Appointed(holder, until);
    }
}
