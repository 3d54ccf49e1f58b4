import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keccak256, type Hex } from 'viem';
import { entryBytes, instrumentId, noPositions, positionsAfter, pricesHash, setHash, sharesHash } from '../src/hashes.js';
import { attestationDomain, digest, domainSeparator, orderDomain, structHash, type MessageName } from '../src/messages.js';
import { emptyLeaf, isInTree, rootOf } from '../src/tree.js';
import { fold } from './random.js';
import { field, hex, list, message, text, vectors } from './vectors.js';

const names: readonly MessageName[] = ['BatchHeader', 'MarginLeaf', 'StressRow', 'Clearance', 'SettlementPrice', 'FundingIndex', 'Order', 'Trade', 'CoinWithdrawal', 'Liquidation', 'Deleveraging'];
const ofHouse: readonly MessageName[] = ['Order', 'Trade', 'CoinWithdrawal', 'Liquidation', 'Deleveraging'];

for (const name of names) {
  test(`${name} of the vectors has their hashes`, () => {
    const cases = list(field(field(vectors('attestation-messages.json'), `${name[0]?.toLowerCase()}${name.slice(1)}`), 'cases'));
    assert.equal(cases.length, 3);
    for (const c of cases) {
      const chain = BigInt(text(field(c, 'chainId')));
      const contract = hex(field(c, 'verifyingContract'));
      const domain = ofHouse.includes(name) ? orderDomain(chain, contract) : attestationDomain(chain, contract);
      const value = message(name, field(c, 'message'));
      assert.equal(structHash(name, value), text(field(c, 'structHash')));
      assert.equal(domainSeparator(domain), text(field(c, 'domainSeparator')));
      assert.equal(digest(domain, name, value), text(field(c, 'digest')));
    }
  });
}

test('random messages have the hashes of every other language', () => {
  const last = process.env['PMS_LONG'] === '1' ? 100_000 : 2_000;
  const checkpoints = new Map(list(field(vectors('attestation-random.json'), 'checkpoints')).map((c) => [Number(field(c, 'count')), hex(field(c, 'hash'))]));
  assert.ok(checkpoints.has(last));
  let running: Hex = noPositions;
  for (let i = 0; i < last; i++) {
    running = fold(running, i);
    const expected = checkpoints.get(i + 1);
    if (expected !== undefined) assert.equal(running, expected, `a message at or before number ${i} differs, after the checkpoint before`);
  }
});

test('instruments, positions, sets, prices, shares and entries have the hashes of the vectors', () => {
  const all = vectors('attestation-hashes.json');
  for (const t of list(field(all, 'instruments'))) {
    const terms = { kind: Number(text(field(t, 'kind'))), priceId: Number(text(field(t, 'priceId'))), expiry: Number(text(field(t, 'expiry'))), strikeWad: BigInt(text(field(t, 'strikeWad'))) };
    assert.equal(instrumentId(terms), text(field(t, 'id')));
  }
  let positions = noPositions;
  for (const link of list(field(all, 'positions'))) {
    positions = positionsAfter(positions, { instrument: hex(field(link, 'instrument')), fromWad: BigInt(text(field(link, 'fromWad'))), toWad: BigInt(text(field(link, 'toWad'))) });
    assert.equal(positions, text(field(link, 'hash')));
  }
  for (const s of list(field(all, 'sets'))) {
    assert.equal(setHash(BigInt(text(field(s, 'setId'))), list(field(s, 'members')).map(hex)), text(field(s, 'hash')));
  }
  for (const p of list(field(all, 'prices'))) {
    assert.equal(pricesHash(list(field(p, 'pricesE8')).map((x) => BigInt(text(x)))), text(field(p, 'hash')));
  }
  for (const s of list(field(all, 'shares'))) {
    assert.equal(sharesHash(list(field(s, 'partsPerBillion')).map((x) => Number(text(x)))), text(field(s, 'hash')));
  }
  for (const e of list(field(all, 'entries'))) {
    const bytes = entryBytes(list(field(e, 'entries')).map((x) => Number(text(x))));
    assert.equal(bytes, text(field(e, 'bytes')));
    assert.equal(keccak256(bytes), text(field(e, 'hash')));
  }
});

test('trees have the roots of the vectors, and only the right leaf at the right place passes', () => {
  const all = vectors('attestation-trees.json');
  assert.equal(emptyLeaf, text(field(all, 'empty')));
  for (const t of list(field(all, 'trees'))) {
    const depth = Number(field(t, 'depth'));
    const data = list(field(t, 'dataHashes')).map(hex);
    const root = hex(field(t, 'root'));
    assert.equal(rootOf(data, depth), root);
    for (const [i, path] of list(field(t, 'paths')).map((p) => list(p).map(hex)).entries()) {
      const leaf = data[i] ?? noPositions;
      assert.ok(isInTree(root, leaf, i, data.length, depth, path));
      assert.ok(!isInTree(root, leaf, i, i, depth, path), 'a count that leaves it out');
      assert.ok(!isInTree(root, leaf, i + 1, data.length + 1, depth, path), 'another place');
      assert.ok(!isInTree(root, keccak256(leaf), i, data.length, depth, path), 'another leaf');
      assert.ok(!isInTree(root, leaf, i, data.length, depth, path.slice(1)), 'a shorter path');
    }
  }
});
