// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AttestationRegistry} from "../../src/attestation/AttestationRegistry.sol";
import {IGuardian} from "../../src/interfaces/IGuardian.sol";
import {IRiskParameters} from "../../src/interfaces/IRiskParameters.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {MerkleTree} from "../../src/libraries/MerkleTree.sol";
import {BatchHeader} from "../../src/types/Attestation.sol";
import {AttesterKeys} from "./AttesterKeys.sol";
import {GovernedNumbers, GuardianSwitch} from "./GovernedNumbers.sol";
import {HashHarness} from "./HashHarness.sol";

/// @notice A registry with seven attesters and batches that it accepts.
abstract contract AttestationFixture is AttesterKeys {
    uint256 internal constant NOW = 1_900_000_000;
    uint256 internal constant FIVE_OF_SEVEN = 0x1f;
    bytes32 internal constant DOCUMENT = sha256("parameters");
    address internal constant GOVERNANCE = address(0x60);

    KeySet internal first;
    GovernedNumbers internal numbers;
    GuardianSwitch internal guardianSwitch;
    AttestationRegistry internal registry;
    HashHarness internal hashes;

    function setUp() public virtual {
        vm.warp(NOW);
        vm.roll(1000);
        hashes = new HashHarness();
        numbers = new GovernedNumbers();
        numbers.set(Keys.MAX_AGE_SECONDS, 120);
        numbers.set(Keys.MAX_CLEARANCE_SECONDS, 30);
        numbers.set(Keys.MAX_FUTURE_SKEW_SECONDS, 5);
        numbers.set(Keys.SET_OVERLAP_SECONDS, 60);
        numbers.set(Keys.MAX_PRICE_MOVE_WAD, 0.1e18);
        numbers.set(Keys.MAX_PRICE_MOVE_PER_HOUR_WAD, 0.25e18);
        numbers.set(Keys.MAX_MAINTENANCE_FALL_WAD, 0.5e18);
        numbers.set(Keys.SLASH_SHARE_WAD, 0.5e18);
        numbers.set(Keys.CHALLENGER_SHARE_WAD, 0.3e18);
        numbers.setDocument(DOCUMENT, 0);
        guardianSwitch = new GuardianSwitch();
        first = keySet(7, 1);
        registry = newRegistry(first);
    }

    function newRegistry(KeySet memory set) internal returns (AttestationRegistry) {
        return new AttestationRegistry(GOVERNANCE, IRiskParameters(address(numbers)), IGuardian(address(guardianSwitch)), 1 days, set.members);
    }

    function eightPrices() internal pure returns (uint64[] memory list) {
        list = new uint64[](8);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = uint64(100_000e8 / (i + 1));
        }
    }

    /// @notice A header that the registry accepts now, with these prices.
    function headerAt(uint64 sequence, uint64[] memory pricesE8) internal view returns (BatchHeader memory header) {
        header.setId = 1;
        header.schema = 1;
        header.sequence = sequence;
        header.observedAt = uint64(block.timestamp);
        header.validUntil = uint64(block.timestamp + 120);
        header.bookBlock = uint64(block.number - 1);
        header.snapshotHash = sha256("snapshot");
        header.parameterHash = DOCUMENT;
        header.scenarioSetHash = sha256("scenarios");
        header.arrayRoot = sha256("array");
        header.stressRoot = keccak256("stress");
        header.stressSharesHash = keccak256("shares");
        header.pricesHash = keccak256(abi.encodePacked(pricesE8));
        header.accountsRoot = keccak256("accounts");
        header.accountCount = 10_000;
        header.rowCount = 1000;
        header.totalMaintenanceWad = 1e24;
        header.totalEquityWad = 3e24;
        header.totalShortfallWad = 5e21;
    }

    function batchDigest(BatchHeader memory header) internal view returns (bytes32) {
        return registry.attestationDigest(hashes.hash(header));
    }

    function submit(BatchHeader memory header, uint64[] memory pricesE8) internal {
        registry.submitBatch(header, pricesE8, proofOf(first, batchDigest(header), FIVE_OF_SEVEN));
    }

    /// @notice The next batch after so many seconds.
    function submitNext(uint256 secondsLater) internal returns (BatchHeader memory header) {
        vm.warp(block.timestamp + secondsLater);
        vm.roll(block.number + 1);
        (, uint64 sequence,,,) = registry.current();
        header = headerAt(sequence + 1, eightPrices());
        submit(header, eightPrices());
    }

    /// @notice A second writing of the library's.
    function nodeHash(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x01), left, right));
    }

    function leafHash(bytes32 data) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(bytes1(0x00), data));
    }

    /// @notice Root and path of one of a few leaves in a tree of a depth; the other places are empty.
    function treeOf(bytes32[] memory leaves, uint256 index, uint256 depth) internal pure returns (bytes32 root, bytes32[] memory path) {
        path = new bytes32[](depth);
        bytes32[] memory level = leaves;
        bytes32 empty = MerkleTree.EMPTY;
        for (uint256 i = 0; i < depth; ++i) {
            uint256 sibling = (index >> i) ^ 1;
            path[i] = sibling < level.length ? level[sibling] : empty;
            bytes32[] memory next = new bytes32[]((level.length + 1) / 2);
            for (uint256 j = 0; j < next.length; ++j) {
                next[j] = nodeHash(level[2 * j], 2 * j + 1 < level.length ? level[2 * j + 1] : empty);
            }
            level = next;
            empty = nodeHash(empty, empty);
        }
        root = level[0];
    }
}
