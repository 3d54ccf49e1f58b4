import { expect, it } from 'vitest'
import { gridOf } from './grid'
import { reliefOf } from './relief'

const smile = (years: number, vols: Record<number, number>) => ({
  expiry: `2026-0${years}-01T08:00:00Z`, years, forward: 100, points: Object.entries(vols).map(([strike, fitVol]) => ({ strike: Number(strike), logMoneyness: 0, fitVol })),
})
const grid = gridOf([smile(1, { 80: 0.6, 100: 0.5, 120: 0.55 }), smile(2, { 80: 0.7, 120: 0.6 }), smile(4, { 100: 0.4, 120: 0.45 })])

it('a patch where all four corners are known, straight between listed strikes and not beyond them', () => {
  const { patches } = reliefOf(grid, 30)
  // The last expiry begins at 100: there is nothing over 80 to 100 before it.
  expect(patches.map(({ expiry, strike }) => `${expiry} ${strike}`).sort()).toEqual(['0 0', '0 1', '1 1'])
  const between = 0.7 + (0.6 - 0.7) * Math.log(100 / 80) / Math.log(120 / 80)
  expect(patches.find(({ expiry, strike }) => expiry === 0 && strike === 0)?.vol).toBeCloseTo((0.6 + 0.5 + between + 0.7) / 4)
})

it('from the farthest to the nearest, whichever side it is seen from', () => {
  const order = (degrees: number) => reliefOf(grid, degrees).patches.filter(({ strike }) => strike === 1).map(({ expiry }) => expiry)
  expect(order(0)).toEqual([1, 0])
  expect(order(180)).toEqual([0, 1])
})

it('a higher vol stands higher, and all of it fits', () => {
  const { patches, marks } = reliefOf(grid, 0)
  const front = patches.find(({ expiry, strike }) => expiry === 0 && strike === 0)?.corners ?? []
  expect(front[0]?.[1]).toBeGreaterThan(front[1]?.[1] ?? 0)
  for (const degrees of [0, 45, 90, 200, 315])
    for (const [x, y] of [...reliefOf(grid, degrees).patches.flatMap(({ corners }) => corners), ...reliefOf(grid, degrees).marks.map(({ at }) => at)]) {
      expect(Math.abs(x)).toBeLessThan(0.85)
      expect(Math.abs(y)).toBeLessThan(0.75)
    }
  expect(marks.filter(({ text }) => text === 'expiry')).toHaveLength(3)
})

it('one expiry is no surface', () => {
  expect(reliefOf(gridOf([smile(1, { 80: 0.6, 100: 0.5 })]), 30)).toEqual({ patches: [], marks: [] })
})
