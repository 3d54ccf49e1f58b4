// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {IClearingHouseServices, IClearingHouseTypes} from "../../src/interfaces/IClearingHouse.sol";
import {IRiskParameters} from "../../src/interfaces/IRiskParameters.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {Deploy} from "../../script/Deploy.sol";
import {Borrower, FlashLender} from "../support/FlashVotes.sol";
import {PlainToken} from "../support/Tokens.sol";
import {GovernanceLedger} from "./GovernanceLedger.sol";

/// @notice What voters, the guardian, owners and strangers do to the governance of the deployed protocol, at the times that matter and a second beside them.
/// @dev Whether a call is legal is worked out from the ledger beforehand: what is legal must be done, what is not must be refused.
contract GovernanceHandler is GovernanceLedger {
    uint256 private constant HOLDERS = 6;
    uint256 private constant THREE_OF_FOUR = 7;
    uint256 private constant PRICE_WAD = 90_000e18;
    bytes32 internal constant SURPRISE = "a refusal with no reason";
    bytes32 internal constant LENIENT = "accepted what must be refused";

    uint256 private immutable salt;

    FlashLender private immutable lender;
    Borrower private immutable borrower;

    // What was asked, beyond `calls`.
    uint256 public deliberate; // calls that had to be refused
    uint256 public byRule; // refusals of what was meant to pass
    uint256 public executed; // proposals
    uint256 public enacted;

    uint64 private account;
    uint256 private texts;
    mapping(uint256 proposal => bool) private hopeless; // could not have been executed when it was filed
    uint256 private lastPauseAt;
    PlainToken[COINS] private tokens;

    constructor(uint256 salt_) {
        salt = salt_;
        setUp();
        uint64[] memory prices = livePrices();
        submit(nextHeader(prices), prices);
        (address[] memory holders, uint256[] memory amounts) = _holders();
        openBooks(holders, amounts);
        lender = new FlashLender(token);
        borrower = new Borrower(token, address(lender));
        voters.push(address(borrower));
        delegateOf[address(borrower)] = address(borrower);
        for (uint256 i = 0; i < HOLDERS; ++i) {
            act(holders[i], address(token), abi.encodeCall(token.delegate, (holders[i])));
        }
        act(holders[0], address(token), abi.encodeCall(token.transfer, (address(lender), 100_000_000e18)));
        account = house.openAccount();
        for (uint256 i = 0; i < COINS; ++i) {
            tokens[i] = new PlainToken(18);
            tokens[i].approve(address(house), type(uint256).max);
        }
        skipTime(1 hours);
    }

    function attesterCount() internal pure override returns (uint256) {
        return 4;
    }

    function configuration() internal view override returns (Deploy.Config memory c) {
        c = super.configuration();
        (c.holders, c.amounts) = _holders();
    }

    function _holders() private pure returns (address[] memory holders, uint256[] memory amounts) {
        (holders, amounts) = (new address[](HOLDERS), new uint256[](HOLDERS));
        uint256[HOLDERS] memory millions = [uint256(300), 250, 200, 150, 96, 4];
        for (uint256 i = 0; i < HOLDERS; ++i) {
            (holders[i], amounts[i]) = (address(uint160(0x40100 + i)), millions[i] * 1_000_000e18);
        }
    }

    // ---- judging ----

    function _mixed(uint256 seed) private view returns (uint256) {
        return uint256(keccak256(abi.encode(salt, seed)));
    }

    /// @param meant aimed at what is valid: a refusal counts against the fifth
    function _judge(bytes32 rule, bool legal, bool meant, bool done, bytes memory answer, string memory what) private {
        if (done) {
            expect(rule, legal, string.concat("accepted: ", what));
            expect(LENIENT, legal, what);
        } else {
            expect(SURPRISE, !legal, string.concat(what, " refused: ", vm.toString(uint256(uint32(bytes4(answer))))));
            if (meant) ++byRule;
            else ++deliberate;
        }
    }

    function _mustBeRefused(bytes32 rule, address caller, address target, bytes memory data, string memory what) private {
        (bool done, bytes memory answer) = act(caller, target, data);
        _judge(rule, false, false, done, answer, what);
    }

    // ---- who does what ----
    // Targets are drawn evenly, however often one is named: what is rare shares one.

    /// @notice Voters and those who carry out what was voted, at any time.
    function ballot(uint256 seed) external {
        seed = _mixed(seed);
        uint256 which = seed % 8;
        seed >>= 8;
        if (which < 2) _moveVotes(seed);
        else if (which == 2) _file(seed);
        else if (which < 5) _castAny(seed);
        else if (which == 5) _queueAny(seed);
        else if (which == 6) _executeAny(seed);
        else _enactAny(seed);
    }

    /// @notice The guardian.
    function emergency(uint256 seed) external {
        seed = _mixed(seed);
        uint256 which = seed % 8;
        seed >>= 8;
        _renew(seed);
        if (which < 4) _tighten(seed);
        else if (which < 6) _pause(seed);
        else _cancel(seed);
    }

    /// @notice Strangers, borrowers of votes, attesters who are none yet or none any more.
    function attack(uint256 seed) external {
        seed = _mixed(seed);
        uint256 which = seed % 4;
        seed >>= 8;
        if (which == 0) _flash(seed);
        else if (which == 1) _tryForbidden(seed);
        else _attest(seed);
    }

    // ---- time ----

    /// @notice Some seconds, some days, or to a second beside one that matters.
    function step(uint256 seed) external {
        seed = _mixed(seed);
        uint256 how = seed % 8;
        if (how < 2) return skipTime(1 + (seed >> 8) % 3600);
        if (how < 4) return skipTime(1 + (seed >> 8) % 3 days);
        uint256 to;
        if (how == 4) {
            to = changesAt;
        } else if (how < 7 && proposals.length != 0) {
            Proposal storage p = _proposal(seed >> 8);
            uint256 which = (seed >> 16) % 6;
            if (which == 0) to = p.voteStart;
            else if (which < 3) to = p.deadline + (which - 1) * LAPSE;
            else if (p.eta != 0) to = p.eta + (which == 5 ? LAPSE : 0);
        } else if (notices.length != 0) {
            Notice storage notice = _notice(seed >> 8);
            to = notice.enactableAt + ((seed >> 16) % 4 == 0 ? LAPSE : 0);
        }
        if (to != 0) _warpTo(to + (seed >> 24) % 3 - 1);
    }

    function _warpTo(uint256 timestamp) private {
        if (timestamp > block.timestamp && timestamp < block.timestamp + 60 days) skipTime(timestamp - block.timestamp);
    }

    /// @dev One of the last few.
    function _proposal(uint256 seed) private view returns (Proposal storage) {
        uint256 recent = proposals.length < 5 ? proposals.length : 5;
        return proposals[proposals.length - 1 - seed % recent];
    }

    function _notice(uint256 seed) private view returns (Notice storage) {
        uint256 recent = notices.length < 5 ? notices.length : 5;
        return notices[notices.length - 1 - seed % recent];
    }

    // ---- votes ----

    function _moveVotes(uint256 seed) private {
        address from = voters[seed % HOLDERS];
        address to = voters[(seed >> 8) % HOLDERS];
        bytes memory data = abi.encodeCall(token.delegate, (to));
        if ((seed >> 16) % 3 != 0) data = abi.encodeCall(token.transfer, (to, (seed >> 24) % (balanceOf[from] / 2 + 1)));
        (bool done, bytes memory answer) = act(from, address(token), data);
        _judge(SURPRISE, true, true, done, answer, "votes move");
    }

    function _castAny(uint256 seed) private {
        if (proposals.length == 0) return;
        Proposal storage p = _proposal(seed);
        uint256 kind = (seed >> 16) % 8;
        bool meant = _isActive(p);
        _vote(p, voters[(seed >> 8) % HOLDERS], kind < 5 ? 1 : kind < 7 ? 0 : 2, meant);
    }

    function _isActive(Proposal storage p) private view returns (bool) {
        return !p.cancelled && block.timestamp > p.voteStart && block.timestamp <= p.deadline;
    }

    function _vote(Proposal storage p, address voter, uint8 support, bool meant) private {
        bool active = _isActive(p);
        bool legal = active && !hasVoted[p.id][voter];
        (bool done, bytes memory answer) = act(voter, address(governor), abi.encodeCall(governor.castVote, (p.id, support)));
        _judge(active ? ELECTORATE : DELAY, legal, meant && legal, done, answer, "vote");
    }

    /// @notice The whole supply of a lender for one transaction: to propose, or to vote.
    function _flash(uint256 seed) private {
        uint256 amount = balanceOf[address(lender)];
        bytes memory inner;
        if (seed % 2 == 0 || proposals.length == 0) {
            (address[] memory targets, bytes[] memory calldatas,) = _draft(seed >> 8);
            inner = abi.encodeCall(governor.propose, (targets, new uint256[](targets.length), calldatas, _text(address(borrower))));
        } else {
            Proposal storage p = _proposal(seed >> 8);
            if (hasVoted[p.id][address(borrower)] || !_isActive(p)) return;
            inner = abi.encodeCall(governor.castVote, (p.id, 1)); // casts, with the weight that the ledger expects: none
        }
        bytes memory data = abi.encodeCall(lender.lend, (amount, address(borrower), abi.encodeCall(borrower.run, (address(governor), inner))));
        (bool done, bytes memory answer) = act(address(this), address(lender), data);
        require(done, "the loan itself");
        (bool succeeded,) = abi.decode(answer, (bool, bytes));
        if (seed % 2 == 0 || proposals.length == 0) _judge(ELECTORATE, false, false, succeeded, "", "a proposal with borrowed votes");
    }

    // ---- proposals ----

    function _file(uint256 seed) private {
        address proposer = seed % 4 == 0 ? voters[(seed >> 8) % HOLDERS] : _largest();
        _propose(seed >> 16, proposer, (seed >> 12) % 16 == 0 ? voters[(seed >> 20) % HOLDERS] : proposer);
    }

    function _text(address proposer) private returns (string memory) {
        return string.concat("change ", vm.toString(++texts), "#proposer=", Strings.toHexString(proposer));
    }

    function _largest() private view returns (address found) {
        for (uint256 i = 0; i < HOLDERS; ++i) {
            if (found == address(0) || lately(votesOf[voters[i]]) > lately(votesOf[found])) found = voters[i];
        }
    }

    /// @param named in the text
    function _propose(uint256 seed, address proposer, address named) private returns (bool done) {
        (address[] memory targets, bytes[] memory calldatas,) = _draft(seed);
        bytes memory data = abi.encodeCall(governor.propose, (targets, new uint256[](targets.length), calldatas, _text(named)));
        bool legal = lately(votesOf[proposer]) >= threshold && named == proposer;
        bytes memory answer;
        (done, answer) = act(proposer, address(governor), data);
        _judge(ELECTORATE, legal, named == proposer && proposer == _largest(), done, answer, "proposal");
        if (!done) return false;
        Proposal storage p = proposals[proposals.length - 1];
        hopeless[p.id] = !_payloadIsLegal(p);
    }

    function _queueAny(uint256 seed) private {
        if (proposals.length == 0) return;
        Proposal storage p = _proposal(seed);
        _queue(p, (seed >> 8) % 16 == 0);
    }

    function _queue(Proposal storage p, bool altered) private {
        bytes[] memory calldatas = p.calldatas;
        if (altered) calldatas[0] = bytes.concat(calldatas[0], "x");
        bool open = !p.executed && !p.cancelled && p.eta == 0 && passed(p);
        bool inTime = block.timestamp > p.deadline && block.timestamp <= p.deadline + LAPSE;
        bytes memory data = abi.encodeCall(governor.queue, (p.targets, new uint256[](p.targets.length), calldatas, p.descriptionHash));
        (bool done, bytes memory answer) = act(address(this), address(governor), data);
        bool legal = open && inTime && !altered;
        _judge(block.timestamp <= p.deadline ? DELAY : ONCE, legal, legal, done, answer, "queue");
    }

    function _executeAny(uint256 seed) private {
        if (proposals.length == 0) return;
        Proposal storage p = _proposal(seed);
        _execute(p, (seed >> 8) % 4 == 0, (seed >> 16) % 16 == 0);
    }

    /// @param direct at the timelock, past the governor, as anybody may
    function _execute(Proposal storage p, bool direct, bool altered) private {
        bytes[] memory calldatas = p.calldatas;
        if (altered) calldatas[0] = bytes.concat(calldatas[0], "x");
        uint256[] memory values = new uint256[](calldatas.length);
        bytes memory data = abi.encodeCall(governor.execute, (p.targets, values, calldatas, p.descriptionHash));
        if (direct) data = abi.encodeCall(timelock.executeBatch, (p.targets, values, calldatas, 0, bytes20(address(governor)) ^ p.descriptionHash));
        bool early = p.eta == 0 || block.timestamp < p.eta;
        bool open = !early && !altered && operations[p.operation].fate == Fate.Open && block.timestamp <= p.eta + LAPSE;
        if (direct) for (uint256 i = 0; i < p.targets.length; ++i) {
            if (p.targets[i] == address(governor)) open = false; // the governor obeys only what it executes itself
        }
        bool legal = open && _payloadIsLegal(p);
        (bool done, bytes memory answer) = act(address(this), direct ? address(timelock) : address(governor), data);
        if (done) ++executed;
        _judge(early ? DELAY : ONCE, legal, open && !hopeless[p.id], done, answer, "execution");
    }

    function _payloadIsLegal(Proposal storage p) private view returns (bool) {
        for (uint256 i = 0; i < p.targets.length; ++i) {
            if (!_callIsLegal(p.targets[i], p.calldatas[i])) return false;
        }
        return true;
    }

    function _callIsLegal(address target, bytes memory data) private view returns (bool) {
        bytes4 what = bytes4(data);
        if (target == address(parameters)) {
            if (what == parameters.announce.selector) {
                (IRiskParameters.Change[] memory changes, bytes32 documentHash) = abi.decode(argumentsOf(data), (IRiskParameters.Change[], bytes32));
                return documentHash != 0 && (changes.length != 0 || documentHash != document) && _setIsLegal(changes, Hand.Governance, false);
            }
            if (what == parameters.registerCoin.selector) return !numbers[Keys.ofCoin(Keys.COIN_CAP_WAD, abi.decode(argumentsOf(data), (uint8)))].known;
            if (what == parameters.cancel.selector) {
                uint256 place = noticeOf[abi.decode(argumentsOf(data), (bytes32))];
                return place != 0 && notices[place - 1].fate == Fate.Open;
            }
            return false;
        }
        if (target == address(house)) return coins[listedCoins].listedAt == 0 && abi.decode(argumentsOf(data), (address)) == address(tokens[listedCoins]);
        if (target == address(attestations)) return what == attestations.announceSet.selector ? block.timestamp >= changesAt : block.timestamp < changesAt;
        if (target == address(guardian)) {
            (, uint256 until) = abi.decode(argumentsOf(data), (address, uint256));
            return until <= block.timestamp + 180 days;
        }
        if (target == address(governor)) return _settingIsLegal(what, abi.decode(argumentsOf(data), (uint256)));
        return false;
    }

    function _settingIsLegal(bytes4 what, uint256 value) private view returns (bool) {
        if (what == governor.setVotingDelay.selector) return value >= 1 days && value <= 7 days;
        if (what == governor.setVotingPeriod.selector) return value >= 3 days && value <= 14 days;
        if (what == governor.setProposalThreshold.selector) return value >= 1_000_000e18 && value <= 20_000_000e18;
        if (what == governor.setLateQuorumVoteExtension.selector) return value >= 1 days && value <= 3 days;
        return value >= 4 && value <= 30;
    }

    /// @param finally_ when steps are taken, not only announced: the record of steps has to have room
    function _setIsLegal(IRiskParameters.Change[] memory changes, Hand hand, bool finally_) private view returns (bool) {
        if (!isWhole(changes)) return false;
        for (uint256 i = 0; i < changes.length; ++i) {
            Number storage number = numbers[changes[i].key];
            int128 to = changes[i].value;
            if (!number.known || (i != 0 && changes[i].key <= changes[i - 1].key)) return false;
            if (to < number.bounds.least || to > number.bounds.most) return false;
            uint256 size = distance(number.value, to);
            (uint256 sum, uint256 count) = movedBy(hand, changes[i].key);
            if (size > number.bounds.mostStep || sum + size > number.bounds.mostIn30Days) return false;
            if (finally_ && size != 0 && count == 32) return false;
        }
        return true;
    }

    /// @notice A proposal from its text to its execution, with a try or two before the time has come.
    function carry(uint256 seed) external {
        seed = _mixed(seed);
        if (!_propose(seed >> 64, _largest(), _largest())) return;
        Proposal storage p = proposals[proposals.length - 1];
        skipTime(p.voteStart - block.timestamp);
        if (seed % 4 == 0) _vote(p, voters[0], 1, false);
        skipTime(1 + (seed >> 8) % 1 days);
        for (uint256 i = 0; i < HOLDERS && !passed(p); ++i) {
            if (electorate[p.id][voters[i]] != 0) _vote(p, voters[i], 1, true);
        }
        if ((seed >> 16) % 4 == 0) _execute(p, (seed >> 18) % 2 == 0, false);
        _warpTo(p.deadline);
        if ((seed >> 24) % 4 == 0) _queue(p, false);
        skipTime(1 + (seed >> 32) % 8 hours);
        _queue(p, false);
        if (p.eta == 0) return;
        _warpTo(p.eta - 1);
        if ((seed >> 40) % 2 == 0) _execute(p, (seed >> 42) % 2 == 0, false);
        skipTime(1);
        _execute(p, false, false);
        if ((seed >> 48) % 8 == 0) _execute(p, (seed >> 52) % 2 == 0, false); // once is enough
    }

    /// @notice What a proposal does; some of it can never be executed.
    function _draft(uint256 seed) private view returns (address[] memory targets, bytes[] memory calldatas, uint256 kind) {
        kind = seed % 20;
        seed >>= 8;
        uint256 size = kind == 9 || kind == 14 ? 2 : 1;
        (targets, calldatas) = (new address[](size), new bytes[](size));
        (targets[0], calldatas[0]) = (address(parameters), _announcement(seed, kind == 8 || kind == 16));
        if (kind == 9 && listedCoins < COINS) {
            calldatas[0] = abi.encodeCall(parameters.registerCoin, (uint8(listedCoins)));
            (targets[1], calldatas[1]) = (address(house), abi.encodeCall(IClearingHouseServices.listCoin, (address(tokens[listedCoins]), 0)));
        } else if (kind == 9 || kind == 14) {
            (targets[1], calldatas[1]) = (address(parameters), _announcement(seed >> 100, false));
        } else if (kind == 10) {
            (targets[0], calldatas[0]) = (address(attestations), abi.encodeCall(attestations.announceSet, (keySet(4, lastSet + 1).members)));
        } else if (kind == 11) {
            (targets[0], calldatas[0]) = (address(guardian), abi.encodeCall(guardian.appoint, (GUARDIAN_HOLDER, block.timestamp + 176 days + seed % 20 days)));
        } else if (kind == 12) {
            (targets[0], calldatas[0]) = (address(governor), _setting(seed));
        } else if (kind == 13) {
            (targets[0], calldatas[0]) = _hopeless(seed);
        } else if (kind == 15 && listedCoins != 0) {
            calldatas[0] = abi.encodeCall(parameters.announce, (_walk(uint8(seed % listedCoins)), document));
        } else if (kind == 17 && notices.length != 0) {
            calldatas[0] = abi.encodeCall(parameters.cancel, (_notice(seed).id));
        } else if (kind == 18) {
            (targets[0], calldatas[0]) = (address(attestations), abi.encodeCall(attestations.cancelSet, ()));
        }
    }

    function _announcement(uint256 seed, bool spoilt) private view returns (bytes memory) {
        IRiskParameters.Change[] memory changes = _changes(seed >> 8, Hand.Governance);
        if (spoilt) changes = _spoilt(changes, seed >> 160, Hand.Governance);
        return abi.encodeCall(parameters.announce, (changes, seed % 8 == 0 ? keccak256(abi.encode("document", seed)) : document));
    }

    function _setting(uint256 seed) private view returns (bytes memory) {
        uint256 which = (seed >> 8) % 5;
        seed >>= 16;
        if (which == 0) return abi.encodeCall(governor.setVotingDelay, (uint48(seed % 8 days)));
        if (which == 1) return abi.encodeCall(governor.setVotingPeriod, (uint32(2 days + seed % 5 days)));
        if (which == 2) return abi.encodeCall(governor.setProposalThreshold, (seed % 25_000_000e18));
        if (which == 3) return abi.encodeCall(governor.setLateQuorumVoteExtension, (uint48(seed % 4 days)));
        return abi.encodeCall(governor.updateQuorumNumerator, (seed % 20));
    }

    /// @notice What not even a vote can do.
    function _hopeless(uint256 seed) private view returns (address target, bytes memory data) {
        uint256 which = seed % 4;
        if (which == 0) return (address(timelock), abi.encodeCall(timelock.updateDelay, (0)));
        if (which == 1) return (address(parameters), abi.encodeCall(parameters.tighten, (one(Keys.MAX_AGE_SECONDS, numbers[Keys.MAX_AGE_SECONDS].value - 1))));
        if (which == 2) return (address(guardian), abi.encodeCall(guardian.appoint, (address(this), block.timestamp + 400 days)));
        return (address(parameters), abi.encodeCall(parameters.enact, (one(Keys.MAX_AGE_SECONDS, numbers[Keys.MAX_AGE_SECONDS].value + 1), document, notices.length + 1)));
    }

    // ---- change sets ----

    /// @notice One to three keys with their partners, in order, by steps that are legal now.
    function _changes(uint256 seed, Hand hand) private view returns (IRiskParameters.Change[] memory changes) {
        changes = new IRiskParameters.Change[](6);
        uint256 count;
        for (uint256 n = 0; n < 1 + seed % 3; ++n) {
            bytes32 key = keys[(seed >> (8 + 8 * n)) % keys.length];
            count = _insert(changes, count, key, _stepped(key, seed >> (40 + 32 * n), hand));
            bytes32 partner = partnerOf[key];
            if (partner != 0) count = _insert(changes, count, partner, hand == Hand.Guardian ? numbers[partner].value : _stepped(partner, seed >> (56 + 32 * n), hand));
        }
        assembly ("memory-safe") {
            mstore(changes, count)
        }
    }

    function _insert(IRiskParameters.Change[] memory changes, uint256 count, bytes32 key, int128 value) private pure returns (uint256) {
        for (uint256 i = 0; i < count; ++i) {
            if (changes[i].key == key) return count;
        }
        uint256 at = count;
        for (; at != 0 && changes[at - 1].key > key; --at) {
            changes[at] = changes[at - 1];
        }
        changes[at] = IRiskParameters.Change(key, value);
        return count + 1;
    }

    /// @notice A value one legal step away: the largest step, or a part of it.
    function _stepped(bytes32 key, uint256 seed, Hand hand) private view returns (int128) {
        Number storage number = numbers[key];
        bool up = seed % 2 == 0;
        if (hand == Hand.Guardian) {
            if (number.bounds.tightening == IRiskParameters.Tightening.Neither) return number.value;
            up = number.bounds.tightening == IRiskParameters.Tightening.Up;
        }
        (uint256 sum,) = movedBy(hand, key);
        uint256 most = number.bounds.mostIn30Days - sum;
        if (most > number.bounds.mostStep) most = number.bounds.mostStep;
        uint256 room = distance(number.value, up ? number.bounds.most : number.bounds.least);
        if (most > room) most = room;
        if ((seed >> 1) % 4 != 0) most = most * ((seed >> 3) % 5) / 16;
        return up ? number.value + int128(int256(most)) : number.value - int128(int256(most));
    }

    /// @notice A coin's keys, each as far towards credit as one change may go.
    function _walk(uint8 coin) private view returns (IRiskParameters.Change[] memory changes) {
        changes = new IRiskParameters.Change[](3);
        bytes32[3] memory names = [Keys.COIN_HAIRCUT_WAD, Keys.COIN_CAP_WAD, Keys.COIN_RAMP_SECONDS];
        uint256 count;
        for (uint256 i = 0; i < 3; ++i) {
            bytes32 key = Keys.ofCoin(names[i], coin);
            count = _insert(changes, count, key, _stepped(key, i == 1 ? 0 : 1, Hand.Governance));
        }
    }

    /// @notice A set that must be refused: beyond bounds, a step too large, more than thirty days allow, half a group, out of order, an unknown key.
    function _spoilt(IRiskParameters.Change[] memory changes, uint256 seed, Hand hand) private view returns (IRiskParameters.Change[] memory) {
        uint256 how = seed % 6;
        if (how == 0) return _beyond(changes, seed >> 8, hand);
        uint256 at = (seed >> 8) % changes.length;
        Number storage number = numbers[changes[at].key];
        int128 sign = (seed >> 16) % 2 == 0 ? int128(1) : int128(-1);
        (uint256 sum,) = movedBy(hand, changes[at].key);
        if (how == 1) changes[at].value = number.value + sign * int128(number.bounds.mostStep + 1);
        else if (how == 2) changes[at].value = number.value + sign * int128(int256(number.bounds.mostIn30Days - sum + 1));
        else if (how == 3) _halve(changes);
        else if (how == 4) changes[at].key = keccak256("no such key");
        else changes[changes.length - 1].key = changes[0].key;
        return changes;
    }

    /// @notice One number just beyond a bound by a step that is legal otherwise, where there is one so near to its bound.
    function _beyond(IRiskParameters.Change[] memory otherwise, uint256 seed, Hand hand) private view returns (IRiskParameters.Change[] memory changes) {
        for (uint256 n = 0; n < 2 * keys.length; ++n) {
            bytes32 key = keys[(seed + n / 2) % keys.length];
            Number storage number = numbers[key];
            bool up = n % 2 == 0;
            if (hand == Hand.Guardian && number.bounds.tightening != (up ? IRiskParameters.Tightening.Up : IRiskParameters.Tightening.Down)) continue;
            int128 to = up ? number.bounds.most + 1 : number.bounds.least - 1;
            uint256 size = distance(number.value, to);
            (uint256 sum,) = movedBy(hand, key);
            if (size > number.bounds.mostStep || sum + size > number.bounds.mostIn30Days) continue;
            bytes32 partner = partnerOf[key];
            changes = new IRiskParameters.Change[](partner == 0 ? 1 : 2);
            uint256 count = _insert(changes, 0, key, to);
            if (partner != 0) _insert(changes, count, partner, numbers[partner].value);
            return changes;
        }
        return otherwise;
    }

    /// @notice Leaves out a key that has a partner.
    function _halve(IRiskParameters.Change[] memory changes) private view {
        bytes32[3] memory halves = [Keys.STRESS_MOVE_WAD, Keys.MAX_PRICE_MOVE_WAD, Keys.SLASH_SHARE_WAD];
        bytes32 half = halves[uint256(keccak256(abi.encode(changes))) % 3];
        changes[0] = IRiskParameters.Change(half, numbers[half].value);
        assembly ("memory-safe") {
            mstore(changes, 1)
        }
    }

    // ---- enactment ----

    function _enactAny(uint256 seed) private {
        if (notices.length == 0) return;
        _enact(_notice(seed), seed >> 8);
    }

    /// @notice The oldest announcement that can still be enacted, at its second or a little later, with a try a second before.
    function enactDue(uint256 seed) external {
        seed = _mixed(seed);
        for (uint256 i = notices.length < 12 ? 0 : notices.length - 12; i < notices.length; ++i) {
            Notice storage notice = notices[i];
            if (notice.fate != Fate.Open || block.timestamp > notice.enactableAt + LAPSE || _isStale(notice)) continue;
            if (block.timestamp < notice.enactableAt) {
                _warpTo(notice.enactableAt - 1);
                if (seed % 2 == 0) _enact(notice, 1);
                skipTime(1);
            }
            _enact(notice, 1);
            if ((seed >> 8) % 8 == 0) _enact(notice, 1); // once is enough
            return;
        }
    }

    /// @param seed what is altered; 1: nothing
    function _enact(Notice storage notice, uint256 seed) private {
        IRiskParameters.Change[] memory changes = abi.decode(notice.changes, (IRiskParameters.Change[]));
        (bytes32 documentHash, uint256 nonce) = (notice.document, notice.nonce);
        uint256 how = seed % 16;
        if (how == 0) documentHash = keccak256("another");
        else if (how == 2) nonce += 1 + seed % 3;
        else if (how == 3 && changes.length != 0) changes[0].value += 1;
        bool altered = how == 0 || how == 2 || (how == 3 && changes.length != 0);
        bool early = block.timestamp < notice.enactableAt;
        bool open = notice.fate == Fate.Open && !early && block.timestamp <= notice.enactableAt + LAPSE && !altered;
        bool legal = open && !_isStale(notice) && _setIsLegal(changes, Hand.Governance, true);
        (bool done, bytes memory answer) = act(address(0xC0FFEE), address(parameters), abi.encodeCall(parameters.enact, (changes, documentHash, nonce)));
        if (done) ++enacted;
        _judge(early ? DELAY : ONCE, legal, open, done, answer, "enactment");
    }

    /// @notice Whether one of its keys, or the document, has moved since.
    function _isStale(Notice storage notice) private view returns (bool) {
        if (documentTick > notice.tick) return true;
        IRiskParameters.Change[] memory changes = abi.decode(notice.changes, (IRiskParameters.Change[]));
        for (uint256 i = 0; i < changes.length; ++i) {
            if (numbers[changes[i].key].changedTick > notice.tick) return true;
        }
        return false;
    }

    // ---- the guardian ----

    function _hasPower() private view returns (bool) {
        return holder == GUARDIAN_HOLDER && block.timestamp <= powerUntil;
    }

    function _tighten(uint256 seed) private {
        bool spoilt = (seed >> 200) % 8 == 0;
        IRiskParameters.Change[] memory changes = _changes(seed, (seed >> 208) % 8 == 0 ? Hand.Governance : Hand.Guardian);
        if (spoilt) changes = _spoilt(changes, seed >> 216, Hand.Guardian);
        bool legal = _hasPower() && _setIsLegal(changes, Hand.Guardian, true);
        bool any;
        for (uint256 i = 0; legal && i < changes.length; ++i) {
            Number storage number = numbers[changes[i].key];
            if (changes[i].value == number.value) continue;
            any = true;
            if (!stricter(number, changes[i].value)) legal = false;
        }
        legal = legal && any;
        (bool done, bytes memory answer) = act(GUARDIAN_HOLDER, address(guardian), abi.encodeCall(guardian.tighten, (changes)));
        _judge(LIMITS, legal, _hasPower() && !spoilt && (seed >> 208) % 8 != 0, done, answer, "tightening");
    }

    /// @notice Short pauses, well within what thirty days may hold: governance goes on through them.
    function _pause(uint256 seed) private {
        if (block.timestamp < lastPauseAt + 2 days) return;
        lastPauseAt = block.timestamp;
        bytes memory data = abi.encodeCall(guardian.pause, (IAttestationRegistry.OperatingState(1 + seed % 2), block.timestamp + 1 + (seed >> 8) % 6 hours));
        (bool done, bytes memory answer) = act(GUARDIAN_HOLDER, address(guardian), data);
        _judge(DELAY, _hasPower(), _hasPower(), done, answer, "pause");
    }

    /// @notice The guardian, a proposer or a stranger takes something back.
    function _cancel(uint256 seed) private {
        uint256 which = seed % 4;
        address by = (seed >> 8) % 3 == 0 ? address(0xC0FFEE) : GUARDIAN_HOLDER;
        bool power = by == GUARDIAN_HOLDER && _hasPower();
        bytes memory data = abi.encodeCall(guardian.cancelSet, ());
        bool legal = power && block.timestamp < changesAt;
        if (which == 0 && notices.length != 0) {
            Notice storage notice = _notice(seed >> 16);
            (legal, data) = (power && notice.fate == Fate.Open, abi.encodeCall(guardian.cancelAnnouncement, (notice.id)));
        } else if (which == 1 && proposals.length != 0) {
            Proposal storage p = _proposal(seed >> 16);
            bool waits = operations[p.operation].fate == Fate.Open && block.timestamp <= operations[p.operation].readyAt + LAPSE;
            (legal, data) = (power && waits, abi.encodeCall(guardian.cancelOperation, (p.operation)));
        } else if (which == 2 && proposals.length != 0) {
            return _withdraw(_proposal(seed >> 16), (seed >> 8) % 3 == 0);
        }
        (bool done, bytes memory answer) = act(by, address(guardian), data);
        _judge(ONCE, legal, legal, done, answer, "cancellation");
    }

    function _withdraw(Proposal storage p, bool stranger) private {
        bool legal = !stranger && !p.cancelled && block.timestamp <= p.voteStart;
        bytes memory data = abi.encodeCall(governor.cancel, (p.targets, new uint256[](p.targets.length), p.calldatas, p.descriptionHash));
        (bool done, bytes memory answer) = act(stranger ? address(0xC0FFEE) : p.proposer, address(governor), data);
        _judge(ONCE, legal, legal, done, answer, "withdrawal of a proposal");
    }

    /// @notice Brings the power to life again where it is about to end.
    function _renew(uint256 seed) private {
        if (powerUntil > block.timestamp + 40 days || seed % 4 == 0) return; // or lets it lapse
        while (seed % 20 != 11) ++seed;
        this.carryDraft(seed);
    }

    /// @notice A coin that nobody has walked up yet is walked one step, from the vote to the enactment.
    function walkCoin(uint256 seed) external {
        seed = _mixed(seed);
        if (listedCoins != 0 && seed % 2 == 0) return _deposit(seed >> 8);
        bool fresh = listedCoins == 0 || (listedCoins < 3 && (seed >> 1) % 4 == 0);
        seed = (seed >> 8) / 20 * 20 + (fresh ? 9 : 15);
        this.carryDraft(seed);
        if (notices.length == 0) return;
        Notice storage notice = notices[notices.length - 1];
        if (notice.fate != Fate.Open) return;
        _warpTo(notice.enactableAt);
        _enact(notice, 1);
    }

    /// @notice Votes a draft through.
    function carryDraft(uint256 seed) external {
        require(msg.sender == address(this), "own use");
        if (!_propose(seed, _largest(), _largest())) return;
        Proposal storage p = proposals[proposals.length - 1];
        skipTime(p.voteStart + 1 - block.timestamp);
        for (uint256 i = 0; i < HOLDERS && !passed(p); ++i) {
            if (electorate[p.id][voters[i]] != 0) _vote(p, voters[i], 1, true);
        }
        _warpTo(p.deadline + 1);
        _queue(p, false);
        if (p.eta == 0) return;
        _warpTo(p.eta);
        _execute(p, false, false);
    }

    // ---- coins and sets ----

    function _deposit(uint256 seed) private {
        if (listedCoins == 0) return;
        uint8 coin = uint8((seed >> 8) % listedCoins);
        uint256 amount = 1 + (seed >> 16) % 2e18;
        tokens[coin].mint(address(this), amount);
        uint256 cap = uint256(int256(numbers[Keys.ofCoin(Keys.COIN_CAP_WAD, coin)].value));
        (bool done, bytes memory answer) = act(address(this), address(house), abi.encodeCall(IClearingHouseServices.depositCoin, (account, coin, amount)));
        bool fits = coins[coin].held + (done ? 0 : amount) <= cap;
        // The hourly limit on deposits, which the guardian may have tightened, is a reason of its own.
        bool hourly = !done && fits && bytes4(answer) == IClearingHouseTypes.CapExceeded.selector;
        _judge(RAMP, fits && !hourly, fits, done, answer, "deposit of a coin");
    }

    /// @notice What sets sign now: the set in force, the one announced, the one before, one that never was.
    function _attest(uint256 seed) private {
        uint64 setId = seed % 4 == 0 ? outgoing : seed % 4 == 1 ? lastSet : seed % 4 == 2 ? incoming : uint64(1 + (seed >> 8) % (lastSet + 1));
        bytes32 statement = keccak256(abi.encode("statement", seed));
        KeySet memory set = setId == 1 ? attesters : keySet(4, setId);
        bytes memory data =
            abi.encodeCall(attestations.requireQuorum, (setId, statement, proofOf(set, attestations.attestationDigest(statement), THREE_OF_FOUR)));
        bool legal = setId <= lastSet && counts(setId);
        (bool done, bytes memory answer) = act(address(this), address(attestations), data);
        _judge(RAMP, legal, legal, done, answer, "a statement of a set");
    }

    // ---- strangers ----

    function _tryForbidden(uint256 seed) private {
        address[4] memory strangers = [address(0xC0FFEE), voters[0], GUARDIAN_HOLDER, address(governor)];
        address by = strangers[(seed >> 8) % 4];
        uint256 which = seed % 9;
        bytes memory announcing = _announcement(seed >> 16, false);
        if (which == 0) _mustBeRefused(DELAY, by, address(parameters), announcing, "announced without a vote");
        else if (which == 1) _mustBeRefused(RAMP, by, address(parameters), abi.encodeCall(parameters.registerCoin, (7)), "a coin without a vote");
        else if (which == 2) _mustBeRefused(RAMP, by, address(house), abi.encodeCall(IClearingHouseServices.listCoin, (address(tokens[7]), 0)), "a coin listed without a vote");
        else if (which == 3) _mustBeRefused(RAMP, by, address(attestations), abi.encodeCall(attestations.announceSet, (keySet(4, 99).members)), "a set without a vote");
        else if (which == 4) _mustBeRefused(DELAY, by, address(guardian), abi.encodeCall(guardian.appoint, (by, block.timestamp + 1 days)), "a guardian without a vote");
        else if (which == 5) _mustBeRefused(LIMITS, by, address(parameters), abi.encodeCall(parameters.tighten, (_changes(seed >> 16, Hand.Guardian))), "tightened past the guardian");
        else if (which == 6) _mustBeRefused(DELAY, by, address(governor), abi.encodeCall(governor.setVotingPeriod, (4 days)), "a setting without a vote");
        else if (which == 7) _mustBeRefused(DELAY, by, address(governor), abi.encodeCall(governor.relay, (address(parameters), 0, announcing)), "relayed without a vote");
        else _mustBeRefused(DELAY, by == address(governor) ? address(0xC0FFEE) : by, address(timelock), abi.encodeCall(timelock.schedule, (address(parameters), 0, announcing, 0, 0, 30 days)), "scheduled without a vote");
    }

    // ---- what the campaigns ask ----

    /// @notice Where the registry and the ledger differ; empty: nowhere.
    function difference() external view returns (string memory) {
        bytes32[] memory onChain = parameters.keys();
        if (keccak256(abi.encode(onChain)) != keccak256(abi.encode(keys))) return "keys";
        int128[] memory values = parameters.values(onChain);
        for (uint256 i = 0; i < onChain.length; ++i) {
            if (values[i] != numbers[onChain[i]].value) return "a value";
        }
        (bytes32 current,,) = parameters.documents();
        return current == document ? "" : "the document";
    }

    /// @notice Whether each number lies within its bounds, and its sums of thirty days are the ledger's, to the second.
    function sumsAgree() external view returns (bool) {
        for (uint256 i = 0; i < keys.length; ++i) {
            IRiskParameters.Bounds storage b = numbers[keys[i]].bounds;
            (uint256 byGovernance, uint256 byGuardian) = parameters.movedIn30Days(keys[i]);
            (uint256 ofGovernance,) = movedBy(Hand.Governance, keys[i]);
            (uint256 ofGuardian,) = movedBy(Hand.Guardian, keys[i]);
            if (byGovernance != ofGovernance || byGuardian != ofGuardian || ofGovernance > b.mostIn30Days || ofGuardian > b.mostIn30Days) return false;
        }
        return true;
    }

    /// @notice Whether the last proposals stand as the ledger has them.
    function proposalsAgree() external view returns (bool) {
        for (uint256 i = proposals.length; i != 0 && i + 3 > proposals.length; --i) {
            Proposal storage p = proposals[i - 1];
            (uint256 against, uint256 inFavour, uint256 abstained) = governor.proposalVotes(p.id);
            if (against != p.tally[0] || inFavour != p.tally[1] || abstained != p.tally[2]) return false;
            if (governor.proposalSnapshot(p.id) != p.createdAt - 1 || governor.proposalDeadline(p.id) != p.deadline) return false;
        }
        return true;
    }

    /// @notice Whether coins count for just what the ledger's numbers and their age allow, and sets in force are the ledger's.
    function rampsAgree() external view returns (bool) {
        uint256 worthWad;
        for (uint8 coin = 0; coin < listedCoins; ++coin) {
            worthWad += _credit(coin);
        }
        if (house.collateralWad(account) != int256(worthWad)) return false;
        (uint64 current, uint64 previous, uint64 pending,) = attestations.attesterSets();
        bool waits = block.timestamp < changesAt;
        return current == (waits ? outgoing : incoming) && pending == (waits ? incoming : 0)
            && previous == (!waits && outgoing != incoming && counts(outgoing) ? outgoing : 0);
    }

    /// @dev At most 40 % of the worth for each thirty days since the coin was registered, and none at all in the second of its listing: whatever the numbers say.
    function _credit(uint8 coin) private view returns (uint256 wad) {
        Coin storage c = coins[coin];
        uint256 worthWad = c.held * PRICE_WAD / 1e18;
        uint256 haircutWad = uint256(int256(numbers[Keys.ofCoin(Keys.COIN_HAIRCUT_WAD, coin)].value));
        uint256 ramp = uint256(int256(numbers[Keys.ofCoin(Keys.COIN_RAMP_SECONDS, coin)].value));
        uint256 age = block.timestamp - c.listedAt;
        wad = worthWad * (1e18 - haircutWad) / 1e18;
        if (age < ramp) wad = wad * age / ramp;
        uint256 mostWad = worthWad * 4 * (1 + (block.timestamp - c.registeredAt) / SPAN) / 10;
        if (age < 7 days) mostWad = mostWad * age / 7 days;
        require(wad <= mostWad, "the ledger itself lets a coin rise too fast");
    }

    /// @notice Whether a coin counts for something by now.
    function hasCredit() external view returns (bool) {
        return house.collateralWad(account) > 0;
    }
}
