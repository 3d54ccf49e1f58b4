// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";

/// @notice Stands in for RiskParameters where a test is about what the numbers do, not about how they change: no bounds, no delays.
/// @dev Storage is laid out as in RiskParameters (one slot a value), so that gas measured over it is the same.
contract GovernedNumbers {
    struct Current {
        int128 value;
        uint64 changedAt;
    }

    error UnknownKey(bytes32 key);

    uint64 public version = 1;
    mapping(bytes32 key => Current) private _values;
    bytes32 private _document;
    bytes32 private _previous;
    uint256 private _previousUntil;

    function set(bytes32 key, int128 value_) external {
        _values[key] = Current(value_, ++version);
    }

    function setDocument(bytes32 hash, uint256 overlap) external {
        (_previous, _previousUntil) = (_document, block.timestamp + overlap);
        _document = hash;
        ++version;
    }

    function value(bytes32 key) public view returns (int128) {
        Current memory current = _values[key];
        require(current.changedAt != 0, UnknownKey(key));
        return current.value;
    }

    function values(bytes32[] calldata keys) external view returns (int128[] memory result) {
        result = new int128[](keys.length);
        for (uint256 i = 0; i < keys.length; ++i) {
            result[i] = value(keys[i]);
        }
    }

    function documents() external view returns (bytes32, bytes32, uint256) {
        return (_document, _previous, _previousUntil);
    }
}

/// @notice Stands in for Guardian: its level is whatever the test says.
contract GuardianSwitch {
    function set(IAttestationRegistry registry, IAttestationRegistry.OperatingState level) external {
        registry.setPause(level, type(uint40).max);
    }

    function cancelSet(IAttestationRegistry registry) external {
        registry.cancelSet();
    }
}
