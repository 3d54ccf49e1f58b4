import { expect, it } from 'vitest'
import { gridOf } from './grid'

const smile = (years: number, vols: Record<number, number>) => ({
  expiry: `${years}`, years, forward: 100, points: Object.entries(vols).map(([strike, fitVol]) => ({ strike: Number(strike), logMoneyness: 0, fitVol })),
})

it('puts expiries and strikes in order, and leaves gaps as gaps', () => {
  const grid = gridOf([smile(1, { 100: 0.5, 120: 0.6, 300: 1 }), smile(0.1, { 120: 0.7, 100: 0.8, 90: 0.9 }), smile(0.5, { 90: 0.4 })])
  expect(grid.strikes).toEqual([90, 100, 120])
  expect(grid.expiries.map(each => each.years)).toEqual([0.1, 0.5, 1])
  expect(grid.vols).toEqual([[0.9, 0.8, 0.7], [0.4, undefined, undefined], [undefined, 0.5, 0.6]])
})

it('keeps all strikes of a single expiry; of none there is nothing', () => {
  expect(gridOf([smile(1, { 90: 0.4, 100: 0.5 })]).strikes).toEqual([90, 100])
  expect(gridOf([])).toEqual({ expiries: [], strikes: [], vols: [] })
})
