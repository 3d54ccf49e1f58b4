// A false witness for tests: one value of a solved witness changed.  node tamper.mjs WITNESS.gz INDEX OUTPUT.gz
import { readFileSync, writeFileSync } from 'node:fs';
import { compressWitness, decompressWitness } from '@noir-lang/acvm_js';

const [file, index, output] = process.argv.slice(2);
const witness = decompressWitness(readFileSync(file));
const place = Number(index);
const value = BigInt(witness.get(place));
witness.set(place, `0x${(value === 0n ? 1n : value - 1n).toString(16).padStart(64, '0')}`);
writeFileSync(output, compressWitness(witness));
