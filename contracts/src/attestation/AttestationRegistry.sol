// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {IGuardian} from "../interfaces/IGuardian.sol";
import {IRiskParameters} from "../interfaces/IRiskParameters.sol";
import {AttestationHashes} from "../libraries/AttestationHashes.sol";
import {Keys} from "../libraries/Keys.sol";
import {MerkleTree} from "../libraries/MerkleTree.sol";
import {Quorum} from "../libraries/Quorum.sol";
import {BatchHeader, Clearance, MarginLeaf, QuorumProof} from "../types/Attestation.sol";

/// @title Attester sets, batches, prices, operating state
/// @dev A batch writes six slots: the head, two of the ring, and one for every four prices. Governed numbers are copied into two slots and read again when RiskParameters shows a new version.
contract AttestationRegistry is IAttestationRegistry, EIP712, Ownable2Step {
    using AttestationHashes for BatchHeader;
    using AttestationHashes for MarginLeaf;
    using AttestationHashes for Clearance;

    uint256 public constant RING = 256; // batches kept
    uint256 public constant MOST_PRICES = 16;
    uint256 public constant LEAST_ROTATION_DELAY = 1 hours;
    uint256 public constant MOST_ROTATION_DELAY = 30 days;
    uint256 private constant PRICE_WINDOW = 1 hours;
    uint256 private constant PRICES_PER_SLOT = 4;
    uint256 private constant PRICE_BITS = 64;
    uint256 private constant BILLION = 1e9;
    uint256 private constant MONEY_UNIT_WAD = 1e12; // 1e-6 USD

    /// @dev One slot.
    struct Head {
        uint64 sequence; // 0: no batch yet
        uint40 observedAt; // [s]
        uint40 validUntil; // [s]
        uint32 windowStartedAt; // [s] of the hour that price moves are measured over
        uint64 totalMaintenance; // [1e-6 USD] rounded up
        uint8 priceCount;
        bool frozen; // the current batch holds a proven fraud
    }

    /// @dev One slot, beside the batch's hash.
    struct StoredBatch {
        uint64 sequence;
        uint64 setId;
        uint32 signers; // bit i: member i
        bool frozen;
    }

    /// @dev One slot. The set in force is `incoming` from changesAt on, `outgoing` before.
    struct Sets {
        uint64 outgoing;
        uint64 incoming;
        uint64 distrusted; // last set in which fraud was proven; earlier ones count for nothing any more
        uint40 changesAt; // [s]
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
    bytes32 private _document; // hash of the risk parameter document in force as of _limits.version
    uint256[MOST_PRICES / PRICES_PER_SLOT] private _prices; // [1e-8 USD] of the current batch, 64 bits each, price id 0 lowest
    uint256[MOST_PRICES / PRICES_PER_SLOT] private _windowPrices; // [1e-8 USD] with which the hour began
    mapping(uint256 place => bytes32) private _batchHashes; // place: sequence mod RING
    mapping(uint256 place => StoredBatch) private _batches;
    mapping(uint64 setId => bytes32) private _setHashes;
    mapping(uint64 setId => address[]) private _members;
    uint64 private _lastSetId; // ids are never used again
    address public challenge; // StressChallenge

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
        uint64 setId = _registerSet(members, block.timestamp);
        _sets = Sets({outgoing: setId, incoming: setId, distrusted: 0, changesAt: uint40(block.timestamp)});
        (_limits, _document) = _governed();
    }

    // ---- batches ----

    /// @inheritdoc IAttestationRegistry
    function submitBatch(BatchHeader calldata header, uint64[] calldata pricesE8, QuorumProof calldata proof) external {
        Limits memory limits = _freshLimits();
        Head memory head = _head;
        _requireAccepted(_sets, header.setId, limits.setOverlap);
        _requireSound(header, head, limits);
        _requireDocument(header.parameterHash, _document);
        bytes32 givenPrices = _pricesHash(pricesE8);
        require(givenPrices == header.pricesHash, PricesMismatch(header.pricesHash, givenPrices));
        head.totalMaintenance = _boundedMaintenance(header.totalMaintenanceWad, head.totalMaintenance, limits.maintenanceFall);
        bytes32 batchHash = header.hash();
        uint256 signers = _requireQuorum(header.setId, batchHash, proof);

        head.windowStartedAt = _movePrices(pricesE8, head, limits);
        _storeBatch(header, head, pricesE8.length, batchHash, signers);
        emit PricesSet(header.sequence, pricesE8);
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
        (head.sequence, head.observedAt, head.validUntil) = (sequence, uint40(header.observedAt), uint40(header.validUntil));
        (head.priceCount, head.frozen) = (uint8(priceCount), false);
        _head = head;
        _batchHashes[sequence % RING] = batchHash;
        _batches[sequence % RING] = StoredBatch({sequence: sequence, setId: setId, signers: uint32(signers), frozen: false});
        emit BatchAccepted(sequence, batchHash, setId, header.observedAt, header.validUntil, header.accountCount, signers);
    }

    // ---- statements of a quorum ----

    /// @inheritdoc IAttestationRegistry
    function requireQuorum(uint64 setId, bytes32 structHash, QuorumProof calldata proof) external view {
        (Limits memory limits,) = _currentLimits();
        _requireAccepted(_sets, setId, limits.setOverlap);
        _requireQuorum(setId, structHash, proof);
    }

    /// @inheritdoc IAttestationRegistry
    function signersOf(uint64 setId, bytes32 structHash, QuorumProof calldata proof) external view returns (uint256 signers) {
        return _verify(setId, structHash, 1, proof);
    }

    /// @inheritdoc IAttestationRegistry
    function requireLeaf(BatchHeader calldata header, MarginLeaf calldata leaf, uint256 index, bytes32[] calldata path)
        external
        view
        returns (uint64 observedAt, uint64 validUntil)
    {
        Head memory head = _head;
        bytes32 currentHash = head.sequence == 0 ? bytes32(0) : _batchHashes[head.sequence % RING];
        bytes32 given = header.hash();
        require(given == currentHash, NotCurrentBatch(given, currentHash));
        require(!head.frozen, BatchIsFrozen(head.sequence));
        bytes32 root = MerkleTree.rootOf(MerkleTree.leafHash(leaf.hash()), index, header.accountCount, MerkleTree.ACCOUNT_DEPTH, path);
        require(root == header.accountsRoot, LeafNotInBatch(leaf.account, index));
        return (header.observedAt, header.validUntil);
    }

    /// @inheritdoc IAttestationRegistry
    function requireClearance(Clearance calldata clearance, QuorumProof calldata proof) external view {
        (Limits memory limits, bytes32 document) = _currentLimits();
        _requireAccepted(_sets, clearance.setId, limits.setOverlap);
        _requireWindow(clearance.observedAt, clearance.validUntil, limits.maxFutureSkew, limits.maxClearance);
        _requireDocument(clearance.parameterHash, document);
        require(clearance.actionHash != 0 && clearance.accounts.length != 0, ZeroValue());
        for (uint256 i = 1; i < clearance.accounts.length; ++i) {
            require(clearance.accounts[i - 1].account < clearance.accounts[i].account, AccountsNotRising(i));
        }
        StoredBatch memory batch = _batches[clearance.batchSequence % RING];
        require(batch.sequence == clearance.batchSequence && batch.sequence != 0, BatchNotStored(clearance.batchSequence));
        require(!batch.frozen, BatchIsFrozen(clearance.batchSequence));
        _requireQuorum(clearance.setId, clearance.hash(), proof);
    }

    // ---- sets ----

    /// @inheritdoc IAttestationRegistry
    function announceSet(address[] calldata members) external onlyOwner returns (uint64 setId) {
        Sets memory sets = _sets;
        require(block.timestamp >= sets.changesAt, RotationPending(sets.incoming, sets.changesAt));
        uint256 activeAt = block.timestamp + rotationDelay;
        setId = _registerSet(members, activeAt);
        // The overlap of the set before, if it still ran, ends here.
        _sets = Sets({outgoing: sets.incoming, incoming: setId, distrusted: sets.distrusted, changesAt: uint40(activeAt)});
    }

    /// @inheritdoc IAttestationRegistry
    function cancelSet() external {
        require(msg.sender == owner() || msg.sender == address(guardian), NotAuthorised(msg.sender));
        Sets memory sets = _sets;
        require(block.timestamp < sets.changesAt, NoRotationPending());
        _sets = Sets({outgoing: sets.outgoing, incoming: sets.outgoing, distrusted: sets.distrusted, changesAt: uint40(block.timestamp)});
        emit AttesterSetCancelled(sets.incoming);
    }

    // ---- governance, guardian, challenges ----

    /// @inheritdoc IAttestationRegistry
    function forgetReferences(uint8[] calldata priceIds, bool maintenance) external onlyOwner {
        require(priceIds.length <= MOST_PRICES, InvalidPriceCount(priceIds.length, 0, MOST_PRICES));
        for (uint256 i = 0; i < priceIds.length; ++i) {
            require(priceIds[i] < MOST_PRICES, InvalidPriceCount(priceIds[i], 0, MOST_PRICES - 1));
            uint256 mask = ~(uint256(type(uint64).max) << ((priceIds[i] % PRICES_PER_SLOT) * PRICE_BITS));
            _prices[priceIds[i] / PRICES_PER_SLOT] &= mask;
            _windowPrices[priceIds[i] / PRICES_PER_SLOT] &= mask;
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
    function freeze(uint64 sequence) external {
        require(msg.sender == challenge, NotAuthorised(msg.sender));
        uint256 place = sequence % RING;
        require(sequence != 0 && _batches[place].sequence == sequence, BatchNotStored(sequence));
        _batches[place].frozen = true;
        if (sequence == _head.sequence) _head.frozen = true;
        emit BatchFrozen(sequence, _batchHashes[place]);
    }

    /// @inheritdoc IAttestationRegistry
    function distrust(uint64 setId) external {
        require(msg.sender == challenge, NotAuthorised(msg.sender));
        if (setId <= _sets.distrusted) return;
        _sets.distrusted = setId;
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
        return (batchHash, head.sequence, head.observedAt, head.validUntil, head.frozen);
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
    function attestationDigest(bytes32 structHash) external view returns (bytes32) {
        return _hashTypedDataV4(structHash);
    }

    /// @inheritdoc IAttestationRegistry
    function operatingState() external view returns (OperatingState) {
        OperatingState paused = guardian.level();
        if (paused == OperatingState.Halt) return paused;
        Head memory head = _head;
        if (paused == OperatingState.ReduceOnly || head.frozen || block.timestamp > head.validUntil) return OperatingState.ReduceOnly;
        return _batches[head.sequence % RING].setId <= _sets.distrusted ? OperatingState.ReduceOnly : OperatingState.Normal;
    }

    // ---- checks ----

    function _requireSound(BatchHeader calldata header, Head memory head, Limits memory limits) private view {
        require(header.schema == 1, UnknownSchema(header.schema));
        require(header.sequence > head.sequence, StaleSequence(header.sequence, head.sequence));
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

    /// @notice The document in force, or the one before while governance lets it overlap.
    function _requireDocument(bytes32 given, bytes32 document) private view {
        if (given == document && given != 0) return;
        (, bytes32 previous, uint256 previousUntil) = parameters.documents();
        require(given == previous && given != 0 && block.timestamp <= previousUntil, WrongParameters(given, document));
    }

    function _requireAccepted(Sets memory sets, uint64 setId, uint256 overlap) private view {
        bool changed = block.timestamp >= sets.changesAt;
        uint64 inForce = changed ? sets.incoming : sets.outgoing;
        if (setId == inForce) return;
        require(
            changed && setId == sets.outgoing && setId > sets.distrusted && block.timestamp <= uint256(sets.changesAt) + overlap,
            SetNotAccepted(setId, inForce)
        );
    }

    function _requireQuorum(uint64 setId, bytes32 structHash, QuorumProof calldata proof) private view returns (uint256 signers) {
        return _verify(setId, structHash, Quorum.threshold(proof.members.length), proof);
    }

    function _verify(uint64 setId, bytes32 structHash, uint256 least, QuorumProof calldata proof) private view returns (uint256 signers) {
        bytes32 known = _setHashes[setId];
        require(known != 0, UnknownSet(setId));
        return Quorum.verify(_hashTypedDataV4(structHash), setId, known, least, proof);
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
            uint256 slot = first / PRICES_PER_SLOT;
            uint256 last = _prices[slot];
            uint256 stale = _windowPrices[slot];
            uint256 began = windowEnds ? last : stale;
            uint256 next;
            (next, began) = _movedSlot(pricesE8, first, last, began, limits);
            if (next != last) _prices[slot] = next;
            if (began != stale) _windowPrices[slot] = began;
        }
    }

    /// @param last prices of the batch before, packed
    /// @param began prices with which the window began, packed
    function _movedSlot(uint64[] calldata pricesE8, uint256 first, uint256 last, uint256 began, Limits memory limits)
        private
        pure
        returns (uint256 next, uint256 beganNow)
    {
        beganNow = began;
        uint256 end = first + PRICES_PER_SLOT < pricesE8.length ? first + PRICES_PER_SLOT : pricesE8.length;
        uint256 shift = 0;
        for (uint256 i = first; i < end; ++i) {
            uint64 price = pricesE8[i];
            uint64 before = uint64(last >> shift);
            if (before == 0) {
                // The first price of an id.
                beganNow |= uint256(price) << shift;
            } else {
                uint64 start = uint64(began >> shift);
                require(_within(before, price, limits.priceMove), PriceMoveTooLarge(uint8(i), before, price));
                require(_within(start, price, limits.priceMovePerHour), PriceMoveTooLarge(uint8(i), start, price));
            }
            next |= uint256(price) << shift;
            shift += PRICE_BITS;
        }
    }

    /// @dev Products stay below 2^96.
    function _within(uint256 from, uint256 to, uint256 most) private pure returns (bool) {
        unchecked {
            return to != 0 && (to > from ? to - from : from - to) * BILLION <= from * most;
        }
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

    // ---- governed numbers ----

    /// @notice The governed numbers; copied anew where RiskParameters has a new version.
    function _freshLimits() private returns (Limits memory limits) {
        limits = _limits;
        if (limits.version != parameters.version()) {
            bytes32 document;
            (limits, document) = _governed();
            (_limits, _document) = (limits, document);
        }
    }

    function _currentLimits() private view returns (Limits memory limits, bytes32 document) {
        limits = _limits;
        if (limits.version != parameters.version()) return _governed();
        document = _document;
    }

    function _governed() private view returns (Limits memory limits, bytes32 document) {
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
        (document,,) = parameters.documents();
    }

    /// @notice value / unit rounded down, from 0 to most.
    function _atMost(int128 value, uint256 unit, uint256 most) private pure returns (uint256) {
        if (value <= 0) return 0;
        uint256 scaled = uint256(int256(value)) / unit;
        return scaled < most ? scaled : most;
    }

    function _registerSet(address[] memory members, uint256 activeAt) private returns (uint64 setId) {
        Quorum.requireValidSet(members);
        setId = ++_lastSetId;
        _setHashes[setId] = keccak256(abi.encode(setId, members));
        _members[setId] = members;
        emit AttesterSetAnnounced(setId, members, activeAt);
    }
}
