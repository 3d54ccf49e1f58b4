// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {IClearingHouseCore} from "../interfaces/IClearingHouse.sol";
import {AttestationHashes} from "../libraries/AttestationHashes.sol";
import {MerkleTree} from "../libraries/MerkleTree.sol";
import {Orders} from "../libraries/Orders.sol";
import {WadMath} from "../libraries/WadMath.sol";
import {AccountClearance, BatchHeader, Clearance, QuorumProof, StressRow} from "../types/Attestation.sol";
import {InstrumentKind, InstrumentTerms, Match, Order} from "../types/Trading.sol";
import {Books} from "./Books.sol";

/// @title Orders, trades and pure closes
/// @notice An order's nonce is used up when the order is filled up or cancelled, and with it every other order of the account under that nonce.
abstract contract Trading is Books, IClearingHouseCore, EIP712 {
    using AttestationHashes for BatchHeader;
    using AttestationHashes for StressRow;
    using Orders for Order;

    uint256 public constant MAX_MATCHES = 16;

    /// @inheritdoc IClearingHouseCore
    function cancelOrder(uint64 account, uint64 nonce) external {
        address owner_ = _accounts[account].owner;
        require(owner_ != address(0), UnknownAccount(account));
        require(_mayAct(account, owner_, msg.sender), NotAuthorised(account, msg.sender));
        _nonces[account][nonce >> 7] |= _spentBit(nonce);
        emit OrderCancelled(account, nonce);
    }

    /// @inheritdoc IClearingHouseCore
    function trade(Match[] calldata matches, Clearance calldata clearance, QuorumProof calldata) external nonReentrant {
        require(matches.length != 0 && matches.length <= MAX_MATCHES, InvalidMatch());
        IAttestationRegistry.OperatingState state = _requireNotHalted();
        _requireClearance(IAttestationRegistry.requireClearance.selector, 3);
        Market memory market = _market();
        Book[] memory books = _openCleared(clearance, state, market);

        uint256 feesWad_ = 0;
        bytes32[] memory hashes = new bytes32[](matches.length);
        for (uint256 i = 0; i < matches.length; ++i) {
            Match calldata matched = matches[i];
            Book memory buyer = _find(books, matched.buy.account);
            Book memory seller = _find(books, matched.sell.account);
            uint256 feeWad;
            (hashes[i], feeWad) = _execute(matched, buyer, seller, market, market.limits.tradeFee);
            feesWad_ += 2 * feeWad;
        }
        bytes32 action = Orders.hashTrade(hashes);
        require(action == clearance.actionHash, WrongAction(clearance.actionHash, action));
        _closeCleared(clearance, books, market);
        if (feesWad_ != 0) _feesWad += feesWad_;
    }

    /// @inheritdoc IClearingHouseCore
    function close(Match calldata matched, RowProof calldata proof) external nonReentrant {
        _requireNotHalted();
        Market memory market = _market();
        int256 markWad = _mark(matched.buy.instrument, proof, market.limits.closeWindow);
        require(markWad >= 0 && matched.priceWad == uint256(markWad), NotAtMark(matched.buy.instrument, matched.priceWad, markWad));
        Book memory buyer = _load(matched.buy.account);
        Book memory seller = _load(matched.sell.account);
        _requireShrinking(buyer, seller, matched);
        buyer.stressedBeforeWad = _stressed(buyer, market, false);
        seller.stressedBeforeWad = _stressed(seller, market, false);
        _execute(matched, buyer, seller, market, 0);
        _requireStressed(buyer, market, true);
        _requireStressed(seller, market, true);
        _store(buyer);
        _store(seller);
    }

    /// @inheritdoc IClearingHouseCore
    function filledWad(bytes32 orderStructHash) external view returns (uint256) {
        return _filledWad[orderStructHash];
    }

    /// @inheritdoc IClearingHouseCore
    function isSpent(uint64 account, uint64 nonce) public view returns (bool) {
        return _nonces[account][nonce >> 7] & _spentBit(nonce) != 0;
    }

    /// @inheritdoc IClearingHouseCore
    function orderDigest(bytes32 structHash) public view returns (bytes32) {
        return _hashTypedDataV4(structHash);
    }

    /// @notice The accounts of a clearance as they stand before the trade, rising; each must stand as the clearance says.
    /// @dev What `_requireClearedBefore` and `_requireClearedAfter` check, written out: calling them here costs a trade 560 gas.
    function _openCleared(Clearance calldata clearance, IAttestationRegistry.OperatingState state, Market memory market)
        private
        view
        returns (Book[] memory books)
    {
        uint256 count = clearance.accounts.length;
        require(count <= 2 * MAX_MATCHES, InvalidMatch());
        books = new Book[](count);
        uint64 last = 0;
        for (uint256 i = 0; i < count; ++i) {
            AccountClearance calldata cleared = clearance.accounts[i];
            require(cleared.account > last, NotInClearance(cleared.account));
            last = cleared.account;
            Book memory book = _load(cleared.account);
            require(
                cleared.sequence == book.sequence,
                WrongLeaf(book.account, cleared.sequence, book.sequence, cleared.positionsHashBefore, book.positionsHash)
            );
            require(
                cleared.positionsHashBefore == book.positionsHash, PositionsMismatch(book.account, cleared.positionsHashBefore, book.positionsHash)
            );
            if (cleared.reducesRisk) {
                _requireNotShared(book.account, book.phase);
                book.stressedBeforeWad = _stressed(book, market, false);
            } else {
                _requireNormal(state);
                _requireNoLiquidation(book);
            }
            books[i] = book;
        }
    }

    function _closeCleared(Clearance calldata clearance, Book[] memory books, Market memory market) private {
        for (uint256 i = 0; i < books.length; ++i) {
            AccountClearance calldata cleared = clearance.accounts[i];
            Book memory book = books[i];
            require(cleared.positionsHashAfter == book.positionsHash, PositionsMismatch(book.account, cleared.positionsHashAfter, book.positionsHash));
            if (!cleared.reducesRisk) _requireInitial(book, market, cleared.initialWad, cleared.markValueWad);
            _requireStressed(book, market, cleared.reducesRisk);
            _store(book);
        }
    }

    function _find(Book[] memory books, uint64 account) private pure returns (Book memory) {
        for (uint256 i = 0; i < books.length; ++i) {
            if (books[i].account == account) return books[i];
        }
        revert NotInClearance(account);
    }

    /// @notice Fills both orders and moves legs and cash between two books.
    /// @param feeShare of notional, that each side pays [1e-9]
    /// @return matchHash EIP-712 hashStruct of the match
    /// @return feeWad what each side paid [wad]
    function _execute(Match calldata matched, Book memory buyer, Book memory seller, Market memory market, uint256 feeShare)
        private
        returns (bytes32 matchHash, uint256 feeWad)
    {
        bytes32 instrument = matched.buy.instrument;
        require(
            instrument == matched.sell.instrument && buyer.account != seller.account && matched.quantityWad != 0 && matched.buy.quantityWad > 0
                && matched.sell.quantityWad < 0,
            InvalidMatch()
        );
        require(matched.priceWad <= matched.buy.limitPriceWad, LimitPassed(matched.priceWad, matched.buy.limitPriceWad));
        require(matched.priceWad >= matched.sell.limitPriceWad, LimitPassed(matched.priceWad, matched.sell.limitPriceWad));
        InstrumentTerms memory terms = _terms(market, instrument);
        require(terms.kind != InstrumentKind.None, UnknownInstrument(instrument));
        require(terms.kind == InstrumentKind.Perpetual || terms.expiry > block.timestamp, InstrumentExpired(instrument, terms.expiry));

        matchHash = Orders.hashMatch(
            _fill(matched.buy, matched.buySignature, matched.quantityWad, buyer.owner),
            _fill(matched.sell, matched.sellSignature, matched.quantityWad, seller.owner),
            matched.quantityWad,
            matched.priceWad
        );

        int256 quantityWad = int256(uint256(matched.quantityWad));
        _changeLeg(buyer, instrument, terms, market, quantityWad);
        _changeLeg(seller, instrument, terms, market, -quantityWad);
        // quantity [wad] x price [1e-8] x share [1e-9] / 1e17
        if (feeShare != 0) feeWad = WadMath.divUp(uint256(quantityWad) * _price(market, terms.priceId) * feeShare, 1e17);
        uint256 costWad = uint256(quantityWad) * matched.priceWad;
        buyer.cashWad -= int256(WadMath.divUp(costWad, uint256(WadMath.WAD)) + feeWad);
        seller.cashWad += int256(costWad / uint256(WadMath.WAD)) - int256(feeWad);
        emit Traded(buyer.account, seller.account, instrument, matched.quantityWad, matched.priceWad, feeWad);
    }

    function _fill(Order calldata order, bytes calldata signature, uint256 quantityWad, address owner_) private returns (bytes32 orderHash) {
        orderHash = order.hash();
        require(block.timestamp <= order.expiry, OrderExpired(order.expiry, block.timestamp));
        require(order.matcher == address(0) || order.matcher == msg.sender, WrongMatcher(msg.sender, order.matcher));
        _requireSigned(order.account, orderHash, signature, owner_);

        int256 signedWad = order.quantityWad;
        _count(order.account, order.nonce, orderHash, quantityWad, uint256(signedWad < 0 ? -signedWad : signedWad));
    }

    /// @notice Counts a quantity as filled. Most orders are filled at once: two bits of a shared slot are cheaper than a slot for each order.
    function _count(uint64 account, uint64 nonce, bytes32 orderHash, uint256 quantityWad, uint256 mostWad) private {
        mapping(uint64 place => uint256) storage words = _nonces[account];
        uint256 word = words[nonce >> 7];
        uint256 bit = _spentBit(nonce);
        require(word & bit == 0, OrderIsCancelled(account, nonce));
        uint256 before = word & (bit << 1) == 0 ? 0 : _filledWad[orderHash];
        uint256 filled = before + quantityWad;
        require(filled <= mostWad, OrderOverfilled(orderHash, filled, mostWad));
        if (filled < mostWad) {
            _filledWad[orderHash] = filled;
            word |= bit << 1;
        } else {
            if (before != 0) _filledWad[orderHash] = 0;
            word |= bit;
        }
        words[nonce >> 7] = word;
    }

    /// @notice The owner or an approved signer signed; an owner that is a contract is asked (EIP-1271).
    function _requireSigned(uint64 account, bytes32 orderHash, bytes calldata signature, address owner_) private view {
        bytes32 digest = orderDigest(orderHash);
        (address signer, ECDSA.RecoverError error,) = ECDSA.tryRecover(digest, signature);
        if (error == ECDSA.RecoverError.NoError && _mayAct(account, owner_, signer)) return;
        require(
            owner_.code.length != 0 && SignatureChecker.isValidERC1271SignatureNow(owner_, digest, signature), InvalidOrderSignature(account, signer)
        );
    }

    function _spentBit(uint64 nonce) private pure returns (uint256) {
        return uint256(1) << ((nonce & 127) << 1);
    }

    /// @notice The mark of a contract in the current batch, fresh or not older than the window for closing. [wad per unit]
    function _mark(bytes32 instrument, RowProof calldata proof, uint256 window) private view returns (int256) {
        (bytes32 batchHash, uint64 sequence, uint64 observedAt,, bool frozen) = ATTESTATIONS.current();
        require(!frozen, IAttestationRegistry.BatchIsFrozen(sequence));
        bytes32 given = proof.header.hash();
        require(given == batchHash && batchHash != 0, IAttestationRegistry.NotCurrentBatch(given, batchHash));
        require(block.timestamp <= observedAt + window, BatchTooOld(observedAt, block.timestamp, window));
        bytes32 root = MerkleTree.rootOf(
            MerkleTree.leafHash(proof.row.hash()), proof.index, proof.header.rowCount, MerkleTree.ROW_DEPTH, proof.path
        );
        require(proof.row.instrument == instrument && root == proof.header.stressRoot, RowNotInBatch(instrument, proof.index));
        return proof.row.markWad;
    }

    /// @notice A close ends the smaller of both legs, so that nobody keeps a book changing in crumbs and its leaves from matching.
    function _requireShrinking(Book memory buyer, Book memory seller, Match calldata matched) private view {
        bytes32 instrument = matched.buy.instrument;
        int256 shortWad = -int256(_positions[buyer.account][instrument].quantityWad);
        int256 longWad = _positions[seller.account][instrument].quantityWad;
        int256 quantityWad = int256(uint256(matched.quantityWad));
        _requireNoLiquidation(buyer);
        _requireNoLiquidation(seller);
        require(shortWad >= quantityWad, NotReducing(buyer.account, instrument));
        require(longWad >= quantityWad, NotReducing(seller.account, instrument));
        require(shortWad == quantityWad || longWad == quantityWad, NotReducing(shortWad < longWad ? buyer.account : seller.account, instrument));
    }
}
