// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AttesterBond} from "../../src/attestation/AttesterBond.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IAttesterBond} from "../../src/interfaces/IAttesterBond.sol";
import {ChallengeFixture} from "../support/ChallengeFixture.sol";
import {BlockingToken, FeeToken, HookToken} from "../support/Tokens.sol";

/// @notice Bonds: in, out after the delay, slashed by StressChallenge alone.
contract AttesterBondTest is ChallengeFixture {
    address private constant OUTSIDER = address(0x0517);

    function _slash(address attester, uint256 shareWad, uint256 challengerShareWad) private returns (uint256) {
        vm.prank(address(challenge));
        return bond.slash(attester, shareWad, CHALLENGER, challengerShareWad);
    }

    function test_DepositCreditsWhatArrives() public {
        FeeToken fees = new FeeToken();
        bond = new AttesterBond(GOVERNANCE, fees, registry, BOND_DELAY, BOND / 2, INSURANCE);
        fees.mint(address(this), 1000);
        fees.approve(address(bond), 1000);
        assertEq(bond.deposit(OUTSIDER, 1000), 990, "credited");
        assertEq(bond.bondOf(OUTSIDER), 990, "bond");
        vm.expectRevert(abi.encodeWithSelector(IAttesterBond.ZeroValue.selector));
        bond.deposit(OUTSIDER, 0);
        vm.expectRevert(abi.encodeWithSelector(IAttesterBond.ZeroValue.selector));
        bond.deposit(address(0), 1);
    }

    function test_WithdrawalToTheSecond() public {
        fund(OUTSIDER, 1000);
        vm.prank(OUTSIDER);
        vm.expectRevert(abi.encodeWithSelector(IAttesterBond.NothingRequested.selector, OUTSIDER));
        bond.withdraw(OUTSIDER);
        vm.prank(OUTSIDER);
        vm.expectRevert(abi.encodeWithSelector(IAttesterBond.InsufficientBond.selector, OUTSIDER, 1000, 1001));
        bond.requestWithdrawal(1001);
        vm.prank(OUTSIDER);
        bond.requestWithdrawal(600);
        (uint256 amount, uint256 availableAt) = bond.requested(OUTSIDER);
        assertEq(amount, 600, "requested");
        assertEq(availableAt, block.timestamp + BOND_DELAY, "available");
        vm.warp(availableAt - 1);
        vm.prank(OUTSIDER);
        vm.expectRevert(abi.encodeWithSelector(IAttesterBond.TooEarly.selector, availableAt - 1, availableAt));
        bond.withdraw(OUTSIDER);
        vm.warp(availableAt);
        vm.prank(OUTSIDER);
        assertEq(bond.withdraw(address(0xbeef)), 600, "withdrawn");
        assertEq(token.balanceOf(address(0xbeef)), 600, "paid");
        assertEq(bond.bondOf(OUTSIDER), 400, "left");
        vm.prank(OUTSIDER);
        vm.expectRevert(abi.encodeWithSelector(IAttesterBond.NothingRequested.selector, OUTSIDER));
        bond.withdraw(OUTSIDER);
    }

    function test_RevertIf_AMemberWouldKeepTooLittle() public {
        address member = first.members[0];
        vm.prank(member);
        vm.expectRevert(abi.encodeWithSelector(IAttesterBond.InsufficientBond.selector, member, BOND, BOND + 1));
        bond.requestWithdrawal(BOND / 2 + 1);
        vm.prank(member);
        bond.requestWithdrawal(BOND / 2);
        vm.warp(block.timestamp + BOND_DELAY);
        vm.prank(member);
        bond.withdraw(member);
        assertEq(bond.bondOf(member), BOND / 2, "kept");
    }

    /// @notice Who asked for all of it while outside, and is announced before it is paid, must stay.
    function test_RevertIf_AnnouncedSinceTheRequest() public {
        KeySet memory next = keySet(4, 2);
        fund(next.members[1], BOND);
        vm.prank(next.members[1]);
        bond.requestWithdrawal(BOND);
        vm.warp(block.timestamp + BOND_DELAY);
        vm.prank(GOVERNANCE);
        registry.announceSet(next.members);
        vm.prank(next.members[1]);
        vm.expectRevert(abi.encodeWithSelector(IAttesterBond.InsufficientBond.selector, next.members[1], BOND, BOND + BOND / 2));
        bond.withdraw(next.members[1]);
    }

    /// @notice The delay starts when an attester has left its set, so the bond outlasts every challenge of what it signed.
    function test_BondOutlastsTheChallengeWindowOfAnOldSet() public {
        address member = first.members[0];
        KeySet memory next = keySet(4, 2);
        vm.prank(GOVERNANCE);
        registry.announceSet(next.members);
        vm.warp(block.timestamp + 1 days + 60);
        vm.prank(member);
        vm.expectRevert(abi.encodeWithSelector(IAttesterBond.InsufficientBond.selector, member, BOND, BOND + BOND / 2));
        bond.requestWithdrawal(BOND);
        vm.warp(block.timestamp + 1);
        vm.prank(member);
        bond.requestWithdrawal(BOND);
        (, uint256 availableAt) = bond.requested(member);
        assertTrue(availableAt - block.timestamp > challenge.challengeWindow(), "outlasts");
    }

    function testFuzz_CON04_SlashingRoundsAgainstTheAttesterAndTheChallenger(uint256 amount, uint256 shareWad, uint256 challengerShareWad) public {
        amount = bound(amount, 1, 1e30);
        shareWad = bound(shareWad, 0, 1e18);
        challengerShareWad = bound(challengerShareWad, 0, 1e18);
        fund(OUTSIDER, amount);
        uint256 slashed = _slash(OUTSIDER, shareWad, challengerShareWad);
        assertTrue(slashed * 1e18 >= amount * shareWad && slashed <= amount, "rounded up");
        assertEq(bond.bondOf(OUTSIDER), amount - slashed, "bond");
        uint256 reward = bond.collectable(CHALLENGER);
        assertTrue(reward * 1e18 <= slashed * challengerShareWad && (reward + 1) * 1e18 > slashed * challengerShareWad, "rounded down");
        assertEq(bond.collectable(INSURANCE), slashed - reward, "rest");
    }

    function test_RequestedAmountsAreSlashedToo() public {
        fund(OUTSIDER, 1000);
        vm.prank(OUTSIDER);
        bond.requestWithdrawal(1000);
        _slash(OUTSIDER, 0.4e18, 0.5e18);
        vm.warp(block.timestamp + BOND_DELAY);
        vm.prank(OUTSIDER);
        assertEq(bond.withdraw(OUTSIDER), 600, "what is left");
    }

    /// @notice A payee that cannot be paid holds up nobody.
    function test_BlockedPayeesDoNotStopSlashing() public {
        BlockingToken blocking = new BlockingToken();
        bond = new AttesterBond(GOVERNANCE, blocking, registry, BOND_DELAY, BOND / 2, INSURANCE);
        blocking.mint(address(this), 2 * BOND);
        blocking.approve(address(bond), 2 * BOND);
        bond.deposit(first.members[0], BOND);
        bond.deposit(first.members[1], BOND);
        vm.prank(GOVERNANCE);
        bond.setChallenge(address(challenge));
        blocking.setBlocked(INSURANCE, true);
        blocking.setBlocked(CHALLENGER, true);
        _slash(first.members[0], 1e18, 0.3e18);
        assertEq(bond.bondOf(first.members[0]), 0, "slashed");
        vm.expectRevert(abi.encodeWithSelector(BlockingToken.Blocked.selector, INSURANCE));
        bond.collect(INSURANCE);
        vm.prank(GOVERNANCE);
        bond.setInsurance(address(0x1126));
        _slash(first.members[1], 1e18, 0);
        assertEq(bond.collect(address(0x1126)), BOND, "the new address");
        vm.expectRevert(abi.encodeWithSelector(IAttesterBond.ZeroValue.selector));
        bond.collect(OUTSIDER);
    }

    /// @notice A token that calls back in the middle of a transfer finds every door shut.
    function test_T25_ReentryIsRefused() public {
        HookToken hooked = new HookToken();
        bond = new AttesterBond(GOVERNANCE, hooked, registry, BOND_DELAY, BOND / 2, INSURANCE);
        hooked.mint(address(this), 300);
        hooked.approve(address(bond), 300);
        bytes[4] memory calls = [
            abi.encodeCall(IAttesterBond.deposit, (address(hooked), 1)),
            abi.encodeCall(IAttesterBond.requestWithdrawal, (1)),
            abi.encodeCall(IAttesterBond.withdraw, (OUTSIDER)),
            abi.encodeCall(IAttesterBond.collect, (INSURANCE))
        ];
        for (uint256 i = 0; i < 4; ++i) {
            hooked.setHook(address(bond), calls[i]);
            bond.deposit(address(this), 50);
            assertTrue(hooked.reached() && !hooked.succeeded(), "re-entered");
            assertEq(bytes32(bytes4(hooked.answer())), bytes32(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector), "reason");
        }
        assertEq(bond.bondOf(address(this)), 200, "credited once each");
    }

    function test_RevertIf_OthersSlashOrSet() public {
        vm.expectRevert(abi.encodeWithSelector(IAttesterBond.NotAuthorised.selector, address(this)));
        bond.slash(first.members[0], 1, address(this), 1);
        vm.expectRevert(abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", address(this)));
        bond.setInsurance(address(this));
        vm.expectRevert(abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", address(this)));
        bond.setChallenge(address(this));
        vm.prank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(IAttesterBond.AlreadySet.selector, address(challenge)));
        bond.setChallenge(address(this));
        vm.prank(address(challenge));
        vm.expectRevert(abi.encodeWithSelector(IAttesterBond.InvalidShare.selector, 1e18 + 1));
        bond.slash(first.members[0], 1e18 + 1, address(this), 1);
        vm.expectRevert(abi.encodeWithSelector(IAttesterBond.InvalidDelay.selector, 1 days - 1, 1 days));
        new AttesterBond(GOVERNANCE, token, registry, 1 days - 1, 1, INSURANCE);
    }
}
