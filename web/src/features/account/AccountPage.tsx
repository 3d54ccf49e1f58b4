import { Button, Grid } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from 'wouter'
import type { Account } from '../../shared/api/documents'
import * as queries from '../../shared/api/queries'
import { HistoryChart } from '../../shared/charts/HistoryChart'
import { instant, number, ratio, shortHash, signed, usd } from '../../shared/format'
import { PayoffChart } from '../../shared/payoff/PayoffChart'
import { Answer, Empty } from '../../shared/ui/Answer'
import { CopyButton } from '../../shared/ui/CopyButton'
import { Num, toneOf } from '../../shared/ui/Num'
import { Page } from '../../shared/ui/Page'
import { Panel } from '../../shared/ui/Panel'
import { AccountStateLabel } from '../../shared/ui/StateLabel'
import { Tiles } from '../../shared/ui/Tiles'
import { AttestationPanel } from './AttestationPanel'
import { CauseChart } from './CauseChart'
import { EquityPanel } from './EquityPanel'
import { HeatMapChart } from './HeatMapChart'
import { ModelsChart } from './ModelsChart'
import { PositionTable } from './PositionTable'
import { RefusedPanel } from './RefusedPanel'
import { TailChart } from './TailChart'
import { WaterfallChart } from './WaterfallChart'
import { WorstTable } from './WorstTable'

export default function AccountPage() {
  const { id = '' } = useParams()
  const query = useQuery(queries.account(id))
  return (
    <Page title={id} aside={<Button size="xs" component={Link} href={`/builder?account=${encodeURIComponent(id)}`}>What if… in the builder</Button>}>
      <Answer query={query} height={62}>{account => <Head account={account} />}</Answer>
      {query.data?.row.state === 'refused' && <RefusedPanel account={query.data} />}
      {query.data && query.data.row.state !== 'refused' && (
        <>
          <AttestationPanel row={query.data.row} />
          <Margin id={id} account={query.data} />
          <Why id={id} positions={query.data.positions} />
          <Grid gap="sm">
            <Grid.Col span={{ base: 12, lg: 6 }}><Models id={id} /></Grid.Col>
            <Grid.Col span={{ base: 12, lg: 6 }}><History id={id} /></Grid.Col>
          </Grid>
        </>
      )}
      {query.data && <Reproduce account={query.data} />}
    </Page>
  )
}

function Head({ account: { row, epoch } }: { account: Account }) {
  return (
    <Tiles tiles={[
      { name: 'State', value: <AccountStateLabel state={row.state} />, note: row.refusal ? `${row.refusal.code}: ${row.refusal.message}` : `epoch ${number(epoch.number)}` },
      { name: 'Equity, USD', value: <Num>{usd(row.equity)}</Num> },
      { name: 'Initial margin, USD', value: <Num>{usd(row.initial)}</Num>, note: <>available <Num tone={toneOf(row.available)}>{signed(row.available)}</Num></> },
      { name: 'Maintenance margin, USD', value: <Num>{usd(row.maintenance)}</Num>, note: <>excess <Num tone={toneOf(row.excess)}>{signed(row.excess)}</Num></> },
      { name: 'Equity / maintenance', value: <Num>{ratio(row.ratio)}</Num>, note: 'liquidatable below 1' },
      { name: 'Bound by', value: <span style={{ fontSize: '0.8125rem' }}>{row.binding ?? '–'}</span> },
    ]} />
  )
}

function Margin({ id, account }: { id: string; account: Account }) {
  const query = useQuery(queries.margin(id))
  return (
    <Answer query={query} height={620}>
      {document => {
        const margin = document.accounts[0]
        if (!margin) return <Empty>The margin document holds no account.</Empty>
        return (
          <Grid gap="sm">
            <Grid.Col span={{ base: 12, lg: 7 }}><WaterfallChart margin={margin} /></Grid.Col>
            <Grid.Col span={{ base: 12, sm: 6, lg: 5 }}><TailChart margin={margin} /></Grid.Col>
            <Grid.Col span={{ base: 12, sm: 6, lg: 4 }}><EquityPanel margin={margin} collateral={account.collateral} /></Grid.Col>
            <Grid.Col span={{ base: 12, lg: 8 }}>
              <Panel title="Computed from">
                <dl className="facts">
                  <dt>Market of</dt><dd>{instant(document.provenance.observedAt)} UTC</dd>
                  <dt>Snapshot</dt><dd className="mono">{document.provenance.snapshotHash}</dd>
                  <dt>Parameters</dt><dd className="mono">{document.provenance.parametersHash}</dd>
                  <dt>Scenario set</dt><dd className="mono">{document.provenance.scenarioSetHash ?? '–'}</dd>
                  <dt>Risk array</dt><dd className="mono">{document.provenance.arrayRoot ?? '–'}</dd>
                  <dt>Scenarios</dt><dd>{number(document.provenance.scenariosWithProbability)} with probability, {number(document.provenance.stressScenarios)} stress, seed {document.provenance.seed ?? '–'}</dd>
                  <dt>Model</dt><dd>{document.model}, version {document.provenance.version}</dd>
                </dl>
              </Panel>
            </Grid.Col>
          </Grid>
        )
      }}
    </Answer>
  )
}

function Why({ id, positions }: { id: string; positions: Account['positions'] }) {
  const query = useQuery(queries.explain(id))
  return (
    <Answer query={query} height={1100}>
      {document => (
        <>
          <Grid gap="sm">
            <Grid.Col span={{ base: 12, lg: document.tail ? 7 : 12 }}><HeatMapChart heatMap={document.heatMap} /></Grid.Col>
            {document.tail && <Grid.Col span={{ base: 12, lg: 5 }}><CauseChart tail={document.tail} /></Grid.Col>}
          </Grid>
          <PayoffChart positions={positions} heatMap={document.heatMap} horizonDays={document.provenance.horizonDays} />
          <Panel title="Positions" aside={<span className="dim">of the market of {instant(document.provenance.observedAt)} UTC, snapshot {shortHash(document.provenance.snapshotHash)}</span>}>
            <PositionTable positions={document.positions} />
          </Panel>
          <Panel title="Worst scenarios"><WorstTable scenarios={document.worstScenarios} /></Panel>
        </>
      )}
    </Answer>
  )
}

function Models({ id }: { id: string }) {
  const query = useQuery(queries.models(id))
  return <Answer query={query} height={350}>{document => <ModelsChart models={document.accounts[0]?.models ?? []} />}</Answer>
}

function History({ id }: { id: string }) {
  const query = useQuery(queries.accountHistory(id))
  return <Answer query={query} height={310}>{document => <HistoryChart items={document.items} title="History of the account" />}</Answer>
}

function Reproduce({ account }: { account: Account }) {
  const text = account.reproduce.join('\n')
  return (
    <Panel title="Reproduce" aside={<CopyButton text={text} label="Copy lines" />}>
      {text === ''
        ? <Empty>The server gave no lines for this account.</Empty>
        : <pre className="lines" tabIndex={0} aria-label="Shell lines that compute this margin again">{text}</pre>}
    </Panel>
  )
}
