// Compiles a verifier that bb has written:  node verifier.mjs VERIFIER.sol CONTRACT OUTPUT.json      {abi, bytecode, deployedBytecode, metadata}
import { readFileSync, writeFileSync } from 'node:fs';
import solc from 'solc';

const [source, contract, output] = process.argv.slice(2);
if (!source || !contract || !output) {
  console.error('usage: node verifier.mjs VERIFIER.sol CONTRACT OUTPUT.json');
  process.exit(64);
}
const compiled = JSON.parse(solc.compile(JSON.stringify({
  language: 'Solidity',
  sources: { 'Verifier.sol': { content: readFileSync(source, 'utf8') } },
  settings: {
    optimizer: { enabled: true, runs: 200 },
    evmVersion: 'cancun',
    metadata: { bytecodeHash: 'none', appendCBOR: false },
    outputSelection: { '*': { [contract]: ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] } },
  },
})));
const errors = (compiled.errors ?? []).filter((e) => e.severity === 'error');
if (errors.length > 0) {
  console.error(errors.map((e) => e.formattedMessage).join('\n'));
  process.exit(1);
}
const { abi, evm } = compiled.contracts['Verifier.sol'][contract];
writeFileSync(output, JSON.stringify({ abi, bytecode: { object: `0x${evm.bytecode.object}` }, deployedBytecode: { object: `0x${evm.deployedBytecode.object}` } }));
