import type { AccountMargin } from '../../shared/api/documents'
import { Figure } from '../../shared/charts/Figure'
import { Empty } from '../../shared/ui/Answer'
import { Panel } from '../../shared/ui/Panel'
import { level, number, percent, usd, usdShort } from '../../shared/format'

/** VaR, ES with its error bar, the upper bound that is charged, and the grid it is held against. */
export function TailChart({ margin }: { margin: AccountMargin }) {
  const { tail, grid } = margin
  if (!tail) return <Panel title="Tail loss"><Empty>No tail: the account holds no contracts.</Empty></Panel>
  const lines: [string, number][] = [['VaR', tail.var], ['ES', tail.es], ['ES, upper bound', tail.upper], ...(grid ? [['grid, counted', grid.counted] as [string, number]] : [])]
  const low = tail.es - tail.standardError
  const high = tail.es + tail.standardError
  return (
    <Figure
      title={`Tail loss at ${level(tail.level)}`} height={300}
      summary={`Loss of the contracts: VaR ${usd(tail.var)}, ES ${usd(tail.es)} ± ${usd(tail.standardError)}, upper bound charged ${usd(tail.upper)} USD${grid ? `; worst stress ${grid.scenario} counts ${usd(grid.counted)} USD` : ''}.`}
      option={palette => ({
        grid: { left: 108, right: 56, top: 8, bottom: 30 },
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: (value: number) => `${usd(value)} USD` },
        xAxis: { type: 'value', axisLabel: { formatter: usdShort, hideOverlap: true }, splitLine: { show: false } },
        yAxis: { type: 'category', inverse: true, data: lines.map(([name]) => name), splitLine: { show: false } },
        series: [
          {
            type: 'bar', name: 'loss', barWidth: 22, label: { show: true, position: 'right', distance: 12, color: palette.text, fontSize: 11, formatter: ({ value }: { value: number }) => usdShort(value) },
            data: lines.map(([, value], index) => ({ value, itemStyle: { color: index === 2 ? palette.loss : index === 3 ? palette.dim : palette.gain } })),
          },
          { type: 'line', name: 'standard error', symbol: 'rect', symbolSize: [2, 16], itemStyle: { color: palette.text }, lineStyle: { color: palette.text, width: 2 }, tooltip: { show: false }, data: [[low, 1], [high, 1]] },
        ],
      })}
      twin={{
        columns: [{ name: 'Measure' }, { name: 'Loss', unit: 'USD' }],
        rows: [
          ...lines.map(([name, value]) => [name, usd(value)]), ['standard error of ES', usd(tail.standardError)], ['scenarios in the tail, effective', number(tail.effectiveTail)],
          ...(grid ? [[`worst stress: ${grid.scenario}`, usd(grid.loss)], ['share of it that counts', percent(grid.lossShare)]] : []),
        ],
      }}
    />
  )
}
