import { expect, it } from 'vitest'
import type { Instrument } from '../../shared/api/documents'
import { around, atmIndex, markets } from './ladder'

const option = (instrument: string, mark?: number): Instrument => ({
  instrument, underlying: 'BTC', kind: 'option', expiry: instrument.includes('27MAR26') ? '2026-03-27T08:00:00Z' : '2026-03-06T08:00:00Z',
  strike: Number(instrument.split('-')[2]), ...(mark === undefined ? {} : { mark }),
})

const chain = [
  option('BTC-27MAR26-70000-C', 0.03), option('BTC-27MAR26-60000-C', 0.12), option('BTC-27MAR26-70000-P', 0.05), option('BTC-27MAR26-60000-P', 0.01),
  option('BTC-6MAR26-66000-C'), { instrument: 'BTC-PERPETUAL', underlying: 'BTC', kind: 'future' },
  { ...option('SOL_USDC-27MAR26-125-C'), underlying: 'SOL' },
]

it('orders markets, expiries and strikes, calls and puts on one rung', () => {
  const [btc, sol] = markets(chain)
  expect(btc?.ladders.map(ladder => ladder.expiry)).toEqual(['2026-03-06T08:00:00Z', '2026-03-27T08:00:00Z'])
  expect(btc?.ladders[1]?.rungs.map(rung => [rung.strike, rung.call?.instrument, rung.put?.instrument])).toEqual([
    [60000, 'BTC-27MAR26-60000-C', 'BTC-27MAR26-60000-P'], [70000, 'BTC-27MAR26-70000-C', 'BTC-27MAR26-70000-P'],
  ])
  expect(btc?.linear.map(each => each.instrument)).toEqual(['BTC-PERPETUAL'])
  expect(sol?.name).toBe('SOL_USDC')
})

it('finds the money where call and put are worth the same, else the middle', () => {
  expect(markets(chain)[0]?.ladders[1]?.atm).toBe(1)
  expect(atmIndex([{ strike: 1 }, { strike: 2 }, { strike: 3 }])).toBe(1)
  expect(atmIndex([])).toBe(0)
})

it('keeps the rungs around the money', () => {
  const rungs = Array.from({ length: 9 }, (_, strike) => ({ strike }))
  expect(around({ expiry: '', rungs, atm: 1 }, 2).map(rung => rung.strike)).toEqual([0, 1, 2, 3])
})
