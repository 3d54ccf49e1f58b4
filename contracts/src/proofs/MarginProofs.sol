// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {IClearingHouseCore} from "../interfaces/IClearingHouse.sol";
import {IMarginProofs, IProvenMargins} from "../interfaces/IMarginProofs.sol";
import {IProofVerifiers} from "../interfaces/IProofVerifiers.sol";
import {Poseidon2} from "../libraries/Poseidon2.sol";
import {AccountClearance, BatchHeader, QuorumProof} from "../types/Attestation.sol";
import {Circuit, MarginPolicy, ProofAnchor, ProofKind} from "../types/Proofs.sol";
import {ProofConsumer} from "./ProofConsumer.sol";

/// @title Margins with a proof, and which accounts move on them only
/// @dev Which accounts do is written in the registry, where every leaf and clearance passes.
contract MarginProofs is IMarginProofs, ProofConsumer {
    uint256 public constant LEAST_FLOOR_SECONDS = 5 minutes;
    uint256 public constant MOST_FLOOR_SECONDS = 1 days;
    /// @notice From `announceLeave` to `leave`. [s]
    uint256 public constant LEAVE_DELAY = 3 days;

    /// @dev One slot.
    struct Root {
        uint64 batchSequence; // 0: not proven
        uint40 observedAt; // [s] of the batch
        uint8 depth;
    }

    /// @dev Two slots.
    struct Proven {
        bytes32 positionsHash;
        uint64 batchSequence; // 0: nothing proven
        uint40 observedAt; // [s] of the batch
        uint64 margin; // [1e-6 USD]
    }

    /// @dev One slot.
    struct Choice {
        address askedBy; // the owner who asked; 0: none
        bool imposed; // by governance
        uint40 endsAt; // [s] from when the owner may leave; 0: he does not
    }

    IClearingHouseCore public immutable HOUSE;

    uint256 public floorSeconds; // [s]
    mapping(bytes32 marginRoot => Root) private _roots;
    mapping(uint64 account => Proven) private _proven;
    mapping(uint64 account => Choice) private _choices;

    /// @param floorSeconds_ for how long a proven margin counts after its batch was observed [s]
    constructor(IAttestationRegistry registry, IProofVerifiers verifiers, IClearingHouseCore house, address governance_, uint256 floorSeconds_)
        ProofConsumer(registry, verifiers, governance_)
    {
        require(address(house) != address(0), ZeroValue());
        HOUSE = house;
        _setFloorSeconds(floorSeconds_);
    }

    // ---- proofs ----

    /// @inheritdoc IMarginProofs
    function submit(BatchHeader calldata header, ProofAnchor calldata anchor, QuorumProof calldata signatures, bytes32 marginRoot, bytes calldata proof) external {
        Circuit memory circuit = VERIFIERS.circuitOf(anchor.circuitId);
        bool single = circuit.kind == ProofKind.AccountMargin;
        require(single || circuit.kind == ProofKind.MarginBatch, WrongKind(anchor.circuitId, circuit.kind));
        require(!single || anchor.evaluations == 0, UnexpectedEvaluations(anchor.circuitId, anchor.evaluations));
        Root storage root = _roots[marginRoot];
        require(anchor.batchSequence > root.batchSequence, RootNotNewer(marginRoot, anchor.batchSequence, root.batchSequence));
        _requireAnchored(header, anchor, signatures, floorSeconds);
        bytes32[] memory inputs = _inputs(anchor, single ? 1 : 2);
        if (!single) inputs[3] = anchor.evaluations;
        inputs[inputs.length - 1] = marginRoot;
        _requireVerified(anchor.circuitId, circuit, inputs, proof);

        (root.batchSequence, root.observedAt, root.depth) = (anchor.batchSequence, uint40(header.observedAt), circuit.depth);
        emit RootProven(marginRoot, anchor.batchSequence, anchor.circuitId, anchor.accountCount);
    }

    /// @inheritdoc IMarginProofs
    function pull(uint64 account, uint64 sequence, bytes32 positionsHash, uint64 margin, bytes32 marginRoot, uint256 index, bytes32[] calldata path) external {
        Root memory root = _roots[marginRoot];
        require(root.batchSequence != 0, UnknownRoot(marginRoot));
        require(path.length == root.depth, WrongDepth(path.length, root.depth));
        _requireYoung(account, root.observedAt);
        require(_stands(root.batchSequence), BatchDoesNotStand(root.batchSequence));
        Proven storage proven = _proven[account];
        require(root.batchSequence > proven.batchSequence, MarginNotNewer(account, root.batchSequence, proven.batchSequence));
        bytes32 actual = bytes32(Poseidon2.rootOf(Poseidon2.marginLeaf(account, sequence, positionsHash, margin), index, path));
        require(actual == marginRoot, NotInRoot(marginRoot, actual));

        (proven.positionsHash, proven.batchSequence, proven.observedAt, proven.margin) = (positionsHash, root.batchSequence, root.observedAt, margin);
        emit MarginProven(account, root.batchSequence, sequence, positionsHash, margin * MONEY_UNIT_WAD);
    }

    // ---- policy ----

    /// @inheritdoc IMarginProofs
    function askForProofs(uint64 account) external {
        _requireOwner(account);
        Choice storage choice = _choices[account];
        (choice.askedBy, choice.endsAt) = (msg.sender, 0);
        _apply(account, choice);
    }

    /// @inheritdoc IMarginProofs
    function announceLeave(uint64 account) external {
        _requireOwner(account);
        Choice storage choice = _choices[account];
        require(choice.askedBy != address(0), NotLeaving(account));
        // Who took the account over, in a liquidation, is not bound by what the owner before wanted.
        uint256 endsAt = block.timestamp + (choice.askedBy == msg.sender ? LEAVE_DELAY : 0);
        choice.endsAt = uint40(endsAt);
        emit PolicyEnding(account, endsAt);
    }

    /// @inheritdoc IMarginProofs
    function leave(uint64 account) external {
        Choice storage choice = _choices[account];
        uint256 endsAt = choice.endsAt;
        require(endsAt != 0, NotLeaving(account));
        require(block.timestamp >= endsAt, TooEarly(account, block.timestamp, endsAt));
        (choice.askedBy, choice.endsAt) = (address(0), 0);
        _apply(account, choice);
    }

    /// @inheritdoc IMarginProofs
    function setImposed(uint64 account, bool imposed) external onlyGovernance {
        require(HOUSE.ownerOf(account) != address(0), UnknownAccount(account));
        Choice storage choice = _choices[account];
        choice.imposed = imposed;
        _apply(account, choice);
    }

    /// @inheritdoc IMarginProofs
    function setFloorSeconds(uint256 seconds_) external onlyGovernance {
        _setFloorSeconds(seconds_);
    }

    // ---- what the registry asks ----

    /// @inheritdoc IProvenMargins
    function requireProven(uint64 account, bytes32 positionsHash, uint256 maintenanceWad) public view {
        Proven memory proven = _proven[account];
        require(proven.batchSequence != 0 && proven.positionsHash == positionsHash, NotProven(account, positionsHash, proven.positionsHash));
        _requireYoung(account, proven.observedAt);
        require(_stands(proven.batchSequence), BatchDoesNotStand(proven.batchSequence));
        uint256 provenWad = proven.margin * MONEY_UNIT_WAD;
        require(maintenanceWad >= provenWad, BelowProven(account, maintenanceWad, provenWad));
    }

    /// @inheritdoc IProvenMargins
    function floorIn(uint64 account, bytes32 positionsHash, uint64 batchSequence) external view returns (uint256 marginWad) {
        Proven memory proven = _proven[account];
        if (proven.batchSequence == batchSequence && proven.positionsHash == positionsHash) marginWad = proven.margin * MONEY_UNIT_WAD;
    }

    /// @inheritdoc IProvenMargins
    function requireCleared(AccountClearance calldata cleared) external view {
        // Coins that leave change no position, and so reduce no risk of positions.
        if (cleared.reducesRisk && cleared.positionsHashAfter != cleared.positionsHashBefore) return;
        (,, uint16 legCount,,,) = HOUSE.summary(cleared.account);
        if (legCount != 0) requireProven(cleared.account, cleared.positionsHashBefore, cleared.maintenanceWad);
    }

    // ---- views ----

    /// @inheritdoc IMarginProofs
    function policyOf(uint64 account) external view returns (MarginPolicy policy, bool imposed, uint256 endsAt) {
        Choice memory choice = _choices[account];
        return (choice.askedBy != address(0) || choice.imposed ? MarginPolicy.Proven : MarginPolicy.Quorum, choice.imposed, choice.endsAt);
    }

    /// @inheritdoc IMarginProofs
    function provenOf(uint64 account) external view returns (bytes32 positionsHash, uint64 batchSequence, uint64 observedAt, uint256 marginWad) {
        Proven memory proven = _proven[account];
        return (proven.positionsHash, proven.batchSequence, proven.observedAt, proven.margin * MONEY_UNIT_WAD);
    }

    /// @inheritdoc IMarginProofs
    function rootOf(bytes32 marginRoot) external view returns (uint64 batchSequence, uint64 observedAt, uint8 depth) {
        Root memory root = _roots[marginRoot];
        return (root.batchSequence, root.observedAt, root.depth);
    }

    function _apply(uint64 account, Choice storage choice) private {
        bool proven = choice.askedBy != address(0) || choice.imposed;
        REGISTRY.setProven(account, proven);
        emit PolicySet(account, proven ? MarginPolicy.Proven : MarginPolicy.Quorum, choice.imposed);
    }

    function _setFloorSeconds(uint256 seconds_) private {
        require(seconds_ >= LEAST_FLOOR_SECONDS && seconds_ <= MOST_FLOOR_SECONDS, InvalidAge(seconds_, LEAST_FLOOR_SECONDS, MOST_FLOOR_SECONDS));
        emit FloorSecondsSet(floorSeconds, seconds_);
        floorSeconds = seconds_;
    }

    function _requireOwner(uint64 account) private view {
        require(HOUSE.ownerOf(account) == msg.sender, NotAuthorised(msg.sender));
    }

    function _requireYoung(uint64 account, uint40 observedAt) private view {
        require(block.timestamp <= observedAt + floorSeconds, ProofTooOld(account, observedAt, block.timestamp));
    }
}
