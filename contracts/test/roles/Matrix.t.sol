// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {VetoTimelock} from "../../src/governance/VetoTimelock.sol";
import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {IClearingHouseTypes, ILiquidationHooks} from "../../src/interfaces/IClearingHouse.sol";
import {IMarginProofs} from "../../src/interfaces/IMarginProofs.sol";
import {IGuardian} from "../../src/interfaces/IGuardian.sol";
import {Deploy} from "../../script/Deploy.sol";
import {Deployment} from "../support/Deployment.sol";

/// @notice Every external function of every deployed contract, called by every role (T29, CON-03).
/// @dev The functions come from the compiler's output, so one that has no row here fails the test. A call is made with arguments of zeros (behind an account, with account 1 and something that is not 0):
/// for a role without the right it must end in an error that speaks of the caller; for a role with it, it may fail, but not by such an error.
contract MatrixTest is Deployment {
    // Who may call. A function has one set of roles.
    uint256 private constant STRANGER = 1 << 0;
    uint256 private constant ACCOUNT_OWNER = 1 << 1;
    uint256 private constant OTHER_OWNER = 1 << 2;
    uint256 private constant TIMELOCK = 1 << 3;
    uint256 private constant GOVERNOR = 1 << 4;
    uint256 private constant GUARDIAN = 1 << 5;
    uint256 private constant GUARDIAN_PERSON = 1 << 6;
    uint256 private constant CHALLENGE = 1 << 7;
    uint256 private constant ENGINE = 1 << 8;
    uint256 private constant ATTESTER = 1 << 9;
    uint256 private constant DEPLOYING_CONTRACT = 1 << 10;
    uint256 private constant DEPLOYER = 1 << 11;
    uint256 private constant PARAMETERS = 1 << 12;
    uint256 private constant REGISTRY = 1 << 13;
    uint256 private constant HOUSE = 1 << 14;
    uint256 private constant BOND = 1 << 15;
    uint256 private constant PROOFS = 1 << 16;
    uint256 private constant ROLES = 17;
    uint256 private constant ALL = (1 << ROLES) - 1;
    uint256 private constant NONE = 0;

    struct Row {
        bool listed;
        bool accountFirst; // the first argument is an account
        uint256 roles;
    }

    mapping(bytes32 contractAndFunction => Row) private table;
    mapping(bytes32 contractAndFunction => bool) private seen;
    uint256 private rowCount;
    uint256 private walked;

    function setUp() public {
        deployProtocol();
        vm.prank(roleAt(1));
        house.openAccount(); // account 1
        vm.prank(roleAt(2));
        house.openAccount();
        vm.prank(address(timelock));
        house.setLiquidationEngine(roleAt(8));
    }

    function roleAt(uint256 role) private view returns (address) {
        address[ROLES] memory who = [
            address(0x57A6),
            address(0x0111),
            address(0x0222),
            address(timelock),
            address(governor),
            address(guardian),
            GUARDIAN_HOLDER,
            address(challenge),
            address(0xE691),
            attesters.members[0],
            address(deploy),
            address(this),
            address(parameters),
            address(attestations),
            address(house),
            address(bond),
            address(marginProofs)
        ];
        return who[role];
    }

    function allow(string memory contractName, uint256 roles, string memory names) private {
        add(contractName, roles, false, names);
    }

    function allowOnAccount(string memory contractName, uint256 roles, string memory names) private {
        add(contractName, roles, true, names);
    }

    function add(string memory contractName, uint256 roles, bool accountFirst, string memory names) private {
        string[] memory list = vm.split(names, " ");
        for (uint256 i = 0; i < list.length; ++i) {
            bytes32 row = rowOf(contractName, list[i]);
            assertTrue(!table[row].listed, string.concat("listed twice: ", contractName, ".", list[i]));
            table[row] = Row(true, accountFirst, roles);
            ++rowCount;
        }
    }

    function rowOf(string memory contractName, string memory name) private pure returns (bytes32) {
        return keccak256(bytes(string.concat(contractName, ".", name)));
    }

    /// @notice The table. Functions that only read have no row: the compiler vouches for them.
    function fill() private {
        // Votes: everybody for himself.
        allow("PmsToken", ALL, "approve delegate delegateBySig permit transfer transferFrom");

        // Only the governor schedules; it and the guardian cancel; the timelock alone changes roles; anyone executes what is due.
        allow("VetoTimelock", GOVERNOR, "schedule scheduleBatch");
        allow("VetoTimelock", GOVERNOR | GUARDIAN, "cancel");
        allow("VetoTimelock", TIMELOCK, "grantRole revokeRole");
        allow("VetoTimelock", ALL, "execute executeBatch takeOwnership onERC721Received onERC1155Received onERC1155BatchReceived");
        allow("VetoTimelock", NONE, "renounceRole"); // of oneself only, and the call of zeros names address 0

        allow("PmsGovernor", TIMELOCK, "relay setLateQuorumVoteExtension setProposalThreshold setVotingDelay setVotingPeriod updateQuorumNumerator updateTimelock");
        allow("PmsGovernor", NONE, "onERC721Received onERC1155Received onERC1155BatchReceived propose"); // without votes; the text of zeros names no proposer
        allow("PmsGovernor", ALL, "cancel castVote castVoteBySig castVoteWithReason castVoteWithReasonAndParams castVoteWithReasonAndParamsBySig execute queue");

        allow("RiskParameters", TIMELOCK, "announce registerCoin");
        allow("RiskParameters", TIMELOCK | GUARDIAN, "cancel");
        allow("RiskParameters", GUARDIAN, "tighten");
        allow("RiskParameters", ALL, "enact");

        allow("Guardian", TIMELOCK, "appoint");
        allow("Guardian", GUARDIAN_PERSON, "cancelAnnouncement cancelCircuit cancelOperation cancelSet pause removeCircuit tighten");
        allow("Guardian", TIMELOCK | GUARDIAN_PERSON, "endPause");

        allow("AttestationRegistry", TIMELOCK, "announceSet forgetReferences renounceOwnership setChallenge setProofs transferOwnership");
        allow("AttestationRegistry", TIMELOCK | GUARDIAN, "cancelSet");
        allow("AttestationRegistry", CHALLENGE, "distrust freeze");
        allow("AttestationRegistry", GUARDIAN, "setPause");
        allowOnAccount("AttestationRegistry", PROOFS, "setProven");
        allow("AttestationRegistry", NONE, "acceptOwnership");
        allow("AttestationRegistry", ALL, "prepareRing submitBatch");

        allow("InstrumentRegistry", TIMELOCK, "listUnderlying renounceOwnership setNodes transferOwnership");
        allow("InstrumentRegistry", NONE, "acceptOwnership");
        allow("InstrumentRegistry", ALL, "list setFunding settle");

        // The house proper, and its other parts at their own addresses, where they have no owner, no engine and no account.
        fillHouse("ClearingHouse", TIMELOCK, ACCOUNT_OWNER, ALL);
        allow("ClearingHouse", ALL, "close trade");
        allowOnAccount("ClearingHouse", ALL, "assess check");
        allowOnAccount("ClearingHouse", ACCOUNT_OWNER, "cancelOrder withdrawCash");
        allowOnAccount("ClearingHouse", ENGINE, "handOver moveCash movePlan moveShare setPhase");
        allow("ClearingHouse", ENGINE, "moveOpposite");
        fillHouse("HouseServices", NONE, NONE, NONE);
        allowOnAccount("HouseLiquidations", NONE, "handOver moveCash movePlan moveShare setPhase");
        allow("HouseLiquidations", NONE, "moveOpposite");
        allow("HouseLiquidations", NONE, "acceptOwnership renounceOwnership transferOwnership");
        allowOnAccount("LiquidationEngine", ALL, "divide end need start takeOver takePlan takeShare");
        allow("LiquidationEngine", ALL, "deleverage");

        allow("AttesterBond", TIMELOCK, "renounceOwnership setChallenge setInsurance transferOwnership");
        allow("AttesterBond", NONE, "acceptOwnership");
        allow("AttesterBond", CHALLENGE, "slash");
        allow("AttesterBond", ALL, "collect deposit requestWithdrawal withdraw");

        allow("ProofVerifiers", TIMELOCK, "announce");
        allow("ProofVerifiers", TIMELOCK | GUARDIAN, "cancel remove");
        allow("ProofVerifiers", ALL, "enact");
        allow("MarginProofs", ALL, "submit");
        allowOnAccount("MarginProofs", ALL, "leave pull");
        allowOnAccount("MarginProofs", ACCOUNT_OWNER, "announceLeave askForProofs");
        allowOnAccount("MarginProofs", TIMELOCK, "setImposed");
        allow("MarginProofs", TIMELOCK, "setFloorSeconds");
        allow("SolvencyOracle", ALL, "publish readResources");
        allow("SolvencyOracle", TIMELOCK, "setBackstop setMaxAge");

        allow("StressChallenge", ALL, "challengeClearedMargin challengeClearedMarkValue challengeMargin challengeMarkValue challengeRow proveEquivocation");
    }

    function fillHouse(string memory name, uint256 governance, uint256 owner, uint256 anyone) private {
        allow(name, governance, "listCoin renounceOwnership setLiquidationEngine transferOwnership");
        allowOnAccount(name, governance, "collectFees setInsuranceAccount");
        allow(name, NONE, "acceptOwnership");
        allow(name, ALL, "openAccount openAccountFor");
        allowOnAccount(name, owner, "approveSigner depositCoin exit withdrawCoin");
        allowOnAccount(name, anyone, "depositCash rebase settle");
    }

    function test_T29_CON03_EveryRoleOnEveryFunction() public {
        fill();
        for (uint256 i = 0; i < deploy.parts(); ++i) {
            Deploy.Part part = Deploy.Part(i);
            walk(deploy.addressOf(part), nameOf(part), nameOf(part));
            // The house answers for its other parts too.
            if (part != Deploy.Part.House) continue;
            walk(deploy.addressOf(part), nameOf(part), nameOf(Deploy.Part.Services));
            walk(deploy.addressOf(part), nameOf(part), nameOf(Deploy.Part.Liquidations));
        }
        assertEq(walked, rowCount, "every row belongs to a function");
        assertTrue(walked > 80, "functions");
    }

    function walk(address target, string memory contractName, string memory artifact) private {
        string memory json = vm.readFile(string.concat("out/", artifact, ".sol/", artifact, ".json"));
        string[] memory signatures = vm.parseJsonKeys(json, ".methodIdentifiers");
        string memory filter = "$.abi[?(@.type == 'function' && @.stateMutability != 'view' && @.stateMutability != 'pure')].name";
        bytes memory list = vm.parseJson(json, filter);
        // The feed only reads: nothing but the head of an empty list.
        string[] memory changing = list.length > 0x40 ? abi.decode(list, (string[])) : new string[](0);
        uint256 found;
        for (uint256 i = 0; i < signatures.length; ++i) {
            string memory name = vm.split(signatures[i], "(")[0];
            if (!contains(changing, name)) continue;
            ++found;
            bytes32 id = rowOf(contractName, name);
            assertTrue(table[id].listed, string.concat("no row for ", contractName, ".", name));
            if (seen[id]) continue; // in several parts of the house
            seen[id] = true;
            ++walked;
            callAs(target, bytes4(keccak256(bytes(signatures[i]))), table[id], string.concat(contractName, ".", name));
        }
        assertEq(found, changing.length, "functions that change state");
    }

    function callAs(address target, bytes4 selector, Row memory row, string memory name) private {
        // 0x80 is an address, an amount, a coin's number, and as an offset the place of an empty list.
        bool small = selector == ILiquidationHooks.setPhase.selector || selector == IAttestationRegistry.setProven.selector || selector == IMarginProofs.setImposed.selector;
        uint256 second = small ? 1 : 0x80;
        bytes memory first = row.accountFirst ? abi.encode(1, second, 0x80, 0x80) : new bytes(0x80);
        bytes memory data = bytes.concat(selector, first, new bytes(32 * 40));
        for (uint256 role = 0; role < ROLES; ++role) {
            (, bytes memory outcome) = address(this).call(abi.encodeCall(this.attempt, (roleAt(role), target, data)));
            bool speaksOfCaller = abi.decode(outcome, (bool));
            bool mayCall = (row.roles >> role) & 1 == 1;
            assertTrue(mayCall != speaksOfCaller, string.concat(name, " by role ", vm.toString(role), mayCall ? " is refused" : " is not refused"));
        }
    }

    /// @notice Calls and reverts with whether the call failed for its caller, so that no call changes what the next one meets.
    function attempt(address role, address target, bytes calldata data) external {
        vm.prank(role);
        (bool success, bytes memory reason) = target.call(data);
        bytes memory outcome = abi.encode(!success && isAboutTheCaller(reason));
        assembly ("memory-safe") {
            revert(add(outcome, 0x20), mload(outcome))
        }
    }

    function isAboutTheCaller(bytes memory reason) private pure returns (bool) {
        bytes4 selector = bytes4(reason);
        return selector == IGuardian.NotAuthorised.selector // of all our contracts
            || selector == IClearingHouseTypes.NotAuthorised.selector || selector == Ownable.OwnableUnauthorizedAccount.selector
            || selector == IAccessControl.AccessControlUnauthorizedAccount.selector || selector == IAccessControl.AccessControlBadConfirmation.selector
            || selector == IGovernor.GovernorOnlyExecutor.selector || selector == IGovernor.GovernorDisabledDeposit.selector
            || selector == IGovernor.GovernorRestrictedProposer.selector || selector == VetoTimelock.DelayIsFixed.selector
            || selector == IClearingHouseTypes.UnknownAccount.selector; // at the address of a part, which has none
    }

    function contains(string[] memory list, string memory name) private pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (keccak256(bytes(list[i])) == keccak256(bytes(name))) return true;
        }
        return false;
    }
}
