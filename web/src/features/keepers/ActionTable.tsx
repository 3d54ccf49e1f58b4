import type { Keeper } from '../../shared/api/documents'
import { number, signed } from '../../shared/format'
import { AccountLink } from '../../shared/ui/AccountLink'
import { DataTable } from '../../shared/ui/DataTable'
import { Hash } from '../../shared/ui/Hash'
import { Num, toneOf } from '../../shared/ui/Num'
import { StateLabel } from '../../shared/ui/StateLabel'
import { outcomeOf } from './outcomes'

/** What it saw in its last look, best first, and what became of it. */
export function ActionTable({ keeper, actions }: { keeper: string; actions: Keeper['actions'] }) {
  return (
    <DataTable
      caption={`Last look of ${keeper}`} rows={actions} rowKey={(row, index) => `${row.kind} ${row.account} ${index}`} maxHeight={260}
      columns={[
        { key: 'kind', name: 'Action', cell: row => row.kind },
        { key: 'account', name: 'Account', cell: row => <AccountLink account={row.account} /> },
        { key: 'outcome', name: 'Outcome', cell: row => <StateLabel {...outcomeOf(row.outcome)} /> },
        { key: 'net', name: 'Net', unit: 'USD', end: true, cell: row => <Num tone={toneOf(row.netUsd)}>{signed(row.netUsd, 2)}</Num> },
        { key: 'gas', name: 'Gas', unit: 'USD', end: true, cell: row => <Num>{number(row.gasUsd, 2)}</Num> },
        { key: 'skip', name: 'Why', wrap: true, cell: row => row.skip ? <><span className="mono">{row.skip.code}</span>: {row.skip.message}</> : row.why },
        { key: 'transaction', name: 'Transaction', cell: row => <Hash value={row.transaction} name={`transaction of ${row.kind}`} /> },
      ]}
    />
  )
}
