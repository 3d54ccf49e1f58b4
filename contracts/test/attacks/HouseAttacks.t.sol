// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {IClearingHouseTypes} from "../../src/interfaces/IClearingHouse.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {LocalToken} from "../../script/mocks/LocalToken.sol";
import {BatchHeader, Clearance, QuorumProof} from "../../src/types/Attestation.sol";
import {InstrumentKind, InstrumentTerms, Match} from "../../src/types/Trading.sol";
import {LiveHouse} from "../support/LiveHouse.sol";

/// @notice Attacks that need several contracts at once: money against statements, statements against books, governance against both.
contract HouseAttacksTest is LiveHouse {
    function setUp() public override {
        super.setUp();
        attest();
    }

    function oneMatch(bytes32 instrument, uint128 quantityWad) private returns (Match[] memory matches) {
        matches = new Match[](1);
        matches[0] = matchOf(instrument, quantityWad);
    }

    function cleared(Match[] memory matches) private view returns (Clearance memory clearance, QuorumProof memory proof) {
        clearance = clearanceOf(matches);
        proof = signed(clearance, FIVE_OF_SEVEN);
    }

    function refuseTrade(Match[] memory matches, Clearance memory clearance, QuorumProof memory proof, bytes4 reason) private {
        vm.expectPartialRevert(reason);
        house.trade(matches, clearance, proof);
    }

    function refuseWithdrawal(uint256 amount, IClearingHouseTypes.LeafProof memory proof, bytes4 reason) private {
        vm.prank(alice);
        vm.expectPartialRevert(reason);
        house.withdrawCash(aliceAccount, amount, alice, proof);
    }

    // ---- clearances ----

    function test_Attack_ReplayedClearance() public {
        Match[] memory matches = oneMatch(call(0), 1e18);
        (Clearance memory clearance, QuorumProof memory proof) = cleared(matches);
        house.trade(matches, clearance, proof);
        refuseTrade(matches, clearance, proof, IClearingHouseTypes.WrongLeaf.selector);
    }

    function test_Attack_ReorderedClearances() public {
        // Both were computed on the book as it is; whichever comes first, the other speaks of a book that is gone.
        Match[] memory small = oneMatch(call(0), 1e18);
        Match[] memory large = oneMatch(call(1), 10e18);
        (Clearance memory first, QuorumProof memory firstProof) = cleared(small);
        (Clearance memory second, QuorumProof memory secondProof) = cleared(large);
        house.trade(large, second, secondProof);
        refuseTrade(small, first, firstProof, IClearingHouseTypes.WrongLeaf.selector);
    }

    function test_Attack_ClearanceOfAnotherTrade() public {
        Match[] memory shown = oneMatch(call(0), 1e16);
        (Clearance memory clearance, QuorumProof memory proof) = cleared(shown);
        Match[] memory meant = oneMatch(call(0), 1000e18);
        refuseTrade(meant, clearance, proof, IClearingHouseTypes.WrongAction.selector);
    }

    function test_Attack_StaleClearance() public {
        Match[] memory matches = oneMatch(call(0), 1e18);
        (Clearance memory clearance, QuorumProof memory proof) = cleared(matches);
        skipTime(61); // it waited for the price to move
        refuseTrade(matches, clearance, proof, IAttestationRegistry.InvalidWindow.selector);
    }

    /// @dev All seven sign that no margin is needed. The intrinsic stress needs no signature.
    function test_Attack_AbsurdClearanceWithEverySignature() public {
        Match[] memory matches = oneMatch(call(100), 100e18); // strike 90,000: a short of 100 calls at the money
        Clearance memory clearance = clearanceOf(matches);
        for (uint256 i = 0; i < 2; ++i) {
            (clearance.accounts[i].initialWad, clearance.accounts[i].maintenanceWad) = (0, 0);
            clearance.accounts[i].markValueWad = type(int128).max / 2;
        }
        refuseTrade(matches, clearance, signed(clearance, 0x7f), IClearingHouseTypes.BelowIntrinsicStress.selector);
        // Called a reduction of risk, it still may not leave the stress worse than it was.
        clearance.accounts[0].reducesRisk = true;
        clearance.accounts[1].reducesRisk = true;
        refuseTrade(matches, clearance, signed(clearance, 0x7f), IClearingHouseTypes.BelowIntrinsicStress.selector);
    }

    /// @dev A straddle between two nodes is worth its least in their middle. Whoever holds it must not be credited with the line between the nodes: seven liars could then pay
    /// the seller 20,000 USD for each, out of nothing, and let him take it out at expiry.
    function test_Attack_AbsurdClearance_AStraddleBetweenTwoNodes() public {
        Match[] memory matches = new Match[](2);
        matches[0] = matchOf(instruments.list(InstrumentTerms(InstrumentKind.Call, 0, uint40(MONDAY + 100 days), 100_000e18)), 1000e18);
        matches[1] = matchOf(instruments.list(InstrumentTerms(InstrumentKind.Put, 0, uint40(MONDAY + 100 days), 100_000e18)), 1000e18);
        matches[0].priceWad = 10_000e18; // together the line's 20,000 at the nodes 80,000 and 120,000
        matches[1].priceWad = 10_000e18;
        Clearance memory clearance = clearanceOf(matches);
        for (uint256 i = 0; i < 2; ++i) {
            clearance.accounts[i].markValueWad = type(int128).max / 2;
        }
        refuseTrade(matches, clearance, signed(clearance, 0x7f), IClearingHouseTypes.BelowIntrinsicStress.selector);
    }

    // ---- leaves ----

    function test_Attack_LeafOfABookThatHasChanged() public {
        tradeCalls(1);
        (, IClearingHouseTypes.LeafProof memory small) = attest();
        tradeCalls(16); // far more risk under the same batch
        refuseWithdrawal(1e6, small, IClearingHouseTypes.WrongLeaf.selector);
    }

    function test_Attack_ForgedLeaf() public {
        tradeCalls(1);
        (BatchHeader memory header, IClearingHouseTypes.LeafProof memory proof) = attest();
        proof.leaf.initialWad = 0;
        refuseWithdrawal(1e6, proof, IAttestationRegistry.LeafNotInBatch.selector);
        // An own header with an own tree, never brought to the registry.
        header.accountsRoot = keccak256("mine");
        proof.header = header;
        refuseWithdrawal(1e6, proof, IAttestationRegistry.NotCurrentBatch.selector);
    }

    function test_Attack_OldLeafAfterANewBatch() public {
        tradeCalls(1);
        (, IClearingHouseTypes.LeafProof memory old) = attest();
        attest();
        refuseWithdrawal(1e6, old, IAttestationRegistry.NotCurrentBatch.selector);
    }

    function test_Attack_WithdrawalBelowInitialMargin() public {
        tradeCalls(1);
        (, IClearingHouseTypes.LeafProof memory proof) = attest();
        refuseWithdrawal(380_001e6, proof, IClearingHouseTypes.BelowInitial.selector); // 400,000 less 20,000
        skipTime(301);
        refuseWithdrawal(1e6, proof, IClearingHouseTypes.WrongOperatingState.selector); // stale: no withdrawal with legs
    }

    // ---- orders ----

    function test_Attack_OrderSignedForAnotherHouse() public {
        bytes32 instrument = call(0);
        Match[] memory matches = oneMatch(instrument, 1e18);
        uint256 chain = block.chainid;
        vm.chainId(chain + 1);
        bytes32 foreign = house.orderDigest(hashOf(matches[0].buy));
        vm.chainId(chain);
        assertTrue(foreign != house.orderDigest(hashOf(matches[0].buy)), "the chain is in the digest");
        matches[0].buySignature = signature(ALICE_KEY, foreign);
        (Clearance memory clearance, QuorumProof memory proof) = cleared(matches);
        refuseTrade(matches, clearance, proof, IClearingHouseTypes.InvalidOrderSignature.selector);
    }

    function test_Attack_OneOrderFilledTwice() public {
        Match[] memory matches = oneMatch(call(0), 1e18);
        (Clearance memory clearance, QuorumProof memory proof) = cleared(matches);
        house.trade(matches, clearance, proof);
        (clearance, proof) = cleared(matches); // a quorum cleared it again
        refuseTrade(matches, clearance, proof, IClearingHouseTypes.OrderIsCancelled.selector);
    }

    // ---- coins ----

    function test_GOV06_ANewCoinCountsForNothing() public {
        LocalToken fake = new LocalToken("Worth a lot", "FAKE", 18);
        vm.prank(address(timelock));
        uint8 coin = house.listCoin(address(fake), 1);
        vm.prank(address(timelock));
        parameters.registerCoin(coin);
        fake.mint(alice, 1_000_000e18);
        vm.prank(alice);
        fake.approve(address(house), type(uint256).max);
        vm.prank(alice);
        vm.expectPartialRevert(IClearingHouseTypes.CapExceeded.selector); // the cap is 0
        house.depositCoin(aliceAccount, coin, 1);

        // Governance opens the cap by the largest step: the haircut is still 100 %, then 80 %, and the ramp has only begun.
        bytes32 cap = Keys.ofCoin(Keys.COIN_CAP_WAD, coin);
        bytes32 haircut = Keys.ofCoin(Keys.COIN_HAIRCUT_WAD, coin);
        change(cap, 2_000_000e18);
        attest();
        vm.prank(alice);
        house.depositCoin(aliceAccount, coin, 100e18); // 300,000 USD at 3,000
        assertEq(house.collateralWad(aliceAccount), 400_000e18, "counts for nothing");
        change(haircut, 80e16);
        attest();
        int256 credit = house.collateralWad(aliceAccount) - 400_000e18;
        assertTrue(credit > 0 && credit < 60_000e18 / 8, "20 % of it, and of that the ramp's six days in sixty");
    }

    function change(bytes32 key, int128 value) private {
        vm.prank(address(timelock));
        (bytes32 id, uint256 nonce) = parameters.announce(one(key, value), DOCUMENT);
        (uint256 enactableAt,) = parameters.announcement(id);
        vm.warp(enactableAt);
        vm.roll(block.number + 1000);
        parameters.enact(one(key, value), DOCUMENT, nonce);
    }

    // ---- sets, pauses ----

    function test_GOV06_ANewSetClearsNothingBeforeItsTime() public {
        KeySet memory next = keySet(7, 2);
        vm.prank(address(timelock));
        uint64 setId = attestations.announceSet(next.members);
        Match[] memory matches = oneMatch(call(0), 1e18);
        Clearance memory clearance = clearanceOf(matches);
        clearance.setId = setId;
        QuorumProof memory proof = proofOf(next, attestations.attestationDigest(hashes.hash(clearance)), FIVE_OF_SEVEN);
        refuseTrade(matches, clearance, proof, IAttestationRegistry.SetNotAccepted.selector);

        // The change of sets from end to end: announced, waited for, then the new set carries on and the old one no longer clears.
        (,,, uint256 changesAt) = attestations.attesterSets();
        vm.warp(changesAt + 301);
        vm.roll(block.number + 20_000);
        BatchHeader memory header = nextHeader(livePrices());
        attestations.submitBatch(header, livePrices(), proofOf(next, attestations.attestationDigest(hashes.hash(header)), FIVE_OF_SEVEN));
        matches = oneMatch(call(0), 1e18);
        clearance = clearanceOf(matches);
        clearance.setId = 1;
        refuseTrade(matches, clearance, signed(clearance, FIVE_OF_SEVEN), IAttestationRegistry.SetNotAccepted.selector);
        clearance.setId = setId;
        proof = proofOf(next, attestations.attestationDigest(hashes.hash(clearance)), FIVE_OF_SEVEN);
        house.trade(matches, clearance, proof);
    }

    function test_GOV05_APauseStopsNewRiskAndAHaltEverythingButDeposits() public {
        tradeCalls(1);
        (, IClearingHouseTypes.LeafProof memory leaf) = attest();
        Match[] memory matches = oneMatch(call(0), 1e18);
        (Clearance memory clearance, QuorumProof memory proof) = cleared(matches);
        vm.prank(GUARDIAN_HOLDER);
        guardian.pause(IAttestationRegistry.OperatingState.ReduceOnly, block.timestamp + 20);
        refuseTrade(matches, clearance, proof, IClearingHouseTypes.WrongOperatingState.selector);
        refuseWithdrawal(1e6, leaf, IClearingHouseTypes.WrongOperatingState.selector);
        vm.prank(GUARDIAN_HOLDER);
        guardian.pause(IAttestationRegistry.OperatingState.Halt, block.timestamp + 20);
        clearance.accounts[0].reducesRisk = true;
        clearance.accounts[1].reducesRisk = true;
        refuseTrade(matches, clearance, signed(clearance, FIVE_OF_SEVEN), IClearingHouseTypes.WrongOperatingState.selector);
        cash.mint(bob, 1e6);
        vm.prank(bob);
        house.depositCash(bobAccount, 1e6);
        skipTime(20); // it lapses by itself
        (clearance, proof) = cleared(matches);
        house.trade(matches, clearance, proof);
    }

    // ---- T41: drift seen by the house ----

    /// @dev In-bounds poison for 29 days, then a quorum that lies: the floor that holds its lie back has moved by the caps and no more.
    function test_T41_TheFloorOutlastsThirtyDaysOfPoison() public {
        uint256 start = block.timestamp;
        for (uint256 day = 0; day < 40 && block.timestamp < start + 26 days; ++day) {
            int128 move = parameters.value(Keys.STRESS_MOVE_WAD);
            int128 share = parameters.value(Keys.TIME_VALUE_SHARE_WAD);
            int128 lower = move > 10e16 ? move - 5e16 : move;
            vm.prank(address(timelock));
            try parameters.announce(two(Keys.STRESS_MOVE_WAD, lower, Keys.TIME_VALUE_SHARE_WAD, share + 2e16), DOCUMENT) returns (bytes32, uint256 nonce) {
                vm.warp(block.timestamp + 3 days);
                parameters.enact(two(Keys.STRESS_MOVE_WAD, lower, Keys.TIME_VALUE_SHARE_WAD, share + 2e16), DOCUMENT, nonce);
            } catch {
                vm.warp(block.timestamp + 1 days);
            }
        }
        vm.roll(block.number + 200_000);
        assertEq(parameters.value(Keys.STRESS_MOVE_WAD), 10e16, "at its bound");
        assertEq(parameters.value(Keys.TIME_VALUE_SHARE_WAD), 9e16, "by its cap");
        attest();
        // Calls with strike 80,000 sold at their payoff of 10,000: a rise of 10 % costs 9,000 each, of which the allowance forgives 8,100. So the 400,000 USD carry 444 of them, less fees.
        uint128 quantity = bisect();
        assertTrue(quantity > 400e18 && quantity <= 444.45e18, "contracts that seven liars get past the floor");
    }

    /// @notice The largest short of calls at the money that seven liars get past the house.
    function bisect() private returns (uint128 least) {
        bytes32 instrument = instruments.list(InstrumentTerms(InstrumentKind.Call, 0, uint40(MONDAY + 100 days), 80_000e18));
        uint128 most = 10_000e18;
        for (uint256 i = 0; i < 24; ++i) {
            uint128 middle = (least + most) / 2;
            Match[] memory matches = oneMatch(instrument, middle);
            matches[0].priceWad = 10_000e18; // its payoff now, so that cash makes up for it
            matches[0].buySignature = signature(ALICE_KEY, house.orderDigest(hashOf(matches[0].buy)));
            Clearance memory clearance = clearanceOf(matches);
            clearance.accounts[0].markValueWad = type(int128).max / 2;
            clearance.accounts[1].markValueWad = type(int128).max / 2;
            QuorumProof memory proof = signed(clearance, 0x7f);
            uint256 state = vm.snapshotState();
            (bool success,) = address(house).call(abi.encodeCall(house.trade, (matches, clearance, proof)));
            vm.revertToState(state);
            if (success) least = middle;
            else most = middle;
        }
    }
}
