// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Governed numbers of the protocol
/// @notice Every key has hard bounds, a largest step, a least delay and a cap on the sum of its steps in 30 days. Values are integers in the unit that the key names.
interface IRiskParameters {
    /// @notice Direction in which a change makes the protocol stricter.
    enum Tightening {
        Neither, // the guardian may not touch it
        Up,
        Down
    }

    struct Bounds {
        int128 least;
        int128 most;
        uint128 mostStep; // per change
        uint128 mostIn30Days; // sum of |steps|
        uint32 leastDelay; // [s] between announcement and enactment
        Tightening tightening;
        uint8 group; // keys of one group other than 0 change together
    }

    struct Change {
        bytes32 key;
        int128 value;
    }

    event ChangeAnnounced(bytes32 indexed id, uint256 enactableAt, Change[] changes, bytes32 documentHash);
    event ChangeCancelled(bytes32 indexed id);
    event ValueSet(bytes32 indexed key, int128 oldValue, int128 newValue, uint64 version);
    event DocumentSet(bytes32 oldHash, bytes32 newHash, uint64 version);

    error UnknownKey(bytes32 key);
    error OutOfBounds(bytes32 key, int128 value, int128 least, int128 most);
    error StepTooLarge(bytes32 key, uint256 step, uint256 most);
    error TooMuchIn30Days(bytes32 key, uint256 sum, uint256 most);
    error TooEarly(bytes32 id, uint256 now_, uint256 enactableAt);
    error NotAnnounced(bytes32 id);
    error AnnouncementExpired(bytes32 id);
    error GroupIncomplete(uint8 group, bytes32 missingKey);
    error NotTightening(bytes32 key, int128 oldValue, int128 newValue);
    error NotAuthorised(address caller);
    error ZeroValue();

    /// @notice Value of a key, in its unit.
    function value(bytes32 key) external view returns (int128);

    /// @notice Several values at once, in the order asked for.
    function values(bytes32[] calldata keys) external view returns (int128[] memory);

    /// @notice Hash of the off-chain risk parameter document in force, and of the one before with the second up to which it is still accepted.
    function documents() external view returns (bytes32 current, bytes32 previous, uint256 previousUntil);

    /// @notice Rises with every change.
    function version() external view returns (uint64);
}
