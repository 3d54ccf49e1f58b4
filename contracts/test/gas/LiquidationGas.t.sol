// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {LiquidationFixture} from "../support/LiquidationFixture.sol";

/// @notice What liquidations cost as transactions of their own, by the number of positions that the account holds. Only `--isolate` measures that. Kept in contracts/gas, shown in docs/gas.md.
contract LiquidationGasTest is LiquidationFixture {
    uint256 private constant START_MOST = 150_000;
    uint256 private constant BID_MOST = 350_000;

    uint256[6] private counts = [uint256(1), 4, 16, 32, 64, 127];

    function setUp() public override {
        super.setUp();
        // An auction that comes to nothing: the governed numbers are copied once for all later ones.
        sink(18_000);
        begin(a);
        sink(100_000);
        engine.end(a, prove(a));
        deposit(OWNER, a, 10_000_000e6);
        deposit(OTHER, b, 10_000_000e6);
    }

    function grow(uint256 count) private {
        while (known.length < count) {
            bytes32 next = instrument(100_000 + known.length * 100, 5000e18, 10_000e18);
            tradeNow(OTHER, b, OWNER, a, next, 1e18, 5000e18);
        }
    }

    /// @notice Equity nine tenths of the maintenance margin.
    function distress() private {
        (, uint256 maintenance) = bookOf(a);
        markOf[call_] += (equityOf(a) - int256(maintenance * 9 / 10)) / -quantityOf(a, call_) * 1e18;
    }

    function test_CON10_GasOfAuctionIsFlat() public {
        uint256[6] memory starts;
        uint256[6] memory bids;
        uint256[6] memory seconds_;
        for (uint256 i = 0; i < counts.length; ++i) {
            grow(counts[i]);
            uint256 state = vm.snapshotState();
            distress();
            T.LeafProof memory proof = prove(a);
            engine.start(a, proof);
            starts[i] = report("start", counts[i]);
            proof = prove(a);
            vm.prank(ownerAt(KEEPER));
            engine.takeShare(a, keeper, 300e18, 0, "", proof);
            bids[i] = report("bid", counts[i]);
            proof = prove(a);
            vm.prank(ownerAt(RIVAL));
            engine.takeShare(a, rival, 300e18, 0, "", proof);
            seconds_[i] = report("second bid", counts[i]);
            vm.revertToState(state);
        }
        requireFlat(starts, START_MOST);
        requireFlat(bids, BID_MOST);
        requireFlat(seconds_, BID_MOST);
    }

    function test_CON10_GasOfDivisionByPosition() public {
        for (uint256 i = 0; i < counts.length; ++i) {
            grow(counts[i]);
            uint256 state = vm.snapshotState();
            distress();
            begin(a);
            uint64 claim = take(KEEPER, keeper, a, cashFor(a));
            bytes32[] memory legs = legsOf(a);
            engine.divide(a, claim, legs);
            uint256 gasUsed = report("division", counts[i]);
            assertAtMost(gasUsed, 300_000 + 75_000 * counts[i], "gas");
            vm.revertToState(state);
        }
    }

    function test_CON10_GasOfTakeOverIsFlat() public {
        uint256[6] memory gasUsed;
        for (uint256 i = 0; i < counts.length; ++i) {
            grow(counts[i]);
            uint256 state = vm.snapshotState();
            markOf[call_] += (equityOf(a) + 1000e18) / -quantityOf(a, call_) * 1e18;
            deposit(KEEPER, keeper, 10_000_000e6);
            begin(a);
            T.LeafProof memory proof = prove(a);
            vm.prank(ownerAt(KEEPER));
            engine.takeOver(a, keeper, 5_000_000e18, proof);
            gasUsed[i] = report("take-over", counts[i]);
            vm.revertToState(state);
        }
        requireFlat(gasUsed, BID_MOST);
    }

    function report(string memory what, uint256 positions) private returns (uint256 gasUsed) {
        string memory three = string.concat(positions < 10 ? "00" : positions < 100 ? "0" : "", vm.toString(positions));
        gasUsed = vm.snapshotGasLastCall("liquidation", string.concat(what, ", holding ", three));
    }

    function requireFlat(uint256[6] memory gasUsed, uint256 most) private pure {
        for (uint256 i = 0; i < gasUsed.length; ++i) {
            assertAtMost(gasUsed[i], most, "gas");
            assertAtMost(gasUsed[i] * 100, gasUsed[0] * 105, "grows with the book");
            assertAtMost(gasUsed[0] * 95, gasUsed[i] * 100, "falls with the book");
        }
    }
}
