import { expect, it } from 'vitest'
import { commandLines, filled, mostOrders, readBasket, withOrder, writeBasket } from './basket'

const orders = [{ instrument: 'BTC-27MAR26-70000-C', quantity: -2, price: 0.05 }, { instrument: 'SOL_USDC-PERPETUAL', quantity: 0.3 }]

it('reads what it writes', () => {
  expect(writeBasket(orders)).toBe('BTC-27MAR26-70000-C:-2@0.05,SOL_USDC-PERPETUAL:0.3')
  expect(readBasket(writeBasket(orders))).toEqual(orders)
})

it('leaves out what is no order', () => {
  expect(readBasket('')).toEqual([])
  expect(readBasket('BTC-PERPETUAL:0,:1,BTC-PERPETUAL:x,<b>:1,BTC-PERPETUAL:1.2.3,BTC-PERPETUAL:5')).toEqual([{ instrument: 'BTC-PERPETUAL', quantity: 5 }])
  expect(readBasket(Array.from({ length: 70 }, (_, index) => `BTC-${index}:1`).join(','))).toHaveLength(mostOrders)
})

it('adds to, takes from and takes out', () => {
  const one = withOrder([], 'BTC-PERPETUAL', 0.1)
  const two = withOrder(one, 'BTC-PERPETUAL', 0.2)
  expect(two).toEqual([{ instrument: 'BTC-PERPETUAL', quantity: 0.3 }])
  expect(withOrder(two, 'BTC-PERPETUAL', -0.3)).toEqual([])
  const full = Array.from({ length: mostOrders }, (_, index) => ({ instrument: `BTC-${index}`, quantity: 1 }))
  expect(withOrder(full, 'ETH-PERPETUAL', 1)).toHaveLength(mostOrders)
})

it('writes shell lines that quote the account', () => {
  expect(commandLines('http://h', 7, 1, "o'neil; rm", orders)).toBe([
    'curl -sSf http://h/api/v1/epochs/7/board -o epoch-7-board',
    'curl -sSf http://h/api/v1/epochs/7/portfolio -o epoch-7-portfolio',
    'curl -sSf http://h/api/v1/params/document -o epoch-7-params',
    "pms whatif --board epoch-7-board --portfolio epoch-7-portfolio --params epoch-7-params --account 'o'\\''neil; rm' --seed 1 --order BTC-27MAR26-70000-C:-2@0.05 --order SOL_USDC-PERPETUAL:0.3",
  ].join('\n'))
})

it('what is held once all orders are filled: sums by contract, without what is closed', () => {
  const held = [{ instrument: 'BTC-PERPETUAL', quantity: 1_000 }, { instrument: 'BTC-27MAR26-70000-C', quantity: 2 }]
  expect(filled(held, orders)).toEqual([{ instrument: 'BTC-PERPETUAL', quantity: 1_000 }, { instrument: 'SOL_USDC-PERPETUAL', quantity: 0.3 }])
  expect(filled([], [])).toEqual([])
})
