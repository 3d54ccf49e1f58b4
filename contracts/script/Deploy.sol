// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {ClearingHouse} from "../src/ClearingHouse.sol";
import {InstrumentRegistry} from "../src/InstrumentRegistry.sol";
import {AttestationRegistry} from "../src/attestation/AttestationRegistry.sol";
import {AttesterBond} from "../src/attestation/AttesterBond.sol";
import {Guardian} from "../src/governance/Guardian.sol";
import {PmsGovernor} from "../src/governance/PmsGovernor.sol";
import {PmsToken} from "../src/governance/PmsToken.sol";
import {RiskParameters} from "../src/governance/RiskParameters.sol";
import {VetoTimelock} from "../src/governance/VetoTimelock.sol";
import {HouseServices} from "../src/house/HouseServices.sol";
import {IClearingHouse} from "../src/interfaces/IClearingHouse.sol";
import {IRiskParameters} from "../src/interfaces/IRiskParameters.sol";
import {Keys} from "../src/libraries/Keys.sol";
import {LiquidationEngine} from "../src/liquidation/LiquidationEngine.sol";
import {MarginProofs} from "../src/proofs/MarginProofs.sol";
import {ProofVerifiers} from "../src/proofs/ProofVerifiers.sol";
import {SolvencyFeed} from "../src/proofs/SolvencyFeed.sol";
import {SolvencyOracle} from "../src/proofs/SolvencyOracle.sol";
import {CircuitSetup} from "../src/types/Proofs.sol";
import {Defaults} from "./Defaults.sol";

/// @title One deployment of the protocol
/// @notice Create it with a configuration, give it the creation code of each part in the order of `Part` (`next`, a transaction each), then `finish`.
/// It knows every address beforehand, so the parts hold each other as constants; it owns what needs wiring only until `finish`, which hands all of it to the timelock and checks that nobody else kept anything.
/// @dev The codes come from outside, so that this contract stays small and each part is a transaction of its own below the gas cap.
contract Deploy {
    /// @dev In the order of creation: each part reads only from parts before it while it is constructed.
    enum Part {
        Token,
        Timelock,
        Governor,
        Parameters,
        Attestations,
        Guardian,
        Instruments,
        Liquidations,
        Services,
        House,
        Bond,
        Challenge,
        Engine,
        Verifiers,
        Proofs,
        Solvency,
        Feed
    }

    struct Underlying {
        uint8 priceId;
        bytes32 name; // ASCII
        uint64[6] nodesE8; // [1e-8 USD]
    }

    struct Coin {
        address token;
        uint8 priceId;
        int128 haircutWad; // share
        int128 capWad;
        int128 rampSeconds; // [s]
    }

    struct Config {
        address[] holders; // of votes
        uint256[] amounts; // [votes] together the whole supply
        address guardianHolder;
        uint256 guardianUntil; // [s]
        bytes32 documentHash; // SHA-256 of the risk parameter document
        address[] attesters; // the first set, rising
        uint256 rotationDelay; // [s] of attester sets
        address cash; // settlement token
        address insurance; // receives what slashing leaves
        uint256 bondDelay; // [s] of withdrawals of bonds
        uint256 leastBond; // [token units]
        uint256 challengeWindow; // [s] shorter than bondDelay
        Underlying[] underlyings;
        Coin[] coins; // listed at once, in this order; their credit still ramps
        uint256 circuitDelay; // [s] of verifiers of proofs
        CircuitSetup[] circuits; // the first verifiers, in force at once
        uint256 floorSeconds; // [s] for how long a proven margin counts
        uint256 solvencyMaxAge; // [s] for how long a solvency index counts
    }

    event Deployed(Part indexed part, address at, bytes32 creationCodeHash);
    event Finished(address timelock);

    error NotDeployer(address caller);
    error OutOfOrder(uint256 deployed, uint256 parts);
    error CreationFailed(Part part);
    error UnexpectedAddress(Part part, address expected, address actual);
    error StillHeld(Part part, string what, address by);

    address public immutable deployer;
    uint256 public deployed; // parts so far
    bool public finished;
    bytes private _config;

    constructor(Config memory config_) {
        deployer = msg.sender;
        _config = abi.encode(config_);
    }

    modifier onlyDeployer() {
        require(msg.sender == deployer, NotDeployer(msg.sender));
        _;
    }

    function parts() public pure returns (uint256) {
        return uint256(type(Part).max) + 1;
    }

    function config() public view returns (Config memory) {
        return abi.decode(_config, (Config));
    }

    /// @notice Where a part stands or will stand: the address of this contract's creation number part + 1.
    function addressOf(Part part) public view returns (address) {
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes2(0xd694), address(this), uint8(part) + 1)))));
    }

    /// @notice Creates the next part.
    function next(bytes calldata creationCode) external onlyDeployer returns (address created) {
        require(deployed < parts(), OutOfOrder(deployed, parts()));
        Part part = Part(deployed);
        bytes memory code = bytes.concat(creationCode, argumentsOf(part));
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            if iszero(created) {
                if returndatasize() {
                    let free := mload(0x40)
                    returndatacopy(free, 0, returndatasize())
                    revert(free, returndatasize())
                }
            }
        }
        require(created != address(0), CreationFailed(part));
        require(created == addressOf(part), UnexpectedAddress(part, addressOf(part), created));
        ++deployed;
        emit Deployed(part, created, keccak256(creationCode));
    }

    /// @notice Wires the parts, hands all ownership to the timelock and checks the result. Afterwards this contract can do nothing any more.
    function finish() external onlyDeployer {
        require(deployed == parts() && !finished, OutOfOrder(deployed, parts()));
        finished = true;
        Config memory c = config();
        address challenge = addressOf(Part.Challenge);
        AttestationRegistry(addressOf(Part.Attestations)).setChallenge(challenge);
        AttestationRegistry(addressOf(Part.Attestations)).setProofs(addressOf(Part.Proofs));
        AttesterBond(addressOf(Part.Bond)).setChallenge(challenge);
        for (uint256 i = 0; i < c.underlyings.length; ++i) {
            InstrumentRegistry(addressOf(Part.Instruments)).listUnderlying(c.underlyings[i].priceId, c.underlyings[i].name, c.underlyings[i].nodesE8);
        }
        IClearingHouse(addressOf(Part.House)).setLiquidationEngine(addressOf(Part.Engine));
        for (uint256 i = 0; i < c.coins.length; ++i) {
            IClearingHouse(addressOf(Part.House)).listCoin(c.coins[i].token, c.coins[i].priceId);
        }
        Part[4] memory owned = _owned();
        for (uint256 i = 0; i < owned.length; ++i) {
            _handOver(owned[i]);
        }
        verify();
        emit Finished(addressOf(Part.Timelock));
    }

    /// @notice Reverts unless the timelock alone governs every part, and neither this contract nor its creator holds a role.
    function verify() public view {
        VetoTimelock timelock = VetoTimelock(payable(addressOf(Part.Timelock)));
        Guardian guardian = Guardian(addressOf(Part.Guardian));
        Part[4] memory owned = _owned();
        for (uint256 i = 0; i < owned.length; ++i) {
            _requireOwned(owned[i]);
        }
        _requireEqual(Part.Attestations, "challenge", AttestationRegistry(addressOf(Part.Attestations)).challenge(), addressOf(Part.Challenge));
        _requireEqual(Part.Attestations, "guardian", address(AttestationRegistry(addressOf(Part.Attestations)).guardian()), address(guardian));
        _requireEqual(Part.Attestations, "proofs", AttestationRegistry(addressOf(Part.Attestations)).proofs(), addressOf(Part.Proofs));
        _requireEqual(Part.Verifiers, "governance", ProofVerifiers(addressOf(Part.Verifiers)).governance(), address(timelock));
        _requireEqual(Part.Verifiers, "guardian", ProofVerifiers(addressOf(Part.Verifiers)).guardian(), address(guardian));
        _requireEqual(Part.Proofs, "governance", MarginProofs(addressOf(Part.Proofs)).governance(), address(timelock));
        _requireEqual(Part.Solvency, "governance", SolvencyOracle(addressOf(Part.Solvency)).governance(), address(timelock));
        _requireEqual(Part.Feed, "oracle", address(SolvencyFeed(addressOf(Part.Feed)).ORACLE()), addressOf(Part.Solvency));
        _requireEqual(Part.Bond, "challenge", AttesterBond(addressOf(Part.Bond)).challenge(), addressOf(Part.Challenge));
        _requireEqual(Part.House, "services", address(ClearingHouse(payable(addressOf(Part.House))).SERVICES()), addressOf(Part.Services));
        _requireEqual(Part.Services, "liquidations", address(HouseServices(payable(addressOf(Part.Services))).LIQUIDATIONS()), addressOf(Part.Liquidations));
        _requireEqual(Part.Engine, "house", address(LiquidationEngine(addressOf(Part.Engine)).HOUSE()), addressOf(Part.House));
        _requireEqual(Part.Parameters, "governance", RiskParameters(addressOf(Part.Parameters)).governance(), address(timelock));
        _requireEqual(Part.Parameters, "guardian", RiskParameters(addressOf(Part.Parameters)).guardian(), address(guardian));
        _requireEqual(Part.Guardian, "governance", address(guardian.governance()), address(timelock));
        _requireEqual(Part.Guardian, "verifiers", address(guardian.verifiers()), addressOf(Part.Verifiers));
        _requireEqual(Part.Governor, "timelock", PmsGovernor(payable(addressOf(Part.Governor))).timelock(), address(timelock));
        _requireEqual(Part.Governor, "token", address(PmsGovernor(payable(addressOf(Part.Governor))).token()), addressOf(Part.Token));
        _requireRole(timelock, timelock.DEFAULT_ADMIN_ROLE(), "admin", address(timelock));
        _requireRole(timelock, timelock.PROPOSER_ROLE(), "proposer", addressOf(Part.Governor));
        _requireRole(timelock, timelock.CANCELLER_ROLE(), "canceller", addressOf(Part.Governor));
        _requireRole(timelock, timelock.CANCELLER_ROLE(), "canceller", address(guardian));
        // Open to all, so that nobody can hold back what was decided.
        _requireRole(timelock, timelock.EXECUTOR_ROLE(), "executor", address(0));
        if (PmsToken(addressOf(Part.Token)).balanceOf(address(this)) != 0) revert StillHeld(Part.Token, "votes", address(this));
    }

    /// @notice Constructor arguments of a part, encoded.
    function argumentsOf(Part part) public view returns (bytes memory) {
        Config memory c = config();
        address timelock = addressOf(Part.Timelock);
        if (part == Part.Token) return abi.encode(c.holders, c.amounts);
        if (part == Part.Timelock) return abi.encode(addressOf(Part.Governor), addressOf(Part.Guardian));
        if (part == Part.Governor) return abi.encode(addressOf(Part.Token), timelock);
        if (part == Part.Parameters) return abi.encode(timelock, addressOf(Part.Guardian), c.documentHash, _setups(c.coins), Defaults.families());
        if (part == Part.Attestations) return abi.encode(address(this), addressOf(Part.Parameters), addressOf(Part.Guardian), c.rotationDelay, c.attesters);
        if (part == Part.Guardian) {
            return abi.encode(
                timelock, addressOf(Part.Parameters), addressOf(Part.Attestations), addressOf(Part.Verifiers), c.guardianHolder, c.guardianUntil
            );
        }
        if (part == Part.Instruments) return abi.encode(addressOf(Part.Attestations), addressOf(Part.Parameters), address(this));
        if (part == Part.Services) return abi.encode(addressOf(Part.Liquidations));
        if (part == Part.Engine) return abi.encode(addressOf(Part.House), addressOf(Part.Attestations), addressOf(Part.Parameters));
        if (part == Part.Liquidations) return abi.encode(c.cash, addressOf(Part.Instruments), addressOf(Part.Attestations), addressOf(Part.Parameters));
        if (part == Part.House) return abi.encode(addressOf(Part.Services), address(this));
        if (part == Part.Verifiers) return abi.encode(timelock, addressOf(Part.Guardian), c.circuitDelay, c.circuits);
        if (part == Part.Proofs) return abi.encode(addressOf(Part.Attestations), addressOf(Part.Verifiers), addressOf(Part.House), timelock, c.floorSeconds);
        if (part == Part.Solvency) {
            return abi.encode(addressOf(Part.Attestations), addressOf(Part.Verifiers), addressOf(Part.House), c.cash, timelock, c.solvencyMaxAge);
        }
        if (part == Part.Feed) return abi.encode(addressOf(Part.Solvency));
        if (part == Part.Bond) return abi.encode(address(this), c.cash, addressOf(Part.Attestations), c.bondDelay, c.leastBond, c.insurance);
        return abi.encode(addressOf(Part.Attestations), addressOf(Part.Bond), addressOf(Part.House), addressOf(Part.Parameters), c.challengeWindow);
    }

    /// @dev The keys of coins that the protocol starts with come with values; later coins start at the strictest ones.
    function _setups(Coin[] memory coins) private pure returns (IRiskParameters.Setup[] memory list) {
        IRiskParameters.Setup[] memory fixedKeys = Defaults.setups();
        IRiskParameters.Family[] memory families = Defaults.families();
        list = new IRiskParameters.Setup[](fixedKeys.length + coins.length * families.length);
        uint256 count;
        for (; count < fixedKeys.length; ++count) {
            list[count] = fixedKeys[count];
        }
        for (uint8 coin = 0; coin < coins.length; ++coin) {
            int128[3] memory values = [coins[coin].haircutWad, coins[coin].capWad, coins[coin].rampSeconds];
            for (uint256 i = 0; i < families.length; ++i) {
                list[count++] = IRiskParameters.Setup(Keys.ofCoin(families[i].name, coin), families[i].bounds, values[i]);
            }
        }
    }

    /// @dev Parts that this contract owns until `finish`.
    function _owned() private pure returns (Part[4] memory) {
        return [Part.Attestations, Part.Instruments, Part.House, Part.Bond];
    }

    function _handOver(Part part) private {
        VetoTimelock timelock = VetoTimelock(payable(addressOf(Part.Timelock)));
        Ownable2Step owned = Ownable2Step(addressOf(part));
        owned.transferOwnership(address(timelock));
        timelock.takeOwnership(owned);
    }

    function _requireOwned(Part part) private view {
        Ownable2Step owned = Ownable2Step(addressOf(part));
        _requireEqual(part, "ownership", owned.owner(), addressOf(Part.Timelock));
        _requireEqual(part, "pending ownership", owned.pendingOwner(), address(0));
    }

    function _requireEqual(Part part, string memory what, address actual, address expected) private pure {
        if (actual != expected) revert StillHeld(part, what, actual);
    }

    function _requireRole(VetoTimelock timelock, bytes32 role, string memory what, address holder) private view {
        if (!timelock.hasRole(role, holder)) revert StillHeld(Part.Timelock, what, holder);
        if (timelock.hasRole(role, address(this))) revert StillHeld(Part.Timelock, what, address(this));
        if (timelock.hasRole(role, deployer)) revert StillHeld(Part.Timelock, what, deployer);
    }
}
