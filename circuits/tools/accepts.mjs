// Whether a circuit has a witness:  node accepts.mjs CIRCUIT.json      reads inputs as JSON, one document a line; answers "yes" or "no: why", one line each
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Noir } from '@noir-lang/noir_js';

const [circuit] = process.argv.slice(2);
if (!circuit) {
  console.error('usage: node accepts.mjs CIRCUIT.json < INPUTS');
  process.exit(64);
}
const noir = new Noir(JSON.parse(readFileSync(circuit, 'utf8')));
for await (const line of createInterface({ input: process.stdin })) {
  try {
    await noir.execute(JSON.parse(line));
    console.log('yes');
  } catch (error) {
    // What fails in the circuit names the place where; anything else is a fault of the caller.
    if (error.callStack === undefined && !/Cannot satisfy constraint|Circuit execution failed/.test(error.message)) throw error;
    console.log(`no: ${error.message.split('\n')[0]}`);
  }
}
