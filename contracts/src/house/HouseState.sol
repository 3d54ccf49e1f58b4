// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {IClearingHouseTypes} from "../interfaces/IClearingHouse.sol";
import {IInstrumentRegistry} from "../interfaces/IInstrumentRegistry.sol";
import {IRiskParameters} from "../interfaces/IRiskParameters.sol";
import {HourlyFlow} from "../libraries/HourlyFlow.sol";
import {Keys} from "../libraries/Keys.sol";
import {PayoffLadder} from "../libraries/PayoffLadder.sol";
import {WadMath} from "../libraries/WadMath.sol";
import {InstrumentTerms, LiquidationPhase, MarginState, Position} from "../types/Trading.sol";

/// @title What the clearing house stores, and who may touch an account
/// @dev All parts of the house inherit all storage from here alone, so that it lies at the same places for each.
abstract contract HouseState is IClearingHouseTypes, Ownable2Step, ReentrancyGuardTransient {
    /// @dev First slot: who and in which state. Second: what changes with every action. Third: the book's hash.
    struct Account {
        address owner;
        MarginState state;
        uint40 callDeadline; // [s] of a margin call; 0: none runs
        uint40 checkedAt; // [s] when the state was last looked at; 0: the account has moved in the same second since
        LiquidationPhase phase;
        int128 cashWad; // [wad] may be negative: the cost of what is held
        uint64 sequence;
        uint8 legCount;
        uint8 coins; // bit i: holds coin i
        uint16 underlyings; // bit i: holds legs on price id i
        bytes32 positionsHash;
    }

    struct Coin {
        address token;
        uint8 priceId;
        uint8 decimals;
        uint40 listedAt; // [s]
        uint256 held; // [token units] sum of the accounts
    }

    /// @dev An account in memory while an action runs: what may change is written once at the end.
    struct Book {
        uint64 account;
        address owner;
        LiquidationPhase phase;
        int256 cashWad;
        uint64 sequence;
        uint256 legCount;
        uint256 coins;
        uint256 underlyings;
        bytes32 positionsHash;
        int256 stressedBeforeWad; // only where the action asks for it
    }

    /// @dev Prices, nodes and governed numbers, each read once for an action, prices and nodes when first needed.
    struct Market {
        uint64[16] pricesE8; // [1e-8 USD] of the current batch; 0: not read yet, or none
        uint256[32] nodeWords; // two for each price id, once loaded
        Limits limits;
    }

    /// @dev One slot: governed numbers as of a version. What does not fit is cut to the stricter side.
    struct Limits {
        uint64 version;
        uint32 stressMove; // [1e-9] share of the price
        uint32 timeValueShare; // [1e-9] of gross option notional
        uint32 tradeFee; // [1e-9] of notional
        uint24 closeWindow; // [s]
        uint48 withdrawPerHour; // [USD]
    }

    uint256 internal constant BILLIONTH_WAD = 1e9;
    uint256 public constant MAX_LEGS = 127;
    uint256 public constant MAX_COINS = 8;
    uint256 public constant MAX_APPROVAL_SECONDS = 365 days;

    IInstrumentRegistry public immutable INSTRUMENTS;
    IAttestationRegistry public immutable ATTESTATIONS;
    IRiskParameters public immutable PARAMETERS;

    uint64 internal _accountCount;
    mapping(uint64 account => Account) internal _accounts;
    mapping(uint64 account => mapping(bytes32 instrument => Position)) internal _positions;
    mapping(uint64 account => mapping(uint8 priceId => PayoffLadder.Ladder)) internal _ladders;
    mapping(uint64 account => mapping(address owner => mapping(address signer => uint64))) internal _signerUntil; // [s] last second; what an owner approved ends with his ownership
    Limits private _limits;
    uint256 internal _feesWad; // [wad] not collected yet
    HourlyFlow.Flow internal _flow; // of cash and coins together [USD]
    uint8 internal _coinCount;
    mapping(uint8 coin => Coin) internal _coins;
    mapping(uint64 account => mapping(uint8 coin => uint256)) internal _coinBalance; // [token units]
    mapping(bytes32 orderStructHash => uint256) internal _filledWad; // [wad] of orders that are open
    mapping(uint64 account => mapping(uint64 word => uint256)) internal _nonces; // nonce 128 w + n in bits 2n (used up) and 2n + 1 (an order with it is partly filled)
    address internal _liquidationEngine;
    uint64 internal _insuranceAccount;

    constructor(IInstrumentRegistry instruments, IAttestationRegistry attestations, IRiskParameters parameters, address owner_) Ownable(owner_) {
        require(address(instruments) != address(0) && address(attestations) != address(0) && address(parameters) != address(0), ZeroValue());
        (INSTRUMENTS, ATTESTATIONS, PARAMETERS) = (instruments, attestations, parameters);
    }

    function _requireOwner(uint64 account) internal view {
        address owner_ = _accounts[account].owner;
        require(owner_ != address(0), UnknownAccount(account));
        require(owner_ == msg.sender, NotAuthorised(account, msg.sender));
    }

    function _open(address owner_) internal returns (uint64 account) {
        account = ++_accountCount;
        _accounts[account].owner = owner_;
        emit AccountOpened(account, owner_);
    }

    function _mayAct(uint64 account, address owner_, address who) internal view returns (bool) {
        return who == owner_ || _signerUntil[account][owner_][who] >= block.timestamp;
    }

    function _requireNoLiquidation(Book memory book) internal pure {
        require(book.phase == LiquidationPhase.None, UnderLiquidation(book.account));
    }

    /// @notice What is shared with keepers may not be moved by one of its holders.
    function _requireNotShared(uint64 account, LiquidationPhase phase) internal pure {
        require(phase != LiquidationPhase.Shared, SharedWithKeepers(account));
    }

    function _load(uint64 account) internal view returns (Book memory book) {
        Account storage a = _accounts[account];
        book.owner = a.owner;
        require(book.owner != address(0), UnknownAccount(account));
        book.account = account;
        book.phase = a.phase;
        (book.cashWad, book.sequence, book.legCount, book.coins, book.underlyings) = (a.cashWad, a.sequence, a.legCount, a.coins, a.underlyings);
        book.positionsHash = a.positionsHash;
    }

    function _store(Book memory book) internal {
        Account storage a = _accounts[book.account];
        int128 cashWad = SafeCast.toInt128(book.cashWad);
        (uint64 sequence, uint8 legCount, uint8 coins, uint16 underlyings) =
            (book.sequence, uint8(book.legCount), uint8(book.coins), uint16(book.underlyings));
        a.cashWad = cashWad;
        a.sequence = sequence;
        a.legCount = legCount;
        a.coins = coins;
        a.underlyings = underlyings;
        a.positionsHash = book.positionsHash;
        _forgetCheck(a);
    }

    /// @notice A look from before this action is no ground for a liquidation. One from an earlier second is none anyway.
    function _forgetCheck(Account storage a) internal {
        if (a.checkedAt == block.timestamp) a.checkedAt = 0;
    }

    function _requireNotHalted() internal view returns (IAttestationRegistry.OperatingState state) {
        state = ATTESTATIONS.operatingState();
        require(state != IAttestationRegistry.OperatingState.Halt, WrongOperatingState(uint8(state)));
    }

    function _requireNormal(IAttestationRegistry.OperatingState state) internal pure {
        require(state == IAttestationRegistry.OperatingState.Normal, WrongOperatingState(uint8(state)));
    }

    /// @notice Reverts unless the registry accepts the clearance and the proof that end the call's arguments, the heads of both being the last of so many words.
    /// @param selector of `requireClearance` for what owners do, of `requireClearanceToLiquidate` otherwise
    /// @dev The call data goes on as it lies there, without the words before those heads: encoding it anew would cost 7,000 gas. Both must lie behind all heads,
    /// so that the registry reads just the bytes that are read here.
    function _requireClearance(bytes4 selector, uint256 headWords) internal view {
        address target = address(ATTESTATIONS);
        assembly ("memory-safe") {
            let head := shl(5, headWords)
            let clearance := calldataload(sub(head, 0x3c)) // 4 + head - 64
            let proof := calldataload(sub(head, 0x1c)) // 4 + head - 32
            if or(lt(clearance, head), lt(proof, head)) { revert(0, 0) }
            let cut := sub(head, 0x40)
            let free := mload(0x40)
            let rest := sub(calldatasize(), add(head, 0x04))
            mstore(free, selector)
            mstore(add(free, 0x04), sub(clearance, cut))
            mstore(add(free, 0x24), sub(proof, cut))
            calldatacopy(add(free, 0x44), add(head, 0x04), rest)
            if iszero(staticcall(gas(), target, free, add(rest, 0x44), 0, 0)) {
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
        }
    }

    function _parameter(bytes32 key) internal view returns (uint256) {
        return SafeCast.toUint256(PARAMETERS.value(key));
    }

    function _parameters(bytes32 a, bytes32 b) internal view returns (uint256, uint256) {
        bytes32[] memory keys = new bytes32[](2);
        (keys[0], keys[1]) = (a, b);
        int128[] memory found = PARAMETERS.values(keys);
        return (SafeCast.toUint256(found[0]), SafeCast.toUint256(found[1]));
    }

    /// @notice The market as an action sees it. Governed numbers are read from RiskParameters again only when its version has moved.
    function _market() internal returns (Market memory market) {
        bool moved;
        (market.limits, moved) = _currentLimits();
        if (moved) _limits = market.limits;
    }

    function _currentLimits() internal view returns (Limits memory limits, bool moved) {
        limits = _limits;
        uint64 version = PARAMETERS.version();
        if (limits.version == version) return (limits, false);
        moved = true;
        limits.version = version;
        limits.stressMove = SafeCast.toUint32(WadMath.divUp(_parameter(Keys.STRESS_MOVE_WAD), BILLIONTH_WAD));
        limits.timeValueShare = uint32(Math.min(_parameter(Keys.TIME_VALUE_SHARE_WAD) / BILLIONTH_WAD, type(uint32).max));
        limits.tradeFee = SafeCast.toUint32(_parameter(Keys.TRADE_FEE_WAD) / BILLIONTH_WAD);
        limits.closeWindow = uint24(Math.min(_parameter(Keys.CLOSE_WINDOW_SECONDS), type(uint24).max));
        limits.withdrawPerHour = uint48(Math.min(_parameter(Keys.WITHDRAW_PER_HOUR_WAD) / uint256(WadMath.WAD), type(uint48).max));
    }

    /// @notice Price in the current batch; 0: none. [1e-8 USD]
    function _price(Market memory market, uint8 priceId) internal view returns (uint64 priceE8) {
        priceE8 = market.pricesE8[priceId];
        if (priceE8 == 0) {
            priceE8 = ATTESTATIONS.priceE8(priceId);
            market.pricesE8[priceId] = priceE8;
        }
    }

    function _nodes(Market memory market, uint8 priceId) internal view returns (uint256 low, uint256 high) {
        uint256 place = uint256(priceId) << 1;
        (low, high) = (market.nodeWords[place], market.nodeWords[place + 1]);
        if (high == 0) {
            (low, high) = INSTRUMENTS.nodeWords(priceId);
            (market.nodeWords[place], market.nodeWords[place + 1]) = (low, high);
        }
    }

    /// @notice Terms of a contract; the nodes of its underlying come with them.
    function _terms(Market memory market, bytes32 instrument) internal view returns (InstrumentTerms memory terms) {
        uint256 low;
        uint256 high;
        (terms, low, high) = INSTRUMENTS.termsAndNodes(instrument);
        uint256 place = uint256(terms.priceId) << 1;
        (market.nodeWords[place], market.nodeWords[place + 1]) = (low, high);
    }
}
