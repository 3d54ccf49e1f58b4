// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

// What owners sign and the clearing house stores. Quantities are in wad (1e18 = one unit of the contract), long positive; prices in wad USD per unit.

/// @notice A signed wish to buy (quantity above 0) or sell (below 0).
struct Order {
    uint64 account;
    bytes32 instrument;
    int128 quantityWad; // [wad] signed, all that may be filled
    uint128 limitPriceWad; // [wad] worst price
    uint64 expiry; // [s] last second
    uint64 nonce; // tells equal orders apart; cancelled by number
    address matcher; // who may match it; 0: anyone
}

/// @notice Two orders meet.
struct Match {
    Order buy;
    bytes buySignature; // 65 bytes of the owner or an approved signer; EIP-1271 for contracts
    Order sell;
    bytes sellSignature;
    uint128 quantityWad; // [wad] above 0
    uint128 priceWad; // [wad] within both limits
}

enum InstrumentKind {
    None, // not listed
    Call,
    Put,
    Future,
    Perpetual
}

/// @notice Terms of a contract: linear, settled in USD of the house. Fits one slot.
struct InstrumentTerms {
    InstrumentKind kind;
    uint8 priceId; // underlying
    uint40 expiry; // [s]; 0 for a perpetual
    uint128 strikeWad; // [wad]; 0 for futures and perpetuals
}

/// @notice How far a liquidation has gone.
enum LiquidationPhase {
    None,
    Auction, // the owner may only top up or reduce
    Shared // keepers hold shares of the account: its legs stay as they are until the shares are written out
}

/// @notice A holding of one contract. One slot.
struct Position {
    int128 quantityWad; // [wad] long positive; 0: none
    int128 fundingIndexWad; // [wad per unit] the perpetual's index up to which funding is paid
}

enum MarginState {
    Healthy, // at or above initial margin when last looked at
    MarginCall, // below initial: a deadline runs
    Liquidatable // below maintenance, or the deadline passed below initial
}

/// @notice One leg of a book, as fraud proofs and rebasing list it.
struct Leg {
    bytes32 instrument;
    int128 quantityWad;
}

/// @notice Legs of an account that is worth nothing go to one that holds the other side of each, whoever owns it.
struct Deleveraging {
    uint64 from;
    uint64 to;
    Leg[] legs; // with the sign they have at the account they come from
    int128 valueWad; // [wad] of the legs at the marks of the batch
    uint128 movedWad; // [wad] sum of their absolute values
    uint128 allWad; // [wad] the same over all legs of the account they come from, before
}

/// @notice One link of an account's chain of position changes.
struct LegChange {
    bytes32 instrument;
    int128 fromWad;
    int128 toWad;
}
