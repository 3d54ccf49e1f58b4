// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {HouseServices} from "./house/HouseServices.sol";
import {HouseState} from "./house/HouseState.sol";
import {Trading} from "./house/Trading.sol";
import {Vault} from "./house/Vault.sol";
import {IAttestationRegistry} from "./interfaces/IAttestationRegistry.sol";
import {IClearingHouseCore} from "./interfaces/IClearingHouse.sol";
import {WadMath} from "./libraries/WadMath.sol";
import {MarginState, Position} from "./types/Trading.sol";

/// @title Accounts, collateral, positions
/// @notice Rules: docs/protocol.md. Its owner is the timelock. What it does not answer itself goes to `SERVICES`, the second part of the same house, fixed for good.
contract ClearingHouse is Trading {
    HouseServices public immutable SERVICES;

    constructor(HouseServices services, address owner_)
        HouseState(services.INSTRUMENTS(), services.ATTESTATIONS(), services.PARAMETERS(), owner_)
        Vault(services.CASH())
        EIP712("PMS Clearing House", "1")
    {
        SERVICES = services;
    }

    /// @inheritdoc IClearingHouseCore
    function withdrawCash(uint64 account, uint256 amount, address to, LeafProof calldata proof) external nonReentrant {
        (Book memory book, IAttestationRegistry.OperatingState state) = _leaving(account, amount, to);
        uint256 debitedWad = WAD_PER_UNIT != 0 ? amount * WAD_PER_UNIT : WadMath.divUp(amount, UNITS_PER_WAD);
        book.cashWad -= int256(debitedWad);
        Market memory market = _market();
        if (book.legCount == 0) {
            _requireNotShared(account, book.phase);
            require(book.cashWad >= 0, InDebt(account, book.cashWad));
        } else {
            _requireNormal(state);
            _requireNoLiquidation(book);
            Requirement memory needed = _requirement(book, proof, true);
            _requireInitial(book, market, needed.initialWad, needed.markValueWad);
            _requireStressed(book, market, false);
        }
        _accounts[account].cashWad = SafeCast.toInt128(book.cashWad);
        _recordCashOut(book, amount, debitedWad, to, market);
        _push(CASH, amount, to);
    }

    /// @inheritdoc IClearingHouseCore
    function check(uint64 account, LeafProof calldata proof) external nonReentrant returns (MarginState to) {
        (,,, to) = _look(account, proof);
    }

    /// @inheritdoc IClearingHouseCore
    function assess(uint64 account, LeafProof calldata proof) external nonReentrant returns (Assessment memory found) {
        (Book memory book, Requirement memory needed,, MarginState state) = _look(account, proof);
        Market memory market;
        found = _assessment(book, market, needed);
        found.state = state;
    }

    /// @inheritdoc IClearingHouseCore
    function ownerOf(uint64 account) public view returns (address) {
        return _accounts[account].owner;
    }

    /// @inheritdoc IClearingHouseCore
    function summary(uint64 account)
        external
        view
        returns (int128 cashWad, uint64 sequence, uint16 legCount, bytes32 positionsHash, MarginState state, uint40 callDeadline)
    {
        Account storage a = _accounts[account];
        return (a.cashWad, a.sequence, a.legCount, a.positionsHash, a.state, a.callDeadline);
    }

    /// @inheritdoc IClearingHouseCore
    function position(uint64 account, bytes32 instrument) external view returns (Position memory) {
        return _positions[account][instrument];
    }

    /// @notice Whatever is not answered above goes to the second part, and from there to the third.
    fallback(bytes calldata input) external returns (bytes memory output) {
        output = Address.functionDelegateCall(address(SERVICES), input);
    }
}
