// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccountClearance, BatchHeader, Clearance, FundingIndex, MarginLeaf, SettlementPrice, StressRow} from "../types/Attestation.sol";

/// @title EIP-712 hashStruct of every message of the attesters
/// @dev Structs without nested values are hashed as they lie in the call data: word for word the ABI encoding that EIP-712 asks for.
/// A word with dirty upper bits is not cleaned here, so it hashes to something that nobody signed.
library AttestationHashes {
    bytes32 internal constant BATCH_HEADER_TYPEHASH = keccak256(
        "BatchHeader(uint64 setId,uint32 schema,uint64 sequence,uint64 observedAt,uint64 validUntil,uint64 bookBlock,bytes32 snapshotHash,bytes32 parameterHash,bytes32 scenarioSetHash,bytes32 arrayRoot,bytes32 stressRoot,bytes32 stressSharesHash,bytes32 pricesHash,bytes32 accountsRoot,uint32 accountCount,uint32 rowCount,uint128 totalMaintenanceWad,int128 totalEquityWad,uint128 totalShortfallWad)"
    );
    bytes32 internal constant MARGIN_LEAF_TYPEHASH = keccak256(
        "MarginLeaf(uint64 account,uint64 sequence,bytes32 positionsHash,uint128 initialWad,uint128 maintenanceWad,int128 markValueWad,uint128 decayWadPerSecond)"
    );
    bytes32 internal constant STRESS_ROW_TYPEHASH = keccak256("StressRow(bytes32 instrument,int256 markWad,int8 tickExponent,bytes32 entriesHash)");
    bytes32 internal constant ACCOUNT_CLEARANCE_TYPEHASH = keccak256(
        "AccountClearance(uint64 account,uint64 sequence,bytes32 positionsHashBefore,bytes32 positionsHashAfter,uint128 initialWad,uint128 maintenanceWad,int128 markValueWad,bool reducesRisk)"
    );
    bytes32 internal constant CLEARANCE_TYPEHASH = keccak256(
        "Clearance(uint64 setId,uint64 batchSequence,uint64 observedAt,uint64 validUntil,bytes32 actionHash,bytes32 parameterHash,AccountClearance[] accounts)AccountClearance(uint64 account,uint64 sequence,bytes32 positionsHashBefore,bytes32 positionsHashAfter,uint128 initialWad,uint128 maintenanceWad,int128 markValueWad,bool reducesRisk)"
    );
    bytes32 internal constant SETTLEMENT_PRICE_TYPEHASH =
        keccak256("SettlementPrice(uint64 setId,uint8 priceId,uint64 expiry,uint64 priceE8,uint64 observedAt)");
    bytes32 internal constant FUNDING_INDEX_TYPEHASH =
        keccak256("FundingIndex(uint64 setId,bytes32 instrument,uint64 sequence,int128 indexWad,uint64 observedAt)");

    function hash(BatchHeader calldata header) internal pure returns (bytes32) {
        uint256 offset;
        assembly ("memory-safe") {
            offset := header
        }
        return _hashWords(BATCH_HEADER_TYPEHASH, offset, 19);
    }

    function hash(MarginLeaf calldata leaf) internal pure returns (bytes32) {
        uint256 offset;
        assembly ("memory-safe") {
            offset := leaf
        }
        return _hashWords(MARGIN_LEAF_TYPEHASH, offset, 7);
    }

    function hash(StressRow calldata row) internal pure returns (bytes32) {
        uint256 offset;
        assembly ("memory-safe") {
            offset := row
        }
        return _hashWords(STRESS_ROW_TYPEHASH, offset, 4);
    }

    function hash(SettlementPrice calldata price) internal pure returns (bytes32) {
        uint256 offset;
        assembly ("memory-safe") {
            offset := price
        }
        return _hashWords(SETTLEMENT_PRICE_TYPEHASH, offset, 5);
    }

    function hash(FundingIndex calldata index) internal pure returns (bytes32) {
        uint256 offset;
        assembly ("memory-safe") {
            offset := index
        }
        return _hashWords(FUNDING_INDEX_TYPEHASH, offset, 5);
    }

    function hash(AccountClearance calldata account) internal pure returns (bytes32) {
        uint256 offset;
        assembly ("memory-safe") {
            offset := account
        }
        return _hashWords(ACCOUNT_CLEARANCE_TYPEHASH, offset, 8);
    }

    function hash(Clearance calldata clearance) internal pure returns (bytes32 result) {
        uint256 count = clearance.accounts.length;
        bytes32[] memory hashes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            hashes[i] = hash(clearance.accounts[i]);
        }
        bytes32 typeHash = CLEARANCE_TYPEHASH;
        bytes32 accountsHash = keccak256(abi.encodePacked(hashes));
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            calldatacopy(add(free, 0x20), clearance, 0xc0)
            mstore(add(free, 0xe0), accountsHash)
            result := keccak256(free, 0x100)
        }
    }

    /// @notice keccak(typeHash, words of the call data from an offset on).
    function _hashWords(bytes32 typeHash, uint256 offset, uint256 words) private pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := shl(5, words)
            mstore(free, typeHash)
            calldatacopy(add(free, 0x20), offset, size)
            result := keccak256(free, add(size, 0x20))
        }
    }
}
