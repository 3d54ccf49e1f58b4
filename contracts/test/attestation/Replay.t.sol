// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AttestationRegistry} from "../../src/attestation/AttestationRegistry.sol";
import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {BatchHeader, QuorumProof} from "../../src/types/Attestation.sol";
import {AttestationFixture} from "../support/AttestationFixture.sol";

/// @notice ATT-02, ATT-03, T15, T16, T19: replayed, reordered, carried elsewhere, said twice.
contract ReplayTest is AttestationFixture {
    uint256 private constant REPORTS = 6;

    /// @notice All 720 orders of six reports, each at one of three paces, at all of them in the long run: accepted is what is newer than all before it and not too old when it comes, and nothing else.
    function test_ATT02_T15_AllOrdersOfSixReports() public {
        BatchHeader[] memory headers = new BatchHeader[](REPORTS);
        QuorumProof[] memory proofs = new QuorumProof[](REPORTS);
        for (uint256 i = 0; i < REPORTS; ++i) {
            headers[i] = headerAt(uint64(i + 1), eightPrices());
            headers[i].observedAt = uint64(NOW + 10 * i);
            headers[i].validUntil = headers[i].observedAt + 60;
            proofs[i] = proofOf(first, batchDigest(headers[i]), FIVE_OF_SEVEN);
        }
        bool long = vm.envOr("PMS_LONG", uint256(0)) != 0;
        uint256 runs = 0;
        uint256 accepted = 0;
        for (uint256 order = 0; order < 720; ++order) {
            for (uint256 p = 0; p < 3; ++p) {
                if (!long && p != order % 3) continue;
                ++runs;
                accepted += _submitInOrder(headers, proofs, _permutation(order), [uint256(0), 10, 21][p]);
            }
        }
        assertTrue(runs == (long ? 2160 : 720) && accepted > runs && accepted < 4 * runs, "neither all nor none");
    }

    function _submitInOrder(BatchHeader[] memory headers, QuorumProof[] memory proofs, uint256[] memory order, uint256 pace)
        private
        returns (uint256 accepted)
    {
        uint256 state = vm.snapshotState();
        vm.warp(NOW + 45);
        uint256 newest = 0;
        for (uint256 k = 0; k < REPORTS; ++k) {
            BatchHeader memory header = headers[order[k]];
            bool due = header.sequence > newest && block.timestamp <= header.validUntil && header.observedAt <= block.timestamp + 5;
            try registry.submitBatch(header, eightPrices(), proofs[order[k]]) {
                assertTrue(due, "accepted out of order, stale or early");
                newest = header.sequence;
                ++accepted;
            } catch {
                assertTrue(!due, "refused though due");
            }
            vm.warp(block.timestamp + pace);
        }
        vm.revertToState(state);
    }

    function _permutation(uint256 number) private pure returns (uint256[] memory order) {
        order = new uint256[](REPORTS);
        uint256 left = 0x543210;
        for (uint256 i = 0; i < REPORTS; ++i) {
            uint256 pick = number % (REPORTS - i);
            number /= REPORTS - i;
            order[i] = (left >> (4 * pick)) & 0xf;
            uint256 low = left & ((1 << (4 * pick)) - 1);
            left = low | ((left >> (4 * (pick + 1))) << (4 * pick));
        }
    }

    /// @notice The same bytes at two registries on three chains: once, where they were meant for. A fork that keeps its storage but changes its id refuses too.
    function test_ATT03_T16_SameBytesAreAcceptedOnceInOnePlace() public {
        AttestationRegistry twin = newRegistry(first);
        uint256[3] memory chains = [uint256(31_337), 1, 42_161];
        BatchHeader memory header = headerAt(1, eightPrices());
        vm.chainId(chains[1]);
        QuorumProof memory proof = proofOf(first, batchDigest(header), FIVE_OF_SEVEN);
        uint256 accepted = 0;
        for (uint256 round = 0; round < 2; ++round) {
            for (uint256 c = 0; c < 3; ++c) {
                vm.chainId(chains[c]);
                for (uint256 r = 0; r < 2; ++r) {
                    AttestationRegistry target = r == 0 ? registry : twin;
                    try target.submitBatch(header, eightPrices(), proof) {
                        ++accepted;
                        assertEq(block.chainid, chains[1], "chain");
                        assertEq(address(target), address(registry), "contract");
                    } catch {}
                }
            }
        }
        assertEq(accepted, 1, "accepted");
    }

    function test_ATT03_DigestIsEip712WithTheLiveChain() public {
        bytes32 structHash = keccak256("struct");
        for (uint256 chain = 1; chain < 4; ++chain) {
            vm.chainId(chain);
            bytes32 domain = keccak256(
                abi.encode(
                    keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                    keccak256("PMS Attestation"),
                    keccak256("1"),
                    chain,
                    address(registry)
                )
            );
            assertEq(registry.attestationDigest(structHash), keccak256(abi.encodePacked(hex"1901", domain, structHash)), "digest");
        }
    }

    /// @notice Every field of the header is in the digest: change any and the signatures are for nothing.
    function testFuzz_ATT03_EveryFieldIsSigned(uint256 word, uint256 bit) public {
        BatchHeader memory header = headerAt(1, eightPrices());
        QuorumProof memory proof = proofOf(first, batchDigest(header), FIVE_OF_SEVEN);
        bytes memory call = abi.encodeCall(IAttestationRegistry.submitBatch, (header, eightPrices(), proof));
        word = bound(word, 0, 18);
        bit = bound(bit, 0, 255);
        call[4 + 32 * word + bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        (bool done,) = address(registry).call(call);
        assertTrue(!done, "accepted with a changed field");
    }

    /// @notice T19: of five reports for one sequence at most one finds a quorum, when up to f = 2 liars sign all of them and the others sign once.
    function testFuzz_ATT02_T19_LiarsNeverHaveTwoValuesAccepted(uint256 seed) public view {
        uint256 liars = (1 << (seed % 7)) | (1 << ((seed >> 8) % 7));
        uint256 honest = 0x7f & ~liars;
        uint256 favourite = (seed >> 16) % 5;
        uint256 quorums = 0;
        for (uint256 version = 0; version < 5; ++version) {
            bytes32 structHash = keccak256(abi.encode(seed, version));
            // Most of the honest are for one version, or there would hardly ever be a quorum.
            uint256 share = uint256(structHash);
            share = honest & (version == favourite ? share | (share >> 8) | (share >> 16) : share & (share >> 8));
            honest &= ~share;
            QuorumProof memory proof = proofOf(first, registry.attestationDigest(structHash), liars | share);
            try registry.requireQuorum(1, structHash, proof) {
                ++quorums;
            } catch {}
        }
        assertTrue(quorums <= 1, "two values for one sequence");
    }
}
