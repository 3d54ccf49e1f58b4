// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchHeader, Clearance, MarginLeaf, QuorumProof, StressRow} from "../types/Attestation.sol";
import {LegChange} from "../types/Trading.sol";

/// @title Fraud proofs
/// @notice Anyone shows by exact integer arithmetic that a quorum signed what its own risk array contradicts. The signers' bonds are slashed, part of it for the challenger;
/// the set is distrusted and the batch frozen. One signed message is punished once.
/// @dev What cannot be shown here: rows that the attesters never published, and a margin that is too low in ways that no stress scenario shows.
interface IStressChallenge {
    /// @notice A signed batch. A stored one needs no signatures: `proof` stays empty then.
    struct SignedBatch {
        BatchHeader header;
        QuorumProof proof;
    }

    /// @notice A leaf of a signed batch.
    struct SignedLeaf {
        SignedBatch batch;
        MarginLeaf leaf;
        uint256 index;
        bytes32[] path;
    }

    /// @notice An account in a signed clearance, and the stored batch whose array it was computed with.
    struct SignedClearance {
        Clearance clearance;
        QuorumProof proof;
        uint256 index; // in clearance.accounts
        BatchHeader header;
    }

    /// @notice A row behind stressRoot, with its entries.
    struct OpenedRow {
        StressRow row;
        uint256 index;
        bytes32[] path;
        bytes entries; // 4 bytes each
    }

    /// @notice The account's book at the claimed positions hash.
    /// @dev Undoing the changes on the book now gives the book then: the hash chain from the claim to now proves that no change is left out.
    struct Book {
        bytes32[] instruments; // rising: every leg held now or changed since
        LegChange[] changes; // from the claimed positions hash to the one now, oldest first
        OpenedRow[] rows; // one for each leg held then, in the order of the instruments
    }

    enum Fault {
        MarginBelowLoss, // maintenance below the counted loss of a stress scenario
        MarkValueTooHigh, // mark value above what the contracts are worth and the maintenance together
        MalformedRow, // a row that no honest array holds
        Equivocation // two headers for one set and sequence
    }

    event FraudProven(Fault indexed fault, uint64 indexed setId, uint64 indexed sequence, bytes32 messageHash, uint256 signers, address challenger, uint256 slashed);

    error NoFraud(uint256 countedWad, uint256 allowedWad);
    error NotTheBatch(uint64 sequence, bytes32 given, bytes32 expected);
    error ChallengeTooLate(uint64 observedAt, uint256 window);
    error NotInClearance(uint256 index, uint256 accounts);
    error LeafNotInBatch(uint64 account, uint256 index);
    error RowNotInBatch(bytes32 instrument, uint256 index);
    error WrongRow(bytes32 expected, bytes32 given);
    error WrongRowCount(uint256 given, uint256 legs);
    error WrongEntries(bytes32 expected, bytes32 given);
    error WrongShares(bytes32 expected, bytes32 given);
    error UnknownScenario(uint256 scenario, uint256 count);
    error TickOutOfRange(bytes32 instrument, int8 tickExponent);
    error TooMany(uint256 count, uint256 most);
    error NotRising(uint256 index);
    error IncompleteBook(uint64 account, uint256 given, uint256 legCount);
    error BrokenChain(bytes32 reached, bytes32 expected);
    error UnknownInstrument(bytes32 instrument);
    error ChangeDoesNotFit(bytes32 instrument, int256 quantityWad, int128 toWad);
    error NotEquivocal(bytes32 first, bytes32 second);
    error NobodySignedBoth(uint256 first, uint256 second);
    error AlreadyPunished(bytes32 messageHash);
    error RowIsSound(bytes32 instrument);
    error InvalidWindow(uint256 window, uint256 withdrawalDelay);
    error ZeroValue();

    /// @notice Proves that a leaf's maintenance margin is below a stress scenario's counted loss by more than the rounding of the array.
    /// @param scenario number in the order of the stress scenarios
    /// @param lossShares behind the header's stressSharesHash: 4 bytes each [1e-9]
    function challengeMargin(SignedLeaf calldata claim, Book calldata book, uint256 scenario, bytes calldata lossShares) external;

    /// @notice The same for an account in a clearance, whose book after the action has been the account's book.
    function challengeClearedMargin(SignedClearance calldata claim, Book calldata book, uint256 scenario, bytes calldata lossShares)
        external;

    /// @notice Proves that a leaf's mark value is higher than any honest one: above the value of the contracts by more than the maintenance, which is the most that coins can be worth as a hedge.
    function challengeMarkValue(SignedLeaf calldata claim, Book calldata book) external;

    /// @notice The same for an account in a clearance.
    function challengeClearedMarkValue(SignedClearance calldata claim, Book calldata book) external;

    /// @notice Proves that a batch commits to a row that would defeat the proofs above: a tick or mark out of range, or not one entry for each stress scenario.
    function challengeRow(SignedBatch calldata batch, OpenedRow calldata opened, bytes calldata lossShares) external;

    /// @notice Proves that attesters signed two headers with one set id and sequence; punishes exactly those who signed both. A quorum is not needed.
    /// @dev Only more than f of them cast doubt on the set: up to f liars are what a set is built to bear, so they cannot stop the house by giving up their bonds.
    function proveEquivocation(BatchHeader calldata first, QuorumProof calldata firstProof, BatchHeader calldata second, QuorumProof calldata secondProof) external;

    /// @notice [s] after a message's observedAt up to which it can be challenged; shorter than the bonds' withdrawal delay.
    function challengeWindow() external view returns (uint256);

    /// @notice Who has been punished for a signed message. Bit i: member i of its set. The message: hashStruct of header or clearance; for equivocation keccak(setId, sequence).
    function punished(bytes32 message) external view returns (uint256 signers);
}
