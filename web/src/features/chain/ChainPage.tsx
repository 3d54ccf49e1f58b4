import { Grid } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { Batch, Chain } from '../../shared/api/documents'
import { batches } from '../../shared/api/queries'
import { ChainGate } from '../../shared/chain/ChainGate'
import { StepTable } from '../../shared/chain/StepTable'
import { validityOf } from '../../shared/chain/validity'
import { age, clock, count, duration, number, usd, usdShort } from '../../shared/format'
import { Age, useNow } from '../../shared/ui/Age'
import { Answer, Empty } from '../../shared/ui/Answer'
import { DataTable } from '../../shared/ui/DataTable'
import { Hash } from '../../shared/ui/Hash'
import { Meter } from '../../shared/ui/Meter'
import { Num } from '../../shared/ui/Num'
import { Page } from '../../shared/ui/Page'
import { Panel } from '../../shared/ui/Panel'
import { StateLabel, type Level } from '../../shared/ui/StateLabel'
import { Tiles } from '../../shared/ui/Tiles'
import { GasChart } from './GasChart'

export default function ChainPage() {
  return (
    <Page title="Chain">
      <ChainGate height={1100} shows="where the house stands, who attests for it, and every batch of margins with its signatures, gas and age">
        {document => <Parts document={document} />}
      </ChainGate>
    </Page>
  )
}

const stateLevels: Record<Chain['state'], Level> = { absent: 'dim', starting: 'warn', live: 'ok', failed: 'danger' }

function Parts({ document }: { document: Chain }) {
  const now = useNow()
  const { house, batch } = document
  const life = batch && validityOf(batch, now)
  return (
    <>
      <Tiles tiles={[
        { name: 'Chain', value: <StateLabel level={stateLevels[document.state]} word={document.state} />, note: house ? `id ${house.chainId}` : undefined },
        { name: 'Block', value: <Num>{number(document.block)}</Num>, note: document.blockAt && <Age observedAt={document.blockAt} /> },
        { name: 'Batch in force', value: <Num>{number(batch?.sequence)}</Num>, note: batch && `market of ${clock(batch.observedAt)} UTC` },
        { name: 'Age of its market', value: life ? <Num tone={life.level === 'ok' ? undefined : life.level}>{age(life.ageMs)}</Num> : '–', note: life && <Meter share={life.share} level={life.level} text={life.text} /> },
        { name: 'Signed by', value: <Num>{batch ? `${batch.signatures} of ${house?.members.length ?? batch.quorum}` : '–'}</Num>, note: batch && `${batch.quorum} needed` },
        { name: 'Maintenance in it, USD', value: <Num>{usdShort(batch?.maintenance)}</Num>, note: batch && <>{count(batch.accounts, 'leaf', 'leaves')}, shortfall <Num>{usd(batch.shortfall)}</Num></> },
      ]} />
      <Batches now={now} />
      <Grid gap="sm">
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Panel title="House">
            {house
              ? (
                <>
                  <dl className="facts">
                    <dt>Attesters</dt><dd>set {house.setId}, {house.quorum} of {house.members.length} must sign</dd>
                    {house.members.map((member, index) => <MemberLine key={member} member={member} number={index + 1} />)}
                  </dl>
                  <DataTable
                    caption="Contracts" rows={Object.entries(house.contracts)} rowKey={([name]) => name} maxHeight={300}
                    columns={[
                      { key: 'name', name: 'Contract', cell: ([name]) => name },
                      { key: 'address', name: 'Address', cell: ([name, address]) => <Hash value={address} name={`address of ${name}`} /> },
                    ]}
                  />
                </>
              )
              : <Empty>The house has no address yet.</Empty>}
          </Panel>
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <Panel title="Steps">{document.steps.length === 0 ? <Empty>No step is told.</Empty> : <StepTable steps={document.steps} />}</Panel>
        </Grid.Col>
      </Grid>
    </>
  )
}

const MemberLine = ({ member, number: place }: { member: string; number: number }) => <><dt>Attester {place}</dt><dd><Hash value={member} name={`address of attester ${place}`} /></dd></>

function Batches({ now }: { now: number }) {
  const query = useQuery(batches)
  return (
    <Answer query={query} height={720}>
      {({ items }) => items.length === 0
        ? <Panel title="Batches"><Empty>No batch was proposed yet. Each is listed here with its signatures and gas, or with the reason why the chain does not have it.</Empty></Panel>
        : (
          <>
            <GasChart batches={items} />
            <Panel title="Batches"><BatchTable batches={items} now={now} /></Panel>
          </>
        )}
    </Answer>
  )
}

/** Age counts for the newest accepted one alone: those before it are of the past. */
function BatchTable({ batches: rows, now }: { batches: readonly Batch[]; now: number }) {
  const newest = rows.find(row => row.transaction !== undefined)
  return (
    <DataTable
      caption="Batches, the newest first" rows={rows} rowKey={row => `${row.sequence} ${row.digest}`} maxHeight={420}
      columns={[
        { key: 'sequence', name: 'Batch', end: true, cell: row => <Num>{number(row.sequence)}</Num> },
        { key: 'state', name: 'State', cell: row => <BatchState batch={row} isNewest={row === newest} now={now} /> },
        { key: 'age', name: 'Age of its life', unit: 'or from, to, UTC', end: true, cell: row => row === newest ? <Life batch={row} now={now} /> : <span className="dim">{clock(row.observedAt)} to {clock(row.validUntil)}</span> },
        { key: 'signatures', name: 'Signed', unit: 'needed', end: true, cell: row => <Num tone={row.signatures < row.quorum ? 'danger' : undefined}>{row.signatures} of {row.quorum}</Num> },
        { key: 'accounts', name: 'Leaves', unit: 'refused', end: true, cell: row => <Num>{number(row.accounts)}{row.refused > 0 ? `, ${row.refused}` : ''}</Num> },
        { key: 'maintenance', name: 'Maintenance', unit: 'USD', end: true, cell: row => <Num>{usd(row.maintenance)}</Num> },
        { key: 'shortfall', name: 'Shortfall', unit: 'USD', end: true, cell: row => <Num tone={row.shortfall > 0 ? 'loss' : undefined}>{usd(row.shortfall)}</Num> },
        { key: 'gas', name: 'Gas', end: true, cell: row => <Num>{number(row.gas)}</Num> },
        { key: 'took', name: 'Took', end: true, cell: row => <Num>{duration(row.tookMs)}</Num> },
        { key: 'batchHash', name: 'Batch hash', cell: row => <Hash value={row.batchHash} name={`hash of batch ${row.sequence}`} /> },
        { key: 'transaction', name: 'Transaction', cell: row => <Hash value={row.transaction} name={`transaction of batch ${row.sequence}`} /> },
        { key: 'why', name: 'Why not', wrap: rows.some(row => row.error), cell: row => row.error?.message },
      ]}
    />
  )
}

function Life({ batch, now }: { batch: Batch; now: number }) {
  const { share, level, text } = validityOf(batch, now)
  return <Meter share={share} level={level} text={text} />
}

function BatchState({ batch, isNewest, now }: { batch: Batch; isNewest: boolean; now: number }) {
  if (batch.error) return <span title={`${batch.error.code}: ${batch.error.message}`}><StateLabel level="danger" word={`refused: ${batch.error.code}`} /></span>
  if (batch.transaction === undefined) return <StateLabel level="dim" word="on its way" />
  if (!isNewest) return <StateLabel level="dim" word="replaced" />
  return validityOf(batch, now).share > 1 ? <StateLabel level="danger" word="run out" /> : <StateLabel level="ok" word="in force" />
}
