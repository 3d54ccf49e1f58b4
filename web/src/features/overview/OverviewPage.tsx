import { Anchor, Grid } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import type { Overview } from '../../shared/api/documents'
import { overview } from '../../shared/api/queries'
import { AccountTable } from '../../shared/accounts/AccountTable'
import { FeedTable } from '../../shared/feeds/FeedTable'
import { count, percent, ratio, usdShort } from '../../shared/format'
import { Answer } from '../../shared/ui/Answer'
import { Num } from '../../shared/ui/Num'
import { Page } from '../../shared/ui/Page'
import { Panel } from '../../shared/ui/Panel'
import { Tiles } from '../../shared/ui/Tiles'
import { AlertList } from './AlertList'
import { ChainPanel } from './ChainPanel'
import { HistoryChart } from '../../shared/charts/HistoryChart'
import { StateTable } from './StateTable'
import { UtilisationChart } from './UtilisationChart'

export default function OverviewPage() {
  const query = useQuery(overview)
  return (
    <Page title="Overview">
      <Answer query={query} height={900}>{data => <Parts data={data} />}</Answer>
    </Page>
  )
}

function Parts({ data }: { data: Overview }) {
  const { totals } = data
  return (
    <>
      <Tiles tiles={[
        { name: 'Equity, USD', value: <Num>{usdShort(totals.equity)}</Num>, note: count(totals.accounts, 'account') },
        { name: 'Initial margin, USD', value: <Num>{usdShort(totals.initial)}</Num>, note: <Num>{percent(share(totals.initial, totals.equity))} of equity</Num> },
        { name: 'Maintenance margin, USD', value: <Num>{usdShort(totals.maintenance)}</Num>, note: <Num>{percent(share(totals.maintenance, totals.equity))} of equity</Num> },
        { name: 'Equity / maintenance', value: <Num>{ratio(totals.maintenance > 0 ? totals.equity / totals.maintenance : undefined)}</Num>, note: 'all accounts together' },
        { name: 'Shortfall, USD', value: <Num tone={totals.shortfall > 0 ? 'loss' : undefined}>{usdShort(totals.shortfall)}</Num>, note: `${count(totals.belowMaintenance, 'account')} below maintenance` },
        { name: 'Below initial margin', value: <Num>{totals.belowInitial}</Num>, note: `${totals.refused} refused` },
      ]} />
      <Grid gap="sm">
        <Grid.Col span={{ base: 12, lg: 8 }}><HistoryChart items={data.history} title="Equity and margin by epoch" /></Grid.Col>
        <Grid.Col span={{ base: 12, lg: 4 }}><UtilisationChart buckets={data.utilisation} /></Grid.Col>
        <Grid.Col span={12}>
          <Panel title="Accounts with the least excess" aside={<Anchor component={Link} href="/accounts" size="sm">All accounts</Anchor>}>
            <AccountTable rows={data.top} caption="Accounts with the least excess" />
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}><Panel title="Accounts by state"><StateTable rows={data.byState} total={totals.accounts} /></Panel></Grid.Col>
        <Grid.Col span={{ base: 12, lg: 7 }}><Panel title="Alerts" aside={<Anchor component={Link} href="/alerts" size="sm">All alerts</Anchor>}><AlertList /></Panel></Grid.Col>
        <Grid.Col span={12} className="maybe"><ChainPanel /></Grid.Col>
        <Grid.Col span={12}><Panel title="Feeds" aside={<Anchor component={Link} href="/health" size="sm">Data health</Anchor>}><FeedTable feeds={data.feeds} /></Panel></Grid.Col>
      </Grid>
    </>
  )
}

const share = (part: number, whole: number): number | undefined => whole > 0 ? part / whole : undefined
