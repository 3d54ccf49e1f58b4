import { useQuery } from '@tanstack/react-query'
import { scenarios } from '../../shared/api/queries'
import { Figure } from '../../shared/charts/Figure'
import { level, number, percent, shortHash, signed, usd, usdShort } from '../../shared/format'
import { movesText } from '../../shared/scenarios/moves'
import { Answer, Empty } from '../../shared/ui/Answer'
import { DataTable } from '../../shared/ui/DataTable'
import { Num, toneOf } from '../../shared/ui/Num'
import { Page } from '../../shared/ui/Page'
import { Panel } from '../../shared/ui/Panel'
import { Tiles } from '../../shared/ui/Tiles'
import type { Scenarios } from '../../shared/api/documents'

export default function ScenariosPage() {
  const query = useQuery(scenarios)
  return <Page title="Scenarios"><Answer query={query} height={900}>{data => <Parts data={data} />}</Answer></Page>
}

function Parts({ data }: { data: Scenarios }) {
  return (
    <>
      <Tiles tiles={[
        { name: 'Scenarios with probability', value: number(data.scenarios) },
        { name: 'Stress scenarios', value: number(data.stress) },
        { name: 'Horizon, days', value: number(data.horizonDays, data.horizonDays % 1 === 0 ? 0 : 2) },
        { name: `ES of the whole book at ${level(data.tail.level)}, USD`, value: <Num>{usdShort(data.tail.es)}</Num>, note: <Num>± {usd(data.tail.standardError)} ({percent(data.tail.es > 0 ? data.tail.standardError / data.tail.es : undefined)})</Num> },
        { name: 'Seed', value: String(data.epoch.seed) },
        { name: 'Set', value: <span className="mono" title={data.epoch.scenarioSetHash}>{shortHash(data.epoch.scenarioSetHash)}</span>, note: `epoch ${number(data.epoch.number)}` },
      ]} />
      {data.worst.length === 0
        ? <Panel title="Worst scenarios of the whole book"><Empty>The book holds no contracts: no scenario loses anything.</Empty></Panel>
        : (
          <>
            <WorstChart worst={data.worst} />
            <Panel title="Worst scenarios of the whole book">
              <DataTable
                caption="Worst scenarios of the whole book" rows={data.worst} rowKey={row => String(row.scenario)}
                columns={[
                  { key: 'scenario', name: 'No', end: true, cell: row => row.scenario },
                  { key: 'description', name: 'Scenario', cell: row => row.description },
                  { key: 'moves', name: 'Moves', unit: 'spot (30-day vol)', wrap: true, cell: row => <Num>{movesText(row.moves)}</Num> },
                  { key: 'pnl', name: 'P&L of the book', unit: 'USD', end: true, cell: row => <Num tone={toneOf(row.pnl)}>{signed(row.pnl)}</Num> },
                ]}
              />
            </Panel>
          </>
        )}
    </>
  )
}

function WorstChart({ worst }: { worst: Scenarios['worst'] }) {
  return (
    <Figure
      title="Losses of the worst scenarios" height={220}
      summary={`The worst loses ${usd(-(worst[0]?.pnl ?? 0))} USD: ${worst[0]?.description ?? ''}; the last of ${worst.length} shown ${usd(-(worst.at(-1)?.pnl ?? 0))} USD.`}
      option={palette => ({
        grid: { left: 62, right: 12, top: 28, bottom: 42 },
        tooltip: { trigger: 'axis', axisPointer: { type: 'shadow' }, valueFormatter: (value: number) => `${usd(value)} USD` },
        xAxis: { type: 'category', data: worst.map(row => String(row.scenario)), name: 'scenario', nameLocation: 'middle', nameGap: 26 },
        yAxis: { type: 'value', name: 'loss, USD', axisLabel: { formatter: usdShort } },
        series: [{ type: 'bar', name: 'loss', itemStyle: { color: palette.loss }, data: worst.map(row => -row.pnl) }],
      })}
      twin={{ columns: [{ name: 'Scenario' }, { name: 'Loss', unit: 'USD' }], rows: worst.map(row => [`${row.scenario}: ${row.description}`, usd(-row.pnl)]) }}
    />
  )
}
