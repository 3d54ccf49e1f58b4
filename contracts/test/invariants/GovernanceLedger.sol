// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {GovernorPreventLateQuorum} from "@openzeppelin/contracts/governance/extensions/GovernorPreventLateQuorum.sol";
import {GovernorSettings} from "@openzeppelin/contracts/governance/extensions/GovernorSettings.sol";
import {GovernorVotesQuorumFraction} from "@openzeppelin/contracts/governance/extensions/GovernorVotesQuorumFraction.sol";
import {IVotes} from "@openzeppelin/contracts/governance/utils/IVotes.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Guardian} from "../../src/governance/Guardian.sol";
import {RiskParameters} from "../../src/governance/RiskParameters.sol";
import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {IClearingHouseTypes} from "../../src/interfaces/IClearingHouse.sol";
import {IGuardian} from "../../src/interfaces/IGuardian.sol";
import {IRiskParameters} from "../../src/interfaces/IRiskParameters.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {Defaults} from "../../script/Defaults.sol";
import {LiveProtocol} from "../support/LiveProtocol.sol";
import {Vm} from "../support/Vm.sol";

/// @notice A second set of books of governance, kept from the events of calls that were accepted; bounds come from the defaults, never from the registry.
/// @dev The machine also records the logs of a call that reverts; those are thrown away.
abstract contract GovernanceLedger is LiveProtocol {
    /// @dev Who moves a number.
    enum Hand {
        None,
        Governance,
        Guardian
    }

    enum Fate {
        None,
        Open,
        Done,
        Cancelled
    }

    /// @dev A quantity of now, and of the end of the second before it last changed.
    struct Tracked {
        uint256 current;
        uint256 before;
        uint256 changedAt; // [s]
    }

    struct Proposal {
        uint256 id;
        address proposer;
        uint256 createdAt; // [s]
        uint256 voteStart; // [s]
        uint256 deadline; // [s] with what a late quorum added
        uint256 eta; // [s] 0: not queued
        uint256 quorum; // [votes]
        uint256[3] tally; // against, for, abstain
        bool executed;
        bool cancelled;
        bytes32 operation;
        bytes32 descriptionHash;
        address[] targets;
        bytes[] calldatas;
    }

    /// @dev What the event of a new proposal says.
    struct Created {
        uint256 id;
        address proposer;
        address[] targets;
        uint256[] values;
        string[] signatures;
        bytes[] calldatas;
        uint256 voteStart;
        uint256 voteEnd;
        string description;
    }

    struct Operation {
        Fate fate;
        uint256 readyAt; // [s]
        uint256 size; // calls
        uint256 executed; // calls
        bytes32 payload; // chain of its calls
        bytes32 seen; // chain of those executed
    }

    struct Number {
        bool known;
        int128 value;
        uint256 changedTick;
        uint256 registeredTick;
        IRiskParameters.Bounds bounds;
    }

    struct Step {
        uint256 at; // [s]
        uint256 size;
    }

    /// @dev An announced change.
    struct Notice {
        bytes32 id;
        uint256 nonce;
        Fate fate;
        uint256 enactableAt; // [s]
        uint256 tick;
        bytes32 document;
        bytes changes; // encoded
    }

    struct Coin {
        uint256 registeredAt; // [s] 0: not registered
        uint256 listedAt; // [s] 0: not listed
        uint256 held; // [token units] by the one account here
    }

    uint256 internal constant LAPSE = 14 days;
    uint256 internal constant SPAN = 30 days;
    uint8 internal constant COINS = 8;

    bytes32 internal constant ELECTORATE = "GOV-01";
    bytes32 internal constant DELAY = "GOV-02";
    bytes32 internal constant LIMITS = "GOV-03";
    bytes32 internal constant COUPLED = "GOV-04";
    bytes32 internal constant RAMP = "GOV-06";
    bytes32 internal constant ONCE = "GOV-07";

    mapping(bytes32 rule => uint256) public broken;
    mapping(bytes32 rule => string) public story; // of the first time
    uint256 public calls; // by whomever
    uint256 public accepted;
    uint256 internal tick; // rises with every accepted call

    mapping(address who => uint256) internal balanceOf;
    mapping(address who => address) internal delegateOf;
    mapping(address who => Tracked) internal votesOf;
    address[] internal voters;
    mapping(uint256 proposal => mapping(address who => uint256)) internal electorate;
    mapping(uint256 proposal => mapping(address who => bool)) internal hasVoted;
    Proposal[] internal proposals;
    mapping(uint256 proposal => uint256) internal placeOf; // one above the place
    mapping(bytes32 id => Operation) internal operations;
    Tracked internal quorumPercent;
    uint256 internal votingDelay;
    uint256 internal votingPeriod;
    uint256 internal threshold;
    uint256 internal lateExtension;

    bytes32[] internal keys;
    mapping(bytes32 key => Number) internal numbers;
    mapping(bytes32 key => bytes32) internal partnerOf; // in its group
    mapping(Hand hand => mapping(bytes32 key => Step[])) internal stepsOf;
    Notice[] internal notices;
    mapping(bytes32 id => uint256) internal noticeOf; // one above the place
    bytes32 internal document;
    uint256 internal documentTick;
    mapping(bytes32 key => uint8) internal coinOf;
    mapping(bytes32 key => uint8) internal familyOf; // one above the place
    Coin[COINS] public coins;
    uint256 internal listedCoins;

    address internal holder;
    uint256 internal powerUntil; // [s]
    uint64 internal outgoing;
    uint64 internal incoming;
    uint256 internal changesAt; // [s]
    uint64 internal lastSet;

    // What the call under way has done so far.
    Hand private _hand;
    address private _caller;
    bytes private _data;
    uint256 private _governed;
    uint256 private _executedCalls;
    uint256 private _announcedCalls;
    uint256 private _announced;
    bytes32 private _announcement;
    uint256 private _moved;
    bytes32 private _enacted;
    bytes32 private _scheduled;

    /// @notice What a rule says did not hold: the invariant of that rule fails with this story.
    function expect(bytes32 rule, bool holds, string memory what) internal {
        if (holds) return;
        if (broken[rule]++ == 0) story[rule] = what;
    }

    /// @notice As deployed: what the events of construction would say.
    function openBooks(address[] memory holders, uint256[] memory amounts) internal {
        for (uint256 i = 0; i < holders.length; ++i) {
            voters.push(holders[i]);
            balanceOf[holders[i]] = amounts[i];
        }
        (votingDelay, votingPeriod, threshold, lateExtension) = (1 days, 3 days, 5_000_000e18, 1 days);
        quorumPercent.current = 10;
        (document, holder, powerUntil) = (DOCUMENT, GUARDIAN_HOLDER, MONDAY + 180 days);
        (outgoing, incoming, changesAt, lastSet) = (1, 1, MONDAY, 1);
        IRiskParameters.Setup[] memory setups = Defaults.setups();
        for (uint256 i = 0; i < setups.length; ++i) {
            _open(setups[i].key, setups[i].bounds, setups[i].value);
            for (uint256 j = 0; j < setups.length; ++j) {
                if (i != j && setups[i].bounds.group != 0 && setups[i].bounds.group == setups[j].bounds.group) partnerOf[setups[i].key] = setups[j].key;
            }
        }
        IRiskParameters.Family[] memory families = Defaults.families();
        for (uint8 i = 0; i < families.length; ++i) {
            for (uint8 coin = 0; coin < COINS; ++coin) {
                bytes32 key = Keys.ofCoin(families[i].name, coin);
                (familyOf[key], coinOf[key], numbers[key].bounds) = (i + 1, coin, families[i].bounds);
            }
        }
    }

    function _open(bytes32 key, IRiskParameters.Bounds memory bounds, int128 value) private {
        keys.push(key);
        Number storage number = numbers[key];
        (number.known, number.value, number.bounds) = (true, value, bounds);
    }

    /// @notice Makes a call and books what it says happened.
    function act(address caller, address target, bytes memory data) internal returns (bool done, bytes memory answer) {
        ++calls;
        (_caller, _data, _hand) = (caller, data, Hand.None);
        if (target == address(parameters) && bytes4(data) == RiskParameters.enact.selector) _hand = Hand.Governance;
        if (target == address(guardian) && bytes4(data) == Guardian.tighten.selector) _hand = Hand.Guardian;
        (_governed, _executedCalls, _announcedCalls, _announced, _moved) = (0, 0, 0, 0, 0);
        (_announcement, _enacted, _scheduled) = (0, 0, 0);
        vm.recordLogs();
        vm.prank(caller);
        (done, answer) = target.call(data);
        if (!done) return (false, answer);
        ++accepted;
        ++tick;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            _book(logs[i]);
        }
        _close();
    }

    function _book(Vm.Log memory log) private {
        address emitter = log.emitter;
        bytes32 topic = log.topics[0];
        if (emitter == address(token)) _bookVotes(topic, log);
        else if (emitter == address(governor)) _bookVote(topic, log);
        else if (emitter == address(timelock)) _bookOperation(topic, log);
        else if (emitter == address(parameters)) _bookNumbers(topic, log);
        else if (emitter == address(attestations)) _bookSets(topic, log);
        else if (emitter == address(house)) _bookCoins(topic, log);
        else if (emitter == address(guardian) && topic == IGuardian.Appointed.selector) {
            ++_governed;
            (holder, powerUntil) = (address(uint160(uint256(log.topics[1]))), abi.decode(log.data, (uint256)));
            expect(DELAY, powerUntil <= block.timestamp + 180 days, "a guardian for longer than its term");
        }
    }

    /// @notice What can only be said of a call as a whole.
    function _close() private {
        expect(DELAY, _governed == 0 || _executedCalls != 0, "something governed changed outside of an executed operation");
        expect(ONCE, _announced == _announcedCalls, "an announcement that no executed operation holds");
        if (_hand == Hand.Governance) {
            (IRiskParameters.Change[] memory changes, bytes32 documentHash, uint256 nonce) = abi.decode(argumentsOf(_data), (IRiskParameters.Change[], bytes32, uint256));
            bytes32 id = keccak256(abi.encode(block.chainid, address(parameters), nonce, changes, documentHash));
            expect(ONCE, _enacted == id, "an enactment of another payload than it was given");
            expect(ONCE, document == documentHash, "an enactment that leaves another document");
            _closeSet(changes);
        } else if (_hand == Hand.Guardian) {
            _closeSet(abi.decode(argumentsOf(_data), (IRiskParameters.Change[])));
        }
    }

    /// @notice All of a set or nothing of it, and nothing beside it.
    function _closeSet(IRiskParameters.Change[] memory changes) private {
        uint256 moved;
        for (uint256 i = 0; i < changes.length; ++i) {
            Number storage number = numbers[changes[i].key];
            expect(COUPLED, number.value == changes[i].value, "a part of a set was left out");
            if (number.changedTick == tick) ++moved;
        }
        expect(COUPLED, isWhole(changes), "a set with a part of a group");
        expect(COUPLED, moved == _moved, "a number moved that the set does not name");
    }

    // ---- votes ----

    function _bookVotes(bytes32 topic, Vm.Log memory log) private {
        address from = address(uint160(uint256(log.topics.length > 1 ? log.topics[1] : bytes32(0))));
        if (topic == IERC20.Transfer.selector) {
            address to = address(uint160(uint256(log.topics[2])));
            uint256 amount = abi.decode(log.data, (uint256));
            balanceOf[from] -= amount;
            balanceOf[to] += amount;
            _moveVotes(delegateOf[from], delegateOf[to], amount);
        } else if (topic == IVotes.DelegateChanged.selector) {
            address to = address(uint160(uint256(log.topics[3])));
            _moveVotes(delegateOf[from], to, balanceOf[from]);
            delegateOf[from] = to;
        }
    }

    function _moveVotes(address from, address to, uint256 amount) private {
        if (from != address(0)) _track(votesOf[from], votesOf[from].current - amount);
        if (to != address(0)) _track(votesOf[to], votesOf[to].current + amount);
    }

    function _track(Tracked storage tracked, uint256 value) private {
        if (tracked.changedAt != block.timestamp) (tracked.before, tracked.changedAt) = (tracked.current, block.timestamp);
        tracked.current = value;
    }

    /// @notice What it was at the end of the second before this one.
    function lately(Tracked storage tracked) internal view returns (uint256) {
        return tracked.changedAt == block.timestamp ? tracked.before : tracked.current;
    }

    function _bookVote(bytes32 topic, Vm.Log memory log) private {
        if (topic == IGovernor.ProposalCreated.selector) {
            _bookProposal(log.data);
        } else if (topic == IGovernor.VoteCast.selector) {
            (uint256 id, uint8 support, uint256 weight,) = abi.decode(log.data, (uint256, uint8, uint256, string));
            _bookBallot(proposals[placeOf[id] - 1], address(uint160(uint256(log.topics[1]))), support, weight);
        } else if (topic == IGovernor.ProposalQueued.selector) {
            (uint256 id, uint256 eta) = abi.decode(log.data, (uint256, uint256));
            _bookQueued(proposals[placeOf[id] - 1], eta);
        } else if (topic == IGovernor.ProposalExecuted.selector) {
            Proposal storage p = proposals[placeOf[abi.decode(log.data, (uint256))] - 1];
            expect(ONCE, !p.executed && !p.cancelled, "a proposal executed twice, or after it was cancelled");
            expect(DELAY, p.eta != 0 && block.timestamp >= p.eta, "a proposal executed before its time");
            p.executed = true;
        } else if (topic == IGovernor.ProposalCanceled.selector) {
            proposals[placeOf[abi.decode(log.data, (uint256))] - 1].cancelled = true;
        } else {
            _bookSetting(topic, log.data);
        }
    }

    function _bookProposal(bytes memory data) private {
        Created memory created = abi.decode(bytes.concat(bytes32(uint256(0x20)), data), (Created));
        Proposal storage p = proposals.push();
        (p.id, p.proposer, p.voteStart, p.deadline) = (created.id, created.proposer, created.voteStart, created.voteEnd);
        (p.targets, p.calldatas) = (created.targets, created.calldatas);
        expect(ONCE, placeOf[p.id] == 0, "a proposal filed twice");
        placeOf[p.id] = proposals.length;
        (p.createdAt, p.descriptionHash) = (block.timestamp, keccak256(bytes(created.description)));
        for (uint256 i = 0; i < voters.length; ++i) {
            electorate[p.id][voters[i]] = lately(votesOf[voters[i]]);
        }
        p.quorum = 1_000_000_000e18 * lately(quorumPercent) / 100;
        expect(ELECTORATE, electorate[p.id][p.proposer] >= threshold, "a proposal by somebody who had not the votes the second before");
        expect(DELAY, p.voteStart == block.timestamp + votingDelay && votingDelay >= 1 days, "no day of notice");
        expect(DELAY, p.deadline == p.voteStart + votingPeriod && votingPeriod >= 3 days, "less than three days of voting");
    }

    function _bookBallot(Proposal storage p, address voter, uint8 support, uint256 weight) private {
        expect(ELECTORATE, weight == electorate[p.id][voter], "votes that count otherwise than as of before the proposal");
        expect(ELECTORATE, !hasVoted[p.id][voter], "votes that count twice");
        expect(DELAY, block.timestamp > p.voteStart && block.timestamp <= p.deadline, "a vote outside of the time for it");
        bool reached = p.tally[1] + p.tally[2] >= p.quorum;
        hasVoted[p.id][voter] = true;
        p.tally[support] += weight;
        if (!reached && p.tally[1] + p.tally[2] >= p.quorum && block.timestamp + lateExtension > p.deadline) p.deadline = block.timestamp + lateExtension;
    }

    function passed(Proposal storage p) internal view returns (bool) {
        return p.tally[1] + p.tally[2] >= p.quorum && p.tally[1] > p.tally[0];
    }

    function _bookQueued(Proposal storage p, uint256 eta) private {
        expect(DELAY, block.timestamp > p.deadline, "queued before the vote ended");
        expect(ELECTORATE, passed(p), "queued without the votes");
        expect(ONCE, p.eta == 0 && !p.executed && !p.cancelled, "queued twice, or after it was cancelled");
        expect(ONCE, block.timestamp <= p.deadline + LAPSE, "queued after it lapsed");
        Operation storage operation = operations[_scheduled];
        bytes32 payload;
        for (uint256 i = 0; i < p.targets.length; ++i) {
            payload = keccak256(abi.encode(payload, p.targets[i], uint256(0), p.calldatas[i]));
        }
        expect(ONCE, operation.payload == payload && operation.size == p.targets.length, "queued with another payload than was voted on");
        expect(DELAY, eta == operation.readyAt, "another time than the timelock's");
        (p.operation, p.eta) = (_scheduled, eta);
    }

    function _bookSetting(bytes32 topic, bytes memory data) private {
        if (topic == GovernorSettings.VotingDelaySet.selector) {
            (, votingDelay) = abi.decode(data, (uint256, uint256));
        } else if (topic == GovernorSettings.VotingPeriodSet.selector) {
            (, votingPeriod) = abi.decode(data, (uint256, uint256));
        } else if (topic == GovernorSettings.ProposalThresholdSet.selector) {
            (, threshold) = abi.decode(data, (uint256, uint256));
        } else if (topic == GovernorPreventLateQuorum.LateQuorumVoteExtensionSet.selector) {
            (, lateExtension) = abi.decode(data, (uint256, uint256));
        } else if (topic == GovernorVotesQuorumFraction.QuorumNumeratorUpdated.selector) {
            (, uint256 percent) = abi.decode(data, (uint256, uint256));
            _track(quorumPercent, percent);
        } else {
            return;
        }
        ++_governed;
        expect(DELAY, votingDelay >= 1 days && votingPeriod >= 3 days && lateExtension >= 1 days, "a vote made quick");
        expect(ELECTORATE, threshold >= 1_000_000e18 && quorumPercent.current >= 4, "a vote made small");
    }

    // ---- operations of the timelock ----

    function _bookOperation(bytes32 topic, Vm.Log memory log) private {
        if (topic == TimelockController.CallScheduled.selector) {
            (address target, uint256 value, bytes memory data,, uint256 delay) = abi.decode(log.data, (address, uint256, bytes, bytes32, uint256));
            Operation storage operation = operations[log.topics[1]];
            if (log.topics[2] == 0) {
                expect(ONCE, operation.fate == Fate.None, "an operation scheduled twice");
                (operation.fate, operation.readyAt, _scheduled) = (Fate.Open, block.timestamp + delay, log.topics[1]);
                expect(DELAY, weekdaySeconds(block.timestamp + delay) - weekdaySeconds(block.timestamp) >= 48 hours, "less than 48 weekday hours");
            }
            operation.payload = keccak256(abi.encode(operation.payload, target, value, data));
            ++operation.size;
        } else if (topic == TimelockController.CallExecuted.selector) {
            (address target, uint256 value, bytes memory data) = abi.decode(log.data, (address, uint256, bytes));
            _bookExecuted(operations[log.topics[1]], target, value, data);
        } else if (topic == TimelockController.Cancelled.selector) {
            operations[log.topics[1]].fate = Fate.Cancelled;
        } else if (topic == TimelockController.MinDelayChange.selector) {
            expect(DELAY, false, "another delay");
        }
    }

    function _bookExecuted(Operation storage operation, address target, uint256 value, bytes memory data) private {
        ++_executedCalls;
        expect(ONCE, operation.fate == Fate.Open, "an operation that was executed, cancelled or never scheduled");
        expect(DELAY, operation.readyAt != 0 && block.timestamp >= operation.readyAt, "an operation executed before its time");
        expect(ONCE, block.timestamp <= operation.readyAt + LAPSE, "an operation executed after it lapsed");
        operation.seen = keccak256(abi.encode(operation.seen, target, value, data));
        if (++operation.executed == operation.size) {
            expect(ONCE, operation.seen == operation.payload, "an operation of another payload");
            operation.fate = Fate.Done;
        }
        if (target != address(parameters) || bytes4(data) != RiskParameters.announce.selector) return;
        ++_announcedCalls;
        expect(ONCE, keccak256(argumentsOf(data)) == _announcement, "announced otherwise than voted on");
    }

    /// @notice Weekday seconds before a moment, counted in whole weeks: a second writing.
    function weekdaySeconds(uint256 timestamp) internal pure returns (uint256) {
        uint256 shifted = timestamp + 3 days;
        uint256 rest = shifted % 7 days;
        return (shifted / 7 days) * 5 days + (rest < 5 days ? rest : 5 days);
    }

    // ---- numbers ----

    function _bookNumbers(bytes32 topic, Vm.Log memory log) private {
        if (topic == IRiskParameters.ValueSet.selector) {
            (int128 from, int128 to,) = abi.decode(log.data, (int128, int128, uint64));
            _bookValue(log.topics[1], from, to);
        } else if (topic == IRiskParameters.ChangeAnnounced.selector) {
            _bookAnnounced(log.topics[1], log.data);
        } else if (topic == IRiskParameters.ChangeEnacted.selector) {
            Notice storage notice = notices[noticeOf[log.topics[1]] - 1];
            expect(ONCE, notice.fate == Fate.Open, "an announcement enacted twice, or after it was cancelled");
            expect(DELAY, block.timestamp >= notice.enactableAt, "an enactment before its time");
            expect(ONCE, block.timestamp <= notice.enactableAt + LAPSE, "an enactment after it lapsed");
            notice.fate = Fate.Done;
            _enacted = notice.id;
        } else if (topic == IRiskParameters.ChangeCancelled.selector) {
            notices[noticeOf[log.topics[1]] - 1].fate = Fate.Cancelled;
        } else if (topic == IRiskParameters.KeyRegistered.selector) {
            (IRiskParameters.Bounds memory bounds, int128 value) = abi.decode(log.data, (IRiskParameters.Bounds, int128));
            _bookKey(log.topics[1], bounds, value);
        } else if (topic == IRiskParameters.DocumentSet.selector) {
            (bytes32 from, bytes32 to,) = abi.decode(log.data, (bytes32, bytes32, uint64));
            expect(DELAY, _hand == Hand.Governance, "a document by no enactment");
            expect(ONCE, from == document, "a document after another one");
            (document, documentTick) = (to, tick);
        }
    }

    function _bookValue(bytes32 key, int128 from, int128 to) private {
        Number storage number = numbers[key];
        expect(LIMITS, number.known, "a number that nobody registered");
        if (number.registeredTick == tick) return; // its first value
        expect(DELAY, _hand != Hand.None, "a number moves without an enactment");
        expect(LIMITS, from == number.value, "a number moves from another value");
        expect(LIMITS, to >= number.bounds.least && to <= number.bounds.most, "a number beyond its bounds");
        uint256 step = distance(number.value, to);
        expect(LIMITS, step <= number.bounds.mostStep, "a step too large");
        stepsOf[_hand][key].push(Step(block.timestamp, step));
        (uint256 sum,) = movedBy(_hand, key);
        expect(LIMITS, sum <= number.bounds.mostIn30Days, "more than may move in thirty days");
        if (_hand == Hand.Guardian) {
            expect(DELAY, _caller == holder && block.timestamp <= powerUntil, "a tightening by somebody without the power");
            expect(DELAY, stricter(number, to), "a guardian's step that loosens");
        }
        (number.value, number.changedTick) = (to, tick);
        ++_moved;
    }

    function _bookKey(bytes32 key, IRiskParameters.Bounds memory bounds, int128 value) private {
        ++_governed;
        Number storage number = numbers[key];
        expect(RAMP, familyOf[key] != 0 && !number.known, "a key of no coin, or registered twice");
        expect(RAMP, keccak256(abi.encode(bounds)) == keccak256(abi.encode(number.bounds)), "a coin with bounds of its own");
        expect(RAMP, value == (number.bounds.tightening == IRiskParameters.Tightening.Up ? number.bounds.most : number.bounds.least), "a coin that starts with credit");
        keys.push(key);
        (number.known, number.value, number.registeredTick) = (true, value, tick);
        coins[coinOf[key]].registeredAt = block.timestamp;
    }

    function _bookAnnounced(bytes32 id, bytes memory data) private {
        ++_governed;
        ++_announced;
        (uint256 nonce, uint256 enactableAt, IRiskParameters.Change[] memory changes, bytes32 documentHash) = abi.decode(data, (uint256, uint256, IRiskParameters.Change[], bytes32));
        expect(ONCE, noticeOf[id] == 0 && nonce == notices.length + 1, "an announcement that is not new");
        expect(COUPLED, isWhole(changes), "a part of a group announced");
        uint256 delay = documentHash == document ? 0 : 2 days;
        for (uint256 i = 0; i < changes.length; ++i) {
            IRiskParameters.Bounds storage bounds = numbers[changes[i].key].bounds;
            expect(LIMITS, changes[i].value >= bounds.least && changes[i].value <= bounds.most, "announced beyond its bounds");
            expect(LIMITS, distance(numbers[changes[i].key].value, changes[i].value) <= bounds.mostStep, "announced with too large a step");
            if (bounds.leastDelay > delay) delay = bounds.leastDelay;
        }
        expect(DELAY, delay != 0 && enactableAt >= block.timestamp + delay, "announced with too short a delay");
        _announcement = keccak256(abi.encode(changes, documentHash));
        notices.push(Notice(id, nonce, Fate.Open, block.timestamp + delay, tick, documentHash, abi.encode(changes)));
        noticeOf[id] = notices.length;
    }

    /// @notice Sum and count of the steps of a hand that count now.
    function movedBy(Hand hand, bytes32 key) internal view returns (uint256 sum, uint256 count) {
        Step[] storage steps = stepsOf[hand][key];
        for (uint256 i = steps.length; i != 0 && steps[i - 1].at + SPAN > block.timestamp; --i) {
            (sum, count) = (sum + steps[i - 1].size, count + 1);
        }
    }

    function stricter(Number storage number, int128 to) internal view returns (bool) {
        return number.bounds.tightening == (to > number.value ? IRiskParameters.Tightening.Up : IRiskParameters.Tightening.Down);
    }

    /// @notice Whether the partner of each key of a group is there too.
    function isWhole(IRiskParameters.Change[] memory changes) internal view returns (bool) {
        for (uint256 i = 0; i < changes.length; ++i) {
            bytes32 partner = partnerOf[changes[i].key];
            bool found = partner == 0;
            for (uint256 j = 0; j < changes.length; ++j) {
                found = found || changes[j].key == partner;
            }
            if (!found) return false;
        }
        return true;
    }

    function distance(int128 a, int128 b) internal pure returns (uint256) {
        return uint256(a > b ? int256(a) - b : int256(b) - a);
    }

    // ---- sets and coins ----

    function _bookSets(bytes32 topic, Vm.Log memory log) private {
        if (topic == IAttestationRegistry.AttesterSetAnnounced.selector) {
            ++_governed;
            (, uint256 activeAt) = abi.decode(log.data, (address[], uint256));
            expect(RAMP, uint64(uint256(log.topics[1])) == ++lastSet, "the number of a set is used again");
            expect(RAMP, activeAt >= block.timestamp + 2 days, "a set that counts before the rotation delay");
            expect(RAMP, block.timestamp >= changesAt, "a set announced over another");
            (outgoing, incoming, changesAt) = (incoming, lastSet, block.timestamp + 2 days);
        } else if (topic == IAttestationRegistry.AttesterSetCancelled.selector) {
            (incoming, changesAt) = (outgoing, block.timestamp);
        }
    }

    /// @notice Whether what a set signs counts now.
    function counts(uint64 setId) internal view returns (bool) {
        if (block.timestamp < changesAt) return setId == outgoing;
        uint256 overlap = uint256(int256(numbers[Keys.SET_OVERLAP_SECONDS].value));
        return setId == incoming || (setId == outgoing && block.timestamp <= changesAt + overlap);
    }

    function _bookCoins(bytes32 topic, Vm.Log memory log) private {
        if (topic == IClearingHouseTypes.CoinListed.selector) {
            ++_governed;
            expect(RAMP, uint256(log.topics[1]) == listedCoins, "coins are listed in order");
            coins[listedCoins++].listedAt = block.timestamp;
        } else if (topic == IClearingHouseTypes.CoinDeposited.selector) {
            uint8 coin = uint8(uint256(log.topics[2]));
            (uint256 amount,) = abi.decode(log.data, (uint256, uint64));
            coins[coin].held += amount;
            // In whole coins a house of four million a month is the most that governance can have allowed.
            uint256 months = 1 + (block.timestamp - coins[coin].registeredAt) / SPAN;
            expect(RAMP, coins[coin].held <= uint256(int256(numbers[Keys.ofCoin(Keys.COIN_CAP_WAD, coin)].value)), "more of a coin than its cap");
            expect(RAMP, coins[coin].held <= months * 4_000_000e18, "more of a coin than its age allows");
        }
    }

    /// @notice Encoded arguments of a call.
    function argumentsOf(bytes memory data) internal pure returns (bytes memory rest) {
        rest = new bytes(data.length - 4);
        for (uint256 i = 0; i < rest.length; i += 32) {
            assembly ("memory-safe") {
                mstore(add(add(rest, 0x20), i), mload(add(add(data, 0x24), i)))
            }
        }
    }
}
