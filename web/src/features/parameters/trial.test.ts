import { expect, it } from 'vitest'
import { changesOf, readTrials, withTrial, writeTrials } from './trial'

const trials = [{ key: 'measure.initialFactor', value: '2' }, { key: 'measure.tail', value: 'es975' }, { key: 'scenarios.startAtCurrentVol', value: 'false' }, { key: 'collateral.haircuts.BTC', value: '0.1' }]

it('reads what it writes', () => {
  expect(writeTrials(trials.slice(0, 2))).toBe('measure.initialFactor:2,measure.tail:es975')
  expect(readTrials(writeTrials(trials))).toEqual(trials)
})

it('leaves out what is no change', () => {
  expect(readTrials('')).toEqual([])
  expect(readTrials('measure:2,.:1,measure.tail:,measure.tail:<b>,a.b:1')).toEqual([{ key: 'a.b', value: '1' }])
})

it('a key again replaces its value', () => {
  expect(withTrial(trials.slice(0, 1), { key: 'measure.initialFactor', value: '3' })).toEqual([{ key: 'measure.initialFactor', value: '3' }])
})

it('sections and keys as the server takes them', () => {
  expect(changesOf(trials)).toEqual({ measure: { initialFactor: 2, tail: 'es975' }, scenarios: { startAtCurrentVol: false }, collateral: { haircuts: { BTC: 0.1 } } })
  // No name reaches what every object has.
  expect(changesOf([{ key: '__proto__.polluted', value: '1' }, { key: 'constructor.x', value: '1' }])).not.toHaveProperty('measure')
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
})
