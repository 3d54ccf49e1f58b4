// Every circuit accepts honest witnesses and refuses forgeries; and each protection is needed: without it, some forgery gets through.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourcesOf } from '../tools/instances.mjs';
import { forgeries, honest, sizes } from './cases.mjs';
import { accepts, compiled } from './run.mjs';

const seeds = process.env.PMS_LONG ? Array.from({ length: 30 }, (_, i) => i + 1) : [1, 2, 3];
const circuits = Object.keys(sizes);

for (const circuit of circuits) {
  test(`${circuit}: honest witnesses are accepted, forgeries refused`, async () => {
    const program = await compiled(circuit);
    for (const seed of seeds) {
      assert.ok(await accepts(program, honest(circuit, seed)), `the honest witness of seed ${seed}`);
      for (const [name, inputs] of Object.entries(forgeries(circuit, seed))) assert.ok(!(await accepts(program, inputs)), `${name}, seed ${seed}, got through`);
    }
  });
}

// ---- mutations ----

/** Lines that constrain something, by file. The proof of a part has no witness generator that looks at it: Pms.Prover.Tests proves with a false part. */
const guard = /^\s*(assert\(|assert_bits::|assert_bool\(|crate::range::assert_|x\.assert_max_bit_size)/;
const provenElsewhere = /verify_proof_with_type/;
/** What a challenge is drawn after. */
const absorbed = [
  ['lib/src/shortfall.nr', 'digest_of([context, array_root, root, losses.digest()]', ['context', 'array_root', 'root', 'losses.digest()']],
  ['margin-batch/main.nr', 'digest_of([context, array_root, accounts_root, losses.digest()]', ['context', 'array_root', 'accounts_root', 'losses.digest()']],
];

/** [file, line number, text] of every guard; a main.nr is named by its circuit. */
function guards() {
  const files = new Map();
  for (const circuit of circuits) for (const { path, text } of sourcesOf(circuit)) files.set(path === 'main.nr' ? `${circuit}/main.nr` : path, text);
  return [...files].flatMap(([file, text]) => text.split('\n').flatMap((line, i) => (guard.test(line) && !provenElsewhere.test(line) ? [[file, i, line.trim()]] : [])));
}
const users = (file) => (file.startsWith('lib/') ? circuits : [file.split('/')[0]]);
const fileOf = (circuit, path) => (path === 'main.nr' ? `${circuit}/main.nr` : path);

let [killed, all] = [0, 0];
for (const [file, number, line] of guards()) {
  all++;
  test(`without ${file}:${number + 1} ${line}`, async () => {
    for (const circuit of users(file)) {
      const program = await compiled(circuit, (path, text) =>
        fileOf(circuit, path) === file ? text.split('\n').map((l, i) => (i === number ? '' : l)).join('\n') : text);
      for (const [, inputs] of Object.entries(forgeries(circuit, 1))) {
        if (await accepts(program, inputs)) {
          killed++;
          return;
        }
      }
    }
    assert.fail('no forgery gets through: the suite would not notice');
  });
}

/** Ranges one bit too wide: [file, text, wider]. A row's is not among them: a place beyond the array's rows is refused by the lookup. */
const widths = [
  ['lib/src/packing.nr', 'SIZE_BITS: u32 = 56', 'SIZE_BITS: u32 = 57'],
  ['lib/src/packing.nr', 'LOT_BITS: u32 = 40', 'LOT_BITS: u32 = 41'],
  ['lib/src/packing.nr', 'GAIN_BITS: u32 = 32', 'GAIN_BITS: u32 = 33'],
  ['lib/src/account.nr', 'assert_bits::<64>(self.number)', 'assert_bits::<65>(self.number)'],
  ['lib/src/account.nr', 'assert_bits::<64>(self.sequence)', 'assert_bits::<65>(self.sequence)'],
  ['lib/src/account.nr', 'assert_bits::<64>(self.equity)', 'assert_bits::<65>(self.equity)'],
  ['lib/src/account.nr', 'assert_bits::<64>(margin)', 'assert_bits::<80>(margin)'],
];
for (const [file, text, wider] of widths) {
  all++;
  test(`${file}: ${wider}`, async () => {
    for (const circuit of users(file)) {
      let found = false;
      const program = await compiled(circuit, (path, source) => {
        if (path !== file) return source;
        found = source.includes(text);
        return source.replace(text, wider);
      });
      assert.ok(found, `${file} has no ${text}`);
      for (const [, inputs] of Object.entries(forgeries(circuit, 1))) {
        if (await accepts(program, inputs)) {
          killed++;
          return;
        }
      }
    }
    assert.fail('no forgery gets through: the suite would not notice');
  });
}

for (const [file, list, items] of absorbed) {
  for (const item of items) {
    all++;
    test(`${file}: a challenge not drawn after ${item}`, async () => {
      const parts = list.slice(list.indexOf('[') + 1, -1).split(', ');
      const changed = `${list.slice(0, list.indexOf('[') + 1)}${parts.map((p) => (p === item ? '0' : p)).join(', ')}]`;
      for (const circuit of users(file).filter((c) => c !== 'account-margin' && c !== 'solvency-settle')) {
        if (circuit === 'margin-batch' && file.startsWith('lib/')) continue;
        let found = false;
        const program = await compiled(circuit, (path, text) => {
          if (fileOf(circuit, path) !== file) return text;
          found = text.includes(list);
          return text.replace(list, changed);
        });
        assert.ok(found, `${file} has no ${list}`);
        assert.ok(!(await accepts(program, honest(circuit, 1))), `${circuit} draws the same challenge`);
      }
      killed++;
    });
  }
}

test('mutation score', () => {
  console.log(`mutations noticed: ${killed} of ${all}`);
  assert.equal(killed, all);
});
