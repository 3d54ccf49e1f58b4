// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRiskParameters} from "../interfaces/IRiskParameters.sol";
import {Keys} from "../libraries/Keys.sol";
import {RollingSum} from "../libraries/RollingSum.sol";

/// @title Governed numbers of the protocol
/// @dev Governance is the timelock, an address for good: who may speak through it is decided by its roles, so nothing here has an owner to hand over or lose.
contract RiskParameters is IRiskParameters {
    using RollingSum for RollingSum.Window;

    uint256 public constant MAX_CHANGES = 32;
    uint256 public constant MAX_GROUP = 15;
    uint256 public constant MAX_GROUP_KEYS = 8;
    uint256 public constant MAX_FAMILIES = 8;
    /// @notice An announcement can be enacted for this long after its delay. [s]
    uint256 public constant ENACT_WINDOW = 14 days;
    /// @notice Least delay of a new document, whatever numbers come with it. [s]
    uint256 public constant DOCUMENT_DELAY = 2 days;

    /// @dev One slot, so that reading a value costs one load.
    struct Current {
        int128 value; // [unit of the key]
        uint64 changedAt; // version that set it; 0: no such key
    }

    struct Announced {
        uint64 enactableAt; // [s]; 0: none
        uint64 version; // of the registry when announced
    }

    address public immutable governance;
    address public immutable guardian;

    uint64 public version; // rises with every change
    uint64 private _documentChangedAt; // version that set the document
    uint64 private _previousUntil; // [s] last second at which the previous document counts
    uint256 private _announcements; // how many so far
    bytes32 private _document; // SHA-256
    bytes32 private _previous; // SHA-256

    mapping(bytes32 key => Current) private _values;
    mapping(bytes32 key => Bounds) private _bounds;
    mapping(bytes32 key => RollingSum.Window) private _byGovernance;
    mapping(bytes32 key => RollingSum.Window) private _byGuardian;
    mapping(uint8 group => bytes32[]) private _groups;
    mapping(bytes32 id => Announced) private _announced;
    bytes32[] private _keys;
    Family[] private _families;

    constructor(address governance_, address guardian_, bytes32 documentHash, Setup[] memory setups, Family[] memory families) {
        require(governance_ != address(0) && guardian_ != address(0) && documentHash != 0, ZeroValue());
        require(families.length <= MAX_FAMILIES, TooManyChanges(families.length, MAX_FAMILIES));
        (governance, guardian) = (governance_, guardian_);
        (version, _documentChangedAt, _document) = (1, 1, documentHash);
        emit DocumentSet(0, documentHash, 1);
        for (uint256 i = 0; i < setups.length; ++i) {
            _register(setups[i].key, setups[i].bounds, setups[i].value);
        }
        for (uint256 i = 0; i < families.length; ++i) {
            Bounds memory bounds = families[i].bounds;
            // Without a direction there is no strictest value to start from; a group could not be told apart from coin to coin.
            require(bounds.tightening != Tightening.Neither && bounds.group == 0, InvalidBounds(families[i].name));
            _families.push(families[i]);
        }
    }

    modifier onlyBy(address who) {
        require(msg.sender == who, NotAuthorised(msg.sender));
        _;
    }

    /// @inheritdoc IRiskParameters
    function announce(Change[] calldata changes, bytes32 documentHash) external onlyBy(governance) returns (bytes32 id, uint256 nonce) {
        require(documentHash != 0, ZeroValue());
        require(changes.length != 0 || documentHash != _document, NothingToChange());
        _checkSet(changes);
        uint256 delay = documentHash == _document ? 0 : DOCUMENT_DELAY;
        for (uint256 i = 0; i < changes.length; ++i) {
            Bounds storage bounds = _bounds[changes[i].key];
            _checkStep(changes[i], bounds, _byGovernance[changes[i].key]);
            if (bounds.leastDelay > delay) delay = bounds.leastDelay;
        }
        nonce = ++_announcements;
        id = _idOf(changes, documentHash, nonce);
        _announced[id] = Announced(uint64(block.timestamp + delay), version);
        emit ChangeAnnounced(id, nonce, block.timestamp + delay, changes, documentHash);
    }

    /// @inheritdoc IRiskParameters
    function enact(Change[] calldata changes, bytes32 documentHash, uint256 nonce) external {
        bytes32 id = _idOf(changes, documentHash, nonce);
        Announced memory announced = _announced[id];
        require(announced.enactableAt != 0, NotAnnounced(id));
        require(block.timestamp >= announced.enactableAt, TooEarly(id, block.timestamp, announced.enactableAt));
        require(block.timestamp <= announced.enactableAt + ENACT_WINDOW, AnnouncementExpired(id, block.timestamp, announced.enactableAt + ENACT_WINDOW));
        require(_documentChangedAt <= announced.version, StaleDocument(id));
        for (uint256 i = 0; i < changes.length; ++i) {
            require(_values[changes[i].key].changedAt <= announced.version, StaleAnnouncement(id, changes[i].key));
        }

        delete _announced[id];
        _apply(changes, _byGovernance);
        _setDocument(documentHash);
        emit ChangeEnacted(id);
    }

    /// @inheritdoc IRiskParameters
    function cancel(bytes32 id) external {
        require(msg.sender == guardian || msg.sender == governance, NotAuthorised(msg.sender));
        require(_announced[id].enactableAt != 0, NotAnnounced(id));
        delete _announced[id];
        emit ChangeCancelled(id);
    }

    /// @inheritdoc IRiskParameters
    function tighten(Change[] calldata changes) external onlyBy(guardian) {
        _checkSet(changes);
        bool tighter;
        for (uint256 i = 0; i < changes.length; ++i) {
            Change calldata change = changes[i];
            int128 old = _values[change.key].value;
            if (change.value == old) continue; // a member of a group that stays
            Tightening direction = _bounds[change.key].tightening;
            require(direction == (change.value > old ? Tightening.Up : Tightening.Down), NotTightening(change.key, old, change.value));
            tighter = true;
        }
        require(tighter, NothingToChange());
        _apply(changes, _byGuardian);
    }

    /// @inheritdoc IRiskParameters
    function registerCoin(uint8 coin) external onlyBy(governance) {
        ++version;
        for (uint256 i = 0; i < _families.length; ++i) {
            Family memory family = _families[i];
            int128 strictest = family.bounds.tightening == Tightening.Up ? family.bounds.most : family.bounds.least;
            _register(Keys.ofCoin(family.name, coin), family.bounds, strictest);
        }
    }

    /// @inheritdoc IRiskParameters
    function value(bytes32 key) external view returns (int128) {
        return _valueOf(key);
    }

    /// @inheritdoc IRiskParameters
    function values(bytes32[] calldata keys_) external view returns (int128[] memory result) {
        result = new int128[](keys_.length);
        for (uint256 i = 0; i < keys_.length; ++i) {
            result[i] = _valueOf(keys_[i]);
        }
    }

    /// @inheritdoc IRiskParameters
    function documents() external view returns (bytes32 current, bytes32 previous, uint256 previousUntil) {
        return (_document, _previous, _previousUntil);
    }

    /// @inheritdoc IRiskParameters
    function keys() external view returns (bytes32[] memory) {
        return _keys;
    }

    /// @inheritdoc IRiskParameters
    function boundsOf(bytes32 key) external view returns (Bounds memory) {
        require(_values[key].changedAt != 0, UnknownKey(key));
        return _bounds[key];
    }

    /// @inheritdoc IRiskParameters
    function movedIn30Days(bytes32 key) external view returns (uint256 byGovernance, uint256 byGuardian) {
        require(_values[key].changedAt != 0, UnknownKey(key));
        return (_byGovernance[key].sum(), _byGuardian[key].sum());
    }

    /// @inheritdoc IRiskParameters
    function announcement(bytes32 id) external view returns (uint256 enactableAt, uint256 expiresAt) {
        enactableAt = _announced[id].enactableAt;
        if (enactableAt != 0) expiresAt = enactableAt + ENACT_WINDOW;
    }

    function _valueOf(bytes32 key) private view returns (int128) {
        Current memory current = _values[key];
        require(current.changedAt != 0, UnknownKey(key));
        return current.value;
    }

    function _idOf(Change[] calldata changes, bytes32 documentHash, uint256 nonce) private view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), nonce, changes, documentHash));
    }

    /// @dev Known keys, rising, groups whole.
    function _checkSet(Change[] calldata changes) private view {
        require(changes.length <= MAX_CHANGES, TooManyChanges(changes.length, MAX_CHANGES));
        uint256[MAX_GROUP + 1] memory seen;
        bytes32 last;
        for (uint256 i = 0; i < changes.length; ++i) {
            bytes32 key = changes[i].key;
            require(_values[key].changedAt != 0, UnknownKey(key));
            require(i == 0 || key > last, KeysNotRising(last, key));
            last = key;
            ++seen[_bounds[key].group];
        }
        for (uint8 group = 1; group <= MAX_GROUP; ++group) {
            if (seen[group] != 0 && seen[group] != _groups[group].length) revert GroupIncomplete(group, _missing(changes, group));
        }
    }

    function _missing(Change[] calldata changes, uint8 group) private view returns (bytes32) {
        bytes32[] storage members = _groups[group];
        for (uint256 i = 0; i < members.length; ++i) {
            bool found;
            for (uint256 j = 0; j < changes.length; ++j) {
                found = found || changes[j].key == members[i];
            }
            if (!found) return members[i];
        }
        return 0;
    }

    function _checkStep(Change calldata change, Bounds storage bounds, RollingSum.Window storage window) private view returns (uint128 step) {
        (int128 least, int128 most) = (bounds.least, bounds.most);
        require(change.value >= least && change.value <= most, OutOfBounds(change.key, change.value, least, most));
        step = _distance(_values[change.key].value, change.value);
        require(step <= bounds.mostStep, StepTooLarge(change.key, step, bounds.mostStep));
        uint256 total = window.sum() + step;
        require(total <= bounds.mostIn30Days, TooMuchIn30Days(change.key, total, bounds.mostIn30Days));
    }

    function _apply(Change[] calldata changes, mapping(bytes32 key => RollingSum.Window) storage windows) private {
        uint64 next = ++version;
        for (uint256 i = 0; i < changes.length; ++i) {
            Change calldata change = changes[i];
            RollingSum.Window storage window = windows[change.key];
            uint128 step = _checkStep(change, _bounds[change.key], window);
            if (step == 0) continue;
            window.add(step);
            int128 old = _values[change.key].value;
            _values[change.key] = Current(change.value, next);
            emit ValueSet(change.key, old, change.value, next);
        }
    }

    function _setDocument(bytes32 documentHash) private {
        bytes32 old = _document;
        if (documentHash == old) return;
        (_previous, _previousUntil) = (old, uint64(block.timestamp + uint128(_valueOf(Keys.PARAMETER_OVERLAP_SECONDS))));
        (_document, _documentChangedAt) = (documentHash, version);
        emit DocumentSet(old, documentHash, version);
    }

    function _register(bytes32 key, Bounds memory bounds, int128 value_) private {
        require(key != 0, ZeroValue());
        require(_values[key].changedAt == 0, KeyExists(key));
        require(
            bounds.least <= bounds.most && bounds.mostStep != 0 && bounds.mostStep <= bounds.mostIn30Days && bounds.leastDelay != 0
                && bounds.group <= MAX_GROUP,
            InvalidBounds(key)
        );
        require(value_ >= bounds.least && value_ <= bounds.most, OutOfBounds(key, value_, bounds.least, bounds.most));
        if (bounds.group != 0) {
            require(_groups[bounds.group].length < MAX_GROUP_KEYS, InvalidBounds(key));
            _groups[bounds.group].push(key);
        }
        _keys.push(key);
        _bounds[key] = bounds;
        _values[key] = Current(value_, version);
        emit KeyRegistered(key, bounds, value_);
        emit ValueSet(key, 0, value_, version);
    }

    /// @dev |a - b|, which fits 128 bits for any two values.
    function _distance(int128 a, int128 b) private pure returns (uint128) {
        return uint128(uint256(a > b ? int256(a) - b : int256(b) - a));
    }
}
