import type { ExplainDocument } from '../../shared/api/documents'
import { percent, signed, signedQuantity, usd } from '../../shared/format'
import { Empty } from '../../shared/ui/Answer'
import { DataTable } from '../../shared/ui/DataTable'
import { Num } from '../../shared/ui/Num'

/** Each position's part of the tail. A part below 0 is a hedge. */
export function PositionTable({ positions }: { positions: ExplainDocument['positions'] }) {
  if (positions.length === 0) return <Empty>No positions: the account holds collateral only.</Empty>
  const total = positions.reduce((sum, position) => sum + position.es, 0)
  const rows = positions.toSorted((first, second) => second.es - first.es)
  return (
    <DataTable
      caption="Positions by their part of the expected shortfall" rows={rows} rowKey={row => row.instrument}
      columns={[
        { key: 'instrument', name: 'Instrument', cell: row => <span className="mono">{row.instrument}</span> },
        { key: 'quantity', name: 'Quantity', unit: 'coins or USD', end: true, cell: row => <Num>{signedQuantity(row.quantity)}</Num> },
        { key: 'share', name: 'ES share', unit: 'of the total', end: true, cell: row => <Num tone={row.es < 0 ? 'gain' : undefined}>{percent(total > 0 ? row.es / total : undefined)}</Num> },
        { key: 'es', name: 'ES part', unit: 'USD', end: true, cell: row => <Num>{signed(row.es)} <span className="dim">± {usd(row.esStandardError)}</span></Num> },
        { key: 'standalone', name: 'ES alone', unit: 'USD', end: true, cell: row => <Num>{usd(row.standaloneEs)}</Num> },
        { key: 'marginal', name: 'ES marginal', unit: 'USD', end: true, cell: row => <Num>{signed(row.marginalEs)}</Num> },
        { key: 'standaloneMaintenance', name: 'Maintenance alone', unit: 'USD', end: true, cell: row => <Num>{usd(row.standaloneMaintenance)}</Num> },
        { key: 'marginalMaintenance', name: 'Closing it frees', unit: 'maintenance, USD', end: true, cell: row => <Num>{signed(row.marginalMaintenance)}</Num> },
      ]}
    />
  )
}
