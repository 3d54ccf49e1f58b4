// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {PmsGovernor} from "../../src/governance/PmsGovernor.sol";
import {VetoTimelock} from "../../src/governance/VetoTimelock.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {Borrower, FlashLender} from "../support/FlashVotes.sol";
import {GovernanceFixture} from "./GovernanceFixture.sol";

contract VotesTest is GovernanceFixture {
    function poison() private view returns (bytes memory) {
        return abi.encodeCall(parameters.announce, (one(Keys.MAX_AGE_SECONDS, 420), DOCUMENT));
    }

    // ---- GOV-01 ----

    function test_GOV01_T40_FlashLoanedVotesNeitherProposeNorVote() public {
        FlashLender lender = new FlashLender(token);
        Borrower borrower = new Borrower(token, address(lender));
        vm.prank(CROWD);
        token.transfer(address(lender), 600_000_000e18);
        skipTime(1 days);

        Proposal memory p = drafted(address(borrower), address(parameters), poison(), "poison");
        bytes memory proposing = abi.encodeCall(governor.propose, (p.targets, p.values, p.calldatas, p.description));
        (bool success, bytes memory result) = lender.lend(600_000_000e18, address(borrower), abi.encodeCall(borrower.run, (address(governor), proposing)));
        assertTrue(!success, "a borrower within one transaction must not propose");
        assertEq(bytes32(bytes4(result)), bytes32(IGovernor.GovernorInsufficientProposerVotes.selector), "reason");

        // The proposal stands by honest hands; the loan still votes with nothing.
        Proposal memory open = drafted(WHALE, address(parameters), poison(), "poison");
        propose(WHALE, open);
        vm.warp(governor.voteStart(open.id) + 1);
        bytes memory voting = abi.encodeCall(governor.castVote, (open.id, 1));
        (success,) = lender.lend(600_000_000e18, address(borrower), abi.encodeCall(borrower.run, (address(governor), voting)));
        assertTrue(success, "casting itself is allowed");
        (, uint256 inFavour,) = governor.proposalVotes(open.id);
        assertEq(inFavour, 0, "borrowed votes count for nothing");
        vm.warp(governor.proposalDeadline(open.id) + 1);
        requireState(open, IGovernor.ProposalState.Defeated, "no quorum");
    }

    function test_GOV01_VotesBoughtAfterTheProposalCountForNothing() public {
        address buyer = address(0xBEEF);
        vm.prank(buyer);
        token.delegate(buyer);
        Proposal memory p = drafted(WHALE, address(parameters), poison(), "poison");
        propose(WHALE, p);
        vm.prank(CROWD); // in the same second as the proposal
        token.transfer(buyer, 300_000_000e18);
        vm.warp(governor.voteStart(p.id) + 1);
        vote(buyer, p, 1);
        (, uint256 inFavour,) = governor.proposalVotes(p.id);
        assertEq(inFavour, 0, "the buyer had none the second before");
        vote(CROWD, p, 0);
        (uint256 against,,) = governor.proposalVotes(p.id);
        assertEq(against, 600_000_000e18, "who sold afterwards votes with what was held then");
    }

    function testFuzz_GOV01_TheElectorateIsTheSecondBeforeTheProposal(uint256 wait, uint256 amount) public {
        wait = bound(wait, 1, 60 days);
        amount = bound(amount, 0, 400_000_000e18);
        skipTime(wait);
        uint256 before = token.getVotes(WHALE);
        vm.prank(WHALE);
        token.transfer(CROWD, amount);
        Proposal memory p = drafted(CROWD, address(parameters), poison(), "poison");
        propose(CROWD, p);
        assertEq(governor.proposalSnapshot(p.id), block.timestamp - 1, "snapshot");
        vm.warp(governor.voteStart(p.id) + 1);
        vote(WHALE, p, 1);
        (, uint256 inFavour,) = governor.proposalVotes(p.id);
        assertEq(inFavour, before, "as held the second before");
    }

    function test_GOV01_NoVoteBeforeTheVotingDelayHasPassed() public {
        Proposal memory p = drafted(WHALE, address(parameters), poison(), "poison");
        propose(WHALE, p);
        vm.warp(governor.voteStart(p.id));
        requireState(p, IGovernor.ProposalState.Pending, "pending up to voteStart");
        vm.prank(WHALE);
        vm.expectRevert(
            abi.encodeWithSelector(
                IGovernor.GovernorUnexpectedProposalState.selector, p.id, IGovernor.ProposalState.Pending, bytes32(1 << uint8(IGovernor.ProposalState.Active))
            )
        );
        governor.castVote(p.id, 1);
        vm.warp(governor.voteStart(p.id) + 1);
        vote(WHALE, p, 1);
    }

    // ---- GOV-02 ----

    function test_GOV02_NothingExecutesBeforeTheVetoWindowEnds() public {
        Proposal memory p = drafted(WHALE, address(parameters), poison(), "poison");
        pass(p);
        vm.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
        execute(p);
        queue(p);
        uint256 eta = governor.proposalEta(p.id);
        assertTrue(eta >= block.timestamp + 48 hours, "at least 48 hours");
        bytes32 id = timelock.hashOperationBatch(p.targets, p.values, p.calldatas, 0, bytes20(address(governor)) ^ keccak256(bytes(p.description)));
        vm.warp(eta - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                TimelockController.TimelockUnexpectedOperationState.selector, id, bytes32(1 << uint8(TimelockController.OperationState.Ready))
            )
        );
        execute(p);
        vm.warp(eta);
        execute(p);
        requireState(p, IGovernor.ProposalState.Executed, "executed");
    }

    function test_GOV02_WeekendsDoNotCountTowardsTheVetoWindow() public view {
        assertEq(timelock.delayFrom(MONDAY), 48 hours, "Monday");
        assertEq(timelock.delayFrom(MONDAY + 3 days - 1), 48 hours, "ends on Friday, the last second");
        assertEq(timelock.delayFrom(MONDAY + 3 days), 96 hours, "Thursday midnight runs up to the weekend");
        assertEq(timelock.delayFrom(MONDAY + 4 days + 18 hours), 96 hours, "Friday evening");
        assertEq(timelock.delayFrom(MONDAY + 5 days), 96 hours, "Saturday");
        assertEq(timelock.delayFrom(MONDAY + 7 days - 1), 48 hours + 1, "the last second of Sunday");
    }

    function testFuzz_GOV02_TheVetoWindowHasFortyEightWeekdayHours(uint256 from) public view {
        from = bound(from, 0, 4e9);
        uint256 delay = timelock.delayFrom(from);
        assertTrue(delay >= 48 hours && delay <= 96 hours, "two to four days");
        // Second writing: weekday seconds before a moment, counted in whole weeks.
        assertEq(weekdaySeconds(from + delay) - weekdaySeconds(from), 48 hours, "weekday hours");
    }

    function weekdaySeconds(uint256 timestamp) private pure returns (uint256) {
        uint256 shifted = timestamp + 3 days;
        uint256 rest = shifted % 7 days;
        return (shifted / 7 days) * 5 days + (rest < 5 days ? rest : 5 days);
    }

    function test_RevertIf_GOV02_TheDelayIsLowered() public {
        asTimelock();
        vm.expectRevert(abi.encodeWithSelector(VetoTimelock.DelayIsFixed.selector));
        timelock.updateDelay(0);
    }

    function test_GOV02_T40_ACapturedVoteCannotMakeTheNextOneQuickOrSmall() public {
        bytes[5] memory calls = [
            abi.encodeCall(governor.setVotingDelay, (0)),
            abi.encodeCall(governor.setVotingPeriod, (1 hours)),
            abi.encodeCall(governor.setProposalThreshold, (0)),
            abi.encodeCall(governor.updateQuorumNumerator, (1)),
            abi.encodeCall(governor.setLateQuorumVoteExtension, (0))
        ];
        for (uint256 i = 0; i < calls.length; ++i) {
            Proposal memory p = drafted(WHALE, address(governor), calls[i], "hurry");
            pass(p);
            queue(p);
            vm.warp(governor.proposalEta(p.id));
            vm.expectPartialRevert(PmsGovernor.SettingOutOfBounds.selector);
            execute(p);
        }
    }

    function test_GOV02_SettingsMoveWithinTheirBounds() public {
        carry(address(governor), abi.encodeCall(governor.setVotingPeriod, (5 days)), "longer votes");
        assertEq(governor.votingPeriod(), 5 days, "voting period");
        carry(address(governor), abi.encodeCall(governor.updateQuorumNumerator, (20)), "larger quorum");
        assertEq(governor.quorumNumerator(), 20, "quorum");
    }

    // ---- T40 ----

    function test_T40_AVoteBelowTheQuorumIsDefeated() public {
        address small = address(0x5A11);
        vm.prank(small);
        token.delegate(small);
        vm.prank(WHALE);
        token.transfer(small, 99_999_999e18); // just below 10 %
        skipTime(1);
        Proposal memory p = drafted(small, address(parameters), poison(), "weekend vote");
        propose(small, p);
        vm.warp(governor.voteStart(p.id) + 1);
        vote(small, p, 1);
        vm.warp(governor.proposalDeadline(p.id) + 1);
        requireState(p, IGovernor.ProposalState.Defeated, "below quorum");
    }

    function test_T40_EveryVoteHasAWeekday() public {
        // A vote that opens as Saturday begins runs into Monday evening and its operation waits until Wednesday at least.
        vm.warp(MONDAY + 4 days);
        Proposal memory p = drafted(WHALE, address(parameters), poison(), "over the weekend");
        propose(WHALE, p);
        assertEq(governor.voteStart(p.id), MONDAY + 5 days, "opens on Saturday");
        assertTrue(governor.proposalDeadline(p.id) >= MONDAY + 8 days, "still open on Monday");
    }

    function test_T40_AQuorumReachedLateLeavesADayToAnswer() public {
        Proposal memory p = drafted(WHALE, address(parameters), poison(), "late");
        propose(WHALE, p);
        uint256 deadline = governor.proposalDeadline(p.id);
        vm.warp(deadline);
        vote(WHALE, p, 1);
        assertEq(governor.proposalDeadline(p.id), deadline + 1 days, "extended");
        vm.warp(deadline + 1 days);
        vote(CROWD, p, 0);
        vm.warp(deadline + 1 days + 1);
        requireState(p, IGovernor.ProposalState.Defeated, "outvoted");
    }

    function test_T40_OnlyTheNamedProposerCanFile() public {
        Proposal memory p = drafted(WHALE, address(parameters), poison(), "mine");
        vm.prank(CROWD); // sees it in the pool and files first, to cancel it
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorRestrictedProposer.selector, CROWD));
        governor.propose(p.targets, p.values, p.calldatas, p.description);
        propose(WHALE, p);
    }

    function test_RevertIf_T40_AProposalNamesNoProposer() public {
        Proposal memory p = drafted(WHALE, address(parameters), poison(), "mine");
        string[4] memory texts = [
            "",
            "no suffix at all, but long enough to hold one if there were one here",
            string.concat(p.description, " "),
            "text#proposer=0x00000000000000000000000000000000000a11cg"
        ];
        for (uint256 i = 0; i < texts.length; ++i) {
            vm.prank(WHALE);
            vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorRestrictedProposer.selector, WHALE));
            governor.propose(p.targets, p.values, p.calldatas, texts[i]);
        }
    }

    function test_T40_TheProposerCancelsOnlyBeforeVotingBegins() public {
        Proposal memory p = drafted(WHALE, address(parameters), poison(), "mine");
        propose(WHALE, p);
        vm.warp(governor.voteStart(p.id) + 1);
        vm.prank(WHALE);
        vm.expectRevert(abi.encodeWithSelector(IGovernor.GovernorUnableToCancel.selector, p.id, WHALE));
        governor.cancel(p.targets, p.values, p.calldatas, keccak256(bytes(p.description)));

        Proposal memory other = drafted(WHALE, address(parameters), poison(), "other");
        propose(WHALE, other);
        vm.prank(WHALE);
        governor.cancel(other.targets, other.values, other.calldatas, keccak256(bytes(other.description)));
        requireState(other, IGovernor.ProposalState.Canceled, "cancelled while pending");
    }

    function test_T40_TheGuardianVetoesAQueuedOperation() public {
        Proposal memory p = drafted(WHALE, address(parameters), poison(), "poison");
        pass(p);
        queue(p);
        bytes32 id = timelock.hashOperationBatch(p.targets, p.values, p.calldatas, 0, bytes20(address(governor)) ^ keccak256(bytes(p.description)));
        vm.prank(GUARDIAN_HOLDER);
        guardian.cancelOperation(id);
        requireState(p, IGovernor.ProposalState.Canceled, "vetoed");
        vm.warp(block.timestamp + 10 days);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        execute(p);
    }

    // ---- GOV-07 ----

    function test_GOV07_APassedVoteThatNobodyQueuesLapses() public {
        Proposal memory p = drafted(WHALE, address(parameters), poison(), "forgotten");
        pass(p);
        uint256 deadline = governor.proposalDeadline(p.id);
        vm.warp(deadline + 14 days);
        requireState(p, IGovernor.ProposalState.Succeeded, "last second");
        vm.warp(deadline + 14 days + 1);
        requireState(p, IGovernor.ProposalState.Expired, "lapsed");
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        queue(p);
    }

    function test_GOV07_AQueuedOperationThatNobodyExecutesLapses() public {
        Proposal memory p = drafted(WHALE, address(parameters), poison(), "forgotten");
        pass(p);
        queue(p);
        uint256 eta = governor.proposalEta(p.id);
        vm.warp(eta + 14 days + 1);
        requireState(p, IGovernor.ProposalState.Canceled, "lapsed");
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        execute(p);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector); // nor a second time through the queue
        queue(p);
    }

    function test_GOV07_AnExecutedProposalRunsOnce() public {
        Proposal memory p = drafted(WHALE, address(parameters), poison(), "once");
        pass(p);
        queue(p);
        vm.warp(governor.proposalEta(p.id));
        execute(p);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        execute(p);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        queue(p);
        vm.prank(WHALE);
        vm.expectPartialRevert(IGovernor.GovernorUnexpectedProposalState.selector);
        governor.propose(p.targets, p.values, p.calldatas, p.description);
    }

    function test_GOV07_ApprovalsBindTheirPayload() public {
        Proposal memory p = drafted(WHALE, address(parameters), poison(), "small step");
        pass(p);
        queue(p);
        vm.warp(governor.proposalEta(p.id));
        p.calldatas[0] = abi.encodeCall(parameters.announce, (one(Keys.MAX_AGE_SECONDS, 421), DOCUMENT));
        vm.expectPartialRevert(IGovernor.GovernorNonexistentProposal.selector);
        execute(p);
    }

    function test_GOV07_OnlyTheGovernorSchedules() public {
        address[4] memory callers = [address(this), address(deploy), WHALE, GUARDIAN_HOLDER];
        bytes32 role = timelock.PROPOSER_ROLE();
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.prank(callers[i]);
            vm.expectRevert(abi.encodeWithSelector(IAccessControl.AccessControlUnauthorizedAccount.selector, callers[i], role));
            timelock.schedule(address(parameters), 0, poison(), 0, 0, 30 days);
        }
    }

    function test_TokenSupplyIsFixedAndClockedByTime() public view {
        assertEq(token.totalSupply(), 1_000_000_000e18, "supply");
        assertEq(keccak256(bytes(token.CLOCK_MODE())), keccak256("mode=timestamp"), "clock mode");
        assertEq(keccak256(bytes(governor.CLOCK_MODE())), keccak256("mode=timestamp"), "the governor follows");
        assertEq(uint256(token.clock()), block.timestamp, "clock");
    }
}
