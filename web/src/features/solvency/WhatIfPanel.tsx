import { Button, Grid, Group, Stack, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { SolvencyFigures, SolvencyWhatIf } from '../../shared/api/documents'
import { solvencyWhatIf } from '../../shared/api/queries'
import { count, number, percent, usd } from '../../shared/format'
import { Answer } from '../../shared/ui/Answer'
import { DataTable } from '../../shared/ui/DataTable'
import { Num } from '../../shared/ui/Num'
import { Panel } from '../../shared/ui/Panel'
import { StateLabel } from '../../shared/ui/StateLabel'
import { bandLevels, emptyForm, indexText, readForm, type WhatIfForm } from './solvency'

const fields: readonly { name: keyof WhatIfForm; label: string; placeholder: string; span: number }[] = [
  { name: 'lost', label: 'Accounts lost', placeholder: 'market-maker-1, market-maker-2', span: 6 },
  { name: 'gaps', label: 'Coins that fall as collateral, percent', placeholder: 'ETH=20, STETH=30', span: 6 },
  { name: 'hours', label: 'Hours without keepers', placeholder: '4', span: 4 },
  { name: 'insurance', label: 'Insurance fund after, USD', placeholder: 'as it is', span: 4 },
  { name: 'backstop', label: 'Backstop after, USD', placeholder: 'as it is', span: 4 },
]

/** What might go wrong, all of it at once: the index before and after. Nothing is kept. */
export function WhatIfPanel() {
  const [form, setForm] = useState(emptyForm)
  const [asked, setAsked] = useState({ query: '', turn: 0 })
  const read = readForm(form)
  const problem = 'problem' in read ? read : undefined
  const ask = () => { if ('query' in read) setAsked({ query: read.query, turn: asked.turn + 1 }) }
  return (
    <Panel title="What if">
      <Stack gap="sm">
        <form onSubmit={event => { event.preventDefault(); ask() }}>
          <Grid gap="sm" align="end">
            {fields.map(field => (
              <Grid.Col key={field.name} span={{ base: 12, sm: field.span }}>
                <TextInput
                  size="xs" label={field.label} placeholder={field.placeholder} value={form[field.name]} autoComplete="off"
                  onChange={event => setForm({ ...form, [field.name]: event.currentTarget.value })}
                  {...(problem?.field === field.name ? { error: problem.problem } : {})}
                />
              </Grid.Col>
            ))}
          </Grid>
          <Group mt="sm"><Button size="xs" type="submit" disabled={problem !== undefined}>Compute</Button>{asked.turn > 0 && 'query' in read && asked.query !== read.query && <span className="dim">The form has changed since.</span>}</Group>
        </form>
        {asked.turn > 0 && <Asked query={asked.query} turn={asked.turn} />}
      </Stack>
    </Panel>
  )
}

function Asked({ query, turn }: { query: string; turn: number }) {
  const answer = useQuery(solvencyWhatIf(query, turn))
  return <Answer query={answer} height={320}>{document => <Result document={document} />}</Answer>
}

const lines: readonly { name: string; text: (figures: SolvencyFigures) => string }[] = [
  { name: 'Index', text: figures => indexText(figures.indexWad) },
  { name: 'Resources, USD', text: figures => usd(figures.resources) },
  { name: 'Expected shortfall, USD', text: figures => usd(figures.shortfall) },
  { name: 'Worst scenario, USD', text: figures => usd(figures.worst[0]?.shortfall ?? 0) },
  { name: 'Cover-1, USD', text: figures => usd(figures.cover1.amount) },
  { name: 'Cover-2, USD', text: figures => usd(figures.cover2.amount) },
  { name: 'Probability beyond the resources', text: figures => percent(figures.beyondProbability, 2) },
]

function Result({ document: { before, after, case: what } }: { document: SolvencyWhatIf }) {
  const parts = [
    ...(what.lost.length > 0 ? [`${count(what.lost.length, 'account or owner', 'accounts or owners')} lost`] : []),
    ...what.gaps.map(gap => `${gap.asset} falls by ${percent(gap.share)} as collateral`),
    ...(what.hoursWithoutKeepers > 0 ? [`losses times ${number(what.lossFactor, 3)}`] : []),
  ]
  return (
    <Stack gap="xs">
      <div aria-live="polite">
        {parts.length > 0 ? `${parts.join(', ')}: ` : 'The same accounts: '}
        <StateLabel level={bandLevels[before.band]} word={before.band} /> → <StateLabel level={bandLevels[after.band]} word={after.band} />
      </div>
      <DataTable
        caption="Solvency before and after" rows={lines} rowKey={line => line.name}
        columns={[
          { key: 'name', name: 'Figure', cell: line => line.name },
          { key: 'before', name: 'Before', end: true, cell: line => <Num>{line.text(before)}</Num> },
          { key: 'after', name: 'After', end: true, cell: line => <Num>{line.text(after)}</Num> },
        ]}
      />
    </Stack>
  )
}
