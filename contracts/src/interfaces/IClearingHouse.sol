// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {BatchHeader, Clearance, MarginLeaf, QuorumProof, StressRow} from "../types/Attestation.sol";
import {Deleveraging, Leg, LiquidationPhase, MarginState, Match, Position} from "../types/Trading.sol";

/// @title Proofs, events and errors of the clearing house
interface IClearingHouseTypes {
    /// @notice A leaf of the current batch with its proof.
    struct LeafProof {
        BatchHeader header;
        MarginLeaf leaf;
        uint256 index;
        bytes32[] path;
    }

    /// @notice A row of the current batch's stress columns, without its entries.
    struct RowProof {
        BatchHeader header;
        StressRow row;
        uint256 index;
        bytes32[] path;
    }

    /// @notice What a look finds. Money is in wad.
    struct Assessment {
        int256 equityWad; // coins at their haircuts
        int256 worthWad; // coins at their prices
        uint256 initialWad;
        uint256 maintenanceWad;
        MarginState state;
        LiquidationPhase phase;
        uint256 legCount;
    }

    event AccountOpened(uint64 indexed account, address indexed owner);
    event SignerApproved(uint64 indexed account, address indexed signer, uint64 until);
    event CashDeposited(uint64 indexed account, address indexed from, uint256 amount, uint256 creditedWad);
    event CashWithdrawn(uint64 indexed account, address indexed to, uint256 amount, uint256 debitedWad);
    event CoinDeposited(uint64 indexed account, uint8 indexed coin, uint256 amount, uint64 sequence);
    event CoinWithdrawn(uint64 indexed account, uint8 indexed coin, address indexed to, uint256 amount, uint64 sequence);
    /// @param feeWad what each side paid as a fee, beyond the price [wad]
    event Traded(uint64 indexed buyer, uint64 indexed seller, bytes32 indexed instrument, uint128 quantityWad, uint128 priceWad, uint256 feeWad);
    event LegChanged(uint64 indexed account, bytes32 indexed instrument, int128 fromWad, int128 toWad, uint64 sequence, bytes32 positionsHash);
    event CashMoved(uint64 indexed account, int256 amountWad, bytes32 indexed reason);
    event OrderCancelled(uint64 indexed account, uint64 nonce);
    event StateChanged(uint64 indexed account, MarginState from, MarginState to, int256 equityWad, uint256 initialWad, uint256 maintenanceWad, uint40 deadline);
    event FeesCollected(uint64 indexed account, uint256 amountWad);
    event LiquidationEngineSet(address indexed from, address indexed to);
    event InsuranceAccountSet(uint64 indexed from, uint64 indexed to);
    event LiquidationChanged(uint64 indexed account, LiquidationPhase phase);
    event HandedOver(uint64 indexed account, address indexed from, address indexed to);
    event CoinMoved(uint64 indexed from, uint64 indexed to, uint8 indexed coin, uint256 amount);
    event Rebased(uint64 indexed account);
    event CoinListed(uint8 indexed coin, address token, uint8 priceId);

    error NotAuthorised(uint64 account, address caller);
    error UnknownAccount(uint64 account);
    error UnknownCoin(uint8 coin);
    error UnknownInstrument(bytes32 instrument);
    error WrongLeaf(uint64 account, uint64 leafSequence, uint64 accountSequence, bytes32 leafPositions, bytes32 accountPositions);
    error LeafExpired(uint64 validUntil, uint256 now_);
    error BelowInitial(uint64 account, int256 equityWad, uint256 initialWad);
    error BelowIntrinsicStress(uint64 account, int256 stressedWad);
    error StaleNodes(uint64 account, uint8 priceId);
    error NotReducing(uint64 account, bytes32 instrument);
    error NotAtMark(bytes32 instrument, uint256 priceWad, int256 markWad);
    error OrderExpired(uint64 expiry, uint256 now_);
    error OrderOverfilled(bytes32 orderHash, uint256 filledWad, uint256 mostWad);
    error OrderIsCancelled(uint64 account, uint64 nonce);
    error InvalidOrderSignature(uint64 account, address signer);
    error LimitPassed(uint256 priceWad, uint256 limitWad);
    error WrongMatcher(address caller, address matcher);
    error InvalidMatch();
    error InstrumentExpired(bytes32 instrument, uint256 expiry);
    error CapExceeded(bytes32 key, uint256 value, uint256 most);
    error InsufficientBalance(uint256 have, uint256 need);
    error TooManyLegs(uint256 count, uint256 most);
    error IncompleteBook(uint64 account, uint256 given, uint256 legCount);
    error WrongOperatingState(uint8 state);
    error StalePrice(uint8 priceId);
    error PositionsMismatch(uint64 account, bytes32 expected, bytes32 actual);
    error WrongAction(bytes32 cleared, bytes32 actual);
    error WrongValues(uint64 account, int256 valueWad, uint256 movedWad, uint256 allWad);
    error NotInClearance(uint64 account);
    error UnderLiquidation(uint64 account);
    error SharedWithKeepers(uint64 account);
    error NotLiquidatable(uint64 account);
    error HasLegs(uint64 account, uint256 legCount);
    error InDebt(uint64 account, int256 cashWad);
    error RowNotInBatch(bytes32 instrument, uint256 index);
    error BatchTooOld(uint64 observedAt, uint256 now_, uint256 mostSeconds);
    error TokenMismatch(address token, uint256 expected, uint256 actual);
    error InvalidToken(address token);
    error LadderOverflow(int256 value);
    error InvalidLegs(bytes32 instrument, int128 quantityWad);
    error ZeroValue();
}

/// @title What must be cheap: trades, withdrawals of cash, margin states
/// @notice Rules: docs/protocol.md. Amounts of tokens are in token units, everything else in wad.
interface IClearingHouseCore is IClearingHouseTypes {
    function withdrawCash(uint64 account, uint256 amount, address to, LeafProof calldata proof) external;
    function trade(Match[] calldata matches, Clearance calldata clearance, QuorumProof calldata proof) external;
    /// @notice Both sides shrink, at the mark of the last batch. Needs no clearance.
    function close(Match calldata matched, RowProof calldata proof) external;
    function cancelOrder(uint64 account, uint64 nonce) external;
    /// @notice Looks at an account with a leaf and records its state; anyone.
    function check(uint64 account, LeafProof calldata proof) external returns (MarginState);
    /// @notice Looks at an account like `check` and says what it found; anyone.
    function assess(uint64 account, LeafProof calldata proof) external returns (Assessment memory);
    function ownerOf(uint64 account) external view returns (address);
    function summary(uint64 account) external view returns (int128 cashWad, uint64 sequence, uint16 legCount, bytes32 positionsHash, MarginState state, uint40 callDeadline);
    function position(uint64 account, bytes32 instrument) external view returns (Position memory);
    /// @notice How much of an order is filled, 0 again once it is filled up. [wad]
    function filledWad(bytes32 orderStructHash) external view returns (uint256);
    /// @notice Whether a nonce is used up: cancelled, or an order with it is filled up.
    function isSpent(uint64 account, uint64 nonce) external view returns (bool);
    function orderDigest(bytes32 structHash) external view returns (bytes32);
}

/// @title The rest: opening, deposits, coins, expiry, governance, what an account is worth
interface IClearingHouseServices is IClearingHouseTypes {
    function openAccount() external returns (uint64 account);
    /// @notice Opens an account for somebody else.
    function openAccountFor(address owner) external returns (uint64 account);
    /// @notice Lets another address sign orders for an account until a given second. 0 revokes.
    function approveSigner(uint64 account, address signer, uint64 until) external;
    function depositCash(uint64 account, uint256 amount) external returns (uint256 creditedWad);
    function signerUntil(uint64 account, address signer) external view returns (uint64);
    function depositCoin(uint64 account, uint8 coin, uint256 amount) external returns (uint256 credited);
    function withdrawCoin(uint64 account, uint8 coin, uint256 amount, address to, Clearance calldata clearance, QuorumProof calldata proof) external;
    /// @notice Everything that is not needed for margin may leave an account without legs and without debt, in every state but Halt.
    function exit(uint64 account, address to) external;
    /// @notice Pays out expired legs; anyone.
    function settle(uint64 account, bytes32[] calldata instruments) external;
    /// @notice Recomputes an account's payoffs at new nodes; anyone. Lists the whole book.
    function rebase(uint64 account, bytes32[] calldata instruments) external;
    /// @notice Allows a coin as collateral. Its haircut, cap and ramp are numbers of RiskParameters; its credit rises from 0. Governance.
    function listCoin(address token, uint8 priceId) external returns (uint8 coin);
    /// @notice Governance.
    function setLiquidationEngine(address engine) external;
    /// @notice The account that pays for what liquidations cannot cover; an account like any other. Governance.
    function setInsuranceAccount(uint64 account) external;
    /// @notice Moves the fees to an account. Governance.
    function collectFees(uint64 account) external;
    function coinBalance(uint64 account, uint8 coin) external view returns (uint256);
    /// @notice Cash and coins at their haircuts, at the prices of the current batch. [wad]
    function collateralWad(uint64 account) external view returns (int256);
    /// @notice Cash, counted coins and payoffs of all legs where every underlying stays, falls or rises by the governed move: the least of the three. [wad]
    /// @dev The governed allowance for time value counts after a move, not at the price itself. Below 0 the owner may not trade or withdraw.
    function stressedWad(uint64 account) external view returns (int256);
    function isUnderLiquidation(uint64 account) external view returns (bool);
    /// @notice Fees not collected yet. [wad]
    function feesWad() external view returns (uint256);
    /// @notice A listed coin: its token, price, decimals, the second it was listed, and all that accounts hold. [token units]
    function coinInfo(uint8 coin) external view returns (address token, uint8 priceId, uint8 decimals, uint40 listedAt, uint256 held);
}

/// @title Accounts, collateral, positions
/// @notice All of it stands at one address: the contract answers the core itself and hands services to its second part and liquidations to its third by delegatecall, as one contract may not be larger than 24,576 bytes.
interface IClearingHouse is IClearingHouseCore, IClearingHouseServices {}

/// @title What the liquidation engine may do with accounts that are liquidatable
/// @notice Every call keeps conservation: legs, coins and cash only move between accounts. What begins a liquidation needs a look in the same action that found the account Liquidatable; what goes on with one, or ends an ownership, a look that found it below its initial margin.
interface ILiquidationHooks is IClearingHouseTypes {
    /// @notice Takes an account under liquidation, shares it, or lets it go; a liquidation begins only after a look in the same action.
    function setPhase(uint64 account, LiquidationPhase phase) external;
    /// @notice Moves cash down to 0. The payer is under liquidation, the insurance account, or an account without legs that has approved the engine as a signer.
    function moveCash(uint64 from, uint64 to, uint256 amountWad, bytes32 reason) external;
    /// @notice Moves a share of every leg and coin and of the cash, each rounded towards 0, cash down, from a shared account to a new account. Lists the whole book, rising.
    function moveShare(uint64 from, address holder, bytes32[] calldata instruments, uint256 unitsWad, uint256 allUnitsWad) external returns (uint64 to);
    /// @notice Moves legs from an account to one that has approved the engine as a signer, against cash to the giver or, below 0, from it down to 0. A quorum has cleared both as they stand
    /// after it. The taker holds its initial margin and stands the intrinsic stress; the giver stands it no worse.
    function movePlan(uint64 from, uint64 to, Leg[] calldata legs, int256 cashToFromWad, Clearance calldata clearance, QuorumProof calldata proof)
        external
        returns (Assessment memory);
    /// @notice Moves legs that a quorum has cleared to an account that holds the other side of each, whoever owns it: both only shrink. The price is the mark, less a share of the giver's debt
    /// that is the same for the value of every leg, and never more than all of it. The taker holds its initial margin afterwards and stands the intrinsic stress; the giver stands it no worse, and its coins go to the
    /// insurance account with its last leg.
    /// @param equityWad of the giver, from a look in this very moment
    /// @return found the giver afterwards
    /// @return givenWad what the taker gave up
    function moveOpposite(Deleveraging calldata action, int256 equityWad, Clearance calldata clearance, QuorumProof calldata proof)
        external
        returns (Assessment memory found, uint256 givenWad);
    /// @notice Gives an account to another owner. What the owner before approved or signed is void.
    function handOver(uint64 account, address to) external;
    function insuranceAccount() external view returns (uint64);
}
