// Witnesses of each circuit, honest ones and forgeries. A forgery breaks one protection and makes everything else agree with it: hashes, roots and challenges are those of the forged witness.
import * as m from './model.mjs';

/** Sizes of the suite's own instances: small, so that each change of a circuit compiles in a second or two. */
export const sizes = {
  'account-margin': { positions: 3, scenarios: 10, tail: 2, rowDepth: 2, accountDepth: 2 },
  'margin-batch': { accounts: 2, positions: 3, scenarios: 10, tail: 2, rows: 4, upperDepth: 1 },
  'solvency': { accounts: 2, positions: 3, scenarios: 10, tail: 2, rows: 4 },
  'solvency-shard': { accounts: 2, positions: 3, scenarios: 10, tail: 2, rows: 4 },
  'solvency-settle': { shards: 2, scenarios: 10, tail: 2 },
};
const half = (m.P + 1n) / 2n;

function world(seed, { positions, scenarios }, accounts) {
  const draw = m.draws(seed);
  const rows = Array.from({ length: 4 }, () => Array.from({ length: scenarios }, () => m.GAIN + draw(-1000, 1000)));
  return {
    rows,
    context: draw(1, 1 << 30),
    accounts: Array.from({ length: accounts }, (_, i) => ({
      number: BigInt(i + 1), sequence: draw(1, 99), positions_hash: [draw(0, 1n << 62n), draw(0, 1n << 62n)], equity: m.EQUITY + draw(-2000, 2000), salt: draw(0, 1n << 62n),
      rows: Array.from({ length: positions }, (_, p) => draw(1, 3)),
      lots: Array.from({ length: positions }, (_, p) => m.LOTS + draw(-50, 50)),
    })),
  };
}
const lossesOf = (account, rows) => m.gains(account, rows).map((g) => m.signed(-g));

// ---- one account ----

function accountMargin(w, size, forged = {}) {
  const place = 1;
  const account = w.accounts[place];
  const losses = forged.losses ?? lossesOf(account, forged.rows ?? w.rows);
  const honest = m.tail(losses, size.tail);
  const { tail, mean } = { ...honest, ...forged };
  const leaves = w.accounts.map(m.leaf);
  const rowLeaves = w.rows.map(m.rowLeaf);
  const accountPath = forged.accountPath ?? m.path(leaves, place);
  return {
    context: w.context,
    array_root: m.root(rowLeaves),
    accounts_root: forged.accountsRoot ?? m.root(leaves),
    margin_root: forged.marginRoot ?? m.marginLeaf(account, mean),
    account,
    account_sides: accountPath.sides,
    account_siblings: accountPath.siblings,
    openings: account.rows.map((row, i) => {
      const opened = Number((forged.opened?.[i] ?? row) % (1n << 32n));
      return { gains: (forged.rows ?? w.rows)[opened], ...m.path(rowLeaves, opened) };
    }),
    tail,
    margin: mean,
  };
}

// ---- a batch ----

function marginBatch(w, size, forged = {}) {
  const those = w.accounts.slice(0, size.accounts);
  const honest = those.map((a) => m.tail(lossesOf(a, w.rows), size.tail));
  const parts = honest.map((h, i) => ({ ...h, ...(i === 0 ? forged : {}) }));
  const leaves = w.accounts.map(m.leaf);
  const arrayRoot = m.root(w.rows.map(m.rowLeaf));
  const accountsRoot = forged.accountsRoot ?? m.root(leaves);
  const losses = m.digest(parts.flatMap((p) => [m.mod(p.tail.threshold), ...m.packSigned(p.tail.distances)]), 'losses');
  const r = m.digest([w.context, arrayRoot, accountsRoot, losses], 'challenge');
  const evaluations = forged.evaluations?.(r) ?? w.rows.map((row) => m.evaluate(row.map((g) => g - m.GAIN), r));
  const up = m.path(leaves, 0, 1);
  return {
    context: w.context,
    array_root: arrayRoot,
    accounts_root: accountsRoot,
    evaluations_statement: forged.statement ?? m.statement(r, w.rows.map((row) => m.evaluate(row.map((g) => g - m.GAIN), r))),
    margin_root: forged.marginRoot ?? m.root(those.map((a, i) => m.marginLeaf(a, parts[i].mean))),
    accounts: those,
    sides: up.sides,
    siblings: up.siblings,
    tails: parts.map((p) => p.tail),
    margins: parts.map((p) => p.mean),
    evaluations,
  };
}

// ---- solvency, whole and in parts ----

function part(w, those, forged = {}) {
  const equities = those.map((a, i) => {
    const values = forged.flat ? w.rows[0].map(() => a.equity - m.EQUITY) : (i === 0 && forged.values) || m.gains(a, w.rows).map((g) => m.signed(g + a.equity - m.EQUITY));
    return { values, flags: (i === 0 && forged.flags) || values.map((v) => (v < 0n ? 1n : 0n)) };
  });
  const arrayRoot = m.root(w.rows.map(m.rowLeaf));
  const rootOf = forged.root ?? m.root(those.map(m.leaf));
  const losses = m.digest(equities.flatMap((e) => m.packSigned(e.values)), 'losses');
  const r = m.digest([w.context, arrayRoot, m.root(those.map(m.leaf)), losses], 'challenge');
  const honest = w.rows.map((row) => m.evaluate(row.map((g) => g - m.GAIN), r));
  const totals = equities[0].values.map((_, s) => m.mod(equities.reduce((sum, e) => sum - e.flags[s] * e.values[s], 0n)));
  return { arrayRoot, root: rootOf, statement: m.statement(r, honest), equities, evaluations: forged.evaluations?.(r) ?? honest, totals };
}

function solvency(w, size, forged = {}) {
  const p = part(w, w.accounts, forged);
  const { tail, mean } = { ...m.tail((forged.totals ?? p.totals).map(m.signed), size.tail), ...forged };
  return {
    context: w.context, array_root: p.arrayRoot, accounts_root: p.root, evaluations_statement: p.statement, shortfall: mean,
    accounts: w.accounts, equities: p.equities, evaluations: p.evaluations, tail,
  };
}

function solvencyShard(w, size, forged = {}) {
  const p = part(w, w.accounts, forged);
  return {
    context: w.context, array_root: p.arrayRoot, part_root: p.root, part_statement: p.statement, totals_digest: m.digest((forged.totals ?? p.totals).map(m.mod), 'totals'),
    accounts: w.accounts, equities: p.equities, evaluations: p.evaluations,
  };
}

/** The proofs of the parts are not looked at by a witness generator: the proof's own test has them (Pms.Prover.Tests). */
function solvencySettle(w, size, forged = {}) {
  const draw = m.draws(w.context);
  const shards = Array.from({ length: size.shards }, () => ({
    proof: Array(458).fill(0n), root: draw(1, 1n << 60n), statement: draw(1, 1n << 60n), totals: Array.from({ length: size.scenarios }, () => draw(0, 1000)),
  }));
  const totals = shards[0].totals.map((_, s) => shards.reduce((sum, shard) => sum + shard.totals[s], 0n));
  const { tail, mean } = { ...m.tail(forged.totals ?? totals, size.tail), ...forged };
  return {
    context: w.context, array_root: draw(1, 1n << 60n), accounts_root: forged.root ?? m.root(shards.map((s) => s.root)),
    evaluations_statement: forged.statement ?? m.digest(shards.map((s) => s.statement), 'statements'), shortfall: mean, shard_key: draw(1, 1n << 60n), key: Array(115).fill(0n), shards, tail,
  };
}

const makers = { 'account-margin': accountMargin, 'margin-batch': marginBatch, solvency, 'solvency-shard': solvencyShard, 'solvency-settle': solvencySettle };
const accountsOf = (circuit) => ({ 'account-margin': 4, 'margin-batch': 4, solvency: 2, 'solvency-shard': 2, 'solvency-settle': 0 })[circuit];

/** An honest witness. */
export function honest(circuit, seed) {
  const size = sizes[circuit];
  return m.asInputs(makers[circuit](world(seed, { positions: 0, ...size }, accountsOf(circuit)), size));
}

// ---- forgeries ----

/** Forged tails of losses: each breaks one line of tail.nr or signed.nr. */
function tails(losses, count) {
  const { tail, mean } = m.tail(losses, count);
  const sorted = losses.map((_, s) => s).sort((a, b) => (losses[b] > losses[a] ? 1 : losses[b] < losses[a] ? -1 : a - b));
  const [worst, , next] = sorted;
  const flags = (changes) => ({ ...tail, flags: tail.flags.map((f, s) => changes[s] ?? f) });
  const meanOf = (t, divisor) => { // what the circuit's identity asks for
    const above = t.distances.reduce((sum, d, s) => m.mod(sum - t.flags[s] * d), 0n);
    const sum = m.signed(m.mod(BigInt(count) * t.threshold + above));
    return sum > 0n ? (sum + divisor - 1n) / divisor : 0n;
  };
  const M = BigInt(count);
  const overstated = { ...tail, threshold: losses[worst] + 7n, distances: losses.map((l) => losses[worst] + 7n - l), flags: losses.map(() => 0n), positive: 1n };
  const halves = flags({ [worst]: half, [next]: half });
  const swapped = flags({ [worst]: 0n, [next]: 1n });
  return {
    'one tick low': { tail, mean: mean - 1n },
    'one tick high': { tail, mean: mean + 1n },
    'far too high': { tail: { ...tail, positive: 0n }, mean: mean + 1000n },
    'no loss counted': { tail: overstated, mean: overstated.threshold },
    'half a loss counted': { tail: halves, mean: meanOf(halves, M) },
    'a smaller loss counted for the worst': { tail: swapped, mean: meanOf(swapped, M) },
  };
}

/** Forged accounts that keep the leaf of an honest one: numbers that overflow into what is packed beside them. Each returns what the account is now. */
const overflows = {
  'lots overflow into the row': (a) => ({ ...a, rows: [a.rows[0] - 1n, ...a.rows.slice(1)], lots: [a.lots[0] + (1n << 40n), ...a.lots.slice(1)] }),
  'a row overflows into the next lots': (a) => ({ ...a, rows: [a.rows[0] + (1n << 32n), ...a.rows.slice(1)], lots: [a.lots[0], a.lots[1] - (1n << 23n), ...a.lots.slice(2)] }),
  'a sequence overflows into the number': (a) => ({ ...a, number: a.number - 1n, sequence: a.sequence + (1n << 64n) }),
  'lots at their limit': (a) => ({ ...a, lots: [1n << 40n, ...a.lots.slice(1)] }),
  'equity overflows into the sequence': (a) => ({ ...a, sequence: a.sequence - 1n, equity: a.equity + (1n << 64n) }),
  'a number of more than 64 bits': (a) => ({ ...a, number: a.number + (1n << 64n) }),
};

/** name -> inputs that the circuit must refuse. */
export function forgeries(circuit, seed) {
  const size = sizes[circuit];
  const make = makers[circuit];
  const fresh = () => world(seed, { positions: 0, ...size }, accountsOf(circuit));
  const all = {};
  const add = (name, inputs) => { all[name] = m.asInputs(inputs); };
  const clean = make(fresh(), size);

  if (circuit !== 'solvency-settle') {
    const place = circuit === 'account-margin' ? 1 : 0;
    for (const [name, forge] of Object.entries(overflows)) {
      const w = fresh();
      w.accounts[place] = forge(w.accounts[place]);
      add(name, make(w, size));
    }
  }
  if (circuit === 'account-margin' || circuit === 'margin-batch') {
    const place = circuit === 'account-margin' ? 1 : 0;
    const losses = lossesOf(fresh().accounts[place], fresh().rows);
    for (const [name, forged] of Object.entries(tails(losses, size.tail))) add(name, make(fresh(), size, forged));
    add('an account outside of the tree', make(fresh(), size, { accountsRoot: 12345n }));
    add('another margin root', make(fresh(), size, { marginRoot: 12345n }));
    // The book loses the same huge sum in every scenario.
    const huge = fresh();
    huge.rows[1] = huge.rows[1].map(() => 0n);
    for (const a of huge.accounts) [a.rows, a.lots] = [a.rows.map(() => 1n), a.lots.map(() => 2n * m.LOTS - 1n)];
    add('a margin that overflows into the sequence', make(huge, size));
    // Limits of a distance: 2^56 away from the threshold, and 2^57 with the neighbour one less, which packs to the same field element.
    const { tail: own, mean: ownMean } = m.tail(losses, size.tail);
    const far = own.flags.findIndex((f) => f === 0n);
    const moved = (changes) => ({ ...own, distances: own.distances.map((d, s) => d + (changes[s] ?? 0n)) });
    add('a distance at its limit', make(fresh(), size, { tail: moved({ [far]: (1n << 56n) - own.distances[far] }), mean: ownMean }));
    const pair = own.flags.findIndex((f, s) => f === 0n && own.flags[s + 1] === 0n && own.distances[s + 1] > 0n && s % 4 !== 3);
    if (pair >= 0) add('a distance overflows into the next', make(fresh(), size, { tail: moved({ [pair]: 1n << 57n, [pair + 1]: -1n }), mean: ownMean }));
    const smaller = losses.map((l, s) => l - BigInt(s + 1));
    add('losses that are not the positions\'', circuit === 'account-margin' ? make(fresh(), size, { losses: smaller }) : make(fresh(), size, m.tail(smaller, size.tail)));
  }
  if (circuit === 'account-margin') {
    // Any leaf hangs under an honest root by a side that is neither left nor right: node + t (x - node) = left, x - t (x - node) = right.
    const w = fresh();
    const top = m.levels(w.accounts.map(m.leaf));
    w.accounts[1] = { ...w.accounts[1], lots: w.accounts[1].lots.map(() => m.LOTS) };
    const lies = m.leaf(w.accounts[1]);
    const [left, right] = top[0];
    const x = m.mod(left + right - lies);
    const t = m.mod((left - lies) * inverse(m.mod(x - lies)));
    add('a side that is neither left nor right', make(w, size, { accountPath: { sides: [t, 0n], siblings: [x, top[1][1]] }, accountsRoot: top[2][0] }));
    const alias = fresh();
    const row = Number(alias.accounts[1].rows[0]);
    const forgedRows = alias.rows.map((gains, i) => (i === row ? [gains[0] + (1n << 32n), gains[1] - 1n, ...gains.slice(2)] : gains));
    add('a gain overflows into the next', make(alias, size, { rows: forgedRows }));
    add('rows that are not the array\'s', make(fresh(), size, { rows: fresh().rows.map((gains) => gains.map((g) => g + 1n)) }));
    const other = fresh();
    const opened = other.accounts[1].rows.map((r) => (r === 3n ? 2n : r + 1n));
    const lossesThere = m.gains({ ...other.accounts[1], rows: opened }, other.rows).map((g) => m.signed(-g));
    add('the row of another contract', make(other, size, { opened, losses: lossesThere }));
  }
  if (circuit === 'margin-batch' || circuit === 'solvency' || circuit === 'solvency-shard') {
    // Evaluations that make forged losses agree: only the quorum's statement stands against them.
    if (circuit === 'margin-batch') {
      add('evaluations that are not the array\'s', withoutLosses(fresh(), size));
    } else {
      // Nobody gains or loses anything, and all evaluations are 0.
      add('evaluations that are not the array\'s', make(fresh(), size, { flat: true, evaluations: () => fresh().rows.map(() => 0n) }));
    }
  }
  if (circuit === 'solvency' || circuit === 'solvency-shard') {
    const w = fresh();
    const values = m.gains(w.accounts[0], w.rows).map((g) => m.signed(g + w.accounts[0].equity - m.EQUITY));
    add('equities that are not the account\'s', make(fresh(), size, { values: values.map((v, s) => v + BigInt(s + 1)) }));
    add('a debt that is not counted', make(indebted(fresh()), size, { flags: Array(size.scenarios).fill(0n) }));
    add('half a debt counted', make(indebted(fresh()), size, { flags: Array(size.scenarios).fill(half) }));
    // An equity at its limit, in every scenario alike, so that nothing but its size is wrong.
    const rich = fresh();
    rich.accounts[0] = { ...rich.accounts[0], equity: m.EQUITY + (1n << 56n), lots: rich.accounts[0].lots.map(() => m.LOTS) };
    add('an equity at its limit', make(rich, size));
    add('an account outside of the tree', make(fresh(), size, { root: 12345n }));
    const totals = part(fresh(), fresh().accounts).totals.map((t) => t + 1n);
    add('totals that are not the accounts\'', make(fresh(), size, { totals }));
  }
  if (circuit === 'solvency' || circuit === 'solvency-settle') {
    const totals = circuit === 'solvency'
      ? part(fresh(), fresh().accounts).totals.map(m.signed)
      : clean.tail.distances.map((d) => clean.tail.threshold - d);
    for (const [name, forged] of Object.entries(tails(totals, size.tail))) add(name, make(fresh(), size, forged));
  }
  if (circuit === 'solvency-settle') {
    add('parts of another tree', make(fresh(), size, { root: 12345n }));
    add('statements that are not the parts\'', make(fresh(), size, { statement: 12345n }));
    const totals = clean.tail.distances.map((d) => clean.tail.threshold - d - 1n);
    add('forged partial sums', make(fresh(), size, { totals }));
  }
  return all;
}

function inverse(x) {
  let [result, base, exponent] = [1n, x, m.P - 2n];
  for (; exponent > 0n; exponent >>= 1n, base = m.mod(base * base)) if (exponent & 1n) result = m.mod(result * base);
  return result;
}

/** The first account owes in every scenario. */
function indebted(w) {
  w.accounts[0] = { ...w.accounts[0], equity: m.EQUITY - (1n << 30n) };
  return w;
}

/** Every account of a batch is said to lose nothing, and all evaluations to be 0. */
function withoutLosses(w, size) {
  const zero = m.tail(Array(size.scenarios).fill(0n), size.tail);
  const inputs = marginBatch(w, size, zero);
  const those = w.accounts.slice(0, size.accounts);
  const losses = m.digest(those.flatMap(() => [0n, ...m.packSigned(zero.tail.distances)]), 'losses');
  const r = m.digest([w.context, inputs.array_root, inputs.accounts_root, losses], 'challenge');
  return {
    ...inputs,
    tails: those.map(() => zero.tail), margins: those.map(() => 0n), evaluations: w.rows.map(() => 0n),
    margin_root: m.root(those.map((a) => m.marginLeaf(a, 0n))),
    evaluations_statement: m.statement(r, w.rows.map((row) => m.evaluate(row.map((g) => g - m.GAIN), r))),
  };
}
