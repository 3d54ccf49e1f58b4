import type { Epoch, SystemState } from '../../shared/api/documents'
import { duration, instant, number, shortHash } from '../../shared/format'
import { DataTable } from '../../shared/ui/DataTable'
import { Num } from '../../shared/ui/Num'
import { StateLabel, systemLevels } from '../../shared/ui/StateLabel'

/** The server tells of an epoch its state, or only whether its market was degraded. */
const stateOf = (epoch: Epoch): SystemState => epoch.state ?? (epoch.degraded ? 'DEGRADED' : 'NORMAL')

export function EpochTable({ epochs }: { epochs: readonly Epoch[] }) {
  const rows = epochs.toSorted((first, second) => second.number - first.number)
  return (
    <DataTable
      caption="Epochs, the newest first" rows={rows} rowKey={row => String(row.number)} maxHeight={268}
      columns={[
        { key: 'number', name: 'Epoch', end: true, cell: row => <Num>{number(row.number)}</Num> },
        { key: 'state', name: 'State', cell: row => <StateLabel level={systemLevels[stateOf(row)]} word={stateOf(row)} /> },
        { key: 'observed', name: 'Market of', unit: 'UTC', end: true, cell: row => <Num>{instant(row.observedAt)}</Num> },
        { key: 'compute', name: 'Took', end: true, cell: row => <Num>{duration(row.computeMs)}</Num> },
        { key: 'accounts', name: 'Accounts', end: true, cell: row => <Num>{number(row.accounts)}</Num> },
        { key: 'snapshot', name: 'Snapshot', cell: row => <span className="mono" title={row.snapshotHash}>{shortHash(row.snapshotHash)}</span> },
        { key: 'array', name: 'Array', cell: row => <span className="mono" title={row.arrayRoot}>{shortHash(row.arrayRoot)}</span> },
      ]}
    />
  )
}
