import type { Feed } from '../api/documents'
import { age, instant, number } from '../format'
import { useNow } from '../ui/Age'
import { Empty } from '../ui/Answer'
import { DataTable } from '../ui/DataTable'
import { Num } from '../ui/Num'
import { StateLabel, type Level } from '../ui/StateLabel'

/** Beyond these a feed is called late and silent: the amber and red of its label, no rule of the server. */
const lateMs = 10_000
const silentMs = 30_000

/** Grows between two answers of the server. */
const ageOf = (feed: Feed, now: number): number | undefined => feed.lastEventAt === undefined ? feed.ageMs : now - Date.parse(feed.lastEventAt)

const judge = (ageMs: number | undefined): { level: Level; word: string } =>
  ageMs === undefined ? { level: 'dim', word: 'nothing yet' }
    : ageMs > silentMs ? { level: 'danger', word: 'silent' }
      : ageMs > lateMs ? { level: 'warn', word: 'late' } : { level: 'ok', word: 'fresh' }

export function FeedTable({ feeds }: { feeds: readonly Feed[] }) {
  const now = useNow()
  if (feeds.length === 0) return <Empty>No feeds: the server margins a recorded board.</Empty>
  return (
    <DataTable
      caption="Feeds" rows={feeds} rowKey={feed => feed.name}
      columns={[
        { key: 'name', name: 'Feed', cell: feed => feed.name },
        { key: 'state', name: 'State', cell: feed => <StateLabel {...judge(ageOf(feed, now))} /> },
        { key: 'age', name: 'Age', end: true, cell: feed => <Num>{age(ageOf(feed, now))}</Num> },
        { key: 'last', name: 'Last event', unit: 'UTC', end: true, cell: feed => <Num>{instant(feed.lastEventAt)}</Num> },
        { key: 'events', name: 'Events', end: true, cell: feed => <Num>{number(feed.events)}</Num> },
        { key: 'refused', name: 'Refused', end: true, cell: feed => <Num>{number(feed.refused)}</Num> },
        { key: 'reconnects', name: 'Reconnects', end: true, cell: feed => <Num>{number(feed.reconnects)}</Num> },
      ]}
    />
  )
}
