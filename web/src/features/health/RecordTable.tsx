import { useQuery } from '@tanstack/react-query'
import { records as recordsQuery } from '../../shared/api/queries'
import { instant, number, shortHash } from '../../shared/format'
import { Answer, Empty } from '../../shared/ui/Answer'
import { DataTable } from '../../shared/ui/DataTable'
import { Num } from '../../shared/ui/Num'

const shown = 20

/** The end of the hash-chained record: each line names the hash before it. */
export function RecordTable({ records }: { records: number }) {
  const query = useQuery(recordsQuery(Math.max(records - shown, 0)))
  return (
    <Answer query={query} height={300}>
      {({ items }) => items.length === 0
        ? <Empty>The record is empty: nothing was written yet.</Empty>
        : (
          <DataTable
            caption="Last records, the newest first" rows={items.toReversed()} rowKey={row => String(row.sequence)} maxHeight={300}
            columns={[
              { key: 'sequence', name: 'Record', end: true, cell: row => <Num>{number(row.sequence)}</Num> },
              { key: 'kind', name: 'Kind', cell: row => row.kind },
              { key: 'at', name: 'Written', unit: 'UTC', end: true, cell: row => <Num>{instant(row.at)}</Num> },
              { key: 'hash', name: 'Hash', cell: row => <span className="mono" title={row.hash}>{shortHash(row.hash)}</span> },
              { key: 'previous', name: 'Hash before', cell: row => <span className="mono" title={row.previous}>{shortHash(row.previous)}</span> },
            ]}
          />
        )}
    </Answer>
  )
}
