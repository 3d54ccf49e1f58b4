// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchHeader, Clearance, MarginLeaf, QuorumProof} from "../types/Attestation.sol";

/// @title Who attests, and what was attested last
interface IAttestationRegistry {
    enum OperatingState {
        Normal,
        ReduceOnly,
        Halt
    }

    event AttesterSetAnnounced(uint64 indexed setId, address[] members, uint256 activeAt);
    event AttesterSetActivated(uint64 indexed setId, bytes32 setHash);
    event BatchAccepted(uint64 indexed sequence, bytes32 indexed batchHash, uint64 setId, uint64 observedAt, uint64 validUntil, uint32 accountCount, uint256 signers);
    event BatchFrozen(uint64 indexed sequence, bytes32 indexed batchHash);
    event PricesSet(uint64 indexed sequence, uint64[] pricesE8);

    error InvalidSet(address[] members);
    error UnknownSet(uint64 setId);
    error SetMismatch(uint64 setId, bytes32 expected, bytes32 given);
    error QuorumTooSmall(uint256 signed, uint256 needed);
    error InvalidSignerMask(uint256 signers, uint256 members);
    error InvalidSignatureLength(uint256 length, uint256 expected);
    error InvalidSignature(uint256 index);
    error WrongSigner(uint256 index, address expected, address actual);
    error UnknownSchema(uint32 schema);
    error StaleSequence(uint64 sequence, uint64 last);
    error StaleObservation(uint64 observedAt, uint64 last);
    error ObservedInFuture(uint64 observedAt, uint256 now_);
    error InvalidWindow(uint64 observedAt, uint64 validUntil, uint256 now_);
    error WrongParameters(bytes32 given, bytes32 expected);
    error InvalidCount(uint32 count);
    error InvalidBookBlock(uint64 bookBlock, uint256 blockNumber);
    error PricesMismatch(bytes32 expected, bytes32 given);
    error PriceMoveTooLarge(uint8 priceId, uint64 fromE8, uint64 toE8);
    error MaintenanceFellTooFar(uint256 fromWad, uint256 toWad);
    error NotCurrentBatch(bytes32 given, bytes32 current);
    error BatchIsFrozen(uint64 sequence);
    error LeafNotInBatch(uint64 account, uint256 index);
    error ZeroValue();

    /// @notice Accepts a batch; anyone who brings the signatures. Rules: docs/protocol.md section 4.
    /// @param pricesE8 one for each price id from 0 [1e-8 USD]
    function submitBatch(BatchHeader calldata header, uint64[] calldata pricesE8, QuorumProof calldata proof) external;

    /// @notice Reverts unless a quorum of an acceptable set signed the digest of this struct hash in this registry's domain.
    function requireQuorum(uint64 setId, bytes32 structHash, QuorumProof calldata proof) external view;

    /// @notice Reverts unless the leaf stands at the index of the current, unfrozen batch.
    /// @return observedAt of the batch [s]
    /// @return validUntil of the batch [s]
    function requireLeaf(BatchHeader calldata header, MarginLeaf calldata leaf, uint256 index, bytes32[] calldata path)
        external
        view
        returns (uint64 observedAt, uint64 validUntil);

    /// @notice Reverts unless the leaf stands in a stored batch (current or earlier). For challenges.
    function requireStoredLeaf(BatchHeader calldata header, MarginLeaf calldata leaf, uint256 index, bytes32[] calldata path) external view;

    /// @notice Reverts unless a quorum signed this clearance, it is fresh, and its batch is stored and not frozen.
    function requireClearance(Clearance calldata clearance, QuorumProof calldata proof) external view;

    /// @notice Price of an underlying or coin in the current batch; 0: none. [1e-8 USD]
    function priceE8(uint8 priceId) external view returns (uint64);

    /// @notice All prices of the current batch and the moment they were observed. [1e-8 USD; s]
    function prices() external view returns (uint64[16] memory pricesE8, uint64 observedAt);

    /// @notice The current batch.
    function current() external view returns (bytes32 batchHash, uint64 sequence, uint64 observedAt, uint64 validUntil, bool frozen);

    /// @notice A stored batch (256 back); zero hash: not stored.
    function stored(uint64 sequence) external view returns (bytes32 batchHash, uint256 signers, uint64 setId, bool frozen);

    /// @notice Members of a set that has ever been active (for slashing).
    function memberAt(uint64 setId, uint256 index) external view returns (address);

    function operatingState() external view returns (OperatingState);

    /// @notice Freezes a stored batch after a proven fraud. Only StressChallenge.
    function freeze(uint64 sequence) external;
}
