// Instances of circuits: circuits/sizes.json as Noir constants, and an instance's sources in one folder that the compiler reads.
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const circuits = join(dirname(fileURLToPath(import.meta.url)), '..');
export const sizes = JSON.parse(readFileSync(join(circuits, 'sizes.json'), 'utf8'));

// Of UltraHonk zero-knowledge proofs made for recursion, by bb 5.0.0: field elements of a proof and of its verifying key, at every circuit size.
const PROOF_FIELDS = 458;
const KEY_FIELDS = 115;

/** Names of Noir constants that an instance has: its numbers, upper case with underscores. */
function constants(numbersOf) {
  const { circuit, shard, ...numbers } = numbersOf;
  const all = Object.entries(numbers).map(([key, value]) => [key.replace(/[A-Z]/g, (c) => `_${c}`).toUpperCase(), value]);
  return all.sort().map(([key, value]) => `pub global ${key}: u32 = ${value};\n`).join('');
}

export function instance(name) {
  const found = typeof name === 'string' ? sizes[name] : name;
  if (!found) throw new Error(`no instance ${name}: circuits/sizes.json has ${Object.keys(sizes).join(', ')}`);
  return found.circuit === 'solvency-settle' ? { ...found, keyFields: KEY_FIELDS, proofFields: PROOF_FIELDS } : found;
}

/** Sources of an instance, by name or by its sizes, in a folder: a Noir package beside the library. `edit(path, text)` may change a source (tests of the tests do). */
export function writeSources(name, folder, edit = (_, text) => text) {
  const found = instance(name);
  const { circuit } = found;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'src'), { recursive: true });
  mkdirSync(join(folder, 'lib', 'src'), { recursive: true });
  cpSync(join(circuits, 'lib', 'Nargo.toml'), join(folder, 'lib', 'Nargo.toml'));
  for (const { path, text } of sourcesOf(circuit)) writeFileSync(join(folder, path === 'main.nr' ? join('src', path) : path), edit(path, text));
  writeFileSync(join(folder, 'src', 'sizes.nr'), constants(found));
  writeFileSync(join(folder, 'Nargo.toml'), `[package]\nname = "${circuit.replaceAll('-', '_')}"\ntype = "bin"\nauthors = [""]\n\n[dependencies]\npms = { path = "lib" }\n`);
}

/** The library's sources and the circuit's own, as paths in an instance's folder. */
export function sourcesOf(circuit) {
  const lib = join(circuits, 'lib', 'src');
  return [
    ...readdirSync(lib).sort().map((file) => ({ path: join('lib', 'src', file), text: readFileSync(join(lib, file), 'utf8') })),
    { path: 'main.nr', text: readFileSync(join(circuits, circuit, 'main.nr'), 'utf8') },
  ];
}

/** Names an instance's sources, sizes and compiler. */
export function sourceHash(name) {
  const hash = createHash('sha256');
  const { dependencies } = JSON.parse(readFileSync(join(circuits, 'package.json'), 'utf8'));
  hash.update(JSON.stringify(dependencies)).update(constants(instance(name)));
  for (const { path, text } of sourcesOf(instance(name).circuit)) hash.update(`\n${path}\n${text}`);
  return hash.digest('hex');
}
