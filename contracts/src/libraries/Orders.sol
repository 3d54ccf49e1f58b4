// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Deleveraging, Leg, Order} from "../types/Trading.sol";

/// @title EIP-712 hashStruct of what owners sign and of what a clearance clears
library Orders {
    bytes32 internal constant ORDER_TYPEHASH = keccak256(
        "Order(uint64 account,bytes32 instrument,int128 quantityWad,uint128 limitPriceWad,uint64 expiry,uint64 nonce,address matcher)"
    );
    bytes32 internal constant MATCH_TYPEHASH = keccak256("Match(bytes32 buyOrder,bytes32 sellOrder,uint128 quantityWad,uint128 priceWad)");
    bytes32 internal constant TRADE_TYPEHASH =
        keccak256("Trade(Match[] matches)Match(bytes32 buyOrder,bytes32 sellOrder,uint128 quantityWad,uint128 priceWad)");
    bytes32 internal constant LEG_TYPEHASH = keccak256("Leg(bytes32 instrument,int128 quantityWad)");
    bytes32 internal constant LIQUIDATION_TYPEHASH =
        keccak256("Liquidation(uint64 from,uint64 to,Leg[] legs)Leg(bytes32 instrument,int128 quantityWad)");
    bytes32 internal constant DELEVERAGING_TYPEHASH = keccak256(
        "Deleveraging(uint64 from,uint64 to,Leg[] legs,int128 valueWad,uint128 movedWad,uint128 allWad)Leg(bytes32 instrument,int128 quantityWad)"
    );
    bytes32 internal constant COIN_WITHDRAWAL_TYPEHASH = keccak256("CoinWithdrawal(uint64 account,uint8 coin,uint256 amount,address to)");

    /// @dev The seven words as they lie in the call data: a word with dirty upper bits hashes to something that nobody signed.
    function hash(Order calldata order) internal pure returns (bytes32 result) {
        bytes32 typeHash = ORDER_TYPEHASH;
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, typeHash)
            calldatacopy(add(free, 0x20), order, 0xe0)
            result := keccak256(free, 0x100)
        }
    }

    function hashMatch(bytes32 buyOrder, bytes32 sellOrder, uint128 quantityWad, uint128 priceWad) internal pure returns (bytes32) {
        return keccak256(abi.encode(MATCH_TYPEHASH, buyOrder, sellOrder, quantityWad, priceWad));
    }

    function hashTrade(bytes32[] memory matches) internal pure returns (bytes32) {
        return keccak256(abi.encode(TRADE_TYPEHASH, keccak256(abi.encodePacked(matches))));
    }

    function hashLiquidation(uint64 from, uint64 to, Leg[] calldata legs) internal pure returns (bytes32) {
        return keccak256(abi.encode(LIQUIDATION_TYPEHASH, from, to, _hashLegs(legs)));
    }

    function hash(Deleveraging calldata action) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(DELEVERAGING_TYPEHASH, action.from, action.to, _hashLegs(action.legs), action.valueWad, action.movedWad, action.allWad)
        );
    }

    function hashCoinWithdrawal(uint64 account, uint8 coin, uint256 amount, address to) internal pure returns (bytes32) {
        return keccak256(abi.encode(COIN_WITHDRAWAL_TYPEHASH, account, coin, amount, to));
    }

    function _hashLegs(Leg[] calldata legs) private pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](legs.length);
        for (uint256 i = 0; i < legs.length; ++i) {
            hashes[i] = keccak256(abi.encode(LEG_TYPEHASH, legs[i].instrument, legs[i].quantityWad));
        }
        return keccak256(abi.encodePacked(hashes));
    }
}
