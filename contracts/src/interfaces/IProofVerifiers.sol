// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Circuit} from "../types/Proofs.sol";

/// @title Which verifier counts for which circuit
/// @notice Governance announces a verifier, anybody enacts it after a delay. A verifier made with a setup whose secret is known would accept anything: outside of local chains it is refused, because the code of a real one
/// holds the point [tau]G2 of the public ceremony (Ignition) in four words.
/// @dev The words show which setup the verifier was made for, not that its code does what it should: that is the work of whoever checks the code hash before the delay ends.
interface IProofVerifiers {
    event CircuitAnnounced(bytes32 indexed id, bytes32 indexed circuitId, uint256 nonce, uint256 enactableAt, Circuit circuit);
    event CircuitCancelled(bytes32 indexed id);
    event CircuitSet(bytes32 indexed circuitId, Circuit before, Circuit circuit);
    event CircuitRemoved(bytes32 indexed circuitId, Circuit before);

    error NotAuthorised(address caller);
    error InvalidDelay(uint256 seconds_, uint256 least, uint256 most);
    error InvalidCircuit(bytes32 circuitId);
    error UnknownCircuit(bytes32 circuitId);
    error CodeMismatch(address verifier, bytes32 expected, bytes32 actual);
    error DevelopmentVerifier(address verifier, uint256 chainId);
    error NotAnnounced(bytes32 id);
    error TooEarly(bytes32 id, uint256 now_, uint256 enactableAt);
    error AnnouncementExpired(bytes32 id, uint256 now_, uint256 expiredAt);
    error Overtaken(bytes32 id);
    error ZeroValue();

    /// @notice Announces the verifier of a circuit, in place of the one before if there is one. Governance.
    /// @return id binds chain, contract, circuit and nonce; good for one enactment
    /// @return nonce to give to `enact`
    function announce(bytes32 circuitId, Circuit calldata circuit) external returns (bytes32 id, uint256 nonce);

    /// @notice Enacts an announcement whose delay has passed, within `ENACT_WINDOW`; anyone. The verifier's code is looked at again. Announcements before one that was enacted, or before a removal, are void.
    function enact(bytes32 circuitId, Circuit calldata circuit, uint256 nonce) external;

    /// @notice Withdraws an announcement. Guardian or governance.
    function cancel(bytes32 id) external;

    /// @notice Takes a circuit out of use at once: its proofs are refused from now on. Guardian or governance. Only an announcement brings it back.
    function remove(bytes32 circuitId) external;

    /// @notice The circuit; reverts where there is none.
    function circuitOf(bytes32 circuitId) external view returns (Circuit memory);

    /// @notice First and last second at which an announcement can be enacted; zeros: none. [s]
    function announcement(bytes32 id) external view returns (uint256 enactableAt, uint256 expiresAt);

    /// @notice Whether a code holds the four words of the ceremony's [tau]G2.
    function isOfCeremony(address verifier) external view returns (bool);
}
