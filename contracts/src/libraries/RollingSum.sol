// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Exact sum of what happened in the last 30 days
/// @notice An amount counts from its second on and is out again exactly 30 days later. No buckets: a sum cannot be passed by waiting for the turn of one.
library RollingSum {
    uint256 internal constant SPAN = 30 days;
    /// @notice Most amounts that may count at once; a further one is refused. Bounds the loop.
    uint256 internal constant MAX_ENTRIES = 32;

    struct Entry {
        uint64 at; // [s]
        uint128 amount;
    }

    /// @dev A ring: the newest entry stands before `next`.
    struct Window {
        uint8 next;
        Entry[32] entries;
    }

    error TooManyEntries(uint256 most);

    /// @notice Sum of the amounts that count now.
    function sum(Window storage window) internal view returns (uint256 total) {
        uint256 index = window.next;
        for (uint256 seen = 0; seen < MAX_ENTRIES; ++seen) {
            index = (index + MAX_ENTRIES - 1) % MAX_ENTRIES;
            Entry memory entry = window.entries[index];
            if (entry.at == 0 || entry.at + SPAN <= block.timestamp) break; // older ones are out too
            total += entry.amount;
        }
    }

    /// @notice Adds an amount that counts from now on.
    function add(Window storage window, uint128 amount) internal {
        uint256 index = window.next;
        Entry storage entry = window.entries[index];
        require(entry.at == 0 || entry.at + SPAN <= block.timestamp, TooManyEntries(MAX_ENTRIES));
        (entry.at, entry.amount) = (uint64(block.timestamp), amount);
        window.next = uint8((index + 1) % MAX_ENTRIES);
    }

    /// @notice Changes the amount of the newest entry and leaves its time.
    function amend(Window storage window, uint128 amount) internal {
        window.entries[(uint256(window.next) + MAX_ENTRIES - 1) % MAX_ENTRIES].amount = amount;
    }
}
