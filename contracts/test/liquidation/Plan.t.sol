// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouseTypes as T} from "../../src/interfaces/IClearingHouse.sol";
import {ILiquidationEngine as E} from "../../src/interfaces/ILiquidationEngine.sol";
import {AccountClearance, Clearance, QuorumProof} from "../../src/types/Attestation.sol";
import {Leg} from "../../src/types/Trading.sol";
import {LiquidationFixture} from "../support/LiquidationFixture.sol";

/// @notice Legs of an attested plan.
contract PlanTest is LiquidationFixture {
    bytes32 private constant LEG_TYPE = keccak256("Leg(bytes32 instrument,int128 quantityWad)");
    bytes32 private constant LIQUIDATION_TYPE =
        keccak256("Liquidation(uint64 from,uint64 to,Leg[] legs)Leg(bytes32 instrument,int128 quantityWad)");

    function setUp() public override {
        super.setUp();
        sink(18_000); // mark 46,000, shortfall 4,000 to 22,000
        begin(a);
    }

    function legs(int256 quantityWad) internal view returns (Leg[] memory list) {
        list = new Leg[](1);
        list[0] = Leg(call_, int128(quantityWad));
    }

    function actionOf(uint64 from, uint64 to, Leg[] memory list) internal pure returns (bytes32) {
        bytes32[] memory hashed = new bytes32[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            hashed[i] = keccak256(abi.encode(LEG_TYPE, list[i].instrument, list[i].quantityWad));
        }
        return keccak256(abi.encode(LIQUIDATION_TYPE, from, to, keccak256(abi.encodePacked(hashed))));
    }

    /// @notice Both accounts after one leg has moved, margined as this fixture does.
    function clear(uint64 from, uint64 to, int256 byWad) internal view returns (Clearance memory) {
        AccountClearance[] memory accounts = new AccountClearance[](2);
        accounts[from < to ? 0 : 1] = clearedAfter(from, call_, -byWad);
        accounts[from < to ? 1 : 0] = clearedAfter(to, call_, byWad);
        return clearanceOf(actionOf(from, to, legs(byWad)), accounts);
    }

    function takePlan(int256 byWad, int256 cashWad) internal {
        T.LeafProof memory proof = prove(a);
        Clearance memory c = clear(a, keeper, byWad);
        QuorumProof memory quorum = signClearance(c);
        vm.prank(ownerAt(KEEPER));
        engine.takePlan(a, keeper, legs(byWad), cashWad, proof, c, quorum);
    }

    function refusePlan(int256 byWad, int256 cashWad, bytes memory refusal) internal {
        T.LeafProof memory proof = prove(a);
        Clearance memory c = clear(a, keeper, byWad);
        QuorumProof memory quorum = signClearance(c);
        vm.prank(ownerAt(KEEPER));
        vm.expectRevert(refusal);
        engine.takePlan(a, keeper, legs(byWad), cashWad, proof, c, quorum);
    }

    /// @dev 0.4 calls close 4,400 of target requirement: 4,000 of shortfall and 400 for the price above the mark, which 2 % of 4,000 do not allow; 75 they do.
    function test_LIQ02_LIQ03_APlanRestoresAndNoMore() public {
        int256 mark = markOf[call_];
        takePlan(-0.37e18, -(0.37e18 * mark / 1e18 + 70e18));
        assertEq(quantityOf(a, call_), -1.63e18, "closed");
        assertEq(quantityOf(keeper, call_), -0.37e18, "taken");
        assertEq(equityOf(a), 17_930e18, "at 1.1 times 16,300 exactly");
        assertTrue(!engine.termsOf(a).running && !house.isUnderLiquidation(a), "ended");
        assertEq(worthOf(keeper), 500_070e18, "the bonus is the keeper's");
    }

    function test_LIQ03_RevertIf_MoreIsClosedThanNeeded() public {
        int256 mark = markOf[call_];
        // 0.45 calls leave 18,000 against 17,050: 950 too much, where 2 % of 17,050 are 341.
        refusePlan(-0.45e18, -(0.45e18 * mark / 1e18), abi.encodeWithSelector(E.Overshoot.selector, a, -950e18, -341e18));
        takePlan(-0.379e18, -(0.379e18 * mark / 1e18));
        assertTrue(!engine.termsOf(a).running, "17,831 wanted, 169 more is there");
    }

    function test_LIQ05_RevertIf_ShortfallDoesNotFall() public {
        int256 mark = markOf[call_];
        // A price so bad that the account is no better off.
        refusePlan(-0.1e18, -(0.1e18 * mark / 1e18 + 1100e18), abi.encodeWithSelector(E.NoProgress.selector, a, int256(4000e18), int256(4000e18)));
        // And legs that grow.
        refusePlan(0.1e18, 0.1e18 * mark / 1e18, abi.encodeWithSelector(E.NoProgress.selector, a, int256(4000e18), int256(5100e18)));
    }

    function test_LIQ06_RevertIf_TheBonusIsMoreThanTheAuctionGives() public {
        int256 mark = markOf[call_];
        uint256 rate = 20_000 + uint256(180_000) * 1 / 900;
        uint256 removed = 1000e18;
        refusePlan(-0.1e18, -(0.1e18 * mark / 1e18 + 100e18), abi.encodeWithSelector(E.BonusTooLarge.selector, a, 100e18, removed * rate / 1e6));
        vm.warp(block.timestamp + 450);
        takePlan(-0.1e18, -(0.1e18 * mark / 1e18 + 99e18));
        assertTrue(engine.termsOf(a).running, "goes on");
        takePlan(-0.3e18, -(0.3e18 * mark / 1e18 + 99e18));
        assertTrue(!engine.termsOf(a).running, "restored in two steps");
    }

    function test_RevertIf_TheCallIsNotWhatWasCleared() public {
        int256 mark = markOf[call_];
        T.LeafProof memory proof = prove(a);
        Clearance memory c = clear(a, keeper, -0.3e18);
        QuorumProof memory quorum = signClearance(c);
        vm.startPrank(ownerAt(KEEPER));
        vm.expectPartialRevert(T.WrongAction.selector);
        engine.takePlan(a, keeper, legs(-0.2e18), -(0.2e18 * mark / 1e18), proof, c, quorum);
        vm.stopPrank();
        vm.startPrank(ownerAt(RIVAL));
        vm.expectPartialRevert(T.WrongAction.selector);
        engine.takePlan(a, rival, legs(-0.3e18), -(0.3e18 * mark / 1e18), proof, c, quorum);
        vm.expectRevert(abi.encodeWithSelector(E.NotHolder.selector, keeper, ownerAt(RIVAL)));
        engine.takePlan(a, keeper, legs(-0.3e18), -(0.3e18 * mark / 1e18), proof, c, quorum);
        vm.stopPrank();
    }

    function test_CON02_RevertIf_TheTakerWouldBeBelowInitial() public {
        uint64 poor = fund(6, 4500);
        letEngineAct(6, poor);
        T.LeafProof memory proof = prove(a);
        Clearance memory c = clear(a, poor, -0.37e18);
        QuorumProof memory quorum = signClearance(c);
        int256 price = -(0.37e18 * markOf[call_] / 1e18);
        vm.prank(ownerAt(6));
        vm.expectPartialRevert(T.BelowInitial.selector); // 4,500 against 4,810
        engine.takePlan(a, poor, legs(-0.37e18), price, proof, c, quorum);
    }

    function test_RevertIf_TheTakerHasNotApprovedTheEngine() public {
        uint64 quiet = fund(6, 400_000);
        T.LeafProof memory proof = prove(a);
        Clearance memory c = clear(a, quiet, -0.37e18);
        QuorumProof memory quorum = signClearance(c);
        int256 price = -(0.37e18 * markOf[call_] / 1e18);
        vm.prank(ownerAt(6));
        vm.expectRevert(abi.encodeWithSelector(T.NotAuthorised.selector, quiet, address(engine)));
        engine.takePlan(a, quiet, legs(-0.37e18), price, proof, c, quorum);
    }
}
