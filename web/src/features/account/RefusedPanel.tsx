import type { Account } from '../../shared/api/documents'
import { quantity, signedQuantity } from '../../shared/format'
import { DataTable } from '../../shared/ui/DataTable'
import { Num } from '../../shared/ui/Num'
import { Panel } from '../../shared/ui/Panel'
import { StateLabel } from '../../shared/ui/StateLabel'

/** An account without a margin: why, and what it holds. */
export function RefusedPanel({ account: { row, positions, collateral } }: { account: Account }) {
  const holdings = [...positions.map(each => ({ name: each.instrument, text: signedQuantity(each.quantity) })), ...collateral.map(each => ({ name: each.asset, text: quantity(each.amount) }))]
  return (
    <Panel title="No margin could be computed">
      <p style={{ marginTop: 0 }}>
        <StateLabel level="warn" word={row.refusal?.code ?? 'refused'} /> {row.refusal?.message ?? 'The server gave no reason.'}
      </p>
      <p className="dim">The account is margined again in the next epoch in which all it holds can be valued.</p>
      <DataTable
        caption="Holdings" rows={holdings} rowKey={each => each.name}
        columns={[
          { key: 'name', name: 'Holding', cell: each => <span className="mono">{each.name}</span> },
          { key: 'quantity', name: 'Quantity', unit: 'coins or USD', end: true, cell: each => <Num>{each.text}</Num> },
        ]}
      />
    </Panel>
  )
}
