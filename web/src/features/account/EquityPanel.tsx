import type { Account, AccountMargin } from '../../shared/api/documents'
import { quantity, signed, usd } from '../../shared/format'
import { DataTable } from '../../shared/ui/DataTable'
import { Num } from '../../shared/ui/Num'
import { Panel } from '../../shared/ui/Panel'

/** What the equity is made of, and the collateral behind it. */
export function EquityPanel({ margin, collateral }: { margin: AccountMargin; collateral: Account['collateral'] }) {
  const lines = [...margin.equityLines ?? [], { name: 'equity', amount: margin.equity }]
  return (
    <Panel title="Equity">
      <DataTable
        caption="Lines of the equity" rows={lines} rowKey={line => line.name} rowClass={line => line.name === 'equity' ? 'total' : undefined}
        columns={[
          { key: 'name', name: 'Line', cell: line => line.name },
          { key: 'amount', name: 'Amount', unit: 'USD', end: true, cell: line => <Num>{line.name === 'equity' ? usd(line.amount) : signed(line.amount)}</Num> },
        ]}
      />
      {collateral.length > 0 && (
        <DataTable
          caption="Collateral" rows={collateral} rowKey={item => item.asset}
          columns={[
            { key: 'asset', name: 'Collateral', cell: item => item.asset },
            { key: 'amount', name: 'Amount', unit: 'coins', end: true, cell: item => <Num>{quantity(item.amount)}</Num> },
          ]}
        />
      )}
    </Panel>
  )
}
