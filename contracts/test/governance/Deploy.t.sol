// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {AttestationRegistry} from "../../src/attestation/AttestationRegistry.sol";
import {IRiskParameters} from "../../src/interfaces/IRiskParameters.sol";
import {Keys} from "../../src/libraries/Keys.sol";
import {Deploy} from "../../script/Deploy.sol";
import {LocalConfig} from "../../script/mocks/LocalConfig.sol";
import {LocalToken} from "../../script/mocks/LocalToken.sol";
import {Deployment} from "../support/Deployment.sol";

contract DeployTest is Deployment {
    uint256 private constant SIZE_LIMIT = 24_576;
    uint256 private constant GAS_LIMIT = 1 << 24; // of a transaction (EIP-7825)

    function code(uint256 part) private view returns (bytes memory) {
        string memory name = nameOf(Deploy.Part(part));
        return vm.getCode(string.concat(name, ".sol:", name));
    }

    function test_T29_TheDeployerKeepsNothing() public {
        deployProtocol();
        deploy.verify();
        assertEq(deploy.deployer(), address(this), "deployer");
        assertEq(token.balanceOf(address(this)) + token.balanceOf(address(deploy)), 0, "no votes");
        vm.expectRevert(abi.encodeWithSelector(Deploy.OutOfOrder.selector, deploy.parts(), deploy.parts()));
        deploy.finish();
        vm.expectRevert(abi.encodeWithSelector(Deploy.OutOfOrder.selector, deploy.parts(), deploy.parts()));
        deploy.next("");
    }

    function test_EveryPartIsBelowTheSizeLimit() public {
        deployProtocol();
        for (uint256 i = 0; i < deploy.parts(); ++i) {
            uint256 size = deploy.addressOf(Deploy.Part(i)).code.length;
            assertTrue(size != 0, nameOf(Deploy.Part(i)));
            assertAtMost(size, SIZE_LIMIT - 1, nameOf(Deploy.Part(i)));
        }
        assertAtMost(address(deploy).code.length, SIZE_LIMIT - 1, "Deploy");
    }

    function test_EveryPartFitsATransaction() public {
        deploy = newDeploy();
        for (uint256 i = 0; i < deploy.parts(); ++i) {
            bytes memory creationCode = code(i);
            uint256 before = gasleft();
            deploy.next(creationCode);
            // 16 gas a byte of call data and 21,000 come on top.
            assertAtMost(before - gasleft() + 16 * creationCode.length + 21_000, GAS_LIMIT, nameOf(Deploy.Part(i)));
        }
    }

    function newDeploy() private returns (Deploy) {
        vm.warp(MONDAY);
        attesters = keySet(7, 1);
        cash = new LocalToken("Dollar", "USD", 6);
        return new Deploy(configuration());
    }

    function test_RevertIf_SomebodyElseDeploys() public {
        deploy = newDeploy();
        bytes memory creationCode = code(0);
        vm.prank(WHALE);
        vm.expectRevert(abi.encodeWithSelector(Deploy.NotDeployer.selector, WHALE));
        deploy.next(creationCode);
        vm.prank(WHALE);
        vm.expectRevert(abi.encodeWithSelector(Deploy.NotDeployer.selector, WHALE));
        deploy.finish();
        vm.expectRevert(abi.encodeWithSelector(Deploy.OutOfOrder.selector, 0, deploy.parts()));
        deploy.finish();
    }

    function test_RevertIf_APartIsNotWhatItShouldBe() public {
        deploy = newDeploy();
        for (uint256 i = 0; i < deploy.parts(); ++i) {
            // The guardian in place of another contract that takes its arguments: wired wrongly, and noticed.
            if (i == uint256(Deploy.Part.Guardian)) deploy.next(abi.encodePacked(type(WrongGuardian).creationCode));
            else deploy.next(code(i));
        }
        vm.expectPartialRevert(Deploy.StillHeld.selector);
        deploy.finish();
    }

    function test_AFailingConstructorSaysWhy() public {
        Deploy.Config memory c = newDeploy().config();
        c.amounts[0] -= 1;
        deploy = new Deploy(c);
        bytes memory creationCode = code(0);
        vm.expectRevert(abi.encodeWithSignature("WrongDistribution(uint256,uint256)", 1e27 - 1, 1e27));
        deploy.next(creationCode);
    }

    // ---- the local chain ----

    function test_TheLocalDeploymentHasTwoCoins() public {
        vm.warp(MONDAY);
        vm.chainId(31_337);
        attesters = keySet(4, 3);
        LocalConfig local = new LocalConfig();
        deploy = new Deploy(local.config(WHALE, attesters.members, DOCUMENT));
        for (uint256 i = 0; i < deploy.parts(); ++i) {
            deploy.next(code(i));
        }
        deploy.finish();
        IRiskParameters numbers = IRiskParameters(deploy.addressOf(Deploy.Part.Parameters));
        assertEq(numbers.value(Keys.ofCoin(Keys.COIN_HAIRCUT_WAD, 0)), 15e16, "bitcoin");
        assertEq(numbers.value(Keys.ofCoin(Keys.COIN_HAIRCUT_WAD, 1)), 20e16, "ether");
        (uint64 setId,,,) = AttestationRegistry(deploy.addressOf(Deploy.Part.Attestations)).attesterSets();
        assertEq(setId, 1, "the first set is active");
        local.cash().mint(address(this), 5e6);
        assertEq(local.cash().balanceOf(address(this)), 5e6, "anybody mints here");
    }

    function test_RevertIf_TheLocalDeploymentLeavesItsChain() public {
        vm.chainId(1);
        vm.expectRevert(abi.encodeWithSelector(LocalToken.NotLocal.selector, 1, 31_337));
        new LocalConfig();
        vm.chainId(31_337);
        LocalToken made = new LocalToken("Local Dollar", "LUSD", 6);
        vm.chainId(8453); // a fork with another number
        vm.expectRevert(abi.encodeWithSelector(LocalToken.NotLocal.selector, 8453, 31_337));
        made.mint(address(this), 1);
    }
}

/// @notice Answers like a guardian of nobody.
contract WrongGuardian {
    address public governance;

    constructor(address, address, address, address, uint256) {}
}
