// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {LegChange, MarginState, Position} from "../../src/types/Trading.sol";

/// @notice Stands in for the clearing house where a test needs books and their hashes only.
contract Books {
    struct Book {
        bytes32 positionsHash;
        uint64 sequence;
        uint16 legCount;
        mapping(bytes32 instrument => int128) quantityWad;
    }

    mapping(uint64 account => Book) private _books;

    function change(uint64 account, bytes32 instrument, int128 toWad) external returns (LegChange memory made, bytes32 positionsHash) {
        Book storage book = _books[account];
        int128 fromWad = book.quantityWad[instrument];
        made = LegChange(instrument, fromWad, toWad);
        book.positionsHash = keccak256(abi.encode(book.positionsHash, instrument, fromWad, toWad));
        book.quantityWad[instrument] = toWad;
        if (fromWad == 0 && toWad != 0) ++book.legCount;
        if (fromWad != 0 && toWad == 0) --book.legCount;
        ++book.sequence;
        return (made, book.positionsHash);
    }

    function summary(uint64 account) external view returns (int128, uint64, uint16, bytes32, MarginState, uint40) {
        Book storage book = _books[account];
        return (0, book.sequence, book.legCount, book.positionsHash, MarginState.Healthy, 0);
    }

    function position(uint64 account, bytes32 instrument) external view returns (Position memory) {
        return Position(_books[account].quantityWad[instrument], 0);
    }
}
