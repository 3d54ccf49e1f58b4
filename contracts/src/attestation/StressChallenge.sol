// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {IAttesterBond} from "../interfaces/IAttesterBond.sol";
import {IClearingHouse} from "../interfaces/IClearingHouse.sol";
import {IRiskParameters} from "../interfaces/IRiskParameters.sol";
import {IStressChallenge} from "../interfaces/IStressChallenge.sol";
import {AttestationHashes} from "../libraries/AttestationHashes.sol";
import {Keys} from "../libraries/Keys.sol";
import {MerkleTree} from "../libraries/MerkleTree.sol";
import {Quorum} from "../libraries/Quorum.sol";
import {AccountClearance, BatchHeader, Clearance, MarginLeaf, QuorumProof, StressRow} from "../types/Attestation.sol";
import {LegChange} from "../types/Trading.sol";

/// @title Fraud proofs
/// @dev Sums are taken in 1e-36 USD, so that no tick is rounded: quantity below 2^127, entry at most 2^31, scale at most 10^27 and at most 256 legs stay below 2^255. Beyond it arithmetic reverts; it never convicts.
contract StressChallenge is IStressChallenge {
    using AttestationHashes for BatchHeader;
    using AttestationHashes for MarginLeaf;
    using AttestationHashes for Clearance;
    using AttestationHashes for StressRow;

    uint256 public constant MOST_INSTRUMENTS = 256; // in one book, with those that left it since
    uint256 public constant MOST_CHANGES = 256; // undone in one challenge
    int8 public constant LEAST_TICK = -18;
    int8 public constant MOST_TICK = 9;
    int256 public constant MOST_MARK_WAD = 1e36; // [wad per unit]
    uint256 private constant ENTRY_BYTES = 4;
    uint256 private constant BILLION = 1e9;
    uint256 private constant WAD = 1e18;

    /// @dev What was claimed about one account.
    struct Claim {
        bytes32 message; // hashStruct that was signed
        uint64 setId;
        uint64 sequence; // batch
        uint256 signers;
        uint64 account;
        bytes32 positionsHash;
        uint128 maintenanceWad;
        int128 markValueWad;
    }

    IAttestationRegistry public immutable registry;
    IAttesterBond public immutable bond;
    IClearingHouse public immutable house;
    IRiskParameters public immutable parameters;
    uint256 public immutable challengeWindow; // [s]

    mapping(bytes32 message => uint256) public punished; // bit i: member i

    constructor(IAttestationRegistry registry_, IAttesterBond bond_, IClearingHouse house_, IRiskParameters parameters_, uint256 challengeWindow_) {
        require(
            address(registry_) != address(0) && address(bond_) != address(0) && address(house_) != address(0) && address(parameters_) != address(0),
            ZeroValue()
        );
        require(challengeWindow_ != 0 && challengeWindow_ < bond_.withdrawalDelay(), InvalidWindow(challengeWindow_, bond_.withdrawalDelay()));
        (registry, bond, house, parameters, challengeWindow) = (registry_, bond_, house_, parameters_, challengeWindow_);
    }

    // ---- challenges ----

    /// @inheritdoc IStressChallenge
    function challengeMargin(SignedLeaf calldata claim, Book calldata book, uint256 scenario, bytes calldata lossShares) external {
        _judgeMargin(_leafClaim(claim), claim.batch.header, book, scenario, lossShares);
    }

    /// @inheritdoc IStressChallenge
    function challengeClearedMargin(SignedClearance calldata claim, Book calldata book, uint256 scenario, bytes calldata lossShares)
        external
    {
        _judgeMargin(_clearanceClaim(claim), claim.header, book, scenario, lossShares);
    }

    /// @inheritdoc IStressChallenge
    function challengeMarkValue(SignedLeaf calldata claim, Book calldata book) external {
        _judgeMarkValue(_leafClaim(claim), claim.batch.header, book);
    }

    /// @inheritdoc IStressChallenge
    function challengeClearedMarkValue(SignedClearance calldata claim, Book calldata book) external {
        _judgeMarkValue(_clearanceClaim(claim), claim.header, book);
    }

    /// @inheritdoc IStressChallenge
    function challengeRow(SignedBatch calldata batch, OpenedRow calldata opened, bytes calldata lossShares) external {
        BatchHeader calldata header = batch.header;
        (bytes32 message, uint256 signers) = _signersOf(batch);
        _requireInTree(header, opened);
        _requireEntries(opened);
        _requireShares(header, lossShares);
        StressRow calldata row = opened.row;
        bool sound = row.instrument != 0 && _tickInRange(row.tickExponent) && row.markWad >= -MOST_MARK_WAD && row.markWad <= MOST_MARK_WAD
            && opened.entries.length == lossShares.length && lossShares.length != 0 && lossShares.length % ENTRY_BYTES == 0;
        require(!sound, RowIsSound(row.instrument));
        _convict(Fault.MalformedRow, message, header.setId, header.sequence, signers);
    }

    /// @inheritdoc IStressChallenge
    function proveEquivocation(BatchHeader calldata first, QuorumProof calldata firstProof, BatchHeader calldata second, QuorumProof calldata secondProof) external {
        (bytes32 firstHash, bytes32 secondHash) = (first.hash(), second.hash());
        require(firstHash != secondHash && first.setId == second.setId && first.sequence == second.sequence, NotEquivocal(firstHash, secondHash));
        _requireInTime(first.observedAt);
        _requireInTime(second.observedAt);
        uint256 firstSigners = registry.signersOf(first.setId, firstHash, firstProof);
        uint256 secondSigners = registry.signersOf(second.setId, secondHash, secondProof);
        uint256 both = firstSigners & secondSigners;
        require(both != 0, NobodySignedBoth(firstSigners, secondSigners));

        bytes32 message = keccak256(abi.encode(first.setId, first.sequence));
        uint256 slashed = _punish(message, first.setId, both);
        emit FraudProven(Fault.Equivocation, first.setId, first.sequence, message, both, msg.sender, slashed);
        if (Quorum.count(both) > Quorum.faults(firstProof.members.length)) {
            registry.distrust(first.setId);
            _freezeIfStored(first.sequence, firstHash);
            _freezeIfStored(first.sequence, secondHash);
        }
    }

    // ---- claims ----

    function _leafClaim(SignedLeaf calldata claim) private view returns (Claim memory) {
        BatchHeader calldata header = claim.batch.header;
        MarginLeaf calldata leaf = claim.leaf;
        (bytes32 message, uint256 signers) = _signersOf(claim.batch);
        bytes32 root = MerkleTree.rootOf(MerkleTree.leafHash(leaf.hash()), claim.index, header.accountCount, MerkleTree.ACCOUNT_DEPTH, claim.path);
        require(root == header.accountsRoot, LeafNotInBatch(leaf.account, claim.index));
        return Claim(message, header.setId, header.sequence, signers, leaf.account, leaf.positionsHash, leaf.maintenanceWad, leaf.markValueWad);
    }

    function _clearanceClaim(SignedClearance calldata claim) private view returns (Claim memory) {
        Clearance calldata clearance = claim.clearance;
        require(claim.index < clearance.accounts.length, NotInClearance(claim.index, clearance.accounts.length));
        _requireInTime(clearance.observedAt);
        // Only the stored batch will do: two sets may have signed different ones with this sequence while they overlapped.
        require(claim.header.sequence == clearance.batchSequence, NotTheBatch(claim.header.sequence, claim.header.hash(), 0));
        _requireStored(claim.header);
        bytes32 message = clearance.hash();
        uint256 signers = registry.signersOf(clearance.setId, message, claim.proof);
        _requireQuorum(signers, claim.proof);
        AccountClearance calldata account = clearance.accounts[claim.index];
        return Claim(
            message, clearance.setId, clearance.batchSequence, signers, account.account, account.positionsHashAfter, account.maintenanceWad, account.markValueWad
        );
    }

    function _signersOf(SignedBatch calldata batch) private view returns (bytes32 message, uint256 signers) {
        _requireInTime(batch.header.observedAt);
        if (batch.proof.members.length == 0) return _requireStored(batch.header);
        message = batch.header.hash();
        signers = registry.signersOf(batch.header.setId, message, batch.proof);
        _requireQuorum(signers, batch.proof);
    }

    /// @dev Fewer signatures bind nobody to anything, so they are no fraud either.
    function _requireQuorum(uint256 signers, QuorumProof calldata proof) private pure {
        uint256 least = Quorum.threshold(proof.members.length);
        require(Quorum.count(signers) >= least, IAttestationRegistry.QuorumTooSmall(Quorum.count(signers), least));
    }

    function _requireStored(BatchHeader calldata header) private view returns (bytes32 message, uint256 signers) {
        bytes32 known;
        (known, signers,,) = registry.stored(header.sequence);
        message = header.hash();
        require(message == known, NotTheBatch(header.sequence, message, known));
    }

    function _requireInTime(uint64 observedAt) private view {
        require(block.timestamp <= uint256(observedAt) + challengeWindow, ChallengeTooLate(observedAt, challengeWindow));
    }

    // ---- verdicts ----

    function _judgeMargin(Claim memory claim, BatchHeader calldata header, Book calldata book, uint256 scenario, bytes calldata lossShares) private {
        _requireShares(header, lossShares);
        (int256 gain, uint256 rounding) = _gain(header, book, _bookThen(claim.account, claim.positionsHash, book), scenario);
        // Rounded down, in favour of the accused.
        uint256 counted = gain < 0 ? Math.mulDiv(uint256(-gain), _word(lossShares, scenario), BILLION) : 0;
        uint256 allowed = uint256(claim.maintenanceWad) * WAD + rounding;
        require(counted > allowed, NoFraud(counted / WAD, allowed / WAD));
        _convict(Fault.MarginBelowLoss, claim.message, claim.setId, claim.sequence, claim.signers);
    }

    function _judgeMarkValue(Claim memory claim, BatchHeader calldata header, Book calldata book) private {
        (int256 worth, uint256 rounding) = _worth(header, book, _bookThen(claim.account, claim.positionsHash, book));
        int256 allowed = worth + int256(uint256(claim.maintenanceWad) * WAD + rounding);
        int256 claimed = int256(claim.markValueWad) * int256(WAD);
        require(claimed > allowed, NoFraud(claimed < 0 ? 0 : uint256(claimed) / WAD, allowed < 0 ? 0 : uint256(allowed) / WAD));
        _convict(Fault.MarkValueTooHigh, claim.message, claim.setId, claim.sequence, claim.signers);
    }

    /// @notice Gain of a book in a stress scenario.
    /// @return gain [1e-36 USD]
    /// @return rounding one tick for each unit held, which is one money unit for each lot [1e-36 USD]
    function _gain(BatchHeader calldata header, Book calldata book, int256[] memory quantitiesWad, uint256 scenario)
        private
        pure
        returns (int256 gain, uint256 rounding)
    {
        uint256 used = 0;
        for (uint256 i = 0; i < quantitiesWad.length; ++i) {
            int256 quantityWad = quantitiesWad[i];
            if (quantityWad == 0) continue;
            OpenedRow calldata opened = _rowFor(header, book, used++, i);
            _requireEntries(opened);
            uint256 scale = _scaleOf(opened.row);
            gain += quantityWad * int32(_word(opened.entries, scenario)) * int256(scale);
            rounding += _magnitude(quantityWad) * scale;
        }
        require(used == book.rows.length, WrongRowCount(book.rows.length, used));
    }

    /// @notice Value of a book at the marks of its rows, and its rounding. [1e-36 USD]
    function _worth(BatchHeader calldata header, Book calldata book, int256[] memory quantitiesWad) private pure returns (int256 worth, uint256 rounding) {
        uint256 used = 0;
        for (uint256 i = 0; i < quantitiesWad.length; ++i) {
            int256 quantityWad = quantitiesWad[i];
            if (quantityWad == 0) continue;
            StressRow calldata row = _rowFor(header, book, used++, i).row;
            worth += quantityWad * row.markWad;
            rounding += _magnitude(quantityWad) * _scaleOf(row);
        }
        require(used == book.rows.length, WrongRowCount(book.rows.length, used));
    }

    function _convict(Fault fault, bytes32 message, uint64 setId, uint64 sequence, uint256 signers) private {
        uint256 slashed = _punish(message, setId, signers);
        emit FraudProven(fault, setId, sequence, message, signers, msg.sender, slashed);
        registry.distrust(setId);
        _freezeIfStored(sequence, message);
    }

    /// @notice Slashes those signers who have not been punished for this message yet; at least one.
    function _punish(bytes32 message, uint64 setId, uint256 signers) private returns (uint256 slashed) {
        uint256 fresh = signers & ~punished[message];
        require(fresh != 0, AlreadyPunished(message));
        punished[message] |= fresh;
        uint256 shareWad = uint256(int256(parameters.value(Keys.SLASH_SHARE_WAD)));
        uint256 challengerShareWad = uint256(int256(parameters.value(Keys.CHALLENGER_SHARE_WAD)));
        for (uint256 i = 0; i < Quorum.MOST_MEMBERS; ++i) {
            if ((fresh >> i) & 1 == 1) slashed += bond.slash(registry.memberAt(setId, i), shareWad, msg.sender, challengerShareWad);
        }
    }

    function _freezeIfStored(uint64 sequence, bytes32 batchHash) private {
        (bytes32 known,,, bool frozen) = registry.stored(sequence);
        if (known == batchHash && !frozen) registry.freeze(sequence);
    }

    // ---- the book then ----

    /// @return quantitiesWad of book.instruments at the claimed positions hash
    function _bookThen(uint64 account, bytes32 claimedHash, Book calldata book) private view returns (int256[] memory quantitiesWad) {
        bytes32[] calldata instruments = book.instruments;
        LegChange[] calldata changes = book.changes;
        uint256 count = instruments.length;
        require(count <= MOST_INSTRUMENTS, TooMany(count, MOST_INSTRUMENTS));
        require(changes.length <= MOST_CHANGES, TooMany(changes.length, MOST_CHANGES));

        (,, uint16 legCount, bytes32 hashNow,,) = house.summary(account);
        quantitiesWad = new int256[](count);
        uint256 held = 0;
        for (uint256 i = 0; i < count; ++i) {
            require(i == 0 || instruments[i - 1] < instruments[i], NotRising(i));
            quantitiesWad[i] = house.position(account, instruments[i]).quantityWad;
            if (quantitiesWad[i] != 0) ++held;
        }
        require(held == legCount, IncompleteBook(account, held, legCount));

        bytes32 reached = claimedHash;
        for (uint256 i = 0; i < changes.length; ++i) {
            reached = keccak256(abi.encode(reached, changes[i].instrument, changes[i].fromWad, changes[i].toWad));
        }
        require(reached == hashNow, BrokenChain(reached, hashNow));

        for (uint256 i = changes.length; i != 0; --i) {
            LegChange calldata change = changes[i - 1];
            uint256 place = _placeOf(change.instrument, instruments);
            require(quantitiesWad[place] == change.toWad, ChangeDoesNotFit(change.instrument, quantitiesWad[place], change.toWad));
            quantitiesWad[place] = change.fromWad;
        }
    }

    function _placeOf(bytes32 instrument, bytes32[] calldata instruments) private pure returns (uint256) {
        uint256 low = 0;
        uint256 high = instruments.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (instruments[middle] < instrument) low = middle + 1;
            else high = middle;
        }
        require(low < instruments.length && instruments[low] == instrument, UnknownInstrument(instrument));
        return low;
    }

    // ---- rows ----

    /// @param index of the row in the evidence
    /// @param place of its instrument in the book
    function _rowFor(BatchHeader calldata header, Book calldata book, uint256 index, uint256 place) private pure returns (OpenedRow calldata opened) {
        require(index < book.rows.length, WrongRowCount(book.rows.length, index + 1));
        opened = book.rows[index];
        require(opened.row.instrument == book.instruments[place], WrongRow(book.instruments[place], opened.row.instrument));
        _requireInTree(header, opened);
    }

    function _requireEntries(OpenedRow calldata opened) private pure {
        bytes32 given = keccak256(opened.entries);
        require(given == opened.row.entriesHash, WrongEntries(opened.row.entriesHash, given));
    }

    function _requireInTree(BatchHeader calldata header, OpenedRow calldata opened) private pure {
        bytes32 root = MerkleTree.rootOf(MerkleTree.leafHash(opened.row.hash()), opened.index, header.rowCount, MerkleTree.ROW_DEPTH, opened.path);
        require(root == header.stressRoot, RowNotInBatch(opened.row.instrument, opened.index));
    }

    function _requireShares(BatchHeader calldata header, bytes calldata lossShares) private pure {
        bytes32 given = keccak256(lossShares);
        require(given == header.stressSharesHash, WrongShares(header.stressSharesHash, given));
    }

    /// @notice The big-endian word of four bytes at an index.
    function _word(bytes calldata words, uint256 index) private pure returns (uint32) {
        uint256 count = words.length / ENTRY_BYTES;
        require(index < count, UnknownScenario(index, count));
        return uint32(bytes4(words[index * ENTRY_BYTES:]));
    }

    /// @notice Entries times quantity in wad times this are 1e-36 USD.
    function _scaleOf(StressRow calldata row) private pure returns (uint256) {
        require(_tickInRange(row.tickExponent), TickOutOfRange(row.instrument, row.tickExponent));
        return 10 ** uint256(int256(row.tickExponent) + 18);
    }

    function _tickInRange(int8 tickExponent) private pure returns (bool) {
        return tickExponent >= LEAST_TICK && tickExponent <= MOST_TICK;
    }

    function _magnitude(int256 value) private pure returns (uint256) {
        return uint256(value < 0 ? -value : value);
    }
}
