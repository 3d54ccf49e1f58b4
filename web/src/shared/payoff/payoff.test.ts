import { expect, it } from 'vitest'
import type { Instrument } from '../api/documents'
import { payoffOf, underlyingsOf } from './payoff'

const board = new Map<string, Instrument>([
  { instrument: 'BTC-PERPETUAL', underlying: 'BTC', kind: 'perpetual', mark: 100 },
  { instrument: 'BTC-27MAR26', underlying: 'BTC', kind: 'future', expiry: '2026-03-27T08:00:00Z', mark: 104 },
  { instrument: 'BTC-27MAR26-110-C', underlying: 'BTC', kind: 'option', expiry: '2026-03-27T08:00:00Z', strike: 110, mark: 0.05 },
  { instrument: 'BTC-27MAR26-90-P', underlying: 'BTC', kind: 'option', expiry: '2026-03-27T08:00:00Z', strike: 90, mark: 0.02 },
  { instrument: 'BTC-27MAR26-80-P', underlying: 'BTC', kind: 'option', expiry: '2026-03-27T08:00:00Z', strike: 80 },
  { instrument: 'SOL_USDC-PERPETUAL', underlying: 'SOL', kind: 'perpetual', mark: 20 },
  { instrument: 'SOL_USDC-27MAR26-22-C', underlying: 'SOL', kind: 'option', expiry: '2026-03-27T08:00:00Z', strike: 22, mark: 1.5 },
].map(each => [each.instrument, each]))

const at = (underlying: string, holdings: { instrument: string; quantity: number }[], price: number): number | undefined =>
  payoffOf(underlying, holdings, board)?.points.find(point => Math.abs(point.price - price) < 1e-9)?.pnl

it('an inverse option: its premium in coins, its payoff in dollars', () => {
  const call = [{ instrument: 'BTC-27MAR26-110-C', quantity: -2 }]
  expect(at('BTC', call, 100)).toBeCloseTo(10)
  expect(at('BTC', call, 110)).toBeCloseTo(10)
  expect(at('BTC', call, 130)).toBeCloseTo(10 - 40)
  expect(payoffOf('BTC', call, board)?.breakEvens).toEqual([expect.closeTo(115)])
})

it('a linear option: its premium in dollars', () => {
  expect(at('SOL', [{ instrument: 'SOL_USDC-27MAR26-22-C', quantity: 3 }], 30)).toBeCloseTo(3 * (8 - 1.5))
  expect(at('SOL', [{ instrument: 'SOL_USDC-PERPETUAL', quantity: 3 }], 30)).toBeCloseTo(30)
})

it('an inverse future is counted in dollars', () => {
  expect(at('BTC', [{ instrument: 'BTC-PERPETUAL', quantity: 1000 }], 110)).toBeCloseTo(100)
  expect(at('BTC', [{ instrument: 'BTC-27MAR26', quantity: -1040 }], 100)).toBeCloseTo(40)
})

it('adds up the contracts of one underlying, and only those; has the strikes as points', () => {
  const all = [{ instrument: 'BTC-27MAR26-110-C', quantity: 1 }, { instrument: 'BTC-27MAR26-90-P', quantity: 1 }, { instrument: 'SOL_USDC-PERPETUAL', quantity: 5 }]
  expect(at('BTC', all, 90)).toBeCloseTo(-7)
  expect(at('BTC', all, 60)).toBeCloseTo(23)
  expect(underlyingsOf(all, board)).toEqual(['BTC', 'SOL'])
  expect(payoffOf('BTC', all, board)?.breakEvens).toEqual([expect.closeTo(83), expect.closeTo(117)])
})

it('without a mark there is no payoff', () => {
  expect(payoffOf('BTC', [{ instrument: 'BTC-27MAR26-80-P', quantity: 1 }], board)).toBeUndefined()
  expect(payoffOf('BTC', [{ instrument: 'BTC-1JAN20-5000-C', quantity: 1 }], board)).toBeUndefined()
  expect(payoffOf('ETH', [], board)).toBeUndefined()
})
