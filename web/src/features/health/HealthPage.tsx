import { Grid } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Health } from '../../shared/api/documents'
import { epochs, health } from '../../shared/api/queries'
import { FeedTable } from '../../shared/feeds/FeedTable'
import { age, duration, instant, number } from '../../shared/format'
import { Answer, Empty } from '../../shared/ui/Answer'
import { Num } from '../../shared/ui/Num'
import { Page } from '../../shared/ui/Page'
import { Panel } from '../../shared/ui/Panel'
import { StateLabel, systemLevels } from '../../shared/ui/StateLabel'
import { Tiles } from '../../shared/ui/Tiles'
import { EpochTable } from './EpochTable'
import { RecordTable } from './RecordTable'
import { TimingChart } from './TimingChart'

export default function HealthPage() {
  const query = useQuery(health)
  return <Page title="Data health"><Answer query={query} height={1100}>{data => <Parts data={data} />}</Answer></Page>
}

function Parts({ data }: { data: Health }) {
  const { loop, store } = data
  const kept = useQuery(epochs)
  return (
    <>
      <Tiles tiles={[
        { name: 'State', value: <StateLabel level={systemLevels[data.state]} word={data.state} />, note: `since ${instant(data.since)} UTC` },
        { name: 'Epochs', value: <Num>{number(loop.epochs)}</Num>, note: `${number(loop.failures)} failed` },
        { name: 'Interval', value: duration(loop.intervalMs), note: 'between epochs' },
        { name: 'Last epoch took', value: <Num>{duration(loop.lastMs)}</Num> },
        { name: 'Median, 99th percentile', value: <Num>{duration(loop.p50Ms)}, {duration(loop.p99Ms)}</Num> },
        { name: 'Up for', value: <Num>{age(Date.parse(data.now) - Date.parse(data.startedAt))}</Num>, note: `version ${data.version.split('+')[0] ?? data.version}` },
      ]} />
      {data.reasons.length > 0 && (
        <Panel title="Why it is not NORMAL">
          <dl className="facts">{data.reasons.map(reason => <ReasonLine key={reason.code} {...reason} />)}</dl>
        </Panel>
      )}
      <Panel title="Feeds"><FeedTable feeds={data.feeds} /></Panel>
      <Answer query={kept} height={700}>
        {({ items }) => items.length === 0
          ? <Panel title="Epochs"><Empty>No epoch is kept yet.</Empty></Panel>
          : (
            <Grid gap="sm">
              <Grid.Col span={{ base: 12, lg: 5 }}><TimingChart epochs={items} intervalMs={loop.intervalMs} /></Grid.Col>
              <Grid.Col span={{ base: 12, lg: 7 }}><Panel title="Epochs"><EpochTable epochs={items} /></Panel></Grid.Col>
            </Grid>
          )}
      </Answer>
      <Panel title="Store">
        <dl className="facts">
          <dt>Kind</dt><dd>{store.kind}</dd>
          <dt>Records</dt><dd><Num>{number(store.records)}</Num></dd>
          <dt>Head</dt><dd className="mono">{store.head ?? 'empty'}</dd>
        </dl>
        <RecordTable records={store.records} />
      </Panel>
    </>
  )
}

const ReasonLine = ({ code, message }: { code: string; message: string }) => <><dt className="mono">{code}</dt><dd>{message}</dd></>
