import type { SolvencyPoint } from '../../shared/api/documents'
import { Figure } from '../../shared/charts/Figure'
import { clock, count, instant, number, usd } from '../../shared/format'
import { Empty } from '../../shared/ui/Answer'
import { Panel } from '../../shared/ui/Panel'
import { indexNumber, indexText } from './solvency'

/** The index epoch by epoch, with the bounds of its bands. */
export function IndexChart({ items: given }: { items: readonly SolvencyPoint[] }) {
  const items = given.toSorted((first, second) => first.epoch - second.epoch)
  const last = items.at(-1)
  if (!last) return <Panel title="History of the index"><Empty>No epoch with an index is kept yet: the line begins with the next one, where the server knows of an insurance fund.</Empty></Panel>
  const values = items.map(point => indexNumber(point.indexWad))
  const isWide = Math.min(...values) > 0 && Math.max(...values) > 20
  return (
    <Figure
      title="History of the index" height={260}
      summary={`${count(items.length, 'epoch')} to ${instant(last.at)} UTC: index ${indexText(last.indexWad)}, ${last.band}; lowest ${number(Math.min(...values), 2)}.`}
      option={palette => ({
        grid: { left: 52, right: 16, top: 30, bottom: 28 },
        tooltip: { trigger: 'axis', valueFormatter: (value: number) => number(value, 2) },
        xAxis: { type: 'time', axisLabel: { formatter: (value: number) => clock(value), hideOverlap: true } },
        yAxis: { type: isWide ? 'log' : 'value', name: 'index', ...(isWide ? {} : { min: 0 }) },
        series: [{
          type: 'line', name: 'index', showSymbol: items.length < 2, symbolSize: 5, lineStyle: { color: palette.gain, width: 2 }, itemStyle: { color: palette.gain },
          data: items.map((point, place) => [point.at, values[place]]),
          markLine: {
            symbol: 'none', silent: true, label: { color: palette.dim, position: 'insideStartTop', formatter: '{b}' },
            data: [
              { name: 'short below 1', yAxis: 1, lineStyle: { color: palette.danger, type: 'dashed' } },
              { name: 'strong from 2', yAxis: 2, lineStyle: { color: palette.ok, type: 'dashed' } },
            ],
          },
        }],
      })}
      twin={{
        columns: [{ name: 'Market time', unit: 'UTC' }, { name: 'Epoch' }, { name: 'Index' }, { name: 'Band' }, { name: 'Resources', unit: 'USD' }, { name: 'Shortfall', unit: 'USD' }, { name: 'Cover-1', unit: 'USD' }, { name: 'Cover-2', unit: 'USD' }],
        rows: items.toReversed().map(point => [
          instant(point.at), number(point.epoch), indexText(point.indexWad), point.band, usd(point.insurance + point.backstop), usd(point.shortfall), usd(point.cover1), usd(point.cover2),
        ]),
      }}
    />
  )
}
