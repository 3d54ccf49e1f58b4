// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {ILiquidationEngine} from "../../src/interfaces/ILiquidationEngine.sol";
import {IRiskParameters} from "../../src/interfaces/IRiskParameters.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {MerkleTree} from "../../src/libraries/MerkleTree.sol";
import {LiquidationEngine} from "../../src/liquidation/LiquidationEngine.sol";
import {AccountClearance, BatchHeader, MarginLeaf} from "../../src/types/Attestation.sol";
import {InstrumentKind, MarginState} from "../../src/types/Trading.sol";
import {HouseFixture} from "./HouseFixture.sol";

/// @notice A house with its liquidation engine, an insurance account and a short account; attesters whose margin is linear in the book.
/// @dev The margin of a book is the sum of |quantity| x `marginOf`: what scales with the book scales its margin, and two books together ask no more than both.
abstract contract LiquidationFixture is HouseFixture {
    uint256 internal constant OWNER = 1;
    uint256 internal constant OTHER = 2;
    uint256 internal constant KEEPER = 3;
    uint256 internal constant RIVAL = 4;
    uint256 internal constant INSURER = 5;
    uint256 internal constant MICRO = 1e6;
    uint256 internal constant BUFFER_E6 = 1.3e6; // initial over maintenance margin

    LiquidationEngine internal engine;
    uint64 internal a; // short 2 calls, cash 110,000
    uint64 internal b;
    uint64 internal keeper;
    uint64 internal rival;
    uint64 internal insurance;
    bytes32 internal call_;
    bytes32[] internal known; // instruments
    mapping(bytes32 instrument => int256) internal markOf; // [wad per unit]
    mapping(bytes32 instrument => uint256) internal marginOf; // maintenance [wad per unit]

    function setUp() public virtual override {
        super.setUp();
        numbers.set(Keys.LIQUIDATION_TARGET_WAD, 1.1e18);
        numbers.set(Keys.LIQUIDATION_START_RATE_WAD, 0.02e18);
        numbers.set(Keys.LIQUIDATION_KNEE_RATE_WAD, 0.2e18);
        numbers.set(Keys.LIQUIDATION_END_RATE_WAD, 1e18);
        numbers.set(Keys.LIQUIDATION_FAST_SECONDS, 900);
        numbers.set(Keys.LIQUIDATION_SLOW_SECONDS, 3600);
        numbers.set(Keys.LIQUIDATION_FEE_WAD, 0.005e18);
        numbers.set(Keys.LIQUIDATION_LEAST_WAD, 250e18);
        numbers.set(Keys.LIQUIDATION_PER_HOUR_WAD, 2_000_000e18);
        numbers.set(Keys.INSURANCE_PER_HOUR_WAD, 250_000e18);
        numbers.set(Keys.LIQUIDATION_GRACE_SECONDS, 0);
        engine = new LiquidationEngine(house, registry, IRiskParameters(address(numbers)));
        (a, b, keeper, rival, insurance) = (fund(OWNER, 100_000), fund(OTHER, 100_000), fund(KEEPER, 500_000), fund(RIVAL, 500_000), fund(INSURER, 50_000));
        vm.startPrank(GOVERNANCE);
        house.setLiquidationEngine(address(engine));
        house.setInsuranceAccount(insurance);
        vm.stopPrank();
        letEngineAct(KEEPER, keeper);
        letEngineAct(RIVAL, rival);
        call_ = instrument(100_000, 5000e18, 10_000e18);
        tradeNow(OTHER, b, OWNER, a, call_, 2e18, 5000e18);
    }

    function letEngineAct(uint256 who, uint64 account) internal {
        vm.prank(ownerAt(who));
        house.approveSigner(account, address(engine), uint64(block.timestamp + 300 days));
    }

    function instrument(uint256 strikeUsd, int256 markWad, uint256 marginWad) internal returns (bytes32 listed) {
        listed = listOption(InstrumentKind.Call, BTC, strikeUsd, 300 days);
        known.push(listed);
        (markOf[listed], marginOf[listed]) = (markWad, marginWad);
    }

    /// @notice An account as the attesters of this fixture margin it.
    function attested(uint64 account) internal view returns (MarginLeaf memory leaf) {
        (int256 valueWad, uint256 maintenanceWad) = bookOf(account);
        leaf = leafOf(account, maintenanceWad * BUFFER_E6 / MICRO, maintenanceWad, valueWad);
    }

    function bookOf(uint64 account) internal view returns (int256 valueWad, uint256 maintenanceWad) {
        for (uint256 i = 0; i < known.length; ++i) {
            int256 held = quantityOf(account, known[i]);
            valueWad += held * markOf[known[i]] / 1e18;
            maintenanceWad += uint256(held < 0 ? -held : held) * marginOf[known[i]] / 1e18;
        }
    }

    /// @notice An account as the attesters of this fixture clear a change of one leg.
    function clearedAfter(uint64 account, bytes32 instrument_, int256 byWad) internal view returns (AccountClearance memory c) {
        (int256 valueWad, uint256 maintenance) = bookOf(account);
        int256 held = quantityOf(account, instrument_);
        valueWad += (held + byWad) * markOf[instrument_] / 1e18 - held * markOf[instrument_] / 1e18;
        maintenance = maintenance + magnitude(held + byWad) * marginOf[instrument_] / 1e18 - magnitude(held) * marginOf[instrument_] / 1e18;
        c = clearedLeg(account, instrument_, byWad, maintenance * BUFFER_E6 / MICRO, valueWad);
        c.maintenanceWad = uint128(maintenance);
    }

    function magnitude(int256 value) internal pure returns (uint256) {
        return uint256(value < 0 ? -value : value);
    }

    function prove(uint64 account) internal returns (T.LeafProof memory) {
        return submitLeaf(attested(account));
    }

    /// @notice Two leaves of one batch.
    function proveBoth(uint64 one_, uint64 other) internal returns (T.LeafProof memory ofOne, T.LeafProof memory ofOther) {
        MarginLeaf[2] memory leaves = [attested(one_), attested(other)];
        bytes32[] memory hashed = new bytes32[](2);
        (hashed[0], hashed[1]) = (MerkleTree.leafHash(hashes.hash(leaves[0])), MerkleTree.leafHash(hashes.hash(leaves[1])));
        (bytes32 root, bytes32[] memory path) = treeOf(hashed, 0, MerkleTree.ACCOUNT_DEPTH);
        (, bytes32[] memory otherPath) = treeOf(hashed, 1, MerkleTree.ACCOUNT_DEPTH);
        BatchHeader memory header = nextHeader();
        (header.accountsRoot, header.accountCount) = (root, 2);
        submit(header, pricesE8);
        return (T.LeafProof(header, leaves[0], 0, path), T.LeafProof(header, leaves[1], 1, otherPath));
    }

    /// @notice Cash and contracts at the marks, coins at their price. [wad]
    function worthOf(uint64 account) internal view returns (int256 wad) {
        (int256 valueWad,) = bookOf(account);
        return cashOf(account) + valueWad + int256(house.coinBalance(account, 0) * uint256(ETH_E8) / 1e8);
    }

    function equityOf(uint64 account) internal view returns (int256) {
        (int256 valueWad,) = bookOf(account);
        return house.collateralWad(account) + valueWad;
    }

    /// @notice The mark at which a has an equity of so many USD.
    function sink(int256 equityUsd) internal {
        markOf[call_] = (110_000e18 - equityUsd * 1e18) / 2;
    }

    function begin(uint64 account) internal virtual {
        engine.start(account, prove(account));
    }

    function take(uint256 who, uint64 payer, uint64 account, uint256 cashWad) internal returns (uint64 claim) {
        T.LeafProof memory proof = prove(account);
        vm.prank(ownerAt(who));
        return engine.takeShare(account, payer, cashWad, 0, "", proof);
    }

    /// @notice Cash that restores an account just so.
    function cashFor(uint64 account) internal returns (uint256 cashWad) {
        ILiquidationEngine.Need memory need = engine.need(account, prove(account));
        uint256 fee = engine.termsOf(account).fee;
        cashWad = uint256(need.shortfallWad) * MICRO / (MICRO - fee);
        while (cashWad - (cashWad * fee + MICRO - 1) / MICRO < uint256(need.shortfallWad)) ++cashWad;
        while ((cashWad - 1) - ((cashWad - 1) * fee + MICRO - 1) / MICRO >= uint256(need.shortfallWad)) --cashWad;
    }

    function sorted() internal view returns (bytes32[] memory list) {
        list = known;
        for (uint256 i = 1; i < list.length; ++i) {
            for (uint256 j = i; j > 0 && list[j] < list[j - 1]; --j) {
                (list[j], list[j - 1]) = (list[j - 1], list[j]);
            }
        }
    }

    /// @notice The legs of an account, rising.
    function legsOf(uint64 account) internal view returns (bytes32[] memory legs) {
        bytes32[] memory all = sorted();
        uint256 count;
        for (uint256 i = 0; i < all.length; ++i) {
            if (quantityOf(account, all[i]) != 0) ++count;
        }
        legs = new bytes32[](count);
        count = 0;
        for (uint256 i = 0; i < all.length; ++i) {
            if (quantityOf(account, all[i]) != 0) legs[count++] = all[i];
        }
    }

    function stateOf(uint64 account) internal view returns (MarginState state) {
        (,,,, state,) = house.summary(account);
    }
}
