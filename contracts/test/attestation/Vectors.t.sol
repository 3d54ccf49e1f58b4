// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MerkleTree} from "../../src/libraries/MerkleTree.sol";
import {AccountClearance, BatchHeader, Clearance, FundingIndex, MarginLeaf, SettlementPrice, StressRow} from "../../src/types/Attestation.sol";
import {AttestationFixture} from "../support/AttestationFixture.sol";
import {MessageDraw} from "../support/MessageDraw.sol";

/// @notice The bytes of every message against testdata/vectors/, which the other languages read too.
contract VectorsTest is AttestationFixture {
    string private constant VECTORS = "../testdata/vectors/attestation-";

    MessageDraw private draws = new MessageDraw();

    function _file(string memory name) private view returns (string memory) {
        return vm.readFile(string.concat(VECTORS, name, ".json"));
    }

    /// @notice The fields of one message as ABI words.
    /// @param kinds of each: u unsigned, i signed, b 32 bytes, f flag
    function _words(string memory json, string memory at, string[] memory names, bytes memory kinds) private pure returns (bytes memory words) {
        for (uint256 i = 0; i < names.length; ++i) {
            string memory key = string.concat(at, ".", names[i]);
            bytes32 word = kinds[i] == "u"
                ? bytes32(vm.parseJsonUint(json, key))
                : kinds[i] == "i"
                    ? bytes32(uint256(vm.parseJsonInt(json, key)))
                    : kinds[i] == "f" ? bytes32(uint256(vm.parseJsonBool(json, key) ? 1 : 0)) : vm.parseJsonBytes32(json, key);
            words = bytes.concat(words, word);
        }
    }

    function _names(string memory list) private pure returns (string[] memory) {
        return vm.split(list, " ");
    }

    function _check(string memory json, string memory at, bytes32 structHash) private view {
        assertEq(structHash, vm.parseJsonBytes32(json, string.concat(at, ".structHash")), at);
        uint256 chain = vm.parseJsonUint(json, string.concat(at, ".chainId"));
        address contract_ = vm.parseJsonAddress(json, string.concat(at, ".verifyingContract"));
        bytes32 digest = draws.digest(draws.separator("PMS Attestation", chain, contract_), structHash);
        assertEq(digest, vm.parseJsonBytes32(json, string.concat(at, ".digest")), string.concat(at, " digest"));
    }

    function test_ATT03_MessagesHashToTheVectors() public view {
        string memory json = _file("messages");
        for (uint256 i = 0; i < 3; ++i) {
            string memory nth = string.concat(".cases[", vm.toString(i), "]");
            string memory at = string.concat(".batchHeader", nth);
            bytes memory words = _words(
                json,
                string.concat(at, ".message"),
                _names(
                    "setId schema sequence observedAt validUntil bookBlock snapshotHash parameterHash scenarioSetHash arrayRoot stressRoot stressSharesHash pricesHash accountsRoot accountCount rowCount totalMaintenanceWad totalEquityWad totalShortfallWad"
                ),
                "uuuuuubbbbbbbbuuuiu"
            );
            _check(json, at, hashes.hash(abi.decode(words, (BatchHeader))));
            at = string.concat(".marginLeaf", nth);
            words = _words(
                json,
                string.concat(at, ".message"),
                _names("account sequence positionsHash initialWad maintenanceWad markValueWad decayWadPerSecond"),
                "uubuuiu"
            );
            _check(json, at, hashes.hash(abi.decode(words, (MarginLeaf))));
            at = string.concat(".stressRow", nth);
            words = _words(json, string.concat(at, ".message"), _names("instrument markWad tickExponent entriesHash"), "biib");
            _check(json, at, hashes.hash(abi.decode(words, (StressRow))));
            at = string.concat(".settlementPrice", nth);
            words = _words(json, string.concat(at, ".message"), _names("setId priceId expiry priceE8 observedAt"), "uuuuu");
            _check(json, at, hashes.hash(abi.decode(words, (SettlementPrice))));
            at = string.concat(".fundingIndex", nth);
            words = _words(json, string.concat(at, ".message"), _names("setId instrument sequence indexWad observedAt"), "ubuiu");
            _check(json, at, hashes.hash(abi.decode(words, (FundingIndex))));
            at = string.concat(".clearance", nth);
            _check(json, at, hashes.hash(_clearance(json, string.concat(at, ".message"))));
        }
    }

    function _clearance(string memory json, string memory at) private view returns (Clearance memory clearance) {
        bytes memory head = _words(json, at, _names("setId batchSequence observedAt validUntil actionHash parameterHash"), "uuuubb");
        (clearance.setId, clearance.batchSequence, clearance.observedAt, clearance.validUntil, clearance.actionHash, clearance.parameterHash) =
            abi.decode(head, (uint64, uint64, uint64, uint64, bytes32, bytes32));
        uint256 count = 0;
        while (vm.keyExistsJson(json, string.concat(at, ".accounts[", vm.toString(count), "]"))) ++count;
        clearance.accounts = new AccountClearance[](count);
        for (uint256 i = 0; i < count; ++i) {
            bytes memory words = _words(
                json,
                string.concat(at, ".accounts[", vm.toString(i), "]"),
                _names("account sequence positionsHashBefore positionsHashAfter initialWad maintenanceWad markValueWad reducesRisk"),
                "uubbuuif"
            );
            clearance.accounts[i] = abi.decode(words, (AccountClearance));
        }
    }

    function test_ATT07_TreesHashToTheVectors() public view {
        string memory json = _file("trees");
        assertEq(MerkleTree.EMPTY, vm.parseJsonBytes32(json, ".empty"), "empty");
        uint256 checked = 0;
        for (uint256 t = 0; vm.keyExistsJson(json, string.concat(".trees[", vm.toString(t), "]")); ++t) {
            string memory at = string.concat(".trees[", vm.toString(t), "]");
            bytes32[] memory data = vm.parseJsonBytes32Array(json, string.concat(at, ".dataHashes"));
            uint256 depth = vm.parseJsonUint(json, string.concat(at, ".depth"));
            for (uint256 i = 0; i < data.length; ++i) {
                bytes32[] memory path = vm.parseJsonBytes32Array(json, string.concat(at, ".paths[", vm.toString(i), "]"));
                bytes32 root = hashes.rootOf(hashes.leafHash(data[i]), i, data.length, depth, path);
                assertEq(root, vm.parseJsonBytes32(json, string.concat(at, ".root")), at);
                ++checked;
            }
        }
        assertEq(checked, 1 + 5 + 3 + 1 + 7 + 8 + 2, "paths");
    }

    function test_ATT03_SetsAndPricesHashToTheVectors() public view {
        string memory json = _file("hashes");
        for (uint256 i = 0; i < 3; ++i) {
            string memory at = string.concat(".sets[", vm.toString(i), "]");
            address[] memory members = vm.parseJsonAddressArray(json, string.concat(at, ".members"));
            uint64 setId = uint64(vm.parseJsonUint(json, string.concat(at, ".setId")));
            assertEq(hashes.setHash(setId, members), vm.parseJsonBytes32(json, string.concat(at, ".hash")), at);
        }
        // The registry hashes prices where it takes a batch; the fixture's headers carry the second writing that is checked here.
        for (uint256 i = 0; i < 2; ++i) {
            string memory at = string.concat(".prices[", vm.toString(i), "]");
            uint256[] memory prices = vm.parseJsonUintArray(json, string.concat(at, ".pricesE8"));
            assertEq(keccak256(abi.encodePacked(prices)), vm.parseJsonBytes32(json, string.concat(at, ".hash")), at);
        }
    }

    /// @notice Random messages of every kind, hashed over: 2,000 of them, 100,000 in the long run.
    function test_ATT03_RandomMessagesHashToTheCheckpoints() public {
        string memory json = _file("random");
        uint256 most = vm.envOr("PMS_LONG", uint256(0)) == 0 ? 2000 : 100_000;
        uint256 reached = 0;
        bytes32 running = 0;
        vm.pauseGasMetering();
        for (uint256 i = 0; reached < most; ++i) {
            string memory at = string.concat(".checkpoints[", vm.toString(i), "]");
            uint256 count = vm.parseJsonUint(json, string.concat(at, ".count"));
            for (; reached < count; ++reached) {
                running = draws.fold(running, uint64(reached));
            }
            assertEq(running, vm.parseJsonBytes32(json, string.concat(at, ".hash")), at);
        }
        vm.resumeGasMetering();
        assertEq(reached, most, "messages");
    }
}
