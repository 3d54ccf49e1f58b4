// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAttestationRegistry} from "./interfaces/IAttestationRegistry.sol";
import {IInstrumentRegistry} from "./interfaces/IInstrumentRegistry.sol";
import {IRiskParameters} from "./interfaces/IRiskParameters.sol";
import {AttestationHashes} from "./libraries/AttestationHashes.sol";
import {Instruments} from "./libraries/Instruments.sol";
import {Keys} from "./libraries/Keys.sol";
import {Packed64} from "./libraries/Packed64.sol";
import {WadMath} from "./libraries/WadMath.sol";
import {FundingIndex, QuorumProof, SettlementPrice} from "./types/Attestation.sol";
import {InstrumentKind, InstrumentTerms} from "./types/Trading.sol";

/// @title Contracts that can be held, and the prices they end at
/// @notice Rules: docs/protocol.md. Its owner is the timelock.
contract InstrumentRegistry is IInstrumentRegistry, Ownable2Step {
    using AttestationHashes for FundingIndex;
    using AttestationHashes for SettlementPrice;

    struct Underlying {
        bytes32 name; // ASCII; 0: not listed
        uint256 nodesLow; // four nodes [1e-8 USD], 64 bits each, lowest first
        uint256 nodesHigh; // two nodes [1e-8 USD], 0, version of the nodes
    }

    struct Funding {
        int128 indexWad; // [wad per unit]
        uint64 sequence; // of the last message
        uint64 observedAt; // [s] of the last message; when it was listed, before the first
    }

    uint8 public constant PRICE_IDS = 16;
    uint256 public constant MAX_TENOR_SECONDS = 5 * 365 days;
    /// @notice A silence in funding longer than this does not widen the bound on its next move.
    uint256 public constant MAX_FUNDING_SPAN_SECONDS = 24 hours;
    /// @notice Strikes up to the largest price that can be attested. [wad]
    uint256 public constant MAX_STRIKE_WAD = uint256(type(uint64).max) * Instruments.E8_TO_WAD;

    IAttestationRegistry public immutable ATTESTATIONS;
    IRiskParameters public immutable PARAMETERS;

    mapping(uint8 priceId => Underlying) private _underlyings;
    mapping(bytes32 instrument => InstrumentTerms) private _terms;
    mapping(uint8 priceId => mapping(uint64 expiry => uint64)) private _settlementE8; // [1e-8 USD], written once
    mapping(bytes32 instrument => Funding) private _funding;

    constructor(IAttestationRegistry attestations, IRiskParameters parameters, address owner_) Ownable(owner_) {
        require(address(attestations) != address(0) && address(parameters) != address(0), ZeroValue());
        (ATTESTATIONS, PARAMETERS) = (attestations, parameters);
    }

    /// @inheritdoc IInstrumentRegistry
    function listUnderlying(uint8 priceId, bytes32 name, uint64[6] calldata nodesE8) external onlyOwner {
        require(name != 0, ZeroValue());
        require(priceId < PRICE_IDS, UnknownUnderlying(priceId));
        require(_underlyings[priceId].name == 0, UnderlyingAlreadyListed(priceId));
        _underlyings[priceId].name = name;
        emit UnderlyingListed(priceId, name);
        _setNodes(priceId, nodesE8, 1);
    }

    /// @inheritdoc IInstrumentRegistry
    function setNodes(uint8 priceId, uint64[6] calldata nodesE8) external onlyOwner {
        _requireListed(priceId);
        _setNodes(priceId, nodesE8, _version(priceId) + 1);
    }

    /// @inheritdoc IInstrumentRegistry
    function list(InstrumentTerms calldata terms_) external returns (bytes32 instrument) {
        _requireListed(terms_.priceId);
        instrument = Instruments.id(terms_);
        if (_terms[instrument].kind != InstrumentKind.None) return instrument;
        require(_valid(terms_), InvalidTerms(terms_.kind, terms_.priceId, terms_.expiry, terms_.strikeWad));
        _terms[instrument] = terms_;
        if (terms_.kind == InstrumentKind.Perpetual) _funding[instrument].observedAt = uint64(block.timestamp);
        emit InstrumentListed(instrument, terms_.kind, terms_.priceId, terms_.expiry, terms_.strikeWad);
    }

    /// @inheritdoc IInstrumentRegistry
    function settle(SettlementPrice calldata price, QuorumProof calldata proof) external {
        _requireNotHalted();
        _requireListed(price.priceId);
        require(price.priceE8 != 0, ZeroValue());
        require(price.expiry <= block.timestamp, NotExpired(price.expiry, block.timestamp));
        require(price.observedAt >= price.expiry && price.observedAt <= block.timestamp, InvalidObservation(price.observedAt, price.expiry, block.timestamp));
        require(_settlementE8[price.priceId][price.expiry] == 0, AlreadySettled(price.priceId, price.expiry));
        if (msg.sender != owner()) {
            uint64 currentE8 = _priceE8(price.priceId);
            uint256 mostMoveWad = _parameter(Keys.STRESS_MOVE_WAD);
            uint256 move = price.priceE8 > currentE8 ? price.priceE8 - currentE8 : currentE8 - price.priceE8;
            require(move <= WadMath.mulDown(currentE8, mostMoveWad), SettlementOutOfBounds(price.priceId, price.priceE8, currentE8, mostMoveWad));
        }
        ATTESTATIONS.requireQuorum(price.setId, price.hash(), proof);
        _settlementE8[price.priceId][price.expiry] = price.priceE8;
        emit SettlementPriceSet(price.priceId, price.expiry, price.priceE8);
    }

    /// @inheritdoc IInstrumentRegistry
    function setFunding(FundingIndex calldata index, QuorumProof calldata proof) external {
        _requireNotHalted();
        InstrumentTerms memory terms_ = _terms[index.instrument];
        require(terms_.kind == InstrumentKind.Perpetual, NotPerpetual(index.instrument));
        Funding memory last = _funding[index.instrument];
        require(index.sequence > last.sequence, StaleSequence(index.sequence, last.sequence));
        require(index.observedAt > last.observedAt && index.observedAt <= block.timestamp, InvalidObservation(index.observedAt, last.observedAt, block.timestamp));

        uint256 span = index.observedAt - last.observedAt;
        if (span > MAX_FUNDING_SPAN_SECONDS) span = MAX_FUNDING_SPAN_SECONDS;
        uint256 priceWad = uint256(_priceE8(terms_.priceId)) * Instruments.E8_TO_WAD;
        uint256 mostWad = WadMath.mulDown(priceWad, _parameter(Keys.MAX_FUNDING_PER_HOUR_WAD)) * span / 1 hours;
        int256 move = int256(index.indexWad) - last.indexWad;
        require(uint256(move < 0 ? -move : move) <= mostWad, FundingOutOfBounds(index.instrument, last.indexWad, index.indexWad, mostWad));

        ATTESTATIONS.requireQuorum(index.setId, index.hash(), proof);
        _funding[index.instrument] = Funding(index.indexWad, index.sequence, index.observedAt);
        emit FundingIndexSet(index.instrument, index.sequence, index.indexWad);
    }

    /// @inheritdoc IInstrumentRegistry
    function terms(bytes32 instrument) external view returns (InstrumentTerms memory) {
        return _terms[instrument];
    }

    /// @inheritdoc IInstrumentRegistry
    function instrumentId(InstrumentTerms calldata terms_) external pure returns (bytes32) {
        return Instruments.id(terms_);
    }

    /// @inheritdoc IInstrumentRegistry
    function nodes(uint8 priceId) external view returns (uint64[6] memory nodesE8, uint64 version) {
        Underlying storage underlying = _underlyings[priceId];
        for (uint256 i = 0; i < 6; ++i) {
            nodesE8[i] = Packed64.at(underlying.nodesLow, underlying.nodesHigh, i);
        }
        version = _version(priceId);
    }

    /// @inheritdoc IInstrumentRegistry
    function nodeWords(uint8 priceId) external view returns (uint256 low, uint256 high) {
        return (_underlyings[priceId].nodesLow, _underlyings[priceId].nodesHigh);
    }

    /// @inheritdoc IInstrumentRegistry
    function termsAndNodes(bytes32 instrument) external view returns (InstrumentTerms memory terms_, uint256 low, uint256 high) {
        terms_ = _terms[instrument];
        (low, high) = (_underlyings[terms_.priceId].nodesLow, _underlyings[terms_.priceId].nodesHigh);
    }

    /// @inheritdoc IInstrumentRegistry
    function settlementPriceE8(uint8 priceId, uint64 expiry) external view returns (uint64) {
        return _settlementE8[priceId][expiry];
    }

    /// @inheritdoc IInstrumentRegistry
    function fundingIndexWad(bytes32 instrument) external view returns (int128) {
        return _funding[instrument].indexWad;
    }

    function _setNodes(uint8 priceId, uint64[6] calldata nodesE8, uint64 version) private {
        uint64 last = 0;
        for (uint256 i = 0; i < 6; ++i) {
            require(nodesE8[i] > last, InvalidNodes(nodesE8));
            last = nodesE8[i];
        }
        // Nodes that miss the price would stop every trade until the next vote.
        uint64 priceE8 = ATTESTATIONS.priceE8(priceId);
        require(priceE8 == 0 || (nodesE8[0] <= priceE8 && priceE8 <= nodesE8[5]), InvalidNodes(nodesE8));
        _underlyings[priceId].nodesLow = Packed64.pack(nodesE8[0], nodesE8[1], nodesE8[2], nodesE8[3]);
        _underlyings[priceId].nodesHigh = Packed64.pack(nodesE8[4], nodesE8[5], 0, version);
        emit NodesSet(priceId, version, nodesE8);
    }

    function _version(uint8 priceId) private view returns (uint64) {
        return uint64(_underlyings[priceId].nodesHigh >> 192);
    }

    function _valid(InstrumentTerms calldata terms_) private view returns (bool) {
        if (terms_.kind == InstrumentKind.None) return false;
        if (terms_.kind == InstrumentKind.Perpetual) return terms_.expiry == 0 && terms_.strikeWad == 0;
        bool strikeFits = terms_.kind == InstrumentKind.Future ? terms_.strikeWad == 0 : terms_.strikeWad != 0 && terms_.strikeWad <= MAX_STRIKE_WAD;
        return strikeFits && terms_.expiry > block.timestamp && terms_.expiry <= block.timestamp + MAX_TENOR_SECONDS;
    }

    function _requireListed(uint8 priceId) private view {
        require(priceId < PRICE_IDS && _underlyings[priceId].name != 0, UnknownUnderlying(priceId));
    }

    function _requireNotHalted() private view {
        require(ATTESTATIONS.operatingState() != IAttestationRegistry.OperatingState.Halt, Halted());
    }

    function _priceE8(uint8 priceId) private view returns (uint64 priceE8) {
        priceE8 = ATTESTATIONS.priceE8(priceId);
        require(priceE8 != 0, MissingPrice(priceId));
    }

    function _parameter(bytes32 key) private view returns (uint256) {
        return SafeCast.toUint256(PARAMETERS.value(key));
    }
}
