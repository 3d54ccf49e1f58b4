// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MerkleTree} from "../../src/libraries/MerkleTree.sol";
import {IClearingHouseTypes} from "../../src/interfaces/IClearingHouse.sol";
import {AccountClearance, BatchHeader, Clearance, MarginLeaf, QuorumProof, StressRow} from "../../src/types/Attestation.sol";
import {InstrumentKind, InstrumentTerms, Match, Order} from "../../src/types/Trading.sol";
import {LiveProtocol} from "./LiveProtocol.sol";

/// @notice The deployed protocol with two traders: orders, clearances and leaves as attesters and owners would make them.
abstract contract LiveHouse is LiveProtocol {
    /// @dev Second writings of what the house hashes.
    bytes32 private constant ORDER_TYPE =
        keccak256("Order(uint64 account,bytes32 instrument,int128 quantityWad,uint128 limitPriceWad,uint64 expiry,uint64 nonce,address matcher)");
    bytes32 private constant MATCH_TYPE = keccak256("Match(bytes32 buyOrder,bytes32 sellOrder,uint128 quantityWad,uint128 priceWad)");
    bytes32 private constant TRADE_TYPE = keccak256("Trade(Match[] matches)Match(bytes32 buyOrder,bytes32 sellOrder,uint128 quantityWad,uint128 priceWad)");
    uint256 internal constant ALICE_KEY = 0xA11CE5EC;
    uint256 internal constant BOB_KEY = 0xB0B5EC;
    uint128 internal constant PRICE = 50e18; // [wad] of every match

    address internal alice;
    address internal bob;
    uint64 internal aliceAccount;
    uint64 internal bobAccount;
    uint64 private _nonce;

    function setUp() public virtual override {
        super.setUp();
        (alice, bob) = (vm.addr(ALICE_KEY), vm.addr(BOB_KEY));
        aliceAccount = opened(alice, 400_000e6);
        bobAccount = opened(bob, 400_000e6);
    }

    function opened(address owner, uint256 amount) internal returns (uint64 account) {
        vm.prank(owner);
        account = house.openAccount();
        cash.mint(owner, amount);
        vm.prank(owner);
        cash.approve(address(house), type(uint256).max);
        vm.prank(owner);
        house.depositCash(account, amount);
    }

    /// @notice The n-th listed call on bitcoin, a hundred days out.
    function call(uint256 n) internal returns (bytes32) {
        return instruments.list(InstrumentTerms(InstrumentKind.Call, 0, uint40(MONDAY + 100 days), uint128(80_000e18 + n * 100e18)));
    }

    function orderOf(uint64 account, bytes32 instrument, int128 quantityWad) internal returns (Order memory) {
        return Order(account, instrument, quantityWad, quantityWad > 0 ? type(uint128).max : 0, uint64(block.timestamp + 1 days), ++_nonce, address(0));
    }

    function hashOf(Order memory order) internal pure returns (bytes32) {
        return keccak256(abi.encode(ORDER_TYPE, order));
    }

    function matchOf(bytes32 instrument, uint128 quantityWad) internal returns (Match memory matched) {
        matched.buy = orderOf(aliceAccount, instrument, int128(quantityWad));
        matched.sell = orderOf(bobAccount, instrument, -int128(quantityWad));
        (matched.quantityWad, matched.priceWad) = (quantityWad, PRICE);
        matched.buySignature = signature(ALICE_KEY, house.orderDigest(hashOf(matched.buy)));
        matched.sellSignature = signature(BOB_KEY, house.orderDigest(hashOf(matched.sell)));
    }

    function actionOf(Match[] memory matches) internal pure returns (bytes32) {
        bytes32[] memory list = new bytes32[](matches.length);
        for (uint256 i = 0; i < matches.length; ++i) {
            list[i] = keccak256(abi.encode(MATCH_TYPE, hashOf(matches[i].buy), hashOf(matches[i].sell), matches[i].quantityWad, matches[i].priceWad));
        }
        return keccak256(abi.encode(TRADE_TYPE, keccak256(abi.encodePacked(list))));
    }

    /// @notice An account in a clearance, with its hash after the matches.
    function cleared(uint64 account, Match[] memory matches) internal view returns (AccountClearance memory c) {
        (, uint64 sequence,, bytes32 positionsHash,,) = house.summary(account);
        (c.account, c.sequence, c.positionsHashBefore, c.positionsHashAfter) = (account, sequence, positionsHash, positionsHash);
        for (uint256 i = 0; i < matches.length; ++i) {
            bytes32 instrument = matches[i].buy.instrument;
            int128 from = house.position(account, instrument).quantityWad;
            for (uint256 j = 0; j < i; ++j) {
                if (matches[j].buy.instrument == instrument) from += signedQuantity(account, matches[j]);
            }
            c.positionsHashAfter = keccak256(abi.encode(c.positionsHashAfter, instrument, int256(from), int256(from) + signedQuantity(account, matches[i])));
        }
        (c.initialWad, c.maintenanceWad, c.markValueWad) = (20_000e18, 15_000e18, 0);
    }

    function signedQuantity(uint64 account, Match memory matched) private pure returns (int128) {
        return account == matched.buy.account ? int128(matched.quantityWad) : -int128(matched.quantityWad);
    }

    function clearanceOf(Match[] memory matches) internal view returns (Clearance memory c) {
        (, uint64 sequence,,,) = attestations.current();
        (uint64 setId,,,) = attestations.attesterSets();
        (bytes32 document,,) = parameters.documents();
        c.accounts = new AccountClearance[](2);
        (c.accounts[0], c.accounts[1]) = (cleared(aliceAccount, matches), cleared(bobAccount, matches));
        (c.setId, c.batchSequence, c.observedAt, c.validUntil) = (setId, sequence, uint64(block.timestamp), uint64(block.timestamp + 60));
        (c.actionHash, c.parameterHash) = (actionOf(matches), document);
    }

    function signed(Clearance memory clearance, uint256 signers) internal view returns (QuorumProof memory) {
        return proofOf(attesters, attestations.attestationDigest(hashes.hash(clearance)), signers);
    }

    function trade(Match[] memory matches) internal {
        Clearance memory clearance = clearanceOf(matches);
        QuorumProof memory proof = signed(clearance, FIVE_OF_SEVEN);
        house.trade(matches, clearance, proof);
    }

    /// @notice Alice buys one contract of each of the first n calls from Bob.
    function tradeCalls(uint256 n) internal {
        for (uint256 done = 0; done < n;) {
            uint256 size = n - done < 16 ? n - done : 16;
            Match[] memory matches = new Match[](size);
            for (uint256 i = 0; i < size; ++i) {
                matches[i] = matchOf(call(done + i), 1e16);
            }
            trade(matches);
            done += size;
        }
    }

    /// @notice A new batch whose first four leaves are those of Alice, Bob and two others.
    function attest() internal returns (BatchHeader memory header, IClearingHouseTypes.LeafProof memory ofAlice) {
        return attestWith(0);
    }

    function attestWith(bytes32 stressRoot) internal returns (BatchHeader memory header, IClearingHouseTypes.LeafProof memory ofAlice) {
        skipTime(30);
        header = nextHeader(livePrices());
        MarginLeaf memory leaf = currentLeaf(aliceAccount);
        bytes32[4] memory leaves = [
            MerkleTree.leafHash(hashes.hash(leaf)),
            MerkleTree.leafHash(hashes.hash(currentLeaf(bobAccount))),
            MerkleTree.leafHash(hashes.hash(leafOf(98, keccak256("98")))),
            MerkleTree.leafHash(hashes.hash(leafOf(99, keccak256("99"))))
        ];
        bytes32[] memory path;
        (header.accountsRoot, path) = treeOfFour(leaves, 0);
        if (stressRoot != 0) header.stressRoot = stressRoot;
        submit(header, livePrices());
        ofAlice = IClearingHouseTypes.LeafProof(header, leaf, 0, path);
    }

    function currentLeaf(uint64 account) internal view returns (MarginLeaf memory leaf) {
        (, uint64 sequence,, bytes32 positionsHash,,) = house.summary(account);
        return MarginLeaf(account, sequence, positionsHash, 20_000e18, 15_000e18, 0, 1e14);
    }

    /// @notice Root and path of a single row in the tree of rows.
    function rowTree(StressRow memory row) internal view returns (bytes32 root, bytes32[] memory path) {
        path = new bytes32[](MerkleTree.ROW_DEPTH);
        root = MerkleTree.leafHash(hashes.hash(row));
        bytes32 empty = MerkleTree.EMPTY;
        for (uint256 level = 0; level < MerkleTree.ROW_DEPTH; ++level) {
            path[level] = empty;
            root = nodeOf(root, empty);
            empty = nodeOf(empty, empty);
        }
    }
}
