// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AttesterBond} from "../../src/attestation/AttesterBond.sol";
import {StressChallenge} from "../../src/attestation/StressChallenge.sol";
import {IClearingHouse} from "../../src/interfaces/IClearingHouse.sol";
import {IRiskParameters} from "../../src/interfaces/IRiskParameters.sol";
import {IStressChallenge} from "../../src/interfaces/IStressChallenge.sol";
import {BatchHeader, MarginLeaf, StressRow} from "../../src/types/Attestation.sol";
import {LegChange} from "../../src/types/Trading.sol";
import {AttestationFixture} from "./AttestationFixture.sol";
import {Books} from "./Books.sol";
import {PlainToken} from "./Tokens.sol";

/// @notice Bonds, books, a risk array of stress columns, and batches over them.
abstract contract ChallengeFixture is AttestationFixture {
    address internal constant INSURANCE = address(0x1125);
    address internal constant CHALLENGER = address(0xC0DE);
    uint256 internal constant BOND = 1_000_000e6;
    uint256 internal constant BOND_DELAY = 14 days;
    uint256 internal constant WINDOW = 7 days;
    uint64 internal constant ACCOUNT = 42;
    uint256 internal constant SCENARIOS = 9;

    PlainToken internal token;
    AttesterBond internal bond;
    Books internal books;
    StressChallenge internal challenge;

    StressRow[] internal rows; // by rising instrument
    bytes[] internal entries;
    bytes32[] internal rowLeaves;
    bytes internal lossShares;

    function setUp() public virtual override {
        super.setUp();
        token = new PlainToken(6);
        bond = new AttesterBond(GOVERNANCE, token, registry, BOND_DELAY, BOND / 2, INSURANCE);
        challenge = new StressChallenge(registry, bond, makeHouse(), IRiskParameters(address(numbers)), WINDOW);
        vm.prank(GOVERNANCE);
        registry.setChallenge(address(challenge));
        vm.prank(GOVERNANCE);
        bond.setChallenge(address(challenge));
        for (uint256 i = 0; i < first.members.length; ++i) {
            fund(first.members[i], BOND);
        }
    }

    /// @notice Whose books are challenged.
    function makeHouse() internal virtual returns (IClearingHouse) {
        books = new Books();
        return IClearingHouse(address(books));
    }

    function fund(address attester, uint256 amount) internal {
        token.mint(address(this), amount);
        token.approve(address(bond), amount);
        bond.deposit(attester, amount);
    }

    /// @notice An array of so many instruments: ticks of 1e-4 to 1e-1 USD, entries and marks out of the seed, shares of 1, 0.35, ...
    function makeArray(uint256 count, uint256 seed) internal {
        bytes32[] memory instruments = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            bytes32 instrument = keccak256(abi.encode("instrument", seed, i));
            uint256 place = i;
            for (; place != 0 && instruments[place - 1] > instrument; --place) {
                instruments[place] = instruments[place - 1];
            }
            instruments[place] = instrument;
        }
        for (uint256 i = 0; i < count; ++i) {
            bytes memory words;
            for (uint256 s = 0; s < SCENARIOS; ++s) {
                words = bytes.concat(words, bytes4(uint32(uint256(keccak256(abi.encode(seed, i, s))))));
            }
            uint256 draw = uint256(keccak256(abi.encode(seed, i)));
            pushRow(StressRow(instruments[i], int256(draw % 1e23), -int8(int256(1 + draw % 4)), keccak256(words)), words);
        }
        for (uint256 s = 0; s < SCENARIOS; ++s) {
            lossShares = bytes.concat(lossShares, bytes4(s % 3 == 0 ? uint32(1e9) : s % 3 == 1 ? uint32(350_000_000) : uint32(333_333_334)));
        }
    }

    function pushRow(StressRow memory row, bytes memory words) internal {
        rows.push(row);
        entries.push(words);
        rowLeaves.push(leafHash(hashes.hash(row)));
    }

    function entryOf(uint256 row, uint256 scenario) internal view returns (int256) {
        uint32 word;
        for (uint256 i = 0; i < 4; ++i) {
            word = (word << 8) | uint8(entries[row][4 * scenario + i]);
        }
        return int32(word);
    }

    function shareOf(uint256 scenario) internal view returns (uint256 share) {
        for (uint256 i = 0; i < 4; ++i) {
            share = (share << 8) | uint8(lossShares[4 * scenario + i]);
        }
    }

    /// @notice Header over the array and these leaves.
    function headerOver(uint64 sequence, MarginLeaf[] memory leaves) internal view returns (BatchHeader memory header) {
        header = headerAt(sequence, eightPrices());
        (header.stressRoot,) = treeOf(rowLeaves, 0, 13);
        header.rowCount = uint32(rows.length);
        header.stressSharesHash = keccak256(lossShares);
        bytes32[] memory hashed = _hashed(leaves);
        (header.accountsRoot,) = treeOf(hashed, 0, 20);
        header.accountCount = uint32(leaves.length);
    }

    function _hashed(MarginLeaf[] memory leaves) private view returns (bytes32[] memory hashed) {
        hashed = new bytes32[](leaves.length);
        for (uint256 i = 0; i < leaves.length; ++i) {
            hashed[i] = leafHash(hashes.hash(leaves[i]));
        }
    }

    function leafOf(bytes32 positionsHash, uint128 maintenanceWad, int128 markValueWad) internal pure returns (MarginLeaf memory) {
        return MarginLeaf(ACCOUNT, 1, positionsHash, maintenanceWad, maintenanceWad, markValueWad, 0);
    }

    /// @notice Three leaves, the account's in the middle.
    function leavesAround(MarginLeaf memory leaf) internal pure returns (MarginLeaf[] memory leaves) {
        leaves = new MarginLeaf[](3);
        (leaves[0].account, leaves[2].account) = (1, 77);
        leaves[1] = leaf;
    }

    function signedLeaf(BatchHeader memory header, MarginLeaf[] memory leaves, uint256 index) internal view returns (IStressChallenge.SignedLeaf memory claim) {
        claim.batch.header = header;
        claim.leaf = leaves[index];
        claim.index = index;
        (, claim.path) = treeOf(_hashed(leaves), index, 20);
    }

    function opened(uint256 row) internal view returns (IStressChallenge.OpenedRow memory open) {
        open.row = rows[row];
        open.index = row;
        (, open.path) = treeOf(rowLeaves, row, 13);
        open.entries = entries[row];
    }

    /// @notice The book of all instruments with rows for those with a quantity then.
    function bookOf(int128[] memory then, LegChange[] memory changes) internal view returns (IStressChallenge.Book memory book) {
        book.instruments = new bytes32[](rows.length);
        uint256 held = 0;
        for (uint256 i = 0; i < rows.length; ++i) {
            book.instruments[i] = rows[i].instrument;
            if (then[i] != 0) ++held;
        }
        book.changes = changes;
        book.rows = new IStressChallenge.OpenedRow[](held);
        held = 0;
        for (uint256 i = 0; i < rows.length; ++i) {
            if (then[i] != 0) book.rows[held++] = opened(i);
        }
    }

    /// @notice What an honest attester must ask at least for a book in a scenario: the counted loss, up to the next wad. A second writing in other units.
    function countedLossWad(int128[] memory quantities, uint256 scenario) internal view returns (uint256) {
        int256 gain = 0; // [1e-22 USD]: ticks here are 1e-4 and coarser
        for (uint256 i = 0; i < rows.length; ++i) {
            gain += int256(quantities[i]) * entryOf(i, scenario) * int256(10 ** uint256(int256(rows[i].tickExponent) + 4));
        }
        if (gain >= 0) return 0;
        uint256 scaled = uint256(-gain) * shareOf(scenario);
        return (scaled + 1e13 - 1) / 1e13;
    }

    /// @notice One tick for each unit held. [wad, rounded up]
    function roundingWad(int128[] memory quantities) internal view returns (uint256 total) {
        for (uint256 i = 0; i < rows.length; ++i) {
            int256 quantity = quantities[i];
            total += uint256(quantity < 0 ? -quantity : quantity) * 10 ** uint256(int256(rows[i].tickExponent) + 4);
        }
        return (total + 1e4 - 1) / 1e4;
    }
}
