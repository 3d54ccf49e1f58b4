import type { Epoch } from '../../shared/api/documents'
import { Figure } from '../../shared/charts/Figure'
import { count, duration, number } from '../../shared/format'

/** How long the epochs took, against the interval that they must keep within. */
export function TimingChart({ epochs, intervalMs }: { epochs: readonly Epoch[]; intervalMs: number }) {
  const rows = epochs.toSorted((first, second) => first.number - second.number)
  const most = Math.max(...rows.map(row => row.computeMs))
  return (
    <Figure
      title="Time of an epoch" height={268}
      summary={`${count(rows.length, 'epoch')}: the slowest took ${duration(most)}, the interval is ${duration(intervalMs)}.`}
      option={palette => ({
        grid: { left: 56, right: 12, top: 28, bottom: 42 },
        tooltip: { trigger: 'axis', valueFormatter: (value: number) => duration(value) },
        xAxis: { type: 'category', data: rows.map(row => String(row.number)), name: 'epoch', nameLocation: 'middle', nameGap: 26 },
        yAxis: { type: 'value', name: 'ms' },
        series: [{ type: 'bar', name: 'took', data: rows.map(row => ({ value: row.computeMs, itemStyle: { color: row.computeMs > intervalMs ? palette.danger : palette.gain } })) }],
      })}
      twin={{ columns: [{ name: 'Epoch' }, { name: 'Took', unit: 'ms' }], rows: rows.toReversed().map(row => [number(row.number), number(row.computeMs, 1)]) }}
    />
  )
}
