import { Group, NativeSelect, Tabs, UnstyledButton } from '@mantine/core'
import { useEffect, useRef, type ReactNode } from 'react'
import type { Instrument } from '../../shared/api/documents'
import { day, number, percentNumber, quantity } from '../../shared/format'
import { Empty } from '../../shared/ui/Answer'
import { DataTable } from '../../shared/ui/DataTable'
import { Num } from '../../shared/ui/Num'
import { Panel } from '../../shared/ui/Panel'
import { around, type Ladder, type Market, type Rung } from './ladder'

interface Choice { market: string; expiry: string; strikes: string }
type Buy = (instrument: string, side: 1 | -1) => void

interface LadderPanelProps {
  markets: readonly Market[]
  observedAt: string
  url: Choice
  setUrl: (values: Partial<Choice>) => void
  onOrder: Buy
}

const reach = 10
const dayMs = 86_400_000

/** Futures and the chain: calls left, puts right, the strike in the middle, one tab an expiry. */
export function LadderPanel({ markets, observedAt, url, setUrl, onOrder }: LadderPanelProps) {
  const market = markets.find(each => each.name === url.market) ?? markets[0]
  if (!market) return null
  const ladder = market.ladders.find(each => day(each.expiry) === url.expiry) ?? market.ladders[0]
  const days = (expiry: string): string => `${number(Math.max((Date.parse(expiry) - Date.parse(observedAt)) / dayMs, 0), 0)} d`
  return (
    <Panel
      title="Chain"
      aside={(
        <Group gap="xs">
          <NativeSelect size="xs" aria-label="Market" value={market.name} data={markets.map(each => each.name)} onChange={event => setUrl({ market: event.currentTarget.value, expiry: '' })} />
          <NativeSelect size="xs" aria-label="Strikes" value={url.strikes} data={[{ value: '', label: `${reach} strikes each side` }, { value: 'all', label: 'all strikes' }]} onChange={event => setUrl({ strikes: event.currentTarget.value })} />
        </Group>
      )}
    >
      <Linear instruments={market.linear} onOrder={onOrder} />
      {ladder
        ? (
          <Tabs value={ladder.expiry} onChange={expiry => setUrl({ expiry: day(expiry ?? undefined) })} mt="xs" keepMounted={false}>
            <Tabs.List>
              {market.ladders.map(each => <Tabs.Tab key={each.expiry} value={each.expiry} px="xs" py={6}>{day(each.expiry).slice(5)} <span className="dim">{days(each.expiry)}</span></Tabs.Tab>)}
            </Tabs.List>
            {market.ladders.map(each => (
              <Tabs.Panel key={each.expiry} value={each.expiry}>
                <Rungs ladder={each} rungs={url.strikes === 'all' ? each.rungs : around(each, reach)} onOrder={onOrder} />
              </Tabs.Panel>
            ))}
          </Tabs>
        )
        : <Empty>This market has no options.</Empty>}
    </Panel>
  )
}

const price = (value: number | undefined): string => quantity(value, value !== undefined && value < 10 ? 4 : 2)

/** A price that takes an order: the bid is sold to, the ask bought from. */
function Quote({ instrument, side, onOrder }: { instrument: Instrument | undefined; side: 'bid' | 'ask'; onOrder: Buy }) {
  if (!instrument) return null
  const word = side === 'bid' ? 'Sell' : 'Buy'
  const value = instrument[side]
  return (
    <UnstyledButton
      px={4} fz="inherit" title={`${word} ${instrument.instrument}`} aria-label={`${word} ${instrument.instrument}, ${side} ${value === undefined ? 'none' : price(value)}`}
      onClick={() => onOrder(instrument.instrument, side === 'bid' ? -1 : 1)}
    >
      <Num tone={side === 'bid' ? 'loss' : 'gain'}>{price(value)}</Num>
    </UnstyledButton>
  )
}

const sides = { call: ['mark', 'vol', 'bid', 'ask'], put: ['bid', 'ask', 'vol', 'mark'] } as const

function Rungs({ ladder, rungs, onOrder }: { ladder: Ladder; rungs: readonly Rung[]; onOrder: Buy }) {
  const atm = ladder.rungs[ladder.atm]?.strike ?? 0
  const host = useRef<HTMLDivElement>(null)
  // The money in the middle when another chain is shown; not when its prices move.
  useEffect(() => {
    const row = host.current?.querySelector<HTMLElement>('tr.atm')
    if (host.current && row) host.current.scrollTop = row.offsetTop - host.current.clientHeight / 2
  }, [ladder.expiry, rungs.length])
  const names = { mark: 'Mark', vol: 'Vol, %', bid: 'Bid', ask: 'Ask' }
  const cell = (instrument: Instrument | undefined, name: keyof typeof names): ReactNode =>
    name === 'bid' || name === 'ask' ? <Quote instrument={instrument} side={name} onOrder={onOrder} />
      : <Num tone="dim">{name === 'mark' ? price(instrument?.mark) : percentNumber(instrument?.markVol)}</Num>
  return (
    <div ref={host} className="scroll" role="region" aria-label={`Chain of ${day(ladder.expiry)}`} tabIndex={0} style={{ maxHeight: 640 }}>
      <table className="grid-table">
        <caption>Options that expire on {day(ladder.expiry)}; a click on a bid sells, on an ask buys. Prices are in the instrument's own unit.</caption>
        <thead>
          <tr>
            {sides.call.map(name => <th key={name} scope="col" className="end">{names[name]}<span className="unit">call</span></th>)}
            <th scope="col" style={{ textAlign: 'center' }}>Strike</th>
            {sides.put.map(name => <th key={name} scope="col" className="end">{names[name]}<span className="unit">put</span></th>)}
          </tr>
        </thead>
        <tbody>
          {rungs.map(rung => (
            <tr key={rung.strike} className={rung.strike === atm ? 'atm' : undefined}>
              {sides.call.map(name => <td key={name} className={rung.strike < atm ? 'end itm' : 'end'}>{cell(rung.call, name)}</td>)}
              <td className="strike">{quantity(rung.strike)}{rung.strike === atm && <span className="dim"> ATM</span>}</td>
              {sides.put.map(name => <td key={name} className={rung.strike > atm ? 'end itm' : 'end'}>{cell(rung.put, name)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Linear({ instruments, onOrder }: { instruments: readonly Instrument[]; onOrder: Buy }) {
  if (instruments.length === 0) return null
  return (
    <DataTable
      caption="Spot, futures and perpetuals" rows={instruments} rowKey={row => row.instrument} maxHeight={150}
      columns={[
        { key: 'instrument', name: 'Spot and futures', cell: row => <span className="mono">{row.instrument}</span> },
        { key: 'mark', name: 'Mark', end: true, cell: row => <Num tone="dim">{price(row.mark)}</Num> },
        { key: 'bid', name: 'Bid', end: true, cell: row => <Quote instrument={row} side="bid" onOrder={onOrder} /> },
        { key: 'ask', name: 'Ask', end: true, cell: row => <Quote instrument={row} side="ask" onOrder={onOrder} /> },
      ]}
    />
  )
}
