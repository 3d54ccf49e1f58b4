// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @title What attesters lose when a fraud is proven
/// @notice One ERC-20 token, credited by the difference in balance. Amounts are in token units. Nothing is paid out while slashing: payees collect what they are credited with.
interface IAttesterBond {
    event BondDeposited(address indexed attester, address indexed from, uint256 amount, uint256 bond);
    event WithdrawalRequested(address indexed attester, uint256 amount, uint256 availableAt);
    event BondWithdrawn(address indexed attester, address indexed to, uint256 amount, uint256 bond);
    event BondSlashed(address indexed attester, address indexed challenger, uint256 slashed, uint256 reward);
    event Collected(address indexed payee, uint256 amount);
    event InsuranceSet(address indexed insurance);
    event ChallengeSet(address indexed challenge);

    error NotAuthorised(address caller);
    error AlreadySet(address value);
    error InsufficientBond(address attester, uint256 bond, uint256 needed);
    error NothingRequested(address attester);
    error TooEarly(uint256 now_, uint256 availableAt);
    error InvalidDelay(uint256 seconds_, uint256 least);
    error InvalidShare(uint256 shareWad);
    error ZeroValue();

    /// @notice Adds to an attester's bond; anyone.
    function deposit(address attester, uint256 amount) external returns (uint256 credited);

    /// @notice Starts the delay for so much of the caller's bond, in place of an earlier request. Who attests must keep `leastBond`.
    function requestWithdrawal(uint256 amount) external;

    /// @notice Pays what was requested, or what slashing has left of it, once the delay is over.
    function withdraw(address to) external returns (uint256 amount);

    /// @notice Takes a share of a bond, rounded up: part of it, rounded down, for the challenger, the rest for the insurance. Only StressChallenge.
    function slash(address attester, uint256 shareWad, address challenger, uint256 challengerShareWad) external returns (uint256 slashed);

    /// @notice Pays what slashing has credited to a payee, to the payee; anyone.
    function collect(address payee) external returns (uint256 amount);

    /// @notice Who gets what challengers do not. Governance.
    function setInsurance(address insurance) external;

    /// @notice Names StressChallenge, once. Governance.
    function setChallenge(address challenge) external;

    /// @notice Bond of an attester, requested withdrawals included: all of it can be slashed.
    function bondOf(address attester) external view returns (uint256);

    /// @notice Requested amount, and the second from which it can be withdrawn; 0: none.
    function requested(address attester) external view returns (uint256 amount, uint256 availableAt);

    /// @notice What a payee can collect.
    function collectable(address payee) external view returns (uint256);

    /// @notice [s] between request and withdrawal; longer than any challenge may come late.
    function withdrawalDelay() external view returns (uint256);

    /// @notice What an attester keeps at least while a set with it counts or is announced.
    function leastBond() external view returns (uint256);
}
