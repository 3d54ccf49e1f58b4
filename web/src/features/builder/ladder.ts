import type { Instrument } from '../../shared/api/documents'

export interface Rung { strike: number; call?: Instrument; put?: Instrument }
export interface Ladder { expiry: string; rungs: Rung[]; /** Index of the strike nearest to the forward. */ atm: number }
export interface Market { name: string; ladders: Ladder[]; linear: Instrument[] }

const sideOf = (instrument: Instrument): 'call' | 'put' | undefined =>
  instrument.instrument.endsWith('-C') ? 'call' : instrument.instrument.endsWith('-P') ? 'put' : undefined

/** Instruments by market (`BTC`, `SOL_USDC`), expiry and strike, all in order. */
export function markets(instruments: readonly Instrument[]): Market[] {
  const found = new Map<string, { expiries: Map<string, Map<number, Rung>>; linear: Instrument[] }>()
  for (const instrument of instruments) {
    const name = instrument.instrument.split('-')[0] ?? instrument.underlying
    let market = found.get(name)
    if (!market) found.set(name, market = { expiries: new Map(), linear: [] })
    const side = sideOf(instrument)
    if (!side || instrument.expiry === undefined || instrument.strike === undefined) {
      market.linear.push(instrument)
      continue
    }
    let strikes = market.expiries.get(instrument.expiry)
    if (!strikes) market.expiries.set(instrument.expiry, strikes = new Map<number, Rung>())
    const { strike } = instrument
    strikes.set(strike, { ...strikes.get(strike), strike, [side]: instrument })
  }
  return [...found].map(([name, { expiries, linear }]) => ({
    name, linear,
    ladders: [...expiries].map(([expiry, strikes]) => {
      const rungs = [...strikes.values()].sort((first, second) => first.strike - second.strike)
      return { expiry, rungs, atm: atmIndex(rungs) }
    }).sort((first, second) => first.expiry.localeCompare(second.expiry)),
  })).sort((first, second) => first.name.localeCompare(second.name))
}

/** By parity a call and a put of the strike at the forward are worth the same, in coin or in USD. Without marks: the middle. */
export function atmIndex(rungs: readonly Rung[]): number {
  let best = -1
  let least = Infinity
  rungs.forEach(({ call, put }, index) => {
    if (call?.mark === undefined || put?.mark === undefined) return
    const apart = Math.abs(call.mark - put.mark)
    if (apart < least) { least = apart; best = index }
  })
  return best >= 0 ? best : Math.floor(rungs.length / 2)
}

/** The rungs within `reach` of the money, or all. */
export const around = ({ rungs, atm }: Ladder, reach: number): Rung[] => rungs.slice(Math.max(atm - reach, 0), atm + reach + 1)
