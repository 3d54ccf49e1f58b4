// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {InstrumentRegistry} from "../../src/InstrumentRegistry.sol";
import {AttestationRegistry} from "../../src/attestation/AttestationRegistry.sol";
import {AttesterBond} from "../../src/attestation/AttesterBond.sol";
import {StressChallenge} from "../../src/attestation/StressChallenge.sol";
import {Guardian} from "../../src/governance/Guardian.sol";
import {PmsGovernor} from "../../src/governance/PmsGovernor.sol";
import {PmsToken} from "../../src/governance/PmsToken.sol";
import {RiskParameters} from "../../src/governance/RiskParameters.sol";
import {VetoTimelock} from "../../src/governance/VetoTimelock.sol";
import {IClearingHouse} from "../../src/interfaces/IClearingHouse.sol";
import {IRiskParameters} from "../../src/interfaces/IRiskParameters.sol";
import {LiquidationEngine} from "../../src/liquidation/LiquidationEngine.sol";
import {MarginProofs} from "../../src/proofs/MarginProofs.sol";
import {ProofVerifiers} from "../../src/proofs/ProofVerifiers.sol";
import {SolvencyFeed} from "../../src/proofs/SolvencyFeed.sol";
import {SolvencyOracle} from "../../src/proofs/SolvencyOracle.sol";
import {Deploy} from "../../script/Deploy.sol";
import {LocalToken} from "../../script/mocks/LocalToken.sol";
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
    InstrumentRegistry internal instruments;
    IClearingHouse internal house; // both halves
    AttesterBond internal bond;
    StressChallenge internal challenge;
    LiquidationEngine internal engine;
    ProofVerifiers internal verifiers;
    MarginProofs internal marginProofs;
    SolvencyOracle internal solvency;
    SolvencyFeed internal solvencyFeed;
    LocalToken internal cash;
    KeySet internal attesters;

    function deployProtocol() internal {
        vm.warp(MONDAY);
        vm.roll(1000);
        attesters = keySet(attesterCount(), 1);
        cash = new LocalToken("Dollar", "USD", 6);
        deploy = new Deploy(configuration());
        for (uint256 i = 0; i < deploy.parts(); ++i) {
            string memory name = nameOf(Deploy.Part(i));
            deploy.next(vm.getCode(string.concat(name, ".sol:", name)));
        }
        deploy.finish();
        token = PmsToken(deploy.addressOf(Deploy.Part.Token));
        timelock = VetoTimelock(payable(deploy.addressOf(Deploy.Part.Timelock)));
        governor = PmsGovernor(payable(deploy.addressOf(Deploy.Part.Governor)));
        parameters = RiskParameters(deploy.addressOf(Deploy.Part.Parameters));
        attestations = AttestationRegistry(deploy.addressOf(Deploy.Part.Attestations));
        guardian = Guardian(deploy.addressOf(Deploy.Part.Guardian));
        instruments = InstrumentRegistry(deploy.addressOf(Deploy.Part.Instruments));
        house = IClearingHouse(deploy.addressOf(Deploy.Part.House));
        bond = AttesterBond(deploy.addressOf(Deploy.Part.Bond));
        challenge = StressChallenge(deploy.addressOf(Deploy.Part.Challenge));
        engine = LiquidationEngine(deploy.addressOf(Deploy.Part.Engine));
        verifiers = ProofVerifiers(deploy.addressOf(Deploy.Part.Verifiers));
        marginProofs = MarginProofs(deploy.addressOf(Deploy.Part.Proofs));
        solvency = SolvencyOracle(deploy.addressOf(Deploy.Part.Solvency));
        solvencyFeed = SolvencyFeed(deploy.addressOf(Deploy.Part.Feed));
    }

    function attesterCount() internal pure virtual returns (uint256) {
        return 7;
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
        c.cash = address(cash);
        c.insurance = address(0x1245);
        c.bondDelay = 14 days;
        c.leastBond = 100_000e6;
        c.challengeWindow = 7 days;
        c.circuitDelay = 3 days;
        c.floorSeconds = 1 hours;
        c.solvencyMaxAge = 30 minutes;
        c.underlyings = new Deploy.Underlying[](2);
        c.underlyings[0] = Deploy.Underlying(0, "BTC", [uint64(10_000e8), 40_000e8, 80_000e8, 120_000e8, 200_000e8, 1_000_000e8]);
        c.underlyings[1] = Deploy.Underlying(1, "ETH", [uint64(300e8), 1500e8, 3000e8, 4500e8, 8000e8, 40_000e8]);
    }

    function nameOf(Deploy.Part part) internal pure returns (string memory) {
        string[17] memory names = [
            "PmsToken",
            "VetoTimelock",
            "PmsGovernor",
            "RiskParameters",
            "AttestationRegistry",
            "Guardian",
            "InstrumentRegistry",
            "HouseLiquidations",
            "HouseServices",
            "ClearingHouse",
            "AttesterBond",
            "StressChallenge",
            "LiquidationEngine",
            "ProofVerifiers",
            "MarginProofs",
            "SolvencyOracle",
            "SolvencyFeed"
        ];
        return names[uint256(part)];
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
