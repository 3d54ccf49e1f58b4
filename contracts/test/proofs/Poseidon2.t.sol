// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Poseidon2} from "../../src/libraries/Poseidon2.sol";
import {TestBase} from "../support/TestBase.sol";

/// @notice Opens the library to tests.
contract Poseidon2Harness {
    function permute(uint256[4] memory state) external pure returns (uint256[4] memory) {
        Poseidon2.permute(state);
        return state;
    }

    function hash3(uint256 a, uint256 b, uint256 c, uint256 domain) external pure returns (uint256) {
        return Poseidon2.hash3(a, b, c, domain);
    }

    function marginLeaf(uint64 account, uint64 sequence, bytes32 positionsHash, uint64 margin) external pure returns (uint256) {
        return Poseidon2.marginLeaf(account, sequence, positionsHash, margin);
    }

    function gasOf(uint256 permutations) external view returns (uint256) {
        uint256[4] memory state;
        uint256 before = gasleft();
        for (uint256 i = 0; i < permutations; ++i) {
            Poseidon2.permute(state);
        }
        return before - gasleft();
    }

    function rootOf(uint256 leaf, uint256 index, bytes32[] calldata path) external pure returns (uint256) {
        return Poseidon2.rootOf(leaf, index, path);
    }
}

/// @notice Permutation, leaves and roots against testdata/vectors/, which are from another language and another writing of the constants.
contract Poseidon2Test is TestBase {
    Poseidon2Harness private hasher = new Poseidon2Harness();
    string private json;

    function setUp() public {
        json = vm.readFile("../testdata/vectors/poseidon2.json");
    }

    function at(string memory list, uint256 i) private pure returns (string memory) {
        return string.concat(".", list, "[", vm.toString(i), "]");
    }

    function test_ThePermutationIsThatOfTheCircuits() public view {
        uint256 i = 0;
        for (; vm.keyExistsJson(json, at("permutations", i)); ++i) {
            bytes32[] memory input = vm.parseJsonBytes32Array(json, string.concat(at("permutations", i), ".input"));
            bytes32[] memory expected = vm.parseJsonBytes32Array(json, string.concat(at("permutations", i), ".output"));
            uint256[4] memory state = [uint256(input[0]), uint256(input[1]), uint256(input[2]), uint256(input[3])];
            uint256[4] memory output = hasher.permute(state);
            for (uint256 j = 0; j < 4; ++j) {
                assertEq(bytes32(output[j]), expected[j], at("permutations", i));
            }
            assertEq(bytes32(hasher.hash3(state[0], state[1], state[2], state[3])), expected[0], "hash3");
        }
        assertTrue(i >= 16, "vectors");
        // As Barretenberg publishes it.
        assertEq(bytes32(hasher.hash3(0, 0, 0, 0)), 0x18dfb8dc9b82229cff974efefc8df78b1ce96d9d844236b496785c698bc6732e, "zeros");
    }

    function leafAt(uint256 i) private view returns (uint256) {
        string memory leaf = at("marginLeaves", i);
        return hasher.marginLeaf(
            uint64(vm.parseJsonUint(json, string.concat(leaf, ".account"))),
            uint64(vm.parseJsonUint(json, string.concat(leaf, ".sequence"))),
            vm.parseJsonBytes32(json, string.concat(leaf, ".positionsHash")),
            uint64(vm.parseJsonUint(json, string.concat(leaf, ".margin")))
        );
    }

    function test_LeavesAndRootsAreThoseOfTheCircuits() public view {
        uint256 count = 0;
        for (; vm.keyExistsJson(json, at("marginLeaves", count)); ++count) {
            assertEq(bytes32(leafAt(count)), vm.parseJsonBytes32(json, string.concat(at("marginLeaves", count), ".leaf")), "leaf");
        }
        assertEq(count, 16, "leaves");
        for (uint256 depth = 0; depth <= 4; ++depth) {
            string memory tree = at("trees", depth);
            bytes32 root = vm.parseJsonBytes32(json, string.concat(tree, ".root"));
            for (uint256 i = 0; i < 1 << depth; ++i) {
                bytes32[] memory path = vm.parseJsonBytes32Array(json, string.concat(tree, ".paths[", vm.toString(i), "]"));
                assertEq(path.length, depth, "depth");
                assertEq(bytes32(hasher.rootOf(leafAt(i), i, path)), root, "root");
                if (depth != 0) assertTrue(bytes32(hasher.rootOf(leafAt(i), i ^ 1, path)) != root, "another place");
            }
        }
    }

    function test_RevertIf_TheIndexIsOutsideOfTheTree() public {
        bytes32[] memory path = new bytes32[](2);
        hasher.rootOf(1, 3, path);
        vm.expectRevert(abi.encodeWithSelector(Poseidon2.IndexOutOfTree.selector, 4, 2));
        hasher.rootOf(1, 4, path);
        vm.expectRevert(abi.encodeWithSelector(Poseidon2.IndexOutOfTree.selector, 1, 0));
        hasher.rootOf(1, 1, new bytes32[](0));
        vm.expectRevert(abi.encodeWithSelector(Poseidon2.IndexOutOfTree.selector, 0, 256));
        hasher.rootOf(1, 0, new bytes32[](256));
    }

    function test_RevertIf_ASiblingIsNoFieldElement() public {
        bytes32[] memory path = new bytes32[](1);
        path[0] = bytes32(Poseidon2.P - 1);
        hasher.rootOf(1, 0, path);
        path[0] = bytes32(Poseidon2.P);
        vm.expectRevert(abi.encodeWithSelector(Poseidon2.NotInField.selector, Poseidon2.P));
        hasher.rootOf(1, 0, path);
    }

    /// @notice Elements stay in the field, and a permutation keeps nothing of the one before.
    function testFuzz_ThePermutationStaysInTheField(uint256[4] memory seed) public view {
        for (uint256 i = 0; i < 4; ++i) {
            // The ends of the range as often as the middle.
            uint256 kind = seed[i] & 7;
            seed[i] = kind == 0 ? Poseidon2.P - 1 - (seed[i] >> 250) : kind == 1 ? seed[i] >> 250 : seed[i] % Poseidon2.P;
        }
        uint256[4] memory output = hasher.permute(seed);
        uint256[4] memory again = hasher.permute(seed);
        for (uint256 i = 0; i < 4; ++i) {
            assertTrue(output[i] < Poseidon2.P, "in the field");
            assertEq(output[i], again[i], "the same again");
        }
    }

    function test_CON10_APermutationStaysAtItsCost() public view {
        // With the loop around it.
        assertAtMost((hasher.gasOf(11) - hasher.gasOf(1)) / 10, 15_100, "a permutation");
    }
}
