import { expect, it } from 'vitest'
import { flatten } from './flatten'

it('gives a line a value, with its path', () => {
  expect(flatten({ name: 'default', stress: { steps: [-1, 0.5], coins: { BTC: 1 }, cap: null }, list: [{ a: 1 }] })).toEqual([
    { key: 'name', value: '"default"' }, { key: 'stress.steps', value: '-1, 0.5' }, { key: 'stress.coins.BTC', value: '1' },
    { key: 'stress.cap', value: 'null' }, { key: 'list.0.a', value: '1' },
  ])
})
