// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A plain token with any number of decimals. Whoever holds it, the tests mint it.
contract PlainToken is ERC20 {
    uint8 private immutable DECIMALS;

    constructor(uint8 decimals_) ERC20("Token", "TKN") {
        DECIMALS = decimals_;
    }

    function decimals() public view override returns (uint8) {
        return DECIMALS;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice Keeps a share of each transfer; from the sender's side it may also take more than was sent.
contract FeeToken is PlainToken {
    uint256 public feeBps = 100;
    uint256 public extraBps;

    constructor() PlainToken(6) {}

    function setFees(uint256 feeBps_, uint256 extraBps_) external {
        (feeBps, extraBps) = (feeBps_, extraBps_);
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (from == address(0) || to == address(0)) return super._update(from, to, amount);
        uint256 fee = amount * feeBps / 10_000;
        uint256 extra = amount * extraBps / 10_000;
        super._update(from, to, amount - fee);
        if (fee + extra != 0) super._update(from, address(0xfee), fee + extra);
    }
}

/// @notice Refuses to move to or from listed addresses.
contract BlockingToken is PlainToken {
    mapping(address who => bool) public blocked;

    error Blocked(address who);

    constructor() PlainToken(6) {}

    function setBlocked(address who, bool value) external {
        blocked[who] = value;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (blocked[from]) revert Blocked(from);
        if (blocked[to]) revert Blocked(to);
        super._update(from, to, amount);
    }
}

/// @notice Calls back whoever asked for it in the middle of each transfer, before or after the balances move.
contract HookToken is PlainToken {
    address public target;
    bytes public data;
    bool public reached;
    bool public succeeded;
    bytes public answer;

    constructor() PlainToken(6) {}

    function setHook(address target_, bytes calldata data_) external {
        (target, data, reached, succeeded) = (target_, data_, false, false);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (target == address(0)) return;
        reached = true;
        (succeeded, answer) = target.call(data);
    }
}

/// @notice Old tokens: no return values at all, or false instead of a revert.
contract OldToken {
    uint8 public constant decimals = 6;
    bool public immutable silent; // true: returns nothing; false: returns false on failure
    bool public refusing;
    mapping(address who => uint256) public balanceOf;
    mapping(address owner => mapping(address spender => uint256)) public allowance;

    constructor(bool silent_) {
        silent = silent_;
    }

    function setRefusing(bool value) external {
        refusing = value;
    }

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address spender, uint256 amount) external {
        allowance[msg.sender][spender] = amount;
        _answer(true);
    }

    function transfer(address to, uint256 amount) external {
        _answer(_move(msg.sender, to, amount));
    }

    function transferFrom(address from, address to, uint256 amount) external {
        if (allowance[from][msg.sender] < amount) _answer(false);
        allowance[from][msg.sender] -= amount;
        _answer(_move(from, to, amount));
    }

    function _move(address from, address to, uint256 amount) private returns (bool) {
        if (refusing || balanceOf[from] < amount) return false;
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        return true;
    }

    function _answer(bool done) private view {
        if (silent) {
            require(done, "no");
            assembly {
                return(0, 0)
            }
        }
        assembly {
            mstore(0, done)
            return(0, 32)
        }
    }
}
