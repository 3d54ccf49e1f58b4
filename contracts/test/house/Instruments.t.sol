// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {IInstrumentRegistry as I} from "../../src/interfaces/IInstrumentRegistry.sol";
import {FundingIndex, QuorumProof, SettlementPrice} from "../../src/types/Attestation.sol";
import {InstrumentKind, InstrumentTerms} from "../../src/types/Trading.sol";
import {HouseFixture} from "../support/HouseFixture.sol";

contract InstrumentsTest is HouseFixture {
    function test_EqualTermsHaveOneId() public {
        InstrumentTerms memory t = InstrumentTerms(InstrumentKind.Call, BTC, uint40(block.timestamp + 1 days), 100_000e18);
        bytes32 id = instruments.list(t);
        assertEq(id, keccak256(abi.encode(uint8(1), uint8(0), uint40(block.timestamp + 1 days), uint128(100_000e18))), "id");
        assertEq(instruments.list(t), id, "again: nothing happens");
        assertEq(instruments.instrumentId(t), id, "view");
        assertTrue(instruments.terms(id).kind == InstrumentKind.Call, "terms");
    }

    function test_RevertIf_TermsMakeNoSense() public {
        uint40 soon = uint40(block.timestamp + 1 days);
        refuseTerms(InstrumentTerms(InstrumentKind.None, BTC, soon, 0));
        refuseTerms(InstrumentTerms(InstrumentKind.Call, BTC, soon, 0));
        refuseTerms(InstrumentTerms(InstrumentKind.Call, BTC, uint40(block.timestamp), 1e18));
        refuseTerms(InstrumentTerms(InstrumentKind.Put, BTC, uint40(block.timestamp + 5 * 365 days + 1), 1e18));
        refuseTerms(InstrumentTerms(InstrumentKind.Put, BTC, soon, type(uint128).max));
        refuseTerms(InstrumentTerms(InstrumentKind.Future, BTC, soon, 1));
        refuseTerms(InstrumentTerms(InstrumentKind.Future, BTC, 0, 0));
        refuseTerms(InstrumentTerms(InstrumentKind.Perpetual, BTC, soon, 0));
        refuseTerms(InstrumentTerms(InstrumentKind.Perpetual, BTC, 0, 1));
        vm.expectRevert(abi.encodeWithSelector(I.UnknownUnderlying.selector, uint8(7)));
        instruments.list(InstrumentTerms(InstrumentKind.Call, 7, soon, 1e18));
        vm.expectRevert(abi.encodeWithSelector(I.UnknownUnderlying.selector, uint8(16)));
        instruments.list(InstrumentTerms(InstrumentKind.Call, 16, soon, 1e18));
    }

    function refuseTerms(InstrumentTerms memory t) internal {
        vm.expectRevert(abi.encodeWithSelector(I.InvalidTerms.selector, t.kind, t.priceId, t.expiry, t.strikeWad));
        instruments.list(t);
    }

    function test_OnlyGovernanceListsUnderlyingsAndSetsNodes() public {
        bytes memory refusal = abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, address(this));
        vm.expectRevert(refusal);
        instruments.listUnderlying(2, "SOL", nodesAround(100e8));
        vm.expectRevert(refusal);
        instruments.setNodes(BTC, nodesAround(BTC_E8));
        vm.startPrank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(I.UnderlyingAlreadyListed.selector, BTC));
        instruments.listUnderlying(BTC, "BTC", nodesAround(BTC_E8));
        vm.expectRevert(abi.encodeWithSelector(I.UnknownUnderlying.selector, uint8(16)));
        instruments.listUnderlying(16, "SOL", nodesAround(100e8));
        vm.expectRevert(I.ZeroValue.selector);
        instruments.listUnderlying(2, 0, nodesAround(100e8));
        instruments.listUnderlying(2, "SOL", nodesAround(100e8));
        instruments.setNodes(2, nodesAround(120e8));
        (uint64[6] memory nodes, uint64 version) = instruments.nodes(2);
        assertEq(version, 2, "version");
        assertEq(nodes[5], 480e8, "nodes");
    }

    function test_RevertIf_NodesDoNotRiseOrMissThePrice() public {
        uint64[6] memory nodes = nodesAround(BTC_E8);
        nodes[3] = nodes[2];
        refuseNodes(nodes);
        nodes = nodesAround(BTC_E8);
        nodes[0] = 0;
        refuseNodes(nodes);
        refuseNodes(nodesAround(BTC_E8 * 5));
        refuseNodes(nodesAround(BTC_E8 / 5));
    }

    function refuseNodes(uint64[6] memory nodes) internal {
        vm.prank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(I.InvalidNodes.selector, nodes));
        instruments.setNodes(BTC, nodes);
    }

    // ---- settlement prices ----

    function signed(SettlementPrice memory p) internal view returns (QuorumProof memory) {
        return proofOf(first, registry.attestationDigest(hashes.hash(p)), FIVE_OF_SEVEN);
    }

    function refuseSettlement(SettlementPrice memory p, bytes memory refusal) internal {
        QuorumProof memory proof = signed(p);
        vm.expectRevert(refusal);
        instruments.settle(p, proof);
    }

    function test_CON09_SettlementPriceIsWrittenOnce() public {
        uint64 expiry = uint64(block.timestamp);
        setSettlement(BTC, expiry, 101_000e8);
        assertEq(instruments.settlementPriceE8(BTC, expiry), 101_000e8, "set");
        refuseSettlement(
            SettlementPrice(1, BTC, expiry, 101_001e8, expiry), abi.encodeWithSelector(I.AlreadySettled.selector, BTC, expiry)
        );
    }

    function test_RevertIf_SettlementPriceIsMalformed() public {
        uint64 now_ = uint64(block.timestamp);
        refuseSettlement(SettlementPrice(1, BTC, now_ + 1, BTC_E8, now_ + 1), abi.encodeWithSelector(I.NotExpired.selector, now_ + 1, now_));
        refuseSettlement(SettlementPrice(1, BTC, now_, BTC_E8, now_ - 1), abi.encodeWithSelector(I.InvalidObservation.selector, now_ - 1, now_, now_));
        refuseSettlement(SettlementPrice(1, BTC, now_, BTC_E8, now_ + 1), abi.encodeWithSelector(I.InvalidObservation.selector, now_ + 1, now_, now_));
        refuseSettlement(SettlementPrice(1, BTC, now_, 0, now_), abi.encodeWithSelector(I.ZeroValue.selector));
        refuseSettlement(SettlementPrice(1, 7, now_, BTC_E8, now_), abi.encodeWithSelector(I.UnknownUnderlying.selector, uint8(7)));
        SettlementPrice memory p = SettlementPrice(1, BTC, now_, BTC_E8, now_);
        QuorumProof memory proof = signed(p);
        p.priceE8 += 1;
        vm.expectPartialRevert(IAttestationRegistry.WrongSigner.selector);
        instruments.settle(p, proof);
    }

    function test_ATT09_RevertIf_SettlementIsBeyondTheStressMove() public {
        uint64 now_ = uint64(block.timestamp);
        refuseSettlement(
            SettlementPrice(1, BTC, now_, 115_000e8 + 1, now_),
            abi.encodeWithSelector(I.SettlementOutOfBounds.selector, BTC, uint64(115_000e8 + 1), BTC_E8, uint256(0.15e18))
        );
        refuseSettlement(
            SettlementPrice(1, BTC, now_, 85_000e8 - 1, now_),
            abi.encodeWithSelector(I.SettlementOutOfBounds.selector, BTC, uint64(85_000e8 - 1), BTC_E8, uint256(0.15e18))
        );
        // Governance may bring it, with the quorum's signatures.
        SettlementPrice memory p = SettlementPrice(1, BTC, now_, 120_000e8, now_);
        QuorumProof memory proof = signed(p);
        vm.prank(GOVERNANCE);
        instruments.settle(p, proof);
        p = SettlementPrice(1, ETH, now_, 9000e8, now_);
        proof = signed(p);
        proof.signatures[0] ^= 0x01;
        vm.prank(GOVERNANCE);
        (bool done,) = address(instruments).call(abi.encodeCall(I.settle, (p, proof)));
        assertTrue(!done, "not without them");
    }

    function test_RevertIf_Halted() public {
        guardianSwitch.set(registry, IAttestationRegistry.OperatingState.Halt);
        uint64 now_ = uint64(block.timestamp);
        refuseSettlement(SettlementPrice(1, BTC, now_, BTC_E8, now_), abi.encodeWithSelector(I.Halted.selector));
    }

    // ---- funding ----

    function refuseFunding(FundingIndex memory f, bytes memory refusal) internal {
        QuorumProof memory proof = proofOf(first, registry.attestationDigest(hashes.hash(f)), FIVE_OF_SEVEN);
        vm.expectRevert(refusal);
        instruments.setFunding(f, proof);
    }

    function test_ATT09_FundingMovesWithinItsBound() public {
        bytes32 perpetual = listPerpetual(BTC);
        uint64 start = uint64(block.timestamp);
        vm.warp(start + 1 hours);
        submitPrices();
        // 0.1 % of 100,000 an hour, and a second more has passed
        uint256 mostWad = 100e18 * uint256(block.timestamp - start) / 1 hours;
        uint64 now_ = uint64(block.timestamp);
        refuseFunding(
            FundingIndex(1, perpetual, 1, int128(int256(mostWad) + 1), now_),
            abi.encodeWithSelector(I.FundingOutOfBounds.selector, perpetual, int128(0), int128(int256(mostWad) + 1), mostWad)
        );
        setFunding(perpetual, 1, -int256(mostWad));
        assertEq(int256(instruments.fundingIndexWad(perpetual)), -int256(mostWad), "index");
        refuseFunding(FundingIndex(1, perpetual, 1, 0, now_), abi.encodeWithSelector(I.StaleSequence.selector, uint64(1), uint64(1)));
        refuseFunding(FundingIndex(1, perpetual, 2, 0, now_), abi.encodeWithSelector(I.InvalidObservation.selector, now_, now_, now_));
        // A long silence widens the bound to a day's worth, not more.
        vm.warp(block.timestamp + 30 days);
        submitPrices();
        int256 index = -int256(mostWad) + 2400e18 + 1;
        refuseFunding(
            FundingIndex(1, perpetual, 2, int128(index), uint64(block.timestamp)),
            abi.encodeWithSelector(I.FundingOutOfBounds.selector, perpetual, -int128(int256(mostWad)), int128(index), 2400e18)
        );
        setFunding(perpetual, 2, index - 1);
    }

    function test_RevertIf_FundingIsOfNoPerpetual() public {
        bytes32 call_ = listOption(InstrumentKind.Call, BTC, 1, 1 days);
        refuseFunding(FundingIndex(1, call_, 1, 0, uint64(block.timestamp)), abi.encodeWithSelector(I.NotPerpetual.selector, call_));
    }
}
