// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {IClearingHouse} from "../../src/interfaces/IClearingHouse.sol";
import {IProofConsumer as C} from "../../src/interfaces/IProofConsumer.sol";
import {ISolvencyFeed} from "../../src/interfaces/ISolvencyFeed.sol";
import {ISolvencyIndex as I, ISolvencyOracle as O} from "../../src/interfaces/ISolvencyOracle.sol";
import {SolvencyOracle} from "../../src/proofs/SolvencyOracle.sol";
import {BatchHeader, QuorumProof} from "../../src/types/Attestation.sol";
import {ProofAnchor, ProofKind} from "../../src/types/Proofs.sol";
import {ProofFixture, TestVerifier} from "../support/ProofFixture.sol";
import {PlainToken} from "../support/Tokens.sol";

/// @notice The solvency index: proven shortfall, resources that the contract reads itself, and unknown rather than stale.
contract SolvencyTest is ProofFixture {
    address private constant BACKSTOP = address(0xbac5);
    address private constant SPENDER = address(0x59e4d);
    uint128 private constant SHORTFALL = 100_000e6; // [1e-6 USD]

    BatchHeader private header;
    ProofAnchor private anchor;
    uint64 private insurance;

    function setUp() public override {
        super.setUp();
        insurance = fund(9, 250_000);
        vm.prank(GOVERNANCE);
        house.setInsuranceAccount(insurance);
        oracle.readResources();
        prepare(SOLVENCY, SHORTFALL);
    }

    function prepare(bytes32 circuitId, uint128 shortfall) private {
        header = nextBatch();
        anchor = anchorOf(header, circuitId);
        expectShortfall(shortfall);
    }

    function expectShortfall(uint128 shortfall) private {
        bytes32 word = bytes32(uint256(shortfall));
        bool settles = anchor.circuitId == SOLVENCY_SETTLE;
        expectProof(address(oracle), anchor, settles ? words(anchor.evaluations, word, SHARD_KEY) : words(anchor.evaluations, word));
    }

    function send(uint128 shortfall) private returns (uint256) {
        QuorumProof memory signatures = signAnchor(anchor);
        return oracle.publish(header, anchor, signatures, shortfall, PROOF);
    }

    function refused(uint128 shortfall, bytes memory reason) private {
        QuorumProof memory signatures = signAnchor(anchor);
        vm.expectRevert(reason);
        oracle.publish(header, anchor, signatures, shortfall, PROOF);
    }

    function indexNow() private view returns (uint256 wad) {
        bool known;
        (known, wad,) = oracle.index();
        assertTrue(known, "known");
    }

    // ---- a round ----

    function test_AnybodyPublishes() public {
        vm.expectEmit(true, true, true, true);
        emit O.Published(1, header.sequence, header.observedAt, header.accountCount, 100_000e18, 250_000e18, 2.5e18);
        assertEq(send(SHORTFALL), 1, "id");
        (bool known, uint256 id, O.Round memory round) = oracle.latest();
        assertTrue(known, "known");
        assertEq(id, 1, "id");
        assertEq(round.batchSequence, header.sequence, "batch");
        assertEq(round.observedAt, header.observedAt, "observedAt");
        assertEq(round.publishedAt, block.timestamp, "publishedAt");
        assertEq(round.accountCount, header.accountCount, "accounts");
        assertEq(round.shortfallWad, 100_000e18, "shortfall");
        assertEq(round.resourcesWad, 250_000e18, "resources");
        assertEq(round.indexWad, 2.5e18, "index");
        (bool is_, uint256 wad, uint64 observedAt) = oracle.index();
        assertTrue(is_, "known");
        assertEq(wad, 2.5e18, "index");
        assertEq(observedAt, header.observedAt, "observedAt");
    }

    function test_ShardsAreSettledWithTheKeyThatGovernancePinned() public {
        prepare(SOLVENCY_SETTLE, SHORTFALL);
        send(SHORTFALL);
        // A proof over shards of another key.
        prepare(SOLVENCY_SETTLE, SHORTFALL);
        expectProof(address(oracle), anchor, words(anchor.evaluations, bytes32(uint256(SHORTFALL)), bytes32(uint256(SHARD_KEY) + 1)));
        refused(SHORTFALL, abi.encodeWithSelector(C.ProofRefused.selector, SOLVENCY_SETTLE));
    }

    function test_TheBands() public {
        uint128[6] memory shortfalls = [uint128(125_000e6), 125_000e6 + 1, 250_000e6, 250_000e6 + 1, 0, type(uint128).max];
        I.SolvencyStatus[6] memory expected = [
            I.SolvencyStatus.Strong,
            I.SolvencyStatus.Covered,
            I.SolvencyStatus.Covered,
            I.SolvencyStatus.Short,
            I.SolvencyStatus.Strong,
            I.SolvencyStatus.Short
        ];
        assertTrue(oracle.status() == I.SolvencyStatus.Unknown, "nothing yet");
        for (uint256 i = 0; i < 6; ++i) {
            prepare(SOLVENCY, shortfalls[i]);
            send(shortfalls[i]);
            assertTrue(oracle.status() == expected[i], "band");
        }
        assertEq(indexNow(), 0, "beyond all bounds");
    }

    function test_AnIndexIsCapped() public {
        prepare(SOLVENCY, 0);
        send(0);
        assertEq(indexNow(), 1000e18, "no shortfall");
        prepare(SOLVENCY, 1);
        send(1);
        assertEq(indexNow(), 1000e18, "next to none");
        prepare(SOLVENCY, 250e6);
        send(250e6);
        assertEq(indexNow(), 1000e18, "at the cap");
        prepare(SOLVENCY, 251e6);
        send(251e6);
        assertTrue(indexNow() < 1000e18, "below it");
    }

    // ---- resources ----

    function test_TheInsuranceAccountCountsByItsCash() public {
        (uint256 insuranceWad, uint256 backstopWad) = oracle.resources();
        assertEq(insuranceWad, 250_000e18, "insurance");
        assertEq(backstopWad, 0, "no backstop");
        // One with contracts counts for nothing: its cash may be what was got for them.
        uint64 other = fund(2, 100_000);
        tradeNow(2, other, 9, insurance, listPerpetual(BTC), 1e17, 100_000e18);
        assertTrue(cashOf(insurance) > 250_000e18, "it sold");
        (insuranceWad,) = oracle.resources();
        assertEq(insuranceWad, 0, "with legs");
    }

    function test_WithoutInsuranceOrInDebtThereIsNone() public {
        // The account of a buyer, whose cash is below 0, once its leg is gone too.
        SolvencyOracle bare = new SolvencyOracle(registry, verifiers, house, IERC20Metadata(address(cash)), GOVERNANCE, 30 minutes);
        uint64 poor = fund(3, 0);
        vm.prank(GOVERNANCE);
        house.setInsuranceAccount(poor);
        (uint256 insuranceWad,) = bare.resources();
        assertEq(insuranceWad, 0, "no cash");
    }

    function test_TheBackstopCountsAsFarAsItsSpenderMayTake() public {
        vm.prank(GOVERNANCE);
        vm.expectEmit(true, true, true, true);
        emit O.BackstopSet(BACKSTOP, SPENDER);
        oracle.setBackstop(BACKSTOP, SPENDER);
        cash.mint(BACKSTOP, 70_000e6);
        (, uint256 backstopWad) = oracle.resources();
        assertEq(backstopWad, 0, "nothing allowed");
        vm.prank(BACKSTOP);
        cash.approve(SPENDER, 60_000e6);
        (, backstopWad) = oracle.resources();
        assertEq(backstopWad, 60_000e18, "what is allowed");
        vm.prank(BACKSTOP);
        cash.approve(SPENDER, type(uint256).max);
        (, backstopWad) = oracle.resources();
        assertEq(backstopWad, 70_000e18, "what is there");
        oracle.readResources();
        prepare(SOLVENCY, SHORTFALL);
        send(SHORTFALL);
        assertEq(indexNow(), 3.2e18, "both count");
        vm.prank(GOVERNANCE);
        oracle.setBackstop(address(0), address(0));
        (, backstopWad) = oracle.resources();
        assertEq(backstopWad, 0, "gone");
    }

    function test_MoneyOfOneSecondDoesNotCount() public {
        deposit(9, insurance, 1_000_000e6);
        oracle.readResources();
        send(SHORTFALL); // in the same second
        assertEq(indexNow(), 2.5e18, "as it was before");
        // From the next second on it does.
        prepare(SOLVENCY, SHORTFALL);
        send(SHORTFALL);
        assertEq(indexNow(), 12.5e18, "stayed");
        // What leaves is gone at once, whatever comes back in the second.
        vm.warp(block.timestamp + 1);
        withdraw(9, insurance, 1_250_000e6, noProof());
        oracle.readResources();
        deposit(9, insurance, 1_250_000e6);
        assertEq(oracle.readResources(), 0, "the least of a second");
    }

    function test_RevertIf_ResourcesWereNeverReadBefore() public {
        SolvencyOracle bare = new SolvencyOracle(registry, verifiers, house, IERC20Metadata(address(cash)), GOVERNANCE, 30 minutes);
        expectProof(address(bare), anchor, words(anchor.evaluations, bytes32(uint256(SHORTFALL))));
        QuorumProof memory signatures = signAnchor(anchor);
        vm.expectRevert(O.NoReadingBefore.selector);
        bare.publish(header, anchor, signatures, SHORTFALL, PROOF);
        bare.readResources();
        vm.expectRevert(O.NoReadingBefore.selector); // the same second
        bare.publish(header, anchor, signatures, SHORTFALL, PROOF);
        vm.warp(block.timestamp + 1);
        bare.publish(header, anchor, signatures, SHORTFALL, PROOF);
    }

    function test_RevertIf_OnlyOneOfBackstopAndSpenderIsNamed() public {
        vm.startPrank(GOVERNANCE);
        vm.expectRevert(C.ZeroValue.selector);
        oracle.setBackstop(BACKSTOP, address(0));
        vm.expectRevert(C.ZeroValue.selector);
        oracle.setBackstop(address(0), SPENDER);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(C.NotAuthorised.selector, address(this)));
        oracle.setBackstop(BACKSTOP, SPENDER);
    }

    // ---- what a proof must be of ----

    function test_RevertIf_TheShortfallIsAnother() public {
        refused(SHORTFALL - 1, abi.encodeWithSelector(C.ProofRefused.selector, SOLVENCY));
        verifier.set(TestVerifier.Answer.No);
        refused(SHORTFALL, abi.encodeWithSelector(C.ProofRefused.selector, SOLVENCY));
    }

    function test_RevertIf_AccountsAreMissing() public {
        anchor.accountCount -= 1;
        refused(SHORTFALL, abi.encodeWithSelector(O.AccountsMissing.selector, header.accountCount - 1, header.accountCount));
        anchor.accountCount += 2;
        refused(SHORTFALL, abi.encodeWithSelector(O.AccountsMissing.selector, header.accountCount + 1, header.accountCount));
    }

    function test_RevertIf_TheCircuitProvesSomethingElse() public {
        anchor.circuitId = MARGIN_BATCH;
        refused(SHORTFALL, abi.encodeWithSelector(C.WrongKind.selector, MARGIN_BATCH, ProofKind.MarginBatch));
        anchor.circuitId = ACCOUNT_MARGIN;
        refused(SHORTFALL, abi.encodeWithSelector(C.WrongKind.selector, ACCOUNT_MARGIN, ProofKind.AccountMargin));
    }

    function test_RevertIf_AProofIsOfAnotherContractChainOrArray() public {
        bytes memory no = abi.encodeWithSelector(C.ProofRefused.selector, SOLVENCY);
        // For the other contract with proofs.
        expectProof(address(proofs), anchor, words(anchor.evaluations, bytes32(uint256(SHORTFALL))));
        refused(SHORTFALL, no);
        expectShortfall(SHORTFALL);
        vm.chainId(1337);
        refused(SHORTFALL, no);
        vm.chainId(31_337);
        anchor.arrayRoot = bytes32(uint256(1));
        refused(SHORTFALL, no);
        anchor = anchorOf(header, SOLVENCY);
        anchor.evaluations = bytes32(uint256(1));
        refused(SHORTFALL, no);
        anchor = anchorOf(header, SOLVENCY);
        send(SHORTFALL);
    }

    function test_RevertIf_TheBatchIsNotNewer() public {
        BatchHeader memory older = header;
        prepare(SOLVENCY, SHORTFALL);
        send(SHORTFALL);
        refused(SHORTFALL, abi.encodeWithSelector(O.NotNewer.selector, header.sequence, header.sequence));
        uint64 last = header.sequence;
        header = older;
        anchor = anchorOf(header, SOLVENCY);
        expectShortfall(SHORTFALL);
        refused(SHORTFALL, abi.encodeWithSelector(O.NotNewer.selector, older.sequence, last));
    }

    function test_RevertIf_TheBatchIsFrozenOrTooOld() public {
        uint256 state = vm.snapshotState();
        vm.warp(header.observedAt + 30 minutes + 1);
        refused(SHORTFALL, abi.encodeWithSelector(C.BatchTooOld.selector, header.observedAt, block.timestamp, 30 minutes));
        vm.revertToState(state);
        freeze(header.sequence);
        refused(SHORTFALL, abi.encodeWithSelector(IAttestationRegistry.BatchIsFrozen.selector, header.sequence));
    }

    // ---- unknown ----

    function requireUnknown() private {
        (bool known, uint256 wad, uint64 observedAt) = oracle.index();
        assertTrue(!known, "unknown");
        assertEq(wad + observedAt, 0, "no number");
        (bool is_, uint256 id, O.Round memory round) = oracle.latest();
        assertTrue(!is_, "unknown");
        assertEq(id + round.indexWad + round.shortfallWad + round.resourcesWad + round.observedAt, 0, "no number");
        assertTrue(oracle.status() == I.SolvencyStatus.Unknown, "status");
        vm.expectRevert(I.SolvencyUnknown.selector);
        oracle.requireSolvent(0);
        vm.expectRevert(I.SolvencyUnknown.selector);
        feed.latestRoundData();
    }

    function test_BeforeTheFirstRoundTheIndexIsUnknown() public {
        requireUnknown();
    }

    function test_AnOldIndexIsUnknown() public {
        send(SHORTFALL);
        vm.warp(header.observedAt + 30 minutes);
        assertEq(indexNow(), 2.5e18, "still");
        vm.warp(header.observedAt + 30 minutes + 1);
        requireUnknown();
        vm.prank(GOVERNANCE);
        oracle.setMaxAge(1 hours);
        assertEq(indexNow(), 2.5e18, "by another bound");
    }

    function test_AnIndexOfAFrozenBatchIsUnknown() public {
        send(SHORTFALL);
        freeze(header.sequence);
        requireUnknown();
    }

    function test_AnIndexOfADistrustedSetIsUnknown() public {
        send(SHORTFALL);
        distrust(1);
        requireUnknown();
    }

    function test_AnIndexOfABatchThatIsNotStoredAnyMoreIsUnknown() public {
        send(SHORTFALL);
        vm.warp(block.timestamp + 11 minutes);
        BatchHeader memory far = nextHeader();
        far.sequence = header.sequence + 256;
        submit(far, pricesE8);
        requireUnknown();
    }

    function test_OthersAskForALeastIndex() public {
        send(SHORTFALL);
        oracle.requireSolvent(2.5e18);
        vm.expectRevert(abi.encodeWithSelector(I.IndexTooLow.selector, 2.5e18, 2.5e18 + 1));
        oracle.requireSolvent(2.5e18 + 1);
    }

    function test_TheMaxAgeHasBounds() public {
        vm.startPrank(GOVERNANCE);
        vm.expectRevert(abi.encodeWithSelector(C.InvalidAge.selector, 5 minutes - 1, 5 minutes, 6 hours));
        oracle.setMaxAge(5 minutes - 1);
        vm.expectRevert(abi.encodeWithSelector(C.InvalidAge.selector, 6 hours + 1, 5 minutes, 6 hours));
        oracle.setMaxAge(6 hours + 1);
        vm.expectEmit(true, true, true, true);
        emit O.MaxAgeSet(30 minutes, 6 hours);
        oracle.setMaxAge(6 hours);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(C.NotAuthorised.selector, address(this)));
        oracle.setMaxAge(30 minutes);
    }

    // ---- history and feed ----

    function test_TheRingKeeps256Rounds() public {
        for (uint256 i = 1; i <= 258; ++i) {
            vm.warp(block.timestamp + 3); // places of the registry's ring are kept for ten minutes
            prepare(SOLVENCY, uint128(i * 1000e6));
            assertEq(send(uint128(i * 1000e6)), i, "id");
        }
        assertEq(oracle.count(), 258, "count");
        (bool kept,) = oracle.at(2);
        assertTrue(!kept, "gone");
        (kept,) = oracle.at(0);
        assertTrue(!kept, "none");
        (kept,) = oracle.at(259);
        assertTrue(!kept, "not yet");
        for (uint256 id = 3; id <= 258; ++id) {
            O.Round memory round;
            (kept, round) = oracle.at(id);
            assertTrue(kept, "kept");
            assertEq(round.shortfallWad, id * 1000e18, "its own");
        }
    }

    function test_TheFeedShowsTheSame() public {
        send(SHORTFALL);
        (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredIn) = feed.latestRoundData();
        assertEq(id, 1, "id");
        assertEq(answer, 2.5e18, "answer");
        assertEq(startedAt, header.observedAt, "startedAt");
        assertEq(updatedAt, header.observedAt, "updatedAt");
        assertEq(answeredIn, 1, "answeredInRound");
        assertEq(feed.decimals(), 18, "decimals");
        assertEq(feed.version(), 1, "version");
        prepare(SOLVENCY, 2 * SHORTFALL);
        send(2 * SHORTFALL);
        (, answer,,,) = feed.latestRoundData();
        assertEq(answer, 1.25e18, "the newer one");
        vm.warp(block.timestamp + 1 days);
        (id, answer,,,) = feed.getRoundData(1);
        assertEq(id, 1, "id");
        assertEq(answer, 2.5e18, "the older one, as it was");
        vm.expectRevert(abi.encodeWithSelector(ISolvencyFeed.NoData.selector, 3));
        feed.getRoundData(3);
        vm.expectRevert(abi.encodeWithSelector(ISolvencyFeed.NoData.selector, 0));
        feed.getRoundData(0);
    }

    function test_RevertIf_TheConstructionMakesNoSense() public {
        vm.expectRevert(C.ZeroValue.selector);
        new SolvencyOracle(registry, verifiers, IClearingHouse(address(0)), IERC20Metadata(address(cash)), GOVERNANCE, 30 minutes);
        PlainToken odd = new PlainToken(31);
        vm.expectRevert(C.ZeroValue.selector);
        new SolvencyOracle(registry, verifiers, house, IERC20Metadata(address(odd)), GOVERNANCE, 30 minutes);
        vm.expectRevert(abi.encodeWithSelector(C.InvalidAge.selector, 0, 5 minutes, 6 hours));
        new SolvencyOracle(registry, verifiers, house, IERC20Metadata(address(cash)), GOVERNANCE, 0);
    }
}
