import { clock, count, instant, number, usd, usdShort } from '../format'
import { Empty } from '../ui/Answer'
import { Panel } from '../ui/Panel'
import { Figure } from './Figure'

interface Point { number: number; observedAt: string; equity: number; initial: number; maintenance: number }

/** Equity over the two requirements, epoch by epoch. */
export function HistoryChart({ items: given, title }: { items: readonly Point[]; title: string }) {
  const items = given.toSorted((first, second) => first.number - second.number)
  const last = items.at(-1)
  if (!last) return <Panel title={title}><Empty>No epochs are kept yet: the line begins with the next one.</Empty></Panel>
  return (
    <Figure
      title={title} height={260}
      summary={`${count(items.length, 'epoch')} to ${instant(last.observedAt)} UTC: equity ${usd(last.equity)}, initial margin ${usd(last.initial)}, maintenance margin ${usd(last.maintenance)} USD.`}
      option={palette => {
        const line = (name: string, color: string, type: string, value: (point: Point) => number) => ({
          type: 'line', name, showSymbol: items.length < 2, symbolSize: 5, lineStyle: { color, width: 2, type }, itemStyle: { color },
          data: items.map(point => [point.observedAt, value(point)]),
        })
        return {
          grid: { left: 62, right: 16, top: 34, bottom: 28 },
          legend: {},
          tooltip: { trigger: 'axis', valueFormatter: (value: number) => `${usd(value)} USD` },
          xAxis: { type: 'time', axisLabel: { formatter: (value: number) => clock(value), hideOverlap: true } },
          yAxis: { type: 'value', name: 'USD', scale: true, axisLabel: { formatter: (value: number) => usdShort(value) } },
          series: [
            line('equity', palette.gain, 'solid', point => point.equity),
            line('initial', palette.dim, 'dashed', point => point.initial),
            line('maintenance', palette.loss, 'solid', point => point.maintenance),
          ],
        }
      }}
      twin={{
        columns: [{ name: 'Market time', unit: 'UTC' }, { name: 'Epoch' }, { name: 'Equity', unit: 'USD' }, { name: 'Initial', unit: 'USD' }, { name: 'Maintenance', unit: 'USD' }],
        rows: items.toReversed().map(point => [instant(point.observedAt), number(point.number), usd(point.equity), usd(point.initial), usd(point.maintenance)]),
      }}
    />
  )
}
