// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SaltedCampaign} from "../support/SaltedCampaign.sol";
import {GovernanceHandler} from "./GovernanceHandler.sol";

/// @notice Stateful: whatever the order of proposals, votes, transfers, executions, enactments, cancellations, tightenings, pauses, new coins, new sets and attacks.
/// @dev Each rule is one campaign with runs of its own; at the end of each run every rule is looked at. The handler itself may not revert; what is refused must be what the ledger calls illegal.
abstract contract GovernanceCampaign is SaltedCampaign {
    uint256 private constant ENOUGH_CALLS = 120;

    GovernanceHandler internal handler;

    constructor(uint256 salt) SaltedCampaign(salt) {}

    function handlerName() internal pure override returns (string memory) {
        return "GovernanceHandler.sol:GovernanceHandler";
    }

    function setUp() public override {
        super.setUp();
        handler = GovernanceHandler(handlerAddress());
    }

    function targetSelectors() external view returns (Selectors[] memory list) {
        list = new Selectors[](1);
        list[0].addr = address(handler);
        list[0].selectors = new bytes4[](7);
        list[0].selectors[0] = GovernanceHandler.carry.selector;
        list[0].selectors[1] = GovernanceHandler.enactDue.selector;
        list[0].selectors[2] = GovernanceHandler.walkCoin.selector;
        list[0].selectors[3] = GovernanceHandler.step.selector;
        list[0].selectors[4] = GovernanceHandler.ballot.selector;
        list[0].selectors[5] = GovernanceHandler.emergency.selector;
        list[0].selectors[6] = GovernanceHandler.attack.selector;
    }

    function requireWhole(bytes32 rule) internal view {
        require(handler.broken(rule) == 0, NotTrue(handler.story(rule)));
    }

    /// @notice The registry and the ledger kept from events agree on every number.
    function requireBooks() internal view {
        string memory what = handler.difference();
        require(bytes(what).length == 0, NotTrue(what));
    }

    /// @notice Every rule holds at the end; few refusals, each with a reason; and the run was no empty one.
    function afterInvariant() public view {
        bytes32[6] memory rules = [bytes32("GOV-01"), "GOV-02", "GOV-03", "GOV-04", "GOV-06", "GOV-07"];
        for (uint256 i = 0; i < rules.length; ++i) {
            requireWhole(rules[i]);
        }
        requireWhole("a refusal with no reason");
        requireWhole("accepted what must be refused");
        requireBooks();
        assertTrue(handler.sumsAgree(), "sums of thirty days");
        assertTrue(handler.proposalsAgree(), "proposals");
        assertTrue(handler.rampsAgree(), "coins and sets");
        uint256 calls = handler.calls();
        if (calls < ENOUGH_CALLS) return;
        assertAtMost(handler.byRule() * 5, calls, "refusals of what was meant to pass: at most a fifth");
        assertAtMost(handler.deliberate() * 2, calls, "refusals on purpose: at most half");
        assertTrue(handler.executed() != 0 && handler.enacted() != 0, "something executed and enacted");
    }
}

contract ElectorateCampaign is GovernanceCampaign(101) {
    function invariant_GOV01_VotesCountAsOfBeforeTheProposal() public view {
        requireWhole("GOV-01");
        assertTrue(handler.proposalsAgree(), "proposals");
    }
}

contract DelayCampaign is GovernanceCampaign(102) {
    function invariant_GOV02_NothingHappensBeforeItsDelay() public view {
        requireWhole("GOV-02");
    }
}

contract LimitsCampaign is GovernanceCampaign(103) {
    function invariant_GOV03_NumbersKeepBoundsStepsAndThirtyDaySums() public view {
        requireWhole("GOV-03");
        requireBooks();
        assertTrue(handler.sumsAgree(), "sums of thirty days");
    }
}

contract CoupledCampaign is GovernanceCampaign(104) {
    function invariant_GOV04_CoupledNumbersMoveTogether() public view {
        requireWhole("GOV-04");
    }
}

contract RampCampaign is GovernanceCampaign(106) {
    function invariant_GOV06_NewCoinsAndSetsStartWithNothing() public view {
        requireWhole("GOV-06");
        assertTrue(handler.rampsAgree(), "coins and sets");
    }
}

contract ApprovalCampaign is GovernanceCampaign(107) {
    function invariant_GOV07_ApprovalsExpireAndBindOnePayloadOnce() public view {
        requireWhole("GOV-07");
        requireBooks();
    }
}
