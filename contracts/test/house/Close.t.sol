// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {InstrumentKind, Match} from "../../src/types/Trading.sol";
import {HouseFixture} from "../support/HouseFixture.sol";

/// @notice Both sides shrink at the attested mark, without a clearance.
contract CloseTest is HouseFixture {
    uint64 internal a;
    uint64 internal b;
    bytes32 internal call_;

    function setUp() public override {
        super.setUp();
        (a, b) = (fund(1, 100_000), fund(2, 100_000));
        call_ = listOption(InstrumentKind.Call, BTC, 100_000, 30 days);
        tradeNow(1, a, 2, b, call_, 2e18, 5000e18);
    }

    /// @dev The short one buys back from the long one.
    function closing(uint256 quantityWad, uint256 priceWad) internal returns (Match memory) {
        return matchOf(2, b, 1, a, call_, quantityWad, priceWad);
    }

    function refuse(Match memory m, T.RowProof memory row, bytes memory refusal) internal {
        vm.expectRevert(refusal);
        house.close(m, row);
    }

    function test_CloseEndsBothLegsAtTheMark() public {
        T.RowProof memory row = submitRow(call_, 6000e18);
        house.close(closing(2e18, 6000e18), row);
        assertEq(quantityOf(a, call_), 0, "closed");
        assertEq(quantityOf(b, call_), 0, "closed");
        assertEq(cashOf(a), 102_000e18, "gain");
        assertEq(cashOf(b), 98_000e18, "loss");
        (,, uint16 legs,,,) = house.summary(a);
        assertEq(legs, 0, "no legs");
    }

    function test_CloseGoesOnWithAStaleBatchUpToTheWindow() public {
        T.RowProof memory row = submitRow(call_, 5000e18);
        uint64 third = fund(3, 100_000);
        tradeNow(1, a, 3, third, call_, 1e18, 5000e18); // a: 3, b: -2, third: -1
        Match memory m = closing(2e18, 5000e18);
        Match memory late = matchOf(3, third, 1, a, call_, 1e18, 5000e18);
        late.buy.expiry = late.sell.expiry = type(uint64).max;
        (late.buySignature, late.sellSignature) = (signOrder(keyOf(3), late.buy), signOrder(keyOf(1), late.sell));
        m.buy.expiry = m.sell.expiry = type(uint64).max;
        (m.buySignature, m.sellSignature) = (signOrder(keyOf(2), m.buy), signOrder(keyOf(1), m.sell));
        vm.warp(row.header.observedAt + 6 hours);
        house.close(m, row);
        vm.warp(block.timestamp + 1);
        refuse(late, row, abi.encodeWithSelector(T.BatchTooOld.selector, row.header.observedAt, block.timestamp, 6 hours));
    }

    function test_CloseWorksWhilePausedButNotHalted() public {
        T.RowProof memory row = submitRow(call_, 5000e18);
        guardianSwitch.set(registry, IAttestationRegistry.OperatingState.Halt);
        refuse(closing(2e18, 5000e18), row, abi.encodeWithSelector(T.WrongOperatingState.selector, uint8(2)));
        guardianSwitch.set(registry, IAttestationRegistry.OperatingState.ReduceOnly);
        house.close(closing(2e18, 5000e18), row);
    }

    function test_RevertIf_PriceIsNotTheMark() public {
        T.RowProof memory row = submitRow(call_, 6000e18);
        refuse(closing(2e18, 6000e18 + 1), row, abi.encodeWithSelector(T.NotAtMark.selector, call_, 6000e18 + 1, int256(6000e18)));
        row = submitRow(call_, -1);
        refuse(closing(2e18, 0), row, abi.encodeWithSelector(T.NotAtMark.selector, call_, 0, int256(-1)));
    }

    function test_RevertIf_RowIsOfAnotherInstrumentOrForged() public {
        bytes32 other = listOption(InstrumentKind.Put, BTC, 100_000, 30 days);
        T.RowProof memory row = submitRow(other, 6000e18);
        refuse(closing(2e18, 6000e18), row, abi.encodeWithSelector(T.RowNotInBatch.selector, call_, 0));
        row.row.instrument = call_;
        refuse(closing(2e18, 6000e18), row, abi.encodeWithSelector(T.RowNotInBatch.selector, call_, 0));
    }

    function test_RevertIf_BatchIsNotTheCurrentOne() public {
        T.RowProof memory row = submitRow(call_, 6000e18);
        T.RowProof memory next = submitRow(call_, 5000e18);
        bytes32 current = hashes.hash(next.header);
        refuse(closing(2e18, 6000e18), row, abi.encodeWithSelector(IAttestationRegistry.NotCurrentBatch.selector, hashes.hash(row.header), current));
    }

    function test_RevertIf_BatchIsFrozen() public {
        T.RowProof memory row = submitRow(call_, 5000e18);
        vm.prank(GOVERNANCE);
        registry.setChallenge(address(this));
        registry.freeze(row.header.sequence);
        refuse(closing(2e18, 5000e18), row, abi.encodeWithSelector(IAttestationRegistry.BatchIsFrozen.selector, row.header.sequence));
    }

    function test_RevertIf_ASideDoesNotShrink() public {
        T.RowProof memory row = submitRow(call_, 5000e18);
        refuse(matchOf(1, a, 2, b, call_, 1e18, 5000e18), row, abi.encodeWithSelector(T.NotReducing.selector, a, call_)); // both grow
        refuse(closing(3e18, 5000e18), row, abi.encodeWithSelector(T.NotReducing.selector, b, call_)); // beyond zero
        uint64 third = fund(3, 100_000);
        refuse(matchOf(2, b, 3, third, call_, 1e18, 5000e18), row, abi.encodeWithSelector(T.NotReducing.selector, third, call_)); // a new short
        refuse(matchOf(3, third, 1, a, call_, 1e18, 5000e18), row, abi.encodeWithSelector(T.NotReducing.selector, third, call_)); // a new long
        refuse(matchOf(1, a, 1, a, call_, 1e18, 5000e18), row, abi.encodeWithSelector(T.NotReducing.selector, a, call_)); // with itself
    }

    /// @dev T32: crumbs would keep the positions hash moving, and every leaf from matching.
    function test_RevertIf_CloseIsACrumb() public {
        T.RowProof memory row = submitRow(call_, 5000e18);
        refuse(closing(1e18, 5000e18), row, abi.encodeWithSelector(T.NotReducing.selector, a, call_));
    }

    /// @dev CON-02: a hedge may not be closed away beyond what the intrinsic stress bears, mark or not.
    /// @dev Sixteen short calls against four perpetuals: without these, a rise of 15 % costs 14,000 a call, of which the allowance gives 5,000 back.
    function test_CON02_RevertIf_ClosingAHedgeLeavesTooMuchRisk() public {
        bytes32 higher = listOption(InstrumentKind.Call, BTC, 101_000, 30 days);
        bytes32 perpetual = listPerpetual(BTC);
        uint64 c = fund(3, 60_000);
        uint64 d = fund(4, 1_000_000);
        tradeNow(3, c, 4, d, perpetual, 4e18, 100_000e18);
        tradeNow(4, d, 3, c, higher, 16e18, 4900e18);
        T.RowProof memory row = submitRow(perpetual, 100_000e18);
        Match memory m = matchOf(4, d, 3, c, perpetual, 4e18, 100_000e18);
        vm.expectPartialRevert(T.BelowIntrinsicStress.selector);
        house.close(m, row);
    }

    function test_RevertIf_PriceIsAbsurdThoughAttested() public {
        // The quorum marks the call at 200,000: the short one would owe what the long one takes out.
        T.RowProof memory row = submitRow(call_, 200_000e18);
        Match memory m = closing(2e18, 200_000e18);
        vm.expectPartialRevert(T.BelowIntrinsicStress.selector);
        house.close(m, row);
    }
}
