import { expect, it } from 'vitest'
import { placeOf, unitOf, usedOf30Days, valueText } from './governed'

const row = {
  name: 'stressMoveWad', value: 150_000_000_000_000_000n, least: 100_000_000_000_000_000n, most: 500_000_000_000_000_000n, mostStep: 50_000_000_000_000_000n,
  mostIn30Days: 100_000_000_000_000_000n, leastDelaySeconds: 259_200, tightening: 'up' as const, raisedIn30Days: 0n, loweredIn30Days: 0n,
}

it('shows seconds as time and 1e-18 with all digits', () => {
  expect(valueText('maxAgeSeconds', 300n)).toBe('5 min 0 s')
  expect(valueText('coinRampSeconds:0', 604_800n)).toBe('7 d 0 h')
  expect(valueText('tradeFeeWad', 300_000_000_000_000n)).toBe('0.0003')
  expect(valueText('cashCapWad', 5_000_000n * 10n ** 18n)).toBe('5,000,000')
})

it.each([
  ['maxAgeSeconds', 'time'], ['coinRampSeconds:1', 'time'], ['coinCapWad:0', 'coins'], ['coinHaircutWad:0', 'fraction'], ['cashCapWad', 'USD'], ['depositPerHourWad', 'USD'],
  ['liquidationLeastWad', 'USD'], ['maxPriceMovePerHourWad', 'fraction'], ['maxFundingPerHourWad', 'fraction'], ['slashShareWad', 'fraction'],
])('%s is %s', (name, unit) => {
  expect(unitOf(name)).toBe(unit)
})

it('tells the used part of the 30 days, the larger of both directions', () => {
  expect(usedOf30Days(row)).toEqual({ share: 0, text: '0 of 0.1' })
  expect(usedOf30Days({ ...row, raisedIn30Days: 20_000_000_000_000_000n, loweredIn30Days: 50_000_000_000_000_000n })).toEqual({ share: 0.5, text: 'down 0.05 of 0.1' })
  expect(usedOf30Days({ ...row, mostIn30Days: 0n })).toEqual({ share: 0, text: '0 of 0' })
})

it('places a value between its bounds', () => {
  expect(placeOf(row)).toBe(0.125)
  expect(placeOf({ ...row, least: 1n, most: 1n })).toBe(0)
})
