// Compiles an instance of a circuit:  node compile.mjs INSTANCE OUTPUT-FOLDER      writes circuit.json there; nothing where it is of the same sources
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { compileFolder } from './compiler.mjs';
import { sourceHash, writeSources } from './instances.mjs';

const [name, target] = process.argv.slice(2);
if (!name || !target) {
  console.error('usage: node compile.mjs INSTANCE OUTPUT-FOLDER');
  process.exit(64);
}
const folder = resolve(target);
const output = join(folder, 'circuit.json');
const source = sourceHash(name);
if (!existsSync(output) || JSON.parse(readFileSync(output, 'utf8')).source !== source) {
  mkdirSync(folder, { recursive: true });
  writeSources(name, join(folder, 'noir'));
  const program = await compileFolder(join(folder, 'noir'));
  writeFileSync(`${output}.tmp`, JSON.stringify({ source, ...program }));
  renameSync(`${output}.tmp`, output);
}
console.log(source);
