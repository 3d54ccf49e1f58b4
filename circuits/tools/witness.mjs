// Solves a circuit for given inputs:  node witness.mjs CIRCUIT.json INPUTS.json WITNESS.gz
// Ends with 3, and what could not be satisfied on standard error, where the inputs are no witness.
import { readFileSync, writeFileSync } from 'node:fs';
import { Noir } from '@noir-lang/noir_js';

const [circuit, inputs, output] = process.argv.slice(2);
if (!circuit || !inputs || !output) {
  console.error('usage: node witness.mjs CIRCUIT.json INPUTS.json WITNESS.gz');
  process.exit(64);
}
const noir = new Noir(JSON.parse(readFileSync(circuit, 'utf8')));
const values = JSON.parse(readFileSync(inputs, 'utf8'));
try {
  const { witness } = await noir.execute(values);
  writeFileSync(output, witness);
} catch (error) {
  console.error(error.message);
  process.exit(3);
}
