// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccountClearance, BatchHeader, QuorumProof} from "../types/Attestation.sol";
import {MarginPolicy, ProofAnchor} from "../types/Proofs.sol";
import {IProofConsumer} from "./IProofConsumer.sol";

/// @title What the registry asks before it takes a quorum's word for an account that moves on proven margins only
/// @notice A proof is a floor under the signatures: initial margin, mark value and decay are still what the quorum signed.
interface IProvenMargins {
    error NotProven(uint64 account, bytes32 positionsHash, bytes32 provenHash);
    error ProofTooOld(uint64 account, uint64 observedAt, uint256 now_);
    error BelowProven(uint64 account, uint256 maintenanceWad, uint256 provenWad);

    /// @notice Reverts unless a margin is proven for just these positions, in a batch that is young enough and still stands, and the maintenance margin is not below it.
    function requireProven(uint64 account, bytes32 positionsHash, uint256 maintenanceWad) external view;

    /// @notice Margin proven for just these positions in this very batch; 0: none. [wad]
    /// @dev Of no other batch: the requirement may have fallen since, and nobody is to be liquidated by an old proof.
    function floorIn(uint64 account, bytes32 positionsHash, uint64 batchSequence) external view returns (uint256 marginWad);

    /// @notice Reverts unless an account may do what a quorum has cleared: it reduces risk with other positions than before; or it had no positions; or those before are proven, and the maintenance margin after it is not below theirs.
    function requireCleared(AccountClearance calldata cleared) external view;
}

/// @title Margins with a proof
/// @notice Anybody brings a batch of proven margins (`submit`), anybody takes an account's out of it (`pull`). An account's owner, or governance, may ask that a quorum's word alone does not move it (`MarginPolicy.Proven`).
interface IMarginProofs is IProofConsumer, IProvenMargins {
    event RootProven(bytes32 indexed marginRoot, uint64 indexed batchSequence, bytes32 indexed circuitId, uint32 accountCount);
    event MarginProven(uint64 indexed account, uint64 indexed batchSequence, uint64 sequence, bytes32 positionsHash, uint256 marginWad);
    event PolicySet(uint64 indexed account, MarginPolicy policy, bool byGovernance);
    event PolicyEnding(uint64 indexed account, uint256 endsAt);
    event FloorSecondsSet(uint256 from, uint256 to);

    error UnknownRoot(bytes32 marginRoot);
    error RootNotNewer(bytes32 marginRoot, uint64 batchSequence, uint64 last);
    error MarginNotNewer(uint64 account, uint64 batchSequence, uint64 last);
    error WrongDepth(uint256 given, uint256 expected);
    error NotInRoot(bytes32 marginRoot, bytes32 actual);
    error UnknownAccount(uint64 account);
    error NotLeaving(uint64 account);
    error TooEarly(uint64 account, uint256 now_, uint256 endsAt);

    /// @notice Verifies a proof and keeps its root of margins; anyone.
    /// @param header of the batch that the anchor speaks of
    /// @param signatures of the batch's set over the anchor
    function submit(BatchHeader calldata header, ProofAnchor calldata anchor, QuorumProof calldata signatures, bytes32 marginRoot, bytes calldata proof) external;

    /// @notice Records an account's proven margin; anyone. Only a newer batch replaces what is recorded.
    /// @param sequence of the account, at the batch's book block
    /// @param margin [1e-6 USD]
    /// @param index of the account's leaf under the root
    function pull(uint64 account, uint64 sequence, bytes32 positionsHash, uint64 margin, bytes32 marginRoot, uint256 index, bytes32[] calldata path) external;

    /// @notice From now on this account moves on proven margins only. Its owner.
    function askForProofs(uint64 account) external;

    /// @notice Begins to take that back. Its owner. Once `LEAVE_DELAY` has passed, `leave` ends it; at once where it was another owner who asked.
    function announceLeave(uint64 account) external;

    /// @notice Ends what `announceLeave` began; anyone. Where governance wants proofs, the account stays.
    function leave(uint64 account) external;

    /// @notice Whether governance wants proofs for an account, whatever its owner wants. Governance.
    function setImposed(uint64 account, bool imposed) external;

    /// @notice For how long a proven margin counts after its batch was observed. Governance. [s]
    function setFloorSeconds(uint256 seconds_) external;

    /// @return policy in force
    /// @return imposed by governance
    /// @return endsAt from when `leave` works; 0: the owner does not leave [s]
    function policyOf(uint64 account) external view returns (MarginPolicy policy, bool imposed, uint256 endsAt);

    /// @notice What was proven for an account last; zeros: nothing.
    function provenOf(uint64 account) external view returns (bytes32 positionsHash, uint64 batchSequence, uint64 observedAt, uint256 marginWad);

    /// @notice The newest batch that a root was proven for; zeros: none.
    function rootOf(bytes32 marginRoot) external view returns (uint64 batchSequence, uint64 observedAt, uint8 depth);
}
