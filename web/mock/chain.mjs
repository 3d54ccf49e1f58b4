/** The house on a chain as `pms demo` showed it once (test/documents), moved to the present: what is signed cannot be moved, so the attestation keeps its own time. */
import { readFileSync } from 'node:fs'
import { Refusal } from './book.mjs'

const recorded = name => JSON.parse(readFileSync(new URL(`../test/documents/${name}.json`, import.meta.url), 'utf8'))
const iso = ms => new Date(ms).toISOString()
const lifeMs = 240_000
const everyMs = 12_000
const keptBatches = 60
/** The account of the recorded attestation; the book has one of its name. */
export const attestedAccount = '7'

export class MockChain {
  constructor(draw, nowMs) {
    this.draw = draw
    this.document = recorded('chain')
    this.attested = recorded('attestation')
    this.governed = recorded('governance')
    this.seen = recorded('liquidations')
    this.keeping = recorded('keepers')
    this.batches = []
    for (let back = keptBatches; back > 0; back--) this.#propose(nowMs - back * everyMs, back === 17)
    // One number has been moved, so that the page shows it.
    const moved = this.governed.values.find(each => each.name === 'stressMoveWad')
    moved.raisedIn30Days = String(BigInt(moved.mostIn30Days) * 9n / 10n)
    this.shiftMs = nowMs - Date.parse(this.seen.at)
  }

  /** Whether a new batch is there. */
  tick(nowMs) {
    if (nowMs - Date.parse(this.batches[0].observedAt) < everyMs) return false
    this.#propose(nowMs, false)
    return true
  }

  get newest() { return this.batches.find(each => each.transaction) }

  answer(path, nowMs) {
    if (path === '/chain') return { ...this.document, state: 'live', block: this.newest.block, blockAt: this.newest.observedAt, batch: this.newest }
    if (path === '/batches') return { items: this.batches }
    if (path === '/liquidations') return this.#moved({ ...this.seen, block: this.newest.block, at: iso(nowMs - this.shiftMs) })
    if (path === '/keepers') {
      const [first, second] = this.#moved(this.keeping).items
      return { items: [{ ...first, lastLookAt: iso(nowMs - 1_500) }, { ...second, dryRun: true, lastLookAt: iso(nowMs - 47_000), error: { code: 'rpc-timeout', message: 'the node did not answer within 5 s' } }] }
    }
    if (path === '/governance') return this.governed
    if (path === `/accounts/${attestedAccount}/attestation`) return this.attested
    throw new Refusal('leaf-missing', `There is no leaf at ${path}.`, 404)
  }

  /** All times later by as much as the recording is old. */
  #moved(document) {
    return JSON.parse(JSON.stringify(document), (name, value) => typeof value === 'string' && /^(at|startedAt)$/.test(name) ? iso(Date.parse(value) + this.shiftMs) : value)
  }

  #propose(nowMs, isRefused) {
    const before = this.batches[0]
    const sequence = (before?.sequence ?? 200) + 1
    const hash = () => `0x${this.draw.hash()}`
    this.batches.unshift({
      sequence, observedAt: iso(nowMs), validUntil: iso(nowMs + lifeMs), accounts: 139, refused: 2, maintenance: 81_400 * (1 + 0.02 * this.draw.normal()), equity: 2_310_000, shortfall: sequence % 9 === 0 ? 538.4 : 0,
      signatures: isRefused ? 2 : 3, quorum: 3, batchHash: hash(), digest: hash(), snapshotHash: this.draw.hash(), arrayRoot: this.draw.hash(), accountsRoot: hash(), tookMs: Math.round(2_900 + 700 * this.draw.next()),
      ...(isRefused ? { error: { code: 'quorum-missing', message: '2 of 3 signatures: two attesters have another market of this moment' } } : { transaction: hash(), block: (before?.block ?? 310) + 1, gas: Math.round(130_600 + 120 * this.draw.next()) }),
    })
    if (this.batches.length > keptBatches) this.batches.pop()
  }
}
