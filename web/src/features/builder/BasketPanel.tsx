import { Button, CloseButton, Group, Table } from '@mantine/core'
import type { Order } from '../../shared/api/queries'
import { count } from '../../shared/format'
import { Empty } from '../../shared/ui/Answer'
import { CopyButton } from '../../shared/ui/CopyButton'
import { Panel } from '../../shared/ui/Panel'
import { mostOrders } from './basket'
import { NumberField } from './NumberField'

export function BasketPanel({ orders, onChange }: { orders: readonly Order[]; onChange: (orders: Order[]) => void }) {
  const replace = (order: Order, changed: Order) => onChange(orders.map(each => each === order ? changed : each))
  return (
    <Panel
      title="Basket"
      aside={orders.length > 0 && (
        <Group gap="xs">
          <span className="dim">{count(orders.length, 'order')} of {mostOrders}</span>
          <CopyButton text={JSON.stringify({ orders })} label="Copy JSON" />
          <Button size="compact-sm" variant="default" onClick={() => onChange([])}>Clear</Button>
        </Group>
      )}
    >
      {orders.length === 0
        ? <Empty>The basket is empty: a click on an ask buys, on a bid sells. The address of this page holds the basket.</Empty>
        : (
          <Table verticalSpacing={4} fz="sm">
            <Table.Thead><Table.Tr><Table.Th>Order</Table.Th><Table.Th w={100}>Quantity</Table.Th><Table.Th w={110}>Price</Table.Th><Table.Th w={30}><span className="dim">Out</span></Table.Th></Table.Tr></Table.Thead>
            <Table.Tbody>
              {orders.map(order => (
                <Table.Tr key={order.instrument}>
                  <Table.Td className="mono">{order.instrument}</Table.Td>
                  <Table.Td>
                    <NumberField name={`Quantity of ${order.instrument}, bought positive`} value={order.quantity} accepts={value => value !== 0} onChange={value => replace(order, { ...order, quantity: value })} />
                  </Table.Td>
                  <Table.Td>
                    <NumberField
                      name={`Price of ${order.instrument}, in its own unit; empty: fitted value or mark`} value={order.price} placeholder="fair" accepts={value => value >= 0}
                      onChange={price => replace(order, { ...order, price })} onEmpty={() => replace(order, { instrument: order.instrument, quantity: order.quantity })}
                    />
                  </Table.Td>
                  <Table.Td><CloseButton size="sm" aria-label={`Take out ${order.instrument}`} onClick={() => onChange(orders.filter(each => each !== order))} /></Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
    </Panel>
  )
}
