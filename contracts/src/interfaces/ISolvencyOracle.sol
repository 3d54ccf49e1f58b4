// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchHeader, QuorumProof} from "../types/Attestation.sol";
import {ProofAnchor} from "../types/Proofs.sol";
import {IProofConsumer} from "./IProofConsumer.sol";

/// @title What a lending protocol or another venue reads before it relies on this house
/// @notice index = resources / shortfall [wad]: what stands behind the house's debts (insurance and a backstop) over the expected shortfall of all accounts together in the scenarios of the batch. 1e18: they just cover it.
interface ISolvencyIndex {
    /// @notice Where the index lies. Unknown where there is none that is young enough and whose batch still stands.
    enum SolvencyStatus {
        Unknown,
        Short, // below 1: resources do not cover the expected shortfall
        Covered, // 1 to 2
        Strong // 2 or more
    }

    error SolvencyUnknown();
    error IndexTooLow(uint256 indexWad, uint256 leastWad);

    /// @return known whether there is an index that counts now; all else is 0 where there is none
    /// @return wad the index, at most `MOST_INDEX_WAD` [wad]
    /// @return observedAt when the market was seen that it was computed from [s]
    function index() external view returns (bool known, uint256 wad, uint64 observedAt);

    /// @notice Reverts unless an index is known and at least so high.
    function requireSolvent(uint256 leastIndexWad) external view;

    function status() external view returns (SolvencyStatus);
}

/// @title Proven solvency of the house
/// @notice Anybody publishes. The shortfall is proven, the resources this contract reads itself.
/// @dev Resources are the lesser of two readings in different seconds, so that money that stays for one transaction does not count.
interface ISolvencyOracle is ISolvencyIndex, IProofConsumer {
    struct Round {
        uint64 batchSequence;
        uint64 observedAt; // [s]
        uint64 publishedAt; // [s]
        uint32 accountCount; // accounts in the proof
        uint256 shortfallWad; // [wad]
        uint256 resourcesWad; // [wad]
        uint256 indexWad; // [wad]
    }

    event Published(
        uint256 indexed id, uint64 indexed batchSequence, uint64 observedAt, uint32 accountCount, uint256 shortfallWad, uint256 resourcesWad, uint256 indexWad
    );
    event ResourcesRead(uint256 insuranceWad, uint256 backstopWad);
    event BackstopSet(address backstop, address spender);
    event MaxAgeSet(uint256 from, uint256 to);

    error AccountsMissing(uint32 proven, uint32 inBatch);
    error NotNewer(uint64 batchSequence, uint64 last);
    error NoReadingBefore();

    /// @notice Verifies a proof of the shortfall and keeps a round; anyone. Resources must have been read once in an earlier second (`readResources`, or a round before).
    /// @param header of the batch that the anchor speaks of
    /// @param signatures of the batch's set over the anchor
    /// @param shortfall expected shortfall of all accounts [1e-6 USD, rounded up]
    /// @return id of the round, from 1
    function publish(BatchHeader calldata header, ProofAnchor calldata anchor, QuorumProof calldata signatures, uint128 shortfall, bytes calldata proof)
        external
        returns (uint256 id);

    /// @notice Notes what the resources are now; anyone.
    /// @return countedWad what a round of this second would count [wad]
    function readResources() external returns (uint256 countedWad);

    /// @notice An address whose cash counts, as far as the spender is allowed to take it; 0: none. Governance: only money that nobody else can take away again counts for anything.
    function setBackstop(address backstop, address spender) external;

    /// @notice For how long an index counts after its batch was observed. Governance. [s]
    function setMaxAge(uint256 seconds_) external;

    /// @return known whether the last round counts now; all else is 0 where it does not
    function latest() external view returns (bool known, uint256 id, Round memory round);

    /// @notice A round of the past, whether it still counts or not.
    /// @return kept false where there is no such round or it is more than `RING` rounds old
    function at(uint256 id) external view returns (bool kept, Round memory round);

    /// @notice How many rounds there were.
    function count() external view returns (uint256);

    /// @notice Cash of the insurance account and of the backstop now. [wad, rounded down]
    function resources() external view returns (uint256 insuranceWad, uint256 backstopWad);
}
