// What the circuits compute, once more, over any field elements: an attacker's witness need not be a sensible book. Hashes are those of another implementation of Poseidon2.
import { permute } from '@zkpassport/poseidon2';

export const P = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;
export const mod = (x) => ((x % P) + P) % P;
const tags = { node: 1n, margin: 2n, account: 3n, positions: 4n, row: 5n, losses: 6n, challenge: 7n, evaluation: 8n, statement: 9n, totals: 10n, statements: 11n };

export const hash3 = (a, b, c, tag) => permute([mod(a), mod(b), mod(c), tags[tag]])[0];

export function digest(items, tag) {
  let state = [0n, 0n, 0n, tags[tag] + (BigInt(items.length) << 32n)];
  for (let i = 0; i < items.length; i += 3) {
    for (let j = 0; j < 3 && i + j < items.length; j++) state[j] = mod(state[j] + items[i + j]);
    state = permute(state);
  }
  return state[0];
}

const parent = (l, r) => hash3(l, r, 0n, 'node');
export function levels(leaves) {
  const all = [leaves];
  while (all.at(-1).length > 1) all.push(all.at(-1).filter((_, i) => i % 2 === 0).map((l, i) => parent(l, all.at(-1)[2 * i + 1])));
  return all;
}
export const root = (leaves) => levels(leaves).at(-1)[0];
export function path(leaves, place, from = 0) {
  const [sides, siblings] = [[], []];
  for (const level of levels(leaves).slice(from, -1)) {
    sides.push(BigInt(place & 1));
    siblings.push(level[place ^ 1]);
    place >>= 1;
  }
  return { sides, siblings };
}

/** Values in field elements, `per` each, the first one lowest. */
export function pack(values, per, bits) {
  const packed = [];
  for (let i = 0; i < values.length; i += per) packed.push(mod(values.slice(i, i + per).reduceRight((sum, v) => (sum << bits) + v, 0n)));
  return packed;
}

export const LOTS = 1n << 39n;
export const GAIN = 1n << 31n;
export const EQUITY = 1n << 63n;
const SIGNED = 1n << 56n;

export function leaf(account) {
  const positions = account.rows.map((row, i) => account.lots[i] + (row << 40n));
  const commitment = digest([account.salt, ...pack(positions, 4, 49n)], 'positions');
  return digest([mod((((account.number << 64n) + account.sequence) << 64n) + account.equity), ...account.positions_hash, commitment], 'account');
}
export const marginLeaf = (account, margin) => hash3((((account.number << 64n) + account.sequence) << 64n) + margin, ...account.positions_hash, 'margin');
export const rowLeaf = (gains) => digest(pack(gains, 7, 32n), 'row');
export const packSigned = (values) => pack(values.map((v) => signed(v) + SIGNED), 4, 57n);

/** A field element as the integer nearest to 0. */
export const signed = (x) => (mod(x) > P / 2n ? mod(x) - P : mod(x));

export function powers(r, count) {
  const all = [];
  for (let power = r; all.length < count; power = mod(power * r)) all.push(power);
  return all;
}
export const evaluate = (values, r) => mod(powers(r, values.length).reduce((sum, power, s) => sum + power * values[s], 0n));
export const statement = (r, evaluations) => hash3(r, digest(evaluations, 'evaluation'), 0n, 'statement');

/** An account's gain in every scenario; `rows` are the array's gains, shifted. A row beyond 32 bits is read modulo 2^32, as a cast would. */
export const gains = (account, rows) => rows[0].map((_, s) => mod(account.rows.reduce((sum, row, i) => sum + (account.lots[i] - LOTS) * (rows[Number(row % (1n << 32n))][s] - GAIN), 0n)));

/** The tail of losses as an honest prover writes it. */
export function tail(losses, m) {
  const order = losses.map((l, s) => s).sort((a, b) => (losses[b] === losses[a] ? a - b : losses[b] > losses[a] ? 1 : -1)).slice(0, m);
  const threshold = losses[order[m - 1]];
  const sum = order.reduce((total, s) => total + losses[s], 0n);
  const flags = losses.map((_, s) => (order.includes(s) ? 1n : 0n));
  return { tail: { threshold, distances: losses.map((l) => threshold - l), flags, positive: sum > 0n ? 1n : 0n }, mean: sum > 0n ? (sum + BigInt(m) - 1n) / BigInt(m) : 0n };
}

/** Numbers drawn from a seed (SplitMix64). */
export function draws(seed) {
  let state = BigInt(seed);
  return (low, high) => {
    state = (state + 0x9e3779b97f4a7c15n) & ((1n << 64n) - 1n);
    let z = state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & ((1n << 64n) - 1n);
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & ((1n << 64n) - 1n);
    z ^= z >> 31n;
    return BigInt(low) + (z % (BigInt(high) - BigInt(low) + 1n));
  };
}

/** Values as Noir's witness generator reads them. */
export function asInputs(value) {
  if (typeof value === 'bigint') return `0x${mod(value).toString(16)}`;
  if (Array.isArray(value)) return value.map(asInputs);
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, asInputs(v)]));
}
