/** Accounts drawn on the made-up market, and their margins by a margin-like rule: ES of the scenarios against a stress grid. */
import { random } from './random.mjs'
import { coins, pnlVector, value } from './market.mjs'

const kinds = ['hedged', 'spread', 'short-wing', 'directional', 'calendar', 'cross-asset']
const sum = list => list.reduce((total, each) => total + each, 0)
export const cents = number => Math.round(number * 1e6) / 1e6
const level = 0.99

export function makeBook(market, count, seed) {
  const draw = random(seed)
  const accounts = new Map()
  for (let index = 0; index < count; index++) {
    const kind = kinds[index % kinds.length]
    const id = `${kind}-${String(index).padStart(4, '0')}`
    const coin = draw.pick(coins)
    const size = Number((Math.exp(draw.normal()) * 40_000 / coin.spot).toPrecision(3))
    const pool = market.contracts.filter(each => each.coin === coin && each.kind === 'option')
    const positions = Array.from({ length: 2 + Math.floor(draw.next() * 7) }, (_, leg) => ({ instrument: draw.pick(pool).instrument, quantity: (leg % 2 === 0 ? -1 : 1) * size }))
    if (kind === 'hedged' || kind === 'directional') positions.push({ instrument: `${coin.market}-PERPETUAL`, quantity: Number((size * draw.normal() / 2).toPrecision(3)) })
    const account = { id, positions: net(positions), collateral: [{ asset: 'USDC', amount: 0 }] }
    accounts.set(id, account)
    const margin = marginOf(market, account)
    const cushion = draw.next() < 0.04 ? 0.7 + 0.3 * draw.next() : draw.next() < 0.08 ? 1 + 0.25 * draw.next() : 1.3 + Math.exp(draw.normal() + 0.6)
    account.collateral[0].amount = cents(margin.maintenance * cushion - sum(margin.equityLines.slice(1).map(line => line.amount)))
  }
  for (const id of ['delisted-9001', 'delisted-9002']) accounts.set(id, { id, positions: [{ instrument: 'BTC-1JAN20-5000-C', quantity: -1 }], collateral: [{ asset: 'USDC', amount: 5000 }] })
  return accounts
}

const net = positions => {
  const quantities = new Map()
  for (const { instrument, quantity } of positions) quantities.set(instrument, (quantities.get(instrument) ?? 0) + quantity)
  return [...quantities].filter(([, quantity]) => Math.abs(quantity) > 1e-9).map(([instrument, quantity]) => ({ instrument, quantity }))
}

const vectors = new WeakMap()
/** One vector a contract and epoch. */
function vector(market, contract) {
  let kept = vectors.get(market)
  if (!kept || kept.atMs !== market.nowMs) vectors.set(market, kept = { atMs: market.nowMs, of: new Map() })
  if (!kept.of.has(contract)) kept.of.set(contract, pnlVector(market, contract))
  return kept.of.get(contract)
}

export class Refusal extends Error {
  constructor(code, message, status = 422) { super(message); Object.assign(this, { code, status }) }
}

function legs(market, positions) {
  return positions.map(({ instrument, quantity }) => {
    const contract = market.byName.get(instrument)
    if (!contract) throw new Refusal('instrument-unknown', `${instrument} is not on the board`)
    return { instrument, quantity, contract, pnl: vector(market, contract).map(each => each * quantity) }
  })
}

/** Losses of the tail: the worst 1 − level of the scenarios with probability. */
function tailOf(market, parts) {
  const totals = market.scenarios.map((_, scenario) => sum(parts.map(part => part.pnl[scenario])))
  const order = market.probable.map((_, scenario) => scenario).sort((first, second) => totals[first] - totals[second])
  const indices = order.slice(0, Math.ceil(market.probable.length * (1 - level)))
  const esOf = pnl => indices.length ? -sum(indices.map(scenario => pnl[scenario])) / indices.length : 0
  return { totals, indices, esOf, var: Math.max(-totals[indices.at(-1)], 0), es: Math.max(esOf(totals), 0) }
}

export function marginOf(market, account) {
  const parts = legs(market, account.positions)
  const tail = tailOf(market, parts)
  const standardError = tail.es * 0.02
  const upper = tail.es + 1.645 * standardError
  const worst = market.stress.map(each => ({ each, counted: -tail.totals[each.scenario] * each.weight })).sort((first, second) => second.counted - first.counted)[0]
  const grid = Math.max(worst.counted, 0)
  const core = Math.max(upper, grid)
  const liquidity = sum(parts.map(part => Math.abs(part.quantity) * (part.contract.kind === 'option' ? Math.max(value(market, part.contract) * 0.03, market.spots[part.contract.coin.name] * 0.0003) : market.spots[part.contract.coin.name] * 0.0002)))
  const basis = core * 0.01
  const maintenance = core + liquidity + basis
  const contracts = sum(parts.filter(part => part.contract.kind === 'option').map(part => part.quantity * value(market, part.contract)))
  const collateral = sum(account.collateral.map(({ asset, amount }) => amount * (market.spots[asset] ?? 1)))
  const equityLines = [{ name: 'collateral', amount: collateral }, { name: 'contracts', amount: contracts }, { name: 'collateral-risk', amount: collateral > 0 ? -collateral * 0.002 : 0 }]
  const equity = sum(equityLines.map(line => line.amount))
  const initial = maintenance * 1.25
  return rounded({
    account: account.id, equity, initial, maintenance, ratio: equity / maintenance, excess: equity - maintenance, available: equity - initial,
    binding: grid > upper ? `grid:${worst.each.description}` : 'es',
    components: [['es', upper], ['grid', grid], ['core', core], ['age', 0], ['diversification-cap', 0], ['basis', basis], ['liquidity', liquidity], ['concentration', 0], ['buffer', 0], ['fallback', 0], ['short-option-minimum', 0], ['premium-cap', 0], ['step-cap', 0]].map(([name, amount]) => ({ name, amount })),
    equityLines,
    tail: { level, var: tail.var, es: tail.es, standardError, upper, effectiveTail: tail.indices.length },
    grid: { scenario: worst.each.description, loss: Math.max(-tail.totals[worst.each.scenario], 0), lossShare: worst.each.weight, counted: grid },
  })
}

const rounded = document => JSON.parse(JSON.stringify(document, (_, each) => typeof each === 'number' ? cents(each) : each))

export function explainOf(market, account, worstCount) {
  const parts = legs(market, account.positions)
  const tail = tailOf(market, parts)
  const without = skipped => parts.filter(part => part !== skipped)
  const maintenance = marginOf(market, account).maintenance
  const split = total => {
    const shares = { delta: 0.12, gamma: 0.66, vega: 0.25, skew: -0.01, term: -0.02, theta: -0.04, basis: 0.03, peg: 0.01, cross: 0, residual: 0 }
    const terms = Object.fromEntries(Object.entries(shares).map(([name, share]) => [name, share * total]))
    return { shapley: { total, ...terms }, alone: { total, ...terms, gamma: total * 0.74, vega: total * 0.33, cross: -0.16 * total }, taylor: {}, interactions: [] }
  }
  const spotMoves = [-0.5, -0.3, -0.2, -0.15, -0.1, -0.05, 0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5]
  const volMoves = [-0.4, -0.2, 0, 0.25, 0.5, 1]
  const heat = extra => {
    const pnl = volMoves.map(vol => spotMoves.map(spot => sum(parts.map(part => part.quantity * (value(market, part.contract, spot, vol, 1) - value(market, part.contract)))) + extra))
    let worst = { pnl: Infinity }
    pnl.forEach((row, vol) => row.forEach((gain, spot) => { if (gain < worst.pnl) worst = { spotMove: spotMoves[spot], volMove: volMoves[vol], pnl: gain } }))
    return { pnl, worst }
  }
  const order = market.scenarios.map(each => each.scenario).sort((first, second) => tail.totals[first] - tail.totals[second]).slice(0, worstCount)
  return rounded({
    margin: marginOf(market, account),
    positions: parts.map(part => {
      const alone = { ...account, positions: [part] }
      return {
        instrument: part.instrument, quantity: part.quantity, es: tail.esOf(part.pnl), esStandardError: Math.abs(tail.esOf(part.pnl)) * 0.05,
        standaloneEs: tailOf(market, [part]).es, marginalEs: tail.es - tailOf(market, without(part)).es,
        standaloneMaintenance: marginOf(market, alone).maintenance, marginalMaintenance: maintenance - marginOf(market, { ...account, positions: without(part) }).maintenance,
        byCause: split(tail.esOf(part.pnl)),
      }
    }),
    tail: split(tail.es), grid: split(tail.es * 1.3),
    heatMap: { spotMoves, volMoves, contracts: heat(0), account: heat(sum(account.collateral.map(({ amount }) => amount)) * 0.01) },
    worstScenarios: order.map(index => {
      const scenario = market.scenarios[index]
      return {
        scenario: index, description: scenario.description, moves: scenario.moves.filter(move => parts.some(part => part.contract.coin.name === move.coin)), weight: scenario.weight, pnl: tail.totals[index],
        countedLoss: Math.max(-tail.totals[index] * (scenario.isStress ? scenario.weight : 1), 0), contributions: parts.map(part => ({ instrument: part.instrument, pnl: part.pnl[index] })),
      }
    }),
  })
}

export function whatIfOf(market, account, orders) {
  const filled = (account, order) => {
    const contract = market.byName.get(order.instrument)
    if (!contract) throw new Refusal('instrument-unknown', `${order.instrument} is not on the board`)
    const unit = contract.coin.inCoin ? market.spots[contract.coin.name] : 1
    const paid = contract.kind === 'option' ? order.quantity * (order.price === undefined ? value(market, contract) : order.price * unit) : 0
    return { ...account, positions: net([...account.positions, order]), collateral: [...account.collateral, { asset: 'USDC', amount: -paid }] }
  }
  const before = marginOf(market, account)
  const after = marginOf(market, orders.reduce(filled, account))
  const less = name => after[name] - before[name]
  return rounded({
    orders: orders.map(order => {
      const alone = marginOf(market, filled(account, order))
      const contract = market.byName.get(order.instrument)
      const unit = contract.coin.inCoin ? market.spots[contract.coin.name] : 1
      return { ...order, asset: contract.coin.asset, payment: contract.kind === 'option' ? -order.quantity * value(market, contract) / unit : 0, initialAlone: alone.initial - before.initial, maintenanceAlone: alone.maintenance - before.maintenance }
    }),
    before, after, delta: { equity: less('equity'), initial: less('initial'), maintenance: less('maintenance'), es: after.tail.es - before.tail.es, excess: less('excess'), available: less('available') },
    worstBefore: before.grid.scenario, worstAfter: after.grid.scenario, sufficient: after.available >= 0,
  })
}

export function bookTail(market, accounts) {
  const parts = [...accounts.values()].flatMap(account => { try { return legs(market, account.positions) } catch { return [] } })
  const tail = tailOf(market, parts)
  return { ...tail, order: market.scenarios.map(each => each.scenario).sort((first, second) => tail.totals[first] - tail.totals[second]) }
}

/** What accounts owe beyond their equity, by scenario, and whose is the most. */
export function shortfallsOf(market, accounts) {
  const totals = market.scenarios.map(() => 0)
  const largest = market.scenarios.map(() => ({ account: '', amount: 0 }))
  for (const account of accounts.values()) {
    try {
      const { equity } = marginOf(market, account)
      const parts = legs(market, account.positions)
      totals.forEach((_, scenario) => {
        const amount = Math.max(-equity - sum(parts.map(part => part.pnl[scenario])), 0)
        totals[scenario] += amount
        if (amount > largest[scenario].amount) largest[scenario] = { account: account.id, amount }
      })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
    }
  }
  return { totals, largest }
}
