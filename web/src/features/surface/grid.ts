import type { Smiles } from '../../shared/api/documents'

type Smile = Smiles['expiries'][number]

export interface VolGrid {
  expiries: Smile[]
  strikes: number[]
  /** [expiry][strike], a fraction a year; undefined where that expiry lists no such strike. */
  vols: (number | undefined)[][]
}

/** Strikes that one expiry alone lists make columns of one cell: they are left out where there are others. */
const leastExpiries = 2

/** The fitted vols over strike and expiry. Nothing is put between: a cell is a listed contract. */
export function gridOf(smiles: readonly Smile[]): VolGrid {
  const expiries = smiles.toSorted((first, second) => first.years - second.years)
  const counts = new Map<number, number>()
  for (const { points } of expiries) for (const strike of new Set(points.map(point => point.strike))) counts.set(strike, (counts.get(strike) ?? 0) + 1)
  const least = Math.min(leastExpiries, expiries.length)
  const strikes = [...counts].filter(([, listed]) => listed >= least).map(([strike]) => strike).sort((first, second) => first - second)
  return {
    expiries, strikes,
    vols: expiries.map(({ points }) => {
      const known = new Map(points.map(point => [point.strike, point.fitVol]))
      return strikes.map(strike => known.get(strike))
    }),
  }
}
