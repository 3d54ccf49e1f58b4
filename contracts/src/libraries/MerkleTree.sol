// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title Merkle trees of fixed depth with tagged hashes
/// @notice leaf = keccak256(0x00, keccak256(data)); node = keccak256(0x01, left, right); places without a leaf hold EMPTY.
/// @dev The double hash and the tags keep leaves, nodes and raw data apart, so that no inner node passes for a leaf. A path has exactly depth entries, from the leaf up.
library MerkleTree {
    bytes32 internal constant EMPTY = keccak256("pms.merkle.empty");
    uint256 internal constant ACCOUNT_DEPTH = 20;
    uint256 internal constant ROW_DEPTH = 13;

    error InvalidPathLength(uint256 length, uint256 depth);
    error IndexOutOfRange(uint256 index, uint256 count);

    function leafHash(bytes32 dataHash) internal pure returns (bytes32 result) {
        assembly ("memory-safe") {
            mstore8(0x00, 0x00)
            mstore(0x01, dataHash)
            result := keccak256(0x00, 0x21)
        }
    }

    /// @notice Root that a leaf at an index leads to.
    /// @param count leaves in use: an index beyond them is refused
    function rootOf(bytes32 leaf, uint256 index, uint256 count, uint256 depth, bytes32[] calldata path) internal pure returns (bytes32 node) {
        require(path.length == depth, InvalidPathLength(path.length, depth));
        require(index < count && count <= (1 << depth), IndexOutOfRange(index, count));
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore8(free, 0x01)
            node := leaf
            let sibling := path.offset
            for { let end := add(sibling, shl(5, depth)) } lt(sibling, end) { sibling := add(sibling, 0x20) } {
                // The lowest bit says on which side the node stands.
                let side := shl(5, and(index, 1))
                mstore(add(add(free, 0x01), side), node)
                mstore(sub(add(free, 0x21), side), calldataload(sibling))
                node := keccak256(free, 0x41)
                index := shr(1, index)
            }
        }
    }

    /// @notice Node over two others; rootOf does the same in its loop.
    function nodeHash(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x01), left, right));
    }
}
