// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {IGuardian} from "../interfaces/IGuardian.sol";
import {IProvenMargins} from "../interfaces/IMarginProofs.sol";
import {IRiskParameters} from "../interfaces/IRiskParameters.sol";
import {AttestationHashes} from "../libraries/AttestationHashes.sol";
import {CoarsePrices} from "../libraries/CoarsePrices.sol";
import {Keys} from "../libraries/Keys.sol";
import {MerkleTree} from "../libraries/MerkleTree.sol";
import {Quorum} from "../libraries/Quorum.sol";
import {AccountClearance, BatchHeader, Clearance, MarginLeaf, QuorumProof} from "../types/Attestation.sol";

/// @title Attester sets, batches, prices, operating state
/// @dev A batch of eight prices writes five slots: the head, two of the ring, and one for every four prices. Governed numbers are copied into one slot and read again when RiskParameters shows a new version.
contract AttestationRegistry is IAttestationRegistry, EIP712, Ownable2Step {
    using AttestationHashes for BatchHeader;
    using AttestationHashes for MarginLeaf;
    using AttestationHashes for Clearance;

    uint256 public constant RING = 256; // batches kept
    uint256 public constant LEAST_RING_SECONDS = 10 minutes; // a batch is kept at least so long, so that nobody can push evidence out of the ring
    uint256 public constant MOST_SEQUENCE_STEP = 1 << 32; // so that no quorum can use up all sequences at once
    uint256 public constant MOST_PRICES = 16;
    uint256 public constant LEAST_ROTATION_DELAY = 1 hours;
    uint256 public constant MOST_ROTATION_DELAY = 30 days;
    uint256 private constant PRICE_WINDOW = 1 hours;
    uint256 private constant PRICES_PER_SLOT = 4;
    uint256 private constant STARTS_PER_SLOT = 8;
    uint256 private constant PRICE_BITS = 64;
    uint256 private constant BILLION = 1e9;
    uint256 private constant MONEY_UNIT_WAD = 1e12; // 1e-6 USD
    uint8 private constant FROZEN = 1; // the current batch holds a proven fraud
    uint8 private constant SOME_PROVEN = 2; // an account wants proofs: leaves and clearances look in `_proven`

    /// @dev One slot.
    struct Head {
        uint64 sequence; // 0: no batch yet
        uint40 observedAt; // [s]
        uint40 validUntil; // [s]
        uint32 windowStartedAt; // [s] of the hour that price moves are measured over
        uint64 totalMaintenance; // [1e-6 USD] rounded up
        uint8 priceCount;
        uint8 marks; // FROZEN, SOME_PROVEN
    }

    /// @dev One slot, beside the batch's hash.
    struct StoredBatch {
        uint64 sequence;
        uint64 setId;
        uint40 acceptedAt; // [s]
        uint32 signers; // bit i: member i
        bool frozen;
    }

    /// @dev One slot. The set in force is `incoming` from changesAt on, `outgoing` before. The guardian's pause lies beside it, as the operating state reads both.
    struct Sets {
        uint40 outgoing;
        uint40 incoming;
        uint40 distrusted; // last set in which fraud was proven; earlier ones count for nothing any more
        uint40 changesAt; // [s]
        uint40 pausedUntil; // [s] the guardian's pause holds before this second
        OperatingState paused; // its level
        uint40 resumedAt; // [s] of the last batch that came after the one before had run out
    }

    /// @dev One slot: the governed numbers as of a version. What does not fit is cut to the stricter side.
    struct Limits {
        uint64 version;
        uint24 maxAge; // [s]
        uint24 maxClearance; // [s]
        uint24 maxFutureSkew; // [s]
        uint24 setOverlap; // [s]
        uint32 priceMove; // [1e-9] per update
        uint32 priceMovePerHour; // [1e-9]
        uint32 maintenanceFall; // [1e-9] per update
    }

    IRiskParameters public immutable parameters;
    IGuardian public immutable guardian;
    uint256 public immutable rotationDelay; // [s] between the announcement of a set and its first signature that counts

    Head private _head;
    Sets private _sets;
    Limits private _limits;
    bytes32 private _endorsed; // keccak(set hash, document) of those in force, with no other set announced, as of _limits.version: saves three loads; 0: none
    uint256[MOST_PRICES / PRICES_PER_SLOT] private _prices; // [1e-8 USD] of the current batch, 64 bits each, price id 0 lowest
    uint256[MOST_PRICES / STARTS_PER_SLOT] private _windowStarts; // [1e-8 USD] prices with which the hour began, coarse, 32 bits each
    mapping(uint256 place => bytes32) private _batchHashes; // place: sequence mod RING
    mapping(uint256 place => StoredBatch) private _batches;
    mapping(uint64 setId => bytes32) private _setHashes;
    mapping(uint64 setId => address[]) private _members;
    uint40 private _lastSetId; // ids are never used again
    address public challenge; // StressChallenge
    address public proofs; // MarginProofs
    mapping(uint256 word => uint256) private _proven; // bit i of word w: account 256 w + i moves on proven margins only

    /// @param owner_ governance
    /// @param members first set, in force at once; its id is 1
    constructor(address owner_, IRiskParameters parameters_, IGuardian guardian_, uint256 rotationDelay_, address[] memory members)
        EIP712("PMS Attestation", "1")
        Ownable(owner_)
    {
        require(address(parameters_) != address(0) && address(guardian_) != address(0), ZeroValue());
        require(
            rotationDelay_ >= LEAST_ROTATION_DELAY && rotationDelay_ <= MOST_ROTATION_DELAY,
            InvalidDelay(rotationDelay_, LEAST_ROTATION_DELAY, MOST_ROTATION_DELAY)
        );
        parameters = parameters_;
        rotationDelay = rotationDelay_;
        guardian = guardian_;
        uint40 setId = _registerSet(members, block.timestamp);
        (_sets.outgoing, _sets.incoming, _sets.changesAt) = (setId, setId, uint40(block.timestamp));
        _limits = _governed();
    }

    // ---- batches ----

    /// @inheritdoc IAttestationRegistry
    function submitBatch(BatchHeader calldata header, uint64[] calldata pricesE8, QuorumProof calldata proof) external {
        Limits memory limits = _freshLimits();
        Head memory head = _head;
        _requireSound(header, head, limits);
        bytes32 givenPrices = _pricesHash(pricesE8);
        require(givenPrices == header.pricesHash, PricesMismatch(header.pricesHash, givenPrices));
        head.totalMaintenance = _boundedMaintenance(header.totalMaintenanceWad, head.totalMaintenance, limits.maintenanceFall);
        bytes32 batchHash = header.hash();
        bytes32 endorsement = _requireEndorsed(header.setId, header.parameterHash, _endorsed, limits.setOverlap, proof.members);
        uint256 signers = _requireSigned(batchHash, proof);

        if (endorsement != 0) _endorsed = endorsement;
        head.windowStartedAt = _movePrices(pricesE8, head, limits);
        _storeBatch(header, head, pricesE8.length, batchHash, signers);
        _emitPrices(header.sequence, pricesE8);
    }

    /// @inheritdoc IAttestationRegistry
    function prepareRing(uint256 from, uint256 count) external {
        for (uint256 place = from; place < from + count && place < RING; ++place) {
            if (_batchHashes[place] != 0) continue;
            // No batch: reads go by the sequence, which stays 0 here.
            _batchHashes[place] = bytes32(uint256(1));
            _batches[place].signers = 1;
        }
    }

    /// @param head of the batch before, with the window and the total of this one
    function _storeBatch(BatchHeader calldata header, Head memory head, uint256 priceCount, bytes32 batchHash, uint256 signers) private {
        uint64 sequence = header.sequence;
        uint64 setId = header.setId;
        if (block.timestamp > head.validUntil) _sets.resumedAt = uint40(block.timestamp);
        (head.sequence, head.observedAt, head.validUntil) = (sequence, uint40(header.observedAt), uint40(header.validUntil));
        (head.priceCount, head.marks) = (uint8(priceCount), head.marks & SOME_PROVEN);
        uint256 freeAt = _batches[sequence % RING].acceptedAt + LEAST_RING_SECONDS;
        require(block.timestamp >= freeAt, RingTooYoung(_batches[sequence % RING].sequence, freeAt));
        _head = head;
        _batchHashes[sequence % RING] = batchHash;
        _batches[sequence % RING] =
            StoredBatch({sequence: sequence, setId: setId, acceptedAt: uint40(block.timestamp), signers: uint32(signers), frozen: false});
        emit BatchAccepted(sequence, batchHash, setId, header.observedAt, header.validUntil, header.accountCount, signers);
    }

    // ---- statements of a quorum ----

    /// @inheritdoc IAttestationRegistry
    function requireQuorum(uint64 setId, bytes32 structHash, QuorumProof calldata proof) external view {
        (Limits memory limits,) = _currentLimits();
        _requireAccepted(setId, limits.setOverlap);
        _requireKnown(setId, Quorum.setHash(setId, proof.members));
        _requireSigned(structHash, proof);
    }

    /// @inheritdoc IAttestationRegistry
    function signersOf(uint64 setId, bytes32 structHash, QuorumProof calldata proof) external view returns (uint256 signers) {
        _requireKnown(setId, Quorum.setHash(setId, proof.members));
        return Quorum.verify(_hashTypedDataV4(structHash), 1, proof);
    }

    /// @inheritdoc IAttestationRegistry
    function requireLeaf(BatchHeader calldata header, MarginLeaf calldata leaf, uint256 index, bytes32[] calldata path)
        external
        view
        returns (uint64 observedAt, uint64 validUntil)
    {
        if (_requireInBatch(header, leaf, index, path)) IProvenMargins(proofs).requireProven(leaf.account, leaf.positionsHash, leaf.maintenanceWad);
        return (header.observedAt, header.validUntil);
    }

    /// @inheritdoc IAttestationRegistry
    function requireLeafToLook(BatchHeader calldata header, MarginLeaf calldata leaf, uint256 index, bytes32[] calldata path)
        external
        view
        returns (uint64 observedAt, uint64 validUntil, uint256 floorWad)
    {
        if (_requireInBatch(header, leaf, index, path)) floorWad = IProvenMargins(proofs).floorIn(leaf.account, leaf.positionsHash, header.sequence);
        return (header.observedAt, header.validUntil, floorWad);
    }

    /// @return proven whether the account moves on proven margins only
    function _requireInBatch(BatchHeader calldata header, MarginLeaf calldata leaf, uint256 index, bytes32[] calldata path) private view returns (bool proven) {
        Head memory head = _head;
        bytes32 currentHash = head.sequence == 0 ? bytes32(0) : _batchHashes[head.sequence % RING];
        bytes32 given = header.hash();
        require(given == currentHash, NotCurrentBatch(given, currentHash));
        require(head.marks & FROZEN == 0, BatchIsFrozen(head.sequence));
        bytes32 root = MerkleTree.rootOf(MerkleTree.leafHash(leaf.hash()), index, header.accountCount, MerkleTree.ACCOUNT_DEPTH, path);
        require(root == header.accountsRoot, LeafNotInBatch(leaf.account, index));
        return head.marks & SOME_PROVEN != 0 && isProven(leaf.account);
    }

    /// @inheritdoc IAttestationRegistry
    function requireClearance(Clearance calldata clearance, QuorumProof calldata proof) external view {
        _requireCleared(clearance, proof);
        if (_head.marks & SOME_PROVEN == 0) return;
        AccountClearance[] calldata accounts = clearance.accounts;
        for (uint256 i = 0; i < accounts.length; ++i) {
            if (isProven(accounts[i].account)) IProvenMargins(proofs).requireCleared(accounts[i]);
        }
    }

    /// @inheritdoc IAttestationRegistry
    function requireClearanceToLiquidate(Clearance calldata clearance, QuorumProof calldata proof) external view {
        _requireCleared(clearance, proof);
    }

    function _requireCleared(Clearance calldata clearance, QuorumProof calldata proof) private view {
        (Limits memory limits, bool cached) = _currentLimits();
        _requireWindow(clearance.observedAt, clearance.validUntil, limits.maxFutureSkew, limits.maxClearance);
        require(clearance.actionHash != 0 && clearance.accounts.length != 0, ZeroValue());
        for (uint256 i = 1; i < clearance.accounts.length; ++i) {
            require(clearance.accounts[i - 1].account < clearance.accounts[i].account, AccountsNotRising(i));
        }
        StoredBatch memory batch = _batches[clearance.batchSequence % RING];
        require(batch.sequence == clearance.batchSequence && batch.sequence != 0, BatchNotStored(clearance.batchSequence));
        require(!batch.frozen, BatchIsFrozen(clearance.batchSequence));
        _requireEndorsed(clearance.setId, clearance.parameterHash, cached ? _endorsed : bytes32(0), limits.setOverlap, proof.members);
        _requireSigned(clearance.hash(), proof);
    }

    // ---- sets ----

    /// @inheritdoc IAttestationRegistry
    function announceSet(address[] calldata members) external onlyOwner returns (uint64) {
        Sets memory sets = _sets;
        require(block.timestamp >= sets.changesAt, RotationPending(sets.incoming, sets.changesAt));
        uint256 activeAt = block.timestamp + rotationDelay;
        uint40 setId = _registerSet(members, activeAt);
        _endorsed = 0;
        // The overlap of the set before, if it still ran, ends here.
        (sets.outgoing, sets.incoming, sets.changesAt) = (sets.incoming, setId, uint40(activeAt));
        _sets = sets;
        return setId;
    }

    /// @inheritdoc IAttestationRegistry
    function cancelSet() external {
        require(msg.sender == owner() || msg.sender == address(guardian), NotAuthorised(msg.sender));
        Sets memory sets = _sets;
        require(block.timestamp < sets.changesAt, NoRotationPending());
        emit AttesterSetCancelled(sets.incoming);
        (sets.incoming, sets.changesAt) = (sets.outgoing, uint40(block.timestamp));
        _sets = sets;
    }

    // ---- governance, guardian, challenges ----

    /// @inheritdoc IAttestationRegistry
    function setPause(OperatingState level, uint40 until) external {
        require(msg.sender == address(guardian), NotAuthorised(msg.sender));
        (_sets.paused, _sets.pausedUntil) = (level, until);
    }

    /// @inheritdoc IAttestationRegistry
    function forgetReferences(uint8[] calldata priceIds, bool maintenance) external onlyOwner {
        require(priceIds.length <= MOST_PRICES, InvalidPriceCount(priceIds.length, 0, MOST_PRICES));
        for (uint256 i = 0; i < priceIds.length; ++i) {
            uint256 id = priceIds[i];
            require(id < MOST_PRICES, InvalidPriceCount(id, 0, MOST_PRICES - 1));
            _prices[id / PRICES_PER_SLOT] &= ~(uint256(type(uint64).max) << ((id % PRICES_PER_SLOT) * PRICE_BITS));
        }
        if (maintenance) _head.totalMaintenance = 0;
        emit ReferencesForgotten(priceIds, maintenance);
    }

    /// @inheritdoc IAttestationRegistry
    function setChallenge(address challenge_) external onlyOwner {
        require(challenge == address(0), AlreadySet(challenge));
        require(challenge_ != address(0), ZeroValue());
        challenge = challenge_;
        emit ChallengeSet(challenge_);
    }

    /// @inheritdoc IAttestationRegistry
    function setProofs(address proofs_) external onlyOwner {
        require(proofs == address(0), AlreadySet(proofs));
        require(proofs_ != address(0), ZeroValue());
        proofs = proofs_;
        emit ProofsSet(proofs_);
    }

    /// @inheritdoc IAttestationRegistry
    function setProven(uint64 account, bool proven) external {
        require(msg.sender == proofs, NotAuthorised(msg.sender));
        uint256 bit = uint256(1) << (account & 0xff);
        if (!proven) {
            _proven[account >> 8] &= ~bit;
            return;
        }
        _proven[account >> 8] |= bit;
        _head.marks |= SOME_PROVEN; // stays: what it saves is a load for each leaf of a house in which nobody ever asked for proofs
    }

    /// @inheritdoc IAttestationRegistry
    function freeze(uint64 sequence) external {
        require(msg.sender == challenge, NotAuthorised(msg.sender));
        uint256 place = sequence % RING;
        require(sequence != 0 && _batches[place].sequence == sequence, BatchNotStored(sequence));
        _batches[place].frozen = true;
        if (sequence == _head.sequence) _head.marks |= FROZEN;
        emit BatchFrozen(sequence, _batchHashes[place]);
    }

    /// @inheritdoc IAttestationRegistry
    function distrust(uint64 setId) external {
        require(msg.sender == challenge, NotAuthorised(msg.sender));
        Sets memory sets = _sets;
        // A set that has not been in force, pending or cancelled, pays for what it signs but says nothing about the one that is.
        if (setId <= sets.distrusted || setId > (block.timestamp >= sets.changesAt ? sets.incoming : sets.outgoing)) return;
        _sets.distrusted = uint40(setId); // not beyond the set in force
        emit SetDistrusted(setId);
    }

    // ---- views ----

    /// @inheritdoc IAttestationRegistry
    function priceE8(uint8 priceId) external view returns (uint64) {
        if (priceId >= MOST_PRICES) return 0;
        return uint64(_prices[priceId / PRICES_PER_SLOT] >> ((priceId % PRICES_PER_SLOT) * PRICE_BITS));
    }

    /// @inheritdoc IAttestationRegistry
    function prices() external view returns (uint64[16] memory pricesE8, uint64 observedAt) {
        Head memory head = _head;
        for (uint256 first = 0; first < head.priceCount; first += PRICES_PER_SLOT) {
            uint256 word = _prices[first / PRICES_PER_SLOT];
            for (uint256 i = 0; i < PRICES_PER_SLOT; ++i) {
                pricesE8[first + i] = uint64(word >> (i * PRICE_BITS));
            }
        }
        return (pricesE8, head.observedAt);
    }

    /// @inheritdoc IAttestationRegistry
    function current() external view returns (bytes32 batchHash, uint64 sequence, uint64 observedAt, uint64 validUntil, bool frozen) {
        Head memory head = _head;
        batchHash = head.sequence == 0 ? bytes32(0) : _batchHashes[head.sequence % RING];
        return (batchHash, head.sequence, head.observedAt, head.validUntil, head.marks & FROZEN != 0);
    }

    /// @inheritdoc IAttestationRegistry
    function stored(uint64 sequence) external view returns (bytes32 batchHash, uint256 signers, uint64 setId, bool frozen) {
        StoredBatch memory batch = _batches[sequence % RING];
        if (sequence == 0 || batch.sequence != sequence) return (0, 0, 0, false);
        return (_batchHashes[sequence % RING], batch.signers, batch.setId, batch.frozen);
    }

    /// @inheritdoc IAttestationRegistry
    function attesterSets() public view returns (uint64 currentSetId, uint64 previousSetId, uint64 pendingSetId, uint256 changesAt) {
        Sets memory sets = _sets;
        changesAt = sets.changesAt;
        if (block.timestamp < changesAt) return (sets.outgoing, 0, sets.incoming, changesAt);
        (Limits memory limits,) = _currentLimits();
        bool overlaps = sets.outgoing != sets.incoming && sets.outgoing > sets.distrusted && block.timestamp <= changesAt + limits.setOverlap;
        return (sets.incoming, overlaps ? sets.outgoing : 0, 0, changesAt);
    }

    /// @inheritdoc IAttestationRegistry
    function setHash(uint64 setId) external view returns (bytes32) {
        return _setHashes[setId];
    }

    /// @inheritdoc IAttestationRegistry
    function membersOf(uint64 setId) external view returns (address[] memory) {
        return _members[setId];
    }

    /// @inheritdoc IAttestationRegistry
    function memberAt(uint64 setId, uint256 index) external view returns (address) {
        require(index < _members[setId].length, UnknownSet(setId));
        return _members[setId][index];
    }

    /// @inheritdoc IAttestationRegistry
    function isAttesting(address attester) external view returns (bool) {
        (uint64 currentSetId, uint64 previousSetId, uint64 pendingSetId,) = attesterSets();
        return _isMember(currentSetId, attester) || _isMember(previousSetId, attester) || _isMember(pendingSetId, attester);
    }

    /// @inheritdoc IAttestationRegistry
    function isProven(uint64 account) public view returns (bool) {
        return (_proven[account >> 8] >> (account & 0xff)) & 1 != 0;
    }

    /// @inheritdoc IAttestationRegistry
    function distrustedSet() external view returns (uint64) {
        return _sets.distrusted;
    }

    /// @inheritdoc IAttestationRegistry
    function attestationDigest(bytes32 structHash) external view returns (bytes32) {
        return _hashTypedDataV4(structHash);
    }

    /// @inheritdoc IAttestationRegistry
    function resumedAt() external view returns (uint256) {
        return _sets.resumedAt;
    }

    /// @inheritdoc IAttestationRegistry
    function operatingState() external view returns (OperatingState) {
        Sets memory sets = _sets;
        OperatingState paused = block.timestamp < sets.pausedUntil ? sets.paused : OperatingState.Normal;
        if (paused == OperatingState.Halt) return paused;
        Head memory head = _head;
        if (paused == OperatingState.ReduceOnly || head.marks & FROZEN != 0 || block.timestamp > head.validUntil) return OperatingState.ReduceOnly;
        return _batches[head.sequence % RING].setId <= sets.distrusted ? OperatingState.ReduceOnly : OperatingState.Normal;
    }

    // ---- checks ----

    function _requireSound(BatchHeader calldata header, Head memory head, Limits memory limits) private view {
        require(header.schema == 1, UnknownSchema(header.schema));
        (uint256 sequence, uint256 last) = (header.sequence, head.sequence);
        require(sequence > last, StaleSequence(uint64(sequence), uint64(last)));
        require(sequence <= last + MOST_SEQUENCE_STEP, SequenceTooFar(uint64(sequence), uint64(last)));
        require(header.observedAt > head.observedAt, StaleObservation(header.observedAt, head.observedAt));
        _requireWindow(header.observedAt, header.validUntil, limits.maxFutureSkew, limits.maxAge);
        require(header.bookBlock != 0 && header.bookBlock < block.number, InvalidBookBlock(header.bookBlock, block.number));
        require(
            header.snapshotHash != 0 && header.parameterHash != 0 && header.scenarioSetHash != 0 && header.arrayRoot != 0 && header.stressRoot != 0
                && header.stressSharesHash != 0 && header.pricesHash != 0 && header.accountsRoot != 0,
            ZeroValue()
        );
        require(header.accountCount != 0 && header.accountCount <= 1 << MerkleTree.ACCOUNT_DEPTH, InvalidCount(header.accountCount, 1 << MerkleTree.ACCOUNT_DEPTH));
        require(header.rowCount != 0 && header.rowCount <= 1 << MerkleTree.ROW_DEPTH, InvalidCount(header.rowCount, 1 << MerkleTree.ROW_DEPTH));
    }

    function _requireWindow(uint64 observedAt, uint64 validUntil, uint256 maxFutureSkew, uint256 longest) private view {
        require(observedAt <= block.timestamp + maxFutureSkew, ObservedInFuture(observedAt, block.timestamp));
        require(
            block.timestamp <= validUntil && observedAt <= validUntil && validUntil <= uint256(observedAt) + longest,
            InvalidWindow(observedAt, validUntil, block.timestamp)
        );
    }

    /// @return lasts whether nothing but a new announcement can end it
    function _requireAccepted(uint64 setId, uint256 overlap) private view returns (bool lasts) {
        Sets memory sets = _sets;
        bool changed = block.timestamp >= sets.changesAt;
        uint64 inForce = changed ? sets.incoming : sets.outgoing;
        if (setId == inForce) return changed;
        require(
            changed && setId == sets.outgoing && setId > sets.distrusted && block.timestamp <= uint256(sets.changesAt) + overlap,
            SetNotAccepted(setId, inForce)
        );
    }

    /// @notice Reverts unless the set counts, the members are its own, and the document is in force or still overlaps.
    /// @param endorsed what is known to be good; 0: nothing
    /// @return endorsement to remember; 0 where it is known already, or good for a time only
    function _requireEndorsed(uint64 setId, bytes32 document, bytes32 endorsed, uint256 overlap, address[] calldata members) private view returns (bytes32 endorsement) {
        bytes32 given = Quorum.setHash(setId, members);
        endorsement = keccak256(abi.encode(given, document));
        if (endorsement == endorsed) return 0;
        bool lasts = _requireAccepted(setId, overlap);
        _requireKnown(setId, given);
        (bytes32 inForce, bytes32 previous, uint256 previousUntil) = parameters.documents();
        require(document == inForce || (document == previous && block.timestamp <= previousUntil), WrongParameters(document, inForce));
        return lasts && document == inForce ? endorsement : bytes32(0);
    }

    function _requireKnown(uint64 setId, bytes32 given) private view {
        bytes32 known = _setHashes[setId];
        require(known != 0, UnknownSet(setId));
        require(given == known, SetMismatch(setId, known, given));
    }

    /// @dev The members have been checked.
    function _requireSigned(bytes32 structHash, QuorumProof calldata proof) private view returns (uint256 signers) {
        return Quorum.verify(_hashTypedDataV4(structHash), Quorum.threshold(proof.members.length), proof);
    }

    function _isMember(uint64 setId, address who) private view returns (bool) {
        address[] storage members = _members[setId];
        for (uint256 i = 0; i < members.length; ++i) {
            if (members[i] == who) return true;
        }
        return false;
    }

    // ---- bounds that signatures do not pass ----

    /// @return total [1e-6 USD] rounded up
    function _boundedMaintenance(uint256 totalWad, uint256 last, uint256 mostFall) private pure returns (uint64 total) {
        uint256 units = (totalWad + MONEY_UNIT_WAD - 1) / MONEY_UNIT_WAD;
        require(units <= type(uint64).max, InvalidTotal(totalWad, uint256(type(uint64).max) * MONEY_UNIT_WAD));
        require(units >= last || (last - units) * BILLION <= last * mostFall, MaintenanceFellTooFar(last * MONEY_UNIT_WAD, totalWad));
        return uint64(units);
    }

    /// @notice Keeps new prices within their bounds and writes them.
    /// @dev A price that was there may not go away: that too would be a move. Once an hour the window begins anew with the prices before this update.
    /// @return windowStartedAt [s] of the window that holds now
    function _movePrices(uint64[] calldata pricesE8, Head memory head, Limits memory limits) private returns (uint32 windowStartedAt) {
        uint256 count = pricesE8.length;
        require(count >= head.priceCount && count != 0 && count <= MOST_PRICES, InvalidPriceCount(count, head.priceCount, MOST_PRICES));
        windowStartedAt = head.windowStartedAt;
        bool windowEnds = block.timestamp >= windowStartedAt + PRICE_WINDOW;
        if (windowEnds) windowStartedAt = uint32(block.timestamp);
        for (uint256 first = 0; first < count; first += PRICES_PER_SLOT) {
            _moveSlot(pricesE8[first:], first, windowEnds, limits);
        }
    }

    function _moveSlot(uint64[] calldata pricesE8, uint256 first, bool windowEnds, Limits memory limits) private {
        uint256 last = _prices[first / PRICES_PER_SLOT];
        uint256 side = first % STARTS_PER_SLOT == 0 ? 0 : 128;
        uint256 starts = _windowStarts[first / STARTS_PER_SLOT];
        uint256 start = windowEnds ? CoarsePrices.pack(last) : uint128(starts >> side);
        (uint256 next, bool near, bool known) = _moved(pricesE8, last, start, limits);
        if (!near) _revertTooFar(pricesE8, first, last, start, limits);
        if (!known) start = CoarsePrices.fill(start, last, next);
        if (next != last) _prices[first / PRICES_PER_SLOT] = next;
        if (start != uint128(starts >> side)) _windowStarts[first / STARTS_PER_SLOT] = (starts & ~(uint256(type(uint128).max) << side)) | (start << side);
    }

    /// @dev By hand, because eight prices cost a batch 3,000 gas more otherwise; `_revertTooFar` says the same in plain words. Products stay below 2^96 for prices of 64 bits, and others are refused.
    /// @param pricesE8 those from this slot on
    /// @param last prices of the batch before, packed
    /// @param start prices with which the window began, coarse, packed
    /// @return next the prices, packed
    /// @return near whether every price is within its bounds
    /// @return known whether every price has one before it
    function _moved(uint64[] calldata pricesE8, uint256 last, uint256 start, Limits memory limits) private pure returns (uint256 next, bool near, bool known) {
        uint256 mostMove = limits.priceMove;
        uint256 mostMoveInWindow = limits.priceMovePerHour;
        assembly ("memory-safe") {
            function moved(from, to) -> scaled {
                scaled := sub(to, from)
                if gt(from, to) { scaled := sub(from, to) }
                scaled := mul(scaled, 1000000000)
            }
            let position := pricesE8.offset
            let bits := shl(6, pricesE8.length)
            if gt(bits, 256) { bits := 256 }
            let far := 0
            known := 1
            for { let shift := 0 } lt(shift, bits) { shift := add(shift, 64) } {
                let price := calldataload(position)
                position := add(position, 0x20)
                next := or(next, shl(shift, price))
                far := or(far, shr(64, price))
                let before := and(shr(shift, last), 0xffffffffffffffff)
                switch before
                case 0 { known := 0 }
                default {
                    far := or(far, or(iszero(price), gt(moved(before, price), mul(before, mostMove))))
                    // A coarse price: 26 bits shifted by 6 bits.
                    before := shr(shr(1, shift), start)
                    before := shl(and(before, 0x3f), and(shr(6, before), 0x3ffffff))
                    far := or(far, gt(moved(before, price), mul(before, mostMoveInWindow)))
                }
            }
            near := iszero(far)
        }
    }

    /// @notice Names the first price that is too far from the one before, or from the one that the hour began with.
    function _revertTooFar(uint64[] calldata pricesE8, uint256 first, uint256 last, uint256 start, Limits memory limits) private pure {
        for (uint256 i = 0; i < PRICES_PER_SLOT && i < pricesE8.length; ++i) {
            uint64 price = pricesE8[i];
            uint64 before = uint64(last >> (i * PRICE_BITS));
            if (before == 0) continue;
            uint8 priceId = uint8(first + i);
            uint64 began = CoarsePrices.at(start, i);
            require(price != 0 && _within(before, price, limits.priceMove), PriceMoveTooLarge(priceId, before, price));
            require(_within(began, price, limits.priceMovePerHour), PriceMoveTooLarge(priceId, began, price));
        }
        assert(false);
    }

    function _within(uint256 from, uint256 to, uint256 most) private pure returns (bool) {
        return (to > from ? to - from : from - to) * BILLION <= from * most;
    }

    /// @notice keccak(abi.encodePacked(pricesE8)): one word each.
    function _pricesHash(uint64[] calldata pricesE8) private pure returns (bytes32 result) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := shl(5, pricesE8.length)
            calldatacopy(free, pricesE8.offset, size)
            result := keccak256(free, size)
        }
    }

    /// @notice emit PricesSet, with the prices as they lie in the call data.
    function _emitPrices(uint64 sequence, uint64[] calldata pricesE8) private {
        bytes32 topic = PricesSet.selector;
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := shl(5, pricesE8.length)
            mstore(free, 0x20)
            mstore(add(free, 0x20), pricesE8.length)
            calldatacopy(add(free, 0x40), pricesE8.offset, size)
            log2(free, add(size, 0x40), topic, sequence)
        }
    }

    // ---- governed numbers ----

    /// @notice The governed numbers; copied anew where RiskParameters has a new version.
    function _freshLimits() private returns (Limits memory limits) {
        bool cached;
        (limits, cached) = _currentLimits();
        if (!cached) (_limits, _endorsed) = (limits, 0);
    }

    function _currentLimits() private view returns (Limits memory limits, bool cached) {
        limits = _limits;
        cached = limits.version == parameters.version();
        if (!cached) limits = _governed();
    }

    function _governed() private view returns (Limits memory limits) {
        bytes32[] memory keys = new bytes32[](7);
        keys[0] = Keys.MAX_AGE_SECONDS;
        keys[1] = Keys.MAX_CLEARANCE_SECONDS;
        keys[2] = Keys.MAX_FUTURE_SKEW_SECONDS;
        keys[3] = Keys.SET_OVERLAP_SECONDS;
        keys[4] = Keys.MAX_PRICE_MOVE_WAD;
        keys[5] = Keys.MAX_PRICE_MOVE_PER_HOUR_WAD;
        keys[6] = Keys.MAX_MAINTENANCE_FALL_WAD;
        int128[] memory values = parameters.values(keys);
        limits = Limits({
            version: parameters.version(),
            maxAge: uint24(_atMost(values[0], 1, type(uint24).max)),
            maxClearance: uint24(_atMost(values[1], 1, type(uint24).max)),
            maxFutureSkew: uint24(_atMost(values[2], 1, type(uint24).max)),
            setOverlap: uint24(_atMost(values[3], 1, type(uint24).max)),
            priceMove: uint32(_atMost(values[4], BILLION, type(uint32).max)),
            priceMovePerHour: uint32(_atMost(values[5], BILLION, type(uint32).max)),
            maintenanceFall: uint32(_atMost(values[6], BILLION, type(uint32).max))
        });
    }

    /// @notice value / unit rounded down, from 0 to most.
    function _atMost(int128 value, uint256 unit, uint256 most) private pure returns (uint256) {
        if (value <= 0) return 0;
        uint256 scaled = uint256(int256(value)) / unit;
        return scaled < most ? scaled : most;
    }

    function _registerSet(address[] memory members, uint256 activeAt) private returns (uint40 setId) {
        Quorum.requireValidSet(members);
        setId = ++_lastSetId;
        _setHashes[setId] = keccak256(abi.encode(setId, members));
        _members[setId] = members;
        emit AttesterSetAnnounced(setId, members, activeAt);
    }
}
