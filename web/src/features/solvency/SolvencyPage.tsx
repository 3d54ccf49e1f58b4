import { Alert, Grid } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Solvency, SolvencyFigures } from '../../shared/api/documents'
import { useConnection } from '../../shared/api/live'
import { solvency, solvencyHistory } from '../../shared/api/queries'
import { count, level, number, percent, usd, usdShort } from '../../shared/format'
import { AccountLink } from '../../shared/ui/AccountLink'
import { Age } from '../../shared/ui/Age'
import { Answer, Empty } from '../../shared/ui/Answer'
import { DataTable } from '../../shared/ui/DataTable'
import { Meter } from '../../shared/ui/Meter'
import { Num } from '../../shared/ui/Num'
import { Page } from '../../shared/ui/Page'
import { Panel } from '../../shared/ui/Panel'
import { StateLabel } from '../../shared/ui/StateLabel'
import { Tiles, type Tile } from '../../shared/ui/Tiles'
import { IndexChart } from './IndexChart'
import { ProofPanel } from './ProofPanel'
import { bandLevels, bandNow, hasIndex, indexText } from './solvency'
import { WhatIfPanel } from './WhatIfPanel'
import { WorstChart } from './WorstChart'

export default function SolvencyPage() {
  const query = useQuery(solvency)
  return (
    <Page title="Solvency">
      <Answer query={query} height={900}>{answer => <Parts answer={answer} />}</Answer>
      <ProofPanel />
    </Page>
  )
}

function Parts({ answer }: { answer: Solvency }) {
  const band = bandNow(answer, useConnection().state !== 'cut')
  const figures = answer.solvency
  return (
    <>
      {answer.reasons.length > 0 && (
        <Alert role="alert" color="orange" variant="outline" title={<span className="loss">The band is unknown</span>}>
          {answer.reasons.map(reason => <div key={reason.code}>{reason.message} <span className="mono">{reason.code}</span></div>)}
        </Alert>
      )}
      <Tiles tiles={[
        {
          name: 'Protocol Solvency Index', value: <Num>{hasIndex(answer) ? indexText(figures?.indexWad) : '–'}</Num>,
          note: <><StateLabel level={bandLevels[band]} word={band} />, <Age observedAt={answer.epoch.observedAt} /></>,
        },
        ...(figures ? tilesOf(figures) : []),
      ]} />
      <History />
      {figures && (
        <>
          <Grid gap="sm">
            <Grid.Col span={{ base: 12, lg: 7 }}><WorstChart figures={figures} /></Grid.Col>
            <Grid.Col span={{ base: 12, lg: 5 }}><Contributions figures={figures} /></Grid.Col>
          </Grid>
          <WhatIfPanel />
        </>
      )}
    </>
  )
}

const tilesOf = (figures: SolvencyFigures): Tile[] => [
  { name: 'Resources, USD', value: <Num>{usdShort(figures.resources)}</Num>, note: <Num>insurance {usd(figures.insurance)}, backstop {usd(figures.backstop)}</Num> },
  { name: `Expected shortfall at ${level(figures.level)}, USD`, value: <Num>{usdShort(figures.shortfall)}</Num>, note: <Num>± {usd(figures.standardError)}</Num> },
  { name: 'Cover-1, USD', value: <Num>{usdShort(figures.cover1.amount)}</Num>, note: noteOf(figures.cover1) },
  { name: 'Cover-2, USD', value: <Num>{usdShort(figures.cover2.amount)}</Num>, note: noteOf(figures.cover2) },
  {
    name: 'Probability beyond the resources', value: <Num>{percent(figures.beyondProbability, 2)}</Num>,
    note: <Num>anybody short: {percent(figures.shortProbability, 2)}; {count(figures.accounts, 'account')}{figures.refused > 0 ? `, ${number(figures.refused)} left out` : ''}</Num>,
  },
]

const noteOf = (cover: SolvencyFigures['cover1']) => cover.description === undefined ? 'nobody is short' : <Num>{cover.owners.join(' and ')} in {cover.description}</Num>

function History() {
  const query = useQuery(solvencyHistory)
  return <Answer query={query} height={320}>{history => <IndexChart items={history.items} />}</Answer>
}

function Contributions({ figures: { contributions, contributors } }: { figures: SolvencyFigures }) {
  return (
    <Panel title="Who the shortfall is made of" aside={contributors > contributions.length && <span className="dim">{contributions.length} of {number(contributors)}</span>}>
      {contributions.length === 0
        ? <Empty>No account owes more than it is worth in the scenarios of the tail.</Empty>
        : (
          <DataTable
            caption="Contributions to the expected shortfall" rows={contributions} rowKey={row => row.account} maxHeight={260}
            columns={[
              { key: 'account', name: 'Account', cell: row => <AccountLink account={row.account} /> },
              { key: 'mean', name: 'Mean in the tail', unit: 'USD', end: true, cell: row => <Num>{usd(row.mean)}</Num> },
              { key: 'share', name: 'Share', end: true, cell: row => <Meter share={row.share} text={percent(row.share)} /> },
            ]}
          />
        )}
    </Panel>
  )
}
