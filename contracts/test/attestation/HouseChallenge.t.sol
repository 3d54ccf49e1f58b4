// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouse, IClearingHouseTypes} from "../../src/interfaces/IClearingHouse.sol";
import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {IStressChallenge} from "../../src/interfaces/IStressChallenge.sol";
import {BatchHeader, Clearance, MarginLeaf, QuorumProof, StressRow} from "../../src/types/Attestation.sol";
import {InstrumentKind, LegChange, Match} from "../../src/types/Trading.sol";
import {Vm} from "../support/Vm.sol";
import {ChallengeFixture} from "../support/ChallengeFixture.sol";
import {HouseFixture} from "../support/HouseFixture.sol";

/// @notice Fraud proofs over books that the real clearing house keeps: its trades, its hashes, its events.
contract HouseChallengeTest is HouseFixture, ChallengeFixture {
    bytes32 private constant LEG_CHANGED = keccak256("LegChanged(uint64,bytes32,int128,int128,uint64,bytes32)");

    uint64 private long;
    uint64 private short;

    function setUp() public override(HouseFixture, ChallengeFixture) {
        super.setUp();
        long = fund(1, 1_000_000);
        short = fund(2, 1_000_000);
        bytes32[] memory listed = new bytes32[](4);
        listed[0] = listOption(InstrumentKind.Call, BTC, 100_000, 30 days);
        listed[1] = listOption(InstrumentKind.Put, BTC, 90_000, 30 days);
        listed[2] = listOption(InstrumentKind.Call, BTC, 120_000, 60 days);
        listed[3] = listPerpetual(BTC);
        for (uint256 i = 1; i < 4; ++i) {
            for (uint256 j = i; j != 0 && listed[j - 1] > listed[j]; --j) {
                (listed[j - 1], listed[j]) = (listed[j], listed[j - 1]);
            }
        }
        // One scenario in ticks of 1e-2 USD: every contract gains 3,000 USD a unit, so who is short loses.
        lossShares = abi.encodePacked(uint32(1e9));
        for (uint256 i = 0; i < 4; ++i) {
            bytes memory words = abi.encodePacked(int32(300_000));
            pushRow(StressRow(listed[i], 5000e18, -2, keccak256(words)), words);
        }
    }

    function makeHouse() internal view override returns (IClearingHouse) {
        return house;
    }

    function _trade(uint256 row, uint256 quantityWad, bool back) private {
        (uint256 buyer, uint256 seller) = back ? (2, 1) : (1, 2);
        tradeNow(buyer, back ? short : long, seller, back ? long : short, rows[row].instrument, quantityWad, 5000e18);
    }

    /// @notice The links of an account's chain, as anyone reads them from the events.
    function _changesOf(uint64 account, Vm.Log[] memory logs) private pure returns (LegChange[] memory changes) {
        uint256 count = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] == LEG_CHANGED && uint256(logs[i].topics[1]) == account) ++count;
        }
        changes = new LegChange[](count);
        count = 0;
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != LEG_CHANGED || uint256(logs[i].topics[1]) != account) continue;
            (int128 fromWad, int128 toWad,,) = abi.decode(logs[i].data, (int128, int128, uint64, bytes32));
            changes[count++] = LegChange(logs[i].topics[2], fromWad, toWad);
        }
    }

    function _book() private view returns (int128[] memory quantities) {
        quantities = new int128[](4);
        for (uint256 i = 0; i < 4; ++i) {
            quantities[i] = int128(quantityOf(short, rows[i].instrument));
        }
    }

    function _attest(uint256 maintenanceWad) private returns (IStressChallenge.SignedLeaf memory claim) {
        MarginLeaf[] memory leaves = leavesAround(leafOf(short, maintenanceWad, maintenanceWad, 0));
        (, uint64 sequence,,,) = registry.current();
        nextHeader(); // time goes on
        BatchHeader memory header = headerOver(sequence + 1, leaves);
        header.pricesHash = keccak256(abi.encodePacked(pricesE8));
        submit(header, pricesE8);
        return signedLeaf(header, leaves, 1);
    }

    function test_FalseMarginIsConvictedAfterFurtherTrades() public {
        _trade(0, 2e18, false);
        _trade(1, 1e18, false);
        int128[] memory then = _book();
        // Short 3 units: the loss is 9,000 USD, the rounding bound 3 ticks.
        IStressChallenge.SignedLeaf memory honest = _attest(9000e18);
        IStressChallenge.SignedLeaf memory generous = _attest(9000e18 - 0.03e18);
        IStressChallenge.SignedLeaf memory dishonest = _attest(9000e18 - 0.03e18 - 1);

        vm.recordLogs();
        submitPrices();
        _trade(0, 0.5e18, true); // partly closed
        _trade(1, 1e18, true); // closed
        _trade(2, 0.7e18, false); // opened
        _trade(1, 0.3e18, false); // opened again
        _trade(2, 0.7e18, true); // and gone
        LegChange[] memory changes = _changesOf(short, vm.getRecordedLogs());
        assertEq(changes.length, 5, "links");

        IStressChallenge.Book memory book = bookOf(then, changes);
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.NoFraud.selector, 9000e18, 9000.03e18));
        challenge.challengeMargin(honest, book, 0, lossShares);
        vm.expectRevert(abi.encodeWithSelector(IStressChallenge.NoFraud.selector, 9000e18, 9000e18));
        challenge.challengeMargin(generous, book, 0, lossShares);
        vm.prank(CHALLENGER);
        challenge.challengeMargin(dishonest, book, 0, lossShares);
        assertEq(bond.bondOf(first.members[0]), BOND / 2, "slashed");
        assertEq(uint256(registry.operatingState()), uint256(IAttestationRegistry.OperatingState.ReduceOnly), "state");

        // A distrusted quorum clears nothing that adds risk, while closing goes on.
        Match memory m = matchOf(1, long, 2, short, rows[0].instrument, 1e18, 5000e18);
        Clearance memory clearance = clearMatch(m, false);
        QuorumProof memory proof = signClearance(clearance);
        vm.expectPartialRevert(IClearingHouseTypes.WrongOperatingState.selector);
        house.trade(one(m), clearance, proof);
    }

    /// @notice A clearance that was acted on: its positions hash is in the account's history.
    function test_FalseClearanceIsConvicted() public {
        IStressChallenge.SignedLeaf memory batch = _attest(0);
        Match memory m = matchOf(1, long, 2, short, rows[0].instrument, 2e18, 5000e18);
        Clearance memory clearance = clearMatch(m, false); // asks for no margin at all
        QuorumProof memory proof = signClearance(clearance);
        house.trade(one(m), clearance, proof);
        uint256 index = clearance.accounts[0].account == short ? 0 : 1;
        IStressChallenge.SignedClearance memory claim = IStressChallenge.SignedClearance(clearance, proof, index, batch.batch.header);
        IStressChallenge.Book memory book = bookOf(_book(), new LegChange[](0));
        vm.prank(CHALLENGER);
        challenge.challengeClearedMargin(claim, book, 0, lossShares);
        assertEq(challenge.punished(hashes.hash(clearance)), FIVE_OF_SEVEN, "punished");
    }
}
