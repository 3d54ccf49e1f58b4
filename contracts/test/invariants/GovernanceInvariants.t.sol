// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {TestBase} from "../support/TestBase.sol";
import {GovernanceHandler} from "./GovernanceHandler.sol";

/// @notice Stateful: whatever the order of proposals, votes, transfers, executions, enactments, cancellations, tightenings, pauses, new coins, new sets and attacks.
/// @dev Each rule is one campaign with runs of its own; at the end of each run every rule is looked at. The handler itself may not revert; what is refused must be what the ledger calls illegal.
abstract contract GovernanceCampaign is TestBase {
    uint256 private constant ENOUGH_CALLS = 120;

    uint256 private immutable SALT;

    GovernanceHandler internal handler;

    struct Selectors {
        address addr;
        bytes4[] selectors;
    }

    /// @param salt of what the handler draws: each campaign takes paths of its own
    constructor(uint256 salt) {
        SALT = salt;
    }

    function setUp() public {
        bytes memory code = bytes.concat(vm.getCode("GovernanceHandler.sol:GovernanceHandler"), abi.encode(SALT));
        address made;
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        assertTrue(made != address(0), "the handler");
        handler = GovernanceHandler(made);
    }

    function targetContracts() external view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(handler);
    }

    /// @notice Who calls the handler does not matter; drawing senders needs the dictionary that foundry.toml turns off.
    function targetSenders() external pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(0x5E4D);
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
