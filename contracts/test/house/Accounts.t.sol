// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {MarginState} from "../../src/types/Trading.sol";
import {HouseFixture} from "../support/HouseFixture.sol";

contract AccountsTest is HouseFixture {
    function test_OwnersHoldSeveralAccounts() public {
        (uint64 a, uint64 b) = (fund(1, 10), fund(1, 20));
        assertEq(house.ownerOf(a), ownerAt(1), "owner");
        assertEq(house.ownerOf(b), ownerAt(1), "owner");
        assertTrue(a != b, "two accounts");
        assertEq(cashOf(a), 10e18, "each its own cash");
        assertEq(cashOf(b), 20e18, "each its own cash");
    }

    function test_NewAccountIsEmptyAndHealthy() public {
        uint64 a = fund(1, 0);
        (int128 cashWad, uint64 sequence, uint16 legs, bytes32 hash, MarginState state, uint40 deadline) = house.summary(a);
        assertEq(int256(cashWad), 0, "cash");
        assertEq(uint256(sequence) + legs + uint256(state) + deadline, 0, "nothing else");
        assertEq(hash, bytes32(0), "no book");
    }

    function test_GOV07_ApprovalsOfSignersExpireAndAreRevoked() public {
        uint64 a = fund(1, 0);
        vm.prank(ownerAt(1));
        house.approveSigner(a, ownerAt(7), uint64(block.timestamp + 10));
        assertEq(house.signerUntil(a, ownerAt(7)), block.timestamp + 10, "until");
        vm.prank(ownerAt(7));
        house.cancelOrder(a, 1);
        vm.warp(block.timestamp + 11);
        vm.prank(ownerAt(7));
        vm.expectRevert(abi.encodeWithSelector(T.NotAuthorised.selector, a, ownerAt(7)));
        house.cancelOrder(a, 2);
        vm.prank(ownerAt(1));
        house.approveSigner(a, ownerAt(7), 0);
        assertEq(house.signerUntil(a, ownerAt(7)), 0, "revoked");
    }

    function test_RevertIf_ApprovalRunsLongerThanAYear() public {
        uint64 a = fund(1, 0);
        uint256 most = block.timestamp + 365 days;
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(T.CapExceeded.selector, bytes32("until"), most + 1, most));
        house.approveSigner(a, ownerAt(7), uint64(most + 1));
    }

    function test_RevertIf_StrangerApproves() public {
        uint64 a = fund(1, 0);
        vm.prank(ownerAt(2));
        vm.expectRevert(abi.encodeWithSelector(T.NotAuthorised.selector, a, ownerAt(2)));
        house.approveSigner(a, ownerAt(2), uint64(block.timestamp + 1));
    }

    function test_RevertIf_AccountIsUnknown() public {
        vm.expectRevert(abi.encodeWithSelector(T.UnknownAccount.selector, uint64(99)));
        house.approveSigner(99, ownerAt(1), 0);
        vm.expectRevert(abi.encodeWithSelector(T.UnknownAccount.selector, uint64(99)));
        house.cancelOrder(99, 1);
        vm.expectRevert(abi.encodeWithSelector(T.UnknownAccount.selector, uint64(0)));
        house.check(0, noProof());
    }

    /// @dev The second half called at its own address: no account can exist there, so no token can get stuck in it.
    function test_SecondHalfAloneTakesNothing() public {
        (bool done, bytes memory answer) = address(house).call(abi.encodeWithSignature("SERVICES()"));
        assertTrue(done, "getter");
        address services = abi.decode(answer, (address));
        (done,) = services.call(abi.encodeWithSignature("depositCash(uint64,uint256)", uint64(1), uint256(1)));
        assertTrue(!done, "no account there");
        (done,) = services.call(abi.encodeWithSignature("listCoin(address,uint8)", address(coinToken), uint8(0)));
        assertTrue(!done, "no owner there");
    }

    function test_RevertIf_SelectorIsUnknownOrEtherIsSent() public {
        (bool done,) = address(house).call(abi.encodeWithSignature("nothing()"));
        assertTrue(!done, "unknown selector");
        (done,) = address(house).call("");
        assertTrue(!done, "empty call");
        vm.deal(address(this), 1 ether);
        (done,) = address(house).call{value: 1}(abi.encodeWithSignature("openAccount()"));
        assertTrue(!done, "ether");
    }
}
