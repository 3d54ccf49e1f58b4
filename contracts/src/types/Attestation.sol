// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

// Messages of the attesters. Money is in wad (1e18 = 1 USD), prices are in units of 1e-8 USD, times are seconds since 1970 (UTC).
// docs/protocol.md says what each means; docs/model/encoding.md fixes their bytes, testdata/vectors/ checks them in every language.

/// @notice What one epoch commits to.
struct BatchHeader {
    uint64 setId; // attester set that signs it
    uint32 schema; // version of this message; 1
    uint64 sequence; // strictly rising
    uint64 observedAt; // [s] moment of the market snapshot
    uint64 validUntil; // [s] last second at which a leaf counts
    uint64 bookBlock; // block of this chain whose accounts were margined
    bytes32 snapshotHash; // SHA-256 of the market snapshot
    bytes32 parameterHash; // SHA-256 of the risk parameter document; must be the one that governance set
    bytes32 scenarioSetHash; // SHA-256 of the scenario set
    bytes32 arrayRoot; // SHA-256 root of the whole risk array
    bytes32 stressRoot; // Keccak root of the array's stress columns, for fraud proofs
    bytes32 stressSharesHash; // Keccak of the loss share of each stress scenario
    bytes32 pricesHash; // Keccak of the prices that go with the batch
    bytes32 accountsRoot; // Keccak root of the account leaves
    uint32 accountCount; // leaves in use
    uint32 rowCount; // leaves behind stressRoot
    uint128 totalMaintenanceWad; // sum over the leaves
    int128 totalEquityWad; // sum over the accounts
    uint128 totalShortfallWad; // sum over the accounts of max(0, maintenance - equity)
}

/// @notice One account's requirement. It binds to the book through sequence and positionsHash.
struct MarginLeaf {
    uint64 account;
    uint64 sequence; // the account's sequence at bookBlock
    bytes32 positionsHash; // the account's positions hash at bookBlock
    uint128 initialWad; // [wad] rounded up
    uint128 maintenanceWad; // [wad] rounded up
    int128 markValueWad; // [wad] value of the contracts less what coins may lose together with them, rounded down
    uint128 decayWadPerSecond; // [wad/s] growth of both requirements with the leaf's age, rounded up
}

/// @notice One contract in the stress columns of the risk array: the leaf behind stressRoot.
struct StressRow {
    bytes32 instrument;
    int256 markWad; // [wad per unit] value of one unit now: the price, for futures and perpetuals too
    int8 tickExponent; // an entry is a gain of 10^tickExponent USD per unit
    bytes32 entriesHash; // Keccak of the entries, 4 bytes each, big-endian two's complement, stress scenarios in the order of the set
}

/// @notice One account in a clearance: what it must hold after the action.
struct AccountClearance {
    uint64 account;
    uint64 sequence; // before the action
    bytes32 positionsHashBefore;
    bytes32 positionsHashAfter;
    uint128 initialWad; // [wad] after the action
    uint128 maintenanceWad; // [wad] after the action
    int128 markValueWad; // [wad] after the action
    bool reducesRisk; // the attesters found the account's shortfall no larger and its requirement smaller than before
}

/// @notice Quorum statement on accounts after one given action, not yet done. Short-lived.
struct Clearance {
    uint64 setId;
    uint64 batchSequence; // batch whose risk array it was computed with
    uint64 observedAt; // [s]
    uint64 validUntil; // [s]
    bytes32 actionHash; // of the trade or withdrawal that it clears
    bytes32 parameterHash;
    AccountClearance[] accounts; // each account once, rising
}

/// @notice Price at which an expiry settles; accepted once.
struct SettlementPrice {
    uint64 setId;
    uint8 priceId; // underlying
    uint64 expiry; // [s]
    uint64 priceE8; // [1e-8 USD]
    uint64 observedAt; // [s] at or after the expiry
}

/// @notice Cumulative funding of a perpetual: what one unit long has paid since the start.
struct FundingIndex {
    uint64 setId;
    bytes32 instrument;
    uint64 sequence; // strictly rising per instrument
    int128 indexWad; // [wad per unit]
    uint64 observedAt; // [s]
}

/// @notice Signatures of a quorum over one digest.
/// @dev Signatures are r || s || v, 65 bytes each, v 27 or 28, s in the lower half, in the order of the members whose bit is set.
struct QuorumProof {
    address[] members; // the whole set, rising; checked against its hash
    uint256 signers; // bit i: members[i] signed
    bytes signatures;
}
