// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IClearingHouse, IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {AccountClearance, Clearance, QuorumProof} from "../../src/types/Attestation.sol";
import {InstrumentKind, Match, Order} from "../../src/types/Trading.sol";
import {HouseFixture} from "../support/HouseFixture.sol";

/// @notice An owner that is a contract: what its key signs is its word.
contract WalletOwner is IERC1271 {
    address private immutable KEY;
    IClearingHouse private immutable HOUSE;
    bool public silent;

    constructor(address key, IClearingHouse house) {
        (KEY, HOUSE) = (key, house);
    }

    function open() external returns (uint64) {
        return HOUSE.openAccount();
    }

    function setSilent(bool value) external {
        silent = value;
    }

    function isValidSignature(bytes32 digest, bytes memory signature) external view returns (bytes4) {
        if (silent) return bytes4(0);
        (address signer, ECDSA.RecoverError error,) = ECDSA.tryRecover(digest, signature);
        return error == ECDSA.RecoverError.NoError && signer == KEY ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}

/// @notice What makes an order count, and how often.
contract OrdersTest is HouseFixture {
    uint256 private constant ORDER_OF_SECP256K1 = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    uint64 internal a;
    uint64 internal b;
    bytes32 internal call_;

    function setUp() public override {
        super.setUp();
        (a, b) = (fund(1, 100_000), fund(2, 100_000));
        call_ = listOption(InstrumentKind.Call, BTC, 100_000, 30 days);
    }

    function plain() internal returns (Match memory) {
        return matchOf(1, a, 2, b, call_, 1e18, 5000e18);
    }

    function refuse(Match memory m, bytes memory refusal) internal {
        Clearance memory c = clearMatch(m, false);
        QuorumProof memory proof = signClearance(c);
        vm.expectRevert(refusal);
        house.trade(one(m), c, proof);
    }

    function resign(Match memory m) internal view {
        m.buySignature = signOrder(keyOf(1), m.buy);
        m.sellSignature = signOrder(keyOf(2), m.sell);
    }

    // ---- signatures ----

    function test_ApprovedSignerSignsUntilItExpires() public {
        vm.prank(ownerAt(1));
        house.approveSigner(a, ownerAt(8), uint64(block.timestamp + 10));
        Match memory m = plain();
        m.buySignature = signOrder(keyOf(8), m.buy);
        execute(m, clearMatch(m, false));

        m = plain();
        vm.warp(block.timestamp + 11);
        m.buySignature = signOrder(keyOf(8), m.buy);
        refuse(m, abi.encodeWithSelector(T.InvalidOrderSignature.selector, a, ownerAt(8)));
    }

    function test_ApprovalIsForOneAccount() public {
        uint64 other = fund(1, 100_000);
        vm.prank(ownerAt(1));
        house.approveSigner(other, ownerAt(8), uint64(block.timestamp + 10));
        Match memory m = plain();
        m.buySignature = signOrder(keyOf(8), m.buy);
        refuse(m, abi.encodeWithSelector(T.InvalidOrderSignature.selector, a, ownerAt(8)));
    }

    function test_ContractOwnerAnswersForItself() public {
        WalletOwner wallet = new WalletOwner(ownerAt(9), house);
        uint64 w = wallet.open();
        deposit(1, w, 100_000e6);
        Match memory m = matchOf(9, w, 2, b, call_, 1e18, 5000e18);
        execute(m, clearMatch(m, false));
        assertEq(quantityOf(w, call_), 1e18, "filled");
        m = matchOf(9, w, 2, b, call_, 1e18, 5000e18);
        wallet.setSilent(true);
        refuse(m, abi.encodeWithSelector(T.InvalidOrderSignature.selector, w, ownerAt(9)));
    }

    function test_RevertIf_StrangerSigns() public {
        Match memory m = plain();
        m.buySignature = signOrder(keyOf(2), m.buy);
        refuse(m, abi.encodeWithSelector(T.InvalidOrderSignature.selector, a, ownerAt(2)));
    }

    function test_ATT04_RevertIf_SignatureIsMalleable() public {
        Match memory m = plain();
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf(1), house.orderDigest(orderHashes.hash(m.buy)));
        m.buySignature = abi.encodePacked(r, bytes32(ORDER_OF_SECP256K1 - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        refuse(m, abi.encodeWithSelector(T.InvalidOrderSignature.selector, a, address(0)));
        m.buySignature = abi.encodePacked(r, s, uint8(v - 27));
        refuse(m, abi.encodeWithSelector(T.InvalidOrderSignature.selector, a, address(0)));
        m.buySignature = abi.encodePacked(r, s);
        refuse(m, abi.encodeWithSelector(T.InvalidOrderSignature.selector, a, address(0)));
        m.buySignature = abi.encodePacked(r, s, v, uint8(0));
        refuse(m, abi.encodeWithSelector(T.InvalidOrderSignature.selector, a, address(0)));
    }

    function test_ATT03_RevertIf_OrderIsReplayedOnAnotherChain() public {
        Match memory m = plain();
        bytes32 here = house.orderDigest(orderHashes.hash(m.buy));
        vm.chainId(4242);
        assertTrue(here != house.orderDigest(orderHashes.hash(m.buy)), "live chain id");
        Clearance memory c = clearMatch(m, false);
        QuorumProof memory proof = signClearance(c);
        vm.expectPartialRevert(T.InvalidOrderSignature.selector);
        house.trade(one(m), c, proof);
    }

    function test_ATT03_RevertIf_OrderIsReplayedOnAnotherHouse() public {
        Match memory m = plain();
        bytes32 here = house.orderDigest(orderHashes.hash(m.buy));
        deployHouse(address(cash));
        assertTrue(here != house.orderDigest(orderHashes.hash(m.buy)), "address of the house");
        assertEq(fund(1, 100_000), a, "same account numbers");
        assertEq(fund(2, 100_000), b, "same account numbers");
        assertEq(listOption(InstrumentKind.Call, BTC, 100_000, 30 days), call_, "same instrument");
        Clearance memory c = clearMatch(m, false);
        QuorumProof memory proof = signClearance(c);
        vm.expectPartialRevert(T.InvalidOrderSignature.selector);
        house.trade(one(m), c, proof);
    }

    function testFuzz_ATT03_EveryFieldOfAnOrderIsBound(uint256 field, uint256 value) public {
        Match memory m = plain();
        Order memory changed = abi.decode(abi.encode(m.buy), (Order));
        field = bound(field, 0, 6);
        if (field == 0) changed.account = uint64(value);
        if (field == 1) changed.instrument = bytes32(value);
        if (field == 2) changed.quantityWad = int128(int256(value));
        if (field == 3) changed.limitPriceWad = uint128(value);
        if (field == 4) changed.expiry = uint64(value);
        if (field == 5) changed.nonce = uint64(value);
        if (field == 6) changed.matcher = address(uint160(value));
        bool same = keccak256(abi.encode(changed)) == keccak256(abi.encode(m.buy));
        assertTrue(same == (orderHashes.hash(changed) == orderHashes.hash(m.buy)), "bound");
        bytes32 typeHash =
            keccak256("Order(uint64 account,bytes32 instrument,int128 quantityWad,uint128 limitPriceWad,uint64 expiry,uint64 nonce,address matcher)");
        assertEq(orderHashes.hash(changed), keccak256(abi.encode(typeHash, changed)), "EIP-712");
    }

    // ---- fills ----

    function test_PartialFillsAddUpToTheOrder() public {
        Order memory buy = order(a, call_, 3e18, 5000e18);
        bytes memory signature_ = signOrder(keyOf(1), buy);
        for (uint256 i = 0; i < 3; ++i) {
            Match memory m = plain();
            (m.buy, m.buySignature) = (buy, signature_);
            assertEq(house.filledWad(orderHashes.hash(buy)), i * 1e18, "filled so far");
            execute(m, clearMatch(m, false));
        }
        assertTrue(house.isSpent(a, buy.nonce), "used up");
        assertEq(house.filledWad(orderHashes.hash(buy)), 0, "its slot is free again");
        assertEq(quantityOf(a, call_), 3e18, "bought");
        Match memory again = plain();
        (again.buy, again.buySignature) = (buy, signature_);
        refuse(again, abi.encodeWithSelector(T.OrderIsCancelled.selector, a, buy.nonce));
    }

    function test_RevertIf_OrderIsOverfilled() public {
        Match memory m = plain();
        m.buy = order(a, call_, 1.5e18, 5000e18);
        m.buySignature = signOrder(keyOf(1), m.buy);
        execute(m, clearMatch(m, false));
        Match memory next = plain();
        (next.buy, next.buySignature) = (m.buy, m.buySignature);
        refuse(next, abi.encodeWithSelector(T.OrderOverfilled.selector, orderHashes.hash(m.buy), 2e18, 1.5e18));
    }

    function test_CON09_RevertIf_OrderIsFilledTwice() public {
        Match memory m = plain();
        execute(m, clearMatch(m, false));
        refuse(m, abi.encodeWithSelector(T.OrderIsCancelled.selector, a, m.buy.nonce));
    }

    function test_CancelledNonceRefusesEveryOrderUnderIt() public {
        Match memory m = plain();
        vm.prank(ownerAt(1));
        house.cancelOrder(a, m.buy.nonce);
        refuse(m, abi.encodeWithSelector(T.OrderIsCancelled.selector, a, m.buy.nonce));
        m.buy.limitPriceWad += 1;
        resign(m);
        refuse(m, abi.encodeWithSelector(T.OrderIsCancelled.selector, a, m.buy.nonce));
    }

    function test_CancellingAPartlyFilledOrderStopsIt() public {
        Match memory m = plain();
        m.buy = order(a, call_, 2e18, 5000e18);
        m.buySignature = signOrder(keyOf(1), m.buy);
        execute(m, clearMatch(m, false));
        vm.prank(ownerAt(1));
        house.cancelOrder(a, m.buy.nonce);
        Match memory next = plain();
        (next.buy, next.buySignature) = (m.buy, m.buySignature);
        refuse(next, abi.encodeWithSelector(T.OrderIsCancelled.selector, a, m.buy.nonce));
    }

    /// @dev Two orders under one nonce: the one that is filled up takes the other with it, also where that one is partly filled.
    function test_NoncesTellNeighboursApart() public {
        nonce = 127;
        Match memory m = plain(); // buy 127, sell 128
        execute(m, clearMatch(m, false));
        assertTrue(house.isSpent(a, 127), "127");
        assertTrue(!house.isSpent(a, 126), "126");
        assertTrue(!house.isSpent(a, 128), "128 is the seller's");
        assertTrue(house.isSpent(b, 128), "the seller's");
        m = plain();
        m.buy = order(a, call_, 2e18, 5000e18);
        m.buySignature = signOrder(keyOf(1), m.buy);
        execute(m, clearMatch(m, false));
        assertTrue(!house.isSpent(a, m.buy.nonce), "partly filled is not used up");
        assertTrue(!house.isSpent(a, m.buy.nonce + 1), "nor its neighbour");
    }

    function test_SameNonceOtherOrder() public {
        Match memory m = plain();
        m.buy = order(a, call_, 2e18, 5000e18);
        m.buySignature = signOrder(keyOf(1), m.buy);
        execute(m, clearMatch(m, false));
        Match memory other = plain();
        other.buy.nonce = m.buy.nonce;
        other.buySignature = signOrder(keyOf(1), other.buy);
        execute(other, clearMatch(other, false));
        Match memory rest = plain();
        (rest.buy, rest.buySignature) = (m.buy, m.buySignature);
        refuse(rest, abi.encodeWithSelector(T.OrderIsCancelled.selector, a, m.buy.nonce));
    }

    // ---- terms of a match ----

    function test_RevertIf_OrderIsExpired() public {
        Match memory m = plain();
        m.buy.expiry = uint64(block.timestamp - 1);
        resign(m);
        refuse(m, abi.encodeWithSelector(T.OrderExpired.selector, m.buy.expiry, block.timestamp));
    }

    function test_RevertIf_PriceIsBeyondALimit() public {
        Match memory m = plain();
        m.priceWad += 1;
        refuse(m, abi.encodeWithSelector(T.LimitPassed.selector, m.priceWad, m.buy.limitPriceWad));
        m.priceWad -= 2;
        refuse(m, abi.encodeWithSelector(T.LimitPassed.selector, m.priceWad, m.sell.limitPriceWad));
    }

    function test_RevertIf_MatcherIsAnother() public {
        Match memory m = plain();
        m.buy.matcher = ownerAt(5);
        resign(m);
        refuse(m, abi.encodeWithSelector(T.WrongMatcher.selector, address(this), ownerAt(5)));
        Clearance memory c = clearMatch(m, false);
        QuorumProof memory proof = signClearance(c);
        vm.prank(ownerAt(5));
        house.trade(one(m), c, proof);
    }

    function test_RevertIf_MatchIsMalformed() public {
        bytes memory refusal = abi.encodeWithSelector(T.InvalidMatch.selector);
        Match memory m = plain();
        m.quantityWad = 0;
        refuse(m, refusal);
        m = plain(); // both sell
        m.buy.quantityWad = -1e18;
        resign(m);
        refuse(m, refusal);
        m = plain(); // both buy
        m.sell.quantityWad = 1e18;
        resign(m);
        refuse(m, refusal);
        m = plain(); // two instruments
        m.sell.instrument = listOption(InstrumentKind.Put, BTC, 100_000, 30 days);
        resign(m);
        refuse(m, refusal);
        m = plain();
        Clearance memory c = clearMatch(m, false);
        QuorumProof memory proof = signClearance(c);
        vm.expectRevert(refusal);
        house.trade(new Match[](0), c, proof);
        vm.expectRevert(refusal);
        house.trade(new Match[](17), c, proof);
    }

    function test_RevertIf_OneAccountIsOnBothSides() public {
        Match memory m = matchOf(1, a, 1, a, call_, 1e18, 5000e18);
        AccountClearance[] memory accounts = new AccountClearance[](1);
        accounts[0] = clearedLeg(a, call_, 0, 0, 1e30);
        Clearance memory c = clearanceOf(actionOf(one(m)), accounts);
        QuorumProof memory proof = signClearance(c);
        vm.expectRevert(T.InvalidMatch.selector);
        house.trade(one(m), c, proof);
    }

    function test_RevertIf_InstrumentIsUnknownOrExpired() public {
        Match memory m = matchOf(1, a, 2, b, keccak256("unlisted"), 1e18, 5000e18);
        refuse(m, abi.encodeWithSelector(T.UnknownInstrument.selector, m.buy.instrument));
        uint256 expiry = block.timestamp + 30 days;
        vm.warp(expiry);
        submitPrices();
        m = plain();
        refuse(m, abi.encodeWithSelector(T.InstrumentExpired.selector, call_, expiry));
    }
}
