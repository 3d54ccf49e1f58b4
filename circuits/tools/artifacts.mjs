// Renews circuits/artifacts.json after circuits, sizes or compiler have changed:  node tools/artifacts.mjs [INSTANCE ...]      from circuits/; all instances take half an hour
// A compiled circuit's hash and its number of gates do not depend on a commitment key; verifying keys do, so the development key's are kept. Pms.Prover.Tests compares.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { circuits, sizes, sourceHash } from './instances.mjs';

const file = join(circuits, 'artifacts.json');
const record = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
const work = join(circuits, '..', 'artifacts', 'zk');
for (const name of process.argv.length > 2 ? process.argv.slice(2) : Object.keys(sizes)) {
  execFileSync('node', ['--max-old-space-size=8000', join(circuits, 'tools', 'compile.mjs'), name, join(work, name)], { stdio: ['ignore', 'ignore', 'inherit'] });
  const program = JSON.parse(readFileSync(join(work, name, 'circuit.json'), 'utf8'));
  const known = readFileSync(join(work, name, 'gates'), 'utf8').split(' ');
  if (known[0] !== program.source) throw new Error(`${name}: set the circuit up first (pms prove, or its test)`);
  record[name] = { source: sourceHash(name), bytecode: createHash('sha256').update(program.bytecode).digest('hex'), gates: Number(known[1]) };
}
const ordered = Object.fromEntries(Object.keys(sizes).filter((name) => record[name]).map((name) => [name, record[name]]));
writeFileSync(file, `${JSON.stringify(ordered, null, 2)}\n`);
