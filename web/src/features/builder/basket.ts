import type { Order } from '../../shared/api/queries'
import type { Holding } from '../../shared/payoff/payoff'

/** At most this many orders in a what-if (docs/api.md). */
export const mostOrders = 64

/** Orders as they stand in the address and behind `--order`: `BTC-27MAR26-70000-C:-2@0.05`, with commas between. */
export const writeBasket = (orders: readonly Order[]): string => orders.map(writeOrder).join(',')

export const writeOrder = ({ instrument, quantity, price }: Order): string => `${instrument}:${quantity}${price === undefined ? '' : `@${price}`}`

/** What is no order is left out: an address may come from anywhere. */
export function readBasket(text: string): Order[] {
  return text.split(',').flatMap(part => {
    const match = /^([\w-]{3,64}):([-+]?[\d.]+(?:e-?\d+)?)(?:@([\d.]+(?:e-?\d+)?))?$/i.exec(part)
    const quantity = Number(match?.[2])
    const price = match?.[3] === undefined ? undefined : Number(match[3])
    if (!match?.[1] || !Number.isFinite(quantity) || quantity === 0 || (price !== undefined && !Number.isFinite(price))) return []
    return [{ instrument: match[1], quantity, ...(price === undefined ? {} : { price }) }]
  }).slice(0, mostOrders)
}

/** One order an instrument: the same side again adds to it, the other side takes from it, nothing left takes it out. */
export function withOrder(orders: readonly Order[], instrument: string, change: number): Order[] {
  const known = orders.find(order => order.instrument === instrument)
  const quantity = round((known?.quantity ?? 0) + change)
  if (quantity === 0) return orders.filter(order => order !== known)
  if (known) return orders.map(order => order === known ? { ...order, quantity } : order)
  return orders.length < mostOrders ? [...orders, { instrument, quantity }] : [...orders]
}

/** What is held once all orders are filled. */
export function filled(positions: readonly Holding[], orders: readonly Order[]): Holding[] {
  const sums = new Map<string, number>()
  for (const { instrument, quantity } of [...positions, ...orders]) sums.set(instrument, round((sums.get(instrument) ?? 0) + quantity))
  return [...sums].flatMap(([instrument, quantity]) => quantity === 0 ? [] : [{ instrument, quantity }])
}

// Sums of tenths stay tenths.
const round = (value: number): number => Number(value.toFixed(8))

const quoted = (text: string): string => /^[\w@:%+=.,/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`

/** Shell lines that ask the command line the same of the same epoch. */
export function commandLines(origin: string, epoch: number, seed: number, account: string, orders: readonly Order[]): string {
  const files = `epoch-${epoch}`
  return [
    `curl -sSf ${origin}/api/v1/epochs/${epoch}/board -o ${files}-board`,
    `curl -sSf ${origin}/api/v1/epochs/${epoch}/portfolio -o ${files}-portfolio`,
    `curl -sSf ${origin}/api/v1/params/document -o ${files}-params`,
    `pms whatif --board ${files}-board --portfolio ${files}-portfolio --params ${files}-params --account ${quoted(account)} --seed ${seed} ${orders.map(order => `--order ${quoted(writeOrder(order))}`).join(' ')}`,
  ].join('\n')
}
