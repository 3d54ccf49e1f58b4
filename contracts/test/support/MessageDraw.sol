// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AccountClearance, BatchHeader, Clearance, FundingIndex, MarginLeaf, SettlementPrice, StressRow} from "../../src/types/Attestation.sol";
import {Orders} from "../../src/libraries/Orders.sol";
import {Deleveraging, Leg, Order} from "../../src/types/Trading.sol";
import {HashHarness} from "./HashHarness.sol";

/// @notice The random messages of docs/model/encoding.md, the same in every language, hashed by the libraries.
contract MessageDraw is HashHarness {
    uint256 private constant KINDS = 11;
    uint64 private transient _state;

    function separator(string memory name, uint256 chain, address contract_) public pure returns (bytes32) {
        return keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256(bytes(name)),
                keccak256("1"),
                chain,
                contract_
            )
        );
    }

    function digest(bytes32 domain, bytes32 structHash) public pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, structHash));
    }

    /// @notice Hash over the hashes of one message more.
    function fold(bytes32 running, uint64 index) external returns (bytes32) {
        unchecked {
            _state = 0x504D53 + (index << 32);
        }
        uint256 chain = _unsigned(64);
        address contract_ = _address();
        uint256 kind = index % KINDS;
        bytes32 structHash = _structHash(kind);
        bytes32 domain = separator(kind < 6 ? "PMS Attestation" : "PMS Clearing House", chain, contract_);
        return keccak256(abi.encodePacked(running, structHash, digest(domain, structHash)));
    }

    function _structHash(uint256 kind) private returns (bytes32) {
        if (kind == 0) return this.hash(abi.decode(_words("uwuuuubbbbbbbbwwUiU"), (BatchHeader)));
        if (kind == 1) return this.hash(abi.decode(_words("uubUUiU"), (MarginLeaf)));
        if (kind == 2) return this.hash(abi.decode(_words("bUsb"), (StressRow)));
        if (kind == 3) return this.hash(_clearance());
        if (kind == 4) return this.hash(abi.decode(_words("ucuuu"), (SettlementPrice)));
        if (kind == 5) return this.hash(abi.decode(_words("ubuiu"), (FundingIndex)));
        if (kind == 6) return _order();
        if (kind == 7) return _trade();
        if (kind == 8) {
            (uint64 account, uint8 coin, uint256 amount, address to) = abi.decode(_words("ucxa"), (uint64, uint8, uint256, address));
            return Orders.hashCoinWithdrawal(account, coin, amount, to);
        }
        Deleveraging memory action;
        (action.from, action.to) = abi.decode(_words("uu"), (uint64, uint64));
        action.legs = _legs();
        if (kind == 9) return this.hashLiquidation(action.from, action.to, action.legs);
        (action.valueWad, action.movedWad, action.allWad) = abi.decode(_words("iUU"), (int128, uint128, uint128));
        return this.hash(action);
    }

    function _legs() private returns (Leg[] memory legs) {
        legs = new Leg[](_next() % 4);
        for (uint256 i = 0; i < legs.length; ++i) {
            legs[i] = abi.decode(_words("bi"), (Leg));
        }
    }

    function _clearance() private returns (Clearance memory clearance) {
        (clearance.setId, clearance.batchSequence, clearance.observedAt, clearance.validUntil, clearance.actionHash, clearance.parameterHash) =
            abi.decode(_words("uuuubb"), (uint64, uint64, uint64, uint64, bytes32, bytes32));
        clearance.accounts = new AccountClearance[](_next() % 4);
        for (uint256 i = 0; i < clearance.accounts.length; ++i) {
            clearance.accounts[i] = abi.decode(_words("uubbUUif"), (AccountClearance));
        }
    }

    function _order() private returns (bytes32) {
        return this.hash(abi.decode(_words("ubiUuua"), (Order)));
    }

    function _trade() private returns (bytes32) {
        bytes32[] memory matches = new bytes32[](_next() % 4);
        for (uint256 i = 0; i < matches.length; ++i) {
            bytes32 buy = _order();
            bytes32 sell = _order();
            (uint128 quantityWad, uint128 priceWad) = abi.decode(_words("QU"), (uint128, uint128));
            matches[i] = Orders.hashMatch(buy, sell, quantityWad, priceWad);
        }
        return Orders.hashTrade(matches);
    }

    // ---- numbers ----

    /// @notice Words drawn in order: u, w, c, U, Q unsigned of 64, 32, 8, 128 and 127 bits; i, s signed of 128 and 8; b 32 bytes; f flag; a address; x any 256 bits.
    function _words(bytes memory kinds) private returns (bytes memory words) {
        for (uint256 i = 0; i < kinds.length; ++i) {
            words = bytes.concat(words, bytes32(_word(kinds[i])));
        }
    }

    function _word(bytes1 kind) private returns (uint256) {
        if (kind == "u") return _unsigned(64);
        if (kind == "w") return _unsigned(32);
        if (kind == "c") return _unsigned(8);
        if (kind == "U") return _unsigned(128);
        if (kind == "Q") return _unsigned(127);
        if (kind == "i") return uint256(_signed(128));
        if (kind == "s") return uint256(_signed(8));
        if (kind == "b") return _raw256();
        if (kind == "f") return _next() & 1;
        if (kind == "a") return uint160(_address());
        uint256 mode = _next() & 7;
        return mode == 0 ? 0 : mode == 1 ? type(uint256).max : mode == 2 ? 1 : _raw256();
    }

    /// @dev SplitMix64 (Steele, Lea and Flood 2014).
    function _next() private returns (uint256) {
        unchecked {
            _state += 0x9E3779B97F4A7C15;
            uint64 z = _state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    function _raw128() private returns (uint256) {
        uint256 high = _next();
        return (high << 64) | _next();
    }

    function _raw256() private returns (uint256) {
        uint256 high = _raw128();
        return (high << 128) | _raw128();
    }

    function _unsigned(uint256 bits) private returns (uint256) {
        uint256 most = (1 << bits) - 1;
        uint256 mode = _next() & 7;
        if (mode > 2) return (bits <= 64 ? _next() : _raw128()) & most;
        return mode == 1 ? most : mode == 2 ? 1 : 0;
    }

    function _signed(uint256 bits) private returns (int256) {
        uint256 mode = _next() & 7;
        if (mode == 0) return 0;
        if (mode == 1) return int256((1 << (bits - 1)) - 1);
        if (mode == 2) return -int256(1 << (bits - 1));
        if (mode == 3) return -1;
        return bits == 8 ? int256(int8(uint8(_next()))) : int256(int128(uint128(_raw128())));
    }

    /// @dev Three words, of which the last 20 bytes count.
    function _address() private returns (address) {
        uint256 high = _next();
        return address(uint160((high << 128) | _raw128()));
    }
}
