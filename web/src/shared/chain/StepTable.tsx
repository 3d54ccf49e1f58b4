import type { Chain } from '../api/documents'
import { clock, number } from '../format'
import { DataTable } from '../ui/DataTable'
import { Num } from '../ui/Num'

export function StepTable({ steps }: { steps: Chain['steps'] }) {
  return (
    <DataTable
      caption="Steps of the house, the newest first" rows={steps.toReversed()} rowKey={(row, index) => `${row.at} ${index}`} maxHeight={280}
      columns={[
        { key: 'at', name: 'Time', unit: 'UTC', cell: row => <Num>{clock(row.at)}</Num> },
        { key: 'name', name: 'Step', cell: row => row.name },
        { key: 'text', name: 'What', wrap: true, cell: row => row.text },
        { key: 'gas', name: 'Gas', end: true, cell: row => <Num>{number(row.gas)}</Num> },
      ]}
    />
  )
}
