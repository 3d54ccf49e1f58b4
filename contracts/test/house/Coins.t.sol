// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {Orders} from "../../src/libraries/Orders.sol";
import {AccountClearance, Clearance, QuorumProof} from "../../src/types/Attestation.sol";
import {InstrumentKind} from "../../src/types/Trading.sol";
import {HouseFixture} from "../support/HouseFixture.sol";
import {PlainToken} from "../support/Tokens.sol";

contract CoinsTest is HouseFixture {
    QuorumProof private none;
    Clearance private nothing;

    function withdrawal(uint64 account, uint256 amount, address to, uint256 initialWad, int256 markWad) internal view returns (Clearance memory) {
        AccountClearance[] memory accounts = new AccountClearance[](1);
        accounts[0] = AccountClearance(account, sequenceOf(account), hashOf(account), hashOf(account), uint128(initialWad), 0, int128(markWad), false);
        return clearanceOf(Orders.hashCoinWithdrawal(account, 0, amount, to), accounts);
    }

    function refuse(uint64 account, uint256 amount, Clearance memory c, bytes memory refusal) internal {
        QuorumProof memory proof = signClearance(c);
        vm.prank(ownerAt(1));
        vm.expectRevert(refusal);
        house.withdrawCoin(account, 0, amount, ownerAt(1), c, proof);
    }

    function legged(uint256 usd, uint256 coins) internal returns (uint64 a) {
        a = fund(1, usd);
        depositCoins(1, a, coins);
        uint64 b = fund(2, 1_000_000);
        tradeNow(2, b, 1, a, listOption(InstrumentKind.Call, BTC, 100_000, 30 days), 1e18, 5000e18);
    }

    function test_CoinsCountAtPriceLessHaircut() public {
        uint64 a = fund(1, 0);
        depositCoins(1, a, 2.5e18);
        assertEq(house.coinBalance(a, 0), 2.5e18, "balance");
        assertEq(house.collateralWad(a), 8000e18, "2.5 x 4,000 x 80 %");
        assertEq(sequenceOf(a), 1, "a coin movement raises the sequence");
        (,,,, uint256 held) = house.coinInfo(0);
        assertEq(held, 2.5e18, "held");
    }

    function test_GOV06_CreditOfANewCoinRisesFromZero() public {
        PlainToken fresh = new PlainToken(8);
        vm.prank(GOVERNANCE);
        uint8 coin = house.listCoin(address(fresh), ETH);
        uint64 a = fund(1, 0);
        fresh.mint(ownerAt(1), 10e8);
        vm.startPrank(ownerAt(1));
        fresh.approve(address(house), 10e8);
        house.depositCoin(a, coin, 10e8);
        vm.stopPrank();
        assertEq(house.collateralWad(a), 0, "nothing at first");
        vm.warp(block.timestamp + 5 days);
        assertEq(house.collateralWad(a), 16_000e18, "half after half the ramp");
        vm.warp(block.timestamp + 5 days);
        assertEq(house.collateralWad(a), 32_000e18, "all of it");
        vm.warp(block.timestamp + 50 days);
        assertEq(house.collateralWad(a), 32_000e18, "and no more");
    }

    function testFuzz_CON04_CreditIsRoundedDown(uint256 amount, uint256 haircutWad, uint256 rampSeconds, uint256 age) public {
        amount = bound(amount, 1, 1e5 * 1e18);
        haircutWad = bound(haircutWad, 0, 1.2e18);
        rampSeconds = bound(rampSeconds, 0, 60 days);
        uint64 a = fund(1, 0);
        depositCoins(1, a, amount);
        numbers.set(Keys.ofCoin(Keys.COIN_HAIRCUT_WAD, 0), int128(int256(haircutWad)));
        numbers.set(Keys.ofCoin(Keys.COIN_RAMP_SECONDS, 0), int128(int256(rampSeconds)));
        (,,, uint40 listedAt,) = house.coinInfo(0);
        vm.warp(listedAt + bound(age, 0, 90 days));
        age = block.timestamp - listedAt;
        uint256 share = haircutWad < 1e18 ? 1e18 - haircutWad : 0;
        if (age > rampSeconds || rampSeconds == 0) (age, rampSeconds) = (1, 1);
        // amount [1e-18] x 4000 x share x age / ramp, exactly, in one fraction
        uint256 exact = amount * 4000 * share * age;
        uint256 denominator = 1e18 * rampSeconds;
        uint256 counted = uint256(house.collateralWad(a));
        assertTrue(counted * denominator <= exact, "down");
        assertTrue((counted + 3) * denominator > exact, "by crumbs");
    }

    function test_CON06_OnlyTheOwnerDepositsCoins() public {
        uint64 a = fund(1, 0);
        vm.prank(ownerAt(2)); // a stranger's dust would make the account's leaf stale
        vm.expectRevert(abi.encodeWithSelector(T.NotAuthorised.selector, a, ownerAt(2)));
        house.depositCoin(a, 0, 1);
    }

    function test_RevertIf_CoinIsUnknownOrCapped() public {
        uint64 a = fund(1, 0);
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(T.UnknownCoin.selector, uint8(1)));
        house.depositCoin(a, 1, 1);
        bytes32 key = Keys.ofCoin(Keys.COIN_CAP_WAD, 0);
        numbers.set(key, 5e18);
        depositCoins(1, a, 5e18);
        coinToken.mint(ownerAt(1), 1);
        vm.startPrank(ownerAt(1));
        coinToken.approve(address(house), 1);
        vm.expectRevert(abi.encodeWithSelector(T.CapExceeded.selector, key, 5e18 + 1, 5e18));
        house.depositCoin(a, 0, 1);
        vm.stopPrank();
    }

    function test_ListingIsGovernedAndBounded() public {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(this)));
        house.listCoin(address(coinToken), ETH);
        vm.startPrank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(T.InvalidToken.selector, address(coinToken)));
        house.listCoin(address(coinToken), ETH);
        vm.expectRevert(abi.encodeWithSelector(T.InvalidToken.selector, address(cash)));
        house.listCoin(address(cash), ETH);
        vm.expectRevert(abi.encodeWithSelector(T.InvalidToken.selector, address(0x1234)));
        house.listCoin(address(0x1234), ETH);
        for (uint8 coin = 1; coin < 8; ++coin) {
            assertEq(house.listCoin(address(new PlainToken(coin)), ETH), coin, "index");
        }
        address ninth = address(new PlainToken(18));
        vm.expectRevert(abi.encodeWithSelector(T.CapExceeded.selector, bytes32("coins"), 8, 8));
        house.listCoin(ninth, ETH);
        vm.stopPrank();
    }

    // ---- withdrawals ----

    function test_CON05_CoinsLeaveAnAccountWithoutLegs() public {
        uint64 a = fund(1, 0);
        depositCoins(1, a, 2e18);
        vm.warp(block.timestamp + 1 days); // stale batch
        vm.prank(ownerAt(1));
        house.withdrawCoin(a, 0, 2e18, ownerAt(1), nothing, none);
        assertEq(coinToken.balanceOf(ownerAt(1)), 2e18, "all");
        assertEq(sequenceOf(a), 2, "sequence");
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(T.InsufficientBalance.selector, 0, 1));
        house.withdrawCoin(a, 0, 1, ownerAt(1), nothing, none);
    }

    function test_CON02_CoinsBackLegsUntilCleared() public {
        uint64 a = legged(0, 10e18); // 32,000 counted, 5,000 cash, a short call
        // 30,000 initial and a mark of -5,000: 37,000 - 5,000 - 30,000 = 2,000 to spare, 0.625 coins at 3,200
        Clearance memory c = withdrawal(a, 0.625e18 + 1, ownerAt(1), 30_000e18, -5000e18);
        refuse(a, 0.625e18 + 1, c, abi.encodeWithSelector(T.BelowInitial.selector, a, 30_000e18 - 3200, 30_000e18));
        c = withdrawal(a, 0.625e18, ownerAt(1), 30_000e18, -5000e18);
        QuorumProof memory proof = signClearance(c);
        vm.prank(ownerAt(1));
        house.withdrawCoin(a, 0, 0.625e18, ownerAt(1), c, proof);
        assertEq(house.coinBalance(a, 0), 9.375e18, "left");
        vm.prank(ownerAt(1));
        vm.expectPartialRevert(T.WrongLeaf.selector); // the same clearance again
        house.withdrawCoin(a, 0, 0.625e18, ownerAt(1), c, proof);
    }

    function test_ATT09_RevertIf_AbsurdClearanceMeetsTheIntrinsicStress() public {
        uint64 a = legged(0, 10e18);
        // 5,000 cash - 15,000 at the rise + 5,000 allowance: 5,000 of coins must stay, 1.5625 of them.
        Clearance memory c = withdrawal(a, 8.4375e18 + 1, ownerAt(1), 0, 1e30);
        refuse(a, 8.4375e18 + 1, c, abi.encodeWithSelector(T.BelowIntrinsicStress.selector, a, -3200));
        // That a coin leaves is never a reduction, whatever is signed.
        c.accounts[0].reducesRisk = true;
        refuse(a, 8.4375e18 + 1, c, abi.encodeWithSelector(T.BelowIntrinsicStress.selector, a, -3200));
    }

    function test_RevertIf_ClearanceIsOfAnotherWithdrawal() public {
        uint64 a = legged(0, 10e18);
        Clearance memory c = withdrawal(a, 1e17, ownerAt(2), 0, 0); // to somebody else
        refuse(a, 1e17, c, abi.encodeWithSelector(T.WrongAction.selector, c.actionHash, Orders.hashCoinWithdrawal(a, 0, 1e17, ownerAt(1))));
        c = withdrawal(a, 1e17, ownerAt(1), 0, 0);
        c.accounts[0].positionsHashAfter = keccak256("other");
        refuse(a, 1e17, c, abi.encodeWithSelector(T.PositionsMismatch.selector, a, keccak256("other"), hashOf(a)));
        c = withdrawal(a, 1e17, ownerAt(1), 0, 0);
        c.accounts[0].sequence += 1;
        refuse(a, 1e17, c, abi.encodeWithSelector(T.WrongLeaf.selector, a, uint64(3), uint64(2), hashOf(a), hashOf(a)));
        c = withdrawal(a, 1e17, ownerAt(1), 0, 0);
        c.accounts[0].account += 1;
        refuse(a, 1e17, c, abi.encodeWithSelector(T.NotInClearance.selector, a));
    }

    function test_CON08_RevertIf_PausedWithLegs() public {
        uint64 a = legged(0, 10e18);
        Clearance memory c = withdrawal(a, 1, ownerAt(1), 0, 0);
        guardianSwitch.set(registry, IAttestationRegistry.OperatingState.ReduceOnly);
        refuse(a, 1, c, abi.encodeWithSelector(T.WrongOperatingState.selector, uint8(1)));
    }

    function test_CON08_CoinWithoutAPriceCountsForNothing() public {
        PlainToken other = new PlainToken(18);
        vm.prank(GOVERNANCE);
        uint8 coin = house.listCoin(address(other), 9); // no price 9 is attested
        uint64 a = fund(1, 0);
        other.mint(ownerAt(1), 1e18);
        vm.startPrank(ownerAt(1));
        other.approve(address(house), 1e18);
        house.depositCoin(a, coin, 1e18);
        vm.stopPrank();
        vm.warp(block.timestamp + 30 days);
        assertEq(house.collateralWad(a), 0, "no price, no credit");
    }

    // ---- exit ----

    function test_CON05_ExitTakesEverything() public {
        uint64 a = fund(1, 123);
        depositCoins(1, a, 2e18);
        vm.warp(block.timestamp + 1 days);
        vm.prank(ownerAt(1));
        house.exit(a, ownerAt(5));
        assertEq(cash.balanceOf(ownerAt(5)), 123e6, "cash");
        assertEq(coinToken.balanceOf(ownerAt(5)), 2e18, "coins");
        assertEq(cashOf(a), 0, "none left");
        assertEq(house.coinBalance(a, 0), 0, "none left");
        (,,,, uint256 held) = house.coinInfo(0);
        assertEq(held, 0, "none held");
    }

    function test_RevertIf_ExitWithLegsOrDebt() public {
        uint64 a = legged(10_000, 10e18);
        vm.prank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(T.HasLegs.selector, a, 1));
        house.exit(a, ownerAt(1));
        // A debt: the call ends in the money for more than the account's cash.
        bytes32[] memory all = new bytes32[](1);
        uint64 expiry = uint64(block.timestamp);
        vm.warp(block.timestamp + 30 days);
        submitPrices();
        all[0] = keccak256(abi.encode(uint8(1), BTC, uint40(expiry + 30 days), uint128(100_000e18)));
        setSettlement(BTC, expiry + 30 days, 114_000e8);
        // The price was observed after the expiry; now is later by the second of the batch.
        setLater(all[0], a);
        assertEq(cashOf(a), 15_000e18 - 14_000e18, "paid");
        tradeDebt(a);
    }

    function setLater(bytes32 instrument, uint64 a) internal {
        bytes32[] memory all = new bytes32[](1);
        all[0] = instrument;
        house.settle(a, all);
    }

    function tradeDebt(uint64 a) internal {
        bytes32 next = listOption(InstrumentKind.Call, BTC, 100_000, 1 days);
        uint64 expiry = uint64(block.timestamp + 1 days);
        tradeNow(2, fund(2, 1_000_000), 1, a, next, 1e18, 0);
        vm.warp(expiry);
        submitPrices();
        setSettlement(BTC, expiry, 114_000e8);
        setLater(next, a);
        assertEq(cashOf(a), -13_000e18, "debt");
        vm.startPrank(ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(T.InDebt.selector, a, -13_000e18));
        house.exit(a, ownerAt(1));
        vm.expectRevert(abi.encodeWithSelector(T.InDebt.selector, a, -13_000e18));
        house.withdrawCoin(a, 0, 1, ownerAt(1), nothing, none);
        vm.stopPrank();
    }
}
