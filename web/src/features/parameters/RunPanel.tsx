import { Button, CloseButton, Grid, Group, Stack, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ParameterRun } from '../../shared/api/documents'
import { parameterRun } from '../../shared/api/queries'
import { count, instant, signed, signedPercent, usd } from '../../shared/format'
import { AccountLink } from '../../shared/ui/AccountLink'
import { Answer, Empty } from '../../shared/ui/Answer'
import { CopyButton } from '../../shared/ui/CopyButton'
import { DataTable } from '../../shared/ui/DataTable'
import { Num, toneOf } from '../../shared/ui/Num'
import { Panel } from '../../shared/ui/Panel'
import { accountStates, AccountStateLabel } from '../../shared/ui/StateLabel'
import type { Leaf } from './flatten'
import { changesOf, readTrials, withTrial, writeTrials, type Trial } from './trial'

interface RunPanelProps {
  /** The document in force. */
  leaves: readonly Leaf[]
  /** Changes, as they stand in the address. */
  text: string
  onChange: (text: string) => void
}

/** Other values on all accounts: what would change, and who would be called. Nothing is changed by it. */
export function RunPanel({ leaves, text, onChange }: RunPanelProps) {
  const [asked, setAsked] = useState({ text: '', turn: 0 })
  const trials = readTrials(text)
  const values = new Map(leaves.map(leaf => [leaf.key, leaf.value]))
  return (
    <Panel title="Run on all accounts" aside={trials.length > 0 && <CopyButton text={JSON.stringify({ changes: changesOf(trials) })} label="Copy JSON" />}>
      <Stack gap="sm">
        <TrialForm values={values} onAdd={trial => onChange(writeTrials(withTrial(trials, trial)))} />
        {trials.length === 0
          ? <Empty>No change yet: a key of the document and another value, to see what it does to every account of the newest epoch. Nothing is kept.</Empty>
          : (
            <>
              <DataTable
                caption="Values to be tried" rows={trials} rowKey={trial => trial.key}
                columns={[
                  { key: 'key', name: 'Key', cell: trial => <span className="mono">{trial.key}</span> },
                  { key: 'before', name: 'In force', end: true, cell: trial => <span className="mono">{values.get(trial.key) ?? '–'}</span> },
                  { key: 'after', name: 'Tried', end: true, cell: trial => <span className="mono">{trial.value}</span> },
                  { key: 'out', name: 'Out', end: true, cell: trial => <CloseButton size="sm" aria-label={`Take out ${trial.key}`} onClick={() => onChange(writeTrials(trials.filter(each => each !== trial)))} /> },
                ]}
              />
              <Group><Button size="xs" onClick={() => setAsked({ text, turn: asked.turn + 1 })}>Run</Button>{asked.turn > 0 && asked.text !== text && <span className="dim">The values have changed since the last run.</span>}</Group>
            </>
          )}
        {asked.turn > 0 && <Run trials={readTrials(asked.text)} turn={asked.turn} />}
      </Stack>
    </Panel>
  )
}

function TrialForm({ values, onAdd }: { values: ReadonlyMap<string, string>; onAdd: (trial: Trial) => void }) {
  const [draft, setDraft] = useState<Trial>({ key: '', value: '' })
  const [isRefused, setRefused] = useState(false)
  const add = () => {
    const [trial] = readTrials(writeTrials([draft]))
    setRefused(!trial)
    if (!trial) return
    onAdd(trial)
    setDraft({ key: '', value: '' })
  }
  return (
    <form onSubmit={event => { event.preventDefault(); add() }}>
      <Grid gap="sm" align="end">
        <Grid.Col span={{ base: 12, sm: 6 }}>
          <TextInput size="xs" label="Key" placeholder="measure.initialFactor" value={draft.key} onChange={event => setDraft({ ...draft, key: event.currentTarget.value })} list="parameter-keys" autoComplete="off" {...(isRefused ? { error: 'a key with its section, and a value without spaces' } : {})} />
          <datalist id="parameter-keys">{[...values.keys()].map(key => <option key={key} value={key} />)}</datalist>
        </Grid.Col>
        <Grid.Col span={{ base: 8, sm: 4 }}><TextInput size="xs" label="Value" placeholder={values.get(draft.key) ?? ''} value={draft.value} onChange={event => setDraft({ ...draft, value: event.currentTarget.value })} /></Grid.Col>
        <Grid.Col span={{ base: 4, sm: 2 }}><Button size="xs" type="submit" variant="default" fullWidth>Add</Button></Grid.Col>
      </Grid>
    </form>
  )
}

function Run({ trials, turn }: { trials: readonly Trial[]; turn: number }) {
  const query = useQuery(parameterRun(changesOf(trials), turn))
  return <Answer query={query} height={420}>{run => <Result run={run} />}</Answer>
}

interface Line { name: string; before: number; after: number; isCount?: boolean }

const linesOf = ({ before, after, statesBefore, statesAfter }: ParameterRun): Line[] => [
  { name: 'Initial margin, USD', before: before.initial, after: after.initial },
  { name: 'Maintenance margin, USD', before: before.maintenance, after: after.maintenance },
  { name: 'Shortfall, USD', before: before.shortfall, after: after.shortfall },
  ...statesBefore.map(({ state, accounts }) => ({ name: `Accounts: ${accountStates[state].word}`, before: accounts, after: statesAfter.find(each => each.state === state)?.accounts ?? 0, isCount: true })),
]

function Result({ run }: { run: ParameterRun }) {
  return (
    <Stack gap="sm">
      <div aria-live="polite">
        {run.calledCount === 0 ? 'No account would be worse off than its state now.' : `${count(run.calledCount, 'account')} would be called or fall into a worse state.`}
        {run.relievedCount > 0 && ` ${count(run.relievedCount, 'account')} would be relieved.`}
        <span className="dim"> Epoch {run.epoch.number}, market of {instant(run.epoch.observedAt)} UTC.</span>
      </div>
      <DataTable
        caption="All accounts before and after" rows={linesOf(run)} rowKey={line => line.name}
        columns={[
          { key: 'name', name: 'Sum', cell: line => line.name },
          { key: 'before', name: 'Before', end: true, cell: line => <Num>{usd(line.before)}</Num> },
          { key: 'after', name: 'After', end: true, cell: line => <Num>{usd(line.after)}</Num> },
          { key: 'delta', name: 'Delta', end: true, cell: line => <Num tone={line.isCount ? undefined : toneOf(line.before - line.after)}>{signed(line.after - line.before)}</Num> },
        ]}
      />
      {run.maintenance.length > 0 && (
        <DataTable
          caption="Change of the maintenance margin over accounts" rows={run.maintenance} rowKey={row => String(row.level)}
          columns={[
            { key: 'level', name: 'So many of the accounts change by at most', cell: row => row.level === 0 ? 'least' : row.level === 1 ? 'greatest' : `${row.level * 100} %` },
            { key: 'change', name: 'Change', end: true, cell: row => <Num>{signedPercent(row.change, 1)}</Num> },
          ]}
        />
      )}
      {run.called.length > 0 && (
        <DataTable
          caption={`Accounts in a worse state${run.called.length < run.calledCount ? `, the first ${run.called.length} of ${run.calledCount}` : ''}`} maxHeight={360} rows={run.called} rowKey={row => row.account}
          columns={[
            { key: 'account', name: 'Account', cell: row => <AccountLink account={row.account} /> },
            { key: 'before', name: 'Now', cell: row => <AccountStateLabel state={row.stateBefore} /> },
            { key: 'after', name: 'After', cell: row => <AccountStateLabel state={row.stateAfter} /> },
            { key: 'equity', name: 'Equity', unit: 'USD', end: true, cell: row => <Num>{usd(row.equity)}</Num> },
            { key: 'initial', name: 'Initial', unit: 'USD', end: true, cell: row => <Num>{usd(row.initialBefore)} → {usd(row.initialAfter)}</Num> },
            { key: 'maintenance', name: 'Maintenance', unit: 'USD', end: true, cell: row => <Num>{usd(row.maintenanceBefore)} → {usd(row.maintenanceAfter)}</Num> },
          ]}
        />
      )}
    </Stack>
  )
}
