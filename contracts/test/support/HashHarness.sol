// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AttestationHashes} from "../../src/libraries/AttestationHashes.sol";
import {MerkleTree} from "../../src/libraries/MerkleTree.sol";
import {Orders} from "../../src/libraries/Orders.sol";
import {Quorum} from "../../src/libraries/Quorum.sol";
import {AccountClearance, BatchHeader, Clearance, FundingIndex, MarginLeaf, SettlementPrice, StressRow} from "../../src/types/Attestation.sol";
import {Deleveraging, Leg, Order} from "../../src/types/Trading.sol";

/// @notice Opens the libraries to tests.
contract HashHarness {
    function hash(BatchHeader calldata x) external pure returns (bytes32) {
        return AttestationHashes.hash(x);
    }

    function hash(MarginLeaf calldata x) external pure returns (bytes32) {
        return AttestationHashes.hash(x);
    }

    function hash(StressRow calldata x) external pure returns (bytes32) {
        return AttestationHashes.hash(x);
    }

    function hash(AccountClearance calldata x) external pure returns (bytes32) {
        return AttestationHashes.hash(x);
    }

    function hash(Clearance calldata x) external pure returns (bytes32) {
        return AttestationHashes.hash(x);
    }

    function hash(SettlementPrice calldata x) external pure returns (bytes32) {
        return AttestationHashes.hash(x);
    }

    function hash(FundingIndex calldata x) external pure returns (bytes32) {
        return AttestationHashes.hash(x);
    }

    function hash(Order calldata x) external pure returns (bytes32) {
        return Orders.hash(x);
    }

    function hash(Deleveraging calldata x) external pure returns (bytes32) {
        return Orders.hash(x);
    }

    function hashLiquidation(uint64 from, uint64 to, Leg[] calldata legs) external pure returns (bytes32) {
        return Orders.hashLiquidation(from, to, legs);
    }

    function leafHash(bytes32 data) external pure returns (bytes32) {
        return MerkleTree.leafHash(data);
    }

    function setHash(uint64 setId, address[] calldata members) external pure returns (bytes32) {
        return Quorum.setHash(setId, members);
    }

    function rootOf(bytes32 leaf, uint256 index, uint256 count, uint256 depth, bytes32[] calldata path) external pure returns (bytes32) {
        return MerkleTree.rootOf(leaf, index, count, depth, path);
    }
}
