// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {CoarsePrices} from "../../src/libraries/CoarsePrices.sol";
import {BatchHeader, QuorumProof} from "../../src/types/Attestation.sol";
import {AttestationFixture} from "../support/AttestationFixture.sol";

/// @notice ATT-09: bounds that all signatures together do not pass. Every batch here is signed by all seven.
contract BoundsTest is AttestationFixture {
    function _one(uint64 price) private pure returns (uint64[] memory list) {
        list = new uint64[](1);
        list[0] = price;
    }

    function _submitAll(uint64[] memory pricesE8, uint128 totalMaintenanceWad, bytes memory refusal) private {
        vm.warp(block.timestamp + 1);
        vm.roll(block.number + 1);
        (, uint64 sequence,,,) = registry.current();
        BatchHeader memory header = headerAt(sequence + 1, pricesE8);
        header.totalMaintenanceWad = totalMaintenanceWad;
        QuorumProof memory proof = proofOf(first, batchDigest(header), 0x7f);
        if (refusal.length != 0) vm.expectRevert(refusal);
        registry.submitBatch(header, pricesE8, proof);
    }

    function _move(uint64 price) private {
        _submitAll(_one(price), 1e24, "");
    }

    function _moveRefused(uint64 price, uint64 from) private {
        _submitAll(_one(price), 1e24, abi.encodeWithSelector(IAttestationRegistry.PriceMoveTooLarge.selector, 0, from, price));
    }

    function test_ATT09_PriceMovesAtMostSoFarAtOnce() public {
        _move(100e8);
        _moveRefused(110e8 + 1, 100e8);
        _moveRefused(90e8 - 1, 100e8);
        _moveRefused(0, 100e8);
        _moveRefused(type(uint64).max, 100e8);
        _move(110e8);
        _move(99e8);
        _moveRefused(uint64(89.1e8 - 1), 99e8);
        _move(89.1e8);
    }

    function test_ATT09_PriceMovesAtMostSoFarInAnHour() public {
        _move(100e8);
        uint64 start = CoarsePrices.at(CoarsePrices.pack(100e8), 0);
        _move(110e8);
        _move(120e8);
        _moveRefused(126e8, start);
        _move(124.9e8);
        // A new hour is measured from the last price of the old one.
        vm.warp(block.timestamp + 3600);
        _move(137e8);
        _move(150e8);
        _moveRefused(157e8, CoarsePrices.at(CoarsePrices.pack(124.9e8), 0));
        _move(156e8);
    }

    function test_ATT09_RevertIf_PricesGoMissing() public {
        _submitAll(eightPrices(), 1e24, "");
        uint64[] memory seven = new uint64[](7);
        for (uint256 i = 0; i < 7; ++i) {
            seven[i] = eightPrices()[i];
        }
        _submitAll(seven, 1e24, abi.encodeWithSelector(IAttestationRegistry.InvalidPriceCount.selector, 7, 8, 16));
        _submitAll(new uint64[](0), 1e24, abi.encodeWithSelector(IAttestationRegistry.InvalidPriceCount.selector, 0, 8, 16));
        _submitAll(new uint64[](17), 1e24, abi.encodeWithSelector(IAttestationRegistry.InvalidPriceCount.selector, 17, 8, 16));
        uint64[] memory sixteen = new uint64[](16);
        for (uint256 i = 0; i < 8; ++i) {
            sixteen[i] = eightPrices()[i];
        }
        _submitAll(sixteen, 1e24, "");
        sixteen[12] = 5e8; // first price of an id
        _submitAll(sixteen, 1e24, "");
        sixteen[12] = 6e8;
        _submitAll(sixteen, 1e24, abi.encodeWithSelector(IAttestationRegistry.PriceMoveTooLarge.selector, 12, 5e8, 6e8));
    }

    /// @notice Whatever is signed, each price stays within its bounds, and a refusal names a price that is not.
    function testFuzz_ATT09_PricesStayWithinBounds(uint256 seed) public {
        uint64[] memory now_ = eightPrices();
        uint64[] memory start = eightPrices();
        _submitAll(now_, 1e24, "");
        for (uint256 round = 0; round < 6; ++round) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint64[] memory next = new uint64[](8);
            bool allowed = true;
            for (uint256 i = 0; i < 8; ++i) {
                // Most moves are small, some are just about the bound, few far off.
                uint256 kind = (seed >> (i * 8)) & 0xff;
                uint256 most = kind < 200 ? 0.02e9 : kind < 250 ? 0.101e9 : 10e9;
                uint256 move = uint256(keccak256(abi.encode(seed, i))) % (2 * most);
                uint256 price = (uint256(now_[i]) * (most > 1e9 ? move : 1e9 - most + move)) / 1e9;
                next[i] = price > type(uint64).max ? type(uint64).max : uint64(price);
                uint64 coarse = CoarsePrices.at(CoarsePrices.pack(start[i]), 0);
                allowed = allowed && next[i] != 0 && _distance(now_[i], next[i]) * 1e9 <= uint256(now_[i]) * 0.1e9
                    && _distance(coarse, next[i]) * 1e9 <= uint256(coarse) * 0.25e9;
            }
            vm.warp(block.timestamp + 1);
            vm.roll(block.number + 1);
            (, uint64 sequence,,,) = registry.current();
            BatchHeader memory header = headerAt(sequence + 1, next);
            QuorumProof memory proof = proofOf(first, batchDigest(header), 0x7f);
            try registry.submitBatch(header, next, proof) {
                assertTrue(allowed, "accepted beyond its bounds");
                now_ = next;
            } catch (bytes memory reason) {
                assertTrue(!allowed, "refused within its bounds");
                assertEq(bytes32(bytes4(reason)), bytes32(IAttestationRegistry.PriceMoveTooLarge.selector), "reason");
            }
            for (uint256 i = 0; i < 8; ++i) {
                assertEq(registry.priceE8(uint8(i)), now_[i], "price kept");
            }
        }
    }

    function _distance(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a - b : b - a;
    }

    /// @notice A word above 64 bits would spill into its neighbour's place.
    function test_ATT09_RevertIf_APriceHasDirtyBits() public {
        uint64[] memory list = eightPrices();
        BatchHeader memory header = headerAt(1, list);
        uint256[] memory dirty = new uint256[](8);
        for (uint256 i = 0; i < 8; ++i) {
            dirty[i] = list[i];
        }
        dirty[2] |= 1 << 64;
        header.pricesHash = keccak256(abi.encodePacked(dirty));
        QuorumProof memory proof = proofOf(first, batchDigest(header), 0x7f);
        // As words: a call through the interface could not carry it.
        (bool done,) = address(registry).call(abi.encodeWithSelector(IAttestationRegistry.submitBatch.selector, header, dirty, proof));
        assertTrue(!done, "dirty price taken");
        // The same call with clean words passes: what was refused is the dirt.
        header.pricesHash = keccak256(abi.encodePacked(eightPrices()));
        proof = proofOf(first, batchDigest(header), 0x7f);
        (done,) = address(registry).call(abi.encodeWithSelector(IAttestationRegistry.submitBatch.selector, header, eightPrices(), proof));
        assertTrue(done, "clean prices refused");
    }

    function test_ATT09_MaintenanceFallsAtMostSoFarAtOnce() public {
        _submitAll(_one(100e8), 1000e18, "");
        _submitAll(_one(100e8), 5000e18, "");
        _submitAll(_one(100e8), 2500e18 - 1e12, abi.encodeWithSelector(IAttestationRegistry.MaintenanceFellTooFar.selector, 5000e18, 2500e18 - 1e12));
        _submitAll(_one(100e8), 0, abi.encodeWithSelector(IAttestationRegistry.MaintenanceFellTooFar.selector, 5000e18, 0));
        _submitAll(_one(100e8), 2500e18, "");
        _submitAll(
            _one(100e8),
            type(uint128).max,
            abi.encodeWithSelector(IAttestationRegistry.InvalidTotal.selector, type(uint128).max, uint256(type(uint64).max) * 1e12)
        );
    }

    function test_ATT09_GovernanceLetsTheMarketBackIn() public {
        _submitAll(_one(100e8), 1000e18, "");
        _submitAll(_one(300e8), 1000e18, abi.encodeWithSelector(IAttestationRegistry.PriceMoveTooLarge.selector, 0, 100e8, 300e8));
        uint8[] memory ids = new uint8[](1);
        vm.expectRevert(abi.encodeWithSignature("OwnableUnauthorizedAccount(address)", address(this)));
        registry.forgetReferences(ids, true);
        vm.prank(GOVERNANCE);
        registry.forgetReferences(ids, true);
        assertEq(registry.priceE8(0), 0, "no price meanwhile");
        _submitAll(_one(300e8), 0, "");
        _moveRefused(331e8, 300e8);
    }

    /// @notice f + 1 liars, or all: the absurd is refused whoever signs it.
    function test_ATT09_T19_AbsurdButFullySigned() public {
        _submitAll(eightPrices(), 1e24, "");
        uint64[] memory absurd = eightPrices();
        for (uint256 i = 0; i < 8; ++i) {
            uint64 before = absurd[i];
            absurd[i] = before * 1000;
            _submitAll(absurd, 1e24, abi.encodeWithSelector(IAttestationRegistry.PriceMoveTooLarge.selector, i, before, absurd[i]));
            absurd[i] = 1;
            _submitAll(absurd, 1e24, abi.encodeWithSelector(IAttestationRegistry.PriceMoveTooLarge.selector, i, before, 1));
            absurd[i] = before;
        }
        _submitAll(absurd, 1, abi.encodeWithSelector(IAttestationRegistry.MaintenanceFellTooFar.selector, 1e24, 1));
    }

    function testFuzz_CoarsePriceIsBelowByLessThanItsPrecision(uint64 price) public pure {
        uint64 back = CoarsePrices.at(CoarsePrices.pack(uint256(price) << 128), 2);
        assertTrue(back <= price, "above");
        assertTrue(uint256(price - back) << 25 <= price, "too coarse");
    }
}
