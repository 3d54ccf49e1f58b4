import type { Instrument } from '../api/documents'

/** What the contracts of one underlying are worth at their expiries, against what they are worth now. USD. */
export interface Payoff {
  underlying: string
  /** Mark of the perpetual, or of the next future. */
  spot: number
  points: { price: number; pnl: number }[]
  breakEvens: number[]
}

export interface Holding { instrument: string; quantity: number }

const marketOf = (instrument: string): string => instrument.split('-')[0] ?? instrument
/** Deribit's names: `BTC-…` pays in coins, `BTC_USDC-…` in dollars. */
const isInverse = (instrument: string): boolean => !marketOf(instrument).includes('_')

const reach = 0.5
const steps = 100

/** Underlyings of the holdings that the board knows, in order. */
export function underlyingsOf(holdings: readonly Holding[], board: ReadonlyMap<string, Instrument>): string[] {
  return [...new Set(holdings.flatMap(({ instrument }) => board.get(instrument)?.underlying ?? []))].sort()
}

/**
 * Each contract at its own expiry and at the same price; perpetuals and futures against their marks. Undefined where a mark is missing: a sum without one
 * of its parts would be another account's.
 */
export function payoffOf(underlying: string, holdings: readonly Holding[], board: ReadonlyMap<string, Instrument>): Payoff | undefined {
  const linear = [...board.values()].filter(each => each.underlying === underlying && each.kind !== 'option' && each.strike === undefined && each.mark !== undefined)
  const nearest = linear.sort((first, second) => (first.expiry ?? '').localeCompare(second.expiry ?? ''))[0]
  const spot = nearest?.mark
  if (spot === undefined) return undefined

  const legs: ((price: number) => number)[] = []
  const strikes: number[] = []
  for (const { instrument, quantity } of holdings) {
    const listed = board.get(instrument)
    if (listed && listed.underlying !== underlying) continue
    const mark = listed?.mark
    if (mark === undefined) return undefined
    const { strike } = listed ?? {}
    if (strike === undefined) {
      // An inverse future is counted in dollars: its coins are quantity / mark.
      const coins = isInverse(instrument) ? quantity / mark : quantity
      legs.push(price => coins * (price - mark))
    } else {
      const now = isInverse(instrument) ? mark * spot : mark
      const sign = instrument.endsWith('-C') ? 1 : -1
      strikes.push(strike)
      legs.push(price => quantity * (Math.max(sign * (price - strike), 0) - now))
    }
  }

  const [from, to] = [spot * (1 - reach), spot * (1 + reach)]
  // Kinks are at the strikes: with them between the steps the line is exact.
  const prices = [...new Set([...Array.from({ length: steps + 1 }, (_, index) => from + (to - from) * index / steps), ...strikes.filter(strike => strike > from && strike < to)])].sort((first, second) => first - second)
  const points = prices.map(price => ({ price, pnl: legs.reduce((sum, leg) => sum + leg(price), 0) }))
  const breakEvens = points.flatMap((point, index) => {
    const before = points[index - 1]
    if (!before || (before.pnl < 0) === (point.pnl < 0)) return []
    return [before.price + (point.price - before.price) * before.pnl / (before.pnl - point.pnl)]
  })
  return { underlying, spot, points, breakEvens }
}
