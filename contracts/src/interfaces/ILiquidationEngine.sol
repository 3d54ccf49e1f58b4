// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Clearance, QuorumProof} from "../types/Attestation.sol";
import {Deleveraging, Leg} from "../types/Trading.sol";
import {IClearingHouseTypes} from "./IClearingHouse.sol";

/// @title Auctions of accounts below their requirement
/// @notice Rules: docs/protocol.md, "Liquidation". What is auctioned is one number: how many USD of the account's equity a keeper gets for each USD of shortfall that he removes. It rises with time, is never paid
/// beyond the equity that is left, and all terms are frozen when the auction starts. Money is in wad, times are seconds.
interface ILiquidationEngine {
    /// @notice Terms of an auction, frozen at its start. One slot.
    struct Terms {
        uint40 startedAt; // [s]
        uint24 fastSeconds; // from the start rate to the knee
        uint24 slowSeconds; // from the knee to the end rate, where the rate stays
        uint24 startRate; // [1e-6 USD per USD of shortfall removed]
        uint24 kneeRate;
        uint24 endRate;
        uint24 target; // [1e-6] equity over maintenance margin to reach; 0: the initial margin (a margin call that ran out)
        uint24 fee; // [1e-6] share of a keeper's cash that goes to the insurance account
        bool running;
        bool sold; // a slice has been taken: the auction goes on up to its target, not only up to maintenance margin
    }

    /// @notice A keeper's share of an account, before it is written out into legs. One slot.
    struct Claim {
        address holder;
        uint96 unitsWad; // of the account's units; the owner holds what the claims do not
    }

    /// @notice What an account needs, at a proven leaf.
    struct Need {
        int256 equityWad; // coins at their haircuts
        int256 worthWad; // coins at their prices
        uint256 initialWad;
        uint256 maintenanceWad;
        int256 shortfallWad; // target requirement less equity; at or below 0: restored
        uint256 rateE6; // what a USD of it pays now
    }

    event AuctionStarted(uint64 indexed account, address indexed by, int256 equityWad, uint256 maintenanceWad, Terms terms);
    event FoundInsolvent(uint64 indexed account, int256 worthWad, uint256 maintenanceWad);
    event AuctionEnded(uint64 indexed account, int256 equityWad, uint256 maintenanceWad);
    /// @notice A keeper has put cash into an account for a share of it.
    event ShareTaken(uint64 indexed account, uint64 indexed claim, address indexed holder, uint64 payer, uint256 cashWad, uint256 feeWad, uint256 bonusWad, uint256 unitsWad, uint256 allUnitsWad);
    /// @notice A claim was written out into legs, coins and cash of an account of its holder.
    event Divided(uint64 indexed account, uint64 indexed claim, uint64 to, uint256 unitsWad, uint256 allUnitsWad);
    /// @notice Legs of an attested plan have gone to a keeper.
    event PlanTaken(uint64 indexed account, uint64 indexed to, int256 cashWad, uint256 removedWad, uint256 bonusWad);
    /// @notice A whole account has gone to a keeper.
    event TakenOver(uint64 indexed account, address indexed from, address indexed to, uint64 restAccount, int256 worthWad, uint256 paidWad, uint256 insuredWad);

    /// @notice Legs of an account that is worth nothing were closed against the other side, which gave up a share of their value.
    event Deleveraged(uint64 indexed account, uint64 indexed to, address indexed by, int256 valueWad, uint256 movedWad, uint256 givenWad);

    error NotDue(uint64 account, int256 equityWad, uint256 maintenanceWad);
    error NotRunning(uint64 account);
    error AlreadyRunning(uint64 account);
    error StillNeeded(uint64 account, int256 shortfallWad);
    error Insolvent(uint64 account, int256 worthWad);
    error Unmarked(uint64 account);
    error Solvent(uint64 account, int256 worthWad);
    error TooEarly(uint64 account, uint256 startsAt);
    error GracePeriod(uint256 endsAt, uint256 now_);
    error TooLittle(uint64 account, uint256 amountWad, uint256 leastWad);
    error UnknownClaim(uint64 account, uint64 claim);
    error TooManyClaims(uint64 account, uint256 most);
    error ClaimsOutstanding(uint64 account, uint256 count);
    error NotHolder(uint64 account, address caller);
    error CapPassed(bytes32 key, uint256 valueWad, uint256 mostWad);
    error BonusTooLarge(uint64 account, uint256 bonusWad, uint256 mostWad);
    error Overshoot(uint64 account, int256 shortfallWad, int256 leastWad);
    error NoProgress(uint64 account, int256 beforeWad, int256 afterWad);

    /// @notice Takes an account below its requirement under liquidation; anyone. Who means to take a share calls both in one transaction: then the gas of this call is part of that bid.
    function start(uint64 account, IClearingHouseTypes.LeafProof calldata proof) external;

    /// @notice Ends the auction of an account that needs it no longer (topped up, reduced, or the market came back), marks one that is worth nothing any more, or starts it again once its terms have run out; anyone.
    function end(uint64 account, IClearingHouseTypes.LeafProof calldata proof) external;

    /// @notice Puts cash of the caller's account into an account under liquidation, for a share of all that it holds. Flat in the number of legs; needs no attestation but the account's leaf.
    /// @param payer account of the caller, without legs, that has approved this contract as a signer
    /// @param cashWad the most to pay: what is above the shortfall and its fee stays with the payer; at least the governed slice, or all of it
    /// @param leastUnitsWad refuse if the share would be less; of a part of the cash, the same part of it
    /// @param data handed to the caller's `onShareTaken` before the cash is taken, where not empty
    function takeShare(uint64 account, uint64 payer, uint256 cashWad, uint256 leastUnitsWad, bytes calldata data, IClearingHouseTypes.LeafProof calldata proof)
        external
        returns (uint64 claim);

    /// @notice Writes a claim out: its share of every leg, coin and of the cash goes to a new account of its holder. Lists the account's legs, rising; anyone.
    function divide(uint64 account, uint64 claim, bytes32[] calldata instruments) external returns (uint64 to);

    /// @notice Takes the legs of a plan that a quorum cleared, with the account and the keeper's as they will stand. The bonus is what the account's equity falls by.
    /// @param cashWad to the account, or below 0 from it
    function takePlan(
        uint64 account,
        uint64 to,
        Leg[] calldata legs,
        int256 cashWad,
        IClearingHouseTypes.LeafProof calldata proof,
        Clearance calldata clearance,
        QuorumProof calldata quorum
    ) external;

    /// @notice Takes a whole account: one that is worth nothing any more, for what insurance pays on top, or one too small to divide. The caller's cash must bring it to its initial margin.
    function takeOver(uint64 account, uint64 payer, uint256 cashWad, IClearingHouseTypes.LeafProof calldata proof) external;

    /// @notice Closes legs of an account that is worth nothing, and that nobody has taken over with all that insurance offers, against accounts that hold the other side. Insurance pays for the debt first;
    /// what is left of it is shared over all legs by value, and never more than all of it. A quorum has cleared both accounts, and with them whose turn it is; anyone.
    function deleverage(Deleveraging calldata action, IClearingHouseTypes.LeafProof calldata proof, Clearance calldata clearance, QuorumProof calldata quorum) external;

    function termsOf(uint64 account) external view returns (Terms memory);
    function claimOf(uint64 account, uint64 claim) external view returns (Claim memory);
    /// @notice All units of an account and how many claims are open; the owner holds 1e18 units.
    function unitsOf(uint64 account) external view returns (uint256 allUnitsWad, uint256 openClaims, uint64 lastClaim);
    /// @notice What an account under liquidation needs now; records the look like `check`.
    function need(uint64 account, IClearingHouseTypes.LeafProof calldata proof) external returns (Need memory);
}

/// @title What a keeper's contract may implement, to bring the cash just in time
interface IShareTaker {
    function onShareTaken(uint64 account, uint64 payer, uint256 cashWad, uint256 unitsWad, bytes calldata data) external;
}
