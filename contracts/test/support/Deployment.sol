// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AttestationRegistry} from "../../src/attestation/AttestationRegistry.sol";
import {Guardian} from "../../src/governance/Guardian.sol";
import {PmsGovernor} from "../../src/governance/PmsGovernor.sol";
import {PmsToken} from "../../src/governance/PmsToken.sol";
import {RiskParameters} from "../../src/governance/RiskParameters.sol";
import {VetoTimelock} from "../../src/governance/VetoTimelock.sol";
import {IRiskParameters} from "../../src/interfaces/IRiskParameters.sol";
import {Deploy} from "../../script/Deploy.sol";
import {AttesterKeys} from "./AttesterKeys.sol";

/// @notice The protocol as `Deploy` makes it, with holders of votes, a guardian and attesters whose keys the tests know.
abstract contract Deployment is AttesterKeys {
    bytes32 internal constant DOCUMENT = keccak256("risk parameter document");
    /// @dev Monday 2027-01-04 00:00:00 UTC, so that weekdays in the tests can be read off.
    uint256 internal constant MONDAY = 1_799_020_800;
    address internal constant WHALE = address(0xA11CE); // holds 40 % of the votes
    address internal constant CROWD = address(0xB0B); // 60 %
    address internal constant GUARDIAN_HOLDER = address(0x6A4D);

    Deploy internal deploy;
    PmsToken internal token;
    VetoTimelock internal timelock;
    PmsGovernor internal governor;
    RiskParameters internal parameters;
    AttestationRegistry internal attestations;
    Guardian internal guardian;
    KeySet internal attesters;

    function deployProtocol() internal {
        vm.warp(MONDAY);
        vm.roll(1000);
        attesters = keySet(7, 1);
        deploy = new Deploy(configuration());
        for (uint256 i = 0; i < deploy.parts(); ++i) {
            deploy.next(vm.getCode(artifactOf(Deploy.Part(i))));
        }
        deploy.finish();
        token = PmsToken(deploy.addressOf(Deploy.Part.Token));
        timelock = VetoTimelock(payable(deploy.addressOf(Deploy.Part.Timelock)));
        governor = PmsGovernor(payable(deploy.addressOf(Deploy.Part.Governor)));
        parameters = RiskParameters(deploy.addressOf(Deploy.Part.Parameters));
        attestations = AttestationRegistry(deploy.addressOf(Deploy.Part.Attestations));
        guardian = Guardian(deploy.addressOf(Deploy.Part.Guardian));
    }

    function configuration() internal view virtual returns (Deploy.Config memory c) {
        c.holders = new address[](2);
        c.amounts = new uint256[](2);
        (c.holders[0], c.holders[1]) = (WHALE, CROWD);
        (c.amounts[0], c.amounts[1]) = (400_000_000e18, 600_000_000e18);
        c.guardianHolder = GUARDIAN_HOLDER;
        c.guardianUntil = block.timestamp + 180 days;
        c.documentHash = DOCUMENT;
        c.attesters = attesters.members;
        c.rotationDelay = 2 days;
        c.insurance = address(0x1245);
        c.bondDelay = 14 days;
        c.leastBond = 100_000e6;
    }

    function artifactOf(Deploy.Part part) internal pure returns (string memory) {
        string[6] memory names = ["PmsToken", "VetoTimelock", "PmsGovernor", "RiskParameters", "AttestationRegistry", "Guardian"];
        string memory name = names[uint256(part)];
        return string.concat(name, ".sol:", name);
    }

    function one(bytes32 key, int128 value) internal pure returns (IRiskParameters.Change[] memory changes) {
        changes = new IRiskParameters.Change[](1);
        changes[0] = IRiskParameters.Change(key, value);
    }

    /// @notice Two changes in the order that the registry asks for.
    function two(bytes32 key, int128 value, bytes32 otherKey, int128 otherValue) internal pure returns (IRiskParameters.Change[] memory changes) {
        changes = new IRiskParameters.Change[](2);
        changes[0] = IRiskParameters.Change(key, value);
        changes[1] = IRiskParameters.Change(otherKey, otherValue);
        if (key > otherKey) (changes[0], changes[1]) = (changes[1], changes[0]);
    }
}
