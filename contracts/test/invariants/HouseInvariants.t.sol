// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SaltedCampaign} from "../support/SaltedCampaign.sol";
import {HouseHandler} from "./HouseHandler.sol";

/// @notice Stateful: whatever the order of deposits, trades, closes, settlements, funding, looks, liquidations, pauses, new nodes and attacks.
/// @dev Each rule of docs/protocol.md is one campaign with runs of its own; at the end of each run every rule is looked at.
/// The handler itself may not revert; what the house refuses is counted and must have a reason.
abstract contract HouseCampaign is SaltedCampaign {
    uint256 private constant ENOUGH_CALLS = 60;

    HouseHandler internal handler;

    constructor(uint256 salt) SaltedCampaign(salt) {}

    function handlerName() internal pure override returns (string memory) {
        return "HouseHandler.sol:HouseHandler";
    }

    function setUp() public override {
        super.setUp();
        handler = HouseHandler(handlerAddress());
    }

    function targetSelectors() external view returns (Selectors[] memory list) {
        list = new Selectors[](1);
        list[0].addr = address(handler);
        bytes4[26] memory weighted = [
            HouseHandler.trade.selector, // most of the time
            HouseHandler.trade.selector,
            HouseHandler.trade.selector,
            HouseHandler.trade.selector,
            HouseHandler.trade.selector,
            HouseHandler.withdraw.selector,
            HouseHandler.withdraw.selector,
            HouseHandler.batch.selector,
            HouseHandler.batch.selector,
            HouseHandler.close.selector,
            HouseHandler.close.selector,
            HouseHandler.step.selector,
            HouseHandler.step.selector,
            HouseHandler.settle.selector,
            HouseHandler.settle.selector,
            HouseHandler.deposit.selector,
            HouseHandler.depositCoin.selector,
            HouseHandler.withdrawCoin.selector,
            HouseHandler.leave.selector,
            HouseHandler.moveFunding.selector,
            HouseHandler.look.selector,
            HouseHandler.pause.selector,
            HouseHandler.endPause.selector,
            HouseHandler.collectFees.selector,
            HouseHandler.rebase.selector,
            HouseHandler.tryForbidden.selector
        ];
        list[0].selectors = new bytes4[](weighted.length + 2);
        for (uint256 i = 0; i < weighted.length; ++i) {
            list[0].selectors[i] = weighted[i];
        }
        list[0].selectors[weighted.length] = HouseHandler.moveNodes.selector;
        list[0].selectors[weighted.length + 1] = HouseHandler.endPause.selector;
    }

    function requireWhole(bytes32 rule) internal view {
        require(handler.broken(rule) == 0, NotTrue(handler.story(rule)));
    }

    /// @notice Every rule holds at the end; few refusals, each with a reason; and the run was no empty one.
    function afterInvariant() public view {
        bytes32[11] memory rules = [
            bytes32("CON-01"),
            "CON-02",
            "CON-03",
            "CON-05",
            "CON-06",
            "CON-07",
            "CON-08",
            "CON-09",
            "CON-09 books",
            "CON-09 ladder",
            "GOV-05"
        ];
        for (uint256 i = 0; i < rules.length; ++i) {
            requireWhole(rules[i]);
        }
        requireBooks();
        requireDust();
        requireWhole("a refusal with no reason");
        requireWhole("accepted what must be refused");
        uint256 calls = handler.calls();
        if (calls < ENOUGH_CALLS) return;
        assertAtMost(handler.byRule() * 5, calls, "refusals of what was meant to pass: at most a fifth");
        assertAtMost(handler.deliberate() * 2, calls, "refusals on purpose: at most half");
        assertTrue(handler.trades() != 0, "trades");
    }

    /// @notice Tokens and open interest, exactly.
    function requireBalances() internal view {
        (uint256 cash, uint256 first, uint256 second) = handler.heldTokens();
        assertEq(cash + handler.cashOut(), handler.cashIn(), "cash in and out");
        assertEq(first + handler.tokensOut(0), handler.tokensIn(0), "first coin in and out");
        assertEq(second + handler.tokensOut(1), handler.tokensIn(1), "second coin in and out");
        for (uint8 coin = 0; coin < 2; ++coin) {
            (uint256 held, uint256 sum) = handler.coinHeld(coin);
            assertEq(held, sum, "coins of the accounts");
            assertEq(held, coin == 0 ? first : second, "coins held");
        }
        for (uint256 i = 0; i < handler.instrumentCount(); ++i) {
            (int256 sum, bool balanced) = handler.sumOf(i);
            assertTrue(!balanced || sum == 0, "open interest adds up to nothing");
            assertEq(sum, handler.openInterest(handler.listed(i)), "open interest of the ledger");
        }
    }

    /// @notice What rounding leaves belongs to the house: never less than nothing, never more than a wad for each division.
    function requireDust() internal view {
        (uint256 cash,,) = handler.heldTokens();
        (int256 owedWad, int256 pendingWad2) = handler.owed();
        int256 dustWad2 = (int256(cash * 1e12) - owedWad) * 1e18 - pendingWad2;
        assertTrue(dustWad2 >= 0, "more is owed than is held");
        assertAtMost(uint256(dustWad2), handler.roundings() * 1e18, "more is held than roundings explain");
    }

    /// @notice The house and the ledger kept from its events agree on every account.
    function requireBooks() internal view {
        for (uint64 account = 1; account <= handler.OWNERS(); ++account) {
            string memory what = handler.difference(account);
            require(bytes(what).length == 0, NotTrue(what));
        }
    }
}

contract ConservationCampaign is HouseCampaign(1) {
    function invariant_CON01_TokensHeldAreWhatIsOwed() public view {
        requireWhole("CON-01");
        requireBalances();
        requireDust();
    }
}

contract HealthCampaign is HouseCampaign(2) {
    function invariant_CON02_WhoTradesOrWithdrawsMeetsMarginAndStress() public view {
        requireWhole("CON-02");
    }
}

contract ExemptionCampaign is HouseCampaign(3) {
    function invariant_CON03_NobodyIsExempt() public view {
        requireWhole("CON-03");
    }
}

contract RoundingCampaign is HouseCampaign(4) {
    function invariant_CON04_RoundingNeverFavoursAnAccount() public view {
        requireDust();
    }
}

contract ExitCampaign is HouseCampaign(5) {
    function invariant_CON05_WithoutLegsAndDebtEverythingLeaves() public view {
        requireWhole("CON-05");
    }
}

contract IsolationCampaign is HouseCampaign(6) {
    function invariant_CON06_OnlyWhoTakesPartChanges() public view {
        requireWhole("CON-06");
        requireBooks();
    }
}

contract SourceCampaign is HouseCampaign(7) {
    function invariant_CON07_PricesComeFromAQuorumAlone() public view {
        requireWhole("CON-07");
        assertTrue(handler.pricesAreAttested(), "prices");
    }
}

contract StaleCampaign is HouseCampaign(8) {
    function invariant_CON08_StaleOrPausedTakesNoRisk() public view {
        requireWhole("CON-08");
    }
}

contract OnceCampaign is HouseCampaign(9) {
    function invariant_CON09_WhatIsWrittenOnceStays() public view {
        requireWhole("CON-09");
        requireWhole("CON-09 books");
        requireWhole("CON-09 ladder");
    }
}

contract GasCampaign is HouseCampaign(10) {
    /// @dev Most gas of one call with up to two matches or twenty legs, measured inside one transaction.
    uint256 private constant GAS_CEILING = 1_500_000;

    function invariant_CON10_EveryCallStaysBelowTheCeiling() public view {
        assertAtMost(handler.mostGas(), GAS_CEILING, "gas of a call");
    }
}

contract PauseCampaign is HouseCampaign(11) {
    function invariant_GOV05_PausesOnlyTightenAndLapse() public view {
        requireWhole("GOV-05");
        assertEq(uint256(handler.stateOnChain()), uint256(handler.state()), "operating state");
        assertAtMost(handler.pausedIn30Days(false), 7 days, "pause in thirty days");
    }
}
