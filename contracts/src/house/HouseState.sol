// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {IClearingHouseTypes} from "../interfaces/IClearingHouse.sol";
import {IInstrumentRegistry} from "../interfaces/IInstrumentRegistry.sol";
import {IRiskParameters} from "../interfaces/IRiskParameters.sol";
import {HourlyFlow} from "../libraries/HourlyFlow.sol";
import {Keys} from "../libraries/Keys.sol";
import {PayoffLadder} from "../libraries/PayoffLadder.sol";
import {MarginState, Position} from "../types/Trading.sol";

/// @title What the clearing house stores, and who may touch an account
/// @dev Both halves of the house inherit all storage from here alone, so that it lies at the same places for both.
abstract contract HouseState is IClearingHouseTypes, Ownable2Step, ReentrancyGuardTransient {
    /// @dev First slot: who and in which state. Second: what changes with every action. Third: the book's hash.
    struct Account {
        address owner;
        MarginState state;
        uint40 callDeadline; // [s] of a margin call; 0: none runs
        uint40 checkedAt; // [s] when the state was last looked at; 0: something came in since
        bool underLiquidation;
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
        bool underLiquidation;
        int256 cashWad;
        uint64 sequence;
        uint256 legCount;
        uint256 coins;
        uint256 underlyings;
        bytes32 positionsHash;
        int256 stressedBeforeWad; // only where the action asks for it
    }

    /// @dev Prices, nodes and governed numbers, read once for an action.
    struct Market {
        uint64[16] pricesE8; // [1e-8 USD] of the current batch; 0: none
        uint256[32] nodeWords; // two for each price id, once loaded
        uint256 stressMoveWad; // [wad] share
        uint256 timeValueShareWad; // [wad] share
    }

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
    mapping(uint64 account => mapping(address signer => uint64)) internal _signerUntil; // [s] last second
    uint256 internal _feesWad; // [wad] not collected yet
    int256 internal _heldCashWad; // [wad] credited less debited: all cash of accounts, fees, and what rounding left
    HourlyFlow.Flow internal _flow; // of cash and coins together [USD]
    uint8 internal _coinCount;
    mapping(uint8 coin => Coin) internal _coins;
    mapping(uint64 account => mapping(uint8 coin => uint256)) internal _coinBalance; // [token units]
    mapping(bytes32 orderStructHash => uint256) internal _filledWad; // [wad] of orders that are open
    mapping(uint64 account => mapping(uint64 word => uint256)) internal _spentNonces; // bit n of word w: nonce 256 w + n
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

    function _load(uint64 account) internal view returns (Book memory book) {
        Account storage a = _accounts[account];
        book.owner = a.owner;
        require(book.owner != address(0), UnknownAccount(account));
        book.account = account;
        book.underLiquidation = a.underLiquidation;
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
    }

    function _requireNotHalted() internal view returns (IAttestationRegistry.OperatingState state) {
        state = ATTESTATIONS.operatingState();
        require(state != IAttestationRegistry.OperatingState.Halt, WrongOperatingState(uint8(state)));
    }

    function _requireNormal(IAttestationRegistry.OperatingState state) internal pure {
        require(state == IAttestationRegistry.OperatingState.Normal, WrongOperatingState(uint8(state)));
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

    function _market() internal view returns (Market memory market) {
        (market.pricesE8,) = ATTESTATIONS.prices();
        (market.stressMoveWad, market.timeValueShareWad) = _parameters(Keys.STRESS_MOVE_WAD, Keys.TIME_VALUE_SHARE_WAD);
    }

    function _nodes(Market memory market, uint8 priceId) internal view returns (uint256 low, uint256 high) {
        uint256 place = uint256(priceId) << 1;
        (low, high) = (market.nodeWords[place], market.nodeWords[place + 1]);
        if (high == 0) {
            (low, high) = INSTRUMENTS.nodeWords(priceId);
            (market.nodeWords[place], market.nodeWords[place + 1]) = (low, high);
        }
    }
}
