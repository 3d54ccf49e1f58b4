// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRiskParameters} from "../../src/interfaces/IRiskParameters.sol";
import {Defaults} from "../../script/Defaults.sol";
import {TestBase} from "../support/TestBase.sol";

/// @notice The table of docs/protocol.md section 10 says what is deployed.
contract DefaultsTableTest is TestBase {
    function test_TheTableOfTheProtocolPageIsTrue() public view {
        string memory page = vm.readFile("../docs/protocol.md");
        IRiskParameters.Setup[] memory setups = Defaults.setups();
        for (uint256 i = 0; i < setups.length; ++i) {
            requireRow(page, setups[i].key, setups[i].bounds, setups[i].value, groupName(setups[i].bounds.group));
        }
        IRiskParameters.Family[] memory families = Defaults.families();
        for (uint256 i = 0; i < families.length; ++i) {
            IRiskParameters.Bounds memory b = families[i].bounds;
            requireRow(page, families[i].name, b, b.tightening == IRiskParameters.Tightening.Up ? b.most : b.least, "coin");
        }
    }

    function requireRow(string memory page, bytes32 key, IRiskParameters.Bounds memory b, int128 value, string memory group) private pure {
        string memory name = text(key);
        bool wad = vm.contains(name, "Wad");
        string memory row = string.concat("| `", name, "` | ", number(value, wad), " | ", number(b.least, wad), " | ", number(b.most, wad), " | ");
        row = string.concat(row, number(int128(b.mostStep), wad), " | ", number(int128(b.mostIn30Days), wad), " | ", vm.toString(b.leastDelay / 1 days), " d | ");
        row = string.concat(row, direction(b.tightening), " | ", group, " | ");
        assertTrue(vm.contains(page, row), row);
    }

    function groupName(uint8 group) private pure returns (string memory) {
        return group == 0 ? "" : vm.toString(group);
    }

    function direction(IRiskParameters.Tightening tightening) private pure returns (string memory) {
        if (tightening == IRiskParameters.Tightening.Up) return "up";
        return tightening == IRiskParameters.Tightening.Down ? "down" : "neither";
    }

    function text(bytes32 key) private pure returns (string memory) {
        uint256 length;
        while (length < 32 && key[length] != 0) ++length;
        bytes memory result = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            result[i] = key[i];
        }
        return string(result);
    }

    /// @dev Decimal text of an integer, or of an integer of wad without trailing zeros.
    function number(int128 value, bool wad) private pure returns (string memory) {
        uint256 amount = uint256(int256(value));
        if (!wad) return vm.toString(amount);
        string memory whole = vm.toString(amount / 1e18);
        uint256 rest = amount % 1e18;
        if (rest == 0) return whole;
        uint256 digits = 18;
        while (rest % 10 == 0) (rest, digits) = (rest / 10, digits - 1);
        bytes memory decimals = bytes(vm.toString(rest));
        string memory zeros = "";
        for (uint256 i = decimals.length; i < digits; ++i) {
            zeros = string.concat(zeros, "0");
        }
        return string.concat(whole, ".", zeros, string(decimals));
    }
}
