// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouseTypes} from "../../src/interfaces/IClearingHouse.sol";
import {Clearance, QuorumProof} from "../../src/types/Attestation.sol";
import {InstrumentKind, Match} from "../../src/types/Trading.sol";
import {HouseFixture} from "../support/HouseFixture.sol";

/// @notice What the actions cost as transactions of their own, by the number of positions that both accounts hold. Only `--isolate` measures that.
contract HouseGasTest is HouseFixture {
    uint256 private constant TRADE_MOST = 250_000;
    uint256 private constant WITHDRAW_MOST = 150_000;

    event log_named_uint(string what, uint256 gas);

    uint64 private a;
    uint64 private b;
    bytes32[] private held;
    uint256[6] private counts = [uint256(1), 4, 16, 32, 64, 127];

    function setUp() public override {
        super.setUp();
        (a, b) = (fund(1, 10_000_000), fund(2, 10_000_000));
    }

    function grow(uint256 count) private {
        while (held.length < count) {
            bytes32 instrument = listOption(InstrumentKind.Call, BTC, 90_000 + held.length * 100, 30 days);
            held.push(instrument);
            tradeNow(1, a, 2, b, instrument, 1e18, 5000e18);
        }
    }

    function test_CON10_GasOfTradeIsFlat() public {
        uint256[6] memory gasUsed;
        for (uint256 i = 0; i < counts.length; ++i) {
            grow(counts[i]);
            Match memory m = matchOf(1, a, 2, b, held[0], 1e18, 5000e18);
            Clearance memory c = clearMatch(m, false);
            QuorumProof memory proof = signClearance(c);
            house.trade(one(m), c, proof);
            gasUsed[i] = report("trade", counts[i]);
        }
        requireFlat(gasUsed, TRADE_MOST);
    }

    /// @dev To an address that holds some of the token already; the first receipt of an address costs what the token's new slot costs, 17,100 more.
    function test_CON10_GasOfWithdrawalIsFlat() public {
        uint256[6] memory gasUsed;
        cash.mint(ownerAt(3), 1);
        for (uint256 i = 0; i < counts.length; ++i) {
            grow(counts[i]);
            IClearingHouseTypes.LeafProof memory proof = submitLeaf(leafOf(a, 1000e18, 800e18, -1e18));
            vm.prank(ownerAt(1));
            house.withdrawCash(a, 1e6, ownerAt(3), proof);
            gasUsed[i] = report("withdrawal", counts[i]);
        }
        requireFlat(gasUsed, WITHDRAW_MOST);
    }

    function test_CON10_GasOfCheckCloseAndDeposit() public {
        uint256[6] memory checks;
        uint256[6] memory closes;
        uint256[6] memory deposits;
        cash.mint(address(this), 1e12);
        cash.approve(address(house), type(uint256).max);
        for (uint256 i = 0; i < counts.length; ++i) {
            grow(counts[i]);
            IClearingHouseTypes.LeafProof memory proof = submitLeaf(leafOf(a, 1000e18, 800e18, -1e18));
            house.check(a, proof);
            checks[i] = report("check", counts[i]);
            house.depositCash(a, 1e6);
            deposits[i] = report("deposit", counts[i]);
            bytes32 last = held[held.length - 1];
            IClearingHouseTypes.RowProof memory row = submitRow(last, 5000e18);
            Match memory m = matchOf(2, b, 1, a, last, 1e18, 5000e18);
            house.close(m, row);
            closes[i] = report("close", counts[i]);
            held.pop();
        }
        requireFlat(checks, WITHDRAW_MOST);
        // The last close of an underlying frees its slots, and is cheaper for it.
        requireFlat(closes, TRADE_MOST, 1);
        requireFlat(deposits, WITHDRAW_MOST);
    }

    function report(string memory what, uint256 positions) private returns (uint256 gasUsed) {
        gasUsed = vm.lastCallGas().gasTotalUsed;
        emit log_named_uint(string.concat(what, " at ", vm.toString(positions)), gasUsed);
    }

    function requireFlat(uint256[6] memory gasUsed, uint256 most) private pure {
        requireFlat(gasUsed, most, 0);
    }

    function requireFlat(uint256[6] memory gasUsed, uint256 most, uint256 from) private pure {
        assertAtMost(gasUsed[0], most, "gas");
        for (uint256 i = from; i < gasUsed.length; ++i) {
            assertAtMost(gasUsed[i], most, "gas");
            assertAtMost(gasUsed[i] * 100, gasUsed[from] * 105, "grows with the book");
            assertAtMost(gasUsed[from] * 95, gasUsed[i] * 100, "falls with the book");
        }
    }
}
