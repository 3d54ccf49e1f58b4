import type { Keeper } from '../../shared/api/documents'
import { instant, number } from '../../shared/format'
import { AccountLink } from '../../shared/ui/AccountLink'
import { DataTable } from '../../shared/ui/DataTable'
import { Hash } from '../../shared/ui/Hash'
import { Num } from '../../shared/ui/Num'
import { StateLabel } from '../../shared/ui/StateLabel'
import { outcomeOf } from './outcomes'

export function TransactionTable({ keeper, transactions }: { keeper: string; transactions: Keeper['transactions'] }) {
  return (
    <DataTable
      caption={`Transactions of ${keeper}, the newest first`} rows={transactions} rowKey={(row, index) => `${row.transaction} ${row.outcome} ${transactions.length - index}`} maxHeight={260}
      columns={[
        { key: 'at', name: 'Time', unit: 'UTC', cell: row => <Num>{instant(row.at)}</Num> },
        { key: 'kind', name: 'Action', cell: row => row.kind },
        { key: 'account', name: 'Account', cell: row => <AccountLink account={row.account} /> },
        { key: 'outcome', name: 'Outcome', cell: row => <StateLabel {...outcomeOf(row.outcome)} /> },
        { key: 'fee', name: 'Gas', unit: 'USD', end: true, cell: row => <Num>{number(row.feeUsd, 2)}</Num> },
        { key: 'why', name: 'Why', wrap: true, cell: row => row.why },
        { key: 'transaction', name: 'Transaction', cell: row => <Hash value={row.transaction} name={`transaction of ${row.kind}`} /> },
      ]}
    />
  )
}
