// The Noir compiler on an instance's folder.
import { compile, createFileManager } from '@noir-lang/noir_wasm';

/** @returns the program as Noir writes it: bytecode, abi, noir_version. Throws with the compiler's words where it refuses. */
export async function compileFolder(folder) {
  const lines = [];
  const program = await compile(createFileManager(folder), folder, (line) => lines.push(line), () => {}).catch((error) => {
    throw new Error(`${error.message}\n${lines.join('\n')}\n${JSON.stringify(error.logs ?? error.diagnostics ?? '', null, 1).slice(0, 4000)}`);
  });
  // What is for debuggers holds paths of this machine.
  const { noir_version, hash, abi, bytecode } = program.program;
  return { noir_version, hash, abi, bytecode };
}
