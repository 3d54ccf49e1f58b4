// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IRiskParameters} from "../../src/interfaces/IRiskParameters.sol";
import {Deployment} from "../support/Deployment.sol";

/// @notice Proposals from their text to their execution.
abstract contract GovernanceFixture is Deployment {
    struct Proposal {
        address[] targets;
        uint256[] values;
        bytes[] calldatas;
        string description;
        uint256 id;
    }

    function setUp() public virtual {
        deployProtocol();
        vm.prank(WHALE);
        token.delegate(WHALE);
        vm.prank(CROWD);
        token.delegate(CROWD);
        skipTime(1 hours);
    }

    function skipTime(uint256 seconds_) internal {
        vm.warp(block.timestamp + seconds_);
        vm.roll(block.number + seconds_ / 12 + 1);
    }

    function suffixed(string memory text, address proposer) internal pure returns (string memory) {
        return string.concat(text, "#proposer=", Strings.toHexString(proposer));
    }

    function drafted(address proposer, address target, bytes memory data, string memory text) internal view returns (Proposal memory p) {
        p.targets = new address[](1);
        p.values = new uint256[](1);
        p.calldatas = new bytes[](1);
        (p.targets[0], p.calldatas[0], p.description) = (target, data, suffixed(text, proposer));
        p.id = governor.hashProposal(p.targets, p.values, p.calldatas, keccak256(bytes(p.description)));
    }

    function propose(address proposer, Proposal memory p) internal {
        vm.prank(proposer);
        governor.propose(p.targets, p.values, p.calldatas, p.description);
    }

    function vote(address voter, Proposal memory p, uint8 support) internal {
        vm.prank(voter);
        governor.castVote(p.id, support);
    }

    function queue(Proposal memory p) internal {
        governor.queue(p.targets, p.values, p.calldatas, keccak256(bytes(p.description)));
    }

    function execute(Proposal memory p) internal {
        governor.execute(p.targets, p.values, p.calldatas, keccak256(bytes(p.description)));
    }

    /// @notice Up to a successful vote.
    function pass(Proposal memory p) internal {
        propose(WHALE, p);
        vm.warp(governor.voteStart(p.id) + 1);
        vote(WHALE, p, 1);
        vm.warp(governor.proposalDeadline(p.id) + 1);
    }

    /// @notice Voted, queued, waited for, executed.
    function carry(address target, bytes memory data, string memory text) internal {
        Proposal memory p = drafted(WHALE, target, data, text);
        pass(p);
        queue(p);
        vm.warp(governor.proposalEta(p.id));
        execute(p);
    }

    function asTimelock() internal {
        vm.prank(address(timelock));
    }

    function announce(IRiskParameters.Change[] memory changes, bytes32 documentHash) internal returns (bytes32 id, uint256 nonce) {
        asTimelock();
        return parameters.announce(changes, documentHash);
    }

    function stateOf(Proposal memory p) internal view returns (IGovernor.ProposalState) {
        return governor.state(p.id);
    }

    function requireState(Proposal memory p, IGovernor.ProposalState expected, string memory what) internal view {
        assertEq(uint256(stateOf(p)), uint256(expected), what);
    }
}
