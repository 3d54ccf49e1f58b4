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
    event AttesterSetCancelled(uint64 indexed setId);
    event SetDistrusted(uint64 indexed setId);
    event BatchAccepted(uint64 indexed sequence, bytes32 indexed batchHash, uint64 setId, uint64 observedAt, uint64 validUntil, uint32 accountCount, uint256 signers);
    event BatchFrozen(uint64 indexed sequence, bytes32 indexed batchHash);
    event PricesSet(uint64 indexed sequence, uint64[] pricesE8);
    event ReferencesForgotten(uint8[] priceIds, bool maintenance);
    event ChallengeSet(address indexed challenge);
    event ProofsSet(address indexed proofs);

    error InvalidSet(address[] members);
    error UnknownSet(uint64 setId);
    error SetNotAccepted(uint64 setId, uint64 current);
    error RotationPending(uint64 setId, uint256 activeAt);
    error NoRotationPending();
    error InvalidDelay(uint256 seconds_, uint256 least, uint256 most);
    error SetMismatch(uint64 setId, bytes32 expected, bytes32 given);
    error QuorumTooSmall(uint256 signed, uint256 needed);
    error InvalidSignerMask(uint256 signers, uint256 members);
    error InvalidSignatureLength(uint256 length, uint256 expected);
    error InvalidSignature(uint256 index);
    error WrongSigner(uint256 index, address expected, address actual);
    error UnknownSchema(uint32 schema);
    error StaleSequence(uint64 sequence, uint64 last);
    error SequenceTooFar(uint64 sequence, uint64 last);
    error StaleObservation(uint64 observedAt, uint64 last);
    error ObservedInFuture(uint64 observedAt, uint256 now_);
    error InvalidWindow(uint64 observedAt, uint64 validUntil, uint256 now_);
    error WrongParameters(bytes32 given, bytes32 expected);
    error InvalidCount(uint32 count, uint256 most);
    error InvalidTotal(uint256 totalWad, uint256 mostWad);
    error InvalidBookBlock(uint64 bookBlock, uint256 blockNumber);
    error InvalidPriceCount(uint256 count, uint256 least, uint256 most);
    error PricesMismatch(bytes32 expected, bytes32 given);
    error PriceMoveTooLarge(uint8 priceId, uint64 fromE8, uint64 toE8);
    error MaintenanceFellTooFar(uint256 fromWad, uint256 toWad);
    error NotCurrentBatch(bytes32 given, bytes32 current);
    error BatchIsFrozen(uint64 sequence);
    error BatchNotStored(uint64 sequence);
    error RingTooYoung(uint64 sequence, uint256 freeAt);
    error LeafNotInBatch(uint64 account, uint256 index);
    error AccountsNotRising(uint256 index);
    error NotAuthorised(address caller);
    error AlreadySet(address value);
    error ZeroValue();

    /// @notice Accepts a batch; anyone who brings the signatures. Rules: docs/protocol.md section 4.
    /// @param pricesE8 one for each price id from 0 [1e-8 USD]
    function submitBatch(BatchHeader calldata header, uint64[] calldata pricesE8, QuorumProof calldata proof) external;

    /// @notice Announces the next set of attesters; it takes over after the rotation delay, and the one before counts for `setOverlapSeconds` more. Governance.
    /// @dev A set id is used once, also where the announcement is cancelled.
    /// @param members rising, n = 3f + 1 of them, 4 <= n <= 31
    function announceSet(address[] calldata members) external returns (uint64 setId);

    /// @notice Takes back an announced set that is not active yet. Governance or the guardian.
    function cancelSet() external;

    /// @notice Takes over the guardian's pause: `level` holds before the second `until`. The guardian alone.
    /// @dev It is kept here so that an action asks one contract for the operating state. The guardian's rules (only stricter, at most seven days, lapses) are its own.
    function setPause(OperatingState level, uint40 until) external;

    /// @notice Lets the next batch bring any price for these ids (or none), and any total of maintenance. Governance: for a market that has moved beyond the bounds while no batch came.
    function forgetReferences(uint8[] calldata priceIds, bool maintenance) external;

    /// @notice Names StressChallenge, once. Governance.
    function setChallenge(address challenge) external;

    /// @notice Names MarginProofs, once. Governance.
    function setProofs(address proofs) external;

    /// @notice Whether an account moves on proven margins only. Only MarginProofs.
    function setProven(uint64 account, bool proven) external;

    /// @notice Writes places of the ring that no batch has used yet, so that the batches that come first cost what all later ones do; anyone.
    function prepareRing(uint256 from, uint256 count) external;

    /// @notice Reverts unless a quorum of an accepted set signed the digest of this struct hash in this registry's domain.
    /// @dev Accepted: the current set, and the one before it within `setOverlapSeconds` unless fraud was proven in it.
    function requireQuorum(uint64 setId, bytes32 structHash, QuorumProof calldata proof) external view;

    /// @notice Who of a set that was ever announced signed the digest of this struct hash; reverts unless all signatures are good. For challenges: it counts no quorum.
    /// @return signers bit i: member i of the set
    function signersOf(uint64 setId, bytes32 structHash, QuorumProof calldata proof) external view returns (uint256 signers);

    /// @notice Reverts unless the leaf stands at the index of the current, unfrozen batch and, where its account moves on proven margins only, is not below one (IProvenMargins.requireProven). For what an owner does.
    /// @return observedAt of the batch [s]
    /// @return validUntil of the batch [s]
    function requireLeaf(BatchHeader calldata header, MarginLeaf calldata leaf, uint256 index, bytes32[] calldata path)
        external
        view
        returns (uint64 observedAt, uint64 validUntil);

    /// @notice The same for a look at an account. It needs no proof, so that nobody escapes a liquidation by the lack of one.
    /// @return observedAt of the batch [s]
    /// @return validUntil of the batch [s]
    /// @return floorWad what both requirements are at least: the margin that is proven for these positions in this batch, where the account moves on proven margins only; else 0 [wad]
    function requireLeafToLook(BatchHeader calldata header, MarginLeaf calldata leaf, uint256 index, bytes32[] calldata path)
        external
        view
        returns (uint64 observedAt, uint64 validUntil, uint256 floorWad);

    /// @notice Reverts unless a quorum signed this clearance, it is fresh, its batch is stored and not frozen, and what moves on proven margins only is above them (IProvenMargins.requireCleared). For what owners do.
    function requireClearance(Clearance calldata clearance, QuorumProof calldata proof) external view;

    /// @notice The same without a look at proven margins: for liquidations, which the lack of a proof must not hold up.
    function requireClearanceToLiquidate(Clearance calldata clearance, QuorumProof calldata proof) external view;

    /// @notice Price of an underlying or coin in the current batch; 0: none. [1e-8 USD]
    function priceE8(uint8 priceId) external view returns (uint64);

    /// @notice All prices of the current batch and the moment they were observed. [1e-8 USD; s]
    function prices() external view returns (uint64[16] memory pricesE8, uint64 observedAt);

    /// @notice The current batch.
    function current() external view returns (bytes32 batchHash, uint64 sequence, uint64 observedAt, uint64 validUntil, bool frozen);

    /// @notice A stored batch (256 back, and at least 10 minutes); zero hash: not stored.
    function stored(uint64 sequence) external view returns (bytes32 batchHash, uint256 signers, uint64 setId, bool frozen);

    /// @notice Sets whose signatures count now, and the second at which the last rotation took or takes effect.
    /// @return currentSetId in force
    /// @return previousSetId the one before, while it still counts; else 0
    /// @return pendingSetId announced, not active yet; else 0
    /// @return changesAt of the last rotation or the pending one [s]
    function attesterSets() external view returns (uint64 currentSetId, uint64 previousSetId, uint64 pendingSetId, uint256 changesAt);

    /// @notice Hash of a set that was ever announced; 0: unknown.
    function setHash(uint64 setId) external view returns (bytes32);

    /// @notice Members of a set that was ever announced.
    function membersOf(uint64 setId) external view returns (address[] memory);

    /// @notice A member of a set that was ever announced (for slashing).
    function memberAt(uint64 setId, uint256 index) external view returns (address);

    /// @notice Whether an address is a member of a set that counts now or is announced: its bond must stay.
    function isAttesting(address attester) external view returns (bool);

    /// @notice Whether an account moves on proven margins only (IMarginProofs).
    function isProven(uint64 account) external view returns (bool);

    /// @notice The last set in which fraud was proven: it and all before it are not trusted any more; 0: none.
    function distrustedSet() external view returns (uint64);

    /// @notice EIP-712 digest of a struct hash in this registry's domain on this chain.
    function attestationDigest(bytes32 structHash) external view returns (bytes32);

    /// @notice Halt or ReduceOnly while the guardian's pause lasts (IGuardian.level); ReduceOnly while the current batch is missing, stale, frozen, or of a set in which fraud was proven.
    function operatingState() external view returns (OperatingState);
    /// @notice When batches came again after an outage. [s]
    function resumedAt() external view returns (uint256);

    /// @notice Freezes a stored batch after a proven fraud. Only StressChallenge.
    function freeze(uint64 sequence) external;

    /// @notice Marks a set whose quorum signed a fraud: while a batch of it is the current one the state is ReduceOnly, and it has no overlap. Nothing happens for a set that has never been in force. Only StressChallenge.
    function distrust(uint64 setId) external;
}
