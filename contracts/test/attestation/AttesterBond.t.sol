// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AttesterBond} from "../../src/attestation/AttesterBond.sol";
import {IAttesterBond} from "../../src/interfaces/IAttesterBond.sol";
import {ChallengeFixture} from "../support/ChallengeFixture.sol";

/// @notice Bonds: in, out after the delay, slashed by StressChallenge alone.
contract AttesterBondTest is ChallengeFixture {
    address private constant OUTSIDER = address(0x0517);

    function _slash(address attester, uint256 shareWad, uint256 challengerShareWad) private returns (uint256) {
        vm.prank(address(challenge));
        return bond.slash(attester, shareWad, CHALLENGER, challengerShareWad);
    }

    function test_DepositCreditsWhatArrives() public {
        token.setFee(100);
        token.mint(address(this), 1000);
        token.approve(address(bond), 1000);
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
        token.blockAddress(INSURANCE);
        token.blockAddress(CHALLENGER);
        _slash(first.members[0], 1e18, 0.3e18);
        assertEq(bond.bondOf(first.members[0]), 0, "slashed");
        vm.expectRevert(bytes("blocked"));
        bond.collect(INSURANCE);
        vm.prank(GOVERNANCE);
        bond.setInsurance(address(0x1126));
        _slash(first.members[1], 1e18, 0);
        assertEq(bond.collect(address(0x1126)), BOND, "the new address");
        vm.expectRevert(abi.encodeWithSelector(IAttesterBond.ZeroValue.selector));
        bond.collect(OUTSIDER);
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
