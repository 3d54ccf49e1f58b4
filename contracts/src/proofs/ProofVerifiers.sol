// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IProofVerifiers} from "../interfaces/IProofVerifiers.sol";
import {Circuit, CircuitSetup, ProofKind} from "../types/Proofs.sol";

/// @title Which verifier counts for which circuit
/// @dev Governance is the timelock, an address for good.
contract ProofVerifiers is IProofVerifiers {
    uint256 public constant LEAST_DELAY = 1 days;
    uint256 public constant MOST_DELAY = 30 days;
    /// @notice An announcement can be enacted for this long after its delay. [s]
    uint256 public constant ENACT_WINDOW = 14 days;
    uint256 public constant MOST_DEPTH = 20; // of a margin tree

    address public immutable governance;
    address public immutable guardian;
    uint256 public immutable delay; // [s] between announcement and enactment

    uint256 private _announcements; // how many so far
    mapping(bytes32 circuitId => Circuit) private _circuits;
    mapping(bytes32 id => uint256) private _enactableAt; // [s]; 0: not announced
    mapping(bytes32 circuitId => uint256) private _floors; // announcements up to this nonce are void: one after them was enacted, or the circuit was removed

    /// @param circuits the first ones, in force at once
    constructor(address governance_, address guardian_, uint256 delay_, CircuitSetup[] memory circuits) {
        require(governance_ != address(0) && guardian_ != address(0), ZeroValue());
        require(delay_ >= LEAST_DELAY && delay_ <= MOST_DELAY, InvalidDelay(delay_, LEAST_DELAY, MOST_DELAY));
        (governance, guardian, delay) = (governance_, guardian_, delay_);
        for (uint256 i = 0; i < circuits.length; ++i) {
            _requireGood(circuits[i].circuitId, circuits[i].circuit);
            _set(circuits[i].circuitId, circuits[i].circuit);
        }
    }

    /// @inheritdoc IProofVerifiers
    function announce(bytes32 circuitId, Circuit calldata circuit) external returns (bytes32 id, uint256 nonce) {
        require(msg.sender == governance, NotAuthorised(msg.sender));
        _requireGood(circuitId, circuit);
        nonce = ++_announcements;
        id = _idOf(circuitId, circuit, nonce);
        uint256 enactableAt = block.timestamp + delay;
        _enactableAt[id] = enactableAt;
        emit CircuitAnnounced(id, circuitId, nonce, enactableAt, circuit);
    }

    /// @inheritdoc IProofVerifiers
    function enact(bytes32 circuitId, Circuit calldata circuit, uint256 nonce) external {
        bytes32 id = _idOf(circuitId, circuit, nonce);
        uint256 enactableAt = _enactableAt[id];
        require(enactableAt != 0, NotAnnounced(id));
        require(block.timestamp >= enactableAt, TooEarly(id, block.timestamp, enactableAt));
        require(block.timestamp <= enactableAt + ENACT_WINDOW, AnnouncementExpired(id, block.timestamp, enactableAt + ENACT_WINDOW));
        require(nonce > _floors[circuitId], Overtaken(id));
        _requireGood(circuitId, circuit);
        _floors[circuitId] = nonce;
        delete _enactableAt[id];
        _set(circuitId, circuit);
    }

    /// @inheritdoc IProofVerifiers
    function cancel(bytes32 id) external {
        require(msg.sender == guardian || msg.sender == governance, NotAuthorised(msg.sender));
        require(_enactableAt[id] != 0, NotAnnounced(id));
        delete _enactableAt[id];
        emit CircuitCancelled(id);
    }

    /// @inheritdoc IProofVerifiers
    function remove(bytes32 circuitId) external {
        require(msg.sender == guardian || msg.sender == governance, NotAuthorised(msg.sender));
        emit CircuitRemoved(circuitId, circuitOf(circuitId));
        _floors[circuitId] = _announcements;
        delete _circuits[circuitId];
    }

    /// @inheritdoc IProofVerifiers
    function circuitOf(bytes32 circuitId) public view returns (Circuit memory circuit) {
        circuit = _circuits[circuitId];
        require(circuit.kind != ProofKind.None, UnknownCircuit(circuitId));
    }

    /// @inheritdoc IProofVerifiers
    function announcement(bytes32 id) external view returns (uint256 enactableAt, uint256 expiresAt) {
        enactableAt = _enactableAt[id];
        if (enactableAt != 0) expiresAt = enactableAt + ENACT_WINDOW;
    }

    /// @inheritdoc IProofVerifiers
    function isOfCeremony(address verifier) public view returns (bool) {
        bytes memory code = verifier.code;
        uint256 seen = 0;
        assembly ("memory-safe") {
            // [tau]G2 of the Ignition ceremony, as bb 5.0.0 writes it into every verifier, looked for at every place where 32 bytes of the code begin.
            let place := add(code, 0x20)
            for { let end := add(place, mload(code)) } lt(add(place, 0x1f), end) { place := add(place, 1) } {
                switch mload(place)
                case 0x260e01b251f6f1c7e7ff4e580791dee8ea51d87a358e038b4efe30fac09383c1 { seen := or(seen, 1) }
                case 0x0118c4d5b837bcc2bc89b5b398b5974e9f5944073b32078b7e231fec938883b0 { seen := or(seen, 2) }
                case 0x04fc6369f7110fe3d25156c1bb9a72859cf2a04641f99ba4ee413c80da6a5fe4 { seen := or(seen, 4) }
                case 0x22febda3c0c0632a56475b4214e5615e11e6dd3f96e6cea2854a87d4dacc5e55 { seen := or(seen, 8) }
            }
        }
        return seen == 15;
    }

    function _set(bytes32 circuitId, Circuit memory circuit) private {
        emit CircuitSet(circuitId, _circuits[circuitId], circuit);
        _circuits[circuitId] = circuit;
    }

    function _idOf(bytes32 circuitId, Circuit calldata circuit, uint256 nonce) private view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), nonce, circuitId, circuit));
    }

    /// @notice A circuit that makes sense, whose verifier stands there with this code and, outside of local chains, is made for the public ceremony.
    function _requireGood(bytes32 circuitId, Circuit memory circuit) private view {
        bool batch = circuit.kind == ProofKind.MarginBatch;
        bool settles = circuit.kind == ProofKind.SolvencySettle;
        require(
            circuitId != 0 && circuit.kind != ProofKind.None && circuit.verifyingKeyHash != 0 && circuit.depth <= MOST_DEPTH && (circuit.depth != 0) == batch
                && (circuit.shardKey != 0) == settles,
            InvalidCircuit(circuitId)
        );
        bytes32 actual = circuit.verifier.codehash;
        require(circuit.verifier.code.length != 0 && actual == circuit.codehash, CodeMismatch(circuit.verifier, circuit.codehash, actual));
        bool local = block.chainid == 31_337 || block.chainid == 1337;
        require(local || isOfCeremony(circuit.verifier), DevelopmentVerifier(circuit.verifier, block.chainid));
    }
}
