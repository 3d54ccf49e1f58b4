import { SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Account, ExplainDocument } from '../api/documents'
import { instruments } from '../api/queries'
import { Figure } from '../charts/Figure'
import { count, quantity, signed, signedPercent, usdShort } from '../format'
import { Answer, Empty } from '../ui/Answer'
import { Panel } from '../ui/Panel'
import { useUrlState } from '../urlState'
import { payoffOf, underlyingsOf } from './payoff'

interface PayoffChartProps {
  positions: Account['positions']
  /** Held without what is asked about: a second line. */
  before?: Account['positions']
  heatMap?: ExplainDocument['heatMap']
  horizonDays?: number | undefined
}

/** Profit over the price of one underlying: at the expiries by the contracts' terms (no vol is needed for it, and a calendar is flat), and over the horizon at today's vols where the server computed it. */
export function PayoffChart({ positions, before, heatMap, horizonDays }: PayoffChartProps) {
  const query = useQuery(instruments)
  const [url, setUrl] = useUrlState({ payoff: '' })
  if (positions.length === 0) return null
  return (
    <Answer query={query} height={330}>
      {({ items }) => {
        const board = new Map(items.map(item => [item.instrument, item]))
        const underlyings = underlyingsOf(positions, board)
        const underlying = underlyings.includes(url.payoff) ? url.payoff : underlyings[0] ?? ''
        const payoff = payoffOf(underlying, positions, board)
        const aside = underlyings.length > 1 && <SegmentedControl size="xs" data={underlyings} value={underlying} onChange={value => setUrl({ payoff: value })} aria-label="Payoff of the contracts of" />
        if (!payoff) return <Panel title="Payoff" aside={aside}><Empty>No payoff: one of the contracts, or their underlying, has no mark in this epoch.</Empty></Panel>
        const { spot, points, breakEvens } = payoff
        // The server moves all coins at once: its line is this underlying's only where there is no other.
        const row = heatMap && underlyings.length === 1 ? heatMap.contracts.pnl[heatMap.volMoves.indexOf(0)] : undefined
        const horizon = row?.map((pnl, index) => ({ price: spot * (1 + (heatMap?.spotMoves[index] ?? 0)), pnl })) ?? []
        const days = horizonDays === undefined ? 'one horizon' : count(horizonDays, 'day')
        const least = points.reduce((worst, point) => point.pnl < worst.pnl ? point : worst, points[0] ?? { price: spot, pnl: 0 })
        const held = before && payoffOf(underlying, before, board)
        const stepped = points.filter((_, index) => index % 5 === 0)
        return (
          <Figure
            title={`Payoff over the price of ${underlying}`} height={280} aside={aside}
            summary={`At the expiries, each contract at its own: ${breakEvens.length === 0 ? 'no break-even' : `break-even at ${breakEvens.map(price => quantity(price, 0)).join(', ')}`} within half and one and a half of ${quantity(spot, 0)}; least ${signed(least.pnl)} USD at ${quantity(least.price, 0)}.`}
            option={palette => ({
              grid: { left: 62, right: 24, top: 34, bottom: 42 },
              legend: {},
              tooltip: { trigger: 'axis', valueFormatter: (value: number) => `${signed(value)} USD` },
              xAxis: { type: 'value', name: `price of ${underlying}, USD`, nameLocation: 'middle', nameGap: 26, min: 'dataMin', max: 'dataMax', splitLine: { show: false }, axisLabel: { formatter: (value: number) => usdShort(value), hideOverlap: true } },
              yAxis: { type: 'value', name: 'USD', axisLabel: { formatter: (value: number) => usdShort(value) } },
              series: [
                {
                  type: 'line', name: 'at the expiries', showSymbol: false, lineStyle: { color: palette.loss, width: 2 }, itemStyle: { color: palette.loss }, data: points.map(point => [point.price, point.pnl]),
                  markLine: { symbol: 'none', silent: true, lineStyle: { color: palette.dim, type: 'dashed' }, label: { show: false }, data: [{ xAxis: spot }, { yAxis: 0 }] },
                },
                ...(held ? [{ type: 'line', name: 'without the basket', showSymbol: false, lineStyle: { color: palette.dim, width: 2, type: 'dashed' }, itemStyle: { color: palette.dim }, data: held.points.map(point => [point.price, point.pnl]) }] : []),
                ...(horizon.length > 0 ? [{ type: 'line', name: `in ${days}, vols as now`, symbolSize: 5, lineStyle: { color: palette.gain, width: 2, type: 'dashed' }, itemStyle: { color: palette.gain }, data: horizon.map(point => [point.price, point.pnl]) }] : []),
              ],
            })}
            twin={{
              columns: [{ name: 'Price', unit: 'USD' }, { name: 'Move' }, { name: 'At the expiries', unit: 'USD' }],
              rows: stepped.map(point => [quantity(point.price, 0), signedPercent(point.price / spot - 1, 0), signed(point.pnl)]),
            }}
          />
        )
      }}
    </Answer>
  )
}
