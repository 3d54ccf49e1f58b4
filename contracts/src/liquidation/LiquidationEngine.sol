// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {IClearingHouse, IClearingHouseTypes, ILiquidationHooks} from "../interfaces/IClearingHouse.sol";
import {ILiquidationEngine, IShareTaker} from "../interfaces/ILiquidationEngine.sol";
import {IRiskParameters} from "../interfaces/IRiskParameters.sol";
import {Keys} from "../libraries/Keys.sol";
import {Clearance, QuorumProof} from "../types/Attestation.sol";
import {Deleveraging, Leg, LiquidationPhase, MarginState} from "../types/Trading.sol";
import {FadingLevel} from "./FadingLevel.sol";

/// @title Auctions of accounts below their requirement
/// @notice Rules and reasons: docs/protocol.md, "Liquidation". It holds nothing: cash, legs and coins stay in the clearing house, whose hooks it calls.
contract LiquidationEngine is ILiquidationEngine, ReentrancyGuardTransient {
    using FadingLevel for FadingLevel.Level;

    /// @dev One slot.
    struct Shares {
        uint128 allUnitsWad; // 0: nothing shared, the owner's 1e18
        uint40 insolventAt; // [s] since when the account is known to be worth nothing; 0: it is not
        uint32 lastClaim;
        uint32 voidThrough; // claims up to this number ended with an owner before
        uint16 open; // claims not written out
    }

    /// @dev Two slots: governed numbers as of a version.
    struct Limits {
        uint64 version;
        uint24 startRate; // [1e-6]
        uint24 kneeRate; // [1e-6]
        uint24 endRate; // [1e-6]
        uint24 target; // [1e-6]
        uint24 fee; // [1e-6]
        uint24 fastSeconds;
        uint24 slowSeconds;
        uint24 graceSeconds;
        uint64 least; // [1e-6 USD]
        uint64 perHour; // [1e-6 USD]
        uint64 insurancePerHour; // [1e-6 USD]
    }

    struct Slice {
        uint256 cashWad;
        uint256 feeWad;
        uint256 bonusWad;
        uint256 unitsWad;
        uint64 insurance; // account; 0: none
    }

    uint256 private constant WAD = 1e18;
    uint256 private constant MILLION = 1e6;
    uint256 private constant MICRO_WAD = 1e12; // 1e-6 as wad
    uint256 public constant OWNER_UNITS_WAD = WAD;
    uint256 public constant MAX_CLAIMS = 16; // open on one account
    uint256 public constant OVERSHOOT_WAD = 0.02e18; // share of the target requirement by which a plan may end above it

    IClearingHouse public immutable HOUSE;
    ILiquidationHooks private immutable HOOKS;
    IAttestationRegistry public immutable ATTESTATIONS;
    IRiskParameters public immutable PARAMETERS;

    mapping(uint64 account => Terms) private _terms;
    mapping(uint64 account => Shares) private _shares;
    mapping(uint64 account => mapping(uint64 claim => Claim)) private _claims;
    Limits private _limits;
    FadingLevel.Level private _removed; // shortfall removed, of all accounts
    FadingLevel.Level private _insured; // paid by the insurance account

    constructor(IClearingHouse house, IAttestationRegistry attestations, IRiskParameters parameters) {
        (HOUSE, HOOKS, ATTESTATIONS, PARAMETERS) = (house, ILiquidationHooks(address(house)), attestations, parameters);
    }

    /// @inheritdoc ILiquidationEngine
    function start(uint64 account, IClearingHouseTypes.LeafProof calldata proof) external nonReentrant {
        Limits memory limits = _calm();
        require(!_terms[account].running, AlreadyRunning(account));
        IClearingHouseTypes.Assessment memory found = HOUSE.assess(account, proof);
        require(found.state == MarginState.Liquidatable, NotDue(account, found.equityWad, found.maintenanceWad));
        Terms memory terms = _currentTerms(found, limits);
        _terms[account] = terms;
        if (found.phase == LiquidationPhase.None) HOOKS.setPhase(account, LiquidationPhase.Auction);
        if (found.worthWad <= 0) _markInsolvent(account, found);
        emit AuctionStarted(account, msg.sender, found.equityWad, found.maintenanceWad, terms);
    }

    /// @inheritdoc ILiquidationEngine
    function end(uint64 account, IClearingHouseTypes.LeafProof calldata proof) external nonReentrant {
        Terms memory terms = _running(account);
        IClearingHouseTypes.Assessment memory found = HOUSE.assess(account, proof);
        int256 shortfallWad = _shortfall(terms, found);
        if (shortfallWad <= 0) {
            _end(account, found);
        } else if (found.worthWad <= 0 && _shares[account].insolventAt == 0) {
            _markInsolvent(account, found);
        } else if (found.worthWad > 0 && _shares[account].insolventAt != 0) {
            _shares[account].insolventAt = 0; // worth something again: what insurance pays rises anew, should it ever
        } else {
            uint256 over = uint256(terms.startedAt) + terms.fastSeconds + terms.slowSeconds;
            require(found.state == MarginState.Liquidatable && block.timestamp > over, StillNeeded(account, shortfallWad));
            terms = _currentTerms(found, _calm());
            _terms[account] = terms;
            emit AuctionStarted(account, msg.sender, found.equityWad, found.maintenanceWad, terms);
        }
    }

    /// @inheritdoc ILiquidationEngine
    function takeShare(uint64 account, uint64 payer, uint256 cashWad, uint256 leastUnitsWad, bytes calldata data, IClearingHouseTypes.LeafProof calldata proof)
        external
        nonReentrant
        returns (uint64 claim)
    {
        Terms memory terms = _running(account);
        Limits memory limits = _calm();
        _requireActsFor(payer);
        IClearingHouseTypes.Assessment memory found = HOUSE.assess(account, proof);
        Slice memory slice = _slice(account, terms, limits, found, cashWad);
        claim = _mint(account, uint256(found.worthWad), slice);
        leastUnitsWad = Math.mulDiv(leastUnitsWad, slice.cashWad, cashWad, Math.Rounding.Ceil);
        require(slice.unitsWad >= leastUnitsWad, TooLittle(account, slice.unitsWad, leastUnitsWad));
        // Shared before anybody else is called: nobody moves the account while the keeper brings its cash.
        if (found.phase != LiquidationPhase.Shared) HOOKS.setPhase(account, LiquidationPhase.Shared);
        if (data.length != 0) IShareTaker(msg.sender).onShareTaken(account, payer, slice.cashWad, slice.unitsWad, data);
        _pay(account, claim, payer, slice);
        found.phase = LiquidationPhase.Shared;
        found.equityWad += int256(slice.cashWad - slice.feeWad);
        _sold(account, terms, found);
    }

    /// @inheritdoc ILiquidationEngine
    function divide(uint64 account, uint64 claim, bytes32[] calldata instruments) external nonReentrant returns (uint64 to) {
        Shares memory shares = _shares[account];
        Claim memory owned = _claims[account][claim];
        require(owned.holder != address(0) && claim > shares.voidThrough, UnknownClaim(account, claim));
        delete _claims[account][claim];
        uint256 allUnitsWad = shares.allUnitsWad;
        (shares.allUnitsWad, shares.open) = (uint128(allUnitsWad - owned.unitsWad), shares.open - 1);
        if (shares.open == 0) shares.allUnitsWad = 0;
        _shares[account] = shares;
        to = HOOKS.moveShare(account, owned.holder, instruments, owned.unitsWad, allUnitsWad);
        if (shares.open == 0) HOOKS.setPhase(account, _terms[account].running ? LiquidationPhase.Auction : LiquidationPhase.None);
        emit Divided(account, claim, to, owned.unitsWad, allUnitsWad);
    }

    /// @inheritdoc ILiquidationEngine
    function takePlan(
        uint64 account,
        uint64 to,
        Leg[] calldata legs,
        int256 cashWad,
        IClearingHouseTypes.LeafProof calldata proof,
        Clearance calldata clearance,
        QuorumProof calldata quorum
    ) external nonReentrant {
        Terms memory terms = _running(account);
        Limits memory limits = _calm();
        _requireActsFor(to);
        IClearingHouseTypes.Assessment memory before = HOUSE.assess(account, proof);
        _requireShortfall(account, terms, before);
        IClearingHouseTypes.Assessment memory found = HOOKS.movePlan(account, to, legs, cashWad, clearance, quorum);
        (uint256 removedWad, uint256 bonusWad) = _requirePlan(account, terms, limits, before, found);
        emit PlanTaken(account, to, cashWad, removedWad, bonusWad);
        _sold(account, terms, found);
    }

    /// @inheritdoc ILiquidationEngine
    function takeOver(uint64 account, uint64 payer, uint256 cashWad, IClearingHouseTypes.LeafProof calldata proof) external nonReentrant {
        Terms memory terms = _running(account);
        Limits memory limits = _calm();
        _requireActsFor(payer);
        IClearingHouseTypes.Assessment memory found = HOUSE.assess(account, proof);
        uint256 shortfallWad = _requireShortfall(account, terms, found);
        Shares memory shares = _shares[account];
        uint256 insuredWad;
        uint256 paidWad;
        if (found.worthWad <= 0) {
            require(shares.insolventAt != 0, Unmarked(account));
            insuredWad = _insurance(terms, limits, shares, found);
        } else {
            require(found.maintenanceWad < limits.least * MICRO_WAD, Solvent(account, found.worthWad));
            require(shares.open == 0, ClaimsOutstanding(account, shares.open));
            uint256 bonusWad = Math.mulDiv(shortfallWad, _rate(terms), MILLION);
            if (uint256(found.worthWad) > bonusWad) paidWad = uint256(found.worthWad) - bonusWad;
        }

        int256 afterWad = found.equityWad + int256(insuredWad) + SafeCast.toInt256(cashWad);
        require(afterWad >= int256(found.initialWad), IClearingHouseTypes.BelowInitial(account, afterWad, found.initialWad));
        address from = HOUSE.ownerOf(account);
        HOOKS.handOver(account, msg.sender);
        (shares.allUnitsWad, shares.open, shares.insolventAt, shares.voidThrough) = (0, 0, 0, shares.lastClaim);
        _shares[account] = shares;
        delete _terms[account];
        if (insuredWad != 0) HOOKS.moveCash(HOOKS.insuranceAccount(), account, insuredWad, "insurance");
        if (cashWad != 0) HOOKS.moveCash(payer, account, cashWad, "liquidation");
        uint64 rest;
        if (paidWad != 0) {
            rest = HOUSE.openAccountFor(from);
            HOOKS.moveCash(payer, rest, paidWad, "liquidation");
        }
        emit TakenOver(account, from, msg.sender, rest, found.worthWad, paidWad, insuredWad);
    }

    /// @inheritdoc ILiquidationEngine
    function deleverage(Deleveraging calldata action, IClearingHouseTypes.LeafProof calldata proof, Clearance calldata clearance, QuorumProof calldata quorum)
        external
        nonReentrant
    {
        Terms memory terms = _running(action.from);
        Limits memory limits = _calm();
        IClearingHouseTypes.Assessment memory found = HOUSE.assess(action.from, proof);
        uint256 shortfallWad = _requireShortfall(action.from, terms, found);
        _requireLastResort(action.from, terms, limits, found);
        _voidClaims(action.from, found.phase);
        if (_payDebt(action.from, limits, found) != 0) found = HOUSE.assess(action.from, proof);
        uint256 givenWad;
        (found, givenWad) = HOOKS.moveOpposite(action, found.equityWad, clearance, quorum);
        emit Deleveraged(action.from, action.to, msg.sender, action.valueWad, action.movedWad, givenWad);
        _countRemoved(limits, shortfallWad, _shortfall(terms, found));
        _sold(action.from, terms, found);
    }

    /// @inheritdoc ILiquidationEngine
    function need(uint64 account, IClearingHouseTypes.LeafProof calldata proof) external returns (Need memory) {
        Terms memory terms = _running(account);
        IClearingHouseTypes.Assessment memory found = HOUSE.assess(account, proof);
        return Need(found.equityWad, found.worthWad, found.initialWad, found.maintenanceWad, _shortfall(terms, found), _rate(terms));
    }

    /// @inheritdoc ILiquidationEngine
    function termsOf(uint64 account) external view returns (Terms memory) {
        return _terms[account];
    }

    /// @inheritdoc ILiquidationEngine
    function claimOf(uint64 account, uint64 claim) external view returns (Claim memory owned) {
        if (claim > _shares[account].voidThrough) owned = _claims[account][claim];
    }

    /// @inheritdoc ILiquidationEngine
    function unitsOf(uint64 account) external view returns (uint256 allUnitsWad, uint256 openClaims, uint64 lastClaim) {
        Shares storage shares = _shares[account];
        allUnitsWad = shares.allUnitsWad == 0 ? OWNER_UNITS_WAD : shares.allUnitsWad;
        return (allUnitsWad, shares.open, shares.lastClaim);
    }

    /// @notice A keeper's cash, cut to what restores the account; its fee and bonus. No crumb, and no USD of bonus that is not there.
    function _slice(uint64 account, Terms memory terms, Limits memory limits, IClearingHouseTypes.Assessment memory found, uint256 cashWad)
        private
        returns (Slice memory slice)
    {
        uint256 shortfallWad = _requireShortfall(account, terms, found);
        require(found.worthWad > 0, Insolvent(account, found.worthWad));
        slice.insurance = HOOKS.insuranceAccount();
        uint256 fee = slice.insurance == 0 ? 0 : terms.fee;
        // The least cash of which the shortfall is left after the fee: one wad less would not restore the account.
        uint256 mostWad = shortfallWad + Math.mulDiv(shortfallWad, fee, MILLION - fee, Math.Rounding.Ceil);
        slice.cashWad = Math.min(cashWad, mostWad);
        slice.feeWad = Math.mulDiv(slice.cashWad, fee, MILLION, Math.Rounding.Ceil);
        uint256 leastWad = limits.least * MICRO_WAD;
        require(cashWad != 0 && (cashWad >= leastWad || cashWad >= mostWad), TooLittle(account, cashWad, leastWad));
        slice.bonusWad = Math.mulDiv(slice.cashWad, _rate(terms), MILLION);
        require(uint256(found.worthWad) > slice.feeWad + slice.bonusWad, Insolvent(account, found.worthWad));
        _removed.rise(slice.cashWad - slice.feeWad, limits.perHour * MICRO_WAD, Keys.LIQUIDATION_PER_HOUR_WAD);
    }

    function _pay(uint64 account, uint64 claim, uint64 payer, Slice memory slice) private {
        if (slice.feeWad != 0) HOOKS.moveCash(payer, slice.insurance, slice.feeWad, "liquidation fee");
        HOOKS.moveCash(payer, account, slice.cashWad - slice.feeWad, "liquidation");
        emit ShareTaken(account, claim, msg.sender, payer, slice.cashWad, slice.feeWad, slice.bonusWad, slice.unitsWad, _shares[account].allUnitsWad);
    }

    /// @notice What a plan did: less shortfall, no more bonus than the auction gives for it, and no more closed than restores the account.
    function _requirePlan(
        uint64 account,
        Terms memory terms,
        Limits memory limits,
        IClearingHouseTypes.Assessment memory before,
        IClearingHouseTypes.Assessment memory found
    ) private returns (uint256 removedWad, uint256 bonusWad) {
        uint256 shortfallWad = uint256(_shortfall(terms, before));
        int256 leftWad = _shortfall(terms, found);
        require(leftWad < int256(shortfallWad), NoProgress(account, int256(shortfallWad), leftWad));
        removedWad = _countRemoved(limits, shortfallWad, leftWad);
        uint256 leastWad = limits.least * MICRO_WAD;
        require(removedWad >= leastWad || leftWad <= 0, TooLittle(account, removedWad, leastWad));
        // What the account has lost on the way, beyond what the legs were worth, is the keeper's.
        bonusWad = found.equityWad < before.equityWad ? uint256(before.equityWad - found.equityWad) : 0;
        uint256 mostWad = Math.mulDiv(removedWad, _rate(terms), MILLION);
        require(bonusWad <= mostWad && found.worthWad > 0, BonusTooLarge(account, bonusWad, mostWad));
        int256 lowestWad = -int256(Math.mulDiv(uint256(found.equityWad + leftWad), OVERSHOOT_WAD, WAD));
        require(leftWad >= lowestWad || found.legCount == 0, Overshoot(account, leftWad, lowestWad));
    }

    /// @notice Units for value, where the units before are worth what is left to them: rounded down, so that nobody's share is worth less than that. What an owner holds is 1e18 units for good.
    function _mint(uint64 account, uint256 worthWad, Slice memory slice) private returns (uint64 claim) {
        Shares memory shares = _shares[account];
        require(shares.open < MAX_CLAIMS, TooManyClaims(account, MAX_CLAIMS));
        uint256 allUnitsWad = shares.allUnitsWad == 0 ? OWNER_UNITS_WAD : shares.allUnitsWad;
        slice.unitsWad = Math.mulDiv(allUnitsWad, slice.cashWad + slice.bonusWad, worthWad - slice.feeWad - slice.bonusWad);
        claim = ++shares.lastClaim;
        ++shares.open;
        shares.insolventAt = 0;
        shares.allUnitsWad = SafeCast.toUint128(allUnitsWad + slice.unitsWad);
        _shares[account] = shares;
        _claims[account][claim] = Claim(msg.sender, SafeCast.toUint96(slice.unitsWad));
    }

    /// @notice What insurance pays for an account that is worth nothing: its debt at first, and a share of its requirement that rises from 0 to all over the fast seconds; never more than it has.
    function _insurance(Terms memory terms, Limits memory limits, Shares memory shares, IClearingHouseTypes.Assessment memory found) private returns (uint256 payWad) {
        uint64 insurance = HOOKS.insuranceAccount();
        if (insurance == 0) return 0;
        uint256 elapsed = Math.min(block.timestamp - shares.insolventAt, terms.fastSeconds);
        payWad = uint256(-found.worthWad) + Math.mulDiv(found.maintenanceWad, elapsed, terms.fastSeconds);
        (int128 hasWad,,,,,) = HOUSE.summary(insurance);
        payWad = Math.min(payWad, hasWad > 0 ? uint256(uint128(hasWad)) : 0);
        _insured.rise(payWad, limits.insurancePerHour * MICRO_WAD, Keys.INSURANCE_PER_HOUR_WAD);
    }

    /// @notice Worth nothing, or less than the least slice, for so long that insurance has offered all it has to whoever takes the account over, and nobody came.
    function _requireLastResort(uint64 account, Terms memory terms, Limits memory limits, IClearingHouseTypes.Assessment memory found) private view {
        uint256 insolventAt = _shares[account].insolventAt;
        require(insolventAt != 0, Unmarked(account));
        require(found.worthWad < int256(limits.least * MICRO_WAD), Solvent(account, found.worthWad));
        require(block.timestamp >= insolventAt + terms.fastSeconds, TooEarly(account, insolventAt + terms.fastSeconds));
    }

    /// @notice Keepers' shares of what is worth nothing end, like the owner's part.
    function _voidClaims(uint64 account, LiquidationPhase phase) private {
        if (phase == LiquidationPhase.Shared) HOOKS.setPhase(account, LiquidationPhase.Auction);
        Shares memory shares = _shares[account];
        (shares.allUnitsWad, shares.open, shares.voidThrough) = (0, 0, shares.lastClaim);
        _shares[account] = shares;
    }

    /// @notice Insurance comes before the other side: what it has, up to its hour's limit, for the debt.
    function _payDebt(uint64 account, Limits memory limits, IClearingHouseTypes.Assessment memory found) private returns (uint256 payWad) {
        uint64 insurance = HOOKS.insuranceAccount();
        if (insurance == 0 || insurance == account || found.worthWad >= 0) return 0;
        uint256 mostWad = limits.insurancePerHour * MICRO_WAD;
        (int128 hasWad,,,,,) = HOUSE.summary(insurance);
        payWad = Math.min(Math.min(uint256(-found.worthWad), hasWad > 0 ? uint256(uint128(hasWad)) : 0), _insured.room(mostWad));
        if (payWad == 0) return 0;
        _insured.rise(payWad, mostWad, Keys.INSURANCE_PER_HOUR_WAD);
        HOOKS.moveCash(insurance, account, payWad, "insurance");
    }

    /// @notice Counts what was removed of a shortfall against the hour's limit.
    function _countRemoved(Limits memory limits, uint256 shortfallWad, int256 leftWad) private returns (uint256 removedWad) {
        if (leftWad >= int256(shortfallWad)) return 0;
        removedWad = leftWad > 0 ? shortfallWad - uint256(leftWad) : shortfallWad;
        _removed.rise(removedWad, limits.perHour * MICRO_WAD, Keys.LIQUIDATION_PER_HOUR_WAD);
    }

    function _markInsolvent(uint64 account, IClearingHouseTypes.Assessment memory found) private {
        _shares[account].insolventAt = uint40(block.timestamp);
        emit FoundInsolvent(account, found.worthWad, found.maintenanceWad);
    }

    function _sold(uint64 account, Terms memory terms, IClearingHouseTypes.Assessment memory found) private {
        if (_shortfall(terms, found) <= 0) _end(account, found);
        else if (!terms.sold) _terms[account].sold = true;
    }

    function _end(uint64 account, IClearingHouseTypes.Assessment memory found) private {
        delete _terms[account];
        if (_shares[account].insolventAt != 0) _shares[account].insolventAt = 0;
        if (found.phase == LiquidationPhase.Auction) HOOKS.setPhase(account, LiquidationPhase.None);
        emit AuctionEnded(account, found.equityWad, found.maintenanceWad);
    }

    function _running(uint64 account) private view returns (Terms memory terms) {
        terms = _terms[account];
        require(terms.running, NotRunning(account));
    }

    function _requireActsFor(uint64 account) private view {
        require(HOUSE.ownerOf(account) == msg.sender || HOUSE.signerUntil(account, msg.sender) >= block.timestamp, NotHolder(account, msg.sender));
    }

    /// @notice Owners can top up for a while after an outage, before anybody can liquidate them.
    function _calm() private returns (Limits memory limits) {
        limits = _currentLimits();
        uint256 endsAt = ATTESTATIONS.resumedAt() + limits.graceSeconds;
        require(block.timestamp >= endsAt, GracePeriod(endsAt, block.timestamp));
    }

    function _requireShortfall(uint64 account, Terms memory terms, IClearingHouseTypes.Assessment memory found) private pure returns (uint256) {
        int256 shortfallWad = _shortfall(terms, found);
        bool due = found.state == MarginState.Liquidatable || terms.sold;
        require(due && shortfallWad > 0, NotDue(account, found.equityWad, found.maintenanceWad));
        return uint256(shortfallWad);
    }

    /// @notice Target requirement less equity; at or below 0 the account is restored. [wad]
    function _shortfall(Terms memory terms, IClearingHouseTypes.Assessment memory found) private pure returns (int256) {
        uint256 wantedWad = terms.target == 0 ? found.initialWad : Math.mulDiv(found.maintenanceWad, terms.target, MILLION, Math.Rounding.Ceil);
        return int256(wantedWad) - found.equityWad;
    }

    /// @notice USD for a keeper for each USD of shortfall that is removed now. [1e-6]
    function _rate(Terms memory terms) private view returns (uint256) {
        uint256 elapsed = block.timestamp - terms.startedAt;
        if (elapsed < terms.fastSeconds) return terms.startRate + uint256(terms.kneeRate - terms.startRate) * elapsed / terms.fastSeconds;
        elapsed = Math.min(elapsed - terms.fastSeconds, terms.slowSeconds);
        return terms.kneeRate + uint256(terms.endRate - terms.kneeRate) * elapsed / terms.slowSeconds;
    }

    function _currentTerms(IClearingHouseTypes.Assessment memory found, Limits memory limits) private view returns (Terms memory) {
        bool calledOut = found.equityWad >= int256(found.maintenanceWad);
        return Terms({
            startedAt: uint40(block.timestamp),
            fastSeconds: limits.fastSeconds,
            slowSeconds: limits.slowSeconds,
            startRate: limits.startRate,
            kneeRate: limits.kneeRate,
            endRate: limits.endRate,
            target: calledOut ? 0 : limits.target,
            fee: limits.fee,
            running: true,
            sold: false
        });
    }

    /// @notice The governed numbers, read from RiskParameters again only when its version has moved. Rates that would fall count as level.
    function _currentLimits() private returns (Limits memory limits) {
        limits = _limits;
        uint64 version = PARAMETERS.version();
        if (limits.version == version) return limits;
        bytes32[] memory keys = new bytes32[](11);
        (keys[0], keys[1], keys[2]) = (Keys.LIQUIDATION_START_RATE_WAD, Keys.LIQUIDATION_KNEE_RATE_WAD, Keys.LIQUIDATION_END_RATE_WAD);
        (keys[3], keys[4], keys[5]) = (Keys.LIQUIDATION_TARGET_WAD, Keys.LIQUIDATION_FEE_WAD, Keys.LIQUIDATION_FAST_SECONDS);
        (keys[6], keys[7]) = (Keys.LIQUIDATION_SLOW_SECONDS, Keys.LIQUIDATION_GRACE_SECONDS);
        (keys[8], keys[9], keys[10]) = (Keys.LIQUIDATION_LEAST_WAD, Keys.LIQUIDATION_PER_HOUR_WAD, Keys.INSURANCE_PER_HOUR_WAD);
        int128[] memory values = PARAMETERS.values(keys);
        limits.version = version;
        limits.startRate = _micro24(values[0]);
        limits.kneeRate = uint24(Math.max(_micro24(values[1]), limits.startRate));
        limits.endRate = uint24(Math.max(_micro24(values[2]), limits.kneeRate));
        (limits.target, limits.fee) = (_micro24(values[3]), _micro24(values[4]));
        (limits.fastSeconds, limits.slowSeconds, limits.graceSeconds) = (_seconds(values[5]), _seconds(values[6]), _seconds(values[7]));
        (limits.least, limits.perHour, limits.insurancePerHour) = (_micro64(values[8]), _micro64(values[9]), _micro64(values[10]));
        _limits = limits;
    }

    function _micro24(int128 valueWad) private pure returns (uint24) {
        return SafeCast.toUint24(uint128(valueWad) / MICRO_WAD);
    }

    function _micro64(int128 valueWad) private pure returns (uint64) {
        return SafeCast.toUint64(uint128(valueWad) / MICRO_WAD);
    }

    function _seconds(int128 value) private pure returns (uint24) {
        return SafeCast.toUint24(uint128(value));
    }
}
