import { SegmentedControl } from '@mantine/core'
import type { Batch } from '../../shared/api/documents'
import { Figure } from '../../shared/charts/Figure'
import { clock, count, duration, number } from '../../shared/format'
import { useUrlState } from '../../shared/urlState'

const measures = {
  time: { name: 'ms', of: (batch: Batch) => batch.tookMs, text: (value: number | undefined) => duration(value) },
  gas: { name: 'gas', of: (batch: Batch) => batch.gas, text: (value: number | undefined) => number(value) },
}

/** What each batch took: time from the sealed market to the receipt, or gas; those that the chain does not have are in the colour of a fault and named in the table. */
export function GasChart({ batches }: { batches: readonly Batch[] }) {
  const [url, setUrl] = useUrlState({ measure: 'time' })
  const measure = url.measure === 'gas' ? measures.gas : measures.time
  const rows = batches.toReversed()
  const refused = rows.filter(row => row.error).length
  const last = rows.at(-1)
  return (
    <Figure
      title="What a batch took" height={220}
      aside={<SegmentedControl size="xs" data={[{ value: 'time', label: 'Time' }, { value: 'gas', label: 'Gas' }]} value={measure === measures.gas ? 'gas' : 'time'} onChange={value => setUrl({ measure: value })} aria-label="Time or gas" />}
      summary={`${count(rows.length, 'batch', 'batches')} to ${number(last?.sequence)}, ${refused} refused: the last took ${duration(last?.tookMs)} and ${number(last?.gas)} gas.`}
      option={palette => ({
        grid: { left: 62, right: 12, top: 28, bottom: 42 },
        tooltip: { trigger: 'axis', valueFormatter: (value: number) => measure.text(value) },
        xAxis: { type: 'category', data: rows.map(row => String(row.sequence)), name: 'batch', nameLocation: 'middle', nameGap: 26 },
        yAxis: { type: 'value', name: measure.name },
        series: [{ type: 'bar', name: 'took', data: rows.map(row => ({ value: measure.of(row) ?? null, itemStyle: { color: row.error ? palette.danger : palette.gain } })) }],
      })}
      twin={{
        columns: [{ name: 'Batch' }, { name: 'Market of', unit: 'UTC' }, { name: 'Took' }, { name: 'Gas' }, { name: 'Refused' }],
        rows: rows.toReversed().map(row => [number(row.sequence), clock(row.observedAt), duration(row.tookMs), number(row.gas), row.error?.code ?? '–']),
      }}
    />
  )
}
