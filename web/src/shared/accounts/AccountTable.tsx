import { Anchor } from '@mantine/core'
import { Link, useLocation } from 'wouter'
import type { AccountRow } from '../api/documents'
import { number, ratio, signed, usd } from '../format'
import { Empty } from '../ui/Answer'
import { DataTable } from '../ui/DataTable'
import { Num, toneOf } from '../ui/Num'
import { AccountStateLabel } from '../ui/StateLabel'
import { accountAddress } from './accountAddress'

interface AccountTableProps { rows: readonly AccountRow[]; caption: string; sort?: string; onSort?: (key: string) => void }

/** Accounts, a row each; a row opens its account. */
export function AccountTable({ rows, caption, ...sorting }: AccountTableProps) {
  const [, navigate] = useLocation()
  if (rows.length === 0) return <Empty>No account here. Accounts come with PUT /api/v1/accounts/ID or the portfolio file that the server is started with.</Empty>
  return (
    <DataTable
      caption={caption} rows={rows} rowKey={row => row.account} onOpen={row => navigate(accountAddress(row.account))} {...sorting}
      columns={[
        { key: 'account', name: 'Account', sortable: true, cell: row => <Anchor component={Link} href={accountAddress(row.account)} inherit tabIndex={-1}>{row.account}</Anchor> },
        { key: 'state', name: 'State', cell: row => <AccountStateLabel state={row.state} /> },
        { key: 'ratio', name: 'Ratio', unit: 'equity / maint.', end: true, sortable: true, cell: row => <Num>{ratio(row.ratio)}</Num> },
        { key: 'equity', name: 'Equity', unit: 'USD', end: true, cell: row => <Num>{usd(row.equity)}</Num> },
        { key: 'initial', name: 'Initial', unit: 'USD', end: true, cell: row => <Num>{usd(row.initial)}</Num> },
        { key: 'maintenance', name: 'Maintenance', unit: 'USD', end: true, sortable: true, cell: row => <Num>{usd(row.maintenance)}</Num> },
        { key: 'excess', name: 'Excess', unit: 'USD', end: true, sortable: true, cell: row => <Num tone={toneOf(row.excess)}>{signed(row.excess)}</Num> },
        { key: 'positions', name: 'Positions', end: true, cell: row => <Num>{number(row.positions)}</Num> },
        { key: 'binding', name: 'Bound by', cell: row => row.refusal ? `${row.refusal.code}: ${row.refusal.message}` : row.binding },
      ]}
    />
  )
}
