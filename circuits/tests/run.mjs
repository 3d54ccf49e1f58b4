// Compiles a circuit at the suite's sizes, with a change or without, and tries witnesses on it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Noir } from '@noir-lang/noir_js';
import { compileFolder } from '../tools/compiler.mjs';
import { writeSources } from '../tools/instances.mjs';
import { sizes } from './cases.mjs';

/** @param edit (path, text) -> text */
export async function compiled(circuit, edit) {
  const folder = mkdtempSync(join(tmpdir(), 'pms-circuit-'));
  try {
    writeSources({ circuit, ...sizes[circuit] }, folder, edit);
    return new Noir(await compileFolder(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Whether a circuit has a witness for the inputs. */
export async function accepts(program, inputs) {
  try {
    await program.execute(inputs);
    return true;
  } catch (error) {
    // What fails in the circuit names the place where; anything else is a fault of the suite.
    if (error.callStack !== undefined || /Cannot satisfy constraint|Circuit execution failed/.test(error.message)) return false;
    throw error;
  }
}
