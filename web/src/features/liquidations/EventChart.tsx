import type { LiquidationEvent } from '../../shared/api/documents'
import { Figure } from '../../shared/charts/Figure'
import { clock, count, instant } from '../../shared/format'
import { wordsOf } from './eventWords'

const symbols = ['circle', 'rect', 'triangle', 'diamond', 'roundRect', 'pin', 'arrow'] as const

/** Which account had what when; a shape for each kind of event. */
export function EventChart({ events }: { events: readonly LiquidationEvent[] }) {
  const rows = events.filter(item => item.account !== undefined)
  const accounts = [...new Set(rows.map(item => item.account ?? ''))].sort((first, second) => Number(second) - Number(first))
  const kinds = [...new Set(rows.map(item => item.event))].sort()
  const newest = rows[0]
  return (
    <Figure
      title="Events by account" height={Math.min(Math.max(120 + accounts.length * 18, 180), 420)}
      summary={`${count(rows.length, 'event')} of ${count(accounts.length, 'account')}; the last: ${newest ? `${newest.event} of account ${newest.account ?? ''} at ${clock(newest.at)} UTC` : 'none'}.`}
      option={palette => {
        const colors = [palette.gain, palette.loss, palette.ok, palette.danger, palette.text, palette.warn, palette.dim]
        return {
          grid: { left: 52, right: 16, top: 52, bottom: 28 },
          legend: { left: 0 },
          tooltip: { formatter: ({ data: [at, account, text] }: { data: [string, string, string] }) => `${clock(at)} UTC, account ${account}<br>${text}` },
          xAxis: { type: 'time', axisLabel: { formatter: (value: number) => clock(value), hideOverlap: true } },
          yAxis: { type: 'category', data: accounts, name: 'account' },
          series: kinds.map((kind, index) => ({
            type: 'scatter', name: kind, symbol: symbols[index % symbols.length], symbolSize: 9, itemStyle: { color: colors[index % colors.length] },
            data: rows.filter(item => item.event === kind).map(item => [item.at, item.account, wordsOf(item).text]),
          })),
        }
      }}
      twin={{
        columns: [{ name: 'Time', unit: 'UTC' }, { name: 'Account' }, { name: 'Event' }, { name: 'What' }],
        rows: rows.map(item => [instant(item.at), item.account ?? '–', item.event, wordsOf(item).text]),
      }}
    />
  )
}
