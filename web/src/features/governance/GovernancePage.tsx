import { Group, NativeSelect, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { governance } from '../../shared/api/queries'
import { ChainGate } from '../../shared/chain/ChainGate'
import { count, duration, number } from '../../shared/format'
import { Answer, Empty } from '../../shared/ui/Answer'
import { CopyButton } from '../../shared/ui/CopyButton'
import { DataTable } from '../../shared/ui/DataTable'
import { Meter } from '../../shared/ui/Meter'
import { Num } from '../../shared/ui/Num'
import { Page } from '../../shared/ui/Page'
import { Panel } from '../../shared/ui/Panel'
import { StateLabel } from '../../shared/ui/StateLabel'
import { useUrlState } from '../../shared/urlState'
import { placeOf, unitOf, usedOf30Days, valueText } from './governed'

export default function GovernancePage() {
  return (
    <Page title="Governance">
      <ChainGate height={900} shows="every governed number with its bounds, how much of its 30 days is used, and whether the document in force is this server's">
        {() => <Parts />}
      </ChainGate>
    </Page>
  )
}

const tightens = { up: 'when raised', down: 'when lowered', neither: 'neither way' }
const nearlyUsed = 0.8

function Parts() {
  const query = useQuery(governance)
  const [url, setUrl] = useUrlState({ key: '', moved: '' })
  return (
    <Answer query={query} height={900}>
      {document => {
        const shown = document.values.filter(row => row.name.toLowerCase().includes(url.key.toLowerCase()) && (url.moved === '' || row.raisedIn30Days > 0n || row.loweredIn30Days > 0n))
        return (
          <>
            <Panel title="Risk parameters in force" aside={<CopyButton text={document.documentHash} label="Copy hash" />}>
              <dl className="facts">
                <dt>This server</dt>
                <dd>{document.inForce
                  ? <StateLabel level="ok" word="computes with the document in force" />
                  : <StateLabel level="danger" word="computes with another document than the one in force" />}</dd>
                <dt>In force on the chain</dt><dd className="mono">{document.documentHash}</dd>
                <dt>This server's</dt><dd className="mono">{document.serverDocumentHash}</dd>
                <dt>Version</dt><dd><Num>{number(document.version)}</Num>, rises with every change</dd>
              </dl>
            </Panel>
            <Panel
              title={count(shown.length, 'governed number')}
              aside={(
                <Group gap="xs">
                  <TextInput size="xs" aria-label="Part of a name" placeholder="Part of a name" value={url.key} onChange={event => setUrl({ key: event.currentTarget.value })} />
                  <NativeSelect
                    size="xs" aria-label="Which numbers" value={url.moved} onChange={event => setUrl({ moved: event.currentTarget.value })}
                    data={[{ value: '', label: 'all' }, { value: 'yes', label: 'moved in 30 days' }]}
                  />
                </Group>
              )}
            >
              {shown.length === 0
                ? <Empty>{url.moved !== '' ? 'No such number was moved in the last 30 days.' : `No name holds “${url.key}”.`}</Empty>
                : (
                  <DataTable
                    caption="Governed numbers" rows={shown} rowKey={row => row.name}
                    columns={[
                      { key: 'name', name: 'Name', cell: row => <span className="mono">{row.name}</span> },
                      { key: 'value', name: 'Value', end: true, cell: row => <Num>{valueText(row.name, row.value)}</Num> },
                      { key: 'unit', name: 'Unit', cell: row => <span className="dim">{unitOf(row.name)}</span> },
                      { key: 'bounds', name: 'Between', end: true, cell: row => <Meter share={placeOf(row)} text={`${valueText(row.name, row.least)} and ${valueText(row.name, row.most)}`} /> },
                      { key: 'step', name: 'At most a step', end: true, cell: row => <Num>{valueText(row.name, row.mostStep)}</Num> },
                      { key: 'used', name: 'Moved in 30 days', end: true, cell: row => { const { share, text } = usedOf30Days(row); return <Meter share={share} text={text} level={share >= nearlyUsed ? 'warn' : 'ok'} /> } },
                      { key: 'delay', name: 'Least delay', end: true, cell: row => <Num>{duration(row.leastDelaySeconds * 1000)}</Num> },
                      { key: 'tightens', name: 'Tightens', cell: row => tightens[row.tightening] },
                    ]}
                  />
                )}
            </Panel>
          </>
        )
      }}
    </Answer>
  )
}
