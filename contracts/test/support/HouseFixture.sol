// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {ClearingHouse} from "../../src/ClearingHouse.sol";
import {InstrumentRegistry} from "../../src/InstrumentRegistry.sol";
import {HouseLiquidations} from "../../src/house/HouseLiquidations.sol";
import {HouseServices} from "../../src/house/HouseServices.sol";
import {IClearingHouse, IClearingHouseTypes, ILiquidationHooks} from "../../src/interfaces/IClearingHouse.sol";
import {IRiskParameters} from "../../src/interfaces/IRiskParameters.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {MerkleTree} from "../../src/libraries/MerkleTree.sol";
import {Orders} from "../../src/libraries/Orders.sol";
import {AccountClearance, BatchHeader, Clearance, FundingIndex, MarginLeaf, QuorumProof, SettlementPrice, StressRow} from "../../src/types/Attestation.sol";
import {InstrumentKind, InstrumentTerms, Match, Order} from "../../src/types/Trading.sol";
import {AttestationFixture} from "./AttestationFixture.sol";
import {PlainToken} from "./Tokens.sol";

contract OrderHarness {
    function hash(Order calldata order) external pure returns (bytes32) {
        return Orders.hash(order);
    }
}

/// @notice A clearing house with two underlyings and one coin behind the real registry of attestations, and what owners and attesters sign for it.
/// @dev Prices: BTC (id 0) 100,000 USD, ETH (id 1) 4,000 USD.
abstract contract HouseFixture is AttestationFixture {
    uint8 internal constant BTC = 0;
    uint8 internal constant ETH = 1;
    uint64 internal constant BTC_E8 = 100_000e8;
    uint64 internal constant ETH_E8 = 4000e8;
    uint256 internal constant KEYS_OF_OWNERS = 0xace0;

    PlainToken internal cash;
    PlainToken internal coinToken; // coin 0, 18 decimals, priced as ETH
    InstrumentRegistry internal instruments;
    IClearingHouse internal house;
    ILiquidationHooks internal hooks;
    OrderHarness internal orderHashes;
    uint64[] internal pricesE8;
    uint64 internal nonce;

    function setUp() public virtual override {
        super.setUp();
        numbers.set(Keys.STRESS_MOVE_WAD, 0.15e18);
        numbers.set(Keys.TIME_VALUE_SHARE_WAD, 0.05e18);
        numbers.set(Keys.MARGIN_CALL_SECONDS, 1 hours);
        numbers.set(Keys.CLOSE_WINDOW_SECONDS, 6 hours);
        numbers.set(Keys.CASH_CAP_WAD, 1e9 * 1e18);
        numbers.set(Keys.DEPOSIT_PER_HOUR_WAD, 1e9 * 1e18);
        numbers.set(Keys.WITHDRAW_PER_HOUR_WAD, 1e9 * 1e18);
        numbers.set(Keys.TRADE_FEE_WAD, 0);
        numbers.set(Keys.MAX_FUNDING_PER_HOUR_WAD, 0.001e18);
        for (uint8 coin = 0; coin < 8; ++coin) {
            numbers.set(Keys.ofCoin(Keys.COIN_HAIRCUT_WAD, coin), 0.2e18);
            numbers.set(Keys.ofCoin(Keys.COIN_CAP_WAD, coin), 1e6 * 1e18);
            numbers.set(Keys.ofCoin(Keys.COIN_RAMP_SECONDS, coin), 10 days);
        }
        orderHashes = new OrderHarness();
        cash = new PlainToken(6);
        coinToken = new PlainToken(18);
        deployHouse(address(cash));
        vm.prank(GOVERNANCE);
        house.listCoin(address(coinToken), ETH);
        vm.warp(block.timestamp + 20 days); // the coin counts in full
        pricesE8.push(BTC_E8);
        pricesE8.push(ETH_E8);
        registry.prepareRing(0, 8);
        submitLeaf(MarginLeaf(0, 0, 0, 0, 0, 0, 0));
    }

    function deployHouse(address cashToken) internal {
        instruments = new InstrumentRegistry(registry, IRiskParameters(address(numbers)), GOVERNANCE);
        vm.startPrank(GOVERNANCE);
        instruments.listUnderlying(BTC, "BTC", nodesAround(BTC_E8));
        instruments.listUnderlying(ETH, "ETH", nodesAround(ETH_E8));
        vm.stopPrank();
        HouseServices services = new HouseServices(new HouseLiquidations(IERC20Metadata(cashToken), instruments, registry, IRiskParameters(address(numbers))));
        house = IClearingHouse(address(new ClearingHouse(services, GOVERNANCE)));
        hooks = ILiquidationHooks(address(house));
    }

    /// @notice 25 %, 60 %, 90 %, 110 %, 150 % and 400 % of a price.
    function nodesAround(uint64 priceE8) internal pure returns (uint64[6] memory) {
        return [priceE8 / 4, priceE8 * 6 / 10, priceE8 * 9 / 10, priceE8 * 11 / 10, priceE8 * 3 / 2, priceE8 * 4];
    }

    // ---- owners ----

    function keyOf(uint256 who) internal pure returns (uint256) {
        return KEYS_OF_OWNERS + who;
    }

    function ownerAt(uint256 who) internal pure returns (address) {
        return vm.addr(keyOf(who));
    }

    /// @notice A new account of an owner, with so many USD.
    function fund(uint256 who, uint256 usd) internal returns (uint64 account) {
        vm.prank(ownerAt(who));
        account = house.openAccount();
        if (usd != 0) deposit(who, account, usd * 1e6);
    }

    function deposit(uint256 who, uint64 account, uint256 amount) internal {
        cash.mint(ownerAt(who), amount);
        vm.startPrank(ownerAt(who));
        cash.approve(address(house), amount);
        house.depositCash(account, amount);
        vm.stopPrank();
    }

    function depositCoins(uint256 who, uint64 account, uint256 amount) internal {
        coinToken.mint(ownerAt(who), amount);
        vm.startPrank(ownerAt(who));
        coinToken.approve(address(house), amount);
        house.depositCoin(account, 0, amount);
        vm.stopPrank();
    }

    function cashOf(uint64 account) internal view returns (int256 wad) {
        (wad,,,,,) = house.summary(account);
    }

    function sequenceOf(uint64 account) internal view returns (uint64 sequence) {
        (, sequence,,,,) = house.summary(account);
    }

    function hashOf(uint64 account) internal view returns (bytes32 positionsHash) {
        (,,, positionsHash,,) = house.summary(account);
    }

    function quantityOf(uint64 account, bytes32 instrument) internal view returns (int256) {
        return house.position(account, instrument).quantityWad;
    }

    // ---- instruments ----

    function listOption(InstrumentKind kind, uint8 priceId, uint256 strikeUsd, uint256 secondsAhead) internal returns (bytes32) {
        return instruments.list(InstrumentTerms(kind, priceId, uint40(block.timestamp + secondsAhead), uint128(strikeUsd * 1e18)));
    }

    function listPerpetual(uint8 priceId) internal returns (bytes32) {
        return instruments.list(InstrumentTerms(InstrumentKind.Perpetual, priceId, 0, 0));
    }

    // ---- orders and trades ----

    function order(uint64 account, bytes32 instrument, int256 quantityWad, uint256 limitWad) internal returns (Order memory) {
        return Order(account, instrument, int128(quantityWad), uint128(limitWad), uint64(block.timestamp + 1 hours), nonce++, address(0));
    }

    function signOrder(uint256 key, Order memory o) internal view returns (bytes memory) {
        return signature(key, house.orderDigest(orderHashes.hash(o)));
    }

    /// @notice Owners 1 and 2 of the two accounts agree on just this.
    function matchOf(uint256 buyerWho, uint64 buyer, uint256 sellerWho, uint64 seller, bytes32 instrument, uint256 quantityWad, uint256 priceWad)
        internal
        returns (Match memory m)
    {
        m.buy = order(buyer, instrument, int256(quantityWad), priceWad);
        m.sell = order(seller, instrument, -int256(quantityWad), priceWad);
        m.buySignature = signOrder(keyOf(buyerWho), m.buy);
        m.sellSignature = signOrder(keyOf(sellerWho), m.sell);
        (m.quantityWad, m.priceWad) = (uint128(quantityWad), uint128(priceWad));
    }

    function one(Match memory m) internal pure returns (Match[] memory list) {
        list = new Match[](1);
        list[0] = m;
    }

    function actionOf(Match[] memory matches) internal view returns (bytes32) {
        bytes32[] memory parts = new bytes32[](matches.length);
        for (uint256 i = 0; i < matches.length; ++i) {
            parts[i] = Orders.hashMatch(orderHashes.hash(matches[i].buy), orderHashes.hash(matches[i].sell), matches[i].quantityWad, matches[i].priceWad);
        }
        return Orders.hashTrade(parts);
    }

    function link(bytes32 hash, bytes32 instrument, int256 fromWad, int256 toWad) internal pure returns (bytes32) {
        return keccak256(abi.encode(hash, instrument, fromWad, toWad));
    }

    /// @notice An account as attesters see it before a trade that changes one leg.
    function clearedLeg(uint64 account, bytes32 instrument, int256 byWad, uint256 initialWad, int256 markValueWad) internal view returns (AccountClearance memory c) {
        int256 fromWad = quantityOf(account, instrument);
        c.account = account;
        c.sequence = sequenceOf(account);
        c.positionsHashBefore = hashOf(account);
        c.positionsHashAfter = link(c.positionsHashBefore, instrument, fromWad, fromWad + byWad);
        (c.initialWad, c.maintenanceWad, c.markValueWad) = (uint128(initialWad), uint128(initialWad * 8 / 10), int128(markValueWad));
    }

    function clearanceOf(bytes32 actionHash, AccountClearance[] memory accounts) internal view returns (Clearance memory c) {
        (, uint64 sequence,,,) = registry.current();
        return Clearance(1, sequence, uint64(block.timestamp), uint64(block.timestamp + 30), actionHash, DOCUMENT, accounts);
    }

    function signClearance(Clearance memory c) internal view returns (QuorumProof memory) {
        return proofOf(first, registry.attestationDigest(hashes.hash(c)), FIVE_OF_SEVEN);
    }

    /// @notice Both accounts of a match with no requirement and no mark value: the intrinsic stress decides alone.
    function clearMatch(Match memory m, bool reducesRisk) internal view returns (Clearance memory) {
        AccountClearance[] memory accounts = new AccountClearance[](2);
        int256 q = int256(uint256(m.quantityWad));
        bool buyerFirst = m.buy.account < m.sell.account;
        accounts[buyerFirst ? 0 : 1] = clearedLeg(m.buy.account, m.buy.instrument, q, 0, 0);
        accounts[buyerFirst ? 1 : 0] = clearedLeg(m.sell.account, m.sell.instrument, -q, 0, 0);
        // Generous marks, so that equity is never what refuses.
        for (uint256 i = 0; i < 2; ++i) {
            accounts[i].markValueWad = 1e30;
            accounts[i].reducesRisk = reducesRisk;
        }
        return clearanceOf(actionOf(one(m)), accounts);
    }

    function execute(Match memory m, Clearance memory c) internal {
        house.trade(one(m), c, signClearance(c));
    }

    function tradeNow(uint256 buyerWho, uint64 buyer, uint256 sellerWho, uint64 seller, bytes32 instrument, uint256 quantityWad, uint256 priceWad) internal {
        Match memory m = matchOf(buyerWho, buyer, sellerWho, seller, instrument, quantityWad, priceWad);
        execute(m, clearMatch(m, false));
    }

    // ---- batches ----

    /// @notice A leaf for an account as it stands.
    function leafOf(uint64 account, uint256 initialWad, uint256 maintenanceWad, int256 markValueWad) internal view returns (MarginLeaf memory) {
        return MarginLeaf(account, sequenceOf(account), hashOf(account), uint128(initialWad), uint128(maintenanceWad), int128(markValueWad), 0);
    }

    /// @notice A batch whose only leaf this is, at index 0.
    function submitLeaf(MarginLeaf memory leaf) internal returns (IClearingHouseTypes.LeafProof memory proof) {
        (bytes32 root, bytes32[] memory path) = oneLeafTree(MerkleTree.leafHash(hashes.hash(leaf)), MerkleTree.ACCOUNT_DEPTH);
        BatchHeader memory header = nextHeader();
        (header.accountsRoot, header.accountCount) = (root, 1);
        submit(header, pricesE8);
        return IClearingHouseTypes.LeafProof(header, leaf, 0, path);
    }

    /// @notice A batch whose only row of stress columns this is.
    function submitRow(bytes32 instrument, int256 markWad) internal returns (IClearingHouseTypes.RowProof memory proof) {
        StressRow memory row = StressRow(instrument, markWad, -2, keccak256("entries"));
        (bytes32 root, bytes32[] memory path) = oneLeafTree(MerkleTree.leafHash(hashes.hash(row)), MerkleTree.ROW_DEPTH);
        BatchHeader memory header = nextHeader();
        (header.stressRoot, header.rowCount) = (root, 1);
        submit(header, pricesE8);
        return IClearingHouseTypes.RowProof(header, row, 0, path);
    }

    function submitPrices() internal {
        submit(nextHeader(), pricesE8);
    }

    /// @dev A second and a block later, as each batch must be newer than the last.
    function nextHeader() internal returns (BatchHeader memory header) {
        vm.warp(block.timestamp + 1);
        vm.roll(block.number + 1);
        (, uint64 sequence,,,) = registry.current();
        header = headerAt(sequence + 1, pricesE8);
    }

    function oneLeafTree(bytes32 leaf, uint256 depth) internal pure returns (bytes32 root, bytes32[] memory path) {
        bytes32[] memory leaves = new bytes32[](1);
        leaves[0] = leaf;
        return treeOf(leaves, 0, depth);
    }

    function setSettlement(uint8 priceId, uint64 expiry, uint64 priceE8) internal {
        SettlementPrice memory p = SettlementPrice(1, priceId, expiry, priceE8, uint64(block.timestamp));
        instruments.settle(p, proofOf(first, registry.attestationDigest(hashes.hash(p)), FIVE_OF_SEVEN));
    }

    function setFunding(bytes32 instrument, uint64 sequence, int256 indexWad) internal {
        FundingIndex memory f = FundingIndex(1, instrument, sequence, int128(indexWad), uint64(block.timestamp));
        instruments.setFunding(f, proofOf(first, registry.attestationDigest(hashes.hash(f)), FIVE_OF_SEVEN));
    }

    function noProof() internal pure returns (IClearingHouseTypes.LeafProof memory proof) {}
}
