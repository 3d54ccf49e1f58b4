import { Anchor } from '@mantine/core'
import { Link } from 'wouter'
import type { Overview } from '../../shared/api/documents'
import { number, percent, usd } from '../../shared/format'
import { DataTable } from '../../shared/ui/DataTable'
import { Num } from '../../shared/ui/Num'
import { AccountStateLabel } from '../../shared/ui/StateLabel'

export function StateTable({ rows, total }: { rows: Overview['byState']; total: number }) {
  return (
    <DataTable
      caption="Accounts by state" rows={rows} rowKey={row => row.state}
      columns={[
        { key: 'state', name: 'State', cell: row => <Anchor component={Link} href={`/accounts?state=${row.state}`} underline="hover"><AccountStateLabel state={row.state} /></Anchor> },
        { key: 'accounts', name: 'Accounts', end: true, cell: row => <Num>{number(row.accounts)}</Num> },
        { key: 'share', name: 'Share', end: true, cell: row => <Num>{percent(total > 0 ? row.accounts / total : undefined)}</Num> },
        { key: 'maintenance', name: 'Maintenance', unit: 'USD', end: true, cell: row => <Num>{usd(row.maintenance)}</Num> },
      ]}
    />
  )
}
