// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {IClearingHouseServices} from "../interfaces/IClearingHouse.sol";
import {IInstrumentRegistry} from "../interfaces/IInstrumentRegistry.sol";
import {IRiskParameters} from "../interfaces/IRiskParameters.sol";
import {Instruments} from "../libraries/Instruments.sol";
import {Keys} from "../libraries/Keys.sol";
import {Orders} from "../libraries/Orders.sol";
import {PayoffLadder} from "../libraries/PayoffLadder.sol";
import {WadMath} from "../libraries/WadMath.sol";
import {AccountClearance, Clearance, QuorumProof} from "../types/Attestation.sol";
import {InstrumentKind, InstrumentTerms, LiquidationPhase} from "../types/Trading.sol";
import {Books} from "./Books.sol";
import {HouseLiquidations} from "./HouseLiquidations.sol";
import {HouseState} from "./HouseState.sol";
import {Vault} from "./Vault.sol";

/// @title The second part of the clearing house: coins, expiry, governance, what an account is worth
/// @notice It works on the storage of the ClearingHouse that calls it by delegatecall. Called at its own address it is a house of its own, with nothing of the other's in it and nobody who could list coins or name an engine.
contract HouseServices is Books, IClearingHouseServices {
    HouseLiquidations public immutable LIQUIDATIONS;

    constructor(HouseLiquidations liquidations)
        HouseState(liquidations.INSTRUMENTS(), liquidations.ATTESTATIONS(), liquidations.PARAMETERS(), address(this))
        Vault(liquidations.CASH())
    {
        LIQUIDATIONS = liquidations;
    }

    /// @inheritdoc IClearingHouseServices
    function openAccount() external returns (uint64 account) {
        return _open(msg.sender);
    }

    /// @inheritdoc IClearingHouseServices
    function openAccountFor(address owner_) external returns (uint64 account) {
        require(owner_ != address(0), ZeroValue());
        return _open(owner_);
    }

    /// @inheritdoc IClearingHouseServices
    function approveSigner(uint64 account, address signer, uint64 until) external {
        require(signer != address(0), ZeroValue());
        _requireOwner(account);
        uint256 most = block.timestamp + MAX_APPROVAL_SECONDS;
        require(until <= most, CapExceeded("until", until, most));
        _signerUntil[account][msg.sender][signer] = until;
        emit SignerApproved(account, signer, until);
    }

    /// @inheritdoc IClearingHouseServices
    function depositCash(uint64 account, uint256 amount) external nonReentrant returns (uint256 creditedWad) {
        Account storage a = _accounts[account];
        require(a.owner != address(0), UnknownAccount(account));
        _requireNotShared(account, a.phase);
        uint256 received = _pull(CASH, amount);
        creditedWad = WAD_PER_UNIT != 0 ? received * WAD_PER_UNIT : received / UNITS_PER_WAD;
        require(creditedWad != 0, ZeroValue());

        uint256 held = CASH.balanceOf(address(this));
        uint256 heldWad = WAD_PER_UNIT != 0 ? held * WAD_PER_UNIT : held / UNITS_PER_WAD;
        uint256 capWad = _parameter(Keys.CASH_CAP_WAD);
        require(heldWad <= capWad, CapExceeded(Keys.CASH_CAP_WAD, heldWad, capWad));
        _enter(creditedWad);
        a.cashWad = SafeCast.toInt128(int256(a.cashWad) + int256(creditedWad));
        _forgetCheck(a);
        emit CashDeposited(account, msg.sender, amount, creditedWad);
    }

    /// @inheritdoc IClearingHouseServices
    function signerUntil(uint64 account, address signer) external view returns (uint64) {
        return _signerUntil[account][_accounts[account].owner][signer];
    }

    /// @inheritdoc IClearingHouseServices
    function depositCoin(uint64 account, uint8 coin, uint256 amount) external nonReentrant returns (uint256 credited) {
        // The owner alone: a coin movement raises the sequence, so a stranger's dust would make the account's leaf and clearances stale.
        _requireOwner(account);
        _requireNotShared(account, _accounts[account].phase);
        Coin storage c = _coin(coin);
        credited = _pull(IERC20(c.token), amount);
        require(credited != 0, ZeroValue());

        uint256 held = c.held + credited;
        uint256 capWad = _parameter(Keys.ofCoin(Keys.COIN_CAP_WAD, coin));
        uint256 heldWad = held * uint256(WadMath.WAD) / 10 ** c.decimals;
        require(heldWad <= capWad, CapExceeded(Keys.ofCoin(Keys.COIN_CAP_WAD, coin), heldWad, capWad));
        c.held = held;
        Market memory market;
        _enter(_worthDown(c, credited, market));
        _coinBalance[account][coin] += credited;
        Account storage a = _accounts[account];
        a.coins |= uint8(1 << coin);
        _forgetCheck(a);
        emit CoinDeposited(account, coin, credited, ++a.sequence);
    }

    /// @inheritdoc IClearingHouseServices
    function withdrawCoin(uint64 account, uint8 coin, uint256 amount, address to, Clearance calldata clearance, QuorumProof calldata)
        external
        nonReentrant
    {
        (Book memory book, IAttestationRegistry.OperatingState state) = _leaving(account, amount, to);
        Market memory market = _market();
        bytes32 action = Orders.hashCoinWithdrawal(account, coin, amount, to);
        _debitCoin(book, coin, amount);
        if (book.legCount == 0) {
            _requireNotShared(account, book.phase);
            require(book.cashWad >= 0, InDebt(account, book.cashWad));
        } else {
            _requireNormal(state);
            _requireNoLiquidation(book);
            _requireClearance(IAttestationRegistry.requireClearance.selector, 6);
            require(clearance.actionHash == action, WrongAction(clearance.actionHash, action));
            require(clearance.accounts.length == 1, NotInClearance(account));
            AccountClearance calldata cleared = clearance.accounts[0];
            _requireClearedBefore(book, cleared);
            _requireClearedAfter(book, cleared);
            _requireInitial(book, market, cleared.initialWad, cleared.markValueWad);
            _requireStressed(book, market, false);
        }
        ++book.sequence;
        _store(book);
        _recordCoinOut(book, coin, amount, to, market);
        _push(IERC20(_coins[coin].token), amount, to);
    }

    /// @inheritdoc IClearingHouseServices
    function exit(uint64 account, address to) external nonReentrant {
        (Book memory book,) = _leaving(account, 1, to);
        require(book.legCount == 0, HasLegs(account, book.legCount));
        require(book.cashWad >= 0, InDebt(account, book.cashWad));
        _requireNotShared(account, book.phase);
        Market memory market = _market();
        uint256[] memory amounts = new uint256[](MAX_COINS);
        uint256 coins = book.coins;
        for (uint8 coin = 0; coins >> coin != 0; ++coin) {
            if ((coins >> coin) & 1 == 0) continue;
            amounts[coin] = _coinBalance[account][coin];
            _debitCoin(book, coin, amounts[coin]);
            ++book.sequence;
        }
        uint256 cashWad = uint256(book.cashWad);
        uint256 cashAmount = WAD_PER_UNIT != 0 ? cashWad / WAD_PER_UNIT : cashWad * UNITS_PER_WAD;
        uint256 debitedWad = WAD_PER_UNIT != 0 ? cashAmount * WAD_PER_UNIT : cashWad;
        book.cashWad -= int256(debitedWad);
        _store(book);
        if (cashAmount != 0) _recordCashOut(book, cashAmount, debitedWad, to, market);
        for (uint8 coin = 0; coin < MAX_COINS; ++coin) {
            if (amounts[coin] != 0) _recordCoinOut(book, coin, amounts[coin], to, market);
        }
        if (cashAmount != 0) _push(CASH, cashAmount, to);
        for (uint8 coin = 0; coin < MAX_COINS; ++coin) {
            if (amounts[coin] != 0) _push(IERC20(_coins[coin].token), amounts[coin], to);
        }
    }

    /// @inheritdoc IClearingHouseServices
    function settle(uint64 account, bytes32[] calldata instruments) external nonReentrant {
        _requireNotHalted();
        require(instruments.length <= MAX_LEGS, TooManyLegs(instruments.length, MAX_LEGS));
        Book memory book = _load(account);
        Market memory market;
        for (uint256 i = 0; i < instruments.length; ++i) {
            _settleLeg(book, instruments[i], market);
        }
        _store(book);
    }

    /// @inheritdoc IClearingHouseServices
    function rebase(uint64 account, bytes32[] calldata instruments) external nonReentrant {
        Book memory book = _load(account);
        require(instruments.length == book.legCount, IncompleteBook(account, instruments.length, book.legCount));
        Market memory market;
        uint256[32] memory words;
        bytes32 last = 0;
        for (uint256 i = 0; i < instruments.length; ++i) {
            bytes32 instrument = instruments[i];
            int256 quantityWad = _positions[account][instrument].quantityWad;
            // As many different legs as the account has, none of them empty: the whole book.
            require(instrument > last && quantityWad != 0, IncompleteBook(account, i, book.legCount));
            last = instrument;
            InstrumentTerms memory terms = _terms(market, instrument);
            (uint256 nodesLow, uint256 nodesHigh) = _nodes(market, terms.priceId);
            uint256 place = uint256(terms.priceId) << 1;
            (words[place], words[place + 1]) = PayoffLadder.changed(words[place], words[place + 1], nodesLow, nodesHigh, terms, 0, quantityWad);
        }
        for (uint8 priceId = 0; book.underlyings >> priceId != 0; ++priceId) {
            if ((book.underlyings >> priceId) & 1 == 0) continue;
            _ladders[account][priceId] = PayoffLadder.Ladder(words[uint256(priceId) << 1], words[(uint256(priceId) << 1) + 1]);
        }
        emit Rebased(account);
    }

    /// @inheritdoc IClearingHouseServices
    function listCoin(address token, uint8 priceId) external onlyOwner returns (uint8 coin) {
        coin = _coinCount;
        require(coin < MAX_COINS, CapExceeded("coins", coin, MAX_COINS));
        require(priceId < 16, StalePrice(priceId));
        require(token != address(CASH), InvalidToken(token));
        for (uint8 i = 0; i < coin; ++i) {
            require(_coins[i].token != token, InvalidToken(token));
        }
        _coins[coin] = Coin(token, priceId, _decimals(token), uint40(block.timestamp), 0);
        _coinCount = coin + 1;
        emit CoinListed(coin, token, priceId);
    }

    /// @inheritdoc IClearingHouseServices
    function setLiquidationEngine(address engine) external onlyOwner {
        emit LiquidationEngineSet(_liquidationEngine, engine);
        _liquidationEngine = engine;
    }

    /// @inheritdoc IClearingHouseServices
    function setInsuranceAccount(uint64 account) external onlyOwner {
        require(_accounts[account].owner != address(0), UnknownAccount(account));
        emit InsuranceAccountSet(_insuranceAccount, account);
        _insuranceAccount = account;
    }

    /// @inheritdoc IClearingHouseServices
    function collectFees(uint64 account) external onlyOwner nonReentrant {
        uint256 amountWad = _feesWad;
        require(amountWad != 0, ZeroValue());
        _feesWad = 0;
        Book memory book = _load(account);
        book.cashWad += int256(amountWad);
        _store(book);
        emit FeesCollected(account, amountWad);
    }

    /// @inheritdoc IClearingHouseServices
    function collateralWad(uint64 account) external view returns (int256) {
        Market memory market;
        return _collateral(_load(account), market);
    }

    /// @inheritdoc IClearingHouseServices
    function stressedWad(uint64 account) external view returns (int256) {
        Market memory market;
        (market.limits,) = _currentLimits();
        return _stressed(_load(account), market, false);
    }

    /// @inheritdoc IClearingHouseServices
    function coinBalance(uint64 account, uint8 coin) external view returns (uint256) {
        return _coinBalance[account][coin];
    }

    /// @inheritdoc IClearingHouseServices
    function coinInfo(uint8 coin) external view returns (address token, uint8 priceId, uint8 decimals, uint40 listedAt, uint256 held) {
        Coin storage c = _coins[coin];
        return (c.token, c.priceId, c.decimals, c.listedAt, c.held);
    }

    /// @inheritdoc IClearingHouseServices
    function isUnderLiquidation(uint64 account) external view returns (bool) {
        return _accounts[account].phase != LiquidationPhase.None;
    }

    /// @inheritdoc IClearingHouseServices
    function feesWad() external view returns (uint256) {
        return _feesWad;
    }

    /// @notice Whatever is not answered above belongs to liquidations, or is nothing: the third part has no fallback.
    fallback(bytes calldata input) external returns (bytes memory output) {
        output = Address.functionDelegateCall(address(LIQUIDATIONS), input);
    }

    /// @notice Pays out an expired leg, or the funding of a perpetual. A leg that is gone already is passed over, so that nobody can spoil another's call.
    function _settleLeg(Book memory book, bytes32 instrument, Market memory market) private {
        int256 quantityWad = _positions[book.account][instrument].quantityWad;
        if (quantityWad == 0) return;
        InstrumentTerms memory terms = _terms(market, instrument);
        if (terms.kind == InstrumentKind.Perpetual) {
            int256 paidWad = _payFunding(book, instrument);
            // The chain of the book takes the payment as a link from the quantity to itself: a leaf that still counts the funding as owed no longer matches.
            if (paidWad != 0) _link(book, instrument, quantityWad, quantityWad);
            return;
        }
        uint64 priceE8 = INSTRUMENTS.settlementPriceE8(terms.priceId, terms.expiry);
        require(priceE8 != 0, IInstrumentRegistry.NotSettled(terms.priceId, terms.expiry));
        int256 cashWad = WadMath.mulDown(quantityWad, int256(Instruments.payoffWad(terms, priceE8)));
        _changeLeg(book, instrument, terms, market, -quantityWad);
        book.cashWad += cashWad;
        emit CashMoved(book.account, cashWad, "settlement");
    }
}
