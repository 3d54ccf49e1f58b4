// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {IClearingHouse, ILiquidationHooks} from "../interfaces/IClearingHouse.sol";
import {IProofVerifiers} from "../interfaces/IProofVerifiers.sol";
import {ISolvencyIndex, ISolvencyOracle} from "../interfaces/ISolvencyOracle.sol";
import {BatchHeader, QuorumProof} from "../types/Attestation.sol";
import {Circuit, ProofAnchor, ProofKind} from "../types/Proofs.sol";
import {ProofConsumer} from "./ProofConsumer.sol";

/// @title Proven solvency of the house
contract SolvencyOracle is ISolvencyOracle, ProofConsumer {
    uint256 public constant RING = 256; // rounds kept
    uint256 public constant LEAST_MAX_AGE = 5 minutes;
    uint256 public constant MOST_MAX_AGE = 6 hours;
    uint256 public constant COVERED_WAD = 1e18; // from here on the shortfall is covered
    uint256 public constant STRONG_WAD = 2e18; // and from here on twice
    uint256 public constant MOST_INDEX_WAD = 1000e18; // an index is never higher, also where the shortfall is 0
    uint8 private constant MOST_DECIMALS = 30;

    /// @dev Two slots.
    struct StoredRound {
        uint64 batchSequence;
        uint40 observedAt; // [s]
        uint40 publishedAt; // [s]
        uint32 accountCount;
        uint128 shortfall; // [1e-6 USD]
        uint128 resourcesWad; // [wad]
    }

    IClearingHouse public immutable HOUSE;
    IERC20Metadata public immutable CASH;
    uint256 private immutable TOKEN_UNIT; // [token units per USD]

    uint256 public count; // rounds so far
    uint256 public maxAgeSeconds; // [s]
    address public backstop; // 0: none
    address public spender; // of the backstop's cash
    mapping(uint256 place => StoredRound) private _rounds; // place: id mod RING
    uint128 private _readingWad; // [wad] the last reading; of several in a second the least
    uint40 private _readAt; // [s] 0: never
    uint40 private _readBefore; // [s] of the reading before it; 0: none
    uint128 private _beforeWad; // [wad] the last reading of an earlier second

    /// @param cash settlement token of the house
    /// @param maxAgeSeconds_ for how long an index counts after its batch was observed [s]
    constructor(
        IAttestationRegistry registry,
        IProofVerifiers verifiers,
        IClearingHouse house,
        IERC20Metadata cash,
        address governance_,
        uint256 maxAgeSeconds_
    ) ProofConsumer(registry, verifiers, governance_) {
        require(address(house) != address(0), ZeroValue());
        (HOUSE, CASH) = (house, cash);
        uint8 decimals = cash.decimals();
        require(decimals <= MOST_DECIMALS, ZeroValue());
        TOKEN_UNIT = 10 ** decimals;
        _setMaxAge(maxAgeSeconds_);
    }

    /// @inheritdoc ISolvencyOracle
    function publish(BatchHeader calldata header, ProofAnchor calldata anchor, QuorumProof calldata signatures, uint128 shortfall, bytes calldata proof)
        external
        returns (uint256 id)
    {
        require(anchor.accountCount == header.accountCount, AccountsMissing(anchor.accountCount, header.accountCount));
        uint64 last = _rounds[count % RING].batchSequence;
        require(anchor.batchSequence > last, NotNewer(anchor.batchSequence, last));
        _requireAnchored(header, anchor, signatures, maxAgeSeconds);
        _requireShortfall(anchor, shortfall, proof);

        uint256 resourcesWad = readResources();
        require(_readBefore != 0, NoReadingBefore());
        id = ++count;
        StoredRound memory kept = StoredRound({
            batchSequence: anchor.batchSequence,
            observedAt: uint40(header.observedAt),
            publishedAt: uint40(block.timestamp),
            accountCount: anchor.accountCount,
            shortfall: shortfall,
            resourcesWad: uint128(resourcesWad)
        });
        _rounds[id % RING] = kept;
        Round memory round = _opened(kept);
        emit Published(id, round.batchSequence, round.observedAt, round.accountCount, round.shortfallWad, round.resourcesWad, round.indexWad);
    }

    /// @inheritdoc ISolvencyOracle
    function readResources() public returns (uint256 countedWad) {
        (uint256 insuranceWad, uint256 backstopWad) = resources();
        uint256 nowWad = Math.min(insuranceWad + backstopWad, type(uint128).max);
        if (_readAt != block.timestamp) (_beforeWad, _readBefore, _readAt) = (_readingWad, _readAt, uint40(block.timestamp));
        else nowWad = Math.min(nowWad, _readingWad);
        _readingWad = uint128(nowWad);
        emit ResourcesRead(insuranceWad, backstopWad);
        return _readBefore == 0 ? 0 : Math.min(nowWad, _beforeWad);
    }

    /// @inheritdoc ISolvencyOracle
    function setBackstop(address backstop_, address spender_) external onlyGovernance {
        require((backstop_ == address(0)) == (spender_ == address(0)), ZeroValue());
        (backstop, spender) = (backstop_, spender_);
        emit BackstopSet(backstop_, spender_);
    }

    /// @inheritdoc ISolvencyOracle
    function setMaxAge(uint256 seconds_) external onlyGovernance {
        _setMaxAge(seconds_);
    }

    /// @inheritdoc ISolvencyOracle
    function latest() public view returns (bool known, uint256 id, Round memory round) {
        StoredRound memory kept = _rounds[count % RING];
        if (count == 0 || block.timestamp > uint256(kept.observedAt) + maxAgeSeconds || !_stands(kept.batchSequence)) return (false, 0, round);
        return (true, count, _opened(kept));
    }

    /// @inheritdoc ISolvencyOracle
    function at(uint256 id) external view returns (bool kept, Round memory round) {
        if (id == 0 || id > count || id + RING <= count) return (false, round);
        return (true, _opened(_rounds[id % RING]));
    }

    /// @inheritdoc ISolvencyIndex
    function index() external view returns (bool known, uint256 wad, uint64 observedAt) {
        Round memory round;
        (known,, round) = latest();
        return (known, round.indexWad, round.observedAt);
    }

    /// @inheritdoc ISolvencyIndex
    function requireSolvent(uint256 leastIndexWad) external view {
        (bool known,, Round memory round) = latest();
        require(known, SolvencyUnknown());
        require(round.indexWad >= leastIndexWad, IndexTooLow(round.indexWad, leastIndexWad));
    }

    /// @inheritdoc ISolvencyIndex
    function status() external view returns (SolvencyStatus) {
        (bool known,, Round memory round) = latest();
        if (!known) return SolvencyStatus.Unknown;
        if (round.indexWad < COVERED_WAD) return SolvencyStatus.Short;
        return round.indexWad < STRONG_WAD ? SolvencyStatus.Covered : SolvencyStatus.Strong;
    }

    /// @inheritdoc ISolvencyOracle
    function resources() public view returns (uint256 insuranceWad, uint256 backstopWad) {
        uint64 account = ILiquidationHooks(address(HOUSE)).insuranceAccount();
        if (account != 0) {
            (int128 cashWad,, uint16 legCount,,,) = HOUSE.summary(account);
            // The cash of an account with contracts may be what was got for them.
            if (cashWad > 0 && legCount == 0) insuranceWad = uint128(cashWad);
        }
        if (backstop != address(0)) {
            backstopWad = Math.mulDiv(Math.min(CASH.balanceOf(backstop), CASH.allowance(backstop, spender)), 1e18, TOKEN_UNIT);
        }
    }

    function _requireShortfall(ProofAnchor calldata anchor, uint128 shortfall, bytes calldata proof) private view {
        Circuit memory circuit = VERIFIERS.circuitOf(anchor.circuitId);
        bool settles = circuit.kind == ProofKind.SolvencySettle;
        require(settles || circuit.kind == ProofKind.Solvency, WrongKind(anchor.circuitId, circuit.kind));
        bytes32[] memory inputs = _inputs(anchor, settles ? 3 : 2);
        (inputs[3], inputs[4]) = (anchor.evaluations, bytes32(uint256(shortfall)));
        if (settles) inputs[5] = circuit.shardKey;
        _requireVerified(anchor.circuitId, circuit, inputs, proof);
    }

    function _setMaxAge(uint256 seconds_) private {
        require(seconds_ >= LEAST_MAX_AGE && seconds_ <= MOST_MAX_AGE, InvalidAge(seconds_, LEAST_MAX_AGE, MOST_MAX_AGE));
        emit MaxAgeSet(maxAgeSeconds, seconds_);
        maxAgeSeconds = seconds_;
    }

    function _opened(StoredRound memory kept) private pure returns (Round memory round) {
        uint256 shortfallWad = kept.shortfall * MONEY_UNIT_WAD;
        uint256 indexWad = MOST_INDEX_WAD;
        // resources [wad] below 2^128: no overflow.
        if (shortfallWad != 0) indexWad = Math.min(uint256(kept.resourcesWad) * 1e18 / shortfallWad, MOST_INDEX_WAD);
        return Round(kept.batchSequence, kept.observedAt, kept.publishedAt, kept.accountCount, shortfallWad, kept.resourcesWad, indexWad);
    }
}
