import { useQuery } from '@tanstack/react-query'
import { account as accountQuery, type Order } from '../../shared/api/queries'
import { PayoffChart } from '../../shared/payoff/PayoffChart'
import { Answer } from '../../shared/ui/Answer'
import { filled } from './basket'

/** What the basket pays, on top of what the account holds; alone where no account is chosen. Orders count at their marks. */
export function BasketPayoff({ account, orders }: { account: string; orders: readonly Order[] }) {
  if (orders.length === 0) return null
  return account === '' ? <PayoffChart positions={filled([], orders)} /> : <AccountPayoff account={account} orders={orders} />
}

function AccountPayoff({ account, orders }: { account: string; orders: readonly Order[] }) {
  const query = useQuery(accountQuery(account))
  return <Answer query={query} height={330}>{({ positions }) => <PayoffChart positions={filled(positions, orders)} before={positions} />}</Answer>
}
