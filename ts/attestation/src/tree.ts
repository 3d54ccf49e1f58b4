// Merkle trees of fixed depth with tagged hashes: contracts/src/libraries/MerkleTree.sol.
import { concat, keccak256, stringToHex, type Hex } from 'viem';

export const accountDepth = 20;
export const rowDepth = 13;

/** What stands at a place without a leaf. */
export const emptyLeaf: Hex = keccak256(stringToHex('pms.merkle.empty'));

/** @param dataHash struct hash of the leaf */
export function leafHash(dataHash: Hex): Hex {
  return keccak256(concat(['0x00', dataHash]));
}

export function nodeHash(left: Hex, right: Hex): Hex {
  return keccak256(concat(['0x01', left, right]));
}

/**
 * Whether a leaf stands at a place of a committed tree.
 * @param count leaves in use, committed beside the root
 * @param path neighbours from the leaf up, as many as the tree is deep
 */
export function isInTree(root: Hex, dataHash: Hex, index: number, count: number, depth: number, path: readonly Hex[]): boolean {
  if (path.length !== depth || !Number.isInteger(index) || index < 0 || index >= count || count > 2 ** depth) return false;
  let node = leafHash(dataHash);
  for (const [level, sibling] of path.entries()) {
    node = Math.floor(index / 2 ** level) % 2 === 0 ? nodeHash(node, sibling) : nodeHash(sibling, node);
  }
  return node.toLowerCase() === root.toLowerCase();
}

/** Root of a tree from the struct hashes of its leaves. */
export function rootOf(dataHashes: readonly Hex[], depth: number): Hex {
  if (dataHashes.length > 2 ** depth) throw new RangeError(`${dataHashes.length} leaves do not fit a tree of depth ${depth}`);
  let nodes = dataHashes.map(leafHash);
  let empty = emptyLeaf;
  for (let level = 0; level < depth; level++) {
    nodes = Array.from({ length: Math.ceil(nodes.length / 2) }, (_, i) => nodeHash(nodes[2 * i] ?? empty, nodes[2 * i + 1] ?? empty));
    empty = nodeHash(empty, empty);
  }
  return nodes[0] ?? empty;
}
