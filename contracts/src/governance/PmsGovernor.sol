// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
import {GovernorPreventLateQuorum} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorTimelockControl} from "@openzeppelin/contracts/governance/extensions/GovernorTimelockControl.sol";
import {GovernorVotes} from "@openzeppelin/contracts/governance/extensions/GovernorVotes.sol";
import {GovernorVotesQuorumFraction} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {PmsToken} from "./PmsToken.sol";

/// @title Votes on everything that is governed
/// @notice Who may vote is settled the second before a proposal exists: votes bought or borrowed because of it, or together with it, count for nothing.
/// A proposal names its proposer at the end of its text (`#proposer=0x...`), so that nobody can file another's proposal first and cancel it. What is not queued within 14 days has lapsed.
/// @dev The settings can be voted on, but only within the bounds below: a captured vote cannot make the next one quick or small.
contract PmsGovernor is
    Governor,
    GovernorSettings,
    GovernorCountingSimple,
    GovernorVotes,
    GovernorVotesQuorumFraction,
    GovernorPreventLateQuorum,
    GovernorTimelockControl
{
    uint256 public constant QUEUE_WINDOW = 14 days;
    uint256 public constant MIN_VOTING_DELAY = 1 days;
    uint256 public constant MAX_VOTING_DELAY = 7 days;
    /// @dev More than a weekend, so that every vote has a weekday.
    uint256 public constant MIN_VOTING_PERIOD = 3 days;
    uint256 public constant MAX_VOTING_PERIOD = 14 days;
    uint256 public constant MIN_LATE_EXTENSION = 1 days;
    uint256 public constant MAX_LATE_EXTENSION = 3 days;
    /// @dev Shares of the supply. [percent]
    uint256 public constant MIN_QUORUM = 4;
    uint256 public constant MAX_QUORUM = 30;
    /// @dev [votes]; 0.1 % and 2 % of the supply
    uint256 public constant MIN_THRESHOLD = 1_000_000e18;
    uint256 public constant MAX_THRESHOLD = 20_000_000e18;

    error SettingOutOfBounds(uint256 value, uint256 least, uint256 most);

    /// @dev [s] last second before the proposal existed
    mapping(uint256 proposalId => uint48) private _electorateAt;

    constructor(PmsToken token_, TimelockController timelock_)
        Governor("PMS Governor")
        GovernorSettings(1 days, 3 days, 5_000_000e18)
        GovernorVotes(IVotes(address(token_)))
        GovernorVotesQuorumFraction(10)
        GovernorPreventLateQuorum(1 days)
        GovernorTimelockControl(timelock_)
    {}

    /// @notice Second at whose end votes and supply are counted: the one before the proposal existed. [s]
    function proposalSnapshot(uint256 proposalId) public view override returns (uint256) {
        return _electorateAt[proposalId];
    }

    /// @notice Second after which votes can be cast. [s]
    function voteStart(uint256 proposalId) public view returns (uint256) {
        return super.proposalSnapshot(proposalId);
    }

    function state(uint256 proposalId) public view override(Governor, GovernorTimelockControl) returns (ProposalState) {
        ProposalState current = super.state(proposalId);
        if (current == ProposalState.Active && clock() <= voteStart(proposalId)) return ProposalState.Pending;
        if (current == ProposalState.Succeeded && clock() > proposalDeadline(proposalId) + QUEUE_WINDOW) return ProposalState.Expired;
        return current;
    }

    function proposalDeadline(uint256 proposalId) public view override(Governor, GovernorPreventLateQuorum) returns (uint256) {
        return super.proposalDeadline(proposalId);
    }

    function proposalNeedsQueuing(uint256 proposalId) public view override(Governor, GovernorTimelockControl) returns (bool) {
        return super.proposalNeedsQueuing(proposalId);
    }

    function proposalThreshold() public view override(Governor, GovernorSettings) returns (uint256) {
        return super.proposalThreshold();
    }

    function _propose(address[] memory targets, uint256[] memory values, bytes[] memory calldatas, string memory description, address proposer)
        internal
        override
        returns (uint256 proposalId)
    {
        proposalId = super._propose(targets, values, calldatas, description, proposer);
        _electorateAt[proposalId] = clock() - 1;
    }

    /// @dev The suffix is a must here; the base only checks one that is there.
    function _isValidDescriptionForProposer(address proposer, string memory description) internal pure override returns (bool) {
        bytes memory text = bytes(description);
        bytes memory marker = "#proposer=";
        if (text.length < 52) return false;
        for (uint256 i = 0; i < marker.length; ++i) {
            if (text[text.length - 52 + i] != marker[i]) return false;
        }
        (bool valid, address named) = Strings.tryParseAddress(description, text.length - 42, text.length);
        return valid && named == proposer;
    }

    function _setVotingDelay(uint48 newVotingDelay) internal override {
        _requireWithin(newVotingDelay, MIN_VOTING_DELAY, MAX_VOTING_DELAY);
        super._setVotingDelay(newVotingDelay);
    }

    function _setVotingPeriod(uint32 newVotingPeriod) internal override {
        _requireWithin(newVotingPeriod, MIN_VOTING_PERIOD, MAX_VOTING_PERIOD);
        super._setVotingPeriod(newVotingPeriod);
    }

    function _setProposalThreshold(uint256 newProposalThreshold) internal override {
        _requireWithin(newProposalThreshold, MIN_THRESHOLD, MAX_THRESHOLD);
        super._setProposalThreshold(newProposalThreshold);
    }

    function _setLateQuorumVoteExtension(uint48 newVoteExtension) internal override {
        _requireWithin(newVoteExtension, MIN_LATE_EXTENSION, MAX_LATE_EXTENSION);
        super._setLateQuorumVoteExtension(newVoteExtension);
    }

    function _updateQuorumNumerator(uint256 newQuorumNumerator) internal override {
        _requireWithin(newQuorumNumerator, MIN_QUORUM, MAX_QUORUM);
        super._updateQuorumNumerator(newQuorumNumerator);
    }

    function _requireWithin(uint256 value, uint256 least, uint256 most) private pure {
        require(value >= least && value <= most, SettingOutOfBounds(value, least, most));
    }

    function _tallyUpdated(uint256 proposalId) internal override(Governor, GovernorPreventLateQuorum) {
        super._tallyUpdated(proposalId);
    }

    function _queueOperations(uint256 proposalId, address[] memory targets, uint256[] memory values, bytes[] memory calldatas, bytes32 descriptionHash)
        internal
        override(Governor, GovernorTimelockControl)
        returns (uint48)
    {
        return super._queueOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _executeOperations(uint256 proposalId, address[] memory targets, uint256[] memory values, bytes[] memory calldatas, bytes32 descriptionHash)
        internal
        override(Governor, GovernorTimelockControl)
    {
        super._executeOperations(proposalId, targets, values, calldatas, descriptionHash);
    }

    function _cancel(address[] memory targets, uint256[] memory values, bytes[] memory calldatas, bytes32 descriptionHash)
        internal
        override(Governor, GovernorTimelockControl)
        returns (uint256)
    {
        return super._cancel(targets, values, calldatas, descriptionHash);
    }

    function _executor() internal view override(Governor, GovernorTimelockControl) returns (address) {
        return super._executor();
    }
}
