// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable, Ownable2Step} from "@openzeppelin/contracts/access/Ownable2Step.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IAttestationRegistry} from "../interfaces/IAttestationRegistry.sol";
import {IAttesterBond} from "../interfaces/IAttesterBond.sol";

/// @title Bonds of attesters
contract AttesterBond is IAttesterBond, Ownable2Step, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    uint256 public constant LEAST_DELAY = 1 days;
    uint256 private constant WAD = 1e18;

    struct Request {
        uint128 amount; // [token units]
        uint40 availableAt; // [s]
    }

    IERC20 public immutable token;
    IAttestationRegistry public immutable registry;
    uint256 public immutable withdrawalDelay; // [s]
    uint256 public immutable leastBond; // [token units]

    mapping(address attester => uint256) private _bonds; // [token units]
    mapping(address attester => Request) private _requests;
    mapping(address payee => uint256) private _collectable; // [token units]
    address public insurance;
    address public challenge;

    constructor(address owner_, IERC20 token_, IAttestationRegistry registry_, uint256 withdrawalDelay_, uint256 leastBond_, address insurance_)
        Ownable(owner_)
    {
        require(address(token_) != address(0) && address(registry_) != address(0) && insurance_ != address(0) && leastBond_ != 0, ZeroValue());
        require(withdrawalDelay_ >= LEAST_DELAY, InvalidDelay(withdrawalDelay_, LEAST_DELAY));
        (token, registry, withdrawalDelay, leastBond) = (token_, registry_, withdrawalDelay_, leastBond_);
        insurance = insurance_;
        emit InsuranceSet(insurance_);
    }

    /// @inheritdoc IAttesterBond
    /// @dev What arrives is known only after the transfer, so the credit comes after the call; the guard keeps others out meanwhile.
    function deposit(address attester, uint256 amount) external nonReentrant returns (uint256 credited) {
        require(attester != address(0) && amount != 0, ZeroValue());
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(msg.sender, address(this), amount);
        credited = token.balanceOf(address(this)) - before;
        _bonds[attester] += credited;
        emit BondDeposited(attester, msg.sender, credited, _bonds[attester]);
    }

    /// @inheritdoc IAttesterBond
    function requestWithdrawal(uint256 amount) external nonReentrant {
        require(amount != 0, ZeroValue());
        _requireRemainder(msg.sender, amount);
        uint256 availableAt = block.timestamp + withdrawalDelay;
        _requests[msg.sender] = Request(uint128(amount), uint40(availableAt));
        emit WithdrawalRequested(msg.sender, amount, availableAt);
    }

    /// @inheritdoc IAttesterBond
    function withdraw(address to) external nonReentrant returns (uint256 amount) {
        require(to != address(0), ZeroValue());
        Request memory request = _requests[msg.sender];
        require(request.amount != 0, NothingRequested(msg.sender));
        require(block.timestamp >= request.availableAt, TooEarly(block.timestamp, request.availableAt));
        uint256 bond = _bonds[msg.sender];
        amount = Math.min(request.amount, bond);
        // Again, because a set may have been announced since the request.
        _requireRemainder(msg.sender, amount);

        delete _requests[msg.sender];
        _bonds[msg.sender] = bond - amount;
        emit BondWithdrawn(msg.sender, to, amount, bond - amount);
        token.safeTransfer(to, amount);
    }

    /// @inheritdoc IAttesterBond
    function slash(address attester, uint256 shareWad, address challenger, uint256 challengerShareWad) external nonReentrant returns (uint256 slashed) {
        require(msg.sender == challenge, NotAuthorised(msg.sender));
        require(shareWad <= WAD, InvalidShare(shareWad));
        require(challengerShareWad <= WAD, InvalidShare(challengerShareWad));
        slashed = Math.mulDiv(_bonds[attester], shareWad, WAD, Math.Rounding.Ceil);
        uint256 reward = Math.mulDiv(slashed, challengerShareWad, WAD);
        _bonds[attester] -= slashed;
        _collectable[challenger] += reward;
        _collectable[insurance] += slashed - reward;
        emit BondSlashed(attester, challenger, slashed, reward);
    }

    /// @inheritdoc IAttesterBond
    function collect(address payee) external nonReentrant returns (uint256 amount) {
        amount = _collectable[payee];
        require(amount != 0, ZeroValue());
        _collectable[payee] = 0;
        emit Collected(payee, amount);
        token.safeTransfer(payee, amount);
    }

    /// @inheritdoc IAttesterBond
    function setInsurance(address insurance_) external onlyOwner {
        require(insurance_ != address(0), ZeroValue());
        insurance = insurance_;
        emit InsuranceSet(insurance_);
    }

    /// @inheritdoc IAttesterBond
    function setChallenge(address challenge_) external onlyOwner {
        require(challenge == address(0), AlreadySet(challenge));
        require(challenge_ != address(0), ZeroValue());
        challenge = challenge_;
        emit ChallengeSet(challenge_);
    }

    /// @inheritdoc IAttesterBond
    function bondOf(address attester) external view returns (uint256) {
        return _bonds[attester];
    }

    /// @inheritdoc IAttesterBond
    function requested(address attester) external view returns (uint256 amount, uint256 availableAt) {
        Request memory request = _requests[attester];
        return (request.amount, request.availableAt);
    }

    /// @inheritdoc IAttesterBond
    function collectable(address payee) external view returns (uint256) {
        return _collectable[payee];
    }

    /// @dev The bond of who does not attest can go as a whole.
    function _requireRemainder(address attester, uint256 amount) private view {
        uint256 bond = _bonds[attester];
        uint256 kept = registry.isAttesting(attester) ? leastBond : 0;
        require(amount <= type(uint128).max && amount + kept <= bond, InsufficientBond(attester, bond, amount + kept));
    }
}
