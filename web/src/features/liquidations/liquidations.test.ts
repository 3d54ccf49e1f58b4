import { expect, it } from 'vitest'
import { wordsOf } from './eventWords'
import { rateAt } from './RateChart'

it('reads the curve between its points and beyond its end', () => {
  const curve = [{ seconds: 0, rate: 0.02 }, { seconds: 900, rate: 0.2 }, { seconds: 4500, rate: 1 }]
  expect(rateAt(curve, 0)).toBe(0.02)
  expect(rateAt(curve, 450)).toBeCloseTo(0.11)
  expect(rateAt(curve, 900)).toBe(0.2)
  expect(rateAt(curve, 9000)).toBe(1)
  expect(rateAt([], 1)).toBeUndefined()
})

it('tells an event in words, with its money', () => {
  expect(wordsOf({ event: 'StateChanged', values: { from: '0', to: '1', equityWad: '1500000000000000000000', initialWad: '1600000000000000000000', maintenanceWad: '1200000000000000000000' } }))
    .toEqual({ level: 'warn', text: 'healthy → margin call: equity 1,500 USD, initial 1,600 USD, maintenance 1,200 USD' })
  expect(wordsOf({ event: 'ShareTaken', values: { unitsWad: '25', allUnitsWad: '100', cashWad: '10000000000000000000', bonusWad: '0', feeWad: '0' } }).text).toBe('25.00 % taken for 10 USD, bonus 0 USD, fee 0 USD')
})

it('keeps the contract\'s names of what it does not know', () => {
  expect(wordsOf({ event: 'Surprise', values: { account: '3', what: 'x' } })).toEqual({ level: 'dim', text: 'what x' })
  expect(wordsOf({ event: 'ShareTaken', values: {} }).text).toBe('a share taken for – USD, bonus – USD, fee – USD')
})
