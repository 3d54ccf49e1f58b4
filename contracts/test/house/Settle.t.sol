// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IInstrumentRegistry} from "../../src/interfaces/IInstrumentRegistry.sol";
import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {InstrumentKind, InstrumentTerms} from "../../src/types/Trading.sol";
import {HouseFixture} from "../support/HouseFixture.sol";

/// @notice Expiry and funding.
contract SettleTest is HouseFixture {
    uint64 internal a;
    uint64 internal b;

    function setUp() public override {
        super.setUp();
        (a, b) = (fund(1, 1_000_000), fund(2, 1_000_000));
    }

    function list1(bytes32 instrument) internal pure returns (bytes32[] memory list) {
        list = new bytes32[](1);
        list[0] = instrument;
    }

    function expire(uint256 secondsAhead, uint64 priceE8) internal {
        uint64 expiry = uint64(block.timestamp + secondsAhead);
        vm.warp(expiry);
        submitPrices();
        setSettlement(BTC, expiry, priceE8);
    }

    function test_OptionsAndFuturesPayTheirPayoff() public {
        bytes32 call_ = listOption(InstrumentKind.Call, BTC, 95_000, 1 days);
        bytes32 put = listOption(InstrumentKind.Put, BTC, 110_000, 1 days);
        bytes32 future = instruments.list(InstrumentTerms(InstrumentKind.Future, BTC, uint40(block.timestamp + 1 days), 0));
        tradeNow(1, a, 2, b, call_, 1e18, 7000e18);
        tradeNow(1, a, 2, b, put, 1e18, 9000e18);
        tradeNow(1, a, 2, b, future, 1e18, 100_500e18);
        expire(1 days, 102_000e8);
        bytes32[] memory all = new bytes32[](3);
        (all[0], all[1], all[2]) = (call_, put, future);
        house.settle(a, all);
        assertEq(cashOf(a), 1_000_000e18 - 116_500e18 + 7000e18 + 8000e18 + 102_000e18, "long");
        house.settle(b, all);
        assertEq(cashOf(a) + cashOf(b), 2_000_000e18, "conserved");
        (,, uint16 legs,,,) = house.summary(b);
        assertEq(legs, 0, "no legs");
        assertEq(house.stressedWad(b), cashOf(b), "no payoffs are left behind");
    }

    function test_CON09_SettlingTwicePaysOnce() public {
        bytes32 call_ = listOption(InstrumentKind.Call, BTC, 95_000, 1 days);
        tradeNow(1, a, 2, b, call_, 1e18, 7000e18);
        expire(1 days, 102_000e8);
        bytes32[] memory twice = new bytes32[](2);
        (twice[0], twice[1]) = (call_, call_);
        house.settle(a, twice);
        int256 after_ = cashOf(a);
        uint64 sequence = sequenceOf(a);
        house.settle(a, twice);
        assertEq(cashOf(a), after_, "once");
        assertEq(sequenceOf(a), sequence, "nothing moved");
    }

    function test_RevertIf_NotSettledYet() public {
        bytes32 call_ = listOption(InstrumentKind.Call, BTC, 95_000, 1 days);
        uint64 expiry = uint64(block.timestamp + 1 days);
        tradeNow(1, a, 2, b, call_, 1e18, 7000e18);
        vm.expectRevert(abi.encodeWithSelector(IInstrumentRegistry.NotSettled.selector, BTC, expiry));
        house.settle(a, list1(call_));
        vm.expectRevert(abi.encodeWithSelector(T.TooManyLegs.selector, 128, 127));
        house.settle(a, new bytes32[](128));
    }

    function testFuzz_CON04_SettlementRoundsAgainstBoth(uint256 quantityWad, uint256 strikeWad, uint256 priceE8, bool put) public {
        quantityWad = bound(quantityWad, 1, 5e18);
        strikeWad = bound(strikeWad, 60_000e18, 140_000e18);
        priceE8 = bound(priceE8, 86_000e8, 114_000e8);
        bytes32 option = instruments.list(
            InstrumentTerms(put ? InstrumentKind.Put : InstrumentKind.Call, BTC, uint40(block.timestamp + 1 days), uint128(strikeWad))
        );
        tradeNow(1, a, 2, b, option, quantityWad, 0);
        expire(1 days, uint64(priceE8));
        house.settle(a, list1(option));
        house.settle(b, list1(option));
        uint256 priceWad = priceE8 * 1e10;
        uint256 payoffWad = put ? (strikeWad > priceWad ? strikeWad - priceWad : 0) : (priceWad > strikeWad ? priceWad - strikeWad : 0);
        uint256 gained = uint256(cashOf(a) - 1_000_000e18);
        uint256 lost = uint256(1_000_000e18 - cashOf(b));
        assertTrue(gained * 1e18 <= quantityWad * payoffWad && (gained + 1) * 1e18 > quantityWad * payoffWad, "long: down");
        assertTrue(lost * 1e18 >= quantityWad * payoffWad && (lost == 0 || (lost - 1) * 1e18 < quantityWad * payoffWad), "short: up");
    }

    // ---- funding ----

    function test_FundingIsPaidWhenTheLegIsTouched() public {
        bytes32 perpetual = listPerpetual(BTC);
        tradeNow(1, a, 2, b, perpetual, 2e18, 100_000e18);
        vm.warp(block.timestamp + 1 hours);
        submitPrices();
        setFunding(perpetual, 1, 50e18); // a long unit has paid 50
        tradeNow(1, a, 2, b, perpetual, 1e18, 100_000e18);
        assertEq(cashOf(a), 1_000_000e18 - 300_000e18 - 100e18, "two units paid 50 each");
        assertEq(cashOf(b), 1_000_000e18 + 300_000e18 + 100e18, "to the short ones");
        assertEq(int256(house.position(a, perpetual).fundingIndexWad), 50e18, "paid up to here");
        tradeNow(2, b, 1, a, perpetual, 3e18, 100_000e18);
        assertEq(cashOf(a), 1_000_000e18 - 100e18, "the third unit owed nothing");
        assertEq(int256(house.position(a, perpetual).fundingIndexWad), 0, "a leg that is gone leaves nothing");
    }

    /// @dev A leaf that counts funding as owed must not match once it is paid, or it would count twice.
    function test_SettlingAPerpetualPaysFundingAndLinksIt() public {
        bytes32 perpetual = listPerpetual(BTC);
        tradeNow(1, a, 2, b, perpetual, 2e18, 100_000e18);
        bytes32 before = hashOf(a);
        house.settle(a, list1(perpetual));
        assertEq(hashOf(a), before, "nothing owed, nothing linked");
        vm.warp(block.timestamp + 1 hours);
        submitPrices();
        setFunding(perpetual, 1, -50e18);
        house.settle(a, list1(perpetual));
        assertEq(cashOf(a), 1_000_000e18 - 200_000e18 + 100e18, "received");
        assertEq(hashOf(a), link(before, perpetual, 2e18, 2e18), "linked");
        assertEq(quantityOf(a, perpetual), 2e18, "still held");
        house.settle(a, list1(perpetual));
        assertEq(cashOf(a), 1_000_000e18 - 200_000e18 + 100e18, "once");
    }

    function testFuzz_CON04_FundingRoundsAgainstBoth(uint256 quantityWad, int256 first, int256 second) public {
        bytes32 perpetual = listPerpetual(BTC);
        quantityWad = bound(quantityWad, 1, 5e18);
        first = boundInt(first, -100e18, 100e18);
        second = boundInt(second, first - 100e18, first + 100e18);
        tradeNow(1, a, 2, b, perpetual, quantityWad, 100_000e18);
        int256 sum = cashOf(a) + cashOf(b);
        for (uint64 i = 1; i < 3; ++i) {
            vm.warp(block.timestamp + 1 hours);
            submitPrices();
            setFunding(perpetual, i, i == 1 ? first : second);
            house.settle(a, list1(perpetual));
            if (i == 2) house.settle(b, list1(perpetual));
        }
        assertTrue(cashOf(a) + cashOf(b) <= sum, "nothing comes from nowhere");
        assertTrue(cashOf(a) + cashOf(b) >= sum - 3, "a wad for each payment at most");
    }
}
