// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IClearingHouseTypes} from "../../src/interfaces/IClearingHouse.sol";
import {LiveHouse} from "../support/LiveHouse.sol";
import {Vm} from "../support/Vm.sol";

/// @notice A second set of books of the clearing house, kept from the events of calls that it accepted and from nothing else.
/// @dev The machine also records the logs of a call that reverts; those are thrown away.
abstract contract HouseLedger is LiveHouse {
    struct Entry {
        int256 cashWad;
        uint64 sequence;
        uint256 legCount;
        bytes32 positionsHash;
    }

    bytes32 internal constant BOOKS = "CON-09 books";
    bytes32 internal constant ISOLATION = "CON-06";

    mapping(uint64 account => Entry) internal entryOf;
    mapping(uint64 account => mapping(bytes32 instrument => int256)) public quantityOf;
    mapping(uint64 account => mapping(uint8 coin => uint256)) public coinsOf;
    mapping(bytes32 instrument => int256) public openInterest;
    int256 public feesHeldWad;
    uint256 public roundings; // divisions so far whose remainder the house kept, each below one wad
    mapping(bytes32 rule => uint256) public broken;
    mapping(bytes32 rule => string) public story; // of the first time

    uint256 public calls; // of the house, by whomever
    uint256 public accepted;
    uint256 public mostGas;

    /// @notice What a rule says did not hold: the invariant of that rule fails with this story.
    function expect(bytes32 rule, bool holds, string memory what) internal {
        if (holds) return;
        if (broken[rule]++ == 0) story[rule] = what;
    }

    /// @notice Calls the house and books what it says happened.
    /// @param named bit i: account i may be touched
    function act(address caller, bytes memory data, uint256 named) internal returns (bool done, bytes4 reason) {
        ++calls;
        bytes memory answer;
        vm.recordLogs();
        vm.prank(caller);
        uint256 gas = gasleft();
        (done, answer) = address(house).call(data);
        gas -= gasleft();
        if (gas > mostGas) mostGas = gas;
        if (!done) return (false, bytes4(answer));
        ++accepted;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter == address(house)) _book(logs[i], named, bytes4(data));
        }
    }

    function _book(Vm.Log memory log, uint256 named, bytes4 what) private {
        bytes32 topic = log.topics[0];
        uint64 account = uint64(uint256(log.topics[1]));
        expect(ISOLATION, (named >> account) & 1 == 1, string.concat("an account that has no part in the call ", vm.toString(uint256(uint32(what)))));
        Entry storage entry = entryOf[account];
        if (topic == IClearingHouseTypes.LegChanged.selector) {
            _bookLeg(entry, account, log.topics[2], log.data);
        } else if (topic == IClearingHouseTypes.CashMoved.selector) {
            int256 amountWad = abi.decode(log.data, (int256));
            entry.cashWad += amountWad;
            ++roundings;
        } else if (topic == IClearingHouseTypes.Traded.selector) {
            (uint256 quantityWad, uint256 priceWad, uint256 feeWad) = abi.decode(log.data, (uint256, uint256, uint256));
            uint64 seller = uint64(uint256(log.topics[2]));
            expect(ISOLATION, (named >> seller) & 1 == 1, string.concat("a seller that has no part in the call ", vm.toString(uint256(uint32(what)))));
            entry.cashWad -= int256((quantityWad * priceWad + 1e18 - 1) / 1e18 + feeWad);
            entryOf[seller].cashWad += int256(quantityWad * priceWad / 1e18) - int256(feeWad);
            feesHeldWad += 2 * int256(feeWad);
            roundings += 2;
        } else if (topic == IClearingHouseTypes.CashDeposited.selector) {
            (, uint256 creditedWad) = abi.decode(log.data, (uint256, uint256));
            entry.cashWad += int256(creditedWad);
        } else if (topic == IClearingHouseTypes.CashWithdrawn.selector) {
            (, uint256 debitedWad) = abi.decode(log.data, (uint256, uint256));
            entry.cashWad -= int256(debitedWad);
        } else if (topic == IClearingHouseTypes.FeesCollected.selector) {
            int256 amountWad = abi.decode(log.data, (int256));
            entry.cashWad += amountWad;
            feesHeldWad -= amountWad;
        } else if (topic == IClearingHouseTypes.CoinDeposited.selector) {
            (uint256 amount,) = abi.decode(log.data, (uint256, uint64));
            coinsOf[account][uint8(uint256(log.topics[2]))] += amount;
            ++entry.sequence;
        } else if (topic == IClearingHouseTypes.CoinWithdrawn.selector) {
            (uint256 amount,) = abi.decode(log.data, (uint256, uint64));
            coinsOf[account][uint8(uint256(log.topics[2]))] -= amount;
            ++entry.sequence;
        } else if (topic == IClearingHouseTypes.CoinMoved.selector) {
            uint256 amount = abi.decode(log.data, (uint256));
            uint64 to = uint64(uint256(log.topics[2]));
            coinsOf[account][uint8(uint256(log.topics[3]))] -= amount;
            coinsOf[to][uint8(uint256(log.topics[3]))] += amount;
            ++entry.sequence;
            ++entryOf[to].sequence;
        }
    }

    function _bookLeg(Entry storage entry, uint64 account, bytes32 instrument, bytes memory data) private {
        (int128 fromWad, int128 toWad, uint64 sequence, bytes32 positionsHash) = abi.decode(data, (int128, int128, uint64, bytes32));
        entry.positionsHash = keccak256(abi.encode(entry.positionsHash, instrument, int256(fromWad), int256(toWad)));
        expect(BOOKS, positionsHash == entry.positionsHash, "a link to another hash");
        expect(BOOKS, fromWad == quantityOf[account][instrument], "a link from another quantity");
        expect(BOOKS, sequence == entry.sequence + 1, "a sequence that does not rise by one");
        entry.sequence = sequence;
        if (fromWad == 0 && toWad != 0) ++entry.legCount;
        if (fromWad != 0 && toWad == 0) --entry.legCount;
        quantityOf[account][instrument] = toWad;
        openInterest[instrument] += int256(toWad) - fromWad;
    }
}
