// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IAttestationRegistry} from "../../src/interfaces/IAttestationRegistry.sol";
import {IClearingHouseCore, IClearingHouseServices, IClearingHouseTypes as T, ILiquidationHooks} from "../../src/interfaces/IClearingHouse.sol";
import {MerkleTree} from "../../src/libraries/MerkleTree.sol";
import {AccountClearance, BatchHeader, Clearance, FundingIndex, MarginLeaf, QuorumProof, SettlementPrice, StressRow} from "../../src/types/Attestation.sol";
import {InstrumentKind, InstrumentTerms, LiquidationPhase, MarginState, Match, Order} from "../../src/types/Trading.sol";
import {Deploy} from "../../script/Deploy.sol";
import {FeeToken, PlainToken} from "../support/Tokens.sol";
import {HouseLedger} from "./HouseLedger.sol";

/// @notice What owners, attesters, the liquidation engine, the guardian and strangers do to the deployed house, aimed at what is valid; what must be refused is tried on purpose.
/// @dev Margins are those of `requirementOf`, a plain rule of this handler; now and then the quorum signs one that is far too low, so that only the chain's own bounds stand.
contract HouseHandler is HouseLedger {
    struct Limb {
        uint256 place; // of the instrument
        uint64 buyer;
        uint64 seller;
        uint256 quantityWad;
    }

    struct Leaving {
        uint256 amount;
        int256 askedWad; // initial margin less the value of the contracts
        bool allowed;
        bool tooMuch;
    }

    struct Ask {
        uint256 initialWad;
        int256 markValueWad;
    }

    uint256 public constant OWNERS = 6; // accounts 1 to 6
    uint256 private constant QUORUM = 7; // three of the four attesters: signatures are most of a run's time
    uint256 private constant MOST_INSTRUMENTS = 20;
    uint256 private constant COINS = 2;
    uint256 private constant LEAF_SECONDS = 300;
    uint256 private constant CLOSE_WINDOW = 6 hours;
    uint256 private constant RAMP = 7 days;
    uint256 private constant HAIRCUT_WAD = 0.2e18;
    uint256 private constant DECAY = 1e14;

    /// @dev A second writing.
    bytes32 private constant COIN_WITHDRAWAL_TYPE = keccak256("CoinWithdrawal(uint64 account,uint8 coin,uint256 amount,address to)");

    bytes32 internal constant HEALTH = "CON-02";
    bytes32 internal constant NO_EXEMPTION = "CON-03";
    bytes32 internal constant EXIT = "CON-05";
    bytes32 internal constant SOURCE = "CON-07";
    bytes32 internal constant STALE = "CON-08";
    bytes32 internal constant ONCE = "CON-09";
    bytes32 internal constant GUARDIAN = "GOV-05";
    bytes32 internal constant SURPRISE = "a refusal with no reason";
    bytes32 internal constant LENIENT = "accepted what must be refused";

    uint256 private immutable salt;

    // What the house was asked, beyond `calls`.
    uint256 public deliberate; // calls that had to be refused
    uint256 public byRule; // refusals of what might have been accepted, by a margin rule or an hourly limit
    uint256 public trades;
    uint256 public withdrawals;
    uint256 public closes;
    uint256 public settlements;
    uint256 public liquidations;
    uint256 public exits;

    uint256[2] public tokensIn; // of the coins, as they arrived
    uint256[2] public tokensOut;
    uint256 public cashIn;
    uint256 public cashOut;
    address[2] private coinTokens;
    address[OWNERS + 1] private owners;

    bytes32[] public listed;
    InstrumentTerms[] private terms;
    uint64[2] public lastPrices;
    mapping(uint8 priceId => mapping(uint64 expiry => uint64)) public settledAt; // [1e-8 USD]
    mapping(bytes32 instrument => int256) private fundingIndex;
    mapping(bytes32 instrument => uint64) private fundingSequence;
    mapping(bytes32 instrument => uint64) private fundedAt;
    mapping(uint64 account => mapping(bytes32 instrument => int256)) private paidIndex;
    mapping(uint64 account => mapping(uint8 priceId => bool)) private isStale; // the ladder stands at earlier nodes

    BatchHeader private header;
    MarginLeaf[] private leaves;
    StressRow[] private rows; // of the batch in force, where it has any
    bytes32[] private leafHashes;
    bytes32[] private empties; // an empty tree of each height
    bytes private lastTrade; // call data

    IAttestationRegistry.OperatingState public pausedTo;
    uint256 public pausedUntil;
    uint256[] private pauseStarts;
    uint256[] private pauseEnds;

    /// @param salt_ makes the runs of two campaigns differ where forge gives both the same seeds
    constructor(uint256 salt_) {
        salt = salt_;
        coinTokens = [address(new PlainToken(18)), address(new FeeToken())];
        for (uint64 account = 1; account <= OWNERS; ++account) {
            owners[account] = vm.addr(_key(account));
        }
        empties.push(MerkleTree.EMPTY);
        for (uint256 i = 1; i < MerkleTree.ACCOUNT_DEPTH; ++i) {
            empties.push(nodeOf(empties[i - 1], empties[i - 1]));
        }
        leafHashes = new bytes32[](OWNERS);
        setUp();
        attestations.prepareRing(0, 256);
        skipTime(1 hours);
        for (uint64 account = 3; account <= OWNERS; ++account) {
            opened(ownerAt(account), 200_000e6);
        }
        cashIn = 2 * 400_000e6 + 4 * 200_000e6;
        for (uint64 account = 1; account <= OWNERS; ++account) {
            (int128 cashWad,,,,,) = house.summary(account);
            entryOf[account].cashWad = cashWad;
            vm.prank(ownerAt(account));
            house.approveSigner(account, address(this), uint64(block.timestamp + 365 days));
            for (uint8 coin = 0; coin < COINS; ++coin) {
                vm.prank(ownerAt(account));
                PlainToken(coinTokens[coin]).approve(address(house), type(uint256).max);
            }
        }
        vm.startPrank(address(timelock));
        house.setLiquidationEngine(address(this));
        house.setInsuranceAccount(1);
        vm.stopPrank();
        lastPrices = [uint64(90_000e8), 3000e8];
        _list(InstrumentKind.Perpetual, 0, 0);
        _list(InstrumentKind.Perpetual, 1, 0);
        for (uint256 i = 0; i < 6; ++i) {
            _listAny(uint256(keccak256(abi.encode("listed", i))));
        }
        _batch(1);
    }

    function attesterCount() internal pure override returns (uint256) {
        return 4;
    }

    function configuration() internal view override returns (Deploy.Config memory c) {
        c = super.configuration();
        c.coins = new Deploy.Coin[](2);
        c.coins[0] = Deploy.Coin(coinTokens[0], 1, int128(int256(HAIRCUT_WAD)), 10_000e18, int128(int256(RAMP)));
        c.coins[1] = Deploy.Coin(coinTokens[1], 0, int128(int256(HAIRCUT_WAD)), 10_000e18, int128(int256(RAMP)));
    }

    // ---- time, prices, batches ----

    function step(uint256 seed) external {
        seed = _mixed(seed);
        uint256 kind = seed % 16;
        uint256 seconds_ = kind < 11 ? 1 + (seed >> 8) % 240 : kind < 15 ? 600 + (seed >> 8) % 7200 : (seed >> 8) % 2 days;
        skipTime(seconds_);
    }

    /// @notice A new batch at moved prices.
    function batch(uint256 seed) external {
        seed = _mixed(seed);
        skipTime(12 + seed % 48);
        for (uint256 i = 0; i < 2; ++i) {
            uint256 least = i == 0 ? 65_000e8 : 2100e8;
            uint256 move = 9_750 + (seed >> (16 + 16 * i)) % 501; // 2.5 % to either side
            uint256 price = uint256(lastPrices[i]) * move / 10_000;
            if (price < least || price > 2 * least) price = lastPrices[i];
            lastPrices[i] = uint64(price);
        }
        _batch(seed >> 64);
    }

    /// @dev Leaves of all accounts as they stand now; in a batch of eight the quorum lies about margins.
    function _batch(uint256 seed) private {
        bool lies = seed % 8 == 0;
        delete leaves;
        for (uint64 account = 1; account <= OWNERS; ++account) {
            Ask memory ask = lies ? Ask(0, 1e24) : requirementOf(account);
            Entry storage entry = entryOf[account];
            leaves.push(
                MarginLeaf(
                    account, entry.sequence, entry.positionsHash, uint128(ask.initialWad), uint128(ask.initialWad * 3 / 4), int128(ask.markValueWad), uint128(DECAY)
                )
            );
        }
        _submit(bytes32(0));
    }

    /// @param stressRoot of the rows; 0: a batch whose rows nobody opens
    function _submit(bytes32 stressRoot) private {
        uint64[] memory prices = new uint64[](2);
        (prices[0], prices[1]) = (lastPrices[0], lastPrices[1]);
        BatchHeader memory h = nextHeader(prices);
        for (uint256 i = 0; i < OWNERS; ++i) {
            leafHashes[i] = MerkleTree.leafHash(hashes.hash(leaves[i]));
        }
        h.accountCount = uint32(OWNERS);
        (h.accountsRoot,) = _tree(leafHashes, 0, MerkleTree.ACCOUNT_DEPTH);
        if (stressRoot != 0) (h.stressRoot, h.rowCount) = (stressRoot, uint32(rows.length));
        else delete rows;
        header = h;
        submit(h, prices);
    }

    /// @notice A batch whose rows are those of all instruments.
    function _batchWithRows() private {
        if (block.timestamp <= header.observedAt) skipTime(1);
        delete rows;
        for (uint256 i = 0; i < listed.length; ++i) {
            rows.push(StressRow(listed[i], int256(markOf(i)), -1, keccak256("entries")));
        }
        (bytes32 root,) = _tree(_rowHashes(), 0, MerkleTree.ROW_DEPTH);
        _submit(root);
    }

    /// @notice Makes what needs a fresh batch possible, unless the guardian holds it up.
    function _freshen() private {
        if (block.timestamp <= header.observedAt) skipTime(1);
        _batch(1);
    }

    function _leafProof(uint64 account) private view returns (T.LeafProof memory proof) {
        (, bytes32[] memory path) = _tree(leafHashes, account - 1, MerkleTree.ACCOUNT_DEPTH);
        return T.LeafProof(header, leaves[account - 1], account - 1, path);
    }

    function _rowProof(uint256 place) private view returns (T.RowProof memory proof) {
        (, bytes32[] memory path) = _tree(_rowHashes(), place, MerkleTree.ROW_DEPTH);
        return T.RowProof(header, rows[place], place, path);
    }

    function _rowHashes() private view returns (bytes32[] memory hashed) {
        hashed = new bytes32[](rows.length);
        for (uint256 i = 0; i < rows.length; ++i) {
            hashed[i] = MerkleTree.leafHash(hashes.hash(rows[i]));
        }
    }

    function _tree(bytes32[] memory level, uint256 index, uint256 depth) private view returns (bytes32 root, bytes32[] memory path) {
        path = new bytes32[](depth);
        for (uint256 i = 0; i < depth; ++i) {
            bytes32 empty = empties[i];
            uint256 sibling = (index >> i) ^ 1;
            path[i] = sibling < level.length ? level[sibling] : empty;
            bytes32[] memory next = new bytes32[]((level.length + 1) / 2);
            for (uint256 j = 0; j < next.length; ++j) {
                next[j] = MerkleTree.nodeHash(level[2 * j], 2 * j + 1 < level.length ? level[2 * j + 1] : empty);
            }
            level = next;
        }
        root = level[0];
    }

    // ---- the plain rules of this world ----

    function ownerAt(uint64 account) internal view returns (address) {
        return owners[account];
    }

    function _key(uint64 account) private pure returns (uint256) {
        return account == 1 ? ALICE_KEY : account == 2 ? BOB_KEY : 0xace0 + account;
    }

    function _mixed(uint256 seed) private view returns (uint256) {
        return uint256(keccak256(abi.encode(salt, seed)));
    }

    function _account(uint256 seed) private pure returns (uint64) {
        return uint64(1 + seed % OWNERS);
    }

    function instrumentCount() external view returns (uint256) {
        return listed.length;
    }

    function termsAt(uint256 place) public view returns (InstrumentTerms memory) {
        return terms[place];
    }

    function expired(uint256 place) public view returns (bool) {
        return terms[place].kind != InstrumentKind.Perpetual && terms[place].expiry <= block.timestamp;
    }

    /// @notice What one unit pays at a price. [wad]
    function payoffWad(uint256 place, uint64 priceE8) public view returns (uint256) {
        uint256 price = uint256(priceE8) * 1e10;
        InstrumentTerms memory t = terms[place];
        if (t.kind == InstrumentKind.Call) return price > t.strikeWad ? price - t.strikeWad : 0;
        if (t.kind == InstrumentKind.Put) return price < t.strikeWad ? t.strikeWad - price : 0;
        return price;
    }

    /// @notice Mark of one unit: the payoff, and 2 % of the price as time value. [wad]
    function markOf(uint256 place) public view returns (uint256) {
        InstrumentTerms memory t = terms[place];
        uint64 price = settledAt[t.priceId][t.expiry];
        if (price == 0) price = lastPrices[t.priceId];
        bool option = t.kind == InstrumentKind.Call || t.kind == InstrumentKind.Put;
        return payoffWad(place, price) + (option && !expired(place) ? uint256(price) * 1e10 / 50 : 0);
    }

    /// @notice Honest attesters' margin of an account as the ledger has it: 12 % of gross notional. [wad]
    function requirementOf(uint64 account) public view returns (Ask memory ask) {
        for (uint256 i = 0; i < listed.length; ++i) {
            int256 quantity = quantityOf[account][listed[i]];
            if (quantity == 0) continue;
            ask.initialWad += uint256(quantity < 0 ? -quantity : quantity) * lastPrices[terms[i].priceId] / 1e8 * 12 / 100;
            ask.markValueWad += quantity * int256(markOf(i)) / 1e18;
        }
    }

    /// @notice Cash and counted coins of an account, by the ledger. [wad, rounded as the house does]
    function collateralOf(uint64 account) public view returns (int256 wad) {
        wad = entryOf[account].cashWad;
        uint256 age = block.timestamp - (MONDAY);
        for (uint8 coin = 0; coin < COINS; ++coin) {
            uint256 unit = coin == 0 ? 1e18 : 1e6;
            uint256 worth = coinsOf[account][coin] * lastPrices[coin == 0 ? 1 : 0] * 1e10 / unit;
            worth = worth * (1e18 - HAIRCUT_WAD) / 1e18;
            if (age < RAMP) worth = worth * age / RAMP;
            wad += int256(worth);
        }
    }

    function state() public view returns (IAttestationRegistry.OperatingState) {
        IAttestationRegistry.OperatingState paused = block.timestamp < pausedUntil ? pausedTo : IAttestationRegistry.OperatingState.Normal;
        if (paused != IAttestationRegistry.OperatingState.Normal) return paused;
        return block.timestamp > header.validUntil ? IAttestationRegistry.OperatingState.ReduceOnly : paused;
    }

    function _halted() private view returns (bool) {
        return state() == IAttestationRegistry.OperatingState.Halt;
    }

    function _normal() private view returns (bool) {
        return state() == IAttestationRegistry.OperatingState.Normal;
    }

    // ---- counting refusals ----

    /// @notice Books the end of a call that might be accepted: a refusal must be for a reason of margin or of an hourly limit.
    function _mayBeRefused(bool done, bytes4 reason, string memory what) private {
        if (done) return;
        ++byRule;
        bool rule = reason == T.BelowInitial.selector || reason == T.BelowIntrinsicStress.selector || reason == T.CapExceeded.selector;
        expect(SURPRISE, rule, string.concat(what, " refused: ", vm.toString(uint256(uint32(reason)))));
    }

    function _mustBeRefused(bytes32 rule, bool done, string memory what) private {
        ++deliberate;
        expect(rule, !done, what);
        expect(LENIENT, !done, what);
    }

    function _mustBeDone(bytes32 rule, bool done, bytes4 reason, string memory what) private {
        if (!done) ++byRule;
        expect(rule, done, string.concat(what, " refused: ", vm.toString(uint256(uint32(reason)))));
    }

    // ---- money in and out ----

    function deposit(uint256 seed) external {
        seed = _mixed(seed);
        _deposit(_account(seed), 1 + (seed >> 16) % 15_000e6);
    }

    function _deposit(uint64 account, uint256 amount) private {
        address owner = ownerAt(account);
        cash.mint(owner, amount);
        (bool done, bytes4 reason) = act(owner, abi.encodeCall(IClearingHouseServices.depositCash, (account, amount)), 1 << account);
        if (done) cashIn += amount;
        _mayBeRefused(done, reason, "deposit");
    }

    function depositCoin(uint256 seed) external {
        seed = _mixed(seed);
        uint64 account = _account(seed);
        uint8 coin = uint8((seed >> 8) % COINS);
        uint256 amount = 1 + (seed >> 16) % (coin == 0 ? 3e18 : 0.1e6);
        address owner = ownerAt(account);
        PlainToken token_ = PlainToken(coinTokens[coin]);
        token_.mint(owner, amount);
        uint256 before = token_.balanceOf(address(house));
        (bool done, bytes4 reason) = act(owner, abi.encodeCall(IClearingHouseServices.depositCoin, (account, coin, amount)), 1 << account);
        tokensIn[coin] += token_.balanceOf(address(house)) - before;
        if (!done && amount < 100) return; // dust of which the token's fee leaves nothing
        _mayBeRefused(done, reason, "deposit of coins");
    }

    /// @notice Some, just all that is free, or one unit more than that.
    function withdraw(uint256 seed) external {
        seed = _mixed(seed);
        uint64 account = _account(seed);
        bool matches = _prepared(account, (seed >> 8) % 16 == 0);
        Leaving memory plan;
        bool legs = entryOf[account].legCount != 0;
        plan.allowed = legs ? _normal() && matches && !house.isUnderLiquidation(account) : !_halted();
        MarginLeaf memory leaf = leaves[account - 1];
        if (legs) plan.askedWad = int256(uint256(leaf.initialWad) + DECAY * (block.timestamp - header.observedAt)) - leaf.markValueWad;
        int256 freeWad = (legs ? collateralOf(account) : entryOf[account].cashWad) - plan.askedWad;
        plan.amount = _someOf(seed >> 16, freeWad <= 0 ? 0 : uint256(freeWad) / 1e12);
        plan.tooMuch = int256(plan.amount * 1e12) > freeWad;
        _withdraw(account, plan, legs);
    }

    /// @notice Brings a fresh leaf that matches, unless it is left stale on purpose.
    function _prepared(uint64 account, bool staleOnPurpose) private returns (bool matches) {
        Entry storage entry = entryOf[account];
        if (entry.legCount == 0) return true;
        _ready(account);
        matches = leaves[account - 1].sequence == entry.sequence && leaves[account - 1].positionsHash == entry.positionsHash;
        if (staleOnPurpose || (matches && block.timestamp <= header.validUntil)) return matches;
        _freshen();
        return true;
    }

    function _someOf(uint256 seed, uint256 free) private pure returns (uint256 amount) {
        uint256 how = seed % 8;
        if (how == 1) return free + 1;
        if (free > 400_000e6) free = 400_000e6; // a lie about margins frees more than there is
        amount = how == 0 ? free : 1 + (seed >> 16) % 20_000e6;
        if (amount > free) amount = free;
        if (amount == 0) amount = free + 1;
    }

    function _withdraw(uint64 account, Leaving memory plan, bool legs) private {
        address owner = ownerAt(account);
        bytes memory data = abi.encodeCall(IClearingHouseCore.withdrawCash, (account, plan.amount, owner, _leafProof(account)));
        uint256 before = cash.balanceOf(owner);
        (bool done, bytes4 reason) = act(owner, data, 1 << account);
        if (done) {
            ++withdrawals;
            cashOut += plan.amount;
            expect("CON-01", cash.balanceOf(owner) == before + plan.amount, "a withdrawal paid another amount");
            if (legs) _expectSound(account, plan.askedWad);
        }
        if (!plan.allowed) _mustBeRefused(STALE, done, "withdrawal in a state that allows none");
        else if (plan.tooMuch) _mustBeRefused(HEALTH, done, "withdrawal of more than is free");
        else _mayBeRefused(done, reason, "withdrawal");
    }

    function _expectSound(uint64 account, int256 askedWad) private {
        expect(HEALTH, collateralOf(account) >= askedWad, "below initial after a withdrawal");
        expect(HEALTH, house.stressedWad(account) >= 0, "below the intrinsic stress after a withdrawal");
    }

    function withdrawCoin(uint256 seed) external {
        seed = _mixed(seed);
        uint64 account = _account(seed);
        uint8 coin = uint8((seed >> 8) % COINS);
        uint256 have = coinsOf[account][coin];
        if (have == 0) return;
        Leaving memory plan;
        plan.amount = (seed >> 16) % 4 == 0 ? have : 1 + (seed >> 32) % have;
        _ready(account);
        if (block.timestamp > header.validUntil) _freshen();
        Ask memory ask = requirementOf(account);
        plan.askedWad = int256(ask.initialWad) - ask.markValueWad;
        Entry storage entry = entryOf[account];
        plan.allowed = entry.legCount == 0 ? !_halted() && entry.cashWad >= 0 : _normal() && !house.isUnderLiquidation(account);
        _withdrawCoin(account, coin, plan, _coinWithdrawal(account, coin, plan.amount, ask));
    }

    function _coinWithdrawal(uint64 account, uint8 coin, uint256 amount, Ask memory ask) private view returns (bytes memory) {
        address owner = ownerAt(account);
        Clearance memory c;
        c.accounts = new AccountClearance[](1);
        Entry storage entry = entryOf[account];
        c.accounts[0] = AccountClearance(
            account, entry.sequence, entry.positionsHash, entry.positionsHash, uint128(ask.initialWad), uint128(ask.initialWad * 3 / 4), int128(ask.markValueWad), false
        );
        _fill(c, keccak256(abi.encode(COIN_WITHDRAWAL_TYPE, account, coin, amount, owner)));
        return abi.encodeCall(IClearingHouseServices.withdrawCoin, (account, coin, amount, owner, c, signed(c, QUORUM)));
    }

    function _withdrawCoin(uint64 account, uint8 coin, Leaving memory plan, bytes memory data) private {
        uint256 before = PlainToken(coinTokens[coin]).balanceOf(address(house));
        bool legs = entryOf[account].legCount != 0;
        (bool done, bytes4 reason) = act(ownerAt(account), data, 1 << account);
        tokensOut[coin] += before - PlainToken(coinTokens[coin]).balanceOf(address(house));
        if (done) {
            ++withdrawals;
            if (legs) _expectSound(account, plan.askedWad);
        }
        if (!plan.allowed) _mustBeRefused(STALE, done, "withdrawal of coins in a state that allows none");
        else _mayBeRefused(done, reason, "withdrawal of coins");
    }

    /// @notice Whoever holds no legs and owes nothing leaves, stale batch or not, unless all is halted. Only the hourly limit may make it wait.
    function leave(uint256 seed) external {
        seed = _mixed(seed);
        uint64 account = _account(seed);
        for (uint256 n = 0; n < OWNERS && entryOf[account].legCount != 0 && (seed >> 8) % 4 != 0; ++n) {
            account = _account(account); // the next one
        }
        Entry storage entry = entryOf[account];
        if ((seed >> 8) % 4 != 0 && entry.legCount != 0) return;
        address owner = ownerAt(account);
        uint256[2] memory before = [PlainToken(coinTokens[0]).balanceOf(address(house)), PlainToken(coinTokens[1]).balanceOf(address(house))];
        uint256 held = cash.balanceOf(address(house));
        (bool done, bytes4 reason) = act(owner, abi.encodeCall(IClearingHouseServices.exit, (account, owner)), 1 << account);
        cashOut += held - cash.balanceOf(address(house));
        for (uint256 i = 0; i < COINS; ++i) {
            tokensOut[i] += before[i] - PlainToken(coinTokens[i]).balanceOf(address(house));
        }
        if (done) ++exits;
        if (entry.legCount != 0 || entry.cashWad < 0 || _halted()) _mustBeRefused(HEALTH, done, "exit with legs, in debt or in a halt");
        else if (!done && reason == T.CapExceeded.selector) ++byRule;
        else _mustBeDone(EXIT, done, reason, "exit");
        if (done) expect(EXIT, entry.cashWad < 1e12 && coinsOf[account][0] == 0 && coinsOf[account][1] == 0, "exit left something behind");
    }

    // ---- trading ----

    function trade(uint256 seed) external {
        seed = _mixed(seed);
        uint64 a = _account(seed);
        uint64 b = _account(a + (seed >> 8) % (OWNERS - 1)); // another
        if ((a == OWNERS || b == OWNERS) && (seed >> 12) % 8 != 0) (a, b) = (1 + (a + b) % 5, 1 + (a + b + 1) % 5); // the last one trades little and leaves often
        _ready(a);
        _ready(b);
        bool staleOnPurpose = (seed >> 16) % 32 == 0;
        if (block.timestamp > header.validUntil && !staleOnPurpose) _freshen();
        uint256 count = (seed >> 20) % 4 == 0 ? 2 : 1;
        Match[] memory matches = new Match[](count);
        Limb[] memory limbs = new Limb[](count);
        for (uint256 i = 0; i < count; ++i) {
            limbs[i] = _limb(_mixed(seed + i), a, b);
            matches[i] = _matchOf(limbs[i], _priceNear(limbs[i].place, seed >> 24));
        }
        _trade(seed, a < b ? a : b, a < b ? b : a, limbs, matches);
    }

    /// @param seed chooses how the quorum clears: as it should, far too low, far too high, or as a reduction
    function _trade(uint256 seed, uint64 a, uint64 b, Limb[] memory limbs, Match[] memory matches) private {
        uint256 how = (seed >> 32) % 16;
        Clearance memory c;
        c.accounts = new AccountClearance[](2);
        (c.accounts[0], c.accounts[1]) = (_clearedAfter(a, limbs), _clearedAfter(b, limbs));
        for (uint256 i = 0; i < 2; ++i) {
            AccountClearance memory one_ = c.accounts[i];
            one_.reducesRisk = how > 12;
            if (how == 0) (one_.initialWad, one_.maintenanceWad, one_.markValueWad) = (0, 0, 1e24);
            if (how == 1 && i == 0) one_.initialWad = 1e30;
        }
        _fill(c, actionOf(matches));
        _tradeCleared(c, limbs, abi.encodeCall(IClearingHouseCore.trade, (matches, c, signed(c, QUORUM))), how == 1);
    }

    function _tradeCleared(Clearance memory c, Limb[] memory limbs, bytes memory data, bool tooDear) private {
        (AccountClearance memory one_, AccountClearance memory two_) = (c.accounts[0], c.accounts[1]);
        int256[2] memory before = [house.stressedWad(one_.account), house.stressedWad(two_.account)];
        bool barred = house.isUnderLiquidation(one_.account) || house.isUnderLiquidation(two_.account);
        bool allowed = one_.reducesRisk ? !_halted() : _normal() && !barred && !tooDear;
        (bool done, bytes4 reason) = act(address(this), data, (1 << one_.account) | (1 << two_.account));
        if (done) {
            ++trades;
            lastTrade = data;
            _paidFunding(limbs);
            _expectTradeSound(one_, before[0]);
            _expectTradeSound(two_, before[1]);
        }
        if (!allowed) _mustBeRefused(barred ? NO_EXEMPTION : tooDear ? HEALTH : STALE, done, "a trade that its state or margin forbids");
        else _mayBeRefused(done, reason, "trade");
    }

    function _expectTradeSound(AccountClearance memory cleared_, int256 stressedBefore) private {
        int256 equity = collateralOf(cleared_.account) + cleared_.markValueWad;
        expect(HEALTH, cleared_.reducesRisk || equity >= int256(uint256(cleared_.initialWad)), "below initial after a trade");
        int256 stressed = house.stressedWad(cleared_.account);
        expect(HEALTH, stressed >= 0 || (cleared_.reducesRisk && stressed >= stressedBefore), "below the intrinsic stress after a trade");
    }

    function _limb(uint256 seed, uint64 a, uint64 b) private returns (Limb memory limb) {
        limb.place = _live(seed);
        bytes32 instrument = listed[limb.place];
        (limb.buyer, limb.seller) = (a, b);
        int256 ofA = quantityOf[a][instrument];
        int256 ofB = quantityOf[b][instrument];
        // Towards smaller books more often than not, or they would only grow.
        if (ofA - ofB > 0 == ((seed >> 16) % 4 != 0)) (limb.buyer, limb.seller) = (b, a);
        limb.quantityWad = 1 + (seed >> 32) % (terms[limb.place].priceId == 0 ? 0.6e18 : 18e18);
    }

    function _priceNear(uint256 place, uint256 seed) private view returns (uint256) {
        return markOf(place) * (95 + seed % 11) / 100;
    }

    function _matchOf(Limb memory limb, uint256 priceWad) private returns (Match memory m) {
        bytes32 instrument = listed[limb.place];
        m.buy = orderOf(limb.buyer, instrument, int128(int256(limb.quantityWad)));
        m.sell = orderOf(limb.seller, instrument, -int128(int256(limb.quantityWad)));
        (m.quantityWad, m.priceWad) = (uint128(limb.quantityWad), uint128(priceWad));
        m.buySignature = signature(_key(limb.buyer), house.orderDigest(hashOf(m.buy)));
        m.sellSignature = signature(_key(limb.seller), house.orderDigest(hashOf(m.sell)));
    }

    function _fill(Clearance memory c, bytes32 action) private view {
        (bytes32 document,,) = parameters.documents();
        (c.setId, c.batchSequence, c.observedAt, c.validUntil) = (1, header.sequence, uint64(block.timestamp), uint64(block.timestamp + 60));
        (c.actionHash, c.parameterHash) = (action, document);
    }

    /// @notice An account in a clearance, as honest attesters see it after the limbs.
    function _clearedAfter(uint64 account, Limb[] memory limbs) private returns (AccountClearance memory c) {
        Entry storage entry = entryOf[account];
        (c.account, c.sequence, c.positionsHashBefore) = (account, entry.sequence, entry.positionsHash);
        bytes32 chain = entry.positionsHash;
        // The ledger is moved for the look and moved back.
        for (uint256 i = 0; i < limbs.length; ++i) {
            bytes32 instrument = listed[limbs[i].place];
            int256 fromWad = quantityOf[account][instrument];
            int256 toWad = fromWad + _by(account, limbs[i]);
            chain = keccak256(abi.encode(chain, instrument, fromWad, toWad));
            quantityOf[account][instrument] = toWad;
        }
        Ask memory ask = requirementOf(account);
        for (uint256 i = 0; i < limbs.length; ++i) {
            quantityOf[account][listed[limbs[i].place]] -= _by(account, limbs[i]);
        }
        c.positionsHashAfter = chain;
        (c.initialWad, c.maintenanceWad, c.markValueWad) = (uint128(ask.initialWad), uint128(ask.initialWad * 3 / 4), int128(ask.markValueWad));
    }

    function _by(uint64 account, Limb memory limb) private pure returns (int256) {
        return account == limb.buyer ? int256(limb.quantityWad) : -int256(limb.quantityWad);
    }

    /// @notice Two accounts end the smaller of their opposite legs at the mark.
    function close(uint256 seed) external {
        seed = _mixed(seed);
        for (uint256 n = 0; n < listed.length; ++n) {
            uint256 place = (seed + n) % listed.length;
            if (expired(place)) continue;
            uint64 buyer = _holder(place, seed >> 8, false);
            uint64 seller = _holder(place, seed >> 16, true);
            if (buyer == 0 || seller == 0) continue;
            // With old marks now and then: they serve for six hours.
            if (rows.length <= place || rows[place].instrument != listed[place] || (seed >> 100) % 2 == 0) _batchWithRows();
            _ready(buyer);
            _ready(seller);
            bytes32 instrument = listed[place];
            uint256 short = uint256(-quantityOf[buyer][instrument]);
            uint256 long = uint256(quantityOf[seller][instrument]);
            Limb[] memory limbs = new Limb[](1);
            limbs[0] = Limb(place, buyer, seller, short < long ? short : long);
            _close(limbs);
            return;
        }
    }

    function _close(Limb[] memory limbs) private {
        Limb memory limb = limbs[0];
        Match memory m = _matchOf(limb, uint256(rows[limb.place].markWad));
        int256[2] memory before = [house.stressedWad(limb.buyer), house.stressedWad(limb.seller)];
        bool barred = _halted() || house.isUnderLiquidation(limb.buyer) || house.isUnderLiquidation(limb.seller);
        bool old = block.timestamp > header.observedAt + CLOSE_WINDOW;
        (bool done, bytes4 reason) =
            act(address(this), abi.encodeCall(IClearingHouseCore.close, (m, _rowProof(limb.place))), (1 << limb.buyer) | (1 << limb.seller));
        if (done) {
            ++closes;
            _paidFunding(limbs);
            int256[2] memory then = [house.stressedWad(limb.buyer), house.stressedWad(limb.seller)];
            for (uint256 i = 0; i < 2; ++i) {
                expect(HEALTH, then[i] >= 0 || then[i] >= before[i], "a close left an account worse");
            }
        }
        if (barred || old) _mustBeRefused(old ? STALE : NO_EXEMPTION, done, "a close at old marks or under liquidation");
        else _mayBeRefused(done, reason, "close");
    }

    function _holder(uint256 place, uint256 seed, bool long) private view returns (uint64) {
        for (uint256 n = 0; n < OWNERS; ++n) {
            uint64 account = _account(seed + n);
            int256 quantity = quantityOf[account][listed[place]];
            if (long ? quantity > 0 : quantity < 0) return account;
        }
        return 0;
    }

    // ---- expiry and funding ----

    function settle(uint256 seed) external {
        seed = _mixed(seed);
        for (uint256 n = 0; n < OWNERS; ++n) {
            uint64 account = _account(seed + n);
            bytes32[] memory due = new bytes32[](listed.length);
            uint256 count = 0;
            for (uint256 i = 0; i < listed.length; ++i) {
                if (quantityOf[account][listed[i]] == 0 || !(expired(i) || terms[i].kind == InstrumentKind.Perpetual)) continue;
                if (expired(i) && !_publish(i, seed >> 32)) continue;
                due[count++] = listed[i];
            }
            if (count == 0) continue;
            _settle(account, _first(due, count));
            _retire(2 + (seed >> 64) % (listed.length - 2));
            return;
        }
    }

    function _settle(uint64 account, bytes32[] memory due) private {
        _ready(account);
        (bool done, bytes4 reason) = act(address(this), abi.encodeCall(IClearingHouseServices.settle, (account, due)), 1 << account);
        if (done) {
            ++settlements;
            for (uint256 i = 0; i < due.length; ++i) {
                paidIndex[account][due[i]] = fundingIndex[due[i]];
            }
        }
        if (_halted()) _mustBeRefused(STALE, done, "settlement in a halt");
        else _mustBeDone(EXIT, done, reason, "settlement");
    }

    /// @notice A quorum's settlement price of an expired contract, if there is none yet.
    function _publish(uint256 place, uint256 seed) private returns (bool) {
        InstrumentTerms memory t = terms[place];
        if (settledAt[t.priceId][t.expiry] != 0) return true;
        if (_halted()) return false;
        uint64 price = uint64(uint256(lastPrices[t.priceId]) * (90 + seed % 21) / 100);
        SettlementPrice memory p = SettlementPrice(1, t.priceId, t.expiry, price, uint64(block.timestamp));
        instruments.settle(p, proofOf(attesters, attestations.attestationDigest(hashes.hash(p)), QUORUM));
        settledAt[t.priceId][t.expiry] = price;
        return true;
    }

    function moveFunding(uint256 seed) external {
        seed = _mixed(seed);
        bytes32 instrument = listed[seed % 2];
        if (_halted() || block.timestamp <= fundedAt[instrument]) return;
        uint256 span = block.timestamp - fundedAt[instrument];
        if (span > 24 hours) span = 24 hours;
        uint256 most = uint256(lastPrices[seed % 2]) * 1e10 * 5 / 10_000 * span / 1 hours;
        int256 index = fundingIndex[instrument] + boundInt(int256(seed >> 8), -int256(most), int256(most));
        FundingIndex memory f = FundingIndex(1, instrument, ++fundingSequence[instrument], int128(index), uint64(block.timestamp));
        instruments.setFunding(f, proofOf(attesters, attestations.attestationDigest(hashes.hash(f)), QUORUM));
        (fundingIndex[instrument], fundedAt[instrument]) = (index, uint64(block.timestamp));
    }

    function _paidFunding(Limb[] memory limbs) private {
        for (uint256 i = 0; i < limbs.length; ++i) {
            bytes32 instrument = listed[limbs[i].place];
            (paidIndex[limbs[i].buyer][instrument], paidIndex[limbs[i].seller][instrument]) = (fundingIndex[instrument], fundingIndex[instrument]);
        }
    }

    // ---- margin states and liquidation ----

    /// @notice A look at an account with its own leaf or one that asks so much that it must fail; then perhaps the engine's turn.
    function look(uint256 seed) external {
        seed = _mixed(seed);
        uint64 account = _account(seed);
        bool harsh = (seed >> 8) % 4 == 0;
        _ready(account);
        _freshen();
        if (harsh && entryOf[account].legCount != 0) _harshen(account);
        MarginState expected = _expectedState(account);
        (bool done, bytes4 reason) = act(address(this), abi.encodeCall(IClearingHouseCore.check, (account, _leafProof(account))), 1 << account);
        if (_halted()) {
            _mustBeRefused(STALE, done, "a look in a halt");
            return;
        }
        _mustBeDone(NO_EXEMPTION, done, reason, "a look");
        (,,,, MarginState found,) = house.summary(account);
        expect(NO_EXEMPTION, found == expected, "a look found another state");
        if (expected == MarginState.Liquidatable) _liquidate(seed >> 16, account);
        else if (house.isUnderLiquidation(account)) _engine(_phase(account, LiquidationPhase.None), 1 << account, "end");
    }

    function _expectedState(uint64 account) private view returns (MarginState) {
        int256 equity = collateralOf(account);
        if (entryOf[account].legCount == 0) return equity >= 0 ? MarginState.Healthy : MarginState.Liquidatable;
        MarginLeaf memory leaf = leaves[account - 1];
        uint256 decay = DECAY * (block.timestamp - header.observedAt);
        equity += leaf.markValueWad;
        if (equity >= int256(leaf.initialWad + decay)) return MarginState.Healthy;
        (,,,,, uint40 deadline) = house.summary(account);
        bool due = equity < int256(leaf.maintenanceWad + decay) || (deadline != 0 && block.timestamp > deadline);
        return due ? MarginState.Liquidatable : MarginState.MarginCall;
    }

    /// @dev The attesters ask a hundred million of one account.
    function _harshen(uint64 account) private {
        skipTime(1);
        (leaves[account - 1].initialWad, leaves[account - 1].maintenanceWad) = (1e26, 1e26);
        _submit(bytes32(0));
    }

    /// @dev Cash alone: what else the engine moves has a campaign of its own.
    function _liquidate(uint256 seed, uint64 account) private {
        uint64 taker = _account(account + seed % (OWNERS - 1));
        _engine(_phase(account, LiquidationPhase.Auction), 1 << account, "begin");
        if (!house.isUnderLiquidation(account)) return;
        ++liquidations;
        if (entryOf[account].cashWad > 1e18) _engine(abi.encodeCall(ILiquidationHooks.moveCash, (account, taker, 1e18, "penalty")), (1 << account) | (1 << taker), "moveCash");
        if ((seed >> 48) % 4 != 0) _engine(_phase(account, LiquidationPhase.None), 1 << account, "end");
    }

    function _phase(uint64 account, LiquidationPhase phase) private pure returns (bytes memory) {
        return abi.encodeCall(ILiquidationHooks.setPhase, (account, phase));
    }

    function _engine(bytes memory data, uint256 named, string memory what) private {
        (bool done, bytes4 reason) = act(address(this), data, named);
        _mustBeDone(SURPRISE, done, reason, what);
    }

    // ---- guardian, governance ----

    function pause(uint256 seed) external {
        seed = _mixed(seed);
        IAttestationRegistry.OperatingState to = IAttestationRegistry.OperatingState(1 + seed % 2);
        if ((seed >> 64) % 2 == 0) return;
        uint256 until = block.timestamp + 60 + (seed >> 8) % 20 minutes;
        bool running = block.timestamp < pausedUntil;
        uint256 spent = pausedIn30Days(running);
        uint256 from = running ? pauseStarts[pauseStarts.length - 1] : block.timestamp;
        bool looser = running && (to < pausedTo || until < pausedUntil);
        bool tooLong = until - from + spent > 7 days;
        _renewPower();
        vm.prank(GUARDIAN_HOLDER);
        try guardian.pause(to, until) {
            expect(GUARDIAN, !looser, "a pause that loosens");
            expect(GUARDIAN, !tooLong, "more than seven days of pause in thirty");
            if (running) pauseEnds[pauseEnds.length - 1] = until;
            else _pushPause(from, until);
            (pausedTo, pausedUntil) = (to, until);
        } catch {
            expect(GUARDIAN, looser || tooLong || pauseStarts.length >= 32, "a pause refused for no reason");
        }
    }

    function _pushPause(uint256 from, uint256 until) private {
        pauseStarts.push(from);
        pauseEnds.push(until);
    }

    /// @notice Seconds of the pauses that began in the last 30 days. [s]
    function pausedIn30Days(bool withoutLast) public view returns (uint256 total) {
        uint256 count = withoutLast ? pauseStarts.length - 1 : pauseStarts.length;
        for (uint256 i = 0; i < count; ++i) {
            if (pauseStarts[i] + 30 days > block.timestamp) total += pauseEnds[i] - pauseStarts[i];
        }
    }

    function endPause(uint256 seed) external {
        if (block.timestamp >= pausedUntil) return;
        _renewPower();
        vm.prank(seed % 2 == 0 ? GUARDIAN_HOLDER : address(timelock));
        guardian.endPause();
        pausedUntil = block.timestamp;
        pauseEnds[pauseEnds.length - 1] = block.timestamp;
    }

    function _renewPower() private {
        (, uint256 until) = guardian.power();
        if (until >= block.timestamp) return;
        vm.prank(address(timelock));
        guardian.appoint(GUARDIAN_HOLDER, block.timestamp + 180 days);
    }

    function collectFees(uint256 seed) external {
        uint64 account = _account(_mixed(seed));
        if (feesHeldWad == 0) return;
        (bool done, bytes4 reason) = act(address(timelock), abi.encodeCall(IClearingHouseServices.collectFees, (account)), 1 << account);
        _mustBeDone(SURPRISE, done, reason, "collectFees");
    }

    /// @notice New nodes around the price: every ladder on that underlying must be rebased before its account acts.
    function moveNodes(uint256 seed) external {
        seed = _mixed(seed);
        uint8 priceId = uint8(seed % 2);
        uint64 price = lastPrices[priceId];
        uint64 at = uint64(uint256(price) * (95 + (seed >> 8) % 11) / 100);
        uint64[6] memory nodes = [at / 6, at / 2, at * 9 / 10, at * 11 / 10, at * 9 / 5, at * 8];
        vm.prank(address(timelock));
        instruments.setNodes(priceId, nodes);
        for (uint64 account = 1; account <= OWNERS; ++account) {
            isStale[account][priceId] = true;
        }
    }

    /// @notice Where nodes have not moved, payoffs counted anew are those that changes kept.
    function rebase(uint256 seed) external {
        uint64 account = _account(_mixed(seed));
        _ready(account);
        int256 before = house.stressedWad(account);
        _rebase(account);
        expect("CON-09 ladder", house.stressedWad(account) == before, "a ladder counted anew is another");
    }

    function _rebase(uint64 account) private {
        bytes32[] memory book = new bytes32[](listed.length);
        uint256 count = 0;
        for (uint256 i = 0; i < listed.length; ++i) {
            if (quantityOf[account][listed[i]] == 0) continue;
            uint256 at = count++;
            for (; at != 0 && book[at - 1] > listed[i]; --at) {
                book[at] = book[at - 1];
            }
            book[at] = listed[i];
        }
        (bool done, bytes4 reason) = act(address(this), abi.encodeCall(IClearingHouseServices.rebase, (account, _first(book, count))), 1 << account);
        _mustBeDone(SURPRISE, done, reason, "rebase");
        (isStale[account][0], isStale[account][1]) = (false, false);
    }

    /// @notice Ladders at the nodes in force, the engine's approval in force, and some cash.
    function _ready(uint64 account) private {
        if (isStale[account][0] || isStale[account][1]) _rebase(account);
        if (house.signerUntil(account, address(this)) <= block.timestamp + 30 days) {
            vm.prank(ownerAt(account));
            house.approveSigner(account, address(this), uint64(block.timestamp + 365 days));
        }
        if (entryOf[account].cashWad < 30_000e18 && collateralOf(account) + requirementOf(account).markValueWad < 50_000e18) _deposit(account, 40_000e6);
    }

    // ---- what must be refused ----

    function tryForbidden(uint256 seed) external {
        seed = _mixed(seed);
        uint256 which = seed % 14;
        uint64 account = _account(seed >> 8);
        uint64 other = _account(account + (seed >> 16) % (OWNERS - 1));
        address stranger = ownerAt(other);
        bytes32 rule = LENIENT;
        bool done;
        if (which == 0) (done,) = act(stranger, abi.encodeCall(IClearingHouseCore.withdrawCash, (account, 1, stranger, _leafProof(account))), 0);
        else if (which == 1) (done,) = act(stranger, abi.encodeCall(IClearingHouseServices.exit, (account, stranger)), 0);
        else if (which == 2) (done,) = act(stranger, abi.encodeCall(IClearingHouseServices.depositCoin, (account, 0, 1)), 0);
        else if (which == 3) (done,) = act(stranger, abi.encodeCall(IClearingHouseServices.collectFees, (other)), 0);
        else if (which == 4) (done,) = act(stranger, abi.encodeCall(ILiquidationHooks.moveCash, (account, other, 1, "theft")), 0);
        else if (which == 5) {
            if (lastTrade.length == 0) return;
            (rule, done) = (ONCE, _acted(lastTrade));
        } else if (which == 6) {
            (rule, done) = (SOURCE, _settlesAnew(seed >> 32));
        } else if (which == 7) {
            (rule, done) = (SOURCE, _acceptsBatch(seed >> 32));
        } else if (which == 8) {
            // A leaf of nobody's making.
            T.LeafProof memory proof = _leafProof(account);
            (proof.leaf.initialWad, proof.leaf.markValueWad) = (0, 1e24 + 1);
            if (entryOf[account].legCount == 0) return;
            (done,) = act(ownerAt(account), abi.encodeCall(IClearingHouseCore.withdrawCash, (account, 1, ownerAt(account), proof)), 0);
        } else if (which < 12) {
            (rule, done) = (HEALTH, _tradesUncleared(which, seed, account, other));
        } else if (which == 12) {
            // An engine that takes from who is not under liquidation. An account without legs lets it pay.
            if (house.isUnderLiquidation(account) || account == 1 || entryOf[account].legCount == 0) return;
            rule = NO_EXEMPTION;
            (done,) = act(address(this), abi.encodeCall(ILiquidationHooks.moveCash, (account, other, 1, "penalty")), 0);
        } else {
            vm.prank(stranger);
            try guardian.pause(IAttestationRegistry.OperatingState.Halt, block.timestamp + 1) {
                done = true;
            } catch {}
            rule = GUARDIAN;
        }
        _mustBeRefused(rule, done, string.concat("forbidden ", vm.toString(which)));
    }

    function _acted(bytes memory data) private returns (bool done) {
        (done,) = act(address(this), data, 0);
    }

    function _settlesAnew(uint256 seed) private returns (bool) {
        for (uint256 n = 0; n < listed.length; ++n) {
            InstrumentTerms memory t = terms[(seed + n) % listed.length];
            if (settledAt[t.priceId][t.expiry] == 0) continue;
            SettlementPrice memory p = SettlementPrice(1, t.priceId, t.expiry, lastPrices[t.priceId], uint64(block.timestamp));
            try instruments.settle(p, proofOf(attesters, attestations.attestationDigest(hashes.hash(p)), QUORUM)) {
                return true;
            } catch {
                return false;
            }
        }
        return false;
    }

    /// @notice Batches that must not count: too few signers, a leap of a price, or an old sequence.
    function _acceptsBatch(uint256 seed) private returns (bool) {
        if (block.timestamp <= header.observedAt) skipTime(1);
        uint64[] memory prices = new uint64[](2);
        (prices[0], prices[1]) = (lastPrices[0], lastPrices[1]);
        if (seed % 3 == 0) prices[0] = prices[0] * 116 / 100;
        BatchHeader memory h = nextHeader(prices);
        if (seed % 3 == 1) h.sequence = header.sequence;
        try attestations.submitBatch(h, prices, signed(h, seed % 3 == 2 ? 3 : QUORUM)) {
            return true;
        } catch {
            return false;
        }
    }

    /// @notice A trade with too few signers, another book after it, or other matches than were cleared.
    function _tradesUncleared(uint256 which, uint256 seed, uint64 account, uint64 other) private returns (bool) {
        (uint64 a, uint64 b) = account < other ? (account, other) : (other, account);
        Limb[] memory limbs = new Limb[](1);
        limbs[0] = _limb(seed >> 64, a, b);
        Match[] memory matches = new Match[](1);
        matches[0] = _matchOf(limbs[0], markOf(limbs[0].place));
        Clearance memory c;
        c.accounts = new AccountClearance[](2);
        (c.accounts[0], c.accounts[1]) = (_clearedAfter(a, limbs), _clearedAfter(b, limbs));
        _fill(c, actionOf(matches));
        if (which == 9) c.accounts[1].positionsHashAfter = c.accounts[1].positionsHashBefore;
        if (which == 10) matches[0].priceWad += 1;
        QuorumProof memory quorum = signed(c, which == 11 ? 3 : QUORUM);
        return _acted(abi.encodeCall(IClearingHouseCore.trade, (matches, c, quorum)));
    }

    // ---- instruments ----

    /// @notice A contract that has not expired; in the place of one that has, a new one is listed, as long as there are not too many.
    function _live(uint256 seed) private returns (uint256 place) {
        place = seed % listed.length;
        if (!expired(place)) return place;
        return listed.length >= MOST_INSTRUMENTS ? seed % 2 : _listAny(seed >> 8);
    }

    /// @notice Forgets an expired contract that nobody holds any more.
    function _retire(uint256 place) private {
        if (!expired(place)) return;
        for (uint64 account = 1; account <= OWNERS; ++account) {
            if (quantityOf[account][listed[place]] != 0) return;
        }
        (listed[place], terms[place]) = (listed[listed.length - 1], terms[terms.length - 1]);
        listed.pop();
        terms.pop();
    }

    function _listAny(uint256 seed) private returns (uint256 place) {
        seed = _mixed(seed);
        uint8 priceId = uint8(seed % 2);
        uint256 kind = (seed >> 8) % 8;
        return _list(kind < 4 ? InstrumentKind.Call : kind < 7 ? InstrumentKind.Put : InstrumentKind.Future, priceId, seed >> 16);
    }

    function _list(InstrumentKind kind, uint8 priceId, uint256 seed) private returns (uint256 place) {
        bool perpetual = kind == InstrumentKind.Perpetual;
        uint256 price = uint256(lastPrices[priceId]) * 1e10;
        uint256 strike = kind == InstrumentKind.Future || perpetual ? 0 : price * (70 + seed % 61) / 100;
        InstrumentTerms memory t = InstrumentTerms(kind, priceId, perpetual ? 0 : uint40(block.timestamp + 1 hours + (seed >> 16) % 4 days), uint128(strike));
        bytes32 instrument = instruments.list(t);
        for (uint256 i = 0; i < listed.length; ++i) {
            if (listed[i] == instrument) return i;
        }
        if (perpetual) fundedAt[instrument] = uint64(block.timestamp);
        listed.push(instrument);
        terms.push(t);
        return listed.length - 1;
    }

    function _first(bytes32[] memory list, uint256 count) private pure returns (bytes32[] memory) {
        assembly ("memory-safe") {
            mstore(list, count)
        }
        return list;
    }

    // ---- what the invariants read ----

    /// @notice Cash that the house must still be able to pay: accounts, fees, expired legs with a price, funding not paid yet. [wad], the last two in wad squared
    function owed() external view returns (int256 cashWad, int256 pendingWad2) {
        cashWad = feesHeldWad;
        for (uint64 account = 1; account <= OWNERS; ++account) {
            (int128 accountCash,,,,,) = house.summary(account);
            cashWad += accountCash;
            for (uint256 i = 0; i < listed.length; ++i) {
                bytes32 instrument = listed[i];
                int256 quantity = quantityOf[account][instrument];
                if (quantity == 0) continue;
                uint64 price = settledAt[terms[i].priceId][terms[i].expiry];
                if (terms[i].kind == InstrumentKind.Perpetual) pendingWad2 -= quantity * (fundingIndex[instrument] - paidIndex[account][instrument]);
                else if (price != 0) pendingWad2 += quantity * int256(payoffWad(i, price));
            }
        }
    }

    function heldTokens() external view returns (uint256 cash_, uint256 first, uint256 second) {
        return (cash.balanceOf(address(house)), PlainToken(coinTokens[0]).balanceOf(address(house)), PlainToken(coinTokens[1]).balanceOf(address(house)));
    }

    /// @notice Whether the house and the ledger agree on an account; the name of the first thing that differs.
    function difference(uint64 account) external view returns (string memory) {
        (int128 cashWad, uint64 sequence, uint16 legCount, bytes32 positionsHash,,) = house.summary(account);
        Entry storage entry = entryOf[account];
        if (cashWad != entry.cashWad) return "cash";
        if (sequence != entry.sequence) return "sequence";
        if (legCount != entry.legCount) return "legs";
        if (positionsHash != entry.positionsHash) return "positions hash";
        for (uint256 i = 0; i < listed.length; ++i) {
            if (house.position(account, listed[i]).quantityWad != quantityOf[account][listed[i]]) return "quantity";
        }
        for (uint8 coin = 0; coin < COINS; ++coin) {
            if (house.coinBalance(account, coin) != coinsOf[account][coin]) return "coins";
        }
        return "";
    }

    /// @notice Sum of an instrument over the accounts by the house, and whether it must be 0: until its settlement price is known nobody leaves it alone.
    function sumOf(uint256 place) external view returns (int256 sum, bool balanced) {
        for (uint64 account = 1; account <= OWNERS; ++account) {
            sum += house.position(account, listed[place]).quantityWad;
        }
        balanced = terms[place].kind == InstrumentKind.Perpetual || settledAt[terms[place].priceId][terms[place].expiry] == 0;
    }

    /// @notice Whether every price that counts is the one that a quorum's accepted message brought.
    function pricesAreAttested() external view returns (bool) {
        for (uint8 id = 0; id < 2; ++id) {
            if (attestations.priceE8(id) != lastPrices[id]) return false;
            if (instruments.fundingIndexWad(listed[id]) != fundingIndex[listed[id]]) return false;
        }
        for (uint256 i = 0; i < listed.length; ++i) {
            if (instruments.settlementPriceE8(terms[i].priceId, terms[i].expiry) != settledAt[terms[i].priceId][terms[i].expiry]) return false;
        }
        return true;
    }

    function stateOnChain() external view returns (IAttestationRegistry.OperatingState) {
        return attestations.operatingState();
    }

    function coinHeld(uint8 coin) external view returns (uint256 held, uint256 sum) {
        (,,,, held) = house.coinInfo(coin);
        for (uint64 account = 1; account <= OWNERS; ++account) {
            sum += house.coinBalance(account, coin);
        }
    }
}
