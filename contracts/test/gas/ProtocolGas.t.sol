// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouseTypes} from "../../src/interfaces/IClearingHouse.sol";
import {BatchHeader, Clearance, QuorumProof, StressRow} from "../../src/types/Attestation.sol";
import {Match} from "../../src/types/Trading.sol";
import {LiveHouse} from "../support/LiveHouse.sol";

/// @notice Whole transactions of the deployed protocol, with --isolate, over the number of positions that both accounts hold. Kept in contracts/gas, shown in docs/gas.md.
contract ProtocolGasTest is LiveHouse {
    uint256 private constant BATCH_GOAL = 120_000;
    uint256 private constant TRADE_GOAL = 250_000;

    function setUp() public override {
        super.setUp();
        attestations.prepareRing(0, 256); // as after the first 256 batches
        attest();
        vm.prank(alice);
        house.withdrawCash(aliceAccount, 1e6, alice, noProof()); // the first money to leave writes a slot anew
    }

    function noProof() private pure returns (IClearingHouseTypes.LeafProof memory proof) {} // without legs none is asked for

    function sizes() private pure returns (uint256[6] memory) {
        return [uint256(1), 4, 16, 32, 64, 127];
    }

    function three(uint256 n) private pure returns (string memory) {
        return string.concat(n < 10 ? "00" : n < 100 ? "0" : "", vm.toString(n));
    }

    /// @dev Largest and smallest within 5 % of each other's middle.
    function requireFlat(uint256[6] memory gas, string memory what) private pure {
        (uint256 least, uint256 most) = (gas[0], gas[0]);
        for (uint256 i = 1; i < 6; ++i) {
            if (gas[i] < least) least = gas[i];
            if (gas[i] > most) most = gas[i];
        }
        assertAtMost((most - least) * 1000, (most + least) * 50, what); // half the spread / the middle <= 5 %
    }

    function test_Gas_CON10_TradeOfTwoAccountsIsFlatInThePositionsHeld() public {
        attest();
        uint256[6] memory gas;
        uint256 held;
        for (uint256 i = 0; i < 6; ++i) {
            for (; held < sizes()[i]; ++held) {
                Match[] memory fill = new Match[](1);
                fill[0] = matchOf(call(held), 1e16);
                trade(fill);
            }
            Match[] memory matches = new Match[](1);
            matches[0] = matchOf(call(0), 1e16); // a leg that both hold already
            Clearance memory clearance = clearanceOf(matches);
            QuorumProof memory proof = signed(clearance, FIVE_OF_SEVEN);
            house.trade(matches, clearance, proof);
            gas[i] = vm.snapshotGasLastCall("house", string.concat("trade, both hold ", three(held)));
            assertAtMost(gas[i], TRADE_GOAL, "trade");
        }
        requireFlat(gas, "trade over positions");
    }

    function test_Gas_CON10_WithdrawalIsFlatInThePositionsHeld() public {
        attest();
        uint256[6] memory gas;
        uint256 held;
        for (uint256 i = 0; i < 6; ++i) {
            for (; held < sizes()[i]; ++held) {
                Match[] memory fill = new Match[](1);
                fill[0] = matchOf(call(held), 1e16);
                trade(fill);
            }
            (, IClearingHouseTypes.LeafProof memory proof) = attest();
            skipTime(12);
            vm.prank(alice);
            house.withdrawCash(aliceAccount, 100e6, alice, proof);
            gas[i] = vm.snapshotGasLastCall("house", string.concat("withdrawal, holding ", three(held)));
        }
        requireFlat(gas, "withdrawal over positions");
    }

    function test_Gas_CON10_CheckIsFlatInThePositionsHeld() public {
        attest();
        uint256[6] memory gas;
        uint256 held;
        for (uint256 i = 0; i < 6; ++i) {
            for (; held < sizes()[i]; ++held) {
                Match[] memory fill = new Match[](1);
                fill[0] = matchOf(call(held), 1e16);
                trade(fill);
            }
            (, IClearingHouseTypes.LeafProof memory proof) = attest();
            house.check(aliceAccount, proof); // the first look writes more
            skipTime(12);
            house.check(aliceAccount, proof);
            gas[i] = vm.snapshotGasLastCall("house", string.concat("margin check, holding ", three(held)));
        }
        requireFlat(gas, "check over positions");
    }

    function test_Gas_Batch() public {
        attest();
        attest();
        attest();
        uint256 gas = vm.snapshotGasLastCall("house", "batch, 5 of 7, 2 prices");
        assertAtMost(gas, BATCH_GOAL, "batch");
        // Keeping 10,000 accounts fresh for an epoch: the batch is all it takes.
        assertAtMost(gas / 10_000, 20, "gas an account and epoch");
    }

    function test_Gas_Others() public {
        cash.mint(alice, 1000e6);
        vm.prank(alice);
        house.depositCash(aliceAccount, 100e6);
        vm.snapshotGasLastCall("house", "deposit of cash");

        attest();
        bytes32 instrument = call(0);
        tradeCalls(16);
        StressRow memory row = StressRow(instrument, 60e18, -1, keccak256("entries"));
        (bytes32 root, bytes32[] memory path) = rowTree(row);
        (BatchHeader memory header,) = attestWith(root);
        // The other way round, at the mark: Alice sells what she bought.
        Match memory back;
        (back.quantityWad, back.priceWad) = (1e16, 60e18);
        back.buy = orderOf(bobAccount, instrument, 1e16);
        back.sell = orderOf(aliceAccount, instrument, -1e16);
        back.buySignature = signature(BOB_KEY, house.orderDigest(hashOf(back.buy)));
        back.sellSignature = signature(ALICE_KEY, house.orderDigest(hashOf(back.sell)));
        IClearingHouseTypes.RowProof memory proof = IClearingHouseTypes.RowProof(header, row, 0, path);
        house.close(back, proof);
        vm.snapshotGasLastCall("house", "pure close of two accounts");

        Match[] memory matches = new Match[](16);
        for (uint256 i = 0; i < 16; ++i) {
            matches[i] = matchOf(call(1), 1e14);
        }
        Clearance memory clearance = clearanceOf(matches);
        QuorumProof memory quorum = signed(clearance, FIVE_OF_SEVEN);
        house.trade(matches, clearance, quorum);
        vm.snapshotGasLastCall("house", "trade of 16 matches, the most there may be");
    }
}
