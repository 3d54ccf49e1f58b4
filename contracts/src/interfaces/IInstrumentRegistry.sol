// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {InstrumentKind, InstrumentTerms} from "../types/Trading.sol";
import {FundingIndex, QuorumProof, SettlementPrice} from "../types/Attestation.sol";

/// @title Contracts that can be held, and the prices they end at
/// @notice An instrument's id is keccak256(abi.encode(kind, priceId, expiry, strikeWad)): equal terms have one id on every chain.
interface IInstrumentRegistry {
    event UnderlyingListed(uint8 indexed priceId, bytes32 name);
    event NodesSet(uint8 indexed priceId, uint64 version, uint64[6] nodesE8);
    event InstrumentListed(bytes32 indexed instrument, InstrumentKind kind, uint8 priceId, uint40 expiry, uint128 strikeWad);
    event SettlementPriceSet(uint8 indexed priceId, uint64 indexed expiry, uint64 priceE8);
    event FundingIndexSet(bytes32 indexed instrument, uint64 sequence, int128 indexWad);

    error UnknownUnderlying(uint8 priceId);
    error UnderlyingAlreadyListed(uint8 priceId);
    error InvalidTerms(InstrumentKind kind, uint8 priceId, uint40 expiry, uint128 strikeWad);
    error InvalidNodes(uint64[6] nodesE8);
    error UnknownInstrument(bytes32 instrument);
    error AlreadySettled(uint8 priceId, uint64 expiry);
    error NotSettled(uint8 priceId, uint64 expiry);
    error NotExpired(uint64 expiry, uint256 now_);
    error NotPerpetual(bytes32 instrument);
    error SettlementOutOfBounds(uint8 priceId, uint64 priceE8, uint64 currentE8, uint256 mostMoveWad);
    error InvalidObservation(uint64 observedAt, uint64 least, uint256 now_);
    error MissingPrice(uint8 priceId);
    error Halted();
    error FundingOutOfBounds(bytes32 instrument, int128 fromWad, int128 toWad, uint256 mostWad);
    error StaleSequence(uint64 sequence, uint64 last);
    error ZeroValue();

    /// @notice Lists an underlying. Governance.
    /// @param name ASCII, as in "BTC"
    /// @param nodesE8 six rising prices at which payoffs are kept [1e-8 USD]
    function listUnderlying(uint8 priceId, bytes32 name, uint64[6] calldata nodesE8) external;

    /// @notice New nodes for an underlying; accounts must then be rebased. Governance.
    function setNodes(uint8 priceId, uint64[6] calldata nodesE8) external;

    /// @notice Lists a contract of a listed underlying; anyone. Listing it again does nothing.
    function list(InstrumentTerms calldata terms) external returns (bytes32 instrument);

    /// @notice Accepts the price of an expiry once, with a quorum's signatures; anyone.
    /// @dev It must lie within `stressMoveWad` of the current price: the intrinsic stress covers just that, so that a lying quorum gains nothing by it.
    /// Where the market has moved further since the expiry, governance may bring the signed price.
    function settle(SettlementPrice calldata price, QuorumProof calldata proof) external;

    /// @notice Accepts a perpetual's funding index, with a quorum's signatures; anyone.
    /// @dev It moves at most `maxFundingPerHourWad` of the price for each hour since the last one, of which at most 24 count.
    function setFunding(FundingIndex calldata index, QuorumProof calldata proof) external;

    /// @notice Terms; kind None where it is not listed.
    function terms(bytes32 instrument) external view returns (InstrumentTerms memory);

    function instrumentId(InstrumentTerms calldata terms) external pure returns (bytes32);

    /// @notice Current nodes of an underlying and their version. [1e-8 USD]
    function nodes(uint8 priceId) external view returns (uint64[6] memory nodesE8, uint64 version);

    /// @notice The same, packed as they are stored: four nodes; two nodes, 0 and the version, 64 bits each, lowest first. [1e-8 USD]
    function nodeWords(uint8 priceId) external view returns (uint256 low, uint256 high);

    /// @notice Terms with the nodes of their underlying, for a change of a leg.
    function termsAndNodes(bytes32 instrument) external view returns (InstrumentTerms memory terms_, uint256 low, uint256 high);

    /// @notice Price at which an expiry settled; 0: not yet. [1e-8 USD]
    function settlementPriceE8(uint8 priceId, uint64 expiry) external view returns (uint64);

    /// @notice Cumulative funding of a perpetual. [wad per unit]
    function fundingIndexWad(bytes32 instrument) external view returns (int128);
}
