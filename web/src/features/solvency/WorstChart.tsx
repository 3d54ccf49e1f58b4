import type { SolvencyFigures } from '../../shared/api/documents'
import { Figure } from '../../shared/charts/Figure'
import { usd, usdShort } from '../../shared/format'
import { Empty } from '../../shared/ui/Answer'
import { Panel } from '../../shared/ui/Panel'

/** What all accounts owe beyond their worth in the worst scenarios, against what there is. */
export function WorstChart({ figures: { worst, resources } }: { figures: SolvencyFigures }) {
  const first = worst[0]
  if (!first) return <Panel title="Shortfall of the worst scenarios"><Empty>In no scenario does any account owe more than it is worth.</Empty></Panel>
  const beyond = worst.filter(row => row.shortfall > resources).length
  return (
    <Figure
      title="Shortfall of the worst scenarios" height={260}
      summary={`The largest is ${usd(first.shortfall)} USD: ${first.description}. Of the ${worst.length} shown ${beyond} are beyond the resources of ${usd(resources)} USD.`}
      option={palette => ({
        grid: { left: 62, right: 12, top: 30, bottom: 42 },
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: (value: number) => `${usd(value)} USD` },
        xAxis: { type: 'category', data: worst.map(row => String(row.scenario)), name: 'scenario', nameLocation: 'middle', nameGap: 26 },
        yAxis: { type: 'value', name: 'short, USD', axisLabel: { formatter: usdShort } },
        series: [{
          type: 'bar', name: 'shortfall', data: worst.map(row => ({ value: row.shortfall, itemStyle: { color: row.shortfall > resources ? palette.danger : palette.loss } })),
          markLine: { symbol: 'none', silent: true, lineStyle: { color: palette.text, type: 'dashed' }, label: { color: palette.text, position: 'insideEndTop', formatter: 'resources' }, data: [{ yAxis: resources }] },
        }],
      })}
      twin={{
        columns: [{ name: 'Scenario' }, { name: 'Shortfall', unit: 'USD' }, { name: 'Against the resources' }],
        rows: worst.map(row => [`${row.scenario}: ${row.description}`, usd(row.shortfall), row.shortfall > resources ? 'beyond' : 'within']),
      }}
    />
  )
}
