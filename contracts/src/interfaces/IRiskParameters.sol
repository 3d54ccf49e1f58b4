// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Governed numbers of the protocol
/// @notice Every key has hard bounds, a largest step, a least delay and a cap on the sum of its steps in 30 days. Values are integers in the unit that the key names.
/// Keys and bounds are fixed at construction; governance moves values inside them and can open the keys of a new coin, which start at their strictest value.
/// @dev A change set lists its keys in rising order, each once. A key of a group comes with its whole group; a member that stays is listed with the value it has.
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

    /// @notice A key at construction.
    struct Setup {
        bytes32 key;
        Bounds bounds;
        int128 value;
    }

    /// @notice Numbers that every coin has one of. The key of a coin is `Keys.ofCoin(name, coin)`.
    struct Family {
        bytes32 name;
        Bounds bounds; // with a direction, without a group
    }

    event ChangeAnnounced(bytes32 indexed id, uint256 nonce, uint256 enactableAt, Change[] changes, bytes32 documentHash);
    event ChangeEnacted(bytes32 indexed id);
    event ChangeCancelled(bytes32 indexed id);
    event KeyRegistered(bytes32 indexed key, Bounds bounds, int128 value);
    event ValueSet(bytes32 indexed key, int128 oldValue, int128 newValue, uint64 version);
    event DocumentSet(bytes32 oldHash, bytes32 newHash, uint64 version);

    error UnknownKey(bytes32 key);
    error KeyExists(bytes32 key);
    error InvalidBounds(bytes32 key);
    error KeysNotRising(bytes32 before, bytes32 key);
    error TooManyChanges(uint256 count, uint256 most);
    error NothingToChange();
    error OutOfBounds(bytes32 key, int128 value, int128 least, int128 most);
    error StepTooLarge(bytes32 key, uint256 step, uint256 most);
    error TooMuchIn30Days(bytes32 key, uint256 sum, uint256 most);
    error TooEarly(bytes32 id, uint256 now_, uint256 enactableAt);
    error NotAnnounced(bytes32 id);
    error AnnouncementExpired(bytes32 id, uint256 now_, uint256 expiredAt);
    error StaleAnnouncement(bytes32 id, bytes32 movedKey);
    error StaleDocument(bytes32 id);
    error GroupIncomplete(uint8 group, bytes32 missingKey);
    error NotTightening(bytes32 key, int128 oldValue, int128 newValue);
    error NotAuthorised(address caller);
    error ZeroValue();

    /// @notice Announces a change set and the document that belongs to it. Governance.
    /// @param documentHash SHA-256 of the document that will be in force; the current one where only numbers change
    /// @return id binds chain, registry, nonce, changes and document; good for one enactment
    /// @return nonce to give to `enact`
    function announce(Change[] calldata changes, bytes32 documentHash) external returns (bytes32 id, uint256 nonce);

    /// @notice Enacts an announcement whose delay has passed, within `ENACT_WINDOW`; anyone. Refused where one of its keys or the document has moved since the announcement.
    function enact(Change[] calldata changes, bytes32 documentHash, uint256 nonce) external;

    /// @notice Withdraws an announcement. Guardian or governance.
    function cancel(bytes32 id) external;

    /// @notice Moves numbers in their tightening direction at once. Guardian. Its steps have their own 30-day sum under the same cap, so that neither hand can use up the other's.
    function tighten(Change[] calldata changes) external;

    /// @notice Opens the keys of a coin, each at its strictest bound: a new coin counts for nothing until governance has walked it up. Governance.
    function registerCoin(uint8 coin) external;

    /// @notice Value of a key, in its unit.
    function value(bytes32 key) external view returns (int128);

    /// @notice Several values at once, in the order asked for.
    function values(bytes32[] calldata keys) external view returns (int128[] memory);

    /// @notice Hash of the off-chain risk parameter document in force, and of the one before with the second up to which it is still accepted.
    function documents() external view returns (bytes32 current, bytes32 previous, uint256 previousUntil);

    /// @notice Rises with every change.
    function version() external view returns (uint64);

    /// @notice Every key, in the order of registration.
    function keys() external view returns (bytes32[] memory);

    function boundsOf(bytes32 key) external view returns (Bounds memory);

    /// @notice Sums of |steps| in the last 30 days, by governance and by the guardian.
    function movedIn30Days(bytes32 key) external view returns (uint256 byGovernance, uint256 byGuardian);

    /// @notice First and last second at which an announcement can be enacted; zeros: none. [s]
    function announcement(bytes32 id) external view returns (uint256 enactableAt, uint256 expiresAt);
}
