/** The documents of docs/api.md, made from the made-up market and book. */
import { bookTail, cents, explainOf, makeBook, marginOf, Refusal, shortfallsOf, whatIfOf } from './book.mjs'
import { attestedAccount, MockChain } from './chain.mjs'
import { coins, forwardOf, makeMarket, move, value, volOf, yearsOf } from './market.mjs'
import { random } from './random.mjs'

const keptEpochs = 200

export class MockApi {
  constructor({ accounts = 137, intervalMs = 3000, seed = 7, hasChain = true } = {}) {
    this.draw = random(seed)
    this.intervalMs = intervalMs
    this.startedAt = Date.now()
    this.market = makeMarket(seed, Date.now())
    this.book = makeBook(this.market, accounts, seed)
    if (hasChain) this.book.set(attestedAccount, { ...this.book.get('hedged-0000'), id: attestedAccount })
    this.chain = hasChain ? new MockChain(this.draw, Date.now()) : undefined
    this.epochs = []
    this.history = []
    this.histories = new Map()
    this.records = []
    this.parametersHash = this.draw.hash()
    this.scenarioSetHash = this.draw.hash()
    this.state = 'NORMAL'
    this.since = this.startedAt
    this.#past()
    this.tick()
  }

  /** A new epoch. */
  tick() {
    const began = performance.now()
    move(this.market, this.draw, Date.now())
    this.rows = new Map([...this.book.values()].map(account => [account.id, this.#row(account)]))
    const epoch = {
      number: (this.epochs.at(-1)?.number ?? 0) + 1, observedAt: new Date(this.market.nowMs).toISOString(), computedAt: new Date().toISOString(), seed: 1, degraded: this.state === 'DEGRADED',
      snapshotHash: this.draw.hash(), parametersHash: this.parametersHash, scenarioSetHash: this.scenarioSetHash, arrayRoot: this.draw.hash(), bookHash: this.draw.hash(),
      accounts: this.book.size, computeMs: Number((performance.now() - began).toFixed(1)),
    }
    this.epoch = epoch
    this.epochs.push(epoch)
    const totals = this.#totals()
    this.history.push({ number: epoch.number, observedAt: epoch.observedAt, equity: totals.equity, initial: totals.initial, maintenance: totals.maintenance, belowMaintenance: totals.belowMaintenance })
    for (const row of this.rows.values()) if (row.maintenance !== undefined) this.#keep(row.account, { number: epoch.number, observedAt: epoch.observedAt, equity: row.equity, initial: row.initial, maintenance: row.maintenance, ratio: row.ratio })
    this.#record('epoch')
    for (const list of [this.epochs, this.history]) if (list.length > keptEpochs) list.shift()
  }

  setState(state) {
    this.state = state
    this.since = Date.now()
  }

  get reasons() {
    return {
      NORMAL: [],
      DEGRADED: [{ code: 'surface-degraded', message: 'SOL: 2 of 5 expiries have fewer than 5 quotes' }],
      REDUCE_ONLY: [{ code: 'market-old', message: 'the market is 12 s old, ReduceOnlyAfterMs is 10000' }],
      HALT: [{ code: 'store-failed', message: 'the record cannot be written: no space left on the device' }],
    }[this.state]
  }

  health() {
    const times = this.epochs.map(epoch => epoch.computeMs).sort((first, second) => first - second)
    return {
      state: this.state, since: new Date(this.since).toISOString(), reasons: this.reasons, version: '0.1.0+mock', startedAt: new Date(this.startedAt).toISOString(), now: new Date().toISOString(), epoch: this.epoch,
      feeds: this.#feeds(), store: { kind: 'log', records: this.records.length, head: this.records.at(-1)?.hash },
      loop: { epochs: this.epoch.number, failures: 1, intervalMs: this.intervalMs, lastMs: this.epoch.computeMs, p50Ms: times[times.length >> 1], p99Ms: times.at(-1) },
    }
  }

  overview() {
    const rows = [...this.rows.values()]
    const buckets = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
    const margined = rows.filter(row => row.maintenance !== undefined)
    return {
      epoch: this.epoch, state: this.state, reasons: this.reasons, totals: this.#totals(),
      byState: ['healthy', 'marginCall', 'liquidatable', 'refused'].map(state => {
        const those = rows.filter(row => row.state === state)
        return { state, accounts: those.length, maintenance: those.reduce((sum, row) => sum + (row.maintenance ?? 0), 0) }
      }),
      utilisation: buckets.map((from, index) => {
        const to = buckets[index + 1]
        return { from, ...(to === undefined ? {} : { to }), accounts: margined.filter(row => { const used = row.equity > 0 ? row.maintenance / row.equity : Infinity; return used >= from && (to === undefined || used < to) }).length }
      }),
      top: sorted(rows, 'excess').slice(0, 10), feeds: this.#feeds(), history: this.history,
    }
  }

  /** Answers a GET, or a POST with its body. Throws a Refusal. */
  answer(path, query, body) {
    if (path === '/health') return this.health()
    if (path === '/chain' && !this.chain) return { state: 'absent', steps: [] }
    if (/^\/(chain|batches|liquidations|keepers|governance)$|\/attestation$/.test(path)) {
      if (!this.chain) throw new Refusal('chain-absent', 'this server follows no chain', 404)
      return this.chain.answer(path, Date.now())
    }
    if (this.state === 'HALT') throw new Refusal('halted', 'No margins are answered: the record cannot be written.', 503)
    const epoch = this.epoch
    const provenance = {
      observedAt: epoch.observedAt, version: '0.1.0+mock', snapshotHash: epoch.snapshotHash, parametersHash: epoch.parametersHash, scenarioSetHash: epoch.scenarioSetHash, arrayRoot: epoch.arrayRoot,
      seed: 1, horizonDays: 1, scenariosWithProbability: this.market.probable.length, stressScenarios: this.market.stress.length, correlationRepairs: { pairs: 0, largestChange: 0 },
    }
    const [, head, id, part] = path.split('/').map(decodeURIComponent)
    if (path === '/overview') return this.overview()
    if (path === '/accounts') return this.#page(query)
    if (head === 'accounts') {
      const account = this.book.get(id)
      if (!account) throw new Refusal('account-unknown', `There is no account ${id} in epoch ${epoch.number}.`, 404)
      if (part === undefined) return { epoch, row: this.rows.get(id), positions: account.positions, collateral: account.collateral, reproduce: reproduce(epoch.number, id) }
      if (part === 'history') return { items: this.histories.get(id) ?? [] }
      if (part === 'margin') return { model: 'pms', provenance, accounts: [marginOf(this.market, account)] }
      if (part === 'explain') return { provenance, ...explainOf(this.market, account, Number(query.get('worst') ?? 20)) }
      if (part === 'models') return { provenance, accounts: [{ account: id, models: modelsOf(marginOf(this.market, account)) }] }
      if (part === 'whatif') {
        if (!Array.isArray(body?.orders) || body.orders.length === 0 || body.orders.length > 64) throw new Refusal('orders', 'Between 1 and 64 orders.', 400)
        return { provenance, ...whatIfOf(this.market, account, body.orders) }
      }
    }
    if (path === '/surfaces') return { observedAt: epoch.observedAt, snapshotHash: epoch.snapshotHash, parametersHash: epoch.parametersHash, underlyings: coins.map(coin => this.#surface(coin)) }
    if (head === 'surfaces' && part === 'smiles') return { epoch, underlying: id, expiries: this.#smiles(id) }
    if (path === '/instruments') return { epoch, items: this.market.contracts.map(contract => this.#quote(contract)) }
    if (path === '/scenarios') {
      const tail = bookTail(this.market, this.book)
      return {
        epoch, scenarios: this.market.probable.length, stress: this.market.stress.length, horizonDays: 1, tail: { level: 0.99, es: tail.es, standardError: tail.es * 0.02 },
        worst: tail.order.slice(0, 20).map(index => ({ scenario: index, description: this.market.scenarios[index].description, moves: this.market.scenarios[index].moves, pnl: tail.totals[index] })),
      }
    }
    if (head === 'solvency') return this.#solvency(id, query, epoch, provenance)
    if (path === '/params/run') {
      if (typeof body?.changes !== 'object') throw new Refusal('json-shape', 'The body is an object with changes alone.', 400)
      return this.#parameterRun(body.changes)
    }
    if (path === '/params/document') return parameters
    if (path === '/params') return { hash: this.parametersHash, document: parameters }
    if (path === '/epochs') return { items: this.epochs.slice(-Number(query.get('last') ?? 100)).reverse() }
    if (path === '/alerts') return { items: this.#alerts() }
    if (path === '/records') { const after = Number(query.get('after') ?? 0); return { items: this.records.filter(each => each.sequence > after).slice(0, Number(query.get('limit') ?? 100)), head: this.records.at(-1)?.hash } }
    throw new Refusal('path-unknown', `There is nothing at ${path}.`, 404)
  }

  /** Solvency by the same made-up gains; a what-if only scales the shortfall. */
  #solvency(part, query, epoch, provenance) {
    const figures = (factor, insurance) => {
      const { totals, largest } = shortfallsOf(this.market, this.book)
      const tail = this.market.probable.map(each => totals[each.scenario]).sort((first, second) => second - first).slice(0, Math.ceil(this.market.probable.length / 100))
      const shortfall = cents(factor * tail.reduce((sum, each) => sum + each, 0) / tail.length)
      const indexMicros = shortfall === 0 ? 1_000_000_000 : Math.min(Math.floor(insurance / shortfall * 1e6), 1_000_000_000)
      const order = totals.map((_, scenario) => scenario).filter(scenario => totals[scenario] > 0).sort((first, second) => totals[second] - totals[first])
      const cover = { amount: cents(factor * (largest[order[0]]?.amount ?? 0)), ...(order.length ? { scenario: order[0], description: this.market.scenarios[order[0]].description } : {}), owners: order.length ? [largest[order[0]].account] : [] }
      return {
        index: indexMicros / 1e6, indexWad: `${BigInt(indexMicros) * 10n ** 12n}`, band: indexMicros >= 2_000_000 ? 'strong' : indexMicros >= 1_000_000 ? 'covered' : 'short', level: 0.99, insurance, backstop: 0, resources: insurance,
        shortfall, standardError: cents(shortfall * 0.05), shortProbability: 0.04, beyondProbability: 0.001, accounts: this.book.size, refused: 0,
        worst: order.slice(0, 20).map(scenario => ({ scenario, description: this.market.scenarios[scenario].description, shortfall: cents(factor * totals[scenario]) })),
        cover1: cover, cover2: { ...cover, amount: cents(1.3 * cover.amount) }, contributors: cover.owners.length,
        contributions: cover.owners.map(account => ({ account, owner: account, mean: shortfall, share: 1 })),
      }
    }
    const now = figures(1, 1_200)
    if (part === undefined) return { epoch, ageMs: 400, band: this.state === 'NORMAL' ? now.band : 'unknown', reasons: this.reasons, solvency: now }
    if (part === 'proof') {
      const shortfall = BigInt(Math.round(now.shortfall * 1e6))
      const word = value => `0x${value.toString(16).padStart(64, '0')}`
      const inputs = [0x1f5a3cn, 0x2b17n, 0x9e44n, 0x77d1n].map(seed => word(seed ** 9n)).concat(word(shortfall))
      return {
        status: 'published', circuit: 'solvency-demo', publicInputs: inputs, context: inputs[0], batchSequence: 12, shortfall: `${shortfall}`, transaction: word(0xabcdn ** 13n), indexWad: now.indexWad,
        acceptedAt: epoch.observedAt, verifiedByChain: true, hidden: ["every account's positions", "every account's equity"], development: true,
      }
    }
    if (part === 'history') {
      const { parametersHash, scenarioSetHash, snapshotHash, ...rest } = epoch
      return {
        items: this.epochs.map(each => ({ ...each, factor: 1 + 0.2 * Math.sin(each.number / 9) })).map(each => ({
          epoch: each.number, at: each.observedAt, parametersHash, scenarioSetHash, snapshotHash, level: 0.99, accounts: rest.accounts, refused: 0, insurance: 1_200, backstop: 0,
          shortfall: cents(now.shortfall * each.factor), standardError: now.standardError, worst: now.worst[0]?.shortfall ?? 0, cover1: now.cover1.amount, cover2: now.cover2.amount, index: now.index / each.factor,
          indexWad: `${BigInt(Math.floor(now.index / each.factor * 1e6)) * 10n ** 12n}`, band: now.band,
        })).reverse(),
      }
    }
    if (part === 'whatif') {
      const [lost, gaps, hours] = [query.getAll('lose'), query.getAll('gap'), Number(query.get('hours') ?? 0)]
      for (const id of lost) if (!this.book.has(id)) throw new Refusal('account-missing', `the book has neither an account nor an owner '${id}'`, 404)
      const lossFactor = Math.sqrt(1 + hours / 24)
      return {
        provenance, case: { lost, gaps: gaps.map(gap => ({ asset: gap.split('=')[0], share: Number(gap.split('=')[1]) })), hoursWithoutKeepers: hours, lossFactor },
        before: now, after: figures((1 + 0.2 * (lost.length + gaps.length)) * lossFactor, Number(query.get('insurance') ?? 1_200)),
      }
    }
    if (part === 'proof') return { status: 'none' }
    throw new Refusal('path-unknown', 'There is nothing there.', 404)
  }

  /** Every requirement times what the change of the initial factor makes of it; other changes do nothing here. */
  #parameterRun(changes) {
    const factor = (changes.measure?.initialFactor ?? 1.25) / 1.25
    const totals = this.#totals()
    const rows = [...this.rows.values()].map(row => {
      const initial = row.initial === undefined ? undefined : row.initial * factor
      return { row, initial, state: row.state === 'healthy' && row.equity < initial ? 'marginCall' : row.state }
    })
    const called = rows.filter(each => each.state !== each.row.state)
    const states = of => ['healthy', 'marginCall', 'liquidatable', 'refused'].map(state => ({ state, accounts: rows.filter(each => of(each) === state).length, maintenance: 0 }))
    return {
      epoch: this.epoch, parametersHash: this.parametersHash, changed: [{ key: 'measure.initialFactor', before: '1.25', after: String(1.25 * factor) }],
      before: totals, after: { ...totals, initial: totals.initial * factor, belowInitial: totals.belowInitial + called.length },
      statesBefore: states(each => each.row.state), statesAfter: states(each => each.state),
      maintenance: [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1].map(level => ({ level, change: 0 })),
      called: called.slice(0, 200).map(({ row, initial, state }) => ({
        account: row.account, stateBefore: row.state, stateAfter: state, equity: row.equity, initialBefore: row.initial, initialAfter: initial, maintenanceBefore: row.maintenance, maintenanceAfter: row.maintenance,
      })),
      calledCount: called.length, relievedCount: 0, computeMs: 120,
    }
  }

  #row(account) {
    const row = { account: account.id, positions: account.positions.length }
    try {
      const { equity, initial, maintenance, ratio, excess, available, binding } = marginOf(this.market, account)
      return { ...row, state: equity < maintenance ? 'liquidatable' : equity < initial ? 'marginCall' : 'healthy', equity, initial, maintenance, ratio, excess, available, binding }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      return { ...row, state: 'refused', refusal: { code: error.code, message: error.message } }
    }
  }

  #totals() {
    const rows = [...this.rows.values()]
    const margined = rows.filter(row => row.maintenance !== undefined)
    const sum = of => margined.reduce((total, row) => total + of(row), 0)
    return {
      accounts: rows.length, equity: sum(row => row.equity), initial: sum(row => row.initial), maintenance: sum(row => row.maintenance), shortfall: sum(row => Math.max(row.maintenance - row.equity, 0)),
      belowInitial: margined.filter(row => row.equity < row.initial).length, belowMaintenance: margined.filter(row => row.equity < row.maintenance).length, refused: rows.length - margined.length,
    }
  }

  #feeds() {
    const at = ageMs => ({ ageMs, lastEventAt: new Date(Date.now() - ageMs).toISOString() })
    const events = Math.floor((Date.now() - this.startedAt) / 10)
    return [
      { name: 'deribit:BTC', ...at(180), events: 41_200 + events, refused: 12, reconnects: 0 },
      { name: 'deribit:ETH', ...at(420), events: 32_700 + events, refused: 3, reconnects: 1 },
      { name: 'deribit:SOL', ...at(this.state === 'NORMAL' ? 900 : 12_400), events: 8_800, refused: 0, reconnects: 2 },
      { name: 'okx:BTC', events: 0, refused: 0, reconnects: 0 },
    ]
  }

  #alerts() {
    const called = [...this.rows.values()].filter(row => row.state === 'liquidatable' || row.state === 'refused').slice(0, 8)
    return called.map(row => row.refusal
      ? { code: row.refusal.code, severity: 'warning', message: row.refusal.message, since: new Date(this.startedAt).toISOString(), account: row.account }
      : { code: 'below-maintenance', severity: 'critical', message: `equity is ${(100 * row.ratio).toFixed(1)} % of the maintenance margin`, since: new Date(this.startedAt).toISOString(), account: row.account })
  }

  #page(query) {
    const limit = Math.min(Number(query.get('limit') ?? 50), 200)
    const [state, q, sort, cursor] = ['state', 'q', 'sort', 'cursor'].map(name => query.get(name) ?? '')
    const rows = sorted([...this.rows.values()].filter(row => (state === '' || row.state === state) && row.account.includes(q)), sort || 'account')
    const from = Number(cursor || 0)
    return { epoch: this.epoch, items: rows.slice(from, from + limit), ...(from + limit < rows.length ? { next: String(from + limit) } : {}), total: rows.length }
  }

  #expiries(coin) {
    return [...new Set(this.market.contracts.filter(each => each.coin === coin && each.expiry).map(each => each.expiry))].map(expiry => this.market.contracts.filter(each => each.coin === coin && each.expiry === expiry && each.isCall))
  }

  #surface(coin) {
    return {
      name: coin.name, surfaceHash: this.epoch.snapshotHash, fitMicroseconds: 2531.6, calendarViolations: 0, butterflyViolations: 0, insideBidAsk: 0.998, degraded: false, degradedReasons: [],
      slices: this.#expiries(coin).map((calls, index) => {
        const forward = forwardOf(this.market, calls[0])
        const thin = coin.name === 'SOL' && index === 0
        return {
          expiry: calls[0].expiry, years: yearsOf(this.market, calls[0]), forward, params: { model: 'raw-svi', a: 0.0002, b: 0.0099, rho: -0.29, m: 0.004, sigma: 0.025 }, atmVol: volOf(this.market, { ...calls[0], strike: forward }),
          seen: calls.length * 2, used: thin ? 6 : calls.length * 2 - 3, quarantined: thin ? { 'one-sided': 40, crossed: 12 } : { 'one-sided': 3 }, insideBidAsk: thin ? 0.83 : 1, rmseVol: 0.0041 + index * 0.0007, minG: 0.25 - index * 0.02,
          degraded: thin, degradedReasons: thin ? [{ code: 'few-quotes', message: '6 usable quotes of 58' }] : [],
        }
      }),
    }
  }

  #smiles(name) {
    const coin = coins.find(each => each.name === name)
    if (!coin) throw new Refusal('underlying-unknown', `There is no surface of ${name}.`, 404)
    return this.#expiries(coin).map(calls => {
      const forward = forwardOf(this.market, calls[0])
      return {
        expiry: calls[0].expiry, years: yearsOf(this.market, calls[0]), forward,
        points: calls.map((call, index) => {
          const fitVol = volOf(this.market, call)
          const k = Math.log(call.strike / forward)
          const half = 0.006 + 0.05 * Math.abs(k)
          const off = half * 0.6 * Math.sin(index * 1.7)
          return { strike: call.strike, logMoneyness: k, ...(index === 1 ? {} : { bidVol: fitVol + off - half, askVol: fitVol + off + half }), markVol: fitVol + off / 2, fitVol }
        }),
      }
    })
  }

  #quote(contract) {
    const { instrument, coin, kind, expiry, strike } = contract
    const base = { instrument, underlying: coin.name, kind, ...(expiry ? { expiry } : {}) }
    const round = number => Number(number.toPrecision(5))
    if (kind !== 'option') { const mark = forwardOf(this.market, contract); return { ...base, bid: round(mark * 0.9999), ask: round(mark * 1.0001), mark: round(mark) } }
    const mark = value(this.market, contract) / (coin.inCoin ? forwardOf(this.market, contract) : 1)
    const tick = coin.inCoin ? 0.0001 : 0.01
    return { ...base, strike, ...(mark > tick * 2 ? { bid: round(Math.floor(mark * 0.98 / tick) * tick) } : {}), ask: round(Math.max(Math.ceil(mark * 1.02 / tick), 1) * tick), mark: round(mark), markVol: round(volOf(this.market, contract)) }
  }

  /** Two hours that nobody saw, so that charts have a past. */
  #past() {
    const rows = new Map([...this.book.values()].map(account => [account.id, this.#row(account)]))
    this.rows = rows
    const totals = this.#totals()
    for (let back = 120; back > 0; back--) {
      const drift = 1 + 0.02 * Math.sin(back / 17) + 0.002 * this.draw.normal()
      const observedAt = new Date(this.startedAt - back * 60_000).toISOString()
      const number = 121 - back
      this.epochs.push({ number, observedAt, computedAt: observedAt, seed: 1, degraded: back === 40, snapshotHash: this.draw.hash(), parametersHash: this.parametersHash, scenarioSetHash: this.scenarioSetHash, arrayRoot: this.draw.hash(), bookHash: this.draw.hash(), accounts: this.book.size, computeMs: Math.round(60 + 25 * this.draw.next()) })
      this.history.push({ number, observedAt, equity: totals.equity * drift, initial: totals.initial * (2 - drift), maintenance: totals.maintenance * (2 - drift), belowMaintenance: totals.belowMaintenance })
      for (const row of rows.values()) if (row.maintenance !== undefined) this.#keep(row.account, { number, observedAt, equity: row.equity * drift, initial: row.initial * (2 - drift), maintenance: row.maintenance * (2 - drift), ratio: row.ratio * drift / (2 - drift) })
      if (back % 12 === 0) this.#record(back % 36 === 0 ? 'account' : 'epoch')
    }
  }

  #keep(id, point) {
    const kept = this.histories.get(id) ?? []
    kept.push(point)
    if (kept.length > keptEpochs) kept.shift()
    this.histories.set(id, kept)
  }

  #record(kind) {
    this.records.push({ sequence: this.records.length + 1, kind, at: new Date().toISOString(), hash: this.draw.hash(), previous: this.records.at(-1)?.hash ?? '0'.repeat(64) })
  }
}

const directions = { account: (first, second) => first.account.localeCompare(second.account), maintenance: (first, second) => (second.maintenance ?? 0) - (first.maintenance ?? 0) }
const sorted = (rows, by) => [...rows].sort(directions[by] ?? ((first, second) => (first[by] ?? Infinity) - (second[by] ?? Infinity)))

const modelsOf = ({ equity, initial, maintenance, binding }) => [
  { model: 'pms', equity, initial, maintenance, binding },
  ...[['static', 6.2, 6.2], ['standard', 1.7, 1.35], ['span', 0.8, 0.75], ['deribit', 0.9, 0.75], ['okx', 0.95, 0.76], ['paradex', 1.1, 0.6]].map(([model, more, less]) => ({ model, equity: equity * 0.97, initial: initial * more, maintenance: initial * less * 0.9, binding: `${model}: sum of legs` })),
  { model: 'derive', error: 'instrument-unknown: not listed at this venue' },
]

const reproduce = (number, id) => [
  `curl -sSf http://127.0.0.1:5080/api/v1/epochs/${number}/board -o board.csv.gz`,
  `curl -sSf http://127.0.0.1:5080/api/v1/epochs/${number}/portfolio -o portfolio.json`,
  `pms explain --board board.csv.gz --portfolio portfolio.json --account ${id} --seed 1 --json`,
]

const parameters = {
  schema: 'pms.risk-parameters/1', name: 'default', measure: { tail: 'es99', errorBarConfidence: 0.95, initialFactor: 1.25 }, antiProcyclicality: { buffer: 0 }, diversification: { benefitCap: 0.4 },
  basis: { movePerYear: 0.01, leastMove: 0.005 }, liquidity: { impactFactor: 1, optionHalfSpreadOfValue: 0.03, futureHalfSpread: 0.0002 }, collateral: { otherHaircut: 0.2, haircuts: { BTC: 0.01, ETH: 0.01, USDC: 0.002 } },
  stress: { fullMove: 0.13, spotSteps: [-1, -2 / 3, -1 / 3, 0, 1 / 3, 2 / 3, 1] },
}
