import type { ExplainDocument } from '../../shared/api/documents'
import { signed, usd } from '../../shared/format'
import { movesText } from '../../shared/scenarios/moves'
import { Empty } from '../../shared/ui/Answer'
import { DataTable } from '../../shared/ui/DataTable'
import { Num, toneOf } from '../../shared/ui/Num'

type Worst = ExplainDocument['worstScenarios'][number]

/** The two positions that lose most in it. */
const losers = (scenario: Worst): string => scenario.contributions
  .filter(part => part.pnl < 0).toSorted((first, second) => first.pnl - second.pnl).slice(0, 2)
  .map(part => `${part.instrument} ${signed(part.pnl)}`).join(', ')

export function WorstTable({ scenarios }: { scenarios: readonly Worst[] }) {
  if (scenarios.length === 0) return <Empty>No scenario loses anything.</Empty>
  return (
    <DataTable
      caption="Worst scenarios of the account" rows={scenarios} rowKey={row => String(row.scenario)} maxHeight={360}
      columns={[
        { key: 'description', name: 'Scenario', cell: row => row.description },
        { key: 'moves', name: 'Moves', unit: 'spot (30-day vol)', wrap: true, cell: row => <Num>{movesText(row.moves)}</Num> },
        { key: 'weight', name: 'Weight', end: true, cell: row => <Num>{row.weight.toPrecision(2)}</Num> },
        { key: 'pnl', name: 'P&L', unit: 'USD', end: true, cell: row => <Num tone={toneOf(row.pnl)}>{signed(row.pnl)}</Num> },
        { key: 'counted', name: 'Counted loss', unit: 'USD', end: true, cell: row => <Num>{usd(row.countedLoss)}</Num> },
        { key: 'losers', name: 'Most by', wrap: true, cell: row => <span className="mono">{losers(row)}</span> },
      ]}
    />
  )
}
