// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {BatchHeader, QuorumProof} from "../../src/types/Attestation.sol";
import {ChallengeFixture} from "../support/ChallengeFixture.sol";
import {HandlerTarget} from "../support/HandlerTarget.sol";

/// @notice What a run of the registry, the bonds and the challenges can do, with its own record of what must be true.
contract AttestationHandler is ChallengeFixture {
    mapping(uint64 setId => KeySet) private keysOf;
    uint64 public sets = 1;
    uint64 public lastSequence;
    uint64 public lastObservedAt;
    uint256 public tried; // batches
    uint256 public accepted;
    uint256 public wronglyAccepted; // batches that had to be refused
    uint64[16] private prices;
    uint256 public totalMaintenanceWad;
    uint256 public movedTooFar; // prices or totals beyond their bounds
    mapping(uint64 setId => mapping(uint64 sequence => bytes32)) private valueOf;
    uint256 public twoValues;
    uint64 public distrustedUpTo;
    uint256 public bondDeposits;
    uint256 public bondPaid; // withdrawn or collected

    constructor() {
        setUp();
        keysOf[1] = first;
        bondDeposits = 7 * BOND;
        registry.prepareRing(0, 256);
    }

    function balances() external view returns (uint256 held, uint256 owed) {
        held = token.balanceOf(address(bond));
        owed = bond.collectable(CHALLENGER) + bond.collectable(INSURANCE);
        for (uint64 id = 1; id <= sets; ++id) {
            address[] storage members = keysOf[id].members;
            for (uint256 i = 0; i < members.length; ++i) {
                owed += bond.bondOf(members[i]);
            }
        }
    }

    function registryState() external view returns (uint64 sequence, uint64 observedAt, uint256 state, bool stale, uint64 setId, bool frozen) {
        bytes32 hash_;
        uint64 validUntil;
        (hash_, sequence, observedAt, validUntil, frozen) = registry.current();
        (,, setId,) = registry.stored(sequence);
        return (sequence, observedAt, uint256(registry.operatingState()), block.timestamp > validUntil, setId, frozen);
    }

    function setHashesAreWhole() external view returns (bool) {
        for (uint64 id = 1; id <= sets; ++id) {
            if (registry.setHash(id) != keccak256(abi.encode(id, keysOf[id].members)) || keysOf[id].members.length < 4) return false;
        }
        return true;
    }

    function pricesAreThoseAccepted() external view returns (bool) {
        (uint64[16] memory now_,) = registry.prices();
        for (uint256 i = 0; i < 16; ++i) {
            if (now_[i] != prices[i]) return false;
        }
        return true;
    }

    // ---- actions ----

    /// @notice A batch that is mostly right: now and then too few sign, or a price or the total leaps.
    function batch(uint256 seed) external {
        seed = uint256(keccak256(abi.encode(seed)));
        vm.warp(block.timestamp + 1 + (seed % 8));
        vm.roll(block.number + 1);
        (uint64 current, uint64 previous,,) = registry.attesterSets();
        uint64 setId = previous != 0 && (seed >> 8) % 4 == 0 ? previous : current;
        BatchHeader memory header;
        uint64[] memory next = new uint64[](2);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 from = prices[i] == 0 ? 50_000e8 : prices[i];
            uint256 move = (seed >> (16 + 16 * i)) % 2001;
            next[i] = uint64((from * ((seed >> 60) % 16 == 0 ? 10 * move + 1 : 9900 + move / 10)) / 10_000);
        }
        header = headerAt(lastSequence + 1 + uint64((seed >> 64) % 3), next);
        header.setId = setId;
        header.accountsRoot = keccak256(abi.encode(seed));
        header.totalMaintenanceWad = uint128(totalMaintenanceWad == 0 ? 1e24 : (totalMaintenanceWad * (60 + (seed >> 72) % 50) / 100) / 1e12 * 1e12);
        if ((seed >> 80) % 16 == 0) header.totalMaintenanceWad = uint128(header.totalMaintenanceWad / 3 / 1e12 * 1e12);
        uint256 size = keysOf[setId].members.length;
        uint256 quorum = 2 * (size / 3) + 1 - ((seed >> 88) % 16 == 0 ? 1 : 0);
        QuorumProof memory proof = proofOf(keysOf[setId], batchDigest(header), (1 << quorum) - 1);
        ++tried;
        try registry.submitBatch(header, next, proof) {
            _record(header, next, quorum < 2 * (size / 3) + 1);
        } catch {}
    }

    function _record(BatchHeader memory header, uint64[] memory next, bool tooFew) private {
        ++accepted;
        if (tooFew || header.sequence <= lastSequence || header.observedAt <= lastObservedAt) ++wronglyAccepted;
        if (totalMaintenanceWad != 0 && uint256(header.totalMaintenanceWad) * 2 < totalMaintenanceWad) ++movedTooFar;
        for (uint256 i = 0; i < 2; ++i) {
            if (prices[i] != 0 && (uint256(next[i]) * 10 > uint256(prices[i]) * 11 || uint256(next[i]) * 10 < uint256(prices[i]) * 9)) ++movedTooFar;
            prices[i] = next[i];
        }
        bytes32 hash_ = hashes.hash(header);
        if (valueOf[header.setId][header.sequence] != 0 && valueOf[header.setId][header.sequence] != hash_) ++twoValues;
        valueOf[header.setId][header.sequence] = hash_;
        (lastSequence, lastObservedAt, totalMaintenanceWad) = (header.sequence, header.observedAt, header.totalMaintenanceWad);
    }

    function rotate(uint256 size) external {
        (,, uint64 pending,) = registry.attesterSets();
        if (pending != 0) {
            guardianSwitch.cancelSet(registry);
            return;
        }
        if (sets == 6) return;
        KeySet memory set = keySet(4 + 3 * (size % 3), 100 + sets);
        vm.prank(GOVERNANCE);
        registry.announceSet(set.members);
        keysOf[++sets] = set;
    }

    function wait_(uint256 seconds_) external {
        vm.warp(block.timestamp + bound(seconds_, 1, 2 days));
    }

    function deposit(uint256 seed, uint256 amount) external {
        amount = bound(amount, 1, BOND);
        fund(_anyMember(seed), amount);
        bondDeposits += amount;
    }

    function requestWithdrawal(uint256 seed, uint256 amount) external {
        address member = _anyMember(seed);
        uint256 bonded = bond.bondOf(member);
        uint256 kept = registry.isAttesting(member) ? bond.leastBond() : 0;
        if (bonded <= kept) return;
        vm.prank(member);
        bond.requestWithdrawal(bound(amount, 1, bonded - kept));
    }

    function withdraw(uint256 seed) external {
        address member = _anyMember(seed);
        (uint256 amount, uint256 availableAt) = bond.requested(member);
        if (amount == 0) return;
        if (block.timestamp < availableAt) vm.warp(availableAt);
        if (registry.isAttesting(member) && bond.bondOf(member) < amount + bond.leastBond()) return;
        vm.prank(member);
        bondPaid += bond.withdraw(address(0xFEED));
    }

    function collect(uint256 which) external {
        address payee = which % 2 == 0 ? CHALLENGER : INSURANCE;
        if (bond.collectable(payee) == 0) return;
        bondPaid += bond.collect(payee);
    }

    /// @notice Some sign two headers of one sequence of the current set.
    function equivocate(uint256 seed, uint256 firstSigners, uint256 secondSigners) external {
        (uint64 setId,,,) = registry.attesterSets();
        uint256 all = (1 << keysOf[setId].members.length) - 1;
        BatchHeader memory a = headerAt(uint64(seed % 50) + lastSequence, eightPrices());
        a.setId = setId;
        BatchHeader memory b = headerAt(a.sequence, eightPrices());
        b.setId = setId;
        (a.accountsRoot, b.accountsRoot) = (keccak256(abi.encode(seed, 1)), keccak256(abi.encode(seed, 2)));
        firstSigners = firstSigners & all == 0 ? 1 : firstSigners & all;
        secondSigners = secondSigners & all == 0 ? firstSigners : secondSigners & all;
        QuorumProof memory proofA = proofOf(keysOf[setId], batchDigest(a), firstSigners);
        QuorumProof memory proofB = proofOf(keysOf[setId], batchDigest(b), secondSigners);
        uint256 fresh = firstSigners & secondSigners & ~challenge.punished(keccak256(abi.encode(setId, a.sequence)));
        if (fresh == 0) return;
        uint256[] memory before = _bonds(setId);
        vm.prank(CHALLENGER);
        challenge.proveEquivocation(a, proofA, b, proofB);
        uint256 liars = 0;
        for (uint256 i = 0; i < before.length; ++i) {
            uint256 now_ = bond.bondOf(keysOf[setId].members[i]);
            bool lied = (fresh >> i) & 1 == 1;
            liars += ((firstSigners & secondSigners) >> i) & 1;
            assertEq(now_, lied ? before[i] / 2 : before[i], "bond after");
        }
        if (liars > before.length / 3) distrustedUpTo = setId;
    }

    function _bonds(uint64 setId) private view returns (uint256[] memory list) {
        list = new uint256[](keysOf[setId].members.length);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = bond.bondOf(keysOf[setId].members[i]);
        }
    }

    function _anyMember(uint256 seed) private view returns (address) {
        uint64 id = uint64(1 + (seed >> 16) % sets);
        return keysOf[id].members[(seed >> 32) % keysOf[id].members.length];
    }
}

/// @notice Stateful: whatever the order of batches, rotations, bonds and proofs.
contract AttestationInvariantsTest is ChallengeFixture, HandlerTarget {
    AttestationHandler private handler;

    function setUp() public override {
        vm.warp(NOW);
        vm.roll(1000);
        handler = new AttestationHandler();
    }

    function handlerAddress() internal view override returns (address) {
        return address(handler);
    }

    function targetSelectors() external view returns (Selectors[] memory list) {
        list = new Selectors[](1);
        list[0].addr = address(handler);
        list[0].selectors = new bytes4[](12);
        for (uint256 i = 0; i < 5; ++i) {
            list[0].selectors[i] = AttestationHandler.batch.selector; // most of the time
        }
        list[0].selectors[5] = AttestationHandler.rotate.selector;
        list[0].selectors[6] = AttestationHandler.wait_.selector;
        list[0].selectors[7] = AttestationHandler.deposit.selector;
        list[0].selectors[8] = AttestationHandler.requestWithdrawal.selector;
        list[0].selectors[9] = AttestationHandler.withdraw.selector;
        list[0].selectors[10] = AttestationHandler.collect.selector;
        list[0].selectors[11] = AttestationHandler.equivocate.selector;
    }

    function invariant_ATT01_ATT02_ATT09_OnlyQuorumsInRisingOrderWithinBounds() public view {
        assertEq(handler.wronglyAccepted(), 0, "accepted what had to be refused");
        assertEq(handler.twoValues(), 0, "two values for one sequence");
        (uint64 sequence, uint64 observedAt, uint256 state, bool stale, uint64 setId, bool frozen) = handler.registryState();
        assertEq(sequence, handler.lastSequence(), "sequence");
        assertEq(observedAt, handler.lastObservedAt(), "observedAt");
        assertEq(handler.movedTooFar(), 0, "moved too far");
        assertTrue(handler.pricesAreThoseAccepted(), "prices");
        bool reduced = sequence == 0 || stale || frozen || setId <= handler.distrustedUpTo();
        assertEq(
            state,
            uint256(reduced ? IAttestationRegistry.OperatingState.ReduceOnly : IAttestationRegistry.OperatingState.Normal),
            "state"
        );
    }

    function invariant_CON01_T18_BondsAddUpAndSetsAreNeverRewritten() public view {
        (uint256 held, uint256 owed) = handler.balances();
        assertEq(held, owed, "tokens held");
        assertEq(held + handler.bondPaid(), handler.bondDeposits(), "tokens in and out");
        assertTrue(handler.setHashesAreWhole(), "sets");
    }

    /// @notice The run was no empty one.
    function afterInvariant() public view {
        assertTrue(handler.tried() < 12 || handler.accepted() * 2 > handler.tried(), "most batches are good ones");
    }
}
