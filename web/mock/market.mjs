/** A made-up market: three coins, a smile with a level, a slope and a bend, joint scenarios. Nothing here is the engine's model. */
import { random } from './random.mjs'

const dayMs = 86_400_000
const months = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
export const coins = [
  { name: 'BTC', market: 'BTC', spot: 68_000, vol: 0.47, step: 2_000, asset: 'BTC', inCoin: true },
  { name: 'ETH', market: 'ETH', spot: 2_010, vol: 0.64, step: 50, asset: 'ETH', inCoin: true },
  { name: 'SOL', market: 'SOL_USDC', spot: 131, vol: 0.83, step: 5, asset: 'USDC', inCoin: false },
]
const expiryDays = [2, 9, 23, 58, 149]
const strikesEachSide = 14

const cdf = x => {
  const t = 1 / (1 + 0.2316419 * Math.abs(x))
  const tail = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI) * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return x > 0 ? 1 - tail : tail
}

/** Undiscounted Black-76. */
export function black(isCall, forward, strike, stdDev) {
  if (stdDev <= 1e-9) return Math.max(isCall ? forward - strike : strike - forward, 0)
  const d1 = Math.log(forward / strike) / stdDev + stdDev / 2
  const call = forward * cdf(d1) - strike * cdf(d1 - stdDev)
  return isCall ? call : call - forward + strike
}

const smile = (coin, years, k, level) => level * (0.9 + 0.1 * Math.min(years * 6, 1)) * Math.sqrt(1 - 0.5 * k / Math.sqrt(years + 0.02) * 0.3 + 0.35 * k * k / (years + 0.05))

export function makeMarket(seed, startMs) {
  const draw = random(seed)
  const contracts = []
  for (const coin of coins) {
    const at = days => { const day = new Date(startMs + days * dayMs); day.setUTCHours(8, 0, 0, 0); return day }
    const name = day => `${day.getUTCDate()}${months[day.getUTCMonth()]}${String(day.getUTCFullYear()).slice(2)}`
    contracts.push({ instrument: `${coin.market}-PERPETUAL`, coin, kind: 'perpetual' })
    for (const days of expiryDays) {
      const day = at(days)
      contracts.push({ instrument: `${coin.market}-${name(day)}`, coin, kind: 'future', expiry: day.toISOString(), expiryMs: day.getTime() })
      const middle = Math.round(coin.spot / coin.step) * coin.step
      for (let rung = -strikesEachSide; rung <= strikesEachSide; rung++) {
        const strike = middle + rung * coin.step
        if (strike <= 0) continue
        for (const isCall of [true, false])
          contracts.push({ instrument: `${coin.market}-${name(day)}-${strike}-${isCall ? 'C' : 'P'}`, coin, kind: 'option', isCall, strike, expiry: day.toISOString(), expiryMs: day.getTime() })
      }
    }
  }

  const probable = Array.from({ length: 300 }, (_, index) => {
    const common = draw.normal()
    const crash = index % 60 === 0
    return {
      scenario: index, description: `monte-carlo ${index}: ${crash ? 'crash' : 'diffusion'}`, weight: 1 / 300,
      moves: coins.map(coin => {
        const spot = Math.exp(coin.vol / Math.sqrt(365) * (0.8 * common + 0.6 * draw.normal()) + (crash ? -0.12 : 0)) - 1
        return { coin: coin.name, spot, vol: -0.8 * spot + 0.05 * draw.normal() + (crash ? 0.25 : 0) }
      }),
    }
  })
  const stress = [[-0.4, 0.6, 0.5], [-0.2, 0.4, 0.8], [-0.13, 0.28, 1], [-0.13, -0.2, 1], [0.13, 0.28, 1], [0.13, -0.2, 1], [0.2, 0.3, 0.7], [0.4, 0.3, 0.35]]
    .map(([spot, vol, share], index) => ({
      scenario: 300 + index, description: `stress ${index}: spot ${(spot * 100).toFixed(0)} %, vol ${(vol * 100).toFixed(0)} %`, weight: share, isStress: true,
      moves: coins.map(coin => ({ coin: coin.name, spot, vol })),
    }))
  const scenarios = [...probable, ...stress]

  const market = { contracts, scenarios, stress, probable, byName: new Map(contracts.map(each => [each.instrument, each])), spots: {}, vols: {}, nowMs: startMs }
  for (const coin of coins) { market.spots[coin.name] = coin.spot; market.vols[coin.name] = coin.vol }
  return market
}

/** One step of the random walk. */
export function move(market, draw, nowMs) {
  market.nowMs = nowMs
  for (const coin of coins) {
    market.spots[coin.name] *= Math.exp(0.0008 * draw.normal())
    market.vols[coin.name] = Math.min(Math.max(market.vols[coin.name] * Math.exp(0.001 * draw.normal()), coin.vol * 0.8), coin.vol * 1.2)
  }
}

export const yearsOf = (market, contract) => Math.max((contract.expiryMs - market.nowMs) / dayMs / 365, 1 / 8760)
export const forwardOf = (market, contract) => market.spots[contract.coin.name] * (contract.expiryMs ? 1 + 0.05 * yearsOf(market, contract) : 1)

export function volOf(market, contract, spotMove = 0, volMove = 0) {
  const years = yearsOf(market, contract)
  return smile(contract.coin, years, Math.log(contract.strike / (forwardOf(market, contract) * (1 + spotMove))), market.vols[contract.coin.name] * Math.max(1 + volMove, 0.1))
}

/** USD value of one coin of a contract after moves; futures: the profit since now. */
export function value(market, contract, spotMove = 0, volMove = 0, daysPassed = 0) {
  const forward = forwardOf(market, contract)
  if (contract.kind !== 'option') return forward * spotMove
  const years = Math.max(yearsOf(market, contract) - daysPassed / 365, 0)
  return black(contract.isCall, forward * (1 + spotMove), contract.strike, volOf(market, contract, spotMove, volMove) * Math.sqrt(years))
}

/** P&L of one coin in every scenario, one day later. */
export function pnlVector(market, contract) {
  const index = coins.indexOf(contract.coin)
  const now = value(market, contract)
  return market.scenarios.map(({ moves }) => value(market, contract, moves[index].spot, moves[index].vol, 1) - now)
}
