import { Group, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { LiquidationEvent } from '../../shared/api/documents'
import { liquidations } from '../../shared/api/queries'
import { ChainGate } from '../../shared/chain/ChainGate'
import { count, number, percent, usd } from '../../shared/format'
import { Age, useNow } from '../../shared/ui/Age'
import { Answer, Empty } from '../../shared/ui/Answer'
import { Num } from '../../shared/ui/Num'
import { Page } from '../../shared/ui/Page'
import { Panel } from '../../shared/ui/Panel'
import { Tiles } from '../../shared/ui/Tiles'
import { useUrlState } from '../../shared/urlState'
import { AuctionTable } from './AuctionTable'
import { EventChart } from './EventChart'
import { EventList } from './EventList'
import { RateChart } from './RateChart'

const shows = 'the auctions that run with their rates, accounts that are due for one, and every event of a liquidation'
const eventsShown = 200

export default function LiquidationsPage() {
  return <Page title="Liquidations"><ChainGate height={1000} shows={shows}>{() => <Parts />}</ChainGate></Page>
}

function Parts() {
  const query = useQuery(liquidations)
  const [url, setUrl] = useUrlState({ auction: '', event: '', account: '' })
  const now = useNow()
  return (
    <Answer query={query} height={1000}>
      {document => {
        const { auctions, due, events } = document
        const chosen = auctions.find(each => each.account === url.auction) ?? auctions[0]
        const missing = [...auctions, ...due].reduce((sum, each) => sum + Math.max(each.shortfall, 0), 0)
        const rates = auctions.flatMap(each => each.rate ?? [])
        const shown = events.filter(item => (url.event === '' || item.event === url.event) && (url.account === '' || item.account === url.account))
        return (
          <>
            <Tiles tiles={[
              { name: 'Auctions running', value: <Num>{number(auctions.length)}</Num> },
              { name: 'Due, without one', value: <Num>{number(due.length)}</Num> },
              { name: 'Shortfall, USD', value: <Num tone={missing > 0 ? 'loss' : undefined}>{usd(missing)}</Num>, note: 'of both together' },
              { name: 'Highest rate now', value: <Num>{percent(rates.length > 0 ? Math.max(...rates) : undefined)}</Num>, note: 'of the shortfall removed' },
              { name: 'Events', value: <Num>{number(events.length)}</Num>, note: 'that are kept' },
              { name: 'As of block', value: <Num>{number(document.block)}</Num>, note: <Age observedAt={document.at} /> },
            ]} />
            <Panel title="Auctions running">
              {auctions.length === 0
                ? <Empty>No auction runs. When an account falls below its maintenance margin and a keeper starts one, it stands here: what is missing, the present rate and how it rises, and shares that wait to be written out.</Empty>
                : <AuctionTable auctions={auctions} caption="Auctions running" now={now} chosen={chosen?.account} onOpen={auction => setUrl({ auction })} />}
            </Panel>
            {chosen && chosen.curve.length > 0 && <RateChart auction={chosen} now={now} />}
            <Panel title="Due">
              {due.length === 0
                ? <Empty>No account is below what it must hold without an auction.</Empty>
                : <AuctionTable auctions={due} caption="Accounts due for an auction" now={now} />}
            </Panel>
            {events.length > 0 && <EventChart events={events} />}
            <Panel title={count(shown.length, 'event')} aside={<EventFilter events={events} url={url} setUrl={setUrl} />}>
              {shown.length === 0
                ? <Empty>{events.length === 0 ? 'Nothing happened yet: margin calls, auctions, shares taken and written out, and what ends them are told here with their block and transaction.' : 'No event is of this kind; there are others.'}</Empty>
                : <EventList events={shown.slice(0, eventsShown)} />}
              {shown.length > eventsShown && <p className="dim">The newest {eventsShown} of them are shown.</p>}
            </Panel>
          </>
        )
      }}
    </Answer>
  )
}

interface EventFilterProps {
  events: readonly LiquidationEvent[]
  url: { event: string; account: string }
  setUrl: (values: { event?: string; account?: string }) => void
}

function EventFilter({ events, url, setUrl }: EventFilterProps) {
  const kinds = [...new Set(events.map(item => item.event))].sort()
  return (
    <Group gap="xs">
      <TextInput size="xs" w={110} aria-label="Events of account" placeholder="Account" value={url.account} onChange={event => setUrl({ account: event.currentTarget.value })} />
      <NativeSelect size="xs" aria-label="Kind of event" value={url.event} onChange={event => setUrl({ event: event.currentTarget.value })} data={[{ value: '', label: 'all events' }, ...kinds]} />
    </Group>
  )
}
