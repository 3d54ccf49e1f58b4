// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AttestationRegistry} from "../../src/attestation/AttestationRegistry.sol";
import {MerkleTree} from "../../src/libraries/MerkleTree.sol";
import {BatchHeader, MarginLeaf, QuorumProof} from "../../src/types/Attestation.sol";
import {AttestationFixture} from "../support/AttestationFixture.sol";

/// @notice Whole transactions; run with --isolate, or the numbers lack the 21,000 and the call data.
contract AttestationGasTest is AttestationFixture {
    function test_Gas_BatchOfFiveOfSeven() public {
        registry.prepareRing(0, 4);
        submitNext(1);
        submitNext(12);
        emit log_named_uint("batch, 5 of 7, 8 prices", vm.lastCallGas().gasTotalUsed);
    }
    event log_named_uint(string what, uint256 gas);
}
